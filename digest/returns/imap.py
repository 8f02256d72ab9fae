"""A mailbox on an IMAP server: what came in since last time, one mail after another.

    with imap.opened(place) as mailbox:
        for uid in mailbox.uids_after(known):
            data = mailbox.fetch(uid)
            mailbox.put_away(uid)

Blocking, for a thread; every wait for the server ends after `SECONDS`, and `abort` ends all of
them from another thread.  TLS always, and verified.  Mails are known by UID and UIDVALIDITY,
never by flags, which people reading along change.  Sources: RFC 3501, RFC 4315 (UIDPLUS),
RFC 6851 (MOVE), RFC 8314 (TLS).
"""

import base64
import contextlib
import imaplib
import re
import socket
import ssl
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote, urlsplit

from digest import errors
from digest.returns import opened as opened_

SECONDS = 30.0
_MOST_CHARS = 1000
_PORTS = {"imaps": 993, "imap+starttls": 143}
_UNPRINTED = re.compile(r"[^\x20-\x7e]+")


class MailboxError(errors.DigestError):
    """The mailbox cannot be read now; says why, without its password."""


@dataclass(frozen=True, slots=True)
class Place:
    """Where a mailbox is."""

    scheme: str
    host: str
    port: int
    login: str
    password: str
    folder: str

    @property
    def name(self) -> str:
        """What it is called in logs and memory: no password."""
        return f"{self.login}@{self.host}:{self.port}/{self.folder}"


def place_of(url: str) -> Place:
    """Read imaps://user:password@host:port/FOLDER, which settings have looked over."""
    parts = urlsplit(url)
    folder = unquote(parts.path.strip("/")) or "INBOX"
    return Place(
        scheme=parts.scheme,
        host=parts.hostname or "",
        port=parts.port or _PORTS[parts.scheme],
        login=unquote(parts.username or ""),
        password=unquote(parts.password or ""),
        folder=folder,
    )


@contextlib.contextmanager
def opened(place: Place) -> Iterator["Mailbox"]:
    """Connect, log in and open the folder; log out at the end.  Raises MailboxError."""
    mailbox = Mailbox(place)
    try:
        mailbox.open()
        yield mailbox
    finally:
        mailbox.close()


class Mailbox:
    """One connection to a folder; use it from one thread at a time."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self._connection: imaplib.IMAP4 | None = None
        self.uid_validity = 0  # with another, all UIDs are others
        self.able: frozenset[str] = frozenset()  # what the server can do, in capitals

    def open(self) -> None:
        """Connect, log in, open the folder.  Raises MailboxError."""
        with self._translated():
            self._connection = self._connected()
            self._log_in()
            # What it can do may be more than it said to strangers (RFC 3501 §6.1.1).
            self.able = frozenset(_words(self._server().capability()[1]).upper().split())
            self._ask("SELECT", _quoted(self._place.folder))
            told = self._server().response("UIDVALIDITY")[1]
            self.uid_validity = int(told[0]) if told and told[0] else 0

    def uids_after(self, uid: int) -> list[int]:
        """The UIDs of mails beyond this one, in their order.  Raises MailboxError."""
        with self._translated():
            said = self._ask("UID", "SEARCH", "UID", f"{uid + 1}:*")
            found = [int(each) for line in said if line for each in line.split()]
        # "n:*" names the last mail even where that is before n (RFC 3501 §6.4.8).
        return sorted(each for each in found if each > uid)

    def fetch(self, uid: int) -> bytes:
        """A mail, its first 4 MB; b"" when it is gone.  It stays unseen.  Raises MailboxError."""
        with self._translated():
            said = self._ask("UID", "FETCH", str(uid), f"(BODY.PEEK[]<0.{opened_.MOST_BYTES}>)")
        return next((bytes(part[1]) for part in said if isinstance(part, tuple)), b"")

    def mark_seen(self, uid: int) -> None:
        """Flag a mail as seen.  Raises MailboxError."""
        with self._translated():
            self._ask("UID", "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen)")

    def move(self, uid: int, folder: str) -> None:
        """Move a mail, into a folder that is made when it is not there.  Raises MailboxError."""
        with self._translated():
            try:
                self._moved(uid, folder)
            except imaplib.IMAP4.error as error:
                if "TRYCREATE" not in str(error):
                    raise
                self._ask("CREATE", _quoted(folder))
                self._moved(uid, folder)

    def _moved(self, uid: int, folder: str) -> None:
        if "MOVE" in self.able:
            self._ask("UID", "MOVE", str(uid), _quoted(folder))
            return
        self._ask("UID", "COPY", str(uid), _quoted(folder))
        self._ask("UID", "STORE", str(uid), "+FLAGS.SILENT", r"(\Seen \Deleted)")
        if "UIDPLUS" in self.able:  # without it other people's deletions would be final too
            self._ask("UID", "EXPUNGE", str(uid))

    def close(self) -> None:
        """Log out, whatever becomes of it."""
        connection, self._connection = self._connection, None
        if connection is not None:
            with contextlib.suppress(imaplib.IMAP4.error, OSError):
                connection.logout()
            with contextlib.suppress(OSError):
                connection.shutdown()

    def abort(self) -> None:
        """Break the connection off, from any thread: whoever waits for the server is freed."""
        if self._connection is not None:
            with contextlib.suppress(OSError):
                self._connection.socket().shutdown(socket.SHUT_RDWR)

    def _connected(self) -> imaplib.IMAP4:
        place, trust = self._place, ssl.create_default_context()
        if place.scheme == "imaps":
            return imaplib.IMAP4_SSL(place.host, place.port, ssl_context=trust, timeout=SECONDS)
        connection = imaplib.IMAP4(place.host, place.port, timeout=SECONDS)
        try:
            connection.starttls(trust)
        except BaseException:
            with contextlib.suppress(OSError):
                connection.shutdown()
            raise
        return connection

    def _log_in(self) -> None:
        server, place = self._server(), self._place
        if "AUTH=PLAIN" in server.capabilities:
            secret = f"\0{place.login}\0{place.password}".encode()
            server.authenticate("PLAIN", lambda _: secret)
        else:
            server.login(_quoted(place.login), place.password)

    def _server(self) -> imaplib.IMAP4:
        if self._connection is None:
            raise OSError("not connected")
        return self._connection

    def _ask(self, command: str, *arguments: str) -> list[Any]:
        """Ask for one thing; raises IMAP4.error when it is refused."""
        server = self._server()
        if command == "UID":
            kind, said = server.uid(*arguments)
        elif command == "SELECT":
            kind, said = server.select(arguments[0])
        else:
            kind, said = server.create(*arguments)
        if kind != "OK":
            raise imaplib.IMAP4.error(_words(said))
        return said

    @contextlib.contextmanager
    def _translated(self) -> Iterator[None]:
        where = f"{self._place.host}:{self._place.port}"
        try:
            yield
        except ssl.SSLCertVerificationError as error:
            raise MailboxError(
                f"{where}: no certificate to trust: {error.verify_message}"
            ) from error
        except TimeoutError as error:
            raise MailboxError(f"{where}: no answer in time") from error
        except OSError as error:
            raise MailboxError(f"{where}: {error.strerror or error}") from error
        except imaplib.IMAP4.error as error:
            raise MailboxError(f"{where}: {_words([str(error)])}") from error


def _words(said: list[Any]) -> str:
    """What a server said, as one short line of plain signs."""
    told = " ".join(
        each.decode("utf-8", "replace") if isinstance(each, bytes) else str(each)
        for each in said
        if each
    )
    return _UNPRINTED.sub(" ", told).strip()[:_MOST_CHARS] or "refused"


def _quoted(name: str) -> str:
    """A name as a quoted string, of a folder in modified UTF-7 (RFC 3501 §5.1.3)."""
    written = re.sub(r"[^\x20-\x7e]+|&", _encoded, name)
    return '"' + written.replace("\\", "\\\\").replace('"', '\\"') + '"'


def _encoded(found: re.Match[str]) -> str:
    if found[0] == "&":
        return "&-"
    signs = base64.b64encode(found[0].encode("utf-16-be")).decode().rstrip("=")
    return f"&{signs.replace('/', ',')}-"
