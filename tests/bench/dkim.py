"""What a DKIM signature costs a mail: ours, dkimpy's, the bare primitive, and each part of ours.

    python -m tests.bench.dkim [--bytes 50000] [--times 500] [--threads]

Prints one line of JSON with microseconds of CPU a message, the median of five rounds taken in
turn.  "canonical" signs as mail of ours is signed; the others look through the text first.
"beyond" is what ours costs more than the primitive.  --threads: signatures a second of wall
clock by one thread, and by two.
"""

import argparse
import hashlib
import json
import statistics
import sys
import threading
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
    parser.add_argument("--bytes", type=int, default=50_000, help="size of one message")
    parser.add_argument("--times", type=int, default=500, help="signatures a round")
    parser.add_argument("--threads", action="store_true", help="also by one thread and by two")
    asked = parser.parse_args()
    data = _message(asked.bytes)
    signer, second = signatures.both()
    key, edwards = signatures.rsa_key(), ed25519.Ed25519PrivateKey.generate()
    head, _, text = data.partition(b"\r\n\r\n")
    hashed = data[:1500]  # about what a signature covers of a header
    at = signatures.AT

    def primitive() -> object:
        return key.sign(hashed, padding.PKCS1v15(), hashes.SHA256())

    def canonical() -> object:
        return dkim.sign_all((signer,), data, at, canonical=True)

    figures = _microseconds(
        {
            "primitive_rsa": primitive,
            "canonical_rsa": canonical,
            "looked_through_rsa": lambda: dkim.sign_all((signer,), data, at),
            "primitive_ed25519": lambda: edwards.sign(hashed[:32]),
            "canonical_ed25519": lambda: dkim.sign_all((second,), data, at, canonical=True),
            "canonical_both": lambda: dkim.sign_all((signer, second), data, at, canonical=True),
            "part_header": lambda: dkim._read(head),
            "part_text_sha256": lambda: hashlib.sha256(text).digest(),
            "part_text_line_ends": lambda: dkim._refuse_odd_line_ends(data),
            "part_text_relaxing": lambda: dkim._canonical_body(text),
        },
        asked.times,
    )
    figures |= {
        "bytes": len(data),
        "beyond_rsa": round(figures["canonical_rsa"] - figures["primitive_rsa"], 1),
        "times_the_primitive": round(figures["canonical_rsa"] / figures["primitive_rsa"], 3),
    }
    key_pem = signatures.pem(key, pkcs1=True)
    both = (b"relaxed", b"relaxed")
    figures |= _microseconds(
        {"dkimpy_rsa": lambda: dkimpy.sign(data, b"a", b"b.example", key_pem, canonicalize=both)},
        max(asked.times // 20, 1),
    )
    if asked.threads:
        figures |= {f"{n}_threads_a_second": _threaded(canonical, n, asked.times) for n in (1, 2)}
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


def _microseconds(ways: dict[str, Callable[[], object]], times: int) -> dict[str, float]:
    """CPU of each, in turn, so that a busy minute meets all of them."""
    rounds: dict[str, list[float]] = {name: [] for name in ways}
    for _ in range(_ROUNDS):
        for name, way in ways.items():
            start = time.process_time()
            for _ in range(times):
                way()
            rounds[name].append((time.process_time() - start) / times * 1e6)
    return {name: round(statistics.median(found), 1) for name, found in rounds.items()}


def _threaded(way: Callable[[], object], n: int, times: int) -> int:
    """How often in a second `n` threads come to the end of it, together; the best round."""

    def work() -> None:
        for _ in range(times):
            way()

    best = 0.0
    for _ in range(_ROUNDS):
        threads = [threading.Thread(target=work) for _ in range(n)]
        start = time.perf_counter()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        best = max(best, n * times / (time.perf_counter() - start))
    return round(best)


if __name__ == "__main__":
    main()
