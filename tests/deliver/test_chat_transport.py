"""What was written and what was not, over real sockets (standards C2, C5, C27)."""

import asyncio
import contextlib
import json
import logging
import traceback
import urllib.parse
from collections.abc import AsyncIterator, Awaitable, Callable

import pytest
import pytest_asyncio
from hypothesis import given
from hypothesis import strategies as st

from digest import errors, model
from digest.deliver import bot_request, chat, pace
from digest.demo import botapi
from tests.deliver import answers, wire

CHAT = "424242"
MESSAGE = model.ChatMessage(CHAT, (model.ChatPart("Hello"),))
POSTED = {"ok": True, "result": {"message_id": 7, "date": 0, "chat": {"id": 1, "type": "private"}}}

Serve = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@contextlib.asynccontextmanager
async def serving(serve: Serve) -> AsyncIterator[str]:
    """A server of so little HTTP; gives its host and port."""
    ended: list[asyncio.Future[None]] = []

    async def serve_to_the_end(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ended.append(asyncio.get_running_loop().create_future())
        this = ended[-1]
        try:
            await serve(reader, writer)
            with contextlib.suppress(OSError):
                await writer.wait_closed()
        finally:
            this.set_result(None)

    server = await asyncio.start_server(serve_to_the_end, "127.0.0.1", 0)
    async with server:
        yield f"127.0.0.1:{server.sockets[0].getsockname()[1]}"
        await asyncio.gather(*ended)


async def read_request(reader: asyncio.StreamReader) -> bytes:
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split()[0])
    return head + await reader.readexactly(length)


def reply(answer: object) -> bytes:
    payload = json.dumps(answer).encode()
    return b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n%s" % (len(payload), payload)


async def outcome(url: str) -> tuple[model.Receipt | errors.DeliveryError, int]:
    """What a sender says of one message, and how often it said that it was about to write."""
    commits: list[None] = []
    async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, url)) as sender:
        try:
            receipt = await sender.send(MESSAGE, before_commit=lambda: commits.append(None))
        except errors.DeliveryError as error:
            return error, len(commits)
        return receipt, len(commits)


@pytest_asyncio.fixture
async def server() -> AsyncIterator[answers.Answers]:
    async with answers.Answers() as started:
        yield started


async def test_without_a_connection_nothing_was_begun() -> None:
    """C5: refused at the door: surely not sent, and the journal need not know of it."""
    async with serving(_close) as where:
        pass
    error, n_commits = await outcome(f"http://{where}")
    assert isinstance(error, errors.Deferred)
    assert n_commits == 0


async def _close(_: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    writer.close()


async def test_a_failed_handshake_is_no_request() -> None:
    """C5: the connection stood, the request was not written yet."""

    async def speak_plainly(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        writer.close()

    async with serving(speak_plainly) as where:
        error, n_commits = await outcome(f"https://{where}")
    assert isinstance(error, errors.Deferred)
    assert n_commits == 0


async def test_a_handshake_that_never_ends_is_no_request(monkeypatch: pytest.MonkeyPatch) -> None:
    """C5: ConnectTimeout is retry-safe."""
    monkeypatch.setattr(bot_request, "_CONNECT_SECONDS", 0.05)

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with serving(keep_silent) as where:
        error, n_commits = await outcome(f"https://{where}")
    assert isinstance(error, errors.Deferred)
    assert n_commits == 0


@pytest.mark.parametrize(
    "answer",
    [b"", b"HTTP/1.1 200 OK\r\nConte", reply(POSTED)[:-30], b"no HTTP at all\r\n\r\n"],
    ids=["nothing", "half a head", "half an answer", "something else"],
)
async def test_what_was_written_and_not_answered_in_full_is_uncertain(answer: bytes) -> None:
    """C5."""
    asked: list[bytes] = []

    async def hang_up(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        asked.append(await read_request(reader))
        writer.write(answer)
        writer.close()

    async with serving(hang_up) as where:
        error, n_commits = await outcome(f"http://{where}")
    assert isinstance(error, errors.Uncertain)
    assert (n_commits, len(asked)) == (1, 1)


async def test_an_answer_that_does_not_come_leaves_doubt(monkeypatch: pytest.MonkeyPatch) -> None:
    """C5: a read timeout."""
    monkeypatch.setattr(bot_request, "_READ_SECONDS", 0.05)

    async def keep_silent(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read()
        writer.close()

    async with serving(keep_silent) as where:
        error, _ = await outcome(f"http://{where}")
    assert isinstance(error, errors.Uncertain)


def test_the_read_timeout_is_long_enough_for_telegram() -> None:
    """C5, trap 5: the library's five seconds manufacture doubt."""
    assert chat.BotRequest().read_timeout == 25


async def test_a_connection_closed_while_it_was_idle_costs_nothing() -> None:
    """C5: the next message takes a new connection, and is in no doubt."""
    closed = asyncio.Event()

    async def serve_once(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_request(reader)
        writer.write(reply(POSTED))
        await writer.drain()
        writer.close()
        await writer.wait_closed()
        closed.set()

    async with serving(serve_once) as where:
        options = chat.ChatOptions(answers.TOKEN, f"http://{where}")
        async with chat.ChatSender(options) as sender:
            for _ in range(3):
                receipt = await sender.send(MESSAGE, before_commit=wire.ignore)
                assert receipt.ids == (7,)
                await closed.wait()
                closed.clear()
                await _noticed(sender)


async def _noticed(sender: chat.ChatSender) -> None:
    """Wait until the sender saw that its idle connections were closed."""
    session = sender._request._session
    assert session is not None
    assert session.connector is not None
    idle = session.connector._conns
    # The connector tells nobody of it.
    while any(one.is_connected() for ones in idle.values() for one, _ in ones):  # noqa: ASYNC110
        await asyncio.sleep(0)


async def test_a_flood_wait_stops_what_waits_for_a_connection() -> None:
    """C2: of a hundred under way only those already written reach Telegram after the 429."""
    async with botapi.BotApi(limits=botapi.Limits.none()) as api:
        people = [api.start_chat(number) for number in range(1, 101)]
        api.fail_next(100, botapi.Fault.FLOOD, seconds=3600)
        commits: list[None] = []
        limiter = pace.RateLimiter(1000)
        options = chat.ChatOptions(api.token, api.url)
        async with chat.ChatSender(options, limiter) as sender:

            async def submit(person: botapi.Chat) -> BaseException | None:
                sent = model.ChatMessage(str(person.id), (model.ChatPart("Hello"),))
                try:
                    await sender.send(sent, before_commit=lambda: commits.append(None))
                except errors.Deferred as error:
                    return error
                return None

            outcomes = await asyncio.gather(*(submit(person) for person in people))
        assert all(isinstance(error, errors.Deferred) for error in outcomes)
        assert 1 <= len(api.calls) <= bot_request.CONNECTIONS
        assert len(commits) == len(api.calls)
        assert limiter.held_seconds > 3500


async def test_a_refusal_between_permit_and_wire_leaves_nothing_behind(
    server: answers.Answers,
) -> None:
    """What `before_commit` raises comes out as it was, and the next message goes out."""

    class GoneError(Exception):
        pass

    def refuse() -> None:
        raise GoneError

    async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url)) as sender:
        for _ in range(20):
            with pytest.raises(GoneError):
                await sender.send(MESSAGE, before_commit=refuse)
        await sender.send(MESSAGE, before_commit=wire.ignore)
    assert server.n_requests == 1


@pytest.mark.parametrize("where", ["https://127.0.0.1:1", "http://127.0.0.1:1", "http://[::1]:1"])
async def test_no_failure_quotes_the_address_it_happened_at(
    where: str, caplog: pytest.LogCaptureFixture
) -> None:
    """C27: the libraries' own errors hold the URL, and the URL holds the token."""
    caplog.set_level(logging.DEBUG)
    error, _ = await outcome(where)
    assert isinstance(error, errors.Deferred)
    seen: list[BaseException] = [error]
    for one in seen:
        seen += [more for more in (one.__cause__, one.__context__) if more is not None]
    told = "".join(traceback.format_exception(error)) + "".join(map(repr, seen)) + caplog.text
    assert answers.TOKEN.partition(":")[2] not in told


@given(st.dictionaries(st.text("abc_", min_size=1), st.text() | st.text("%+&=;#?/ \U0001f600\n")))
def test_whatever_is_written_is_read_the_same(parameters: dict[str, str]) -> None:
    """C10: no character of a headline is lost on the way or taken for one of the form's."""
    form = bot_request._form(parameters).decode("ascii")
    assert dict(urllib.parse.parse_qsl(form, keep_blank_values=True)) == parameters


@pytest.mark.parametrize("bypass", ["", "127.0.0.1"])
async def test_the_proxy_of_the_environment_is_used(
    server: answers.Answers, monkeypatch: pytest.MonkeyPatch, bypass: str
) -> None:
    """Where only a proxy leads out; a proxy nobody answers at: surely not sent."""
    bot_request._proxy.cache_clear()
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:1")
    monkeypatch.setenv("no_proxy", bypass)
    try:
        result, n_commits = await outcome(server.url)
    finally:
        bot_request._proxy.cache_clear()
    assert isinstance(result, model.Receipt) is bool(bypass)
    assert n_commits == server.n_requests == bool(bypass)


async def test_files_go_as_parts_of_a_form() -> None:
    """The export a reader asks for, through the same transport."""
    async with botapi.BotApi(limits=botapi.Limits.none()) as api:
        api.start_chat(7)
        async with chat.ChatSender(chat.ChatOptions(api.token, api.url)) as sender:
            posted = await sender._bot.send_document(7, b"a,b\n1,2\n", filename="mine.csv")
        assert posted.document is not None
        [message] = api.messages(7)
        assert message.document == ("mine.csv", b"a,b\n1,2\n")
