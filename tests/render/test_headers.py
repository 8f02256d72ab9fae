"""Header fields come out of our own assembler as the RFCs want them, whatever goes in."""

import email
import email.policy
import re
from collections.abc import Callable
from email.message import EmailMessage

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest import errors
from digest.render import headers, words

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


_HOSTILE = st.text(max_size=300) | st.text('a \t,;:"<>()[]@\\=?_\r\n\0é漢😀', max_size=300)


def parsed(*fields: bytes) -> EmailMessage:
    message = email.message_from_bytes(b"".join(fields) + b"\r\nx", policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def lines(field: bytes) -> list[str]:
    assert field.endswith(b"\r\n")
    return field[:-2].decode("ascii").split("\r\n")


@UNHURRIED
@given(_HOSTILE)
@example("x" * 2_000)
@example("Breaking\r\nBcc: everybody@example.com")
@example("=?utf-8?q?fake?=")
@example("two  spaces and a trailing one ")
def test_any_text_is_read_back_as_it_was(text: str) -> None:
    """A1, A5, A7: hostile headlines survive, and cannot add a header."""
    field = headers.text("Subject", text)
    message = parsed(field)
    assert message.keys() == ["Subject"]
    assert str(message["subject"]) == words.clean(text)
    assert message["subject"].defects == ()
    assert all(len(line) <= 78 for line in lines(field))


@UNHURRIED
@given(_HOSTILE)
def test_encoded_words_are_short_and_whole(text: str) -> None:
    """A5: at most 75 characters, lines with one at most 76, no character split."""
    for line in lines(headers.text("Subject", text)):
        found = re.findall(r"=\?utf-8\?[bq]\?[^?]*\?=", line)
        assert not found or len(line) <= 76
        for word in found:
            assert len(word) <= 75
            alone = parsed(b"Subject: " + word.encode() + b"\r\n")
            assert (
                "\ufffd" not in str(alone["subject"]) or "\ufffd" in text or max(text) >= "\ud800"
            )


@UNHURRIED
@given(_HOSTILE)
@example('Ann "The Boss" Smith, PhD <x@evil.example>')
@example("Smith, Ann")
@example("Ω" * 200)
@example('"')
@example("\\")
def test_any_display_name_is_read_back_and_adds_no_address(name: str) -> None:
    """A8.

    Python's reader puts a space between two encoded words of a name, which RFC 2047 (6.2) says
    to ignore: names that need several are compared without spaces.
    """
    field = headers.mailbox("To", name, "ann@courier.example")
    message = parsed(field)
    assert message.keys() == ["To"]
    [only] = message["to"].addresses
    assert only.addr_spec == "ann@courier.example"
    if field.count(b"=?utf-8?") > 1:
        assert only.display_name.replace(" ", "") == words.clean(name).replace(" ", "")
    else:
        assert only.display_name == words.clean(name)
    assert all(len(line) <= 78 for line in lines(field))


def test_a_plain_name_is_written_as_it_is() -> None:
    field = headers.mailbox("From", "The Example Courier", "news@courier.example")
    assert field == b"From: The Example Courier <news@courier.example>\r\n"


def test_a_name_with_a_comma_is_quoted() -> None:
    field = headers.mailbox("From", "Courier, The", "news@courier.example")
    assert field == b'From: "Courier, The" <news@courier.example>\r\n'


def test_international_domains_are_written_as_a_labels() -> None:
    """A9."""
    assert headers.address("ann@bücher.example") == "ann@xn--bcher-kva.example"
    assert headers.address("ann@straße.example") == "ann@xn--strae-oqa.example"


def test_a_local_part_with_odd_characters_is_quoted() -> None:
    assert headers.address("a,b@courier.example") == '"a,b"@courier.example'
    assert headers.address('"a b"@courier.example') == '"a b"@courier.example'


@pytest.mark.parametrize(
    "address",
    [
        "",
        "ann",
        "@courier.example",
        "ann@",
        "Ωmega@courier.example",
        "ann@courier.example\r\nRCPT TO:<x@y.example>",
        "ann\r\n@courier.example",
        "ann@courier example",
        "ann@a..example",
        "ann\0@courier.example",
    ],
)
def test_what_is_no_address_is_refused_not_mangled(address: str) -> None:
    """A7, A9."""
    with pytest.raises(errors.RenderError):
        headers.mailbox("To", "", address)


@pytest.mark.parametrize("name", ["", "Subject: x", "X\r\nBcc", "X Y", "Ω"])
def test_a_header_name_must_be_one(name: str) -> None:
    with pytest.raises(errors.RenderError):
        headers.text(name, "x")


@UNHURRIED
@given(st.text(max_size=100))
def test_an_address_between_brackets_is_printable_ascii(value: str) -> None:
    """A4, A7."""
    written = headers.uri(value)
    assert re.fullmatch(r"<[!-;=?-~]*>", written)


def test_what_is_already_encoded_in_an_address_stays() -> None:
    assert headers.uri("https://c.example/u/a%20b?c=é") == "<https://c.example/u/a%20b?c=%C3%A9>"


@UNHURRIED
@given(st.text(max_size=60))
@example("Καλημέρα")
@example("Café, the")
@example('"\\')
def test_a_list_id_is_an_ascii_phrase_and_its_identifier(phrase: str) -> None:
    """A4, A10."""
    value = headers.list_id(phrase, "morning.courier.example")
    assert value.isascii()
    assert "=?" not in value
    assert re.fullmatch(
        r"""(?:(?:"(?:[^"\\]|\\.)*"|[^"<>()\[\],;:\\@]+) )?<morning\.courier\.example>""", value
    )


@pytest.mark.parametrize("identifier", ["", "two words", "ä.example", "a>\r\n<b", "x" * 256])
def test_a_list_id_identifier_must_be_one(identifier: str) -> None:
    with pytest.raises(errors.RenderError):
        headers.list_id("Morning", identifier)


def test_structured_values_that_cannot_be_sent_are_refused() -> None:
    """A1, A4."""
    for value in ("a\r\nb", "Ω", "=?utf-8?q?x?=", "x" * 1_000):
        with pytest.raises(errors.RenderError):
            headers.plain("Feedback-ID", value)


def test_values_are_folded_between_and_never_inside() -> None:
    ids = [f"<{'a' * 50}{n}@courier.example>" for n in range(4)]
    field = headers.tokens("References", ids)
    assert lines(field) == [f"References: {ids[0]}", *(f" {i}" for i in ids[1:])]


NAMES = st.one_of(st.text("aB9 '.,<>\"=?é-", max_size=30), st.text(max_size=90))
LOCALS = st.text("aB9.+'=?é @<>\"", max_size=40)


@given(name=NAMES, local=LOCALS, domain=st.sampled_from(["a.example", "A-b.example", "é.example"]))
@example(name="Ann Lee", local="ann", domain="reader.example")
@example(name="", local="Ann <ann", domain="reader.example>")
@example(name="=?utf-8?q?x?=", local="ann", domain="reader.example")
@example(name="a" * 60, local="a" * 20, domain="reader.example")
def test_a_recipient_is_written_in_the_quick_way_as_any_mailbox(
    name: str, local: str, domain: str
) -> None:
    def outcome(write: Callable[[], bytes]) -> bytes | str:
        try:
            return write()
        except errors.RenderError as error:
            return str(error)

    address = f"{local}@{domain}"
    quick = outcome(lambda: headers.recipient(name, address))
    assert quick == outcome(lambda: headers.mailbox("To", name, address))
