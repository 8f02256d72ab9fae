"""`/embed` and `/embed.js`: the sign-up box for a publisher's own pages.

    <form data-digest-box action=".../embed" method="post">…</form>
    <script src=".../embed.js" async></script>

The form works alone: it is the only one of ours that other origins may post, and all it can do
is have an address asked whether it wants the digest.  The script puts a frame in its place, once
the frame has shown that it is there.  The frame is the only page that others may frame; it sets
no cookie and reads none, and what it takes from its address is checked word by word.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlencode

from fastapi import APIRouter
from starlette import datastructures, exceptions, requests, responses

from digest import runtime
from digest.render import words
from digest.web import choosing, joining, limits, showing, subscribe

PATH = "/embed"
_COLOUR = re.compile(r"#?([0-9a-fA-F]{3}|[0-9a-fA-F]{6})")
_FORM_ID = re.compile(r"[A-Za-z0-9._-]{1,40}")
_LANGUAGE = re.compile(r"[A-Za-z]{2,3}(?:-[A-Za-z0-9]{2,8})?")
_FONTS = {"serif": "var(--serif)", "sans": "var(--sans)", "system": "system-ui, sans-serif"}
# The two sets of colours of digest.css, for a box that must be light or dark whatever the browser.
_SCHEMES = {
    "light": "color-scheme:light;--desk:#efebe2;--paper:#fbf9f4;--ink:#24262b;--soft:#5a5750;"
    "--rule:#d9d4c9;--hot:#8c2f1f;--on-hot:#fbf9f4;--note:#f3ebd9",
    "dark": "color-scheme:dark;--desk:#131417;--paper:#1d1f23;--ink:#eceae4;--soft:#b3b0a8;"
    "--rule:#3a3d44;--hot:#f0a08e;--on-hot:#1d1f23;--note:#2b2822",
}
_MOST_RADIUS = 24
_VARIABLES = {"accent": "--hot", "background": "--paper", "text": "--ink"}
# The box may stand on pages that let nothing in which does not say it may come.
_ANYWHERE = {
    "Cross-Origin-Resource-Policy": "cross-origin",
    "Cross-Origin-Embedder-Policy": "require-corp",
}


@dataclass(frozen=True, slots=True)
class Look:
    """What a publisher chose of the box, checked; `query` says the same again."""

    theme: str
    language: str
    form_id: str
    topics: tuple[str, ...]
    query: str

    @property
    def how(self) -> str:
        """The form's name in the record of consent."""
        return f"sign-up box {self.form_id}".strip()


def read_look(asked: Mapping[str, str], known: frozenset[str], language: str) -> Look:
    """Take what is right and leave the rest out: nothing else reaches the page."""
    kept: dict[str, str] = {}
    rules: list[str] = []
    if asked.get("scheme", "") in _SCHEMES:
        kept["scheme"] = asked["scheme"]
        rules.append(_SCHEMES[kept["scheme"]])
    for name, variable in _VARIABLES.items():
        found = _COLOUR.fullmatch(asked.get(name, "").strip())
        if found:
            kept[name] = found[1].lower()
            rules.append(f"{variable}:#{kept[name]}")
    if "accent" in kept:
        rules.append(f"--on-hot:{_readable_on(kept['accent'])}")
    if asked.get("font", "") in _FONTS:
        kept["font"] = asked["font"]
        rules.append(f"--box-font:{_FONTS[kept['font']]}")
    radius = asked.get("radius", "")
    if radius.isascii() and radius.isdigit() and int(radius[:4]) <= _MOST_RADIUS:
        kept["radius"] = str(int(radius[:4]))
        rules.append(f"--radius:{kept['radius']}px")
    spoken = asked.get("language", "")
    if _LANGUAGE.fullmatch(spoken):
        kept["language"] = spoken
    form_id = asked.get("form", "")
    if _FORM_ID.fullmatch(form_id):
        kept["form"] = form_id
    listed = re.split(r"[\s,]+", asked.get("topics", "")[:2000])
    topics = tuple(dict.fromkeys(slug for slug in listed if slug in known))
    if topics:
        kept["topics"] = ",".join(topics)
    return Look(
        theme=f":root{{{';'.join(rules)}}}" if rules else "",
        language=kept.get("language", language),
        form_id=kept.get("form", ""),
        topics=topics,
        query=urlencode(kept),
    )


def _readable_on(colour: str) -> str:
    """Black or white, whichever stands out more (WCAG 2.2, relative luminance)."""
    doubled = colour if len(colour) == 6 else "".join(char * 2 for char in colour)
    parts = [int(doubled[at : at + 2], 16) / 255 for at in (0, 2, 4)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    luminance = 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
    return "#000" if (luminance + 0.05) ** 2 > 0.05 * 1.05 else "#fff"


def routes(rt: runtime.Runtime, show: showing.Showing, door: joining.Door) -> APIRouter:
    """The box and the script that places it."""
    pages = _Pages(rt, show, door)
    router = APIRouter()
    router.add_api_route(PATH, pages.show, methods=["GET", "HEAD"])
    router.add_api_route(PATH, pages.ask, methods=["POST"])
    router.add_api_route("/embed.js", pages.script, methods=["GET", "HEAD"])
    return router


class _Pages:
    def __init__(self, rt: runtime.Runtime, show: showing.Showing, door: joining.Door) -> None:
        self._rt = rt
        self._show = show
        self._door = door
        self._known = frozenset(topic.slug for topic in rt.catalogue.topics)
        self._script = rt.templates.source("web/embed.js")
        self._tag = f'"{hashlib.sha256(self._script.encode()).hexdigest()[:20]}"'

    async def script(self, request: requests.Request) -> responses.Response:
        """The same for everybody."""
        headers = {"ETag": self._tag, "Cache-Control": "public, max-age=3600", **_ANYWHERE}
        if request.headers.get("if-none-match") == self._tag:
            return responses.Response(status_code=304, headers=headers)
        return responses.Response(self._script, media_type="text/javascript", headers=headers)

    async def show(self, request: requests.Request) -> responses.Response:
        """The box, as it stands on a page."""
        look = read_look(request.query_params, self._known, self._rt.settings.language)
        return await self._box(request, look, state="ask" if self._door.is_open else "closed")

    async def ask(self, request: requests.Request) -> responses.Response:
        """Take what the box, or a plain form on any page, asks for."""
        if not self._door.is_open:
            raise exceptions.HTTPException(404)
        async with request.form(max_files=1, max_fields=500) as form:
            return await self._answer(request, form)

    async def _answer(
        self, request: requests.Request, form: datastructures.FormData
    ) -> responses.Response:
        is_box = "box" in form
        # A plain form says in its own fields what the box says in its address.
        said = {name: value for name, value in form.items() if isinstance(value, str)}
        said = dict(request.query_params) if is_box else {**request.query_params, **said}
        look = read_look(said, self._known, self._rt.settings.language)
        zone = choosing.guess_zone(
            request.headers.get("accept-language", ""), self._rt.settings.time_zone
        )
        asking = joining.Asking(
            request, form, how=look.how, language=look.language, defaults={"time_zone": zone}
        )
        try:
            answer = await self._door.ask(asking)
        except limits.TooManyError:
            if is_box:
                return await self._box(request, look, state="many", status=429)
            raise exceptions.HTTPException(429) from None
        if is_box:
            return await self._box(
                request, look, state="asked" if answer.is_asked else "ask", answer=answer
            )
        if answer.is_asked:
            return subscribe.asked(self._show, answer, look.language)
        return await subscribe.form(self._rt, self._show, self._door, answer, look.language)

    async def _box(
        self,
        request: requests.Request,
        look: Look,
        *,
        state: str,
        status: int = 200,
        answer: joining.Answer | None = None,
    ) -> responses.Response:
        language = look.language
        zone = choosing.guess_zone(
            request.headers.get("accept-language", ""), self._rt.settings.time_zone
        )
        typed: dict[str, object] = {
            "email": "", "send_at": "08:00", "time_zone": zone, "topics": look.topics,
        }  # fmt: skip
        if answer is not None:
            typed |= answer.typed
        if answer is not None and "time_zone" not in answer.wrong:
            zone = str(typed["time_zone"])
        topics = typed["topics"]
        assert isinstance(topics, tuple)  # noqa: S101 - as both makers of `typed` give it
        if answer is not None and not answer.is_asked:
            status = 422
        digest = base64.b64encode(hashlib.sha256(look.theme.encode()).digest()).decode()
        return self._show.page(
            "embed",
            status=status,
            language=language,
            headers={"Cache-Control": "no-store", "X-Robots-Tag": "noindex", **_ANYWHERE},
            policy={
                "script-src": "'self'",
                "frame-ancestors": self._rt.settings.web.framed_by,
                "style-src": f"'self' {self._rt.page_renderer.style_source} 'sha256-{digest}'",
            },
            state=state,
            theme=look.theme,
            query=look.query,
            typed=typed,
            email=words.clean(str(typed["email"])),
            suggestion=answer.suggestion if answer else "",
            wrong=answer.wrong if answer else frozenset(),
            unfolded=bool(answer and answer.wrong - {"email"}),
            again=answer.again if answer else None,
            given=[self._rt.catalogue.name_of(slug, language) for slug in look.topics],
            challenge=joining.document(self._door.challenge()) if state == "ask" else "",
            **(await self._choices(topics, zone, language) if state == "ask" else {}),
        )

    async def _choices(self, topics: tuple[str, ...], zone: str, language: str) -> dict[str, Any]:
        """What only the form shows, and most of the work."""
        now, pace_of = self._rt.clock(), await self._door.paces.read()
        return {
            "tree": choosing.topic_tree(self._rt.catalogue, topics, language, pace_of),
            "zones": choosing.zones(zone, now),
            "clock": choosing.clock(zone, now),
            "opened": self._door.opened(),
            "wording": self._door.wording(language),
        }
