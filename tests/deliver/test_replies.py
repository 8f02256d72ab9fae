"""The decision behind each SMTP reply (standards A21, A22, A27 to A29)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import errors
from digest.deliver import replies

Step = replies.Step


def refusal(step: Step, line: str) -> errors.DeliveryError:
    return replies.refusal(step, replies.Reply(int(line[:3]), line[4:]))


@pytest.mark.parametrize("step", [s for s in Step if s not in (Step.EMPTY, Step.RSET, Step.QUIT)])
@pytest.mark.parametrize("line", ["450 4.2.0 greylisted", "451 4.3.0 later", "452 4.5.3 too many"])
def test_4yz_defers_at_every_step(step: Step, line: str) -> None:
    """A27."""
    error = refusal(step, line)
    assert isinstance(error, errors.Deferred)
    assert not error.slow_down


@pytest.mark.parametrize("step", list(Step))
def test_421_defers_and_slows_down(step: Step) -> None:
    """A29."""
    error = refusal(step, "421 4.7.0 [TSS04] Messages temporarily deferred")
    assert isinstance(error, errors.Deferred)
    assert error.slow_down


@pytest.mark.parametrize(
    ("step", "line", "expected"),
    [
        (Step.RCPT, "552 5.2.2 mailbox full", errors.Deferred),
        (Step.RCPT, "552 too many recipients", errors.Deferred),
        (Step.RCPT, "552 5.3.4 message too big", errors.Rejected),
        (Step.DOT, "552 5.2.2 mailbox full", errors.Rejected),
        (Step.DOT, "552 5.3.4 message too big", errors.Rejected),
        (Step.MAIL, "552 5.3.4 message size exceeds fixed limit", errors.Rejected),
        (Step.MAIL, "552 too big", errors.Rejected),
    ],
)
def test_552_is_temporary_for_a_recipient_and_final_for_a_size(
    step: Step, line: str, expected: type[errors.DeliveryError]
) -> None:
    """A29, RFC 5321 §4.5.3.1.10, RFC 1870 §6."""
    error = refusal(step, line)
    assert type(error) is expected
    assert getattr(error, "suppress", None) is None


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Step.RCPT, "550 5.1.1 <a@b.org>: Recipient address rejected: User unknown"),
        (Step.RCPT, "550 5.1.2 bad domain"),
        (Step.RCPT, "553 5.1.3 bad syntax"),
        (Step.RCPT, "550 5.1.6 moved"),
        (Step.RCPT, "556 5.1.10 null MX"),
        (Step.DOT, "550 5.1.1 no mailbox here"),
        (Step.RCPT, "550 No such user here"),
        (Step.RCPT, "550 Requested action not taken: mailbox not found"),
        (Step.RCPT, "551 user does not exist"),
        (Step.RCPT, "553 unknown recipient"),
        (Step.RCPT, "550 unrouteable address"),
    ],
)
def test_a_mailbox_that_does_not_exist_is_suppressed(step: Step, line: str) -> None:
    error = refusal(step, line)
    assert isinstance(error, errors.Rejected)
    assert error.suppress == "bounced"


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Step.RCPT, "550 5.7.1 rejected by policy"),
        (Step.RCPT, "554 5.7.1 listed at bl.example.org: user unknown to us"),
        (Step.RCPT, "550 blocked: unknown user of a listed host"),
        (Step.RCPT, "550 Requested action not taken: mailbox unavailable"),
        (Step.RCPT, "550 5.2.1 mailbox disabled"),
        (Step.RCPT, "554 user unknown"),
        (Step.DOT, "550 user unknown"),
        (Step.DOT, "554 5.6.0 not like this"),
        (Step.DATA, "554 no"),
    ],
)
def test_other_refusals_end_the_message_and_suppress_nobody(step: Step, line: str) -> None:
    """A28."""
    error = refusal(step, line)
    assert isinstance(error, errors.Rejected)
    assert error.suppress is None


@pytest.mark.parametrize("step", [Step.MAIL, Step.RCPT, Step.DATA, Step.DOT])
@pytest.mark.parametrize(
    "line",
    [
        "550 5.7.515 Access denied, sending domain does not meet the required level",
        "550 5.7.25 the sending IP has no PTR record",
        "550 5.7.26 unauthenticated mail",
        "550 5.7.28 unusual rate",
        "550 5.7.29 TLS required",
        "421 4.7.28 unusual rate of mail",
        "450 4.7.26 unauthenticated",
        "530 5.7.0 authentication required",
        "535 5.7.8 bad credentials",
    ],
)
def test_a_verdict_on_us_is_an_account_fault_at_any_step(step: Step, line: str) -> None:
    """A21, A22: never counted against a reader."""
    assert isinstance(refusal(step, line), errors.AccountFault)


@pytest.mark.parametrize(
    ("step", "line"),
    [
        (Step.RCPT, "554 5.7.1 <a@b.org>: Relay access denied"),
        (Step.RCPT, "550 relaying denied"),
        (Step.RCPT, "550 5.7.64 not permitted to relay"),
        (Step.RCPT, "553 5.1.8 <a@b.org>: Sender address rejected: Domain not found"),
        (Step.RCPT, "553 5.7.1 <a@b.org>: Sender address rejected: not owned by user desk"),
        (Step.RCPT, "550 5.1.7 bad sender"),
        (Step.DATA, "550 5.4.5 Daily user sending limit exceeded"),
        (Step.DOT, "554 Message rejected: Email address is not verified."),
        (Step.DOT, "554 Sending paused for this account."),
    ],
)
def test_a_relay_that_will_not_take_our_mail_is_an_account_fault(step: Step, line: str) -> None:
    """A28: said at RCPT or later, for every reader alike; failing the whole list helps nobody."""
    assert isinstance(refusal(step, line), errors.AccountFault)


@pytest.mark.parametrize(
    "line",
    [
        "550 5.2.1 The email account that you tried to reach is disabled",
        "450 4.7.1 <a@b.org>: Sender address rejected: try again",
        "550 5.7.1 recipient's hourly rate exceeded",
    ],
)
def test_what_concerns_one_reader_only_is_no_account_fault(line: str) -> None:
    assert not isinstance(refusal(Step.RCPT, line), errors.AccountFault)


@pytest.mark.parametrize("step", [Step.GREETING, Step.EHLO, Step.STARTTLS, Step.AUTH, Step.MAIL])
@pytest.mark.parametrize("code", [500, 502, 550, 554, 571])
def test_5yz_before_the_recipient_is_an_account_fault(step: Step, code: int) -> None:
    """A28."""
    assert isinstance(replies.refusal(step, replies.Reply(code, "no")), errors.AccountFault)


@pytest.mark.parametrize("line", ["250 strange", "354 strange", "999 strange", "100 strange"])
def test_a_code_out_of_place_defers(line: str) -> None:
    assert isinstance(refusal(Step.RCPT, line), errors.Deferred)


def test_the_code_is_kept_and_the_address_is_not() -> None:
    error = refusal(Step.RCPT, "550 5.1.1 <anna@example.org>... User unknown anna@example.org")
    assert error.code == "550 5.1.1"
    assert "anna" not in str(error)
    assert "User unknown" in error.reason


@given(
    step=st.sampled_from(list(Step)),
    code=st.integers(400, 599),
    enhanced=st.sampled_from(["", "5.7.1 ", "4.7.0 ", "5.1.1 ", "5.0.0 ", "5.7.26 "]),
    text=st.text(max_size=50),
)
def test_every_refusal_is_a_decision_and_only_a_rejection_suppresses(
    step: Step, code: int, enhanced: str, text: str
) -> None:
    error = replies.refusal(step, replies.Reply(code, enhanced + text))
    assert type(error) in (errors.Deferred, errors.Rejected, errors.AccountFault)
    if 400 <= code < 500:
        assert not isinstance(error, errors.Rejected)
