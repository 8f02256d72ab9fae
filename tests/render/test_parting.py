"""Long chat texts parted, judged by Telegram's own parser (C9)."""

import html
import re
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest.render import chat, parting
from tests.render.telegram import parsed, units

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

# What a reader sees as one character each.
CLUSTERS = (
    "a",
    "\u00e9",
    "e\u0301\u0323",  # two marks on one letter
    "\U0001f600",
    "\U0001f44d\U0001f3fd",  # a skin tone
    "\U0001f468\u200d\U0001f469\u200d\U0001f467",  # a family
    "\U0001f1ec\U0001f1f7",  # a flag
    "\U0001f3f4\U000e0067\U000e0062\U000e0073\U000e0063\U000e0074\U000e007f",
    "1\ufe0f\u20e3",  # a keycap
    "\u1100\u1161\u11a8",  # a syllable in three letters
    "\u0915\u094d\u0937\u093f",  # two consonants joined, and a vowel sign
    "&",
    "<",
)
TAGS = ("b", "i", "u", "s", "tg-spoiler", "code", "a", "blockquote")


def marked_up(tag: str, inner: str) -> str:
    address = ' href="https://a.example/?x=1&amp;y=2"' if tag == "a" else ""
    return f"<{tag}{address}>{inner}</{tag}>"


def words(text: str) -> list[str]:
    return text.split()


def shown_kinds(answer: dict[str, Any]) -> list[tuple[str, set[str]]]:
    """Each character that is no white space, with what it is formatted as."""
    encoded = answer["text"].encode("utf-16-le")
    kinds: list[set[str]] = [set() for _ in range(len(encoded) // 2)]
    for entity in answer["entities"]:
        for at in range(entity["offset"], entity["offset"] + entity["length"]):
            kinds[at].add(entity["type"]["@type"] + entity["type"].get("url", ""))
    found, at = [], 0
    for character in answer["text"]:
        if not character.isspace():
            found.append((character, kinds[at]))
        at += units(character)
    return found


CLUSTERED = st.lists(st.sampled_from((*CLUSTERS, *CLUSTERS, " ", "\n")), min_size=1, max_size=120)
INLINE = st.recursive(
    CLUSTERED.map(lambda some: html.escape("".join(some), quote=False)),
    lambda inner: st.lists(
        st.tuples(st.sampled_from(TAGS[:5]), inner).map(lambda pair: marked_up(*pair)) | inner,
        min_size=1,
        max_size=4,
    ).map(" ".join),
    max_leaves=8,
)


@UNHURRIED
@given(INLINE, st.integers(min_value=60, max_value=400))
def test_a_block_that_is_too_long_keeps_its_words_and_its_markup(block: str, limit: int) -> None:
    """C9: each part is valid by itself, fits, and every character keeps what it is shown as."""
    meant = parsed(block)
    said: list[tuple[str, set[str]]] = []
    for part in chat.split([block], limit):
        answer = parsed(part)
        assert units(answer["text"]) <= limit
        assert chat.n_units(part) >= units(answer["text"])
        said += shown_kinds(answer)
    assert said == shown_kinds(meant)


@UNHURRIED
@given(st.lists(st.sampled_from(CLUSTERS), min_size=1, max_size=300), st.integers(40, 90))
@example([CLUSTERS[7]] * 2, 40)
def test_what_a_reader_sees_as_one_character_is_never_cut(
    characters: list[str], limit: int
) -> None:
    """C9: surrogate pairs, marks, families, flags, syllables."""
    parts = [parsed(p)["text"] for p in chat.split([html.escape("".join(characters))], limit)]
    left = list(characters)
    for part in parts:
        at = 0
        while at < len(part):
            assert part.startswith(left[0], at), (part, left[:3])
            at += len(left.pop(0))
    assert left == []
    assert all(units(part) <= limit for part in parts)


@UNHURRIED
@given(st.text("&#x;ltgampquo1234567890ABCDEF \u20ac", max_size=40))
def test_references_are_counted_as_telegram_reads_them(text: str) -> None:
    """C9: `&nbsp;` is six characters to its parser, `&#8364;` is one."""
    if re.search(r"&#(x0*[dD][89a-fA-F]|0*5[5-7])", text) or not text.strip():
        return  # half a surrogate pair: Telegram refuses the message
    answer = parsed(f"|{text}|")
    assert chat.n_units(f"|{text}|") >= units(answer["text"])


def test_a_caption_is_parted_at_its_own_length() -> None:
    """C9: 1024 units."""
    block = " ".join(marked_up("b", f"word{n}") for n in range(400))
    parts = chat.split([block], chat.CAPTION_UNITS)
    assert len(parts) > 2
    assert all(units(parsed(part)["text"]) <= 1024 for part in parts)
    assert all(len(parsed(part)["entities"]) <= 100 for part in parts)
    assert words(" ".join(parsed(part)["text"] for part in parts)) == [
        f"word{n}" for n in range(400)
    ]


def test_a_cut_falls_outside_of_links_where_it_can() -> None:
    """C9: a headline is not torn in two when there is room before it."""
    link = marked_up("a", "a headline of some length")
    block = "Some words before. " + f"{link} and then. " * 40
    for part in chat.split([block], 300):
        for entity in parsed(part)["entities"]:
            assert entity["length"] == len("a headline of some length")


def test_a_link_longer_than_a_part_leads_to_the_same_place_from_each() -> None:
    """C9."""
    parts = chat.split([marked_up("a", "word " * 400)], 300)
    assert len(parts) > 6
    for part in parts:
        [entity] = parsed(part)["entities"]
        assert entity["type"]["url"] == "https://a.example/?x=1&y=2"


def test_a_thousand_marks_on_one_letter_are_cut_all_the_same() -> None:
    """C9: one character over the limit by itself cannot stay whole."""
    parts = chat.split(["e" + "\u0301" * 1_000], 200)
    assert all(units(parsed(part)["text"]) <= 200 for part in parts)
    assert sum(parsed(part)["text"].count("\u0301") for part in parts) == 1_000


@pytest.mark.parametrize("mark", ["<b>", '<a href="https://a.example/?q=1>0">'])
def test_what_was_left_open_is_closed_in_every_part(mark: str) -> None:
    for part in parting.split([mark + "word " * 200], 200):
        assert parsed(part)["entities"]


@UNHURRIED
@given(
    st.lists(
        st.text("ab <>&\U0001f600漢\n", min_size=1, max_size=300).map(
            lambda t: f"<b>{html.escape(t)}</b> <a href='https://a.example/'>x</a>"
        ),
        min_size=1,
        max_size=12,
    ),
    st.integers(min_value=60, max_value=800),
)
def test_parts_fit_and_together_say_everything(blocks: list[str], limit: int) -> None:
    """C9: never inside a tag, an entity or a surrogate pair."""
    parts = chat.split(blocks, limit)
    said = ""
    for part in parts:
        answer = parsed(part)
        assert units(answer["text"]) <= limit
        assert chat.n_units(part) >= units(answer["text"])
        said += answer["text"]
    meant = "".join(parsed(block)["text"] for block in blocks)
    assert "".join(said.split()) == "".join(meant.split())


def test_a_part_holds_fewer_entities_than_telegram_reads() -> None:
    """C9: short blocks with much markup."""
    parts = chat.split(["<b>a</b><i>b</i><u>c</u>"] * 100)
    assert all(len(parsed(part)["entities"]) < 100 for part in parts)
    assert sum(len(parsed(part)["entities"]) for part in parts) == 300


def test_one_block_that_is_too_long_is_cut_at_words() -> None:
    parts = chat.split(["<b>" + "word " * 2_000 + "</b>"])
    assert all(units(parsed(part)["text"]) <= 3_900 for part in parts)
    assert all(set(parsed(part)["text"].split()) == {"word"} for part in parts)


def test_units_are_those_telegram_counts() -> None:
    """C9."""
    marked_up = "<b>a &amp; \U0001f600</b> &#39;x&#39;"
    assert chat.n_units(marked_up) == units(parsed(marked_up)["text"]) == 10
