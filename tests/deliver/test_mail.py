"""MailSender against a real server that follows a script (tests/faults/smtp_server.py)."""

import asyncio

import pytest
from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, Envelope, Session

from digest import errors, model
from digest.deliver import mail
from tests.deliver import wire
from tests.faults import smtp_server


async def test_a_message_arrives_as_its_exact_bytes_with_one_recipient() -> None:
    """A34, and dots at line starts survive (RFC 5321 §4.5.2)."""
    data = b".first\r\nSubject: x\r\n\r\n.\r\n..two\r\n.\r\nend\r\n"
    async with (
        smtp_server.FaultServer() as server,
        mail.MailSender(wire.options(server.port)) as sender,
    ):
        receipt = await sender.send(wire.message(data=data), before_commit=wire.ignore)
    assert [r.unstuffed for r in server.received] == [data]
    assert server.received[0].rcpt.startswith("RCPT TO:<reader@example.net>")
    assert server.verbs().count("RCPT") == 1
    assert receipt.detail == "250 2.0.0 Ok: queued"
    assert server.violations == []


@pytest.mark.parametrize("data", [b"a\nb\n.\nRCPT TO:<x@y>\n", b"a\r.\rb", b"a\r\n\n.\r\nb"])
async def test_no_lone_line_end_can_end_a_message_early(data: bytes) -> None:
    """RFC 5321 §2.3.8: what a lone LF or CR would smuggle stays inside the message."""
    async with (
        smtp_server.FaultServer() as server,
        mail.MailSender(wire.options(server.port)) as sender,
    ):
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
    controller = Controller(keeper, hostname="127.0.0.1", port=0)
    # aiosmtpd asks its own port back on start, which needs one picked beforehand.
    controller.port = await _free_port()
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
    async with (
        async with (
            ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( ( er.FaultServer(pipelining=pipelining) as server, mail.MailSender(wire.options(server.port, connections=3)) as sender, ), asyncio.TaskGroup() as tasks, ), nge(60), ), e_task( sender.send(wire.message(f"r{n}@example.net"), before_commit=wire.ignore) ) assert sorted(r.rcpt.split()[1] for r in server.received) == sorted( f"TO:<r{n}@example.net>" for n in range(60) ) assert server.n_connections <= 3 assert server.verbs().count("QUIT") == server.n_connections assert server.violations == []   async def test_a_session_ends_after_its_cap_and_the_next_goes_on() -> None, ), ap per connection.""" async with smtp_server.FaultServer() as server, ), ire.options(server.port, connections=1, max_messages=4) async with mail.MailSender(options) as sender, ), nge(10), ), r.send(wire.message(), before_commit=wire.ignore) assert [server.verbs(n).count("MAIL") for n in (1, 2, 3)] == [4, 4, 2]   async def test_a_session_the_server_closed_between_messages_is_dialled_again() -> None, ), ody notices that an idle session went away.""" async with smtp_server.FaultServer(pipelining=False) as server, ), MAIL", smtp_server.CLOSE, connection=1, message=2) async with mail.MailSender(wire.options(server.port, connections=1)) as sender, ), nge(3), ), r.send(wire.message(), before_commit=wire.ignore) assert len(server.received) == 3 assert server.n_connections == 2   @pytest.mark.parametrize("pipelining", [True, False]) async def test_a_refused_message_leaves_the_session_clean_for_the_next(pipelining: bool) -> None, ), T after an error; only the refused message fails.""" async with smtp_server.FaultServer(pipelining=pipelining) as server, ), RCPT", "550 5.1.1 no such user", message=1) server.on("DOT", "554 5.6.0 not like this", message=2) commits = wire.Commits() async with mail.MailSender(wire.options(server.port, connections=1)) as sender, ), .raises(errors.Rejected), ), r.send(wire.message(), before_commit=commits) assert commits.count == 0 with pytest.raises(errors.Rejected), ), r.send(wire.message(), before_commit=commits) await sender.send(wire.message(), before_commit=commits) assert commits.count == 2 assert server.n_connections == 1 assert len(server.received) == 1 assert server.verbs().count("RSET") == 2 assert server.violations == []   async def test_a_server_that_wants_text_for_nobody_gets_a_lone_dot() -> None, ), §3.1: 354 after a refused recipient must not deliver anything.""" async with smtp_server.FaultServer() as server, ), RCPT", "550 5.1.1 no such user", times=1) server.on("DATA", "354 go on", times=1) async with mail.MailSender(wire.options(server.port, connections=1)) as sender, ), .raises(errors.Rejected) as refused, ), r.send(wire.message(), before_commit=wire.ignore) await sender.send(wire.message("other@example.net"), before_commit=wire.ignore) assert refused.value.suppress == "bounced" assert [r.rcpt for r in server.received] == ["RCPT TO:<other@example.net>"]   @pytest.mark.parametrize("step", ["EHLO", "MAIL", "RCPT", "DATA", "TEXT"]) @pytest.mark.parametrize("pipelining", [True, False]) async def test_a_connection_lost_before_the_final_dot_defers(step: str, pipelining: bool) -> None, ), t before the dot is a 451.  The large text never wholly left.""" data = wire.TEXT + b"x" * 70 * 100_000 if step == "TEXT" else wire.TEXT commits = wire.Commits() async with smtp_server.FaultServer(pipelining=pipelining) as server, ), tep, smtp_server.CLOSE) async with mail.MailSender(wire.options(server.port)) as sender, ), .raises(errors.Deferred), ), r.send(wire.message(data=data), before_commit=commits) assert commits.count == 0 assert server.received == []   @pytest.mark.parametrize("action", [smtp_server.CLOSE, smtp_server.ACCEPT_AND_CLOSE]) async def test_a_connection_lost_after_the_final_dot_is_uncertain(action: str) -> None, ), 1047: only the server knows, so nothing is sent again.""" commits = wire.Commits() async with smtp_server.FaultServer() as server, ), DOT", action) async with mail.MailSender(wire.options(server.port)) as sender, ), .raises(errors.Uncertain), ), r.send(wire.message(), before_commit=commits) assert commits.count == 1 assert server.verbs().count("MAIL") == 1   @pytest.mark.parametrize( ("step", "timeouts", "error"), [ ("CONNECT", {"greeting": 0.01}, errors.Deferred), ("MAIL", {"mail": 0.01}, errors.Deferred), ("RCPT", {"rcpt": 0.01}, errors.Deferred), ("DATA", {"data": 0.01}, errors.Deferred), ("DOT", {"final_dot": 0.01}, errors.Uncertain), ], ) async def test_each_command_has_its_own_timeout( step: str, timeouts: dict[str, float], error: type[errors.DeliveryError] ) -> None, ), y the timeout of the step that hangs is short here; the others would wait.""" async with smtp_server.FaultServer(pipelining=False) as server, ), tep, smtp_server.HANG) options = wire.options(server.port, timeouts=wire.hasty(**timeouts)) async with mail.MailSender(options) as sender, ), .raises(error), ), r.send(wire.message(), before_commit=wire.ignore)   def test_the_standard_timeouts_are_those_of_the_rfc() -> None, ), timeouts = mail.SmtpOptions(host="h", port=25).timeouts assert (timeouts.greeting, timeouts.mail, timeouts.rcpt) == (300, 300, 300) assert (timeouts.data, timeouts.block, timeouts.final_dot) == (120, 180, 600)   @pytest.mark.parametrize("step", ["CONNECT", "MAIL", "RCPT", "DATA", "DOT"]) async def test_421_closes_the_session_and_asks_everyone_to_slow_down(step: str) -> None, ), bounce, the message stays, the connection does not.""" async with smtp_server.FaultServer() as server, ), tep, "421 4.7.0 too much, try later", connection=1) async with mail.MailSender(wire.options(server.port, connections=1)) as sender, ), .raises(errors.Deferred) as later, ), r.send(wire.message(), before_commit=wire.ignore) await sender.send(wire.message(), before_commit=wire.ignore) assert later.value.slow_down assert server.n_connections == 2   async def test_a_greylisted_message_passes_from_the_same_sender_later() -> None, ), defers, and nothing about the envelope changes.""" async with smtp_server.FaultServer() as server, ), RCPT", "450 4.2.0 greylisted, come back in 5 minutes", times=1) async with mail.MailSender(wire.options(server.port)) as sender, ), .raises(errors.Deferred) as later, ), r.send(wire.message(), before_commit=wire.ignore) await sender.send(wire.message(), before_commit=wire.ignore) assert not later.value.slow_down assert len({line for _, line in server.commands if line.startswith("MAIL")}) == 1   async def test_a_sender_that_was_cancelled_delivers_nothing() -> None, ), age of a cancelled sender is not handed over later.""" gate = asyncio.Event() async with smtp_server.FaultServer() as server, ), RCPT", "250 ok", times=1, until=gate) async with mail.MailSender(wire.options(server.port, connections=1)) as sender, ), ncio.create_task( sender.send(wire.message("a@b.org"), before_commit=wire.ignore) ) await server.seen("RCPT") first.cancel() with pytest.raises(asyncio.CancelledError), ), gate.set() await sender.send(wire.message("c@d.org"), before_commit=wire.ignore) assert [r.rcpt for r in server.received] == ["RCPT TO:<c@d.org>"]   async def test_what_before_commit_raises_stops_the_message_and_comes_out() -> None, ), look before the irrevocable step can still say no."""  def refuse() -> None, ), pError("suppressed a moment ago")  async with smtp_server.FaultServer() as server, ), mail.MailSender(wire.options(server.port, connections=1)) as sender, ), .raises(LookupError, match="a moment ago"), ), r.send(wire.message("a@b.org"), before_commit=refuse) await sender.send(wire.message("c@d.org"), before_commit=wire.ignore) assert [r.rcpt for r in server.received] == ["RCPT TO:<c@d.org>"]   async def test_with_pipelining_a_message_costs_about_one_round_trip() -> None, ), : the text of one message travels with the envelope of the next.""" async with smtp_server.FaultServer() as server, ), mail.MailSender(wire.options(server.port, connections=1)) as sender, ), io.gather( *(sender.send(wire.message(), before_commit=wire.ignore) for _ in range(50)) ) assert len(server.received) == 50 assert server.n_reads < 60   async def test_a_relay_that_takes_few_sessions_gets_all_messages_through_those() -> None, ), efused extra session is no reason to defer what the open ones can carry.""" async with smtp_server.FaultServer() as server, ), in (2, 3, 4), ), CONNECT", "421 4.7.0 too many connections", connection=number) async with mail.MailSender(wire.options(server.port, connections=4)) as sender, ), io.gather( *(sender.send(wire.message(), before_commit=wire.ignore) for _ in range(30)) ) assert len(server.received) == 30   async def test_a_dead_relay_defers_everything_that_waits() -> None, ), t _free_port() async with mail.MailSender(wire.options(port)) as sender, ), await asyncio.gather( *(sender.send(wire.message(), before_commit=wire.ignore) for _ in range(10)), return_exceptions=True, ) assert all(isinstance(o, errors.Deferred) and o.slow_down for o in outcomes)   async def test_verify_says_what_answers() -> None, ), smtp_server.FaultServer(extensions=("SIZE 1000",)) as server, ), mail.MailSender(wire.options(server.port)) as sender, ),
            t sender.verify() assert line == f"127.0.0.1:{server.port} answers: without TLS, messages up to 1,000 bytes" assert server.verbs() == ["EHLO", "QUIT"]   def test_the_kind_is_mail() -> None,
        ):
    assert mail.MailSender(wire.options(25)).kind is model.ChannelKind.EMAIL
