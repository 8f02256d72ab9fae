"""Five minutes of "come back later" for everybody cost time, and nobody's mail (A30)."""

import logging
from pathlib import Path

import pytest

from subscribers import suppression
from tests import publishing
from tests.faults import choosy
from tests.publishing import SEOUL

N_READERS = 25
REPLIES = [
    "450 4.2.0 <reader@reader.example>: Recipient address rejected: Greylisted",
    "451 4.7.1 Greylisting in action, please come back later",
]


@pytest.mark.parametrize("reply", REPLIES)
async def test_a_server_that_greylists_for_five_minutes_gets_every_mail_in_the_end(
    reply: str, database_url: str, tmp_path: Path, caplog: pytest.LogCaptureFixture
) -> None:
    """A30, RFC 6647: the same envelope sender from the same place, and no reader is affected."""
    clock = publishing.Clock()
    greylist = choosy.Greylist(clock, reply)
    async with choosy.Choosy(judge=greylist) as server:
        given = {"url": f"smtp://127.0.0.1:{server.port}", "sender": "d@meridian.example"}
        async with publishing.opened(database_url, tmp_path, clock=clock, smtp=given) as press:
            press.add_stories(SEOUL)
            for number in range(N_READERS):
                press.add_reader(f"reader-{number}")
            await press.publish()
            with caplog.at_level(logging.WARNING, "digest"):
                await press.send()
                assert press.states() == {"deferred": N_READERS}
                clock.forward(minutes=4, seconds=59)
                await press.send()  # too early, so nobody is asked again
                assert server.verbs().count("RCPT") == N_READERS
                clock.forward(minutes=16)
                await press.send()
            assert press.states() == {"submitted": N_READERS}
            ids = [delivery.channel_id for delivery in press.deliveries()]
            assert press.do(suppression.blocked, ids, now=clock(), what="digest") == {}
            assert caplog.records == []  # a greylist is no news to anybody
            assert {delivery.attempts for delivery in press.deliveries()} == {2}
    assert sorted(server.recipients) == sorted(
        f"reader-{number}@reader.example" for number in range(N_READERS)
    )
    assert len({received.mail.partition(" SIZE")[0] for received in server.received}) == 1
