"""How well stories are told apart in headlines nobody here wrote.

The floors lie a little under what `python -m tests.bench.stories` prints, so that a change that
costs readers something is seen.
"""

import pytest

from tests import real_data
from tests.bench import stories

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


def test_headlines_are_joined_by_what_they_mean() -> None:
    pairs = stories.read_headline_pairs(real_data.folder("neardup", "sts-headlines"))
    shares = stories.joined_share(pairs)
    assert shares[0] <= 0.05, shares
    assert shares[4] >= 0.92, shares
