"""Keys, a message, and verifiers that are not ours, for the tests of the DKIM signature.

dkimpy and OpenDKIM, a filter that many mail servers verify with, always judge; `poe set-up`
brings the second.  The Node program `mailauth` judges too where it is on PATH
(`npm install --global mailauth`).
"""

import functools
import json
import os
import re
import shutil
import subprocess
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

import dkim as dkimpy
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from digest.deliver import dkim

AT = datetime(2026, 3, 1, 6, 0, tzinfo=UTC)
DOMAIN = "courier.example"
HEAD = (
    b"From: The Courier <briefing@courier.example>\r\n"
    b"To: ann@reader.example\r\n"
    b"Subject: =?utf-8?q?Caf=C3=A9s_open?=\r\n =?utf-8?q?_again?=\r\n"
    b"Date: Sun, 01 Mar 2026 06:00:00 +0000\r\n"
    b"Message-ID: <7.42@courier.example>\r\n"
    b"Reply-To: desk@courier.example\r\n"
    b"List-Id: Morning <morning.courier.example>\r\n"
    b"List-Post: NO\r\n"
    b"List-Unsubscribe: <https://courier.example/unsubscribe/" + b"k" * 120 + b">\r\n"
    b"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\n"
    b"Feedback-ID: 7:daily:digest:courier\r\n"
    b"Auto-Submitted: auto-generated\r\n"
    b"MIME-Version: 1.0\r\n"
    b"Content-Type: text/plain; charset=utf-8\r\n"
    b"Content-Transfer-Encoding: quoted-printable\r\n"
)
TEXT = b"Good morning,\r\n.\r\n..  two dots\r\n\tand a tab   \r\nThe end\r\n"
MESSAGE = HEAD + b"\r\n" + TEXT

Key = rsa.RSAPrivateKey | ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey


def pem(key: Key, *, pkcs1: bool = False, password: bytes = b"") -> bytes:
    """A private key as an operator has it in a file."""
    form = serialization.PrivateFormat
    locked: serialization.KeySerializationEncryption = serialization.NoEncryption()
    if password:
        locked = serialization.BestAvailableEncryption(password)
    return key.private_bytes(
        serialization.Encoding.PEM, form.TraditionalOpenSSL if pkcs1 else form.PKCS8, locked
    )


@functools.cache
def rsa_key(bits: int = 2048) -> rsa.RSAPrivateKey:
    return rsa.generate_private_key(65537, bits)


@functools.cache
def rsa_signer() -> dkim.Signer:
    return dkim.Signer(DOMAIN, "r2026", pem(rsa_key()))


@functools.cache
def ed25519_key() -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.generate()


@functools.cache
def ed25519_signer() -> dkim.Signer:
    return dkim.Signer(DOMAIN, "e2026", pem(ed25519_key()))


def both() -> tuple[dkim.Signer, dkim.Signer]:
    return rsa_signer(), ed25519_signer()


def verdicts(data: bytes, signers: Sequence[dkim.Signer]) -> list[bool]:
    """What dkimpy says of each signature of the message, the first one first."""
    records = dict(map(dkim.record, signers))

    def look_up(name: bytes, timeout: int = 5) -> bytes | None:
        text = records.get(name.decode().rstrip("."))
        return None if text is None else text.encode()

    verifier = dkimpy.DKIM(data, minkey=2048)
    n_signatures = sum(name.lower() == b"dkim-signature" for name, _ in verifier.headers)
    found = []
    for index in range(n_signatures):
        try:
            found.append(bool(verifier.verify(index, dnsfunc=look_up)))
        except dkimpy.DKIMException:
            found.append(False)
    return found


def find_opendkim() -> str:
    """Return where OpenDKIM's filter is, "" when it is absent."""
    return shutil.which("opendkim", path=f"/usr/sbin{os.pathsep}{os.environ.get('PATH', '')}") or ""


def verdicts_of_opendkim(data: bytes, signers: Sequence[dkim.Signer]) -> list[bool]:
    """What OpenDKIM says of each signature of the message, the first one first."""
    with tempfile.TemporaryDirectory() as folder:
        records, settings = Path(folder, "records"), Path(folder, "opendkim.conf")
        records.write_text("".join(f"{name} {text}\n" for name, text in map(dkim.record, signers)))
        settings.write_text(f"Mode v\nTestDNSData file:{records}\n")
        mail = Path(folder, "mail.eml")
        mail.write_bytes(data)
        done = subprocess.run(
            [find_opendkim() or "opendkim", "-x", str(settings), "-t", str(mail), "-v", "-v"],
            capture_output=True,
            text=True,
            timeout=60,
            check=True,
        )
    return [result == "pass" for result in re.findall(r"^\tdkim=(\w+)", done.stdout, re.MULTILINE)]


def verdicts_of_mailauth(data: bytes, signers: Sequence[dkim.Signer]) -> list[bool]:
    """What mailauth says of each signature of the message, the first one first."""
    with tempfile.TemporaryDirectory() as folder:
        cache, mail = Path(folder, "dns.json"), Path(folder, "mail.eml")
        cache.write_text(
            json.dumps({name: {"TXT": [[text]]} for name, text in map(dkim.record, signers)})
        )
        mail.write_bytes(data)
        done = subprocess.run(
            [
                "mailauth",
                "report",
                "--dns-cache",
                str(cache),
                "--client-ip",
                "127.0.0.1",
                str(mail),
            ],
            capture_output=True,
            timeout=60,
            check=True,
        )
    results = json.loads(done.stdout)["dkim"]["results"]
    return [result["status"]["result"] == "pass" for result in results]


JUDGES = (
    verdicts,
    verdicts_of_opendkim,
    *((verdicts_of_mailauth,) if shutil.which("mailauth") else ()),
)


def tags(data: bytes, index: int = 0) -> dict[str, str]:
    """The tags of one DKIM-Signature of a message, white space left out."""
    value = [v for name, v in dkimpy.DKIM(data).headers if name.lower() == b"dkim-signature"][index]
    found = {}
    for tag in "".join(value.decode("ascii").split()).split(";"):
        name, _, text = tag.partition("=")
        found[name] = text
    return found
