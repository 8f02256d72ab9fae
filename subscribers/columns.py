"""What the columns of a list mean, whoever wrote it.

A format is told by its header: our own CSV, and the exports of listmonk, Ghost, Mailchimp,
MailerLite and Substack.  Whether somebody may still be written to is read in every format from
every column that speaks of it, and the worst that any says counts: nobody who left, bounced
or complained elsewhere comes in as active.
"""

import re
from collections.abc import Callable, Iterable, Sequence
from datetime import UTC, datetime
from typing import Literal

from subscribers import errors

Format = Literal["plain", "listmonk", "ghost", "mailchimp", "mailerlite", "substack"]
Status = Literal["active", "pending", "bounced", "unsubscribed", "complained"]
Judge = Callable[[str], Status]

_WORST: tuple[Status, ...] = ("active", "pending", "bounced", "unsubscribed", "complained")
RANK = {status: rank for rank, status in enumerate(_WORST)}

# fmt: off
_STATUSES: dict[str, Status] = {
    "": "active", "active": "active", "subscribed": "active", "enabled": "active",
    "confirmed": "active", "opted in": "active",
    "pending": "pending", "unconfirmed": "pending", "not confirmed": "pending",
    "unsubscribed": "unsubscribed", "non subscribed": "unsubscribed",
    "nonsubscribed": "unsubscribed", "not subscribed": "unsubscribed",
    "transactional": "unsubscribed", "opted out": "unsubscribed", "disabled": "unsubscribed",
    "inactive": "unsubscribed", "archived": "unsubscribed", "removed": "unsubscribed",
    "deleted": "unsubscribed", "blocked": "unsubscribed", "blocklisted": "unsubscribed",
    "blacklisted": "unsubscribed", "suppressed": "complained",
    "cleaned": "bounced", "bounced": "bounced", "hard bounced": "bounced", "invalid": "bounced",
    "complained": "complained", "complaint": "complained", "junk": "complained",
    "spam": "complained",
}
# Written in the cell: a date, a yes, a number.  Empty, no or nought says nothing.
_ENDED: dict[str, Status] = {
    "unsub_time": "unsubscribed", "unsubscribed_at": "unsubscribed",
    "date_unsubscribed": "unsubscribed", "unsubscribe_date": "unsubscribed",
    "unsubscribed_date": "unsubscribed", "unsubscribed": "unsubscribed",
    "opted_out_at": "unsubscribed", "opted_out": "unsubscribed", "opt_out": "unsubscribed",
    "deleted_at": "unsubscribed", "email_disabled": "unsubscribed", "disabled": "unsubscribed",
    "blocklisted": "unsubscribed", "blacklisted": "unsubscribed",
    "do_not_email": "unsubscribed", "suppressed": "complained",
    "clean_time": "bounced", "cleaned_at": "bounced", "bounced_at": "bounced",
    "bounced": "bounced", "hard_bounced": "bounced",
    "complained_at": "complained", "complained": "complained", "spam": "complained",
    "junk": "complained",
}
_WANTED = {
    "subscribed_to_emails", "subscribed", "is_subscribed", "accepts_marketing",
    "accepts_email_marketing", "email_opt_in", "opted_in",
}
_NO = {"no", "n", "false", "f", "off", "0", "null", "none"}
_YES = {"yes", "y", "true", "t", "on", "1"}
_SYNONYMS = {
    "e_mail": "email", "email_address": "email", "e_mail_address": "email", "mail": "email",
    "subscriber_email": "email", "chat_id": "telegram_chat_id", "timezone": "time_zone",
    "fname": "first_name", "lname": "last_name", "surname": "last_name",
    "full_name": "name", "subscription_status": "status", "subscriber_status": "status",
    "email_status": "status",
}
# When somebody agreed, best evidence first.
AGREED = (
    "confirm_time", "confirmed_at", "confirmation_time", "opted_in_at", "opt_in_date",
    "optin_time", "consented_at", "subscribed_at", "date_subscribed", "subscribed_date",
    "subscription_date", "subscribed", "start_date", "created_at",
)
# Other systems' own groups of people: a topic's name among them is that topic.
LABELS = ("tags", "labels", "groups", "group", "lists")
# How Mailchimp names the files of one audience; only the name says what became of these people.
_FILES: dict[str, Status] = {
    "unsubscribed": "unsubscribed", "nonsubscribed": "unsubscribed", "cleaned": "bounced",
    "bounced": "bounced", "unconfirmed": "pending", "junk": "complained",
    "suppressed": "complained",
}
# fmt: on


def named(cell: str) -> str:
    """A column's name in one spelling."""
    name = re.sub(r"[\s_-]+", "_", cell.strip().strip("\ufeff").strip().casefold())
    return _SYNONYMS.get(name, name)


def format_of(header: Sequence[str]) -> Format:
    """Tell who wrote a list from its columns."""
    names = set(header)
    if names & {"member_rating", "euid", "leid", "optin_time", "unsub_time", "clean_time"}:
        return "mailchimp"
    if "subscribed_to_emails" in names:
        return "ghost"
    if names & {"active_subscription", "email_disabled"} or {"stripe_plan", "start_date"} <= names:
        return "substack"
    if names & {"opted_in_at", "optin_ip", "opt_in_date"} or _is_mailerlite(names):
        return "mailerlite"
    if "attributes" in names:
        return "listmonk"
    return "plain"


def _is_mailerlite(names: set[str]) -> bool:
    return "subscriber" in names and len(names & {"sent", "opens", "clicks", "subscribed"}) > 1


def address_column(header: Sequence[str], known: Format) -> str:
    """The column with the address; "" when there is none."""
    if "email" in header:
        return "email"
    return "subscriber" if known == "mailerlite" and "subscriber" in header else ""


def judges(header: Sequence[str], known: Format) -> list[tuple[int, Judge]]:
    """The columns that say whether somebody may be written to, by number."""
    found: list[tuple[int, Judge]] = []
    for number, name in enumerate(header):
        if name == "status":
            found.append((number, _by_word))
        elif name == "state":
            found.append((number, _by_word_if_one))
        elif name in _WANTED:
            strictly = known == "ghost" and name == "subscribed_to_emails"
            found.append((number, _by_yes if strictly else _by_yes_if_said))
        elif name in _ENDED:
            found.append((number, _ended_as(_ENDED[name])))
    return found


def worst(statuses: Iterable[Status]) -> Status:
    """What counts when several columns speak; "active" when none does."""
    return max(statuses, key=RANK.__getitem__, default="active")


def of_file(name: str) -> Status:
    """What the name of a file says of all people in it: `unsubscribed_members_export_1a.csv`."""
    first = re.split(r"[^a-z]", name.rpartition("/")[2].casefold(), maxsplit=1)[0]
    return _FILES.get(first, "active")


def moment(text: str) -> datetime | None:
    """A time another system wrote, UTC where it does not say; None for what is none."""
    try:
        at = datetime.fromisoformat(text.strip().removesuffix(" UTC"))
    except ValueError:
        return None
    return at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)


def _by_word(cell: str) -> Status:
    status = _STATUSES.get(_word(cell))
    if status is None:
        raise errors.InvalidPreference("status", "not one of active, pending, unsubscribed")
    return status


def _by_word_if_one(cell: str) -> Status:
    """A column called `state` may be a part of a country."""
    return _STATUSES.get(_word(cell), "active")


def _by_yes(cell: str) -> Status:
    word = _word(cell)
    if word and word not in _YES | _NO:
        raise errors.InvalidPreference("subscribed_to_emails", "neither true nor false")
    return "active" if word in _YES else "unsubscribed"


def _by_yes_if_said(cell: str) -> Status:
    return "unsubscribed" if _word(cell) in _NO else "active"


def _ended_as(status: Status) -> Judge:
    def judge(cell: str) -> Status:
        word = _word(cell)
        return "active" if not word or word in _NO else status

    return judge


def _word(cell: str) -> str:
    return re.sub(r"[\s_-]+", " ", cell.strip().casefold())
