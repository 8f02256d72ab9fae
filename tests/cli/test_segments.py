"""`digest segments`: parts of the people, by name, and where they are used."""

from pathlib import Path

import pytest

from tests.cli.shell import Shell


@pytest.fixture
def crowd(shell: Shell) -> Shell:
    shell("subscribers", "add", "ann@example.com", "--topics", "asia,tech", "--name", "Ann")
    shell("subscribers", "add", "bob@example.com", "--topics", "asia", "--cadence", "weekly")
    shell("subscribers", "add", "42", "--topics", "tech")
    return shell


def test_a_segment_is_kept_shown_listed_and_removed(crowd: Shell) -> None:
    made = crowd("segments", "add", "asia by mail", "topic:asia", "channel:email", "--json").json
    assert (made["segment"], made["words"], made["people"]) == (
        "asia by mail", "topic:asia channel:email", 2,
    )  # fmt: skip
    crowd("segments", "add", "others", "-topic:asia")
    listed = crowd("segments", "list", "--json").lines
    assert [(one["segment"], one["people"]) for one in listed] == [
        ("asia by mail", 2),
        ("others", 1),
    ]
    assert crowd("segments", "show", "OTHERS", "--json").json["people"] == 1
    assert crowd("segments", "show", "-cadence:weekly", "--json").json["people"] == 2
    assert "2" in crowd("segments", "list").out
    crowd("segments", "remove", "others")
    assert crowd("segments", "remove", "others", code=1).complaints == [
        "there is no segment others"
    ]


def test_topics_of_a_segment_go_by_the_names_people_know(crowd: Shell) -> None:
    assert crowd("segments", "show", 'topic:"Technology"', "--json").json["people"] == 2
    [complaint] = crowd("segments", "add", "x", "topic:gardening", code=2).complaints
    assert complaint == "segment: 'gardening' is no topic"
    [complaint] = crowd("segments", "add", "x", code=2).complaints
    assert complaint.startswith("say who is meant")


def test_exports_and_counts_can_be_of_a_segment(crowd: Shell, tmp_path: Path) -> None:
    crowd("segments", "add", "weekly", "cadence:weekly")
    out = crowd("subscribers", "export", "--segment", "weekly").out.splitlines()
    assert [line.split(",")[0] for line in out[1:]] == ["bob@example.com"]
    done = crowd(
        "subscribers", "export", "--segment", "topic:asia", "--out", tmp_path / "a.csv", "--json"
    )
    assert done.json["exported"] == 2
    counted = crowd("subscribers", "stats", "--segment", "channel:chat", "--json").json
    assert (counted["subscribers"], counted["by_topic"]) == (1, {"tech": 1})
    [complaint] = crowd("subscribers", "export", "--segment", "nobody", code=2).complaints
    assert complaint == "segment: none is called 'nobody'"
