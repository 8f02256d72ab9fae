"""Following keywords and queries by talking."""

from pathlib import Path

import pytest

from digest import topics
from digest.bot import asking
from tests.bot import living


@pytest.mark.parametrize(
    ("typed", "queries", "names"),
    [
        ('"interest rates"', ('"interest rates"',), ""),
        ("ukraine, markets", (), "ukraine, markets"),
        ('ukraine, "oil, gas", markets', ('"oil, gas"',), "ukraine, markets"),
        ("(ECB, Fed) AND rates; asia", ("(ECB, Fed) AND rates",), "asia"),
        ("ECB OR Fed", ("ECB OR Fed",), ""),
        ("asia and europe", (), "asia and europe"),
        ("“AI & Tech”", (), "“AI & Tech”"),
        ("rates -crypto", ("rates -crypto",), ""),
        ("tariff*", ("tariff*",), ""),
        ("title:ECB", ("title:ECB",), ""),
        ('"unclosed', ('"unclosed',), ""),
        ("(", ("(",), ""),
        ("Middle-East", (), "Middle-East"),
    ],
)
def test_queries_are_told_from_names_of_topics(
    typed: str, queries: tuple[str, ...], names: str
) -> None:
    assert asking.taken_apart(topics.load(), typed) == asking.Asked(queries, names)


async def test_a_query_is_followed_told_back_and_left_again(tmp_path: Path) -> None:
    """G6: by keyword; what was understood is what is shown."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        answer = await bot.say("/follow “interest rates” (ECB OR Fed) -crypto")
        assert 'You now follow: “"interest rates" AND (ECB OR Fed) -crypto”' in answer.text
        assert bot.known().person.keywords == ('"interest rates" AND (ECB OR Fed) -crypto',)
        again = await bot.say('/follow "Interest rates" AND (ecb OR fed) -crypto')
        assert "You follow already" in again.text
        gone = await bot.say('/unfollow "interest rates" AND (ECB OR Fed) -crypto')
        assert "You no longer follow" in gone.text
        assert bot.known().person.keywords == ()


async def test_topics_and_queries_are_followed_at_once(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        topic, keyword = await bot.says('/follow europe, "oil price" within Asia only', n=2)
        assert "You now follow: Europe" in topic.text
        assert 'All your topics: Europe, “"oil price" AND in:asia”' in keyword.text
        assert bot.known().person.topics == ("europe",)


async def test_an_error_points_at_its_place(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        answer = await bot.say("/follow rates AND (ECB <OR")
        assert "I cannot read this query: something to look for is missing here" in answer.text
        assert answer.text.endswith("rates AND (ECB <OR\n" + " " * 18 + "^")
        unknown = await bot.say('/follow "rates" in:atlantis')
        assert "no topic is called atlantis" in unknown.text
        assert bot.known().person.keywords == ()


async def test_a_quoted_name_of_a_saved_phrase_leaves_it_however_it_is_quoted(
    tmp_path: Path,
) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say('/follow "oil price"')
        await bot.say("/unfollow Oil Price")
        assert bot.known().person.keywords == ()
