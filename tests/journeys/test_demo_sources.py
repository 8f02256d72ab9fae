"""`digest demo --source`: a publisher's own feed in place of the sample newsroom."""

import email
from email import policy
from pathlib import Path

import pytest

from tests.journeys import press, terminal

HEADLINES = (
    "Ukraine says grain ships left Odesa",
    "Russia and Kazakhstan agree on a pipeline",
    "Wall Street rises as inflation slows",
    "Germany's parliament passes the budget",
    "Tokyo opens a night market for farmers",
)


def mails_in(folder: Path) -> list[str]:
    """The plain words of the mails under `folder`."""
    found = []
    for path in sorted(folder.glob("mail/*.eml")):
        message = email.message_from_bytes(path.read_bytes(), policy=policy.default)
        part = message.get_body(("plain",))
        assert part is not None
        found.append(str(part.get_content()))
    return found


@pytest.mark.parametrize("as_address", [False, True], ids=["path", "file address"])
async def test_a_feed_in_a_file_is_shown_to_the_readers(tmp_path: Path, as_address: bool) -> None:
    file = tmp_path / "my feed.xml"
    file.write_text(press.rss(HEADLINES), "utf-8")
    given = file.as_uri() if as_address else file.name
    done = await terminal.digest(
        "demo", "--once", "--source", given, "--out", "out", folder=tmp_path
    )
    assert (done.code, done.err) == (0, "")
    assert "5 entries from 1 sources: 5 stories" in done.out
    told = "\n".join(mails_in(tmp_path / "out"))
    assert all(headline.partition(" ")[0] in told for headline in HEADLINES)


async def test_the_feed_behind_a_home_page_is_found(tmp_path: Path) -> None:
    """Also when another source fails: it is named, and the rest goes out."""
    home = '<html><head><link rel="alternate" type="application/rss+xml" href="/feed"></head>'
    answers = {"/": press.page(home, "text/html"), "/feed": press.page(press.rss(HEADLINES))}
    async with press.served(answers) as url:
        done = await terminal.digest(
            "demo", "--once", "--json", "--source", f"{url}/", "--source", f"{url}/lost",
            folder=tmp_path,
        )  # fmt: skip
    assert done.code == 0, done.err
    assert done.document["entries"] == len(HEADLINES)
    assert done.document["states"]["submitted"] > 0
    (failed,) = done.document["failed_sources"]
    assert failed.startswith(f"{url}/lost: ")
    assert "404" in failed


@pytest.mark.parametrize("as_json", [False, True], ids=["for people", "as JSON"])
async def test_a_source_that_fails_alone_is_one_line_and_exit_code_1(
    tmp_path: Path, as_json: bool
) -> None:
    async with press.served({"/page": press.page("<p>nothing here", "text/html")}) as url:
        more = ["--json"] if as_json else []
        done = await terminal.digest(
            "demo", "--once", "--source", f"{url}/page", *more, folder=tmp_path
        )
    assert done.code == 1
    (line,) = done.err.splitlines()
    assert f"{url}/page" in line
    assert "Traceback" not in done.out


async def test_a_source_that_is_neither_address_nor_file_is_wrong_usage(tmp_path: Path) -> None:
    done = await terminal.digest("demo", "--once", "--source", "no-such.xml", folder=tmp_path)
    assert done.code == 2
    assert done.err == (
        "digest: --source no-such.xml: neither an http(s) address nor a file that is there\n"
    )


async def test_a_hostile_feed_can_neither_add_headers_nor_run_in_a_page(tmp_path: Path) -> None:
    """A7: the headline is shown as words, and the rest of the edition goes out."""
    feed = press.rss([*HEADLINES, "Ukraine NEWLINE trains <script>alert(1)</script>"])
    feed = feed.replace(" NEWLINE ", "&#13;&#10;Bcc: thief@thief.example&#13;&#10;&#13;&#10;")
    (tmp_path / "feed.xml").write_text(feed, "utf-8")
    done = await terminal.digest(
        "demo", "--once", "--source", "feed.xml", "--out", "out", folder=tmp_path
    )
    assert (done.code, done.err) == (0, "")
    files = sorted((tmp_path / "out" / "mail").glob("*.eml"))
    assert any("thief@thief.example" in words for words in mails_in(tmp_path / "out"))
    for file in files:
        message = email.message_from_bytes(file.read_bytes(), policy=policy.default)
        assert message["Bcc"] is None
        page = message.get_body(("html",))
        assert page is not None
        assert "<script" not in page.get_content()
