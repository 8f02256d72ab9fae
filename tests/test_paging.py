"""A crowd is served by masks and numbers; each reader gets what curating them alone would give."""

import gc
import random
from collections.abc import Callable, Sequence
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa

from digest import audience, fanout, model, paging
from digest.curate import crowd
from digest.storage import editions, outbox, tables
from subscribers import directory
from subscribers import model as people
from subscribers import tables as people_tables
from tests import publishing
from tests.publishing import Press

TOPICS = ("world", "asia", "europe", "ukraine", "technology", "climate", "business", "sports")
N_READERS, N_STORIES = 60, 25
NOW = publishing.Clock().now


def make_stories(press: Press, chance: random.Random) -> list[model.Story]:
    now, catalogue = press.clock(), press.rt.catalogue
    slugs = [slug for slug in TOPICS if slug in catalogue.slugs]
    stories = []
    for number in range(1, N_STORIES + 1):
        about = set(chance.sample(slugs, chance.randint(0, 3)))
        about |= {above for slug in about for above in catalogue.ancestors(slug)}
        matches = [model.TopicMatch(t, float(chance.randint(1, 3)), ("a word",)) for t in about]
        at = now - timedelta(hours=chance.randint(0, 30))
        stories.append(
            model.Story(
                number,
                (model.Entry(str(number), f"Headline {number}", source="The Meridian"),),
                tuple(sorted(matches, key=lambda match: (-match.score, match.topic))),
                at,
                at,
                pinned=chance.random() < 0.1,
                hot=float(chance.randint(0, 4)),
                revision=chance.choice((1, 1, 2)),
            )
        )
    return stories


def freeze(press: Press, stories: Sequence[model.Story]) -> model.Edition:
    now = press.clock()
    edition: model.Edition = press.do(
        editions.freeze,
        digest=fanout.DAILY,
        bucket=fanout.EVERYONE,
        slot=f"now:{now.isoformat()}",
        on=now.date(),
        title="Crowd",
        stories=stories,
        window_from=now - timedelta(days=1),
        expires_at=now + fanout.EDITION_LIFE,
        now=now,
    )[0]
    return edition


def add_crowd(press: Press, chance: random.Random) -> None:
    for number in range(N_READERS):
        topics = chance.sample(TOPICS, chance.randint(0, 4))
        reader = press.add_reader(f"reader-{number}", topics=topics)
        if chance.random() < 0.3:
            until = press.clock() + timedelta(hours=chance.choice((-1, 5)))
            press.do(
                sa.Connection.execute,
                sa.insert(people_tables.mute).values(
                    subscriber_id=reader.id, topic=chance.choice(TOPICS), until=until
                ),
            )


def add_past(press: Press, chance: random.Random) -> None:
    """Deliveries of other editions and an alert, some of which never left; and merged stories."""
    now = press.clock()
    reached = press.do(directory.recipients, buckets=None, what="digest", now=now, limit=1000)
    for kind, unit_id, days in (("digest", 901, 20), ("digest", 902, 3), ("alert", 1, 1)):
        drafts = [
            outbox.Draft(
                each.channel_id,
                model.ChannelKind.EMAIL,
                each.subscriber_id,
                f"<{kind}{unit_id}.{each.channel_id}@m.example>",
                tuple(
                    model.Shown(story_id, chance.randint(1, 2), "topic", "asia", "You follow Asia")
                    for story_id in chance.sample(range(1, N_STORIES + 20), chance.randint(0, 9))
                ),
            )
            for each in reached
            if chance.random() < 0.6
        ]
        at = now - timedelta(days=days)
        press.do(outbox.put, model.DeliveryKind(kind), unit_id, drafts, expires_at=now, now=at)
    ids = press.do(sa.Connection.scalars, sa.select(tables.delivery.c.id)).all()
    lost = chance.sample(ids, len(ids) // 4)
    table = tables.delivery
    for state in outbox.NOT_SHOWN:
        some = sa.update(table).where(table.c.id.in_(lost.pop() for _ in range(5)))
        press.do(sa.Connection.execute, some.values(state=state))
    for story_id in range(N_STORIES + 1, N_STORIES + 8):
        merged = {"into_id": chance.randint(1, N_STORIES), "revision": chance.choice((1, 2))}
        press.do(
            sa.Connection.execute,
            sa.insert(tables.merged_story).values(story_id=story_id, merged_at=now, **merged),
        )


def alone(press: Press, edition: model.Edition) -> dict[int, tuple[object, object]]:
    """What each channel's reader gets when curated alone: channel → shown, more."""
    rt, now = press.rt, press.clock()
    stories = press.do(editions.stories_of, edition.id)
    curator = fanout.make_curator(rt, stories, edition.window_from, edition.frozen_at)
    reached = press.do(directory.recipients, buckets=None, what="digest", now=now, limit=1000)
    found: dict[int, tuple[object, object]] = {}
    for recipient in press.do(audience.recipients, reached, now=now):
        issue = curator.curate(recipient).issue
        if issue is not None:
            draft = fanout.draft(rt, "d", recipient, issue)
            found[recipient.channel_id] = draft.shown, draft.more
    return found


@pytest.mark.parametrize("few", [1, crowd.FEW])
@pytest.mark.parametrize("seed", range(4))
async def test_a_crowd_is_served_as_each_of_them_would_be_alone(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int, few: int
) -> None:
    """D11: with follows and mutes, what was seen or changed since, and merged stories."""
    chance = random.Random(seed)
    monkeypatch.setattr(fanout, "PAGE", 17)
    monkeypatch.setattr(crowd, "FEW", few)
    async with publishing.opened(database_url, tmp_path) as press:
        add_crowd(press, chance)
        add_past(press, chance)
        edition = freeze(press, make_stories(press, chance))
        expected = alone(press, edition)
        await fanout.fan_out(press.rt, edition)
        made = [
            each
            for each in press.do(outbox.listing, kind=model.DeliveryKind.DIGEST, limit=1000)
            if each.unit_id == edition.id
        ]
        progress = press.progress(edition)
    assert {each.channel_id: (each.shown, each.more) for each in made} == expected
    assert len(expected) > N_READERS / 2
    assert progress.n_recipients == N_READERS
    assert progress.n_issues == len(expected)
    assert progress.n_nothing_new == N_READERS - len(expected)
    assert len({each.message_id for each in made}) == len(made)


def merged(session: sa.Connection, story_id: int, _reader: people.Subscriber) -> None:
    values = {"story_id": 99, "into_id": story_id, "revision": 1, "merged_at": NOW}
    session.execute(sa.insert(tables.merged_story).values(**values))


def alerted(session: sa.Connection, story_id: int, reader: people.Subscriber) -> None:
    put_alert(session, reader, story_id)


def put_alert(session: sa.Connection, reader: people.Subscriber, story_id: int) -> None:
    """A delivery of an alert that goes out all the while."""
    draft = outbox.Draft(
        reader.channels[0].id,
        model.ChannelKind.EMAIL,
        reader.id,
        f"<past.{reader.id}.{story_id}@m.example>",
        (model.Shown(story_id, 1, "alert", "asia", "You follow Asia"),),
    )
    outbox.put(session, model.DeliveryKind.ALERT, 900, [draft], expires_at=NOW, now=NOW)


@pytest.mark.parametrize("happens", [merged, alerted])
async def test_what_is_seen_while_an_edition_goes_out_counts_from_the_next_page_on(
    database_url: str,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    happens: Callable[[sa.Connection, int, people.Subscriber], None],
) -> None:
    """D11: two stories become one, or an alert that goes out at the same time shows a story."""
    monkeypatch.setattr(fanout, "PAGE", 1)
    async with publishing.opened(database_url, tmp_path) as press:
        story = make_stories(press, random.Random(5))[0]
        story = model.replace(story, updated_at=NOW, revision=1, pinned=True)
        ann, bob = (press.add_reader(name) for name in ("ann", "bob"))
        press.do(put_alert, ann, 99)
        if happens is merged:
            press.do(put_alert, bob, 99)
        edition = freeze(press, [story])
        whole, n_pages = fanout._fan_out_page, 0

        def page(session: sa.Connection, *args: Any) -> bool:
            nonlocal n_pages
            n_pages += 1
            if n_pages == 2:
                happens(session, story.id, bob)
            return whole(session, *args)

        monkeypatch.setattr(fanout, "_fan_out_page", page)
        await fanout.fan_out(press.rt, edition)
        made = press.do(outbox.listing, kind=model.DeliveryKind.DIGEST, unit_id=edition.id)
    assert [each.subscriber_id for each in made] == [ann.id]


async def test_python_looks_for_cycles_again_after_every_page_also_after_one_that_failed(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        edition = freeze(press, make_stories(press, random.Random(5)))
        whole, looking = paging.Pages.page, []

        def page(*args: Any) -> paging.Page:
            looking.append(gc.isenabled())
            if len(looking) == 1:
                raise RuntimeError("in the middle of a page")
            return whole(*args)

        monkeypatch.setattr(paging.Pages, "page", page)
        with pytest.raises(RuntimeError, match="in the middle"):
            await fanout.fan_out(press.rt, edition)
        assert gc.isenabled()
        await fanout.fan_out(press.rt, edition)
    assert looking == [False, False]
    assert gc.isenabled()
