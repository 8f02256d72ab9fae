"""An edition's recipients, a page at a time: from what they follow to rows for the outbox.

Readers who follow and have seen the same get the same issue, chosen once; nothing is made of it
but numbers.  `digest why` curates a reader's issue again and says every reason: it chooses by the
same rules.
"""

import bisect
import os
from array import array
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta
from typing import TypeAlias

from digest import audience, curate, model, runtime, seen, timetable
from digest.storage import database, queueing, served, showings
from subscribers import directory
from subscribers import model as people

# Why a recipient gets no issue although there may be something new.
ON_ANOTHER_CHANNEL = "on another channel"
HAD_ANOTHER = "had another edition"
SUBSCRIBED_SINCE = "subscribed since"
# Things shown in one edition, of which there are 65,536 at most, from where on keywords are not
# named any more: a reason for every keyword of every reader may be more.
OWN_WORDS = 50_000
_MOST = 50_000  # different issues, and sets of topics, remembered

_Issue: TypeAlias = tuple[bytes | None, bytes | None]  # as the outbox keeps it: shown, left out
# Readers alike get the same issue.  Who saw nothing of it and muted nothing: by topics, language.
_Alike: TypeAlias = curate.Reader | tuple[str | None, str]


@dataclass(frozen=True, slots=True)
class Page:
    """What one page of recipients came to."""

    rows: Sequence[queueing.Row]
    n_recipients: int
    n_nothing_new: int
    left_out: Mapping[str, int]


@dataclass
class Pages:
    """The recipients of an edition; `slot` is None for one made for everyone at once."""

    rt: runtime.Runtime
    edition: model.Edition
    curator: curate.Curator
    slot: timetable.Slot | None
    _ids: "array[int]" = field(default_factory=lambda: array("q"))
    _follows: dict[str | None, int] = field(default_factory=dict)
    _issues: dict[_Alike, _Issue] = field(default_factory=dict)
    _numbers: dict[str, "_Numbers"] = field(default_factory=dict)  # by language
    _version: int = 0

    def __post_init__(self) -> None:
        self._memory = seen.Memory(self.edition, self.curator.live)
        self._given = showings.Numbers(model.DeliveryKind.DIGEST, self.edition.id)

    @property
    def _buckets(self) -> list[people.Bucket] | None:
        if self.slot is None:
            return None
        bucket = self.slot.bucket
        cadence = next(name for name in people.CADENCES if name == bucket.cadence)
        return [people.Bucket(bucket.time_zone, bucket.send_at, cadence)]

    def next_ids(
        self, session: database.Session, after_channel_id: int, limit: int
    ) -> Sequence[int]:
        """The next channels that may be recipients; empty at the end."""
        if not self._ids or self._ids[-1] <= after_channel_id:
            self._ids = directory.channel_ids(
                session, buckets=self._buckets, what="digest", after_channel_id=after_channel_id
            )
        start = bisect.bisect_right(self._ids, after_channel_id)
        return self._ids[start : start + limit]

    def page(self, session: database.Session, ids: Sequence[int], now: datetime) -> Page:
        """Choose for the recipients among these channels; numbers are given out and written."""
        found = directory.followings(
            session,
            ids,
            buckets=self._buckets,
            what="digest",
            confirmed_by=self.edition.frozen_at,
            now=now,
        )
        # Who came after the freeze waits for the next edition, also when this one was held up.
        there = [one for one in found if not one.came_late]
        subscriber_ids = list({one.subscriber_id for one in there})
        past = self._memory.read(
            session,
            subscriber_ids,
            since=now - audience.SEEN_FOR,
            served_since=self.slot.at - timedelta(days=2) if self.slot else None,
        )
        mutes = directory.mutes(session, subscriber_ids, now=now)
        left_out = Counter({SUBSCRIBED_SINCE: len(found) - len(there)})
        rows: list[queueing.Row] = []
        done = set(past.here)  # one for a person, whatever channels they chose
        self._begin(session)
        n_nothing_new = 0
        issues = self._issues_of(there, past, mutes, directory.keywords(session, subscriber_ids))
        names = self._message_ids(len(there))
        for one, (shown, more), message_id in zip(there, issues, names, strict=True):
            if self._had_another(past.last.get(one.subscriber_id)):
                left_out[HAD_ANOTHER] += 1
                continue
            if one.subscriber_id in done:
                left_out[ON_ANOTHER_CHANNEL] += 1
                continue
            if shown is None:
                n_nothing_new += 1
                continue
            done.add(one.subscriber_id)
            name = f"<d{self.edition.id}.{one.channel_id}.{message_id}@{self.rt.mail_domain}>"
            rows.append(
                queueing.Row(one.channel_id, one.kind, one.subscriber_id, name, shown, more)
            )
        self._given.write(session)
        return Page(rows, len(found), n_nothing_new, left_out)

    def _begin(self, session: database.Session) -> None:
        self._given.begin(session)
        if self._given.version != self._version:
            self._version = self._given.version
            self._numbers.clear()
            self._issues.clear()
        for kept in (self._follows, self._issues):
            if len(kept) > _MOST:
                kept.clear()

    def _had_another(self, last: served.Served | None) -> bool:
        """Whether they had an issue too lately, before they changed their time or cadence (D8)."""
        if last is None or self.slot is None or last.bucket == self.edition.bucket:
            return False
        return not timetable.may_follow(self.slot, slot_of(last.bucket, last.on))

    def _issues_of(
        self,
        there: Sequence[people.Following],
        past: seen.Past,
        mutes: Mapping[int, Sequence[str]],
        keywords: Mapping[int, Sequence[str]],
    ) -> list[_Issue]:
        """What each is shown: who follows keywords apart from the others."""
        if not keywords:
            return self._choose(there, past, mutes)
        plain = [one for one in there if one.subscriber_id not in keywords]
        asking = [one for one in there if one.subscriber_id in keywords]
        made = zip(
            (*plain, *asking),
            (*self._choose(plain, past, mutes), *self._asked(asking, past, mutes, keywords)),
            strict=True,
        )
        by_channel = {one.channel_id: issue for one, issue in made}
        return [by_channel[one.channel_id] for one in there]

    def _asked(
        self,
        asking: Sequence[people.Following],
        past: seen.Past,
        mutes: Mapping[int, Sequence[str]],
        keywords: Mapping[int, Sequence[str]],
    ) -> list[_Issue]:
        """What those are shown who follow keywords: all stories are held once against theirs."""
        who_asks = {one.subscriber_id for one in asking}
        known = self.curator.under({each for who in who_asks for each in keywords[who]})
        numbers: dict[str, _Numbers] = {}
        issues: list[_Issue] = []
        for one in asking:
            who = one.subscriber_id
            shown, current = past.any.get(who, 0), past.full.get(who, 0)
            topics = one.topics.split("\n") if one.topics else []
            topics += known.standing_for(keywords[who])
            muted = known.follows(mutes.get(who, ()))
            reader = curate.Reader(
                known.follows(topics), muted, current, shown & ~current, not topics, one.language
            )
            if one.language not in numbers:
                numbers[one.language] = _Numbers(known, self._given, one.language)
            issues += map(_packed, known.choose([reader], numbers[one.language]))
        return issues

    def _choose(
        self,
        there: Sequence[people.Following],
        past: seen.Past,
        mutes: Mapping[int, Sequence[str]],
    ) -> list[_Issue]:
        """What each is shown; those unlike any before are chosen for together."""
        alike = self._alike(there, past, mutes)
        new: dict[str, list[_Alike]] = {}
        for key in dict.fromkeys(alike):
            if key not in self._issues:
                language = key.language if isinstance(key, curate.Reader) else key[1]
                new.setdefault(language, []).append(key)
        for language, keys in new.items():
            if language not in self._numbers:
                self._numbers[language] = _Numbers(self.curator, self._given, language)
            readers = [self._reader(key) for key in keys]
            for key, one in zip(
                keys, self.curator.choose(readers, self._numbers[language]), strict=True
            ):
                self._issues[key] = _packed(one)
        return list(map(self._issues.__getitem__, alike))

    def _alike(
        self,
        there: Sequence[people.Following],
        past: seen.Past,
        mutes: Mapping[int, Sequence[str]],
    ) -> list[_Alike]:
        alike: list[_Alike] = [(one.topics, one.language) for one in there]
        special = past.any.keys() | mutes.keys()
        if special:
            for at, one in enumerate(there):
                who = one.subscriber_id
                if who in special:
                    shown, current = past.any.get(who, 0), past.full.get(who, 0)
                    muted = self.curator.follows(mutes.get(who, ()))
                    alike[at] = self._reader(alike[at])._replace(
                        mutes=muted, seen=current, updated=shown & ~current
                    )
        return alike

    def _reader(self, alike: _Alike) -> curate.Reader:
        if isinstance(alike, curate.Reader):
            return alike
        topics, language = alike
        follows = self._follows.get(topics)
        if follows is None:
            slugs = topics.split("\n") if topics else ()
            follows = self._follows[topics] = self.curator.follows(slugs)
        return curate.Reader(follows, 0, 0, 0, not topics, language)

    def _message_ids(self, n: int) -> list[str]:
        """As many secrets as messages, from one look at the system's randomness."""
        secrets = os.urandom(10 * n).hex()
        return [secrets[at : at + 20] for at in range(0, 20 * n, 20)]


def _packed(one: curate.Numbered) -> _Issue:
    return (
        showings.packed(one.places) if one.places else None,
        showings.packed(one.more) if one.more else None,
    )


class _Numbers(dict[int, int]):
    """Gives out a number for a place when it is asked for it first."""

    def __init__(self, curator: curate.Curator, given: showings.Numbers, language: str) -> None:
        super().__init__()
        self._curator, self._given, self._language = curator, given, language

    def __missing__(self, place: int) -> int:
        shown = self._curator.shown(place, self._language)
        if self._given.n_given >= OWN_WORDS and curate.is_of_keyword(shown):
            shown = curate.of_any_keyword(shown)
        number = self[place] = self._given.number(shown)
        return number


def slot_of(key: str, on: date) -> timetable.Slot:
    """The slot of a bucket on a local day."""
    bucket = timetable.Bucket.parse(key)
    at = timetable.slot_instant(bucket.time_zone, on, bucket.send_at)
    return timetable.Slot(bucket, on, at)
