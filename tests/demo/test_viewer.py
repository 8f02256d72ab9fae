"""The demo's window shows every mail and chat, lets one talk to the bot, and nobody else in."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from email.message import EmailMessage

import aiohttp
import pytest
import telegram

from digest.demo import botapi, mailbox, newsroom, viewer
from tests.demo import bots

DESK = "http://127.0.0.1:1/admin/"
READERS = (
    viewer.Reader("Ann", "ann@example.org", None, "Asia/Tokyo", ("Asia", "Markets")),
    viewer.Reader(
        "Bjørn", chat_id=7, zone="Europe/Oslo", preferences_url="http://127.0.0.1:1/preferences/t"
    ),
)


def letter(subject: str = "Morning <digest>") -> bytes:
    mail = EmailMessage()
    mail["From"] = "The Meridian <digest@example.org>"
    mail["To"] = "ann@example.org"
    mail["Subject"] = subject
    mail["List-Unsubscribe"] = "<https://example.org/u/1>"
    mail.set_content("Plain words for Łódź")
    page = "<html><head><title>x</title></head><body><b>Rich</b> words</body></html>"
    mail.add_alternative(page, subtype="html")
    mail.set_boundary("between-parts")
    return mail.as_bytes()


@asynccontextmanager
async def opened() -> AsyncIterator[tuple[viewer.Viewer, aiohttp.ClientSession, botapi.BotApi]]:
    clock = bots.Clock()
    async with (
        mailbox.Mailbox(clock=clock) as mail,
        botapi.BotApi(clock=clock, limits=botapi.Limits.none()) as api,
        viewer.Viewer(mail, api, desk_url=DESK, readers=READERS, port=0) as v,
        aiohttp.ClientSession(v.url) as session,
    ):
        mail.keep("bounces@example.org", "ann@example.org", letter())
        api.start_chat(7, "Bjørn")
        yield v, session, api


async def page(session: aiohttp.ClientSession, path: str) -> str:
    async with session.get(path) as answer:
        assert answer.status == 200
        return await answer.text()


async def test_the_overview_names_readers_their_time_and_their_doors() -> None:
    async with opened() as (_, session, __):
        text = await page(session, "/")
    assert "Asia/Tokyo, 16:00 there now" in text
    assert "Europe/Oslo, 08:00 there now" in text
    for door in (
        'href="/mail/1"',
        'href="/chat/7#last"',
        f'href="{DESK}"',
        'href="http://127.0.0.1:1/preferences/t"',
    ):
        assert door in text


async def test_a_mail_is_shown_as_sent_as_text_as_source_and_by_its_headers() -> None:
    async with opened() as (_, session, __):
        sent = await page(session, "/mail/1")
        text = await page(session, "/mail/1?view=text")
        source = await page(session, "/mail/1?view=source")
        headers = await page(session, "/mail/1?view=headers")
        async with session.get("/mail/1.eml") as answer:
            assert await answer.read() == letter()
    assert "Morning &lt;digest&gt;" in sent
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in sent
    assert "&lt;b&gt;Rich&lt;/b&gt; words" in sent
    assert "&lt;head&gt;&lt;base target=&#34;_blank&#34;&gt;" in sent
    assert "Plain words for Łódź" in text
    assert "Content-Type: multipart/alternative" in source
    assert "<dt>List-Unsubscribe</dt><dd>&lt;https://example.org/u/1&gt;</dd>" in headers
    assert "<dt>Envelope sender</dt><dd>bounces@example.org</dd>" in headers


@pytest.mark.parametrize("path", ["/mail/0", "/mail/2", "/mail/1?view=raw", "/chat/8", "/none"])
async def test_what_is_not_there_is_not_found(path: str) -> None:
    async with opened() as (_, session, __), session.get(path) as answer:
        assert answer.status == 404


async def test_a_chat_shows_both_sides_with_their_format_and_buttons() -> None:
    async with opened() as (_, session, api):
        api.user_says(7, "/help <me>")
        async with telegram.Bot(api.token, base_url=api.base_url) as bot:
            await bot.set_my_commands([("help", "What I can do")])
            sent = await bot.send_message(
                7,
                '<b>Hot &amp; new</b> 😀 <a href="https://example.org/a">story</a> or /topics\n'
                "<blockquote>why <i>you</i></blockquote><pre>x = 1</pre>",
                parse_mode="HTML",
                reply_markup=telegram.InlineKeyboardMarkup(
                    [[telegram.InlineKeyboardButton("Mute", callback_data="m:1")]]
                ),
            )
            gone = await bot.send_message(7, "secret")
            await bot.delete_message(7, gone.message_id)
        text = await page(session, "/chat/7")
    assert '<span class="bold">Hot &amp; new</span>' in text
    assert 'href="https://example.org/a"' in text
    assert 'name="text" value="/topics"' in text
    assert '<blockquote><span class="">why </span><span class="italic">you</span>' in text
    assert '<pre><span class="">x = 1</span></pre>' in text
    assert f'name="message_id" value="{sent.message_id}"' in text
    assert 'name="data" value="m:1"' in text
    assert "&lt;me&gt;" in text
    assert "secret" not in text.partition("<main")[2]
    assert "This message was deleted." in text
    assert "/help</b><span>What I can do</span>" in text


async def test_what_a_reader_writes_reaches_the_bot() -> None:
    async with opened() as (_, session, api):
        async with session.post("/chat/7/say", data={"text": "/follow asia"}) as answer:
            assert answer.url.path == "/chat/7"
            assert "asia" in await answer.text()
        async with session.post("/chat/7/say", data={"text": "  "}) as answer:
            assert answer.status == 200
        async with telegram.Bot(api.token, base_url=api.base_url) as bot:
            (update,) = await bot.get_updates()
    assert update.message is not None
    assert update.message.text == "/follow asia"


async def test_a_press_gives_what_the_bot_answers() -> None:
    async with opened() as (_, session, api), telegram.Bot(api.token, base_url=api.base_url) as bot:
        button = telegram.InlineKeyboardButton("Mute", callback_data="m:1")
        sent = await bot.send_message(
            7, "x", reply_markup=telegram.InlineKeyboardMarkup([[button]])
        )
        given = {"message_id": str(sent.message_id), "data": "m:1"}
        headers = {"Accept": "application/json"}
        pressing = asyncio.create_task(_json(session, "/chat/7/press", given, headers))
        (query,) = await api.wait_until(lambda: list(api.queries.values()))
        await bot.answer_callback_query(query.id, "Muted")
        assert await pressing == {"text": "Muted", "alert": False}
        async with session.post("/chat/7/press", data={**given, "data": "m:2"}) as answer:
            assert answer.status == 409


async def _json(
    session: aiohttp.ClientSession, path: str, data: dict[str, str], headers: dict[str, str]
) -> object:
    async with session.post(path, data=data, headers=headers) as answer:
        return await answer.json()


async def test_pages_are_told_of_what_comes_in() -> None:
    async with opened() as (_, session, api), session.get("/events") as stream:
        assert stream.content_type == "text/event-stream"
        assert await stream.content.readuntil(b"\n\n") == b"retry: 1000\n\n"
        api.user_says(7, "hello")
        assert await stream.content.readuntil(b"\n\n") == b"data: changed\n\n"


async def test_a_link_is_previewed_with_its_story_and_picture() -> None:
    async with (
        newsroom.Newsroom() as papers,
        mailbox.Mailbox() as mail,
        botapi.BotApi() as api,
        viewer.Viewer(mail, api, papers=papers, port=0) as v,
        aiohttp.ClientSession(v.url) as session,
        telegram.Bot(api.token, base_url=api.base_url) as bot,
    ):
        entry = next(e for e in papers.entries_of("meridian") if e.image)
        api.start_chat(7)
        await bot.send_message(7, entry.url)
        text = await page(session, "/chat/7")
    assert f'<img src="{entry.image}"' in text
    assert "<b>The Meridian</b>" in text


async def test_other_names_and_other_pages_forms_are_refused() -> None:
    async with opened() as (v, session, api):
        async with session.get("/", headers={"Host": f"evil.example:{v.port}"}) as answer:
            assert answer.status == 421
        origin = {"Origin": "https://evil.example"}
        async with session.post("/chat/7/say", data={"text": "hi"}, headers=origin) as answer:
            assert answer.status == 403
        own = {"Origin": v.url}
        async with session.post("/chat/7/say", data={"text": "hi"}, headers=own) as answer:
            assert answer.status == 200
        assert [m.text for m in api.history(7)] == ["hi"]
        async with session.get("/") as answer:
            policy = answer.headers["Content-Security-Policy"]
    assert "default-src 'none'" in policy
    assert "script-src 'nonce-" in policy


async def test_the_next_free_port_is_taken() -> None:
    async with mailbox.Mailbox() as mail, botapi.BotApi() as api:
        first = viewer.Viewer(mail, api, port=0)
        async with first, viewer.Viewer(mail, api, port=first.port) as second:
            assert first.port < second.port <= first.port + 30
