"""An installation that reads a real WordPress as its own newsroom, and short ways to use it."""

import contextlib
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from digest import model, pipeline
from digest.storage import entries, sources, stories
from tests import publishing
from tests.publishing import Press
from tests.real_wordpress import WordPress

__all__ = ["COLLECT", "poll", "polled", "reading", "titled", "titles"]

COLLECT = {"allow_private_addresses": True, "timeout_seconds": 30, "host_delay_seconds": 0}


@contextlib.asynccontextmanager
async def reading(
    wordpress: WordPress, folder: Path, path: str = "/wp-json/", **collect: Any
) -> AsyncIterator[Press]:
    """An installation whose own newsroom this WordPress is."""
    clock = publishing.Clock(datetime.now(UTC))
    async with publishing.opened(
        f"sqlite:///{folder / 'digest.db'}", folder, clock=clock, collect=COLLECT | collect
    ) as press:
        press.do(
            sources.add,
            url=f"{wordpress.url}{path}",
            kind=model.SourceKind.WORDPRESS,
            title="",
            category="",
            own=True,
            now=clock() - timedelta(days=1),
        )
        yield press


async def poll(press: Press) -> pipeline.Round:
    """One round, at the present time."""
    press.clock.now = max(press.clock.now, datetime.now(UTC))
    [result] = await pipeline.collect_stories(press.rt)
    return result


async def polled(press: Press) -> None:
    """One round without anything to complain of."""
    result = await poll(press)
    assert (result.poll.reason, result.problems) == ("", ())


def titled(press: Press, title: str) -> model.Story:
    loaded: tuple[model.Story, ...] = press.do(stories.load)
    [found] = [story for story in loaded if title in {e.title for e in story.entries}]
    return found


def titles(press: Press) -> list[str]:
    return [entry.title for entry in press.do(entries.latest, 500)]
