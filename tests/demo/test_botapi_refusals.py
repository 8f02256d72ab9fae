"""Whom the bot may write to, how fast, and what goes wrong on purpose."""

import asyncio

import pytest
import telegram

from digest.demo import botapi
from tests.demo import bots

GROUP, FORUM, CHANNEL = -4001, -1001234567890, -1009876543210


async def test_a_wrong_token_is_unauthorized_and_a_broken_one_not_found() -> None:
    """C6."""
    async with bots.opened() as (api, _, __):
        stranger = api.token[:-1] + "x"
        assert await bots.ask(api, "getMe", token=stranger) == (
            401,
            {"ok": False, "error_code": 401, "description": "Unauthorized"},
        )
        assert (await bots.ask(api, "getMe", token="nonsense"))[0] == 404
        status, answer = await bots.ask(api, "noSuchMethod")
    assert (status, answer["description"]) == (404, "Not Found: method not found")


async def test_ptb_sees_a_revoked_token_as_invalid() -> None:
    """C6."""
    async with botapi.BotApi() as api:
        bot = telegram.Bot(api.token[:-1] + "x", base_url=api.base_url)
        with pytest.raises(telegram.error.InvalidToken):
            await bot.initialize()
        await bot.shutdown()


async def test_only_started_chats_can_be_written_to() -> None:
    """C6."""
    async with bots.opened() as (api, bot, _):
        with pytest.raises(telegram.error.BadRequest, match="Chat not found"):
            await bot.send_message(8, "x")
        api.add_group(GROUP, people=[botapi.Person(8, "Bob")], kind="group")
        with pytest.raises(telegram.error.Forbidden, match="can't initiate conversation"):
            await bot.send_message(8, "x")


async def test_blocked_deactivated_kicked_and_gone_are_told_apart() -> None:
    """C6."""
    async with bots.opened() as (api, bot, _):
        api.add_group(GROUP, kind="group")
        api.add_group(FORUM)
        api.add_group(CHANNEL, kind="channel", bot_status="administrator")
        api.block(7)
        with pytest.raises(telegram.error.Forbidden, match="bot was blocked by the user"):
            await bot.send_message(7, "x")
        api.unblock(7)
        await bot.send_message(7, "x")
        api.deactivate(7)
        with pytest.raises(telegram.error.Forbidden, match="user is deactivated"):
            await bot.send_message(7, "x")
        api.block(FORUM)
        with pytest.raises(telegram.error.Forbidden, match="kicked from the supergroup chat"):
            await bot.send_message(FORUM, "x")
        api.set_bot_status(CHANNEL, "left")
        with pytest.raises(telegram.error.Forbidden, match="not a member of the channel chat"):
            await bot.send_message(CHANNEL, "x")
        api.set_bot_status(GROUP, "member", may_write=False)
        with pytest.raises(telegram.error.BadRequest, match="Not enough rights to send text"):
            await bot.send_message(GROUP, "x")


async def test_a_channel_takes_posts_of_its_admins_only() -> None:
    """C20."""
    async with bots.opened() as (api, bot, _):
        api.add_group(CHANNEL, "Meridian", kind="channel", username="meridian")
        with pytest.raises(telegram.error.BadRequest, match="Need administrator rights"):
            await bot.send_message(CHANNEL, "x")
        api.set_bot_status(CHANNEL, "administrator")
        sent = await bot.send_message("@Meridian", "x")
    assert sent.chat.id == CHANNEL
    assert sent.sender_chat is not None


async def test_an_upgraded_group_says_where_it_went() -> None:
    """C7."""
    async with bots.opened() as (api, bot, _):
        api.add_group(GROUP, kind="group")
        new_id = api.migrate(GROUP)
        with pytest.raises(telegram.error.ChatMigrated) as moved:
            await bot.send_message(GROUP, "x")
        assert moved.value.new_chat_id == new_id
        assert (await bot.send_message(new_id, "x")).chat.type == "supergroup"
        updates = await bot.get_updates()
    notes = [u.message for u in updates if u.message]
    assert [n.migrate_to_chat_id for n in notes] == [new_id, None]
    assert [n.migrate_from_chat_id for n in notes] == [None, GROUP]


async def test_a_forum_knows_its_threads() -> None:
    """C6, C19."""
    async with bots.opened() as (api, bot, _):
        api.add_group(FORUM, threads={12: "Markets"})
        sent = await bot.send_message(FORUM, "x", message_thread_id=12)
        assert (sent.message_thread_id, sent.is_topic_message) == (12, True)
        with pytest.raises(telegram.error.BadRequest, match="Message thread not found"):
            await bot.send_message(FORUM, "x", message_thread_id=13)
        api.close_thread(FORUM, 12)
        with pytest.raises(telegram.error.BadRequest, match="Topic_closed"):
            await bot.send_message(FORUM, "x", message_thread_id=12)
        api.delete_thread(FORUM, 12)
        with pytest.raises(telegram.error.BadRequest, match="Message thread not found"):
            await bot.send_message(FORUM, "x", message_thread_id=12)


async def test_a_private_chat_takes_a_short_burst_then_one_a_second() -> None:
    """C1."""
    async with bots.opened() as (api, bot, clock):
        for _ in range(3):
            await bot.send_message(7, "x")
        with pytest.raises(telegram.error.RetryAfter) as flood:
            await bot.send_message(7, "x")
        assert bots.wait_of(flood.value) == 3
        clock.forward(seconds=2.9)
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(7, "x")
        clock.forward(seconds=0.1)
        await bot.send_message(7, "x")
        assert len(api.messages(7)) == 4


async def test_a_group_takes_twenty_a_minute() -> None:
    """C1."""
    async with bots.opened() as (api, bot, clock):
        api.add_group(FORUM)
        for _ in range(20):
            await bot.send_message(FORUM, "x")
            clock.forward(seconds=1)
        with pytest.raises(telegram.error.RetryAfter) as flood:
            await bot.send_message(FORUM, "x")
        assert bots.wait_of(flood.value) == 40
        clock.forward(seconds=40)
        await bot.send_message(FORUM, "x")


async def test_overall_thirty_a_second_pass_and_the_wait_holds_for_everyone() -> None:
    """C1, C2."""
    async with bots.opened() as (api, bot, clock):
        for reader in range(100, 132):
            api.start_chat(reader)
        for reader in range(100, 130):
            await bot.send_message(reader, "x")
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(130, "x")
        clock.forward(seconds=0.99)
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(131, "x")
        clock.forward(seconds=0.01)
        await bot.send_message(131, "x")


async def test_limits_can_be_lifted() -> None:
    async with bots.opened(limits=botapi.Limits.none()) as (api, bot, _):
        for _ in range(40):
            await bot.send_message(7, "x")
        api.set_limits(botapi.Limits())
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(7, "x")


async def test_a_paid_broadcast_passes_the_free_rate_and_costs_stars() -> None:
    """C4."""
    limits = botapi.Limits(overall_per_second=1)
    async with bots.opened(limits=limits) as (api, bot, _):
        api.stars = 1.0
        api.start_chat(8)
        await bot.send_message(7, "x", allow_paid_broadcast=True)
        await bot.send_message(8, "x", allow_paid_broadcast=True)
        balance = await bot.get_my_star_balance()
        assert (balance.amount, balance.nanostar_amount) == (0, 900_000_000)
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(7, "x")


async def test_a_lost_reply_leaves_the_message_written() -> None:
    """C5."""
    async with bots.opened() as (api, bot, _):
        api.fail_next(1, "lost reply")
        with pytest.raises(telegram.error.NetworkError):
            await bot.send_message(7, "first")
        await bot.send_message(7, "second")
        assert [m.text for m in api.messages(7)] == ["first", "second"]
        assert [c.status for c in api.calls_of("sendMessage")] == [0, 200]


@pytest.mark.parametrize("fault", [botapi.Fault.CUT, botapi.Fault.BAD_GATEWAY, "500"])
async def test_other_faults_leave_nothing_written(fault: botapi.Fault | str) -> None:
    async with bots.opened() as (api, bot, _):
        api.fail_next(2, fault)
        for _ in range(2):
            with pytest.raises(telegram.error.NetworkError):
                await bot.send_message(7, "x")
        assert not api.messages(7)
        await bot.send_message(7, "x")


async def test_a_flood_on_demand_shuts_every_chat_until_it_is_over() -> None:
    """C2."""
    async with bots.opened() as (api, bot, clock):
        api.start_chat(8)
        api.fail_next(1, "429", seconds=5)
        with pytest.raises(telegram.error.RetryAfter) as flood:
            await bot.send_message(7, "x")
        assert bots.wait_of(flood.value) == 5
        with pytest.raises(telegram.error.RetryAfter):
            await bot.send_message(8, "x")
        clock.forward(seconds=5)
        await bot.send_message(8, "x")


async def test_a_fault_can_be_meant_for_one_method_and_chat() -> None:
    async with bots.opened() as (api, bot, _):
        api.start_chat(8)
        api.fail_next(1, "500", chat_id=8)
        await bot.send_message(7, "x")
        await bot.get_me()
        with pytest.raises(telegram.error.NetworkError):
            await bot.send_message(8, "x")


async def test_a_slow_answer_comes_all_the_same() -> None:
    async with bots.opened() as (api, bot, _):
        api.fail_next(1, "slow", seconds=0.01)
        sent = await asyncio.wait_for(bot.send_message(7, "x"), 5)
        assert sent.text == "x"
