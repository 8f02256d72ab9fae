"""Bring the ways in which feeds wrap text down to one: escaped HTML.

Atom may hold a title as XHTML elements, as Base64 or as escaped text, RSS its text in
`<body>`, and careless RSS has bare elements inside `<description>`.  The parsers take only
the text before the first element, or the Base64 as it stands; so what is not escaped HTML is
made so before they see it.  One pass, nothing inside CDATA or comments is touched.
"""

import base64
import binascii
import re

__all__ = ["simplify"]

_WORTH_IT = re.compile(
    rb"xhtml|base64|octet-stream|=[\"']text(?:/plain)?[\"']|<(?:xhtml:)?body[\s>]|<fullitem[\s>]"
    rb"|<(?:\w{1,20}:)?description[^<>]{0,300}>[^<]{0,20000}<[A-Za-z]"
)
_NEXT = re.compile(
    rb"<!\[CDATA\[|<!--|<((?:[A-Za-z0-9]{1,20}:)?(title|summary|content|description|body|fullitem))"
    rb"((?:\s[^<>]{0,2000})?)>"
)
# Text of type "text" means every character it has, "<b>" too; but many who say so mean HTML.
_MARKED_UP = re.compile(rb"&lt;/?[A-Za-z]")
_ORDINARY = re.compile(
    rb"&lt;/(?:p|div|a|b|i|em|strong|span|ul|ol|li|h[1-6]|blockquote|table|figure)(?:&gt;|>)"
    rb"|&lt;(?:br|img|p)[\s/&>]",
    re.IGNORECASE,
)
_TYPE = re.compile(rb"""\s(type|mode)\s*=\s*["']([^"'<>]{0,100})["']""")
# One that is never closed takes all the rest, or each would be looked through for its end anew.
_CDATA = re.compile(rb"<!\[CDATA\[(.*?)(\]\]>|\Z)", re.DOTALL)
_EMPTY = re.compile(rb"<([a-z][a-z0-9]{0,15})((?:\s[^<>]{0,2000})?)/>")
_VOID = frozenset(
    {b"area", b"br", b"col", b"embed", b"hr", b"img", b"input", b"link", b"meta", b"source", b"wbr"}
)
_ENCODED = b'<content:encoded xmlns:content="http://purl.org/rss/1.0/modules/content/">'
_ENCODED_END = b"</content:encoded>"


def simplify(data: bytes) -> bytes:
    """Return the feed with XHTML, Base64 and unescaped text as escaped HTML, else as it is."""
    if not _WORTH_IT.search(data):
        return data
    made: list[bytes] = []
    unclosed: set[bytes] = set()  # names whose end was looked for in vain, once
    is_rss = b"<feed" not in data[:8192] and b":feed" not in data[:8192]
    encoded = b"content:encoded" in data
    at = done = 0
    while hit := _NEXT.search(data, at):
        at = hit.end()
        if hit[1] is None:
            at = _after(data, b"]]>" if hit[0].startswith(b"<![") else b"-->", at)
            continue
        if hit[3].endswith(b"/") or hit[1] in unclosed:
            continue
        end = data.find(b"</" + hit[1], at)
        close = data.find(b">", end)
        if end < 0 or close < 0:
            unclosed.add(hit[1])
            continue
        wrapped = _wrapped(hit, data[at:end], is_rss=is_rss, encoded=encoded)
        if wrapped is not None:
            made += (data[done : hit.start()], wrapped)
            done = close + 1
        at = close + 1
    return b"".join((*made, data[done:]))


def _after(data: bytes, mark: bytes, at: int) -> int:
    found = data.find(mark, at)
    return len(data) if found < 0 else found + len(mark)


def _wrapped(start: re.Match[bytes], inner: bytes, *, is_rss: bool, encoded: bool) -> bytes | None:
    """Return the whole element anew, None to leave it as it is."""
    name, local, attributes = start[1], start[2], start[3]
    if is_rss:
        bare = b"<" in _CDATA.sub(lambda hit: b"" if hit[2] else hit[0], inner)
        if local in (b"body", b"fullitem"):
            if encoded:
                return None
            return _ENCODED + (_escaped_markup(inner) if bare else inner) + _ENCODED_END
        if local == b"description" and bare:
            return start[0] + _escaped_markup(inner) + b"</" + name + b">"
        return None
    if local in (b"body", b"fullitem", b"description"):
        return None
    kinds: dict[bytes, bytes] = dict(_TYPE.findall(attributes))
    kind = kinds.get(b"type", b"").lower()
    others = _TYPE.sub(b"", attributes)
    if kinds.get(b"mode") == b"base64" or kind == b"application/octet-stream":
        decoded = _decoded(inner)
        if decoded is None:
            return None
        said = b"text" if kind in (b"text", b"text/plain") else b"html"
        return b'<%b%b type="%b">%b</%b>' % (name, others, said, _escape(decoded), name)
    if kind in (b"text", b"text/plain") and local != b"title":
        said = _unwrapped(inner)
        if not _MARKED_UP.search(said) or _ORDINARY.search(said):
            return None  # nothing to keep apart, or HTML that is only called text
        return b'<%b%b type="html">%b</%b>' % (name, others, _escape(said), name)
    if b"xhtml" in kind and local != b"content":  # that one is read as it should be
        return b'<%b%b type="html">%b</%b>' % (name, others, _escaped_markup(inner), name)
    return None


def _escaped_markup(inner: bytes) -> bytes:
    """Escape elements; text in CDATA first becomes text, and `<b/>` the `<b></b>` HTML knows."""
    return _escape(_EMPTY.sub(_opened, _unwrapped(inner)))


def _unwrapped(inner: bytes) -> bytes:
    return _CDATA.sub(lambda hit: _escape(hit[1]) if hit[2] else hit[0], inner)


def _opened(hit: re.Match[bytes]) -> bytes:
    if hit[1] in _VOID:
        return hit[0]
    return b"<%b%b></%b>" % (hit[1], hit[2], hit[1])


def _escape(text: bytes) -> bytes:
    return text.replace(b"&", b"&amp;").replace(b"<", b"&lt;").replace(b">", b"&gt;")


def _decoded(inner: bytes) -> bytes | None:
    try:
        decoded = base64.b64decode(b"".join(inner.split()), validate=True)
        decoded.decode("utf-8")
    except (binascii.Error, ValueError):
        return None
    return decoded
