"""A WordPress site made of saved REST answers: its pages, headers and paging around them.

Source of the routes and headers: developer.wordpress.org/rest-api/using-the-rest-api/.
"""

from collections.abc import Mapping, Sequence
from typing import Any

from aiohttp import web

from tests.journeys import press

__all__ = ["site"]

Listed = Sequence[Mapping[str, Any]]


def site(posts: Listed, categories: Listed = (), *, name: str = "Saved") -> dict[str, press.Answer]:
    """What a site answers whose newest posts and whose categories these are."""

    async def home(request: web.Request) -> web.StreamResponse:
        root = f"{request.url.origin()}/wp-json/"
        headers = {"Link": f'<{root}>; rel="https://api.w.org/"'}
        page = f"<!doctype html><title>{name}</title><p>Welcome"
        return web.Response(text=page, content_type="text/html", headers=headers)

    async def index(request: web.Request) -> web.StreamResponse:
        return web.json_response(
            {"name": name, "home": str(request.url.origin()), "namespaces": ["wp/v2"], "routes": {}}
        )

    async def listed_posts(request: web.Request) -> web.StreamResponse:
        since = request.query.get("modified_after", "")
        fresh = [p for p in posts if not since or str(p.get("modified_gmt", "")) > since]
        return _paged(request, fresh)

    async def listed_categories(request: web.Request) -> web.StreamResponse:
        return _paged(request, categories)

    return {
        "/": home,
        "/wp-json/": index,
        "/wp-json/wp/v2/posts": listed_posts,
        "/wp-json/wp/v2/categories": listed_categories,
    }


def _paged(request: web.Request, found: Listed) -> web.Response:
    per_page, page = (int(request.query.get(k, d)) for k, d in (("per_page", 10), ("page", 1)))
    n_pages = -(-len(found) // per_page)
    if page > max(n_pages, 1):
        refusal = {"code": "rest_post_invalid_page_number", "data": {"status": 400}}
        return web.json_response(refusal, status=400)
    headers = {"X-WP-Total": str(len(found)), "X-WP-TotalPages": str(n_pages)}
    return web.json_response(list(found[(page - 1) * per_page : page * per_page]), headers=headers)
