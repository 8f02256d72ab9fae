"""A web application on a port of this machine, for as long as someone needs it."""

import asyncio

from aiohttp import web

__all__ = ["Server"]

HOST = "127.0.0.1"


class Server:
    """Serves an application on 127.0.0.1; `port` 0 takes a free one.

    `tries` is how many ports from `port` on are tried when one is taken.
    """

    def __init__(self, application: web.Application, port: int = 0, *, tries: int = 1) -> None:
        self._runner = web.AppRunner(
            application, access_log=None, handle_signals=False, shutdown_timeout=1.0
        )
        self._wanted = port
        self._tries = tries
        self._port = 0

    async def start(self) -> None:
        """Listen.  Raises OSError when every port tried is taken."""
        await self._runner.setup()
        for port in range(self._wanted, self._wanted + self._tries):
            last = port == self._wanted + self._tries - 1
            try:
                await web.TCPSite(self._runner, HOST, port).start()
            except OSError:
                if last:
                    await self._runner.cleanup()
                    raise
            else:
                break
        self._port = int(self._runner.addresses[0][1])

    async def stop(self) -> None:
        """Close the port and every connection; calls under way are ended."""
        await self._runner.cleanup()
        await asyncio.sleep(0)  # lets closed transports finish

    @property
    def port(self) -> int:
        return self._port

    @property
    def url(self) -> str:
        return f"http://{HOST}:{self._port}"
