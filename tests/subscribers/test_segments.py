"""Parts of the people, in words: each word against every person, one by one."""

import io
from datetime import timedelta

import pytest
import sqlalchemy as sa

from subscribers import (
    channels,
    clicks,
    errors,
    exporting,
    importing,
    people,
    preferences,
    segments,
    suppression,
)
from tests.subscribers.making import KEY, NOW, person


def of(session: sa.Connection, text: str) -> set[str]:
    """The names of the people of a segment."""
    words = segments.parse(text)
    where = segments.condition(words, now=NOW)
    found = {one.name for one in people.listing(session, where=where)}
    assert segments.count(session, words, now=NOW) == len(found)
    return found


@pytest.fixture
def crowd(session: sa.Connection) -> sa.Connection:
    """Five people who differ in everything."""
    ann = person(
        session, "ann@example.com", name="Ann", topics=["asia", "tech"], time_zone="Asia/Tokyo",
        cadence="weekly", alerts=True, language="de",
    )  # fmt: skip
    bob = person(session, "bob@example.com", chat_id=7, name="Bob", topics=["asia"],
                 time_zone="Europe/Athens")  # fmt: skip
    cat = person(session, None, chat_id=8, name="Cat", topics=["tech"], time_zone="Europe/Paris")
    dan = person(session, "dan@example.com", name="Dan", state="pending")
    eve = person(session, "eve@example.com", name="Eve")
    preferences.pause(session, bob.id, NOW + timedelta(7), now=NOW, how="page")
    preferences.unsubscribe(session, scope="everything", subscriber_id=cat.id, now=NOW, how="bot")
    channels.mark_bounced(session, eve.channels[0].id, now=NOW)
    clicks.record(session, [ann.id], now=NOW - timedelta(5))
    clicks.record(session, [bob.id], now=NOW - timedelta(40))
    suppression.suppress(
        session, key=KEY, kind="email", address="dan@example.com", reason="by hand", now=NOW
    )
    assert dan.state == "pending"
    return session


@pytest.mark.parametrize(
    ("words", "names"),
    [
        ("", "Ann Bob Cat Dan Eve"),
        ("topic:asia", "Ann Bob"),
        ("topic:asia,tech", "Ann Bob Cat"),
        ("topic:asia topic:tech", "Ann"),
        ("-topic:asia", "Cat Dan Eve"),
        ("topic:asia -topic:tech", "Bob"),
        ("state:active", "Ann Eve"),
        ("state:paused", "Bob"),
        ("state:pending,unsubscribed", "Cat Dan"),
        ("state:bounced", "Eve"),
        ("-state:bounced state:active", "Ann"),
        ("state:suppressed", "Dan"),
        ("cadence:weekly", "Ann"),
        ("cadence:daily,weekdays", "Bob Cat Dan Eve"),
        ("channel:email", "Ann Bob"),
        ("channel:chat", "Bob"),
        ("-channel:email,chat", "Cat Dan Eve"),
        ("alerts:on", "Ann"),
        ("zone:asia/tokyo", "Ann"),
        ("zone:Europe/*", "Bob Cat"),
        ("-zone:Europe/*,Asia/Tokyo", "Dan Eve"),
        ("language:DE", "Ann"),
        ("since:2026-11-03", "Ann Bob Cat Dan Eve"),
        ("since:2026-11-04", ""),
        ("before:2026-11-04", "Ann Bob Cat Dan Eve"),
        ("before:2026-11-03", ""),
        ("clicked:30d", "Ann"),
        ("clicked:60d", "Ann Bob"),
        ("clicked:99999d", "Ann Bob"),
        ("clicked:2026-10-01", "Ann"),
        ("-clicked:30d", "Bob Cat Dan Eve"),
        ("tag:vip", ""),
        ("import:1", ""),
        ("-import:1", "Ann Bob Cat Dan Eve"),
        ("  topic:asia   state:active ", "Ann"),
    ],
)
def test_every_word_means_what_it_says(crowd: sa.Connection, words: str, names: str) -> None:
    """G13"""
    assert of(crowd, words) == set(names.split())


def test_labels_and_days_of_signing_up_come_with_a_list(crowd: sa.Connection) -> None:
    text = (
        "email,name,tags,created_at\nfay@example.com,Fay,Big Spenders;asia,2024-02-03\n"
        "gus@example.com,Gus,,\nann@example.com,,VIP,\n"
    )
    importing.load(
        crowd, io.BytesIO(text.encode()), key=KEY, now=NOW, consent="Asked", consented_at=NOW,
        resolve=lambda name: ("asia",) if name == "asia" else (),
    )  # fmt: skip
    assert of(crowd, 'tag:"big spenders"') == {"Fay"}
    assert of(crowd, 'tag:"Big Spenders",vip') == {"Ann", "Fay"}
    assert of(crowd, "import:1") == {"Fay", "Gus"}
    assert of(crowd, "before:2024-03-01") == {"Fay"}
    assert of(crowd, "since:2024-02-04 topic:asia") == {"Ann", "Bob"}
    rows = list(
        exporting.rows(crowd, where=segments.condition(segments.parse("import:1"), now=NOW))
    )
    assert [(row[0], row[-1]) for row in rows] == [
        ("fay@example.com", "Big Spenders"),
        ("gus@example.com", ""),
    ]


@pytest.mark.parametrize(
    ("words", "problem"),
    [
        ("asia", "no word such as topic:asia"),
        ("topic:", "no word"),
        ("topic:asia,,tech,", None),
        ('tag:""', "empty value"),
        ("colour:red", "is none of topic, tag"),
        ("state:lapsed", "'lapsed' is none of active"),
        ("channel:post", "is none of email, chat"),
        ("cadence:hourly", "not one of daily"),
        ("zone:EST", "not a time zone"),
        ("since:yesterday", "takes one day"),
        ("since:2026-01-01,2026-02-01", "takes one day"),
        ("clicked:often", "takes one day"),
        ("alerts:perhaps", "neither on nor off"),
        ("import:one", "number of an import"),
        ("topic:'; DROP TABLE subscriber", "not a topic"),
        ("topic:a" + " topic:a" * 40, "more than 40 words"),
        ("topic:" + "a" * 2000, "more than 2000 characters"),
    ],
)
def test_what_cannot_be_meant_is_refused_with_a_reason(words: str, problem: str | None) -> None:
    if problem is None:
        assert segments.parse(words)[0].values == ("asia", "tech")
        return
    with pytest.raises(errors.InvalidPreference, match=problem):
        segments.parse(words)


def test_topics_are_found_by_the_names_people_know() -> None:
    names = {"East Asia": ("asia", "china")}
    words = segments.parse('topic:"East Asia"', topics=lambda name: names.get(name, ()))
    assert words == (segments.Word("topic", ("asia", "china")),)
    with pytest.raises(errors.InvalidPreference, match="'Gardening' is no topic"):
        segments.parse("topic:Gardening", topics=lambda name: names.get(name, ()))


def test_a_segment_is_kept_by_name_and_read_again(session: sa.Connection) -> None:
    segments.save(session, "Asia  by mail", "topic:asia  channel:email", now=NOW)
    segments.save(session, "asia by MAIL", "topic:asia", now=NOW)
    segments.save(session, "lapsed", "-clicked:90d", now=NOW)
    assert [(one.name, one.words) for one in segments.listing(session)] == [
        ("asia by MAIL", "topic:asia"),
        ("lapsed", "-clicked:90d"),
    ]
    assert segments.words_of(session, "ASIA by mail") == segments.parse("topic:asia")
    assert segments.words_of(session, "state:active") == segments.parse("state:active")
    assert segments.words_of(session, "") == ()
    with pytest.raises(errors.InvalidPreference, match="none is called 'nobody'"):
        segments.words_of(session, "nobody")
    assert segments.remove(session, "Lapsed")
    assert not segments.remove(session, "lapsed")
    for name in ("", "a:b", "-x", "n" * 61):
        with pytest.raises(errors.InvalidPreference, match="a name has"):
            segments.save(session, name, "topic:asia", now=NOW)


def test_counts_can_be_of_a_segment_alone(crowd: sa.Connection) -> None:
    where = segments.condition(segments.parse("topic:asia"), now=NOW)
    counted = people.stats(crowd, where)
    assert counted.n_subscribers == 2
    assert counted.by_state == {"active": 1, "paused": 1, "pending": 0, "unsubscribed": 0}
    assert counted.by_kind == {"email": 2, "chat": 1}
    assert counted.by_topic == {"asia": 2, "tech": 1}


def test_an_earlier_click_never_overwrites_a_later_one(session: sa.Connection) -> None:
    jo = person(session, name="Jo")
    clicks.record(session, [jo.id], now=NOW)
    clicks.record(session, [jo.id], now=NOW - timedelta(90))
    clicks.record(session, [], now=NOW)
    assert of(session, "clicked:1d") == {"Jo"}
