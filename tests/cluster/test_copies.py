"""Wire copies and other texts taken from each other, whatever was done to them."""

import pytest

from digest.cluster import clusterer
from tests.cluster.samples import entry

COURT = (
    "The regional court ruled on Tuesday that the harbour authority must publish every contract "
    "it signed with dredging firms since the storm, after fishermen sued for access to the files. "
    "Judge Ilse Maar said the public had paid for the work and was owed an account of it. The "
    "authority, which had called the papers a trade secret, has four weeks to appeal. Boats stayed "
    "in the basin for most of last winter because the channel had silted up, and the co-operative "
    "puts its losses at nine million crowns."
)
GLACIER = (
    "Researchers who drilled through the Tolm glacier have found insects in ice laid down twelve "
    "thousand years ago, long before any were thought to live so high. The cores, each the length "
    "of an arm, were carried down on foot over three summers. Wind may have brought the beetles "
    "from the plain, the team writes, but their number makes a valley without ice more likely."
)
NOTICE = (
    " This report was made by an agency and has not been changed by our editors but for its "
    "headline. All rights reserved; no part of it may be published again without leave. Write to "
    "us if you have seen a mistake, and sign up for our letter of the week."
)


def words(text: str, n: int) -> str:
    return " ".join(text.split()[:n])


@pytest.mark.parametrize(
    ("headline", "text"),
    [
        ("Port must open its books, judges say", words(COURT, 40) + " ..."),
        ("Fishermen win", COURT),
        ("A good day for the quay", "Our correspondents report: " + COURT + NOTICE),
        ("Harbour: court sides with fishermen", words(COURT, 45) + NOTICE),
        ("Fishermen win", " ".join(COURT.split()[30:])),
    ],
    ids=["cut short", "retitled", "with words added", "cut, retitled, added to", "its end"],
)
def test_a_text_and_what_was_made_of_it_are_one_story(headline: str, text: str) -> None:
    original = entry("a", "Port must open its books, judges say", COURT)
    copy = entry("b", headline, text, hours=2)
    for first, second in ((original, copy), (copy, original)):
        stories = clusterer.Clusterer()
        stories.add(first)
        assert stories.add(second).story == first.id


def test_a_copy_is_known_by_its_wording_though_its_headline_says_the_opposite() -> None:
    stories = clusterer.Clusterer()
    stories.add(entry("a", "Port loses: books to be opened", COURT))
    placement = stories.add(entry("b", "Fishermen win at the port: books opened", COURT))
    assert (placement.story, placement.why, placement.sure) == ("a", "shares wording", True)


def test_a_notice_that_publishers_put_under_everything_joins_nothing() -> None:
    stories = clusterer.Clusterer()
    texts = [COURT, GLACIER, "Snow fell.", "A mill is for sale.", "The choir sang.", "Wolf seen."]
    titles = ["Port opens books", "Beetles in old ice", "Snow", "Mill", "Choir wins", "Wolf"]
    placed = [
        stories.add(entry(str(at), title, words(text, 12) + NOTICE))
        for at, (title, text) in enumerate(zip(titles, texts, strict=True))
    ]
    assert all(placement.is_new for placement in placed)


def test_reports_filled_into_one_form_stay_apart() -> None:
    form = (
        "{place}: dry with light winds from the west, the Met Service says. Temperatures reach "
        "{warm} degrees in the afternoon and fall to {cold} at night. The outlook for {place} for "
        "the days that follow is unsettled, with showers more likely from midweek on."
    )
    stories = clusterer.Clusterer()
    rows = [("Varna", 12, 4), ("Burgas", 14, 6), ("Ruse", 9, 1)]
    placed = [
        stories.add(
            entry(
                place,
                f"Weather in {place} for Monday",
                form.format(place=place, warm=warm, cold=cold),
                source="Met Service",
            )
        )
        for place, warm, cold in rows
    ]
    assert [placement.is_new for placement in placed] == [True] * 3


def test_copies_count_once_when_a_story_is_weighed() -> None:
    """A hundred copies of one text are one voice: they draw in no more than one would."""

    def score_after(n_copies: int) -> float:
        stories = clusterer.Clusterer()
        for at in range(n_copies):
            stories.add(entry(str(at), "Court opens harbour contracts", COURT))
        return stories.add(entry("x", "Dredging firms deny harbour contracts were secret")).score

    assert score_after(1) == pytest.approx(score_after(8), abs=0.03)


def test_what_was_forgotten_is_no_longer_copied() -> None:
    stories = clusterer.Clusterer()
    stories.add(entry("a", "Port must open its books", COURT))
    stories.add(entry("b", "Port to open books", COURT))
    stories.forget("a")
    assert stories.add(entry("c", "Fishermen win", COURT)).story == "a"  # "b" is still in it
    for known in ("b", "c", "never heard of"):
        stories.forget(known)
    assert len(stories) == 0
    assert stories.add(entry("d", "Fishermen win again", COURT)).is_new
