"""WebSub's words: what is asked of hubs, what they ask, and which of their pushes are theirs."""

import hashlib
import hmac
from datetime import UTC, datetime

import pytest
import yarl
from aiohttp import web
from hypothesis import given
from hypothesis import strategies as st
from multidict import CIMultiDict

from digest import errors, model
from digest.collect import addresses, fetch, links, read, websub
from tests.collect import server as servers

NOW = datetime(2026, 11, 3, 9, 0, tzinfo=UTC)
TOPIC = "https://wire.example/feed"
ANYWHERE = fetch.FetchLimits(allow_private_addresses=True, total_seconds=5)


@pytest.mark.parametrize(
    ("address", "reachable"),
    [
        ("https://digest.paper.example", True),
        ("https://digest.paper.example:8443", True),
        ("http://digest.paper.example", False),
        ("https://localhost", False),
        ("https://digest", False),
        ("https://digest.localhost", False),
        ("https://digest.internal", False),
        ("https://nas.local.", False),
        ("https://127.0.0.1", False),
        ("https://10.1.2.3", False),
        ("https://[::1]", False),
        ("https://[fd00::1]", False),
        ("https://93.184.215.14", True),
        ("https://[2606:2800:21f:cb07:6820:80da:af6b:8b2c]", True),
        ("https://[", False),
    ],
)
def test_only_a_public_https_address_can_be_called_back(address: str, reachable: bool) -> None:
    assert websub.is_reachable(address, allow_private=False) is reachable


def test_where_private_addresses_are_allowed_a_hub_on_loopback_can_call_back() -> None:
    assert websub.is_reachable("http://127.0.0.1:8080", allow_private=True)


def test_a_secret_is_told_over_https_only() -> None:
    """E13: WebSub, 5.1."""
    assert websub.may_know_secret("https://hub.example/", allow_private=False)
    assert websub.may_know_secret("HTTPS://hub.example/", allow_private=False)
    assert not websub.may_know_secret("http://hub.example/", allow_private=False)
    assert websub.may_know_secret("http://127.0.0.1/", allow_private=True)


def test_each_subscription_has_a_secret_of_its_own_that_fits_the_form() -> None:
    """E13: WebSub, 5.1: less than 200 bytes."""
    secrets = {websub.secret_of(key, one) for key in (b"k" * 32, b"l" * 32) for one in "ab"}
    assert len(secrets) == 4
    assert {len(one) for one in secrets} == {64}


def test_a_wish_says_what_a_hub_must_be_told() -> None:
    form = websub.wish(
        "subscribe", callback="https://d.example/c", topic_url=TOPIC, lease_seconds=60, secret="s"
    )
    assert form == {
        "hub.callback": "https://d.example/c",
        "hub.mode": "subscribe",
        "hub.topic": TOPIC,
        "hub.lease_seconds": "60",
        "hub.secret": "s",
    }
    bare = websub.wish("unsubscribe", callback="https://d.example/c", topic_url=TOPIC)
    assert set(bare) == {"hub.callback", "hub.mode", "hub.topic"}


def signature(name: str, secret: str, payload: bytes) -> str:
    return f"{name}={hmac.new(secret.encode(), payload, name).hexdigest()}"


@pytest.mark.parametrize("name", ["sha1", "sha256", "sha384", "sha512"])
def test_a_signature_by_any_algorithm_of_the_recommendation_is_known(name: str) -> None:
    """E12: WebSub, 7.1.1."""
    header = signature(name, "new", b"feed")
    assert websub.is_signed(["new"], header, b"feed")
    assert websub.is_signed(["new"], header.upper().replace("SHA", "sha"), b"feed")
    assert websub.is_signed(["newer", "new"], header, b"feed")  # by the key before
    assert not websub.is_signed(["other"], header, b"feed")
    assert not websub.is_signed(["new"], header, b"fees")


@pytest.mark.parametrize(
    "header",
    [
        "",
        "sha256",
        "sha256=",
        "sha256=" + "g" * 64,
        "md5=" + hmac.new(b"new", b"feed", hashlib.md5).hexdigest(),
        "sha224=" + hmac.new(b"new", b"feed", hashlib.sha224).hexdigest(),
        signature("sha256", "new", b"feed")[:-2],
        signature("sha256", "new", b"feed").replace("sha256", "sha1"),
        signature("sha256", "new", b"feed") + "\n, x",
    ],
)
def test_what_is_no_signature_signs_nothing(header: str) -> None:
    """E12."""
    assert not websub.is_signed(["new"], header, b"feed")


@given(st.text(max_size=200), st.binary(max_size=50))
def test_no_header_that_was_not_made_with_the_secret_signs_anything(
    header: str, payload: bytes
) -> None:
    """E12."""
    assert not websub.is_signed(["secret"], header, payload)


def asked(**given: str) -> dict[str, str]:
    usual = {"mode": "subscribe", "topic": TOPIC, "challenge": "c", "lease_seconds": "864000"}
    return {f"hub.{name}": value for name, value in (usual | given).items()}


def test_a_hubs_question_is_read_with_its_lease() -> None:
    assert websub.intent_of(asked()) == websub.Intent("subscribe", TOPIC, "c", 864_000)


@pytest.mark.parametrize("lease", ["", "soon", "-5", "1e9", "9" * 30, "٣"])
def test_a_lease_that_is_no_number_is_none(lease: str) -> None:
    assert websub.intent_of(asked(lease_seconds=lease)) == websub.Intent("subscribe", TOPIC, "c")


@pytest.mark.parametrize(
    "query", [{}, asked(mode="publish"), asked(topic=""), asked(challenge=""), {"hub.mode": "x"}]
)
def test_what_is_no_question_of_a_hub_is_told_apart(query: dict[str, str]) -> None:
    assert websub.intent_of(query) is None


def test_a_denial_needs_no_challenge_and_its_reason_is_one_short_line() -> None:
    """E15."""
    query = asked(mode="denied", challenge="", reason="too\r\nmany\x1b[31m " + "x" * 500)
    intent = websub.intent_of(query)
    assert intent is not None
    assert intent.mode == "denied"
    assert intent.reason.startswith("too many [31m x")
    assert len(intent.reason) == 200


def test_a_pushed_document_is_read_as_the_sources_own() -> None:
    source = model.Source(id=7, url=TOPIC, title="The Wire", category="Ports", own=True)
    document = b"<rss><channel><item><title>Ships</title><guid>g</guid></item></channel></rss>"
    [entry] = websub.read_push(source, document, "application/rss+xml", NOW)
    assert (entry.id, entry.title, entry.source, entry.source_id) == ("g", "Ships", "The Wire", 7)
    assert entry.own
    assert entry.categories == ("Ports",)
    with pytest.raises(errors.NotAFeed):
        websub.read_push(source, b"<p>hello</p>", "text/html", NOW)


def links_of(*lines: str) -> tuple[str, str]:
    return links.announced(CIMultiDict(("Link", line) for line in lines), TOPIC)


@pytest.mark.parametrize(
    ("lines", "found"),
    [
        (
            ('<https://hub.example/>; rel="hub", <https://wire.example/f>; rel="self"',),
            ("https://hub.example/", "https://wire.example/f"),
        ),
        (("<https://hub.example/>; rel=hub", "</f>; rel=self"),
         ("https://hub.example/", "https://wire.example/f")),
        (('<https://a.example/>; rel="alternate hub"; title="a, b; c"',),
         ("https://a.example/", "")),
        (("<https://a.example/>;rel=hub, <https://b.example/>;rel=hub",),
         ("https://a.example/", "")),
        (('<https://a.example/>; REL="HUB"',), ("https://a.example/", "")),
        (('<https://a.example/>; rel="hubs"',), ("", "")),
        (("<javascript:alert(1)>; rel=hub",), ("", "")),
        (("https://a.example/; rel=hub",), ("", "")),
        ((), ("", "")),
    ],
)  # fmt: skip
def test_hub_and_own_address_are_read_from_link_headers(
    lines: tuple[str, ...], found: tuple[str, str]
) -> None:
    """RFC 8288; WebSub, 4."""
    assert links_of(*lines) == found


@given(st.text(alphabet='<>;=," relhubabc/:', max_size=300))
def test_no_link_header_breaks_the_reading(line: str) -> None:
    """E17."""
    hub_url, self_url = links_of(line)
    assert all(one == "" or one.startswith("http") for one in (hub_url, self_url))


async def test_headers_go_before_the_document_and_a_304_keeps_what_was_known() -> None:
    document = (
        b"<feed xmlns='http://www.w3.org/2005/Atom'><title>W</title>"
        b"<link rel='hub' href='https://other.example/'/><link rel='self' href='https://w.example/f'/>"
        b"<entry><id>1</id><title>One</title></entry></feed>"
    )
    async with servers.serving() as server, fetch.Fetcher(ANYWHERE) as fetcher:
        source = model.Source(id=1, url=server.url("/f"))
        server.routes["/f"] = web.Response(
            body=document, headers={"Link": "<https://hub.example/>; rel=hub"}
        )
        found = await read.read_source(fetcher, source, NOW)
        assert (found.hub_url, found.self_url) == ("https://hub.example/", "https://w.example/f")
        server.routes["/f"] = web.Response(status=304)
        source = model.replace(source, hub_url="https://hub.example/", self_url=TOPIC)
        found = await read.read_source(fetcher, source, NOW)
        assert (found.hub_url, found.self_url) == ("https://hub.example/", TOPIC)


async def form_of(request: web.Request) -> web.Response:
    form = await request.post()
    return web.json_response({name: str(value) for name, value in form.items()}, status=202)


@pytest.mark.parametrize("status", [307, 308])
async def test_a_form_follows_a_hub_that_moved(status: int) -> None:
    async with servers.serving() as server, fetch.Fetcher(ANYWHERE) as fetcher:
        server.routes["/old"] = web.Response(status=status, headers={"Location": "/new"})
        server.routes["/new"] = form_of
        answer = await fetcher.post(
            server.url("/old"), {"hub.mode": "subscribe", "hub.secret": "s"}
        )
        assert answer.status == 202
        assert answer.body == b'{"hub.mode": "subscribe", "hub.secret": "s"}'
        assert [one.method for one in server.seen] == ["POST", "POST"]


@pytest.mark.parametrize("status", [301, 302, 303])
async def test_a_redirect_that_drops_the_form_is_an_error(status: int) -> None:
    async with servers.serving() as server, fetch.Fetcher(ANYWHERE) as fetcher:
        server.routes["/old"] = web.Response(status=status, headers={"Location": "/new"})
        server.routes["/new"] = "never asked"
        with pytest.raises(errors.FetchError, match="would drop the form"):
            await websub.ask(fetcher, server.url("/old"), {"hub.mode": "subscribe"})
        assert len(server.seen) == 1


def test_a_form_with_a_secret_never_leaves_https() -> None:
    """E13."""
    safe, open_ = yarl.URL("https://hub.example/"), yarl.URL("http://hub.example/")
    addresses.check_form_redirect("u", safe, 307, safe)
    addresses.check_form_redirect("u", open_, 308, safe)
    with pytest.raises(errors.FetchError, match="from https to http"):
        addresses.check_form_redirect("u", safe, 307, open_)


async def test_a_form_is_never_posted_inside() -> None:
    """E1: a feed that names a hub names what we connect to."""
    async with servers.serving() as server, fetch.Fetcher() as fetcher:
        with pytest.raises(errors.FetchError, match="refused"):
            await websub.ask(fetcher, server.url("/"), {"hub.mode": "subscribe"})
        with pytest.raises(errors.FetchError):
            await websub.ask(fetcher, "http://169.254.169.254/latest", {"hub.mode": "subscribe"})
        assert server.seen == []


@pytest.mark.parametrize("status", [400, 403, 500])
async def test_a_hub_that_refuses_at_once_is_an_error_with_its_status(status: int) -> None:
    async with servers.serving() as server, fetch.Fetcher(ANYWHERE) as fetcher:
        server.routes["/"] = web.Response(status=status)
        with pytest.raises(errors.FetchError) as caught:
            await websub.ask(fetcher, server.url("/"), {"hub.mode": "subscribe"})
        assert caught.value.status == status
