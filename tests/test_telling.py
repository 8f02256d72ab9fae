"""Reasons as sentences, one by one."""

from datetime import UTC, datetime
from typing import Any

import pytest

from digest import alert, model, phrases, telling

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
ANN = telling.Reader("Ann", "Europe/Athens", NOW)
WHY = "You follow Ukraine Conflict (title: Kharkiv)"


def delivery(**given: Any) -> model.Delivery:
    values: dict[str, Any] = {
        "id": 5,
        "kind": model.DeliveryKind.DIGEST,
        "unit_id": 1,
        "channel_id": 2,
        "channel_kind": model.ChannelKind.EMAIL,
        "subscriber_id": 3,
        "message_id": "<x@example.org>",
        "shown": (),
        "created_at": NOW,
        "expires_at": NOW,
        **given,
    }
    return model.Delivery(**values)


def made(why: str = WHY, *, section: str = "topic", updated: bool = False, **given: Any) -> str:
    slug, name = ("ukraine-conflict", "Ukraine Conflict") if section == "topic" else ("", "")
    shown = model.Shown(7, 1, section, slug, why, updated)
    return telling.made(ANN, delivery(**given), shown, name)


def test_what_was_submitted_reads_as_one_would_say_it() -> None:
    """F10."""
    said = made(state=model.DeliveryState.SUBMITTED, submitted_at=NOW)
    assert said == (
        "It went to Ann on 23 Nov at 08:00 (Europe/Athens) by mail, in the daily digest"
        " (edition 1), under Ukraine Conflict, because they follow it and the headline says"
        f" “Kharkiv”. They were told: “{WHY}”. The mail server took it (delivery 5)."
    )


def test_an_alert_by_telegram_says_so() -> None:
    said = made(
        section="alert",
        kind=model.DeliveryKind.ALERT,
        channel_kind=model.ChannelKind.CHAT,
        state=model.DeliveryState.SUBMITTED,
    )
    assert said.startswith(
        "It went to Ann on 23 Nov at 08:00 (Europe/Athens) by Telegram, in an alert (alert 1),"
        " because they follow Ukraine Conflict and the headline says “Kharkiv”."
    )
    assert said.endswith("Telegram took it (delivery 5).")


@pytest.mark.parametrize(
    ("given", "outcome"),
    [
        ({"state": "queued"}, "It waits for its turn to go out (delivery 5)."),
        ({"state": "claimed"}, "It is going out now (delivery 5)."),
        (
            {"state": "deferred", "reason": "451 busy", "next_at": NOW},
            (
                "It could not go yet (delivery 5): 451 busy;"
                " the next try is on 23 Nov at 08:00 (Europe/Athens)."
            ),
        ),
        ({"state": "deferred"}, "It could not go yet (delivery 5)."),
        ({"state": "failed", "reason": "550"}, "It did not get through (delivery 5): 550."),
        (
            {"state": "suppressed", "reason": "unsubscribed"},
            "It was not sent (delivery 5): they unsubscribed from it.",
        ),
        ({"state": "suppressed"}, "It was not sent (delivery 5): nothing may go to the address."),
        ({"state": "expired"}, "It was given up (delivery 5), too late to be of use."),
        (
            {"state": "uncertain", "reason": "lost"},
            "Whether it arrived is not known (delivery 5): lost.",
        ),
    ],
)
def test_what_was_not_submitted_says_what_became_of_it(given: dict[str, Any], outcome: str) -> None:
    said = made(**{**given, "state": model.DeliveryState(given["state"])})
    assert said.startswith("It was put into the daily digest (edition 1) for Ann on 23 Nov at ")
    assert said.endswith(outcome)


def test_an_update_at_the_top_says_both() -> None:
    said = made(section="lead", updated=True)
    assert ", at the top, as updated since they saw it, because they follow Ukraine" in said


@pytest.mark.parametrize(
    ("why", "said"),
    [
        ("You follow Asia", "because they follow Asia"),
        (
            "You follow Asia (title: North Korea → Asia)",
            "because they follow Asia and the headline says “North Korea”, which belongs to Asia",
        ),
        (
            "You follow Tech (summary: chips)",
            "because they follow Tech and the summary says “chips”",
        ),
        ("You follow Tech (body: chips)", "because they follow Tech and the text says “chips”"),
        (
            "You follow Europe (category: Europe News)",
            "because they follow Europe and its publisher filed it under “Europe News”",
        ),
        (
            "You follow Europe (dateline: VIENNA)",
            "because they follow Europe and it was reported from VIENNA",
        ),
        (
            "You follow Sports (address: sport)",
            "because they follow Sports and its address says “sport”",
        ),
        (
            "You follow Science (topic: Space)",
            "because they follow Science and what is about Space is also about Science",
        ),
        (
            "You follow Asia (an editor put it there)",
            "because they follow Asia and an editor put it there",
        ),
        (
            "You follow Science (an editor put it under Space)",
            "because they follow Science and an editor put it under Space",
        ),
        (
            "You follow Tech (learnt: wafers, fab)",
            "because they follow Tech and stories filed there before also say “wafers, fab”",
        ),
        (
            "You follow Asia (wording: chips)",
            "because they follow Asia and the evidence is “wording: chips”",
        ),
        ("Editor's pick", "because an editor picked it"),
        (
            "Editor's pick. You follow Asia (title: Seoul → Asia)",
            (
                "because an editor picked it, they follow Asia and the headline says “Seoul”,"
                " which belongs to Asia"
            ),
        ),
        (
            "Carried by 3 sources",
            "because they follow nothing in particular and 3 sources carry it",
        ),
        (
            "Top story in Asia",
            "because they follow nothing in particular and it leads in Asia",
        ),
        ("Top story", "because they follow nothing in particular and it leads the day"),
        ("Sie folgen Asien", "for the reason it gives itself: “Sie folgen Asien”"),
    ],
)
def test_every_reason_a_reader_is_given_is_said(why: str, said: str) -> None:
    assert telling.because(why) == said


@pytest.mark.parametrize("evidence", ["", "title: Kharkiv (Ukraine)", phrases.put_under("Asia")])
def test_what_the_phrases_write_is_read_back(evidence: str) -> None:
    words = phrases.ENGLISH
    told = phrases.understood(words.pick_follows("Asia", evidence))
    assert told is not None
    assert (told.is_pick, told.topic) == (True, "Asia")
    assert words.follows("Asia", told.evidence) == words.follows("Asia", evidence)
    assert phrases.understood(words.carried(4)) == phrases.Told(n_sources=4)
    assert phrases.understood(words.top_in("Asia")) == phrases.Told(is_top=True, top_in="Asia")
    assert phrases.understood(words.top) == phrases.Told(is_top=True)
    assert phrases.understood(words.pick) == phrases.Told(is_pick=True)


STORY = model.Story(7, (model.Entry("1", "Kharkiv"),), (), NOW, NOW)


@pytest.mark.parametrize(
    ("reason", "detail", "said"),
    [
        ("dropped", "by an editor", "an editor dropped it"),
        ("withdrawn", "by its source", "its source took it back"),
        ("already sent", "revision 1", "they had it before"),
        ("sent as an alert", "revision 1", "they had it as an alert before"),
        ("topic not followed", "Sports", "it is about Sports, which they do not follow"),
        (
            "topic not followed",
            "Europe, Sports, Tech",
            "it is about Europe, Sports and Tech, none of which they follow",
        ),
        (
            "topic not followed",
            "it has no topic",
            "it has no topic, and they follow topics only",
        ),
        ("muted", "Ukraine Conflict", "they muted Ukraine Conflict"),
        (
            "section full",
            "Asia: 5",
            "there is room for 5 stories under Asia, and others were hotter",
        ),
        ("issue full", "20 stories", "a digest holds 20 stories, and others were hotter"),
        (
            "too old",
            "no matter",
            "it is too old: it last changed on 23 Nov at 08:00 (Europe/Athens)",
        ),
    ],
)
def test_why_a_digest_left_a_story_out_is_said(reason: str, detail: str, said: str) -> None:
    """F10."""
    choice = model.Choice(7, False, reason, detail)
    assert telling.left_out(choice, ANN, STORY, None) == said


def test_too_old_names_from_when_on_the_digest_covers() -> None:
    choice = model.Choice(7, False, "too old")
    since = datetime(2025, 12, 31, 22, 0, tzinfo=UTC)
    said = telling.left_out(choice, ANN, STORY, since)
    assert said.endswith("the digest covers what came since 1 Jan at 00:00 (Europe/Athens)")
    earlier = telling.Reader("Ann", "America/New_York", NOW)
    said = telling.left_out(choice, earlier, STORY, since)
    assert said.endswith("since 31 Dec 2025 at 17:00 (America/New York)")


@pytest.mark.parametrize(
    ("reason", "detail", "said"),
    [
        ("alerts off", "", "they have alerts off"),
        ("topic not followed", "Asia", "it is about Asia, which they do not follow"),
        ("muted", "Asia", "they muted Asia"),
        ("topic not sure", "Asia", "it is not surely enough about Asia to disturb anybody"),
        ("already sent", "revision 1", "they had it before"),
        (
            "budget spent",
            "5 a day",
            "they had as many alerts that day as anybody gets, 5 a day",
        ),
        (
            "quiet hours",
            "it goes into the next digest",
            "it fell into their quiet hours; it goes into the next digest",
        ),
        ("on another channel", "one per person", "they got it on another channel"),
        (
            "older than the follow",
            "last changed",
            "it had not changed since they began to follow that",
        ),
        ("too old", "since", "it was not fresh enough to disturb anybody"),
        (
            "not breaking",
            "neither",
            "neither its spread nor an editor says that it is urgent",
        ),
        ("dropped", "by an editor", "an editor dropped it"),
    ],
)
def test_why_an_alert_passed_a_reader_by_is_said(reason: str, detail: str, said: str) -> None:
    """F10, C22."""
    person = model.Recipient(1, 2, model.ChannelKind.EMAIL, frozenset())
    decision = alert.AlertDecision(person, None, reason, detail)
    assert telling.alert_refused(decision, ANN) == said


def test_quiet_hours_say_when_they_end() -> None:
    person = model.Recipient(1, 2, model.ChannelKind.EMAIL, frozenset())
    decision = alert.AlertDecision(person, None, "quiet hours", "it waits", NOW)
    said = telling.alert_refused(decision, ANN)
    assert said == (
        "it fell into their quiet hours, until 23 Nov at 08:00 (Europe/Athens); it waits"
    )


def test_a_reader_without_a_name_is_this_reader() -> None:
    assert telling.Reader(" ", "UTC", NOW).who == "this reader"
    assert telling.Reader("Ann\n Lee", "UTC", NOW).who == "Ann Lee"
