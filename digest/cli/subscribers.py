"""`digest subscribers …`: the people.  `importing` and `exporting` files are in people.py."""

import itertools
from typing import TYPE_CHECKING, Annotated, Literal

import cyclopts

from digest.cli import listed, opening, output, people

if TYPE_CHECKING:
    from subscribers import model, suppressed

app = cyclopts.App(
    name="subscribers",
    help="The people: add, import, export, suppress.\n\n"
    "Example: digest subscribers add ann@example.com --topics asia,tech",
)
app.command(people.import_people, name="import")
app.command(people.undo_import)
app.command(people.export)

# Chat ids of groups begin with a hyphen.
Address = Annotated[
    str, cyclopts.Parameter(help="An e-mail address or a chat id", allow_leading_hyphen=True)
]
Cadence = Literal["daily", "weekdays", "weekly", "off"]


@app.command
@opening.command
def add(
    address: Address,
    *,
    topics: Annotated[
        str, cyclopts.Parameter(help="With commas between; a publisher's category names too")
    ] = "",
    time_zone: Annotated[
        str | None, cyclopts.Parameter(help="IANA name; else the one in the settings")
    ] = None,
    send_at: Annotated[str | None, cyclopts.Parameter(help="HH:MM there; else 08:00")] = None,
    name: str | None = None,
    cadence: Cadence | None = None,
    alerts: Annotated[bool | None, cyclopts.Parameter(help="Breaking stories at once")] = None,
    language: Annotated[
        str | None, cyclopts.Parameter(help="A code; else the one in the settings")
    ] = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """Add a person, or change one who is known: what is given is set, topics are added.

    The person gets no confirmation mail: only add who asked you to.

    Example: digest subscribers add ann@example.com --topics asia,tech --time-zone Europe/Athens
    """
    from digest import audience
    from subscribers import addresses, channels, suppressed
    from subscribers import people as persons

    with opening.opened(options) as rt, rt.db.begin() as session:
        names = filter(None, map(str.strip, topics.split(",")))
        slugs = audience.topics_named(rt.catalogue, names)
        checked = addresses.normalise(address)
        is_new = channels.find(session, checked) is None
        person = persons.add(
            session,
            key=rt.keys[-1],
            now=rt.clock(),
            email=checked.address if checked.kind == "email" else None,
            chat_id=checked.address if checked.kind == "chat" else None,
            name=name,
            topics=slugs,
            time_zone=time_zone or (rt.settings.time_zone if is_new else None),
            send_at=send_at,
            cadence=cadence,
            alerts=alerts,
            language=language or (rt.settings.language if is_new else None),
            how="command line",
        )
        barred = suppressed.of_channels(session, [one.id for one in person.channels])
    if options.json:
        output.as_json(_document(person, barred) | {"new": is_new})
        return
    topics_said = ", ".join(person.topics) or "no topics: the general issue"
    verb = "added" if is_new else "changed"
    output.say(f"{verb} subscriber {person.id}: {topics_said}, {_when(person)}")
    if is_new and (slip := addresses.suggestion(checked.address)):
        output.say(f"is it spelt right? {slip} is more common")


def _when(person: "model.Subscriber") -> str:
    return f"{person.cadence} at {person.send_at:%H:%M} {person.time_zone}"


def _document(
    person: "model.Subscriber", barred: "dict[int, suppressed.Suppressed]"
) -> dict[str, object]:
    from subscribers import suppressed

    return {
        "subscriber": person.id,
        "name": person.name,
        "state": suppressed.state(person, barred),
        "channels": [
            {
                "channel": one.id,
                "kind": one.kind,
                "address": one.address,
                "state": suppressed.channel_state(one, barred.get(one.id)),
                "suppressed": _suppressed(barred.get(one.id)),
            }
            for one in person.channels
        ],
        "topics": person.topics,
        "keywords": person.keywords,
        "time_zone": person.time_zone,
        "send_at": f"{person.send_at:%H:%M}",
        "cadence": person.cadence,
        "alerts": person.alerts,
        "language": person.language,
        "paused_until": person.paused_until,
        "created_at": person.created_at,
    }


def _suppressed(found: "suppressed.Suppressed | None") -> dict[str, object] | None:
    if found is None:
        return None
    return {"reason": found.reason, "since": found.since, "scope": found.scope}


@app.command(name="list")
@opening.command
def listing(
    *,
    state: Annotated[
        listed.State | None, cyclopts.Parameter(help="Only those in this state")
    ] = None,
    topic: Annotated[str, cyclopts.Parameter(help="Only those who follow it")] = "",
    search: Annotated[str, cyclopts.Parameter(help="Part of a name or address")] = "",
    limit: Annotated[int | None, cyclopts.Parameter(help="At most so many; else all")] = None,
    options: opening.Options = opening.PLAIN,
) -> None:
    """The people, with their channels and what they follow; what is suppressed is said.

    Example: digest subscribers list --topic asia --state active
    """
    from digest import audience
    from subscribers import suppressed

    with opening.opened(options) as rt:
        slugs = audience.topics_named(rt.catalogue, [topic] if topic else [])
        found = itertools.islice(
            listed.people_in(rt, state, slugs[0] if slugs else None, search), limit
        )
        if options.json:
            output.as_lines(_document(person, barred) for person, barred in found)
            return
        output.as_table(
            ("id", "addresses", "name", "state", "when", "topics"),
            (
                (
                    person.id,
                    ", ".join(_channel_said(one, barred) for one in person.channels),
                    person.name,
                    suppressed.state(person, barred),
                    _when(person),
                    ", ".join(person.topics),
                )
                for person, barred in found
            ),
            empty="no subscribers yet: digest subscribers add ADDRESS",
        )


def _channel_said(channel: "model.Channel", barred: "dict[int, suppressed.Suppressed]") -> str:
    found = barred.get(channel.id)
    if found is None:
        return channel.address
    return f"{channel.address} (suppressed since {found.since:%Y-%m-%d}: {found.reason})"


@app.command
@opening.command
def show(address: Address, *, options: opening.Options = opening.PLAIN) -> None:
    """One person: channels, preferences, and the record of what they agreed to.

    Example: digest subscribers show ann@example.com
    """
    from digest import audience
    from subscribers import history, suppressed

    with opening.opened(options) as rt, rt.db.reading() as session:
        person, _ = audience.person_at(session, address)
        record = history.of_person(session, person.id)
        barred = suppressed.of_channels(session, [one.id for one in person.channels])
    document = _document(person, barred)
    if options.json:
        document["record"] = [
            {
                "at": line.at,
                "act": line.act,
                "how": line.how,
                "field": line.field,
                "before": line.before,
                "after": line.after,
                "wording": line.wording,
            }
            for line in record
        ]
        output.as_json(document)
        return
    output.say(f"subscriber {person.id}  {person.name}".rstrip())
    output.say(f"{document['state']}, {_when(person)}, alerts {'on' if person.alerts else 'off'}")
    output.say(f"topics: {', '.join(person.topics) or 'none: the general issue'}")
    for channel in person.channels:
        found = barred.get(channel.id)
        output.say(
            f"  {channel.kind} {channel.address}: {suppressed.channel_state(channel, found)}"
            + (f" since {found.since:%Y-%m-%d}, {found.scope}: {found.reason}" if found else "")
        )
    for line in record:
        changed = f" {line.field} {line.before} → {line.after}" if line.field else ""
        output.say(f"  {line.at:%Y-%m-%d %H:%M}Z {line.act}{changed} ({line.how})")


@app.command
@opening.command
def erase(address: Address, *, options: opening.Options = opening.PLAIN) -> None:
    """Delete a person and all that is known of them.

    If they had left, a keyed hash of the address stays, so that no import brings it back.

    Example: digest subscribers erase ann@example.com
    """
    from digest import audience
    from subscribers import people as persons

    with opening.opened(options) as rt, rt.db.begin() as session:
        person, _ = audience.person_at(session, address)
        persons.erase(session, person.id, key=rt.keys[-1], now=rt.clock())
    if options.json:
        output.as_json({"erased": person.id})
    else:
        output.say(f"erased subscriber {person.id}")


@app.command
@opening.command
def suppress(
    address: Address,
    *,
    reason: Annotated[str, cyclopts.Parameter(help="Kept with the address")] = "by hand",
    options: opening.Options = opening.PLAIN,
) -> None:
    """Never write to an address again, whoever brings it back.

    Example: digest subscribers suppress ann@example.com --reason "asked by phone"
    """
    from subscribers import addresses, suppression

    checked = addresses.normalise(address)
    with opening.opened(options) as rt, rt.db.begin() as session:
        is_new = suppression.suppress(
            session,
            key=rt.keys[-1],
            kind=checked.kind,
            address=checked.address,
            reason=reason,
            now=rt.clock(),
        )
    if options.json:
        output.as_json({"suppressed": True, "new": is_new})
    else:
        output.say("suppressed" if is_new else "was suppressed already")


@app.command
@opening.command
def unsuppress(address: Address, *, options: opening.Options = opening.PLAIN) -> None:
    """Take an address off the list of those never to write to.

    Example: digest subscribers unsuppress ann@example.com
    """
    from subscribers import addresses, suppression

    checked = addresses.normalise(address)
    with opening.opened(options) as rt, rt.db.begin() as session:
        was_there = suppression.lift(
            session,
            key=rt.keys[-1],
            kind=checked.kind,
            address=checked.address,
            now=rt.clock(),
        )
    if options.json:
        output.as_json({"suppressed": False, "lifted": was_there})
    else:
        output.say("not suppressed any more" if was_there else "was not suppressed")


@app.command
@opening.command
def stats(*, segment: people.Segment = "", options: opening.Options = opening.PLAIN) -> None:
    """How many people, channels and follows there are, of all or of a segment.

    Example: digest subscribers stats --segment "topic:asia" --json
    """
    from subscribers import people as persons

    with opening.opened(options) as rt, rt.db.reading() as session:
        counted = persons.stats(session, people.condition(rt, session, segment))
    if options.json:
        output.as_json(
            {
                "subscribers": counted.n_subscribers,
                "by_state": dict(counted.by_state),
                "by_kind": dict(counted.by_kind),
                "by_topic": dict(counted.by_topic),
                "suppressed": counted.n_suppressed,
                "erased": counted.n_erased,
            }
        )
        return
    rows = [("subscribers", counted.n_subscribers)]
    rows += counted.by_state.items()
    rows += [(f"{kind} channels", n) for kind, n in counted.by_kind.items()]
    rows += [(f"follow {topic}", n) for topic, n in counted.by_topic.items()]
    rows += [("suppressed", counted.n_suppressed), ("erased", counted.n_erased)]
    output.as_table(("what", "how many"), rows, empty="none")
