"""What sending takes and costs is told by the command line before it is done (C3, C4)."""

import re
from typing import Any

import pytest

from digest.demo import botapi
from tests.cli.shell import Shell

NOW = ("editions", "publish", "daily", "--now")


def paid(monkeypatch: pytest.MonkeyPatch, **given: object) -> None:
    values = {
        "TOKEN": botapi.TOKEN,
        "RATE_PER_SECOND": 200,
        "PAID_BROADCASTS": "true",
        "PAID_STARS_A_DAY": 50,
    }
    for name, value in (values | given).items():
        monkeypatch.setenv(f"DIGEST_TELEGRAM__{name}", str(value))


def chats(shell: Shell, n: int) -> None:
    for number in range(n):
        shell("subscribers", "add", str(100 + number))


def test_a_dry_run_tells_the_time_and_the_stars(
    collected: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C3, C4."""
    paid(monkeypatch)
    chats(collected, 35)
    told = collected(*NOW, "--dry-run").out
    assert re.search(r"^35 chats at 200/s: about 1 s; at most 0\.5 Stars$", told, re.MULTILINE)
    document = collected(*NOW, "--dry-run", "--json").json
    assert (document["mails"], document["chats"], document["stars"]) == (0, 35, 0.5)
    assert document["seconds"] == pytest.approx(0.2)


def test_the_plan_tells_it_of_every_group_of_readers(
    collected: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C3, C4."""
    paid(monkeypatch)
    chats(collected, 35)
    collected("subscribers", "add", "ann@example.com", "--send-at", "11:30")
    lines = collected("editions", "plan", "--json").lines
    assert sorted((line["readers"], line["stars"]) for line in lines) == [(1, 0.0), (35, 0.5)]
    table = collected("editions", "plan").out
    assert "35 chats at 200/s: about 1 s; at most 0.5 Stars" in table
    assert "1 mail, as fast as the mail server takes them" in table


def test_publishing_tells_it_before_anything_is_sent(
    collected: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C3."""
    monkeypatch.setenv("DIGEST_TELEGRAM__TOKEN", botapi.TOKEN)
    chats(collected, 2)
    first, *_ = collected(*NOW).out.splitlines()
    assert first == "edition 1: 2 chats at 25/s: about 1 s"


@pytest.mark.parametrize(
    ("given", "is_well", "said"),
    [
        ({"RATE_PER_SECOND": 25, "PAID_BROADCASTS": "false"}, True, "which is free"),
        ({"PAID_BROADCASTS": "false"}, False, "makes everybody wait for more"),
        (
            {"PAID_BROADCASTS": "false", "API_URL": "http://127.0.0.1:9"},
            True,
            "unless this Bot API server knows better",
        ),
        ({}, True, "for 50 Stars a day at most; 0 today"),
        ({"RATE_PER_SECOND": 30}, True, "nothing is paid for, 30 are free"),
    ],
)
def test_doctor_says_whether_telegram_lets_chats_go_that_fast(
    shell: Shell,
    monkeypatch: pytest.MonkeyPatch,
    given: dict[str, Any],
    is_well: bool,
    said: str,
) -> None:
    """C4."""
    paid(monkeypatch, **given)
    found = shell("doctor", "--quick", "--json", code=0 if is_well else 1).json
    [rate] = [finding for finding in found if finding["what"] == "chat rate"]
    assert rate["ok"] is is_well
    assert said in rate["says"]


def test_stars_without_a_cap_are_an_error_of_the_settings(
    shell: Shell, monkeypatch: pytest.MonkeyPatch
) -> None:
    """C4."""
    paid(monkeypatch, PAID_STARS_A_DAY=0)
    done = shell("doctor", "--quick", code=2)
    assert "telegram.paid_stars_a_day must say how many Stars" in " ".join(done.complaints)
