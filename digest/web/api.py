"""`/api/v1`: what programs may ask of the product; so far, to have an address asked for its yes.

A publisher's own form posts here from the browser, so any origin may, and no cookie counts.
What is answered is the same for every address (B9).  Errors are problem documents (RFC 9457);
`/api/v1/openapi.json` describes all of it, and `/api/docs` shows that to people.
"""

from collections.abc import Mapping
from http import HTTPStatus
from typing import Any, Literal

import fastapi
import pydantic
from pydantic import BaseModel, Field
from starlette import datastructures, exceptions, requests, responses

from digest import runtime
from digest.web import guard, joining, limits, showing

PROBLEM = "application/problem+json"
PATH = "/api"
_OPEN = {"Access-Control-Allow-Origin": "*", "Cache-Control": "no-store"}
_PREFLIGHT = _OPEN | {
    "Access-Control-Allow-Methods": "POST",
    "Access-Control-Allow-Headers": "Content-Type",
    "Access-Control-Max-Age": "86400",
}
_SAID = {
    "email": "is no address we can write to",
    "send_at": "is no time such as 08:00",
    "time_zone": "is no IANA zone such as Europe/Athens",
    "language": "is no language code such as pt-BR",
    "cadence": "is none of daily, weekdays, weekly",
}


class SignUp(BaseModel):
    """Who wants the digest, and how."""

    model_config = pydantic.ConfigDict(extra="forbid", strict=True)

    email: str = Field(max_length=320, description="Where one mail goes that asks for a yes")
    topics: list[str] = Field([], max_length=200, description="Slugs; none: the best of all")
    cadence: Literal["daily", "weekdays", "weekly"] = "daily"
    send_at: str = Field("08:00", pattern=r"^([01][0-9]|2[0-3]):[0-5][0-9]$")
    time_zone: str = Field("", max_length=60, description="IANA; empty: the publication's")
    alerts: bool = Field(False, description="Tell of what is big at once")
    language: str = Field("", max_length=20, description="Empty: the publication's")
    form: str = Field(
        "",
        pattern=r"^[A-Za-z0-9._-]{0,40}$",
        description="What you call your form; kept in the record of consent",
    )
    altcha: str = Field("", max_length=2000, description="Proof of work, where it is asked for")


class Asked(BaseModel):
    """The address is asked, unless it must not be written to; that is not told."""

    status: Literal["asked"] = "asked"
    wording: str = Field(description="What the person agreed to: show it beside your form")
    suggestion: str = Field(description='Perhaps meant ("gmial.com" is "gmail.com"), or empty')


class Problem(BaseModel):
    """What went wrong (RFC 9457)."""

    type: str = "about:blank"
    title: str
    status: int
    detail: str = ""
    errors: list[dict[str, str]] = Field([], description="`field` and `detail` of each")


def _problem(
    status: int,
    detail: str = "",
    *,
    errors: list[dict[str, str]] | None = None,
    headers: Mapping[str, str] | None = None,
) -> responses.Response:
    said = Problem(
        title=HTTPStatus(status).phrase, status=status, detail=detail, errors=errors or []
    )
    return responses.Response(
        said.model_dump_json(),
        status_code=status,
        media_type=PROBLEM,
        headers=_OPEN | dict(headers or {}),
    )


def create(rt: runtime.Runtime, show: showing.Showing, door: joining.Door) -> fastapi.FastAPI:
    """The application to mount at `/api`."""
    app = fastapi.FastAPI(
        title=f"{rt.settings.publication}: API",
        version="1",
        openapi_url="/v1/openapi.json",
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,
    )
    calls = _Calls(rt, door)
    answers: dict[int | str, dict[str, Any]] = {202: _answered("Asked", Asked)}
    answers |= {status: _answered(HTTPStatus(status).phrase, Problem) for status in _STATUSES}
    app.add_api_route(
        "/v1/subscribers",
        calls.sign_up,
        methods=["POST"],
        status_code=202,
        response_class=responses.JSONResponse,
        openapi_extra={"requestBody": {"required": True, "content": _json(SignUp)}},
        responses=answers,
    )
    app.add_api_route(
        "/v1/subscribers", calls.preflight, methods=["OPTIONS"], include_in_schema=False
    )

    async def docs() -> responses.Response:
        return show.page("api", operations=_operations(app.openapi()))

    async def answer(_: requests.Request, error: Exception) -> responses.Response:
        if isinstance(error, exceptions.HTTPException):
            return _problem(error.status_code, headers=error.headers)
        return _problem(413 if isinstance(error, guard.FormTooLargeError) else 500)

    app.add_api_route("/docs", docs, methods=["GET", "HEAD"], include_in_schema=False)
    for kind in (exceptions.HTTPException, guard.FormTooLargeError, Exception):
        app.add_exception_handler(kind, answer)
    return app


_STATUSES = (400, 413, 415, 422, 429, 503)


def _json(kind: type[BaseModel]) -> dict[str, Any]:
    media = PROBLEM if kind is Problem else "application/json"
    return {media: {"schema": kind.model_json_schema()}}


def _answered(description: str, kind: type[BaseModel]) -> dict[str, Any]:
    return {"description": description, "content": _json(kind)}


class _Calls:
    def __init__(self, rt: runtime.Runtime, door: joining.Door) -> None:
        self._rt = rt
        self._door = door

    async def preflight(self) -> responses.Response:
        """Let a page of any origin post JSON."""
        return responses.Response(status_code=204, headers=_PREFLIGHT)

    async def sign_up(self, request: requests.Request) -> responses.Response:
        """Ask an address whether it wants the digest.

        One mail goes to it, once in 24 hours at most; nothing else comes before its owner says
        yes.  The answer is the same whatever is known of the address.
        """
        if not self._door.is_open:
            return _problem(503, "Signing up by mail is not open here yet.")
        if request.headers.get("content-type", "").partition(";")[0].strip() != "application/json":
            return _problem(415, "Send JSON, as application/json.")
        try:
            asked = SignUp.model_validate_json(await request.body())
        except pydantic.ValidationError as error:
            return _refused(error)
        unknown = [slug for slug in asked.topics if slug not in self._rt.catalogue]
        if unknown:
            return _problem(422, errors=[{"field": "topics", "detail": "has one that is not here"}])
        language = asked.language or self._rt.settings.language
        asking = joining.Asking(
            request,
            self._form(asked),
            how=f"API {asked.form}".strip(),
            language=language,
        )
        try:
            answer = await self._door.ask(asking)
        except limits.TooManyError:
            return _problem(429, "Too many ask from there.", headers={"Retry-After": "3600"})
        if answer.wrong:
            return _problem(
                422,
                errors=[{"field": name, "detail": _SAID[name]} for name in sorted(answer.wrong)],
            )
        if answer.again is not None:
            return _problem(
                429,
                f"Many ask without proof just now: send people to {self._rt.settings.base_url}/",
                headers={"Retry-After": "3600"},
            )
        said = Asked(wording=self._door.wording(language), suggestion=answer.suggestion)
        return responses.Response(
            said.model_dump_json(), status_code=202, media_type="application/json", headers=_OPEN
        )

    def _form(self, asked: SignUp) -> datastructures.FormData:
        fields = {
            "email": asked.email,
            "cadence": asked.cadence,
            "send_at": asked.send_at,
            "time_zone": asked.time_zone or self._rt.settings.time_zone,
            "language": asked.language,
            "altcha": asked.altcha,
            "alerts": "on" if asked.alerts else "",
        }
        return datastructures.FormData([*fields.items(), *(("topic", t) for t in asked.topics)])


def _refused(error: pydantic.ValidationError) -> responses.Response:
    found = error.errors(include_input=False, include_url=False, include_context=False)
    if any(one["type"] == "json_invalid" for one in found):
        return _problem(400, "This is no JSON.")
    named = [
        {"field": ".".join(map(str, one["loc"])) or "all", "detail": one["msg"]} for one in found
    ]
    return _problem(422, errors=named[:20])


def _operations(described: dict[str, Any]) -> list[dict[str, Any]]:
    """What the page shows of the description."""
    found = []
    for path, methods in described["paths"].items():
        for method, said in methods.items():
            schema = said["requestBody"]["content"]["application/json"]["schema"]
            required = schema.get("required", [])
            found.append(
                {
                    "name": f"{method.upper()} {PATH}{path}",
                    "says": said.get("description", ""),
                    "fields": [
                        {
                            "name": name,
                            "type": field.get("type", ""),
                            "values": " | ".join(field.get("enum", ())),
                            "is_required": name in required,
                            "default": field.get("default", ""),
                            "says": field.get("description", ""),
                        }
                        for name, field in schema["properties"].items()
                    ],
                    "answers": [
                        {"status": status, "says": one["description"]}
                        for status, one in sorted(said["responses"].items())
                    ],
                }
            )
    return found
