"""Make of a real feed another one like it: other words, ids and days, the same shape and size.

Each word becomes another of about its own frequency, so what is classified and clustered keeps
the proportions of real text, and no two copies tell the same story.
"""

import re
from collections import Counter
from collections.abc import Sequence
from datetime import date, timedelta

__all__ = ["Vocabulary"]

# Words of text: not of tags, entities, addresses or numbers.
_TEXT = re.compile(rb"(?:>|CDATA\[)[^<]+")
_WORD = re.compile(rb"(?<![&\w/.:=\"'@%#?-])[A-Za-z]{4,20}(?![\w;=/:@%.\"'&-])")
# Before the query: what follows is often tracking, and no other address.
_ID_END = re.compile(rb"((?:[?#][^<>\]]*)?(?:\]\]>)?\s*</(?:guid|id|link)>)")
_HOST = re.compile(
    rb"(<(?:guid|id|link)(?:\s[^<>]*)?>\s*(?:<!\[CDATA\[)?\s*https?://"
    rb"|<link\s[^<>]*?href=[\"']https?://)"
)
_DAY = re.compile(
    rb"\b(\d{1,2}) (Jan|Feb) 2026\b|\b2026-(0[12])-(\d\d)(?=T)",
)
_MONTHS = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Vocabulary:
    """The words of all documents, by frequency."""

    def __init__(self, documents: Sequence[bytes]) -> None:
        counted = Counter(
            word
            for data in documents
            for text in _TEXT.findall(data)
            for word in _WORD.findall(text)
        )
        self._ranked: list[bytes] = [word for word, _ in counted.most_common()]
        self._rank = {word: rank for rank, word in enumerate(self._ranked)}

    def moved_on(self, data: bytes, *, copy: int, days: int) -> bytes:
        """Return the document for one of its copies, so many days later."""
        if not (copy or days):
            return data
        step = copy * 31 + days * 7

        def other(word: re.Match[bytes]) -> bytes:
            rank = self._rank.get(word[0], -1)
            if rank < 0:
                return bytes(word[0])
            # Turned within words of like frequency: 1-100 among themselves, and so on.
            start = rank - rank % 100
            width = min(100, len(self._ranked) - start)
            return self._ranked[start + (rank - start + step) % width]

        mark = b"-%d-%d" % (copy, days)
        data = _TEXT.sub(lambda text: _WORD.sub(other, text[0]), data)
        data = _HOST.sub(rb"\1n" + mark + b".", _ID_END.sub(mark + rb"\1", data))
        return _DAY.sub(lambda day: _later(day, days), data)


def _later(day: re.Match[bytes], days: int) -> bytes:
    if day[1]:
        at = date(2026, 1 if day[2] == b"Jan" else 2, int(day[1])) + timedelta(days=days)
        return f"{at.day:02} {_MONTHS[at.month - 1]} {at.year}".encode()
    return str(date(2026, int(day[3]), int(day[4])) + timedelta(days=days)).encode()
