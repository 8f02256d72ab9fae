"""Several mail servers: by weight, and when one fails the others take over (standards A31)."""

import asyncio
import contextlib
import socket
from collections.abc import AsyncIterator, Sequence

import pytest

from digest import errors, model
from digest.deliver import mail, relays
from tests.deliver import wire
from tests.faults import smtp_server

FaultServer = smtp_server.FaultServer
DOWN = pytest.mark.parametrize(
    ("step", "action"),
    [
        ("CONNECT", smtp_server.CLOSE),
        ("CONNECT", "421 4.3.2 not now"),
        ("CONNECT", "554 5.7.1 you are not welcome"),
        ("EHLO", "421 4.3.2 going down"),
        ("AUTH", "535 5.7.8 wrong password"),
        ("AUTH", "454 4.7.0 no login now"),
        ("MAIL", "421 4.7.0 too much from you"),
    ],
)
LOGIN = {"username": "u", "password": "p"}


class Time:
    """Seconds that only pass when told."""

    now = 1000.0

    def __call__(self) -> float:
        return self.now


@contextlib.asynccontextmanager
async def pair(
    *,
    weights: Sequence[int] = (1, 1),
    clock: Time | None = None,
    ports: Sequence[int] = (0, 0),
    **changes: object,
) -> AsyncIterator[tuple[FaultServer, FaultServer, relays.Relays]]:
    """Two servers that want a login, and the sender over both; the clock stands still."""
    login = ("u", "p")
    async with (
        FaultServer(login=login, port=ports[0]) as first,
        FaultServer(login=login, port=ports[1]) as second,
    ):
        options = [
            wire.options(server.port, weight=weight, **LOGIN, **changes)
            for server, weight in zip((first, second), weights, strict=True)
        ]
        async with relays.Relays(options, clock=clock or Time(), dice=lambda: 1.0) as sender:
            yield first, second, sender


async def send(sender: relays.Relays, n: int, name: str = "r") -> list[object]:
    """Send `n` messages one after another; what came of each."""
    outcomes: list[object] = []
    for number in range(n):
        message = wire.message(f"{name}{number}@example.net")
        try:
            outcomes.append(await sender.send(message, before_commit=wire.ignore))
        except errors.DeliveryError as error:
            outcomes.append(error)
    return outcomes


def unused_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as probe:
        port: int = probe.getsockname()[1]
    return port


async def test_traffic_is_divided_by_weight() -> None:
    async with pair(weights=(3, 1)) as (first, second, sender):
        assert all(isinstance(o, model.Receipt) for o in await send(sender, 40))
    assert (len(first.received), len(second.received)) == (30, 10)
    assert sender.connections == 2 * mail.MailSender(wire.options(25)).connections


@DOWN
async def test_what_a_server_does_not_want_goes_to_another_at_once_and_it_rests(
    step: str, action: str
) -> None:
    """A28, A29, A31: not one message is lost, deferred or given to both; one server is enough."""
    async with pair() as (first, second, sender):
        first.on(step, action)
        outcomes = await send(sender, 12)
        n_asked = first.n_connections
        together = [
            sender.send(wire.message(f"s{n}@example.net"), before_commit=wire.ignore)
            for n in range(30)
        ]
        outcomes += await asyncio.gather(*together, return_exceptions=True)
    assert all(isinstance(outcome, model.Receipt) for outcome in outcomes)
    assert len({received.rcpt for received in second.received}) == 42
    assert len(second.received) == 42
    assert first.received == []
    assert first.n_connections == n_asked == 1  # its rest is not over: the clock stands still


async def test_a_server_that_does_not_answer_at_all_holds_nobody_up(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A26: its greeting may take five minutes; our messages need not wait for that."""
    monkeypatch.setattr(relays, "PATIENCE_SECONDS", 0.05)
    async with pair() as (first, second, sender):
        greet = asyncio.Event()
        first.on("CONNECT", "220 here at last", until=greet)
        outcomes = await send(sender, 6)
        assert all(isinstance(outcome, model.Receipt) for outcome in outcomes)
        assert len(second.received) == 6
        assert first.n_connections == 1


async def test_a_server_that_is_back_is_tried_with_one_message_and_then_has_its_share() -> None:
    clock = Time()
    async with pair(clock=clock) as (first, second, sender):
        first.on("CONNECT", "421 4.3.2 not now", times=2)
        await send(sender, 4)
        clock.now += relays.FIRST_REST_SECONDS
        await send(sender, 4)  # the second refusal: a longer rest
        assert first.n_connections == 2
        clock.now += relays.FIRST_REST_SECONDS
        await send(sender, 4)
        assert first.n_connections == 2
        clock.now += relays.FIRST_REST_SECONDS
        answer = asyncio.Event()
        first.on("DOT", "250 2.0.0 taken", until=answer)
        sends = [
            asyncio.ensure_future(
                sender.send(wire.message(f"t{n}@example.net"), before_commit=wire.ignore)
            )
            for n in range(10)
        ]
        await first.seen("DATA")
        await second.seen("DATA", times=12 + 9)
        assert first.verbs().count("DATA") == 1
        answer.set()
        await asyncio.gather(*sends)
        await send(sender, 10)
    assert len(first.received) == 1 + 5
    assert len(second.received) == 12 + 9 + 5


async def test_when_none_takes_mail_it_is_deferred_until_the_first_has_rested() -> None:
    """F14: nothing is lost and nobody suppressed; the way out waits as long as it must."""
    commits = wire.Commits()
    options = [wire.options(unused_port()) for _ in range(3)]
    async with relays.Relays(options, clock=Time(), dice=lambda: 1.0) as sender:
        for _ in range(2):
            with pytest.raises(errors.Deferred, match="no mail server takes mail now") as later:
                await sender.send(wire.message(), before_commit=commits)
            assert later.value.slow_down
            assert later.value.retry_after_seconds == relays.FIRST_REST_SECONDS
    assert commits.count == 0


async def test_all_logins_refused_is_an_account_fault_and_one_of_two_is_not() -> None:
    """A28: mail pauses when no server lets us in, and goes on while one is only away."""
    async with pair() as (first, second, sender):
        for server in (first, second):
            server.on("AUTH", "535 5.7.8 wrong password")
        with pytest.raises(errors.AccountFault) as fault:
            await sender.send(wire.message(), before_commit=wire.ignore)
        assert fault.value.code == "535 5.7.8"
    async with pair() as (first, second, sender):
        first.on("AUTH", "535 5.7.8 wrong password")
        second.on("CONNECT", smtp_server.CLOSE)
        with pytest.raises(errors.Deferred):
            await sender.send(wire.message(), before_commit=wire.ignore)


@pytest.mark.parametrize("action", [smtp_server.CLOSE, smtp_server.ACCEPT_AND_CLOSE])
async def test_a_message_in_doubt_goes_to_no_other_server(action: str) -> None:
    """A25, RFC 1047: the server died after the final dot; only it knows."""
    async with pair() as (first, second, sender):
        first.on("DOT", action)
        [outcome] = await send(sender, 1)
        await first.stop()
        assert isinstance(outcome, errors.Uncertain)
        assert all(isinstance(o, model.Receipt) for o in await send(sender, 5, "s"))
    assert "RCPT TO:<r0@example.net>" not in [received.rcpt for received in second.received]
    assert len(second.received) == 5


@pytest.mark.parametrize(
    ("step", "action", "kind"),
    [
        ("RCPT", "550 5.1.1 no such user", errors.Rejected),
        ("DOT", "554 5.6.0 not like this", errors.Rejected),
        ("RCPT", "450 4.2.0 greylisted", errors.Deferred),
        ("RCPT", "451 4.7.650 rate limited", errors.Deferred),
        ("MAIL", "550 5.7.1 not you", errors.AccountFault),
        ("DOT", "421 4.3.2 going down", errors.Deferred),
    ],
)
async def test_a_word_about_the_message_is_not_asked_of_another_server(
    step: str, action: str, kind: type[errors.DeliveryError]
) -> None:
    """A28: 5yz is final on every route; A30: a greylist wants the same sender again."""
    async with pair() as (first, second, sender):
        first.on(step, action)
        [outcome] = await send(sender, 1)
        assert type(outcome) is kind
        assert not getattr(outcome, "slow_down", False)
    assert second.verbs().count("RCPT") == 0


async def test_a_connection_lost_before_the_dot_is_no_reason_to_wait() -> None:
    """A25: nothing of it was taken, so another server may have it now."""
    async with pair() as (first, second, sender):
        first.on("RCPT", smtp_server.CLOSE)
        assert all(isinstance(outcome, model.Receipt) for outcome in await send(sender, 8))
    assert len(second.received) == 8


async def test_a_message_that_breaks_every_connection_is_deferred_alone() -> None:
    async with pair() as (first, second, sender):
        for server in (first, second):
            server.on("RCPT", smtp_server.CLOSE, times=1)
        [outcome] = await send(sender, 1)
        assert isinstance(outcome, errors.Deferred)
        assert not outcome.slow_down
        assert all(isinstance(o, model.Receipt) for o in await send(sender, 4))


async def test_verify_asks_each_and_names_the_one_that_fails() -> None:
    """F4."""
    async with pair() as (first, second, sender):
        line = await sender.verify()
        assert line.count("login accepted") == 2
        second.on("AUTH", "535 5.7.8 wrong password")
        with pytest.raises(errors.AccountFault, match=f"127.0.0.1:{second.port}: 535"):
            await sender.verify()
        assert first.verbs().count("MAIL") == 0


async def test_closing_ends_all_and_takes_nothing_more() -> None:
    """F2."""
    async with pair() as (first, second, sender):
        await send(sender, 4)
        await sender.__aexit__(None, None, None)
        with pytest.raises(errors.Deferred, match="closing"):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert first.verbs()[-1] == second.verbs()[-1] == "QUIT"


async def test_one_server_needs_no_round() -> None:
    assert isinstance(relays.over([wire.options(25)]), mail.MailSender)
    assert isinstance(relays.over([wire.options(25), wire.options(26)]), relays.Relays)


async def test_the_rate_is_that_of_all_together(monkeypatch: pytest.MonkeyPatch) -> None:
    """A31: the limit is global, however many servers there are."""
    waits: list[float] = []

    async def sleep(seconds: float) -> None:
        waits.append(round(seconds, 1))

    usual = mail.Pace
    pace = usual(2, clock=lambda: 1000.0, sleep=sleep)
    monkeypatch.setattr(mail, "Pace", lambda rate: pace if rate == 2 else usual(rate))
    async with pair(rate_per_second=2.0) as (_, _, sender):
        await send(sender, 4)
    assert waits == [0.5, 1.0, 1.5]
