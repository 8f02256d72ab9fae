"""Reads the gazetteer that ships: names and the countries they stand for.

Three files: `places.txt` (made by `build_gazetteer`), `figures.txt` (people, parties and
institutions) and `peoples.txt` (adjectives in other languages), both kept by hand.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

__all__ = ["FIGURES", "FILE", "PEOPLES", "Place", "peoples", "places", "shipped"]

FILE = Path(__file__).with_name("places.txt")
FIGURES = Path(__file__).with_name("figures.txt")
PEOPLES = Path(__file__).with_name("peoples.txt")
_MARKS = {"?": 0.5, "~": 1.0}
_GERMAN_ENDINGS = ("e", "en", "er", "es", "em")


@dataclass(frozen=True, slots=True)
class Place:
    """A name as written, and its country.  `doubtful`: it is also a word or a person's name.

    `alone` is how sure it is where nothing else names the country: 1 for "Paris", which is a
    person beside a name only, 0.5 for "Jordan".  `language` is the only one whose texts can hold
    it; "" is every one.
    """

    name: str
    code: str
    doubtful: bool = False
    alone: float = 1.0
    language: str = ""


def places(path: Path = FILE) -> Iterator[Place]:
    """Yield every name of a gazetteer file; its head explains the format."""
    for code, names in _rows(path):
        for name in names:
            mark = name[0] if name[0] in _MARKS else ""
            yield Place(name.removeprefix(mark), code, bool(mark), _MARKS.get(mark, 1.0))


def peoples(path: Path = PEOPLES) -> Iterator[Place]:
    """Yield every adjective of a country in other languages, German ones with their endings."""
    for code, groups in _rows(path):
        for group in groups:
            language, _, words = group.partition(":")
            for word in words.split():
                stem = word.removesuffix("+")
                endings = _GERMAN_ENDINGS if word != stem else ("",)
                yield from (Place(stem + end, code, language=language) for end in endings)


def shipped() -> Iterator[Place]:
    """Yield the names of all three files."""
    yield from places()
    yield from places(FIGURES)
    yield from peoples()


def _rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in path.read_text("utf-8").splitlines():
        if line and not line.startswith("#"):
            code, _, names = line.partition("\t")
            yield code, names.split("|")
