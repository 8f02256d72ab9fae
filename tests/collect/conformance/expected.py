"""An entry as somebody else reads it, and how it is held against ours.

Both the JSON files beside documents (`siblings`) and a plain reading of well-formed XML
(`reading`) end up as this one shape, so there is one comparison.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest import errors, model
from digest.collect import clean, read
from tests.collect.conformance import outcomes, plain

__all__ = ["ExpectedEntry", "ExpectedFeed", "judge"]


@dataclass(slots=True)
class ExpectedEntry:
    """What is empty is not stated and not compared."""

    id: str = ""
    title: str = ""
    url: str = ""
    texts: list[str] = field(default_factory=list)  # HTML, each to be met by body or summary
    authors: list[str] = field(default_factory=list)
    categories: list[str] = field(default_factory=list)
    times: list[datetime] = field(default_factory=list)
    images: list[str] = field(default_factory=list)  # ours must be one of these, when any
    base: str = ""

    @property
    def words(self) -> str:
        return plain.text(self.title) or " ".join(map(plain.text, self.texts)).strip()


@dataclass(slots=True)
class ExpectedFeed:
    entries: list[ExpectedEntry]
    title: str = ""
    url: str = ""
    language: str = ""


def judge(
    group: str, name: str, data: bytes, wanted: ExpectedFeed, *, url: str
) -> outcomes.Outcome:
    """Read the document and compare everything that is stated about it."""
    listed = _distinct([entry for entry in wanted.entries if entry.words])
    if not listed and not wanted.title:
        return outcomes.Outcome(group, name, "not applicable", "states no words of any entry")
    try:
        feed = read.parse_document(data, url)
    except errors.NotAFeed as error:
        return outcomes.judged(group, name, [f"refused: {error.reason}"])
    found = []
    if wanted.title:
        found.append(plain.title_differs(wanted.title, feed.title))
    if wanted.url:
        found.append(plain.address_differs(wanted.url, feed.home_url, url))
    if wanted.language and feed.language != wanted.language.partition("-")[0].lower():
        found.append(f"language {feed.language!r}, expected {wanted.language!r}")
    if len(listed) != len(feed.entries):
        found.append(f"{len(feed.entries)} entries, expected {len(listed)}")
    else:
        for want, got in zip(listed, feed.entries, strict=True):
            found += _differences(want, got, feed.title, url)
    return outcomes.judged(group, name, [each for each in found if each])


def _distinct(entries: Sequence[ExpectedEntry]) -> list[ExpectedEntry]:
    """Leave out what is listed twice: the same id and no other address, as we do."""
    kept: dict[tuple[str, str], ExpectedEntry] = {}
    for entry in entries:
        given = entry.id or entry.url or plain.text(entry.title) or entry.words
        again = any(key == given and url in ("", entry.url) for key, url in kept)
        if not again:
            kept[given, entry.url] = entry
    return list(kept.values())


def _differences(want: ExpectedEntry, got: model.Entry, source: str, url: str) -> list[str]:
    found = [plain.text_differs(text, got) for text in want.texts if plain.text(text)]
    if want.title:
        found.append(plain.title_differs(want.title, got.title, source, got.categories))
    if want.id and got.id not in (" ".join(want.id.split()), got.url):
        found.append(f"id {got.id!r}, expected {want.id!r}")
    if want.url:
        found.append(plain.address_differs(want.url, got.url, want.base or url))
    found += [plain.author_differs(author, got.authors) for author in want.authors if author]
    found += [plain.names_differ(name, got.categories) for name in want.categories if name]
    found += [plain.moment_differs(at, got.published_at, got.updated_at) for at in want.times]
    images = {clean.image_url(image, want.base or url) for image in want.images} - {""}
    if images and got.image not in images:
        found.append(f"image {got.image!r}, expected one of {sorted(images)[:3]!r}")
    return [each for each in found if each]
