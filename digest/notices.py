"""Service mails about a subscription: confirm, already subscribed, welcome, and what is asked
for on the page of one's own choices.

They go through the outbox as everything does.  A notice's unit says which it is and when it
was asked for, so that each request has one delivery and a retry renders the same mail.
"""

from datetime import datetime, timedelta
from enum import StrEnum

from digest import audience, errors, model, runtime, timetable
from digest.render import words
from digest.storage import database, held, outbox
from subscribers import directory, tokens
from subscribers import model as people

UNDO_WITHIN = timedelta(days=14)
CONFIRM_WITHIN = timedelta(hours=72)  # B7: 24 to 72 hours, then the request is deleted
_KINDS = 10  # of notices at most; a unit is seconds since 1970 times this, and the kind


class Notice(StrEnum):
    CONFIRM = "confirm"
    ALREADY = "already"
    WELCOME = "welcome"
    LINK = "link"  # where one's choices are
    ADDRESS = "address"  # is this the new one?
    MOVED = "moved"  # to the old address, with the way back
    LINKED = "linked"  # a chat was


_NUMBERS = {
    Notice.CONFIRM: 1,
    Notice.ALREADY: 2,
    Notice.WELCOME: 3,
    Notice.LINK: 4,
    Notice.ADDRESS: 5,
    Notice.MOVED: 6,
    Notice.LINKED: 7,
}
_WITH_A_WAY_OUT = frozenset({Notice.WELCOME, Notice.LINK, Notice.LINKED})


def put(
    session: database.Session,
    rt: runtime.Runtime,
    notice: Notice,
    channel_id: int,
    *,
    now: datetime,
) -> None:
    """Queue a notice to one channel; the same one in the same second is one."""
    [reach] = directory.reach(session, [channel_id], now=now).values()
    unit_id = int(now.timestamp()) * _KINDS + _NUMBERS[notice]
    draft = outbox.Draft(
        channel_id=channel_id,
        channel_kind=model.ChannelKind(reach.kind),
        subscriber_id=reach.subscriber_id,
        message_id=audience.message_id(rt, f"n{unit_id}.{channel_id}"),
    )
    outbox.put(
        session,
        model.DeliveryKind.NOTICE,
        unit_id,
        [draft],
        expires_at=now + CONFIRM_WITHIN,
        now=now,
    )


def of_unit(unit_id: int) -> Notice:
    """Which notice a unit is.  Raises RenderError for none of ours."""
    for notice, number in _NUMBERS.items():
        if unit_id % _KINDS == number:
            return notice
    raise errors.RenderError(f"notice {unit_id}", "there is no such notice")


def links(rt: runtime.Runtime, notice: Notice, reach: people.Reach) -> model.Links:
    """A way out in whatever comes after "yes"; before that, silence is the way out."""
    return audience.links(rt, reach) if notice in _WITH_A_WAY_OUT else model.Links()


def mail_parts(
    rt: runtime.Runtime,
    notice: Notice,
    delivery: model.Delivery | held.Held,
    reach: people.Reach,
) -> model.MailParts:
    """Render a notice.  Raises RenderError."""
    names = rt.publication.topic_names
    shown: dict[str, object] = {"topics": tuple(names.get(slug, slug) for slug in reach.topics)}
    shown_links = links(rt, notice, reach)
    if notice in {Notice.CONFIRM, Notice.ADDRESS}:
        shown["confirm_url"] = confirm_url(rt, reach.channel_id, delivery.created_at)
    if notice is Notice.ALREADY:
        shown_links = model.Links(preferences=audience.links(rt, reach).preferences)
    if notice is Notice.MOVED:
        shown["undo_url"] = undo_url(rt, reach.channel_id, delivery.created_at)
    if notice is Notice.WELCOME:
        shown["next_at"] = next_at(reach, delivery.created_at)
    return rt.mail_renderer.notice(notice.value, shown_links, language=reach.language, **shown)


def confirm_url(rt: runtime.Runtime, channel_id: int, asked_at: datetime) -> str:
    """The page on which the owner of an address says yes."""
    token = tokens.sign(rt.keys, audience.CONFIRM, channel_id, expires_at=asked_at + CONFIRM_WITHIN)
    return f"{rt.settings.base_url}/confirm/{token}"


def undo_url(rt: runtime.Runtime, channel_id: int, changed_at: datetime) -> str:
    """The page on which the owner of an address takes back that another took its place (B18)."""
    token = tokens.sign(rt.keys, audience.UNDO, channel_id, expires_at=changed_at + UNDO_WITHIN)
    return f"{rt.settings.base_url}/undo/{token}"


def next_at(reach: people.Reach, after: datetime) -> str:
    """When this reader's next issue is due, on their clock; "" when none is."""
    bucket = timetable.Bucket(reach.time_zone, reach.send_at, reach.cadence)
    slot = timetable.next_slot(bucket, after)
    return words.local_time(slot.at, reach.time_zone, reach.language) if slot else ""
