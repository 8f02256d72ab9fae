"""How the phrases of a topics file count, shown on small files of their own."""

from pathlib import Path

import pytest

from digest import model, topics
from digest.classify import classifier


@pytest.fixture
def engine(tmp_path: Path) -> classifier.Classifier:
    path = tmp_path / "topics.toml"
    path.write_text(
        """
masks = ["river bank"]
[topics.money]
strong = ["bank", "West Pier"]
normal = ["loan", "credit"]
weak = ["deal", "cash"]
[topics.harbour]
strong = ["pier"]
places = ["oceania"]
[topics.treaty]
together = [[["@FJ", "@TO"], ["pact", "#money"]]]
[topics.small-print]
parents = ["money"]
strong = ["clause", "IT"]
""",
        "utf-8",
    )
    assert topics.check(path.read_text("utf-8")) == ()
    return classifier.Classifier(topics.load(path))


CASES = [
    ("a strong phrase suffices in a headline", "The bank opens", "", {"money"}),
    ("a strong phrase suffices in a summary", "They met", "The bank opens", {"money"}),
    ("a normal phrase suffices in a headline", "A loan for all", "", {"money"}),
    ("a normal phrase does not suffice in a summary", "They met", "A loan for all", set()),
    ("two normal phrases suffice in a summary", "They met", "A loan on credit", {"money"}),
    ("weak phrases never suffice by themselves", "Cash deal, cash", "Cash deals", set()),
    ("weak phrases add to others", "They met", "A loan in cash, a deal", {"money"}),
    ("phrases match whole words only", "The embankment opens", "", set()),
    ("a plural s is no other word", "Banks open", "", {"money"}),
    ("case means nothing to small letters", "BANK opens", "", {"money"}),
    ("accents mean nothing", "Bänk opens", "", {"money"}),
    ("capitals must be capitals", "So it begins", "", set()),
    ("capitals that are there match", "So IT begins", "", {"small-print", "money"}),
    ("a mask hides the words inside it", "Down by the river bank", "", set()),
    ("a name hides shorter names inside it", "The West Pier opens", "", {"money"}),
    ("a place gives its region", "The way to Samoa", "", {"harbour"}),
    ("a rule needs all its groups", "The way to Fiji", "", {"harbour"}),
    ("a rule is met by a phrase", "Fiji signs the pact", "", {"harbour", "treaty"}),
    ("a rule is met by a topic", "Tonga opens a bank", "", {"harbour", "money", "treaty"}),
    ("a rule is not met by another place", "Samoa signs the pact", "", {"harbour"}),
]


@pytest.mark.parametrize(
    ("title", "summary", "expected"), [c[1:] for c in CASES], ids=[c[0] for c in CASES]
)
def test_phrases_count_by_strength_and_place(
    engine: classifier.Classifier, title: str, summary: str, expected: set[str]
) -> None:
    found = engine.classify(model.Entry(id="1", title=title, summary=summary))
    assert {match.topic for match in found} == expected


def test_a_rule_tells_every_part_it_was_met_by(engine: classifier.Classifier) -> None:
    (treaty,) = (
        match
        for match in engine.classify(model.Entry(id="1", title="Tonga opens a bank"))
        if match.topic == "treaty"
    )
    assert treaty.why == ("title: Tonga", "topic: Money")


def test_more_evidence_gives_a_higher_score(engine: classifier.Classifier) -> None:
    less = engine.classify(model.Entry(id="1", title="The bank opens"))
    more = engine.classify(model.Entry(id="1", title="The bank opens", summary="A loan"))
    assert more[0].score > less[0].score


def test_repeating_a_word_gives_no_higher_score(engine: classifier.Classifier) -> None:
    once = engine.classify(model.Entry(id="1", title="The bank opens"))
    thrice = engine.classify(model.Entry(id="1", title="Bank, bank: the bank opens"))
    assert thrice[0].score == once[0].score


def test_an_inherited_topic_names_the_lower_one(engine: classifier.Classifier) -> None:
    found = {m.topic: m for m in engine.classify(model.Entry(id="1", title="The clause stays"))}
    assert found["money"].why == ("topic: Small print",)
    assert found["money"].score < found["small-print"].score


def test_classifiers_of_two_files_each_know_their_own_phrases(
    engine: classifier.Classifier,
) -> None:
    shipped = classifier.Classifier(topics.load())
    again = classifier.Classifier(engine.catalogue)
    entry = model.Entry(id="1", url="", title="The pier opens again")
    assert [match.topic for match in engine.classify(entry)] == ["harbour"]
    assert [match.topic for match in again.classify(entry)] == ["harbour"]
    assert "harbour" not in [match.topic for match in shipped.classify(entry)]
