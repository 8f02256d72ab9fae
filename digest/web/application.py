"""The web application: every page there is, and what is answered when there is none."""

from collections.abc import Awaitable, Callable

import fastapi
from starlette import convertors, exceptions, requests, responses, types

from digest import runtime
from digest.web import (
    api,
    archive,
    desk,
    embed,
    finding_back,
    guard,
    health,
    hooks,
    joining,
    preferences,
    showing,
    static,
    subscribe,
    topic_pages,
    unsubscribe,
)


class _Id(convertors.Convertor[int]):
    """A row's number: no more digits than a database holds."""

    regex = "[0-9]{1,18}"

    def convert(self, value: str) -> int:
        return int(value)

    def to_string(self, value: int) -> str:
        return str(value)


convertors.register_url_convertor("id", _Id())


def create(
    rt: runtime.Runtime, *, open_desk: bool = False, take_update: hooks.Take | None = None
) -> fastapi.FastAPI:
    """Make the application of one runtime.

    `open_desk` needs no login at the desk, for requests from this machine only: `digest demo`.
    `take_update` is handed what Telegram pushes.
    """
    app = fastapi.FastAPI(title=rt.settings.publication, openapi_url=None, redirect_slashes=False)
    show = showing.Showing(rt)
    door = joining.Door(rt)
    for routes in (
        health.routes(rt),
        static.routes(rt),
        subscribe.routes(rt, show, door),
        embed.routes(rt, show, door),
        unsubscribe.routes(rt, show),
        finding_back.routes(rt, show),
        preferences.routes(rt, show),
        archive.routes(rt, show),
        topic_pages.routes(rt, show),
        desk.routes(rt, show, open_desk=open_desk),
        hooks.routes(rt, take_update),
    ):
        app.include_router(routes)
    app.mount(api.PATH, api.create(rt, show, door))
    app.add_exception_handler(exceptions.HTTPException, _problem(show))
    app.add_exception_handler(fastapi.exceptions.RequestValidationError, _problem(show))
    app.add_middleware(
        guard.Guard,
        is_https=show.is_https,
        broken=_broken(show),
        larger=hooks.most_bytes(rt),
        framed=frozenset({embed.PATH}),
    )
    return app


def _problem(
    show: showing.Showing,
) -> Callable[[requests.Request, Exception], Awaitable[responses.Response]]:
    async def answer(_: requests.Request, error: Exception) -> responses.Response:
        status = error.status_code if isinstance(error, exceptions.HTTPException) else 404
        response = show.problem(status)
        if isinstance(error, exceptions.HTTPException) and error.headers:
            response.headers.update(error.headers)
        return response

    return answer


def _broken(show: showing.Showing) -> Callable[[int], types.ASGIApp]:
    return show.problem
