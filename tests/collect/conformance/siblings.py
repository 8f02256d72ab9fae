"""Cases whose expected result is a JSON file beside the document, one shape per parser.

Not compared: ids a parser made up itself (feed-rs hashes what has none), text it cut or put
together itself, and links that are no page of the entry.  rss-parser loses the order of
elements within text (`<td>by <a>X</a> to <a>Y</a></td>` becomes "by to X Y"): where a document
has bare elements in its text, that text is not compared.
"""

import json
import re
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from digest.collect import clean
from tests.collect.conformance import expected, outcomes

__all__ = ["fastfeedparser_cases", "feed_rs_cases", "rss_parser_cases"]

_BARE = re.compile(rb"<description>\s*<[a-z]")
_MADE_UP = re.compile(r"[0-9a-f]{32}|[0-9a-f-]{36}")
URL = "https://feeds.example/feed"


def feed_rs_cases(top: Path) -> Iterator[outcomes.Outcome]:
    for path in sorted(top.rglob("*.serde.json")):
        stem = path.name.removesuffix(".serde.json")
        document = next(
            path.parent / f"{stem}{end}"
            for end in (".xml", ".json")
            if (path.parent / f"{stem}{end}").exists()
        )
        yield _judge(f"feed-rs {path.parent.name}", document, path, _from_feed_rs)


def rss_parser_cases(top: Path) -> Iterator[outcomes.Outcome]:
    for path in sorted((top / "output").glob("*.json")):
        (document,) = (top / "input").glob(f"{path.stem}.*")
        bare = bool(_BARE.search(document.read_bytes()))
        yield _judge(
            "rss-parser", document, path, _from_rss_parser_unordered if bare else _from_rss_parser
        )


def fastfeedparser_cases(top: Path) -> Iterator[outcomes.Outcome]:
    for path in sorted(top.glob("*.json")):
        if path.name == "json_feed_sample.json":
            continue
        document = path.with_suffix(".xml")
        if path.name.endswith(".expected.json"):
            document = path.with_name(path.name.replace(".expected", ""))
        yield _judge("fastfeedparser-integration", document, path, _from_fastfeedparser)


def _judge(
    group: str,
    document: Path,
    sibling: Path,
    convert: Callable[[dict[str, Any]], expected.ExpectedFeed],
) -> outcomes.Outcome:
    wanted = convert(json.loads(sibling.read_bytes()))
    return expected.judge(group, document.name, document.read_bytes(), wanted, url=URL)


def _moments(*written: object) -> list[datetime]:
    found = []
    for value in written:
        if isinstance(value, str) and value:
            at = datetime.fromisoformat(value)
            found.append(at if at.tzinfo else at.replace(tzinfo=UTC))
    return found


def _from_feed_rs(value: dict[str, Any]) -> expected.ExpectedFeed:
    return expected.ExpectedFeed(
        entries=[_entry_of_feed_rs(entry) for entry in value["entries"]],
        title=_words(value["title"]),
        language=value["language"] or "",
    )


def _words(value: dict[str, Any] | None) -> str:
    return (value or {}).get("content") or ""


def _entry_of_feed_rs(entry: dict[str, Any]) -> expected.ExpectedEntry:
    pages = [link["href"] for link in entry["links"] if link["rel"] in (None, "alternate")]
    text = (entry["content"] or {}).get("body") or ""
    return expected.ExpectedEntry(
        id="" if _MADE_UP.fullmatch(entry["id"]) else entry["id"],
        title=_words(entry["title"]),
        url=pages[0] if pages else "",
        texts=[each for each in (text, _words(entry["summary"])) if each],
        # "author" stands for RSS's element of that name, whose address it keeps elsewhere.
        authors=[each["name"] for each in entry["authors"] if each["name"] != "author"],
        categories=[each["label"] or each["term"] for each in entry["categories"]],
        times=_moments(entry["published"], entry["updated"]),
        images=_pictures_of_feed_rs(entry, text),
        base=entry["base"] or "",
    )


def _pictures_of_feed_rs(entry: dict[str, Any], text: str) -> list[str]:
    found = []
    for media in entry["media"]:
        found += [each["image"]["uri"] for each in media["thumbnails"]]
        found += [
            each["url"]
            for each in media["content"]
            if each["url"] and str(each["content_type"]).startswith("image/")
        ]
    return [*found, clean.first_image(text)] if found else []


def _from_rss_parser(value: dict[str, Any]) -> expected.ExpectedFeed:
    feed = value["feed"]
    return expected.ExpectedFeed(
        entries=[_entry_of_rss_parser(each) for each in feed["items"]],
        title=feed.get("title") or "",
        url=feed.get("link") or "",
        language=feed.get("language") or "",
    )


def _from_rss_parser_unordered(value: dict[str, Any]) -> expected.ExpectedFeed:
    found = _from_rss_parser(value)
    for entry in found.entries:
        entry.texts = []
    return found


def _entry_of_rss_parser(entry: dict[str, Any]) -> expected.ExpectedEntry:
    named = [
        each if isinstance(each, str) else each.get("_", "") for each in entry.get("categories", ())
    ]
    return expected.ExpectedEntry(
        id=entry.get("guid") or entry.get("id") or "",
        title=entry.get("title") or "",
        url=entry.get("link") or "",
        texts=[entry[key] for key in ("content", "content:encoded", "summary") if entry.get(key)],
        authors=[str(entry.get("creator") or entry.get("author") or "")],
        categories=[name for name in named if name],
        times=_moments(entry.get("isoDate")),
    )


def _from_fastfeedparser(value: dict[str, Any]) -> expected.ExpectedFeed:
    feed = value["feed"]
    return expected.ExpectedFeed(
        entries=[_entry_of_fastfeedparser(entry) for entry in value["entries"]],
        title=feed.get("title") or "",
        url=feed.get("link") or "",
        language=feed.get("language") or "",
    )


def _entry_of_fastfeedparser(entry: dict[str, Any]) -> expected.ExpectedEntry:
    parts = [part["value"] for part in entry.get("content") or () if part.get("value")]
    return expected.ExpectedEntry(
        id=entry.get("id") or "",
        title=entry.get("title") or "",
        url=entry.get("link") or "",
        texts=parts[:1] or [entry.get("description") or ""],
        authors=[author.get("name") or "" for author in entry.get("authors") or ()],
        categories=[tag.get("label") or tag.get("term") or "" for tag in entry.get("tags") or ()],
        times=_moments(entry.get("published"), entry.get("updated")),
        images=[entry["image"]] if entry.get("image") else [],
    )
