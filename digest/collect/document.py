"""Turn the bytes of a feed into UTF-8 that a parser can be trusted with.

Three jobs before any parser sees the document: find the character set whatever the server
or the document claims, refuse entity declarations (billion laughs, external entities), and
mend what no parser agrees about (control characters, HTML entities XML does not know, dates
that are none).
"""

import codecs
import html.entities
import re
import zlib
from dataclasses import dataclass

from digest.collect import charsets

__all__ = ["Document", "UnsafeDocument", "prepare"]


class UnsafeDocument(Exception):  # noqa: N818 - reads as the fact it states
    """The document could cost far more than its size; its text is the reason."""


@dataclass(frozen=True, slots=True)
class Document:
    """A feed as UTF-8, and what had to be mended, one line each."""

    data: bytes
    problems: tuple[str, ...] = ()


_BOMS = (
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
# "<" in encodings of more than one byte, without a mark: the longer start comes first.
_STARTS = (
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_EBCDIC = "<?xm".encode("cp037")
_SEVEN_BITS = ("iso2022", "hz")  # ASCII by its bytes, and no text by its letters
# What pages of that name really use: the superset, as browsers read them (WHATWG Encoding).
_SUPERSETS = {
    "ascii": "cp1252",
    "iso8859-1": "cp1252",
    "iso8859-9": "cp1254",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "shift_jis": "cp932",
    "euc_kr": "cp949",
    "tis-620": "cp874",
}
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]{0,200}?encoding\s{0,9}=\s{0,9}["']([\w.:-]{1,40})["']""")
_CHARSET = re.compile(r"""charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_DECLARATION = re.compile(rb"^\s*<\?xml\s[^>]{0,400}?\?>")
_FORBIDDEN = bytes(code for code in range(32) if code not in (9, 10, 13))
_CDATA = re.compile(rb"<!\[CDATA\[.*?(?:\]\]>|\Z)|<!--.*?(?:-->|\Z)", re.DOTALL)
_NAMED_ENTITY = re.compile(rb"&(?!(?:amp|lt|gt|quot|apos);)([A-Za-z][A-Za-z0-9]{1,31});")
_BARE_AMPERSAND = re.compile(
    rb"&(?!#[0-9]{1,7};|#[xX][0-9A-Fa-f]{1,6};|[A-Za-z][A-Za-z0-9]{1,31};)"
)
_REFERENCES = {
    name[:-1].encode(): "".join(f"&#{ord(character)};" for character in text).encode()
    for name, text in html.entities.html5.items()
    if name.endswith(";")
}
_DATE = re.compile(
    rb"(<(?:pubDate|published|updated|issued|modified|created|(?:dc:)?date)>)([^<>]{1,200})(?=</)"
)
_HAS_A_YEAR = re.compile(
    rb"(?<!\d)(?:19|20)\d\d(?!\d)|\d{1,2}[ -][A-Za-z]{3}[ -]\d\d(?!\d)|\d{8}T?"
)
_LONG_TAG = re.compile(rb"<[^<>]{4000,}")
# An element costs some 350 bytes of tree however little it says, and attributes of one element
# are compared with each other.  Real feeds of 10 MB stay far below both.
MAX_ELEMENTS = 100_000
MAX_ATTRIBUTES = 500
MAX_UNPACKED_BYTES = 20_000_000


def prepare(data: bytes, content_type: str = "") -> Document:
    """Return the document as UTF-8, XML mended where parsers disagree.

    Raises UnsafeDocument for entity declarations, and for more elements or attributes than
    any feed has (deep nesting among them).
    """
    problems: list[str] = []
    data = _as_utf8(_unpacked(data), content_type, problems)
    if data.lstrip()[:1] in (b"{", b"["):  # JSON: what follows is about XML
        return Document(data, tuple(problems))
    cleaned = data.translate(None, _FORBIDDEN)
    if len(cleaned) != len(data):
        problems.append("control characters removed")
    data = cleaned
    if b"&" in data:
        data = _with_bare_ampersands_escaped(_NAMED_ENTITY.sub(_numeric, data))
    _refuse_entities(data)
    _refuse_bulk(data)
    return Document(_without_nonsense_dates(data, problems), tuple(problems))


def _unpacked(data: bytes) -> bytes:
    """Unpack gzip: a sitemap is often kept as "news.xml.gz" and served as it is."""
    if not data.startswith(b"\x1f\x8b"):
        return data
    unpacker = zlib.decompressobj(16 + zlib.MAX_WBITS)
    try:
        unpacked = unpacker.decompress(data, MAX_UNPACKED_BYTES)
    except zlib.error as error:
        raise UnsafeDocument("says it is gzip and is not") from error
    if unpacker.unconsumed_tail:
        raise UnsafeDocument(f"unpacks to more than {MAX_UNPACKED_BYTES} bytes")
    return unpacked


def _as_utf8(data: bytes, content_type: str, problems: list[str]) -> bytes:
    for mark, encoding in _BOMS:
        if data.startswith(mark):
            text = data.decode(encoding, "replace").removeprefix("\ufeff")
            return _relabel(text.encode("utf-8", "replace"))
    for start, encoding in _STARTS:
        if data.startswith(start):
            return _relabel(data.decode(encoding, "replace").encode("utf-8", "replace"))
    served = _codec(label[1] if (label := _CHARSET.search(content_type)) else "")
    if data.startswith(_EBCDIC):  # every byte is another; the label says which of its kinds
        hit = _DECLARED.match(data[:200].decode("cp037").encode("ascii", "replace"))
        named = _codec(hit[1].decode("ascii")) if hit else ""
        return _relabel(data.decode(named or served or "cp037", "replace").encode())
    declared = _codec(hit[1].decode("ascii") if (hit := _DECLARED.match(data)) else "")
    wanted = next((each for each in (declared, served) if each.startswith(_SEVEN_BITS)), "")
    if wanted:
        return _relabel(data.decode(wanted, "replace").encode())
    # Text that is valid UTF-8 beyond ASCII is UTF-8: no other encoding produces it by chance.
    try:
        data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    else:
        if declared in ("", "utf-8"):
            return data
        if not data.isascii() and not declared.startswith("utf-16"):
            problems.append(f"says it is {declared} and is UTF-8")
        return _relabel(data)
    for encoding in (declared, served):
        if encoding and encoding != "utf-8":
            try:
                return _relabel(data.decode(encoding).encode())
            except UnicodeDecodeError:
                problems.append(f"says it is {encoding} and is not")
    if "utf-8" in (declared, served) or not (declared or served):
        problems.append("is not valid UTF-8")
    # A few broken characters in UTF-8 (text cut in the middle of one) are no Windows-1252.
    text = data.decode("utf-8", "replace")
    broken = text.count("\ufffd")
    if 2 * broken >= sum(character > "\x7f" for character in text):
        text = data.decode(charsets.guess(data), "replace")
    return _relabel(text.encode())


def _codec(label: str) -> str:
    try:
        name = codecs.lookup(label).name if label else ""
    except LookupError:
        return ""
    return _SUPERSETS.get(name, name)


def _relabel(data: bytes) -> bytes:
    return _DECLARATION.sub(b'<?xml version="1.0" encoding="UTF-8"?>', data, count=1)


def _with_bare_ampersands_escaped(data: bytes) -> bytes:
    if not _BARE_AMPERSAND.search(data):
        return data
    start, mended = 0, []
    for verbatim in _CDATA.finditer(data):
        mended.append(_BARE_AMPERSAND.sub(b"&amp;", data[start : verbatim.start()]))
        mended.append(verbatim[0])
        start = verbatim.end()
    return b"".join([*mended, _BARE_AMPERSAND.sub(b"&amp;", data[start:])])


def _numeric(hit: re.Match[bytes]) -> bytes:
    return _REFERENCES.get(hit[1], hit[0])


def _refuse_entities(data: bytes) -> None:
    # A bare <!DOCTYPE rss PUBLIC ...> is what RSS 0.91 asks for and is never loaded.
    if b"<!ENTITY" in data and b"<!ENTITY" in _CDATA.sub(b"", data):
        raise UnsafeDocument("declares entities, which are not read")


def _refuse_bulk(data: bytes) -> None:
    """Refuse what costs a parser far more than its bytes: elements or attributes by the thousand.

    Text in CDATA sections and comments is left out only when the cheap count is suspicious.
    """
    if data.count(b"<") > MAX_ELEMENTS or _LONG_TAG.search(data):
        bare = _CDATA.sub(b"", data)
        if bare.count(b"<") - bare.count(b"</") > MAX_ELEMENTS:
            raise UnsafeDocument(f"holds more than {MAX_ELEMENTS} elements")
        if any(tag[0].count(b"=") > MAX_ATTRIBUTES for tag in _LONG_TAG.finditer(bare)):
            raise UnsafeDocument(f"gives an element more than {MAX_ATTRIBUTES} attributes")


def _without_nonsense_dates(data: bytes, problems: list[str]) -> bytes:
    """Empty the dates that name no year: parsers read "Monday" or "12" as a day of this month."""
    bad: list[str] = []

    def emptied(hit: re.Match[bytes]) -> bytes:
        if _HAS_A_YEAR.search(hit[2]):
            return hit[0]
        bad.append(" ".join(hit[2].decode("utf-8", "replace").split())[:40])
        return hit[1]

    data = _DATE.sub(emptied, data)
    if bad:
        problems.append(f"{len(bad)} dates that are none, such as {bad[0]!r}")
    return data
