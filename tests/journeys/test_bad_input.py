"""What goes wrong is one clear line saying what and where; everything else goes on."""

from pathlib import Path

import pytest

from tests.journeys import newsdesk, press, terminal

CONSENT = ("--consent", "Form on our pages, 2026")
HEADLINE = "Tokyo opens a night market for farmers"
PRIVATE = {"DIGEST_COLLECT__ALLOW_PRIVATE_ADDRESSES": "true"}


def clear(done: terminal.Done, code: int) -> str:
    """The complaint of a command that ended with this code and no trace; asserts it is one line."""
    assert done.code == code, done.err
    assert "Traceback" not in done.err
    (line,) = done.complaints
    return line


async def test_a_list_of_people_takes_every_row_that_can_be_taken(tmp_path: Path) -> None:
    """B19: bad addresses are named with their line, doubles joined; cp1252 is understood."""
    rows = (
        "email;name;topics",
        "ann@reader.example;Ann;asia",
        "not an address;Nobody;asia",
        "ann@reader.example;Ann again;tech",
        "zoe@reader.example;Zoë Müller;markets",
        "@reader.example;Nobody;",
    )
    (tmp_path / "people.csv").write_bytes("\r\n".join(rows).encode("cp1252"))
    done = await terminal.digest("subscribers", "import", "people.csv", *CONSENT, folder=tmp_path)
    assert done.code == 0
    assert [line.partition(": ")[2].partition(": line ")[2][:1] for line in done.complaints] == [
        "3", "6",
    ]  # fmt: skip
    assert "1 repeat an address of the file" in done.out
    assert all(line.startswith("digest: people.csv: line ") for line in done.complaints)
    listed = (await terminal.digest("subscribers", "list", "--json", folder=tmp_path)).lines
    assert {person["channels"][0]["address"]: person["name"] for person in listed}.keys() == {
        "ann@reader.example", "zoe@reader.example",
    }  # fmt: skip
    assert "Zoë Müller" in {person["name"] for person in listed}
    assert ["asia", "tech"] in [person["topics"] for person in listed]


@pytest.mark.parametrize(
    ("text", "words"),
    [("name,topics\nAnn,asia\n", "email"), ("", ""), ("\0\1\2\3", "")],
    ids=["no address column", "empty", "binary"],
)
async def test_a_file_that_is_no_list_of_people_is_refused_whole(
    tmp_path: Path, text: str, words: str
) -> None:
    (tmp_path / "people.csv").write_text(text, "utf-8")
    done = await terminal.digest("subscribers", "import", "people.csv", *CONSENT, folder=tmp_path)
    line = clear(done, 1)
    assert words in line


async def test_a_missing_file_is_named(tmp_path: Path) -> None:
    done = await terminal.digest("subscribers", "import", "nowhere.csv", *CONSENT, folder=tmp_path)
    assert "nowhere.csv" in clear(done, 1)


async def test_settings_are_refused_all_at_once_and_secrets_not_shown(tmp_path: Path) -> None:
    done = await terminal.digest(
        "sources", "list", folder=tmp_path,
        more={
            "DIGEST_SECRET_KEY": "hunter2",
            "DIGEST_WEB__PORT": "eighty",
            "DIGEST_SMTP__URL": "smtp://127.0.0.1:25",
        },
    )  # fmt: skip
    assert done.code == 2
    assert len(done.complaints) >= 2
    assert "hunter2" not in done.err
    for name in ("secret_key", "web.port"):
        assert any(name in line for line in done.complaints), done.err


def wrong_subject(folder: Path) -> str:
    """A folder of templates with one that uses a name which does not exist."""
    subject = folder / "ours" / "email" / "issue" / "subject.txt"
    subject.parent.mkdir(parents=True)
    subject.write_text("{{ publication.name }}\n{{ headline_of_the_day }}\n", "utf-8")
    return str(folder / "ours")


async def add_reader_and_story(desk: newsdesk.Newsdesk, address: str, chat_id: int = 0) -> None:
    """The least there is to publish: one source, read; one reader in each channel."""
    (source, *_) = (s for s in desk.papers.sources if s.kind == "feed")
    await desk.do("sources", "add", source.url)
    await desk.do("collect")
    await desk.do("subscribers", "add", address, "--topics", "asia")
    if chat_id:
        desk.bot.start_chat(chat_id, "Eve")
        await desk.do("subscribers", "add", str(chat_id), "--topics", "asia")


PUBLISH = ("editions", "publish", "daily", "--now", "--wait", "--json")


async def test_a_wrong_template_is_named_with_its_line_and_stops_no_edition(tmp_path: Path) -> None:
    async with newsdesk.opened(tmp_path) as desk:
        await add_reader_and_story(desk, "ann@reader.example")
        ours = {"DIGEST_TEMPLATES_DIR": wrong_subject(tmp_path)}
        looked = await desk.run("doctor", "--quick", **ours)
        assert looked.code == 1
        (fault,) = [line for line in looked.out.splitlines() if line.startswith("FAULT")]
        assert "email/issue/subject.txt:2" in fault
        assert "headline_of_the_day" in fault
        done = await desk.run(*PUBLISH, **ours)
        assert done.code == 0, done.err
        assert "email/issue/subject.txt:2" in done.err
        (received,) = desk.mail.received
        assert received.subject


async def test_a_wrong_mail_password_is_one_line_and_the_chats_go_out(tmp_path: Path) -> None:
    """Nobody is suppressed for it: with the right password the mail leaves."""
    async with newsdesk.opened(tmp_path) as desk:
        desk.mail.login = ("digest", "right")
        await add_reader_and_story(desk, "ann@reader.example", 7_000_001)
        wrong = desk.mail.url.replace("right", "wrong")
        done = await desk.run(*PUBLISH, DIGEST_SMTP__URL=wrong)
        line = clear(done, 1)
        assert "535" in line
        assert "wrong" not in done.err
        assert len(desk.bot.messages(7_000_001)) == 1
        assert not desk.mail.received
        assert (await desk.ask("deliveries", "stats"))["suppressed"] == 0
        await desk.do("resume")
        async with desk.service("--role", "worker"):
            await desk.mail.wait_for(1, timeout_seconds=60)


async def test_a_wrong_bot_token_is_one_line_and_the_mails_go_out(tmp_path: Path) -> None:
    async with newsdesk.opened(tmp_path) as desk:
        await add_reader_and_story(desk, "ann@reader.example", 7_000_001)
        token = "110201543:" + "x" * 35
        done = await desk.run(*PUBLISH, DIGEST_TELEGRAM__TOKEN=token)
        line = clear(done, 1)
        assert "Unauthorized" in line or "token" in line
        assert token not in done.err + done.out
        assert len(desk.mail.received) == 1
        assert not desk.bot.messages(7_000_001)
        assert (await desk.ask("deliveries", "stats"))["suppressed"] == 0


BAD = {
    "/page": (press.page("<html><p>Welcome", "text/html"), "feed"),
    "/huge": (press.page(b"<rss>" + b"x" * 50_000_000), ""),
    "/slow": (press.slow(), ""),
    "/circle": (press.gone("/circle"), "redirect"),
    "/lost": (press.page("", status=404), "404"),
    "/locked/wp-json/": (press.page("{}", "application/json", status=401), "401"),
    "/torn/wp-json/": (press.page('[{"id": 1, "ti', "application/json"), "JSON"),
}
GOOD = {
    "/good": press.page(press.rss([HEADLINE])),
    # Cut in the middle of its second story: the first is whole.
    "/cut": press.page(press.rss(["Lima digs a metro line", "Oslo bans cars"])[:-120]),
    "/latin": press.page(
        press.rss(["Zoë Müller gewinnt in Malmö"]).encode("cp1252"),
        "application/rss+xml; charset=utf-8",
    ),
}


async def test_sources_that_misbehave_are_named_and_the_rest_is_read(tmp_path: Path) -> None:
    answers = {path: answer for path, (answer, _) in BAD.items()} | GOOD
    for path in ("/locked/wp-json", "/torn/wp-json"):
        answers |= {f"{path}/wp/v2/posts": answers[f"{path}/"]}
        answers |= {f"{path}/wp/v2/categories": answers[f"{path}/"]}
    async with press.served(answers) as url:
        outlines = "".join(f'<outline xmlUrl="{url}{path}"/>' for path in (*BAD, *GOOD))
        (tmp_path / "all.opml").write_text(f"<opml version='2.0'><body>{outlines}</body></opml>")
        more = {**PRIVATE, "DIGEST_COLLECT__TIMEOUT_SECONDS": "8"}
        added = await terminal.digest("sources", "import", "all.opml", folder=tmp_path, more=more)
        assert added.code == 0, added.err
        done = await terminal.digest("collect", "--json", folder=tmp_path, more=more)
        alone = await terminal.digest("sources", "add", f"{url}/page", folder=tmp_path, more=more)
    assert done.code == 0
    assert "Traceback" not in done.err
    rounds = {one["url"].removeprefix(url): one for one in done.lines}
    for path, (_, word) in BAD.items():
        assert rounds[path]["failed"], path
        assert "\n" not in rounds[path]["failed"]
        assert word in rounds[path]["failed"]
    assert [(rounds[path]["failed"], rounds[path]["new"] > 0) for path in GOOD] == [
        (None, True)
    ] * len(GOOD)
    stories = (await terminal.digest("stories", "list", "--json", folder=tmp_path)).lines
    titles = {story["title"] for story in stories}
    assert {HEADLINE, "Lima digs a metro line", "Zoë Müller gewinnt in Malmö"} <= titles
    assert f"{url}/page" in clear(alone, 1)


async def test_a_list_of_sources_that_is_none_is_named(tmp_path: Path) -> None:
    (tmp_path / "list.opml").write_text("<opml><body>", "utf-8")
    done = await terminal.digest("sources", "import", "list.opml", folder=tmp_path)
    assert done.code in (1, 2)
    assert "list.opml" in clear(done, done.code)


async def test_what_does_not_exist_is_said_so(tmp_path: Path) -> None:
    unknown = await terminal.digest("editions", "publish", "weekly", "--now", folder=tmp_path)
    assert "'weekly'" in clear(unknown, 2)
    nobody = await terminal.digest(
        "preview", "daily", "--subscriber", "nobody@reader.example", folder=tmp_path
    )
    assert "no subscriber at this address" in clear(nobody, 1)
