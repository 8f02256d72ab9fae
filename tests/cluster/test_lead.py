"""Who leads a story, when it is breaking, and how hot it is."""

import itertools
from dataclasses import replace
from datetime import timedelta

import pytest

from digest import model
from digest.cluster import lead
from tests.cluster.samples import NOON, entry

TEXT = (
    "The regional court ruled on Tuesday that the harbour authority must publish every contract "
    "it signed with dredging firms since the storm, after fishermen sued for access to the files."
)


def ids(entries: tuple[model.Entry, ...]) -> str:
    return "".join(each.id for each in entries)


def order_of(*entries: model.Entry) -> str:
    """Order them, the same whatever order they come in."""
    orders = {ids(lead.order_entries(each)) for each in itertools.permutations(entries)}
    assert len(orders) == 1
    return orders.pop()


def test_the_publishers_own_newsroom_leads() -> None:
    bare = replace(entry("z", "Port opens its books", hours=5), own=True)
    full = replace(entry("a", "Port opens its books", "A court ruled."), image="https://x.test/i")
    assert order_of(full, bare) == "za"


def test_an_original_leads_the_wire_copies_even_when_it_is_later() -> None:
    copy = replace(entry("a", "Port opens its books", "A court ruled."), agency="AP")
    original = entry("b", "Judges open the books of the port", hours=3)
    assert order_of(copy, original) == "ba"


def test_an_agency_is_no_copy_of_itself() -> None:
    agency = replace(entry("b", "Port opens books", source="AP News", hours=1), agency="AP")
    copy = replace(entry("a", "Port opens books", source="Valley Post"), agency="AP")
    assert order_of(agency, copy) == "ba"


@pytest.mark.parametrize(
    ("agency", "copier", "agency_itself"),
    [
        ("AP", "Japan Today", "AP News"),  # "ap" is within "Japan"
        ("PA", "The Pakistan Post", "PA Media"),
        ("AP", "Cape Argus", "The Associated Press"),
        ("dpa", "Tagespost", "Deutsche Presse-Agentur"),
        ("Reuters", "Business Recorder", "Reuters World News"),
    ],
)
def test_a_source_is_the_agency_only_by_its_whole_name(
    agency: str, copier: str, agency_itself: str
) -> None:
    copy = replace(
        entry("a", "Port opens books", source=copier), agency=agency, image="https://x.test/i"
    )
    itself = replace(entry("b", "Port opens books", source=agency_itself, hours=1), agency=agency)
    assert order_of(copy, itself) == "ba"


def test_later_text_worded_like_an_earlier_one_is_a_copy() -> None:
    original = entry("b", "Port must open its books", TEXT)
    copy = replace(entry("a", "Fishermen win", TEXT, hours=1), image="https://x.test/i")
    own_words = entry("c", "Court rules on port", "Judges sided with fishermen.", hours=2)
    assert order_of(copy, original, own_words) == "bca"


def test_a_source_repeating_itself_is_no_copy() -> None:
    first = entry("a", "Port must open its books", TEXT, source="Valley Post")
    again = replace(
        entry("b", "Port opens books", TEXT, source="Valley Post", hours=1), image="https://x.test"
    )
    assert order_of(first, again) == "ba"


def test_the_more_complete_entry_leads() -> None:
    bare = entry("a", "Port opens its books")
    told = entry("b", "Port opens its books", "A court ruled.", hours=1)
    shown = replace(told, id="c", image="https://x.test/i", source="C")
    assert order_of(bare, told, shown) == "cba"


def test_the_earlier_entry_leads_and_one_without_a_time_comes_last() -> None:
    early, late = entry("b", "Port opens"), entry("c", "Port opens", hours=1)
    untimed = replace(entry("a", "Port opens"), published_at=None)
    assert order_of(late, untimed, early) == "bca"


def test_no_entries_have_no_lead() -> None:
    assert lead.order_entries([]) == ()


def reports(*hours: float, source: str = "") -> list[model.Entry]:
    return [
        entry(str(at), "Port on fire", hours=hour, source=source) for at, hour in enumerate(hours)
    ]


@pytest.mark.parametrize(
    ("entries", "hours_later", "expected"),
    [
        (reports(0, 1, 2), 2, True),
        (reports(0, 1, 2), 4.9, True),
        (reports(0, 1, 2), 5, False),  # the freshest is three hours old
        (reports(0, 1, 2.1), 2.1, False),  # not within two hours
        (reports(0, 1), 1, False),  # two sources
        (reports(0, 1, 2, source="One"), 2, False),  # one source thrice
        (reports(-40, -30, 0, 1, 2), 2, True),
        (reports(0, 1, 9), 2, True),  # a time in the future is now
        ([], 0, False),
        ([replace(each, published_at=None) for each in reports(0, 1, 2)], 2, False),
    ],
)
def test_a_story_is_breaking_when_three_sources_tell_it_at_once(
    entries: list[model.Entry], hours_later: float, expected: bool
) -> None:
    assert lead.breaking(entries, NOON + timedelta(hours=hours_later)) is expected


def test_heat_counts_distinct_sources_and_halves_every_six_hours() -> None:
    assert lead.heat(reports(0), NOON) == pytest.approx(1.0)
    assert lead.heat(reports(0, 0, 0, 0), NOON) == pytest.approx(4.0)
    assert lead.heat(reports(0, 0, source="One"), NOON) == pytest.approx(1.0)
    assert lead.heat(reports(0, 0), NOON + timedelta(hours=6)) == pytest.approx(1.0)
    assert lead.heat(reports(-6, 0), NOON) == pytest.approx(1.5)
    assert lead.heat(reports(5), NOON) == pytest.approx(1.0)


def test_heat_of_a_source_is_that_of_its_freshest_entry() -> None:
    assert lead.heat(reports(0, -6, source="One"), NOON) == pytest.approx(1.0)
    assert lead.heat(reports(-6, 0, source="One"), NOON) == pytest.approx(1.0)


def test_entries_without_a_time_add_no_heat() -> None:
    assert lead.heat([replace(reports(0)[0], published_at=None)], NOON) == 0.0
    assert lead.heat([], NOON) == 0.0


def test_an_update_counts_where_publication_has_no_time() -> None:
    updated = replace(reports(0)[0], published_at=None, updated_at=NOON)
    assert lead.heat([updated], NOON) == pytest.approx(1.0)
