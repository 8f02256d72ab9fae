"""feedparser's cases: a document whose first comment says `Expect: <python expression>`.

The expression is read, never run: its `and`ed comparisons of a path (`entries[0]['title']`)
with a literal.  Three things are done to documents so that a comparison says something:

- an entry without words is left out by us, so where only its address, id, author ... is
  expected, it is given a headline;
- where the expected text has no words (`<span color=""></span>`), the text is given a word
  before and after, so that losing all of it fails as losing none of the markup does;
- a document without an entry that expects an encoding is given one in that encoding.
"""

import ast
import calendar
import codecs
import re
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import lxml.etree as ET  # noqa: N812 - as everybody calls it

from digest import errors, model
from digest.collect import feeds
from tests.collect.conformance import outcomes, plain

__all__ = ["cases"]

_EXPECT = re.compile(r"Expect:\s*(.+?)\s*(?:\n\s*[A-Z][A-Za-z]+:|-->)", re.DOTALL)
_HEADER = re.compile(r"Header:\s*([\w-]+):\s*(.+)")
_ENTRY = re.compile(rb"<((?:[A-Za-z0-9]+:)?)(item|entry)(?:\s[^<>]*)?>")
_CLOSE = re.compile(r"</\s*(rss|feed|RDF|rdf:RDF)\s*>")
_GIVEN = "A given headline"
_GIVEN_IN = ("Größe – 東京, Київ", "Größe zählt", "東京の朝", _GIVEN)  # the first that fits
_TITLES = {("title",), ("title_detail", "value")}
_TEXTS = {("summary",), ("description",), ("summary_detail", "value"), ("content", 0, "value")}
_LANGUAGES = {("summary_detail",), ("content", 0)}  # ours is that of an entry's text
_TIMES = {"published_parsed", "updated_parsed", "date_parsed", "created_parsed", "modified_parsed"}

Path_ = tuple[str | int, ...]


def cases(top: Path) -> Iterator[outcomes.Outcome]:
    """Judge every case below `top`, one outcome each."""
    for path in sorted(top.rglob("*.xml")):
        parts = path.relative_to(top).parts
        broken = parts[0] == "illformed" or path.name.startswith("bozo")
        group = f"feedparser {'/'.join(parts[:-1])}{' bozo' * path.name.startswith('bozo')}"
        yield replace(_judge(path, group), wellformed=not broken)


def _judge(path: Path, group: str) -> outcomes.Outcome:
    data = path.read_bytes()
    comment = _comment(data)
    hit = _EXPECT.search(comment)
    if hit is None:
        return _skip(group, path, "states no expectation")
    if re.search(rb"<CHANNEL>", data):
        return _skip(group, path, "CDF, a format we do not read")
    headers = {name.lower(): value.strip() for name, value in _HEADER.findall(comment)}
    wants = [pair for pair in map(_comparison, _conjuncts(hit[1])) if pair is not None]
    if not wants:
        return _skip(group, path, "expects only bozo or no crash")
    applicable = [(where, want) for where, want in wants if not _why_not(where)]
    if not applicable:
        return _skip(group, path, _why_not(wants[0][0]))
    encoding = next((str(want) for where, want in applicable if where == ("encoding",)), "")
    if encoding and group.endswith("illformed/chardet"):
        return _judge_detection(path, group, data, encoding)
    if encoding:
        headline = next(words for words in _GIVEN_IN if _encodable(words, encoding))
        given = _with_an_entry(data, encoding, headline)
        if given is None:
            return _skip(group, path, "names the encoding of a document without a root to end")
        data = given
        applicable = [(("entries", 0, "title"), headline)]
    url = headers.get("content-location") or f"http://127.0.0.1:8097/{path.name}"
    data, applicable = _with_words(data, applicable)
    try:
        feed = _read(data, url, headers.get("content-type", ""), applicable)
    except errors.NotAFeed as error:
        return outcomes.judged(group, path.name, [f"refused: {error.reason}"])
    found = [_differs(where, want, feed, url) for where, want in applicable]
    return outcomes.judged(group, path.name, [each for each in found if each])


def _read(
    data: bytes, url: str, content_type: str, wants: list[tuple[Path_, object]]
) -> feeds.ParsedFeed:
    feed = feeds.parse(data, url=url, content_type=content_type)
    if not feed.entries and any(where[0] == "entries" for where, _ in wants):
        named = _ENTRY.sub(
            lambda tag: b"%b<%btitle>%b</%btitle>" % (tag[0], tag[1], _GIVEN.encode(), tag[1]),
            data,
            count=1,
        )
        feed = feeds.parse(named, url=url, content_type=content_type)
    return feed


def _skip(group: str, path: Path, why: str) -> outcomes.Outcome:
    return outcomes.Outcome(group, path.name, "not applicable", why)


def _comment(data: bytes) -> str:
    """Return the start of the document as text, whatever its encoding."""
    start = data[:6000].replace(b"\0", b"").decode("utf-8", "replace")
    return start.partition("-->")[0] + "-->"


def _conjuncts(expression: str) -> list[ast.expr]:
    try:
        tree = ast.parse(" ".join(expression.split()), mode="eval").body
    except SyntaxError:
        return []
    return list(tree.values) if isinstance(tree, ast.BoolOp) else [tree]


def _comparison(node: ast.expr) -> tuple[Path_, object] | None:
    """Return (path, expected value); None for `bozo` and what compares nothing."""
    if not isinstance(node, ast.Compare) or not isinstance(node.ops[0], ast.Eq | ast.Is):
        return None
    try:
        left, want = node.left, _value(node.comparators[0])
    except ValueError:
        return ("a computed value",), None
    if isinstance(left, ast.Call) and isinstance(left.func, ast.Name) and left.func.id == "ord":
        return _path(left.args[0]), chr(int(str(want)))
    return _path(left), want


def _value(node: ast.expr) -> object:
    """Return a literal, also one put together from strings with "+"."""
    if isinstance(node, ast.BinOp) and isinstance(node.op, ast.Add):
        return f"{_value(node.left)}{_value(node.right)}"
    return ast.literal_eval(node)


def _path(node: ast.expr) -> Path_:
    if isinstance(node, ast.Subscript):
        return (*_path(node.value), ast.literal_eval(node.slice))
    if isinstance(node, ast.Attribute):
        return (*_path(node.value), node.attr)
    if isinstance(node, ast.Call) and node.args:  # feed.get('x'), len(feed['links'])
        if isinstance(node.func, ast.Attribute):
            return (*_path(node.func.value), ast.literal_eval(node.args[0]))
        return (*_path(node.args[0]), "()")
    return (node.id,) if isinstance(node, ast.Name) else ("?",)


def _why_not(where: Path_) -> str:
    """Return why a path has no counterpart in an entry or a feed of ours, or ""."""
    if where == ("encoding",):
        return ""
    if where[0] == "feed":
        rest = where[1:]
        fine = rest in _TITLES or rest in {("link",), ("language",)}
        return "" if fine else f"of the feed: {_named(rest)}"
    if where[0] != "entries" or len(where) < 3:
        return f"{where[0]}: no counterpart"
    rest = where[2:]
    fine = (
        rest in _TITLES | _TEXTS
        or rest in {("link",), ("id",), ("guid",), ("author",), ("author_detail", "name")}
        or (rest[-1] == "language" and rest[:-1] in _LANGUAGES)
        or (rest[0] == "tags" and rest[-1] in ("term", "label"))
        or rest[0] in _TIMES
    )
    return "" if fine else f"of an entry: {_named(rest)}"


def _named(rest: Path_) -> str:
    return ".".join(str(part) for part in rest if not isinstance(part, int))


def _differs(where: Path_, want: object, feed: feeds.ParsedFeed, url: str) -> str:
    rest = where[1:] if where[0] == "feed" else where[2:]
    if where[0] == "feed":
        if rest == ("link",):
            return plain.address_differs(str(want), feed.home_url, url)
        if rest == ("language",):
            got, wanted = feed.language, str(want).partition("-")[0]
            return "" if got == wanted else f"language {got!r}, expected {want!r}"
        return plain.title_differs(str(want), feed.title)
    index = where[1]
    if not isinstance(index, int) or index >= len(feed.entries):
        return "no such entry"
    return _entry_differs(rest, want, feed.entries[index], feed, url)


def _entry_differs(
    rest: Path_, want: object, entry: model.Entry, feed: feeds.ParsedFeed, url: str
) -> str:
    if rest in _TITLES:
        return plain.title_differs(str(want), entry.title, feed.title, entry.categories)
    if rest in _TEXTS:
        return plain.text_differs(str(want), entry)
    if rest == ("link",):
        return plain.address_differs(str(want), entry.url, url)
    if rest[0] in ("id", "guid"):
        return "" if entry.id == want else f"id {entry.id!r}, expected {want!r}"
    if rest[0] in ("author", "author_detail"):
        return plain.author_differs(str(want), entry.authors)
    if rest[-1] == "language":
        wanted = str(want or "").partition("-")[0]
        return "" if entry.language == wanted else f"language {entry.language!r} not {wanted!r}"
    if rest[0] == "tags":
        return plain.names_differ(str(want), entry.categories)
    assert isinstance(want, tuple)
    at = datetime.fromtimestamp(calendar.timegm(want), UTC)
    return plain.moment_differs(at, entry.published_at, entry.updated_at)


def _with_words(
    data: bytes, wants: list[tuple[Path_, object]]
) -> tuple[bytes, list[tuple[Path_, object]]]:
    """Give words to a text that is expected to have none, and expect them."""
    worded = [
        (where, want)
        for where, want in wants
        if isinstance(want, str) and not plain.text(want) and where[2:] in _TITLES | _TEXTS
    ]
    if len(worded) != 1 or len(wants) != 1:
        return data, wants
    try:
        root = ET.fromstring(data)
    except ET.XMLSyntaxError:
        return data, wants
    holders = [
        element
        for element in root.iter("{*}item", "{*}entry")
        for element in element
        if isinstance(element.tag, str) and element.get("mode") != "base64"
    ]
    if len(holders) != 1:
        return data, wants
    (holder,) = holders
    inner = holder[0] if len(holder) == 1 and _is_div(holder[0]) else holder
    inner.text = f"Before {inner.text or ''}"
    if len(inner):
        inner[-1].tail = f"{inner[-1].tail or ''} after"
    else:
        inner.text += " after"
    where, want = worded[0]
    return ET.tostring(root, encoding="utf-8"), [(where, f"Before {want} after")]


def _is_div(element: ET._Element) -> bool:
    return isinstance(element.tag, str) and ET.QName(element).localname in ("div", "body")


def _encodable(words: str, encoding: str) -> bool:
    try:
        return bool(words.encode(encoding))
    except UnicodeEncodeError:
        return False


def _with_an_entry(data: bytes, encoding: str, headline: str) -> bytes | None:
    """Return the document with one entry more, written in the encoding it is expected to have."""
    mark = next((m for m in (codecs.BOM_UTF32_LE, codecs.BOM_UTF32_BE) if data.startswith(m)), b"")
    mark = mark or next(
        (
            m
            for m in (codecs.BOM_UTF8, codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
            if data[: len(m)] == m
        ),
        b"",
    )
    document = data[len(mark) :].decode(encoding)
    close = _CLOSE.search(document)
    if close is None:
        return None
    entry = f"<entry><title>{headline}</title></entry>"
    if close[1] == "rss":
        entry = f"<channel><item><title>{headline}</title></item></channel>"
    return mark + (document[: close.start()] + entry + document[close.start() :]).encode(encoding)


def _judge_detection(path: Path, group: str, data: bytes, encoding: str) -> outcomes.Outcome:
    """Compare a document that names no encoding, word by word, with what it is in the right one."""
    document = data.decode(encoding, "replace")
    titles = re.findall(r"<title>(.*?)</title>", document, re.DOTALL)
    texts = re.findall(r"<(?:description|summary)>(.*?)</", document, re.DOTALL)
    try:
        feed = feeds.parse(data, url="http://127.0.0.1:8097/")
    except errors.NotAFeed as error:
        return outcomes.judged(group, path.name, [f"refused: {error.reason}"])
    found = []
    if not feed.entries:
        found = [plain.title_differs(titles[0], feed.title)]
    for entry in feed.entries:
        found += [plain.title_differs(title, entry.title) for title in titles]
        found += [plain.text_differs(plain.text(text), entry) for text in texts]
    return outcomes.judged(group, path.name, [each for each in found if each])
