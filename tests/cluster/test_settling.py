"""What grows together, what is forgotten on the way, and how little the order of arrival says."""

from dataclasses import replace
from datetime import timedelta
from itertools import pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from digest import model
from digest.cluster import clusterer
from tests.cluster.samples import NOON, entry

# One event: two in words that share nothing, then more that have the words of both.
FERRY = [
    entry("a", "Ferry sinks off Mokpo"),
    entry("b", "Sewon Star capsizes: hundreds missing", hours=0.2),
    entry("c", "Ferry Sewon Star sinks off Mokpo", hours=0.4),
    entry("d", "Ferry Sewon Star capsizes off Mokpo, hundreds missing", hours=0.6),
    entry("e", "Sewon Star ferry sinks off Mokpo with hundreds missing", hours=0.8),
]
EVENTS = [
    ("Volcano erupts in Iceland, town evacuated", "Iceland volcano erupts, forcing town to leave"),
    ("Museum recovers stolen Viking brooch", "Stolen Viking brooch recovered by museum"),
    ("Entra en erupción el volcán de La Palma", "El volcán de La Palma, en erupción"),
    ("Bundestag beschließt neues Rentengesetz", "Neues Rentengesetz im Bundestag beschlossen"),
    ("Le Sénat adopte le budget de la défense", "Budget de la défense adopté par le Sénat"),
]
LANGUAGES = ["en", "en", "es", "de", "fr"]
MIXED = [
    (entry(f"{event}{which}", title, language=LANGUAGES[event], hours=which), event)
    for event, titles in enumerate(EVENTS)
    for which, title in enumerate(titles)
]


def settled(entries: list[model.Entry]) -> dict[str, str]:
    """Entry id → story, after what grew together was joined."""
    stories = clusterer.Clusterer()
    placed = {each.id: stories.add(each).story for each in entries}
    for joined in stories.settle():
        for entry_id, story in placed.items():
            if story == joined.other:
                placed[entry_id] = joined.into
    return placed


def test_stories_in_different_words_become_one_when_more_is_told() -> None:
    stories = clusterer.Clusterer()
    first = [stories.add(each).story for each in FERRY[:2]]
    assert first == ["a", "b"]
    assert stories.settle() == ()
    for each in FERRY[2:]:
        stories.add(each)
    [joined] = stories.settle()
    assert {joined.into, joined.other} == {"a", "b"}
    assert joined.sure
    assert stories.add(entry("f", "Divers reach sunken Mokpo ferry", hours=1)).story == joined.into
    assert stories.settle() == ()


def test_stories_kept_apart_by_an_editor_are_not_joined() -> None:
    for apart in ("a", "b"):
        stories = clusterer.Clusterer()
        for each in FERRY:
            stories.add(each)
        assert stories.settle({apart}) == ()


def test_a_doubtful_joining_says_so() -> None:
    stories = clusterer.Clusterer(clusterer.Options(settle_sure=0.99))
    for each in FERRY:
        stories.add(each)
    [joined] = stories.settle()
    assert not joined.sure


def test_stories_of_different_towns_do_not_grow_together() -> None:
    towns = ["Odesa", "Odesa", "Kyiv", "Kyiv"]
    told = [
        entry("0", f"Russian drones hit port in {towns[0]}, killing three"),
        entry("1", f"Port in {towns[1]} hit by Russian drones: three killed"),
        entry("2", f"Russian drones hit hospital in {towns[2]}, killing three"),
        entry("3", f"Hospital in {towns[3]} hit by Russian drones: three killed"),
    ]
    found = settled(told)
    assert found["0"] == found["1"] != found["2"] == found["3"]


@settings(max_examples=30)
@given(st.permutations(MIXED))
def test_languages_mixed_in_any_order_keep_each_event_its_own(
    rows: list[tuple[model.Entry, int]],
) -> None:
    found = settled([each for each, _ in rows])
    events = {each.id: event for each, event in rows}
    for one in found:
        for other in found:
            assert (found[one] == found[other]) == (events[one] == events[other])


@settings(max_examples=30)
@given(st.permutations(FERRY))
def test_the_order_of_arrival_leaves_out_one_entry_of_an_event_at_most(
    entries: list[model.Entry],
) -> None:
    """What comes first sets the words of a story; nobody says that they are the best ones."""
    found = list(settled(entries).values())
    assert max(found.count(story) for story in found) >= len(entries) - 1


@settings(max_examples=20)
@given(st.lists(st.sampled_from([each for each, _ in MIXED]), max_size=20))
def test_entries_told_twice_change_nothing(entries: list[model.Entry]) -> None:
    once = list(dict.fromkeys(entries))
    assert settled(entries) == settled(once)


def test_an_edited_entry_stays_in_its_story_whatever_it_says_now() -> None:
    stories = clusterer.Clusterer()
    first = stories.add(FERRY[0])
    edited = replace(FERRY[0], title="Museum recovers stolen Viking brooch")
    assert stories.add(edited).story == first.story
    assert stories.add(entry("z", "Stolen Viking brooch recovered by museum")).story == first.story
    assert stories.add(FERRY[2]).is_new


def test_old_stories_are_forgotten_while_entries_come_in() -> None:
    """A window that nobody tidies holds its days, not all there ever was."""
    stories = clusterer.Clusterer()
    held = []
    for at in range(2_500):
        stories.add(entry(str(at), f"Committee {at}x debates plan {at}y", hours=at / 4))
        held.append(len(stories))
    # 72 hours and half a day's slack, at four an hour, and what comes between two looks.
    assert max(held) <= 4 * 84 + 500 + 101
    assert any(later < earlier for earlier, later in pairwise(held))


def test_one_clock_that_runs_ahead_forgets_nothing() -> None:
    stories = clusterer.Clusterer()
    ahead = replace(entry("ahead", "A calendar error"), published_at=NOON + timedelta(days=4000))
    stories.add(ahead)
    for at in range(600):
        stories.add(entry(str(at), f"Committee {at}x debates plan {at}y"))
    assert len(stories) == 601


def test_what_is_near_to_an_entry_is_named_without_taking_it_in() -> None:
    stories = clusterer.Clusterer()
    kyiv = entry("a", "Russian drones hit hospital in Kyiv, killing three")
    odesa = entry("b", "Russian drones hit port in Odesa, killing three")
    stories.add(kyiv)
    [near] = stories.related(odesa)
    assert (near.story, near.why) == ("a", "different places: Odesa, Kyiv")
    assert len(stories) == 1
    stories.add(odesa)
    assert [each.story for each in stories.related(odesa, "b")] == ["a"]
    assert stories.related(entry("c", "Choir wins prize")) == ()
