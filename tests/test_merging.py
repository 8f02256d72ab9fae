"""Stories that become one, by an editor's word or by themselves, and picks that are taken back."""

from datetime import timedelta
from pathlib import Path
from typing import Any

from digest import desk, intake, placing, why
from digest.storage import entries, served, stories
from tests import publishing
from tests.publishing import GLACIERS, PORTO, SEOUL, Press

LEDGER = "https://ledger.example/feed"
HARBOUR = "https://harbour.example/feed"


def merge(press: Press, into: int, other: int) -> None:
    press.do(desk.merge_stories, into, other, now=press.clock())


async def shown_next(press: Press) -> set[int]:
    """The stories of the newest deliveries of a new edition, each reader's together."""
    edition = await press.publish()
    return {
        shown.story_id
        for delivery in press.deliveries()
        if delivery.unit_id == edition.id
        for shown in delivery.shown
    }


async def test_who_saw_a_story_that_was_merged_away_is_not_shown_the_other_as_new(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seen] = press.add_stories(SEOUL)
        press.add_reader("ann", topics=["asia", "europe", "business", "climate"])
        assert await shown_next(press) == {seen}
        press.clock.forward(hours=1)
        [other, glaciers] = press.add_stories("Korean central bank acts on prices", GLACIERS)
        merge(press, other, seen)
        assert await shown_next(press) == {glaciers}
        # Nor through a further merge, in which that one is merged away itself.
        press.clock.forward(hours=1)
        [third] = press.add_stories("Markets in Korea shrug at the bank's step")
        merge(press, third, other)
        assert await shown_next(press) == set()


async def test_a_merged_story_that_changes_afterwards_comes_again_as_updated(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seen] = press.add_stories(SEOUL)
        ann = press.add_reader("ann", topics=["asia", "business"])
        assert await shown_next(press) == {seen}
        press.clock.forward(hours=1)
        [other] = press.add_stories("Korean central bank acts on prices")
        press.do(stories.revise, [other])  # changed once before the two were one
        merge(press, other, seen)
        since = press.clock() - timedelta(days=1)
        assert press.do(served.shown_since, [ann.id], since=since) == {ann.id: {seen: 1, other: 2}}
        press.do(stories.revise, [other])
        edition = await press.publish()
        [delivery] = [each for each in press.deliveries() if each.unit_id == edition.id]
        assert [(each.story_id, each.updated) for each in delivery.shown] == [(other, True)]


async def test_why_tells_where_a_merged_story_was_shown_and_what_it_is_part_of(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seen] = press.add_stories(SEOUL)
        press.add_reader("ann", topics=["asia", "business"])
        await press.publish()
        press.clock.forward(hours=1)
        [other] = press.add_stories("Korean central bank acts on prices")
        merge(press, other, seen)

        def told(story_id: int) -> why.Explanation:
            found = press.do(
                why.explain, press.rt, story_id, "ann@reader.example", now=press.clock()
            )
            assert isinstance(found, why.Explanation)
            return found

        assert told(other).shown
        assert f"It is part of story {other} now." in told(seen).lines


# One event: two in words that share nothing, then more that have the words of both.
FERRY = "Ferry sinks off Mokpo"
STAR = "Sewon Star capsizes: hundreds missing"
BOTH = (
    "Ferry Sewon Star sinks off Mokpo",
    "Ferry Sewon Star capsizes off Mokpo, hundreds missing",
    "Sewon Star ferry sinks off Mokpo with hundreds missing",
)


def tell(press: Press, title: str, url: str = publishing.FEED) -> int:
    press.clock.forward(minutes=5)
    [story_id] = press.collect([press.entry(title, summary="")], url=url)
    return story_id


def tell_both(press: Press) -> None:
    for number, title in enumerate(BOTH):
        tell(press, title, f"https://paper{number}.example/feed")


async def test_stories_that_grow_together_become_one_that_readers_have_seen(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        first, second = tell(press, FERRY), tell(press, STAR, LEDGER)
        assert first != second
        tell_both(press)
        [story] = [each for each in press.do(stories.load) if each.entries]
        assert len(story.entries) == 5
        assert not story.withdrawn
        merged = press.do(stories.merged_into, [first, second])
        assert {into for into, _ in merged.values()} == {story.id}


async def test_what_an_editor_had_a_word_in_does_not_grow_together_with_other_stories(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        first, second = tell(press, FERRY), tell(press, STAR, LEDGER)
        press.do(desk.edit_story, first, note="We know more at noon.")
        tell_both(press)
        assert press.do(stories.merged_into, [first, second]) == {}
        assert {each.id for each in press.do(stories.load)} == {first, second}


async def test_entries_split_by_an_editor_stay_apart_from_what_they_were_split_from(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        title = "Ferry Sewon Star sinks off Mokpo"
        [story_id] = press.collect([press.entry(title)])
        assert press.collect([press.entry(f"{title}, hundreds missing")], url=LEDGER) == [story_id]
        moved = int(press.story(story_id).entries[-1].id)
        new = press.do(desk.split_story, story_id, [moved], now=press.clock())
        press.clock.forward(minutes=10)
        [into] = press.collect([press.entry(f"{title} with 200 aboard")], url=HARBOUR)
        assert into in {story_id, new}
        assert len(press.story(story_id).entries) + len(press.story(new).entries) == 3
        assert press.do(stories.merged_into, [story_id, new]) == {}


def pick(press: Press) -> int:
    [story_id] = press.collect([press.entry(PORTO, categories=("Editor's Pick",))])
    return story_id


def pinned(press: Press, story_id: int) -> bool:
    now: Any = press.clock()
    [story] = press.do(intake.current_stories, press.rt.catalogue, now=now, ids=[story_id])
    return bool(story.pinned)


async def test_an_editor_can_take_back_a_pick_that_the_publisher_filed(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        story_id = pick(press)
        assert pinned(press, story_id)
        press.do(desk.edit_story, story_id, pinned=False)
        assert not pinned(press, story_id)
        press.do(desk.edit_story, story_id, pinned=True)
        assert pinned(press, story_id)


async def test_a_story_names_what_is_near_to_it_and_why_the_two_are_not_one(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [kyiv] = press.add_stories("Russian drones hit hospital in Kyiv, killing three")
        [odesa] = press.add_stories("Russian drones hit port in Odesa, killing three", url=LEDGER)
        [near] = press.do(placing.related, press.story(odesa))
        assert near.story_id == kyiv
        assert near.why == "different places: Odesa, Kyiv"
        press.add_stories(GLACIERS)
        assert len(press.do(placing.related, press.story(odesa))) == 1


async def test_a_small_edit_leaves_an_entry_in_its_story_and_sends_nothing_again(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [story_id] = press.collect([press.entry(SEOUL, uid="one")])
        press.add_reader("ann", topics=["asia", "business"])
        assert await shown_next(press) == {story_id}
        press.clock.forward(hours=1)
        press.collect([press.entry(f"{SEOUL}.", uid="one")])
        assert press.do(entries.stories_of, [1]) == {1: story_id}
        assert await shown_next(press) == set()
        press.collect([press.entry(SEOUL.replace("raises", "cuts"), uid="one")])
        assert await shown_next(press) == {story_id}
