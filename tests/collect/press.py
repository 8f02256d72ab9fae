"""A WordPress-shaped REST API on the test server: enough of v2 to be asked in earnest."""

from collections.abc import Callable
from typing import Any

from aiohttp import web

from tests.collect import server as servers


def post(number: int, modified: str, **changes: Any) -> dict[str, Any]:
    """Return one post as WordPress writes it, with its author, terms and picture embedded."""
    value: dict[str, Any] = {
        "id": number,
        "date": modified,
        "date_gmt": modified,
        "modified_gmt": modified,
        "guid": {"rendered": f"https://press.example/?p={number}"},
        "slug": f"story-{number}",
        "status": "publish",
        "link": f"https://press.example/story-{number}/?utm_source=api",
        "title": {"rendered": f"Fish &#038; chips &#8211; part {number}"},
        "content": {"rendered": "<p>LONDON (Reuters) - Words.</p><p>More.</p>", "protected": False},
        "excerpt": {"rendered": "<p>Words &hellip;</p>"},
        "author": 3,
        "categories": [7],
        "tags": [9],
        "_embedded": {
            "author": [{"id": 3, "name": "Ada Berg"}],
            "wp:featuredmedia": [
                {
                    "source_url": "https://img.example/full.jpg",
                    "media_details": {
                        "sizes": {"large": {"source_url": "https://img.example/large.jpg"}}
                    },
                }
            ],
            "wp:term": [
                [{"id": 7, "taxonomy": "category", "name": "Food &amp; Drink"}],
                [{"id": 9, "taxonomy": "post_tag", "name": "Fish"}],
            ],
        },
    }
    return {**value, **changes}


CATEGORIES = [
    {"id": 7, "name": "Food &amp; Drink", "parent": 8},
    {"id": 8, "name": "Life", "parent": 0},
]


class Press:
    """Answers `/wp-json/` and `?rest_route=/` alike, newest first, in pages."""

    def __init__(self, server: servers.Server) -> None:
        self.posts: list[dict[str, Any]] = []
        self.categories: list[dict[str, Any]] = list(CATEGORIES)
        self.knows_modified_after = True
        self.closed: set[str] = set()  # routes that ask for a login
        self.asked: list[tuple[str, dict[str, str]]] = []
        self.meanwhile: Callable[[int], None] = lambda _: None  # after each page of posts
        server.routes["/"] = self.by_query
        for route in ("/", "/wp/v2/posts", "/wp/v2/categories"):
            server.routes[f"/wp-json{route}"] = self.by_path

    async def by_path(self, request: web.Request) -> web.Response:
        return self.answer(request.path.removeprefix("/wp-json"), request)

    async def by_query(self, request: web.Request) -> web.Response:
        return self.answer(request.query.get("rest_route", ""), request)

    def answer(self, route: str, request: web.Request) -> web.Response:
        query = dict(request.query)
        self.asked.append((route, query))
        if route in self.closed:
            return web.json_response({"code": "rest_cannot_access"}, status=401)
        if route == "/":
            return web.json_response({"name": "The Press &amp; Sons", "namespaces": ["wp/v2"]})
        if route == "/wp/v2/categories":
            return self.page(self.categories, query)
        if route == "/wp/v2/posts":
            listed = sorted(self.posts, key=lambda each: each["modified_gmt"], reverse=True)
            after = query.get("modified_after", "").removesuffix("Z")
            if after and self.knows_modified_after:
                listed = [each for each in listed if each["modified_gmt"] > after]
            if published := query.get("after", "").removesuffix("Z"):
                listed = [each for each in listed if each["date_gmt"] > published]
            if included := query.get("include", ""):
                listed = [each for each in listed if str(each["id"]) in included.split(",")]
            if query.get("orderby") == "id":
                listed.sort(key=lambda each: int(each["id"]), reverse=True)
            answer = self.page(listed, query)
            self.meanwhile(int(query.get("page", "0")))
            return answer
        return web.json_response({"code": "rest_no_route"}, status=404)

    @staticmethod
    def page(listed: list[dict[str, Any]], query: dict[str, str]) -> web.Response:
        size, number = int(query.get("per_page", "10")), int(query.get("page", "1"))
        pages = -(-len(listed) // size)
        if number > max(pages, 1):
            return web.json_response({"code": "rest_post_invalid_page_number"}, status=400)
        headers = {"X-WP-Total": str(len(listed)), "X-WP-TotalPages": str(pages)}
        return web.json_response(listed[(number - 1) * size : number * size], headers=headers)
