"""The sample stories hold the cases that the demo and the tests are there to show."""

from collections import defaultdict
from datetime import timedelta

from digest.demo import newsroom_wordpress, pictures, stories
from tests.demo import bots

NOW = bots.Clock().now
CATALOGUE = """
world asia china europe russia ukraine-conflict middle-east africa usa us-politics politics business
economy markets banking tech ai science space climate health sports travel
"""
PLACEMENTS = frozenset(
    {"Editor's Choice", "Uncategorized", "Featured Business", "Top Featured", "Highlights"}
)


def by_event() -> dict[str, list[stories.Told]]:
    events: defaultdict[str, list[stories.Told]] = defaultdict(list)
    for one in stories.told(NOW):
        events[one.event].append(one)
    return events


def test_every_topic_has_a_story_and_no_other_is_named() -> None:
    named = {topic for one in stories.told(NOW) for topic in one.topics}
    assert named == set(CATALOGUE.split())


def test_there_are_enough_stories_with_addresses_of_their_own() -> None:
    entries = stories.sample_entries(NOW, "http://127.0.0.1:1")
    assert 45 <= len(entries) <= 60
    assert len({e.url for e in entries}) == len({e.id for e in entries}) == len(entries)


def test_one_event_is_carried_by_four_sources_within_the_hour() -> None:
    told = by_event()[stories.BREAKING]
    assert len({one.entry.source for one in told}) == 4
    assert all(
        one.entry.published_at and one.entry.published_at > NOW - timedelta(hours=1) for one in told
    )


def test_no_source_tells_an_event_twice_and_many_are_told_in_several_words() -> None:
    events = by_event()
    for told in events.values():
        assert len({one.entry.source for one in told}) == len(told)
        assert len({one.entry.title for one in told}) == len(told)
        assert len({one.topics for one in told}) == 1
    assert sum(len(told) > 1 for told in events.values()) >= 12


def test_the_misfiled_story_is_filed_under_europe_alone() -> None:
    told = by_event()["pyongyang-troops"]
    misfiled = next(one for one in told if one.entry.own)
    assert misfiled.entry.categories == ("Europe",)
    assert set(misfiled.topics) == {"ukraine-conflict", "russia", "asia"}


def test_the_publishers_filing_is_its_real_one_placements_included() -> None:
    known = {name for name, _ in newsroom_wordpress.CATEGORIES}
    filed = {c for e in stories.sample_entries(NOW) if e.own for c in e.categories}
    assert filed <= known
    assert filed >= PLACEMENTS
    assert filed >= {"Middle East", "Middle East News"}


def test_hard_headlines_are_among_them() -> None:
    titles = " ".join(e.title for e in stories.sample_entries(NOW))
    for hard in ("&", '"', "🚀", "Łódź", "São Paulo", "Söderholm", "– Business & Finance"):
        assert hard in titles


def test_summaries_are_one_to_three_sentences_and_pictures_exist() -> None:
    for entry in stories.sample_entries(NOW):
        assert 1 <= entry.summary.count(". ") + 1 <= 3
        assert entry.summary.endswith(".")
        assert not entry.image or entry.image.rpartition("/")[2] in pictures.NAMES
    assert any(e.image for e in stories.sample_entries(NOW))
