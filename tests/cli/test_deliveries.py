"""`digest deliveries`: the outbox, and sending again."""

import pytest

from digest import model
from digest.demo import mailbox as mailbox_
from tests.cli.shell import Shell

PUBLISH = ("editions", "publish", "daily", "--now", "--wait", "--json")
STATES = [
    "queued", "claimed", "deferred", "submitted", "failed", "suppressed", "expired", "uncertain",
]  # fmt: skip


@pytest.fixture
def sent(collected: Shell, mailbox: mailbox_.Mailbox) -> Shell:
    """One edition: Ann's mail was taken, the other's refused for good."""
    for address in ("ann@example.com", "bounce-5.7.1@example.com"):
        collected("subscribers", "add", address, "--topics", "asia")
    collected(*PUBLISH, code=1)
    return collected


def test_the_counts_name_every_state_in_the_contracts_order(sent: Shell) -> None:
    counted = sent("deliveries", "stats", "--json").json
    assert list(counted) == STATES == [state.value for state in model.DeliveryState]
    assert (counted["submitted"], counted["failed"]) == (1, 1)


def test_deliveries_are_found_by_state_edition_and_reader(sent: Shell) -> None:
    [failed] = sent("deliveries", "list", "--state", "failed", "--json").lines
    assert failed["state"] == "failed"
    assert "5.7.1" in failed["reason"]
    [ann] = sent("deliveries", "list", "--subscriber", "ann@example.com", "--json").lines
    assert (ann["state"], ann["unit"], ann["channel"]) == ("submitted", 1, "email")
    assert len(sent("deliveries", "list", "--edition", 1, "--json").lines) == 2
    assert sent("deliveries", "list", "--edition", 9, "--json").lines == []
    assert len(sent("deliveries", "list", "--limit", 1).out.splitlines()) == 1
    assert sent("deliveries", "list", "--state", "lost", code=2).out == ""


def test_no_list_shows_an_address(sent: Shell) -> None:
    for words in (["list"], ["list", "--json"], ["show", 1], ["show", 2, "--json"]):
        assert "@example.com" not in sent("deliveries", *words).out


def test_one_delivery_is_shown_with_its_stories_and_attempts(sent: Shell) -> None:
    [failed] = sent("deliveries", "list", "--state", "failed", "--json").lines
    shown = sent("deliveries", "show", failed["delivery"], "--json").json
    assert [attempt["outcome"] for attempt in shown["failed_attempts"]] == ["failed"]
    assert "5.7.1" in shown["failed_attempts"][0]["reason"]
    assert any("Asia" in story["why"] for story in shown["shown"])
    assert sent("deliveries", "show", 99, code=1).complaints == ["there is no delivery 99"]


def test_what_failed_can_be_sent_again(sent: Shell, mailbox: mailbox_.Mailbox) -> None:
    [failed] = sent("deliveries", "list", "--state", "failed", "--json").lines
    assert sent("deliveries", "retry", failed["delivery"], "--json").json == {"retried": 1}
    assert sent("deliveries", "stats", "--json").json["queued"] == 1
    sent(*PUBLISH, code=None)
    again = sent("deliveries", "show", failed["delivery"], "--json").json
    assert again["attempts"] == 2
    assert sent("deliveries", "retry", "--state", "failed", "--json").json["retried"] >= 1


def test_what_was_submitted_is_never_sent_again(sent: Shell) -> None:
    [ann] = sent("deliveries", "list", "--state", "submitted", "--json").lines
    assert sent("deliveries", "retry", ann["delivery"], "--json").json == {"retried": 0}


def test_retrying_needs_to_be_told_what(shell: Shell) -> None:
    assert shell("deliveries", "retry", code=2).complaints == [
        "say which: ids, or --state failed, expired or uncertain"
    ]
    assert shell("deliveries", "retry", "--state", "submitted", code=2).out == ""
