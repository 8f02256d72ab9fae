"""Make issues: what is hot, editor's picks, then a section for each topic.

The rules are told in the package's docstring.
"""

import functools
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest import model, phrases
from digest.curate.index import NOWHERE, Reader, StoryIndex, bits, mask_of

__all__ = ["Curated", "Curator", "Plan", "curate", "explain"]

MEMORY = 4096  # issues remembered at most


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


@dataclass(frozen=True, slots=True)
class _Selection:
    """What readers who are alike get."""

    issue: model.Issue | None
    reach: int  # stories these readers may see, whether new or not
    muted: int
    reader: Reader
    n_picks: int
    taken: Mapping[int, tuple[int, ...]]  # topic → stories shown under it


class Curator:
    """The stories of one edition, prepared once, to be curated for one recipient after another.

    `parents` maps a topic to all topics above it.  `window_from` is when the previous edition
    was frozen; None takes stories of any age.  `words` are by language.  Raises ValueError for
    a story handed in twice.
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
        self._given = tuple(story.id for story in stories)
        self._index = StoryIndex(
            stories, topic_order=topic_order, parents=parents, window_from=window_from, now=now
        )
        self._selections: dict[Reader, _Selection] = {}
        self._made: dict[tuple[str, bool, str], dict[tuple[int, int, int], model.IssueItem]] = {}

    def curate(self, recipient: model.Recipient) -> Curated:
        """Choose one reader's stories."""
        reader = self._index.read(recipient)
        selection = self._selections.get(reader)
        if selection is None:
            if len(self._selections) >= MEMORY:
                self._selections.clear()
            selection = self._selections[reader] = self._select(reader)
        return Curated(selection.issue, functools.partial(self._choices, selection, recipient))

    def _select(self, reader: Reader) -> _Selection:
        plan, index = self._plan, self._index
        muted = index.muted(reader)
        own = index.held(reader.follows) & ~muted
        if reader.general and plan.show_general:
            own = index.everything & ~muted
            reader = reader._replace(follows=index.roots)
        pins = index.pinned & ~muted if plan.show_general else index.pinned & own
        left = index.live & ~reader.seen
        n_hot = min(plan.hot, plan.max_stories, -(-(own & left).bit_count() // 3))
        lead = bits(own & left, n_hot)
        left &= ~mask_of(lead)
        picks = bits(pins & left, min(plan.picks, plan.max_stories - n_hot))
        left &= ~mask_of(picks)
        divided = index.divide(own & left, reader)
        taken = self._share_out(divided, plan.max_stories - n_hot - len(picks))

        sections = []
        if lead:
            sections.append(self._section(reader, "lead", lead))
        if picks:
            more = (pins & left & ~own).bit_count()
            sections.append(self._section(reader, "picks", picks, more))
        for topic, ranks in taken.items():
            more = divided[topic].bit_count() - len(ranks)
            sections.append(self._section(reader, "topic", ranks, more, topic))
        issue = model.Issue(tuple(sections)) if sections else None
        return _Selection(issue, own | pins, muted, reader, len(picks), taken)

    def _share_out(self, sections: Mapping[int, int], room: int) -> dict[int, tuple[int, ...]]:
        """Fill `room` from the sections: topic → stories shown, in catalogue order."""
        limit = self._plan.per_section
        heads = {topic: tuple(bits(mask, limit)) for topic, mask in sections.items()}
        if sum(map(len, heads.values())) > room:
            turn = 0
            while len(level := [r[turn] for r in heads.values() if len(r) > turn]) <= room:
                room -= len(level)
                turn += 1
            last = set(sorted(level)[:room])  # the turn for which there is not room for all
            heads = {
                topic: ranks[: turn + (len(ranks) > turn and ranks[turn] in last)]
                for topic, ranks in heads.items()
            }
        return {topic: ranks for topic, ranks in heads.items() if ranks}

    def _section(
        self, reader: Reader, kind: str, ranks: Sequence[int], more: int = 0, topic: int = NOWHERE
    ) -> model.IssueSection:
        words = self._words.get(reader.language, phrases.ENGLISH)
        made = self._made.setdefault((kind, reader.general, reader.language), {})
        items = []
        for rank in ranks:
            under = topic
            if topic == NOWHERE and not reader.general:
                under = self._index.best(rank, reader)
            key = (rank, under, reader.updated >> rank & 1)
            item = made.get(key)
            if item is None:
                item = made[key] = self._item(words, reader, kind, rank, under)
            items.append(item)
        if kind == "topic":
            title = self._name(topic)
        else:
            title = words.picks if kind == "picks" else self._plan.digest_title or words.hot
        return model.IssueSection(kind, title, tuple(items), self._slug(topic), more)

    def _item(
        self, words: phrases.Phrases, reader: Reader, kind: str, rank: int, topic: int
    ) -> model.IssueItem:
        story = self._index.stories[rank]
        slug, name = self._slug(topic), self._name(topic)
        if reader.general or not slug:
            why = words.top_in(name) if name else words.top
            if kind == "picks":
                why = words.pick
            elif len(story.sources) > 1:
                why = words.carried(len(story.sources))
        else:
            evidence = next(match.why for match in story.topics if match.topic == slug)
            say = words.pick_follows if kind == "picks" else words.follows
            why = say(name, evidence[0] if evidence else "")
        return model.IssueItem(story, why, slug, bool(reader.updated >> rank & 1))

    def _slug(self, topic: int) -> str:
        return "" if topic == NOWHERE else self._index.slugs[topic]

    def _name(self, topic: int) -> str:
        slug = self._slug(topic)
        return self._names.get(slug, slug)

    def _list(self, topics: int) -> str:
        return ", ".join(self._name(topic) for topic in bits(topics))

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
        rank = self._index.rank[story_id]
        story = self._index.stories[rank]
        if story.dropped or story.withdrawn:
            return ("dropped", "by an editor") if story.dropped else ("withdrawn", "by its source")
        if reader.seen.get(story_id, -1) >= story.revision:
            reason = "sent as an alert" if story_id in reader.alerted else "already sent"
            return reason, f"revision {reader.seen[story_id]}"
        if chosen.muted >> rank & 1:
            return "muted", self._list(self._index.about[rank] & chosen.reader.mutes)
        if not chosen.reach >> rank & 1:
            return "topic not followed", self._list(self._index.about[rank]) or "it has no topic"
        if self._index.too_old(story):
            return "too old", f"last changed {story.updated_at:%Y-%m-%d %H:%M} UTC"
        topic = self._index.best(rank, chosen.reader)
        if topic == NOWHERE and not story.pinned:
            return "topic not followed", "it is under no main topic"
        title, n_shown, limit = "Editor's picks", chosen.n_picks, self._plan.picks
        if topic != NOWHERE:
            title, limit = self._name(topic), self._plan.per_section
            n_shown = len(chosen.taken.get(topic, ()))
        if n_shown >= limit:
            return "section full", f"{title}: {limit}"
        return "issue full", f"{self._plan.max_stories} stories"


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
