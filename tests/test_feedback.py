"""What comes back is matched to its delivery by proof, and acted on by the policy."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import bouncing, feedback, model, settings, verp
from digest.storage import bounced, outbox, switches
from subscribers import channels, leaving, suppression
from tests import publishing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL
from tests.returns import letters

GONE = "550 5.1.1 User unknown"
FULL = "552 5.2.2 Mailbox full"
DAYS = (SEOUL, GLACIERS, PORTO, NAIROBI, "Chilean miners end a strike of three weeks")
AFTER = "Norway's parliament votes for a new opera house"
VERP = {"bounce_address": "bounces@meridian.example", "verp": True}


async def submitted(press: publishing.Press, *titles: str) -> list[model.Delivery]:
    """Publish and send; the edition's deliveries."""
    press.add_stories(*(titles or (SEOUL,)))
    edition = await press.publish()
    await press.send()
    return [delivery for delivery in press.deliveries() if delivery.unit_id == edition.id]


def report(
    press: publishing.Press, delivery: model.Delivery, diagnosis: str = GONE, **values: Any
) -> bytes:
    """A report on one delivery, sent to its own envelope sender."""
    block = letters.block(diagnosis, status=diagnosis.split()[1], **values)
    original = f"Message-ID: {delivery.message_id}\nTo: Ann <ann@reader.example>\n\n"
    to = verp.envelope_sender(press.rt, delivery.id)
    return letters.report(block, to=to, original=original)


def state(press: publishing.Press, delivery: model.Delivery) -> str:
    return str(press.do(channels.get, delivery.channel_id).state)


@pytest.fixture
def verp_on(monkeypatch: pytest.MonkeyPatch) -> None:
    """Every mail has an envelope sender of its own."""
    made = settings.given

    def given(**values: Any) -> Any:
        return made(**values | {"smtp": values["smtp"] | VERP})

    monkeypatch.setattr(settings, "given", given)


@pytest.mark.usefixtures("verp_on")
async def test_each_mail_has_an_envelope_sender_that_says_which_it_was(
    database_url: str, tmp_path: Path
) -> None:
    """A37: signed, the same at every attempt, and short enough for a local part."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [delivery] = await submitted(press)
        [mail] = press.mail_of("ann")
        assert mail.mail_from == verp.envelope_sender(press.rt, delivery.id)
        assert verp.delivery_of(press.rt, mail.mail_from) == delivery.id
        assert verp.delivery_of(press.rt, mail.mail_from.upper()) == delivery.id
        most = verp.envelope_sender(press.rt, 10**18 - 1)
        assert len(most.rpartition("@")[0]) <= verp.MOST_LOCAL


@pytest.mark.usefixtures("verp_on")
async def test_a_dead_address_rests_at_once_and_a_second_report_changes_nothing(
    database_url: str, tmp_path: Path
) -> None:
    """A39: 5.1.1."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        press.add_reader("ben")
        [ann, ben] = await submitted(press)
        data = report(press, ann)
        assert await feedback.take_mail(press.rt, data) == "hard"
        assert await feedback.take_mail(press.rt, data) == "known"
        assert (state(press, ann), state(press, ben)) == ("bounced", "active")
        assert [d.channel_id for d in await submitted(press, GLACIERS)] == [ben.channel_id]
        [(_, outcome, reason)] = press.do(outbox.attempts_of, ann.id)
        assert (outcome, reason) == ("bounced", "hard: userunknown 5.1.1")


@pytest.mark.usefixtures("verp_on")
async def test_a_forged_token_changes_nothing(database_url: str, tmp_path: Path) -> None:
    """A37: a bad MAC, or another delivery's."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        good = verp.envelope_sender(press.rt, ann.id)
        for to in (good.replace(f"+{ann.id}.", f"+{ann.id + 1}."), good.replace(".", ".a", 1)):
            data = letters.report(letters.block(GONE, status="5.1.1"), to=to, original="To: x\n\n")
            assert await feedback.take_mail(press.rt, data) == "unknown"
        assert state(press, ann) == "active"


async def test_without_tokens_our_message_id_is_the_proof(
    database_url: str, tmp_path: Path
) -> None:
    """A37: its twenty random digits are known to the reader's server only; an address is none."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        block = letters.block(GONE, status="5.1.1")
        forged = ann.message_id.replace(".", f".{ann.channel_id + 5}", 1)
        for original in ("To: ann@reader.example\n\n", f"Message-ID: {forged}\n\n"):
            data = letters.report(block, original=original)
            assert await feedback.take_mail(press.rt, data) == "unknown"
        assert state(press, ann) == "active"
        assert await feedback.take_mail(press.rt, report(press, ann)) == "hard"
        assert state(press, ann) == "bounced"


async def test_a_full_mailbox_rests_after_five_days_of_it(
    database_url: str, tmp_path: Path
) -> None:
    """A39: never more than one count a day."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        for title in DAYS:
            [delivery] = await submitted(press, title)
            assert state(press, delivery) == "active"
            assert await feedback.take_mail(press.rt, report(press, delivery, FULL)) == "soft"
            press.clock.forward(hours=25)
        assert state(press, delivery) == "bounced"


async def test_a_mail_that_got_through_makes_good_what_failed_before(
    database_url: str, tmp_path: Path
) -> None:
    """A39: a later success resets the soft count; no report for six days is one."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        for title in DAYS[:4]:
            [delivery] = await submitted(press, title)
            await feedback.take_mail(press.rt, report(press, delivery, FULL))
            press.clock.forward(hours=25)
        await submitted(press, DAYS[4])  # and nothing of it comes back
        press.clock.forward(hours=24 * 7)
        [delivery] = await submitted(press, AFTER)
        await feedback.take_mail(press.rt, report(press, delivery, FULL))
        assert state(press, delivery) == "active"


@pytest.mark.parametrize(
    "diagnosis",
    ["550 5.7.1 Message refused for policy reasons", "552 5.3.4 Message too big"],
)
async def test_our_own_faults_are_noted_and_no_reader_suffers(
    diagnosis: str, database_url: str, tmp_path: Path
) -> None:
    """A39: 5.7.x and 5.3.4."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        assert await feedback.take_mail(press.rt, report(press, ann, diagnosis)) == "sender"
        assert state(press, ann) == "active"
        assert [reason for _, _, reason in press.do(outbox.attempts_of, ann.id)]


async def test_delays_and_answers_count_for_nothing(database_url: str, tmp_path: Path) -> None:
    """A38, A40."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        delay = report(press, ann, "421 4.4.1 no answer", action="delayed")
        assert await feedback.take_mail(press.rt, delay) == "delayed"
        answer = letters.free("Away", sender="ann@reader.example", subject="Out of office")
        assert await feedback.take_mail(press.rt, answer) == "autoreply"
        assert (state(press, ann), press.do(outbox.attempts_of, ann.id)) == ("active", ())


async def test_a_complaint_ends_everything_and_suppresses_the_address(
    database_url: str, tmp_path: Path
) -> None:
    """A41."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        data = letters.complaint("ann@reader.example", original=f"Message-ID: {ann.message_id}\n\n")
        assert await feedback.take_mail(press.rt, data) == "complaint"
        assert state(press, ann) == "complained"
        key = press.rt.keys[-1]
        why = press.do(suppression.reason, key=key, kind="email", address="ann@reader.example")
        assert why == "complained"


async def test_no_report_brings_back_or_changes_what_a_person_ended(
    database_url: str, tmp_path: Path
) -> None:
    """A machine's verdict stands beside a person's will."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        press.do(
            leaving.unsubscribe,
            scope="everything",
            now=press.clock(),
            how="link",
            channel_id=ann.channel_id,
        )
        assert await feedback.take_mail(press.rt, report(press, ann)) == "hard"
        assert state(press, ann) == "unsubscribed"


async def test_much_coming_back_of_one_edition_pauses_mail_before_more_are_given_up(
    database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A42: the tenth of twelve; what comes back after it is held against nobody."""
    async with publishing.opened(database_url, tmp_path) as press:
        for number in range(12):
            press.add_reader(f"reader{number}")
        deliveries = await submitted(press)
        outcomes = [await feedback.take_mail(press.rt, report(press, d)) for d in deliveries]
        assert outcomes == ["hard"] * 9 + ["held"] * 3
        assert [state(press, d) for d in deliveries].count("bounced") == 9
        assert "10 of 12 mails" in press.do(switches.paused)["email"]
        assert [r.levelname for r in caplog.records if r.msg == "mail paused: %s"] == ["ERROR"]


async def test_a_few_dead_addresses_among_many_pause_nothing(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        for number in range(12):
            press.add_reader(f"reader{number}")
        deliveries = await submitted(press)
        for delivery in deliveries[:9]:
            await feedback.take_mail(press.rt, report(press, delivery))
        assert press.do(switches.paused) == {}


async def test_of_a_forwarded_address_the_mildest_word_counts(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        data = letters.report(
            letters.block(GONE, address="one@elsewhere.example", status="5.1.1"),
            letters.block(FULL, address="two@elsewhere.example", status="5.2.2"),
            original=f"Message-ID: {ann.message_id}\n\n",
        )
        assert await feedback.take_mail(press.rt, data) == "soft"
        assert state(press, ann) == "active"


async def test_only_the_last_editions_are_counted(database_url: str, tmp_path: Path) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_reader("ann")
        [ann] = await submitted(press)
        for unit_id in range(1, bounced.MOST_UNITS + 5):
            delivery = model.replace(ann, unit_id=unit_id)
            press.do(bounced.keep_counts, delivery, bounced.Counts(hard=unit_id))
        assert press.do(bounced.counts, model.replace(ann, unit_id=1)).hard == 0
        assert press.do(bounced.counts, delivery).hard == unit_id


def test_six_days_are_longer_than_servers_try() -> None:
    assert timedelta(days=5) < bouncing.SETTLED
