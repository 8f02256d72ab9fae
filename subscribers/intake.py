"""Writing what an import takes in: who is new, who is known, and what each gains or ends.

New people are written many at a time (`bulk`); so is what known people gain.  Whatever is
changed about somebody who was here before is written down for `undoing`.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import sqlalchemy as sa

from subscribers import bulk, errors, gaining, people, rows, suppression, tables
from subscribers.gaining import Arrived, Known

__all__ = ["Arrived", "Known", "Sorted", "sort_out", "write"]

subscriber, channel = tables.subscriber, tables.channel
imports = tables.intake

_ATTEMPTS = 5  # at writing new people while others sign up


@dataclass(slots=True)
class Sorted:
    """Where each row of a run belongs."""

    arrived: Arrived
    new: list[rows.PersonRow] = field(default_factory=list)
    known: list[tuple[Known, rows.PersonRow]] = field(default_factory=list)
    repeated: list[rows.PersonRow] = field(default_factory=list)
    suppressed: list[rows.PersonRow] = field(default_factory=list)
    torn: list[rows.PersonRow] = field(default_factory=list)


def sort_out(session: sa.Connection, arrived: Arrived) -> Sorted:
    """Look up who is known and who must not be written to, in three queries."""
    suppressed = suppression.among(session, list(arrived.hashes.values()))
    known = find_known(session, arrived.rows)
    found = Sorted(arrived)
    for row in arrived.rows:
        if row.repeats:
            found.repeated.append(row)
            continue
        owners = {
            person.subscriber_id: person
            for one in row.addresses
            if (person := known.get((one.kind, one.key))) is not None
        }
        if any(arrived.hashes[one.key] in suppressed for one in row.addresses):
            found.suppressed.append(row)
        elif len(owners) > 1:
            found.torn.append(row)
        elif owners:
            found.known.append((next(iter(owners.values())), row))
        elif row.status == "complained":
            found.suppressed.append(row)  # the hash is all that must be kept of them
        else:
            found.new.append(row)
    return found


def find_known(
    session: sa.Connection, some: Sequence[rows.PersonRow]
) -> dict[tuple[str, str], Known]:
    """Find the owners of the rows' addresses, by kind and key."""
    found: dict[tuple[str, str], Known] = {}
    for kind in ("email", "chat"):
        keys = [one.key for row in some for one in row.addresses if one.kind == kind]
        if not keys:
            continue
        query = (
            sa.select(channel.c.address_key, channel.c.subscriber_id, subscriber.c.will)
            .add_columns(subscriber.c.import_id)
            .join(subscriber, subscriber.c.id == channel.c.subscriber_id)
            .where(channel.c.kind == kind, bulk.one_of(session, channel.c.address_key, keys))
        )
        for address_key, subscriber_id, will, import_id in session.execute(query):
            found[kind, address_key] = Known(subscriber_id, will, import_id)
    return found


def write(
    session: sa.Connection, import_id: int, found: Sorted, *, key: bytes, now: datetime
) -> None:
    """Write what was sorted out; rows somebody else added meanwhile move to those known."""
    wording, consented_at = session.execute(
        sa.select(imports.c.wording, imports.c.consented_at).where(imports.c.id == import_id)
    ).one()
    bulk.prepare(session)
    for attempt in range(_ATTEMPTS):
        try:
            with bulk.savepoint(session):
                _insert(session, import_id, found, (wording, consented_at), now)
            break
        except sa.exc.IntegrityError:
            if session.dialect.name == "sqlite" or attempt == _ATTEMPTS - 1:
                # Not with its cause, whose words hold an address.
                raise errors.ImportRefused("others keep taking these addresses") from None
            _move_known(session, found)
    again = find_known(session, found.repeated) if found.repeated else {}
    repeats = [
        (person, row)
        for row in found.repeated
        if (person := again.get((row.addresses[0].kind, row.addresses[0].key))) is not None
    ]
    gaining.enrich(session, import_id, [*found.known, *repeats], found.arrived, key=key, now=now)
    complained = [row for row in found.arrived.rows if row.status == "complained"]
    suppression.add_imported(
        session,
        [(found.arrived.hashes[one.key], one.kind) for row in complained for one in row.addresses],
        import_id=import_id,
        now=now,
    )


def _move_known(session: sa.Connection, found: Sorted) -> None:
    known = find_known(session, found.new)
    new = []
    for row in found.new:
        owners = [known[one.kind, one.key] for one in row.addresses if (one.kind, one.key) in known]
        if owners:
            found.known.append((owners[0], row))
        else:
            new.append(row)
    found.new = new


def _insert(
    session: sa.Connection,
    import_id: int,
    found: Sorted,
    consent: tuple[str, datetime],
    now: datetime,
) -> None:
    if not found.new:
        return
    wording, consented_at = consent
    ids = bulk.next_ids(session, subscriber, len(found.new))
    numbered = list(zip(ids, found.new, strict=True))
    at, agreed_at = bulk.moment(now), bulk.moment(consented_at)
    defaults = people.DEFAULTS
    send_at = bulk.minute(defaults["send_at"])
    bulk.insert(
        session,
        subscriber,
        _PERSON,
        [
            (
                number,
                row.name,
                row.language or defaults["language"],
                row.time_zone or defaults["time_zone"],
                send_at if row.send_at is None else bulk.minute(row.send_at),
                row.cadence or defaults["cadence"],
                "active" if row.status == "bounced" else row.status,
                bool(row.alerts),
                import_id,
                at,
            )
            for number, row in numbered
        ],
    )
    origin = f"import {import_id}"
    bulk.insert(
        session,
        channel,
        _CHANNEL,
        [
            cells
            for number, row in numbered
            for cells in _channels(number, row, found.arrived.hashes, (at, agreed_at), origin)
        ],
    )
    gaining.insert_follows(session, import_id, numbered, found.arrived, at)
    said = consented_at.isoformat()
    head = f"import {import_id}, line "
    bulk.insert(
        session,
        tables.consent,
        _CONSENT,
        [
            (
                number,
                at,
                "imported",
                f"{head}{row.line}" if not row.file else f"{head}{row.line} of {row.file}",
                "consented_at",
                said if row.consented_at is None else row.consented_at.isoformat(),
                wording,
            )
            for number, row in numbered
        ],
    )


_PERSON = (
    "id", "name", "language", "time_zone", "send_at", "cadence", "will", "alerts", "import_id",
    "created_at",
)  # fmt: skip
_CHANNEL = (
    "subscriber_id", "kind", "address", "address_key", "address_hash", "will", "ended_at",
    "verdict", "verdict_at", "receives_digests", "receives_alerts", "origin", "subscribed_at",
    "created_at",
)  # fmt: skip
_CONSENT = ("subscriber_id", "at", "act", "how", "field", "after", "wording")


def _channels(
    number: int,
    row: rows.PersonRow,
    hashes: Mapping[str, str],
    times: tuple[int | None, int | None],
    origin: str,
) -> list[tuple[Any, ...]]:
    at, agreed_at = times
    both = len(row.addresses) > 1
    bounced = row.status == "bounced"
    subscribed_at = agreed_at if row.consented_at is None else bulk.moment(row.consented_at)
    return [
        (
            number,
            one.kind,
            one.address,
            one.key,
            hashes[one.key],
            "active" if bounced else row.status,
            at if row.status == "unsubscribed" else None,
            "bounced" if bounced and one.kind == "email" else None,
            at if bounced and one.kind == "email" else None,
            # The default rule, for at most one address of each kind.
            one.kind == "email" or not both,
            one.kind == "chat" or not both,
            origin,
            None if row.status == "pending" else subscribed_at,
            at,
        )
        for one in row.addresses
    ]
