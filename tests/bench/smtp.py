"""How fast mail leaves: messages a second and CPU a message, against a sink on loopback.

    python -m tests.bench.smtp --sink PATH [--messages 20000] [--bytes 50000] [--connections 4]
        [--relays 1] [--unclean]

PATH is an SMTP sink started as `PATH PORT` that prints {"msgs": ...} on SIGUSR1.  The sender is
pinned to the first core and the sink to the last one, where the machine has several.
"""

import argparse
import asyncio
import contextlib
import json
import os
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

from digest import model
from digest.deliver import mail, relays


def main() -> None:
    """Measure once and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.smtp", description=__doc__)
    parser.add_argument("--sink", type=Path, required=True, help="the sink's program")
    parser.add_argument("--messages", type=int, default=20_000)
    parser.add_argument("--bytes", type=int, default=50_000, help="size of one message")
    parser.add_argument("--connections", type=int, default=4)
    parser.add_argument("--at-once", type=int, default=64, help="messages under way")
    parser.add_argument("--relays", type=int, default=1, help="how often the sink is named")
    parser.add_argument(
        "--unclean", action="store_true", help="texts that must be looked through for dots"
    )
    parser.add_argument("--loop", choices=["uvloop", "asyncio"], default="uvloop")
    asked = parser.parse_args()
    with _sink(asked.sink) as (sink, port):
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[:1])
        figures = _measure(asked, port)
        sink.send_signal(signal.SIGUSR1)
        assert sink.stdout is not None
        taken = json.loads(sink.stdout.readline())["msgs"]
    if taken != asked.messages:
        raise SystemExit(f"sent {asked.messages} messages, the sink took {taken}")
    sys.stdout.write(json.dumps(figures) + "\n")


def _measure(asked: argparse.Namespace, port: int) -> dict[str, float | str]:
    factory = None
    if asked.loop == "uvloop":
        import uvloop

        factory = uvloop.new_event_loop
    with asyncio.Runner(loop_factory=factory) as runner:
        wall, cpu = runner.run(_send_all(asked, port))
    return {
        "loop": asked.loop,
        "messages": asked.messages,
        "bytes": asked.bytes,
        "connections": asked.connections,
        "relays": asked.relays,
        "messages_per_second": round(asked.messages / wall),
        "cpu_us_per_message": round(cpu / asked.messages * 1e6, 1),
    }


async def _send_all(asked: argparse.Namespace, port: int) -> tuple[float, float]:
    """Seconds of wall clock and of this process's CPU, from the first message to QUIT."""
    line = b"All the news there is, in lines of seventy-two characters and no more.\r\n"
    data = (b"Subject: bench\r\n\r\n" + line * (asked.bytes // len(line) + 1))[: asked.bytes - 2]
    data = data.rstrip(b"\r\n") + b"\r\n"
    numbers = iter(range(asked.messages))
    options = mail.SmtpOptions(
        host="127.0.0.1",
        port=port,
        connections=asked.connections,
        local_hostname="bench.example",
        max_messages=asked.messages,
    )
    wall, cpu = time.perf_counter(), time.process_time()
    async with relays.over([options] * asked.relays) as sender:

        async def keep_sending() -> None:
            for number in numbers:
                message = model.MailMessage(
                    sender="bounces@example.org",
                    recipient=f"reader{number}@example.net",
                    message_id=f"<{number}@example.org>",
                    data=data,
                    clean=not asked.unclean,
                )
                await sender.send(message, before_commit=_nothing)

        await asyncio.gather(*(keep_sending() for _ in range(asked.at_once)))
    return time.perf_counter() - wall, time.process_time() - cpu


def _nothing() -> None:
    """Stand for the journal's write."""


@contextlib.contextmanager
def _sink(program: Path) -> Iterator[tuple[subprocess.Popen[bytes], int]]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    last_core = max(os.sched_getaffinity(0))
    sink = subprocess.Popen([str(program), str(port)], stdout=subprocess.PIPE)
    try:
        os.sched_setaffinity(sink.pid, {last_core})
        deadline = time.monotonic() + 5
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if time.monotonic() > deadline:
                raise SystemExit("the sink does not listen")
            time.sleep(0.01)
        yield sink, port
    finally:
        sink.terminate()
        sink.wait()


if __name__ == "__main__":
    main()
