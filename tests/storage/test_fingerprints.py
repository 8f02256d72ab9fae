"""What changes by itself is no change, and what a reader would call one is (F8)."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest import model
from digest.storage import fingerprints

BODY = (
    "The ferry left Mokpo at 9:40 and sank within the hour.\n\n"
    "Divers have reached the second deck, the coast guard said. Five people are dead.\n\n"
    "Relatives wait at the pier. The mayor asked for patience."
)


def entry(**values: object) -> model.Entry:
    filled = {"title": "Ferry sinks off Mokpo", "summary": "Five people are dead.", "body": BODY}
    return model.Entry(id="1", **{**filled, **values})  # type: ignore[arg-type]


def same(before: model.Entry, after: model.Entry) -> bool:
    if fingerprints.fingerprint(before) == fingerprints.fingerprint(after):
        assert fingerprints.essence(before) == fingerprints.essence(after)
    return fingerprints.essence(before) == fingerprints.essence(after)


CLOCKS = [
    ("Updated 3 minutes ago", "Updated 4 minutes ago"),
    ("Published an hour ago", "Published 2 hours ago"),
    ("just now: five dead", "5 mins ago: five dead"),
    ("3h ago", "14h ago"),
    ("vor 3 Minuten", "vor 12 Minuten"),
    ("il y a 3 heures", "il y a 4 heures"),
    ("hace 2 minutos", "hace 3 minutos"),
    ("It's 14:05", "It's 14:06"),
    ("It’s now 2:05 pm", "It’s now 2:06 pm"),
    ("Updated: 14:05", "Updated: 15:17"),
    (
        "Last updated on 3 November 2026 at 14:05 GMT",
        "Last updated on 4 November 2026 at 09:00 GMT",
    ),
    ("Updated Nov 3, 2026, 2:05 p.m. EST", "Updated Nov 4, 2026, 2:05 p.m. EST"),
    ("Last modified: 2026-11-03T14:05:00Z.", "Last modified: 2026-11-03T14:10:00Z."),
    ("Stand: 03.11.2026, 14:05 Uhr", "Stand: 04.11.2026, 08:05 Uhr"),
    ("Mis à jour le 3 novembre 2026 à 14h05", "Mis à jour le 3 novembre 2026 à 15h05"),
    ("1,204 views", "1,319 views"),
    ("Views: 1204", "Views: 1319"),
    ("12 comments", "31 comments"),
    ("Comments (3)", "Comments (12)"),
    ("Kommentare [3]", "Kommentare [12]"),
    ("3 commentaires", "12 commentaires"),
    ("Points: 12 # Comments: 3", "Points: 57 # Comments: 31"),
    ("Visitor no. 1204", "Visitor no. 1205"),
    ("204 people are reading this", "319 people are reading this"),
    ("See https://p.example/a?t=1699999999", "See https://p.example/a?t=1700000300"),
    ("id 9f86d081884c7d659a2feaa0c55ad015", "id 60303ae22b998861bce3b28f33eec1be"),
]


@pytest.mark.parametrize(("before", "after"), CLOCKS)
@pytest.mark.parametrize("where", ["title", "summary", "body"])
def test_clocks_and_counters_are_no_change(before: str, after: str, where: str) -> None:
    filled = {"title": "{} – ferry sinks", "summary": "{}. Five dead.", "body": f"{{}}\n\n{BODY}"}
    texts = [entry(**{where: filled[where].format(text)}) for text in (before, after)]
    assert same(*texts)


NEWS = [
    ("5 dead", "7 dead"),
    ("5 dead, updated 14:05", "7 dead, updated 14:05"),
    ("Updated: 5 dead", "Updated: 7 dead"),
    ("5 dead 3 hours ago", "7 dead 3 hours ago"),
    ("It is 5 dead now", "It is 7 dead now"),
    ("The match starts at 14:05", "The match starts at 15:30"),
    ("Death toll hits 100", "Death toll hits 120"),
    ("He sold 500 shares", "He sold 900 shares"),
    ("7 visitors injured", "9 visitors injured"),
    ("Points: 12 from nine games", "Points: 15 from ten games"),
    ("the minister comments (3 dead)", "the minister comments (4 dead)"),
    ("Elections on 3 November 2026", "Elections on 10 November 2026"),
    ("A law of 2 years ago", "A law of 3 years ago"),
    ("Porto 2:1", "Porto 3:1"),
    ("Rates up 0.25", "Rates up 0.5"),
    ("As of 3 November, 5 dead", "As of 3 November, 7 dead"),
    ("See https://p.example/?id=5", "See https://p.example/?id=7"),
    ("Call 0800 123456", "Call 0800 123457"),
]


@pytest.mark.parametrize(("before", "after"), NEWS)
@pytest.mark.parametrize("where", ["title", "summary", "body"])
def test_what_a_reader_would_call_a_change_is_one(before: str, after: str, where: str) -> None:
    assert not same(entry(**{where: before}), entry(**{where: after}))


@given(
    st.integers(0, 10**6),
    st.integers(0, 10**6),
    st.sampled_from(("dead", "people missing", "homes without power", "percent", "seats")),
    st.sampled_from([clock for pair in CLOCKS for clock in pair]),
    st.sampled_from([clock for pair in CLOCKS for clock in pair]),
)
def test_a_number_that_changes_beside_any_clock_is_a_change(
    n: int, other: int, what: str, clock: str, later: str
) -> None:
    before = entry(body=f"Officials count {n} {what}.\n\n{clock}")
    after = entry(body=f"Officials count {other} {what}.\n\n{later}")
    told = clock.startswith("just now") is later.startswith("just now")
    if n != other:
        assert not same(before, after)
    elif told and _without_clock(clock) == _without_clock(later):
        assert same(before, after)


def _without_clock(text: str) -> str:
    return " ".join(fingerprints.settled(text).split())


@given(st.text(max_size=300))
def test_taking_clocks_out_twice_is_taking_them_out_once_of_plain_words(text: str) -> None:
    plain = "".join(sign for sign in text if not sign.isdigit())
    settled = fingerprints.settled(plain)
    assert fingerprints.settled(settled) == settled
    assert len(settled) <= len(plain)


@given(st.permutations(["Ferry", "Mokpo", "Asia", "Disasters"]))
def test_the_order_of_categories_makes_no_difference(names: list[str]) -> None:
    usual = entry(categories=("Asia", "Disasters", "Ferry", "Mokpo"))
    assert same(usual, entry(categories=tuple(names)))
    assert not same(usual, entry(categories=tuple(names[1:])))


RELATED = ["Port reopens after storm", "Mayor resigns", "Ten years since the Sewol", "Fares rise"]


@given(st.permutations(RELATED), st.sampled_from(("Related stories", "", "Lesen Sie auch:")))
def test_a_shuffled_list_at_the_end_is_no_change(titles: list[str], heading: str) -> None:
    usual = entry(body="\n\n".join([BODY, heading, *RELATED]))
    assert same(usual, entry(body="\n\n".join([BODY, heading, *titles])))


def test_other_entries_in_a_list_headed_as_such_are_no_change() -> None:
    assert same(
        entry(body=f"{BODY}\n\nRead more\n\n{RELATED[0]}"),
        entry(body=f"{BODY}\n\nRead more\n\n{RELATED[1]}\n\n{RELATED[2]}"),
    )
    # At the head of a text it is part of it.
    assert not same(entry(body=f"Related\n\n{BODY}"), entry(body=f"Related\n\n{BODY} Six dead."))


@pytest.mark.parametrize("label", ["Advertisement", "Sponsored by", "Anzeige", "Publicité"])
def test_advertising_marked_as_such_is_no_change(label: str) -> None:
    assert same(
        entry(body=f"{BODY}\n\n{label}: Soap, half price.\n\nThe search goes on."),
        entry(body=f"{BODY}\n\n{label}: Shoes, two for one.\n\nThe search goes on."),
    )
    assert not same(
        entry(body=f"{BODY}\n\n{label}: Soap.\n\nThe search goes on."),
        entry(body=f"{BODY}\n\n{label}: Soap.\n\nThe search is over."),
    )


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("https://p.example/i.jpg?t=1699", "https://p.example/i.jpg?t=1700"),
        ("https://p.example/i.jpg?w=800&_=17", "https://p.example/i.jpg?w=800&_=18"),
        ("https://p.example/i.jpg?1699999999", "https://p.example/i.jpg?1700000300"),
        ("https://p.example/i.jpg?nonce=ab12", "https://p.example/i.jpg?nonce=cd34"),
        ("http://p.example/i.jpg", "https://p.example/i.jpg"),
    ],
)
def test_cache_busters_in_addresses_are_no_change(before: str, after: str) -> None:
    assert same(entry(image=before), entry(image=after))
    assert same(entry(url=before), entry(url=after))


def test_another_picture_address_or_place_on_top_is_a_change() -> None:
    usual = entry(image="https://p.example/i.php?id=1", url="https://p.example/?p=1")
    assert not same(usual, model.replace(usual, image="https://p.example/i.php?id=2"))
    assert not same(usual, model.replace(usual, url="https://p.example/?p=2"))
    assert not same(usual, model.replace(usual, sticky=True))
    assert same(usual, model.replace(usual, authors=("Ann",), number=7))


SLOW = [
    "updated " * 6000, "1 " * 20000, "https://x?" * 4000, "vor 3 " * 9000, "a" * 50_000,
    "updated at on the um am " * 2500, "nov 3 " * 9000,
]  # fmt: skip


@pytest.mark.parametrize("text", SLOW)
def test_a_text_made_to_be_slow_is_read_in_time(text: str) -> None:
    """No timing: a pattern that backtracks without end would meet the test's own limit."""
    assert fingerprints.settled(text[:50_000]) is not None
