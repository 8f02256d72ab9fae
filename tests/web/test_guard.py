"""What holds for every page: looking changes nothing, headers, log, errors, size."""

import logging
import re
from collections.abc import AsyncIterator
from datetime import timedelta

import fastapi
import httpx
import pytest
import sqlalchemy as sa

from digest import archive, audience, finding, runtime
from digest.web import guard, limits
from subscribers import tokens
from tests.web import making
from tests.web.conftest import Reader

PUBLIC = ("/", "/archive/", "/archive/1", "/feed/asia.xml", "/healthz", "/readyz", "/robots.txt",
          "/static/pages.css", "/static/desk.css", "/static/embed.css", "/static/signup.js",
          "/embed.js", "/favicon.ico", "/admin", "/admin/")  # fmt: skip


def _everything(rt: runtime.Runtime) -> str:
    """The whole database as text."""
    tables = sa.MetaData()
    with rt.db.reading() as session:
        tables.reflect(session)
        return repr(
            [
                (name, sorted(map(repr, session.execute(sa.select(table)))))
                for name, table in sorted(tables.tables.items())
            ]
        )


def _private(rt: runtime.Runtime, reader: Reader) -> tuple[str, ...]:
    confirm = tokens.sign(rt.keys, audience.CONFIRM, reader.channel_id)
    return (
        reader.unsubscribe,
        reader.unsubscribe_alerts,
        reader.preferences,
        f"/confirm/{confirm}",
    )


async def test_a_scanner_that_opens_every_link_twice_changes_nothing(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, edition: int
) -> None:
    """B1: GET, HEAD and OPTIONS, of every address we ever put into a message or page."""
    await finding.keep_up(rt)  # what is found in the archive follows from its editions
    before = _everything(rt)
    async with making.asking(rt, open_desk=True) as demo:
        waiting = [*PUBLIC, *_private(rt, reader), "/admin/publish", "/admin/stories/1"]
        for path in waiting:  # grows while walked
            for _ in range(2):
                for method in ("GET", "HEAD", "OPTIONS"):
                    answer = await demo.request(method, path)
                    assert answer.status_code < 500
                    if method == "HEAD":
                        assert answer.content == b""
            page = (await demo.get(path)).text
            linked = re.findall(r'href="(?:http://127\.0\.0\.1:8080)?(/[^"#]*)"', page)
            waiting += [link for link in linked if link not in waiting]
    assert len(waiting) > 40  # feeds of all topics among them
    assert _everything(rt) == before


async def test_token_pages_leave_no_trace(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """B11: no referrer, no cache, no index, nothing loaded from elsewhere, no script."""
    for path in (*_private(rt, reader), "/unsubscribe/broken"):
        answer = await browser.get(path)
        assert answer.headers["referrer-policy"] == "no-referrer"
        assert answer.headers["cache-control"] == "no-store"
        assert "noindex" in answer.headers["x-robots-tag"]
        loaded = re.findall(r'(?:src|rel="stylesheet" href)="([^"]+)"', answer.text)
        assert loaded == ["/static/pages.css"]
        assert "<script" not in answer.text


async def test_every_answer_has_the_headers_that_protect(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader, edition: int
) -> None:
    """E11."""
    for path in (*PUBLIC, *_private(rt, reader), "/nowhere"):
        headers = (await browser.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        policy = headers["content-security-policy"]
        assert "frame-ancestors 'none'" in policy
        assert "base-uri 'none'" in policy
        assert "unsafe" not in policy
        scripts = "'self'" if path == "/" else "'none'"  # ours, which guesses the zone
        assert "default-src 'none'" in policy or (
            "default-src 'self'" in policy and f"script-src {scripts};" in policy
        )


async def test_the_log_has_the_route_and_never_the_token(
    browser: httpx.AsyncClient, reader: Reader, caplog: pytest.LogCaptureFixture
) -> None:
    """B11, E15."""
    caplog.set_level(logging.DEBUG)
    await browser.get(reader.unsubscribe)
    await browser.post(reader.preferences, data={"secret": "ann@example.org"})
    await browser.get("/nowhere/ann@example.org")
    lines = [record.getMessage() for record in caplog.records if record.name == guard.__name__]
    assert lines == [
        "GET /unsubscribe/{token} 200",
        "POST /preferences/{token} 422",
        "GET - 404",
    ]
    for path in (reader.unsubscribe, reader.preferences):
        assert path.rpartition("/")[2] not in caplog.text
    assert "ann@example.org" not in "".join(lines)


async def test_an_error_shows_no_trace(
    browser: httpx.AsyncClient,
    edition: int,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    def broken(*_: object) -> None:
        raise RuntimeError("the secret inside")

    monkeypatch.setattr(archive, "open_edition", broken)
    answer = await browser.get(f"/archive/{edition}")
    assert answer.status_code == 500
    assert "Something broke on our side" in answer.text
    assert "secret inside" not in answer.text
    assert "page failed" in caplog.text  # with its trace, for the operator


@pytest.mark.parametrize("path", ["/nowhere", "/archive", "/static/x.css", "/%2e%2e/etc/passwd"])
async def test_unknown_pages_are_friendly(browser: httpx.AsyncClient, path: str) -> None:
    answer = await browser.get(path)
    assert answer.status_code == 404
    assert "There is nothing at this address" in answer.text


async def test_a_page_that_cannot_be_posted_to_says_so(browser: httpx.AsyncClient) -> None:
    answer = await browser.post("/archive/")
    assert answer.status_code == 405
    assert answer.headers["allow"]
    assert "Nothing was changed" in answer.text


async def test_a_form_too_large_is_refused_before_it_is_read(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """E17."""
    before = reader.now()
    sent = 0

    async def endless() -> AsyncIterator[bytes]:
        nonlocal sent
        while sent < 100 * guard.LARGEST_FORM_BYTES:
            sent += 60_000
            yield b"topic=asia&" * (60_000 // 11)

    headers = {"Content-Type": "application/x-www-form-urlencoded", **making.own(rt)}
    answer = await browser.post(reader.preferences, content=endless(), headers=headers)
    assert answer.status_code in {400, 413}
    assert reader.now() == before


async def test_too_many_fields_are_refused(
    browser: httpx.AsyncClient, rt: runtime.Runtime, reader: Reader
) -> None:
    """E17."""
    before = reader.now()
    form = {f"f{number}": "x" for number in range(600)}
    answer = await browser.post(reader.preferences, data=form, headers=making.own(rt))
    assert answer.status_code == 400
    assert reader.now() == before


async def test_readiness_asks_the_database_and_liveness_does_not(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """F4."""
    assert (await browser.get("/readyz")).text == "ready\n"

    def undo(session: sa.Connection) -> None:
        session.execute(sa.text("UPDATE alembic_version SET version_num = '0000'"))

    await rt.db.run(undo)
    answer = await browser.get("/readyz")
    assert answer.status_code == 503
    assert "digest migrate" in answer.text
    assert (await browser.get("/healthz")).text == "ok\n"


async def test_pages_work_below_a_path(
    clock: making.Clock, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """A proxy may hand on /digest/… without its first part."""
    base = "https://courier.example/digest"
    with making.opened(tmp_path_factory.mktemp("below"), clock, base_url=base) as rt:
        async with making.asking(rt) as asked:
            page = (await asked.get("https://courier.example/archive/")).text
    assert 'href="/digest/static/pages.css"' in page
    assert f'href="{base}/archive/"' in page


def test_a_limit_counts_by_key_and_forgets() -> None:
    """E16."""
    limit = limits.Limit(2, timedelta(hours=1))
    for _ in range(2):
        limit.take("a", making.NOW)
    limit.take("b", making.NOW)
    with pytest.raises(limits.TooManyError):
        limit.take("a", making.NOW)
    limit.forget("a")
    limit.take("a", making.NOW)


@pytest.mark.parametrize(
    ("host", "network"),
    [
        ("192.0.2.77", "192.0.2.0/24"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("unix socket", "unix socket"),
    ],
)
def test_requests_are_counted_by_network(host: str, network: str) -> None:
    """B8, E16."""
    scope = {"type": "http", "client": (host, 1), "headers": []}
    assert limits.network(fastapi.Request(scope)) == network
