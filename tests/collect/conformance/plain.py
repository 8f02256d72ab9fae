"""The one place that says how an expected value is made comparable with ours, and compares it.

Text: markup out, entities decoded once, white space folded (`clean.plain_text`).  Addresses:
absolute and canonical (`clean.canonical_url`).  Authors: names without mail addresses.
Languages: the primary subtag.  Times: UTC.  A headline we cut a glued source off is compared
before the cut.  Nothing here forgives missing words: expected text must be met exactly.
"""

import re
from datetime import UTC, datetime, timedelta

from digest import model
from digest.collect import clean, drafts

__all__ = [
    "address_differs",
    "author_differs",
    "moment_differs",
    "names_differ",
    "text_differs",
    "title_differs",
]

_MANY = 10_000_000


def text(markup: str) -> str:
    """Return expected markup as one line of the words a reader sees."""
    return " ".join(clean.plain_text(markup, _MANY).split())


def title_differs(want: str, got: str, source: str = "", categories: tuple[str, ...] = ()) -> str:
    """Compare a headline, read as HTML and as plain text: sources do not always say which."""
    readings = {" ".join(reading.split()) for reading in (text(want), clean.fold(want))}
    readings |= {clean.headline_text(want)}
    readings |= {clean.headline(reading, source, categories) for reading in readings}
    readings |= {clean.shorten(reading, 500) for reading in readings}
    return (
        ""
        if any(_same(reading, got) for reading in readings)
        else f"title {got!r}, expected {want!r}"
    )


def text_differs(want: str, entry: model.Entry) -> str:
    """Compare expected text with the entry's body or summary; one of them must be all of it."""
    want = want.replace("ï¿½", "\ufffd")  # the mark of a lost character, itself misread
    ours = {" ".join(part.split()) for part in (entry.summary, entry.body) if part}
    readings = (clean.plain_text(want, _MANY), clean.fold(want))
    if not any(readings) and not ours:
        return ""
    expected = set()
    for reading in filter(None, readings):
        expected.add(clean.shorten(" ".join(reading.split()), drafts.MAX_SUMMARY_CHARS))
        expected.add(" ".join(clean.shorten(reading, drafts.MAX_BODY_CHARS).split()))
    if any(_same(reading, our) for reading in expected for our in ours):
        return ""
    return f"text {sorted(ours)!r}, expected {text(want)!r}"


def _same(want: str, got: str) -> bool:
    """Compare; where the expectation has lost characters (U+FFFD), any stand for them."""
    if "\ufffd" not in want:
        return want == got
    pattern = re.escape(want.strip(" \ufffd"))
    return bool(re.fullmatch(re.sub("\ufffd+", ".{1,4}", pattern), got))


def author_differs(want: str, authors: tuple[str, ...]) -> str:
    """Compare one expected author, given as a name, an address or both."""
    bracketed = re.search(r"\(([^()]*)\)", want)
    named = bracketed and "@" in want and "@" not in bracketed[1]
    name = bracketed[1] if bracketed and named else re.sub(r"[^\s()]+@[^\s()]+", "", want)
    name = text(name).strip(" <>()\"'")
    if not name:
        return f"authors {authors!r}, expected none" if any("@" in a for a in authors) else ""
    folded = [author.casefold() for author in authors]
    said = ", ".join(folded)
    return "" if name.casefold() in (*folded, said) else f"authors {authors!r}, expected {want!r}"


def names_differ(want: str, names: tuple[str, ...]) -> str:
    """Compare one expected category."""
    folded = {name.casefold() for name in names}
    return "" if text(want).casefold() in folded else f"categories {names!r}, expected {want!r}"


def address_differs(want: str, got: str, base: str) -> str:
    """Compare an address; one that is no web address must have been dropped."""
    expected = clean.canonical_url(want, base)
    return "" if got == expected else f"url {got!r}, expected {expected!r}"


def moment_differs(want: datetime, *got: datetime | None) -> str:
    """Compare a time with any of ours, to the second; impossible ones must be none."""
    want = want.astimezone(UTC)
    if want < drafts.EARLIEST and got == (None,) * len(got):
        return ""
    if any(at and abs(at - want) < timedelta(seconds=1) for at in got):
        return ""
    return f"time {[at and at.isoformat() for at in got]!r}, expected {want.isoformat()!r}"
