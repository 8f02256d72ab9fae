"""Every group of cases beside the repository, in one list; and what is no case, with the reason."""

from collections.abc import Iterator
from pathlib import Path

from tests import real_data
from tests.collect.conformance import comments, jsonfeeds, outcomes, reading, siblings

__all__ = ["FOLDERS", "NO_CASES", "all_outcomes"]

# The folder of each parser's cases, and how its groups are called.
FOLDERS = {
    "feedparser-tests": "feedparser",
    "w3c-feedvalidator": "w3c",
    "lemon24-reader": "lemon24-reader",
    "simplepie": "simplepie",
    "feed-rs": "feed-rs",
    "rss-parser": "rss-parser",
    "fastfeedparser-integration": "fastfeedparser-integration",
}
# The other folders of feeds, and why nothing in them is a case.
NO_CASES = {
    "news-2026-02-17": "real feeds, with nothing beside them that says how they read",
    "blogs-2026-02": "real feeds, with nothing beside them that says how they read",
    "opml": "lists of feeds, no feeds",
    "kite": "a list of feeds, no feed",
}
_NO_FEED = {
    ".html": "a page, no feed",
    ".opml": "a list of feeds, no feed",
    "": "no document",
    ".htaccess": "no document",
}
_EXPECTATIONS = (".serde.json", ".expected.json")


def all_outcomes() -> list[outcomes.Outcome]:
    """Judge all cases of all parsers; skips the calling test when the data is absent.

    A document that no case was made of is not applicable.
    """
    top = real_data.folder("feeds")
    found = [
        *comments.cases(top / "feedparser-tests"),
        *reading.cases(top / "w3c-feedvalidator", "w3c"),
        *reading.cases(top / "lemon24-reader", "lemon24-reader"),
        *jsonfeeds.cases(top / "lemon24-reader", "lemon24-reader"),
        *reading.cases(top / "simplepie", "simplepie"),
        *siblings.feed_rs_cases(top / "feed-rs"),
        *siblings.rss_parser_cases(top / "rss-parser"),
        *siblings.fastfeedparser_cases(top / "fastfeedparser-integration"),
    ]
    for folder, name in FOLDERS.items():
        cases = {Path(each.name).name for each in found if each.group.split()[0] == name}
        found += _without_a_case(top / folder, name, cases)
    return found


def _without_a_case(top: Path, name: str, cases: set[str]) -> Iterator[outcomes.Outcome]:
    stems = {Path(case).stem for case in cases}
    for path in sorted(path for path in top.rglob("*") if path.is_file()):
        said = path.relative_to(top).as_posix()
        if path.name in cases or path.name == "SOURCE.txt" or path.name.endswith(_EXPECTATIONS):
            continue
        if path.suffix == ".json" and path.stem in stems:
            continue  # the expectation beside a document
        reason = _NO_FEED.get(path.suffix, "nothing beside it says how it reads")
        yield outcomes.Outcome(name, said, "not applicable", reason)
