"""The door for the publisher's own system: proof, repeats, and sentences for what is wrong."""

import hashlib
import hmac
import json
import logging
from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest import cms, model, runtime
from digest.storage import entries, pushes, sources
from digest.web import hooks
from tests.web import making

SECRET = "s" * 40
SHIPS = {"id": "42", "title": "Ships return", "url": "https://courier.example/42-ships"}
EVENT: dict[str, Any] = {"id": "evt-1", "event": "published", "entry": SHIPS}


@pytest.fixture
def rt(tmp_path: Path, clock: making.Clock) -> Iterator[runtime.Runtime]:
    with making.opened(tmp_path, clock, cms={"secret": SECRET}) as opened:
        with opened.db.begin() as session:
            add(session, "https://courier.example/feed", own=True)
            add(session, "https://wire.example/feed")
        yield opened


def add(session: Any, url: str, *, own: bool = False) -> int:
    source, _ = sources.add(
        session, url=url, kind=model.SourceKind.FEED, title=url.split("/")[2], category="",
        own=own, now=making.NOW - timedelta(days=1),
    )  # fmt: skip
    return source.id


def signed(payload: bytes, at: datetime = making.NOW, secret: str = SECRET) -> dict[str, str]:
    timestamp = str(int(at.timestamp()))
    told = timestamp.encode() + b"." + payload
    mac = hmac.new(secret.encode(), told, hashlib.sha256).hexdigest()
    return {"X-Digest-Timestamp": timestamp, "X-Digest-Signature": f"sha256={mac}"}


async def say(browser: httpx.AsyncClient, event: object, **given: Any) -> httpx.Response:
    payload = event if isinstance(event, bytes) else json.dumps(event).encode()
    return await browser.post(hooks.CMS, content=payload, headers=signed(payload, **given))


def titles(rt: runtime.Runtime) -> list[str]:
    with rt.db.reading() as session:
        return sorted(entry.title for entry in entries.latest(session, 100))


def test_the_signature_is_an_hmac_of_time_dot_body() -> None:
    """E12: this one was made with `openssl dgst -sha256 -hmac key`."""
    made = "9d713ed406bb7076d4123f0dc2c39d2df5c654ed4b0cd56b52c8b4c940bd63ae"
    now = datetime.fromtimestamp(1_700_000_000, making.NOW.tzinfo)
    cms.verify(b"key", "1700000000", f"sha256={made}", b"{}", now=now)
    cms.verify(b"key", "1700000000", f"sha256={made.upper()}", b"{}", now=now)
    for key, payload in ((b"kez", b"{}"), (b"key", b"[]")):
        with pytest.raises(cms.RefusedError):
            cms.verify(key, "1700000000", f"sha256={made}", payload, now=now)


async def test_without_a_secret_the_door_is_closed(tmp_path: Path, clock: making.Clock) -> None:
    """E12."""
    with making.opened(tmp_path, clock) as rt:
        async with making.asking(rt) as browser:
            payload = json.dumps(EVENT).encode()
            for secret in ("", SECRET):
                headers = signed(payload, secret=secret)
                answer = await browser.post(hooks.CMS, content=payload, headers=headers)
                assert answer.status_code == 404


async def test_a_signed_entry_is_kept_with_its_story(
    rt: runtime.Runtime, browser: httpx.AsyncClient
) -> None:
    answer = await say(browser, EVENT)
    assert (answer.status_code, answer.json()) == (
        202,
        {"id": "evt-1", "event": "published", "source": 1, "kept": True},
    )
    with rt.db.reading() as session:
        [entry] = entries.latest(session, 9)
        assert entries.stories_of(session, [int(entry.id)])
    assert (entry.title, entry.source, entry.own) == ("Ships return", "courier.example", True)


@pytest.mark.parametrize("kind", ["none", "secret", "body", "time", "old", "early", "sha1", "text"])
async def test_a_word_without_proof_is_refused_and_changes_nothing(
    rt: runtime.Runtime, browser: httpx.AsyncClient, caplog: pytest.LogCaptureFixture, kind: str
) -> None:
    """E12."""
    payload = json.dumps(EVENT).encode()
    five = timedelta(minutes=5, seconds=1)
    good = signed(payload)
    headers = {
        "none": {},
        "secret": signed(payload, secret="t" * 40),
        "body": signed(payload + b" "),
        "time": good | {"X-Digest-Timestamp": str(int(making.NOW.timestamp()) + 1)},
        "old": signed(payload, at=making.NOW - five),
        "early": signed(payload, at=making.NOW + five),
        "sha1": {**good, "X-Digest-Signature": "sha1=" + "0" * 40},
        "text": {"X-Digest-Timestamp": "now", "X-Digest-Signature": good["X-Digest-Signature"]},
    }[kind]
    with caplog.at_level(logging.WARNING):
        answer = await browser.post(hooks.CMS, content=payload, headers=headers)
    assert answer.status_code == 401
    assert answer.json()["error"].endswith(".")
    assert titles(rt) == []
    assert [one.event for one in caplog.records if hasattr(one, "event")] == ["cms.refused"]


@pytest.mark.parametrize("minutes", [-5, 0, 5])
async def test_clocks_may_differ_by_five_minutes(
    rt: runtime.Runtime, browser: httpx.AsyncClient, minutes: int
) -> None:
    at = making.NOW + timedelta(minutes=minutes)
    assert (await say(browser, EVENT, at=at)).status_code == 202


async def test_an_event_counts_once_and_its_repeat_does_nothing(
    rt: runtime.Runtime, browser: httpx.AsyncClient, clock: making.Clock
) -> None:
    """E12: also when it is signed again with another body."""
    await say(browser, EVENT)
    again = EVENT | {"entry": SHIPS | {"title": "Ships sunk"}}
    answer = await say(browser, again)
    assert (answer.status_code, answer.json()) == (200, {"id": "evt-1", "known": True})
    assert titles(rt) == ["Ships return"]
    clock.forward(days=2)
    with rt.db.begin() as session:
        pushes.forget_taken(session, clock() - timedelta(days=1))
    assert (await say(browser, EVENT, at=clock())).status_code == 202


async def test_an_updated_entry_replaces_what_was_known(
    rt: runtime.Runtime, browser: httpx.AsyncClient
) -> None:
    await say(browser, EVENT)
    entry = SHIPS | {"title": "Ships return late"}
    await say(browser, {"id": 2, "event": "updated", "entry": entry})
    assert titles(rt) == ["Ships return late"]


@pytest.mark.parametrize(
    "source", [2, "2", "https://wire.example/feed", "https://wire.example/feed/"]
)
async def test_a_source_is_named_by_its_id_or_address(
    rt: runtime.Runtime, browser: httpx.AsyncClient, source: object
) -> None:
    answer = await say(browser, EVENT | {"source": source})
    assert answer.json()["source"] == 2


async def test_without_an_entry_the_source_is_read_soon(
    rt: runtime.Runtime, browser: httpx.AsyncClient, clock: making.Clock
) -> None:
    with rt.db.begin() as session:
        source = sources.listing(session)[1]
        poll = sources.Poll(2, making.NOW)
        at = making.NOW + timedelta(hours=1)
        sources.record_poll(session, source, poll, next_poll_at=at)
    answer = await say(browser, {"id": "1", "event": "updated", "source": 2})
    assert (answer.status_code, answer.json()["reading"]) == (202, True)
    with rt.db.reading() as session:
        # It was read by the time the request ended; inside it nothing is read, so that failed.
        assert sources.listing(session)[1].failures == 1


@pytest.mark.parametrize(
    "named",
    [
        {"url": SHIPS["url"]},
        {"url": SHIPS["url"] + "/?utm_source=cms"},
        {"entry": {"id": "42"}},
        {"entry": {"id": "changed since", "url": SHIPS["url"]}},
        {"number": 4200},
    ],
)
async def test_what_is_withdrawn_is_found_by_id_address_or_number(
    rt: runtime.Runtime, browser: httpx.AsyncClient, named: dict[str, Any]
) -> None:
    await say(browser, EVENT | {"number": 4200})
    answer = await say(browser, {"id": "w", "event": "withdrawn", **named})
    assert (answer.status_code, answer.json()["withdrawn"]) == (200, True)
    with rt.db.reading() as session:
        [entry] = entries.latest(session, 9)
        assert entries.withdrawn(session, [entry.id]) == {entry.id}
    again = await say(browser, {"id": "w2", "event": "withdrawn", **named})
    assert (again.status_code, again.json()["withdrawn"]) == (200, False)


@pytest.mark.parametrize(
    ("event", "status", "words"),
    [
        (b"{", 400, "not valid JSON at character"),
        (b"\xff\xfe{", 400, "not valid JSON"),
        (b"[" * 100_000, 400, "not valid JSON"),
        ([], 400, "must be a JSON object"),
        ({"event": "published"}, 400, '"id": field required'),
        ({"id": "", "event": "published"}, 400, '"id": '),
        ({"id": True, "event": "published"}, 400, '"id": '),
        ({"id": "1", "event": "deleted"}, 400, "'published', 'updated', 'withdrawn' or 'breaking'"),
        (EVENT | {"source": True}, 400, '"source": must be the id or the url of a source'),
        (EVENT | {"entry": "42"}, 400, '"entry": '),
        (EVENT | {"entry": {"id": "1"}}, 400, 'In the entry: "title" is missing'),
        (EVENT | {"entry": SHIPS | {"published_at": "today"}}, 400, '"published_at" must be'),
        (EVENT | {"entry": SHIPS | {"updated_at": "2099-01-01T00:00:00Z"}}, 422, "cannot be true"),
        (EVENT | {"entry": SHIPS | {"url": "javascript:alert(1)"}}, 422, '"url" must be an http'),
        (EVENT | {"source": 9}, 404, "there is no source '9'"),
        ({"id": "1", "event": "withdrawn", "url": "https://x.example/1"}, 404, "no such entry"),
        ({"id": "1", "event": "breaking", "number": 7}, 404, "no such entry"),
        ({"id": "1", "event": "breaking"}, 404, "no such entry"),
        ({"id": "1", "event": "withdrawn", "number": -1}, 400, '"number": '),
    ],
)  # fmt: skip
async def test_what_is_wrong_is_said_in_a_sentence(
    rt: runtime.Runtime, browser: httpx.AsyncClient, event: object, status: int, words: str
) -> None:
    answer = await say(browser, event)
    assert (answer.status_code, list(answer.json())) == (status, ["error"])
    assert words in answer.json()["error"]
    assert titles(rt) == []


async def test_with_several_own_sources_one_must_be_named(
    rt: runtime.Runtime, browser: httpx.AsyncClient
) -> None:
    with rt.db.begin() as session:
        add(session, "https://courier.example/sport", own=True)
    answer = await say(browser, EVENT)
    assert answer.status_code == 422
    assert "there are 2 sources of our own" in answer.json()["error"]


async def test_a_body_over_a_megabyte_is_refused(
    rt: runtime.Runtime, browser: httpx.AsyncClient
) -> None:
    """E2."""
    within = EVENT | {"entry": SHIPS | {"body": "word " * 190_000}}
    assert (await say(browser, within)).status_code == 202
    answer = await say(browser, EVENT | {"entry": SHIPS | {"body": "word " * 210_000}})
    assert (answer.status_code, "1,000,000" in answer.json()["error"]) == (413, True)


async def test_who_guesses_is_stopped_and_the_publisher_is_not(
    rt: runtime.Runtime, browser: httpx.AsyncClient
) -> None:
    """E16."""
    for _ in range(hooks.FORGED):
        assert (await say(browser, EVENT, secret="t" * 40)).status_code == 401
    assert (await say(browser, EVENT, secret="t" * 40)).status_code == 429
    assert (await say(browser, EVENT)).status_code == 202
