"""How much a topic brings, in words a reader can use: "about 6 stories a day"."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Literal

from digest import runtime
from digest.storage import topic_counts
from digest.web import keeping

OVER = timedelta(days=14)
KEPT_SECONDS = 3600


@dataclass(frozen=True, slots=True)
class Pace:
    """About `n` stories a day or week; fewer than one a week is `n` 0."""

    n: int
    per: Literal["day", "week"]


class Paces:
    """The topics' paces over the last fortnight, counted once an hour."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._kept = keeping.Kept[Mapping[str, Pace]](rt.clock, KEPT_SECONDS)

    async def read(self) -> Mapping[str, Pace]:
        """By slug; empty as long as there is no story at all, which says nothing of topics."""
        return await self._kept.get("all", self._count)

    async def _count(self) -> Mapping[str, Pace]:
        now = self._rt.clock()
        counts = await self._rt.db.read(topic_counts.of, now - OVER, now)
        if not counts.by_topic:
            return {}
        slugs = (topic.slug for topic in self._rt.catalogue.topics)
        return {slug: pace(counts.by_topic.get(slug, 0) / counts.days) for slug in slugs}


def pace(a_day: float) -> Pace:
    """Round so that nobody is promised more than comes."""
    if a_day >= 1:
        return Pace(round(a_day), "day")
    return Pace(int(a_day * 7), "week")
