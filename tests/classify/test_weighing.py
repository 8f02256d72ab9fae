"""What counts more or less by where it stands, and what another catalogue would change."""

from pathlib import Path
from typing import Any

import pytest

from digest import model, topics
from digest.classify import classifier, difference

ENGINE = classifier.Classifier(topics.load())
SHIP = '[topics.ships]\nname = "Ships"\nstrong = ["ferry"]\nnormal = ["Orion Lines", "pier"]\n'


def found(title: str, **fields: Any) -> dict[str, model.TopicMatch]:
    entry = model.replace(model.Entry(id="1", title=title), **fields)
    return {match.topic: match for match in ENGINE.classify(entry)}


def engine(tmp_path: Path, text: str) -> classifier.Classifier:
    path = tmp_path / "topics.toml"
    path.write_text(text, "utf-8")
    assert topics.check(text) == ()
    return classifier.Classifier(topics.load(path))


def test_a_name_that_opens_a_headline_counts_in_full(tmp_path: Path) -> None:
    ships = engine(tmp_path, SHIP)
    scores = [
        ships.classify(model.Entry(id="1", title=title))[0].score
        for title in ("Orion Lines buys a dock", "A dock bought by Orion Lines", "Pier opens")
    ]
    assert scores[0] > scores[1] == scores[2]
    assert scores[0] >= topics.ALERT_SCORE > scores[1]


def test_a_subject_of_passing_words_is_left_out_beside_a_clear_one() -> None:
    title = "Bank shares slump as central bank raises interest rates"
    summary = "Inflation and bond yields rise; lenders, banks and brokers fall. A doctor comments."
    assert "health" not in found(title, summary=summary)
    assert "economy" in found(title, summary=summary)


def test_a_headline_about_a_country_of_no_region_makes_others_passing() -> None:
    assert "asia" not in found("Peru opens a port", summary="Japan helps.")
    assert "asia" in found("They open a port", summary="Japan helps.")


def test_a_dateline_says_less_where_the_headline_names_another_country() -> None:
    summary = "LONDON (Reuters) - They met."
    assert "europe" in found("They still meet every spring", summary=summary)
    assert "europe" not in found("In Peru they still meet every spring", summary=summary)


@pytest.mark.parametrize(
    ("category", "slug"),
    [
        ("Kenya", "africa"),
        ("South Korea", "asia"),
        ("Russian Invasion of Ukraine (2022)", "ukraine-conflict"),
        ("Medicine and Health", "health"),
        ("Oriente Próximo", "middle-east"),
        ("Deportes", "sports"),
    ],
)
def test_a_publishers_category_is_understood_as_a_place_or_a_loose_name(
    category: str, slug: str
) -> None:
    match = found("Ten years on, they still meet", categories=(category,))[slug]
    assert match.why == (f"category: {category}",)


def test_a_region_the_publisher_filed_a_silent_text_under_is_sure_enough_for_an_alert() -> None:
    match = found("Ten years on, they still meet", categories=("Asia",))["asia"]
    assert match.score >= topics.ALERT_SCORE


@pytest.mark.parametrize(
    ("first", "second"),
    [
        ("https://example.org/asia/a", "https://example.org/asia/a%2Fb"),
        ("https://example.org/asia/a%2Fb", "https://example.org/asia/a"),
    ],
)
def test_what_was_classified_before_changes_nothing(first: str, second: str) -> None:
    fresh = classifier.Classifier(ENGINE.catalogue)
    entry = model.Entry(id="1", title="Ten years on, they still meet", url=second)
    before = fresh.classify(entry)
    fresh.classify(model.replace(entry, url=first))
    assert fresh.classify(entry) == before == ENGINE.classify(entry)


def test_what_a_catalogue_changes_is_told_topic_by_topic(tmp_path: Path) -> None:
    titles = ("Ferry leaves the pier", "Japan votes", "Ferry to Japan", "They still meet")
    entries = [model.Entry(id=title, title=title) for title in titles]
    changes = difference.differences(entries, ENGINE, engine(tmp_path, SHIP))
    by_topic = {change.topic: change for change in changes}
    assert [e.title for e in by_topic["ships"].gains] == [titles[0], titles[2]]
    assert by_topic["ships"].losses == ()
    assert [e.title for e in by_topic["asia"].losses] == [titles[1], titles[2]]
    sizes = [len(change.gains) + len(change.losses) for change in changes]
    assert sizes == sorted(sizes, reverse=True)


def test_the_same_catalogue_changes_nothing() -> None:
    entries = [model.Entry(id="1", title="Ferry to Japan")]
    assert difference.differences(entries, ENGINE, ENGINE) == ()
