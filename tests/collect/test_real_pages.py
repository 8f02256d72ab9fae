"""Stories taken out of real pages, judged by what people wrote down about them."""

import statistics
import subprocess
import sys

import pytest

from tests import real_data
from tests.bench import pages as bench


@pytest.mark.real_data
def test_real_pages_give_their_headline_authors_time_and_words() -> None:
    real_data.folder("articles")
    scores = [bench.score(case) for case in bench.cases() if case.group == "fundus"]
    assert len(scores) == 41
    remarks = "\n".join(f"{each.name}: {remark}" for each in scores for remark in each.remarks)
    assert _share([each.title for each in scores]) >= 0.85, remarks
    assert _share([each.authors for each in scores]) >= 0.95, remarks
    assert _share([each.day for each in scores]) >= 0.95, remarks
    assert _share([each.time for each in scores]) >= 0.95, remarks
    assert statistics.mean(each.f1 for each in scores) >= 0.93, remarks
    assert sum(each.f1 >= 0.9 for each in scores) / len(scores) >= 0.85, remarks


def _share(values: list[bool | None]) -> float:
    stated = [value for value in values if value is not None]
    return sum(stated) / len(stated)


def test_reading_feeds_loads_no_reader_of_pages() -> None:
    """Start-up: trafilatura and what it brings cost a third of a second."""
    script = "import sys, digest.collect.read; print('trafilatura' in sys.modules)"
    shown = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, check=True, timeout=60
    )
    assert shown.stdout.strip() == "False"
