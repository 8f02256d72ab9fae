"""Every group of cases beside the repository, in one list."""

from tests import real_data
from tests.collect.conformance import comments, outcomes, reading, siblings

__all__ = ["all_outcomes"]


def all_outcomes() -> list[outcomes.Outcome]:
    """Judge all cases of all parsers; skips the calling test when the data is absent."""
    top = real_data.folder("feeds")
    return [
        *comments.cases(top / "feedparser-tests"),
        *reading.cases(top / "w3c-feedvalidator", "w3c"),
        *reading.cases(top / "lemon24-reader", "lemon24-reader"),
        *reading.cases(top / "simplepie", "simplepie"),
        *siblings.feed_rs_cases(top / "feed-rs"),
        *siblings.rss_parser_cases(top / "rss-parser"),
        *siblings.fastfeedparser_cases(top / "fastfeedparser-integration"),
    ]
