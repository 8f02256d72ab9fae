"""`digest preview`: what it shows is what is then sent, and nothing is written down."""

import email
import email.policy
import json
import re
from email.message import EmailMessage
from pathlib import Path

from digest.demo import mailbox as mailbox_
from tests.cli.shell import Shell

# What differs between two mails that say the same: made anew, or dated, for each.
_FRESH = re.compile(rb"^(Message-ID|Date|Feedback-ID): .*\r\n", re.MULTILINE)


def _lasting(data: bytes) -> bytes:
    """A mail without what is made anew for each: its boundary is, too."""
    boundary = _parsed(data).get_boundary()
    assert boundary is not None
    return _FRESH.sub(b"", data).replace(boundary.encode(), b"boundary")


def _parsed(data: bytes) -> EmailMessage:
    return email.message_from_bytes(data, policy=email.policy.default)


def test_the_mail_previewed_is_the_mail_sent(
    collected: Shell, mailbox: mailbox_.Mailbox, tmp_path: Path
) -> None:
    collected("subscribers", "add", "ann@example.com", "--topics", "asia,business", "--name", "Ann")
    collected(
        "preview", "daily", "--subscriber", "ann@example.com", "--format", "eml", "--out", "seen"
    )
    previewed = (tmp_path / "seen" / "daily.eml").read_bytes()
    assert mailbox.received == []
    assert collected("editions", "list", "--json").lines == []
    assert set(collected("deliveries", "stats", "--json").json.values()) == {0}

    collected("editions", "publish", "daily", "--now", "--wait")
    sent = mailbox.received[0].data
    assert _lasting(previewed) == _lasting(sent)


def test_without_a_folder_the_text_is_printed(collected: Shell) -> None:
    done = collected("preview", "daily", "--topics", "asia")
    assert "Hokkaido" in done.out
    assert "<html" not in done.out
    assert done.complaints == []


def test_every_format_is_a_file_in_the_folder(collected: Shell, tmp_path: Path) -> None:
    lines = collected(
        "preview", "daily", "--topics", "asia,tech", "--format", "eml,html,text,chat",
        "--out", "seen", "--json",
    ).lines  # fmt: skip
    assert [line["format"] for line in lines] == ["eml", "html", "text", "chat"]
    assert {line["digest"] for line in lines} == {"daily"}
    assert len({tuple(line["stories"]) for line in lines}) == 1
    files = {path.name: path.read_bytes() for path in (tmp_path / "seen").iterdir()}
    assert set(files) == {"daily.eml", "daily.html", "daily.txt", "daily.json"}
    mail = _parsed(files["daily.eml"])
    html = mail.get_body(("html",))
    assert html is not None
    assert html.get_content().replace("\r\n", "\n") == files["daily.html"].decode()
    parts = json.loads(files["daily.json"])["parts"]
    assert "Hokkaido" in parts[0]["html"]


def test_a_chat_reader_sees_the_chat_message(collected: Shell) -> None:
    collected("subscribers", "add", "-1001234", "--topics", "asia")
    done = collected("preview", "daily", "--subscriber", "-1001234")
    assert "<b>" in done.out
    as_mail = collected("preview", "daily", "--subscriber", "-1001234", "--format", "text")
    assert "<b>" not in as_mail.out


def test_nothing_new_is_said_so(shell: Shell, tmp_path: Path) -> None:
    done = shell("preview", "daily", "--topics", "asia", "--out", "seen")
    assert done.out == "nothing new for this reader: nothing would be sent\n"
    [line] = shell("preview", "daily", "--json").lines
    assert (line["skipped"], line["stories"], line["file"]) == ("nothing new", [], None)
    assert list((tmp_path / "seen").iterdir()) == []


def test_a_reader_who_left_is_said_to_get_nothing(collected: Shell) -> None:
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    collected("subscribers", "suppress", "ann@example.com")
    done = collected("preview", "daily", "--subscriber", "ann@example.com")
    assert done.complaints == ["nothing may be sent to this reader now: suppressed"]


def test_wrong_words_are_refused(shell: Shell) -> None:
    both = shell("preview", "daily", "--topics", "asia", "--subscriber", "a@example.com", code=2)
    assert both.complaints == ["give --subscriber, --topics or --segment, one of them"]
    form = shell("preview", "daily", "--format", "pdf", code=2)
    assert form.complaints == ["--format: pdf is none of eml, html, text, chat"]
    nobody = shell("preview", "daily", "--subscriber", "a@example.com", code=1)
    assert nobody.complaints == ["there is no subscriber at this address"]
    assert shell("preview", "evening", code=2).complaints == [
        "no digest is called 'evening'; there is: daily"
    ]


def test_a_segment_is_previewed_by_its_first_reader_whom_a_digest_reaches(
    collected: Shell,
) -> None:
    collected("subscribers", "add", "gone@example.com", "--topics", "asia")
    collected("subscribers", "suppress", "gone@example.com")
    collected("subscribers", "add", "ann@example.com", "--topics", "asia", "--name", "Ann")
    collected("subscribers", "add", "bob@example.com", "--topics", "tech", "--cadence", "off")
    collected("segments", "add", "asia", "topic:asia", "-state:suppressed")
    by_segment = collected("preview", "daily", "--segment", "asia", "--json").lines
    assert (
        by_segment
        == collected("preview", "daily", "--subscriber", "ann@example.com", "--json").lines
    )
    [complaint] = collected("preview", "daily", "--segment", "topic:health", code=1).complaints
    assert complaint == "there is no reader in the segment topic:health"
