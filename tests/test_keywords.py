"""Keywords and saved queries: what they bring into issues and alerts, and how that is explained."""

import random
from pathlib import Path

import pytest

from digest import fanout, model, paging, pipeline, preview, why
from digest.storage import outbox
from subscribers import preferences
from tests import publishing, test_paging
from tests.publishing import GLACIERS, PORTO, SEOUL

TYPED = (
    '"Headline 3"', "headline 1 OR headline 2", "headline in:asia -12", "title:headline in:europe",
    "4", "nothing like it", "(unreadable", "&&",
)  # fmt: skip


@pytest.mark.parametrize("seed", range(4))
async def test_who_follows_keywords_is_served_in_the_crowd_as_alone(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, seed: int
) -> None:
    """D11: with topics and mutes or none, and keywords that nobody can read."""
    chance = random.Random(seed)
    monkeypatch.setattr(fanout, "PAGE", 17)
    async with publishing.opened(database_url, tmp_path) as press:
        test_paging.add_crowd(press, chance)
        for number in range(1, test_paging.N_READERS, 2):
            with press.rt.db.begin() as session:
                typed = chance.sample(TYPED, chance.randint(1, 3))
                preferences.add_keywords(session, number, typed, now=press.clock(), how="test")
        test_paging.add_past(press, chance)
        edition = test_paging.freeze(press, test_paging.make_stories(press, chance))
        expected = test_paging.alone(press, edition)
        counted = press.do(preview.count_issues, press.rt, "daily", now=press.clock())
        await fanout.fan_out(press.rt, edition)
        made = [
            each
            for each in press.do(outbox.listing, kind=model.DeliveryKind.DIGEST, limit=1000)
            if each.unit_id == edition.id
        ]
    assert {each.channel_id: (each.shown, each.more) for each in made} == expected
    assert counted.n_recipients == test_paging.N_READERS
    assert any(shown.topic.startswith("“") for each in made for shown in each.shown)


async def test_a_keyword_brings_a_story_whose_topics_are_not_followed(
    database_url: str, tmp_path: Path
) -> None:
    """G6: it has a section of its own, and says which keyword it is there for."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL, PORTO, GLACIERS)
        press.add_reader("ann", topics=["sports"], keywords=['"interest rates" OR glacier*'])
        press.add_reader("bob", topics=["sports"])
        await press.publish()
        ann, bob = press.deliveries()
        reasons = {press.story(each.story_id).title: each.why for each in ann.shown}
        assert set(reasons) == {SEOUL, PORTO, GLACIERS}
        saved = '“"interest rates" OR glacier*”'
        assert reasons[SEOUL] == f'You follow {saved} (keyword: "interest rates" in the title)'
        assert {press.story(each.story_id).title for each in bob.shown} == {PORTO}
        await press.send()
        [mail] = press.mail_of("ann")
        assert SEOUL in mail.text()
        assert saved in mail.text()


async def test_who_follows_only_a_keyword_gets_nothing_else(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL, PORTO)
        press.add_reader("ann", topics=[], keywords=["Seoul OR Korea"])
        press.add_reader("bob", topics=[], keywords=["tulips"])
        await press.publish()
        [ann] = press.deliveries()
        assert [press.story(each.story_id).title for each in ann.shown] == [SEOUL]


async def test_a_keyword_that_hits_is_alerted_and_one_that_does_not_is_not(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        press.add_reader("ann", topics=[], keywords=["Seoul"], alerts=True)
        press.add_reader("bob", topics=[], keywords=["tulips"], alerts=True)
        press.add_reader("", chat_id=77, topics=[], keywords=["rates inflation"], alerts=True)
        await pipeline.raise_alerts(press.rt, [seoul])
        await press.send()
        [mail] = press.mail_of("ann")
        assert "You follow “Seoul”" in mail.text()
        assert press.mail_of("bob") == []
        [message] = press.chat.messages(77)
        assert "You follow “rates inflation”" in message.text
        assert "Mute" not in str(message)


async def test_why_tells_of_the_keyword(database_url: str, tmp_path: Path) -> None:
    """F10."""
    async with publishing.opened(database_url, tmp_path) as press:
        seoul, porto = press.add_stories(SEOUL, PORTO)
        press.add_reader("ann", topics=["markets"], keywords=['"interest rates"'])

        def told(story_id: int) -> why.Explanation:
            found = press.do(
                why.explain, press.rt, story_id, "ann@reader.example", now=press.clock()
            )
            assert isinstance(found, why.Explanation)
            return found

        before = told(seoul)
        assert 'it has "interest rates" in the title' in before.lines[-1] + before.lines[-2]
        await press.publish()
        after = told(seoul)
        assert (after.shown, after.reason) == (True, "shown")
        assert 'it has "interest rates" in the title' in after.lines[1]
        assert told(porto).reason == "topic not followed"


async def test_an_edition_with_too_many_reasons_stops_naming_keywords(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A delivery has two bytes for a thing shown: an edition must not stop for want of numbers."""
    monkeypatch.setattr(paging, "OWN_WORDS", 2)
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL, PORTO, GLACIERS)
        for number, name in enumerate(("ann", "bob", "cid")):
            typed = ["seoul", f"rates -x{number}", "porto", "glaciers"]
            press.add_reader(name, topics=[], keywords=typed)
        press.add_reader("dan", topics=["sports"])
        await press.publish()
        *_, cid, dan = press.deliveries()
        assert {each.why for each in cid.shown} == {"You follow “words of yours”"}
        assert [each.why for each in dan.shown] == ["You follow Sports (title: football)"]
        await press.send()
        [mail] = press.mail_of("cid")
        assert "“words of yours”" in mail.text()
        assert SEOUL in mail.text()
