"""Text and what is formatted in it, as the Bot API counts: in UTF-16 units.

Source: core.telegram.org/bots/api#messageentity
"""

from dataclasses import dataclass, replace
from html import escape

__all__ = ["MAX_ENTITIES", "VERBATIM", "Entity", "Formatted", "settle", "to_html", "utf16_length"]

MAX_ENTITIES = 100
VERBATIM = ("code", "pre")  # hold no other formatting


@dataclass(frozen=True, slots=True)
class Entity:
    """A formatted stretch of text; `kind` is the Bot API's own word for it."""

    kind: str
    offset: int
    length: int
    url: str = ""
    language: str = ""
    custom_emoji_id: str = ""
    person_id: int | None = None

    @property
    def end(self) -> int:
        return self.offset + self.length

    def as_json(self) -> dict[str, object]:
        """Give the `MessageEntity` object."""
        answer: dict[str, object] = {
            "type": self.kind,
            "offset": self.offset,
            "length": self.length,
        }
        if self.url:
            answer["url"] = self.url
        if self.language:
            answer["language"] = self.language
        if self.custom_emoji_id:
            answer["custom_emoji_id"] = self.custom_emoji_id
        if self.person_id is not None:
            answer["user"] = {"id": self.person_id, "is_bot": False, "first_name": "Reader"}
        return answer


@dataclass(frozen=True, slots=True)
class Formatted:
    """Plain text and what is formatted in it, outermost first."""

    text: str
    entities: tuple[Entity, ...] = ()


def utf16_length(text: str) -> int:
    """Count UTF-16 units, as Telegram counts offsets and (at the safest reading) lengths."""
    return len(text.encode("utf-16-le", errors="surrogatepass")) // 2


def settle(formatted: Formatted) -> Formatted:
    """Do what the server does to parsed text before it looks at the length.

    White space at both ends goes, formatting inside code goes, and what is formatted after the
    hundredth entity.
    """
    text = formatted.text
    lead = utf16_length(text) - utf16_length(text.lstrip())
    text = text.strip()
    end = utf16_length(text)
    entities: list[Entity] = []
    verbatim_until = -1
    for entity in formatted.entities:
        begin = max(entity.offset - lead, 0)
        until = min(entity.end - lead, end)
        if begin >= until or begin < verbatim_until:
            continue
        entities.append(replace(entity, offset=begin, length=until - begin))
        if entity.kind in VERBATIM:
            verbatim_until = until
    return Formatted(text, tuple(entities[:MAX_ENTITIES]))


_HTML = {
    "bold": ("<b>", "</b>"),
    "italic": ("<i>", "</i>"),
    "underline": ("<u>", "</u>"),
    "strikethrough": ("<s>", "</s>"),
    "spoiler": ("<tg-spoiler>", "</tg-spoiler>"),
    "code": ("<code>", "</code>"),
    "blockquote": ("<blockquote>", "</blockquote>"),
    "expandable_blockquote": ("<blockquote expandable>", "</blockquote>"),
}


def _markup(entity: Entity) -> tuple[str, str] | None:
    if entity.kind == "text_link":
        return f'<a href="{escape(entity.url)}">', "</a>"
    if entity.kind == "text_mention":
        return f'<a href="tg://user?id={entity.person_id}">', "</a>"
    if entity.kind == "custom_emoji":
        return f'<tg-emoji emoji-id="{escape(entity.custom_emoji_id)}">', "</tg-emoji>"
    if entity.kind == "pre" and entity.language:
        return f'<pre><code class="language-{escape(entity.language)}">', "</code></pre>"
    if entity.kind == "pre":
        return "<pre>", "</pre>"
    return _HTML.get(entity.kind)


def to_html(formatted: Formatted) -> str:
    """Write text and entities as Bot API HTML again; entities found by the server are left out.

    Entities must be nested or apart, as `parse_html` gives them.
    """
    marks = [(e, m) for e in formatted.entities if (m := _markup(e))]
    out: list[str] = []
    closing: list[tuple[int, str]] = []
    waiting = iter(marks)
    upcoming = next(waiting, None)
    units = 0
    for character in formatted.text:
        while closing and closing[-1][0] <= units:
            out.append(closing.pop()[1])
        while upcoming and upcoming[0].offset <= units:
            out.append(upcoming[1][0])
            closing.append((upcoming[0].end, upcoming[1][1]))
            upcoming = next(waiting, None)
        out.append(escape(character, quote=False))
        units += 1 + (character > "\uffff")
    out.extend(end for _, end in reversed(closing))
    return "".join(out)
