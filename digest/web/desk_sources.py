"""`/admin/sources`: how the sources fare, each in full, and "read now"."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from starlette import exceptions, requests, responses

from digest import editors, errors, model, runtime, upkeep
from digest.render import words
from digest.storage import health, sources
from digest.web import desk_views
from subscribers import accounts

BAR, GAP, TALLEST = 5, 2, 28  # of the small columns, in units of their picture


class Sources:
    """The pages and the button, for accounts that were let in."""

    def __init__(self, rt: runtime.Runtime, views: desk_views.Views, root: str) -> None:
        self._rt = rt
        self._views = views
        self._root = root

    async def all(self, account: accounts.Account, _: requests.Request) -> responses.Response:
        """Every source, those that need a look first."""
        now = self._rt.clock()
        found = upkeep.failing_first(await self._rt.db.read(health.of_sources, now))
        rows = [(one, self._row(one, now)) for one in found]
        return self._views.page(
            "sources",
            account,
            at=self._views.moment(now),
            failing=[row for one, row in rows if not upkeep.is_well(one)],
            others=[row for one, row in rows if upkeep.is_well(one)],
            n_sources=len(found),
        )

    async def one(self, account: accounts.Account, request: requests.Request) -> responses.Response:
        """One source: state, cause, rhythm, last readings, last entries."""
        source_id = int(request.path_params["source_id"])
        now = self._rt.clock()
        usual = timedelta(seconds=self._rt.settings.collect.interval_seconds)
        try:
            dossier = await self._rt.db.read(upkeep.in_full, source_id, usual=usual, now=now)
        except errors.NotFound:
            raise exceptions.HTTPException(404) from None
        source = dossier.fares.source
        next_at = source.next_poll_at
        is_gone = source.state is model.SourceState.GONE
        return self._views.page(
            "source",
            account,
            source=self._row(dossier.fares, now),
            address=words.web_address(source.url),
            kind=str(source.kind),
            category=source.category,
            own=source.own,
            added=self._moment(source.added_at),
            told=self._moment(dossier.fares.told_at),
            succeeded=self._moment(dossier.succeeded_at),
            rhythm=dossier.rhythm,
            push=dossier.fares.push.words if dossier.fares.push else "",
            soon=not is_gone and (next_at is None or next_at <= now),
            polls=[self._poll(poll) for poll in dossier.polls],
            entries=[self._entry(one) for one in dossier.published],
        )

    async def act(self, account: accounts.Account, request: requests.Request) -> responses.Response:
        """Read a source at the next round."""
        source_id = int(request.path_params["source_id"])
        async with request.form(max_files=1, max_fields=10) as form:
            action = str(form.get("action", ""))
        if action != "read":
            raise exceptions.HTTPException(400)
        try:
            await self._rt.db.run(editors.read_now, account, source_id, self._rt.clock())
        except errors.NotFound:
            raise exceptions.HTTPException(404) from None
        return responses.RedirectResponse(
            f"{self._root}/admin/sources/{source_id}", status_code=303
        )

    def _row(self, fares: health.Health, now: datetime) -> dict[str, Any]:
        source = fares.source
        return {
            "id": source.id,
            "name": words.clean(upkeep.name_of(source)),
            "state": upkeep.state_words(fares, now),
            "bad": not upkeep.is_well(fares),
            "cause": words.clean(upkeep.cause_words(fares)),
            "since": self._moment(fares.failing_since),
            "changed": upkeep.ago(fares.changed_at, now),
            "read": upkeep.ago(fares.polled_at, now),
            "next": ""
            if source.state is model.SourceState.GONE
            else upkeep.ago(source.next_poll_at, now),
            "average": f"{fares.average:.1f}",
            "n_entries": fares.n_entries,
            "per_day": ", ".join(map(str, fares.per_day)),
            "bars": bars(fares.per_day),
            "width": len(fares.per_day) * (BAR + GAP) - GAP,
            "height": TALLEST,
        }

    def _poll(self, poll: sources.Poll) -> dict[str, str | bool]:
        return {
            "at": self._moment(poll.at),
            "says": words.clean(upkeep.poll_words(poll)),
            "bad": bool(poll.reason),
        }

    def _entry(self, published: health.Published) -> dict[str, Any]:
        entry = published.entry
        return {
            "title": words.clean(entry.title),
            "url": words.web_address(entry.url),
            "at": self._moment(entry.published_at),
            "topics": [self._rt.catalogue.name_of(match.topic) for match in published.topics],
            "story": published.story_id,
            "withdrawn": published.withdrawn,
        }

    def _moment(self, at: datetime | None) -> str:
        return self._views.moment(at) if at else ""


def bars(per_day: Sequence[int]) -> list[dict[str, int | bool]]:
    """Columns of an SVG picture, one a day; a day without an entry is a line at the bottom."""
    most = max(per_day, default=0)
    drawn = []
    for day, n in enumerate(per_day):
        height = max(round(TALLEST * n / most), 3) if n else 1
        drawn.append({"x": day * (BAR + GAP), "y": TALLEST - height, "height": height})
    return [bar | {"width": BAR, "empty": not n} for bar, n in zip(drawn, per_day, strict=True)]
