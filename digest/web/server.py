"""The web role: pages and desk over HTTP, in the loop that runs everything else."""

import asyncio
import contextlib
import logging
import socket
from collections.abc import Iterator

import uvicorn

from digest import errors, runtime
from digest.web import application, hooks

logger = logging.getLogger(__name__)

LAST_WORDS_SECONDS = 5  # for answers under way when asked to stop
BACKLOG = 512


class _Server(uvicorn.Server):
    """Leaves the signals to whoever runs the loop."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


async def serve(
    rt: runtime.Runtime,
    stop: asyncio.Event,
    *,
    open_desk: bool = False,
    take_update: hooks.Take | None = None,
    listening: "asyncio.Future[str] | None" = None,
) -> None:
    """Answer until `stop`; `listening` gets the address once there is one.

    `open_desk` lets everyone who reaches the desk use it, and is refused for addresses that
    others reach.  Raises ConfigurationError when the address cannot be had.
    """
    web = rt.settings.web
    app = application.create(rt, open_desk=open_desk, take_update=take_update)
    with _bound(web.host, web.port) as sock:
        address = _address(sock)
        config = uvicorn.Config(
            app,
            log_config=None,  # the log is set up once, for all
            access_log=False,  # it writes whole addresses, tokens included (B11)
            lifespan="off",
            proxy_headers=bool(web.proxies),
            forwarded_allow_ips=web.proxies,
            server_header=False,
            timeout_graceful_shutdown=LAST_WORDS_SECONDS,
        )
        server = _Server(config)
        serving = asyncio.create_task(server.serve(sockets=[sock]))
        logger.info("pages at %s", address, extra={"event": "web.listening"})
        if listening is not None:
            listening.set_result(address)
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait([serving, stopping], return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            server.should_exit = True
            await serving


def _bound(host: str, port: int) -> socket.socket:
    try:
        family = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0][0]
        return socket.create_server((host, port), family=family, backlog=BACKLOG)
    except OSError as error:
        raise errors.ConfigurationError(
            f"web.host, web.port: cannot listen on {host} port {port} ({error.strerror or error})"
        ) from error


def _address(sock: socket.socket) -> str:
    host, port = sock.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
