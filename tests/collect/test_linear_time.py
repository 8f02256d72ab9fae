"""Regular expressions over what sources send take time in proportion to its length (E17).

For each pattern, texts are made from the pattern itself that are known to be slow where it is
ambiguous: what comes before a repetition and then the repetition for ever, and the start of a
match over and over, without its end.  A pattern whose time grows with the square of the length
needs minutes for these; one that does not, a fraction of a second.
"""

import contextlib
import importlib
import pkgutil
import re
import signal
from collections.abc import Callable, Iterator
from re import _constants as signs  # type: ignore[attr-defined]  # the parser of patterns itself
from re import _parser as patterns  # type: ignore[attr-defined]
from typing import Any

import pytest

import digest.collect
from digest import errors
from digest.collect import announced, clean, feeds, fetch, opml, sitemaps

LENGTH = 100_000
PROCESSOR_SECONDS = 2.0  # for one text: twenty times what the slowest linear one takes

# Read only where a text begins, never searched for in the middle of it.
AT_START = {"clean._ESCAPED_MARKUP", "feeds._HTML", "feeds._OTHER_ROOT", "pages._PAGE"}
# Read from what is shorter: one header of an answer (aiohttp takes 8,190 bytes), or the start
# of a document.
SHORTER = {
    "announced._API_HEADER": 8_000,
    "feeds._HTML": 8_192,
    "feeds._OTHER_ROOT": 8_192,
    "pages._PAGE": 8_192,
    "parsers._ANY_TAG": 2_048,
}


def _all_patterns() -> dict[str, re.Pattern[Any]]:
    modules = [
        importlib.import_module(f"digest.collect.{module.name}")
        for module in pkgutil.iter_modules(digest.collect.__path__)
    ]
    return {
        f"{module.__name__.rpartition('.')[2]}.{name}": value
        for module in modules
        for name, value in vars(module).items()
        if isinstance(value, re.Pattern)
    }


PATTERNS = _all_patterns()


class _Samples:
    """Walks a parsed pattern: a text it matches, and what stands before each of its parts."""

    def __init__(self, pattern: re.Pattern[Any]) -> None:
        text = pattern.pattern
        is_bytes = isinstance(text, bytes)
        flags = pattern.flags & ~re.UNICODE if is_bytes else pattern.flags
        self.starts: set[str] = set()
        self.repeated: list[tuple[str, str]] = []  # what comes before, what is repeated
        parsed = patterns.parse(text.decode("latin-1") if is_bytes else text, flags)
        self.starts.add(self._walk(parsed, ""))

    def _walk(self, parts: Any, before: str) -> str:
        text = ""
        for kind, value in parts:
            self.starts.add(before + text)
            text += self._one(kind, value, before + text)
        return text

    def _one(self, kind: Any, value: Any, before: str) -> str:
        if kind is signs.LITERAL:
            return chr(value)
        if kind is signs.NOT_LITERAL:
            return "a" if value != ord("a") else "b"
        if kind is signs.ANY:
            return "a"
        if kind is signs.IN:
            return _of_class(value)
        if kind is signs.SUBPATTERN:
            return self._walk(value[3], before)
        if kind is signs.ATOMIC_GROUP:
            return self._walk(value, before)
        if kind is signs.BRANCH:
            return next(self._walk(each, before) for each in value[1])
        if kind in (signs.MAX_REPEAT, signs.MIN_REPEAT, signs.POSSESSIVE_REPEAT):
            least, most, inside = value
            once: str = self._walk(inside, before)
            if most >= 50:
                self.repeated.append((before, once or "a"))
            return once * int(max(least, min(most, 1)))
        return ""  # a place, or a look ahead or behind


def _of_class(members: Any) -> str:
    if members[0][0] is signs.NEGATE:
        refused = {_first(each) for each in members[1:]}
        return next(sign for sign in "a =-0;&<\n" if sign not in refused)
    return _first(members[0])


def _first(member: tuple[Any, Any]) -> str:
    kind, value = member
    if kind is signs.LITERAL:
        return chr(value)
    if kind is signs.RANGE:
        return chr(value[0])
    return {signs.CATEGORY_SPACE: " ", signs.CATEGORY_DIGIT: "0"}.get(value, "a")


def attacks(pattern: re.Pattern[Any], length: int) -> Iterator[str]:
    """Yield texts of about `length` characters that an ambiguous pattern is slow with."""
    samples = _Samples(pattern)
    for before, once in samples.repeated:
        yield before + once * (length // len(once)) + "\x01"
    for start in filter(None, samples.starts):
        yield start * (length // len(start))
        yield f"{start} " * (length // (len(start) + 1))
    for unit in ("<", " ", "&", '"', "a", "\n", "<a ", '<a b="', "0", ",", "-", "</", "<!--"):
        yield unit * (length // len(unit))


@contextlib.contextmanager
def at_most(seconds: float, of: str) -> Iterator[None]:
    """Fail after so much processor time, in the middle of a match too; a busy machine is none."""

    def give_up(*_: object) -> None:
        raise AssertionError(f"more than {seconds:g} s of processor time for {of[:80]!r}...")

    before = signal.signal(signal.SIGVTALRM, give_up)
    signal.setitimer(signal.ITIMER_VIRTUAL, seconds)
    try:
        yield
    finally:
        signal.setitimer(signal.ITIMER_VIRTUAL, 0)
        signal.signal(signal.SIGVTALRM, before)


def strain(pattern: re.Pattern[Any], length: int = LENGTH, *, at_start: bool = False) -> None:
    for text in attacks(pattern, length):
        data: Any = text.encode("latin-1") if isinstance(pattern.pattern, bytes) else text
        with at_most(PROCESSOR_SECONDS, text):
            if at_start:
                pattern.match(data)
            else:
                for _ in pattern.finditer(data):
                    pass


@pytest.mark.parametrize("name", PATTERNS)
def test_a_pattern_takes_time_in_proportion(name: str) -> None:
    """E17."""
    strain(PATTERNS[name], SHORTER.get(name, LENGTH), at_start=name in AT_START)


@pytest.mark.parametrize(
    "ambiguous",
    [r"\s+x", r"<!--.*?-->", r"(?:a|a)*b", r"(a+)+b", rb"<x>(.*?)</x>"],
)
def test_a_pattern_that_does_not_would_be_found(ambiguous: str | bytes) -> None:
    """The samples are such that the usual mistakes are caught."""
    with pytest.raises(AssertionError, match="processor time"):
        strain(re.compile(ambiguous, re.DOTALL))


def _page(text: str) -> None:
    none: Any = {"content_type": "", "charset": "", "etag": "", "last_modified": ""}
    announced.read(
        fetch.Fetched(200, "https://a.example/", text.encode(), not_modified=False, headers={},
                      **none)
    )  # fmt: skip


def _feed(text: str, wrap: str = "<rss version='2.0'><channel><item><title>x</title>{}") -> None:
    with contextlib.suppress(errors.NotAFeed):
        feeds.parse(wrap.format(text).encode(), url="https://a.example/")


def _outlines(text: str) -> None:
    with contextlib.suppress(errors.DigestError):
        opml.read(f"<opml><body>{text}</body></opml>".encode(), "x.opml")


READERS: dict[str, Callable[[str], object]] = {
    "text": lambda text: clean.plain_text(text, 10_000),
    "headline": lambda text: clean.headline_text(text, "html"),
    "address": lambda text: clean.canonical_url(f"https://a.example/{text}"),
    "picture": clean.first_image,
    "page": _page,
    "feed": _feed,
    "description": lambda text: _feed(
        text, "<rss><channel><item><title>x</title><description>{}</description></item></channel>"
        "</rss>"
    ),
    "json": lambda text: _feed(text, "{{{}"),
    "sitemaps": lambda text: sitemaps.likely_sitemap(text.encode()),
    "list": _outlines,
}  # fmt: skip


UNITS = ["<", "<a ", "<a b=\"", "</", "<!--", "<![CDATA[", "]]>", "<!", "<?", "&", "&#", "&amp;",
         "&lt;", " ", "\n", "a", "-", " - ", "\u2013 ", "<b>", "<p><", "<p/>", "<br>", "\"", "'",
         "<item>", "<outline ", "[", "{", "[[", "\\", "/../", "%25", "?a=b&", "#", "::",
         ","]  # fmt: skip


@pytest.mark.parametrize("unit", UNITS)
@pytest.mark.parametrize("reader", READERS.values(), ids=READERS)
def test_a_reader_takes_time_in_proportion(reader: Any, unit: str) -> None:
    """E17: so much of the same few signs costs no reader more than seconds."""
    with at_most(PROCESSOR_SECONDS, unit):
        reader(unit * (400_000 // len(unit)))
