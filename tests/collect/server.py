"""A real HTTP server on loopback that answers as each test says."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

from aiohttp import web

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@dataclass
class Server:
    """`routes` maps a path to what answers it; `seen` are the requests so far, in order."""

    port: int = 0
    routes: dict[str, Handler | web.Response | str] = field(default_factory=dict)
    seen: list[web.Request] = field(default_factory=list)

    def url(self, path: str = "/") -> str:
        return f"http://127.0.0.1:{self.port}{path}"

    async def answer(self, request: web.Request) -> web.StreamResponse:
        self.seen.append(request)
        route = self.routes.get(request.path)
        if route is None:
            return web.Response(status=404, text="no such page")
        if isinstance(route, str):
            return web.Response(text=route)
        if isinstance(route, web.Response):
            return web.Response(status=route.status, body=route.body, headers=route.headers)
        return await route(request)


@asynccontextmanager
async def serving() -> AsyncIterator[Server]:
    server = Server()
    app = web.Application()
    app.router.add_route("*", "/{path:.*}", server.answer)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    server.port = runner.addresses[0][1]
    try:
        yield server
    finally:
        await runner.cleanup()
