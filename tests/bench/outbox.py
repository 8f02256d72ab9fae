"""How fast the outbox goes out: messages a second, CPU a message and memory, beside smtp-source.

    python -m tests.bench.outbox --sink SINK [--smtp-source PROGRAM] [--subscribers 200000]
        [--connections 8] [--dkim rsa|ed25519] [--workers 1] [--rounds 1]
        [--database-url postgresql://…] [--prepared FOLDER]

SINK is an SMTP sink that is started as `SINK PORT` and prints {"msgs": ...} on SIGUSR1, or the
C file it is built from.  Everybody's issue is different, a mail has about 50 kB.  Each worker
is a process of its own, pinned to the first core (two to one each), the sink to the last.
smtp-source (Debian's postfix has it) sends mails of the same size, before and after, from the
same core to the same sink.  The outbox's part is the CPU of all threads but the loop's, and
what the journal's notes take.

With --prepared a filled SQLite file is kept in FOLDER, and the next measurement begins there.
"""

import argparse
import contextlib
import json
import os
import resource
import shutil
import signal
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives.asymmetric import ed25519

from digest import runtime
from tests.bench import installation, outbox_people, outbox_worker
from tests.deliver import signatures


def main() -> None:
    """Measure and print one line of JSON for each round."""
    asked = _asked()
    with tempfile.TemporaryDirectory(prefix="digest-bench-") as folder:
        asked.folder = folder
        program = _built(asked.sink, Path(folder))
        rsa = asked.dkim == "rsa"
        key = signatures.rsa_key() if rsa else ed25519.Ed25519PrivateKey.generate()
        Path(folder, "dkim.pem").write_bytes(signatures.pem(key))
        for _ in range(asked.rounds):
            with _sink(program) as sink:
                sys.stdout.write(json.dumps(_round(asked, sink)) + "\n")
                sys.stdout.flush()


def _asked() -> argparse.Namespace:
    parser = argparse.ArgumentParser(
        prog="python -m tests.bench.outbox",
        description=__doc__,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument("--sink", type=Path, required=True, help="the sink's program, or C file")
    parser.add_argument("--smtp-source", default="", help="to be compared with")
    parser.add_argument("--subscribers", type=int, default=200_000)
    parser.add_argument("--connections", type=int, default=8)
    parser.add_argument("--dkim", choices=["", "rsa", "ed25519"], default="")
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--rounds", type=int, default=1)
    parser.add_argument("--database-url", default="", help="postgresql://…; else a SQLite file")
    parser.add_argument("--prepared", type=Path, help="folder for a filled SQLite file")
    parser.add_argument("--profile", default="", help="write the loop's cProfile there")
    return parser.parse_args()


@dataclass(frozen=True, slots=True)
class _Sink:
    process: subprocess.Popen[bytes]
    port: int

    def n_taken(self) -> tuple[int, int]:
        """Messages and bytes so far."""
        self.process.send_signal(signal.SIGUSR1)
        assert self.process.stdout is not None
        said = json.loads(self.process.stdout.readline())
        return said["msgs"], said["bytes"]


def _round(asked: argparse.Namespace, sink: _Sink) -> dict[str, Any]:
    database_url = _filled(asked)
    size = 50_000
    load = os.getloadavg()[0]
    before = _smtp_source(asked, sink, size)
    n_before, n_bytes = sink.n_taken()
    figures = _workers(asked, sink, database_url)
    n_after, n_bytes_after = sink.n_taken()
    if n_after - n_before != asked.subscribers:
        raise SystemExit(f"{asked.subscribers} readers, the sink took {n_after - n_before} mails")
    figures["bytes"] = round((n_bytes_after - n_bytes) / asked.subscribers)
    after = _smtp_source(asked, sink, size)
    if before and after:
        ceiling = statistics.mean((before["messages_per_second"], after["messages_per_second"]))
        figures["smtp_source"] = {"before": before, "after": after}
        figures["of_smtp_source"] = round(figures["messages_per_second"] / ceiling, 2)
    figures["load"] = round(load, 1)
    return figures


def _filled(asked: argparse.Namespace) -> str:
    """The address of a database with everybody's delivery queued."""
    file = Path(asked.folder) / "bench.db"
    for old in (file, *file.parent.glob("bench.db-*")):
        old.unlink(missing_ok=True)
    url: str = asked.database_url or f"sqlite:///{file}"
    outbox_people.topics_file(Path(asked.folder))
    kept = asked.prepared and asked.prepared / f"outbox-{asked.subscribers}.db"
    if not asked.database_url and kept and kept.exists():
        shutil.copy(kept, file)
        return url
    with runtime.opened(outbox_worker.settings_of(_given(asked, url, 1))) as rt:
        installation.run(outbox_people.fill(rt, asked.subscribers))
    if not asked.database_url and kept:
        kept.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(file, kept)
    return url


def _given(asked: argparse.Namespace, database_url: str, port: int) -> dict[str, Any]:
    """What a worker is told."""
    return {
        "database_url": database_url,
        "port": port,
        "connections": asked.connections,
        "folder": asked.folder,
        "dkim": bool(asked.dkim),
    }


def _workers(asked: argparse.Namespace, sink: _Sink, database_url: str) -> dict[str, Any]:
    """Let the workers send everything; what they took together."""
    cores = sorted(os.sched_getaffinity(0))
    processes = []
    for number in range(asked.workers):
        given = _given(asked, database_url, sink.port) | {
            "core": cores[number % len(cores)],
            "profile": asked.profile,
        }
        command = [sys.executable, "-m", "tests.bench.outbox_worker", json.dumps(given)]
        processes.append(subprocess.Popen(command, stdout=subprocess.PIPE))
    said = []
    for process in processes:
        out, _ = process.communicate()
        if process.returncode:
            raise SystemExit("a worker failed")
        said.append(json.loads(out))
    wall = max(each["ended"] for each in said) - min(each["began"] for each in said)
    cpu = sum(each["cpu"] for each in said)
    n = asked.subscribers
    notes = 2 * n * statistics.mean(each["seconds_a_note"] for each in said)
    outbox = sum(each["database_cpu"] for each in said) + notes
    return {
        "messages": n,
        "workers": asked.workers,
        "dkim": asked.dkim or "none",
        "messages_per_second": round(n / wall),
        "cpu_us_per_message": round(cpu / n * 1e6, 1),
        "outbox_us_per_message": round(outbox / n * 1e6, 1),
        "outbox_percent": round(outbox / cpu * 100, 1),
        "megabytes": max(each["megabytes"] for each in said),
    }


def _smtp_source(asked: argparse.Namespace, sink: _Sink, size: int) -> dict[str, float] | None:
    """What postfix's own client does here, with mails of the same size."""
    if not asked.smtp_source:
        return None
    n = min(asked.subscribers, 20_000)
    command = [
        *asked.smtp_source.split(), "-d", "-s", str(asked.connections), "-m", str(n),
        "-l", str(size), "-f", "a@courier.example", "-t", "b@reader.example",
        f"127.0.0.1:{sink.port}",
    ]  # fmt: skip
    core = min(os.sched_getaffinity(0))
    before, wall = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    subprocess.run(command, check=True, preexec_fn=lambda: os.sched_setaffinity(0, {core}))
    wall = time.perf_counter() - wall
    after = resource.getrusage(resource.RUSAGE_CHILDREN)
    cpu = after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime
    return {
        "messages_per_second": round(n / wall),
        "cpu_us_per_message": round(cpu / n * 1e6, 1),
    }


def _built(sink: Path, folder: Path) -> Path:
    if sink.suffix != ".c":
        return sink
    program = folder / "sink"
    subprocess.run(["gcc", "-O2", "-w", "-o", str(program), str(sink)], check=True)
    return program


@contextlib.contextmanager
def _sink(program: Path) -> Iterator[_Sink]:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port = probe.getsockname()[1]
    process = subprocess.Popen([str(program.resolve()), str(port)], stdout=subprocess.PIPE)
    try:
        os.sched_setaffinity(process.pid, {max(os.sched_getaffinity(0))})
        deadline = time.monotonic() + 5
        while True:
            with contextlib.suppress(ConnectionRefusedError):
                socket.create_connection(("127.0.0.1", port)).close()
                break
            if time.monotonic() > deadline:
                raise SystemExit("the sink does not listen")
            time.sleep(0.01)
        yield _Sink(process, port)
    finally:
        process.terminate()
        process.wait()


if __name__ == "__main__":
    main()
