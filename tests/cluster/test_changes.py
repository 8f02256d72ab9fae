"""What makes a story worth showing again, and what does not."""

from dataclasses import replace

import pytest

from digest.cluster import changes
from tests.cluster.samples import entry


def change(old: str, new: str, old_summary: str = "", new_summary: str = "") -> str:
    return changes.material_change(
        entry("a", old, old_summary), entry("a", new, new_summary or old_summary)
    )


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("Port opens its books", "Port opens its books"),
        ("Port opens its books", "PORT OPENS ITS BOOKS"),
        ("Port opens its books", "“Port opens its books!”"),
        ("Goverment falls over budget", "Government falls over budget"),
        ("Fire in Leeds kills three", "Fire in Leeds kills 3"),
        ("Toll rises to 1,200", "Toll rises to 1200"),
        ("Mayor condemns attack", "Mayor slams attacks"),
        ("Judge frees the suspect in port case", "Judge frees suspect in the port case"),
        ("Port opens its books", "Watch: Port opens its books (VIDEO)"),
        ("Port opens its books", "Port opens its books – World News"),
        ("Prison guards at correctional facility strike", "Guards at corrections facility strike"),
        ("Recieve aid by Friday, city told", "Receive aid by Friday, city told"),
        ("Shares fall in Tokyo", "Shares fall in Tokyo by two points"),
        ("Strike in Kyiv", "Strike in Kyiv, Ukraine"),
        ("Mayor resigns", "Mayor Smith resigns"),
        ("Homes burn near Perth after lightning", "Houses burn near Perth after lightning"),
        ("Mayor Smiht resigns after row", "Mayor Smith resigns after row"),
        ("Ex-mayor not guilty of fraud", "Ex-mayor acquitted of fraud"),
    ],
)
def test_trivial_edits_are_no_change(old: str, new: str) -> None:
    assert change(old, new) == ""


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ("Quake kills 15", "Quake kills 39", "number changed: 15 → 39"),
        ("Three held in raid", "Nine held in raid", "number changed: 3 → 9"),
        ("Strike hits port in Odesa", "Strike hits port in Mykolaiv", "place changed: Odesa → "),
        ("Shares rise in Tokyo", "Shares fall in Tokyo", "now says: fall"),
        ("Ex-mayor found guilty of fraud", "Ex-mayor acquitted of fraud", "now says: acquitted"),
        ("Ferry sinks", "Tanker sinks", "headline rewritten"),
        ("Voters choose Smith as mayor", "Voters choose Jones as mayor", "name changed"),
        ("Deal signed at last", "Deal not signed at last", "now says: the opposite"),
        ("PM under pressure", "PM resigns after coalition collapses", "headline rewritten"),
        ("Port opens its books", "CORRECTED: Port opens its books", "correction"),
        ("Port opens its books", "WITHDRAWN: Port opens its books", "withdrawn"),
    ],
)
def test_material_changes_are_named(old: str, new: str, expected: str) -> None:
    assert change(old, new).startswith(expected)
    assert change(old, new)


def test_a_number_corrected_in_the_lede_is_a_change() -> None:
    assert (
        change("Ferry sinks", "Ferry sinks", "At least 12 people died.", "At least 21 people died.")
        == "number changed: 12 → 21"
    )


def test_a_number_added_to_the_lede_is_none() -> None:
    assert change("Ferry sinks", "Ferry sinks", "People died.", "At least 21 people died.") == ""


@pytest.mark.parametrize(
    ("notice", "expected"),
    [
        ("Correction: an earlier version misnamed the ferry.", "correction"),
        ("Editor's note: the ferry is the Aurora.", "correction"),
        ("This story has been retracted.", "withdrawn"),
    ],
)
def test_a_notice_at_the_head_of_the_text_is_a_change_once(notice: str, expected: str) -> None:
    assert change("Ferry sinks", "Ferry sinks", "People died.", notice) == expected
    assert change("Ferry sinks", "Ferry sinks", notice, notice) == ""


def test_a_summary_in_other_words_is_no_change() -> None:
    assert change("Ferry sinks", "Ferry sinks", "People died.", "Rescuers found bodies.") == ""


def test_a_first_headline_where_there_was_none_is_a_change() -> None:
    assert change("", "Ferry sinks off Java") == "headline rewritten"
    assert change("Ferry sinks off Java", "") == ""


def test_the_language_of_the_older_entry_serves_when_the_newer_has_none() -> None:
    old = entry("a", "Gericht verurteilt Minister", language="de")
    new = replace(entry("a", "Gerichte verurteilen Minister"), language="")
    assert changes.material_change(old, new) == ""
