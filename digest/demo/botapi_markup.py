"""Reads the Bot API's HTML into text and entities, as strictly as Telegram's own server.

The error texts, byte offsets and what is silently let through (an unknown `&name;`, an
unquoted class, a link with a scheme nobody may open) are those of TDLib's parser, with which
the tests compare this one.

Source: core.telegram.org/bots/api#html-style
"""

import re
from dataclasses import dataclass, replace
from typing import NoReturn
from urllib.parse import urlsplit

from digest.demo.botapi_entities import VERBATIM, Entity, Formatted, utf16_length

__all__ = ["MarkupError", "parse_html"]

_SPACE = " \t\r\n\v"
_REFERENCE = re.compile(r"&(?:#x(?P<hex>[0-9a-fA-F]+)|#(?P<dec>[0-9]+)|(?P<name>[A-Za-z]+));?")
_PLAIN = re.compile(r"[^<&]+")
_VALUE = re.compile(r"[^&'\"]+")  # of an attribute, up to what may end it
_SURROGATE = re.compile("[\ud800-\udfff]")
_NAMED = {"lt": "<", "gt": ">", "amp": "&", "quot": '"'}
_MARKS = {
    "b": "bold",
    "strong": "bold",
    "i": "italic",
    "em": "italic",
    "u": "underline",
    "ins": "underline",
    "s": "strikethrough",
    "strike": "strikethrough",
    "del": "strikethrough",
    "span": "spoiler",
    "tg-spoiler": "spoiler",
    "a": "text_link",
    "code": "code",
    "pre": "pre",
    "blockquote": "blockquote",
    "tg-emoji": "custom_emoji",
}
_LINK_SCHEMES = frozenset({"http", "https", "ton", "tg", "tonsite"})


class MarkupError(ValueError):
    """The markup is refused; the text is the one Telegram's server answers with."""


@dataclass(slots=True)
class _Open:
    name: str
    argument: str
    units: int
    position: int  # in the plain text


def parse_html(html: str) -> Formatted:
    """Give the text and entities of Bot API HTML.

    Raises MarkupError with the server's words when the markup is not of the subset.
    """
    return _Reader(html).read()


class _Reader:
    def __init__(self, html: str) -> None:
        self._html = html
        self._at = 0
        self._text: list[str] = []
        self._units = 0
        self._open: list[_Open] = []
        self._found: list[Entity] = []

    def read(self) -> Formatted:
        html = self._html
        while self._at < len(html):
            if html[self._at] == "&" and (character := self._reference()):
                self._put(character)
            elif html[self._at] != "<":
                plain = _PLAIN.match(html, self._at)
                self._put(plain[0] if plain else html[self._at])
                self._at += len(plain[0]) if plain else 1
            elif html.startswith("/", self._at + 1):
                self._read_end()
            else:
                self._read_start()
        if self._open:
            raise MarkupError(
                f'Can\'t find end tag corresponding to start tag "{self._open[-1].name}"'
            )
        text = "".join(self._text)
        if _SURROGATE.search(text):
            raise MarkupError(
                "Text contains invalid Unicode characters after decoding HTML entities, "
                "check for unmatched surrogate code units"
            )
        return Formatted(text, _ordered(self._found))

    def _put(self, text: str) -> None:
        self._text.append(text)
        self._units += utf16_length(text)

    def _reference(self) -> str:
        """Read the character reference at the cursor and pass it, or give "" and stay."""
        match = _REFERENCE.match(self._html, self._at)
        if match is None:
            return ""
        if match["name"]:
            character = _NAMED.get(match["name"], "")
        else:
            code = int(match["hex"], 16) if match["hex"] else int(match["dec"])
            long = len(match[0].removesuffix(";")) >= 10
            character = "" if long or not 0 < code < 0x10FFFF else chr(code)
        if character:
            self._at = match.end()
        return character

    def _peek(self) -> str:
        return self._html[self._at] if self._at < len(self._html) else ""

    def _take_while(self, stop: str) -> str:
        """Pass characters up to one of `stop`, or to the end."""
        begin = self._at
        while self._at < len(self._html) and self._html[self._at] not in stop:
            self._at += 1
        return self._html[begin : self._at]

    def _skip_space(self) -> None:
        while self._peek() and self._peek() in _SPACE:
            self._at += 1

    def _byte(self, position: int) -> int:
        return len(self._html[:position].encode(errors="surrogatepass"))

    def _fail(self, what: str, position: int) -> NoReturn:
        raise MarkupError(f"{what} at byte offset {self._byte(position)}")

    def _read_start(self) -> None:
        begin = self._at
        self._at += 1
        name = _ascii_lower(self._take_while(_SPACE + ">"))
        if not self._peek():
            self._fail("Unclosed start tag", begin)
        if name not in _MARKS:
            self._fail(f'Unsupported start tag "{name}"', begin)
        argument = ""
        while self._peek() != ">":
            self._skip_space()
            if self._peek() == ">":
                break
            key, value = self._attribute(name, begin)
            argument = _argument(name, key, value, argument)
        self._at += 1
        if name == "span" and argument != "spoiler":
            self._fail('Tag "span" must have class "tg-spoiler"', begin)
        self._open.append(_Open(name, argument, self._units, len(self._text)))

    def _attribute(self, name: str, begin: int) -> tuple[str, str]:
        key = self._take_while(_SPACE + "=>/\"'")
        if not key:
            self._fail(f'Empty attribute name in the tag "{name}"', begin)
        self._skip_space()
        if self._peek() != "=":
            if not self._peek():
                self._fail(f'Unclosed start tag "{name}"', begin)
            return key, ""
        self._at += 1
        self._skip_space()
        if not self._peek():
            self._fail(f'Unclosed start tag "{name}"', begin)
        value = self._quoted() if self._peek() in "\"'" else self._name_token()
        if not self._peek():
            self._fail("Unclosed start tag", begin)
        return key, value

    def _quoted(self) -> str:
        quote = self._peek()
        self._at += 1
        value = []
        while self._peek() and self._peek() != quote:
            if self._peek() == "&" and (character := self._reference()):
                value.append(character)
                continue
            plain = _VALUE.match(self._html, self._at)
            value.append(plain[0] if plain else self._peek())
            self._at += len(value[-1])
        self._at += 1
        return "".join(value)

    def _name_token(self) -> str:
        begin = self._at
        while (c := self._peek()) and c.isascii() and (c.isalnum() or c in ".-"):
            self._at += 1
        token = self._html[begin : self._at].lower()
        if self._peek() and self._peek() not in _SPACE + ">":
            self._fail("Unexpected end of name token", begin)
        return token

    def _read_end(self) -> None:
        begin = self._at
        if not self._open:
            self._fail("Unexpected end tag", begin)
        self._at += 2
        name = _ascii_lower(self._take_while(_SPACE + ">"))
        self._skip_space()
        if self._peek() != ">":
            self._fail("Unclosed end tag", begin)
        self._at += 1
        opened = self._open[-1]
        if name and name != opened.name:
            raise MarkupError(
                f"Unmatched end tag at byte offset {self._byte(begin)}, "
                f'expected "</{opened.name}>", found "</{name}>"'
            )
        self._open.pop()
        if self._units > opened.units:
            self._close(opened)

    def _close(self, opened: _Open) -> None:
        entity = Entity(_MARKS[opened.name], opened.units, self._units - opened.units)
        if opened.name == "a":
            link = opened.argument or "".join(self._text[opened.position :])
            made = _link(entity, link)
            self._found.extend([made] if made else [])
        elif opened.name == "tg-emoji":
            if not opened.argument.isdigit():
                raise MarkupError("Invalid custom emoji identifier specified")
            self._found.append(replace(entity, custom_emoji_id=opened.argument))
        elif opened.name == "blockquote" and opened.argument:
            self._found.append(replace(entity, kind="expandable_blockquote"))
        elif opened.name in VERBATIM:
            self._close_verbatim(entity, opened.argument)
        else:
            self._found.append(entity)

    def _close_verbatim(self, entity: Entity, language: str) -> None:
        """Make one block of `pre` and a `code` naming a language when they hold the same text."""
        twin = self._found[-1] if self._found else None
        if twin and (twin.offset, twin.length) == (entity.offset, entity.length):
            named = twin.language if entity.kind == "pre" else language
            unmarked = twin.kind == "code" if entity.kind == "pre" else not twin.language
            if named and unmarked and {twin.kind, entity.kind} == {"code", "pre"}:
                self._found[-1] = replace(twin, kind="pre", language=named)
                return
        # The language of a lone `code` means nothing, but its `pre` may still be open.
        self._found.append(replace(entity, language=language))


def _ascii_lower(text: str) -> str:
    return "".join(c.lower() if c.isascii() else c for c in text)


def _argument(name: str, key: str, value: str, before: str) -> str:
    """Give what a tag's attribute means to it, or what it had before."""
    if (name, key) in {("a", "href"), ("tg-emoji", "emoji-id")}:
        return value
    if (name, key) == ("blockquote", "expandable"):
        return "1"
    prefix = {("code", "class"): "language-", ("span", "class"): "tg-"}.get((name, key))
    if prefix and value.startswith(prefix):
        return value.removeprefix(prefix)
    return before


def _link(entity: Entity, link: str) -> Entity | None:
    """Give the link's entity, or None where the server drops a link it will not open."""
    mention = re.fullmatch(r"tg:(?://)?user\?id=([0-9]+)", link)
    if mention:
        return replace(entity, kind="text_mention", person_id=int(mention[1]))
    scheme, colon, _ = link.partition(":")
    if not colon or not re.fullmatch(r"[A-Za-z][A-Za-z0-9+.-]*", scheme) or "." in scheme:
        link = f"http://{link}"
    elif scheme.lower() not in _LINK_SCHEMES:
        return None
    try:
        parts = urlsplit(link)
    except ValueError:
        return None
    if parts.scheme in {"http", "https"} and "." not in (parts.hostname or ""):
        return None
    rest = link.partition("://")[2]
    slash = "" if re.search(r"[/?#]", rest) else "/"
    return replace(entity, url=f"{link}{slash}")


def _ordered(found: list[Entity]) -> tuple[Entity, ...]:
    """Put outer entities first; of two on the same text the one closed last is the outer."""
    plain = [replace(e, language="") if e.kind == "code" else e for e in reversed(found)]
    return tuple(sorted(plain, key=lambda e: (e.offset, -e.length)))
