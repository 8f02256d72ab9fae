"""What one reader gets of an edition, and the reason for every story shown or left out."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from digest import curate, model, phrases

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
NAMES = {
    "asia": "Asia",
    "europe": "Europe",
    "russia": "Russia",
    "tech": "Tech",
    "ukraine-conflict": "Ukraine Conflict",
    "world": "World",
}
ORDER = ("world", "asia", "europe", "ukraine-conflict", "russia", "tech")
PARENTS = {
    "asia": frozenset({"world"}),
    "europe": frozenset({"world"}),
    "russia": frozenset({"world"}),
    "ukraine-conflict": frozenset({"europe", "world"}),
}


def story(number: int, *topics: str, n_sources: int = 1, **fields: Any) -> model.Story:
    """Make a story about `topics`, strongest first, that came an hour ago."""
    entries = tuple(
        model.Entry(f"{number}-{n}", f"Headline {number}", source=f"Paper {n}")
        for n in range(n_sources)
    )
    matches = tuple(
        model.TopicMatch(topic, 10.0 - place, (f"title: {topic}",))
        for place, topic in enumerate(topics)
    )
    at = fields.pop("at", NOW - timedelta(hours=1))
    return model.Story(number, entries, matches, at, at, **fields)


def reader(*topics: str, **fields: Any) -> model.Recipient:
    return model.Recipient(1, 1, model.ChannelKind.EMAIL, frozenset(topics), **fields)


def curated(
    stories: list[model.Story], who: model.Recipient, window_hours: int | None = 24, **plan: Any
) -> curate.Curated:
    return curate.curate(
        stories,
        who,
        topic_names=NAMES,
        topic_order=ORDER,
        parents=PARENTS,
        window_from=None if window_hours is None else NOW - timedelta(hours=window_hours),
        now=NOW,
        plan=curate.Plan(**plan),
    )


def layout(found: curate.Curated) -> list[tuple[str, tuple[int, ...], int]]:
    """Each section as (heading, story ids, stories left out)."""
    sections = found.issue.sections if found.issue else ()
    return [(s.title, tuple(item.story.id for item in s.items), s.more) for s in sections]


def reasons(found: curate.Curated) -> dict[int, str]:
    return {choice.story_id: choice.reason for choice in found.choices}


def test_an_issue_opens_with_what_is_hot_then_picks_then_topics_in_catalogue_order() -> None:
    """G1."""
    stories = [story(n, "tech", hot=n) for n in (1, 2, 3)]
    stories += [story(n, "asia", hot=n) for n in (4, 5)]
    stories += [story(6, "tech", pinned=True), story(7, "russia", pinned=True)]
    assert layout(curated(stories, reader("tech", "asia"))) == [
        ("What's hot", (5, 4), 0),
        ("Editor's picks", (6, 7), 0),
        ("Tech", (3, 2, 1), 0),
    ]


def test_every_story_says_why_it_is_there() -> None:
    stories = [story(1, "ukraine-conflict", hot=1), story(2, "tech", pinned=True)]
    stories += [story(3, "europe", pinned=True), story(4, "europe")]
    found = curated(stories, reader("ukraine-conflict", "europe"))
    assert found.issue is not None
    assert [item.why for item in found.issue.items] == [
        "You follow Ukraine Conflict (title: ukraine-conflict)",
        "Editor's pick",
        "Editor's pick. You follow Europe (title: europe)",
        "You follow Europe (title: europe)",
    ]
    assert [item.topic for item in found.issue.items] == [
        "ukraine-conflict",
        "",
        "europe",
        "europe",
    ]


def test_a_follow_without_evidence_or_name_is_still_explained() -> None:
    bare = model.replace(story(1), topics=(model.TopicMatch("keyword-17", 1.0, ()),))
    found = curated([bare], reader("keyword-17"))
    assert found.issue is not None
    assert found.issue.lead.why == "You follow keyword-17"


def test_nothing_new_makes_no_issue() -> None:
    """D11."""
    assert curated([], reader("tech")).issue is None
    found = curated([story(1, "tech"), story(2, "asia")], reader("tech", seen={1: 1}))
    assert found.issue is None
    assert reasons(found) == {1: "already sent", 2: "topic not followed"}


def test_a_pick_alone_makes_an_issue() -> None:
    found = curated([story(1, "asia", pinned=True)], reader("tech"))
    assert layout(found) == [("Editor's picks", (1,), 0)]


def test_a_story_seen_before_comes_back_only_when_it_has_changed() -> None:
    """D11."""
    stories = [story(1, "tech", revision=2), story(2, "tech", revision=2)]
    found = curated(stories, reader("tech", seen={1: 1, 2: 2, 99: 1}))
    assert found.issue is not None
    assert [(item.story.id, item.updated) for item in found.issue.items] == [(1, True)]
    assert curate.explain(2, found) == "Left out, already sent: revision 2"


def test_a_story_that_went_as_an_alert_is_left_out_as_such() -> None:
    """D11."""
    found = curated([story(1, "tech")], reader("tech", seen={1: 1}, alerted=frozenset({1})))
    assert reasons(found) == {1: "sent as an alert"}


def test_dropped_and_withdrawn_stories_are_never_shown() -> None:
    stories = [story(1, "tech", dropped=True, pinned=True), story(2, "tech", withdrawn=True)]
    found = curated(stories, reader("tech"))
    assert found.issue is None
    assert reasons(found) == {1: "dropped", 2: "withdrawn"}


def test_a_story_from_before_the_window_is_too_old_unless_it_changed_within() -> None:
    old = NOW - timedelta(hours=30)
    stories = [story(1, "tech", at=old), model.replace(story(2, "tech", at=old), updated_at=NOW)]
    found = curated(stories, reader("tech"))
    assert reasons(found) == {1: "too old", 2: "shown"}
    assert curate.explain(1, found) == "Left out, too old: last changed 2026-11-22 02:00 UTC"
    assert reasons(curated(stories, reader("tech"), None)) == {1: "shown", 2: "shown"}
    assert reasons(curated(stories, reader("tech"), 30)) == {1: "shown", 2: "shown"}


def test_a_story_stands_once_under_the_most_specific_topic_followed() -> None:
    stories = [story(n, "europe", "ukraine-conflict", "world") for n in (1, 2, 3, 4)]
    everything = reader("world", "europe", "ukraine-conflict")
    assert layout(curated(stories, everything, hot=0)) == [("Ukraine Conflict", (1, 2, 3, 4), 0)]
    assert layout(curated(stories, reader("world", "europe"), hot=0))[0][0] == "Europe"
    assert layout(curated(stories, reader("world"), hot=0))[0][0] == "World"


def test_a_story_about_two_unrelated_topics_stands_under_the_stronger() -> None:
    stories = [story(1, "tech", "asia"), story(2, "asia", "tech")]
    found = curated(stories, reader("tech", "asia"), hot=0)
    assert layout(found) == [("Asia", (2,), 0), ("Tech", (1,), 0)]


def test_a_muted_topic_takes_its_stories_out_of_the_topics_above_it() -> None:
    stories = [
        story(1, "ukraine-conflict", "europe", "world"),
        story(2, "ukraine-conflict", "europe", "russia", "world"),
        story(3, "europe", "world"),
    ]
    muted = frozenset({"ukraine-conflict"})
    found = curated(stories, reader("europe", muted=muted), hot=0)
    assert reasons(found) == {1: "muted", 2: "muted", 3: "shown"}
    assert curate.explain(1, found) == "Left out, muted: Ukraine Conflict"
    found = curated(stories, reader("europe", "russia", muted=muted), hot=0)
    assert layout(found) == [("Europe", (3,), 0), ("Russia", (2,), 0)]
    stories = [story(1, "ukraine-conflict", "asia"), story(2, "tech")]
    found = curated(stories, reader("asia", "tech", muted=muted), hot=0)
    assert layout(found) == [("Asia", (1,), 0), ("Tech", (2,), 0)]


def test_a_reader_who_muted_a_topic_does_not_get_it_as_a_pick_either() -> None:
    pick = story(1, "asia", pinned=True)
    for who in (reader("tech", muted=frozenset({"asia"})), reader(muted=frozenset({"asia"}))):
        assert reasons(curated([pick], who)) == {1: "muted"}


def test_muting_all_that_is_followed_is_not_the_same_as_following_nothing() -> None:
    found = curated([story(1, "tech"), story(2, "asia")], reader("tech", muted=frozenset({"tech"})))
    assert reasons(found) == {1: "muted", 2: "topic not followed"}


def test_who_follows_nothing_gets_what_is_hot_the_picks_and_the_best_of_main_topics() -> None:
    stories = [story(1, "asia", "world", n_sources=4, hot=9), story(2, "asia", "world", hot=3)]
    stories += [story(3, "tech", hot=2), story(4, "tech", n_sources=2, hot=1)]
    stories += [story(5, "tech", pinned=True), story(6, hot=0)]
    found = curated(stories, reader())
    assert layout(found) == [
        ("What's hot", (1, 2), 0),
        ("Editor's picks", (5,), 0),
        ("Tech", (3, 4), 0),
    ]
    assert found.issue is not None
    assert [(item.why, item.topic) for item in found.issue.items] == [
        ("Carried by 4 sources", ""),
        ("Top story", ""),
        ("Editor's pick", ""),
        ("Top story in Tech", "tech"),
        ("Carried by 2 sources", "tech"),
    ]
    assert curate.explain(6, found) == "Left out, topic not followed: it is under no main topic"


def test_main_topics_are_those_with_none_above_them() -> None:
    found = curated([story(1, "asia", "world"), story(2, "tech", "asia")], reader(), hot=0)
    assert layout(found) == [("World", (1,), 0), ("Tech", (2,), 0)]


def test_a_plan_without_general_stories_keeps_to_what_is_followed() -> None:
    stories = [story(1, "asia", pinned=True), story(2, "tech", pinned=True)]
    found = curated(stories, reader("tech"), show_general=False, hot=0)
    assert layout(found) == [("Editor's picks", (2,), 0)]
    assert curated(stories, reader(), show_general=False).issue is None


def test_a_long_section_is_cut_and_says_how_many_more_there_are() -> None:
    """G9."""
    found = curated([story(n, "tech") for n in range(1, 9)], reader("tech"), hot=0, per_section=3)
    assert layout(found) == [("Tech", (1, 2, 3), 5)]
    assert curate.explain(4, found) == "Left out, section full: Tech: 3"


def test_a_long_issue_gives_every_section_its_best_before_any_a_second() -> None:
    stories = [story(n, "tech", hot=10) for n in range(1, 6)]
    stories += [story(n, "asia", hot=5) for n in range(6, 11)]
    stories += [story(11, "russia", hot=1)]
    who = reader("tech", "asia", "russia")
    found = curated(stories, who, hot=0, max_stories=4)
    assert layout(found) == [("Asia", (6,), 4), ("Russia", (11,), 0), ("Tech", (1, 2), 3)]
    assert curate.explain(3, found) == "Left out, issue full: 4 stories"
    found = curated(stories, who, hot=0, max_stories=2)
    assert layout(found) == [("Asia", (6,), 4), ("Tech", (1,), 4)]
    assert reasons(found)[11] == "issue full"


def test_picks_beyond_their_number_fall_back_to_their_topic_when_it_is_followed() -> None:
    stories = [story(n, "asia", pinned=True, hot=9 - n) for n in (1, 2, 3)]
    stories += [story(4, "tech", pinned=True)]
    found = curated(stories, reader("tech"), picks=2, hot=0)
    assert layout(found) == [("Editor's picks", (1, 2), 1), ("Tech", (4,), 0)]
    assert curate.explain(3, found) == "Left out, section full: Editor's picks: 2"
    found = curated(stories, reader("russia"), picks=4, max_stories=3)
    assert curate.explain(4, found) == "Left out, issue full: 3 stories"


def test_what_is_hot_and_picks_count_towards_the_length_of_the_issue() -> None:
    stories = [story(n, "tech", pinned=n > 7) for n in range(1, 10)]
    found = curated(stories, reader("tech"), max_stories=6)
    assert layout(found) == [
        ("What's hot", (1, 2, 3), 0),
        ("Editor's picks", (8, 9), 0),
        ("Tech", (4,), 3),
    ]


def test_within_a_section_the_hottest_comes_first_then_the_latest_then_the_lowest_id() -> None:
    later = NOW - timedelta(minutes=1)
    stories = [story(5, "tech"), story(3, "tech"), story(8, "tech", at=later)]
    stories += [story(9, "tech", hot=2)]
    found = curated(stories, reader("tech"), hot=0)
    assert layout(found) == [("Tech", (9, 8, 3, 5), 0)]
    assert layout(curated(stories[::-1], reader("tech"), hot=0)) == layout(found)


def test_a_story_dated_in_the_future_does_not_stay_on_top() -> None:
    stories = [story(2, "tech", at=NOW + timedelta(days=400)), story(1, "tech", at=NOW)]
    assert layout(curated(stories, reader("tech"), hot=0)) == [("Tech", (1, 2), 0)]


@pytest.mark.parametrize(("n_stories", "n_hot"), [(1, 1), (3, 1), (4, 2), (7, 3), (30, 3)])
def test_what_is_hot_leaves_something_for_the_sections(n_stories: int, n_hot: int) -> None:
    """G9: one story and sixty both make a designed issue."""
    found = curated([story(n, "tech") for n in range(1, n_stories + 1)], reader("tech"))
    assert len(layout(found)[0][1]) == n_hot


def test_the_digest_may_name_its_first_section() -> None:
    found = curated([story(1, "tech")], reader("tech"), digest_title="This morning")
    assert layout(found)[0][0] == "This morning"


def test_a_reader_gets_the_words_of_their_language() -> None:
    """G10."""

    class Greek(phrases.Phrases):
        hot = "Τώρα"

        def follows(self, topic: str, evidence: str) -> str:
            return f"Ακολουθείτε: {topic}"

    curator = curate.Curator(
        [story(1, "tech")],
        topic_names=NAMES,
        topic_order=ORDER,
        parents=PARENTS,
        window_from=None,
        now=NOW,
        words={"el": Greek()},
    )
    issues = [curator.curate(reader("tech", language=language)).issue for language in ("el", "en")]
    assert [issue.lead.why for issue in issues if issue] == [
        "Ακολουθείτε: Tech",
        "You follow Tech (title: tech)",
    ]
    assert [issue.sections[0].title for issue in issues if issue] == ["Τώρα", "What's hot"]


def test_why_can_be_asked_of_any_story() -> None:
    """F10."""
    found = curated([story(1, "tech"), story(2, "asia", "russia"), story(3)], reader("tech"))
    assert [curate.explain(number, found) for number in (1, 2, 3, 4)] == [
        "Shown: What's hot: You follow Tech (title: tech)",
        "Left out, topic not followed: Asia, Russia",
        "Left out, topic not followed: it has no topic",
        "Not among the stories of this edition",
    ]


def test_a_topic_named_twice_for_one_story_counts_once_with_its_best_score() -> None:
    twice = model.replace(
        story(1),
        topics=tuple(
            model.TopicMatch(topic, score, (f"title: {topic}",))
            for topic, score in (("tech", 3.0), ("asia", 2.0), ("tech", 1.0))
        ),
    )
    assert layout(curated([twice], reader("tech", "asia"), hot=0)) == [("Tech", (1,), 0)]


def test_a_story_handed_in_twice_is_refused() -> None:
    with pytest.raises(ValueError, match="twice"):
        curated([story(1, "tech"), story(1, "asia")], reader("tech"))


def test_a_limit_below_zero_is_refused() -> None:
    with pytest.raises(ValueError, match="below zero"):
        curate.Plan(picks=-1)


def test_readers_of_one_edition_do_not_get_each_others_words() -> None:
    pick = story(1, "tech", revision=2, pinned=True)
    curator = curate.Curator(
        [pick, story(2, "asia", hot=1)],
        topic_names=NAMES,
        topic_order=ORDER,
        parents=PARENTS,
        window_from=None,
        now=NOW,
    )
    alone = curator.curate(reader("tech"))
    again = curator.curate(reader("tech", seen={1: 1}))
    beside = curator.curate(reader("tech", "asia"))
    items = [found.issue.items[-1] for found in (alone, again, beside) if found.issue]
    assert [(item.why, item.updated) for item in items] == [
        ("You follow Tech (title: tech)", False),
        ("You follow Tech (title: tech)", True),
        ("Editor's pick. You follow Tech (title: tech)", False),
    ]


def test_an_edition_remembers_only_so_many_readers(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("digest.curate.curator.MEMORY", 2)
    stories = [story(n, "tech") for n in range(1, 6)]
    curator = curate.Curator(
        stories, topic_names=NAMES, topic_order=ORDER, parents=PARENTS, window_from=None, now=NOW
    )
    readers = [reader("tech", seen={n: 1}) for n in (1, 2, 3, 1)]
    for who in readers:
        assert curator.curate(who).issue == curated(stories, who).issue
