"""What was sent to chats and no longer stands: noticed, and queued to be amended (C23).

Recent editions and alerts are held against their stories as they stand now, not against what
somebody did: whoever corrected a story, at the desk, by command, in the publisher's own system
or at its source, and whatever crashed in between, the next look finds it.  Each chat message
that shows what differs is queued (digest.storage.amendments); digest.amending carries it out.
"""

import logging
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from digest import model, runtime, standing
from digest.storage import amendments, database

logger = logging.getLogger(__name__)

NOTICING = "noticing"
PAGE = 1000  # deliveries looked through in one transaction
LIFE = timedelta(hours=6)  # a correction that could not be made by then is given up
MOST_FROZEN = 5_000  # frozen stories kept at hand
_OF_CHATS_AND_MAIL = (model.ChannelKind.CHAT, model.ChannelKind.EMAIL)
_KINDS = (model.DeliveryKind.DIGEST, model.DeliveryKind.ALERT)


def sent_before(
    session: database.Session, rt: runtime.Runtime, story_id: int, now: datetime
) -> str:
    """Say what a correction of a story can and cannot change any more; "" when it is not out."""
    n_sent = amendments.n_sent(session, story_id, since=now - _horizon(rt))
    n_chats, n_mails = (n_sent.get(kind, 0) for kind in _OF_CHATS_AND_MAIL)
    parts = []
    if n_chats:
        parts.append(f"{n_chats} to chats, where those that show it are corrected")
    if n_mails:
        parts.append(f"{n_mails} by mail, where nothing can be changed any more")
    return f"Messages with it went out already: {'; '.join(parts)}." if parts else ""


class Notices:
    """Notices what no longer stands as it was sent; keeps the frozen stories it needs at hand."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._frozen: dict[int, model.Story] = {}

    async def look(self) -> bool:
        """Note what differs since the last look, and queue its amendments; False when nothing.

        Safe to be done by several at a time, and to be cut short.
        """
        found = await self._rt.db.read(self._differing, self._rt.clock())
        if found:
            await self._rt.db.run(self._note, self._rt.clock())
        spreading = await self._rt.db.read(self._spreading, self._rt.clock())
        for unit in spreading:
            while await self._rt.db.run(self._spread, unit):
                pass
        return bool(spreading)

    def _units(self, session: database.Session, now: datetime) -> tuple[amendments.Unit, ...]:
        return amendments.recent_units(session, now - _horizon(self._rt))

    def _spreading(self, session: database.Session, now: datetime) -> list[amendments.Unit]:
        units = self._units(session, now)
        spreading = {key for key, one in amendments.noted(session).items() if one.spreading}
        return [unit for unit in units if unit.key in spreading]

    def _differing(
        self, session: database.Session, now: datetime
    ) -> list[tuple[amendments.Unit, amendments.Noted | None, Mapping[int, str]]]:
        """Units that differ otherwise than was noted."""
        units = self._units(session, now)
        wanted = {frozen_id for unit in units for frozen_id in unit.frozen_ids}
        if len(self._frozen) > MOST_FROZEN:
            self._frozen = {key: self._frozen[key] for key in wanted & self._frozen.keys()}
        self._frozen |= amendments.thawed(session, wanted - self._frozen.keys())
        said = {kind: self._load(session, units, kind) for kind in _KINDS}
        noted = amendments.noted(session)
        found: list[tuple[amendments.Unit, amendments.Noted | None, Mapping[int, str]]] = []
        for unit in units:
            differs: dict[int, str] = {}
            for frozen_id in unit.frozen_ids:
                story = self._frozen[frozen_id]
                if difference := standing.difference(story, said[unit.kind]):
                    differs[story.id] = difference
            before = noted.get(unit.key)
            if differs != (before.differs if before else {}):
                found.append((unit, before, differs))
        return found

    def _load(
        self,
        session: database.Session,
        units: Sequence[amendments.Unit],
        kind: model.DeliveryKind,
    ) -> standing.Standing:
        ids = {frozen_id for unit in units if unit.kind is kind for frozen_id in unit.frozen_ids}
        told = [self._frozen[frozen_id] for frozen_id in sorted(ids)]
        is_alert = kind is model.DeliveryKind.ALERT
        return standing.load(session, told, alerted=[s.id for s in told] if is_alert else ())

    def _note(self, session: database.Session, now: datetime) -> None:
        database.alone(session, NOTICING)
        amendments.forget(session, now - _horizon(self._rt))
        for unit, before, differs in self._differing(session, now):
            amendments.note(session, unit, before, differs, now=now)
            logger.info(
                "what was sent no longer stands as it was",
                extra={"event": "amendment.noticed", "kind": unit.kind, "unit_id": unit.id},
            )

    def _spread(self, session: database.Session, unit: amendments.Unit) -> bool:
        now = self._rt.clock()
        return amendments.spread(session, unit, limit=PAGE, now=now, expires_at=now + LIFE)


def _horizon(rt: runtime.Runtime) -> timedelta:
    return timedelta(hours=rt.settings.telegram.amend_hours)
