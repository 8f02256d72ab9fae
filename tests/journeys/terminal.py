"""The `digest` command as a person at a terminal runs it: a process of its own, in a folder."""

import asyncio
import contextlib
import json
import os
import signal
import sys
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

__all__ = ["Done", "Service", "digest", "environment", "service"]


@dataclass(frozen=True, slots=True)
class Done:
    """How a command ended, and what it wrote."""

    code: int
    out: str
    err: str

    @property
    def document(self) -> Any:
        """The one JSON document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The JSON Lines on stdout."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaints(self) -> list[str]:
        """What it complained of, without the log's lines."""
        return [line for line in self.err.splitlines() if line.startswith("digest: ")]


def environment(folder: Path, more: Mapping[str, str] | None = None) -> dict[str, str]:
    """The environment of a fresh machine: nothing of ours is set but `more`."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("DIGEST_", "PYTEST_"))}
    (folder / "tmp").mkdir(parents=True, exist_ok=True)
    return {**kept, "TMPDIR": str(folder / "tmp"), "TZ": "UTC", **(more or {})}


async def digest(
    *arguments: str | Path,
    folder: Path,
    more: Mapping[str, str] | None = None,
    stdin: str = "",
    timeout_seconds: float = 90,
) -> Done:
    """Run one command to its end in `folder`.  Raises TimeoutError after killing it."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "digest", *map(str, arguments)),
        cwd=folder,
        env=environment(folder, more),
        stdin=asyncio.subprocess.PIPE,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(timeout_seconds):
            out, err = await process.communicate(stdin.encode())
    except TimeoutError:
        process.kill()
        await process.communicate()
        raise
    return Done(process.returncode or 0, out.decode(), err.decode())


class Service:
    """A command that goes on until told to stop; what it writes is kept as it comes."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self.process = process
        self.out: list[str] = []
        self.err: list[str] = []
        self._grew = asyncio.Condition()
        assert process.stdout
        assert process.stderr
        self._readers = [
            asyncio.create_task(self._read(process.stdout, self.out)),
            asyncio.create_task(self._read(process.stderr, self.err)),
        ]

    async def _read(self, stream: asyncio.StreamReader, lines: list[str]) -> None:
        while line := await stream.readline():
            async with self._grew:
                lines.append(line.decode().rstrip("\n"))
                self._grew.notify_all()
        async with self._grew:
            self._grew.notify_all()

    async def line_with(self, words: str, timeout_seconds: float = 60) -> str:
        """The first line, of either stream, that holds these words.

        Raises AssertionError with all that was written when it ends without.
        """

        def found() -> str | None:
            return next((line for line in self.out + self.err if words in line), None)

        async with asyncio.timeout(timeout_seconds), self._grew:
            await self._grew.wait_for(
                lambda: found() or all(reader.done() for reader in self._readers)
            )
        line = found()
        assert line is not None, f"ended without {words!r}:\n" + "\n".join(self.out + self.err)
        return line

    async def end(self, how: signal.Signals = signal.SIGTERM, timeout_seconds: float = 30) -> int:
        """Send a signal and give the exit code; killed, with TimeoutError, when it does not end."""
        if self.process.returncode is None:
            self.process.send_signal(how)
        try:
            async with asyncio.timeout(timeout_seconds):
                code = await self.process.wait()
        except TimeoutError:
            self.process.kill()
            await self.process.wait()
            raise
        finally:
            await asyncio.gather(*self._readers)
        return code


@contextlib.asynccontextmanager
async def service(
    *arguments: str | Path, folder: Path, more: Mapping[str, str] | None = None
) -> AsyncIterator[Service]:
    """Start a command that goes on; it is killed at the end if it still does."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-u", "-m", "digest", *map(str, arguments)),
        cwd=folder,
        env=environment(folder, more),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    started = Service(process)
    try:
        yield started
    finally:
        await started.end(signal.SIGKILL)
