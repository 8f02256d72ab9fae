"""Curate an edition for one reader: stories × recipient × already seen → issue, or nothing.

Pure: the same values give the same issue, and every story handed in has exactly one choice
that says why it is shown or left out.  The rules, first match first:

1. A dropped or withdrawn story is never shown.
2. A story seen before is left out, unless its revision is higher than the one seen: then it
   is shown as updated.
3. A follow counts for a story that carries the topic.  A muted topic follows nothing, and
   takes with it, for the stories that carry it, the follows of the topics above it: whoever
   mutes Ukraine and follows Europe gets no Ukraine story through Europe, but one through
   Russia.  Without a follow left, a story with a muted topic is "muted", an editor's pick too.
4. A story that last changed before the window began is too old.
5. A pinned story is shown to everybody while the plan has general stories; any other needs a
   follow.  Who follows nothing at all gets the general issue: what is hot, the picks, and the
   best of each main topic.

Sections: the hottest ("lead": at most a third of the reader's own stories, at least one),
then editor's picks, then topics in catalogue order.  A story stands once, under the topic
that is strongest for it, where a topic counts as strong as the strongest above it: so the
specific goes before the general.  When an issue is too long for all, every section gets its
best story before any gets a second.  Within a section: hottest, then latest, then lowest id.
"""

import functools
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import NamedTuple

from digest import model, phrases

__all__ = ["Curated", "Curator", "Plan", "curate", "explain"]

MEMORY = 4096  # selections remembered at most


@dataclass(frozen=True, slots=True)
class Plan:
    """How long an issue may be, in stories, and what it holds beside the reader's own topics."""

    max_stories: int = 20
    per_section: int = 5
    picks: int = 4
    hot: int = 3
    digest_title: str = ""  # heads the lead section instead of "What's hot"
    show_general: bool = True  # picks outside the reader's topics; an issue for who follows none

    def __post_init__(self) -> None:
        if min(self.max_stories, self.per_section, self.picks, self.hot) < 0:
            raise ValueError(f"a limit below zero: {self!r}")


@dataclass(frozen=True)
class Curated:
    """An issue, or None when nothing is new; and one choice for every story handed in.

    Choices are made when first asked for: an edition has far more of them than stories shown.
    """

    issue: model.Issue | None
    decide: Callable[[], tuple[model.Choice, ...]] = field(repr=False, compare=False)

    @functools.cached_property
    def choices(self) -> tuple[model.Choice, ...]:
        return self.decide()


class _Reader(NamedTuple):
    """All that tells one reader's issue from another's; two alike get the same.

    Masks: of topics in catalogue order, of stories with the hottest lowest.
    """

    follows: int  # topics, without those muted
    mutes: int
    seen: int  # stories, as they are now
    updated: int  # stories seen before they changed
    general: bool  # follows nothing
    language: str


@dataclass(frozen=True, slots=True)
class _Selection:
    """What readers who are alike get."""

    issue: model.Issue | None
    reach: int  # stories this reader may see, whether new or not
    muted: int
    reader: _Reader
    n_picks: int
    taken: Mapping[int, tuple[int, ...]]  # topic → stories shown under it


def _bits(mask: int, limit: int = -1) -> Iterator[int]:
    """Number the bits set in `mask`, lowest first; at most `limit` of them."""
    while mask and limit:
        low = mask & -mask
        yield low.bit_length() - 1
        mask ^= low
        limit -= 1


def _mask(ranks: Iterable[int]) -> int:
    return functools.reduce(lambda mask, rank: mask | 1 << rank, ranks, 0)


class Curator:
    """The stories of one edition, prepared once, to be curated for one recipient after another.

    `parents` maps a topic to all topics above it.  `window_from` is when the previous edition
    was frozen; None takes stories of any age.  `words` are by language.
    """

    def __init__(
        self,
        stories: Sequence[model.Story],
        *,
        topic_names: Mapping[str, str],
        topic_order: Sequence[str],
        parents: Mapping[str, frozenset[str]],
        window_from: datetime | None,
        now: datetime,
        plan: Plan = Plan(),
        words: Mapping[str, phrases.Phrases] | None = None,
    ) -> None:
        self._plan = plan
        self._names = topic_names
        self._words = words or {}
        self._window_from = window_from
        # A source that dates its entries in the future must not stay on top for ever.
        self._stories = sorted(
            stories, key=lambda s: (-s.hot, -min(s.updated_at, now).timestamp(), s.id)
        )
        self._given = tuple(story.id for story in stories)
        self._rank = {story.id: rank for rank, story in enumerate(self._stories)}
        if len(self._rank) != len(stories):
            raise ValueError("a story was handed in twice")
        self._ids = frozenset(self._rank)
        self._index_topics(topic_order, parents)
        ranked = tuple(enumerate(self._stories))
        self._everything = (1 << len(ranked)) - 1
        gone = (r for r, s in ranked if s.dropped or s.withdrawn or self._too_old(s))
        self._live = self._everything & ~_mask(gone)
        self._pinned = _mask(rank for rank, story in ranked if story.pinned)
        self._selections: dict[_Reader, _Selection] = {}
        self._made: dict[tuple[object, ...], model.IssueItem] = {}
        self._barred: dict[int, int] = {0: 0}

    def _index_topics(
        self, topic_order: Sequence[str], parents: Mapping[str, frozenset[str]]
    ) -> None:
        known = dict.fromkeys(topic_order)
        rest = {slug for story in self._stories for slug in story.topic_slugs} - known.keys()
        self._slugs = (*known, *sorted(rest))
        self._topic = {slug: topic for topic, slug in enumerate(self._slugs)}
        self._above = [self._topics(parents.get(slug, ())) for slug in self._slugs]
        roots = (t for t, above in enumerate(self._above) if not above and t < len(known))
        self._roots = _mask(roots)
        self._holds = [0] * len(self._slugs)
        self._about: list[int] = []
        self._order: list[tuple[int, ...]] = []  # of each story: its topics, best first
        earlier: list[dict[int, int]] = [{} for _ in self._slugs]
        for rank, story in enumerate(self._stories):
            order = self._best_first(story)
            self._order.append(order)
            self._about.append(_mask(order))
            for place, topic in enumerate(order):
                self._holds[topic] |= 1 << rank
                for better in order[:place]:
                    earlier[topic][better] = earlier[topic].get(better, 0) | 1 << rank
        self._earlier = [tuple((1 << t, mask) for t, mask in row.items()) for row in earlier]

    def _best_first(self, story: model.Story) -> tuple[int, ...]:
        scores: dict[int, float] = {}
        for match in story.topics:
            topic = self._topic[match.topic]
            scores[topic] = max(match.score, scores.get(topic, match.score))

        def place(topic: int) -> tuple[float, int, int]:
            above = self._above[topic]
            strongest = max(score for t, score in scores.items() if t == topic or above >> t & 1)
            return (-strongest, -above.bit_count(), topic)

        return tuple(sorted(scores, key=place))

    def _topics(self, slugs: Iterable[str]) -> int:
        return _mask(self._topic[slug] for slug in slugs if slug in self._topic)

    def _held(self, topics: int) -> int:
        """The stories that carry any of these topics."""
        stories = 0
        for topic in _bits(topics):
            stories |= self._holds[topic]
        return stories

    def _too_old(self, story: model.Story) -> bool:
        return self._window_from is not None and story.updated_at < self._window_from

    def curate(self, recipient: model.Recipient) -> Curated:
        """Choose one reader's stories."""
        mutes = self._topics(recipient.muted)
        follows = self._topics(recipient.topics) & ~mutes
        general = not recipient.topics
        reader = _Reader(follows, mutes, *self._seen(recipient), general, recipient.language)
        selection = self._selections.get(reader)
        if selection is None:
            if len(self._selections) >= MEMORY:
                self._selections.clear()
            selection = self._selections[reader] = self._select(reader)
        return Curated(selection.issue, functools.partial(self._choices, selection, recipient))

    def _seen(self, recipient: model.Recipient) -> tuple[int, int]:
        """Live stories the reader saw as they are, and those that have changed since."""
        seen = updated = 0
        for story_id in self._ids & recipient.seen.keys():
            rank = self._rank[story_id]
            if self._stories[rank].revision > recipient.seen[story_id]:
                updated |= 1 << rank
            else:
                seen |= 1 << rank
        return seen & self._live, updated & self._live

    def _counting(self, rank: int, reader: _Reader) -> int:
        """The follows that count for one story: see rule 3 above."""
        present = self._about[rank] & reader.mutes
        barred = self._barred.get(present)
        if barred is None:
            barred = present
            for topic in _bits(present):
                barred |= self._above[topic]
            self._barred[present] = barred
        return self._about[rank] & reader.follows & ~barred

    def _best(self, rank: int, reader: _Reader) -> int:
        """The followed topic a story stands under; -1 when there is none."""
        counting = self._counting(rank, reader)
        return next((t for t in self._order[rank] if counting >> t & 1), -1)

    def _select(self, reader: _Reader) -> _Selection:
        plan = self._plan
        muted = _mask(r for r in _bits(self._held(reader.mutes)) if not self._counting(r, reader))
        own = self._held(reader.follows) & ~muted
        if reader.general and plan.show_general:
            own = self._everything & ~muted
            reader = reader._replace(follows=self._roots & ~reader.mutes)
        pins = self._pinned & ~muted if plan.show_general else self._pinned & own
        left = self._live & ~reader.seen
        n_hot = min(plan.hot, plan.max_stories, -(-(own & left).bit_count() // 3))
        lead = tuple(_bits(own & left, n_hot))
        left &= ~_mask(lead)
        picks = tuple(_bits(pins & left, min(plan.picks, plan.max_stories - n_hot)))
        left &= ~_mask(picks)
        divided = self._divide(own & left, reader)
        taken = self._share_out(divided, plan.max_stories - n_hot - len(picks))

        words = self._words.get(reader.language, phrases.ENGLISH)
        sections = []
        if lead:
            items = self._items(lead, reader, "lead")
            sections.append(model.IssueSection("lead", plan.digest_title or words.hot, items))
        if picks:
            items = self._items(picks, reader, "picks")
            more = (pins & left & ~own).bit_count()
            sections.append(model.IssueSection("picks", words.picks, items, more=more))
        for topic, ranks in taken.items():
            items = self._items(ranks, reader, "topic", topic)
            more = divided[topic].bit_count() - len(ranks)
            slug, name = self._slugs[topic], self._name(topic)
            sections.append(model.IssueSection("topic", name, items, slug, more))
        issue = model.Issue(tuple(sections)) if sections else None
        return _Selection(issue, own | pins, muted, reader, len(picks), taken)

    def _divide(self, stories: int, reader: _Reader) -> dict[int, int]:
        """Put each story under its best followed topic: topic → stories, in catalogue order."""
        touched = stories & self._held(reader.mutes)
        sections: dict[int, int] = {}
        for topic in _bits(reader.follows):
            mask = stories & ~touched & self._holds[topic]
            for better, earlier in self._earlier[topic] if mask else ():
                if reader.follows & better:
                    mask &= ~earlier
            if mask:
                sections[topic] = mask
        for rank in _bits(touched):  # few: not all their follows count
            topic = self._best(rank, reader)
            sections[topic] = sections.get(topic, 0) | 1 << rank
        return dict(sorted(sections.items())) if touched else sections

    def _share_out(self, sections: Mapping[int, int], room: int) -> dict[int, tuple[int, ...]]:
        """Fill `room` from the sections: topic → stories shown, in catalogue order."""
        heads = {t: tuple(_bits(mask, self._plan.per_section)) for t, mask in sections.items()}
        if sum(map(len, heads.values())) > room:
            places = sorted(
                (turn, rank) for ranks in heads.values() for turn, rank in enumerate(ranks)
            )
            kept = {rank for _, rank in places[:room]}
            heads = {t: tuple(r for r in ranks if r in kept) for t, ranks in heads.items()}
        return {topic: ranks for topic, ranks in heads.items() if ranks}

    def _items(
        self, ranks: Sequence[int], reader: _Reader, kind: str, topic: int = -1
    ) -> tuple[model.IssueItem, ...]:
        shown = []
        for rank in ranks:
            under = topic
            if topic < 0 and not reader.general:
                under = self._best(rank, reader)
            changed = bool(reader.updated >> rank & 1)
            key = (rank, kind, under, reader.general, changed, reader.language)
            item = self._made.get(key)
            if item is None:
                story, slug = self._stories[rank], self._slugs[under] if under >= 0 else ""
                why = self._why(story, reader, kind, under)
                item = self._made[key] = model.IssueItem(story, why, slug, changed)
            shown.append(item)
        return tuple(shown)

    def _why(self, story: model.Story, reader: _Reader, kind: str, topic: int) -> str:
        words = self._words.get(reader.language, phrases.ENGLISH)
        name = self._name(topic) if topic >= 0 else ""
        if reader.general or not name:
            if kind == "picks":
                return words.pick
            if len(story.sources) > 1:
                return words.carried(len(story.sources))
            return words.top_in(name) if name else words.top
        match = next(m for m in story.topics if m.topic == self._slugs[topic])
        say = words.pick_follows if kind == "picks" else words.follows
        return say(name, match.why[0] if match.why else "")

    def _name(self, topic: int) -> str:
        return self._names.get(self._slugs[topic], self._slugs[topic])

    def _choices(self, chosen: _Selection, recipient: model.Recipient) -> tuple[model.Choice, ...]:
        shown = {
            item.story.id: model.Choice(item.story.id, True, "shown", f"{part.title}: {item.why}")
            for part in (chosen.issue.sections if chosen.issue else ())
            for item in part.items
        }
        return tuple(
            shown.get(story_id)
            or model.Choice(story_id, False, *self._refusal(story_id, chosen, recipient))
            for story_id in self._given
        )

    def _refusal(
        self, story_id: int, chosen: _Selection, reader: model.Recipient
    ) -> tuple[str, str]:
        """The reason a story is left out, and its detail."""
        rank = self._rank[story_id]
        story = self._stories[rank]
        if story.dropped or story.withdrawn:
            return ("dropped", "by an editor") if story.dropped else ("withdrawn", "by its source")
        if reader.seen.get(story_id, -1) >= story.revision:
            reason = "sent as an alert" if story_id in reader.alerted else "already sent"
            return reason, f"revision {reader.seen[story_id]}"
        if chosen.muted >> rank & 1:
            return "muted", self._list(self._about[rank] & chosen.reader.mutes)
        if not chosen.reach >> rank & 1:
            return "topic not followed", self._list(self._about[rank]) or "it has no topic"
        if self._too_old(story):
            return "too old", f"last changed {story.updated_at:%Y-%m-%d %H:%M} UTC"
        topic = self._best(rank, chosen.reader)
        if topic < 0 and not story.pinned:
            return "topic not followed", "it is under no main topic"
        title, n_shown, limit = "Editor's picks", chosen.n_picks, self._plan.picks
        if topic >= 0:
            title, limit = self._name(topic), self._plan.per_section
            n_shown = len(chosen.taken.get(topic, ()))
        if n_shown >= limit:
            return "section full", f"{title}: {limit}"
        return "issue full", f"{self._plan.max_stories} stories"

    def _list(self, topics: int) -> str:
        return ", ".join(self._name(topic) for topic in _bits(topics))


def curate(
    stories: Sequence[model.Story],
    recipient: model.Recipient,
    *,
    topic_names: Mapping[str, str],
    topic_order: Sequence[str],
    parents: Mapping[str, frozenset[str]],
    window_from: datetime | None,
    now: datetime,
    plan: Plan = Plan(),
) -> Curated:
    """Curate for one recipient alone; for many, prepare one `Curator`."""
    names, order = topic_names, topic_order
    curator = Curator(
        stories,
        topic_names=names,
        topic_order=order,
        parents=parents,
        window_from=window_from,
        now=now,
        plan=plan,
    )
    return curator.curate(recipient)


def explain(story_id: int, curated: Curated) -> str:
    """Say in one line why a reader got a story, or did not: for `digest why`."""
    for choice in curated.choices:
        if choice.story_id == story_id:
            verdict = "Shown" if choice.shown else f"Left out, {choice.reason}"
            return f"{verdict}: {choice.detail}"
    return "Not among the stories of this edition"
