"""What the demo's pages show, as plain values: mails in their parts, chats in stretches of text."""

import itertools
import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

from digest import model
from digest.demo import botapi_chats, botapi_entities, mailbox

__all__ = [
    "Block",
    "MailRow",
    "MailView",
    "MessageView",
    "Reader",
    "mail_row",
    "mail_view",
    "message_view",
]

_BLOCKS = ("blockquote", "expandable_blockquote", "pre")
_LINKS = ("http", "https")
_HEAD = re.compile(r"<head[^>]*>", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reader:
    """A sample reader, as the demo's pages name them."""

    name: str
    address: str = ""
    chat_id: int | None = None
    zone: str = "UTC"
    topics: tuple[str, ...] = ()  # names as shown
    preferences_url: str = ""

    def local(self, at: datetime) -> datetime:
        return at.astimezone(ZoneInfo(self.zone))


@dataclass(frozen=True, slots=True)
class MailRow:
    """A mail in the list; `number` counts from 1 in order of arrival."""

    number: int
    name: str  # of its reader, or the address
    subject: str
    preview: str
    at: datetime  # in the reader's zone
    size_kb: int


@dataclass(frozen=True, slots=True)
class MailView:
    """A mail opened: its headers in order, its parts, its bytes as text."""

    row: MailRow
    sender: str
    recipient: str
    mail_from: str
    headers: tuple[tuple[str, str], ...]
    text: str
    html: str
    source: str


@dataclass(frozen=True, slots=True)
class Stretch:
    """Text of one format; `marks` are the Bot API's words, `command` is sent when pressed."""

    text: str
    marks: tuple[str, ...] = ()
    url: str = ""
    command: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """A stretch of text, a quotation or a listing; `kind` is "text" or the entity's."""

    kind: str
    stretches: tuple[Stretch, ...]


@dataclass(frozen=True, slots=True)
class MessageView:
    """A chat message as a bubble."""

    message: botapi_chats.SentMessage
    at: datetime
    blocks: tuple[Block, ...]
    preview_name: str = ""  # of the paper or host; "" shows no preview
    preview_title: str = ""
    preview_image: str = ""


def mail_row(number: int, received: mailbox.Received, readers: Sequence[Reader]) -> MailRow:
    """Describe one received mail for the list."""
    reader = _reader_of(received.recipient, readers)
    preview = " ".join(received.text().split())[:140]
    return MailRow(
        number,
        reader.name,
        received.subject or "(no subject)",
        preview,
        reader.local(received.at),
        max(round(len(received.data) / 1024), 1),
    )


def _reader_of(address: str, readers: Sequence[Reader]) -> Reader:
    for reader in readers:
        if reader.address.lower() == address.lower():
            return reader
    return Reader(address, address)


def mail_view(number: int, received: mailbox.Received, readers: Sequence[Reader]) -> MailView:
    """Open one received mail.  Links of its HTML open in a window of their own."""
    message = received.message
    html = received.text("html")
    opened = _HEAD.sub(lambda head: f'{head[0]}<base target="_blank">', html, count=1)
    return MailView(
        mail_row(number, received, readers),
        str(message["From"] or ""),
        received.recipient,
        received.mail_from,
        tuple((name, " ".join(str(value).split())) for name, value in message.items()),
        received.text(),
        opened,
        received.data.decode("utf-8", errors="replace"),
    )


def message_view(
    message: botapi_chats.SentMessage, reader: Reader, previewed: model.Entry | None = None
) -> MessageView:
    """Describe one chat message for its bubble; `previewed` is the story its preview shows."""
    parts = urlsplit(message.preview_url)
    words = parts.path.rstrip("/").rpartition("/")[2].replace("-", " ").strip()
    return MessageView(
        message,
        reader.local(message.at),
        _blocks(message.text, message.entities),
        previewed.source if previewed else parts.netloc,
        previewed.title if previewed else words[:1].upper() + words[1:],
        previewed.image if previewed else "",
    )


def _blocks(text: str, entities: Sequence[botapi_entities.Entity]) -> tuple[Block, ...]:
    """Cut text into paragraphs, quotations and listings, each in stretches of one format."""
    units = text.encode("utf-16-le")
    end = len(units) // 2
    blocks: list[Block] = []
    at = 0
    for entity in entities:
        if entity.kind not in _BLOCKS or entity.offset < at:
            continue
        blocks.append(Block("text", _stretches(units, at, entity.offset, entities)))
        blocks.append(Block(entity.kind, _stretches(units, entity.offset, entity.end, entities)))
        at = entity.end
    blocks.append(Block("text", _stretches(units, at, end, entities)))
    return tuple(_without_gaps(blocks))


def _without_gaps(blocks: Sequence[Block]) -> Iterator[Block]:
    """Leave out the line ends that only part a paragraph from a quotation or listing."""
    for number, block in enumerate(blocks):
        if block.kind != "text":
            yield block
            continue
        stretches = [one for one in block.stretches if one.text]
        if number + 1 < len(blocks) and stretches:
            stretches[-1] = replace(stretches[-1], text=stretches[-1].text.removesuffix("\n"))
        if number and stretches:
            stretches[0] = replace(stretches[0], text=stretches[0].text.removeprefix("\n"))
        if any(one.text for one in stretches):
            yield Block("text", tuple(stretches))


def _stretches(
    units: bytes, begin: int, end: int, entities: Sequence[botapi_entities.Entity]
) -> tuple[Stretch, ...]:
    inside = [e for e in entities if e.offset < end and begin < e.end]
    cuts = {begin, end}
    for entity in inside:
        cuts |= {max(entity.offset, begin), min(entity.end, end)}
    ordered = sorted(cuts)
    return tuple(
        _stretch(units[2 * a : 2 * b].decode("utf-16-le"), a, b, inside)
        for a, b in itertools.pairwise(ordered)
    )


def _stretch(
    text: str, begin: int, end: int, entities: Sequence[botapi_entities.Entity]
) -> Stretch:
    active = [e for e in entities if e.offset <= begin and end <= e.end]
    marks = tuple(dict.fromkeys(e.kind for e in active if e.kind not in _BLOCKS))
    url = next((e.url for e in active if e.kind == "text_link"), "")
    if "url" in marks:
        url = text
    if urlsplit(url).scheme not in _LINKS:
        url = ""
    return Stretch(text, marks, url, text if "bot_command" in marks else "")
