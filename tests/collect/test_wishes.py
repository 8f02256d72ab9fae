"""What answers and documents say of when to be asked again, as tables."""

from datetime import UTC, datetime

import pytest
from aiohttp import web

from digest import model
from digest.collect import feeds, fetch, read, wishes
from tests.collect import documents
from tests.collect import server as servers

NOW = datetime(2026, 2, 18, 9, 0, tzinfo=UTC)
DATE = {"Date": "Wed, 18 Feb 2026 08:00:00 GMT"}
DAY = 86_400.0


@pytest.mark.parametrize(
    ("headers", "seconds"),
    [
        ({}, None),
        ({"Cache-Control": "max-age=3600"}, 3600),
        ({"Cache-Control": "public, MAX-AGE = 600, s-maxage=9"}, 600),
        ({"Cache-Control": 'max-age="600"'}, 600),
        ({"Cache-Control": "max-age=3600", "Age": "600"}, 3000),
        ({"Cache-Control": "max-age=60", "Age": "600"}, 0),
        ({"Cache-Control": "max-age=3600", "Age": "soon"}, 3600),
        ({"Cache-Control": "s-maxage=3600"}, None),  # for shared caches
        ({"Cache-Control": "x-max-age=5"}, None),
        ({"Cache-Control": "no-cache, max-age=3600"}, None),
        ({"Cache-Control": "max-age=3600, no-store"}, None),
        ({"Cache-Control": "max-age=-1"}, None),
        ({"Cache-Control": "max-age=" + "9" * 400}, float("inf")),
        ({"Cache-Control": "max-age=" + "9" * 8000}, float("inf")),
        # Expires counts from the server's own clock, and only where max-age says nothing.
        ({**DATE, "Expires": "Wed, 18 Feb 2026 09:30:00 GMT"}, 5400),
        ({**DATE, "Expires": "Wed, 18 Feb 2026 09:30:00 GMT", "Age": "400"}, 5000),
        ({**DATE, "Expires": "Wed, 18 Feb 2026 07:00:00 GMT"}, 0),
        ({**DATE, "Expires": "0"}, None),
        ({**DATE, "Expires": "-1"}, None),
        ({"Expires": "Wed, 18 Feb 2026 09:30:00 GMT"}, None),
        ({**DATE, "Expires": "Wed, 18 Feb 2026 09:30:00 GMT", "Cache-Control": "max-age=60"}, 60),
        ({**DATE, "Expires": "Wed, 18 Feb 2026 09:30:00 GMT", "Cache-Control": "no-cache"}, None),
        ({**DATE, "Expires": "Wed, 18 Feb 99999 09:30:00 GMT"}, None),
    ],
)
def test_how_long_an_answer_stays_fresh(headers: dict[str, str], seconds: float | None) -> None:
    """F8: RFC 9111."""
    assert wishes.fresh_seconds(headers) == seconds


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("120", 120),
        ("0", 0),
        ("-5", 0),
        ("²", 0),
        ("1" * 5000, 7 * DAY),
        ("Wed, 18 Feb 2026 09:10:00 GMT", 600),
        ("Wed, 18 Feb 2020 09:10:00 GMT", 0),
        ("soon", 0),
        ("", 0),
    ],
)
def test_a_wait_told_counts_whatever_the_answer_was(said: str, seconds: float) -> None:
    """F8: `Retry-After` of a 200 or 304."""
    assert wishes.of_answer({"Retry-After": said}, NOW).wait_seconds == seconds


def rss(*said: str, after: str = "") -> bytes:
    head = "".join(said)
    return (
        f'<rss version="2.0" xmlns:sy="http://purl.org/rss/1.0/modules/syndication/"><channel>'
        f"<title>T</title>{head}<item><title>One</title></item>{after}</channel></rss>"
    ).encode()


@pytest.mark.parametrize(
    ("said", "seconds"),
    [
        ("<ttl>60</ttl>", 3600),
        ("<ttl> 5 </ttl>", 300),
        ("<ttl>0</ttl>", 0),
        ("<ttl>-60</ttl>", 0),
        ("<ttl>soon</ttl>", 0),
        ("<ttl>1.5</ttl>", 0),
        ("<ttl/>", 0),
        ("<sy:updatePeriod>hourly</sy:updatePeriod>", 3600),
        (
            (
                "<sy:updatePeriod>\n\thourly\t</sy:updatePeriod>"
                "<sy:updateFrequency>\n\t2\t</sy:updateFrequency>"
            ),
            1800,
        ),
        ("<sy:updatePeriod>daily</sy:updatePeriod>", DAY),
        (
            "<sy:updatePeriod>weekly</sy:updatePeriod><sy:updateFrequency>7</sy:updateFrequency>",
            DAY,
        ),
        (
            "<sy:updatePeriod>daily</sy:updatePeriod><sy:updateFrequency>0</sy:updateFrequency>",
            0,
        ),
        ("<sy:updateFrequency>7</sy:updateFrequency>", 0),
        ("<sy:updatePeriod>always</sy:updatePeriod>", 0),
        ("<sy:updatePeriod>hourly</sy:updatePeriod><ttl>90</ttl>", 5400),
    ],
)
def test_how_long_a_document_stays_fresh(said: str, seconds: float) -> None:
    """F8: RSS 2.0 `ttl`, and the syndication module."""
    assert feeds.parse(rss(said), url="https://a.example/").wish.fresh_seconds == seconds


def test_what_an_entry_says_is_no_wish_of_the_feed() -> None:
    data = rss(after="<item><title>ttl</title><description>&lt;ttl></description></item>")
    inside = data.replace(b"<title>One</title>", b"<title>One</title><ttl>60</ttl>")
    assert feeds.parse(inside, url="https://a.example/").wish == wishes.NONE


@pytest.mark.parametrize(
    ("said", "hours", "days"),
    [
        ("<skipHours><hour>0</hour><hour> 23 </hour></skipHours>", {0, 23}, set()),
        ("<skipHours><hour>24</hour></skipHours>", {0}, set()),  # as RSS 0.91 counts them
        ("<skipHours><hour>night</hour></skipHours>", set(), set()),
        ("<skipDays><day>Saturday</day><day>sunday</day></skipDays>", set(), {5, 6}),
        ("<skipDays><day>Caturday</day></skipDays>", set(), set()),
        # For ever is no wish.
        (f"<skipHours>{''.join(f'<hour>{n}</hour>' for n in range(24))}</skipHours>", set(), set()),
    ],
)
def test_hours_and_days_of_silence_are_read(said: str, hours: set[int], days: set[int]) -> None:
    """F8."""
    wish = feeds.parse(rss(said), url="https://a.example/").wish
    assert (set(wish.hours), set(wish.days)) == (hours, days)


@pytest.mark.parametrize(("expired", "seconds"), [("true", DAY), ("false", 0), ('"yes"', 0)])
def test_a_json_feed_that_is_finished_is_asked_once_a_day(expired: str, seconds: float) -> None:
    """F8: JSON Feed 1.1, `expired`."""
    data = documents.JSON_FEED.replace('"title": "Json', f'"expired": {expired}, "title": "Json')
    assert feeds.parse(data.encode(), url="https://a.example/").wish.wait_seconds == seconds


@pytest.mark.parametrize(
    "wish",
    [
        wishes.NONE,
        wishes.Wish(fresh_seconds=3600.0),
        wishes.Wish(fresh_seconds=3600.0, wait_seconds=DAY),
        wishes.Wish(hours=frozenset({0, 23}), days=frozenset({6})),
    ],
)
def test_a_wish_that_is_written_down_is_read_again(wish: wishes.Wish) -> None:
    assert wishes.from_text(wish.written()) == wish


@pytest.mark.parametrize("text", ["2026-02-17T10:00:04Z", "fresh=soon", "hours=a,b", "=", "x=1"])
def test_other_words_in_its_place_are_no_wish(text: str) -> None:
    assert wishes.from_text(text) == wishes.NONE


async def test_the_wish_of_a_document_holds_for_answers_that_bring_none(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    """F8: and the larger of the two counts."""
    server.routes["/feed"] = web.Response(
        body=rss("<ttl>60</ttl>"), headers={"Cache-Control": "max-age=600"}
    )
    first = await read.read_source(fetcher, model.Source(1, server.url("/feed")), NOW)
    assert first.wish == wishes.Wish(fresh_seconds=3600.0)
    server.routes["/feed"] = web.Response(status=304, headers={"Retry-After": "1200"})
    again = model.Source(1, server.url("/feed"), cursor=first.cursor)
    second = await read.read_source(fetcher, again, NOW)
    assert second.wish == wishes.Wish(fresh_seconds=3600.0, wait_seconds=1200.0)
    assert second.cursor == first.cursor
    server.routes["/feed"] = web.Response(body=rss())
    third = await read.read_source(fetcher, again, NOW)
    assert (third.wish, third.cursor) == (wishes.NONE, "")
