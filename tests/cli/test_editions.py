"""`digest editions`: frozen, sent to a mail server that is really there, and told of."""

import asyncio
import re
import threading
from datetime import datetime
from pathlib import Path

import pytest

from digest import dispatch, runtime, settings
from digest.demo import botapi as botapi_
from digest.demo import mailbox as mailbox_
from tests.cli.conftest import KEY
from tests.cli.shell import Elsewhere, Shell

SUMMARY_KEYS = [
    "edition", "issues", "deliveries", "submitted", "deferred", "failed", "suppressed",
    "uncertain", "seconds",
]  # fmt: skip
PUBLISH = ("editions", "publish", "daily", "--now", "--wait", "--json")


def _readers(shell: Shell, *addresses: str) -> None:
    for address in addresses:
        shell("subscribers", "add", address, "--topics", "asia,business")


def test_publishing_freezes_sends_and_sums_up_in_the_contracts_form(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    _readers(collected, "ann@example.com", "bob@example.com")
    done = collected(*PUBLISH).json
    assert list(done) == SUMMARY_KEYS
    assert (done["issues"], done["deliveries"], done["submitted"]) == (2, 2, 2)
    assert done["deferred"] == done["failed"] == done["suppressed"] == done["uncertain"] == 0
    assert sorted(one.recipient for one in mailbox.received) == [
        "ann@example.com",
        "bob@example.com",
    ]
    shown = collected("editions", "show", done["edition"], "--json").json
    assert shown["state"] == "done"
    assert shown["deliveries"] == {"submitted": 2}
    assert any("Hokkaido" in story["title"] for story in shown["stories"])


def test_progress_is_shown_on_a_terminal_only(
    collected: Shell, mailbox: mailbox_.Mailbox, monkeypatch: pytest.MonkeyPatch
) -> None:
    _readers(collected, "ann@example.com")
    assert "\r" not in collected(*PUBLISH).err
    monkeypatch.setattr("sys.stderr.isatty", lambda: True)
    _readers(collected, "bob@example.com")
    done = collected(*PUBLISH)
    assert "\r" in done.err
    assert done.json["submitted"] > 0


def test_everyone_is_written_to_whatever_their_hour(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    for hour in (3, 11, 19):
        address = f"at{hour}@example.com"
        collected("subscribers", "add", address, "--topics", "asia", "--send-at", f"{hour}:00")
    assert collected(*PUBLISH).json["submitted"] == 3


def test_a_second_edition_brings_nobody_the_same_again(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    collected("subscribers", "add", "ann@example.com")  # the general issue: more than fits in one
    for _ in range(2):
        assert collected(*PUBLISH).json["submitted"] == 1
    first, second = (
        {shown["story"] for shown in collected("deliveries", "show", n, "--json").json["shown"]}
        for n in (1, 2)
    )
    assert first
    assert second
    assert not first & second
    texts = [" ".join(one.text().split()) for one in mailbox.received]
    for story_id in first:
        title = collected("stories", "show", story_id, "--json").json["title"]
        assert [title in text for text in texts] == [True, False]


def test_what_is_refused_by_the_mail_server_fails_the_command_in_one_line(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    _readers(collected, "ann@example.com", "bounce-5.1.1@example.com", "grey@example.com")
    done = collected(*PUBLISH, code=1)
    assert (done.json["submitted"], done.json["failed"], done.json["deferred"]) == (1, 1, 1)
    assert done.complaints == ["1 failed: digest deliveries list --state failed"]


def test_an_address_suppressed_meanwhile_is_not_written_to(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    _readers(collected, "ann@example.com", "bob@example.com")
    collected("editions", "publish", "daily", "--now")
    collected("subscribers", "suppress", "bob@example.com")
    collected(*PUBLISH)
    assert {one.recipient for one in mailbox.received} == {"ann@example.com"}
    assert collected("deliveries", "stats", "--json").json["suppressed"] == 1


def test_a_refused_login_pauses_mail_and_says_so(
    collected: Shell, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    locked = elsewhere.enter(mailbox_.Mailbox(login=("ann", "right")))
    url = f"smtp://ann:wrong@127.0.0.1:{locked.port}"
    monkeypatch.setenv("DIGEST_SMTP__URL", url)
    monkeypatch.setenv("DIGEST_SMTP__SENDER", "briefing@meridian.example")
    _readers(collected, "ann@example.com")
    done = collected(*PUBLISH, code=1)
    assert done.json["submitted"] == done.json["failed"] == 0
    [complaint] = done.complaints
    assert complaint.startswith("1 wait, sending email is paused (")
    assert collected("deliveries", "stats", "--json").json["queued"] == 1


def test_a_channel_that_is_not_set_up_is_said_so_and_waits(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    _readers(collected, "ann@example.com", "-1001234")
    done = collected(*PUBLISH, code=1)
    assert done.json["submitted"] == 1
    assert done.complaints == ["1 wait, no way to send chat is set up: digest doctor"]


def test_chats_are_sent_to_as_well(
    collected: Shell, elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch
) -> None:
    api = elsewhere.enter(botapi_.BotApi())
    monkeypatch.setenv("DIGEST_TELEGRAM__TOKEN", api.token)
    monkeypatch.setenv("DIGEST_TELEGRAM__API_URL", api.url)
    api.start_chat(7, "Ann", "en")
    _readers(collected, "7")
    assert collected(*PUBLISH).json["submitted"] == 1


def test_a_dry_run_counts_and_writes_nothing(collected: Shell) -> None:
    _readers(collected, "ann@example.com", "bob@example.com")
    done = collected("editions", "publish", "daily", "--now", "--dry-run", "--json").json
    assert (done["recipients"], done["issues"], done["nothing_new"]) == (2, 2, 0)
    assert done["stories"] > 0
    assert collected("editions", "list", "--json").lines == []
    assert set(collected("deliveries", "stats", "--json").json.values()) == {0}


def test_another_process_that_sends_at_the_same_time_gives_nobody_two(
    collected: Shell, mailbox: mailbox_.Mailbox, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    addresses = [f"slow-{n}@example.com" for n in range(40)]
    _readers(collected, *addresses)
    given = settings.given(
        database_url=f"sqlite:///{tmp_path / 'test.db'}",
        secret_key=KEY,
        publication="The Meridian",
        smtp={"url": mailbox.url, "sender": "briefing@meridian.example", "connections": 2},
    )

    async def serve() -> None:
        with runtime.opened(given) as rt:
            async with rt.senders() as senders:
                serving.set()
                await dispatch.run(rt, senders, stop)

    async def end() -> None:
        stop.set()

    stop, serving = asyncio.Event(), threading.Event()
    other = elsewhere.start(serve())
    assert serving.wait(30)
    done = collected(*PUBLISH).json
    assert (done["submitted"], done["deliveries"]) == (40, 40)
    elsewhere.do(end())
    other.result(60)
    assert sorted(one.recipient for one in mailbox.received) == sorted(addresses)


def test_without_now_only_those_who_are_due_get_an_edition(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    _readers(collected, "ann@example.com")
    assert collected("editions", "publish", "daily", "--wait").out == "nobody is due\n"
    assert mailbox.received == []


def test_an_unknown_digest_is_wrong_usage(shell: Shell) -> None:
    for words in (["--now"], [], ["--dry-run"]):
        done = shell("editions", "publish", "evening", *words, code=2)
        assert done.complaints == ["no digest is called 'evening'; there is: daily"]


def test_the_plan_tells_the_next_moment_of_every_group_of_readers(shell: Shell) -> None:
    shell("subscribers", "add", "a@example.com", "--time-zone", "Asia/Tokyo", "--send-at", "07:30")
    shell("subscribers", "add", "b@example.com", "--time-zone", "Asia/Tokyo", "--send-at", "07:30")
    shell("subscribers", "add", "c@example.com", "--time-zone", "Europe/Athens")
    shell("subscribers", "add", "d@example.com", "--cadence", "off")
    lines = shell("editions", "plan", "--json").lines
    assert {(line["time_zone"], line["send_at"], line["readers"]) for line in lines} == {
        ("Asia/Tokyo", "07:30", 2),
        ("Europe/Athens", "08:00", 1),
    }
    moments = [datetime.fromisoformat(line["at"]) for line in lines]
    assert moments == sorted(moments)
    [tokyo] = [line["at"] for line in lines if line["time_zone"] == "Asia/Tokyo"]
    assert re.fullmatch(r"\d{4}-\d\d-\d\dT22:30:00Z", tokyo)


def test_a_paused_edition_stays_where_it_is_until_resumed(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    collected("subscribers", "add", "ann@example.com", "--topics", "travel")
    collected("editions", "publish", "daily", "--now")
    collected("editions", "pause", 1)
    assert collected("editions", "list", "--json").lines[0]["state"] == "paused"
    collected("subscribers", "add", "bob@example.com", "--topics", "asia")
    done = collected(*PUBLISH).json  # another edition goes out past it
    assert done["edition"] == 2
    states = [
        collected("deliveries", "list", "--edition", n, "--json").lines[0]["state"] for n in (1, 2)
    ]
    assert states == ["queued", "submitted"]
    assert collected("editions", "pause", 9, code=1).complaints == ["there is no edition 9"]
    assert collected("editions", "pause", 2, code=2).complaints == ["edition 2 is done already"]
    assert collected("editions", "resume", 2, code=2).complaints == [
        "edition 2 is done, not paused"
    ]

    collected("editions", "resume", 1)
    collected(*PUBLISH)
    [late] = collected("deliveries", "list", "--edition", 1, "--json").lines
    assert (late["subscriber"], late["state"]) == (1, "submitted")  # Bob came after it


def test_the_list_tells_who_it_was_for_and_how_far_it_is(collected: Shell) -> None:
    _readers(collected, "ann@example.com")
    collected("editions", "publish", "daily", "--now")
    [listed] = collected("editions", "list", "--json").lines
    assert (listed["edition"], listed["digest"], listed["bucket"]) == (1, "daily", "everyone")
    assert listed["deliveries"] == {"queued": 1}
    assert collected("editions", "list").out.split("\t")[0] == "1"
    assert collected("editions", "show", 9, code=1).complaints == ["there is no edition 9"]
