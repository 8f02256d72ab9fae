import email_validator
import pytest
from hypothesis import given
from hypothesis import strategies as st

from subscribers import addresses, errors
from tests import real_data

KEY = b"k" * 32
PLAIN_CHARS = "abcXYZ019!#$%&'*+-/=?^_`{|}~."


def test_the_local_part_stays_as_typed_and_the_domain_is_lower_cased() -> None:
    """B17"""
    found = addresses.normalise_email(" Jo.Smith+News@EXAMPLE.Com ")
    assert found.address == "Jo.Smith+News@example.com"
    assert found.key == "jo.smith+news@example.com"


def test_a_plus_or_a_dot_makes_another_address() -> None:
    """B17"""
    keys = [addresses.normalise_email(f"{local}@a.example").key for local in ("jo", "j.o", "jo+x")]
    assert len(set(keys)) == 3


def test_an_international_domain_becomes_ascii() -> None:
    """A9, B17"""
    assert addresses.normalise_email("jo@Bücher.example").address == "jo@xn--bcher-kva.example"


def test_an_international_local_part_says_that_it_needs_smtputf8() -> None:
    """A9"""
    found = addresses.normalise_email("Δοκιμή@example.com")
    assert found.needs_smtputf8
    assert found.address == "Δοκιμή@example.com"
    assert not addresses.normalise_email("jo@example.com").needs_smtputf8


@pytest.mark.parametrize("char", ["\0", "\r\n", "\n", "\t", "\x7f", "\u202e", "\ud800"])
def test_a_control_character_anywhere_is_refused(char: str) -> None:
    """A7, B17"""
    for text in (f"j{char}o@example.com", f"jo@exam{char}ple.com", f"jo@example.com{char}"):
        with pytest.raises(errors.InvalidAddress, match="control"):
            addresses.normalise_email(text)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "jo",
        "jo@",
        "@example.com",
        "jo@example",
        "jo@localhost",
        "jo@host.invalid",
        "jo@10.0.0.1",
        "jo@[10.0.0.1]",
        '"jo smith"@example.com',
        "jo@@example.com",
        "jo..smith@example.com",
        "jo@-example.com",
        "jo@example..com",
        "Jo Smith <jo@example.com>",
        "é" * 40 + "@example.com",
        "é@" + "a." * 123 + "example",
    ],
)
def test_what_cannot_be_written_to_is_refused_without_quoting_it(text: str) -> None:
    with pytest.raises(errors.InvalidAddress) as caught:
        addresses.normalise_email(text)
    assert caught.value.reason
    assert "jo" not in caught.value.reason


def test_lengths_are_those_of_the_standard() -> None:
    """B17: 64 before the @, 254 in all."""
    assert addresses.normalise_email("a" * 64 + "@example.com").key == "a" * 64 + "@example.com"
    with pytest.raises(errors.InvalidAddress, match="64"):
        addresses.normalise_email("a" * 65 + "@example.com")
    label = "b" * 60
    domain = f"{label}.{label}.{label}.example"
    with pytest.raises(errors.InvalidAddress, match="254"):
        addresses.normalise_email("a" * 64 + "@" + domain)


@given(st.text(PLAIN_CHARS, min_size=1, max_size=70))
def test_the_quick_check_says_what_the_thorough_one_says(local: str) -> None:
    try:
        email_validator.validate_email(f"{local}@example.com", check_deliverability=False)
        valid = True
    except email_validator.EmailNotValidError:
        valid = False
    try:
        assert addresses.normalise_email(f"{local}@example.com").address == f"{local}@example.com"
        found = True
    except errors.InvalidAddress:
        found = False
    assert found == valid


@given(st.emails())
def test_the_normal_form_is_its_own_normal_form(text: str) -> None:
    try:
        once = addresses.normalise_email(text)
    except errors.InvalidAddress:
        return
    assert addresses.normalise_email(once.address) == once


@pytest.mark.real_data
def test_the_published_invalid_local_parts_are_refused() -> None:
    path = real_data.folder("subscribers", "flanker-addresses") / "abridged_localpart_invalid.txt"
    for line in path.read_text("utf-8").splitlines():
        if line.strip() and not line.startswith("#"):
            with pytest.raises(errors.InvalidAddress):
                addresses.normalise_email(f"{line}@example.com")


@pytest.mark.real_data
def test_the_published_valid_local_parts_are_accepted_unless_quoted() -> None:
    path = real_data.folder("subscribers", "flanker-addresses") / "abridged_localpart_valid.txt"
    lines = [line for line in path.read_text("utf-8").splitlines() if line[:1] not in {"", "#"}]
    refused = []
    for line in [line for line in lines if not line.startswith('"')]:
        try:
            addresses.normalise_email(f"{line}@example.com")
        except errors.InvalidAddress:
            refused.append(line)
    assert not refused


def test_a_role_address_is_flagged() -> None:
    """B19"""
    assert addresses.normalise_email("Info+x@example.com").is_role
    assert not addresses.normalise_email("jo@example.com").is_role


@pytest.mark.parametrize(
    ("text", "plain"), [(" 0042 ", "42"), ("-1001234567890", "-1001234567890")]
)
def test_a_chat_id_has_one_spelling(text: str, plain: str) -> None:
    found = addresses.normalise(text)
    assert (found.kind, found.address, found.key) == ("chat", plain, plain)


@pytest.mark.parametrize("text", ["0", "", "12x", "@channel", str(1 << 52), "1.5"])
def test_what_is_no_chat_id_is_refused(text: str) -> None:
    """C7: at most 52 significant bits."""
    with pytest.raises(errors.InvalidAddress):
        addresses.normalise_chat(text)


def test_a_thread_is_a_channel_of_its_own_in_the_same_chat() -> None:
    first, second = addresses.normalise_chat(-100, 1), addresses.normalise_chat(-100, 2)
    assert first.key != second.key
    assert first.address == second.address


@pytest.mark.parametrize(
    ("typed", "meant"),
    [
        ("jo@gmial.com", "jo@gmail.com"),
        ("jo@gmai.com", "jo@gmail.com"),
        ("jo@gmaill.com", "jo@gmail.com"),
        ("jo@gnail.com", "jo@gmail.com"),
        ("jo@hotmial.com", "jo@hotmail.com"),
        ("jo@gmail.com", None),
        ("jo@example.com", None),
        ("jo@gx.de", None),
        ("gmial.com", None),
    ],
)
def test_a_slip_in_a_well_known_domain_is_pointed_out(typed: str, meant: str | None) -> None:
    """B17: suggested, never applied."""
    assert addresses.suggestion(typed) == meant
    if "@" in typed and meant:
        assert addresses.normalise_email(typed).address == typed


def test_every_spelling_of_an_address_has_one_hash_and_only_for_one_key() -> None:
    """B15"""
    first = addresses.address_hash(KEY, "email", "Jo@example.com")
    assert first == addresses.address_hash(KEY, "email", "jo@EXAMPLE.com")
    assert first != addresses.address_hash(b"x" * 32, "email", "jo@example.com")
    assert addresses.address_hash(KEY, "chat", "42") != addresses.address_hash(KEY, "email", "42")
    assert len(first) == 32
