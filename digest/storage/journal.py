"""What a worker handed over, noted before the database knows: 8 bytes a message.

Results are recorded in the database some hundred at a time.  A worker killed in between would
send those again, so each message is noted here twice: when its irrevocable step is about to be
taken, and when it was accepted.  The file is locked as long as its worker lives, however it
dies; whoever finds an unlocked one settles what it says, and removes it.

One write a note, no fsync: what the process wrote survives its death.  When the machine itself
dies, at most the results of one recording are repeated.
"""

import fcntl
import os
import struct
from collections.abc import Generator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

_NOTE = struct.Struct("<q")
_SUFFIX = ".journal"


@dataclass(frozen=True, slots=True)
class Left:
    """What a dead worker left: deliveries accepted, and those in doubt."""

    owner: str
    accepted: frozenset[int]
    in_doubt: frozenset[int]


class Journal:
    """The journal of one living worker, called `owner`."""

    def __init__(self, folder: Path, owner: str) -> None:
        folder.mkdir(parents=True, exist_ok=True)
        self.owner = owner
        self.path = folder / f"{owner}{_SUFFIX}"
        while True:
            self._file = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_APPEND, 0o600)
            fcntl.flock(self._file, fcntl.LOCK_EX)
            if self._is_in_place():
                break
            os.close(self._file)  # taken for dead and removed before it was locked

    def _is_in_place(self) -> bool:
        try:
            return self.path.stat().st_ino == os.fstat(self._file).st_ino
        except FileNotFoundError:
            return False

    def reached(self, delivery_id: int) -> None:
        """The irrevocable step of a delivery is about to be taken."""
        os.write(self._file, _NOTE.pack(-delivery_id))

    def accepted(self, delivery_id: int) -> None:
        """The server accepted it."""
        os.write(self._file, _NOTE.pack(delivery_id))

    def clear(self) -> None:
        """All that was noted is in the database."""
        os.ftruncate(self._file, 0)

    def left(self) -> Left:
        """What was noted since it was last cleared."""
        os.lseek(self._file, 0, os.SEEK_SET)
        return _read(self.owner, self._file)

    def close(self) -> None:
        """End in order: nothing is left to settle."""
        self.path.unlink(missing_ok=True)
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def left_behind(folder: Path) -> Generator[Left]:
    """What dead workers left in `folder`; each file is removed once the caller comes back for
    the next, so a crash in between only means it is settled again."""
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            os.close(file)
            continue
        try:
            yield _read(path.name.removesuffix(_SUFFIX), file)
            path.unlink(missing_ok=True)
        finally:
            os.close(file)


def _read(owner: str, file: int) -> Left:
    data = b""
    while piece := os.read(file, 1 << 20):
        data += piece
    whole = len(data) - len(data) % _NOTE.size
    notes = [note for (note,) in _NOTE.iter_unpack(data[:whole])]
    accepted = frozenset(note for note in notes if note > 0)
    return Left(owner, accepted, frozenset(-note for note in notes if note < 0) - accepted)
