"""Nobody's address, chat or token gets into a log, whatever is logged and however."""

import json
import logging
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa

from digest import logs, pipeline
from digest.demo import botapi
from tests import publishing

TOKEN = botapi.TOKEN


@pytest.fixture
def root() -> Iterator[logging.Logger]:
    """The root logger, put back afterwards."""
    found = logging.getLogger()
    names = ("digest", "subscribers", "httpx", "httpcore", "apscheduler", "aiosmtpd", "mail.log",
             "telegram", "uvicorn", "alembic")  # fmt: skip
    kept = (found.handlers[:], found.level, {n: logging.getLogger(n).level for n in names})
    yield found
    found.handlers[:], level, levels = kept
    found.setLevel(level)
    for name, level in levels.items():
        logging.getLogger(name).setLevel(level)


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("to ann.b+x@reader.example failed", "to <address> failed"),
        ("RCPT TO:<ann@xn--bcher-kva.example>", "RCPT TO:<<address>>"),
        ("to jos\u00e9@b\u00fccher.example", "to <address>"),
        (f"POST https://t.example/bot{TOKEN}/x", "POST https://t.example/bot<bot token>/x"),
        (f"token {TOKEN} is wrong", "token <bot token> is wrong"),
        ("smtp://ann:s3cret@mail.example:25", "smtp://<login>@mail.example:25"),
        ("smtp://ann%40reader.example:s3:c@ret@mail.example", "smtp://<login>@mail.example"),
        ("postgresql://digest:pa%2Fss@db/digest", "postgresql://<login>@db/digest"),
        ("GET /unsubscribe/abc.def-123~x?y=1", "GET /unsubscribe/<token>?y=1"),
        ("GET /preferences/abc", "GET /preferences/<token>"),
        ("GET /confirm/abc", "GET /confirm/<token>"),
        ("one\r\nforged line", "one\\r\\nforged line"),
        ("forged\u2028line \x1b[31mred", "forged\\u2028line \\x1b[31mred"),
        ("New chat id: -1001234567890", "New chat id: <chat>"),
        ("chat_id=4711", "chat_id=<chat>"),
    ],
)  # fmt: skip
def test_what_tells_somebody_apart_is_masked(text: str, shown: str) -> None:
    """C27, E15."""
    assert logs.masked(text) == shown


@pytest.mark.parametrize(
    "text",
    [
        "story 4711 raised",
        "12:30:01 INFO",
        "https://paper.example/2026/11/03/rates",
        "a @ b",
        "1:30",
    ],
)
def test_what_tells_nobody_apart_stays(text: str) -> None:
    assert logs.masked(text) == text


@pytest.mark.parametrize("as_json", [False, True])
def test_arguments_extras_and_traces_are_masked_too(
    root: logging.Logger, capsys: pytest.CaptureFixture[str], as_json: bool
) -> None:
    """C27: also what an exception brings along."""
    logs.set_up(as_json=as_json)
    logger = logging.getLogger("digest.test")
    try:
        raise ValueError(f"https://api.telegram.org/bot{TOKEN}/getMe for ann@reader.example")
    except ValueError:
        logger.exception(
            "failed for %s",
            "ann@reader.example",
            extra={"event": "x.y", "url": "smtp://a:secret@mail.example", "pair": ["b@c.example"]},
        )
    text = capsys.readouterr().err
    for secret in ("ann@", "secret", "b@c", TOKEN, TOKEN.partition(":")[2]):
        assert secret not in text
    assert "x.y" in text
    if as_json:
        document = json.loads(text)
        assert (document["level"], document["event"]) == ("error", "x.y")


def test_other_loggers_that_write_whole_urls_are_kept_quiet(
    root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    """C27: httpx logs the full URL, token included, at INFO."""
    logs.set_up(verbose=True)
    for name in ("httpx", "httpcore", "telegram", "apscheduler", "mail.log"):
        logging.getLogger(name).info("POST /bot%s/x", TOKEN)
    logging.getLogger("digest").debug("said")
    assert capsys.readouterr().err.count("\n") == 1
    logs.set_up(quiet=True)
    logging.getLogger("digest").warning("not said")
    logging.getLogger("digest").error("said as well")
    assert capsys.readouterr().err.count("\n") == 1


async def test_a_whole_run_logs_no_address_token_or_chat_id(
    database_url: str, tmp_path: Path, root: logging.Logger, capsys: pytest.CaptureFixture[str]
) -> None:
    """E15, C27: refusals, blocks, upgrades, floods, lost answers and a database that objects."""
    logs.set_up(verbose=True)
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(publishing.SEOUL)
        topics = sorted(press.story(seoul).topic_slugs)
        names = ("ann", "bounce-5.1.1", "bounce-4.2.2", "grey-ben", "lost")
        for name in names:
            press.add_reader(name, topics=topics, alerts=True)
        chats = [70_000_001, 70_000_002, 70_000_003, -70_000_004]
        press.chat.add_group(chats[3], kind="group", people=[botapi.Person(1, "A")], admins=[1])
        for chat_id in chats:
            press.add_reader(chat_id=chat_id)
        await press.publish()
        press.chat.block(chats[0])
        press.chat.fail_next(1, botapi.Fault.LOST_REPLY, chat_id=chats[1])
        press.chat.fail_next(1, botapi.Fault.FLOOD, chat_id=chats[2])
        new_id = press.chat.migrate(chats[3])
        await press.send()
        press.clock.forward(minutes=30)
        await press.send()
        await pipeline.raise_alerts(press.rt, [seoul])
        try:
            press.do(
                lambda session: session.execute(
                    sa.text("INSERT INTO nowhere VALUES (:a, :b)"),
                    {"a": chats[0], "b": "Ann Other"},
                )
            )
        except sa.exc.SQLAlchemyError:
            logging.getLogger("digest").exception("the database objected")
        token = press.chat.token
    text = capsys.readouterr().err
    assert "delivery.failed" in text
    assert "delivery.uncertain" in text
    assert "the database objected" in text
    for secret in (*(f"{name}@" for name in names), token.partition(":")[2], "Ann Other"):
        assert secret not in text
    for chat_id in (*chats, new_id):
        assert not re.search(rf"\b{abs(chat_id)}\b", text), [
            line for line in text.splitlines() if str(abs(chat_id)) in line
        ]


@pytest.mark.parametrize("module", ["digest.deliver.chat", "digest.web.guard", "digest.bot.talk"])
def test_whatever_has_secret_addresses_keeps_the_libraries_quiet_by_itself(module: str) -> None:
    """C27: in whatever order things are imported, and without `set_up`."""
    program = (
        f"import logging, {module}\n"
        "logging.basicConfig(level=logging.DEBUG)\n"
        "for name in ('httpx', 'httpcore.http11', 'telegram.ext.ExtBot', 'aiohttp.access'):\n"
        f"    logging.getLogger(name).info('POST https://t.example/bot{TOKEN}/getMe')\n"
        "logging.getLogger('digest').info('here')\n"
    )
    ran = subprocess.run(
        [sys.executable, "-c", program], capture_output=True, text=True, check=True
    )
    assert "here" in ran.stderr
    assert TOKEN not in ran.stderr
