"""What somebody learns and does who asks for other people's addresses: nothing, and little."""

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest
from starlette import types

from digest import dispatch, runtime, signup
from digest.demo import mailbox
from digest.web import application, flood, joining
from subscribers import suppression, tokens
from tests.web import making

KINDS = ("fresh", "known", "left", "refused", "asked")


@pytest.fixture
async def mail() -> AsyncIterator[mailbox.Mailbox]:
    async with mailbox.Mailbox() as box:
        yield box


@pytest.fixture
def rt(
    tmp_path: Path, clock: making.Clock, mail: mailbox.Mailbox, monkeypatch: pytest.MonkeyPatch
) -> Iterator[runtime.Runtime]:
    monkeypatch.setattr(joining, "ANSWER_SECONDS", 0.0)
    smtp = {"url": f"smtp://127.0.0.1:{mail.port}", "sender": "C <digest@courier.example>"}
    with making.opened(tmp_path, clock, smtp=smtp) as opened:
        yield opened


def _form(rt: runtime.Runtime, email: str) -> dict[str, str]:
    """The front page's form, as somebody sends it who took their time."""
    opened = int(rt.clock().timestamp()) - 20
    ends = rt.clock() + timedelta(hours=1)
    token = tokens.sign(rt.keys, joining.FORM, opened, expires_at=ends)
    return {"opened": token, "email": email, "send_at": "08:00", "time_zone": "UTC"}


@asynccontextmanager
async def _from_anywhere(rt: runtime.Runtime) -> AsyncIterator[httpx.AsyncClient]:
    """One application, asked from the address that `X-From` names."""
    app = application.create(rt)

    async def moved(scope: types.Scope, receive: types.Receive, send: types.Send) -> None:
        named = dict(scope["headers"])[b"x-from"].decode()
        await app({**scope, "client": (named, 4000)}, receive, send)

    transport = httpx.ASGITransport(moved)
    async with httpx.AsyncClient(transport=transport, base_url=making.BASE) as browser:
        yield browser


async def _people(rt: runtime.Runtime) -> None:
    """One address of every kind we could know, all equally long."""
    await rt.db.run(making.reader, email="known@a.example")
    gone = await rt.db.run(making.reader, email="left0@a.example")
    leaving = gone.channels[0].id
    await rt.db.run(signup.leave, leaving, "everything", now=making.NOW, how=signup.HOW)
    await rt.db.run(
        suppression.suppress, key=rt.keys[-1], kind="email", address="noway@a.example",
        reason="complained", now=making.NOW,
    )  # fmt: skip
    wishes = signup.Wishes((), "daily", making.NOW.time(), "UTC", alerts=False)
    asked = signup.Request("asked@a.example", wishes, wording="w")
    await rt.db.run(signup.join, rt, asked, now=making.NOW)


ADDRESSES = ("fresh@a.example", "known@a.example", "left0@a.example", "noway@a.example",
             "asked@a.example")  # fmt: skip


@pytest.mark.parametrize("path", ["/", "/embed"])
async def test_answers_are_equal_byte_by_byte_whatever_is_known_of_the_address(
    rt: runtime.Runtime, path: str
) -> None:
    """B9: text, status, size and headers; each asks the database for one piece of work."""
    await _people(rt)
    done: list[Any] = []
    ran = rt.db.run

    async def counted(work: Any, *args: Any, **named: Any) -> Any:
        done[-1].append(work)
        return await ran(work, *args, **named)

    rt.db.run = counted  # type: ignore[method-assign]
    answers = []
    async with making.asking(rt) as browser:
        for address in ADDRESSES:
            done.append([])
            answer = await browser.post(path, data=_form(rt, address), headers=making.own(rt))
            told = answer.content.replace(address.encode(), b"ADDRESS")
            answers.append((answer.status_code, told, sorted(answer.headers.items())))
    assert answers[0][0] == 200
    assert [answer == answers[0] for answer in answers] == [True] * len(ADDRESSES)
    assert done == [[signup.join]] * len(ADDRESSES)


async def test_every_answer_waits_for_the_end_of_an_equal_stretch(
    rt: runtime.Runtime, monkeypatch: pytest.MonkeyPatch
) -> None:
    """B9: however long the work took, and also when it took more than one stretch."""
    monkeypatch.setattr(joining, "ANSWER_SECONDS", 0.25)
    moment, ended = 0.0, []

    def now() -> float:
        return moment

    async def sleep(seconds: float) -> None:
        ended.append(moment + seconds - began)

    monkeypatch.setattr("digest.web.joining.time.monotonic", now)
    monkeypatch.setattr("digest.web.joining.asyncio.sleep", sleep)
    for began, took in ((5.0, 0.0), (7.0, 0.015625), (9.0, 0.25), (11.0, 0.375)):
        moment = began + took
        await joining.until_the_end_of_a_stretch(began)
    assert ended == [0.25, 0.25, 0.25, 0.5]


async def test_ten_thousand_posts_for_nine_addresses_send_nine_mails(
    rt: runtime.Runtime, clock: making.Clock, mail: mailbox.Mailbox
) -> None:
    """B8: from ten thousand networks, through both forms, over more than an hour."""
    codes: dict[int, int] = {}

    async with _from_anywhere(rt) as browser:
        for number in range(10_000):
            if number == 9_500:
                clock.forward(hours=1)
            victim = f"victim{number % 9}@domain{number % 9}.example"
            form = {"email": victim} if number % 20 == 0 else _form(rt, victim)
            path = "/embed" if number % 2 else "/"
            headers = {"X-From": f"10.{number >> 8}.{number & 255}.7"}
            answer = await browser.post(path, data=form | {"box": "1"}, headers=headers)
            codes[answer.status_code] = codes.get(answer.status_code, 0) + 1
    assert sum(codes.values()) == 10_000
    assert set(codes) == {200, 429}
    assert codes[200] == flood.IN_ALL + 500
    async with rt.senders() as senders:
        await dispatch.run(rt, senders, asyncio.Event(), until_drained=True)
    assert sorted(one.recipient for one in mail.received) == [
        f"victim{number}@domain{number}.example" for number in range(9)
    ]


async def test_a_network_and_a_domain_are_counted_besides_single_addresses(
    rt: runtime.Runtime,
) -> None:
    """B8: /24 of IPv4, /64 of IPv6, and any network for one domain."""

    async def codes(clients: list[str], domains: list[str]) -> list[int]:
        found = []
        async with _from_anywhere(rt) as browser:
            for number, client in enumerate(clients):
                form = _form(rt, f"m@{domains[number % len(domains)]}")
                answer = await browser.post("/", data=form, headers={"X-From": client})
                found.append(answer.status_code)
        return found

    spread = [f"d{number}.example" for number in range(30)]
    most = flood.PER_NETWORK
    of_one_net = [f"192.0.2.{number + 1}" for number in range(most + 1)]
    assert await codes(of_one_net, spread) == [200] * most + [429]
    of_one_home = [f"2001:db8::{number:x}" for number in range(most + 1)]
    assert await codes(of_one_home, spread) == [200] * most + [429]
    most = flood.PER_DOMAIN
    everywhere = [f"10.0.{number}.1" for number in range(most + 1)]
    assert await codes(everywhere, ["one.example"]) == [200] * most + [429]
    elsewhere = [f"10.1.{number}.1" for number in range(most + 1)]
    assert await codes(elsewhere, ["gmail.com"]) == [200] * (most + 1)
