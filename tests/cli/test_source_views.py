"""`digest sources list`, `show`, `set`: how the sources fare, for people and for programs."""

import re
import sqlite3
import sys
from pathlib import Path

import pytest
from aiohttp import web

from digest import upkeep
from digest.demo import loopback
from digest.demo import newsroom as newsroom_
from tests.cli.shell import Elsewhere, Shell

LIST_KEYS = {
    "id", "url", "kind", "title", "category", "own", "state", "health", "added_at", "changed_at",
    "polled_at", "next_poll_at", "reason", "failures", "failing_since", "told_at", "push",
    "entries", "per_day", "average_per_day",
}  # fmt: skip
LONG_TITLE = "The Eastern Standard of Record, Commerce, Shipping and Agriculture"


def _on_a_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    """Stdout and stderr are a terminal of 100 columns."""
    monkeypatch.setenv("COLUMNS", "100")
    monkeypatch.setenv("TERM", "xterm")
    monkeypatch.setattr(sys.stdout, "isatty", lambda: True)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)


def _stage(shell: Shell, newsroom: newsroom_.Newsroom) -> None:
    """All papers of the newsroom read twice, of which the third then fails."""
    for source in newsroom.sources:
        shell("sources", "add", source.url)
    shell("collect")
    newsroom.down.add("northern-ledger")
    shell("collect", "--source", 3, code=1)
    shell("collect", "--source", 3, code=1)


def test_the_list_has_how_each_source_fares_in_words_and_numbers(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    """F8."""
    _stage(shell, newsroom)
    lines = shell("sources", "list", "--json").lines
    assert [set(line) for line in lines] == [LIST_KEYS] * 4
    assert [line["health"] for line in lines] == [
        "well", "well", "failing, 2 times in a row", "well",
    ]  # fmt: skip
    failing = lines[2]
    assert "503" in failing["reason"]
    assert failing["failing_since"] <= failing["polled_at"] < failing["next_poll_at"]
    assert failing["changed_at"] < failing["failing_since"]
    for line in lines:
        assert len(line["per_day"]) == 14
        assert sum(line["per_day"]) == line["entries"] > 0  # sample stories are of these days
        assert line["average_per_day"] == round(sum(line["per_day"]) / 14, 2)


def test_the_table_fits_a_terminal_of_100_columns(
    shell: Shell, newsroom: newsroom_.Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    _on_a_terminal(monkeypatch)
    _stage(shell, newsroom)
    shell("sources", "set", 2, "--title", LONG_TITLE)
    out = shell("sources", "list").out
    lines = re.sub(r"\x1b\[[0-9;]*m", "", out).splitlines()
    assert max(map(len, lines)) <= 100
    [long] = [line for line in lines if "The Eastern" in line]
    assert "…" in long
    assert any(spark in long for spark in upkeep.SPARKS[1:])
    [failing] = [line for line in lines if "failing 2×" in line]
    assert failing.split()[0] == "3"
    [cause] = [line for line in lines if line.startswith("3 since ")]
    assert "503" in cause


def test_a_long_cause_is_cut_in_the_list_and_whole_when_shown(
    shell: Shell, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    _on_a_terminal(monkeypatch)
    cause = "the answer is a page, not a feed: " + "so it begins " * 20
    with sqlite3.connect(tmp_path / "test.db") as db:
        db.execute(
            "INSERT INTO source (url, title, state, reason, failures, added_at) "
            "VALUES ('https://a.example/', 'A', 'failing', ?, 7, 1)",
            (cause,),
        )
    db.close()
    [cut] = [line for line in shell("sources", "list").out.splitlines() if "the answer" in line]
    assert len(cut) == 100
    assert cut.endswith("…")
    assert f"cause: {cause.strip()}" in shell("sources", "show", 1).out


def test_in_a_pipe_everything_is_whole_and_parted_by_tabs(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    _stage(shell, newsroom)
    shell("sources", "set", 2, "--title", LONG_TITLE)
    rows = [line.split("\t") for line in shell("sources", "list").out.splitlines()]
    assert [len(row) for row in rows] == [11] * 4
    assert rows[1][1] == LONG_TITLE
    assert "503" in rows[2][-1]


def test_one_source_is_shown_in_full(shell: Shell, newsroom: newsroom_.Newsroom) -> None:
    _stage(shell, newsroom)
    shown = shell("sources", "show", 3, "--json").json
    assert [bool(poll["reason"]) for poll in shown["polls"]] == [True, True, False]
    assert shown["polls"][-1]["new"] == len(newsroom.entries_of("northern-ledger"))
    assert shown["succeeded_at"] == shown["polls"][-1]["at"]
    assert shown["last_entries"]
    assert any(entry["topics"] for entry in shown["last_entries"])
    assert all(entry["story"] for entry in shown["last_entries"])
    assert "it failed 2 times in a row" in shown["rhythm"]
    out = shell("sources", "show", 3).out
    for said in ("health: failing, 2 times in a row since ", "cause: ", "last success: ",
                 "last readings:", "last entries:", "push: polled; no hub",
                 shown["last_entries"][0]["title"]):  # fmt: skip
        assert said in out, said
    assert shell("sources", "show", 9, code=1).complaints == ["there is no source 9"]


def test_a_source_that_is_gone_for_good_is_read_never(
    shell: Shell, elsewhere: Elsewhere, tmp_path: Path
) -> None:
    application = web.Application()
    application.router.add_get("/feed", _gone)
    server = loopback.Server(application)
    elsewhere.do(server.start())
    listed = tmp_path / "list.opml"
    listed.write_text(f'<opml><body><outline xmlUrl="{server.url}/feed"/></body></opml>')
    shell("sources", "import", listed)
    shell("collect", code=1)
    elsewhere.do(server.stop())
    [line] = shell("sources", "list", "--json").lines
    assert (line["state"], line["next_poll_at"]) == ("gone", None)
    assert "next reading: never" in shell("sources", "show", 1).out
    assert shell("sources", "list").out.split("\t")[6] == ""


async def _gone(request: web.Request) -> web.Response:
    return web.Response(status=410)


def test_title_category_and_own_are_corrected(shell: Shell, newsroom: newsroom_.Newsroom) -> None:
    shell("sources", "add", newsroom.sources[1].url, "--category", "Wires")
    shell("sources", "set", 1, "--title", " Our  Wire ", "--own")
    [listed] = shell("sources", "list", "--json").lines
    told = (listed["title"], listed["category"], listed["own"])
    assert told == ("Our Wire", "Wires", True)
    shell("sources", "set", 1, "--no-own", "--category", "")
    shell("collect")
    [listed] = shell("sources", "list", "--json").lines
    told = (listed["title"], listed["category"], listed["own"])
    assert told == ("Our Wire", "", False)
    assert shell("sources", "set", 9, "--own", code=1).complaints == ["there is no source 9"]
    [complaint] = shell("sources", "set", 1, code=2).complaints
    assert "--title" in complaint


def test_a_list_with_bad_outlines_names_each_and_loses_nothing_else(
    shell: Shell, tmp_path: Path
) -> None:
    (tmp_path / "feeds.opml").write_text(
        '<opml version="2.0"><body>\n'
        '<outline text="Good" xmlUrl="https://a.example/feed"/>\n'
        '<outline text="Local" xmlUrl="file:///etc/passwd"/>\n'
        '<outline text="Forgotten" type="rss"/>\n'
        '<outline text="Folder"><outline text="Also good" xmlUrl="https://b.example/feed"/>\n'
        "</outline></body></opml>"
    )
    done = shell("sources", "import", "feeds.opml")
    assert done.complaints == [
        "feeds.opml: line 3: Local: 'file:///etc/passwd' is no web address",
        "feeds.opml: line 4: Forgotten: it has no xmlUrl",
    ]
    assert done.out == "2 added, 0 known already, 2 left out\n"
    assert [line["title"] for line in shell("sources", "list", "--json").lines] == [
        "Good", "Also good",
    ]  # fmt: skip


def test_a_round_shows_its_progress_on_a_terminal(
    shell: Shell, newsroom: newsroom_.Newsroom, monkeypatch: pytest.MonkeyPatch
) -> None:
    _on_a_terminal(monkeypatch)
    for source in newsroom.sources:
        shell("sources", "add", source.url)
    assert "4 of 4 sources read\r" in shell("collect").err
    assert "sources read" not in shell("collect", "--json").err


def test_in_a_pipe_a_round_shows_no_progress(shell: Shell, newsroom: newsroom_.Newsroom) -> None:
    shell("sources", "add", newsroom.sources[1].url)
    assert "sources read" not in shell("collect").err


@pytest.mark.parametrize(
    ("per_day", "drawn"),
    [((0, 0, 0), "▁▁▁"), ((0, 1, 7), "▁▂█"), ((1, 100), "▂█"), ((4, 4), "██"), ((), "")],
)
def test_a_day_with_entries_is_never_drawn_as_one_without(
    per_day: tuple[int, ...], drawn: str
) -> None:
    assert upkeep.sparkline(per_day) == drawn
