"""The door for hubs: who may come in, what is believed, and what is answered."""

import hmac
import logging
from collections.abc import AsyncIterator, Iterator
from datetime import timedelta
from pathlib import Path

import httpx
import pytest
import sqlalchemy as sa

from digest import hubs, model, runtime
from digest.collect import websub
from digest.storage import database, entries, pushes, sources
from digest.web import application
from tests.web import making

HUB = "https://hub.example/"
TOPIC = "https://courier.example/feed"
CALLBACK = "c" * 32
HOOK = f"/hooks/websub/{CALLBACK}"
FEED = b"<rss version='2.0'><channel><title>Courier</title>%s</channel></rss>"
SHIPS = FEED % b"<item><guid>1</guid><title>Ships return to the old harbour</title></item>"


def add(session: sa.Connection, hub_url: str = HUB) -> model.Source:
    source, _ = sources.add(
        session, url=TOPIC, kind=model.SourceKind.FEED, title="Courier", category="", own=False,
        now=making.NOW - timedelta(days=1),
    )  # fmt: skip
    pushes.ask(session, pushes.Wish(source.id, hub_url, TOPIC, None), CALLBACK, now=making.NOW)
    return source


@pytest.fixture
def source(rt: runtime.Runtime) -> model.Source:
    with rt.db.begin() as session:
        return add(session)


def push(rt: runtime.Runtime) -> pushes.Push:
    with rt.db.reading() as session:
        found = pushes.find(session, CALLBACK)
    assert found is not None
    return found


def titles(rt: runtime.Runtime) -> list[str]:
    with rt.db.reading() as session:
        return sorted(entry.title for entry in entries.latest(session, 100))


def next_poll(rt: runtime.Runtime) -> object:
    with rt.db.reading() as session:
        return sources.listing(session)[0].next_poll_at


def signed(rt: runtime.Runtime, payload: bytes, name: str = "sha256") -> dict[str, str]:
    secret = websub.secret_of(rt.keys[0], CALLBACK).encode()
    return {"X-Hub-Signature": f"{name}={hmac.new(secret, payload, name).hexdigest()}"}


def question(**given: str) -> dict[str, str]:
    usual = {"mode": "subscribe", "topic": TOPIC, "challenge": "<b>1", "lease_seconds": "3600"}
    return {f"hub.{name}": value for name, value in (usual | given).items()}


async def test_what_we_asked_for_is_confirmed_in_plain_text(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: model.Source
) -> None:
    """E11: the challenge is somebody else's text on our address."""
    answer = await browser.get(HOOK, params=question())
    assert (answer.status_code, answer.text) == (200, "<b>1")
    assert answer.headers["content-type"] == "text/plain; charset=utf-8"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert push(rt).state is pushes.State.ACTIVE
    assert push(rt).lease_until == making.NOW + timedelta(hours=1)


@pytest.mark.parametrize(
    "given",
    [
        {"topic": "https://other.example/feed"},
        {"topic": TOPIC + "/"},
        {"mode": "unsubscribe"},
        {"mode": "publish"},
        {"challenge": ""},
        {"mode": ""},
    ],
)
async def test_what_we_did_not_ask_for_is_not_found_and_changes_nothing(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: model.Source, given: dict[str, str]
) -> None:
    """E12."""
    before = push(rt)
    answer = await browser.get(HOOK, params=question(**given))
    assert answer.status_code == 404
    assert "<b>1" not in answer.text
    assert push(rt) == before


async def test_an_unknown_callback_is_not_found(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: model.Source
) -> None:
    other = "/hooks/websub/" + "d" * 32
    assert (await browser.get(other, params=question())).status_code == 404
    assert (await browser.post(other, content=SHIPS, headers=signed(rt, SHIPS))).status_code == 404
    assert titles(rt) == []


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha512"])
async def test_a_signed_push_is_kept_when_it_is_answered_and_has_its_story_soon(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: model.Source, name: str
) -> None:
    """E12."""
    answer = await browser.post(HOOK, content=SHIPS, headers=signed(rt, SHIPS, name))
    assert answer.status_code == 202
    with rt.db.reading() as session:
        [entry] = entries.latest(session, 9)
        assert entries.stories_of(session, [int(entry.id)])
    assert entry.title == "Ships return to the old harbour"
    assert (push(rt).n_pushes, push(rt).pushed_at) == (1, making.NOW)


async def test_the_same_push_twice_is_one_entry(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: model.Source
) -> None:
    for _ in range(2):
        assert (
            await browser.post(HOOK, content=SHIPS, headers=signed(rt, SHIPS))
        ).status_code == 202
    assert len(titles(rt)) == 1


@pytest.mark.parametrize("kind", ["none", "other secret", "other payload", "no algorithm"])
async def test_a_push_that_is_not_signed_as_asked_is_answered_well_and_ignored(
    rt: runtime.Runtime,
    browser: httpx.AsyncClient,
    source: model.Source,
    caplog: pytest.LogCaptureFixture,
    kind: str,
) -> None:
    """E12: WebSub, 7.1: whoever guesses learns nothing."""
    headers = {
        "none": {},
        "other secret": {"X-Hub-Signature": "sha256=" + "0" * 64},
        "other payload": signed(rt, SHIPS + b" "),
        "no algorithm": {"X-Hub-Signature": "md5=" + "0" * 40},
    }[kind]
    with caplog.at_level(logging.WARNING):
        answer = await browser.post(HOOK, content=SHIPS, headers=headers)
    assert (answer.status_code, answer.content) == (202, b"")
    assert titles(rt) == []
    assert next_poll(rt) is None
    assert push(rt).n_pushes == 0
    assert [one.event for one in caplog.records if hasattr(one, "event")] == ["push.unsigned"]
    assert CALLBACK not in caplog.text


async def test_a_hub_without_tls_is_told_no_secret_and_its_pushes_only_have_us_read(
    rt: runtime.Runtime, browser: httpx.AsyncClient, clock: making.Clock
) -> None:
    """E12: anybody on the way knows the address, so what comes there is no news."""
    with rt.db.begin() as session:
        source = add(session, hub_url="http://hub.example/")
        # Read ten seconds ago: a flood of pushes is no flood of readings.
        clock.forward(seconds=10)
        poll = sources.Poll(source.id, at=making.NOW)
        sources.record_poll(session, source, poll, next_poll_at=making.NOW + timedelta(hours=1))
    for _ in range(3):
        assert (await browser.post(HOOK, content=SHIPS)).status_code == 202
    assert titles(rt) == []
    assert next_poll(rt) == making.NOW + hubs.SOON


@pytest.mark.parametrize(
    "payload", [b"", b"ping", b"<html><p>new!</p></html>", b"\xff" * 30, b'{"a": ' * 2000]
)
async def test_a_signed_push_that_is_no_feed_has_the_source_read_at_once(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: model.Source, payload: bytes
) -> None:
    answer = await browser.post(HOOK, content=payload, headers=signed(rt, payload))
    assert answer.status_code == 202
    assert next_poll(rt) == making.NOW


async def test_a_feed_larger_than_any_form_is_taken_and_one_larger_than_any_feed_is_not(
    tmp_path: Path, clock: making.Clock
) -> None:
    """E2."""
    with making.opened(tmp_path, clock, collect={"max_bytes": 500_000}) as rt:
        with rt.db.begin() as session:
            add(session)
        text = b"<item><guid>1</guid><title>Ships</title><description>%s</description></item>"
        async with making.asking(rt) as browser:
            large = FEED % (text % (b"A calm sea. " * 30_000))
            answer = await browser.post(HOOK, content=large, headers=signed(rt, large))
            assert answer.status_code == 202
            assert titles(rt) == ["Ships"]
            large = FEED % (text % (b"A calm sea. " * 60_000))
            answer = await browser.post(HOOK, content=large, headers=signed(rt, large))
            assert (answer.status_code, answer.content) == (413, b"")


@pytest.mark.parametrize("state", [pushes.State.ENDED, pushes.State.REFUSED])
async def test_a_push_nobody_waits_for_hears_gone(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: model.Source, state: pushes.State
) -> None:
    with rt.db.begin() as session:
        pushes.change(session, push(rt), state=state)
    answer = await browser.post(HOOK, content=SHIPS, headers=signed(rt, SHIPS))
    assert answer.status_code == 410
    assert titles(rt) == []


class _FullDiskError(Exception):
    pass


@pytest.fixture
async def breaking_browser(rt: runtime.Runtime) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(application.create(rt), raise_app_exceptions=False)
    async with httpx.AsyncClient(transport=transport, base_url=making.BASE) as browser:
        yield browser


@pytest.fixture
def full_disk(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Nothing can be committed."""

    def refuse(*_: object, **__: object) -> None:
        raise _FullDiskError

    with monkeypatch.context() as patched:
        patched.setattr(entries, "keep", refuse)
        yield


async def test_a_push_that_cannot_be_kept_is_the_hubs_to_repeat(
    rt: runtime.Runtime,
    breaking_browser: httpx.AsyncClient,
    source: model.Source,
    full_disk: None,
) -> None:
    answer = await breaking_browser.post(HOOK, content=SHIPS, headers=signed(rt, SHIPS))
    assert answer.status_code == 500
    assert push(rt).n_pushes == 0


async def test_what_a_crash_left_after_the_answer_is_finished_by_the_next_round(
    rt: runtime.Runtime,
    breaking_browser: httpx.AsyncClient,
    source: model.Source,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from digest import pipeline

    async def die(_: object) -> None:
        raise _FullDiskError

    with monkeypatch.context() as patched:
        patched.setattr(pipeline, "place_stories", die)
        answer = await breaking_browser.post(HOOK, content=SHIPS, headers=signed(rt, SHIPS))
    assert answer.status_code == 202
    with rt.db.reading() as session:
        assert len(entries.unplaced(session)) == 1
    await pipeline.place_stories(rt)
    with rt.db.reading() as session:
        assert entries.unplaced(session) == ()


def test_the_database_of_a_subscription_holds_no_secret(
    rt: runtime.Runtime, source: model.Source
) -> None:
    """E13."""
    secret = websub.secret_of(rt.keys[0], CALLBACK)
    with rt.db.reading() as session:
        assert secret not in repr(_everything(session))


def _everything(session: database.Session) -> list[object]:
    tables = sa.MetaData()
    tables.reflect(session)
    return [session.execute(sa.select(one)).all() for one in tables.tables.values()]
