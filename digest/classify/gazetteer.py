"""Reads the gazetteer that ships: place names and the countries they stand for."""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FILE", "Place", "places"]

FILE = Path(__file__).with_name("places.txt")


@dataclass(frozen=True, slots=True)
class Place:
    """A name as written, and its country.  `doubtful`: it is also a word or a person's name."""

    name: str
    code: str
    doubtful: bool = False


def places(path: Path = FILE) -> Iterator[Place]:
    """Yield every place of a gazetteer file; its head explains the format."""
    for line in path.read_text("utf-8").splitlines():
        if not line.startswith("#"):
            code, _, names = line.partition("\t")
            for name in names.split("|"):
                yield Place(name.removeprefix("?"), code, name.startswith("?"))
