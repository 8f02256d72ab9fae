"""Open a mail that came back: its headers, what it says to people, its reports, its original.

Nothing in such a mail can be trusted to be well formed; whatever cannot be read is left out,
and nothing raises.  Sources: RFC 6522 (multipart/report), RFC 3464, RFC 5965.
"""

import base64
import binascii
import email
import email.errors
import email.header
import email.message
import email.parser
import email.policy
import html
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass

Fields = Mapping[str, str]  # names in small letters

MOST_BYTES = 4_000_000
MOST_PARTS = 200
MOST_DEPTH = 12
MOST_CHARS = 60_000  # of what is said to people, over all parts

_TAG = re.compile(r"</?[a-zA-Z][^<>@]{0,2000}>")
_UNSEEN = re.compile(r"<(style|script|head|!--)(?=[\s>]|(?<=--))", re.IGNORECASE)
_ENDS = {
    name: re.compile("-->" if name == "!--" else f"</{name}[^<>]{{0,50}}>?", re.IGNORECASE)
    for name in ("style", "script", "head", "!--")
}
MOST_MARKUP_CHARS = 300_000
_BREAK = re.compile(r"<(?:br|/p|/div|/tr|/li|/h\d)\b[^<>]{0,200}>", re.IGNORECASE)
# Where a mail of one part goes over to the mail that came back.
_ORIGINAL = re.compile(
    r"^[ \t>]*(?:"
    r"-{2,}[ ]?(?:below (?:this line is|the next line is)|this is) a copy of (?:the|your) "
    r"(?:message|mail|headers)\b.*"
    r"|-{2,}[ ]?(?:original|returned|unsent|undelivered|rejected) (?:message|mail)\b.*"
    r"|-{2,}[ ]?(?:message|original message|message header|undelivered message)s? "
    r"(?:header ?)?(?:follows?|text follows)\b.*"
    r"|-{2,}[ ]?(?:the header of the original|copy of (?:the )?(?:original )?message)\b.*"
    r"|-{2,}[ ]?(?:your|the) (?:original )?(?:message|mail)(?: header)?(?: is)? (?:follows|"
    r"below|reads).*"
    r"|(?:original|returned|your|the) (?:message|mail) (?:headers?|follows|text)\b.{0,30}:?"
    r"|(?:message|original) headers? follows?\b.*"
    r"|below is (?:a copy of the )?original message.*"
    r"|(?:the )?(?:header|first part) of the (?:original|returned|undelivered) "
    r"(?:message|mail)\b.*"
    r"|content-type: (?:message/rfc822|text/rfc822-headers)\b.*"
    r"|received: (?:from|by) .*|return-path: .*|x-mailer: .*|mime-version: .*"
    r")$",
    re.IGNORECASE | re.MULTILINE,
)
_FIELD = re.compile(r"^([!-9;-~]{1,78}):[ \t]*(.*)$")


@dataclass(frozen=True, slots=True)
class Mail:
    """A mail as far as it could be read."""

    headers: Fields
    text: str  # what it says to people, without the original
    blocks: tuple[Fields, ...] = ()  # of its delivery reports, in order
    feedback: Fields | None = None  # of its complaint report
    complained: tuple[str, ...] = ()  # the addresses that report names, as it has them
    original: Fields | None = None  # headers of the mail that came back
    disposition: bool = False  # it says that a mail was read, or deleted


def open_mail(data: bytes) -> Mail:
    """Open a mail; an unreadable one has no headers and no text."""
    data = data[:MOST_BYTES].lstrip(b"\r\n\0 \t")
    try:
        message = email.message_from_bytes(data, policy=email.policy.compat32)
    except RecursionError:  # nested a thousand times: its headers say enough
        message = email.parser.BytesHeaderParser(policy=email.policy.compat32).parsebytes(data)
    taking = _Taking()
    taking.take(message, 0)
    text = "\n".join(taking.texts)[:MOST_CHARS].replace("\r\n", "\n")
    original = taking.original
    blocks = taking.blocks or _blocks_in_text(text)
    if taking.feedback is None and (found := _FEEDBACK.search(text)) is not None:
        taking.feedback = fields_of(text[found.start() :])
    if (found := _ORIGINAL.search(text)) is not None:
        rest = text[found.start() :]
        text = text[: found.start()]
        if original is None:
            original = fields_of(rest.partition("\n")[2] if ": " not in found[0] else rest)
    return Mail(
        headers=_headers(message),
        text=text,
        blocks=tuple(blocks),
        feedback=taking.feedback,
        complained=taking.complained,
        original=original,
        disposition=taking.disposition,
    )


class _Taking:
    """Takes the parts of one mail, one after another."""

    def __init__(self) -> None:
        self.texts: list[str] = []
        self.blocks: list[Fields] = []
        self.feedback: Fields | None = None
        self.original: Fields | None = None
        self.complained: tuple[str, ...] = ()
        self.disposition = False
        self._has_plain = False
        self._n_parts = 0

    def take(self, part: email.message.Message, depth: int) -> None:
        self._n_parts += 1
        if self._n_parts > MOST_PARTS or depth > MOST_DEPTH:
            return
        kind = part.get_content_type()
        match kind:
            case "message/delivery-status" | "message/global-delivery-status":
                self.blocks += _blocks(part)
            case "message/feedback-report":
                self.feedback = next(iter(_blocks(part)), {})
                self.complained = tuple(
                    address
                    for inner in _inner(part)
                    for name in ("original-rcpt-to", "removal-recipient", "original-recipient")
                    for address in map(str, inner.get_all(name, ()))
                )
            case "message/disposition-notification":
                self.disposition = True
            case "message/rfc822" | "message/global" | "message/partial":
                wrapped = next(_inner(part), None)
                if wrapped is None or self.original is not None:
                    return
                if wrapped.get_param("report-type") and not (self.texts or self.blocks):
                    self.take(wrapped, depth + 1)  # a report in a wrapping of its own
                else:
                    self.original = _headers(wrapped)
            case "text/rfc822-headers" | "message/global-headers" | "text/rfc822":
                if self.original is None:
                    self.original = fields_of(_text_of(part))
            case "text/html":
                if not self._has_plain:
                    self.texts.append(plain(_text_of(part)))
            case _ if part.is_multipart():
                for inner in _inner(part):
                    self.take(inner, depth + 1)
            case _ if kind.startswith("text/") and (depth == 0 or not _is_attached(part)):
                self._take_text(_text_of(part))
            case _ if kind.startswith("multipart/"):  # said to be, and is not
                self._take_text(_text_of(part))

    def _take_text(self, text: str) -> None:
        if text.strip():
            self._has_plain = True
            self.texts.append(text)


def _is_attached(part: email.message.Message) -> bool:
    return part.get_content_disposition() == "attachment"


def _inner(part: email.message.Message) -> Iterator[email.message.Message]:
    payload = part.get_payload()
    for inner in payload if isinstance(payload, list) else ():
        if isinstance(inner, email.message.Message):
            yield inner


def _blocks(part: email.message.Message) -> list[Fields]:
    """The blocks of fields in a report, however it was encoded."""
    payload = part.get_payload()
    if not isinstance(payload, list):
        return _split_blocks(_text_of(part))
    found: list[Fields] = [block for inner in _inner(part) if (block := _headers(inner))]
    if found:
        # What follows a field-less line would be lost: some servers put empty lines anywhere.
        rest = "\n".join(_text_of(inner) for inner in _inner(part) if not inner.is_multipart())
        return found + _split_blocks(rest)
    raw = "".join(str(inner.get_payload()) for inner in _inner(part))
    with_padding = re.sub(r"\s", "", raw)
    try:
        decoded = base64.b64decode(with_padding, validate=True)
    except (binascii.Error, ValueError):
        return _split_blocks(raw)
    return _split_blocks(decoded.decode("utf-8", "replace"))


_FEEDBACK = re.compile(r"^feedback-type: ", re.IGNORECASE | re.MULTILINE)
_QUOTED = re.compile(r"^> ?", re.MULTILINE)
_REPORT = re.compile(
    r"^(?:final-recipient|original-recipient|action): ?", re.IGNORECASE | re.MULTILINE
)


def _blocks_in_text(text: str) -> list[Fields]:
    """The blocks of a report that is part of the words: forwarded, or not marked as one."""
    text = _QUOTED.sub("", text)
    if len(_REPORT.findall(text)) < 2:
        return []
    return [
        fields_of(block[first.start() :])
        for block in re.split(r"\n[ \t]*\n", text)
        if (first := _REPORT.search(block)) is not None
    ]


def _split_blocks(text: str) -> list[Fields]:
    return [block for each in re.split(r"\r?\n[ \t]*\r?\n", text) if (block := fields_of(each))]


def fields_of(text: str) -> dict[str, str]:
    """Read "Name: value" lines up to the first empty line after them; the first of a name wins."""
    found: dict[str, str] = {}
    name = ""
    for line in text.lstrip("\r\n").splitlines():
        if not line.strip():
            if found:
                break
            continue
        match = _FIELD.match(line)
        if match and not line[0].isspace():
            name = match[1].lower()
            if name in found:
                name = ""
                continue
            found[name] = match[2].strip()
        elif name and line[0].isspace():
            found[name] += " " + line.strip()
    return {key: decoded(value) for key, value in found.items()}


def _headers(message: email.message.Message) -> dict[str, str]:
    found: dict[str, str] = {}
    for name, value in message.items():
        words = " ".join(str(value)[:MOST_CHARS].split())
        found.setdefault(name.lower(), decoded(words))
    return found


def decoded(value: str) -> str:
    """A header's value with its encoded words read (RFC 2047); as it is when they are broken."""
    if "=?" not in value:
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")
    try:
        return str(email.header.make_header(email.header.decode_header(value)))
    except (email.errors.HeaderParseError, LookupError, ValueError):
        return value.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _text_of(part: email.message.Message) -> str:
    data = part.get_payload(decode=True)
    if not isinstance(data, bytes):
        return ""
    charset = part.get_content_charset() or "utf-8"
    for name in (charset, "utf-8"):
        try:
            return data.decode(name)
        except (LookupError, ValueError):
            continue
    return data.decode("latin-1")


def plain(markup: str) -> str:
    """The words of an HTML part, a line a block; addresses in angle brackets are kept."""
    seen = "".join(_seen(markup[:MOST_MARKUP_CHARS]))
    return html.unescape(_TAG.sub(" ", _BREAK.sub("\n", seen)))


def _seen(markup: str) -> Iterator[str]:
    """What is not a comment, a script or a style; in one pass, whatever is never closed."""
    at = 0
    while (found := _UNSEEN.search(markup, at)) is not None:
        yield markup[at : found.start()]
        end = _ENDS[found[1].lower()].search(markup, found.end())
        if end is None:
            return
        at = end.end()
    yield markup[at:]
