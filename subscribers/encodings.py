"""Which bytes a list was written in, and with which sign between its cells.

UTF-8 tells itself apart from all others, and UTF-16 has a mark or shows in every other byte.
What is left was written by Windows: 1252 for Western languages, 1251 for Cyrillic ones, where
nearly every letter has its high bit set and so such bytes come in runs.
"""

import codecs
import contextlib
import io
import re
from collections.abc import Iterator
from typing import IO

from subscribers import errors

DELIMITERS = ",;\t|"

_BLOCK = 1 << 20
# Runs of at least three letters of Windows-1251; Western text has one or two such bytes together.
_CYRILLIC = re.compile(rb"[\xa1-\xa3\xa5\xa8\xaa\xaf\xb2-\xb4\xb8\xba\xbc-\xff]{3,}")
_SURROGATES = re.compile("[\udc80-\udcff]")
_LETTERS = re.compile("[^\x00-\x7f]")
_HIGH = re.compile(rb"[\x80-\xff]")
_NEVER_1252 = re.compile(rb"[\x81\x8d\x8f\x90\x9d]")  # bytes the encoding leaves undefined
# More valid letters than this for each broken byte: UTF-8 with a broken place, nothing else.
_MOSTLY = 4


def encoding_of(stream: IO[bytes]) -> str:
    """Name the encoding of a seekable stream, read once through from its beginning.

    "utf-8" may hold single broken places, which decode to surrogates (`lines`).
    Raises ImportRefused.
    """
    stream.seek(0)
    start = stream.read(4096)
    stream.seek(0)
    if start.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)):
        return "utf-16"
    if len(start) > 3 and not any(start[1:200:2]) and all(start[0:200:2]):
        return "utf-16-le"
    if len(start) > 3 and not any(start[0:200:2]) and all(start[1:200:2]):
        return "utf-16-be"
    n_letters, n_broken = _utf8_letters(stream)
    if not n_broken or n_letters > _MOSTLY * n_broken:
        return "utf-8-sig"
    return _of_windows(stream)


def _utf8_letters(stream: IO[bytes]) -> tuple[int, int]:
    """Count letters beyond ASCII, and bytes that UTF-8 cannot hold."""
    decoder = codecs.getincrementaldecoder("utf-8")("surrogateescape")
    n_letters = n_broken = 0
    block = b"\0"
    while block:
        block = stream.read(_BLOCK)
        text = decoder.decode(block, final=not block)
        if not text.isascii():
            broken = len(_SURROGATES.findall(text))
            n_letters += len(_LETTERS.findall(text)) - broken
            n_broken += broken
    stream.seek(0)
    return n_letters, n_broken


def _of_windows(stream: IO[bytes]) -> str:
    n_high = n_in_runs = 0
    has_undefined = False
    while block := stream.read(_BLOCK):
        n_high += len(_HIGH.findall(block))
        n_in_runs += sum(map(len, _CYRILLIC.findall(block)))
        has_undefined = has_undefined or _NEVER_1252.search(block) is not None
    stream.seek(0)
    if n_in_runs * 2 > n_high:
        return "cp1251"
    if has_undefined:
        raise errors.ImportRefused(
            "the file is neither UTF-8 nor Windows-1252 text; say what it is with its encoding"
        )
    return "cp1252"


def lines(stream: IO[bytes], encoding: str) -> Iterator[str]:
    """Read line by line, ends of lines as they are; the stream stays open.

    Raises ImportRefused for an encoding nobody knows, and for one the file is not in.
    """
    stream.seek(0)
    how = "surrogateescape" if encoding.startswith("utf-8") else "strict"
    try:
        text = io.TextIOWrapper(stream, encoding, errors=how, newline="")
    except LookupError as error:
        raise errors.ImportRefused(f"there is no encoding called {encoding}") from error
    try:
        yield from text
    except UnicodeError as error:
        raise errors.ImportRefused(f"the file is not {encoding} text") from error
    finally:
        # Or the caller's stream would be closed along with it, unless the caller was quicker.
        with contextlib.suppress(ValueError):
            text.detach()


def delimiter_of(first: str) -> str:
    """The sign that parts the header's cells."""
    return max(DELIMITERS, key=re.sub(r'"[^"]*"', "", first).count)
