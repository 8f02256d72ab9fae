"""Whatever a mail holds, a third party finds its signature good, and finds any change out."""

from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest import model
from digest.deliver import dkim
from digest.render import mime
from tests.deliver import signatures

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, max_examples=60, suppress_health_check=[HealthCheck.too_slow])

_SPACY = st.lists(st.sampled_from([b" ", b"\t", b".", b"a", b"=20", b"\xc3\xa9", b"\r\n"])).map(
    b"".join
)
_VALUE = st.lists(
    st.sampled_from(["a", "bc" * 20, " ", "  ", "\t", ":", ";", "b=x", "\r\n ", "=?utf-8?q?=C3?="]),
    min_size=1,
).map(lambda pieces: "x" + "".join(pieces) + "y")
_NAME = st.sampled_from(
    ["Subject", "List-Id", "LIST-Help", "list-post", "References", "X-Own", "Feedback-ID"]
)


@UNHURRIED
@given(_SPACY)
@example(b"")
@example(b"\r\n")
@example(b"\r\n\r\n\r\n")
@example(b" \t\r\n \r\n")
@example(b"words\r\n\r\n \r\n\t\r\n")
@example(b"no line end ")
@example(b".\r\n..\r\n")
def test_any_text_verifies(text: bytes) -> None:
    """Empty, only spaces, lines of spaces at the end, tabs, dots, bytes beyond ASCII."""
    signed = dkim.sign_all(signatures.both(), signatures.HEAD + b"\r\n" + text, signatures.AT)
    # The way to the server ends the last line, as envelope.stuffed proves.
    arrived = signed.removesuffix(b"\r\n") + b"\r\n"
    assert signatures.verdicts(arrived, signatures.both()) == [True, True]


@UNHURRIED
@given(st.lists(st.tuples(_NAME, _VALUE), max_size=6))
@example([("Subject", "x" * 900)])
@example([("List-Help", "a"), ("List-Help", "b"), ("List-Help", "c")])
@example([("Feedback-ID", "a"), ("Feedback-ID", "b")])
def test_any_header_verifies(fields: list[tuple[str, str]]) -> None:
    """Folds, tabs, runs of spaces, tags of ours as text, fields that stand there twice."""
    head = "".join(f"{name}: {value}\r\n" for name, value in fields).encode()
    data = b"From: a@courier.example\r\n" + head + b"\r\nHi\r\n"
    signed = signatures.ed25519_signer().sign(data, signatures.AT)
    assert signatures.verdicts(signed, [signatures.ed25519_signer()]) == [True]
    covered = [name.lower() for name in signatures.tags(signed)["h"].split(":")]
    for name in {name.lower() for name, _ in fields} - {"x-own"}:
        assert covered.count(name) >= sum(name == other.lower() for other, _ in fields)


@UNHURRIED
@given(st.text(max_size=300), st.text(max_size=300), st.text(max_size=60))
@example("Η εφημερίδα σήμερα " * 20, "", "Ευγενία")
@example("", "\n\n\n", "")
@example("", "  two \t blanks  \n \n\t", "")
def test_any_mail_of_ours_verifies(subject: str, text: str, name: str) -> None:
    """A4, A11, A17: encoded words, long folded fields, both one-click fields signed, and the
    same signature when the body is taken as it is, for it is canonical however it was written.
    """
    head = mime.MailHead(
        sender_name=name,
        sender_address="briefing@courier.example",
        recipient_address="ann@reader.example",
        message_id="<7.42@courier.example>",
        date=signatures.AT,
        list_id_name=name,
        list_id="morning.courier.example",
        unsubscribe_url="https://courier.example/unsubscribe/" + "k" * 120,
        feedback_id="7:daily:digest:courier",
        references=" ".join(f"<{n}.{'r' * 40}@courier.example>" for n in range(8)),
    )
    data = mime.mail_bytes(head, model.MailParts(subject, "", text, f"<p>{text}</p>"))
    signed = signatures.rsa_signer().sign(data, signatures.AT)
    assert signatures.verdicts(signed, [signatures.rsa_signer()]) == [True]
    assert {"List-Unsubscribe", "List-Unsubscribe-Post"} <= set(
        signatures.tags(signed)["h"].split(":")
    )
    unread = dkim.sign_all([signatures.rsa_signer()], data, signatures.AT, canonical=True)
    assert unread == signed


@UNHURRIED
@given(st.data())
def test_any_one_byte_changed_is_found_out(data: st.DataObject) -> None:
    """White space aside, which relaxed canonicalisation forgives."""
    signed = signatures.ed25519_signer().sign(signatures.MESSAGE, signatures.AT)
    start = len(signed) - len(signatures.MESSAGE)
    visible = [i for i in range(start, len(signed)) if signed[i : i + 1].isalnum()]
    at = data.draw(st.sampled_from(visible))
    other = bytes([signed[at] - 1 if signed[at] % 2 else signed[at] + 1])
    # The neighbour of a letter is never the same letter in the other case.
    forged = signed[:at] + other + signed[at + 1 :]
    assert signatures.verdicts(forged, [signatures.ed25519_signer()]) == [False]
