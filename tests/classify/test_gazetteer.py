"""The gazetteer that ships: complete, well formed, and made by the script beside it."""

from pathlib import Path

import pytest

from digest import topics
from digest.classify import build_gazetteer, gazetteer

BY_NAME: dict[str, set[str]] = {}
for place in gazetteer.places():
    BY_NAME.setdefault(place.name, set()).add(place.code)
DOUBTFUL = {place.name for place in gazetteer.places() if place.doubtful}


def test_the_file_is_what_the_script_makes() -> None:
    made = build_gazetteer.render(build_gazetteer.gazetteer())
    assert gazetteer.FILE.read_text("utf-8") == made


def test_the_head_names_sources_and_licences() -> None:
    head = gazetteer.FILE.read_text("utf-8").split("AD\t")[0]
    for words in ("GeoNames", "CC BY 4.0", "Unicode", "countryinfo", "MIT"):
        assert words in head


def test_every_code_is_a_country_of_a_region() -> None:
    assert all(topics.is_place(place.code) for place in gazetteer.places())


def test_figures_and_peoples_belong_to_countries_of_a_region() -> None:
    figures = [*gazetteer.places(gazetteer.FIGURES), *gazetteer.peoples()]
    assert len(figures) > 3000
    assert all(topics.is_place(place.code) for place in figures)
    assert all(place.name == place.name.strip() and place.name for place in figures)


def test_figures_are_listed_once_for_each_country() -> None:
    listed = [(p.code, p.name) for p in gazetteer.places(gazetteer.FIGURES)]
    assert sorted({each for each in listed if listed.count(each) > 1}) == []


def test_german_adjectives_take_their_endings() -> None:
    forms = {p.name for p in gazetteer.peoples() if p.code == "RU" and p.language == "de"}
    assert {"russische", "russischen", "russischer", "russisches"} <= forms
    assert "russisch+" not in forms


def test_a_place_that_is_only_a_name_beside_a_name_counts_in_full_alone() -> None:
    by_name = {place.name: place for place in gazetteer.places()}
    assert (by_name["Paris"].doubtful, by_name["Paris"].alone) == (True, 1.0)
    assert (by_name["Jordan"].doubtful, by_name["Jordan"].alone) == (True, 0.5)
    assert (by_name["France"].doubtful, by_name["France"].alone) == (False, 1.0)


def test_every_name_begins_with_a_capital_where_the_script_has_them() -> None:
    for name in BY_NAME:
        assert name[0].upper() == name[0], name


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("Ukraine", "UA"),
        ("Ukrainians", "UA"),
        ("Kyiv", "UA"),
        ("Kiev", "UA"),
        ("North Korea", "KP"),
        ("Deutschland", "DE"),
        ("Alemania", "DE"),
        ("Allemagne", "DE"),
        ("Німеччина", "DE"),
        ("UK", "GB"),
        ("Scottish", "GB"),
        ("Bavaria", "DE"),
        ("Tamil Nadu", "IN"),
        ("New Mexico", "US"),
        ("U.S.", "US"),
        ("Gaza", "PS"),
        ("DR Congo", "CD"),
        ("Turkiye", "TR"),
    ],
)
def test_names_stand_for_their_country(name: str, code: str) -> None:
    assert BY_NAME[name] == {code}


@pytest.mark.parametrize("name", ["Nice", "Reading", "Mobile", "Bath", "Split", "Man", "Island"])
def test_names_that_are_plain_words_are_left_out(name: str) -> None:
    assert name not in BY_NAME


@pytest.mark.parametrize("name", ["Jordan", "Chad", "Georgia", "Turkey", "Victoria", "Santiago"])
def test_names_that_are_also_people_or_words_are_marked(name: str) -> None:
    assert name in DOUBTFUL


def test_a_name_of_two_countries_keeps_both() -> None:
    assert BY_NAME["Georgia"] == {"GE", "US"}


def test_the_script_writes_the_file_it_is_told_to(tmp_path: Path) -> None:
    path = tmp_path / "places.txt"
    build_gazetteer.main(path)
    assert list(gazetteer.places(path)) == list(gazetteer.places())
