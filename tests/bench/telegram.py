"""How fast chat messages leave at the pace Telegram allows, and whether one is ever refused.

    python -m tests.bench.telegram [--rate 30] [--messages 600] [--rounds 3] [--answer-ms 0]

The sender is pinned to the first core.  A Bot API of its own process, on the last core, counts
each message the moment it arrives, within `rate` a second and one a second to a chat, and
refuses (429) whatever comes too early.  One line of JSON a round, then the best and the median.
"""

import argparse
import asyncio
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from typing import cast

import uvloop

from digest import model
from digest.deliver import chat
from digest.demo import botapi_rules

TOKEN = "987654321:AAlongEnoughToLookLikeARealBotToken_01"
_HTML = "\n\n".join(
    f'<b>Headline number {n} &amp; more</b>\n<a href="https://example.org/{n}">The Meridian</a>'
    for n in range(10)
)
_BUTTONS = ((model.ChatButton("Settings", data="settings"), model.ChatButton("Why", data="why")),)


def main() -> None:
    """Measure so many rounds and print their figures; exit 1 when a message was refused."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.telegram", description=__doc__)
    parser.add_argument("--rate", type=int, default=30, help="messages a second that are let in")
    parser.add_argument("--messages", type=int, default=600)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--answer-ms", type=float, default=0, help="what an answer takes")
    parser.add_argument("--serve", action="store_true", help=argparse.SUPPRESS)
    asked = parser.parse_args()
    if asked.serve:
        uvloop.run(_serve(asked.rate, asked.answer_ms / 1000))
        return
    if asked.messages <= asked.rate:
        parser.error("more than one second's worth of messages is needed")
    figures = [_round(asked) for _ in range(asked.rounds)]
    for one in figures:
        sys.stdout.write(json.dumps(one) + "\n")
    rates = [one["messages_per_second"] for one in figures]
    costs = [one["cpu_us_per_message"] for one in figures]
    n_refused = sum(one["refused"] for one in figures)
    summary = {
        "best_per_second": max(rates),
        "median_per_second": statistics.median(rates),
        "best_cpu_us": min(costs),
        "median_cpu_us": statistics.median(costs),
        "refused": n_refused,
    }
    sys.stdout.write(json.dumps(summary) + "\n")
    raise SystemExit(n_refused > 0)


def _round(asked: argparse.Namespace) -> dict[str, float]:
    with served(asked) as url:
        cores = sorted(os.sched_getaffinity(0))
        os.sched_setaffinity(0, cores[:1])
        try:
            figures = uvloop.run(_submit_all(asked, url))
        finally:
            os.sched_setaffinity(0, cores)
    if figures["taken"] != asked.messages:
        raise SystemExit(f"submitted {asked.messages} messages, the server took {figures}")
    return figures


async def _submit_all(asked: argparse.Namespace, url: str) -> dict[str, float]:
    """Submit all and ask the server; CPU is this process's, all it took from start to end."""
    numbers = iter(range(1, asked.messages + 1))
    options = chat.ChatOptions(TOKEN, url, asked.rate)
    async with chat.ChatSender(options) as sender:
        done_at: list[float] = []

        async def keep_submitting() -> None:
            for number in numbers:
                message = model.ChatMessage(
                    str(number), (model.ChatPart(_HTML, "https://example.org/1", _BUTTONS),)
                )
                await sender.send(message, before_commit=_nothing)
                done_at.append(time.perf_counter())

        cpu = time.process_time()
        await asyncio.gather(*(keep_submitting() for _ in range(sender.connections)))
        cpu = time.process_time() - cpu
    taken, refused = await counts(url)
    return {
        "rate": asked.rate,
        "taken": taken,
        "refused": refused,
        # The first second's worth is no pace yet: all permits were there.
        "messages_per_second": round(
            (asked.messages - asked.rate) / (done_at[-1] - done_at[asked.rate - 1]), 2
        ),
        "cpu_us_per_message": round(cpu / asked.messages * 1e6, 1),
    }


async def counts(url: str) -> tuple[int, int]:
    """Ask the server how many messages it took, and how many it refused."""
    reader, writer = await asyncio.open_connection("127.0.0.1", int(url.rpartition(":")[2]))
    writer.write(b"GET /counts HTTP/1.1\r\nContent-Length: 0\r\n\r\n")
    taken, refused = json.loads((await reader.readuntil(b"]")).partition(b"\r\n\r\n")[2])
    writer.close()
    return taken, refused


def _nothing() -> None:
    """Stand for the journal's write."""


@contextmanager
def served(asked: argparse.Namespace) -> Iterator[str]:
    command = [sys.executable, "-m", "tests.bench.telegram", "--serve"]
    command += ["--rate", str(asked.rate), "--answer-ms", str(asked.answer_ms)]
    server = subprocess.Popen(command, stdout=subprocess.PIPE)
    try:
        os.sched_setaffinity(server.pid, {max(os.sched_getaffinity(0))})
        assert server.stdout is not None
        yield f"http://127.0.0.1:{int(server.stdout.readline())}"
    finally:
        server.terminate()
        server.wait()


async def _serve(rate: int, answer_seconds: float) -> None:
    counts = _Counts(rate, answer_seconds)
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: _Connection(counts), "127.0.0.1", 0)
    sys.stdout.write(f"{server.sockets[0].getsockname()[1]}\n")
    sys.stdout.flush()
    await server.serve_forever()


class _Counts:
    """What arrived, and what of it came too early."""

    def __init__(self, rate: int, answer_seconds: float) -> None:
        self.windows = botapi_rules.FloodWindows(botapi_rules.Limits(overall_per_second=rate))
        self.answer_seconds = answer_seconds
        self.taken = self.refused = 0

    def answer(self, request: bytes) -> tuple[int, bytes]:
        if request.startswith(b"GET /counts"):
            return 200, json.dumps([self.taken, self.refused]).encode()
        chat_id = int(request.partition(b"chat_id=")[2].partition(b"&")[0])
        try:
            self.windows.admit(chat_id, private=chat_id > 0, at=time.monotonic())
        except botapi_rules.Refused as refusal:
            self.refused += 1
            answer = {"ok": False, "error_code": 429, "description": refusal.description}
            return 429, json.dumps(answer | {"parameters": refusal.parameters}).encode()
        self.taken += 1
        about = {"id": chat_id, "type": "private", "first_name": "Reader"}
        result = {"message_id": self.taken, "date": 0, "chat": about, "text": "Headline " * 20}
        return 200, json.dumps({"ok": True, "result": result}).encode()


class _Connection(asyncio.Protocol):
    """As little of HTTP as one known client needs."""

    def __init__(self, counts: _Counts) -> None:
        self._counts = counts
        self._read = b""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast("asyncio.Transport", transport)  # uvloop's is no subclass

    def data_received(self, data: bytes) -> None:
        self._read += data
        head, found, rest = self._read.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().partition(b"content-length:")[2].partition(b"\r\n")[0] or 0)
        if len(rest) < length:
            return
        self._read = rest[length:]
        status, answer = self._counts.answer(head + b"&" + rest[:length])
        reply = b"HTTP/1.1 %d X\r\nContent-Length: %d\r\n\r\n%s" % (status, len(answer), answer)
        later = asyncio.get_running_loop().call_later
        later(self._counts.answer_seconds, self._transport.write, reply)


if __name__ == "__main__":
    main()
