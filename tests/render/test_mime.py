"""Whatever a mail says, its bytes are read back exactly and keep to the standards."""

import email
import email.policy
import re
from email.message import EmailMessage
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest import errors, model
from digest.render import mime, words
from tests.render import stories

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


_HOSTILE = st.text(max_size=400) | st.text("\r\n. =_FromTo:-\0\té漢😀\ud800", max_size=200)
_STRUCTURED = ("List-Unsubscribe", "List-Id", "References", "Feedback-ID", "Message-ID")


def head(**changes: Any) -> mime.MailHead:
    values: dict[str, Any] = {
        "sender_name": "The Example Courier",
        "sender_address": "news@courier.example",
        "recipient_name": "Ann Reader",
        "recipient_address": "ann@reader.example",
        "message_id": "<7.42.abcdef@courier.example>",
        "date": stories.NOW,
        "list_id_name": "Morning briefing",
        "list_id": "morning.courier.example",
        "unsubscribe_url": "https://courier.example/unsubscribe/" + "k" * 120,
        "unsubscribe_mailto": "unsubscribe@courier.example",
        "reply_to": "desk@courier.example",
        "feedback_id": "7:daily:digest:courier",
        **changes,
    }
    return mime.MailHead(**values)


def parts(
    subject: str = "Ferry", text: str = "Ferry\n", html: str = "<p>Ferry</p>"
) -> model.MailParts:
    return model.MailParts(subject, "", text, html)


def read(data: bytes) -> EmailMessage:
    message = email.message_from_bytes(data, policy=email.policy.default)
    assert isinstance(message, EmailMessage)
    return message


def expected(written: str) -> str:
    """What a text is once its line ends are made one kind, as mail carries it."""
    whole = re.sub("[\ud800-\udfff]", "\ufffd", written)
    return whole.replace("\r\n", "\n").replace("\r", "\n")


@UNHURRIED
@given(_HOSTILE, _HOSTILE, _HOSTILE, _HOSTILE)
@example("x" * 2_000, "y" * 50_000, "\U0001f600" * 30_000, "Ω" * 100)
@example("a\r\nBcc: x@y.example", "From here\n.\n..\nFrom there", "=_ =3D -- \t", "a\0b")
@example("", "", "", "")
def test_a_mail_is_read_back_as_it_was_written(
    subject: str, text: str, html: str, name: str
) -> None:
    """A1, A6, A7: no defect, no header that was not asked for, no long line."""
    data = mime.mail_bytes(head(recipient_name=name), parts(subject, text, html))
    message = read(data)
    plain, rich = message.iter_parts()
    assert message.get_content_type() == "multipart/alternative"
    assert plain.get_content_type() == "text/plain"
    assert rich.get_content_type() == "text/html"
    assert plain.get_content().replace("\r\n", "\n") == expected(text)
    assert rich.get_content().replace("\r\n", "\n") == expected(html)
    assert str(message["subject"]) == words.clean(subject)
    assert [*message.defects, *plain.defects, *rich.defects] == []
    assert set(message.keys()) == set(read(mime.mail_bytes(head(), parts())).keys())
    top, _, rest = data.partition(b"\r\n\r\n")
    assert max(map(len, top.split(b"\r\n"))) <= 998
    assert max(map(len, rest.split(b"\r\n"))) <= 76
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert b"\r" not in data.replace(b"\r\n", b"")
    assert not re.search(rb"^\.", data, re.MULTILINE)  # nothing to stuff on the way
    assert data.isascii()


@UNHURRIED
@given(_HOSTILE)
def test_no_line_of_a_text_starts_like_a_mailbox_separator(text: str) -> None:
    """Some relays write ">From" over such a line, which would break a signature."""
    data = mime.mail_bytes(head(), parts(text=f"From {text}\nFrom {text}"))
    assert b"\r\nFrom " not in data.partition(b"\r\n\r\n")[2]


def test_single_headers_are_there_once() -> None:
    """A2."""
    keys = read(mime.mail_bytes(head(), parts())).keys()
    for name in ("Date", "From", "To", "Subject", "Message-ID", "MIME-Version", "Reply-To"):
        assert keys.count(name) == 1
    assert len(keys) == len(set(keys))


def test_structured_headers_hold_no_encoded_words() -> None:
    """A4: a long unsubscribe address stays readable, which one-click depends on."""
    data = mime.mail_bytes(
        head(list_id_name="Πρωινή έκδοση", references="<a@b.example> <c@d.example>"), parts()
    )
    fields = re.split(rb"\r\n(?![ \t])", data.partition(b"\r\n\r\n")[0])
    for field in fields:
        name = field.partition(b":")[0].decode()
        assert name not in _STRUCTURED or b"=?" not in field
    assert {f.partition(b":")[0].decode() for f in fields} >= set(_STRUCTURED)


def test_unsubscribing_takes_one_click() -> None:
    """A11."""
    message = read(mime.mail_bytes(head(), parts()))
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert re.fullmatch(
        r"<https://courier\.example/unsubscribe/k+>, <mailto:unsubscribe@courier\.example>",
        message["List-Unsubscribe"],
    )


def test_an_announce_list_takes_no_posts() -> None:
    """A10."""
    message = read(mime.mail_bytes(head(), parts()))
    assert message["List-Id"] == "Morning briefing <morning.courier.example>"
    assert message["List-Post"] == "NO"


def test_a_notice_has_no_list_headers_and_says_what_it_is() -> None:
    """A12."""
    notice = head(
        list_id="",
        unsubscribe_url="",
        unsubscribe_mailto="",
        feedback_id="",
        reply_to="",
        auto_submitted="auto-replied",
    )
    message = read(mime.mail_bytes(notice, parts()))
    assert not [key for key in message if key.startswith("List-")]
    assert message["Auto-Submitted"] == "auto-replied"


def test_a_follow_up_refers_to_the_alert_before_it() -> None:
    """A14."""
    message = read(
        mime.mail_bytes(head(in_reply_to="<a@b.example>", references="<a@b.example>"), parts())
    )
    assert message["In-Reply-To"] == "<a@b.example>"
    assert message["References"] == "<a@b.example>"
    assert "In-Reply-To" not in read(mime.mail_bytes(head(), parts()))


def test_a_retry_is_the_same_byte_for_byte() -> None:
    """A3."""
    assert mime.mail_bytes(head(), parts()) == mime.mail_bytes(head(), parts())


def test_another_message_has_another_boundary() -> None:
    first = read(mime.mail_bytes(head(), parts()))
    second = read(mime.mail_bytes(head(message_id="<other@courier.example>"), parts()))
    assert first.get_boundary() != second.get_boundary()


def test_a_text_that_quotes_the_boundary_does_not_end_the_mail() -> None:
    boundary = read(mime.mail_bytes(head(), parts())).get_boundary()
    text = f"--{boundary}--\n--{boundary}\n"
    message = read(mime.mail_bytes(head(), parts(text=text)))
    assert next(message.iter_parts()).get_content().replace("\r\n", "\n") == text


@pytest.mark.parametrize(
    "wrong",
    [
        {"message_id": "no-brackets@courier.example"},
        {"message_id": "<a@b.example>\r\nBcc: <x@y.example>"},
        {"message_id": "<a b@c.example>"},
        {"references": "<a@b.example> nonsense"},
        {"feedback_id": "a:b:c:d:e"},
        {"feedback_id": "a b:c"},
        {"recipient_address": "nobody"},
        {"recipient_address": "Ωmega@reader.example"},
        {"list_id": "has spaces"},
        {"extra": (("Bad Name", "x"),)},
    ],
)
def test_what_cannot_stand_in_a_header_is_refused(wrong: dict[str, Any]) -> None:
    """A7, A9, A13."""
    with pytest.raises(errors.RenderError):
        mime.mail_bytes(head(**wrong), parts())


def test_headers_of_the_publishers_own_are_added() -> None:
    message = read(mime.mail_bytes(head(extra=(("X-Edition", "Morning Ω"),)), parts()))
    assert message["X-Edition"] == "Morning Ω"


@given(
    name=st.text(max_size=30),
    token=st.text("abcXYZ09-_é .", min_size=1, max_size=60),
    subject=st.text(max_size=80),
    changes=st.sampled_from(
        [
            {},
            {"unsubscribe_mailto": "leave@courier.example", "reply_to": "desk@courier.example"},
            {"list_id": "", "feedback_id": "", "auto_submitted": ""},
            {"extra": (("X-Edition", "7"),), "in_reply_to": "<1@a.example>"},
        ]
    ),
)
def test_a_letterhead_gives_the_same_bytes(
    name: str, token: str, subject: str, changes: dict[str, Any]
) -> None:
    parts = model.MailParts(subject, "", "Text\n", "<p>HTML</p>\n")
    own = {
        "recipient_name": name,
        "recipient_address": "ann@reader.example",
        "message_id": "<9.9@courier.example>",
        "unsubscribe_url": f"https://courier.example/unsubscribe/{token}",
    }
    letterhead = mime.Letterhead(head(**changes))
    made = letterhead.mail_bytes(
        own["recipient_name"],
        own["recipient_address"],
        own["message_id"],
        own["unsubscribe_url"],
        parts,
    )
    assert made == mime.mail_bytes(head(**{**changes, **own}), parts)
