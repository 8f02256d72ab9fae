"""What the standards ask of a mail, looked for in the very bytes that a mail server received.

A reading of its own, line by line, besides the standard library's: what that forgives must be
visible here.  Each check names the statement of shared standards it is about.
"""

import email
import email.policy
import functools
import quopri
import re
from base64 import b64decode
from dataclasses import dataclass
from email.message import EmailMessage

__all__ = ["Mail", "check"]

_REQUIRED = ("date", "from", "to", "subject", "message-id", "mime-version")
_ISSUE = {
    *_REQUIRED, "dkim-signature", "content-type", "auto-submitted", "feedback-id", "list-id",
    "list-post", "list-unsubscribe", "list-unsubscribe-post",
}  # fmt: skip
_NO_WORDS = ("list-id", "list-post", "list-unsubscribe", "list-unsubscribe-post", "message-id",
             "feedback-id", "references", "in-reply-to", "auto-submitted")  # fmt: skip
_WORD = re.compile(r"=\?([^?]*)\?([bBqQ])\?([^?]*)\?=")
_MOST_HTML_BYTES = 100_000


@dataclass(frozen=True)
class Mail:
    """One mail as it was received, taken apart by hand."""

    data: bytes

    @functools.cached_property
    def head(self) -> list[str]:
        """The lines of the header, as they are."""
        return self.data.partition(b"\r\n\r\n")[0].decode("ascii").split("\r\n")

    @functools.cached_property
    def text(self) -> bytes:
        """Everything after the header."""
        return self.data.partition(b"\r\n\r\n")[2]

    @functools.cached_property
    def fields(self) -> list[tuple[str, str]]:
        """Small name and unfolded value, in order."""
        whole = "\r\n".join(self.head)
        lines = re.sub(r"\r\n(?=[ \t])", "", whole).split("\r\n")
        pairs = [line.partition(":") for line in lines]
        return [(name.lower(), value.strip()) for name, _, value in pairs]

    def field(self, name: str) -> str:
        [value] = [value for found, value in self.fields if found == name]
        return value

    @functools.cached_property
    def parsed(self) -> EmailMessage:
        return email.message_from_bytes(self.data, policy=email.policy.default)

    def part(self, subtype: str) -> str:
        """One of the two parts, decoded."""
        [part] = [p for p in self.parsed.iter_parts() if p.get_content_subtype() == subtype]
        assert isinstance(part, EmailMessage)
        return str(part.get_content()).replace("\r\n", "\n")

    @property
    def way_out(self) -> str:
        [url] = re.findall(r"<(https://[^>\s]+)>", self.field("list-unsubscribe"))
        return str(url)


def check(data: bytes, *, recipient: str, domain: str, postal_address: str) -> Mail:
    """Assert A1, A2, A4 to A8, A10 to A14 and A46 of an issue."""
    mail = Mail(data)
    _check_lines(mail)
    _check_fields(mail, domain)
    _check_words(mail)
    _check_people(mail, recipient)
    _check_list(mail, domain)
    _check_parts(mail, postal_address)
    return mail


def _check_lines(mail: Mail) -> None:
    """A1, A7: CRLF everywhere, folded where it can be, short lines of plain ASCII."""
    assert mail.data.isascii()
    assert mail.data.endswith(b"\r\n")
    assert mail.data.count(b"\r\n") == mail.data.count(b"\n") == mail.data.count(b"\r")
    assert b"\0" not in mail.data
    for line in mail.head:
        assert len(line) <= 998
        value = line.partition(":")[2] if line[:1] not in " \t" else line
        assert len(line) <= 78 or " " not in value.strip(), line
        assert line.strip(), "a line of blanks would end or hide a header"
    assert max(map(len, mail.text.split(b"\r\n"))) <= 76
    assert not re.search(rb"^(?:\.|From )", mail.text, re.MULTILINE)


def _check_fields(mail: Mail, domain: str) -> None:
    """A2, A3, A7, A14: what must be there once is, and nothing that nobody wrote."""
    names = [name for name, _ in mail.fields if name != "dkim-signature"]
    assert len(names) == len(set(names))
    assert set(_REQUIRED) <= set(names) <= _ISSUE
    assert re.fullmatch(rf"<[^<>@\s]+@{re.escape(domain)}>", mail.field("message-id"))
    assert not mail.field("subject").lower().startswith("re:")
    assert mail.parsed.defects == []


def _check_words(mail: Mail) -> None:
    """A4, A5: none where none may be; elsewhere short, and each whole by itself."""
    for name, value in mail.fields:
        assert name not in _NO_WORDS or "=?" not in value
    for line in mail.head:
        for found in _WORD.finditer(line):
            assert len(found[0]) <= 75
            assert len(line) <= 76
            written = found[3].encode()
            raw = (
                b64decode(written)
                if found[2] in "bB"
                else quopri.decodestring(written, header=True)
            )
            assert raw.decode(found[1])


def _check_people(mail: Mail, recipient: str) -> None:
    """A8: one address each, whatever the names hold."""
    message = mail.parsed
    assert [address.addr_spec for address in message["To"].addresses] == [recipient]
    assert len(message["From"].addresses) == 1
    assert not message["To"].defects
    assert not message["From"].defects


def _check_list(mail: Mail, domain: str) -> None:
    """A10 to A13."""
    assert re.fullmatch(
        rf'(?:"[\x20-\x7e]+" |[\x21-\x7e][\x20-\x7e]* )?<[\w.-]+\.{re.escape(domain)}>',
        mail.field("list-id"),
    )
    assert len(mail.field("list-id").rpartition("<")[2]) <= 256
    assert mail.field("list-post") == "NO"
    assert re.fullmatch(
        r"<https://[^<>\s,]+>(?:, <mailto:[^<>\s,]+>)?", mail.field("list-unsubscribe")
    )
    assert mail.field("list-unsubscribe-post") == "List-Unsubscribe=One-Click"
    assert mail.field("auto-submitted") == "auto-generated"
    who = mail.field("feedback-id").split(":")
    assert len(who) == 4
    assert 5 <= len(who[3]) <= 15


def _check_parts(mail: Mail, postal_address: str) -> None:
    """A1, A6, A46: two parts, the best last, each whole."""
    message = mail.parsed
    assert message.get_content_type() == "multipart/alternative"
    kinds = [part.get_content_type() for part in message.iter_parts()]
    assert kinds == ["text/plain", "text/html"]
    for part in message.iter_parts():
        assert part["Content-Transfer-Encoding"] in ("quoted-printable", "base64")
        assert not part.defects
    plain, html = mail.part("plain"), mail.part("html")
    assert len(html.encode()) <= _MOST_HTML_BYTES
    for written in (plain, html):
        assert mail.way_out in written
        assert postal_address in written
    links = set(re.findall(r"https?://[^\s<>\"]+", plain))
    for link in re.findall(r'href="(https?://[^"]+)"', html):
        if "/stories/" in link or "/unsubscribe/" in link or "/preferences/" in link:
            assert link.replace("&amp;", "&") in links
