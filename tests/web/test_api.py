"""The API: sign-ups by programs and by a publisher's own form, with errors a program can read."""

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from digest import runtime
from digest.web import flood, joining
from subscribers import history, people
from tests import checkers
from tests.web import making

SMTP = {"url": "smtp://127.0.0.1:1", "sender": "digest@courier.example"}
AT = "/api/v1/subscribers"


@pytest.fixture
def rt(
    tmp_path: Path, clock: making.Clock, monkeypatch: pytest.MonkeyPatch
) -> Iterator[runtime.Runtime]:
    monkeypatch.setattr(joining, "ANSWER_SECONDS", 0.0)
    with making.opened(tmp_path, clock, smtp=SMTP) as opened:
        yield opened


def _problem(answer: httpx.Response) -> dict[str, Any]:
    assert answer.headers["content-type"] == "application/problem+json"
    said: dict[str, Any] = answer.json()
    assert said["status"] == answer.status_code
    assert said["title"]
    return said


async def test_an_address_is_asked_with_all_that_was_chosen(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """B7, B12."""
    asked = {
        "email": "mia@example.org", "topics": ["asia", "space"], "cadence": "weekly",
        "send_at": "06:45", "time_zone": "Asia/Tokyo", "alerts": True, "form": "app-2",
    }  # fmt: skip
    answer = await browser.post(AT, json=asked)
    assert answer.status_code == 202
    assert answer.json()["status"] == "asked"
    mia = await rt.db.read(people.find, "mia@example.org")
    assert mia is not None
    assert (mia.state, mia.topics, mia.cadence) == ("pending", ("asia", "space"), "weekly")
    assert (mia.time_zone, f"{mia.send_at:%H:%M}", mia.alerts) == ("Asia/Tokyo", "06:45", True)
    record = (await rt.db.read(history.of_person, mia.id))[-1]
    assert (record.how, record.wording) == ("API app-2", answer.json()["wording"])


async def test_a_page_of_any_origin_may_ask_without_cookies(browser: httpx.AsyncClient) -> None:
    """E9: a preflight is answered for this call alone, and never with credentials."""
    headers = {"Origin": "https://courier.example", "Access-Control-Request-Method": "POST"}
    answer = await browser.options(AT, headers=headers)
    assert answer.status_code == 204
    assert answer.headers["access-control-allow-origin"] == "*"
    assert answer.headers["access-control-allow-methods"] == "POST"
    assert "access-control-allow-credentials" not in answer.headers
    answer = await browser.post(AT, json={"email": "a@example.org"}, headers=headers)
    assert (answer.status_code, answer.headers["access-control-allow-origin"]) == (202, "*")
    for path in ("/", "/embed", "/preferences/x"):
        answer = await browser.options(path, headers=headers)
        assert "access-control-allow-origin" not in answer.headers


async def test_a_slip_is_pointed_out_and_never_put_right(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """B17."""
    answer = await browser.post(AT, json={"email": "mia@gmial.com"})
    assert answer.json()["suggestion"] == "mia@gmail.com"
    assert await rt.db.read(people.find, "mia@gmial.com") is not None
    assert await rt.db.read(people.find, "mia@gmail.com") is None


@pytest.mark.parametrize(
    ("asked", "field"),
    [
        ({}, "email"),
        ({"email": 5}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "a@example.org\r\nBcc: b@example.org"}, "email"),
        ({"email": "a@example.org", "topics": ["nothing"]}, "topics"),
        ({"email": "a@example.org", "topics": "asia"}, "topics"),
        ({"email": "a@example.org", "cadence": "off"}, "cadence"),
        ({"email": "a@example.org", "send_at": "25:00"}, "send_at"),
        ({"email": "a@example.org", "time_zone": "Mars/Olympus"}, "time_zone"),
        ({"email": "a@example.org", "language": "!"}, "language"),
        ({"email": "a@example.org", "form": "=HYPERLINK(1)"}, "form"),
        ({"email": "a@example.org", "admin": True}, "admin"),
        ([], "all"),
    ],
)
async def test_what_cannot_be_kept_is_named_and_nothing_is_done(
    browser: httpx.AsyncClient, rt: runtime.Runtime, asked: object, field: str
) -> None:
    answer = await browser.post(AT, json=asked)
    assert answer.status_code == 422
    assert [error["field"] for error in _problem(answer)["errors"]] == [field]
    assert await rt.db.read(people.find, "a@example.org") is None


@pytest.mark.parametrize(
    ("method", "path", "sent", "kind", "status"),
    [
        ("POST", AT, b"{", "application/json", 400),
        ("POST", AT, b'{"email": "\xff@a.example"}', "application/json", 400),
        ("POST", AT, b'{"email": "\\ud800@a.example"}', "application/json", 400),
        ("POST", AT, b"email=a@example.org", "application/x-www-form-urlencoded", 415),
        ("POST", AT, b"[" * 300_000, "application/json", 413),
        ("GET", AT, b"", "", 405),
        ("GET", "/api/v1/nothing", b"", "", 404),
        ("GET", "/api", b"", "", 404),
    ],
)
async def test_every_error_is_a_problem_document(
    browser: httpx.AsyncClient, method: str, path: str, sent: bytes, kind: str, status: int
) -> None:
    """RFC 9457."""
    answer = await browser.request(method, path, content=sent, headers={"Content-Type": kind})
    assert answer.status_code == status
    if path != "/api":
        _problem(answer)


async def test_too_many_are_told_when_to_come_back(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """B8, E16."""
    codes = []
    for number in range(flood.PLAIN_PER_NETWORK + 1):
        answer = await browser.post(AT, json={"email": f"m{number}@example.org"})
        codes.append(answer.status_code)
    assert codes == [202] * flood.PLAIN_PER_NETWORK + [429]
    assert answer.headers["retry-after"] == "3600"
    assert rt.settings.base_url in _problem(answer)["detail"]


async def test_known_and_unknown_addresses_are_answered_alike(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    """B9."""
    await rt.db.run(making.reader, email="known@example.org")
    answers = [
        await browser.post(AT, json={"email": email})
        for email in ("known@example.org", "fresh@example.org")
    ]
    assert answers[0].content == answers[1].content
    assert answers[0].headers == answers[1].headers


async def test_without_a_mail_server_it_says_so(tmp_path: Path, clock: making.Clock) -> None:
    with making.opened(tmp_path, clock) as opened:
        async with making.asking(opened) as browser:
            answer = await browser.post(AT, json={"email": "a@example.org"})
            assert (answer.status_code, _problem(answer)["title"]) == (503, "Service Unavailable")


async def test_the_description_and_the_page_made_of_it_say_the_same(
    browser: httpx.AsyncClient, rt: runtime.Runtime
) -> None:
    described = (await browser.get("/api/v1/openapi.json")).json()
    assert list(described["paths"]) == ["/v1/subscribers"]
    post = described["paths"]["/v1/subscribers"]["post"]
    assert sorted(post["responses"]) == ["202", "400", "413", "415", "422", "429", "503"]
    page = await browser.get("/api/docs")
    assert "script-src 'none'" in page.headers["content-security-policy"]
    fields = post["requestBody"]["content"]["application/json"]["schema"]["properties"]
    assert re.findall(r"<dt><code>(\w+)</code>", page.text) == list(fields)
    assert f"{rt.settings.base_url}/embed.js" in page.text
    assert checkers.vnu({"docs": page.text}) == []
