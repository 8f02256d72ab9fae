"""What a DKIM signature costs a mail: ours, dkimpy's, and the bare primitive.

    python -m tests.bench.dkim [--bytes 58000] [--times 500]

Prints one line of JSON with milliseconds of CPU a message, the median of five rounds.
"""

import argparse
import json
import statistics
import sys
import time
from collections.abc import Callable

import dkim as dkimpy
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ed25519, padding

from digest import model
from digest.deliver import dkim
from digest.render import mime
from tests.deliver import signatures

_ROUNDS = 5
_LINE = (
    '    <p style="margin:0 0 8px">The ferry of 07:40 leaves from pier 3 today; café öppet.</p>\n'
)


def main() -> None:
    """Measure once and print one line of JSON."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.dkim", description=__doc__)
    parser.add_argument("--bytes", type=int, default=58_000, help="size of one message")
    parser.add_argument("--times", type=int, default=500, help="signatures a round")
    asked = parser.parse_args()
    data = _message(asked.bytes)
    signer, second = signatures.both()
    key, key_pem = signatures.rsa_key(), signatures.pem(signatures.rsa_key(), pkcs1=True)
    edwards = ed25519.Ed25519PrivateKey.generate()
    ways: dict[str, Callable[[], object]] = {
        "ours_rsa": lambda: signer.sign(data, signatures.AT),
        "ours_ed25519": lambda: second.sign(data, signatures.AT),
        "ours_both": lambda: dkim.sign_all((signer, second), data, signatures.AT),
        "primitive_rsa": lambda: key.sign(data[:1500], padding.PKCS1v15(), hashes.SHA256()),
        "primitive_ed25519": lambda: edwards.sign(data[:32]),
    }
    figures: dict[str, float] = {"bytes": len(data)}
    for name, way in ways.items():
        figures[name] = _milliseconds(way, asked.times)
    figures["dkimpy_rsa"] = _milliseconds(
        lambda: dkimpy.sign(
            data, b"r2026", b"courier.example", key_pem, canonicalize=(b"relaxed", b"relaxed")
        ),
        max(asked.times // 20, 1),
    )
    sys.stdout.write(json.dumps(figures) + "\n")


def _message(size: int) -> bytes:
    """A mail of ours, quoted-printable, of about `size` bytes."""
    head = mime.MailHead(
        sender_name="The Courier",
        sender_address="briefing@courier.example",
        recipient_address="ann@reader.example",
        message_id="<7.42@courier.example>",
        date=signatures.AT,
        list_id_name="Morning",
        list_id="morning.courier.example",
        unsubscribe_url="https://courier.example/unsubscribe/" + "k" * 120,
        feedback_id="7:daily:digest:courier",
    )
    n_lines = size // 110
    return mime.mail_bytes(head, model.MailParts("Morning", "", "Ferry\n", _LINE * n_lines))


def _milliseconds(way: Callable[[], object], times: int) -> float:
    rounds = []
    for _ in range(_ROUNDS):
        start = time.process_time()
        for _ in range(times):
            way()
        rounds.append((time.process_time() - start) / times * 1000)
    return round(statistics.median(rounds), 4)


if __name__ == "__main__":
    main()
