"""`digest why`: the answer to a reader's question, whatever the answer is."""

import asyncio
from pathlib import Path
from typing import Any

from digest import pipeline, runtime, settings
from digest.demo import mailbox as mailbox_
from tests.cli.conftest import KEY
from tests.cli.shell import Done, Shell

PUBLISH = ("editions", "publish", "daily", "--now", "--wait")


def _story(shell: Shell, topic: str, *, without: str = "") -> int:
    """A story of a topic that everybody is not given anyway."""
    for line in shell("stories", "list", "--topic", topic, "--json").lines:
        if without not in line["topics"]:
            shown = shell("stories", "show", line["story"], "--json").json
            if not shown["pinned"]:
                return int(line["story"])
    raise AssertionError(f"no story of {topic}")


def _why(shell: Shell, story: int, address: str = "ann@example.com") -> Any:
    return shell("why", "--story", story, "--subscriber", address, "--json").json


def _said(done: Done) -> str:
    return " ".join(done.out.split())


def test_a_story_that_was_sent_names_edition_section_and_reason(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    story = _story(collected, "asia")
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    collected(*PUBLISH)
    told = _why(collected, story)
    assert (told["story"], told["subscriber"], told["shown"]) == (story, 1, True)
    assert told["reason"] == "shown"
    line = told["lines"][1]
    assert line.startswith("It went to this reader on ")
    assert " by mail, in the daily digest (edition 1), " in line
    assert "They were told: “You follow Asia (" in line
    assert line.endswith("The mail server took it (delivery 1).")
    done = collected("why", "--story", story, "--subscriber", "ann@example.com")
    assert line in _said(done)


def test_a_story_not_followed_says_what_it_is_about(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    story = _story(collected, "sports", without="asia")
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    collected(*PUBLISH)
    told = _why(collected, story)
    assert (told["shown"], told["reason"]) == (False, "topic not followed")
    assert told["lines"][1].startswith("The daily digest of ")
    assert " left it out for this reader (edition 1), because it is about " in told["lines"][1]
    assert "Sports" in told["lines"][1]


def test_before_the_first_edition_the_next_is_looked_at(collected: Shell) -> None:
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    told = _why(collected, _story(collected, "sports", without="asia"))
    assert told["lines"][1] == "No digest with it was made for this reader yet."
    assert told["reason"] == "topic not followed"


def test_a_follow_begun_since_does_not_count_for_the_edition_before(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    story = _story(collected, "sports", without="asia")
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    collected(*PUBLISH)
    collected("subscribers", "add", "ann@example.com", "--topics", "sports")
    assert _why(collected, story)["reason"] == "topic not followed"


def test_a_dropped_story_says_so(collected: Shell) -> None:
    story = _story(collected, "asia")
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    collected("stories", "drop", story)
    told = _why(collected, story)
    assert told["reason"] == "dropped"
    assert told["lines"][2] == "One made now would leave it out, because an editor dropped it."


def test_a_suppressed_reader_is_told_of_first(collected: Shell) -> None:
    story = _story(collected, "asia")
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    collected("subscribers", "suppress", "ann@example.com")
    told = _why(collected, story)
    assert (told["shown"], told["reason"]) == (False, "suppressed")
    said = "No digest may go to this reader now: the address is suppressed."
    assert told["lines"][1] == said


def test_a_delivery_that_failed_says_what_the_server_said(
    collected: Shell, mailbox: mailbox_.Mailbox
) -> None:
    story = _story(collected, "asia")
    address = "bounce-5.1.1@example.com"
    collected("subscribers", "add", address, "--topics", "asia")
    collected(*PUBLISH, code=1)
    line = _why(collected, story, address)["lines"][1]
    assert "It did not get through (delivery 1): " in line
    assert "5.1.1" in line


def test_nobody_and_nothing_are_named(collected: Shell) -> None:
    collected("subscribers", "add", "ann@example.com")
    words = ("why", "--story", 1, "--subscriber")
    assert collected(*words, "bob@example.com", code=1).complaints == [
        "there is no subscriber at this address"
    ]
    assert collected(
        "why", "--story", 999, "--subscriber", "ann@example.com", code=1
    ).complaints == ["there is no story 999"]
    assert len(collected(*words, "not an address", code=2).complaints) == 1


def test_an_alert_that_passed_a_reader_by_says_why(collected: Shell, tmp_path: Path) -> None:
    [quake] = [
        line["story"]
        for line in collected("stories", "list", "--json").lines
        if "Hokkaido" in line["title"]
    ]
    collected("subscribers", "add", "ann@example.com", "--topics", "asia")
    given = settings.given(database_url=f"sqlite:///{tmp_path / 'test.db'}", secret_key=KEY)
    with runtime.opened(given) as rt:
        asyncio.run(pipeline.raise_alerts(rt, [quake]))
    told = _why(collected, quake)
    assert told["shown"] is False
    [line] = [line for line in told["lines"] if line.startswith("The alert of ")]
    assert line.endswith(" did not go to this reader, because they have alerts off.")
