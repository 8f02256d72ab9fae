"""A real Postfix for tests: the distribution's, in a folder of its own, on loopback.

It wants STARTTLS and a login, takes mail for anybody and keeps all of it in its queue, where
`queue()` counts it and `text()` reads it.  It is as strict as it can be about what is sent before
its turn (RFC 2920) and about line ends.  What it serves runs as Postfix's own account;
its master process is for the superuser.

    with real_postfix.running() as server:
        ... server.url, server.certificate ...
        assert len(server.queue()) == 3
"""

import base64
import contextlib
import json
import os
import shutil
import socket
import socketserver
import subprocess
import tempfile
import threading
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.faults import smtp_server

__all__ = ["LOGIN", "MAX_MESSAGE_BYTES", "NEEDED", "Postfix", "Queued", "find", "running"]

LOGIN = ("desk", "open sesame")
MAX_MESSAGE_BYTES = 1_000_000
# One worker starts it, once for each file of tests.
NEEDED = [
    pytest.mark.xdist_group("postfix"),
    pytest.mark.skipif(os.geteuid() != 0, reason="Postfix's master process wants the superuser"),
]

_SECONDS = 60
_SETTINGS = f"""
compatibility_level = 3.6
queue_directory = {{folder}}/spool
data_directory = {{folder}}/data
maillog_file = {{folder}}/spool/log
maillog_file_prefixes = {{folder}}
mail_owner = postfix
setgid_group = postdrop
myhostname = mail.example
mydestination =
alias_maps =
mynetworks =
inet_protocols = ipv4
inet_interfaces = 127.0.0.1
message_size_limit = {MAX_MESSAGE_BYTES}
smtputf8_enable = yes
smtpd_tls_cert_file = {{folder}}/cert.pem
smtpd_tls_key_file = {{folder}}/key.pem
smtpd_tls_security_level = encrypt
smtpd_tls_auth_only = yes
smtpd_sasl_auth_enable = yes
smtpd_sasl_type = dovecot
smtpd_sasl_path = private/auth
smtpd_forbid_unauth_pipelining = yes
smtpd_forbid_bare_newline = yes
smtpd_data_restrictions = reject_unauth_pipelining
smtpd_relay_restrictions = permit_sasl_authenticated, reject
smtpd_recipient_restrictions =
  check_recipient_access inline:{{{{{{{{gone@reader.example = 550 5.1.1 No such mailbox here}}}},
    {{{{grey@reader.example = 450 4.7.1 Greylisted, come back later}}}}}}}},
  check_recipient_access static:HOLD
"""
_SERVICES = """
127.0.0.1:{port} inet n - n - - smtpd
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
verify unix - - n - 1 verify
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
anvil unix - - n - 1 anvil
error unix - - n - - error
retry unix - - n - - error
showq unix n - n - - showq
tlsmgr unix - - n 1000? 1 tlsmgr
postlog unix-dgram n - n - 1 postlogd
"""


@dataclass(frozen=True)
class Queued:
    """One message in the queue."""

    number: str  # Postfix's queue id, which its answer to the final dot names
    place: str  # "hold" for what was accepted and waits
    sender: str
    recipients: tuple[str, ...]


@dataclass(frozen=True)
class Postfix:
    """A running Postfix."""

    folder: Path
    port: int
    certificate: smtp_server.Certificate

    @property
    def url(self) -> str:
        """Its address with the login, as the setting `smtp.url` takes it."""
        name, password = LOGIN
        return f"smtp+starttls://{name}:{password.replace(' ', '%20')}@127.0.0.1:{self.port}"

    def queue(self) -> list[Queued]:
        """Everything it accepted since it was emptied."""
        lines = self._do("postqueue", "-j").splitlines()
        return [
            Queued(
                number=found["queue_id"],
                place=found["queue_name"],
                sender=found["sender"],
                recipients=tuple(each["address"] for each in found["recipients"]),
            )
            for found in map(json.loads, lines)
        ]

    def text(self, number: str) -> bytes:
        """A message as it would go on: with Postfix's own trace before it, lines ended by CRLF."""
        return self._do("postcat", "-h", "-b", "-q", number).replace(b"\n", b"\r\n")

    def empty(self) -> None:
        """Forget all mail."""
        self._do("postsuper", "-d", "ALL")

    def _do(self, program: str, *arguments: str) -> bytes:
        return subprocess.run(
            [f"/usr/sbin/{program}", "-c", str(self.folder / "etc"), *arguments],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        ).stdout


def find() -> str:
    """Return where Postfix is, "" when it is absent."""
    return shutil.which("postfix", path=f"/usr/sbin{os.pathsep}{os.environ.get('PATH', '')}") or ""


@contextlib.contextmanager
def running() -> Iterator[Postfix]:
    """Start a Postfix of our own, and end all its processes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="postfix-", dir="/tmp"))
    folder.chmod(0o755)  # its account must get through
    try:
        server = Postfix(folder, _free_port(), smtp_server.Certificate.make(folder))
        _lay_out(server)
        _command(server, "start")
        try:
            with _passwords(folder / "spool" / "private" / "auth"):
                yield server
        finally:
            _command(server, "stop")
    finally:
        shutil.rmtree(folder)


def _lay_out(server: Postfix) -> None:
    settings = server.folder / "etc"
    settings.mkdir()
    (settings / "main.cf").write_text(_SETTINGS.format(folder=server.folder))
    (settings / "master.cf").write_text(_SERVICES.format(port=server.port))
    data = server.folder / "data"
    data.mkdir()
    shutil.chown(data, "postfix")
    (server.folder / "spool").mkdir()


def _command(server: Postfix, word: str) -> None:
    """Start or stop it; returns when that is done."""
    done = subprocess.run(
        [find() or "postfix", "-c", str(server.folder / "etc"), word],
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        log = server.folder / "spool" / "log"
        said = log.read_text() if log.exists() else ""
        raise RuntimeError(f"postfix {word}: {done.stderr}{said[-2000:]}")


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        return int(taken.getsockname()[1])


class _Checker(socketserver.StreamRequestHandler):
    """Says whose password is right, as Dovecot's auth process would (its protocol 1.2)."""

    def handle(self) -> None:
        hello = ["VERSION\t1\t2", "MECH\tPLAIN\tplaintext", "SPID\t1", "CUID\t1", "COOKIE\t00"]
        self.wfile.write("\n".join([*hello, "DONE", ""]).encode())
        for line in self.rfile:
            verb, *words = line.decode().rstrip("\n").split("\t")
            if verb == "AUTH":
                given = base64.b64decode(words[-1].removeprefix("resp="))
                _, name, password = given.decode().split("\0")
                word = "OK" if (name, password) == LOGIN else "FAIL"
                self.wfile.write(f"{word}\t{words[0]}\tuser={name}\n".encode())


class _Checkers(socketserver.ThreadingUnixStreamServer):
    daemon_threads = True


@contextlib.contextmanager
def _passwords(path: Path) -> Iterator[None]:
    with _Checkers(str(path), _Checker) as checkers:
        path.chmod(0o666)
        thread = threading.Thread(target=checkers.serve_forever)
        thread.start()
        try:
            yield
        finally:
            checkers.shutdown()
            thread.join()
