"""From a delivery in the outbox to the message on the wire.

The frozen edition and what the delivery says it shows give the same issue however often it is
asked for, so a retry carries the same words under the same Message-ID; only what its sources or
the editors took back meanwhile is left out, and what they corrected is corrected.
"""

import contextlib
import itertools
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from digest import audience, errors, model, notices, runtime, standing, verp
from digest.deliver import dkim
from digest.render import mime, moulds, press, views
from digest.storage import database, editions
from subscribers import model as people

Stories = Mapping[int, model.Story]
MOST_UNITS = 200  # editions and alerts kept in memory
MOST_PRESSES = 100  # some megabytes each


class Composer:
    """Composes the messages of one channel kind; keeps the frozen stories it needs at hand."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._editions: dict[int, tuple[model.Edition, Stories]] = {}
        self._alerts: dict[int, editions.Raised] = {}
        self._standing = standing.Standing()  # of what alerts tell, as of the last `prepare`
        self._left: dict[int, Stories] = {}  # by edition: what stands of it
        self._presses: dict[tuple[int, str, str], press.Press] = {}

    async def prepare(self, deliveries: Sequence[model.Delivery]) -> None:
        """Load what these deliveries show and is not at hand, and what stands of it now."""
        wanted = {(d.kind, d.unit_id) for d in deliveries}
        digests = {unit_id for kind, unit_id in wanted if kind is model.DeliveryKind.DIGEST}
        alerts = {unit_id for kind, unit_id in wanted if kind is model.DeliveryKind.ALERT}
        _make_room(self._editions, digests)
        _forget(self._left, lambda edition_id: edition_id not in self._editions)
        _make_room(self._alerts, alerts)
        for unit_id in digests - self._editions.keys():
            with contextlib.suppress(errors.RenderError):  # said of each of its messages
                self._editions[unit_id] = await self._rt.db.read(load_edition, unit_id)
        for unit_id in alerts - self._alerts.keys():
            for raised in await self._rt.db.read(editions.alerts, ids=(unit_id,)):
                self._alerts[unit_id] = raised
        told = [self._alerts[each].story for each in alerts & self._alerts.keys()]
        if told:
            alerted = [story.id for story in told]
            self._standing = await self._rt.db.read(standing.load, told, alerted=alerted)
        known = digests & self._editions.keys()
        frozen = [story for each in known for story in self._editions[each][1].values()]
        if frozen:
            said = await self._rt.db.read(standing.load, frozen)
            for unit_id in known:
                self._leave_out(unit_id, said)

    def _leave_out(self, edition_id: int, said: standing.Standing) -> None:
        """Take from an edition's stories what does not stand; its presses start anew."""
        frozen = self._editions[edition_id][1]
        left = {
            story_id: story
            for story_id, each in frozen.items()
            if (story := standing.story_now(each, said)) is not None
        }
        if self._left.get(edition_id) != left:
            self._left[edition_id] = left
            _forget(self._presses, lambda key: key[0] == edition_id)

    def message(
        self, delivery: model.Delivery, reach: people.Reach
    ) -> model.MailMessage | model.ChatMessage:
        """Render one delivery for the address it goes to.

        Raises RenderError, and Withdrawn when nothing of what it shows still stands.
        """
        match delivery.kind:
            case model.DeliveryKind.DIGEST if delivery.unit_id in self._editions:
                return self._issue(delivery, reach)
            case model.DeliveryKind.ALERT if delivery.unit_id in self._alerts:
                raised = self._alerts[delivery.unit_id]
                story = standing.story_now(raised.story, self._standing)
                if story is None:
                    raise errors.Withdrawn(f"alert {delivery.unit_id}")
                item = model.IssueItem(story, delivery.shown[0].why, delivery.shown[0].topic)
                return alert_message(self._rt, delivery, reach, item)
            case model.DeliveryKind.NOTICE if delivery.channel_kind is model.ChannelKind.EMAIL:
                return notice_message(self._rt, delivery, reach)
        raise errors.RenderError(f"{delivery.kind} {delivery.unit_id}", "nothing is known of it")

    def _issue(
        self, delivery: model.Delivery, reach: people.Reach
    ) -> model.MailMessage | model.ChatMessage:
        edition, left = self._editions[delivery.unit_id][0], self._left[delivery.unit_id]
        if not any(shown.story_id in left for shown in delivery.shown):
            raise errors.Withdrawn(f"edition {delivery.unit_id}")
        return self.issue(delivery, reach, edition, left)

    def issue(
        self,
        delivery: model.Delivery,
        reach: people.Reach,
        edition: model.Edition,
        stories: Stories,
    ) -> model.MailMessage | model.ChatMessage:
        """An edition's issue as mail or chat, with the reader's own links.  Raises RenderError."""
        rt = self._rt
        links = audience.links(rt, reach, edition_id=edition.id)
        if delivery.channel_kind is model.ChannelKind.CHAT:
            return rt.chat_renderer.issue(
                issue_of(delivery, stories, rt.publication.topic_names),
                edition,
                links,
                chat_id=reach.address,
                time_zone=reach.time_zone,
                language=reach.language,
                thread_id=reach.thread_id,
            )

        def whole() -> model.MailParts:
            return rt.mail_renderer.issue(
                issue_of(delivery, stories, rt.publication.topic_names),
                edition,
                links,
                time_zone=reach.time_zone,
                language=reach.language,
            )

        opened = self._press(edition, stories, reach, links)
        parts = opened.parts(delivery.shown, delivery.more, links, whole)
        return _mail(rt, delivery, reach, links, parts, stream=edition.digest)

    def _press(
        self, edition: model.Edition, left: Stories, reach: people.Reach, links: model.Links
    ) -> press.Press:
        key = (edition.id, reach.time_zone, reach.language)
        opened = self._presses.get(key)
        if opened is None:
            if len(self._presses) >= MOST_PRESSES:
                self._presses.clear()
            opened = self._presses[key] = self._rt.mail_renderer.press(
                edition,
                left,
                model.replace(links, unsubscribe="", preferences=""),
                time_zone=reach.time_zone,
                language=reach.language,
            )
        return opened


def load_edition(session: database.Session, edition_id: int) -> tuple[model.Edition, Stories]:
    """An edition with its frozen stories by id."""
    progress = editions.get(session, edition_id)
    if progress is None:
        raise errors.RenderError(f"edition {edition_id}", "there is no such edition")
    stories = editions.stories_of(session, edition_id)
    return progress.edition, {story.id: story for story in stories}


def issue_of(
    delivery: model.Delivery,
    stories: Stories,
    topic_names: Mapping[str, str],
) -> model.Issue:
    """The issue a delivery stands for: the stories in the sections they were given.

    Those that `stories` lacks were withdrawn and are left out.
    """
    sections = []
    for (kind, topic), shown in itertools.groupby(delivery.shown, lambda s: (s.kind, s.topic)):
        items = tuple(
            model.IssueItem(stories[s.story_id], s.why, s.topic, s.updated)
            for s in shown
            if s.story_id in stories
        )
        if not items:
            continue
        sections.append(
            model.IssueSection(
                kind=kind,
                title=views.section_title(kind, topic, topic_names),
                items=items,
                topic=topic if kind == "topic" else "",
                more=delivery.more.get(f"{kind}:{topic}", 0),
            )
        )
    return model.Issue(tuple(sections))


def alert_message(
    rt: runtime.Runtime,
    delivery: model.Delivery,
    reach: people.Reach,
    item: model.IssueItem,
) -> model.MailMessage | model.ChatMessage:
    """An alert as mail or chat."""
    links = audience.links(rt, reach, leaves=audience.UNSUBSCRIBE_ALERTS)
    if delivery.channel_kind is model.ChannelKind.CHAT:
        return rt.chat_renderer.alert(
            item,
            links,
            chat_id=reach.address,
            at=delivery.created_at,
            time_zone=reach.time_zone,
            language=reach.language,
            thread_id=reach.thread_id,
        )
    parts = rt.mail_renderer.alert(
        item, links, at=delivery.created_at, time_zone=reach.time_zone, language=reach.language
    )
    return _mail(rt, delivery, reach, links, parts, stream="alerts")


def notice_message(
    rt: runtime.Runtime, delivery: model.Delivery, reach: people.Reach
) -> model.MailMessage:
    """A service mail about the subscription; it belongs to no list until there is a yes."""
    notice = notices.of_unit(delivery.unit_id)
    parts = notices.mail_parts(rt, notice, delivery, reach)
    return _mail(rt, delivery, reach, notices.links(rt, notice, reach), parts, stream="notices")


def _mail(
    rt: runtime.Runtime,
    delivery: model.Delivery,
    reach: people.Reach,
    links: model.Links,
    parts: model.MailParts | moulds.Encoded,
    *,
    stream: str,
) -> model.MailMessage:
    sender_name, sender_address = rt.mail_from
    smtp = rt.settings.smtp
    head = mime.MailHead(
        sender_name=sender_name,
        sender_address=sender_address,
        recipient_name=reach.name,
        recipient_address=reach.address,
        message_id=delivery.message_id,
        date=delivery.created_at,
        list_id_name=f"{rt.settings.publication} {stream}" if links.unsubscribe else "",
        list_id=f"{stream}.{rt.mail_domain}" if links.unsubscribe else "",
        unsubscribe_url=links.unsubscribe,
        reply_to=smtp.reply_to,
        feedback_id=f"{delivery.kind}{delivery.unit_id}:{stream}:{delivery.kind}:digest",
    )
    return model.MailMessage(
        sender=verp.envelope_sender(rt, delivery.id),
        recipient=reach.address,
        message_id=delivery.message_id,
        # At the time of the delivery: a retry is signed with the same bytes.
        data=dkim.sign_all(
            rt.signers, mime.mail_bytes(head, parts), delivery.created_at, canonical=True
        ),
        clean=True,
    )


def _forget(kept: dict[Any, Any], which: Callable[[Any], bool]) -> None:
    for key in [key for key in kept if which(key)]:
        del kept[key]


def _make_room(kept: dict[int, Any], wanted: Collection[int]) -> None:
    """Forget the oldest beyond MOST_UNITS, but nothing that is wanted now."""
    spare = [unit_id for unit_id in kept if unit_id not in wanted]
    n_too_many = len(kept) + sum(unit_id not in kept for unit_id in wanted) - MOST_UNITS
    for unit_id in spare[: max(n_too_many, 0)]:
        del kept[unit_id]
