"""The values that stages hand to each other.  All frozen; times are aware UTC.

Source → Entry → Story → Edition → Issue → Message → Delivery.  Glossary: README.md.
"""

import struct
from collections.abc import Mapping
from dataclasses import dataclass, field
from dataclasses import replace as replace  # noqa: PLC0414 - said aloud: part of this module
from datetime import date, datetime, time
from enum import StrEnum


class SourceKind(StrEnum):
    FEED = "feed"
    WORDPRESS = "wordpress"


class SourceState(StrEnum):
    HEALTHY = "healthy"
    FAILING = "failing"
    GONE = "gone"


class ChannelKind(StrEnum):
    EMAIL = "email"
    CHAT = "chat"


class DeliveryState(StrEnum):
    QUEUED = "queued"
    CLAIMED = "claimed"
    DEFERRED = "deferred"
    SUBMITTED = "submitted"
    FAILED = "failed"
    SUPPRESSED = "suppressed"
    EXPIRED = "expired"
    UNCERTAIN = "uncertain"


class DeliveryKind(StrEnum):
    """What a delivery is part of; the order of sending is alerts and notices before digests."""

    DIGEST = "digest"
    ALERT = "alert"
    NOTICE = "notice"


class EditionState(StrEnum):
    PLANNED = "planned"
    FROZEN = "frozen"
    DISPATCHING = "dispatching"
    DONE = "done"
    PAUSED = "paused"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True)
class Source:
    """A feed or WordPress site we read, with what the last poll left behind."""

    id: int
    url: str
    kind: SourceKind = SourceKind.FEED
    title: str = ""
    category: str = ""  # given by the admin to every entry of this source
    own: bool = False  # the publisher's own newsroom: leads a story when it can
    state: SourceState = SourceState.HEALTHY
    etag: str = ""
    last_modified: str = ""
    cursor: str = ""  # WordPress: `modified_gmt` of the newest post seen; a feed: its wishes
    failures: int = 0  # in a row
    next_poll_at: datetime | None = None
    added_at: datetime | None = None  # what was published before is no news
    hub_url: str = ""  # where it says that its changes are pushed from
    self_url: str = ""  # what it calls its own address


@dataclass(frozen=True, slots=True)
class Entry:
    """One item as a source published it.  Text is plain: no markup, no entities.

    `id` is unique within what it is handed in: a source's own guid when parsed, the
    database's id once stored.
    """

    id: str
    title: str
    url: str = ""
    summary: str = ""
    body: str = ""
    categories: tuple[str, ...] = ()
    authors: tuple[str, ...] = ()
    published_at: datetime | None = None
    updated_at: datetime | None = None
    source: str = ""  # the source's title, as readers see it
    language: str = ""  # primary subtag ("en"), "" when unknown
    image: str = ""
    source_id: int | None = None
    own: bool = False  # from the publisher's own newsroom
    agency: str = ""  # wire agency named in the dateline: AP, Reuters, AFP ...
    sure: bool = True  # surely on the event of its story; else kept with it, but not counted
    number: int | None = None  # WordPress: its id there, by which it can be asked for again
    sticky: bool = False  # the publisher keeps it on top


@dataclass(frozen=True, slots=True)
class TopicMatch:
    """A topic an entry is about, with the evidence, best first: ("title: Ukraine", ...)."""

    topic: str
    score: float
    why: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Story:
    """What happened: entries on the same event, the lead first.

    `topics` are those of all its entries, strongest first.  `hot` grows with sources and
    freshness.  `revision` counts material changes (new headline, corrected text).
    """

    id: int
    entries: tuple[Entry, ...]
    topics: tuple[TopicMatch, ...]
    first_at: datetime
    updated_at: datetime
    pinned: bool = False  # an editor's pick
    dropped: bool = False
    withdrawn: bool = False
    breaking: bool = False
    hot: float = 0.0
    revision: int = 1
    note: str = ""  # an editor's words above the story
    headline: str = ""  # an editor's headline; "" takes the lead's
    unpinned: bool = False  # an editor took back the pick that a source's category makes

    @property
    def lead(self) -> Entry:
        return self.entries[0]

    @property
    def title(self) -> str:
        return self.headline or self.lead.title

    @property
    def sources(self) -> tuple[str, ...]:
        """Distinct names of the sources that surely carry this event, the lead's first."""
        return tuple(
            dict.fromkeys(e.source for e in self.entries if e.source and (e.sure or e is self.lead))
        )

    @property
    def topic_slugs(self) -> frozenset[str]:
        return frozenset(m.topic for m in self.topics)


@dataclass(frozen=True, slots=True)
class Recipient:
    """Frozen snapshot of a subscriber and one channel, for one run.

    `seen` maps story ids sent to this person on any channel to the revision they saw.
    """

    subscriber_id: int
    channel_id: int
    kind: ChannelKind
    topics: frozenset[str]
    time_zone: str = "UTC"
    language: str = "en"
    seen: Mapping[int, int] = field(default_factory=dict)
    alerts: bool = False
    quiet_from: time | None = None  # local time of day; alerts are held from here ...
    quiet_until: time | None = None  # ... until here
    alerts_today: int = 0  # already sent this local day
    muted: frozenset[str] = frozenset()  # topics left out until unmuted
    follow_since: Mapping[str, datetime] = field(default_factory=dict)
    alerted: frozenset[int] = frozenset()  # ids in `seen` that went as an alert
    keywords: tuple[str, ...] = ()  # phrases and queries followed, as saved


@dataclass(frozen=True, slots=True)
class IssueItem:
    """A story as shown to one reader."""

    story: Story
    why: str  # "You follow Ukraine Conflict (title: Ukraine)"
    topic: str = ""  # the followed topic it is shown under, "" in the general sections
    updated: bool = False  # seen before, and materially changed since


@dataclass(frozen=True, slots=True)
class IssueSection:
    """`kind` is "lead", "picks" or "topic"; `topic` the slug when it is one."""

    kind: str
    title: str
    items: tuple[IssueItem, ...]
    topic: str = ""
    more: int = 0  # stories of this section left out for length


@dataclass(frozen=True, slots=True)
class Issue:
    """An edition as curated for one recipient."""

    sections: tuple[IssueSection, ...]

    @property
    def items(self) -> tuple[IssueItem, ...]:
        return tuple(item for section in self.sections for item in section.items)

    @property
    def lead(self) -> IssueItem:
        return self.sections[0].items[0]

    @property
    def story_ids(self) -> tuple[int, ...]:
        return tuple(item.story.id for item in self.items)


@dataclass(frozen=True, slots=True)
class Choice:
    """Why one story was shown to one reader, or left out.

    `reason` is one of: shown, dropped, withdrawn, topic not followed, muted, already sent,
    section full, issue full, too old, sent as an alert.
    """

    story_id: int
    shown: bool
    reason: str
    detail: str = ""


@dataclass(frozen=True, slots=True)
class Edition:
    """One dated run of a digest.  `slot` is the local date (or "now:…" when asked for by hand)."""

    id: int
    digest: str
    bucket: str
    slot: str
    title: str
    frozen_at: datetime
    on: date
    window_from: datetime | None = None
    note: str = ""
    state: EditionState = EditionState.FROZEN
    reason: str = ""  # why it was skipped
    story_ids: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Shown:
    """One story of an issue as the outbox keeps it: enough to render the same issue again."""

    story_id: int
    revision: int
    kind: str  # of its section: "lead", "picks" or "topic"
    topic: str
    why: str
    updated: bool = False


@dataclass(frozen=True, slots=True)
class Delivery:
    """One message to one channel, as claimed from the outbox.

    `unit_id` is the edition, alert or notice it is part of.  `fence` grows with every claim:
    a claimer that lost its lease can no longer record anything.

    `packed` is `shown` as the outbox keeps it: `numbers`, which mean the same in all deliveries
    of a kind and unit.  Deliveries with equal bytes share one `shown`, made when its bytes were
    first met, so that neither numbers nor `shown` cost a message anything.  Empty for what was
    not read from the outbox, and for what shows nothing.
    """

    id: int
    kind: DeliveryKind
    unit_id: int
    channel_id: int
    channel_kind: ChannelKind
    subscriber_id: int
    message_id: str
    shown: tuple[Shown, ...]
    created_at: datetime
    expires_at: datetime
    attempts: int = 0
    fence: int = 0
    state: DeliveryState = DeliveryState.QUEUED
    more: Mapping[str, int] = field(default_factory=dict)  # topic → stories left out for length
    next_at: datetime | None = None
    submitted_at: datetime | None = None
    reason: str = ""
    doubted: bool = False  # it was once in doubt whether it arrived
    packed: bytes = b""  # two bytes for each of `shown`, the lower first

    @property
    def numbers(self) -> tuple[int, ...]:
        """`shown` by number: index and key of what was made once for all who are shown it."""
        return struct.unpack(f"<{len(self.packed) // 2}H", self.packed)


@dataclass(frozen=True, slots=True)
class Alert:
    """An unscheduled message about one story, decided for one recipient."""

    recipient: Recipient
    item: IssueItem


@dataclass(frozen=True, slots=True)
class Share:
    """One way to pass a story on: `name` as shown, `url` to open."""

    name: str
    url: str


@dataclass(frozen=True, slots=True)
class Links:
    """Where one recipient's message points to; "" leaves a link out."""

    unsubscribe: str = ""
    preferences: str = ""
    archive: str = ""  # this edition in a browser
    subscribe: str = ""


@dataclass(frozen=True, slots=True)
class Publication:
    """The publisher as readers see it; one for the whole installation."""

    name: str
    base_url: str  # no slash at the end
    postal_address: str = ""
    contact: str = ""  # an address people read
    privacy_url: str = ""
    language: str = "en"
    topic_names: Mapping[str, str] = field(default_factory=dict)  # slug → name as shown


@dataclass(frozen=True, slots=True)
class MailParts:
    """A rendered mail before it becomes bytes."""

    subject: str
    preheader: str
    text: str
    html: str


@dataclass(frozen=True, slots=True)
class MailMessage:
    """Bytes ready for the wire (CRLF lines, no dot-stuffing), and their envelope."""

    sender: str  # envelope sender
    recipient: str  # envelope recipient
    message_id: str  # with its angle brackets
    data: bytes
    clean: bool = False  # known to be ASCII in CRLF lines, none beginning with a dot


@dataclass(frozen=True, slots=True)
class ChatButton:
    """Opens `url`, or sends `data` (at most 64 bytes) back to the bot."""

    text: str
    url: str = ""
    data: str = ""


@dataclass(frozen=True, slots=True)
class ChatPart:
    """One Telegram message: HTML of the Bot API's subset, at most 4096 UTF-16 units once parsed."""

    html: str
    preview_url: str = ""  # the one link to preview; "" previews none
    buttons: tuple[tuple[ChatButton, ...], ...] = ()


@dataclass(frozen=True, slots=True)
class ChatMessage:
    """What one chat gets for one delivery, in order."""

    chat_id: str
    parts: tuple[ChatPart, ...]
    silent: bool = False
    thread_id: int | None = None


@dataclass(frozen=True, slots=True)
class Receipt:
    """The mail server or Telegram accepted the message; `ids` are Telegram's message ids."""

    detail: str = ""
    ids: tuple[int, ...] = ()
    lost_thread: bool = False  # the group's topic is closed or gone: it went to General
