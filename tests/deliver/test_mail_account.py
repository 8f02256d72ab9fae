"""How MailSender gets in: TLS, login, the URL.  What goes wrong here is ours (A28, A33)."""

from pathlib import Path

import pytest

from digest import errors
from digest.deliver import mail
from tests.deliver import wire
from tests.faults import smtp_server

FaultServer = smtp_server.FaultServer
LOGIN = ("desk@example.org", "p@ss:w/rd")


@pytest.fixture
def certificate(tmp_path: Path) -> smtp_server.Certificate:
    return smtp_server.Certificate.make(tmp_path)


@pytest.fixture
def trusted(
    certificate: smtp_server.Certificate, monkeypatch: pytest.MonkeyPatch
) -> smtp_server.Certificate:
    """A certificate this process believes in, as an operator's own CA would be."""
    monkeypatch.setenv("SSL_CERT_FILE", str(certificate.cert_file))
    return certificate


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_mail_goes_through_tls_with_a_login(
    trusted: smtp_server.Certificate, tls: str
) -> None:
    """A33: EHLO again after STARTTLS, then AUTH, then mail; many messages, one handshake."""
    server = FaultServer(certificate=trusted, implicit_tls=tls == "implicit", login=LOGIN)
    async with wire.relay(server, tls=tls, username=LOGIN[0], password=LOGIN[1], connections=1) as (
        server,
        sender,
    ):
        for _ in range(3):
            await sender.send(wire.message(data=wire.TEXT * 3000), before_commit=wire.ignore)
        line = await sender.verify()
    before = ["EHLO", "STARTTLS", "EHLO", "AUTH"] if tls == "starttls" else ["EHLO", "AUTH"]
    assert server.verbs(1)[: len(before)] == before
    assert [r.unstuffed for r in server.received] == [wire.TEXT * 3000] * 3
    assert line.endswith(f"{'STARTTLS' if tls == 'starttls' else 'TLS'}, login accepted")
    assert "p@ss" not in line


async def test_without_starttls_nothing_goes_in_clear(trusted: smtp_server.Certificate) -> None:
    """A33: a missing capability is an account fault, never plain text."""
    server = FaultServer(certificate=trusted, offers_starttls=False, login=LOGIN)
    async with wire.relay(server, tls="starttls", username="u", password="p") as (server, sender):
        with pytest.raises(errors.AccountFault, match="STARTTLS"):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert set(server.verbs()) <= {"EHLO", "QUIT"}


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_an_unknown_certificate_is_refused(
    certificate: smtp_server.Certificate, tls: str
) -> None:
    """A33: verified, unless the operator says otherwise."""
    for verify in (True, False):
        server = FaultServer(certificate=certificate, implicit_tls=tls == "implicit")
        async with wire.relay(server, tls=tls, verify_certificates=verify) as (server, sender):
            if verify:
                with pytest.raises(errors.AccountFault, match="certificate"):
                    await sender.send(wire.message(), before_commit=wire.ignore)
            else:
                await sender.send(wire.message(), before_commit=wire.ignore)
        assert len(server.received) == (0 if verify else 1)


async def test_a_certificate_for_another_name_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A33: trusted is not enough, the name counts, too."""
    another = smtp_server.Certificate.make(tmp_path, "127.0.0.9")
    monkeypatch.setenv("SSL_CERT_FILE", str(another.cert_file))
    async with wire.relay(FaultServer(certificate=another), tls="starttls") as (server, sender):
        with pytest.raises(errors.AccountFault, match="certificate"):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert server.received == []


@pytest.mark.parametrize("tls", ["starttls", "implicit"])
async def test_a_certificate_that_has_expired_is_refused(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, tls: str
) -> None:
    """A33: and the account waits for somebody, because nothing mends by itself."""
    old = smtp_server.Certificate.make(tmp_path, expired=True)
    monkeypatch.setenv("SSL_CERT_FILE", str(old.cert_file))
    server = FaultServer(certificate=old, implicit_tls=tls == "implicit", login=LOGIN)
    login = {"username": LOGIN[0], "password": LOGIN[1]}
    async with wire.relay(server, tls=tls, **login) as (server, sender):
        with pytest.raises(errors.AccountFault, match="certificate"):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert set(server.verbs()) <= {"EHLO", "STARTTLS"}


@pytest.mark.parametrize(
    "mechanisms", ["PLAIN", "LOGIN", "CRAM-MD5", "XOAUTH2 LOGIN", "LOGIN PLAIN"]
)
async def test_whatever_way_to_log_in_is_offered_is_taken(mechanisms: str) -> None:
    """A33, RFC 4954."""
    server = FaultServer(login=LOGIN, mechanisms=mechanisms)
    async with wire.relay(server, username=LOGIN[0], password=LOGIN[1]) as (server, sender):
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert len(server.received) == 1
    assert server.verbs(1).count("AUTH") == 1


async def test_a_server_that_offers_no_way_we_know_is_an_account_fault() -> None:
    """A28: the password is not tried in any other way."""
    server = FaultServer(login=LOGIN, mechanisms="XOAUTH2 GSSAPI")
    async with wire.relay(server, username=LOGIN[0], password=LOGIN[1]) as (server, sender):
        with pytest.raises(errors.AccountFault, match="AUTH"):
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert set(server.verbs()) <= {"EHLO", "QUIT"}


@pytest.mark.parametrize("mechanisms", ["PLAIN", "LOGIN", "CRAM-MD5"])
@pytest.mark.parametrize(
    ("reply", "fault"),
    [
        ("535 5.7.8 wrong password", errors.AccountFault),
        ("534 5.7.9 choose a stronger one", errors.AccountFault),
        ("538 5.7.11 encryption required", errors.AccountFault),
        ("530 5.7.0 must issue STARTTLS", errors.AccountFault),
        ("500 what?", errors.AccountFault),
        ("454 4.7.0 the directory is away", errors.Deferred),
        ("421 4.3.2 closing", errors.Deferred),
    ],
)
async def test_what_is_said_to_a_login_is_said_of_the_account(
    mechanisms: str, reply: str, fault: type[errors.DeliveryError]
) -> None:
    """A27 to A29, RFC 4954 §6: 4yz and 421 wait, anything else pauses; no reader is suppressed."""
    server = FaultServer(login=LOGIN, mechanisms=mechanisms)
    async with wire.relay(server, username=LOGIN[0], password=LOGIN[1]) as (server, sender):
        server.on("AUTH", reply)
        with pytest.raises(fault) as said:
            await sender.send(wire.message(), before_commit=wire.ignore)
    assert getattr(said.value, "suppress", None) is None
    assert server.received == []


async def test_a_wrong_password_pauses_the_account_and_suppresses_nobody() -> None:
    """A28."""
    server = FaultServer(login=LOGIN)
    async with wire.relay(server, username="desk@example.org", password="wrong") as (_, sender):
        for attempt in (sender.verify(), sender.send(wire.message(), before_commit=wire.ignore)):
            with pytest.raises(errors.AccountFault) as fault:
                await attempt
            assert fault.value.code == "535 5.7.8"
            assert "desk@" not in str(fault.value)


async def test_a_login_that_cannot_be_checked_now_is_deferred() -> None:
    server = FaultServer(login=LOGIN)
    async with wire.relay(server, username=LOGIN[0], password=LOGIN[1]) as (server, sender):
        server.on("AUTH", "454 4.7.0 try again later")
        with pytest.raises(errors.Deferred) as later:
            await sender.verify()
    assert later.value.slow_down


async def test_a_server_without_auth_is_an_account_fault() -> None:
    async with wire.relay(username="u", password="p") as (_, sender):
        with pytest.raises(errors.AccountFault, match="AUTH"):
            await sender.verify()


def test_a_host_name_of_ours_that_no_wire_can_carry_is_explained() -> None:
    with pytest.raises(errors.ConfigurationError, match="local_hostname"):
        mail.MailSender(wire.options(25, local_hostname="a\r\nMAIL FROM:<x>"))


async def test_a_login_that_no_wire_can_carry_is_an_account_fault() -> None:
    server = FaultServer(login=LOGIN)
    async with wire.relay(server, username="u", password="caf\udce9") as (server, sender):
        with pytest.raises(errors.AccountFault):
            await sender.verify()


@pytest.mark.parametrize("step", ["CONNECT", "EHLO", "MAIL"])
async def test_a_permanent_refusal_before_the_recipient_is_an_account_fault(step: str) -> None:
    """A28: pause all, suppress nobody; and never cached: the next try asks again."""
    async with wire.relay(connections=1) as (server, sender):
        server.on(step, "550 5.7.1 you are not welcome", times=1)
        with pytest.raises(errors.AccountFault):
            await sender.send(wire.message(), before_commit=wire.ignore)
        await sender.send(wire.message(), before_commit=wire.ignore)
    assert len(server.received) == 1


def test_a_password_in_clear_is_refused_before_anything_is_dialled() -> None:
    """A33: AUTH without TLS only towards this very machine."""
    for host in ("127.0.0.1", "::1", "localhost"):
        mail.MailSender(mail.SmtpOptions(host=host, port=25, username="u", password="p"))
    with pytest.raises(errors.ConfigurationError, match="in clear"):
        mail.MailSender(
            mail.SmtpOptions(host="mail.example.org", port=25, username="u", password="p")
        )


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://127.0.0.1:2525", ("127.0.0.1", 2525, "none", "", "")),
        ("smtp://[::1]:2525", ("::1", 2525, "none", "", "")),
        ("smtp://mail.example.org", ("mail.example.org", 25, "none", "", "")),
        ("smtps://u:p@mail.example.org/", ("mail.example.org", 465, "implicit", "u", "p")),
        (
            "smtp+starttls://desk%40example.org:p%40ss%3Aw%2Frd@mail.example.org",
            ("mail.example.org", 587, "starttls", "desk@example.org", "p@ss:w/rd"),
        ),
    ],
)
def test_a_url_gives_the_options(url: str, expected: tuple[str, int, str, str, str]) -> None:
    o = mail.SmtpOptions.from_url(url, connections=7, rate_per_second=2.5)
    assert (o.host, o.port, o.tls, o.username, o.password) == expected
    assert (o.connections, o.rate_per_second) == (7, 2.5)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "mail.example.org",
        "http://u:s3cret@mail.example.org",
        "smtp://",
        "smtp://u:s3cret@mail.example.org:port",
        "smtp://u:s3cret@mail.example.org:99999",
        "smtps://u:s3cret/x@mail.example.org",
        "smtps://u:s3cret@mail.example.org?x=1",
        "smtps://:s3cret@mail.example.org",
        "smtps://u@mail.example.org",
        "smtps://u:s3cret@[mail",
    ],
)
def test_a_bad_url_is_explained_without_the_password(url: str) -> None:
    """E13, E15: neither in the sentence nor in what it came from."""
    with pytest.raises(errors.ConfigurationError) as bad:
        mail.SmtpOptions.from_url(url)
    assert "smtp.url" in str(bad.value)
    assert "s3cret" not in str(bad.value)
    assert bad.value.__cause__ is None


def test_the_options_never_show_the_password() -> None:
    options = mail.SmtpOptions.from_url("smtps://u:s3cret@mail.example.org")
    assert "s3cret" not in repr(options)


async def test_the_pace_of_mail_is_even() -> None:
    """A31: a rate over all sessions, kept by a clock that does not move by itself."""
    waits: list[float] = []
    now = 100.0

    async def sleep(seconds: float) -> None:
        waits.append(seconds)

    pace = mail.Pace(4, clock=lambda: now, sleep=sleep)
    for _ in range(4):
        await pace.wait()
    assert waits == [0.25, 0.5, 0.75]
    now = 200.0
    await pace.wait()
    assert waits == [0.25, 0.5, 0.75]
    await mail.Pace(0, clock=lambda: now, sleep=sleep).wait()
    assert len(waits) == 3
