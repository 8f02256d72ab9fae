"""From a delivery in the outbox to the message on the wire.

The frozen edition and what the delivery says it shows give the same issue however often it is
asked for, so a retry carries the same words under the same Message-ID; only what its sources or
the editors took back meanwhile is left out, and what they corrected is corrected.
"""

import contextlib
import itertools
import time
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from digest import audience, errors, model, notices, runtime, standing, verp
from digest.deliver import dkim
from digest.render import mime, moulds, press, views
from digest.storage import database, editions, held, showings
from subscribers import model as people

Stories = Mapping[int, model.Story]
Delivery = model.Delivery | held.Held
Reader = people.Reach | people.Addressee
MOST_UNITS = 200  # editions and alerts kept in memory
MOST_PRESSES = 100  # some megabytes each
STANDING_SECONDS = 1.0  # after which it is asked again what was withdrawn


class Composer:
    """Composes the messages of one channel kind; keeps the frozen stories it needs at hand."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._editions: dict[int, tuple[model.Edition, Stories]] = {}
        self._alerts: dict[int, editions.Raised] = {}
        self._standing = standing.Standing()  # of what alerts tell, as of the last `prepare`
        self._left: dict[int, Stories] = {}  # by edition: what stands of it
        self._presses: dict[tuple[int, str, str], press.Press] = {}
        self._shown: dict[tuple[model.DeliveryKind, int], showings.Unit] = {}
        self._letterheads: dict[tuple[int, int, bool], mime.Letterhead] = {}
        self._asked: tuple[float, frozenset[tuple[model.DeliveryKind, int]]] = (0.0, frozenset())

    async def prepare(self, deliveries: Sequence[held.Held]) -> None:
        """Load what these deliveries show and is not at hand, and what stands of it now."""
        wanted = frozenset((d.kind, d.unit_id) for d in deliveries)
        _make_room(self._shown, wanted)
        for unit in wanted:
            if unit[0] is not model.DeliveryKind.NOTICE:
                self._shown[unit] = await self._rt.db.read(showings.unit, *unit)
        asked_at, asked = self._asked
        # Not of chats: what is claimed once a correction was noticed must have it (outdated).
        is_mail = all(d.channel_kind is model.ChannelKind.EMAIL for d in deliveries)
        if is_mail and wanted <= asked and time.monotonic() < asked_at + STANDING_SECONDS:
            return
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
        self._asked = time.monotonic(), wanted

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

    def message(self, delivery: held.Held, reach: Reader) -> model.MailMessage | model.ChatMessage:
        """Render one delivery for the address it goes to.

        Raises RenderError, and Withdrawn when nothing of what it shows still stands.
        """
        match delivery.kind:
            case model.DeliveryKind.DIGEST if delivery.unit_id in self._editions:
                edition, left = self._editions[delivery.unit_id][0], self._left[delivery.unit_id]
                if delivery.channel_kind is model.ChannelKind.CHAT:
                    return chat_issue(self._rt, self._opened(delivery), reach, edition, left)
                return self._mail_issue(delivery, reach, edition, left)
            case model.DeliveryKind.ALERT if delivery.unit_id in self._alerts:
                raised = self._alerts[delivery.unit_id]
                story = standing.story_now(raised.story, self._standing)
                if story is None:
                    raise errors.Withdrawn(f"alert {delivery.unit_id}")
                [shown, *_] = self._opened(delivery).shown
                item = model.IssueItem(story, shown.why, shown.topic)
                return alert_message(self._rt, delivery, reach, item)
            case model.DeliveryKind.NOTICE if isinstance(reach, people.Reach):
                return notice_message(self._rt, delivery, reach)
        raise errors.RenderError(f"{delivery.kind} {delivery.unit_id}", "nothing is known of it")

    def _opened(self, delivery: held.Held) -> showings.Opened:
        """What a delivery shows, in words.  Raises RenderError when the numbers mean nothing."""
        unit = self._shown.get((delivery.kind, delivery.unit_id))
        found = unit.open(delivery.packed, delivery.left_out) if unit else None
        if found is None:
            raise errors.RenderError(f"{delivery.kind} {delivery.unit_id}", "it shows nothing")
        return found

    def _mail_issue(
        self, delivery: held.Held, reach: Reader, edition: model.Edition, left: Stories
    ) -> model.MailMessage:
        rt = self._rt
        links = audience.links(rt, reach, edition_id=edition.id)
        opened = self._press(edition, left, reach, links)
        shown = self._shown[delivery.kind, delivery.unit_id].shown
        if opened.shown is not shown:
            opened.shown = shown  # which only ever grows
        parts = opened.parts(
            showings.unpacked(delivery.packed),
            showings.unpacked(delivery.left_out),
            links,
            lambda: whole_issue(
                rt, self._opened(delivery), reach, edition, stories=left, links=links
            ),
        )
        key = (edition.id, delivery.created, bool(links.unsubscribe))
        letterhead = self._letterheads.get(key)
        if letterhead is None:
            if len(self._letterheads) > MOST_UNITS:
                self._letterheads.clear()
            head = _head(rt, delivery, reach, links, edition.digest)
            letterhead = self._letterheads[key] = mime.Letterhead(head)
        data = letterhead.mail_bytes(
            reach.name, reach.address, delivery.message_id, links.unsubscribe, parts
        )
        return _signed(rt, delivery, reach, data)

    def issue(
        self,
        delivery: model.Delivery,
        reach: people.Reach,
        edition: model.Edition,
        stories: Stories,
    ) -> model.MailMessage | model.ChatMessage:
        """An edition's issue as mail or chat, with the reader's own links; for what is not in
        the outbox.  Raises RenderError, Withdrawn."""
        rt = self._rt
        shown = showings.Opened(delivery.shown, delivery.more)
        if delivery.channel_kind is model.ChannelKind.CHAT:
            return chat_issue(rt, shown, reach, edition, stories)
        links = audience.links(rt, reach, edition_id=edition.id)
        opened = self._press(edition, stories, reach, links)
        parts = opened.parts(
            *opened.numbered(delivery.shown, delivery.more),
            links,
            lambda: whole_issue(rt, shown, reach, edition, stories=stories, links=links),
        )
        return _mail(rt, delivery, reach, links, parts, stream=edition.digest)

    def _press(
        self, edition: model.Edition, left: Stories, reach: Reader, links: model.Links
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


def whole_issue(
    rt: runtime.Runtime,
    shown: showings.Opened,
    reach: Reader,
    edition: model.Edition,
    *,
    stories: Stories,
    links: model.Links,
) -> model.MailParts:
    """An issue as mail, rendered without a press.  Raises RenderError, Withdrawn."""
    return rt.mail_renderer.issue(
        _standing_issue(rt, shown, edition, stories),
        edition,
        links,
        time_zone=reach.time_zone,
        language=reach.language,
    )


def chat_issue(
    rt: runtime.Runtime,
    shown: showings.Opened,
    reach: Reader,
    edition: model.Edition,
    stories: Stories,
) -> model.ChatMessage:
    """An issue as a chat gets it.  Raises RenderError, Withdrawn."""
    return rt.chat_renderer.issue(
        _standing_issue(rt, shown, edition, stories),
        edition,
        audience.links(rt, reach, edition_id=edition.id),
        chat_id=reach.address,
        time_zone=reach.time_zone,
        language=reach.language,
        thread_id=reach.thread_id,
    )


def _standing_issue(
    rt: runtime.Runtime, shown: showings.Opened, edition: model.Edition, stories: Stories
) -> model.Issue:
    issue = issue_of(shown, stories, rt.publication.topic_names)
    if not issue.sections:
        raise errors.Withdrawn(f"edition {edition.id}")
    return issue


def issue_of(
    delivery: model.Delivery | showings.Opened,
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
    delivery: Delivery,
    reach: Reader,
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
    rt: runtime.Runtime, delivery: Delivery, reach: people.Reach
) -> model.MailMessage:
    """A service mail about the subscription; it belongs to no list until there is a yes."""
    notice = notices.of_unit(delivery.unit_id)
    parts = notices.mail_parts(rt, notice, delivery, reach)
    return _mail(rt, delivery, reach, notices.links(rt, notice, reach), parts, stream="notices")


def _mail(
    rt: runtime.Runtime,
    delivery: Delivery,
    reach: Reader,
    links: model.Links,
    parts: model.MailParts | moulds.Encoded,
    *,
    stream: str,
) -> model.MailMessage:
    head = _head(rt, delivery, reach, links, stream)
    return _signed(rt, delivery, reach, mime.mail_bytes(head, parts))


def _head(
    rt: runtime.Runtime, delivery: Delivery, reach: Reader, links: model.Links, stream: str
) -> mime.MailHead:
    sender_name, sender_address = rt.mail_from
    return mime.MailHead(
        sender_name=sender_name,
        sender_address=sender_address,
        recipient_name=reach.name,
        recipient_address=reach.address,
        message_id=delivery.message_id,
        date=delivery.created_at,
        list_id_name=f"{rt.settings.publication} {stream}" if links.unsubscribe else "",
        list_id=f"{stream}.{rt.mail_domain}" if links.unsubscribe else "",
        unsubscribe_url=links.unsubscribe,
        reply_to=rt.settings.smtp.reply_to,
        feedback_id=f"{delivery.kind}{delivery.unit_id}:{stream}:{delivery.kind}:digest",
    )


def _signed(
    rt: runtime.Runtime, delivery: Delivery, reach: Reader, data: bytes
) -> model.MailMessage:
    if rt.signers:  # at the time of the delivery: a retry is signed with the same bytes
        data = dkim.sign_all(rt.signers, data, delivery.created_at, canonical=True)
    return model.MailMessage(
        sender=verp.envelope_sender(rt, delivery.id),
        recipient=reach.address,
        message_id=delivery.message_id,
        data=data,
        clean=True,
    )


def _forget(kept: dict[Any, Any], which: Callable[[Any], bool]) -> None:
    for key in [key for key in kept if which(key)]:
        del kept[key]


def _make_room(kept: dict[Any, Any], wanted: Collection[Any]) -> None:
    """Forget the oldest beyond MOST_UNITS, but nothing that is wanted now."""
    spare = [unit_id for unit_id in kept if unit_id not in wanted]
    n_too_many = len(kept) + sum(unit_id not in kept for unit_id in wanted) - MOST_UNITS
    for unit_id in spare[: max(n_too_many, 0)]:
        del kept[unit_id]
