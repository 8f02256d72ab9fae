"""Styles and scripts that pages link to, from the templates: the publisher's own if there are."""

import hashlib

from fastapi import APIRouter
from starlette import exceptions, requests, responses

from digest import runtime

STYLES = ("pages.css", "desk.css", "embed.css")
SCRIPTS = ("signup.js", "proof.js")
_KINDS = {"css": "text/css", "js": "text/javascript"}


def routes(rt: runtime.Runtime) -> APIRouter:
    """`/static/…`, `/robots.txt`."""
    router = APIRouter()
    kept = {name: rt.templates.source(f"web/{name}") for name in (*STYLES, *SCRIPTS)}
    tags = {
        name: f'"{hashlib.sha256(text.encode()).hexdigest()[:20]}"' for name, text in kept.items()
    }

    async def part(name: str, request: requests.Request) -> responses.Response:
        if name not in kept:
            raise exceptions.HTTPException(404)
        headers = {"ETag": tags[name], "Cache-Control": "public, max-age=300"}
        headers["Cross-Origin-Resource-Policy"] = "same-origin"
        if request.headers.get("if-none-match") == tags[name]:
            return responses.Response(status_code=304, headers=headers)
        kind = _KINDS[name.rpartition(".")[2]]
        return responses.Response(kept[name], media_type=kind, headers=headers)

    async def robots() -> responses.Response:
        base = rt.settings.base_url
        listed = f"Sitemap: {base}/sitemap.xml\n" if rt.settings.archive == "public" else ""
        return responses.PlainTextResponse(
            "User-agent: *\n"
            "Disallow: /admin/\nDisallow: /confirm/\nDisallow: /preferences/\n"
            f"Disallow: /unsubscribe/\n{listed}"
        )

    async def icon() -> responses.Response:
        return responses.Response(status_code=204, headers={"Cache-Control": "max-age=86400"})

    router.add_api_route("/favicon.ico", icon, methods=["GET", "HEAD"])
    router.add_api_route("/static/{name}", part, methods=["GET", "HEAD"])
    router.add_api_route("/robots.txt", robots, methods=["GET", "HEAD"])
    return router
