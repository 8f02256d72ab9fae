"""What comes to a story may not widen what the story is about."""

from dataclasses import replace

from digest.cluster import clusterer, features, window
from tests.cluster.samples import entry, place_second

BRIGADE = "Germany opens permanent brigade in Lithuania"
ROUNDUP = "Germany updates: Brigade opens in Lithuania, rail strike called off in Cologne"
STRIKE = "Rail strike called off in Cologne"
RAMMING = entry(
    "a",
    "Car ploughs into crowd at Leeds street party",
    "A 53-year-old Bradford man has been arrested after a car hit dozens of pedestrians.",
)
UNTOLD = entry(
    "b",
    "What do we know so far?",
    "A 53-year-old Bradford man has been arrested after dozens of people were hit by a car.",
)


def test_what_else_a_roundup_tells_is_not_of_the_story_it_came_to() -> None:
    held = window.Window()
    for each in (entry("a", BRIGADE), entry("b", ROUNDUP, hours=1)):
        held.put(features.read_features(each), "story")
    told = held.stories["story"]
    assert {term: w for term, w in told.weights.items() if w} == told.lead.terms
    assert "strike" in told.weights
    assert len(told.wordings) == 1


def test_a_roundup_that_is_left_alone_tells_its_events_again() -> None:
    """Entries go in any order, and the window keeps no trace of those that went."""
    held = window.Window()
    for each in (entry("a", BRIGADE), entry("b", ROUNDUP, hours=1), entry("c", STRIKE, hours=2)):
        held.put(features.read_features(each), "story")
    held.forget("a")
    told = held.stories["story"]
    assert told.lead.entry_id == "b"
    assert told.weights["strike"] == 2 * features.TITLE_WEIGHT
    assert all(told.weights.values())
    held.forget("c")
    held.forget("b")
    assert not held.stories
    assert not held.story_of


def test_a_headline_that_tells_nothing_is_placed_by_its_text() -> None:
    assert place_second(RAMMING, UNTOLD).story == "a"
    told = features.read_features(UNTOLD).terms
    assert told["know"] < told["bradford"]
    assert place_second(RAMMING, replace(UNTOLD, summary="")).story == "b"


def test_two_full_texts_must_be_nearer_than_two_headlines() -> None:
    """They share more words by chance."""
    title, other = "Elden guide: best order of bosses", "Elden guide: how to upgrade ashes"
    short, long = [], []
    for at, each in enumerate((title, other)):
        told = [f"word{at}{chr(97 + n % 26)}{chr(97 + n // 26)}" for n in range(100)]
        short.append(entry("ab"[at], each, " ".join(told[:40])))
        long.append(entry("ab"[at], each, " ".join(told)))
    scores = []
    for first, second in (short, long):
        near = clusterer.Clusterer(clusterer.Options(related=0.01, join=0.9))
        near.add(first)
        scores.append(near.add(second).score)
    assert 0 < scores[1] == 0.8 * scores[0]
