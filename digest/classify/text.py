"""Text made ready for matching, with every index kept: one character in, one character out."""

import re
import unicodedata
from dataclasses import dataclass
from urllib.parse import unquote, urlsplit

from digest import model, topics
from digest.classify.language import language_of

__all__ = ["FIELDS", "Reading", "address_words", "folded", "headline", "read", "shouts"]

FIELDS = ("title", "summary", "body")
_LEAD_CHARS = 300  # of a body without a summary: newsrooms put the point first
_BODY_CHARS = 4000  # what stands later says little about what a story is about
_INVISIBLE = dict.fromkeys(map(ord, "\u00ad\u200b\u200c\u200d\u2060\ufeff\u200e\u200f"))
# "SEOUL, South Korea (AP) — ", "LONDON, May 27 (Reuters) - "
_DATELINE = re.compile(r"^([A-Z][^\n()]{1,60}?)\s*\((?:[A-Z][\w./ ]{1,30})\)\s*[-–—:]+\s*")
_GLUE = re.compile(r"\s+[-–—|»]\s+")
_SHOUT_CHARS = 200  # enough to tell
_HEAD_WORDS = 3  # fewer words before the glue are no headline on their own


class _Fold(dict[int, str]):
    """Lower case without accents, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        base = unicodedata.normalize("NFKD", char)[0] if code > 127 else char
        lower = base.lower()
        self[code] = lower if len(lower) == 1 else base
        return self[code]


_FOLD = _Fold({ord(c): "'" for c in "‘’ʼ`´"} | {ord(c): "-" for c in "‐‑‒–—"})


@dataclass(frozen=True, slots=True)
class Reading:
    """An entry as one text: where each field begins, and what was set apart."""

    text: str
    plain: str  # the same as `folded` gives it
    summary_from: int
    body_from: int
    dateline: str = ""
    language: str = ""

    def field_at(self, index: int) -> int:
        """Return the index in FIELDS of what stands at an index of the text."""
        if index < self.summary_from:
            return 0
        return 1 if index < self.body_from else 2


def folded(text: str) -> str:
    """Return a text for comparison; every character keeps its index."""
    return text.translate(_FOLD)


def read(entry: model.Entry, catalogue: topics.Catalogue) -> Reading:
    """Return an entry's text: headline, summary (else the body's first lines), body."""
    title = headline(_clean(entry.title), catalogue, entry.source)
    summary, body = _clean(entry.summary), _clean(entry.body)
    summary, dateline = _without_dateline(summary)
    body, also = _without_dateline(body)
    if not summary:
        cut = len(body)
        if cut > _LEAD_CHARS:
            cut = max(body.rfind(" ", 0, _LEAD_CHARS), 0) or _LEAD_CHARS
        summary, body = body[:cut], body[cut:]
    elif body.startswith(summary[:100]):
        body = body[len(summary) :]
    text = f"{title}\n{summary}\n{body[:_BODY_CHARS]}"
    plain = folded(text)
    language = language_of(plain, entry.language)
    body_from = len(title) + len(summary) + 2
    return Reading(text, plain, len(title) + 1, body_from, dateline or also, language)


def _clean(text: str) -> str:
    if text.isascii():
        return " ".join(text.split())
    return unicodedata.normalize("NFC", " ".join(text.translate(_INVISIBLE).split()))


def _without_dateline(text: str) -> tuple[str, str]:
    found = _DATELINE.match(text)
    return (text[found.end() :], found[1]) if found else (text, "")


def headline(title: str, catalogue: topics.Catalogue, source: str = "") -> str:
    """Return a title without the names of categories, or of the source, glued to its end.

    "US, China keep truce alive – World" says nothing of world affairs; "... - Example Times"
    only where it appeared.
    """
    while True:
        glue = list(_GLUE.finditer(title))
        if not glue or len(title[: glue[-1].start()].split()) < _HEAD_WORDS:
            return title
        end = title[glue[-1].end() :]
        if not _is_label(end, catalogue) and topics.fold(end) != topics.fold(source):
            return title
        title = title[: glue[-1].start()]


def _is_label(text: str, catalogue: topics.Catalogue) -> bool:
    if len(text.split()) > 4:
        return False
    parts = (text, *re.split(r"\s*(?:&|/|,|\band\b)\s*", text))
    known = [bool(catalogue.resolve_all(part)) or catalogue.is_placement(part) for part in parts]
    return known[0] or (len(known) > 2 and all(known[1:]))


def address_words(url: str) -> tuple[str, ...]:
    """Return the folders of a story's address as names: ".../news/tamil-nadu/x" → News, Tamil Nadu.

    Publishers put stories into folders as they put them into categories.  The last part is the
    story itself, and whatever has digits or many words is no folder.
    """
    try:
        parts = unquote(urlsplit(url).path).split("/")[1:-1]
    except ValueError:  # an address that is none
        return ()
    names = [part.replace("-", " ").replace("_", " ").title() for part in parts if part]
    return tuple(n for n in names if len(n.split()) <= 4 and not any(c.isdigit() for c in n))


def shouts(text: str) -> bool:
    """Tell whether a text is all in capitals, so that they mean nothing."""
    head = text[:_SHOUT_CHARS]
    n_letters = sum(map(str.isalpha, head))
    return n_letters > 12 and sum(map(str.isupper, head)) > 0.8 * n_letters
