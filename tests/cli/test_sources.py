"""`digest sources` and `collect` against a newsroom that really answers."""

from pathlib import Path

from digest.demo import newsroom as newsroom_
from tests.cli.shell import Shell

ENTRY_KEYS = {
    "id", "url", "title", "summary", "body", "categories", "authors", "published_at",
    "updated_at", "source", "language", "image",
}  # fmt: skip

FEED = """<?xml version="1.0"?><rss version="2.0"><channel><title>Harbour Wire</title>
<item><guid>one</guid><title>Bridge reopens</title><link>/bridge</link>
<pubDate>Mon, 02 Nov 2026 08:00:00 GMT</pubDate></item>
<item><guid>two</guid><title>Ferry delayed</title><link>/ferry</link></item>
</channel></rss>"""


def test_adding_the_address_of_a_page_finds_what_is_behind_it(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    done = shell("sources", "add", f"{newsroom.url}/harbour-wire/", "--json").json
    assert (done["id"], done["kind"], done["new"]) == (1, "feed", True)
    assert done["title"] == "Harbour Wire"
    assert done["url"] in {found["url"] for found in done["found"]}


def test_the_wordpress_behind_a_home_page_goes_before_its_feed(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    done = shell("sources", "add", newsroom.url, "--own", "--category", "Front", "--json").json
    assert done["kind"] == "wordpress"
    [listed] = shell("sources", "list", "--json").lines
    assert (listed["own"], listed["category"], listed["state"]) == (True, "Front", "healthy")


def test_the_kind_can_be_asked_for(shell: Shell, newsroom: newsroom_.Newsroom) -> None:
    assert shell("sources", "add", newsroom.url, "--kind", "feed", "--json").json["kind"] == "feed"
    refused = shell("sources", "add", newsroom.url, "--kind", "gopher", code=2)
    assert refused.complaints == ["--kind: 'gopher' is not feed or wordpress"]


def test_adding_a_source_twice_keeps_one(shell: Shell, newsroom: newsroom_.Newsroom) -> None:
    url = newsroom.sources[1].url
    shell("sources", "add", url)
    assert shell("sources", "add", url, "--json").json["new"] is False
    assert len(shell("sources", "list", "--json").lines) == 1


def test_an_address_that_does_not_answer_is_refused_in_one_line(shell: Shell) -> None:
    done = shell("sources", "add", "http://127.0.0.1:9/", code=1)
    assert len(done.complaints) == 1
    assert done.complaints[0].startswith("http://127.0.0.1:9/: ")
    assert done.out == ""


def test_checking_reads_without_keeping_anything(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    done = shell("sources", "check", f"{newsroom.url}/harbour-wire/", "--json").json
    assert done["entries"] == len(newsroom.entries_of("harbour-wire"))
    assert done["headlines"]
    assert shell("sources", "list", "--json").lines == []


def test_a_round_says_for_each_source_what_it_brought(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    for source in newsroom.sources:
        shell("sources", "add", source.url)
    newsroom.down.add("northern-ledger")
    first = shell("collect", "--json").lines
    assert [line["source"] for line in first] == [1, 2, 3, 4]
    assert first[1]["new"] == len(newsroom.entries_of("harbour-wire"))
    assert "503" in first[2]["failed"]
    assert {line["failed"] for line in first if line["source"] != 3} == {None}

    newsroom.correct(newsroom.entries_of("harbour-wire")[0], title="Bridge closed again")
    second = shell("collect", "--source", 2, "--json").lines
    assert [(line["source"], line["new"], line["updated"]) for line in second] == [(2, 0, 1)]
    assert second[0]["unchanged"] == first[1]["new"] - 1


def test_a_round_fails_only_when_every_source_failed(
    shell: Shell, newsroom: newsroom_.Newsroom
) -> None:
    shell("sources", "add", newsroom.sources[1].url)
    newsroom.down.add("harbour-wire")
    assert shell("collect", code=1).out.split("\t")[-1].strip() != ""
    [listed] = shell("sources", "list", "--json").lines
    assert listed["state"] == "failing"
    assert "503" in listed["reason"]


def test_a_round_of_a_source_that_is_not_there_is_refused(shell: Shell) -> None:
    assert shell("collect", "--source", 7, code=1).complaints == ["there is no source 7"]
    assert shell("collect").out == ""


def test_a_removed_source_is_gone(shell: Shell, newsroom: newsroom_.Newsroom) -> None:
    shell("sources", "add", newsroom.sources[1].url)
    shell("collect")
    shell("sources", "remove", 1)
    assert shell("sources", "list", "--json").lines == []
    assert shell("stories", "list", "--json").lines == []
    assert shell("sources", "remove", 1, code=1).complaints == ["there is no source 1"]


def test_what_is_exported_can_be_imported(
    shell: Shell, newsroom: newsroom_.Newsroom, tmp_path: Path
) -> None:
    shell("sources", "add", newsroom.url, "--own")
    shell("sources", "add", newsroom.sources[1].url, "--category", "Wires")
    before = shell("sources", "list", "--json").lines
    (tmp_path / "feeds.opml").write_text(shell("sources", "export").out)
    assert shell("sources", "import", "feeds.opml", "--json").json == {
        "added": 0,
        "known": 2,
        "problems": [],
    }
    for source in before:
        shell("sources", "remove", source["id"])
    assert shell("sources", "import", "feeds.opml", "--json").json == {
        "added": 2,
        "known": 0,
        "problems": [],
    }
    after = shell("sources", "list", "--json").lines
    told = ("url", "kind", "title", "category", "own")
    assert [[s[name] for name in told] for s in after] == [
        [s[name] for name in told] for s in before
    ]


def test_parsing_prints_entries_in_the_contracts_form(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "feed.xml").write_text(FEED)
    done = shell("sources", "parse", "feed.xml", "--url", "https://wire.example/")
    assert [set(line) for line in done.lines] == [ENTRY_KEYS, ENTRY_KEYS]
    first = done.lines[0]
    assert (first["id"], first["title"]) == ("one", "Bridge reopens")
    assert first["url"] == "https://wire.example/bridge"
    assert first["published_at"] == "2026-11-02T08:00:00Z"


def test_parsing_reads_stdin_too(shell: Shell) -> None:
    assert len(shell("sources", "parse", "-", stdin=FEED).lines) == 2


def test_parsing_something_else_says_why_and_fails(shell: Shell, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("Dear diary")
    done = shell("sources", "parse", "notes.txt", code=1)
    assert done.out == ""
    [complaint] = done.complaints
    assert complaint.startswith("notes.txt: ")
    assert shell("sources", "parse", "nowhere.xml", code=1).complaints == [
        "nowhere.xml: No such file or directory"
    ]
