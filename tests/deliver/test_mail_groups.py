"""Who takes a reader's mail, and how fast (standards A31)."""

import bisect
import itertools

import pytest
from hypothesis import given, settings
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


def test_what_the_operator_allows_is_one_limit_for_each_group() -> None:
    """A31: a domain of a company stands for the company, another one for itself."""
    found = mail_groups.limits([("googlemail.com", 4, 600), ("yahoo", 0, 60), ("b.example", 1, 0)])
    assert found == {
        "gmail": mail_groups.Limit(4, 600),
        "yahoo": mail_groups.Limit(0, 60),
        "b.example": mail_groups.Limit(1, 0),
    }


def test_a_company_that_is_limited_twice_is_refused_in_a_sentence() -> None:
    with pytest.raises(errors.ConfigurationError, match="gmail has two limits"):
        mail_groups.limits((name, 1, 1) for name in ("gmail", "gmail.com"))


def test_a_group_never_has_more_at_once_than_the_operator_says() -> None:
    """A31: nor after a slow-down and a recovery; the others have what they had."""
    groups = mail_groups.Groups(12, {"gmail": mail_groups.Limit(at_once=4)})
    assert not groups.unlimited
    assert (places(groups, "gmail", NOW), places(groups, "yahoo", NOW)) == (4, 100)
    groups.slow_down("gmail", NOW)
    later = groups.next_at("gmail", NOW)
    seen = [places(groups, "gmail", later)]
    while groups.slowed:
        groups.accept("gmail")
        seen.append(places(groups, "gmail", later))
    assert (seen[0], seen[-1], max(seen)) == (2, 4, 4)


@settings(deadline=None, max_examples=50)
@given(
    per_minute=st.integers(1, 900),
    pauses=st.lists(st.floats(0, 90), min_size=1, max_size=20),
)
def test_no_minute_sees_more_than_the_operator_allows_and_little_less(
    per_minute: int, pauses: list[float]
) -> None:
    """A31: however the looks fall, in any 60 seconds."""
    groups = mail_groups.Groups(12, {"gmail": mail_groups.Limit(per_minute=per_minute)})
    started: list[float] = []
    now = NOW
    for pause in (*pauses, *[1.0] * 120):
        now += pause
        while groups.may_start("gmail", now):
            groups.start("gmail", now)
            groups.end("gmail")
            started.append(now)
    for number, first in enumerate(started):
        assert bisect.bisect_left(started, first + 59.999) - number <= per_minute
    in_the_end = sum(at > now - 120 for at in started)
    assert in_the_end >= 2 * per_minute * 0.9 - 2


def test_of_many_that_are_put_off_each_has_a_turn_of_its_own() -> None:
    """A31: so they are not all looked at again every few seconds; none waits for long."""
    groups = mail_groups.Groups(100, {"gmail": mail_groups.Limit(per_minute=600)})
    assert places(groups, "gmail", NOW) == 50
    turns = [groups.put_off("gmail", NOW) - NOW for _ in range(12_000)]
    assert min(turns) == mail_groups.AGAIN_SECONDS
    assert max(turns) <= mail_groups.MOST_AHEAD_SECONDS
    in_a_minute = sum(60 <= turn < 120 for turn in turns[:5000])
    assert 540 <= in_a_minute <= 600
    assert groups.put_off("yahoo", NOW) == NOW + mail_groups.AGAIN_SECONDS


def test_a_clock_set_back_keeps_nobody_waiting_for_the_old_time() -> None:
    groups = mail_groups.Groups(12, {"gmail": mail_groups.Limit(per_minute=60)})
    assert places(groups, "gmail", NOW + 3600) == 5
    assert groups.next_at("gmail", NOW) - NOW <= 6


def test_why_a_message_is_put_off_is_said_by_whose_word_it_is() -> None:
    groups = mail_groups.Groups(12, {"gmail": mail_groups.Limit(per_minute=60)})
    assert groups.why("gmail") == "gmail gets mail as fast as smtp.groups allows"
    groups.slow_down("gmail", NOW)
    assert groups.why("gmail") == "gmail wants mail slower"


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
