"""How a round stores what it read: many unchanged sources at once, and none lost by another."""

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digest import collecting, errors, intake, model, pipeline
from digest.collect import read, wishes
from digest.storage import sources
from tests import publishing
from tests.databases import CountedQueries
from tests.publishing import SEOUL, Press

N = 30


def add(press: Press, url: str) -> model.Source:
    source, _ = press.do(
        sources.add, url=url, kind=model.SourceKind.FEED, title="Paper", category="", own=False,
        now=press.clock(),
    )  # fmt: skip
    assert isinstance(source, model.Source)
    return source


def add_many(press: Press, n: int = N) -> list[model.Source]:
    return [add(press, f"https://paper-{number}.example/feed") for number in range(n)]


def unchanged(source: model.Source) -> read.Collected:
    return read.Collected(source, unchanged=True, etag='"1"', last_modified="yesterday")


def answering(
    monkeypatch: pytest.MonkeyPatch, outcomes: dict[str, Any], otherwise: Any = unchanged
) -> None:
    """Let sources be read as said: their URL's outcome, else `otherwise(source)`."""

    async def read_all(_: Any, wanted: Any, now: datetime, watched: Any) -> Any:
        for source in wanted:
            given = outcomes.get(source.url, otherwise)
            yield source, given(source) if callable(given) else given

    monkeypatch.setattr(read, "read_all", read_all)


def row(press: Press, source_id: int) -> Any:
    query = sa.text("SELECT * FROM source WHERE id = :id")
    return press.do(lambda session: session.execute(query, {"id": source_id}).one())


def polls(press: Press) -> list[Any]:
    query = sa.text("SELECT source_id, reason FROM poll ORDER BY id")
    return press.do(lambda session: session.execute(query).all())  # type: ignore[no-any-return]


async def test_unchanged_sources_are_recorded_each_in_a_few_queries_for_all(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        add_many(press, 500)
        answering(monkeypatch, {})
        monkeypatch.setattr(collecting, "HELD_SECONDS", 60)
        with press.rt.db.reading() as session, CountedQueries(session.engine) as counted:
            rounds = await pipeline.collect_stories(press.rt)
        assert len(rounds) == len({each.source.id for each in rounds}) == 500
        assert counted.n < 40
        assert len(polls(press)) == 500
        for source in press.do(sources.listing):
            assert (source.etag, source.last_modified) == ('"1"', "yesterday")
            assert source.next_poll_at > press.clock()
        assert press.do(sources.due, press.clock()) == ()


async def test_sources_that_cannot_be_stored_together_are_stored_one_by_one(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:  # fmt: skip
    """F8: one that breaks the others' transaction loses none of them."""
    async with publishing.opened(database_url, tmp_path) as press:
        found = add_many(press)
        bad = found[7].url
        answering(
            monkeypatch, {bad: lambda s: model.replace(unchanged(s), etag="nul \x00 and \ud83d")}
        )
        with caplog.at_level(logging.CRITICAL, "digest"):
            rounds = await pipeline.collect_stories(press.rt)
        reasons = {each.source.url: each.poll.reason for each in rounds}
        assert len(rounds) == N
        assert reasons.pop(bad).startswith("unexpected ")
        assert set(reasons.values()) == {""}
        assert len(polls(press)) == N
        states = {source.url: source.state for source in press.do(sources.listing)}
        assert states.pop(bad) == "failing"
        assert set(states.values()) == {"healthy"}


async def test_unchanged_sources_do_not_wait_for_the_end_of_the_round(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        found = add_many(press)
        monkeypatch.setattr(collecting, "MOST_AT_ONCE", 10)
        monkeypatch.setattr(collecting, "HELD_SECONDS", 60)

        def broken(_: model.Source) -> read.Collected:
            raise RuntimeError("the process dies here")

        answering(monkeypatch, {found[25].url: broken})
        with pytest.raises(RuntimeError):
            await pipeline.collect_stories(press.rt)
        assert len(polls(press)) == 20
        # What was lost is due, and read by the next round.
        assert len(press.do(sources.due, press.clock())) == N - 20


async def test_a_row_of_failures_has_its_beginning_and_ends_with_an_answer(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [source] = add_many(press, 1)
        began = press.clock()
        failing = errors.FetchError(source.url, "the server has a problem (500)", status=500)
        answering(monkeypatch, {}, otherwise=lambda _: failing)
        for n in range(1, 4):
            await pipeline.collect_stories(press.rt)
            assert row(press, source.id).failures == n
            press.clock.forward(hours=1)
        assert row(press, source.id).failing_since == int(began.timestamp() * 1_000_000)
        press.do(lambda session: session.execute(sa.text("UPDATE source SET told_at = 7")))
        answering(monkeypatch, {})
        await pipeline.collect_stories(press.rt)
        kept = row(press, source.id)
        assert (kept.failures, kept.failing_since, kept.state) == (0, None, "healthy")
        assert kept.told_at == 7  # who told staff takes it back


async def test_a_source_held_back_for_its_host_did_not_fail(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [source] = add_many(press, 1)
        held = errors.FetchError(
            source.url, "its host asked to wait", retry_after_seconds=1800, held=True
        )
        answering(monkeypatch, {source.url: held})
        [told] = await pipeline.collect_stories(press.rt)
        assert told.poll.reason == "its host asked to wait"
        [kept] = press.do(sources.listing)
        assert (kept.state, kept.failures) == ("healthy", 0)
        assert kept.next_poll_at >= press.clock() + timedelta(minutes=30)
        assert row(press, source.id).failing_since is None


async def test_one_that_is_gone_is_read_again_only_when_it_is_named(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [source] = add_many(press, 1)
        gone = errors.FetchError(source.url, "gone for good (410)", status=410, gone=True)
        answering(monkeypatch, {source.url: gone})
        await pipeline.collect_stories(press.rt)
        assert await pipeline.collect_stories(press.rt) == []
        press.clock.forward(days=30)
        assert await pipeline.collect_stories(press.rt, only_due=True) == []
        # It may have other troubles by now; they do not bring it back.
        answering(monkeypatch, {source.url: errors.FetchError(source.url, "not found", status=404)})
        assert len(await pipeline.collect_stories(press.rt, [source.id])) == 1
        assert row(press, source.id).state == "gone"
        answering(monkeypatch, {})
        assert len(await pipeline.collect_stories(press.rt, [source.id])) == 1
        assert row(press, source.id).state == "healthy"


async def test_what_a_source_says_of_its_hub_is_kept_until_it_says_otherwise(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [source] = add_many(press, 1)
        hub, own = "https://hub.example/", "https://paper.example/feed"
        with_hub = read.Collected(source, (press.entry(SEOUL),), hub_url=hub, self_url=own)
        answering(monkeypatch, {source.url: with_hub})
        await pipeline.collect_stories(press.rt)
        [kept] = press.do(sources.listing)
        assert (kept.hub_url, kept.self_url) == (hub, own)
        answering(monkeypatch, {})  # 304 says nothing
        await pipeline.collect_stories(press.rt)
        [kept] = press.do(sources.listing)
        assert (kept.hub_url, kept.self_url) == (hub, own)
        answering(monkeypatch, {source.url: read.Collected(source, (press.entry(SEOUL),))})
        await pipeline.collect_stories(press.rt)
        [kept] = press.do(sources.listing)
        assert (kept.hub_url, kept.self_url) == ("", "")


async def test_when_a_source_last_brought_something_is_kept(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [source] = add_many(press, 1)
        entry = press.entry(SEOUL)
        brought = []
        listed = read.Collected(source, (entry,))
        steps: list[Any] = [
            unchanged, listed, listed, unchanged,
            read.Collected(source, (model.replace(entry, title=f"{SEOUL} again"),)), unchanged,
        ]  # fmt: skip
        for step in steps:
            press.clock.forward(hours=1)
            answering(monkeypatch, {source.url: step})
            await pipeline.collect_stories(press.rt)
            at = row(press, source.id).changed_at
            brought.append(at == int(press.clock().timestamp() * 1_000_000))
        assert brought == [False, True, False, False, True, False]


async def test_a_title_an_admin_gave_is_not_taken_back_by_a_poll(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [source] = add_many(press, 1)

        def meanwhile(read_as: model.Source) -> read.Collected:
            press.do(lambda session: session.execute(sa.text("UPDATE source SET title = 'Ours'")))
            return unchanged(read_as)

        answering(monkeypatch, {source.url: meanwhile})
        await pipeline.collect_stories(press.rt)
        assert row(press, source.id).title == "Ours"


async def test_our_own_entry_kept_on_top_is_an_editor_s_pick(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [own] = press.collect([press.entry(SEOUL, sticky=True)])
        foreign = press.entry("Rain in Oslo today", url="https://x.example/rain-1", sticky=True)
        press.collect([foreign], url="https://x.example/feed")
        current = press.do(intake.current_stories, press.rt.catalogue, now=press.clock())
        assert [story.id for story in current if story.pinned] == [own]


async def test_the_wait_after_a_304_is_the_source_s_own_rhythm_or_wish(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """F8: stored together or alone makes no difference."""
    async with publishing.opened(database_url, tmp_path) as press:
        lately, silent, wishing = add_many(press, 3)
        fresh = read.Collected(lately, (press.entry(SEOUL),))
        answering(monkeypatch, {lately.url: fresh})
        await pipeline.collect_stories(press.rt)
        wish = wishes.Wish(wait_seconds=6 * 3600)
        answering(monkeypatch, {wishing.url: model.replace(unchanged(wishing), wish=wish)})
        await pipeline.collect_stories(press.rt)
        kept = {source.id: source.next_poll_at for source in press.do(sources.listing)}
        usual = timedelta(seconds=press.rt.settings.collect.interval_seconds)
        assert kept[lately.id] - press.clock() <= usual * 1.1
        assert kept[silent.id] - press.clock() >= usual * 10
        assert kept[wishing.id] - press.clock() >= timedelta(hours=6)
