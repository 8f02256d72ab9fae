"""A real IMAP server for tests: the distribution's Dovecot, in a folder of its own, on loopback.

    with real_dovecot.running() as server:
        server.put(b"Subject: ...")
        ... server.url, server.certificate ...
        assert server.mails("INBOX") == []

Its certificate is self-made: trust it by SSL_CERT_FILE.
"""

import contextlib
import os
import shutil
import socket
import subprocess
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import smtp_server

__all__ = ["LOGIN", "NEEDED", "Dovecot", "find", "running"]

LOGIN = ("bounces", 'open "sesame" é')
# One worker starts it, once for each file of tests.
NEEDED = [
    pytest.mark.xdist_group("dovecot"),
    pytest.mark.skipif(os.geteuid() != 0, reason="Dovecot's master process wants the superuser"),
]
_SECONDS = 30
_ACCOUNT = "nobody"
_SETTINGS = """
protocols = imap
listen = 127.0.0.1
base_dir = {folder}/run
state_dir = {folder}/state
log_path = {folder}/log
ssl = required
ssl_cert = <{folder}/cert.pem
ssl_key = <{folder}/key.pem
service imap-login {{
  chroot =
  inet_listener imap {{
    port = {plain_port}
  }}
  inet_listener imaps {{
    port = {port}
    ssl = yes
  }}
}}
service anvil {{
  chroot =
}}
first_valid_uid = 1
mail_location = maildir:{folder}/mail
passdb {{
  driver = passwd-file
  args = scheme=PLAIN {folder}/users
}}
userdb {{
  driver = static
  args = uid={account} gid=nogroup home={folder}/mail
}}
"""


@dataclass(frozen=True)
class Dovecot:
    """A running Dovecot with one mailbox."""

    folder: Path
    port: int
    plain_port: int
    certificate: smtp_server.Certificate

    def url(self, folder: str = "INBOX", *, starttls: bool = False) -> str:
        """Its address with the login, as `bounces.imap_url` takes it."""
        name, password = LOGIN
        quoted = password.replace(" ", "%20").replace('"', "%22").replace("é", "%C3%A9")
        scheme, port = ("imap+starttls", self.plain_port) if starttls else ("imaps", self.port)
        return f"{scheme}://{name}:{quoted}@127.0.0.1:{port}/{folder}"

    def put(self, data: bytes) -> None:
        """Lay a mail into the inbox, as a mail server would."""
        inbox = self.folder / "mail"
        name = f"{time.time_ns()}.test"
        (inbox / "tmp" / name).write_bytes(data)
        shutil.chown(inbox / "tmp" / name, _ACCOUNT)
        (inbox / "tmp" / name).rename(inbox / "new" / name)

    def mails(self, folder: str = "INBOX") -> list[tuple[str, bytes]]:
        """The flags and bytes of every mail in a folder, deleted ones too, oldest first."""
        place = self.folder / "mail" / ("" if folder == "INBOX" else f".{folder}")
        files = [file for part in ("new", "cur") for file in (place / part).glob("*")]
        files.sort(key=lambda file: file.name)
        return [(file.name.partition(":2,")[2], file.read_bytes()) for file in files]

    def renumber(self) -> None:
        """Have all mails numbered anew, as after a restore: another UIDVALIDITY."""
        for file in (self.folder / "mail").glob("dovecot*"):
            if file.is_file():
                file.unlink()

    def empty(self) -> None:
        """Forget every mail and folder."""
        shutil.rmtree(self.folder / "mail")
        _make_inbox(self.folder / "mail")


def find() -> str:
    """Return where Dovecot is, "" when it is absent."""
    return shutil.which("dovecot", path=f"/usr/sbin{os.pathsep}{os.environ.get('PATH', '')}") or ""


@contextlib.contextmanager
def running() -> Iterator[Dovecot]:
    """Start a Dovecot of our own, and end it afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="dovecot-", dir="/tmp"))
    folder.chmod(0o755)  # its accounts must get through
    server = Dovecot(folder, _free_port(), _free_port(), smtp_server.Certificate.make(folder))
    settings = folder / "dovecot.conf"
    settings.write_text(_SETTINGS.format(account=_ACCOUNT, **vars(server)))
    (folder / "users").write_text(f"{LOGIN[0]}:{LOGIN[1]}\n", encoding="utf-8")
    _make_inbox(folder / "mail")
    process = subprocess.Popen([find() or "dovecot", "-F", "-c", str(settings)])
    try:
        _await(server, process)
        yield server
    finally:
        process.terminate()
        process.wait(_SECONDS)
        shutil.rmtree(folder, ignore_errors=True)


def _make_inbox(place: Path) -> None:
    for part in ("cur", "new", "tmp"):
        (place / part).mkdir(parents=True)
    for each in (place, *place.iterdir()):
        shutil.chown(each, _ACCOUNT, "nogroup")


def _await(server: Dovecot, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + _SECONDS
    while time.monotonic() < until and process.poll() is None:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", server.port), 1):
            return
        time.sleep(0.05)
    log = server.folder / "log"
    raise RuntimeError(f"Dovecot did not come up: {log.read_text() if log.exists() else ''}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])
