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
    again = {"retried": 1, "left": {}, "dry_run": False}
    assert sent("deliveries", "retry", failed["delivery"], "--json").json == again
    assert sent("deliveries", "stats", "--json").json["queued"] == 1
    sent(*PUBLISH, code=None)
    again = sent("deliveries", "show", failed["delivery"], "--json").json
    assert again["attempts"] == 2
    assert sent("deliveries", "retry", "--state", "failed", "--json").json["retried"] >= 1


def test_what_was_submitted_is_never_sent_again(sent: Shell) -> None:
    [ann] = sent("deliveries", "list", "--state", "submitted", "--json").lines
    again = sent("deliveries", "retry", ann["delivery"], 99, "--json").json
    assert again["retried"] == 0
    assert again["left"] == {"submitted already": 1, "no such delivery": 1}


def test_retrying_needs_to_be_told_what(shell: Shell) -> None:
    assert shell("deliveries", "retry", code=2).complaints == [
        "say which: ids, --edition, --alert, or --state failed, expired or uncertain"
    ]
    assert shell("deliveries", "retry", "--state", "submitted", code=2).out == ""
    for words in ([1, "--edition", 1], ["--edition", 1, "--alert", 1]):
        assert shell("deliveries", "retry", *words, code=2).complaints


def test_who_received_an_edition_is_told_when_asked_for(sent: Shell) -> None:
    """What admins of mailing tools ask for first, and do not get."""
    asked = ("deliveries", "list", "--edition", 1, "--addresses", "--json")
    assert {one["address"]: one["state"] for one in sent(*asked).lines} == {
        "ann@example.com": "submitted",
        "bounce-5.7.1@example.com": "failed",
    }
    [received] = sent(*asked, "--state", "submitted").lines
    assert received["address"] == "ann@example.com"
    assert received["since"] == received["submitted_at"] is not None
    sent("subscribers", "erase", "ann@example.com")
    [kept] = sent(*asked, "--state", "submitted").lines
    assert (kept["address"], kept["delivery"]) == (None, received["delivery"])


def test_what_one_address_received_is_told_without_its_readers_others(sent: Shell) -> None:
    [ann] = sent("deliveries", "list", "--address", "ann@example.com", "--json").lines
    assert (ann["state"], ann["attempts"]) == ("submitted", 1)
    assert ann["message_id"].startswith("<d1.")
    assert sent("deliveries", "list", "--address", "eve@example.com", code=1).out == ""


def test_deliveries_are_found_by_reason_channel_and_several_states(sent: Shell) -> None:
    [failed] = sent("deliveries", "list", "--reason", "5.7.1", "--json").lines
    assert failed["since"] == failed["attempted_at"] is not None
    assert sent("deliveries", "list", "--reason", "no such words", "--json").lines == []
    both = sent("deliveries", "list", "--state", "failed", "--state", "submitted", "--json").lines
    assert len(both) == 2
    assert sent("deliveries", "list", "--channel", "chat", "--json").lines == []
    assert sent("deliveries", "list", "--alert", 1, "--json").lines == []
    assert sent("deliveries", "list", "--alert", 1, "--edition", 1, code=2).out == ""


def test_a_list_that_was_cut_says_so_and_how_to_go_on(sent: Shell) -> None:
    first = sent("deliveries", "list", "--limit", 1, "--json")
    [newest] = first.lines
    assert first.complaints == [
        f"there are more than these 1: --before {newest['delivery']} goes on, --limit 0 lists all"
    ]
    rest = sent("deliveries", "list", "--limit", 1, "--before", newest["delivery"], "--json")
    assert rest.complaints == []
    whole = sent("deliveries", "list", "--limit", 0, "--json")
    assert [*first.lines, *rest.lines] == whole.lines
    assert whole.complaints == []


def test_every_attempt_is_told_with_its_time_the_accepted_one_too(sent: Shell) -> None:
    [ann] = sent("deliveries", "list", "--state", "submitted", "--json").lines
    shown = sent("deliveries", "show", ann["delivery"], "--json").json
    assert [one["outcome"] for one in shown["tries"]] == ["submitted"]
    assert shown["tries"][0]["at"] == ann["submitted_at"]
    assert shown["failed_attempts"] == []
    told = sent("deliveries", "show", ann["delivery"], "--addresses").out
    assert "ann@example.com" in told
    assert "Z submitted" in told


def test_the_counts_of_one_edition_are_told_apart(sent: Shell) -> None:
    counted = sent("deliveries", "stats", "--edition", 1, "--json").json
    assert list(counted) == STATES
    assert (counted["submitted"], counted["failed"]) == (1, 1)
    assert not any(sent("deliveries", "stats", "--edition", 2, "--json").json.values())


def test_a_whole_edition_is_tried_again_but_for_whom_it_must_not(sent: Shell) -> None:
    sent("subscribers", "suppress", "bounce-5.7.1@example.com")
    dry = sent("deliveries", "retry", "--edition", 1, "--dry-run", "--json").json
    assert dry == {
        "retried": 0, "left": {"suppressed": 1}, "dry_run": True,
    }  # fmt: skip
    sent("subscribers", "unsuppress", "bounce-5.7.1@example.com")
    assert sent("deliveries", "retry", "--edition", 1, "--dry-run", "--json").json["retried"] == 1
    assert sent("deliveries", "stats", "--json").json["failed"] == 1
    told = sent("deliveries", "retry", "--edition", 1).out
    assert told.startswith("1 will be sent again")
    assert sent("editions", "show", 1, "--json").json["state"] == "dispatching"
