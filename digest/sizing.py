"""How large the messages of an edition are, told before they go out and not at six in the morning.

Gmail cuts a mail's HTML at about 102 kB: what would be longer is shortened by rule
(render.shortening), and here is said which stories that leaves out (A46).  What a mail server
takes at most is what it said when `digest doctor` last asked (A35).
"""

import email
import email.policy
import html
import logging
import re
from dataclasses import dataclass
from datetime import datetime, time

from digest import audience, compose, errors, fanout, model, runtime
from digest.render import words
from digest.storage import database, documents, editions, switches
from subscribers import model as people

logger = logging.getLogger(__name__)

LARGE_HTML_BYTES = 80_000  # said aloud from here on; at 100,000 an issue is shortened
ANYBODY = "reader@example.com"
_LARGEST = "smtp.largest_bytes"
_SAID = re.compile(r"messages up to ([\d,]+) bytes")


@dataclass(frozen=True, slots=True)
class Size:
    """How large one mail is; `n_html_bytes` of its HTML part as readers get it, decoded.

    `left_out` are stories of the issue that the HTML has no room for.  `n_most_bytes` is what
    the mail server takes, 0 when that is not known.
    """

    n_bytes: int
    n_html_bytes: int
    left_out: tuple[model.Story, ...]
    n_most_bytes: int

    @property
    def warnings(self) -> tuple[str, ...]:
        """What somebody should know before this goes out, as sentences."""
        said = []
        if self.left_out:
            titles = "; ".join(words.clean(story.title) for story in self.left_out)
            n = len(self.left_out)
            said.append(
                f"too long for Gmail: shortened, {n} stor{'y is' if n == 1 else 'ies are'} "
                f"only online: {titles}"
            )
        elif self.n_html_bytes >= LARGE_HTML_BYTES:
            said.append(
                f"{self.n_html_bytes:,} bytes of HTML: Gmail cuts at 102,000, from 100,000 on "
                "stories are left out"
            )
        if 0 < self.n_most_bytes < self.n_bytes:
            said.append(
                f"{self.n_bytes:,} bytes, and the mail server takes at most "
                f"{self.n_most_bytes:,}: it would refuse every one; lower daily.max_stories"
            )
        return tuple(said)


def measure(session: database.Session, message: model.MailMessage, issue: model.Issue) -> Size:
    """How large a mail is, and which stories of its issue it has no room for."""
    parsed = email.message_from_bytes(message.data, policy=email.policy.default)
    part = parsed.get_body(("html",))
    text = str(part.get_content()).replace("\r\n", "\n") if part else ""
    shown = " ".join(html.unescape(re.sub(r"<[^>]*>", " ", text)).split())
    left_out = tuple(
        item.story
        for item in issue.items
        if " ".join(words.clean(item.story.title).split()) not in shown
    )
    known = switches.get(session, _LARGEST)
    return Size(len(message.data), len(text.encode()), left_out, int(known) if known else 0)


def anybody(rt: runtime.Runtime, kind: model.ChannelKind) -> people.Reach:
    """A reader nobody knows yet, who follows nothing."""
    return people.Reach(
        subscriber_id=0,
        channel_id=0,
        kind=kind.value,
        address=ANYBODY if kind is model.ChannelKind.EMAIL else "1",
        name="",
        language=rt.settings.language,
        time_zone=rt.settings.time_zone,
        send_at=time(8),
        cadence="daily",
        alerts=False,
        quiet_from=None,
        quiet_until=None,
        topics=(),
        follow_since={},
        keywords=(),
        muted=frozenset(),
        thread_id=None,
        subscribed_at=None,
        origin="",
    )


def of_general_issue(
    session: database.Session,
    rt: runtime.Runtime,
    edition: model.Edition,
    stories: tuple[model.Story, ...],
    now: datetime,
) -> Size | None:
    """How large the issue of who follows nothing is, the longest there is; None without one.

    Raises RenderError.
    """
    made = issue_for_anybody(session, rt, edition, stories, now, kind=model.ChannelKind.EMAIL)
    if made is None or not isinstance(made[0], model.MailMessage):
        return None
    return measure(session, made[0], made[1])


def issue_for_anybody(
    session: database.Session,
    rt: runtime.Runtime,
    edition: model.Edition,
    stories: tuple[model.Story, ...],
    now: datetime,
    *,
    kind: model.ChannelKind,
    topics: tuple[str, ...] = (),
) -> tuple[model.MailMessage | model.ChatMessage, model.Issue] | None:
    """The message of who follows these topics, and its issue; None without one.

    Raises RenderError.
    """
    frozen = tuple(documents.story_from(documents.story_document(story)) for story in stories)
    reach = model.replace(anybody(rt, kind), topics=topics)
    [recipient] = audience.recipients(session, [reach], now=now)
    curator = fanout.make_curator(rt, frozen, edition.window_from, now)
    issue = curator.curate(recipient).issue
    if issue is None:
        return None
    draft = fanout.draft(rt, f"d{edition.id}.0", recipient, issue)
    delivery = model.Delivery(
        id=0,
        kind=model.DeliveryKind.DIGEST,
        unit_id=edition.id,
        channel_id=0,
        channel_kind=kind,
        subscriber_id=0,
        message_id=draft.message_id,
        shown=draft.shown,
        created_at=now,
        expires_at=now,
        more=draft.more or {},
    )
    by_id = {story.id: story for story in frozen}
    message = compose.Composer(rt).issue(delivery, reach, edition, by_id)
    return message, compose.issue_of(delivery, by_id, rt.publication.topic_names)


async def warn(rt: runtime.Runtime, edition: model.Edition) -> tuple[str, ...]:
    """Say in the log what somebody should know of the size of a frozen edition."""
    if not rt.settings.smtp.sender:
        return ()
    try:
        size = await rt.db.read(_frozen, rt, edition)
    except errors.RenderError:
        return ()  # every message says so itself
    warnings = size.warnings if size else ()
    for warning in warnings:
        extra = {"event": "edition.large", "edition_id": edition.id}
        logger.warning("edition %d: %s", edition.id, warning, extra=extra)
    return warnings


def _frozen(session: database.Session, rt: runtime.Runtime, edition: model.Edition) -> Size | None:
    stories = editions.stories_of(session, edition.id)
    return of_general_issue(session, rt, edition, stories, edition.frozen_at)


def remember_limit(session: database.Session, answer: str) -> None:
    """Keep what the mail servers said they take at most; `answer` is a sender's to `verify`."""
    said = [int(found.replace(",", "")) for found in _SAID.findall(answer)]
    switches.put(session, _LARGEST, str(min(said)) if said else "")
