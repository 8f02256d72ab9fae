"""How well stories are taken out of real pages: `python -m tests.bench.pages`.

Judged on fundus' test pages (written by hand for each publisher) and those of Mozilla's
Readability that hold their source.  Words of the body are compared as bags: precision, recall
and F1.  `-v` lists what differs.
"""

import gzip
import json
import re
import statistics
import sys
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest import model
from digest.collect import clean, drafts, extract
from tests import real_data

__all__ = ["Case", "Score", "cases", "score"]

_WORD = re.compile(r"\w+")


@dataclass(frozen=True, slots=True)
class Case:
    """A page and what its story is; what is None is not stated."""

    group: str
    name: str
    data: bytes
    title: str | None
    authors: tuple[str, ...] | None
    published_at: datetime | None
    body: str


@dataclass(slots=True)
class Score:
    """Which facts were right; None where nothing is stated."""

    group: str = ""
    name: str = ""
    title: bool | None = None
    authors: bool | None = None
    day: bool | None = None
    time: bool | None = None
    precision: float = 0.0
    recall: float = 0.0
    seconds: float = 0.0
    remarks: list[str] = field(default_factory=list)

    @property
    def f1(self) -> float:
        both = self.precision + self.recall
        return 2 * self.precision * self.recall / both if both else 0.0


def cases() -> Iterator[Case]:
    yield from _fundus(real_data.root() / "articles" / "fundus")
    yield from _readability(real_data.root() / "articles" / "readability")


def _fundus(top: Path) -> Iterator[Case]:
    for sibling in sorted(top.glob("*/*.json")):
        versions = list(json.loads(sibling.read_bytes()).values())
        pages = sorted(sibling.parent.glob(f"{sibling.stem}_*.html.gz"))
        for page, stated in zip(pages, versions, strict=True):
            yield Case(
                "fundus",
                page.name.removesuffix(".html.gz"),
                gzip.decompress(page.read_bytes()),
                stated["title"],
                tuple(stated["authors"]),
                _moment(stated["publishing_date"]),
                "\n".join(_fundus_body(stated["body"])),
            )


def _fundus_body(body: dict[str, Any]) -> Iterator[str]:
    yield from body["summary"]
    for part in body["sections"]:
        yield from part["headline"]
        yield from part["paragraphs"]


def _readability(top: Path) -> Iterator[Case]:
    for page in sorted(top.glob("*/source.html")):
        stated = json.loads((page.parent / "expected-metadata.json").read_bytes())
        byline = stated.get("byline")
        yield Case(
            "readability",
            page.parent.name,
            page.read_bytes(),
            stated.get("title"),
            (byline,) if byline else None,
            _moment(stated.get("publishedTime")),
            clean.plain_text((page.parent / "expected.html").read_text(), 1_000_000),
        )


def _moment(written: str | None) -> datetime | None:
    if not written:
        return None
    at = datetime.fromisoformat(written)
    return at if at.tzinfo else at.replace(tzinfo=UTC)


def score(case: Case) -> Score:
    """Read one page, in this process, and say what was right."""
    result = Score(case.group, case.name)
    started = time.process_time()
    found = extract.extract(case.data, "https://pages.example/page", "")
    result.seconds = time.process_time() - started
    if found is None:
        result.remarks.append("no story found")
        result.title = result.authors = result.day = result.time = False
        return result
    entry = drafts.finish(
        found.draft, base="https://pages.example/", source=found.publisher,
        language=found.language, now=None, problems=result.remarks,
    )  # fmt: skip
    assert entry is not None
    _score_facts(result, case, entry)
    result.precision, result.recall = _overlap(case.body, entry.body or entry.summary)
    if result.f1 < 0.9:
        result.remarks.append(f"body: precision {result.precision:.2f} recall {result.recall:.2f}")
    return result


def _score_facts(result: Score, case: Case, entry: model.Entry) -> None:
    if case.title is not None:
        result.title = _squeezed(case.title) == _squeezed(entry.title)
        if not result.title:
            result.remarks.append(f"title {entry.title!r}, stated {case.title!r}")
    if case.authors is not None:
        stated = {_squeezed(name) for name in case.authors}
        got = {_squeezed(name) for name in entry.authors}
        joined = _squeezed(" ".join(entry.authors))
        result.authors = stated == got or (len(stated) == 1 and joined in stated)
        if not result.authors:
            result.remarks.append(f"authors {entry.authors!r}, stated {case.authors!r}")
    if case.published_at is not None:
        gap = abs(entry.published_at - case.published_at) if entry.published_at else None
        result.day = gap is not None and gap <= timedelta(days=1)
        result.time = gap is not None and gap <= timedelta(minutes=1)
        if not result.time:
            result.remarks.append(f"time {entry.published_at}, stated {case.published_at}")


def _squeezed(text: str) -> str:
    return " ".join(_WORD.findall(clean.headline_text(text).casefold().replace("’", "'")))


def _overlap(stated: str, got: str) -> tuple[float, float]:
    want, have = (Counter(_WORD.findall(text.casefold())) for text in (stated, got))
    common = sum((want & have).values())
    return common / max(sum(have.values()), 1), common / max(sum(want.values()), 1)


def main() -> None:
    scores = [score(case) for case in cases()]
    if not scores:
        sys.exit("no real pages: set DIGEST_REAL_DATA to the folder that holds them")
    for group in dict.fromkeys(each.group for each in scores):
        sys.stdout.write(_line(group, [each for each in scores if each.group == group]))
    if "-v" in sys.argv:
        for each in scores:
            for remark in each.remarks:
                sys.stdout.write(f"{each.group}/{each.name}: {remark}\n")


def _line(group: str, scores: list[Score]) -> str:
    parts = [f"{group}: {len(scores)} pages"]
    for name in ("title", "authors", "day", "time"):
        stated = [value for each in scores if (value := getattr(each, name)) is not None]
        share = f"{sum(stated) / len(stated):.0%} of {len(stated)}" if stated else "not stated"
        parts.append(f"{name} {share}")
    parts.append(f"body F1 {statistics.mean(each.f1 for each in scores):.3f}")
    parts.append(f"over 0.9: {sum(each.f1 >= 0.9 for each in scores) / len(scores):.0%}")
    parts.append(f"{len(scores) / sum(each.seconds for each in scores):.0f} pages/s")
    return "; ".join(parts) + "\n"


if __name__ == "__main__":
    main()
