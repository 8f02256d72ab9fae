"""`/admin/segments`: parts of the people with their numbers, and words to try.  Nobody's address
is shown: segments are kept and removed on the command line."""

from typing import Any

from starlette import requests, responses

from digest import runtime
from digest.render import words
from digest.storage import database
from digest.web import desk_views
from subscribers import accounts, errors, people, segments

MOST_TOPICS = 12


class Segments:
    """The page, for accounts that were let in."""

    def __init__(self, rt: runtime.Runtime, views: desk_views.Views) -> None:
        self._rt = rt
        self._views = views

    async def all(self, account: accounts.Account, request: requests.Request) -> responses.Response:
        """Every segment with how many people are in it now; of the words tried, more."""
        tried = request.query_params.get("words", "").strip()[: segments.WORDS_CHARS]
        kept = await self._rt.db.read(self._kept)
        found: dict[str, Any] | None = None
        problem = ""
        try:
            found = await self._rt.db.read(self._counted, tried) if tried else None
        except errors.InvalidPreference as error:
            problem = words.clean(error.reason)
        return self._views.page(
            "segments",
            account,
            at=self._views.moment(self._rt.clock()),
            segments=kept,
            tried=tried,
            found=found,
            problem=problem,
            status=400 if problem else 200,
        )

    def _kept(self, session: database.Session) -> list[dict[str, Any]]:
        now, topics = self._rt.clock(), self._rt.catalogue.resolve_all
        return [
            {
                "name": one.name,
                "words": one.words,
                "n": segments.count(session, segments.parse(one.words, topics=topics), now=now),
            }
            for one in segments.listing(session)
        ]

    def _counted(self, session: database.Session, text: str) -> dict[str, Any]:
        topics = self._rt.catalogue
        meant = segments.words_of(session, text, topics=topics.resolve_all)
        counted = people.stats(session, segments.condition(meant, now=self._rt.clock()))
        named = [(topics.name_of(slug), n) for slug, n in counted.by_topic.items()]
        return {
            "n": counted.n_subscribers,
            "by_state": counted.by_state,
            "by_kind": counted.by_kind,
            "by_topic": named[:MOST_TOPICS],
        }
