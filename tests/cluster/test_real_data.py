"""How well stories are told apart in headlines nobody here wrote.

The floors lie a little under what `python -m tests.bench.stories` prints, so that a change that
costs readers something is seen.
"""

import pytest

from tests import real_data
from tests.bench import stories, story_copies

pytestmark = pytest.mark.real_data


def test_stream_of_ten_sources_is_joined_precisely() -> None:
    rows = stories.read_stream(real_data.folder("neardup", "rss-2025-05"))
    figures = stories.measure(rows)
    assert figures.precision >= 0.90, figures
    assert figures.recall >= 0.80, figures
    assert figures.f1 >= 0.86, figures
    assert figures.n_shown >= 12, figures
    assert figures.n_pure >= figures.n_shown - 2, figures


@pytest.mark.parametrize("second", [False, True], ids=["first half", "second half"])
def test_each_half_of_the_stream_is_joined_well(second: bool) -> None:
    rows = stories.read_stream(real_data.folder("neardup", "rss-2025-05"))
    half = len(rows) // 2
    figures = stories.measure(rows[half:] if second else rows[:half])
    assert figures.precision >= 0.84, figures
    assert figures.f1 >= 0.83, figures
    assert figures.n_pure >= figures.n_shown - 1, figures


def test_most_of_what_readers_were_told_before_is_kept_from_them_as_news() -> None:
    """Also in whatever order it comes in: no story is shown of several sources that holds two
    events but one in seven, and four repeats in five are suppressed."""
    rows = stories.read_stream(real_data.folder("neardup", "rss-2025-05"))
    as_read = stories.measure(rows)
    assert as_read.suppressed >= 0.82, as_read
    assert as_read.n_pure >= 0.85 * as_read.n_shown, as_read
    for seed in range(3):
        figures = stories.measure(stories.shuffled(rows, seed))
        assert figures.suppressed >= 0.75, figures
        assert figures.n_pure >= 0.85 * figures.n_shown, figures


def test_stories_are_told_apart_in_the_order_of_time_too() -> None:
    """The order in which the service places what it collected."""
    rows = stories.read_stream(real_data.folder("neardup", "rss-2025-05"))
    figures = stories.measure(stories.in_order_of_time(rows))
    assert figures.f1 >= 0.84, figures
    assert figures.suppressed >= 0.82, figures
    assert figures.n_pure >= 0.85 * figures.n_shown, figures


def test_copies_of_real_texts_are_joined_with_them_and_with_nothing_else() -> None:
    texts = story_copies.one_of_each(story_copies.real_texts())
    figures = stories.measure(story_copies.stream(texts))
    assert figures.recall >= 0.995, figures
    assert figures.f1 >= 0.995, figures
    assert figures.n_pure >= 0.98 * figures.n_shown, figures


def test_headlines_are_joined_by_what_they_mean() -> None:
    pairs = stories.read_headline_pairs(real_data.folder("neardup", "sts-headlines"))
    shares = stories.joined_share(pairs)
    assert shares[0] <= 0.05, shares
    assert shares[4] >= 0.92, shares
