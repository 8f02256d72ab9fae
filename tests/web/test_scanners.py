"""Whoever opens the links of our mail without being asked to, changes nothing; one click does."""

import re
from collections.abc import Iterator
from email import message_from_bytes, policy
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from digest import compose, notices, runtime
from digest.storage import outbox
from subscribers import directory, tables
from tests.web import making
from tests.web.conftest import Reader

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}
ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def rt(tmp_path: Path, clock: making.Clock) -> Iterator[runtime.Runtime]:
    with making.opened(tmp_path, clock, smtp=SMTP) as opened:
        yield opened


def _mail(session: sa.Connection, rt: runtime.Runtime, kind: notices.Notice) -> bytes:
    """The notice of a kind that waits in the outbox."""
    [one] = [
        one
        for one in outbox.listing(session)
        if one.kind.value == "notice" and notices.of_unit(one.unit_id) is kind
    ]
    reach = directory.reach(session, [one.channel_id], now=rt.clock())[one.channel_id]
    return compose.notice_message(rt, one, reach).data


def _links(data: bytes) -> list[str]:
    """Every path of ours in a mail: header, text and HTML."""
    mail = message_from_bytes(data, policy=policy.default)
    parts = [part for part in mail.walk() if part.get_content_maintype() == "text"]
    texts = [str(mail["List-Unsubscribe"] or ""), *(part.get_content() for part in parts)]
    paths = re.findall(rf"{re.escape(making.BASE)}(/[\w/.-]*)", " ".join(texts))
    return list(dict.fromkeys(path for path in paths if "/static/" not in path))


def _all_people(session: sa.Connection) -> list[object]:
    return [
        tuple(tuple(row) for row in session.execute(sa.select(table)))
        for table in tables.metadata.sorted_tables
    ]


@pytest.mark.parametrize("kind", list(notices.Notice))
async def test_a_scanner_that_opens_every_link_twice_changes_nothing(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, kind: notices.Notice
) -> None:
    """B1, B2: GET and HEAD of whatever a mail holds, for every kind of notice."""
    await rt.db.run(notices.put, rt, kind, reader.channel_id, now=rt.clock())
    paths = _links(await rt.db.read(_mail, rt, kind))
    before = await rt.db.read(_all_people)
    for path in paths * 2:
        for method in ("GET", "HEAD"):
            answer = await browser.request(method, path)
            assert answer.status_code < 500
    assert await rt.db.read(_all_people) == before
    assert [one for one in paths if one != "/"]


@pytest.mark.parametrize(
    "kind", [notices.Notice.WELCOME, notices.Notice.LINK, notices.Notice.LINKED]
)
async def test_one_click_leaves_from_every_notice_that_carries_it(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, kind: notices.Notice
) -> None:
    """B3, B4."""
    await rt.db.run(notices.put, rt, kind, reader.channel_id, now=rt.clock())
    mail = message_from_bytes(await rt.db.read(_mail, rt, kind), policy=policy.default)
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    [address] = re.findall(rf"<{re.escape(making.BASE)}([^>]+)>", str(mail["List-Unsubscribe"]))
    assert (await browser.post(address, data=ONE_CLICK)).status_code == 200
    assert reader.now().state == "unsubscribed"


@pytest.mark.parametrize("kind", [notices.Notice.CONFIRM, notices.Notice.ADDRESS])
async def test_what_is_sent_before_a_yes_carries_no_way_out_that_does_nothing(
    rt: runtime.Runtime, reader: Reader, kind: notices.Notice
) -> None:
    """B4, B7: silence is the way out."""
    await rt.db.run(notices.put, rt, kind, reader.channel_id, now=rt.clock())
    mail = message_from_bytes(await rt.db.read(_mail, rt, kind), policy=policy.default)
    assert mail["List-Unsubscribe"] is None
