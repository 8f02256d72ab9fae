"""Mail that came back is fetched from a real IMAP server, each once, and none is ever lost."""

import asyncio
import contextlib
import socket
import threading
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from typing import Any

import pytest

from digest import app, feedback, postbox, settings
from digest.returns import imap
from digest.storage import bounced, database
from subscribers import channels
from tests import publishing, real_dovecot
from tests.returns import letters

pytestmark = real_dovecot.NEEDED

FULL = letters.block("552 5.2.2 Mailbox full", status="5.2.2")
GONE = letters.block("550 5.1.1 User unknown", status="5.1.1")


@pytest.fixture(scope="module")
def one_server() -> Iterator[real_dovecot.Dovecot]:
    with real_dovecot.running() as server:
        yield server


@pytest.fixture
def server(
    one_server: real_dovecot.Dovecot, monkeypatch: pytest.MonkeyPatch
) -> real_dovecot.Dovecot:
    monkeypatch.setenv("SSL_CERT_FILE", str(one_server.certificate.cert_file))
    one_server.empty()
    return one_server


@contextlib.asynccontextmanager
async def pressed(tmp_path: Path, **bounces: Any) -> AsyncIterator[publishing.Press]:
    """A newsroom that has sent one edition to ann."""
    made = settings.given
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(settings, "given", lambda **values: made(**values | {"bounces": bounces}))
        async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
            press.add_stories(publishing.SEOUL)
            press.add_reader("ann")
            await press.publish()
            await press.send()
            yield press


def report(press: publishing.Press, block: str = GONE) -> bytes:
    [delivery] = press.deliveries()
    return letters.report(block, original=f"Message-ID: {delivery.message_id}\n\n")


def state(press: publishing.Press) -> str:
    [delivery] = press.deliveries()
    return str(press.do(channels.get, delivery.channel_id).state)


@pytest.mark.parametrize("starttls", [False, True])
async def test_a_report_in_the_mailbox_rests_a_dead_address(
    server: real_dovecot.Dovecot, tmp_path: Path, starttls: bool
) -> None:
    """A39: over TLS from the start, or after STARTTLS."""
    async with pressed(tmp_path, imap_url=server.url(starttls=starttls)) as press:
        server.put(report(press))
        assert await postbox.take_new(press.rt) == {"hard": 1}
        assert state(press) == "bounced"
        assert [flags for flags, _ in server.mails()] == ["S"]


async def test_each_mail_is_taken_once_however_often_we_look(
    server: real_dovecot.Dovecot, tmp_path: Path
) -> None:
    async with pressed(tmp_path, imap_url=server.url()) as press:
        server.put(report(press, FULL))
        assert await postbox.take_new(press.rt) == {"soft": 1}
        assert await postbox.take_new(press.rt) == {}
        server.put(report(press))
        assert await postbox.take_new(press.rt) == {"hard": 1}


async def test_mails_numbered_anew_are_read_again_and_count_nothing_twice(
    server: real_dovecot.Dovecot, tmp_path: Path
) -> None:
    """UIDVALIDITY changes after a restore (RFC 3501 §2.3.1.1)."""
    async with pressed(tmp_path, imap_url=server.url()) as press:
        server.put(report(press))
        await postbox.take_new(press.rt)
        server.renumber()
        assert await postbox.take_new(press.rt) in ({"known": 1}, {})
        assert state(press) == "bounced"


async def test_taken_mail_is_moved_and_what_is_not_ours_stays_for_a_person(
    server: real_dovecot.Dovecot, tmp_path: Path
) -> None:
    folder = "Données & mails"
    async with pressed(tmp_path, imap_url=server.url(), imap_taken=folder) as press:
        mail = report(press)
        server.put(b"From: a@b.example\nSubject: A question\n\nHello?\n")
        server.put(mail)
        assert await postbox.take_new(press.rt) == {"other": 1, "hard": 1}
        [(flags, left)] = server.mails()
        assert (flags, b"A question" in left) == ("", True)
        assert [data for _, data in server.mails("Donn&AOk-es &- mails")] == [mail]


async def test_a_server_without_move_copies_first_and_deletes_then(
    server: real_dovecot.Dovecot, tmp_path: Path
) -> None:
    async with pressed(tmp_path, imap_url=server.url()) as press:
        server.put(report(press))
        with imap.opened(postbox.place_of(press.rt)) as mailbox:
            assert "MOVE" in mailbox.able
            mailbox.able -= {"MOVE"}
            [uid] = mailbox.uids_after(0)
            mailbox.move(uid, "Taken")
            assert mailbox.uids_after(0) == []
        assert len(server.mails("Taken")) == 1


async def test_a_crash_between_taking_and_putting_away_loses_nothing_and_counts_once(
    server: real_dovecot.Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pressed(tmp_path, imap_url=server.url(), imap_taken="Taken") as press:
        server.put(report(press, FULL))

        def die(*_: object, **__: object) -> None:
            raise RuntimeError("killed")

        with monkeypatch.context() as patch:
            patch.setattr(bounced, "reached", die)
            with pytest.raises(RuntimeError):
                await postbox.take_new(press.rt)
        assert (len(server.mails()), server.mails("Taken")) == (1, [])
        assert await postbox.take_new(press.rt) == {"known": 1}
        assert (server.mails(), len(server.mails("Taken"))) == ([], 1)
        [delivery] = press.deliveries()
        assert press.do(channels.soft_bounced_at, delivery.channel_id) is not None


async def test_what_the_database_cannot_take_waits_in_the_mailbox(
    server: real_dovecot.Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def fail(*_: object) -> str:
        raise database.Failure("away")

    async with pressed(tmp_path, imap_url=server.url()) as press:
        server.put(report(press))
        with monkeypatch.context() as patch:
            patch.setattr(feedback, "take_mail", fail)
            with pytest.raises(database.Failure):
                await postbox.take_new(press.rt)
        assert await postbox.take_new(press.rt) == {"hard": 1}


async def test_how_many_wait_is_seen_and_nothing_is_taken(
    server: real_dovecot.Dovecot, tmp_path: Path
) -> None:
    async with pressed(tmp_path, imap_url=server.url()) as press:
        server.put(report(press))
        assert (await postbox.look(press.rt)).n_waiting == 1
        assert state(press) == "active"
        await postbox.take_new(press.rt)
        sight = await postbox.look(press.rt)
        assert (sight.n_waiting, sight.known.problem) == (0, "")
        assert sight.known.looked_at


async def test_a_certificate_that_is_not_trusted_is_refused_before_the_password_is_said(
    server: real_dovecot.Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("SSL_CERT_FILE")
    for starttls in (False, True):
        (tmp_path / str(starttls)).mkdir()
        async with pressed(
            tmp_path / str(starttls), imap_url=server.url(starttls=starttls)
        ) as press:
            server.put(report(press))
            with pytest.raises(imap.MailboxError, match="no certificate to trust"):
                await postbox.look(press.rt)
            assert await postbox.take_new(press.rt) == {}
            assert state(press) == "active"


async def test_a_wrong_password_is_said_without_it(
    server: real_dovecot.Dovecot, tmp_path: Path
) -> None:
    """E13."""
    url = server.url().replace("open", "secret")
    async with pressed(tmp_path, imap_url=url) as press:
        await postbox.take_new(press.rt)
        known = press.do(bounced.postbox, postbox.place_of(press.rt).name)
        assert "uthentication" in known.problem
        assert "secret" not in known.problem


async def test_a_server_that_says_nothing_holds_nobody_up(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(imap, "SECONDS", 0.2)
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"imaps://a:b@127.0.0.1:{silent.getsockname()[1]}"
        async with pressed(tmp_path, imap_url=url) as press:
            assert await postbox.take_new(press.rt) == {}
            known = press.do(bounced.postbox, postbox.place_of(press.rt).name)
            assert "no answer in time" in known.problem


async def test_a_round_that_takes_too_long_is_broken_off_and_tried_again(
    server: real_dovecot.Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    waited = threading.Event()

    def never(mailbox: imap.Mailbox, _: int) -> bytes:
        with contextlib.suppress(OSError):
            mailbox._server().socket().recv(1)
        waited.set()
        return b""

    async with pressed(tmp_path, imap_url=server.url()) as press:
        server.put(report(press))
        with monkeypatch.context() as patch:
            patch.setattr(postbox, "ROUND_SECONDS", 1.0)
            patch.setattr(imap.Mailbox, "fetch", never)
            assert await postbox.take_new(press.rt) == {}
            assert await asyncio.to_thread(waited.wait, 10)
        assert await postbox.take_new(press.rt) == {"hard": 1}


async def test_the_service_empties_the_mailbox_until_it_is_stopped(
    server: real_dovecot.Dovecot, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with pressed(tmp_path, imap_url=server.url()) as press:
        web = press.rt.settings.web.model_copy(update={"port": 0})
        changed = press.rt.settings.model_copy(update={"web": web})
        monkeypatch.setattr(press.rt, "settings", changed)
        server.put(report(press))
        stop, taken = asyncio.Event(), asyncio.Event()
        take = feedback.take_mail

        async def taking(*args: Any) -> str:
            outcome = await take(*args)
            taken.set()
            return outcome

        monkeypatch.setattr(feedback, "take_mail", taking)
        serving = asyncio.create_task(app.serve(press.rt, ["web"], stop))
        async with asyncio.timeout(30):
            await taken.wait()
        stop.set()
        await serving
        assert state(press) == "bounced"


def test_an_address_names_user_password_port_and_folder() -> None:
    place = imap.place_of("imap+starttls://a%40b.example:p%2Fw@mail.example/Back%20again")
    assert place == imap.Place(
        "imap+starttls", "mail.example", 143, "a@b.example", "p/w", "Back again"
    )
    assert imap.place_of("imaps://a:b@mail.example").name == "a@mail.example:993/INBOX"
