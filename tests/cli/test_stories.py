"""`digest stories` on what a newsroom published, and `group` on entries from stdin."""

import json
import sqlite3
from pathlib import Path
from typing import Any

from tests.cli.shell import Shell

STORY_KEYS = {
    "story", "title", "url", "topics", "sources", "published_at", "updated_at", "withdrawn",
}  # fmt: skip


def _quake(shell: Shell) -> Any:
    """The story that four sources carry."""
    found = [line for line in _stories(shell) if "Hokkaido" in line["title"]]
    assert len(found) == 1
    return found[0]


def _stories(shell: Shell, *words: object) -> list[Any]:
    return shell("stories", "list", "--json", *words).lines


def test_stories_have_the_contracts_form(collected: Shell) -> None:
    for line in _stories(collected):
        assert set(line) == STORY_KEYS
    quake = _quake(collected)
    assert "asia" in quake["topics"]
    assert len(quake["sources"]) == 4
    assert quake["sources"][0] == "The Meridian"  # our own newsroom leads
    assert quake["withdrawn"] is False
    assert quake["published_at"].endswith("Z")


def test_a_story_that_its_sources_took_back_is_listed_as_withdrawn(
    collected: Shell, tmp_path: Path
) -> None:
    """Whoever mirrors the list must be able to take it down too."""
    story_id = _quake(collected)["story"]
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.execute("UPDATE entry SET withdrawn = 1 WHERE story_id = ?", (story_id,))
        db.execute("UPDATE story SET withdrawn = 1 WHERE id = ?", (story_id,))
    db.close()
    assert _quake(collected)["withdrawn"] is True
    assert {line["withdrawn"] for line in _stories(collected) if line["story"] != story_id} == {
        False
    }
    assert "withdrawn" in collected("stories", "list").out


def test_a_topic_can_be_called_by_any_of_its_names(collected: Shell) -> None:
    asian = _stories(collected, "--topic", "asia")
    assert asian
    assert all("asia" in line["topics"] for line in asian)
    assert _stories(collected, "--topic", "Asia News") == asian
    refused = collected("stories", "list", "--topic", "azia", code=2)
    [complaint] = refused.complaints
    assert complaint.startswith("'azia' is no topic; did you mean ")
    assert " asia" in complaint


def test_older_stories_are_left_out(collected: Shell) -> None:
    recent = _stories(collected, "--hours", 1)
    assert _quake(collected)["story"] in {line["story"] for line in recent}
    assert len(recent) < len(_stories(collected))


def test_one_story_is_shown_with_its_entries_and_reasons(collected: Shell) -> None:
    story_id = _quake(collected)["story"]
    shown = collected("stories", "show", story_id, "--json").json
    assert len(shown["entries"]) == 4
    assert shown["breaking"] is True
    assert shown["reasons"]["asia"]
    assert "Hokkaido" in collected("stories", "show", story_id).out
    assert collected("stories", "show", 999, code=1).complaints == ["there is no story 999"]


def test_a_story_is_shown_with_what_is_near_to_it_and_why_that_is_another(
    collected: Shell,
) -> None:
    shown = [
        collected("stories", "show", line["story"], "--json").json for line in _stories(collected)
    ]
    story = next(each for each in shown if each["related"])
    near = story["related"][0]
    assert near["story"] != story["story"]
    assert near["title"]
    assert near["why"]
    told = collected("stories", "show", story["story"]).out
    assert f"related to {near['story']}, " in told


def test_an_editors_marks_are_kept_and_taken_back(collected: Shell) -> None:
    shown = (
        collected("stories", "show", line["story"], "--json").json for line in _stories(collected)
    )
    story_id = next(story["story"] for story in shown if not story["pinned"])
    for word, name, value in (
        ("pin", "pinned", True),
        ("unpin", "pinned", False),
        ("drop", "dropped", True),
        ("undrop", "dropped", False),
    ):
        done = collected("stories", word, story_id, "--json").json
        assert done == {"story": story_id, name: value}
        assert collected("stories", "show", story_id, "--json").json[name] is value
    assert collected("stories", "pin", 999, code=1).complaints == ["there is no story 999"]


def test_two_stories_become_one_and_two_again(collected: Shell) -> None:
    one, other = [line["story"] for line in _stories(collected)[:2]]
    n_entries = {
        story_id: len(collected("stories", "show", story_id, "--json").json["entries"])
        for story_id in (one, other)
    }
    moved = collected("stories", "show", other, "--json").json["entries"]
    collected("stories", "merge", one, other)
    merged = collected("stories", "show", one, "--json").json
    assert len(merged["entries"]) == n_entries[one] + n_entries[other]
    assert other not in [line["story"] for line in _stories(collected)]

    new = collected("stories", "split", one, *[e["id"] for e in moved], "--json").json["new"]
    apart = collected("stories", "show", new, "--json").json
    assert {e["title"] for e in apart["entries"]} == {e["title"] for e in moved}
    assert len(collected("stories", "show", one, "--json").json["entries"]) == n_entries[one]
    collected("collect")
    assert new in [line["story"] for line in _stories(collected)]


def test_what_cannot_be_merged_or_split_is_refused(collected: Shell) -> None:
    story_id = _quake(collected)["story"]
    entries = collected("stories", "show", story_id, "--json").json["entries"]
    ids = [entry["id"] for entry in entries]
    merged = collected("stories", "merge", story_id, story_id, code=2)
    assert merged.complaints == [f"story {story_id} cannot be merged into itself"]
    assert collected("stories", "merge", story_id, 999, code=1).complaints == [
        "there is no story 999"
    ]
    whole = collected("stories", "split", story_id, *ids, code=2)
    assert whole.complaints == [f"story {story_id} would be left without an entry"]
    assert collected("stories", "split", story_id, 9999, code=1).complaints == [
        f"there is no entry of story {story_id} with the id 9999"
    ]


def _entry(number: int, title: str, minute: int, source: str) -> dict[str, str]:
    return {
        "id": f"e{number}",
        "title": title,
        "summary": title,
        "source": source,
        "published_at": f"2026-11-03T08:{minute:02}:00Z",
    }


ENTRIES = [
    _entry(1, "Ferry sinks off Lesbos, 12 rescued by the Greek coast guard", 40, "One"),
    _entry(2, "Central bank of Norway raises its key rate to 4.75 percent", 30, "Two"),
    _entry(3, "Greek coast guard rescues 12 after ferry sinks off Lesbos", 20, "Three"),
]


def test_grouping_gives_every_entry_once_in_the_order_given(shell: Shell) -> None:
    stdin = "".join(f"{json.dumps(entry)}\n" for entry in ENTRIES)
    lines = shell("stories", "group", stdin=stdin).lines
    assert [line["id"] for line in lines] == ["e1", "e2", "e3"]
    assert all(set(line) == {"id", "story"} for line in lines)
    ferry, bank, again = (line["story"] for line in lines)
    assert ferry == again != bank


def test_grouping_does_not_depend_on_the_order_of_lines(shell: Shell) -> None:
    found = []
    for entries in (ENTRIES, ENTRIES[::-1]):
        stdin = "".join(f"{json.dumps(entry)}\n" for entry in entries)
        lines = shell("stories", "group", stdin=stdin).lines
        found.append({line["id"]: line["story"] for line in lines})
    assert found[0] == found[1]


def test_grouping_joins_what_turns_out_to_be_one_event(shell: Shell) -> None:
    titles = (
        "Ferry sinks off Mokpo",
        "Sewon Star capsizes: hundreds missing",
        "Ferry Sewon Star sinks off Mokpo",
        "Ferry Sewon Star capsizes off Mokpo, hundreds missing",
        "Sewon Star ferry sinks off Mokpo with hundreds missing",
    )
    entries = [_entry(at, title, 50 - at, f"Paper {at}") for at, title in enumerate(titles)]
    lines = shell("stories", "group", stdin="".join(f"{json.dumps(e)}\n" for e in entries)).lines
    assert [line["id"] for line in lines] == ["e0", "e1", "e2", "e3", "e4"]
    assert len({line["story"] for line in lines}) == 1


def test_grouping_names_a_bad_line_and_does_the_rest(shell: Shell) -> None:
    stdin = f"{json.dumps(ENTRIES[0])}\nnonsense\n{json.dumps(ENTRIES[1])}\n"
    done = shell("stories", "group", stdin=stdin, code=1)
    assert [line["id"] for line in done.lines] == ["e1", "e2"]
    assert done.complaints == ["line 2: not valid JSON."]
