"""Long chat texts parted: between stories, and inside one only where its markup can go on.

The Bot API counts what is left after the markup is parsed, and ignores all entities after the
hundredth, so texts are measured both ways.  Lengths are UTF-16 units, the larger of the two
ways Telegram has been seen to count.  Markup is the Bot API's HTML; only the entities that its
parser knows are one character each.
Source: core.telegram.org/bots/api#sendmessage, #html-style
"""

import bisect
import html
import itertools
import re
import unicodedata
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

__all__ = ["CAPTION_UNITS", "n_entities", "n_units", "split"]

CAPTION_UNITS = 1_024  # what goes with a picture or a file; core.telegram.org/bots/api#senddocument
_LIMIT_UNITS = 3_900
_LIMIT_ENTITIES = 90
_NUMBER_UNITS = 16  # for "12/34" at the end of each part
_TAG = re.compile(r"""<(/?)([a-zA-Z-]+)(?:[^>"']|"[^"]*"|'[^']*')*>""")
_OPENING_TAG = re.compile(r"<[a-zA-Z]")
_CHARACTER = re.compile(
    r"&(?:#x(?P<hex>[0-9a-fA-F]+)|#(?P<decimal>[0-9]+)|(?P<name>lt|gt|amp|quot)(?![a-zA-Z]));?"
)
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_LEADING = "\u200d\u0600\u0601\u0602\u0603\u0604\u0605\u06dd"  # a joiner; before Arabic numbers
_VIRAMA = 9  # the combining class of what joins two Indic consonants
_SKIN_TONES = ("\U0001f3fb", "\U0001f3ff")
_TAGS = ("\U000e0020", "\U000e007f")  # what makes the flag of Scotland of a black one
_FLAG_LETTERS = ("\U0001f1e6", "\U0001f1ff")
_JAMO = ("\u1100", "\u11ff")  # one syllable is up to three of them


@dataclass(frozen=True, slots=True)
class _Span:
    """What is marked up from one character to another (exclusive), and by which tags."""

    start: int
    end: int
    opening: str
    closing: str


def split(blocks: Sequence[str], limit: int = _LIMIT_UNITS) -> list[str]:
    """Join blocks into as few texts as stay within `limit` UTF-16 units and 90 entities.

    Order is kept and a block stays whole; one that is too long by itself is cut between words,
    best outside its markup, which is closed before a cut and opened again after it.  Never is
    it cut inside a tag, an entity or what a reader sees as one character, unless that alone is
    too long.
    """
    room = limit - _NUMBER_UNITS
    texts: list[str] = []
    units = entities = 0
    for block in (piece for whole in blocks for piece in _pieces(whole, room)):
        more_units, more_entities = n_units(block), n_entities(block)
        fits = units + 2 + more_units <= room and entities + more_entities <= _LIMIT_ENTITIES
        if texts and fits:
            texts[-1] += f"\n\n{block}"
            units, entities = units + 2 + more_units, entities + more_entities
        else:
            texts.append(block)
            units, entities = more_units, more_entities
    return texts


def n_units(marked_up: str) -> int:
    """Count the UTF-16 units of a message once its markup is parsed."""
    return _units(_decoded(_TAG.sub("", marked_up)))


def n_entities(marked_up: str) -> int:
    """Count the entities that the markup makes."""
    return len(_OPENING_TAG.findall(marked_up))


def _units(text: str) -> int:
    return len(text.encode("utf-16-le", "surrogatepass")) // 2


def _decoded(text: str) -> str:
    return _CHARACTER.sub(_character, text)


def _character(found: re.Match[str]) -> str:
    """Give what a reference stands for; Telegram leaves one that stands for nothing as it is."""
    if found["name"]:
        return _NAMED[found["name"]]
    code = int(found["hex"], 16) if found["hex"] else int(found["decimal"])
    return chr(code) if 0 < code <= 0x10FFFF else found[0]


def _pieces(block: str, limit: int) -> Iterator[str]:
    """Give a block as it is, or in pieces of at most `limit` units and 90 entities."""
    if n_units(block) <= limit and n_entities(block) <= _LIMIT_ENTITIES:
        yield block
        return
    text, spans = _parsed(block)
    # Units before each character: where so many more are used up is found by halving.
    units = list(itertools.accumulate((1 + (c > "\uffff") for c in text), initial=0))
    start = 0
    while start < len(text):
        if text[start].isspace():
            start += 1
            continue
        most = bisect.bisect_right(units, units[start] + limit) - 1
        inside = [span for span in spans if span.end > start and span.start < most]
        if len(inside) > _LIMIT_ENTITIES:
            most = max(inside[_LIMIT_ENTITIES].start, start + 1)
        end = _cut(text, spans, start, most)
        if piece := _written(text, spans, start, end):
            yield piece
        start = end


def _parsed(block: str) -> tuple[str, list[_Span]]:
    """Give what is shown, and the markup by where it begins, the outer before the inner."""
    text, at = "", 0
    opened: list[tuple[str, int, str]] = []
    spans: list[_Span] = []
    for tag in _TAG.finditer(block):
        text += _decoded(block[at : tag.start()])
        at = tag.end()
        if not tag[1]:
            opened.append((tag[2], len(text), tag[0]))
        elif opened:
            name, start, opening = opened.pop()
            spans.append(_Span(start, len(text), opening, f"</{name}>"))
    text += _decoded(block[at:])
    spans += [_Span(start, len(text), opening, f"</{name}>") for name, start, opening in opened]
    return text, sorted(spans, key=lambda span: (span.start, -span.end))


def _cut(text: str, spans: Sequence[_Span], start: int, most: int) -> int:
    """Find the best place up to `most` to cut what begins at `start`.

    Best is behind a word outside all markup, then behind any word, then between characters,
    each if it is in the second half: a part is worth a look.
    """
    if most >= len(text):
        return len(text)
    half = start + (most - start) // 2
    ends = [at for at in range(most, half, -1) if text[at].isspace()]
    covered = [span for span in spans if span.start < most and span.end > half]
    for at in ends:
        if not any(span.start < at < span.end for span in covered):
            return at
    if ends:
        return ends[0]
    return next(
        (at for at in range(most, start, -1) if not _joined(text, at)), max(most, start + 1)
    )


def _joined(text: str, at: int) -> bool:
    """Whether a reader sees the characters before and after `at` as one.

    A little more is kept together than Unicode's grapheme clusters: no harm in that here.
    Source: unicode.org/reports/tr29
    """
    before, after = text[at - 1], text[at]
    if unicodedata.category(after) in {"Mn", "Me", "Mc", "Cf"}:
        return True
    if before in _LEADING:
        return True
    if unicodedata.combining(before) == _VIRAMA and after.isalpha():
        return True
    if any(low <= after <= high for low, high in (_SKIN_TONES, _TAGS)):
        return True
    if _FLAG_LETTERS[0] <= after <= _FLAG_LETTERS[1]:
        n_before = 0
        while n_before < at and _FLAG_LETTERS[0] <= text[at - 1 - n_before] <= _FLAG_LETTERS[1]:
            n_before += 1
        return n_before % 2 == 1
    return _is_hangul(before) and _is_hangul(after)


def _is_hangul(character: str) -> bool:
    return _JAMO[0] <= character <= _JAMO[1] or "\ua960" <= character <= "\ud7ff"


def _written(text: str, spans: Sequence[_Span], start: int, end: int) -> str:
    """Write one piece as HTML again, without the white space at its ends."""
    while end > start and text[end - 1].isspace():
        end -= 1
    out: list[str] = []
    closing: list[_Span] = []
    inside = iter([s for s in spans if max(s.start, start) < min(s.end, end)])
    upcoming = next(inside, None)
    for at in range(start, end):
        while closing and closing[-1].end <= at:
            out.append(closing.pop().closing)
        while upcoming and upcoming.start <= at:
            out.append(upcoming.opening)
            closing.append(upcoming)
            upcoming = next(inside, None)
        out.append(html.escape(text[at], quote=False))
    out += [span.closing for span in reversed(closing)]
    return "".join(out)
