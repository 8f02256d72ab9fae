"""The window of stories: what it remembers, forgets, and how it explains itself."""

from dataclasses import replace
from datetime import timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import model
from digest.cluster import clusterer
from tests.cluster.samples import NOON, entry, place_second

BLAZE = "Fire at Manila shopping mall kills nine"
BLAZE_AGAIN = "Nine dead in Manila shopping mall blaze"
TEXT = (
    "The regional court ruled on Tuesday that the harbour authority must publish every contract "
    "it signed with dredging firms since the storm, after fishermen sued for access to the files."
)

UNRELATED = [
    entry("a", "Volcano erupts in Iceland, town evacuated"),
    entry("b", "Cryptocurrencies pressured by waning risk appetite"),
    entry("c", "Parliament approves pension reform bill"),
    entry("d", "Museum recovers stolen Viking brooch"),
    entry("e", "Verstappen wins Monaco Grand Prix"),
    entry("f", "Malaria vaccine trial shows promise in Malawi"),
]
MIXED = [
    *UNRELATED,
    entry("g", "Iceland volcano erupts again, forcing evacuation of town"),
    entry("h", "Stolen Viking brooch recovered by museum"),
    entry("i", "Volcano in Iceland: evacuated town waits", "Lava nears the harbour."),
]


def placed(entries: list[model.Entry]) -> list[clusterer.Placement]:
    stories = clusterer.Clusterer()
    return [stories.add(each) for each in entries]


@given(st.permutations(UNRELATED))
def test_order_of_unrelated_entries_changes_nothing(entries: list[model.Entry]) -> None:
    assert {each.story for each in placed(entries)} == {each.id for each in UNRELATED}


@given(st.lists(st.sampled_from(MIXED), max_size=20))
def test_same_entries_in_the_same_order_give_the_same_stories(entries: list[model.Entry]) -> None:
    assert placed(entries) == placed(entries)


@given(st.text(max_size=60), st.text(max_size=80))
def test_an_entry_added_twice_joins_itself_whatever_it_says(title: str, summary: str) -> None:
    stories = clusterer.Clusterer()
    once = entry("a", title, summary)
    first, second = stories.add(once), stories.add(once)
    assert first.is_new
    assert (second.story, second.is_new, second.sure) == ("a", False, True)


@given(st.permutations(MIXED))
def test_every_story_is_named_by_the_entry_that_began_it(entries: list[model.Entry]) -> None:
    for each, placement in zip(entries, placed(entries), strict=True):
        assert placement.is_new == (placement.story == each.id)
        assert placement.why


def test_an_updated_entry_keeps_its_story_and_is_compared_by_its_new_words() -> None:
    stories = clusterer.Clusterer()
    stories.add(entry("a", "Crews respond to incident downtown"))
    stories.add(entry("a", BLAZE))
    assert stories.add(entry("b", BLAZE_AGAIN)).story == "a"


def test_seeded_entries_attract_new_ones_to_the_stored_story() -> None:
    stories = clusterer.Clusterer()
    stories.seed(entry("7", BLAZE), "story 41")
    placement = stories.add(entry("8", BLAZE_AGAIN))
    assert (placement.story, placement.is_new) == ("story 41", False)


def test_a_new_story_never_takes_the_key_of_a_stored_one() -> None:
    """Stored entries and stories are both numbered from 1."""
    stories = clusterer.Clusterer()
    stories.seed(entry("7", BLAZE), "8")
    new = stories.add(entry("8", "Museum recovers stolen Viking brooch"))
    assert new.is_new
    assert new.story != "8"
    assert stories.add(entry("9", BLAZE_AGAIN)).story == "8"
    assert stories.add(entry("10", "Stolen Viking brooch recovered by museum")).story == new.story


def test_new_stories_are_keyed_as_asked() -> None:
    options = clusterer.Options(new_key=lambda new: f"story of {new.id}")
    placement = clusterer.Clusterer(options).add(entry("a", BLAZE))
    assert placement.story == "story of a"


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/a/1?utm_source=rss", "http://www.example.org/a/1/"),
        ("https://example.org/a/1#top", "https://m.example.org/a/1/amp"),
        ("https://example.org/?id=5&fbclid=x", "https://example.org/?id=5"),
    ],
)
def test_one_address_is_one_story_whatever_the_headlines(one: str, other: str) -> None:
    placement = place_second(
        entry("a", "Storm nears coast", url=one), entry("b", "Thousands told to leave", url=other)
    )
    assert (placement.story, placement.why) == ("a", "same address")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("https://example.org/", "https://example.org"),
        ("https://example.org/?id=5", "https://example.org/?id=6"),
        ("https://example.org/a", "https://example.com/a"),
        ("", ""),
        ("https://[broken", "https://[broken"),
    ],
)
def test_front_pages_and_other_addresses_say_nothing(one: str, other: str) -> None:
    placement = place_second(
        entry("a", "Storm nears coast", url=one), entry("b", "Choir wins prize", url=other)
    )
    assert placement.is_new


def test_a_wire_copy_under_another_headline_joins() -> None:
    placement = place_second(
        entry("a", "Port must open its books, judges say", TEXT),
        entry("b", "Fishermen win", TEXT.replace("regional court", "court") + " More follows."),
    )
    assert (placement.story, placement.why, placement.sure) == ("a", "shares wording", True)


def test_text_that_a_source_puts_under_everything_is_no_wire_copy() -> None:
    stories = clusterer.Clusterer()
    motto = "Independent journalism since 1911, made by and for the people of the valley."
    titles = ["Bridge reopens", "Choir wins prize", "Wolf seen", "Mill for sale", "Snow ahead"]
    for at, title in enumerate(titles):
        stories.add(entry(str(at), title, f"{title} {at}. {motto}", source="Valley Post"))
    last = stories.add(entry("last", "Mayor steps down", f"Mayor. {motto}", source="Valley Post"))
    assert last.is_new


def test_stories_do_not_creep_from_neighbour_to_neighbour() -> None:
    steps = [
        "Harbour strike halts grain exports from Varna",
        "Grain exports fall as drought withers Dobruja wheat",
        "Drought withers wheat and empties Dobruja reservoirs",
        "Empty reservoirs expose sunken church",
    ]
    stories = clusterer.Clusterer()
    keys = [stories.add(entry(str(at), title)).story for at, title in enumerate(steps)]
    assert keys[0] != keys[-1]


def test_an_entry_past_the_window_begins_a_story() -> None:
    assert not place_second(entry("a", BLAZE), entry("b", BLAZE, hours=71)).is_new
    assert place_second(entry("a", BLAZE), entry("b", BLAZE, hours=73)).is_new


def test_a_story_stays_in_the_window_while_it_is_added_to() -> None:
    stories = clusterer.Clusterer()
    keys = [stories.add(entry(str(at), BLAZE, hours=50 * at)).story for at in range(4)]
    assert keys == ["0"] * 4


def test_entries_without_a_time_are_taken_as_of_the_latest() -> None:
    stories = clusterer.Clusterer()
    untimed = replace(entry("a", BLAZE), published_at=None)
    assert stories.add(untimed).is_new
    stories.add(entry("b", "Choir wins prize", hours=1))
    assert stories.add(replace(entry("c", BLAZE_AGAIN), published_at=None)).story == "a"


def test_expired_stories_are_forgotten_and_the_others_kept() -> None:
    stories = clusterer.Clusterer()
    stories.add(entry("a", BLAZE))
    stories.add(entry("b", "Museum recovers stolen Viking brooch"))
    stories.add(entry("c", "Stolen Viking brooch recovered by museum", hours=10))
    stories.expire(NOON + timedelta(hours=5))
    assert stories.add(entry("d", BLAZE_AGAIN, hours=11)).is_new
    assert stories.add(entry("e", "Viking brooch back at museum", hours=11)).story == "b"
    stories.expire(NOON + timedelta(days=9))
    assert stories.add(entry("f", "Viking brooch back at museum", hours=12)).is_new


def test_an_expired_address_and_wording_are_free_again() -> None:
    stories = clusterer.Clusterer()
    address = "https://example.org/live"
    stories.add(entry("a", "Port must open its books", TEXT, url=address))
    stories.add(entry("b", "Port to open its books", TEXT, url=address, hours=1))
    stories.expire(NOON + timedelta(hours=2))
    assert stories.add(entry("c", "Choir wins prize", TEXT, url=address, hours=3)).is_new


def test_an_entry_moved_by_an_editor_is_forgotten_where_it_was() -> None:
    stories = clusterer.Clusterer()
    stories.seed(entry("a", BLAZE), "wrong")
    stories.seed(entry("b", "Manila mall owner held"), "wrong")
    stories.seed(entry("a", BLAZE), "right")
    assert stories.add(entry("c", BLAZE_AGAIN)).story == "right"


def test_a_series_of_one_source_needs_more_than_two_sources_need() -> None:
    first = entry("a", "Seoul bus union warns of strike over wages", source="Korea Daily")
    same = replace(entry("b", "Seoul bus drivers strike"), source="Korea Daily")
    other = replace(same, source="Busan Daily")
    assert place_second(first, same).score < place_second(first, other).score


def test_a_roundup_attracts_less() -> None:
    plain = place_second(entry("a", BLAZE), entry("b", BLAZE_AGAIN))
    roundup = place_second(entry("a", f"In brief: {BLAZE}"), entry("b", BLAZE_AGAIN))
    assert roundup.score < plain.score


def test_a_doubtful_link_joins_but_is_not_sure() -> None:
    first, second = entry("a", BLAZE), entry("b", BLAZE_AGAIN)
    score = place_second(first, second).score
    stories = clusterer.Clusterer(clusterer.Options(join=score - 0.01, sure=score + 0.01))
    stories.add(first)
    placement = stories.add(second)
    assert (placement.story, placement.sure) == ("a", False)


def test_a_story_below_the_threshold_is_named_as_related() -> None:
    first, second = entry("a", BLAZE), entry("b", "Manila mall fire: owner held after nine die")
    stories = clusterer.Clusterer(clusterer.Options(join=0.99, sure=0.99))
    stories.add(first)
    placement = stories.add(second)
    assert (placement.story, placement.is_new, placement.related) == ("b", True, "a")
    assert placement.why.startswith("alike, not enough: ")


def test_the_threshold_grows_with_the_window() -> None:
    """In a fuller window chance likeness is more frequent."""
    first, second = entry("a", BLAZE), entry("b", BLAZE_AGAIN)
    score = place_second(first, second).score
    stories = clusterer.Clusterer(clusterer.Options(join=score - 0.02, growth=1.0))
    for at in range(600):
        stories.add(entry(f"filler {at}", f"word{at} thing{at} other{at}"))
    stories.add(first)
    assert stories.add(second).is_new


def test_candidates_are_bounded_whatever_the_window_holds() -> None:
    stories = clusterer.Clusterer(clusterer.Options(n_candidates=1))
    for at in range(50):
        stories.add(entry(str(at), f"Committee number{at} debates harbour plan{at}"))
    stories.add(entry("a", BLAZE))
    assert stories.add(entry("b", BLAZE_AGAIN)).story == "a"
