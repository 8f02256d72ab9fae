"""Exactly what would be sent, without sending it or writing anything down.

The edition is made in memory as `publish --now` would freeze it, one reader's issue is curated
from it, and the message is composed as the outbox would compose it.
"""

import dataclasses
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import audience, compose, errors, fanout, forecast, model, runtime, sizing
from digest.storage import database, documents, editions
from subscribers import directory, suppression
from subscribers import model as people

NOBODY = "sender@example.com"  # stands in where the settings name no sender
PAGE = fanout.PAGE


@dataclass(frozen=True, slots=True)
class Preview:
    """What one reader would get.  `message` is None when there is nothing new for them.

    `blocked` says why nothing may be sent to the channel, "" when it may.
    """

    edition: model.Edition
    reach: people.Reach
    issue: model.Issue | None
    message: model.MailMessage | model.ChatMessage | None
    blocked: str = ""
    size: sizing.Size | None = None  # of a mail


@dataclass(frozen=True, slots=True)
class Count:
    """What publishing now would come to."""

    n_stories: int
    n_recipients: int
    n_issues: int
    n_nothing_new: int
    sending: forecast.Forecast  # of their messages, one for each channel


def anybody(rt: runtime.Runtime, topics: Sequence[str], kind: model.ChannelKind) -> people.Reach:
    """A reader nobody knows yet, who follows these topics."""
    return model.replace(sizing.anybody(rt, kind), topics=tuple(topics))


def reader(
    session: database.Session,
    rt: runtime.Runtime,
    address: str,
    kind: model.ChannelKind | None,
    now: datetime,
) -> people.Reach:
    """The reader at an address, by a channel of a kind: their own, or one made up.

    Raises NotFound, InvalidAddress.
    """
    person, channel = audience.person_at(session, address)
    theirs = [one for one in (channel, *person.channels) if kind in (None, one.kind)]
    found = (theirs or [channel])[0]
    reach = directory.reach(session, [found.id], now=now)[found.id]
    if theirs or kind is None:
        return reach
    made_up = anybody(rt, (), kind)
    return model.replace(reach, kind=made_up.kind, address=made_up.address)


def preview_issue(
    session: database.Session,
    rt: runtime.Runtime,
    digest: str,
    reach: people.Reach,
    *,
    now: datetime,
) -> Preview:
    """Make the message `reach` would get if the digest were published now.

    Raises ConfigurationError for a digest that does not exist, RenderError.
    """
    rt = _with_sender(rt)
    edition, stories = _edition(session, rt, digest, now)
    curator = fanout.make_curator(rt, stories, edition.window_from, now)
    [recipient] = audience.recipients(session, [reach], now=now)
    issue = curator.curate(recipient).issue
    blocked = ""
    if reach.channel_id:
        found = suppression.blocked(session, [reach.channel_id], now=now, what="digest")
        blocked = found.get(reach.channel_id, "")
    if issue is None:
        return Preview(edition, reach, None, None, blocked)
    delivery = _delivery(rt, edition, recipient, issue, now)
    by_id = {story.id: story for story in stories}
    told = compose.issue_of(delivery, by_id, rt.publication.topic_names)
    message = compose.Composer(rt).issue(delivery, reach, edition, by_id)
    size = None
    if isinstance(message, model.MailMessage):
        size = sizing.measure(session, message, told)
    return Preview(edition, reach, told, message, blocked, size)


def count_issues(
    session: database.Session, rt: runtime.Runtime, digest: str, *, now: datetime
) -> Count:
    """Curate for everybody and count, as publishing for everybody now would."""
    edition, stories = _edition(session, rt, digest, now)
    curator = fanout.make_curator(rt, stories, edition.window_from, now)
    n_by_kind = {str(kind): 0 for kind in model.ChannelKind}
    served: set[int] = set()  # one issue for a person, whatever channels they chose
    n_recipients = after = 0
    while reached := directory.recipients(
        session, buckets=None, what="digest", now=now, after_channel_id=after, limit=PAGE
    ):
        recipients = audience.recipients(session, reached, now=now)
        n_recipients += len(recipients)
        known = curator.under({each for one in recipients for each in one.keywords})
        for recipient in recipients:
            if known.curate(recipient).issue is not None:
                served.add(recipient.subscriber_id)
                n_by_kind[recipient.kind] += 1
        after = reached[-1].channel_id
    n_parts = 1
    if n_by_kind[model.ChannelKind.CHAT]:
        n_parts = forecast.parts(session, rt, edition, stories, now)
    expected = forecast.of(session, rt, n_by_kind, n_parts=n_parts, now=now)
    return Count(len(stories), n_recipients, len(served), n_recipients - len(served), expected)


def _with_sender(rt: runtime.Runtime) -> runtime.Runtime:
    """A runtime whose mail is from somebody: one can look before a mail server is set up."""
    smtp = rt.settings.smtp
    if smtp.sender:
        return rt
    smtp = smtp.model_copy(update={"sender": NOBODY})
    return dataclasses.replace(rt, settings=rt.settings.model_copy(update={"smtp": smtp}))


def _edition(
    session: database.Session, rt: runtime.Runtime, digest: str, now: datetime
) -> tuple[model.Edition, tuple[model.Story, ...]]:
    """The edition with the number it would get, and its stories as freezing leaves them."""
    if digest != fanout.DAILY:
        raise errors.ConfigurationError(f"no digest is called {digest!r}; there is: {fanout.DAILY}")
    edition, stories = fanout.plan_edition(session, rt, None, now)
    newest = editions.listing(session, limit=1)
    number = newest[0].edition.id + 1 if newest else 1
    frozen = (documents.story_from(documents.story_document(story)) for story in stories)
    return model.replace(edition, id=number), tuple(frozen)


def _delivery(
    rt: runtime.Runtime,
    edition: model.Edition,
    recipient: model.Recipient,
    issue: model.Issue,
    now: datetime,
) -> model.Delivery:
    draft = fanout.draft(rt, f"d{edition.id}.{recipient.channel_id}", recipient, issue)
    return model.Delivery(
        id=0,
        kind=model.DeliveryKind.DIGEST,
        unit_id=edition.id,
        channel_id=draft.channel_id,
        channel_kind=draft.channel_kind,
        subscriber_id=draft.subscriber_id,
        message_id=draft.message_id,
        shown=draft.shown,
        created_at=now,
        expires_at=now + fanout.EDITION_LIFE,
        more=draft.more or {},
    )
