"""Correcting topics on the command line, and what is learnt from it."""

import json
from pathlib import Path

import pytest

from tests.bench import relevance
from tests.cli.shell import Shell


@pytest.fixture
def story(collected: Shell) -> int:
    """A story about Asia that is not about Health."""
    for line in collected("stories", "list", "--topic", "asia", "--json").lines:
        if "health" not in line["topics"] and "middle-east" not in line["topics"]:
            return int(line["story"])
    raise AssertionError("no such story")


def test_a_story_is_put_under_topics_and_taken_out_of_others(collected: Shell, story: int) -> None:
    done = collected("stories", "topics", story, "--add", "Middle East, health", "--remove", "asia")
    lines = [" ".join(line.split()) for line in done.out.splitlines()]
    assert "health 1.00 an editor put it under Health" in lines
    assert "middle-east 1.00 an editor put it under Middle East" in lines
    assert "not asia an editor took it out of Asia" in lines
    shown = collected("stories", "show", story).out
    assert "an editor put it under Health" in shown
    assert "an editor took it out of Asia" in shown


def test_the_same_is_told_to_programs(collected: Shell, story: int) -> None:
    told = collected("stories", "topics", story, "--add", "health", "--remove", "asia", "--json")
    assert told.json["story"] == story
    assert "health" in told.json["topics"]
    assert told.json["reasons"]["health"] == ["an editor put it under Health"]
    corrections = {"added": ["health"], "removed": ["asia"]}
    assert told.json["corrections"] == corrections
    assert collected("stories", "show", story, "--json").json["corrections"] == corrections
    undone = collected("stories", "topics", story, "--undo", "health,asia", "--json").json
    assert "asia" in undone["topics"]
    assert undone["corrections"] == {"added": [], "removed": []}


def test_without_a_word_it_says_what_the_story_is_about(collected: Shell, story: int) -> None:
    topics = collected("stories", "show", story, "--json").json["topics"]
    assert collected("stories", "topics", story, "--json").json["topics"] == topics


def test_a_misspelt_topic_and_an_unknown_story_are_named(collected: Shell, story: int) -> None:
    done = collected("stories", "topics", story, "--add", "helth", code=2)
    assert done.complaints == ["'helth' is no topic; did you mean health or world?"]
    done = collected("stories", "topics", 999, "--add", "health", code=1)
    assert done.complaints == ["there is no story 999"]


def test_corrections_are_printed_in_the_form_the_measuring_reads(
    collected: Shell, story: int, tmp_path: Path
) -> None:
    assert collected("topics", "examples").out == ""
    collected("stories", "topics", story, "--add", "health", "--remove", "asia")
    out = collected("topics", "examples").out
    file = tmp_path / "corrected.jsonl"
    file.write_text(out)
    rows = [json.loads(line) for line in out.splitlines()]
    assert {row["story"] for row in rows} == {story}
    labelled = relevance.read(file)
    assert len(labelled) == len(rows) >= 1
    for each in labelled:
        assert "health" in each.expected
        assert "asia" not in each.expected | each.optional


def test_a_topics_file_is_held_against_the_corrections(
    collected: Shell, story: int, tmp_path: Path
) -> None:
    collected("stories", "topics", story, "--add", "health", "--remove", "asia")
    title = collected("stories", "show", story, "--json").json["title"]
    mine = tmp_path / "mine.toml"
    mine.write_text('[topics.sports]\nname = "Sports"\nstrong = ["cup final"]\n')
    out = collected("topics", "check", mine).out
    assert "of 2 corrections by editors it gets 1 right" in out
    assert f"story {story} should be under health: {title}" in out
    told = collected("topics", "check", mine, "--json").json["corrections"]
    assert {(each["topic"], each["added"], each["right"]) for each in told} == {
        ("health", True, False),
        ("asia", False, True),
    }
    word = title.split()[0].lower()
    mine.write_text(f'[topics.health]\nname = "Health"\nstrong = ["{word}"]\n')
    assert "of 2 corrections by editors it gets 2 right" in collected("topics", "check", mine).out
