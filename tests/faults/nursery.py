"""Real worker processes, started at once: one process has loaded the product and forks them.

    async with nursery.opened() as workers:
        worker = await workers.start(environment, tmp_path / "worker.log")
        worker.kill()
        assert await worker.ended() == -signal.SIGKILL

A worker is `digest run --role worker`, but for its clock: it is ahead by what the file named by
FAULTS_CLOCK says, in seconds, and waits that would only make a test long are short.
With `step` and `n` it kills itself at a named step (tests/faults/dying.py).
"""

import asyncio
import atexit
import contextlib
import ctypes
import functools
import json
import os
import signal
import subprocess
import sys
from collections.abc import AsyncIterator, Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

CLOCK = "FAULTS_CLOCK"
PLAIN = "FAULTS_PLAIN"  # file modes bind us, also when we are root
BUSY = "FAULTS_BUSY_SECONDS"  # how long SQLite waits for a lock, instead of 30 s


@dataclass
class Worker:
    """One process; `log` is what it wrote to stdout and stderr."""

    workers: "Workers"
    pid: int
    log: Path
    code: int | None = None

    def kill(self) -> None:
        """kill -9."""
        os.kill(self.pid, signal.SIGKILL)

    def stop(self) -> None:
        """Ask it to stop in order."""
        os.kill(self.pid, signal.SIGTERM)

    async def ended(self, timeout_seconds: float = 60) -> int:
        """Wait for its end; its exit code, negative when a signal ended it."""
        if self.code is None:
            loop, gone = asyncio.get_running_loop(), asyncio.Event()
            handle = os.pidfd_open(self.pid)
            loop.add_reader(handle, gone.set)
            try:
                await asyncio.wait_for(gone.wait(), timeout_seconds)
            finally:
                loop.remove_reader(handle)
                os.close(handle)
            self.code = self.workers.ask(reap=self.pid)
        return self.code

    def said(self, event: str = "") -> list[dict[str, Any]]:
        """The lines of its log, one document each; of one event, or all."""
        text = self.log.read_text() if self.log.exists() else ""
        found = [json.loads(line) for line in text.splitlines() if line.startswith("{")]
        return [line for line in found if event in ("", line.get("event"))]

    async def says(self, event: str, n: int = 1, timeout_seconds: float = 60) -> dict[str, Any]:
        """Wait for the n-th line of an event."""
        async with asyncio.timeout(timeout_seconds):
            while len(lines := self.said(event)) < n:
                assert self.code is None
                await asyncio.sleep(0.02)
        return lines[n - 1]


class Workers:
    """The process that forks, for one test; `started` are all workers there ever were."""

    def __init__(self, process: "subprocess.Popen[bytes]") -> None:
        self._process = process
        self.started: list[Worker] = []

    def ask(self, **asked: Any) -> int:
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps(asked).encode() + b"\n")
        return int(self._process.stdout.readline())

    def start(
        self, environment: Mapping[str, str], log: Path, *, step: str = "", n: int = 1
    ) -> Worker:
        """Fork one."""
        pid = self.ask(start=dict(environment), log=str(log), step=step, n=n)
        worker = Worker(self, pid, log)
        self.started.append(worker)
        return worker

    async def end(self) -> None:
        """Kill whatever still lives."""
        for worker in self.started:
            if worker.code is None:
                worker.kill()
                await worker.ended()


_PROCESSES: list["subprocess.Popen[bytes]"] = []  # none or one, for all tests of this process


@contextlib.asynccontextmanager
async def opened() -> AsyncIterator[Workers]:
    """Load the product, once for all tests; at the end no worker of this one lives."""
    if not _PROCESSES:
        process = subprocess.Popen(  # noqa: ASYNC220 - answers at once
            [sys.executable, "-m", "tests.faults.nursery"],
            stdin=subprocess.PIPE, stdout=subprocess.PIPE, bufsize=0,
        )  # fmt: skip
        _PROCESSES.append(process)
        atexit.register(_close, process)
    workers = Workers(_PROCESSES[0])
    try:
        yield workers
    finally:
        await workers.end()


def _close(process: "subprocess.Popen[bytes]") -> None:
    assert process.stdin is not None
    assert process.stdout is not None
    process.stdin.close()
    process.wait()
    process.stdout.close()


def main() -> None:
    """Fork a worker for each line on stdin that asks for one; say its pid on stdout."""
    # Loaded before the first fork, so that no worker has to.
    import uvloop  # noqa: F401

    from digest import dispatch, runtime  # noqa: F401
    from digest.cli import service  # noqa: F401
    from digest.deliver import chat  # noqa: F401
    from tests.faults import dying  # noqa: F401

    living = set()
    for line in sys.stdin.buffer:
        asked = json.loads(line)
        if "reap" in asked:
            _, status = os.waitpid(asked["reap"], 0)
            living.discard(asked["reap"])
            answer = os.waitstatus_to_exitcode(status)
        else:
            answer = os.fork()
            if not answer:
                _become(asked)
            living.add(answer)
        os.write(1, b"%d\n" % answer)
    for pid in living:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)


def _become(asked: Mapping[str, Any]) -> None:
    """Be the worker that was asked for, and nothing else any more."""
    code = 1
    try:
        nothing = os.open(os.devnull, os.O_RDONLY)
        os.dup2(nothing, 0)
        log = os.open(asked["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
        os.dup2(log, 1)
        os.dup2(log, 2)
        os.environ.update(asked["start"])
        _work(asked["step"], asked["n"])
    except SystemExit as end:
        code = end.code if isinstance(end.code, int) else 1
    except BaseException:
        import traceback

        traceback.print_exc()
    finally:
        sys.stderr.flush()
        os._exit(code)


def _work(step: str, n: int) -> None:
    from digest import cli, dispatch, lane, logs, runtime
    from digest.storage import database
    from tests.faults import dying

    if os.environ.get(PLAIN):
        _be_plain()
    if step:
        dying.prepare(step, n)
    lane.SLOW_DOWN_SECONDS = 0.1
    dispatch.IDLE_SECONDS = 0.05
    dispatch.DATABASE_SECONDS = 0.1
    if seconds := os.environ.get(BUSY):
        prepare = database._prepare_sqlite

        def impatient(connection: Any, record: object) -> None:
            prepare(connection, record)
            connection.execute(f"PRAGMA busy_timeout={float(seconds) * 1000:.0f}")

        setattr(database, "_prepare_sqlite", impatient)  # noqa: B010 - as mypy wants it
    # A module as a whole is replaced where names in it are looked up late.
    runtime.opened = functools.partial(runtime.opened, clock=clock(os.environ.get(CLOCK)))
    logs.set_up = functools.partial(logs.set_up, as_json=True)
    cli.main(["run", "--role", "worker"])


def _be_plain() -> None:
    """Give up root's way past file modes (CAP_DAC_OVERRIDE; capset of Linux, version 3)."""
    libc = ctypes.CDLL(None, use_errno=True)
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    data = (ctypes.c_uint32 * 6)()
    for call in (libc.capget, libc.capset):
        if call(header, data):
            raise OSError(ctypes.get_errno(), "capabilities")
        for number in (0, 1):  # effective and permitted
            data[number] &= ~2


def clock(file: str | None) -> Callable[[], datetime]:
    """The time, ahead by what `file` says."""
    if file is None:
        return lambda: datetime.now(UTC)
    handle = os.open(file, os.O_RDONLY)

    def ahead() -> datetime:
        return datetime.now(UTC) + timedelta(seconds=float(os.pread(handle, 32, 0)))

    return ahead


def set_clock(file: Path, seconds: float) -> None:
    """Put the clock of all who read `file` ahead by so much; behind, if negative."""
    fresh = file.with_suffix(".new")
    fresh.write_text(f"{seconds:+020.3f}")
    text = fresh.read_bytes()
    with file.open("r+b" if file.exists() else "wb", buffering=0) as handle:
        handle.write(text)  # as long as before, in one write: nobody reads half of it


if __name__ == "__main__":
    main()
