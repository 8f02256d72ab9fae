"""What a worker handed over, noted before the database knows: 8 bytes a message.

Results are recorded in the database some hundred at a time.  A worker killed in between would
send those again, so each message is noted here twice: when its irrevocable step is about to be
taken, and when it was accepted or refused.  The file is locked as long as its worker lives,
however it dies; whoever finds an unlocked one settles what it says, and removes it.

One write a note, no fsync: what the process wrote survives its death.  When the machine itself
dies, at most the results of one recording are repeated.
"""

import contextlib
import errno
import fcntl
import os
import struct
from collections.abc import Generator, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Self

from digest import errors

_NOTE = struct.Struct("<q")
_REFUSED = 1 << 62  # added to the id
_SUFFIX = ".journal"


@dataclass(frozen=True, slots=True)
class Left:
    """What a dead worker left: deliveries accepted, and those in doubt."""

    owner: str
    accepted: frozenset[int]
    in_doubt: frozenset[int]


class Unwritable(OSError):  # noqa: N818 - reads as the fact it states
    """A note could not be written: the disk is full, or broken.  Says which file and why."""


class Journal:
    """The journal of one living worker, called `owner`."""

    def __init__(self, folder: Path, owner: str) -> None:
        """Raises ConfigurationError when the folder cannot be used."""
        self.owner = owner
        self.path = folder / f"{owner}{_SUFFIX}"
        with _usable(folder):
            folder.mkdir(parents=True, exist_ok=True)
            self._open()

    def _open(self) -> None:
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
        """The irrevocable step of a delivery is about to be taken.  Raises Unwritable."""
        self._note(-delivery_id)

    def accepted(self, delivery_id: int) -> None:
        """The server accepted it.  Raises Unwritable."""
        self._note(delivery_id)

    def refused(self, delivery_id: int) -> None:
        """The server refused it after all, so nothing is in doubt.  Raises Unwritable."""
        self._note(delivery_id + _REFUSED)

    def _note(self, number: int) -> None:
        try:
            n_written = os.write(self._file, _NOTE.pack(number))
            if n_written != _NOTE.size:  # the notes behind half a one could not be read
                os.ftruncate(self._file, os.fstat(self._file).st_size - n_written)
                raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        except OSError as error:
            raise Unwritable(error.errno, error.strerror, str(self.path)) from error

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

    def leave(self) -> None:
        """End with something left, for whoever comes next to settle."""
        os.close(self._file)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()


def left_behind(folder: Path) -> Generator[Left]:
    """What dead workers left in `folder`; each file is removed once the caller comes back for
    the next, so a crash in between only means it is settled again.

    Raises ConfigurationError when the folder cannot be used.
    """
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        file = _locked(path)
        if file is None:
            continue
        try:
            yield _read(path.name.removesuffix(_SUFFIX), file)
            path.unlink(missing_ok=True)
        finally:
            os.close(file)


def living(folder: Path) -> frozenset[str]:
    """Whose journals in `folder` are those of living workers, this process's own among them."""
    owners = set()
    for path in folder.glob(f"*{_SUFFIX}"):
        file = _locked(path)
        if file is None:
            owners.add(path.name.removesuffix(_SUFFIX))
        else:
            os.close(file)
    return frozenset(owners)


def _locked(path: Path) -> int | None:
    """The opened and locked file of a dead worker; None when it lives, or was settled."""
    with _usable(path.parent):
        try:
            file = os.open(path, os.O_RDWR)
        except FileNotFoundError:
            return None
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(file)
        return None
    return file


@contextlib.contextmanager
def _usable(folder: Path) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise errors.ConfigurationError(
            f"state_dir: {folder} must be a folder to write in: {error.strerror}"
        ) from error


def _read(owner: str, file: int) -> Left:
    data = b""
    while piece := os.read(file, 1 << 20):
        data += piece
    whole = len(data) - len(data) % _NOTE.size
    accepted, in_doubt = set(), set()
    for (note,) in _NOTE.iter_unpack(data[:whole]):
        if note < 0:
            in_doubt.add(-note)
        elif note < _REFUSED:
            accepted.add(note)
        else:
            in_doubt.discard(note - _REFUSED)
    return Left(owner, frozenset(accepted), frozenset(in_doubt - accepted))
