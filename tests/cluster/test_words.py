"""How headlines are taken apart: words, places, numbers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.cluster import facts, places, words


@pytest.mark.parametrize(
    ("title", "tidied"),
    [
        ("WATCH: Moment bridge falls", "Moment bridge falls"),
        ("Live updates: Voters go to the polls", "Voters go to the polls"),
        ("Bridge falls into river (VIDEO)", "Bridge falls into river"),
        ("Port opens its books – Business & Finance", "Port opens its books"),
        ("Port opens its books | The Valley Post", "Port opens its books"),
        ("Port opens its books - BBC News", "Port opens its books"),
        ("Long night – and a longer day", "Long night – and a longer day"),
        ("Peace talks: what comes next", "Peace talks: what comes next"),
        ("News – world", "News – world"),
    ],
)
def test_what_sources_glue_to_a_headline_is_cut_off(title: str, tidied: str) -> None:
    assert words.tidy_title(title) == tidied


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("SEOUL, South Korea (AP) — The army said so.", "The army said so."),
        ("LONDON — A man was held.", "A man was held."),
        ("NAIROBI, May 3 (Reuters) - Rain fell.", "Rain fell."),
        ("Rain fell. Read Full Article at RT.com", "Rain fell."),
        ("Rain fell. The post Rain first appeared on Valley Post.", "Rain fell."),
        ("Rain fell - and then snow.", "Rain fell - and then snow."),
    ],
)
def test_dateline_and_read_more_are_no_part_of_a_lede(text: str, bare: str) -> None:
    assert words.lede(text, 40).strip() == bare


def test_a_lede_is_cut_by_words() -> None:
    assert words.lede("one two three four", 3) == "one two three"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("The U.S. mayor's long-range plan", ["The", "US", "mayor", "long", "range", "plan"]),
        ("Kim Moon-soo's rally", ["Kim", "Moonsoo", "rally"]),
        ("1,204 of 5.5m", ["1,204", "of", "5.5m"]),
        ("Ends here.Next", ["Ends", "here", "Next"]),
        ("", []),
    ],
)
def test_words_are_split_as_headlines_write_them(text: str, found: list[str]) -> None:
    assert words.tokens(text) == found


def test_words_of_one_meaning_and_one_country_are_one_term() -> None:
    assert words.stem("probes", "en") == words.stem("probe", "en")
    assert words.stem("wildfires", "en") == words.stem("blaze", "en")
    assert words.stem("Ukrainian", "en") == words.stem("Ukraine", "en") == "ukraine"
    assert [term for term, _ in words.terms(["New", "York", "mayor"], "en")] == [
        "new york",
        "mayor",
    ]


def test_turkey_the_country_is_not_turkey_the_bird() -> None:
    assert words.stem("Turkish", "en") == "turkey"
    assert places.longest_at(["turkey"], 0) is None
    assert places.longest_at(["Tell", "Us"], 1) is None
    assert places.longest_at(["Tell", "US"], 1) == (("us",), 1)


def test_scripts_without_spaces_become_pairs_of_characters() -> None:
    assert [term for term, _ in words.terms(["東京都"], "ja")] == ["東京", "京都"]
    assert [term for term, _ in words.terms(["水"], "")] == ["水"]


@given(st.text())
def test_any_text_at_all_can_be_taken_apart(text: str) -> None:
    found = words.tokens(words.tidy_title(text))
    assert all(found)
    assert all(term for language in ("en", "", "xx") for term, _ in words.terms(found, language))
    assert facts.read_facts(text).words == facts.read_facts(text).words


@pytest.mark.parametrize(
    ("name", "path"),
    [
        ("odessa", ("ukraine", "odesa")),
        ("new delhi", ("india", "delhi")),
        ("houston", ("us", "texas", "houston")),
        ("n korea", ("north korea",)),
        ("hong kong", ("china", "hong kong")),
    ],
)
def test_places_are_known_by_their_spellings(name: str, path: places.Path) -> None:
    assert places.PATHS[name] == path


def test_a_town_that_speaks_is_its_country() -> None:
    assert facts.read_facts("Kyiv says dam was hit").places == {("ukraine",)}
    assert facts.read_facts("Dam hit near Kyiv").places == {("ukraine", "kyiv")}


def test_numbers_are_read_by_kind() -> None:
    read = facts.read_facts(
        "Day 1,204: Leeds won 3-1 as 6.8-magnitude quake cost $1.2bn, up 4.5 per cent from 2024, "
        "police said of a 53-year-old in May"
    )
    assert read.series == {("day", 1204)}
    assert read.scores == {(3, 1)}
    assert read.magnitudes == {6.8}
    assert read.money == {1.2e9}
    assert read.percents == {4.5}
    assert read.years == {2024}
    assert read.ages == {53}
    assert read.months == {"May"}


def test_may_the_verb_is_no_month() -> None:
    assert not facts.read_facts("Rain may fall").months


def test_a_negated_end_of_an_axis_is_the_other_end() -> None:
    assert facts.read_facts("Not guilty").ends == facts.read_facts("Acquitted").ends
