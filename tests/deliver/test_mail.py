"""MailSender against a real server that follows a script (tests/faults/smtp_server.py)."""

import asyncio

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest import errors, model
from digest.deliver import mail
from tests.deliver import wire
from tests.faults import smtp_server

FaultServer = smtp_server.FaultServer


async def test_a_message_arrives_as_its_exact_bytes_with_one_recipient() -> None:
    """A34, and dots at line starts survive (RFC 5321 §4.5.2)."""
    data = b".first\r\nSubject: x\r\n\r\n.\r\n..two\r\n.\r\nend\r\n"
    async with wire.relay() as (server, sender):
        receipt = await sender.send(wire.message(data=data), before_commit=wire.ignore)
    assert [r.unstuffed for r in server.received] == [data]
    assert server.received[0].rcpt.startswith("RCPT TO:<reader@example.net>")
    assert server.verbs().count("RCPT") == 1
    assert receipt.detail == "250 2.0.0 Ok: queued"
    assert server.violations == []


@pytest.mark.parametrize("data", [b"a\nb\n.\nRCPT TO:<x@y>\n", b"a\r.\rb", b"a\r\n\n.\r\nb"])
async def test_no_lone_line_end_can_end_a_message_early(data: bytes) -> None:
    """RFC 5321 §2.3.8: what a lone LF or CR would smuggle stays inside the message."""
    async with wire.relay() as (server, sender):
        await sender.send(wire.message(data=data), before_commit=wire.ignore)
    (received,) = server.received
    assert received.data.count(b"\n") == received.data.count(b"\r\n") == received.data.count(b"\r")
    assert server.verbs().count("RCPT") == 1


class _Keeper:
    """An aiosmtpd handler that keeps what it gets."""

    def __init__(self) -> None:
        self.envelopes: list[Envelope] = []

    async def handle_DATA(self, server: SMTP, session: Session, envelope: Envelope) -> str:  # noqa: N802 - aiosmtpd's
        self.envelopes.append(envelope)
        return "250 kept"


async def test_another_server_takes_the_same_bytes() -> None:
    keeper = _Keeper()
    controller = Controller(keeper, hostname="127.0.0.1", port=await _free_port())
    await asyncio.to_thread(controller.start)
    try:
        async with mail.MailSender(wire.options(controller.port)) as sender:
            for n in range(3):
                await sender.send(wire.message(f"r{n}@example.net"), before_commit=wire.ignore)
    finally:
        await asyncio.to_thread(controller.stop)
    assert [e.rcpt_tos for e in keeper.envelopes] == [[f"r{n}@example.net"] for n in range(3)]
    assert {e.original_content for e in keeper.envelopes} == {wire.TEXT}


async def _free_port() -> int:
    server = await asyncio.start_server(lambda r, w: None, "127.0.0.1", 0)
    port: int = server.sockets[0].getsockname()[1]
    server.close()
    await server.wait_closed()
    return port


@pytest.mark.parametrize("pipelining", [True, False])
async def test_many_messages_share_few_sessions_and_each_arrives_once(pipelining: bool) -> None:
    """A32: sessions are reused; pipelining or not, the same messages arrive."""
    async with wire.relay(FaultServer(pipelining=pipelining), connections=3) as (server, sender):
        await asyncio.gather(
            *(
                sender.send(wire.message(f"r{n}@example.net"), before_commit=wire.ignore)
                for n in range(60)
            )
        )
    assert sorted(r.rcpt.split()[1] for r in server.received) == sorted(
        f"TO:<r{n}@example.net>" for n in range(60)
    )
    assert server.n_connections <= 3
    assert server.verbs().count("QUIT") == server.n_connections
    assert server.violations == []


async def test_a_session_ends_after_its_cap_and_the_next_goes_on() -> None:
    """A32: a cap per connection."""
    async with wire.relay(connections=1, max_messages=4) as (server, sender):
        for _ in range(10):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert [server.verbs(n).count("MAIL") for n in (1, 2, 3)] == [4, 4, 2]


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_session_the_server_closed_between_messages_is_dialled_again(
    pipelining: bool,
) -> None:
    """A32: nobody notices that an idle session went away."""
    async with wire.relay(FaultServer(pipelining=pipelining), connections=1) as (server, sender):
        server.on("MAIL", smtp_server.CLOSE, connection=1, message=2)
        for _ in range(3):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert len(server.received) == 3
    assert server.n_connections == 2


@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_refused_message_leaves_the_session_clean_for_the_next(pipelining: bool) -> None:
    """A32: RSET after an error; only the refused message fails."""
    commits = wire.Commits()
    async with wire.relay(FaultServer(pipelining=pipelining), connections=1) as (server, sender):
        server.on("RCPT", "550 5.1.1 no such user", message=1)
        server.on("DOT", "554 5.6.0 not like this", message=2)
        with pytest.raises(errors.Rejected):
            await sender.send(wire.message(), before_commit=commits)
        assert commits.count == 0
        with pytest.raises(errors.Rejected):
            await sender.send(wire.message(), before_commit=commits)
        await sender.send(wire.message(), before_commit=commits)
    assert commits.count == 2
    assert server.n_connections == 1
    assert len(server.received) == 1
    assert server.verbs().count("RSET") == 2
    assert server.violations == []


async def test_among_pipelined_messages_each_gets_its_own_answer() -> None:
    """A34: one refused recipient or text says nothing about the messages around it."""
    async with wire.relay(connections=1) as (server, sender):
        for number in (2, 5, 6):
            server.on("RCPT", "550 5.1.1 no such user", message=number)
        server.on("DOT", "452 4.3.1 no room now", message=3)
        server.on("MAIL", "451 4.3.0 not now", message=7)
        outcomes = await asyncio.gather(
            *(
                sender.send(wire.message(f"r{n}@example.net"), before_commit=wire.ignore)
                for n in range(1, 9)
            ),
            return_exceptions=True,
        )
    assert [type(outcome).__name__ for outcome in outcomes] == [
        "Receipt", "Rejected", "Deferred", "Receipt", "Rejected", "Rejected", "Deferred", "Receipt",
    ]  # fmt: skip
    assert [r.rcpt for r in server.received] == [f"RCPT TO:<r{n}@example.net>" for n in (1, 4, 8)]
    assert server.violations == []


async def test_a_server_that_wants_text_for_nobody_gets_a_lone_dot() -> None:
    """RFC 2920 §3.1: 354 after a refused recipient must not deliver anything."""
    async with wire.relay(connections=1) as (server, sender):
        server.on("RCPT", "550 5.1.1 no such user", times=1)
        server.on("DATA", "354 go on", times=1)
        with pytest.raises(errors.Rejected) as refused:
            await sender.send(wire.message(), before_commit=wire.ignore)
        await sender.send(wire.message("other@example.net"), before_commit=wire.ignore)
    assert refused.value.suppress == "bounced"
    assert [r.rcpt for r in server.received] == ["RCPT TO:<other@example.net>"]


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL", "RCPT", "DATA", "TEXT"])
@pytest.mark.parametrize("pipelining", [True, False])
async def test_a_connection_lost_before_the_final_dot_defers(step: str, pipelining: bool) -> None:
    """A25: lost before the dot is a 451.  The large text never wholly left."""
    data = wire.TEXT + (b"x" * 68 + b"\r\n") * 100_000 if step == "TEXT" else wire.TEXT
    commits = wire.Commits()
    async with wire.relay(FaultServer(pipelining=pipelining)) as (server, sender):
        server.on(step, smtp_server.CLOSE)
        with pytest.raises(errors.Deferred):
            await sender.send(wire.message(data=data), before_commit=commits)
    assert commits.count == 0
    assert server.received == []


async def test_a_large_text_arrives_whole_and_commits_after_it_left() -> None:
    data = wire.TEXT + (b"." + b"x" * 67 + b"\r\n") * 100_000
    commits = wire.Commits()
    async with wire.relay(connections=1) as (server, sender):
        for _ in range(2):
            await sender.send(wire.message(data=data), before_commit=commits)
    assert [r.unstuffed == data for r in server.received] == [True, True]
    assert commits.count == 2


@pytest.mark.parametrize("action", [smtp_server.CLOSE, smtp_server.ACCEPT_AND_CLOSE])
async def test_a_connection_lost_after_the_final_dot_is_uncertain(action: str) -> None:
    """A25, RFC 1047: only the server knows, so nothing is sent again."""
    commits = wire.Commits()
    async with wire.relay() as (server, sender):
        server.on("DOT", action)
        with pytest.raises(errors.Uncertain):
            await sender.send(wire.message(), before_commit=commits)
    assert commits.count == 1
    assert server.verbs().count("MAIL") == 1


async def test_answers_lost_in_the_middle_leave_nothing_twice_and_nothing_silent() -> None:
    """A25: every accepted message is a receipt or uncertain; every other one may be retried."""
    async with wire.relay(connections=3) as (server, sender):
        for number in range(1, 40, 3):
            server.on("DOT", smtp_server.ACCEPT_AND_CLOSE, connection=number, message=4)
            server.on("RCPT", smtp_server.CLOSE, connection=number + 1, message=5)
        outcomes = await asyncio.gather(
            *(
                sender.send(wire.message(f"r{n}@example.net"), before_commit=wire.ignore)
                for n in range(200)
            ),
            return_exceptions=True,
        )
    got = [r.rcpt for r in server.received]
    assert len(got) == len(set(got))
    for number, outcome in enumerate(outcomes):
        arrived = f"RCPT TO:<r{number}@example.net>" in got
        expected = (model.Receipt, errors.Uncertain) if arrived else errors.Deferred
        assert isinstance(outcome, expected), number
    kinds = {type(outcome) for outcome in outcomes}
    assert kinds == {model.Receipt, errors.Uncertain, errors.Deferred}


@pytest.mark.parametrize(
    ("step", "timeouts", "error"),
    [
        ("CONNECT", {"greeting": 0.01}, errors.Deferred),
        ("MAIL", {"mail": 0.01}, errors.Deferred),
        ("RCPT", {"rcpt": 0.01}, errors.Deferred),
        ("DATA", {"data": 0.01}, errors.Deferred),
        ("DOT", {"final_dot": 0.01}, errors.Uncertain),
    ],
)
async def test_each_command_has_its_own_timeout(
    step: str, timeouts: dict[str, float], error: type[errors.DeliveryError]
) -> None:
    """A26: only the timeout of the step that hangs is short here; the others would wait."""
    server = FaultServer(pipelining=False)
    async with wire.relay(server, timeouts=wire.hasty(**timeouts)) as (server, sender):
        server.on(step, smtp_server.HANG)
        with pytest.raises(error):
            await sender.send(wire.message(), before_commit=wire.ignore)


def test_the_standard_timeouts_are_those_of_the_rfc() -> None:
    """A26."""
    timeouts = mail.SmtpOptions(host="h", port=25).timeouts
    assert (timeouts.greeting, timeouts.mail, timeouts.rcpt) == (300, 300, 300)
    assert (timeouts.data, timeouts.block, timeouts.final_dot) == (120, 180, 600)


@pytest.mark.parametrize("step", ["CONNECT", "MAIL", "RCPT", "DATA", "DOT"])
async def test_421_closes_the_session_and_asks_everyone_to_slow_down(step: str) -> None:
    """A29: no bounce, the message stays, the connection does not."""
    async with wire.relay(connections=1) as (server, sender):
        server.on(step, "421 4.7.0 too much, try later", connection=1)
        with pytest.raises(errors.Deferred) as later:
            await sender.send(wire.message(), before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert later.value.slow_down
    assert server.n_connections == 2


async def test_a_greylisted_message_passes_from_the_same_sender_later() -> None:
    """A30: 450 defers, and nothing about the envelope changes."""
    async with wire.relay() as (server, sender):
        server.on("RCPT", "450 4.2.0 greylisted, come back in 5 minutes", times=1)
        with pytest.raises(errors.Deferred) as later:
            await sender.send(wire.message(), before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert not later.value.slow_down
    assert len({line for _, line in server.commands if line.startswith("MAIL")}) == 1


async def test_a_sender_that_was_cancelled_delivers_nothing() -> None:
    """The message of a cancelled sender is not handed over later."""
    gate = asyncio.Event()
    async with wire.relay(connections=1) as (server, sender):
        server.on("RCPT", "250 ok", times=1, until=gate)
        first = asyncio.create_task(sender.send(wire.message("a@b.org"), before_commit=wire.ignore))
        await server.seen("RCPT")
        first.cancel()
        with pytest.raises(asyncio.CancelledError):
            await first
        gate.set()
        await sender.send(wire.message("c@d.org"), before_commit=wire.ignore)
    assert [r.rcpt for r in server.received] == ["RCPT TO:<c@d.org>"]


async def test_what_before_commit_raises_stops_the_message_and_comes_out() -> None:
    """The last look before the irrevocable step can still say no."""

    def refuse() -> None:
        raise LookupError("suppressed a moment ago")

    async with wire.relay(connections=1) as (server, sender):
        with pytest.raises(LookupError, match="a moment ago"):
            await sender.send(wire.message("a@b.org"), before_commit=refuse)
        await sender.send(wire.message("c@d.org"), before_commit=wire.ignore)
    assert [r.rcpt for r in server.received] == ["RCPT TO:<c@d.org>"]


async def test_with_pipelining_a_message_costs_about_one_round_trip() -> None:
    """RFC 2920: the text of one message travels with the envelope of the next."""
    async with wire.relay(connections=1) as (server, sender):
        await asyncio.gather(
            *(sender.send(wire.message(), before_commit=wire.ignore) for _ in range(50))
        )
    assert len(server.received) == 50
    assert server.n_reads < 60


async def test_as_many_at_once_as_the_sender_asks_for_keep_its_sessions_full() -> None:
    """RFC 2920: with a third one waiting for each session, every text takes an envelope along."""
    async with wire.relay(connections=2) as (server, sender):
        waiting = list(range(40))

        async def keep_sending() -> None:
            while waiting:
                waiting.pop()
                await sender.send(wire.message(), before_commit=wire.ignore)

        await asyncio.gather(*(keep_sending() for _ in range(sender.connections)))
    assert server.n_connections == 2
    assert server.n_reads < 40 * 1.5


async def test_a_relay_that_takes_few_sessions_gets_all_messages_through_those() -> None:
    """A31: a refused extra session is no reason to defer what the open ones can carry."""
    async with wire.relay(connections=4) as (server, sender):
        for number in (2, 3, 4):
            server.on("CONNECT", "421 4.7.0 too many connections", connection=number)
        await asyncio.gather(
            *(sender.send(wire.message(), before_commit=wire.ignore) for _ in range(30))
        )
    assert len(server.received) == 30


async def test_a_dead_relay_defers_everything_that_waits() -> None:
    async with mail.MailSender(wire.options(await _free_port())) as sender:
        outcomes = await asyncio.gather(
            *(sender.send(wire.message(), before_commit=wire.ignore) for _ in range(10)),
            return_exceptions=True,
        )
    assert all(isinstance(o, errors.Deferred) and o.slow_down for o in outcomes)


async def test_an_unused_session_says_quit_after_a_while() -> None:
    """A32: the relay is not kept waiting for nothing."""
    async with wire.relay(timeouts=wire.hasty(idle=0.01)) as (server, sender):
        await sender.send(wire.message(), before_commit=wire.ignore)
        await server.seen("QUIT")
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert len(server.received) == 2


async def test_verify_says_what_answers() -> None:
    async with wire.relay(FaultServer(extensions=("SIZE 1000",))) as (server, sender):
        line = await sender.verify()
    assert line == f"127.0.0.1:{server.port} answers: without TLS, messages up to 1,000 bytes"
    assert server.verbs() == ["EHLO", "QUIT"]
