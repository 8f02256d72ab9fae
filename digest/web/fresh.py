"""Answers that are not sent again while they are what the asker has (RFC 9110 §13)."""

import hashlib
from collections.abc import Callable
from datetime import UTC, datetime
from email.utils import format_datetime, parsedate_to_datetime

from starlette import requests, responses

FOR_A_WHILE = {"Cache-Control": "public, max-age=300"}


class Changes:
    """When an answer, by its name, was first as it is now: later than any change before."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self._clock = clock
        self._known: dict[str, tuple[str, datetime]] = {}

    def at(self, name: str, tag: str) -> datetime:
        """Give the moment, to the second."""
        known, at = self._known.get(name, ("", self._clock()))
        if known != tag:
            at = self._clock().replace(microsecond=0)
            self._known[name] = (tag, at)
        return at


def answer(
    request: requests.Request,
    response: responses.Response,
    *,
    changes: Changes | None = None,
) -> responses.Response:
    """Give the answer its tag, for `changes` also its time, and leave out what is known."""
    tag = f'"{hashlib.sha256(bytes(response.body)).hexdigest()[:20]}"'
    response.headers["ETag"] = tag
    for name, value in FOR_A_WHILE.items():
        response.headers.setdefault(name, value)
    changed_at = None
    if changes is not None:
        changed_at = changes.at(request.url.path, tag)
        response.headers["Last-Modified"] = format_datetime(changed_at.astimezone(UTC), usegmt=True)
    if not _is_known(request, tag, changed_at):
        return response
    kept = {k: v for k, v in response.headers.items() if not k.startswith("content-length")}
    kept.pop("content-type", None)
    return responses.Response(status_code=304, headers=kept)


def _is_known(request: requests.Request, tag: str, changed_at: datetime | None) -> bool:
    """By its tag; by its time only when no tag is named (RFC 9110 §13.2.2)."""
    if request.method not in {"GET", "HEAD"}:
        return False
    named = request.headers.get("if-none-match")
    if named is not None:
        tags = {each.strip().removeprefix("W/") for each in named.split(",")}
        return tag in tags or "*" in tags
    since = request.headers.get("if-modified-since")
    if since is None or changed_at is None:
        return False
    try:
        asked = parsedate_to_datetime(since)
    except ValueError:
        return False
    return asked.tzinfo is not None and changed_at <= asked
