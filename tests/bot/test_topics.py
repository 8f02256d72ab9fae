"""Choosing topics by name and by button."""

from pathlib import Path

from tests.bot import living


async def test_publisher_category_names_are_followed_several_at_once(tmp_path: Path) -> None:
    """The names a publisher files under stand for topics, loosely typed."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        answer = await bot.say("/follow Ukraine Conflict, Middle East News")
        assert "You now follow: Ukraine Conflict, Middle East" in answer.text
        await bot.say("/follow “AI & Tech”; sports roundup\nMarkets")
        assert set(bot.known().person.topics) >= {
            "ukraine-conflict",
            "middle-east",
            "sports",
            "markets",
        }
        assert {"ai", "tech"} & set(bot.known().person.topics)


async def test_a_slip_of_the_finger_is_asked_about_with_buttons(tmp_path: Path) -> None:
    """Nothing is followed on a guess; one tap follows what was meant."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        answer = await bot.say("/follow ukrane conflct")
        assert "no topic called “ukrane conflct”" in answer.text
        assert bot.known().person.topics == ()
        query = await bot.press("Ukraine Conflict")
        assert query.text == "You follow Ukraine Conflict"
        assert bot.known().person.topics == ("ukraine-conflict",)


async def test_what_is_known_is_followed_beside_what_is_not(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        followed, asked = await bot.says("/follow europe, markts", n=2)
        assert "You now follow: Europe" in followed.text
        assert "“markts”" in asked.text
        await bot.press("Markets")
        assert bot.known().person.topics == ("europe", "markets")


async def test_a_placement_is_explained_rather_than_followed(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        answer = await bot.say("/follow Editor's Choice")
        assert "says where a story was put" in answer.text
        assert bot.known().person.topics == ()


async def test_every_topic_can_be_reached_page_by_page(tmp_path: Path) -> None:
    """C13: eight on a page, with the position, none missing, and the last page leads round."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        await bot.say("/topics")
        found: list[str] = []
        n_pages = int(next(c for c in bot.captions() if c.startswith("1/")).removeprefix("1/"))
        for page in range(1, n_pages + 1):
            captions = bot.captions()
            assert f"{page}/{n_pages}" in captions
            shown = captions[: captions.index("‹")]
            assert len(shown) <= 8
            found += [caption.removeprefix("› ").removeprefix("› ") for caption in shown]
            await bot.press("›")
        assert sorted(found) == sorted(topic.name for topic in bot.rt.catalogue.topics)
        assert f"1/{n_pages}" in bot.captions()
        assert len(bot.api.messages(living.ANN)) == 2  # paging edits in place


async def test_a_toggle_edits_its_screen_and_pressing_twice_is_harmless(tmp_path: Path) -> None:
    """C12: check marks for the state, "not modified" is no error, double presses change once."""
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start")
        screen = await bot.say("/topics")
        pressed = next(b for row in screen.buttons for b in row if b.text == "Asia")
        first = bot.api.press(living.ANN, screen.message_id, pressed.data)
        second = bot.api.press(living.ANN, screen.message_id, pressed.data)
        await bot.settled()
        assert first.answered
        assert second.answered
        assert bot.known().person.topics == ("asia",)
        assert "✓ Asia" in bot.captions()
        await bot.press("✓ Asia")
        assert bot.known().person.topics == ()
        assert len(bot.api.messages(living.ANN)) == 2


async def test_an_unfollow_can_be_undone(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start asia_europe")
        await bot.say("/unfollow asia")
        assert bot.known().person.topics == ("europe",)
        await bot.press("Undo")
        assert bot.known().person.topics == ("asia", "europe")


async def test_unfollowing_a_topic_that_comes_along_with_another_says_so(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start europe")
        answer = await bot.say("/unfollow ukraine")
        assert "still come along with: Europe" in answer.text


async def test_a_topic_is_muted_for_as_long_as_said(tmp_path: Path) -> None:
    async with living.at_work(tmp_path, samples=False) as bot:
        await bot.say("/start world")
        answer = await bot.say("/mute sports for 2 weeks")
        assert "Sports is muted until Mon 7 Dec, 14:05" in answer.text
        await bot.press("1 day")
        assert "until Tue 24 Nov, 14:05" in bot.last().text
        assert bot.known().reach.muted == {"sports"}
        await bot.press("Unmute")
        assert bot.known().reach.muted == frozenset()


async def test_a_topic_name_alone_shows_its_stories_and_a_way_to_follow_it(tmp_path: Path) -> None:
    """C24: "football" gets a sensible answer."""
    async with living.at_work(tmp_path) as bot:
        await bot.say("/start")
        answer = await bot.say("football")
        assert "Latest on Sports" in answer.text
        await bot.press("Follow Sports")
        assert bot.known().person.topics == ("sports",)
        assert "Unfollow Sports" in bot.captions()
