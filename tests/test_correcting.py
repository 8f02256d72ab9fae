"""An editor's word on what a story is about: it outranks the classifier and holds."""

from datetime import timedelta
from pathlib import Path

import pytest

from digest import correcting, desk, errors, model, retention
from digest.storage import entries, stories
from subscribers import people
from tests import publishing
from tests.publishing import PORTO, SEOUL, Press

LEDGER = "https://ledger.example/feed"
KHARKIV = "Kharkiv hit by drones, Ukraine says"


def correct(press: Press, story_id: int, **words: list[str]) -> None:
    """`correct(press, 1, add=["asia"], remove=["europe"], undo=["tech"])`"""
    press.do(
        correcting.correct,
        press.rt.catalogue,
        story_id,
        add=words.get("add", ()),
        remove=words.get("remove", ()),
        undo=words.get("undo", ()),
        now=press.clock(),
    )


def reasons(press: Press, story_id: int) -> dict[str, tuple[str, ...]]:
    return {match.topic: match.why for match in press.story(story_id).topics}


async def shown_to(press: Press, edition: model.Edition, name: str) -> dict[int, str]:
    """Story → why, of one reader's issue."""
    person = press.do(people.find, f"{name}@reader.example")
    return {
        shown.story_id: shown.why
        for delivery in press.deliveries()
        if (delivery.unit_id, delivery.subscriber_id) == (edition.id, person.id)
        for shown in delivery.shown
    }


async def test_a_topic_an_editor_put_brings_those_above_it_and_outranks_the_classifier(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [story] = press.add_stories(SEOUL)
        assert "ukraine-conflict" not in reasons(press, story)
        correct(press, story, add=["ukraine-conflict"])
        found = reasons(press, story)
        assert found["ukraine-conflict"] == ("an editor put it under Ukraine Conflict",)
        assert found["europe"][0] == "an editor put it under Ukraine Conflict"
        assert "asia" in found  # what the classifier found stays
        assert press.story(story).topics[0].topic == "ukraine-conflict"


async def test_a_topic_taken_out_takes_along_only_what_the_story_had_through_it(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [story] = press.collect([press.entry("Shelling in Donetsk goes on", summary="")])
        assert {"ukraine-conflict", "europe"} <= reasons(press, story).keys()
        own = {
            reason
            for reason in reasons(press, story)["europe"]
            if reason != "topic: Ukraine Conflict"
        }
        correct(press, story, remove=["ukraine-conflict"])
        left = reasons(press, story)
        assert "ukraine-conflict" not in left
        assert set(left.get("europe", ())) == own
        assert all("Ukraine Conflict" not in reason for why in left.values() for reason in why)


async def test_a_topic_above_can_be_taken_out_while_the_one_below_stays(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [story] = press.add_stories(KHARKIV)
        correct(press, story, remove=["europe"])
        assert "ukraine-conflict" in reasons(press, story)
        assert "europe" not in reasons(press, story)
        # The lower one does not bring it back, whoever says so.
        correct(press, story, add=["ukraine-conflict"])
        assert "europe" not in reasons(press, story)
        correct(press, story, undo=["europe"])
        assert reasons(press, story)["europe"][0] == "an editor put it under Ukraine Conflict"


async def test_an_editors_word_holds_when_the_story_grows_and_its_entries_change(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        entry = press.entry(KHARKIV)
        [story] = press.collect([entry])
        correct(press, story, add=["space"], remove=["europe"])
        expected = {"space", "science"}
        # Another source joins, and the first one changes its text: both are classified anew.
        press.clock.forward(minutes=10)
        assert press.collect([press.entry(KHARKIV, uid="copy")], url=LEDGER) == [story]
        changed = model.replace(
            entry, summary="Berlin, Paris and Warsaw protest.", updated_at=press.clock()
        )
        press.collect([changed])
        found = reasons(press, story)
        assert expected <= found.keys()
        assert "europe" not in found
        # Read again as it was, after it had been withdrawn.
        press.do(stories.refresh, [story], now=press.clock())
        assert reasons(press, story) == found


async def test_a_merge_keeps_both_stories_words_and_of_two_on_one_topic_the_later(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        into, other = press.add_stories(KHARKIV, PORTO)
        correct(press, into, add=["travel"], remove=["europe"])
        press.clock.forward(minutes=1)
        correct(press, other, add=["health", "europe"], remove=["travel"])
        press.do(desk.merge_stories, into, other, now=press.clock())
        found = reasons(press, into)
        assert {"health", "europe"} <= found.keys()
        assert "travel" not in found
        words = press.do(correcting.said, into)
        assert {(word.topic, word.added) for word in words} == {
            ("europe", True), ("health", True), ("travel", False),
        }  # fmt: skip
        assert press.do(correcting.said, other) == ()


async def test_a_split_leaves_the_word_with_both_parts(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        into, other = press.add_stories(KHARKIV, PORTO)
        press.do(desk.merge_stories, into, other, now=press.clock())
        correct(press, into, add=["travel"], remove=["sports"])
        [apart] = [e.id for e in press.story(into).entries if e.title == PORTO]
        new = press.do(desk.split_story, into, [int(apart)], now=press.clock())
        for story_id in (into, new):
            assert "travel" in reasons(press, story_id)
            assert "sports" not in reasons(press, story_id)


async def test_a_corrected_story_is_not_joined_to_another_by_itself(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [story] = press.add_stories(SEOUL)
        since = press.clock() - timedelta(days=1)
        assert press.do(stories.edited, since) == set()
        correct(press, story, remove=["asia"])
        assert press.do(stories.edited, since) == {story}
        correct(press, story, undo=["asia"])
        assert press.do(stories.edited, since) == set()


async def test_a_correction_revises_nothing_and_later_editions_use_it(
    database_url: str, tmp_path: Path
) -> None:
    """D10: what was served stays as it was."""
    async with publishing.opened(database_url, tmp_path) as press:
        [story] = press.add_stories(SEOUL)
        press.add_reader("ann", topics=["asia"])
        press.add_reader("ben", topics=["health"])
        first = await press.publish()
        assert await shown_to(press, first, "ann")
        assert not await shown_to(press, first, "ben")
        before = press.story(story)
        press.clock.forward(hours=1)
        correct(press, story, add=["health"])
        after = press.story(story)
        assert (after.revision, after.updated_at) == (before.revision, before.updated_at)
        second = await press.publish()
        assert await shown_to(press, second, "ann") == {}
        assert await shown_to(press, second, "ben") == {
            story: "You follow Health (an editor put it there)"
        }


async def test_a_topic_reached_from_below_names_where_the_editor_put_it(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [story] = press.add_stories(SEOUL)
        correct(press, story, add=["space"])
        press.add_reader("ann", topics=["science"])
        edition = await press.publish()
        assert await shown_to(press, edition, "ann") == {
            story: "You follow Science (an editor put it under Space)"
        }


@pytest.mark.parametrize(
    ("words", "complaint"),
    [
        ({"add": ["nonsense"]}, "'nonsense' is no topic"),
        ({"add": ["asia"], "remove": ["Asia"]}, "asia: put there, taken out or undone, not both"),
        ({"undo": ["asia"], "remove": ["asia"]}, "asia: put there, taken out or undone, not both"),
    ],
)
async def test_what_makes_no_sense_changes_nothing(
    tmp_path: Path, words: dict[str, list[str]], complaint: str
) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        [story] = press.add_stories(SEOUL)
        with pytest.raises(errors.ConfigurationError, match=complaint):
            correct(press, story, **words)
        assert press.do(correcting.said, story) == ()
        with pytest.raises(errors.NotFound):
            correct(press, 999, add=["asia"])


async def test_a_topic_the_catalogue_has_no_more_can_still_be_taken_out(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        [story] = press.add_stories(SEOUL)
        [entry] = press.story(story).entries
        gone = (model.TopicMatch("harbours", 0.9, ("title: Harbour",)),)
        press.do(entries.classified, [(entry, gone)])
        press.do(stories.refresh, [story], now=press.clock())
        correct(press, story, remove=["harbours"])
        assert reasons(press, story) == {}


async def test_a_corrected_story_outlives_the_purge_for_what_it_teaches(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        kept, gone, _ = press.add_stories(SEOUL, PORTO, KHARKIV)
        correct(press, kept, remove=["asia"])
        press.clock.forward(days=1000)
        press.add_stories("Ferries stay in port as a storm nears")
        await retention.purge(press.rt)
        left = {story.id for story in press.do(stories.load)}
        assert kept in left
        assert gone not in left


async def test_corrections_become_examples_with_the_topics_the_entry_should_have(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        one, two, _ = press.add_stories(KHARKIV, PORTO, SEOUL)
        correct(press, one, add=["space"])
        correct(press, two, remove=["sports"])
        found = press.do(correcting.examples)
        assert [example.story_id for example in found] == [one, two]
        for example in found:
            assert set(example.topics) == set(press.story(example.story_id).topic_slugs)
            assert example.optional == ()
        assert "sports" not in found[1].topics


async def test_topics_a_story_has_through_other_entries_count_neither_way(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        into, other = press.add_stories(KHARKIV, PORTO)
        press.do(desk.merge_stories, into, other, now=press.clock())
        correct(press, into, add=["health"])
        by_title = {each.entry.title: each for each in press.do(correcting.examples)}
        assert {"health", "ukraine-conflict", "europe"} <= set(by_title[KHARKIV].topics)
        assert "sports" in by_title[KHARKIV].optional
        assert {"health", "sports"} <= set(by_title[PORTO].topics)


async def test_a_classifier_is_held_against_every_correction(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        one, two = press.add_stories(KHARKIV, PORTO)
        correct(press, one, add=["ukraine-conflict", "space"])
        correct(press, two, remove=["sports", "health"])
        verdicts = press.do(correcting.judge, press.rt.classifier)
        assert {(v.story_id, v.topic, v.added, v.is_right) for v in verdicts} == {
            (one, "ukraine-conflict", True, True),
            (one, "space", True, False),
            (two, "sports", False, False),
            (two, "health", False, True),
        }


async def test_stories_nobody_corrected_are_no_examples(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        [story] = press.add_stories(SEOUL)
        assert press.do(correcting.examples) == ()
        correct(press, story, add=["health"])
        correct(press, story, undo=["health"])
        assert press.do(correcting.examples) == ()
        assert press.do(correcting.judge, press.rt.classifier) == ()
