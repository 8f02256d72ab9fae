"""What was learnt of a newsroom adds topics, says by which words, and never alerts alone."""

import json

import pytest

from digest import model, topics
from digest.classify import classifier, learnt, text
from tests.figures import Figure

CATALOGUE = topics.load()
QUAY = learnt.Weights(
    threshold=0.2,
    bias=-0.5,
    words={"quay": 3.0, "slip quay": 1.0, "slip": 2.0, "stevedore": 1.5, "tallow": 1.2, "x": -1.0},
)


def entry(title: str, summary: str = "", **values: object) -> model.Entry:
    return model.Entry(id="1", title=title, summary=summary, **values)  # type: ignore[arg-type]


def engine(weights: learnt.Weights = QUAY, topic: str = "business") -> classifier.Classifier:
    return classifier.Classifier(CATALOGUE, learnt.Learnt({topic: weights}))


def matches(engine: classifier.Classifier, found: model.Entry) -> dict[str, model.TopicMatch]:
    return {match.topic: match for match in engine.classify(found)}


def test_a_topic_the_rules_cannot_know_is_added_with_the_three_heaviest_words_as_written() -> None:
    found = entry("The Slip, the Quays and Tallow", "STEVEDORES wait.")
    assert "business" not in matches(classifier.Classifier(CATALOGUE), found)
    assert matches(engine(), found)["business"].why == ("learnt: Quays, Slip, Tallow",)


def test_a_pair_of_words_is_named_instead_of_its_words() -> None:
    found = entry("Slip Quay opens to stevedores again")
    assert matches(engine(), found)["business"].why == ("learnt: Slip Quay, stevedores",)


def test_words_below_the_threshold_add_nothing() -> None:
    assert matches(engine(), entry("Nobody knows what the tallow is for in a town like this")) == {}


def test_what_the_rules_say_stays_as_they_said_it() -> None:
    found = entry("Central bank raises interest rates at Slip Quay")
    plain = matches(classifier.Classifier(CATALOGUE), found)
    taught = matches(engine(topic="economy"), found)
    assert "economy" in plain
    assert taught == plain


@pytest.mark.parametrize("topic", classifier.Classifier(CATALOGUE).subjects)
def test_what_was_learnt_alone_is_never_sure_enough_for_an_alert(topic: str) -> None:
    """However heavy its words are; also for the topics above, which a story inherits."""
    heavy = learnt.Weights(threshold=-1e6, bias=1e6, words={"quay": 1e9})
    found = matches(engine(heavy, topic), entry("At the quay"))
    assert set(found) == CATALOGUE.with_ancestors({topic})
    assert all(0.5 <= match.score < topics.ALERT_SCORE for match in found.values())


@pytest.mark.parametrize("topic", ["asia", "world", "gone"])
def test_regions_shelves_and_topics_that_are_gone_are_never_added(topic: str) -> None:
    assert matches(engine(topic=topic), entry("Slip Quay")) == {}


def test_a_model_written_down_and_read_again_gives_the_same() -> None:
    model_ = learnt.Learnt({"business": QUAY, "health": QUAY})
    again = learnt.Learnt.from_json(model_.as_json())
    assert again.weights == model_.weights
    assert again.as_json() == model_.as_json()
    reading = text.read(entry("Slip Quay", "Stevedores at the Quay"), CATALOGUE)
    assert again.margins(reading) == model_.margins(reading)


@pytest.mark.parametrize(
    ("written", "trouble"),
    [
        ("{", "not valid JSON"),
        ("[]", "of version None"),
        ('{"version": 2, "topics": {}}', "of version 2, and this Digest reads 1"),
        ('{"version": 1}', "broken"),
        ('{"version": 1, "topics": []}', "broken"),
        ('{"version": 1, "topics": {"tech": 1}}', "broken"),
        ('{"version": 1, "topics": {"tech": {"threshold": 0, "bias": 0}}}', "broken"),
        (
            '{"version": 1, "topics": {"tech": {"threshold": NaN, "bias": 0, "words": {}}}}',
            "nan is no weight",
        ),
        (
            '{"version": 1, "topics": {"tech": {"threshold": 0, "bias": 0, "words": {"a": "b"}}}}',
            "'b' is no weight",
        ),
        (
            json.dumps(
                {"version": 1, "topics": {"a": {"threshold": 10**400, "bias": 0, "words": {}}}}
            ),
            "broken",
        ),
    ],
)
def test_a_model_that_cannot_be_used_is_refused_with_a_sentence(written: str, trouble: str) -> None:
    with pytest.raises(ValueError, match=trouble):
        learnt.Learnt.from_json(written)


def test_an_empty_text_has_no_words_and_breaks_nothing() -> None:
    assert matches(engine(), entry("...", "")) == {}
    assert learnt.words_of(text.read(entry("2026"), CATALOGUE)) == ({}, 1.0)


def test_words_of_the_title_count_twice_and_plurals_are_one_word() -> None:
    found, length = learnt.words_of(text.read(entry("Berths", "The berth's pilots"), CATALOGUE))
    assert found["berth"] == 2.0
    assert found["pilot"] == 1.0
    assert length == (4 + len(found) - 1) ** 0.5


def test_the_size_of_a_model_is_told(figure: Figure) -> None:
    words = {f"slip quay {n}": -1.234 for n in range(1600)}
    weights = learnt.Weights(0.1234, -1.234, words)
    size = len(learnt.Learnt(dict.fromkeys(map(str, range(15)), weights)).as_json())
    figure("learnt model of 15 topics", f"{size / 1e6:.2f} MB")
    assert size < 1_000_000
