"""Finding what can be read behind an address, by asking a real server."""

import pytest
from aiohttp import web

from digest import errors, model
from digest.collect import discover, fetch
from tests.collect import documents
from tests.collect import press as presses
from tests.collect import server as servers

FEED = model.SourceKind.FEED
WORDPRESS = model.SourceKind.WORDPRESS


def page(*links: str, **headers: str) -> web.Response:
    markup = f"<!doctype html><html><head>{''.join(links)}</head><body>Words</body></html>"
    return web.Response(text=markup, content_type="text/html", headers=headers)


def alternate(href: str, title: str = "", kind: str = "application/rss+xml") -> str:
    return f'<link rel="alternate" type="{kind}" href="{href}" title="{title}">'


async def test_an_address_that_is_a_feed_is_the_answer(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/feed"] = web.Response(body=documents.RSS.encode())
    found = await discover.discover(fetcher, server.url("/feed"))
    assert found == (
        discover.Found(FEED, server.url("/feed"), "Harbour Post - World", "the address is a feed"),
    )


async def test_an_address_that_is_a_wordpress_api_is_the_answer(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    press = presses.Press(server)
    press.posts = [presses.post(1, "2026-02-17T10:00:00")]
    (root,) = await discover.discover(fetcher, server.url("/wp-json/"))
    assert (root.kind, root.title) == (WORDPRESS, "The Press & Sons")
    (inside,) = await discover.discover(fetcher, server.url("/wp-json/wp/v2/posts"))
    assert (inside.kind, inside.url) == (WORDPRESS, server.url("/wp-json/"))


async def test_a_home_page_prefers_the_api_then_feeds_then_comments(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    presses.Press(server)
    server.routes["/home"] = web.Response(status=302, headers={"Location": "/start/"})
    server.routes["/start/"] = page(
        alternate("/comments/feed/", "Comments"),
        alternate("/feed/", "Main"),
        alternate("/feed/", "Main again"),
        alternate("/dead", "Dead"),
        alternate("/oembed", "oEmbed", "application/json+oembed"),
        Link='</wp-json/>; rel="https://api.w.org/", </?p=1>; rel=shortlink',
    )
    server.routes["/comments/feed/"] = web.Response(body=documents.rss("<title>C</title>"))
    server.routes["/feed/"] = web.Response(body=documents.RSS.encode())
    found = await discover.discover(fetcher, server.url("/home"))
    assert [(each.kind, each.url.removeprefix(server.url("/"))) for each in found] == [
        (WORDPRESS, "wp-json/"),
        (FEED, "feed/"),
        (FEED, "comments/feed/"),
    ]
    assert found[0].why == "the page announces its WordPress API"


async def test_a_page_inside_prefers_its_own_feed(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    presses.Press(server)
    server.routes["/category/asia/"] = page(
        alternate("/feed/", "All"),
        alternate("/category/asia/feed/", "Asia"),
        '<link rel="https://api.w.org/" href="/wp-json/">',
    )
    for path in ("/feed/", "/category/asia/feed/"):
        server.routes[path] = web.Response(body=documents.RSS.encode())
    found = await discover.discover(fetcher, server.url("/category/asia/"))
    assert [each.url.removeprefix(server.url("/")) for each in found] == [
        "category/asia/feed/",
        "wp-json/",
        "feed/",
    ]


async def test_an_api_that_is_announced_and_closed_is_not_offered(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    press = presses.Press(server)
    press.closed = {"/wp/v2/posts"}
    server.routes["/start"] = page(
        '<link rel="https://api.w.org/" href="/wp-json/">', alternate("/feed/")
    )
    server.routes["/feed/"] = web.Response(body=documents.RSS.encode())
    found = await discover.discover(fetcher, server.url("/start"))
    assert [each.kind for each in found] == [FEED]


async def test_a_wordpress_without_permalinks_is_found_by_its_generator(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    press = presses.Press(server)
    for path in [path for path in server.routes if path.startswith("/wp-json")]:
        del server.routes[path]
    server.routes["/start"] = page('<meta name="generator" content="WordPress 6.5">')
    found = await discover.discover(fetcher, server.url("/start"))
    assert [(each.kind, each.url) for each in found] == [(WORDPRESS, server.url("/?rest_route=/"))]
    assert press.asked


async def test_common_paths_are_tried_only_when_nothing_is_announced(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/start"] = page()
    server.routes["/atom.xml"] = web.Response(body=documents.ATOM.encode())
    found = await discover.discover(fetcher, server.url("/start"))
    assert found == (
        discover.Found(FEED, server.url("/atom.xml"), "Talblatt", "the common address /atom.xml"),
    )
    server.routes["/start"] = page(alternate("/atom.xml"))
    before = len(server.seen)
    await discover.discover(fetcher, server.url("/start"))
    assert len(server.seen) - before == 2


def full(title: str, words: int) -> web.Response:
    text = f"<title>{title}</title><guid>{title}</guid><content:encoded>{'word ' * words}"
    body = documents.rss(f"{text}</content:encoded>").replace(
        b"<rss ", b'<rss xmlns:content="http://purl.org/rss/1.0/modules/content/" '
    )
    return web.Response(body=body)


async def test_of_two_feeds_that_say_the_same_the_fuller_comes_first(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    """And what is not the same keeps the order of the page."""
    server.routes["/start"] = page(
        alternate("/other"), alternate("/teaser"), alternate("/full"), alternate("/more")
    )
    for path, title, words in (
        ("/other", "A", 5),
        ("/teaser", "B", 10),
        ("/full", "B", 500),
        ("/more", "C", 900),
    ):
        server.routes[path] = full(title, words)
    found = await discover.discover(fetcher, server.url("/start"))
    assert [each.url.removeprefix(server.url("")) for each in found] == [
        "/other",
        "/full",
        "/teaser",
        "/more",
    ]


async def test_a_feed_that_is_only_linked_in_the_text_is_found(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    links = ("/about", "/comments/feed", "/rss", "/feedback", "https://127.0.0.1:1/rss", "/rss")
    server.routes["/start"] = page(*(f'<a href="{link}">RSS</a>' for link in links))
    for path in ("/rss", "/comments/feed", "/about", "/feedback"):
        server.routes[path] = web.Response(body=documents.RSS.encode())
    found = await discover.discover(fetcher, server.url("/start"))
    assert [(each.url, each.why) for each in found] == [
        (server.url("/rss"), "the page links to this feed"),
        (server.url("/comments/feed"), "the page links to this feed"),
    ]
    assert {"/about", "/feedback", "/feed/"}.isdisjoint(each.path for each in server.seen)


async def test_a_linked_feed_is_not_asked_where_the_page_announces_one(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/start"] = page(alternate("/main"), '<a href="/rss">RSS</a>')
    server.routes["/main"] = server.routes["/rss"] = web.Response(body=documents.RSS.encode())
    (found,) = await discover.discover(fetcher, server.url("/start"))
    assert found.url == server.url("/main")
    assert "/rss" not in [each.path for each in server.seen]


async def test_the_sitemaps_of_news_in_robots_txt_are_the_last_lead(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/start"] = page()
    server.routes["/robots.txt"] = (
        "User-agent: *\nDisallow: /x\n# Sitemap: /no\n"
        f"Sitemap: {server.url('/all.xml')}\nSITEMAP:{server.url('/news.xml')} # mine\r\n"
        "Sitemap: file:///etc/passwd\nSitemap:\n"
    )
    server.routes["/all.xml"] = "<urlset><url><loc>https://harbour.example/</loc></url></urlset>"
    server.routes["/news.xml"] = web.Response(body=documents.SITEMAP.encode())
    found = await discover.discover(fetcher, server.url("/start"))
    assert found == (
        discover.Found(
            FEED, server.url("/news.xml"), "Harbour Post", "robots.txt names this sitemap of news"
        ),
    )
    server.routes["/atom.xml"] = web.Response(body=documents.ATOM.encode())
    (found_now,) = await discover.discover(fetcher, server.url("/start"))
    assert found_now.url == server.url("/atom.xml")


async def test_of_a_list_of_sitemaps_the_one_of_news_is_taken(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/start"] = page()
    server.routes["/robots.txt"] = f"Sitemap: {server.url('/index.xml')}\n"
    server.routes["/index.xml"] = (
        "<sitemapindex><sitemap><loc>{0}/pages.xml</loc></sitemap>"
        "<sitemap><loc>{0}/news-1.xml</loc></sitemap></sitemapindex>"
    ).format(server.url(""))
    server.routes["/news-1.xml"] = web.Response(body=documents.SITEMAP.encode())
    (found,) = await discover.discover(fetcher, server.url("/start"))
    assert found.url == server.url("/news-1.xml")


@pytest.mark.parametrize(
    "sends_on",
    [
        '<meta http-equiv="refresh" content="0; url=/real/">',
        "<meta http-equiv='Refresh' content=\"0;URL='/real/'\">",
        '<frameset><frame src="/real/"><frame src="/bar"></frameset>',
    ],
)
async def test_a_page_that_only_sends_on_is_followed(
    server: servers.Server, fetcher: fetch.Fetcher, sends_on: str
) -> None:
    server.routes["/start"] = page(sends_on)
    server.routes["/real/"] = page(alternate("feed.xml"))
    server.routes["/real/feed.xml"] = web.Response(body=documents.RSS.encode())
    (found,) = await discover.discover(fetcher, server.url("/start"))
    assert found.url == server.url("/real/feed.xml")


@pytest.mark.parametrize("to", ["/start", "/gone", "javascript:alert(1)", "file:///etc/passwd"])
async def test_a_page_that_sends_on_to_nothing_ends_the_search(
    server: servers.Server, fetcher: fetch.Fetcher, to: str
) -> None:
    server.routes["/start"] = page(f'<meta http-equiv="refresh" content="0; url={to}">')
    assert await discover.discover(fetcher, server.url("/start")) == ()
    assert len(server.seen) < 20


@pytest.mark.parametrize(
    "alternates",
    [
        '<link rel="alternate" type="text/html" href="/m/">',
        '<link rel="alternate" type="application/json+oembed" href="/oembed?url=x">',
        '<link rel="alternate" hreflang="fr" href="/fr">',
        '<link rel="alternate" href="android-app://com.example/https/x">',
        '<link rel="stylesheet alternate" type="text/css" href="/b.css">',
    ],
)
async def test_alternates_of_another_kind_are_not_asked(
    server: servers.Server, fetcher: fetch.Fetcher, alternates: str
) -> None:
    server.routes["/start"] = page(alternates, alternate("/feed"))
    server.routes["/feed"] = web.Response(body=documents.RSS.encode())
    (found,) = await discover.discover(fetcher, server.url("/start"))
    assert (found.url, len(server.seen)) == (server.url("/feed"), 2)


async def test_nothing_to_read_is_an_empty_answer(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/start"] = page('<link rel="alternate" hreflang="de" href="/de">')
    assert await discover.discover(fetcher, server.url("/start")) == ()


async def test_the_base_of_a_page_counts(server: servers.Server, fetcher: fetch.Fetcher) -> None:
    server.routes["/start"] = page('<base href="/deep/">', alternate("rss"))
    server.routes["/deep/rss"] = web.Response(body=documents.RSS.encode())
    (found,) = await discover.discover(fetcher, server.url("/start"))
    assert found.url == server.url("/deep/rss")


async def test_an_address_that_does_not_answer_says_why(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    with pytest.raises(errors.FetchError, match="not found"):
        await discover.discover(fetcher, server.url("/nowhere"))


async def test_the_scheme_of_old_readers_is_the_webs(
    server: servers.Server, fetcher: fetch.Fetcher
) -> None:
    server.routes["/feed"] = web.Response(body=documents.RSS.encode())
    address = server.url("/feed")
    for given in (address.replace("http:", "feed:"), f"feed:{address}"):
        [found] = await discover.discover(fetcher, given)
        assert found.url == address


async def test_a_bare_name_counts_as_https(fetcher: fetch.Fetcher) -> None:
    with pytest.raises(errors.FetchError) as caught:
        await discover.discover(fetcher, "no-such-name.invalid")
    assert caught.value.url == "https://no-such-name.invalid"
