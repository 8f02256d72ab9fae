"""How long an edition takes to go out and what it costs, said before it goes (standards C3, C4).

A chat gets as many messages as its issue has parts, all chats together so many a second; what
is paid for goes faster until the day's Stars are spent.  Mail is as fast as the mail server,
unless a rate is set.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from digest import errors, fanout, model, runtime, sizing
from digest.deliver import paying
from digest.storage import database, stars


@dataclass(frozen=True, slots=True)
class Forecast:
    """What sending comes to at most: every count is of who may get it, not of who will.

    `mail_seconds` is None where the mail server alone says how fast it goes; `n_stars` is what
    may be spent, `n_stars_wanted` what all messages above the free rate would cost.
    """

    n_mail: int
    n_chats: int
    n_parts: int  # messages to each chat
    mail_rate: float
    chat_rate: float
    mail_seconds: float | None
    chat_seconds: float
    n_stars: float
    n_stars_wanted: float

    @property
    def seconds(self) -> float:
        """Until all is sent: mail and chats go out side by side."""
        return max(self.mail_seconds or 0.0, self.chat_seconds)

    @property
    def sentences(self) -> tuple[str, ...]:
        """What somebody should know before this goes out."""
        said = []
        if self.n_mail:
            mails = f"{self.n_mail:,} mail{'' if self.n_mail == 1 else 's'}"
            if self.mail_seconds is None:
                said.append(f"{mails}, as fast as the mail server takes them")
            else:
                said.append(f"{mails} at {_rate(self.mail_rate)}: {duration(self.mail_seconds)}")
        if self.n_chats:
            said.append(self._of_chats())
        return tuple(said)

    def _of_chats(self) -> str:
        chats = f"{self.n_chats:,} chat{'' if self.n_chats == 1 else 's'}"
        if self.n_parts > 1:
            chats += f" of {self.n_parts} messages"
        said = f"{chats} at {_rate(self.chat_rate)}: {duration(self.chat_seconds)}"
        if self.n_stars:
            said += f"; at most {f'{self.n_stars:,.1f}'.removesuffix('.0')} Stars"
        if self.n_stars < self.n_stars_wanted:
            left = "then" if self.n_stars else "today"
            said += f"; {left} at {paying.FREE_RATE}/s, as telegram.paid_stars_a_day allows no more"
        return said


def of(
    session: database.Session,
    rt: runtime.Runtime,
    n_by_kind: Mapping[str, int],
    *,
    n_parts: int = 1,
    now: datetime,
) -> Forecast:
    """What sending to so many channels of each kind comes to, if it began now."""
    telegram, smtp = rt.settings.telegram, rt.settings.smtp
    n_mail, n_chats = n_by_kind.get("email", 0), n_by_kind.get("chat", 0)
    n_messages = n_chats * n_parts
    n_wanted = n_paid = 0
    if telegram.pays:
        n_wanted = max(0, n_messages - paying.FREE_RATE)
        n_spent = stars.spent(session, now.astimezone(UTC).date()).n_messages
        n_left = telegram.paid_stars_a_day * paying.MESSAGES_PER_STAR - n_spent
        n_paid = min(n_wanted, max(0, n_left))
    n_free = n_wanted - n_paid  # wait for their turn at the free rate
    chat_seconds = (n_messages - n_free) / telegram.rate_per_second + n_free / paying.FREE_RATE
    return Forecast(
        n_mail=n_mail,
        n_chats=n_chats,
        n_parts=n_parts,
        mail_rate=smtp.rate_per_second,
        chat_rate=telegram.rate_per_second,
        mail_seconds=n_mail / smtp.rate_per_second if smtp.rate_per_second else None,
        chat_seconds=chat_seconds,
        n_stars=n_paid / paying.MESSAGES_PER_STAR,
        n_stars_wanted=n_wanted / paying.MESSAGES_PER_STAR,
    )


def parts(
    session: database.Session,
    rt: runtime.Runtime,
    edition: model.Edition,
    stories: tuple[model.Story, ...],
    now: datetime,
) -> int:
    """How many messages the issue of a chat has that follows every topic: no other has more."""
    topics, kind = tuple(rt.publication.topic_names), model.ChannelKind.CHAT
    make = sizing.issue_for_anybody
    try:
        made = make(session, rt, edition, stories, now, kind=kind, topics=topics)
    except errors.RenderError:
        return 1  # every message says so itself
    message = made[0] if made else None
    return len(message.parts) if isinstance(message, model.ChatMessage) else 1


def parts_now(session: database.Session, rt: runtime.Runtime, now: datetime) -> int:
    """As `parts`, of an edition made now; 1 where there is no bot."""
    if not rt.settings.telegram.token.get_secret_value():
        return 1
    edition, planned = fanout.plan_edition(session, rt, None, now)
    return parts(session, rt, edition, planned, now)


def duration(seconds: float) -> str:
    """Say about how long: "about 40 s", "about 33 min", "about 5 h 10 min"."""
    if seconds < 90:
        return f"about {max(1, round(seconds))} s"
    minutes = round(seconds / 60)
    if minutes < 90:
        return f"about {minutes} min"
    return f"about {minutes // 60} h {minutes % 60} min"


def _rate(rate: float) -> str:
    return f"{rate:,.0f}/s" if rate >= 10 else f"{rate:g}/s"
