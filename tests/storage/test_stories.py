"""Sources, entries and stories as they are kept."""

from datetime import timedelta

import sqlalchemy as sa

from digest import model
from digest.storage import editions, entries, health, sources, stories, switches
from tests.storage import making
from tests.storage.making import NOW


def test_a_source_added_twice_is_one_source(session: sa.Connection) -> None:
    first = making.source(session)
    again, is_new = sources.add(
        session,
        url=first.url,
        kind=model.SourceKind.FEED,
        title="Another name",
        category="",
        own=False,
        now=NOW,
    )
    assert (again, is_new) == (first, False)


def test_entries_are_new_then_unchanged_then_updated(session: sa.Connection) -> None:
    source = making.source(session)
    found = [making.entry("a"), making.entry("b")]
    assert len(entries.keep(session, source, found, now=NOW).new) == 2
    assert entries.keep(session, source, found, now=NOW).n_unchanged == 2
    changed = [making.entry("a", "Headline a, corrected"), making.entry("b")]
    kept = entries.keep(session, source, changed, now=NOW)
    [(before, after)] = kept.updated
    assert (before.title, after.title) == ("Headline a", "Headline a, corrected")
    assert after.id == before.id


def test_an_entry_dated_in_the_future_is_news_from_now_on(session: sa.Connection) -> None:
    ahead = making.entry("a", published_at=NOW + timedelta(days=400))
    kept = entries.keep(session, making.source(session), [ahead], now=NOW)
    assert kept.new[0].published_at == NOW


def test_a_story_has_the_topics_of_its_entries_and_their_reasons(session: sa.Connection) -> None:
    story_id = making.story(session, "a")
    [story] = stories.load(session, ids=[story_id])
    assert [(m.topic, m.why) for m in story.topics] == [("asia", ("title: Seoul",))]


def test_merged_stories_are_one_and_the_other_is_withdrawn(session: sa.Connection) -> None:
    into, other = making.story(session, "a"), making.story(session, "b")
    stories.merge(session, into, other, now=NOW)
    [story] = stories.load(session, ids=[into, other])
    assert (story.id, len(story.entries)) == (into, 2)


def test_a_source_that_failed_is_not_due_before_its_time(session: sa.Connection) -> None:
    source = making.source(session)
    assert sources.due(session, NOW) == (source,)
    failed = model.replace(source, state=model.SourceState.FAILING, failures=1)
    poll = sources.Poll(source.id, NOW, reason="HTTP 500")
    sources.record_poll(session, failed, poll, next_poll_at=NOW + timedelta(minutes=5))
    assert sources.due(session, NOW) == ()
    [due] = sources.due(session, NOW + timedelta(minutes=5))
    assert due.failures == 1
    [fares] = health.of_sources(session, NOW)
    assert (fares.reason, fares.n_entries) == ("HTTP 500", 0)


def test_an_edition_shows_its_stories_as_they_were_when_it_was_frozen(
    session: sa.Connection,
) -> None:
    """D10: a later change makes no difference to what was frozen."""
    story_id = making.story(session, "a")
    frozen, is_new = _freeze(session, stories.load(session, ids=[story_id]))
    assert is_new
    stories.edit(session, story_id, headline="Another headline")
    assert [story.title for story in editions.stories_of(session, frozen.id)] == ["Headline a"]


def test_a_slot_has_one_edition_whoever_asks(session: sa.Connection) -> None:
    """D1."""
    loaded = stories.load(session, ids=[making.story(session, "a")])
    first, _ = _freeze(session, loaded)
    second, is_new = _freeze(session, loaded)
    assert (second.id, is_new) == (first.id, False)
    assert not editions.skip(
        session,
        digest="daily",
        bucket="UTC|06:00|daily",
        slot="2026-11-03",
        on=NOW.date(),
        title="Daily",
        reason="late",
        now=NOW,
    )


def test_a_story_is_alerted_once(session: sa.Connection) -> None:
    [story] = stories.load(session, ids=[making.story(session, "a")])
    until = NOW + timedelta(hours=3)
    first, is_new = editions.raise_alert(session, story, now=NOW, expires_at=until)
    again, is_new_again = editions.raise_alert(session, story, now=NOW, expires_at=until)
    assert (is_new, is_new_again, first == again) == (True, False, True)


def test_an_edition_is_done_once_nothing_of_it_waits(session: sa.Connection) -> None:
    loaded = stories.load(session, ids=[making.story(session, "a")])
    edition, _ = _freeze(session, loaded)
    editions.mark(session, edition.id, model.EditionState.DISPATCHING, now=NOW)
    making.queued(session, 1, unit_id=edition.id)
    assert editions.finish(session, now=NOW) == 0
    session.execute(sa.text("UPDATE delivery SET state = 'submitted'"))
    assert editions.finish(session, now=NOW) == 1


def test_a_paused_edition_is_not_claimed_and_goes_on_when_resumed(session: sa.Connection) -> None:
    loaded = stories.load(session, ids=[making.story(session, "a")])
    edition, _ = _freeze(session, loaded)
    making.queued(session, 1, unit_id=edition.id)
    editions.mark(session, edition.id, model.EditionState.PAUSED, now=NOW)
    assert making.claimed(session) == ()
    editions.mark(session, edition.id, model.EditionState.DISPATCHING, now=NOW)
    assert len(making.claimed(session)) == 1


def test_resuming_everything_lifts_every_pause(session: sa.Connection) -> None:
    """F1."""
    switches.pause(session, "email", "535 wrong password")
    assert switches.may_send(session) == (model.ChannelKind.CHAT,)
    switches.pause(session, switches.EVERYTHING, "by hand")
    assert switches.may_send(session) == ()
    switches.resume(session, switches.EVERYTHING)
    assert switches.may_send(session) == tuple(model.ChannelKind)


def _freeze(session: sa.Connection, loaded: tuple[model.Story, ...]) -> tuple[model.Edition, bool]:
    return editions.freeze(
        session,
        digest="daily",
        bucket="UTC|06:00|daily",
        slot="2026-11-03",
        on=NOW.date(),
        title="Daily",
        stories=loaded,
        window_from=NOW - timedelta(days=1),
        expires_at=NOW + timedelta(hours=12),
        now=NOW,
    )
