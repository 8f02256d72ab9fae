"""What is encoded in pieces reads as what it was, however the pieces are put together."""

import quopri

import pytest
from hypothesis import example, given
from hypothesis import strategies as st
from markupsafe import escape

from digest.render import quoted, words

LINES = st.lists(
    st.one_of(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r"))),
    max_size=6,
)


def decoded(data: bytes) -> str:
    return quopri.decodestring(data.replace(b"\r\n", b"\n")).decode()


@given(written=st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\r")))
@example(written=".")
@example(written="..\n..." + "." * 200)
@example(written="From here\nFrom there")
@example(written="x" * 75 + "." + "From " * 30)
@example(written="blanks at the end \t \n")
@example(written="  two before" + "\t" * 40 + " =20  x" + " " * 90)
def test_text_comes_back_and_its_lines_are_short_and_harmless(written: str) -> None:
    """RFC 2045, 6.7: 76 characters, no blank at the end; nothing to stuff, no ">From"."""
    for data in (quoted.text(written), quoted.piece(written), quoted.own(written)):
        assert decoded(data) == written
        lines = data.split(b"\r\n")
        assert all(len(line) <= 76 for line in lines)
        assert not any(line.startswith((b".", b"From ")) for line in lines)
        assert not data.endswith(b" ")
        assert not any(blanks in data for blanks in (b" \r\n", b"  ", b"\t"))
        assert data.isascii()


@given(pieces=LINES)
def test_pieces_join_to_the_join_of_what_they_were(pieces: list[str]) -> None:
    data = b"".join(map(quoted.piece, pieces))
    assert decoded(data) == "".join(pieces)
    assert not any(line.startswith((b".", b"From ")) for line in data.split(b"\r\n"))


@pytest.mark.parametrize("length", [10, 74, 75, 76, 150, 151, 900])
def test_an_address_of_any_length_is_a_piece(length: int) -> None:
    url = "https://courier.example/unsubscribe/".ljust(length, "x")
    data = quoted.address(url)
    assert data is not None
    assert decoded(data) == url
    assert data.endswith(b"=\r\n")
    assert all(len(line) <= 76 for line in data.split(b"\r\n"))


def test_an_address_broken_before_a_dot_needs_no_stuffing() -> None:
    url = "https://courier.example/".ljust(75, "x") + ".html"
    data = quoted.address(url)
    assert data is not None
    assert decoded(data) == url
    assert not any(line.startswith(b".") for line in data.split(b"\r\n"))


@pytest.mark.parametrize("url", ["https://a.example/?a=1&b=2", "https://a.example/ü", "mailto:a"])
def test_an_address_that_html_or_text_writes_otherwise_is_refused(url: str) -> None:
    assert quoted.address(url) is None


def test_no_address_is_no_piece() -> None:
    assert quoted.address("") == b""


TITLES = st.lists(
    st.text("abc FromX./&<'\"=-é \t", max_size=40).map(lambda text: " ".join(text.split())),
    max_size=9,
)


@given(titles=TITLES)
@example(titles=["Asia"] * 40)
@example(titles=["x" * 74, ".hidden"])
def test_plain_words_in_a_row_need_no_look_at_each_message(titles: list[str]) -> None:
    plain = [title for title in titles if quoted.is_plain(title)]
    joined = ", ".join(plain)
    for written in (joined, words.wrapped_line(joined)):
        data = quoted.plain(written)
        assert decoded(data) == written
        assert str(escape(written)) == written
        lines = data.split(b"\r\n")
        assert all(len(line) <= 76 for line in lines)
        assert not any(line.startswith((b".", b"From ")) for line in lines)
        assert not any(blanks in data for blanks in (b" \r\n", b"  ", b"\t"))
