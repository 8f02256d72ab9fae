"""A newsroom's day with Digest, each step as its people take it: commands, mail, chat, pages."""

import asyncio
import email
import json
import re
import signal
from email import policy
from pathlib import Path

import aiohttp

from digest.demo import newsroom
from tests.journeys import newsdesk

READERS = """\
email,name,topics,time_zone,send_at,cadence,alerts,status
ann@reader.example,Ann,asia;tech,Asia/Tokyo,07:00,daily,off,active
ben@reader.example,Ben,Ukraine Conflict;russia,Europe/Berlin,08:00,daily,off,active
cleo@reader.example,Cleo,asia,{zone},08:00,daily,on,active
dan@reader.example,Dan,markets,America/New_York,06:30,daily,off,unsubscribed
"""
CONSENT = "Form on our pages, 2026"


async def set_up(desk: newsdesk.Newsdesk) -> None:
    """From an empty folder to stories and readers."""
    await desk.do("init")
    assert (desk.folder / "digest.toml").stat().st_mode & 0o077 == 0  # it holds the secret key
    await desk.do("sources", "add", f"{desk.papers.url}/", "--own")
    for paper in ("harbour-wire", "northern-ledger", "southgate-review"):
        await desk.do("sources", "add", f"{desk.papers.url}/{paper}/")
    listed = (await desk.do("sources", "list", "--json")).lines
    assert [source["kind"] for source in listed] == ["wordpress", "feed", "feed", "feed"]
    (desk.folder / "readers.csv").write_text(READERS.format(zone=newsdesk.noon_zone()), "utf-8")
    await desk.do("subscribers", "import", "readers.csv", "--consent", CONSENT)
    rounds = (await desk.do("collect", "--json")).lines
    assert [one["failed"] for one in rounds] == [None] * 4
    assert all(one["new"] > 0 for one in rounds)
    assert not desk.mail.received  # nobody was written to so far


def break_story(papers: newsroom.Newsroom) -> None:
    """Three papers tell of one event within minutes."""
    told = {
        "harbour-wire": "Magnitude 7.3 earthquake strikes off Taiwan, tsunami warning issued",
        "northern-ledger": "Taiwan issues tsunami warning after magnitude 7.3 earthquake",
        "southgate-review": "Magnitude 7.3 earthquake off Taiwan: tsunami warning for the coast",
    }
    for paper, title in told.items():
        papers.publish(
            title,
            "A magnitude 7.3 earthquake struck off the east coast of Taiwan near Hualien. "
            "Authorities issued a tsunami warning.",
            paper=paper,
            categories=("Asia",),
        )


async def test_from_an_empty_folder_to_an_edition_and_the_way_out_of_it(tmp_path: Path) -> None:
    """B1: one click in the mail program, and the next edition passes that reader by."""
    async with newsdesk.opened(tmp_path) as desk:
        await set_up(desk)
        await desk.do(
            "preview", "daily", "--subscriber", "ann@reader.example", "--format", "eml,html,text",
            "--out", "shown",
        )  # fmt: skip
        assert not desk.mail.received
        first = await desk.ask("editions", "publish", "daily", "--now", "--wait")
        assert (first["issues"], first["deliveries"], first["submitted"]) == (3, 3, 3)
        assert {r.recipient for r in desk.mail.received} == {
            "ann@reader.example", "ben@reader.example", "cleo@reader.example",
        }  # fmt: skip

        # What was previewed is what was sent.
        (ann,) = desk.mail.to("ann@reader.example")
        foreseen = email.message_from_bytes(
            (tmp_path / "shown" / "daily.eml").read_bytes(), policy=policy.default
        )
        assert foreseen["Subject"] == ann.message["Subject"]
        part = foreseen.get_body(("plain",))
        assert part is not None
        assert headlines(part.get_content()) == headlines(ann.text())

        # Why a reader got a story, and why another did not.
        stories = (await desk.do("stories", "list", "--json")).lines
        korea = next(s["story"] for s in stories if "North Korea" in s["title"])
        told = [
            await desk.ask("why", "--story", str(korea), "--subscriber", address)
            for address in ("ben@reader.example", "dan@reader.example")
        ]
        assert [one["shown"] for one in told] == [True, False]
        assert all(one["lines"] for one in told)

        # A second edition holds what the first had no room for: nothing is told twice.
        again = await desk.ask("editions", "publish", "daily", "--now", "--wait")
        assert again["submitted"] == again["issues"] == len(desk.mail.received) - 3
        told_ann = [
            page for r in desk.mail.to("ann@reader.example") for page in headlines(r.text())
        ]
        assert len(told_ann) == len(set(told_ann)) > 5
        n_ann = len(desk.mail.to("ann@reader.example"))

        # The way out, as the mail program presses it.
        (way_out,) = re.findall(r"<(http[^>]+)>", str(ann.message["List-Unsubscribe"]))
        async with desk.service("--role", "web") as web:
            await web.line_with("pages at")
            async with aiohttp.ClientSession() as session:
                async with session.get(way_out) as answer:  # a scanner that looks unsubscribes none
                    assert answer.status == 200
                async with session.post(way_out, data={"List-Unsubscribe": "One-Click"}) as answer:
                    assert answer.status == 200
            assert await web.end() == 0
        desk.papers.publish(
            "Vietnam and Japan agree to build chip factory near Hanoi",
            "Vietnam and Japan agreed to build a semiconductor factory near Hanoi.",
            categories=("Asia", "Tech"),
        )
        await desk.do("collect")
        await desk.do("editions", "publish", "daily", "--now", "--wait")
        assert len(desk.mail.to("ann@reader.example")) == n_ann
        assert any("Hanoi" in r.text() for r in desk.mail.to("cleo@reader.example"))


def headlines(text: str) -> list[str]:
    """The addresses of the stories in a mail's words, in order."""
    return re.findall(r"https?://\S+/(?:meridian|[a-z]+-[a-z]+)/[a-z0-9-]+", text)


async def test_a_reader_in_chat_follows_reads_and_is_alerted_after_a_crash(tmp_path: Path) -> None:
    """C15: what was written while the service was down is answered; the alert comes once."""
    async with newsdesk.opened(tmp_path) as desk:
        outlines = "".join(
            f'<outline xmlUrl="{source.url}"/>' for source in desk.papers.sources[1:]
        )
        (tmp_path / "papers.opml").write_text(f"<opml version='2.0'><body>{outlines}</body></opml>")
        await desk.do("sources", "import", "papers.opml")
        await desk.do(
            "subscribers", "add", "cleo@reader.example", "--topics", "asia", "--alerts",
            "--time-zone", newsdesk.noon_zone(),
        )  # fmt: skip
        desk.bot.start_chat(7_000_001, "Eve")
        async with desk.service() as running:
            await running.line_with("bot started")
            desk.bot.user_says(7_000_001, "/start")
            await desk.bot.wait_for(7_000_001, 1)
            await running.end(signal.SIGKILL)
        n_before = len(desk.bot.messages(7_000_001))
        desk.bot.user_says(7_000_001, "/follow asia")  # nobody is there to hear it
        desk.bot.user_says(7_000_001, "/alerts on")
        desk.bot.user_says(7_000_001, f"/timezone {newsdesk.noon_zone()}")
        async with desk.service() as running:
            await running.line_with("bot started")
            await desk.bot.wait_for(7_000_001, n_before + 3, timeout_seconds=30)
            person = (await desk.do("subscribers", "list", "--search", "7000001", "--json")).lines[
                0
            ]
            assert "asia" in person["topics"]
            assert person["alerts"] is True
            break_story(desk.papers)

            def alerts() -> list[str]:
                found = [m.text for m in desk.bot.messages(7_000_001)]
                return [text for text in found if "Taiwan" in text]

            await desk.bot.wait_until(alerts, timeout_seconds=60)
            while not any("Taiwan" in r.text() for r in desk.mail.to("cleo@reader.example")):
                await asyncio.wait_for(desk.mail.next_change(), 60)
            assert await running.end() == 0
        await desk.do("editions", "publish", "daily", "--now", "--wait")
        assert len(alerts()) == 1  # and not again in the digest
        stats = json.loads((await desk.do("deliveries", "stats", "--json")).out)
        assert {state for state, n in stats.items() if n} <= {"submitted", "suppressed"}
