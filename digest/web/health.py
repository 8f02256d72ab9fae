"""Whether the process answers, and whether it can do its work (F4)."""

import asyncio

import sqlalchemy as sa
from fastapi import APIRouter
from starlette import responses

from digest import runtime


def routes(rt: runtime.Runtime) -> APIRouter:
    """`/healthz` and `/readyz`; neither asks the mail server or Telegram."""
    router = APIRouter()

    async def healthz() -> responses.Response:
        return responses.PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def readyz() -> responses.Response:
        try:
            ready = await asyncio.to_thread(rt.db.is_current)
            reason = "" if ready else "the schema is not current: digest migrate"
        except sa.exc.SQLAlchemyError:
            ready, reason = False, "the database does not answer"
        return responses.PlainTextResponse(
            "ready\n" if ready else f"not ready: {reason}\n",
            status_code=200 if ready else 503,
            headers={"Cache-Control": "no-store"},
        )

    router.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])
    return router
