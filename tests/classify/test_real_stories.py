"""Labelled stories of real newsrooms: how many topics are right.

The floors lie a little under what is reached, so that a change for the worse shows.
`python -m tests.bench.relevance` tells which topics and stories.
"""

import pytest

from digest import topics
from digest.classify import classifier
from tests import real_data
from tests.bench import relevance as bench

ENGINE = classifier.Classifier(topics.load())


@pytest.mark.real_data
@pytest.mark.parametrize(
    ("name", "floor"), [("rss-2025-05.jsonl", 0.92), ("wikinews.jsonl", 0.925)]
)
def test_labelled_stories_get_their_topics(name: str, floor: float) -> None:
    stories = bench.read(real_data.folder("topics", "labelled") / name)
    found = bench.outcomes(ENGINE, stories)
    score = bench.micro(found)
    print(f"{name}: P {score.precision:.3f} R {score.recall:.3f} F1 {score.f1:.3f}")  # noqa: T201 - the figure is the point
    assert len(stories) > 100
    assert score.f1 >= floor


@pytest.mark.real_data
def test_topics_sure_enough_for_an_alert_are_right_and_not_rare() -> None:
    """An alert must be on topic: precision first, then recall."""
    folder = real_data.folder("topics", "labelled")
    stories = [story for name in bench.FILES for story in bench.read(folder / name)]
    score = bench.micro(bench.at(bench.outcomes(ENGINE, stories), topics.ALERT_SCORE))
    print(f"alerts: P {score.precision:.3f} R {score.recall:.3f}")  # noqa: T201 - the figure is the point
    assert score.precision >= 0.965
    assert score.recall >= 0.84


@pytest.mark.real_data
def test_the_badly_filed_story_reaches_all_its_topics() -> None:
    stories = bench.read(real_data.folder("topics", "labelled") / "rss-2025-05.jsonl")
    story = next(s for s in stories if s.entry.title.startswith("North Korea confirms"))
    given = {match.topic for match in ENGINE.classify(story.entry)}
    assert {"ukraine-conflict", "russia", "asia"} <= given


@pytest.mark.real_data
def test_the_benchmark_reports_every_file_and_its_worst_topics(
    capsys: pytest.CaptureFixture[str],
) -> None:
    bench.main(["--errors", "1", "--topics", "1"])
    told = capsys.readouterr().out
    for words in (*bench.FILES, "ready in", "precision", "macro F1", "alert", "ms each", "missing"):
        assert words in told
