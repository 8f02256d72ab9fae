"""Who takes a reader's mail, and how fast (standards A31)."""

import itertools

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import errors
from digest.deliver import mail_groups, replies

NOW = 1000.0
STEP = mail_groups.ACCEPTED_PER_STEP


@pytest.mark.parametrize(
    ("domain", "group"),
    [
        ("gmail.com", "gmail"),
        ("GoogleMail.com", "gmail"),
        ("outlook.com", "microsoft"),
        ("outlook.fr", "microsoft"),
        ("hotmail.co.uk", "microsoft"),
        ("live.com.mx", "microsoft"),
        ("msn.com", "microsoft"),
        ("yahoo.com", "yahoo"),
        ("yahoo.co.jp", "yahoo"),
        ("aol.com", "yahoo"),
        ("ymail.com", "yahoo"),
        ("me.com", "icloud"),
        ("gmx.at", "gmx"),
        ("web.de", "gmx"),
        ("live.example.com", "live.example.com"),
        ("notyahoo.com", "notyahoo.com"),
        ("mail.yahoo.com.example.org", "mail.yahoo.com.example.org"),
        ("meridian.example.", "meridian.example"),
    ],
)
def test_domains_are_grouped_by_who_runs_their_mailboxes(domain: str, group: str) -> None:
    """A31."""
    assert mail_groups.group_of(f"ann@{domain}") == group


def test_a_readers_own_domain_is_never_named_in_a_log() -> None:
    """E13: a domain may belong to one person."""
    assert mail_groups.name_of("gmail") == "gmail"
    assert "annsmith" not in mail_groups.name_of("annsmith.example")


@pytest.mark.parametrize(
    ("recipient", "line", "slowed"),
    [
        ("a@gmail.com", "421 4.7.0 host gmail-smtp-in.l.google.com said: unusual rate", "group"),
        ("a@yahoo.fr", "421 4.7.0 [TSS04] Messages temporarily deferred", "group"),
        ("a@b.example", "421 4.7.0 host mx.b.example said: too many connections", "group"),
        ("a@hotmail.com", "451 4.7.650 temporarily rate limited due to IP reputation", "group"),
        ("a@b.example", "452 4.7.1 slow down", "group"),
        ("a@b.example", "450 4.7.1 slow down", "group"),
        ("a@gmail.com", "421 4.7.0 too many connections from you", "sender"),
        ("a@gmail.com", "421 4.7.0 <a@gmail.com>: too many connections from you", "sender"),
        ("a@gmail.com", "421 4.7.0 [TSS04] Messages temporarily deferred", "sender"),
        ("a@b.example", "451 4.7.1 Greylisted, try again later", ""),
        ("a@b.example", "450 4.7.1 Recipient rejected: grey-listed", ""),
        ("a@gmail.com", "450 4.2.1 that person gets mail too quickly", ""),
        ("a@gmail.com", "452 4.5.3 too many recipients", ""),
        ("a@gmail.com", "454 4.7.0 temporary authentication failure", ""),
    ],
)
@pytest.mark.parametrize("step", [replies.Step.RCPT, replies.Step.DATA, replies.Step.DOT])
def test_only_a_word_about_the_group_slows_the_group(
    step: replies.Step, recipient: str, line: str, slowed: str
) -> None:
    """A29, A31: a 421 concerns the relay, unless it passes on somebody else's word."""
    error = replies.refusal(step, replies.Reply(int(line[:3]), line[4:]), recipient)
    assert isinstance(error, errors.Deferred)
    assert (error.slow_group, error.slow_down) == (slowed == "group", slowed == "sender")


def test_before_the_recipient_no_reply_speaks_of_a_group() -> None:
    reply = replies.Reply(451, "4.7.1 gmail wants less")
    error = replies.refusal(replies.Step.MAIL, reply, "a@gmail.com")
    assert isinstance(error, errors.Deferred)
    assert not error.slow_group


def test_at_full_speed_nothing_is_limited() -> None:
    groups = mail_groups.Groups(4)
    for _ in range(100):
        assert groups.may_start("gmail", NOW)
        groups.start("gmail", NOW)
    assert groups.slowed == frozenset()


def places(groups: mail_groups.Groups, group: str, now: float) -> int:
    """How many may be under way at once now."""
    n = 0
    while n < 100 and groups.may_start(group, now):
        groups.start(group, now)
        n += 1
    for _ in range(n):
        groups.end(group)
    return n


def test_a_group_that_says_too_much_is_held_and_then_gets_half() -> None:
    """A31: and nobody else is."""
    groups = mail_groups.Groups(12)
    assert groups.slow_down("gmail", NOW)
    assert not groups.slow_down("gmail", NOW + 1)  # all under way hear the same: it counts once
    assert places(groups, "gmail", NOW + 29) == 0
    assert groups.next_at("gmail", NOW) == NOW + mail_groups.HOLD_SECONDS
    assert places(groups, "gmail", NOW + 30) == 6
    assert places(groups, "yahoo", NOW) == 100
    assert groups.slowed == {"gmail"}


def test_each_further_too_much_halves_again_and_holds_longer_down_to_one_with_pauses() -> None:
    """A31."""
    groups = mail_groups.Groups(12)
    now, seen = NOW, []
    for _ in range(9):
        groups.slow_down("gmail", now)
        held = groups.next_at("gmail", now) - now
        now += held
        seen.append((held, places(groups, "gmail", now)))
        groups.start("gmail", now)
        groups.end("gmail")
    assert [held for held, _ in seen] == [30, 60, 120, 240, 480, 480, 480, 480, 480]
    assert [n for _, n in seen][:3] == [6, 3, 1]
    pause = next(s for s in itertools.count(0, 0.25) if groups.may_start("gmail", now + s))
    assert pause == 16


def test_accepted_messages_bring_the_speed_back_step_by_step() -> None:
    """A31: half the pause first, then one more at once for so many accepted."""
    groups = mail_groups.Groups(4)
    now = NOW
    for _ in range(4):
        groups.slow_down("gmail", now)
        now = groups.next_at("gmail", now)
    steps = []
    while groups.slowed:
        steps.append(places(groups, "gmail", now))
        groups.start("gmail", now)
        groups.end("gmail")
        now = max(now, groups.next_at("gmail", now))
        for _ in range(STEP):
            groups.accept("gmail")
        assert len(steps) < 20
    assert steps == sorted(steps)
    assert steps[0] == 1
    assert steps[-1] == 3
    groups.accept("gmail")
    assert places(groups, "gmail", now) == 100


def test_an_old_too_much_is_forgotten() -> None:
    groups = mail_groups.Groups(4)
    groups.slow_down("gmail", NOW)
    assert places(groups, "gmail", NOW + mail_groups.FORGET_SECONDS + 1) == 100
    assert groups.slowed == frozenset()


@given(
    at_once=st.integers(1, 40),
    acts=st.lists(st.sampled_from(["start", "end", "accept", "slow", "wait"]), max_size=200),
)
def test_whatever_happens_a_group_gets_its_turn_again(at_once: int, acts: list[str]) -> None:
    """A31: no group is stuck: one may always be under way once its time has come."""
    groups, now, n = mail_groups.Groups(at_once), NOW, 0
    for act in acts:
        if act == "start" and groups.may_start("g", now):
            groups.start("g", now)
            n += 1
        elif act == "end" and n:
            groups.end("g")
            n -= 1
        elif act == "accept":
            groups.accept("g")
        elif act == "slow":
            groups.slow_down("g", now)
        elif act == "wait":
            now += 7
    for _ in range(n):
        groups.end("g")
    later = groups.next_at("g", now)
    assert later - now <= mail_groups.MOST_HOLD_SECONDS
    assert groups.may_start("g", later)
