"""Whoever left after an issue was queued is not written to; everybody else is."""

from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from digest import pipeline
from digest.storage import outbox
from subscribers import channels, directory, leaving, people, preferences, routes, suppression
from subscribers import model as people_model
from tests import publishing
from tests.publishing import SEOUL, Press

Act = Callable[[Press, people_model.Subscriber], object]


def _unsubscribe(press: Press, ann: people_model.Subscriber) -> object:
    return press.do(
        leaving.unsubscribe,
        scope="everything",
        now=press.clock(),
        how="link",
        channel_id=ann.channels[0].id,
    )


def _end_the_digest(press: Press, ann: people_model.Subscriber) -> object:
    return press.do(
        leaving.unsubscribe, scope="digest", now=press.clock(), how="link", subscriber_id=ann.id
    )


def _suppress(press: Press, ann: people_model.Subscriber) -> object:
    return press.do(
        suppression.suppress,
        key=press.rt.keys[-1],
        kind="email",
        address=ann.channels[0].address,
        reason="desk",
        now=press.clock(),
    )


def _erase(press: Press, ann: people_model.Subscriber) -> object:
    press.do(people.erase, ann.id, key=press.rt.keys[-1], now=press.clock())
    return True


def _pause(press: Press, ann: people_model.Subscriber) -> object:
    until = press.clock() + timedelta(days=7)
    press.do(preferences.pause, ann.id, until=until, now=press.clock(), how="bot")
    return True


def _complain(press: Press, ann: people_model.Subscriber) -> object:
    return press.do(
        channels.mark_complained, ann.channels[0].id, key=press.rt.keys[-1], now=press.clock()
    )


@pytest.mark.parametrize(
    ("act", "reason"),
    [
        (_unsubscribe, "unsubscribed"),
        (_end_the_digest, "unsubscribed"),
        (_suppress, "suppressed"),
        (_erase, "gone"),
        (_pause, "paused"),
        (_complain, "complained"),
    ],
)
async def test_who_left_after_the_issue_was_queued_is_not_mailed(
    database_url: str, tmp_path: Path, act: Act, reason: str
) -> None:
    """A20, B15: checked in the transaction that claims."""
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        ann = press.add_reader("ann")
        press.add_reader("ben")
        await press.publish()
        assert press.states() == {"queued": 2}
        assert act(press, ann)
        await press.send()
        assert press.mail_of("ann") == []
        assert len(press.mail_of("ben")) == 1
        [hers] = [d for d in press.deliveries() if d.subscriber_id == ann.id]
        assert (hers.state, hers.reason, hers.attempts) == ("suppressed", reason, 0)


async def test_the_check_is_in_the_transaction_that_claims(
    database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Invariant 3: the session that claimed is the one that asks who may be written to."""
    claims: list[object] = []
    checks: list[object] = []
    claim, addressees = outbox.claim, directory.addressees

    def noted_claim(session: Any, *args: Any, **kwargs: Any) -> Any:
        found = claim(session, *args, **kwargs)
        if found:
            claims.append(session)
        return found

    def noted_check(session: Any, ids: Any, **kwargs: Any) -> Any:
        checks.append(session)
        return addressees(session, ids, **kwargs)

    monkeypatch.setattr(outbox, "claim", noted_claim)
    monkeypatch.setattr(directory, "addressees", noted_check)
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        press.add_reader("ann")
        await press.publish()
        await press.send()
        assert len(press.mail_of("ann")) == 1
    assert len(claims) == 1
    assert checks == claims


async def test_who_ends_the_digest_still_gets_alerts(database_url: str, tmp_path: Path) -> None:
    """B5: one click ends what its List-Id names, and nothing else."""
    async with publishing.opened(database_url, tmp_path) as press:
        [seoul] = press.add_stories(SEOUL)
        topic = next(iter(press.story(seoul).topic_slugs))
        ann = press.add_reader("ann", topics=[topic], alerts=True)
        press.add_reader("ben", topics=[topic], alerts=False)
        assert _end_the_digest(press, ann)
        await press.publish()
        await pipeline.raise_alerts(press.rt, [seoul])
        await press.send()
        [alert] = press.mail_of("ann")
        assert "alerts" in alert.message["List-Id"]
        assert len(press.mail_of("ben")) == 1


async def test_a_digest_moved_to_another_channel_after_queueing_does_not_go_to_the_old_one(
    database_url: str, tmp_path: Path
) -> None:
    async with publishing.opened(database_url, tmp_path) as press:
        press.add_stories(SEOUL)
        ann = press.add_reader("ann", chat_id=7)
        mail, chat = sorted(ann.channels, key=lambda c: c.kind != "email")
        await press.publish()
        press.do(
            routes.choose,
            ann.id,
            digests=[chat.id],
            alerts=[chat.id],
            now=press.clock(),
            how="page",
        )
        await press.send()
        assert press.mail_of("ann") == []
        [delivery] = press.deliveries()
        assert (delivery.channel_id, delivery.state) == (mail.id, "suppressed")
        await press.publish()  # what never left may come again, on the chosen channel
        await press.send()
        assert SEOUL in "\n".join(press.texts_of(7))
