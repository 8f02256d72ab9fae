"""A plain reading of JSON Feeds: a string or a number where the specification wants a string.

Source: jsonfeed.org/version/1.1.
"""

import contextlib
import html
import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.collect.conformance import expected, outcomes

__all__ = ["cases", "read_plainly"]

URL = "http://127.0.0.1:8097/"


def cases(top: Path, name: str) -> Iterator[outcomes.Outcome]:
    """Judge every JSON Feed directly in `top`."""
    for path in sorted(top.glob("*.json")):
        data = path.read_bytes()
        outcome = expected.judge(name, path.name, data, read_plainly(json.loads(data)), url=URL)
        yield replace(outcome, wellformed=not path.name.startswith("invalid"))


def read_plainly(value: dict[str, Any]) -> expected.ExpectedFeed:
    """Return what a JSON Feed says."""
    named = _names(value)
    return expected.ExpectedFeed(
        entries=[_entry(each, named) for each in value["items"] if isinstance(each, dict)],
        title=_string(value, "title"),
        url=_string(value, "home_page_url"),
        language=_string(value, "language"),
    )


def _entry(value: dict[str, Any], feed_authors: list[str]) -> expected.ExpectedEntry:
    text = _string(value, "content_html") or html.escape(_string(value, "content_text"))
    summary = html.escape(_string(value, "summary"))
    tags = value.get("tags")
    return expected.ExpectedEntry(
        id=_string(value, "id"),
        title=_string(value, "title"),
        url=_string(value, "url"),
        texts=[each for each in (text, summary) if each],
        authors=_names(value) if {"author", "authors"} & set(value) else feed_authors,
        categories=[each for each in tags if isinstance(each, str)]
        if isinstance(tags, list)
        else [],
        times=[*_times(value)],
        images=[_string(value, "image")] if _string(value, "image") else [],
    )


def _times(value: dict[str, Any]) -> Iterator[datetime]:
    for key in ("date_published", "date_modified"):
        with contextlib.suppress(ValueError):  # "not a date" is no expectation
            yield datetime.fromisoformat(_string(value, key))


def _names(value: dict[str, Any]) -> list[str]:
    listed = value.get("authors")
    people = [*(listed if isinstance(listed, list) else ()), value.get("author")]
    return [name for each in people if isinstance(each, dict) and (name := _string(each, "name"))]


def _string(value: dict[str, Any], key: str) -> str:
    found = value.get(key)
    return str(found) if isinstance(found, str | int | float) and found is not True else ""
