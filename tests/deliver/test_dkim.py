"""A third party finds our signatures good on the bytes that a real SMTP server received."""

import re
from collections.abc import Callable, Sequence
from datetime import timedelta

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

from digest import errors
from digest.deliver import dkim, mail
from digest.demo import mailbox
from tests.deliver import signatures, wire

Judge = Callable[[bytes, Sequence[dkim.Signer]], list[bool]]

_judged = pytest.mark.parametrize("judge", signatures.JUDGES, ids=lambda judge: judge.__name__)


async def _received(data: bytes) -> bytes:
    async with (
        mailbox.Mailbox() as server,
        mail.MailSender(wire.options(server.port)) as sender,
    ):
        await sender.send(wire.message(data=data), before_commit=wire.ignore)
        [received] = await server.wait_for(1)
    return received.data


@_judged
@pytest.mark.parametrize(
    "make", [signatures.rsa_signer, signatures.ed25519_signer], ids=["rsa", "ed25519"]
)
async def test_a_third_party_verifies_what_the_mail_server_received(
    make: Callable[[], dkim.Signer], judge: Judge
) -> None:
    """A15, A17: dot-stuffing on the way changes nothing."""
    signed = make().sign(signatures.MESSAGE, signatures.AT)
    received = await _received(signed)
    assert received == signed
    assert judge(received, [make()]) == [True]


@_judged
async def test_two_selectors_sign_one_message_and_both_are_good(judge: Judge) -> None:
    received = await _received(dkim.sign_all(signatures.both(), signatures.MESSAGE, signatures.AT))
    assert judge(received, signatures.both()) == [True, True]
    assert [signatures.tags(received, i)["s"] for i in (0, 1)] == ["r2026", "e2026"]


@_judged
@pytest.mark.parametrize(
    ("said", "forged"),
    [
        (b"The end", b"The End"),
        (b"Caf=C3=A9s", b"Caf=C3=A8s"),
        (b"unsubscribe/k", b"unsubscribe/j"),
        (b"=One-Click", b"=One-Clock"),
        (b"7:daily", b"8:daily"),
        (b"ann@", b"eve@"),
        (b"; t=1", b"; t=2"),
    ],
)
def test_a_message_altered_by_one_byte_is_found_out(
    said: bytes, forged: bytes, judge: Judge
) -> None:
    signed = dkim.sign_all(signatures.both(), signatures.MESSAGE, signatures.AT)
    assert said in signed
    assert judge(signed.replace(said, forged), signatures.both()) == [False, False]


@_judged
@pytest.mark.parametrize(
    "name",
    ["From", "Subject", "Cc", "Date", "Reply-To", "List-Unsubscribe", "List-Unsubscribe-Post"],
)
def test_a_field_added_by_somebody_else_is_found_out(name: str, judge: Judge) -> None:
    """A11, A16: singletons are signed once more than they are there."""
    signed = dkim.sign_all(signatures.both(), signatures.MESSAGE, signatures.AT)
    for added in (
        f"{name}: mallory@evil.example\r\n".encode() + signed,
        signed.replace(b"\r\n\r\n", f"\r\n{name}: mallory@evil.example\r\n\r\n".encode(), 1),
    ):
        assert True not in judge(added, signatures.both())


@_judged
@pytest.mark.parametrize(
    "name",
    ["Subject", "Reply-To", "List-Id", "List-Post", "List-Unsubscribe", "Feedback-ID", "Content-"],
)
def test_a_field_taken_away_is_found_out(name: str, judge: Judge) -> None:
    """A11, A13, A16."""
    signed = dkim.sign_all(signatures.both(), signatures.MESSAGE, signatures.AT)
    less = re.sub(rb"(?m)^%b[^:]*:.*\r\n(?:[ \t].*\r\n)*" % name.encode(), b"", signed)
    assert less != signed
    assert judge(less, signatures.both()) == [False, False]


@_judged
def test_a_relay_that_folds_the_header_anew_breaks_nothing(judge: Judge) -> None:
    """A16: c=relaxed; other folds, other blanks, names in other letters, blanks at line ends."""
    signed = dkim.sign_all(signatures.both(), signatures.MESSAGE, signatures.AT)
    head, end, text = signed.partition(b"\r\n\r\n")
    for written, other in (
        (rb"\r\n[ \t]+", b"\r\n\t \t"),  # another indent
        (rb"(?m)^([A-Za-z-]+): ", rb"\1:\r\n  "),  # a fold after the name
        (rb"(?m)^List-([A-Z])", rb"LIST-\1"),
        (rb"\r\n[ \t]+", b" "),  # long lines instead of folds
        (rb"$", b" \t"),
    ):
        folded = re.sub(written, other, head)
        assert folded != head
        assert judge(folded + end + text, signatures.both()) == [True, True]
    tidied = text.replace(b"\tand a tab   ", b" and a tab") + b"\r\n\r\n"
    assert judge(head + end + tidied, signatures.both()) == [True, True]


@_judged
@pytest.mark.parametrize("known", [0, 1], ids=["only the old one", "only the new one"])
def test_while_keys_change_either_published_selector_is_enough(known: int, judge: Judge) -> None:
    """A15, A16: both sign, so a receiver that still, or only, finds one of them is content."""
    new = dkim.Signer(signatures.DOMAIN, "r2027", signatures.pem(signatures.rsa_key(3072)))
    signers = (signatures.rsa_signer(), new)
    signed = dkim.sign_all(signers, signatures.MESSAGE, signatures.AT)
    assert judge(signed, signers) == [True, True]
    assert judge(signed, [signers[known]]) == [known == 0, known == 1]


@_judged
def test_a_relay_that_adds_its_own_trace_breaks_nothing(judge: Judge) -> None:
    signed = signatures.rsa_signer().sign(signatures.MESSAGE, signatures.AT)
    trace = b"Received: from a by b\r\nFeedback-ID: 1:relay\r\nX-Relay: yes\r\n"
    assert judge(trace + signed, [signatures.rsa_signer()]) == [True]


def test_the_signature_covers_every_field_that_matters() -> None:
    """A11, A13, A16 and trap 6."""
    signed = signatures.rsa_signer().sign(signatures.MESSAGE, signatures.AT)
    covered = signatures.tags(signed)["h"].lower().split(":")
    present = [line.split(b":")[0].decode().lower() for line in signatures.HEAD.split(b"\r\n")]
    named = {name for name in present if name and not name.startswith(" ")}
    assert named <= set(covered)
    once = {"feedback-id", "auto-submitted"}
    assert {name for name in named if covered.count(name) == 1} == once
    assert {name for name in named if covered.count(name) == 2} == named - once


def test_one_click_unsubscribe_is_named_even_by_a_mail_without_it() -> None:
    """A11: nobody can add a one-click address of their own."""
    plain = signatures.rsa_signer().sign(b"From: a@courier.example\r\n\r\nHi\r\n", signatures.AT)
    covered = signatures.tags(plain)["h"].split(":")
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"} <= set(covered)
    assert signatures.verdicts(plain, [signatures.rsa_signer()]) == [True]


@pytest.mark.parametrize("at", [0, 1], ids=["rsa", "ed25519"])
def test_the_signature_is_relaxed_and_limits_nothing(at: int) -> None:
    """A16: no `l=`, no SHA-1."""
    signer = signatures.both()[at]
    tags = signatures.tags(signer.sign(signatures.MESSAGE, signatures.AT))
    assert list(tags) == ["v", "a", "c", "d", "s", "t", "h", "bh", "b"]
    assert tags["a"] == signer.algorithm == ("rsa-sha256", "ed25519-sha256")[at]
    assert tags["c"] == "relaxed/relaxed"
    assert int(tags["t"]) == signatures.AT.timestamp()


def test_the_field_comes_first_folded_at_78_columns_and_the_message_stays_as_it_was() -> None:
    """A1."""
    signed = signatures.rsa_signer().sign(signatures.MESSAGE, signatures.AT)
    assert signed.startswith(b"DKIM-Signature: v=1;")
    assert signed.endswith(signatures.MESSAGE)
    field = signed.removesuffix(signatures.MESSAGE)
    assert field.endswith(b"\r\n")
    lines = field.removesuffix(b"\r\n").split(b"\r\n")
    assert all(len(line) <= 78 and line.isascii() for line in lines)
    assert all(re.match(rb" \S", line) for line in lines[1:])


def test_no_line_is_wider_than_78_columns_however_long_the_names_are() -> None:
    """A1: one label of a name may be 63 long, which still fits; the widest line is full."""
    key_pem = signatures.pem(ed25519.Ed25519PrivateKey.generate())
    widths = set()
    for n in range(1, 64):
        signer = dkim.Signer(signatures.DOMAIN, "s" * n, key_pem)
        field = signer.sign(signatures.MESSAGE, signatures.AT).removesuffix(signatures.MESSAGE)
        widths |= {len(line) for line in field.split(b"\r\n")}
    assert max(widths) == 78


def test_a_retry_is_signed_with_the_same_bytes_and_another_moment_with_others() -> None:
    """A3."""
    signed = dkim.sign_all(signatures.both(), signatures.MESSAGE, signatures.AT)
    assert dkim.sign_all(signatures.both(), signatures.MESSAGE, signatures.AT) == signed
    later = signatures.AT + timedelta(seconds=1)
    assert dkim.sign_all(signatures.both(), signatures.MESSAGE, later) != signed


@pytest.mark.parametrize("data", [b"From: a@courier.example\r\n", b"From: a@courier.example"])
async def test_a_message_that_is_only_a_header_arrives_with_a_good_signature(data: bytes) -> None:
    received = await _received(dkim.sign_all(signatures.both(), data, signatures.AT))
    assert signatures.verdicts(received, signatures.both()) == [True, True]


def test_without_a_signer_the_message_stays_as_it_is() -> None:
    assert dkim.sign_all((), signatures.MESSAGE, signatures.AT) is signatures.MESSAGE


@pytest.mark.parametrize(
    "data",
    [
        b"From: a@b.example\nSubject: bare\n\nHi\n",
        b"From: a@b.example\r\n\r\nlone\rreturn\r\n",
        b"From: a@b.example\r\n\r\nlone\nline feed\r\n",
        b"Subject: nobody\r\n\r\nHi\r\n",
        b"From: a@b.example\r\nFrom: c@b.example\r\n\r\nHi\r\n",
        b"From: a@b.example\r\nno colon here\r\n\r\nHi\r\n",
        b"From: a@b.example\r\nList-X;l=0: y\r\n\r\nHi\r\n",
        b"\r\nFrom: a@b.example\r\n\r\nHi\r\n",
        b"",
    ],
)
def test_bytes_that_could_not_arrive_as_signed_are_refused(data: bytes) -> None:
    with pytest.raises(errors.RenderError):
        signatures.rsa_signer().sign(data, signatures.AT)


@pytest.mark.parametrize("pkcs1", [False, True])
@pytest.mark.parametrize("bits", [2048, 3072])
def test_rsa_keys_are_taken_in_either_form(bits: int, pkcs1: bool) -> None:
    key = signatures.rsa_key(bits)
    signer = dkim.Signer("Courier.Example", "A.b", signatures.pem(key, pkcs1=pkcs1))
    assert (signer.domain, signer.selector) == ("courier.example", "a.b")
    signed = signer.sign(signatures.MESSAGE, signatures.AT)
    assert signatures.verdicts(signed, [signer]) == [True]


@pytest.mark.parametrize(
    ("key_pem", "sentence"),
    [
        (signatures.pem(rsa.generate_private_key(65537, 1024)), "1024 bits: receivers want"),
        (signatures.pem(ec.generate_private_key(ec.SECP256R1())), "RSA or an Ed25519 key"),
        (
            signatures.pem(ed25519.Ed25519PrivateKey.generate(), password=b"open"),
            "locked with a password",
        ),
        (b"", "no private key in PEM"),
        (b"-----BEGIN PRIVATE KEY-----\nc2VjcmV0\n-----END PRIVATE KEY-----\n", "no private key"),
        (signatures.pem(ed25519.Ed25519PrivateKey.generate())[:40], "no private key in PEM"),
    ],
    ids=["1024", "curve", "locked", "empty", "garbage", "cut"],
)
def test_a_key_that_will_not_do_is_refused_with_a_sentence(key_pem: bytes, sentence: str) -> None:
    """A16."""
    with pytest.raises(errors.ConfigurationError, match=sentence) as caught:
        dkim.Signer("courier.example", "digest", key_pem)
    assert "c2VjcmV0" not in str(caught.value)


@pytest.mark.parametrize(
    ("domain", "selector", "says"),
    [
        ("", "digest", "dkim.domain"),
        ("courier", "digest", "dkim.domain"),
        ("münchen.example", "digest", "xn--"),
        ("a.example; l=0", "digest", "dkim.domain"),
        ("courier.example", "", "dkim.selector"),
        ("courier.example", "a b", "dkim.selector"),
        (".".join(["a" * 60] * 4), "b" * 60, "dkim.selector"),
    ],
)
def test_names_that_dns_would_not_take_are_refused(domain: str, selector: str, says: str) -> None:
    with pytest.raises(errors.ConfigurationError, match=says):
        dkim.Signer(domain, selector, signatures.pem(signatures.rsa_key()))


def test_long_names_are_folded_whole_and_verify() -> None:
    domain = ".".join(["courier" * 8] * 2 + ["example"])
    signer = dkim.Signer(domain, "selector" * 7, signatures.pem(signatures.rsa_key()))
    signed = signer.sign(signatures.MESSAGE, signatures.AT)
    assert signatures.verdicts(signed, [signer]) == [True]


def test_the_record_to_publish_has_the_name_and_text_that_verifiers_look_up() -> None:
    name, text = dkim.record(signatures.rsa_signer())
    assert name == "r2026._domainkey.courier.example"
    assert re.fullmatch(r"v=DKIM1; k=rsa; p=[A-Za-z0-9+/]+=*", text)
    name, text = dkim.record(signatures.ed25519_signer())
    assert name == "e2026._domainkey.courier.example"
    assert re.fullmatch(r"v=DKIM1; k=ed25519; p=[A-Za-z0-9+/]{43}=", text)


@pytest.mark.parametrize(
    ("domain", "sender", "expected"),
    [
        ("courier.example", "courier.example", True),
        ("courier.example", "Mail.Courier.example", True),
        ("mail.courier.example", "courier.example", True),
        ("courier.example", "otherourier.example", False),
        ("rier.example", "courier.example", False),
        ("one.example", "two.example", False),
    ],
)
def test_a_signature_counts_for_its_own_domain_and_those_below(
    domain: str, sender: str, expected: bool
) -> None:
    """A15."""
    assert dkim.aligned(domain, sender) is expected
