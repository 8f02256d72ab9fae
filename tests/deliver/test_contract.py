"""What every Sender promises dispatch, whatever carries the message (digest/deliver/sender.py).

One suite, two channels: each offers the same five situations of its own server.
"""

import contextlib
import itertools
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass
from typing import Any

import pytest
import pytest_asyncio

from digest import errors, model
from digest.deliver import chat, mail, sender
from tests.deliver import answers, wire
from tests.faults import smtp_server


@dataclass
class Channel:
    """A sender, a message for it, and its server's ways to misbehave once."""

    sender: sender.Sender[Any]
    message: Callable[[], Any]  # to another reader each time
    reject: Callable[[], None]
    defer: Callable[[], None]
    lose_answer: Callable[[], None]
    refuse_account: Callable[[], None]
    n_taken: Callable[[], int]
    kind: model.ChannelKind


@contextlib.asynccontextmanager
async def mail_channel() -> AsyncIterator[Channel]:
    async with wire.relay(connections=2) as (server, out):
        yield Channel(
            sender=out,
            message=wire.message,
            reject=lambda: server.on("RCPT", "550 5.1.1 no such user", times=1),
            defer=lambda: server.on("RCPT", "451 4.3.0 later", times=1),
            lose_answer=lambda: server.on("DOT", smtp_server.ACCEPT_AND_CLOSE, times=1),
            refuse_account=lambda: server.on("MAIL", "550 5.7.1 not you", times=1),
            n_taken=lambda: len(server.received),
            kind=model.ChannelKind.EMAIL,
        )


@contextlib.asynccontextmanager
async def chat_channel() -> AsyncIterator[Channel]:
    chats = itertools.count(424201)
    async with answers.Answers() as server:
        blocked = answers.refused(403, "Forbidden: bot was blocked by the user")
        async with chat.ChatSender(chat.ChatOptions(answers.TOKEN, server.url)) as out:
            yield Channel(
                sender=out,
                message=lambda: model.ChatMessage(str(next(chats)), (model.ChatPart("Hello"),)),
                reject=lambda: server.then(blocked),
                defer=lambda: server.then(answers.refused(500, "Internal Server Error")),
                lose_answer=lambda: server.then(answers.CLOSE),
                refuse_account=lambda: server.then(answers.refused(401, "Unauthorized")),
                n_taken=lambda: len(server.asked),
                kind=model.ChannelKind.CHAT,
            )


@pytest_asyncio.fixture(params=[mail_channel, chat_channel], ids=["mail", "chat"])
async def channel(request: pytest.FixtureRequest) -> AsyncIterator[Channel]:
    async with request.param() as opened:
        yield opened


async def failure(channel: Channel, commits: wire.Commits) -> errors.DeliveryError:
    with pytest.raises(errors.DeliveryError) as failed:
        await channel.sender.send(channel.message(), before_commit=commits)
    assert "\n" not in str(failed.value)
    for secret in ("reader@", "example.net", "4242", answers.TOKEN):
        assert secret not in str(failed.value)
    return failed.value


async def test_an_accepted_message_gives_a_receipt_after_one_commit(channel: Channel) -> None:
    commits = wire.Commits()
    receipt = await channel.sender.send(channel.message(), before_commit=commits)
    assert isinstance(receipt, model.Receipt)
    assert commits.count == 1
    assert channel.n_taken() == 1


async def test_refused_for_ever_is_rejected_with_the_reason_to_suppress(channel: Channel) -> None:
    channel.reject()
    error = await failure(channel, wire.Commits())
    assert isinstance(error, errors.Rejected)
    assert error.suppress in ("bounced", "blocked")
    assert error.code


async def test_not_now_is_deferred(channel: Channel) -> None:
    channel.defer()
    error = await failure(channel, wire.Commits())
    assert isinstance(error, errors.Deferred)


async def test_a_lost_answer_is_uncertain_and_nothing_is_repeated(channel: Channel) -> None:
    """A25, C5."""
    channel.lose_answer()
    commits = wire.Commits()
    assert isinstance(await failure(channel, commits), errors.Uncertain)
    assert commits.count == 1
    assert channel.n_taken() == 1


async def test_a_refused_account_suppresses_nobody(channel: Channel) -> None:
    """A28, C6."""
    channel.refuse_account()
    error = await failure(channel, wire.Commits())
    assert isinstance(error, errors.AccountFault)
    assert not hasattr(error, "suppress")


async def test_after_every_failure_the_next_message_passes(channel: Channel) -> None:
    for misbehave in (channel.reject, channel.defer, channel.lose_answer, channel.refuse_account):
        misbehave()
        await failure(channel, wire.Commits())
        before = channel.n_taken()
        await channel.sender.send(channel.message(), before_commit=wire.ignore)
        assert channel.n_taken() == before + 1


async def test_verify_sends_nothing_and_says_one_line(channel: Channel) -> None:
    """F4."""
    line = await channel.sender.verify()
    assert line
    assert "\n" not in line
    assert channel.n_taken() == 0


async def test_the_sender_names_its_channel_and_its_breadth(channel: Channel) -> None:
    assert channel.sender.kind is channel.kind
    assert channel.sender.connections >= 1


def test_both_senders_fit_the_protocol_to_the_type_checker() -> None:
    def takes_mail(_: sender.Sender[model.MailMessage]) -> bool:
        return True

    def takes_chat(_: sender.Sender[model.ChatMessage]) -> bool:
        return True

    assert takes_mail(mail.MailSender(wire.options(25)))
    assert takes_chat(chat.ChatSender(chat.ChatOptions(answers.TOKEN)))
