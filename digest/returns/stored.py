"""Mails as they lie in files: one a file, an mbox, a Maildir, a folder of mails.

Sources: RFC 4155 (mbox), cr.yp.to/proto/maildir.html.
"""

import re
from collections.abc import Iterator
from pathlib import Path

_SEPARATOR = re.compile(
    rb"(?:\A|(?<=\n\n)|(?<=\r\n\r\n))From \S+ [^\r\n]{4,60}\d{4}[^\r\n]{0,12}\r?\n"
)
_QUOTED = re.compile(rb"^>(>*From )", re.MULTILINE)


def mails(place: Path) -> Iterator[tuple[str, bytes]]:
    """Every mail at a place, with a name: the file's, and with # its number in an mbox of many.

    Raises OSError for what cannot be read.
    """
    if place.is_dir():
        for file in _files(place):
            yield from mails(file)
        return
    data = place.read_bytes()
    found = _split(data) if place.suffix != ".eml" else [data]
    if len(found) == 1:
        yield str(place), data
        return
    for number, mail in enumerate(found, start=1):
        yield f"{place}#{number}", mail


def new(place: Path) -> Iterator[tuple[str, bytes]]:
    """Every mail that was not taken yet: of a Maildir those in new/, else all."""
    if not _is_maildir(place):
        yield from mails(place)
        return
    for file in sorted((place / "new").iterdir()):
        if file.is_file():
            yield str(file), file.read_bytes()


def taken(file: Path) -> None:
    """Move a mail of a Maildir from new/ to cur/, as seen; another file stays where it is."""
    if file.parent.name == "new" and _is_maildir(file.parent.parent):
        file.rename(file.parent.parent / "cur" / f"{file.name}:2,S")


def _is_maildir(place: Path) -> bool:
    return all((place / name).is_dir() for name in ("cur", "new", "tmp"))


def _files(folder: Path) -> list[Path]:
    """Of a Maildir what was delivered; else every file below that is not hidden."""
    places = [folder / "new", folder / "cur"] if _is_maildir(folder) else [folder]
    found = [file for place in places for file in place.rglob("*") if file.is_file()]
    return sorted(file for file in found if not file.name.startswith("."))


def _split(data: bytes) -> list[bytes]:
    """The mails of an mbox; whatever does not begin like one is one mail."""
    if not data.startswith(b"From "):
        return [data]
    starts = [match.start() for match in _SEPARATOR.finditer(data)]
    if len(starts) < 2:
        return [data]
    parts = [data[a:b] for a, b in zip(starts, [*starts[1:], len(data)], strict=True)]
    return [_QUOTED.sub(rb"\1", part) for part in parts]
