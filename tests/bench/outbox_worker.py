"""One worker of tests.bench.outbox: a process with nothing in it but what sends.

    python -m tests.bench.outbox_worker '{"database_url": …, "port": …, …}'

Sends until nothing is due, and prints one line of JSON: seconds of CPU of all threads, and of
those that wait on the database; megabytes at the most.
"""

import asyncio
import json
import logging
import os
import resource
import sys
import time
from pathlib import Path
from typing import Any

import uvloop

from digest import dispatch, runtime, settings
from digest.storage import journal


def main() -> None:
    """Send everything and say what it took."""
    given = json.loads(sys.argv[1])
    os.sched_setaffinity(0, {given["core"]})
    logging.getLogger("digest").setLevel(logging.ERROR)
    with runtime.opened(settings_of(given)) as rt:
        began, cpu, loop = time.time(), _cpu_seconds(), time.thread_time()
        _send_all(rt, given["profile"])
        cpu, loop = _cpu_seconds() - cpu, time.thread_time() - loop
        figures = {
            "began": began,
            "ended": time.time(),
            "cpu": cpu,
            "database_cpu": cpu - loop,
            "seconds_a_note": _seconds_a_note(Path(given["folder"])),
            "megabytes": _peak_megabytes(),
        }
    sys.stdout.write(json.dumps(figures) + "\n")


def settings_of(given: dict[str, Any]) -> settings.Settings:
    """The installation that is measured."""
    folder = Path(given["folder"])
    dkim = {"domain": "courier.example", "selector": "bench", "key_file": folder / "dkim.pem"}
    return settings.given(
        database_url=given["database_url"],
        secret_key="k" * 40,
        publication="The Courier",
        postal_address="12 Harbour Street, Exampleton",
        base_url="https://courier.example",
        smtp={
            "url": f"smtp://127.0.0.1:{given['port']}",
            "sender": "The Courier <briefing@courier.example>",
            "bounce_address": "bounces@courier.example",
            "verp": True,
            "connections": given["connections"],
        },
        dkim=dkim if given["dkim"] else {},
        daily={"max_stories": 13},  # about 50 kB
        topics_file=folder / "topics.toml",
        state_dir=folder / "state",
    )


def _send_all(rt: runtime.Runtime, profiled: str) -> None:
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        if not profiled:
            runner.run(_send(rt))
            return
        import cProfile

        runner.get_loop()
        profile = cProfile.Profile()
        profile.runcall(runner.run, _send(rt))
        profile.dump_stats(profiled)


async def _send(rt: runtime.Runtime) -> None:
    async with rt.senders() as senders:
        faults = await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)
    if faults:
        raise SystemExit(f"the sink refused: {faults}")


def _cpu_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def _peak_megabytes() -> float:
    """The most that was resident since this program was loaded."""
    status = Path("/proc/self/status").read_text()
    return round(int(status.partition("VmHWM:")[2].split()[0]) / 1024)


def _seconds_a_note(folder: Path, n: int = 20_000) -> float:
    with journal.Journal(folder / "notes", f"bench-{os.getpid()}") as notes:
        began = time.thread_time()
        for number in range(n):
            notes.reached(number)
        return (time.thread_time() - began) / n


if __name__ == "__main__":
    main()
