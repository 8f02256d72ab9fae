"""What cannot work is said at the start: tokens without room for them, doors without a lock."""

from typing import Any

import pytest

from digest import errors, settings


def problems(monkeypatch: pytest.MonkeyPatch, **values: str) -> tuple[str, ...]:
    monkeypatch.setattr(settings.Settings, "toml_file", None)  # put back afterwards
    for name, value in values.items():
        monkeypatch.setenv(f"DIGEST_{name}", value)
    with pytest.raises(errors.ConfigurationError) as refused:
        settings.load()
    return refused.value.problems


def test_tokens_need_an_address_to_stand_in(monkeypatch: pytest.MonkeyPatch) -> None:
    [said] = problems(monkeypatch, SMTP__VERP="true")
    assert said == "smtp.bounce_address must be set when smtp.verp is"


def test_tokens_need_room_before_the_at(monkeypatch: pytest.MonkeyPatch) -> None:
    """A37: 64 characters (RFC 5321 §4.5.3.1.1)."""
    address = "b" * 29 + "@meridian.example"
    [said] = problems(monkeypatch, SMTP__VERP="true", SMTP__BOUNCE_ADDRESS=address)
    assert "at most 28 characters" in said


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("BOUNCES__POSTMARK_SECRET", "short", "at least 32 characters"),
        ("BOUNCES__LISTEN", "nowhere", "a host and a port"),
        ("BOUNCES__IMAP_URL", "imap://a:b@mail.example", "must be imaps:// or imap+starttls://"),
        ("BOUNCES__IMAP_URL", "imaps://mail.example/INBOX", "with all of them"),
    ],
)
def test_each_door_says_what_it_needs(
    monkeypatch: pytest.MonkeyPatch, name: str, value: str, why: str
) -> None:
    [said] = problems(monkeypatch, **{name: value})
    assert why in said


def test_secrets_are_shown_nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    """E13."""
    given: dict[str, Any] = {
        "mailgun_key": "k" * 40,
        "postmark_secret": "p" * 40,
        "imap_url": "imaps://bounces:qqqq@mail.example",
    }
    shown = str(settings.effective(settings.given(bounces=given)))
    assert "kkk" not in shown
    assert "ppp" not in shown
    assert "qqq" not in shown
