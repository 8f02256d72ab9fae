"""Poll all papers through a day on a clock that is moved, and gather what came of it."""

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

from digest import intake, model, pipeline, runtime, settings
from digest.storage import entries, sources, stories
from tests import publishing
from tests.faults import faulty_press, newsday
from tests.faults.newsday import DAY, HOUR, Paper

__all__ = ["Day", "lived"]

TICK_SECONDS = 300
CLOSING_SECONDS = 4 * HOUR  # quiet hours after the last day, to catch up in
TOKEN = re.compile(r"\bzq[a-z]{6}\b")
MOST = 1_000_000


@dataclass
class Day:
    """What was true, what was asked and answered, and what is stored in the end."""

    papers: list[Paper]
    days: int
    asked: dict[int, list[faulty_press.Answered]] = field(default_factory=dict)
    polls: Counter[int] = field(default_factory=Counter)  # by paper
    reasons: Counter[str] = field(default_factory=Counter)  # why polls failed, "" for none
    stored: list[model.Entry] = field(default_factory=list)
    stories: list[model.Story] = field(default_factory=list)
    sources: dict[int, model.Source] = field(default_factory=dict)  # by paper
    paper_of: dict[int, int] = field(default_factory=dict)  # by source id
    n_breaking_at_first: int = 0
    first_alerts: list[int] = field(default_factory=list)
    later_alerts: list[int] = field(default_factory=list)
    gone: frozenset[int] = frozenset()

    def by_token(self) -> dict[str, list[model.Entry]]:
        found: dict[str, list[model.Entry]] = {}
        for entry in self.stored:
            found.setdefault(TOKEN.findall(entry.title)[0], []).append(entry)
        return found


async def lived(database_url: str, folder: Path, *, seed: int, n_papers: int, days: int) -> Day:
    """Live the days, then a quiet evening."""
    day = Day(newsday.papers(seed, n_papers, days), days)
    clock = publishing.Clock(newsday.BEGIN)
    chosen = settings.given(
        database_url=database_url,
        secret_key="k" * 40,
        state_dir=folder / "state",
        collect={
            "allow_private_addresses": True,
            "timeout_seconds": 0.3,
            "host_delay_seconds": 0,
            "interval_seconds": 300,
        },
    )
    with runtime.opened(chosen, clock=clock) as rt:
        async with faulty_press.serving(day.papers) as press:
            _subscribe(rt, day, press)
            spared = [paper.number for paper in day.papers if not paper.faults]
            press.gone = day.gone = frozenset(spared[1:40:10])
            press.closes_at = days * DAY - HOUR
            for at in range(0, days * DAY + CLOSING_SECONDS, TICK_SECONDS):
                await _tick(rt, day, press, clock, at)
            day.asked = dict(press.asked)
        with rt.db.reading() as session:
            day.stored = list(entries.latest(session, MOST))
            day.stories = list(stories.load(session, limit=MOST, full=True))
            day.sources = {day.paper_of[source.id]: source for source in sources.listing(session)}
    return day


def _subscribe(rt: runtime.Runtime, day: Day, press: faulty_press.Press) -> None:
    with rt.db.begin() as session:
        for paper in day.papers:
            wordpress = paper.kind == "wordpress"
            source, _ = sources.add(
                session,
                url=press.url(paper),
                kind=model.SourceKind.WORDPRESS if wordpress else model.SourceKind.FEED,
                title="",
                category="",
                own=False,
                now=newsday.BEGIN,
            )
            day.paper_of[source.id] = paper.number


async def _tick(
    rt: runtime.Runtime, day: Day, press: faulty_press.Press, clock: publishing.Clock, at: float
) -> None:
    hour = at % DAY
    if newsday.ASLEEP[0] <= hour < newsday.ASLEEP[1]:
        return
    press.at = at
    clock.now = newsday.at_clock(at)
    if newsday.SET_BACK[0] <= hour < newsday.SET_BACK[1]:
        clock.now -= timedelta(minutes=30)
    down = newsday.REFUSED_AT <= hour < newsday.REFUSED_AT + newsday.BLOCKING["refused"] * 60
    await press.set_second(up=not (down and at < day.days * DAY))
    for each in await pipeline.collect_stories(rt, only_due=True):
        day.polls[day.paper_of[each.source.id]] += 1
        day.reasons[each.poll.reason] += 1
    if at == 0:
        with rt.db.reading() as session:
            current = intake.current_stories(session, rt.catalogue, now=clock())
        day.n_breaking_at_first = sum(story.breaking for story in current)
        day.first_alerts = await pipeline.raise_alerts(rt)
    elif 0 < at - newsday.STRIKE[-1] <= HOUR and at % 600 == 0:
        day.later_alerts += await pipeline.raise_alerts(rt)
