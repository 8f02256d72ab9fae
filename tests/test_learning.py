"""Learning topics from a newsroom's own history, and using it only where it wins."""

import csv
import hashlib
import logging
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import correcting, errors, intake, learning, model, topics
from digest.classify import classifier, logistic
from digest.storage import entries as entries_
from digest.storage import learning as kept
from digest.storage import sources
from tests import history, publishing, real_data
from tests.figures import Figure
from tests.publishing import Press

CATALOGUE = topics.load()


def filed(found: Sequence[model.Entry]) -> list[learning.Labelled]:
    """Entries labelled by their categories."""
    return [
        learning.Labelled(e, frozenset(s for c in e.categories for s in CATALOGUE.resolve_all(c)))
        for e in found
    ]


def by_topic(lesson: learning.Lesson) -> dict[str, learning.Judged]:
    return {judged.topic: judged for judged in lesson.judged}


def given(lesson: learning.Lesson, entry: model.Entry) -> set[str]:
    labeller = classifier.Classifier(CATALOGUE, lesson.model)
    return {match.topic for match in labeller.classify(entry)}


def file(
    press: Press, found: Sequence[model.Entry], *, own: bool = True
) -> tuple[model.TopicMatch, ...]:
    """Keep entries as a round of collecting would; gives the topics of the last."""

    def store(session: Any) -> tuple[model.TopicMatch, ...]:
        source, _ = sources.add(
            session,
            url=f"https://{'own' if own else 'agency'}.example/feed",
            kind=model.SourceKind.FEED,
            title="The Meridian",
            category="",
            own=own,
            now=history.NOW,
        )
        every = timedelta(minutes=5)
        intake.keep_read(session, source, found, press.rt.classifier, every=every, now=history.NOW)
        last = int(entries_.latest(session, 1)[0].id)
        return entries_.topics_of(session, [last])[last]

    matches: tuple[model.TopicMatch, ...] = press.do(store)
    return matches


def labels(press: Press) -> tuple[learning.Labelled, ...]:
    found: tuple[learning.Labelled, ...] = press.do(learning.labels, CATALOGUE)
    return found


def test_words_only_this_newsroom_uses_are_learnt_and_win_over_the_rules() -> None:
    lesson = learning.learn(CATALOGUE, filed(history.entries(800)))
    business = by_topic(lesson)["business"]
    assert (lesson.n_labels, business.n_positives, business.kept) == (800, 200, True)
    assert business.n_held_out >= learning.FEWEST_HELD_OUT
    assert business.rules.f1 < 0.1
    assert business.with_model.f1 > 0.95
    unseen = history.unseen("Business")
    assert "business" not in given(learning.Lesson(0, (), None), unseen)
    assert "business" in given(lesson, unseen)
    assert "business" not in given(lesson, history.unseen("Health"))


def test_the_same_labels_give_the_same_model_in_any_order() -> None:
    labelled = filed(history.entries(600))
    model_ = learning.learn(CATALOGUE, labelled).model
    again = learning.learn(CATALOGUE, labelled[::-1]).model
    assert model_ is not None
    assert again is not None
    assert model_.as_json() == again.as_json()


def test_less_than_five_hundred_labels_teach_nothing_and_their_number_is_told() -> None:
    with pytest.raises(learning.TooFewLabels, match="499 labelled entries, and 500 are needed"):
        learning.learn(CATALOGUE, filed(history.entries(499)))


def test_one_headline_counts_once_however_often_it_came() -> None:
    found = history.entries(400)
    copies = [model.replace(entry, id=f"{entry.id}-again") for entry in found]
    with pytest.raises(learning.TooFewLabels, match="400 labelled"):
        learning.learn(CATALOGUE, filed([*found, *copies]))


def test_a_topic_its_words_do_not_tell_is_judged_and_not_used() -> None:
    """Labels drawn by lot: what is learnt of them holds for nothing that was held out."""
    lot = [
        learning.Labelled(
            entry,
            frozenset({"business" if hashlib.md5(entry.id.encode()).digest()[0] % 3 else "health"}),
        )
        for entry in history.entries(800)
    ]
    lesson = learning.learn(CATALOGUE, lot)
    assert {judged.topic for judged in lesson.judged} == {"business", "health"}
    assert not lesson.judged[1].kept
    assert lesson.judged[1].topic == "health"
    assert "health" not in (lesson.model.weights if lesson.model else {})


def test_where_the_rules_know_every_word_nothing_is_learnt_in_their_place() -> None:
    known = [
        learning.Labelled(
            model.Entry(id=str(n), title=f"Football cup final number {n} goes to penalties"),
            frozenset({"sports"}),
        )
        for n in range(300)
    ]
    others = [one for one in filed(history.entries(400)) if "sports" not in one.topics]
    sports = by_topic(learning.learn(CATALOGUE, [*known, *others]))["sports"]
    assert sports.rules.f1 == 1.0
    assert not sports.kept


def test_a_topic_of_few_entries_is_not_even_judged() -> None:
    found = filed(history.entries(600, ("Health", "Politics")))
    few = filed(history.entries(learning.FEWEST_POSITIVES - 1, ("Business",), seed=8))
    few = [model.replace(x, entry=model.replace(x.entry, id=f"b{x.entry.id}")) for x in few]
    assert set(by_topic(learning.learn(CATALOGUE, [*found, *few]))) == {"health", "politics"}


def test_optional_topics_of_an_entry_count_neither_way() -> None:
    found = filed(history.entries(1200))
    doubtful = [
        model.replace(each, topics=frozenset(), optional=each.topics)
        if "health" in each.topics and n % 8 < 4
        else each
        for n, each in enumerate(found)
    ]
    health = by_topic(learning.learn(CATALOGUE, doubtful))["health"]
    assert health.n_positives == 150
    assert (health.with_model.wrong, health.kept) == (0, True)


async def test_what_the_publisher_filed_is_the_label_and_placements_are_none(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        named = {"a": ("Business", "Homepage"), "b": ("Homepage",), "c": ("Asia",), "d": ()}
        found = [
            model.Entry(id=uid, title=f"Headline {uid}", url="", categories=categories)
            for uid, categories in named.items()
        ]
        file(press, found)
        file(press, [model.replace(found[0], title="An agency's")], own=False)
        assert [(one.entry.title, one.topics) for one in labels(press)] == [
            ("Headline a", frozenset({"business"}))
        ]


async def test_editors_correct_labels_and_label_what_was_not_filed_for_their_topic_alone(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        one = press.entry("Tallow at the quay", categories=("Business",))
        two = press.entry(publishing.SEOUL)
        stories_ = press.collect([one]) + press.collect([two])
        for story_id in stories_:
            press.do(
                correcting.correct,
                CATALOGUE,
                story_id,
                add=["health"],
                remove=["business"],
                now=press.clock(),
            )
        filed_, other = sorted(labels(press), key=lambda each: int(each.entry.id))
        assert (filed_.topics, filed_.optional) == (frozenset({"health"}), frozenset())
        assert other.topics == {"health"}
        assert other.optional == set(CATALOGUE.slugs) - {"health", "business"}


async def test_what_was_learnt_is_used_and_explained_by_every_worker_until_it_is_forgotten(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        file(press, history.entries(600))
        lesson = learning.learn(CATALOGUE, labels(press))
        press.do(learning.keep, lesson)
        unseen = history.unseen("Business")
        del press.rt.classifier  # as a worker that starts now
        [match] = file(press, [unseen], own=False)
        assert match.topic == "business"
        [reason] = match.why
        assert reason.startswith("learnt: ")
        words = reason.removeprefix("learnt: ").split(", ")
        assert 1 <= len(words) <= 3
        assert all(word in f"{unseen.title} {unseen.summary}" for word in words)
        assert match.score < topics.ALERT_SCORE
        assert press.do(learning.forget)
        del press.rt.classifier
        assert press.rt.classifier.classify(unseen) == ()
        assert not press.do(learning.forget)


@pytest.mark.parametrize("text", ["{", '{"version": 99, "topics": {}}'])
async def test_a_broken_or_newer_model_is_told_and_the_rules_go_on_alone(
    text: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """So an older worker beside a newer one keeps working."""
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.do(kept.keep_model, text)
        with caplog.at_level(logging.WARNING):
            found = press.rt.classifier.classify(press.entry(publishing.SEOUL))
        assert "asia" in {match.topic for match in found}
        [record] = [r for r in caplog.records if r.levelno == logging.WARNING]
        assert record.__dict__["event"] == "topics.model_ignored"


async def test_a_lesson_that_wins_nowhere_forgets_what_was_learnt_before(tmp_path: Path) -> None:
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.do(learning.keep, learning.learn(CATALOGUE, filed(history.entries(600))))
        press.do(learning.keep, learning.Lesson(600, (), None))
        assert press.do(kept.model_text) == ""


@pytest.mark.parametrize(
    ("line", "trouble"),
    [
        ("{", "line 2: not valid JSON."),
        ('{"id": "1", "title": "x"}', 'line 2: "topics" must be a list of topics'),
        ('{"id": "1", "title": "x", "topics": "tech"}', 'line 2: "topics" must be a list'),
        ('{"id": "1", "title": "x", "topics": [], "optional": [1]}', 'line 2: "optional" must'),
        ('{"id": "1", "topics": []}', 'line 2: "title" is missing or empty.'),
    ],
)
def test_a_line_that_is_no_labelled_entry_is_named(line: str, trouble: str) -> None:
    with pytest.raises(errors.ConfigurationError) as caught:
        list(learning.read_labels(["\n", line]))
    assert trouble in str(caught.value)


def test_half_a_pair_of_surrogates_in_an_id_does_no_harm() -> None:
    """JSON allows it (RFC 8259, 8.2)."""
    rows = [f'{{"id": "\\ud83d{n}", "title": "\\ud83d {n}", "topics": []}}' for n in range(500)]
    lesson = learning.learn(CATALOGUE, learning.read_labels(rows))
    assert (lesson.n_labels, lesson.judged, lesson.model) == (500, (), None)


def test_a_fit_is_the_least_of_loss_and_weights_together() -> None:
    """At the least, each weight is what the examples pull: the gradient is nothing."""
    rows = [
        logistic.Row((0,), (1.0,)),
        logistic.Row((0, 1), (1.0, 0.5)),
        logistic.Row((1,), (1.0,)),
        logistic.Row((), ()),
    ] * 5
    wanted = [True, False, False, True] * 4 + [True, True, False, False]
    weights, bias = logistic.fit(rows, wanted, 2, cost=0.7)
    pull = [0.0, 0.0, 0.0]
    for row, want in zip(rows, wanted, strict=True):
        sign = 1 if want else -1
        said = bias + sum(weights[c] * v for c, v in zip(row.columns, row.values, strict=True))
        force = 0.7 * sign / (1 + 2.718281828459045 ** (sign * said))
        for column, value in (*zip(row.columns, row.values, strict=True), (2, 1.0)):
            pull[column] += force * value
    assert [*weights, bias] == pytest.approx(pull, abs=0.02)


@pytest.mark.real_data
def test_on_real_headlines_the_held_out_gain_is_told(figure: Figure) -> None:
    """Weak labels, one a story, of a corpus the catalogue was not written for."""
    names = {"1": (), "2": ("sports",), "3": ("business",), "4": ("tech",)}
    near = frozenset({"science", "space", "economy", "markets", "banking", "ai"})
    with (real_data.folder("topics", "ag-news") / "test_first2000.csv").open() as lines:
        labelled = [
            learning.Labelled(
                model.Entry(id=str(n), title=title, summary=summary.replace("\\", " ")),
                frozenset(names[kind]),
                near,
            )
            for n, (kind, title, summary) in enumerate(csv.reader(lines))
        ]
    lesson = learning.learn(CATALOGUE, labelled)
    for judged in lesson.judged:
        figure(
            f"learnt from {lesson.n_labels} real headlines, {judged.topic}",
            f"F1 {judged.rules.f1:.3f} -> {judged.with_model.f1:.3f}, precision "
            f"{judged.rules.precision:.2f} -> {judged.with_model.precision:.2f}, "
            f"{judged.n_held_out} held out, {'kept' if judged.kept else 'not kept'}",
        )
    assert by_topic(lesson)["tech"].kept
    for judged in lesson.judged:
        assert judged.with_model.f1 >= judged.rules.f1
