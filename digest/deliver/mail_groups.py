"""Who takes a reader's mail, and how fast each of them wants it (standards A31).  Pure.

Addresses are grouped by the company that runs their mailboxes: it counts what we send to all of
its domains.  A group that says "too much" is held back for a while and then gets half as many
messages at once; when that is one at a time, the pause between two doubles.  So many accepted
messages take one step back.  Other groups go on at full speed meanwhile.

    full ── too much ─→ held ─→ half at once ─→ … ─→ one at once ─→ one, with pauses
    full ←─ ACCEPTED_PER_STEP accepted each ── one more at once ←─ half the pause ──┘

Besides, the operator may say what a group is never to exceed: so many at once, so many a minute.
"""

import functools
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from digest import errors

ACCEPTED_PER_STEP = 20
HOLD_SECONDS = 30.0  # after the first "too much", doubled by each further one
MOST_HOLD_SECONDS = 480.0
AGAIN_SECONDS = 5.0  # until a message that found no place is looked at again
FIRST_PAUSE_SECONDS = 0.5
MOST_PAUSE_SECONDS = 32.0
FORGET_SECONDS = 6 * 3600.0  # after which an old "too much" counts no more
_CLOCK_SECONDS = 1e-5  # finer than this no sum of times is exact
MOST_AHEAD_SECONDS = 600.0  # that turns of a minute's allowance are given away in advance

_BY_DOMAIN = {
    "gmail.com": "gmail",
    "googlemail.com": "gmail",
    "msn.com": "microsoft",
    "ymail.com": "yahoo",
    "rocketmail.com": "yahoo",
    "myyahoo.com": "yahoo",
    "icloud.com": "icloud",
    "me.com": "icloud",
    "mac.com": "icloud",
    "web.de": "gmx",
}
# The same name under many countries: yahoo.fr, hotmail.co.uk, live.com.mx.
_BY_LABEL = re.compile(
    r"(?P<label>outlook|hotmail|live|yahoo|aol|gmx)\.(com|net|org|[a-z]{2}|(co|com|net)\.[a-z]{2})"
)
_LABELS = {
    "outlook": "microsoft",
    "hotmail": "microsoft",
    "live": "microsoft",
    "yahoo": "yahoo",
    "aol": "yahoo",
    "gmx": "gmx",
}
# How a reply names the group it speaks of; Yahoo signs "[TSS04]", GMX "Nemesis".
_SIGNS = {
    "gmail": re.compile(r"gmail|google", re.IGNORECASE),
    "microsoft": re.compile(
        r"outlook|hotmail|microsoft|\blive\.com|\bmsn\b|exchangelabs", re.IGNORECASE
    ),
    "yahoo": re.compile(r"yahoo|\baol\b|\[?\bTSS?\d\d\b", re.IGNORECASE),
    "icloud": re.compile(r"icloud|\bapple\b|\bme\.com", re.IGNORECASE),
    "gmx": re.compile(r"\bgmx\b|\bweb\.de\b|nemesis|kundenserver", re.IGNORECASE),
}

NAMES = frozenset(_SIGNS)  # of the companies; any other group is called by its domain


@functools.lru_cache(maxsize=8192)
def _group_of_domain(domain: str) -> str:
    domain = domain.lower().rstrip(".")
    if found := _BY_LABEL.fullmatch(domain):
        return _LABELS[found["label"]]
    return _BY_DOMAIN.get(domain, domain)


def group_of(address: str) -> str:
    """Name the group of an address; a domain that belongs to none is a group of its own."""
    return _group_of_domain(address.rpartition("@")[2])


def name_of(group: str) -> str:
    """What to call a group where no address may stand: a domain of one's own may name a person."""
    return group if group in NAMES else "one mail domain"


def is_named(address: str, words: str) -> bool:
    """Whether a reply's words speak of the group of this address, by its name or its domain.

    Take addresses out of `words` first: an echo of the recipient says nothing.
    """
    domain = address.rpartition("@")[2].lower()
    if not domain:
        return False
    sign = _SIGNS.get(group_of(address))
    return domain in words.lower() or bool(sign and sign.search(words))


def limits(given: Iterable[tuple[str, int, int]]) -> dict[str, "Limit"]:
    """Make the operator's limits: a group's name or a domain, how many at once and a minute.

    0 sets no limit.  Raises ConfigurationError when a group is limited twice.
    """
    found: dict[str, Limit] = {}
    for name, at_once, per_minute in given:
        group = name if name in NAMES else _group_of_domain(name)
        if group in found:
            raise errors.ConfigurationError(f"smtp.groups: {group} has two limits.")
        found[group] = Limit(at_once, per_minute)
    return found


@dataclass(frozen=True, slots=True)
class Limit:
    """What a group may have at most, as the operator says; 0 sets no limit."""

    at_once: int = 0
    per_minute: int = 0

    @property
    def at_a_stroke(self) -> int:
        """How many may follow each other without a pause: what comes up between two looks."""
        return max(1, int(self.per_minute * AGAIN_SECONDS / 60))

    @property
    def seconds(self) -> float:
        """The pause after each, so that no minute sees more, those at a stroke included."""
        return 60.0 / (self.per_minute - self.at_a_stroke + 1) if self.per_minute else 0.0


@dataclass(slots=True)
class _Paced:
    """A group with so many a minute (the generic cell rate algorithm of ITU-T I.371)."""

    limit: Limit
    due_at: float = 0.0  # when the next were due, had each been a pause after the one before
    given_until: float = 0.0  # turns before this are given to messages that were put off

    def free_at(self, now: float) -> float:
        """When the next may start; a clock that was set back makes nobody wait for it."""
        stroke = self.limit.at_a_stroke * self.limit.seconds
        self.due_at = min(self.due_at, now + stroke)
        return self.due_at - stroke + self.limit.seconds - _CLOCK_SECONDS

    def start(self, now: float) -> None:
        self.due_at = max(self.due_at, now) + self.limit.seconds

    def turn(self, now: float) -> float:
        """Give the next turn away; those far ahead begin anew, for some were not needed."""
        self.given_until = max(self.given_until, now) + self.limit.seconds
        if self.given_until > now + MOST_AHEAD_SECONDS:
            self.given_until = now + self.limit.seconds
        return self.given_until


@dataclass(slots=True)
class _Slowed:
    """A group that was asked to be slower; times are the caller's seconds."""

    at_once: int
    slowed_at: float
    held_until: float
    pause_seconds: float = 0.0
    next_start: float = 0.0
    n_accepted: int = 0  # since the last step
    n_times: int = 1  # that it said "too much", less the steps taken back


class Groups:
    """How many messages each group may have under way; `at_once` is all we have at full speed.

    Every `start` is followed by one `end`.  `now` is in seconds of any one clock.
    """

    def __init__(self, at_once: int, limited: Mapping[str, Limit] | None = None) -> None:
        self._at_once = at_once
        self._limits = dict(limited or {})
        self._paced = {
            group: _Paced(limit) for group, limit in self._limits.items() if limit.per_minute
        }
        self._under_way: dict[str, int] = {}
        self._slowed: dict[str, _Slowed] = {}

    @property
    def slowed(self) -> frozenset[str]:
        """Groups that are not at full speed, because they said "too much"."""
        return frozenset(self._slowed)

    @property
    def unlimited(self) -> bool:
        """Whether every group may have another message now, whatever its name."""
        return not (self._slowed or self._limits)

    def why(self, group: str) -> str:
        """Why a message to this group is put off, as its row says it."""
        if group in self._slowed:
            return f"{name_of(group)} wants mail slower"
        return f"{name_of(group)} gets mail as fast as smtp.groups allows"

    def _most_at_once(self, group: str) -> int:
        limit = self._limits.get(group)
        return min(self._at_once, limit.at_once) if limit and limit.at_once else self._at_once

    def may_start(self, group: str, now: float) -> bool:
        """Whether another message may go to this group now."""
        if group in self._limits:
            if self._under_way.get(group, 0) >= self._most_at_once(group):
                return False
            if (paced := self._paced.get(group)) and now < paced.free_at(now):
                return False
        slowed = self._slowed.get(group)
        if slowed is None:
            return True
        if not 0 <= now - slowed.slowed_at <= FORGET_SECONDS:  # or the clock was set back
            del self._slowed[group]
            return True
        n_under_way = self._under_way.get(group, 0)
        return n_under_way < slowed.at_once and now >= max(slowed.held_until, slowed.next_start)

    def start(self, group: str, now: float) -> None:
        self._under_way[group] = self._under_way.get(group, 0) + 1
        if (paced := self._paced.get(group)) is not None:
            paced.start(now)
        if (slowed := self._slowed.get(group)) is not None:
            slowed.next_start = now + slowed.pause_seconds

    def end(self, group: str) -> None:
        left = self._under_way[group] - 1
        if left:
            self._under_way[group] = left
        else:
            del self._under_way[group]

    def accept(self, group: str) -> None:
        """Learn that a message was accepted; every ACCEPTED_PER_STEP make the group faster."""
        slowed = self._slowed.get(group)
        if slowed is None:
            return
        slowed.n_accepted += 1
        if slowed.n_accepted < ACCEPTED_PER_STEP:
            return
        slowed.n_accepted = 0
        slowed.n_times = max(0, slowed.n_times - 1)
        if slowed.pause_seconds:
            half = slowed.pause_seconds / 2
            slowed.pause_seconds = half if half >= FIRST_PAUSE_SECONDS else 0.0
            return
        slowed.at_once += 1
        if slowed.at_once >= self._most_at_once(group):
            del self._slowed[group]

    def slow_down(self, group: str, now: float) -> bool:
        """Learn that the group said "too much"; True when that is not known yet.

        What was under way meets the same answer: while the group is held it counts once.
        """
        slowed = self._slowed.get(group)
        if slowed is None:
            half = max(1, self._most_at_once(group) // 2)
            self._slowed[group] = _Slowed(half, now, now + HOLD_SECONDS)
            return True
        if now < slowed.held_until:
            return False
        held = min(HOLD_SECONDS * 2.0**slowed.n_times, MOST_HOLD_SECONDS)
        if slowed.at_once == 1:
            longer = max(slowed.pause_seconds * 2, FIRST_PAUSE_SECONDS)
            slowed.pause_seconds = min(longer, MOST_PAUSE_SECONDS)
        slowed.at_once = max(1, slowed.at_once // 2)
        slowed.slowed_at, slowed.held_until = now, now + held
        slowed.n_times += 1
        slowed.n_accepted = 0
        return True

    def next_at(self, group: str, now: float) -> float:
        """When a message that may not start now should be looked at again."""
        soonest = now + AGAIN_SECONDS
        if (slowed := self._slowed.get(group)) is not None:
            soonest = max(soonest, slowed.held_until, slowed.next_start)
        if (paced := self._paced.get(group)) is not None:
            soonest = max(soonest, paced.free_at(now))
        return soonest

    def put_off(self, group: str, now: float) -> float:
        """When this message should be looked at again; of many each gets a turn of its own."""
        soonest = self.next_at(group, now)
        paced = self._paced.get(group)
        return max(soonest, paced.turn(now)) if paced else soonest
