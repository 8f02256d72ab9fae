"""A mail that comes back is read: its kind, whom it names, how lasting the failure is."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import returns
from tests.returns import letters


def _one(data: bytes) -> tuple[str, str, str, str, str]:
    found = returns.read(data)
    [one] = found.recipients
    return found.kind, one.address, one.status, one.permanence, one.reason


@pytest.mark.parametrize(
    ("diagnosis", "status", "permanence", "reason"),
    [
        ("550 5.1.1 <ann@reader.example>: User unknown", "5.1.1", "hard", "userunknown"),
        ("550 5.1.1 The email account that you tried to reach does not exist", "5.1.1", "hard",
         "userunknown"),
        ("550 5.7.1 No such user here", "5.7.1", "hard", "userunknown"),
        (("554 5.4.4 Host or domain name not found. Name service error for name=reader.example "
         "type=A: Host not found"), "5.4.4", "hard", "hostunknown"),
        ("556 5.1.10 Domain reader.example does not accept mail (nullMX)", "5.1.10", "hard",
         "notaccept"),
        ("551 5.1.6 The mailbox has moved", "5.1.6", "hard", "hasmoved"),
        ("550 5.1.1 mailbox full", "5.1.1", "soft", "mailboxfull"),
        ("452 4.2.2 The email account that you tried to reach is over quota", "4.2.2", "soft",
         "mailboxfull"),
        ("550 5.2.1 This account has been disabled", "5.2.1", "soft", "suspend"),
        ("connect to mx.reader.example[192.0.2.9]:25: Connection timed out", "4.4.1", "soft",
         "expired"),
        ("mail for reader.example loops back to myself", "5.4.6", "soft", "systemerror"),
        ("550 5.1.1 rejected due to the recipient's preferences", "5.1.1", "soft", "filtered"),
        ("550 5.7.26 This mail has been blocked because the sender is unauthenticated", "5.7.26",
         "sender", "authfailure"),
        ("554 5.7.1 Service unavailable; Client host [192.0.2.1] blocked using a list", "5.7.1",
         "sender", "blocked"),
        ("550 5.7.1 Our system has detected that this message is likely unsolicited mail",
         "5.7.1", "sender", "spamdetected"),
        ("550 5.7.25 The sending IP address does not have a PTR record", "5.7.25", "sender",
         "requireptr"),
        ("421 4.7.0 The sending domain has a very low reputation", "4.7.0", "sender",
         "badreputation"),
        ("552 5.3.4 Message size exceeds fixed limit", "5.3.4", "sender", "mesgtoobig"),
        ("554 5.7.1 <ann@reader.example>: Relay access denied", "5.7.1", "sender", "norelaying"),
        ("451 4.7.1 You are sending too fast, please slow down", "4.7.1", "sender", "speeding"),
        ("550 5.7.1 Message refused for policy reasons", "5.7.1", "sender", "policyviolation"),
        ("550 5.1.8 Sender address rejected: Domain not found", "5.1.8", "sender", "rejected"),
        (("550 5.7.515 Access denied, sending domain does not meet the required authentication "
         "level"), "5.7.515", "sender", "authfailure"),
    ],
)  # fmt: skip
def test_words_weigh_more_than_the_code_and_our_own_faults_are_no_readers(
    diagnosis: str, status: str, permanence: str, reason: str
) -> None:
    """A21, A39: policy, reputation, size and rate are the sender's; 5.1.x may be anything."""
    data = letters.report(letters.block(diagnosis, status=status))
    assert _one(data) == ("bounce", "ann@reader.example", status, permanence, reason)


@pytest.mark.parametrize(
    ("status", "permanence", "reason"),
    [
        ("5.1.1", "hard", "userunknown"),
        ("5.1.2", "hard", "hostunknown"),
        ("5.2.2", "soft", "mailboxfull"),
        ("5.3.4", "sender", "mesgtoobig"),
        ("4.4.7", "soft", "expired"),
        ("5.7.25", "sender", "requireptr"),
    ],
)
def test_without_words_the_status_decides(status: str, permanence: str, reason: str) -> None:
    """A38: `Status` refines."""
    data = letters.report(letters.block(status=status))
    assert _one(data)[2:] == (status, permanence, reason)


def test_a_failure_for_now_is_final_for_the_mail_and_soft_for_the_address() -> None:
    """A38: failed with 4.x.x."""
    data = letters.report(letters.block("450 4.1.1 User unknown", status="4.1.1"))
    assert _one(data) == ("bounce", "ann@reader.example", "4.1.1", "soft", "userunknown")


def test_a_delay_is_no_bounce() -> None:
    """A38: `Action` decides."""
    data = letters.report(letters.block("421 try later", action="delayed", status="4.4.1"))
    found = returns.read(data)
    assert found.kind == "delayed"
    assert [one.permanence for one in found.recipients] == ["soft"]


def test_a_report_of_success_is_other() -> None:
    data = letters.report(letters.block(action="delivered", status="2.0.0"))
    assert (returns.read(data).kind, _one(data)[4]) == ("other", "delivered")


def test_each_recipient_of_a_report_is_judged_alone() -> None:
    data = letters.report(
        letters.block("550 5.1.1 User unknown", address="ann@reader.example", status="5.1.1"),
        letters.block("552 5.2.2 Mailbox full", address="ben@reader.example", status="5.2.2"),
    )
    found = [(one.address, one.permanence) for one in returns.read(data).recipients]
    assert found == [("ann@reader.example", "hard"), ("ben@reader.example", "soft")]


def test_the_mail_that_came_back_is_known_by_its_message_id() -> None:
    data = letters.report(letters.block(status="5.1.1"), to="bounces+7.x@meridian.example")
    found = returns.read(data)
    assert found.message_id == "<d7.42.00112233445566778899@meridian.example>"
    assert found.to == ("bounces+7.x@meridian.example",)


@pytest.mark.parametrize(
    ("words", "permanence", "reason"),
    [
        (("Hi. This is the qmail-send program at relay.example.\n\n<ann@reader.example>:\n"
         "Sorry, no mailbox here by that name. (#5.1.1)\n\n"
         "--- Below this line is a copy of the message.\n\nReturn-Path: <x@meridian.example>"),
         "hard", "userunknown"),
        (("A message that you sent could not be delivered to one or more of its recipients.\n\n"
         "  ann@reader.example\n    SMTP error from remote mail server after RCPT TO:"
         "<ann@reader.example>:\n    host mx.reader.example [192.0.2.9]: 550 5.1.1 User unknown\n\n"
         "------ This is a copy of the message, including all the headers. ------\n"),
         "hard", "userunknown"),
        (("   ----- The following addresses had permanent fatal errors -----\n"
         "<ann@reader.example>\n    (reason: 552 5.2.2 Over quota)\n\n"
         "   ----- Transcript of session follows -----\n... while talking to mx.reader.example.:\n"
         ">>> DATA\n<<< 552 5.2.2 Over quota\n"), "soft", "mailboxfull"),
        (("Delivery to the following recipient failed permanently:\n\n     ann@reader.example\n\n"
         "Technical details of permanent failure:\nThe error that the other server returned was: "
         "550 5.7.1 Message rejected as spam by Content Filtering.\n"), "sender", "spamdetected"),
        (("Each of the following recipients was rejected by a remote mail server.\n\n"
         "    Recipient: <ann@reader.example>\n    >>> RCPT TO:<ann@reader.example>\n"
         "    <<< 550 <ann@reader.example>: User unknown\n"), "hard", "userunknown"),
    ],
)  # fmt: skip
def test_free_words_of_many_servers_are_read(words: str, permanence: str, reason: str) -> None:
    kind, address, _, *rest = _one(letters.free(words))
    assert (kind, address, rest) == ("bounce", "ann@reader.example", [permanence, reason])


@pytest.mark.parametrize(
    ("subject", "headers"),
    [
        ("Automatic reply: This morning", ""),
        ("Out of office", "Auto-Submitted: auto-replied\n"),
        ("Re: This morning", "Auto-Submitted: auto-replied\n"),
        ("Abwesenheitsnotiz", "X-Autoreply: yes\n"),
        ("I am away", "Precedence: auto_reply\n"),
    ],
)
def test_an_automatic_answer_is_no_bounce(subject: str, headers: str) -> None:
    """A40, A43: "vacation" never counts."""
    words = "I am away until Monday. My colleague ben@reader.example reads my mail."
    data = letters.free(words, sender="ann@reader.example", subject=subject, headers=headers)
    assert returns.read(data) == returns.Returned(
        "autoreply", (), "", ("bounces@meridian.example",)
    )


def test_an_answer_of_a_person_is_other() -> None:
    data = letters.free("Thank you!", sender="ann@reader.example", subject="Re: This morning")
    assert returns.read(data).kind == "other"


def test_a_complaint_names_everybody_it_is_of() -> None:
    """A41: RFC 5965 lets `Original-Rcpt-To` be repeated."""
    found = returns.read(letters.complaint("ann@reader.example", "ben@reader.example"))
    assert found.kind == "complaint"
    assert [one.address for one in found.recipients] == ["ann@reader.example", "ben@reader.example"]
    assert {one.permanence for one in found.recipients} == {"sender"}
    assert found.message_id == "<d7.42.00112233445566778899@meridian.example>"


def test_a_complaint_without_names_is_of_whom_the_mail_was_to() -> None:
    assert _one(letters.complaint())[1] == "ann@reader.example"


@pytest.mark.parametrize("kind", ["auth-failure", "not-spam"])
def test_a_report_of_failed_authentication_or_of_no_spam_is_no_complaint(kind: str) -> None:
    assert returns.read(letters.complaint("ann@reader.example", kind=kind)).kind == "other"


def test_amazons_notification_is_read_even_when_a_relay_broke_its_line() -> None:
    document = {
        "notificationType": "Bounce",
        "bounce": {
            "bounceType": "Permanent",
            "bounceSubType": "General",
            "bouncedRecipients": [{"emailAddress": "ann@reader.example", "status": "5.1.1"}],
        },
        "mail": {"headers": [{"name": "Message-ID", "value": "<d1.2.ab@meridian.example>"}]},
    }
    text = json.dumps(document)
    data = letters.free(f"{text[:90]}!\n {text[90:]}\n--\nhttps://big.example/{{x}}")
    assert _one(data) == ("bounce", "ann@reader.example", "5.1.1", "hard", "userunknown")
    assert returns.read(data).message_id == "<d1.2.ab@meridian.example>"


KINDS = {"bounce", "delayed", "complaint", "autoreply", "other"}


@pytest.mark.parametrize("data", [b"", b"\x00\xff\xfe", b"no mail at all", b"\n\n\n"])
def test_what_is_no_mail_says_so(data: bytes) -> None:
    found = returns.read(data)
    assert (found.kind, found.recipients) == ("other", ())
    assert found.problem


@given(st.binary(max_size=2000))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    start = b"From: MAILER-DAEMON@x.example\nSubject: failure notice\n\n"
    assert {returns.read(data).kind, returns.read(start + data).kind} <= KINDS


@given(st.integers(0, 1200), st.binary(max_size=40))
def test_no_damage_to_a_report_breaks_the_reader(at: int, noise: bytes) -> None:
    whole = letters.report(letters.block("550 5.1.1 User unknown", status="5.1.1"))
    damaged = (whole[:at] + noise + whole[at:], whole[:at] + noise)
    assert {returns.read(data).kind for data in damaged} <= KINDS
