"""`digest demo --once`: the main job, from an empty folder to messages that others can read."""

import email
import json
import re
import subprocess
import sys
from collections import Counter
from dataclasses import dataclass
from datetime import UTC, datetime
from email import policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest

from digest.demo import readers, stories
from tests.demo import tdlib
from tests.journeys import mail_programs, terminal

pytestmark = pytest.mark.xdist_group("demo")

_HREF = re.compile(r'href="([^"]+)"')
_PLAIN_LINK = re.compile(r"https?://\S+")


@dataclass(frozen=True, slots=True)
class Shown:
    """What one `digest demo --once --out` left."""

    summary: dict[str, Any]
    stderr: str
    mails: list[Path]
    chats: list[dict[str, Any]]
    left_over: list[str]  # in the temporary folder


@pytest.fixture(scope="session")  # tests of other modules may run in between
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    folder = tmp_path_factory.mktemp("demo")
    done = subprocess.run(
        [sys.executable, "-m", "digest", "demo", "--once", "--out", "out", "--json"],
        cwd=folder, env=terminal.environment(folder), capture_output=True, text=True,
        timeout=120, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stderr
    mails = sorted((folder / "out" / "mail").glob("*.eml"))
    chats = [json.loads(p.read_text("utf-8")) for p in sorted((folder / "out/chat").glob("*.json"))]
    left = sorted(p.name for p in folder.rglob("*") if "out" not in p.relative_to(folder).parts)
    return Shown(json.loads(done.stdout), done.stderr, mails, chats, left)


def parsed(path: Path) -> EmailMessage:
    return email.message_from_bytes(path.read_bytes(), policy=policy.default)


def words(path: Path, subtype: str) -> str:
    part = parsed(path).get_body((subtype,))
    assert part is not None
    return str(part.get_content())


def header_lines(path: Path) -> list[str]:
    """The header fields as they are on the wire, unfolded by taking out line ends only."""
    head = path.read_bytes().partition(b"\r\n\r\n")[0].decode("ascii")
    return re.sub(r"\r\n(?=[ \t])", "", head).split("\r\n")


def test_everybody_is_served_and_nothing_is_left_behind(shown: Shown) -> None:
    assert shown.stderr == ""
    assert shown.left_over == ["tmp"]
    assert {p.stem[3:] for p in shown.mails} == {r.address for r in readers.SAMPLE if r.address}
    assert {c["chat_id"] for c in shown.chats} == {r.chat_id for r in readers.SAMPLE if r.chat_id}
    states = shown.summary["states"]
    assert states["submitted"] == len(shown.mails) + len(shown.chats)
    assert sum(states.values()) == states["submitted"]
    assert shown.summary["failed_sources"] == []


def test_the_sample_newsroom_is_told_apart_as_it_was_written(shown: Shown) -> None:
    """Entries on one event make one story: as many stories as there are events."""
    told = stories.told(datetime.now(UTC))
    assert shown.summary["entries"] == len(told)
    assert shown.summary["stories"] == len({one.event for one in told})
    assert shown.summary["alerts"] == 1


def test_mail_is_well_formed_for_parsers_of_others(shown: Shown) -> None:
    """A6: the standard library and mblaze read the same two parts, plain words first."""
    for path in shown.mails:
        message = parsed(path)
        assert [part.defects for part in message.walk()] == [[], [], []]
        assert [p.get_content_type() for p in message.walk()] == mail_programs.blaze_parts(path)
        assert mail_programs.blaze_parts(path) == [
            "multipart/alternative",
            "text/plain",
            "text/html",
        ]
        heard = " ".join(mail_programs.blaze_shows(path).split())
        assert " ".join(words(path, "plain").split()) in heard
        assert all(not field.defects for field in message.values())


def test_lines_are_short_and_end_as_the_protocol_says(shown: Shown) -> None:
    """A1, A5."""
    for path in shown.mails:
        data = path.read_bytes()
        assert data.count(b"\n") == data.count(b"\r\n") == data.count(b"\r")
        assert b"\0" not in data
        head, _, rest = data.partition(b"\r\n\r\n")
        assert max(map(len, rest.split(b"\r\n"))) <= 76
        assert max(map(len, head.split(b"\r\n"))) <= 998
        for line in head.split(b"\r\n"):
            encoded = re.findall(rb"=\?[^?]+\?[bBqQ]\?[^?]*\?=", line)
            assert all(len(word) <= 75 for word in encoded)
            assert len(line) <= 76 or not encoded


def test_headers_are_there_once_and_say_what_providers_ask_for(shown: Shown) -> None:
    """A2, A3, A4, A8, A10, A11, A12."""
    ids = set()
    for path in shown.mails:
        lines = header_lines(path)
        fields = {line.partition(":")[0].lower(): line.partition(": ")[2] for line in lines}
        assert Counter(line.partition(":")[0].lower() for line in lines).most_common(1)[0][1] == 1
        assert {"date", "from", "to", "subject", "message-id", "mime-version"} <= set(fields)
        assert re.fullmatch(r"<[^<>@\s]+@meridian\.example>", fields["message-id"])
        ids.add(fields["message-id"])
        for name in ("list-unsubscribe", "list-id", "feedback-id", "message-id"):
            assert "=?" not in fields[name]
        assert re.fullmatch(r"[\x20-\x7e]* <[\w.-]{1,255}>", fields["list-id"])
        assert fields["list-post"] == "NO"
        assert re.fullmatch(
            r"<https://[^<>\s,]+>(, <mailto:[^<>\s,]+>)?", fields["list-unsubscribe"]
        )
        assert fields["list-unsubscribe-post"] == "List-Unsubscribe=One-Click"
        assert fields["auto-submitted"] == "auto-generated"
        assert fields["feedback-id"].count(":") == 3
        assert [a.addr_spec for a in parsed(path)["To"].addresses] == [path.stem[3:]]
    assert len(ids) == len(shown.mails)


def test_both_parts_hold_the_headlines_the_way_out_and_the_postal_address(shown: Shown) -> None:
    """A6."""
    for path in shown.mails:
        plain, page = words(path, "plain"), words(path, "html")
        (way_out,) = re.findall(r"<(https://[^>]+)>", str(parsed(path)["List-Unsubscribe"]))
        for part in (plain, page):
            assert way_out in part
            assert "1 Harbour Street, Port Meridian" in part
        assert not re.search(r"&[a-z]+;|&#\d+;|</?[a-z][^@\s]*>", plain)
        assert story_paths(plain) == story_paths(" ".join(_HREF.findall(page)))


def story_paths(text: str) -> set[str]:
    """The addresses of the newsroom's stories in a text."""
    known = {urlsplit(one.entry.url).path for one in stories.told(datetime.now(UTC))}
    return {p for link in _PLAIN_LINK.findall(text) if (p := urlsplit(link).path) in known}


def test_mail_reads_well_in_mutt(shown: Shown, tmp_path: Path) -> None:
    """As plain text, and with w3m showing the HTML part."""
    for prefer in ("text/plain", "text/html"):
        for path in shown.mails:
            folder = tmp_path / f"{prefer[5:]}-{path.stem}"
            seen = mail_programs.mutt_shows([path.read_bytes()], folder, prefer=prefer)
            flat = straight(seen)
            assert re.search(r"^Subject: \S", seen, re.MULTILINE)
            assert "=?utf-8" not in seen
            for title in headlines(path):
                assert title in flat
            assert "Unsubscribe" in flat
            assert "1 Harbour Street" in flat


def headlines(path: Path) -> list[str]:
    """The headlines a mail's links lead to, as their papers write them, quotes straight."""
    paths = story_paths(words(path, "plain"))
    told = stories.told(datetime.now(UTC))
    found = [one.entry.title for one in told if urlsplit(one.entry.url).path in paths]
    assert found
    return [straight(re.sub(r" – Business.*$", "", title)) for title in found]


def straight(text: str) -> str:
    """One line, with the quotes that WordPress makes round made straight."""
    return " ".join(text.translate(str.maketrans("’‘“”", "''\"\"")).split())


def test_the_page_reads_well_in_w3m(shown: Shown) -> None:
    """A reader without pictures or styles sees headlines, can follow them and can leave."""
    for path in shown.mails:
        seen = mail_programs.w3m_shows(words(path, "html"))
        flat = re.sub(r"\[\d+\]", "", straight(seen))
        for title in headlines(path):
            assert title in flat
        listed = dict(re.findall(r"^\[(\d+)\] (\S+)", seen, re.MULTILINE))
        (number,) = (
            re.findall(r"\[(\d+)\]Unsubscribe  ·  ", seen)[-1:]
            or re.findall(r"\[(\d+)\]Unsubscribe", seen)[-1:]
        )
        assert "/unsubscribe/" in listed[number]
        assert story_paths(" ".join(listed.values())) == story_paths(words(path, "plain"))


def test_chat_messages_are_what_telegram_accepts(shown: Shown) -> None:
    """C1, C2: Telegram's own parser takes the markup, and finds the same words in it."""
    assert shown.chats
    for chat in shown.chats:
        answer = tdlib.ask(chat["text"])
        assert answer["@type"] == "formattedText", answer
        assert answer["text"].strip() == chat["plain_text"].strip()
        assert 0 < len(answer["text"].encode("utf-16-le")) // 2 <= 4096
        assert story_paths(" ".join(_HREF.findall(chat["text"])))
        for row in chat["buttons"]:
            for button in row:
                assert len(button["callback_data"].encode()) <= 64
                assert bool(button["callback_data"]) != bool(button["url"])


def paths_of(shown: Shown, reader: readers.SampleReader) -> list[str]:
    """The story pages each message of a reader leads to, over all channels."""
    found: list[str] = []
    for mail in shown.mails:
        if mail.stem[3:] == reader.address:
            found += sorted(story_paths(words(mail, "plain")))
    for chat in shown.chats:
        if chat["chat_id"] == reader.chat_id:
            found += sorted(story_paths(" ".join(_HREF.findall(chat["text"]))))
    return found


@pytest.mark.parametrize("reader", readers.SAMPLE, ids=lambda reader: str(reader.zone))
def test_no_reader_is_told_of_an_event_twice(shown: Shown, reader: readers.SampleReader) -> None:
    """Over mail and chat, over alert and digest, and however many papers told it."""
    event_of = {urlsplit(one.entry.url).path: one.event for one in stories.told(datetime.now(UTC))}
    told = Counter(event_of[path] for path in paths_of(shown, reader))
    assert told
    assert max(told.values()) == 1, told.most_common(3)


def test_the_alert_goes_to_who_asked_for_it_by_one_channel_and_is_not_repeated(
    shown: Shown,
) -> None:
    """The breaking story comes once to its followers, and again in nobody's digest."""
    alerted = [reader for reader in readers.SAMPLE if reader.alerts and "asia" in reader.topics]
    assert alerted
    for reader in alerted:
        mails = [words(p, "plain") for p in shown.mails if p.stem[3:] == reader.address]
        chats = [c["plain_text"] for c in shown.chats if c["chat_id"] == reader.chat_id]
        assert len([text for text in mails + chats if "Hokkaido" in text]) == 1
        assert len(mails + chats) == 2  # the alert, and the digest without it
    others = [r for r in readers.SAMPLE if r not in alerted]
    for reader in others:
        assert len([p for p in shown.mails if p.stem[3:] == reader.address]) <= 1


def test_a_badly_filed_story_reaches_those_who_follow_what_it_is_about(shown: Shown) -> None:
    """The paper filed North Korea's soldiers in Ukraine under Europe alone."""
    (page,) = [
        urlsplit(one.entry.url).path
        for one in stories.told(datetime.now(UTC))
        if one.event == "pyongyang-troops" and one.entry.categories == ("Europe",)
    ]
    wanted = {"ukraine-conflict", "russia", "asia"}
    followers = [reader for reader in readers.SAMPLE if wanted & set(reader.topics)]
    assert len(followers) >= 3
    for reader in followers:
        assert page in paths_of(shown, reader), reader.name


def test_an_earlier_showing_in_the_same_folder_is_replaced(tmp_path: Path) -> None:
    """Two would read as one; what is not ours in the folder is left alone."""
    earlier, own = (
        tmp_path / "out" / "mail" / "01-old@reader.example.eml",
        tmp_path / "out/mail/own",
    )
    earlier.parent.mkdir(parents=True)
    earlier.touch()
    own.touch()
    subprocess.run(
        [sys.executable, "-m", "digest", "demo", "--once", "--out", "out"],
        cwd=tmp_path, env=terminal.environment(tmp_path), check=True, timeout=120,
        capture_output=True,
    )  # fmt: skip
    assert not earlier.exists()
    assert own.exists()
    assert list(earlier.parent.glob("01-*.eml"))
