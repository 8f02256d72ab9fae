"""What an SMTP session does with answers no server should give (RFC 5321 §4.2, RFC 2920)."""

import asyncio

import pytest

from digest import errors, model
from digest.deliver import mail
from tests.deliver import wire
from tests.faults import smtp_server

FaultServer = smtp_server.FaultServer


@pytest.mark.parametrize("pipelining", [True, False])
@pytest.mark.parametrize("garbage", ["hello there", "25", "2x0 ok", "250\r\n\r\n"])
async def test_garbage_before_the_dot_defers(garbage: str, pipelining: bool) -> None:
    """A25: before the dot nothing was delivered, whatever the server means."""
    commits = wire.Commits()
    async with wire.relay(FaultServer(pipelining=pipelining), connections=1) as (server, sender):
        server.on("RCPT", garbage, times=1)
        with pytest.raises(errors.Deferred):
            await sender.send(wire.message(), before_commit=commits)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert commits.count == 0
    assert len(server.received) == 1


@pytest.mark.parametrize("garbage", ["hello there", "354 go on", "999 what", "2"])
async def test_garbage_after_the_dot_is_uncertain(garbage: str) -> None:
    """A25: the text is there; whether it was taken nobody said."""
    async with wire.relay(connections=1) as (server, sender):
        server.on("DOT", garbage, times=1)
        with pytest.raises(errors.Uncertain):
            await sender.send(wire.message(), before_commit=wire.ignore)


async def test_an_answer_of_many_lines_is_one_answer() -> None:
    async with wire.relay(connections=1) as (server, sender):
        server.on("RCPT", "550-5.1.1 The account you tried to reach\r\n550 5.1.1 does not exist.")
        with pytest.raises(errors.Rejected, match="tried to reach") as refused:
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert refused.value.suppress == "bounced"


@pytest.mark.parametrize("endless", ["250-more\r\n" * 200, "250 " + "x" * 1_000_000])
async def test_an_endless_answer_is_given_up(endless: str) -> None:
    """E17: a server cannot fill our memory."""
    async with wire.relay(connections=1) as (server, sender):
        server.on("MAIL", endless + _tail(endless), times=1)
        with pytest.raises(errors.Deferred):
            await sender.send(wire.message(), before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert len(server.received) == 1


def _tail(reply: str) -> str:
    """What makes `reply` one that the server itself takes for an acceptance."""
    return "250 at last" if reply.endswith("\r\n") else ""


async def test_a_goodbye_while_idle_harms_no_message() -> None:
    """A32: "421 idle too long" comes when nothing is under way."""
    async with wire.relay(connections=1) as (server, sender):
        server.on("DOT", "250 2.0.0 taken\r\n421 4.4.2 idle too long", connection=1)
        first = await sender.send(wire.message(), before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert first.detail == "250 2.0.0 taken"
    assert len(server.received) == 2
    assert server.n_connections == 2


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_refused_rset_ends_the_session_not_the_next_message(pipelining: bool) -> None:
    async with wire.relay(FaultServer(pipelining=pipelining), connections=1) as (server, sender):
        server.on("RCPT", "550 5.1.1 no such user", times=1)
        server.on("RSET", "502 5.5.1 what?")
        with pytest.raises(errors.Rejected):
            await sender.send(wire.message(), before_commit=wire.ignore)
        outcomes: list[object] = []
        for _ in range(2):
            try:
                outcomes.append(await sender.send(wire.message(), before_commit=wire.ignore))
            except errors.Deferred as later:
                outcomes.append(later)
    assert isinstance(outcomes[-1], model.Receipt)
    assert len(server.received) == sum(isinstance(o, model.Receipt) for o in outcomes)


async def test_a_421_to_the_dot_takes_the_pipelined_message_with_it_unsent() -> None:
    """A29: what was already on its way behind it is deferred, too, and delivered by nobody."""
    gate = asyncio.Event()
    async with wire.relay(connections=1) as (server, sender):
        server.on("DOT", "421 4.3.2 going down", connection=1, until=gate)
        sends = [
            asyncio.ensure_future(
                sender.send(wire.message(f"{n}@b.org"), before_commit=wire.ignore)
            )
            for n in range(2)
        ]
        await server.seen("DATA")
        gate.set()
        outcomes = await asyncio.gather(*sends, return_exceptions=True)
    assert [type(o) for o in outcomes] == [errors.Deferred] * 2
    assert all(getattr(o, "slow_down", False) for o in outcomes)
    assert server.received == []


async def test_closing_waits_for_the_answer_of_what_was_committed() -> None:
    """F2: SIGTERM finishes what is in flight, then says QUIT."""
    gate = asyncio.Event()
    committed = asyncio.Event()
    async with wire.relay(connections=1) as (server, sender):
        server.on("DOT", "250 2.0.0 taken", until=gate)
        sending = asyncio.ensure_future(sender.send(wire.message(), before_commit=committed.set))
        await committed.wait()
        closing = asyncio.ensure_future(sender.__aexit__(None, None, None))
        with pytest.raises(errors.Deferred):
            await sender.send(wire.message(), before_commit=wire.ignore)
        gate.set()
        await closing
        assert (await sending).detail == "250 2.0.0 taken"
    assert server.verbs()[-1] == "QUIT"


async def test_closing_answers_for_a_message_whose_session_is_lost_meanwhile() -> None:
    """F2: nothing hangs and nothing is dialled any more."""
    gate = asyncio.Event()
    async with wire.relay(connections=1) as (server, sender):
        await sender.send(wire.message(), before_commit=wire.ignore)
        server.on("MAIL", smtp_server.CLOSE, until=gate)
        sending = asyncio.ensure_future(sender.send(wire.message(), before_commit=wire.ignore))
        await server.seen("MAIL", times=2)
        closing = asyncio.ensure_future(sender.__aexit__(None, None, None))
        with pytest.raises(errors.Deferred):
            await sender.send(wire.message(), before_commit=wire.ignore)
        gate.set()
        await closing
        with pytest.raises(errors.Deferred, match="closing"):
            await sending
    assert server.n_connections == 1


async def test_a_sender_cancelled_after_the_dot_leaves_the_session_in_step() -> None:
    """The answer to a message nobody waits for is not taken for the next one's."""
    gate = asyncio.Event()
    committed = asyncio.Event()
    async with wire.relay(connections=1) as (server, sender):
        server.on("DOT", "250 2.0.0 first", message=1, until=gate)
        server.on("DOT", "250 2.0.0 second", message=2)
        first = asyncio.ensure_future(sender.send(wire.message(), before_commit=committed.set))
        await committed.wait()
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.set()
        second = await sender.send(wire.message(), before_commit=wire.ignore)
    assert second.detail == "250 2.0.0 second"
    assert server.n_connections == 1
    assert len(server.received) == 2


async def test_a_sender_can_be_opened_again() -> None:
    async with smtp_server.FaultServer() as server:
        sender = mail.MailSender(wire.options(server.port))
        for _ in range(2):
            async with sender:
                await sender.send(wire.message(), before_commit=wire.ignore)
    assert len(server.received) == 2
