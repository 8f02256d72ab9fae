"""What a mail server receives, in bytes, when headlines and names are as bad as they come."""

import random
import re
from collections import Counter
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from digest.demo import mailbox
from subscribers import people
from tests import publishing
from tests.deliver import received, signatures

DOMAIN = "meridian.example"
POSTAL = "1 Harbour Street, Port Meridian"
N_EDITIONS = 25
N_READERS = 20
LONG_AGO = datetime(2025, 11, 3, 9, 0, tzinfo=UTC)  # verifiers refuse a signature of tomorrow
BAD = (
    "\r\nBcc: everybody@reader.example\r\n\r\n", "\nSubject: another", "\r.\r", "\r\n.\r\nQUIT\r\n",
    "\0", "\x1b[31m", "=?utf-8?q?=41?=", "=?utf-8?b?", "?=", "=\r\n", "=3D", "<b>", "</p>", "&amp;",
    "&#10;", '"', "'", ", ", "<x@y.example>", "(comment)", ";", ":", "\\", "\u202e", "\u200b",
    "\ufeff", "\u2028", "😀", "👩‍👩‍👧‍👦", "Ω", "漢字", "عربي", "ё", "e\u0301" * 9, " " * 9, "\t",
    "From here", "\nFrom there", ".", "..", "{{ seam }}", "{% raw %}", "%s", "\ufdd0", "x" * 300,
    "Glaciers", "rates", "railway", "Porto", "ferry", "harbour", "vote", "storm", "museum",
)  # fmt: skip


def hostile(dice: random.Random, most: int = 12) -> str:
    """Bad pieces in a row, with a word among them, for a headline of controls alone is none."""
    pieces = [dice.choice(BAD) for _ in range(dice.randint(1, most))]
    return "".join((*pieces[:2], f"Story {dice.randint(1, 10**9)} ", *pieces[2:]))


def settings_of(folder: Path) -> dict[str, Any]:
    rsa, edwards = folder / "rsa.pem", folder / "ed25519.pem"
    rsa.write_bytes(signatures.pem(signatures.rsa_key()))
    edwards.write_bytes(signatures.pem(signatures.ed25519_key()))
    return {
        "base_url": f"https://{DOMAIN}",
        "publication": 'Ἑρμῆς, "The Meridian" <daily>',
        "postal_address": POSTAL,
        "dkim": {
            "domain": DOMAIN, "selector": "r2026", "key_file": rsa,
            "second_selector": "e2026", "second_key_file": edwards,
        },
    }  # fmt: skip


def add_readers(press: publishing.Press, names: Mapping[str, str]) -> None:
    """Sign people up, by address."""
    with press.rt.db.begin() as session:
        for address, name in names.items():
            key = press.rt.keys[-1]
            people.add(session, key=key, now=press.clock(), email=address, name=name)


def look_at(mails: list[mailbox.Received]) -> list[received.Mail]:
    return [
        received.check(mail.data, recipient=mail.recipient, domain=DOMAIN, postal_address=POSTAL)
        for mail in mails
    ]


async def test_five_hundred_mails_with_hostile_headlines_keep_to_the_standards(
    tmp_path: Path,
) -> None:
    """A1 to A8, A10 to A14, A16, A17, A46: through the outbox, the client and a real server."""
    dice = random.Random(5321)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    clock = publishing.Clock(LONG_AGO)
    given = settings_of(tmp_path)
    async with publishing.opened(url, tmp_path, clock=clock, **given) as press:
        names = [hostile(dice, 4).replace("\0", "")[:80] for _ in range(N_READERS)]
        add_readers(press, {f"reader-{n}@reader.example": name for n, name in enumerate(names)})
        for edition in range(N_EDITIONS):
            headlines = [hostile(dice) for _ in range(4)]
            if edition == 0:
                headlines[0] = "Ω" * 2000
            press.collect(
                [
                    press.entry(headline, uid=f"{edition}-{n}", summary=hostile(dice))
                    for n, headline in enumerate(headlines)
                ]
            )
            await press.publish()
            await press.send()
            press.clock.forward(days=1)
        stored = {d.message_id: d for d in press.deliveries()}
        assert press.states() == {"submitted": N_EDITIONS * N_READERS}
        mails, signers = press.mail.received, press.rt.signers
    assert len(mails) == len(stored) == 500
    seen = look_at(mails)
    assert {mail.field("message-id") for mail in seen} == set(stored)
    by_edition: dict[int, list[received.Mail]] = {}
    for mail in seen:
        by_edition.setdefault(stored[mail.field("message-id")].unit_id, []).append(mail)
        assert signatures.verdicts(mail.data, signers) == [True, True]  # A17
        covered = signatures.tags(mail.data)["h"].lower().split(":")
        present = {name for name, _ in mail.fields} - {"dkim-signature"}
        assert present <= set(covered)  # A11, A13, A16
    for mails_of_one in by_edition.values():
        assert signatures.verdicts_of_opendkim(mails_of_one[0].data, signers) == [True, True]
        assert len({mail.field("feedback-id") for mail in mails_of_one}) == 1  # A13
    assert len({mail.field("list-id") for mail in seen}) == 1  # A10
    assert Counter(len({m.field("subject") for m in each}) for each in by_edition.values()) == {
        1: N_EDITIONS
    }
    assert len({each[0].field("subject") for each in by_edition.values()}) == N_EDITIONS  # A14


async def test_no_mail_holds_anything_of_another_reader(tmp_path: Path) -> None:
    """A3, A9, A34: a thousand recipients; one recipient a transaction, and never a Bcc."""
    dice = random.Random(8058)
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path, **settings_of(tmp_path)) as press:
        press.add_stories(publishing.SEOUL, publishing.GLACIERS, publishing.PORTO)
        addresses = []
        for number in range(1000):
            local = "".join(dice.choices("abcxyz0189.+_'-", k=dice.randint(0, 40))).replace(".", "")
            host = dice.choice(["reader.example", "xn--bcher-kva.example", "mail.reader.example"])
            addresses.append(f"r{number}{local}z@{host}")
        add_readers(press, dict.fromkeys(addresses, "Ann"))
        await press.publish()
        await press.send()
        assert press.states() == {"submitted": 1000}
        mails = press.mail.received
    assert sorted(mail.recipient for mail in mails) == sorted(addresses)
    seen = look_at(mails)
    ways_out = [mail.way_out for mail in seen]
    assert len(set(ways_out)) == len({mail.field("message-id") for mail in seen}) == 1000
    tokens = re.compile(rb"/(?:unsubscribe|preferences)/([\w.~-]+)")
    readers = re.compile(rb"(?<![\w.+'-])r\d+[\w.+'-]*z@[\w.-]+")
    owner: dict[bytes, str] = {}
    for mail, got in zip(seen, mails, strict=True):
        whole = mail.data + "".join(mail.part(kind) for kind in ("plain", "html")).encode()
        for token in tokens.findall(whole.replace(b"=\r\n", b"")):
            assert owner.setdefault(token, got.recipient) == got.recipient
        named = {word.decode() for word in readers.findall(whole)}
        assert named & set(addresses) == {got.recipient}
        assert not {"bcc", "cc"} & {name for name, _ in mail.fields}
    assert len(owner) == 2000


_SPOILT_HEAD = "From: a@b.example\r\nTo: c@d.example\r\n"


@pytest.mark.parametrize(
    "spoilt",
    [
        f"{_SPOILT_HEAD}Subject: {'x y ' * 40}\r\n\r\nHi\r\n",
        f"{_SPOILT_HEAD}Bcc: x@y.example\r\n\r\nHi\r\n",
        f"{_SPOILT_HEAD}\r\nlone\nline feed\r\n",
        f"{_SPOILT_HEAD}\r\n{'x' * 77}\r\n",
    ],
)
def test_a_mail_that_breaks_the_rules_is_found_out(spoilt: str) -> None:
    """The checks above can fail."""
    with pytest.raises(AssertionError):
        received.check(
            spoilt.encode(), recipient="c@d.example", domain=DOMAIN, postal_address=POSTAL
        )
