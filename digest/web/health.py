"""Whether the process answers, and whether it can do its work (F4)."""

import asyncio

from fastapi import APIRouter
from starlette import responses

from digest import runtime


def routes(rt: runtime.Runtime) -> APIRouter:
    """`/healthz` and `/readyz`; neither asks the mail server or Telegram."""
    router = APIRouter()

    async def healthz() -> responses.Response:
        return responses.PlainTextResponse("ok\n", headers={"Cache-Control": "no-store"})

    async def readyz() -> responses.Response:
        reason = await asyncio.to_thread(rt.db.unready)
        return responses.PlainTextResponse(
            f"not ready: {reason}\n" if reason else "ready\n",
            status_code=503 if reason else 200,
            headers={"Cache-Control": "no-store"},
        )

    router.add_api_route("/healthz", healthz, methods=["GET", "HEAD"])
    router.add_api_route("/readyz", readyz, methods=["GET", "HEAD"])
    return router
