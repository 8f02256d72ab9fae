"""Make issues: what is hot, editor's picks, then a section for each topic.

The rules are told in the package's docstring.
"""

import functools
from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime

from digest import model, phrases, query
from digest.curate import queried
from digest.curate.choosing import STANDARD, Chooser, Chosen, Plan
from digest.curate.crowd import Crowd, Numbered
from digest.curate.index import NOWHERE, Reader, StoryIndex, bits

__all__ = ["Curated", "Curator", "Plan", "curate", "explain"]

MEMORY = 4096  # issues remembered at most


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


class Curator:
    """The stories of one edition, prepared once, to be curated for one recipient after another.

    `parents` maps a topic to all topics above it.  `window_from` is when the previous edition
    was frozen; None takes stories of any age.  `words` are by language.  `resolve` gives the
    slugs of topics that keywords name.  Raises ValueError for a story handed in twice.
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
        plan: Plan = STANDARD,
        words: Mapping[str, phrases.Phrases] | None = None,
        resolve: query.Resolve | None = None,
        under: queried.Under | None = None,
    ) -> None:
        self._plan = plan
        self._under = under or queried.Queried(stories, resolve).under(())
        self._anew = functools.partial(
            Curator,
            topic_names=topic_names,
            topic_order=topic_order,
            parents=parents,
            window_from=window_from,
            now=now,
            plan=plan,
            words=words,
        )
        self._names = topic_names
        self._words = words or {}
        self._given = tuple(story.id for story in stories)
        self._index = StoryIndex(
            stories, topic_order=topic_order, parents=parents, window_from=window_from, now=now
        )
        self._chooser = Chooser(self._index, plan)
        self._crowd = Crowd(self._index, self._chooser, plan)
        self._issues: dict[Reader, tuple[Chosen, model.Issue | None]] = {}
        self._made: dict[tuple[str, bool, str], dict[tuple[int, int, int], model.IssueItem]] = {}

    def curate(self, recipient: model.Recipient) -> Curated:
        """Choose one reader's stories."""
        if recipient.keywords:
            if not self._under.keywords.issuperset(recipient.keywords):
                return self.under(recipient.keywords).curate(recipient)
            recipient = self._under.follower(recipient)
        reader = self._index.read(recipient)
        made = self._issues.get(reader)
        if made is None:
            if len(self._issues) >= MEMORY:
                self._issues.clear()
            chosen = self._chooser.choose(reader)
            made = self._issues[reader] = chosen, self._issue(chosen)
        chosen, issue = made
        return Curated(issue, functools.partial(self._choices, chosen, issue, recipient))

    def under(self, keywords: Collection[str]) -> "Curator":
        """The same stories for readers who follow some of these keywords, or none."""
        found = self._under.whole.under(keywords)
        return self._anew(found.stories, under=found)

    def standing_for(self, keywords: Iterable[str]) -> tuple[str, ...]:
        """What is followed, as if it were a topic, by who follows these of the keywords."""
        return self._under.standing_for(keywords)

    def choose(self, readers: Sequence[Reader], numbers: Mapping[int, int]) -> list[Numbered]:
        """Choose as `curate` does, for a crowd, without making issues or saying why.

        `numbers` has one for every place that `shown` knows.
        """
        return self._crowd.choose(readers, numbers)

    def read(self, recipient: model.Recipient) -> Reader:
        """A recipient in masks."""
        return self._index.read(recipient)

    def follows(self, topics: Iterable[str]) -> int:
        """The mask of these topics, for a Reader."""
        return self._index.topics(topics)

    @property
    def live(self) -> Mapping[int, tuple[int, int]]:
        """The stories that may be shown: id → its bit in a Reader's masks, and its revision."""
        return self._index.live_by_id

    def shown(self, place: int, language: str) -> model.Shown:
        """What stands at a place, in the words that a reader is told."""
        at = self._chooser.taken_apart(place)
        words = self._words.get(language, phrases.ENGLISH)
        story = self._index.stories[at.rank]
        why = self._why(words, at.general, at.kind, story, at.under)
        section = self._slug(at.topic)
        return model.Shown(story.id, story.revision, at.kind, section, why, at.updated)

    def _issue(self, chosen: Chosen) -> model.Issue | None:
        reader = chosen.reader
        sections = []
        if chosen.lead:
            sections.append(self._section(reader, "lead", chosen.lead))
        if chosen.picks:
            sections.append(self._section(reader, "picks", chosen.picks, chosen.more_picks))
        for topic, ranks in chosen.taken.items():
            more = chosen.divided[topic].bit_count() - len(ranks)
            sections.append(self._section(reader, "topic", ranks, more, topic))
        return model.Issue(tuple(sections)) if sections else None

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
        why = self._why(words, reader.general, kind, story, topic)
        return model.IssueItem(story, why, self._slug(topic), bool(reader.updated >> rank & 1))

    def _why(
        self, words: phrases.Phrases, general: bool, kind: str, story: model.Story, topic: int
    ) -> str:
        slug, name = self._slug(topic), self._name(topic)
        if general or not slug:
            if kind == "picks":
                return words.pick
            if len(story.sources) > 1:
                return words.carried(len(story.sources))
            return words.top_in(name) if name else words.top
        evidence = next(match.why for match in story.topics if match.topic == slug)
        say = words.pick_follows if kind == "picks" else words.follows
        return say(name, evidence[0] if evidence else "")

    def _slug(self, topic: int) -> str:
        return "" if topic == NOWHERE else self._index.slugs[topic]

    def _name(self, topic: int) -> str:
        slug = self._slug(topic)
        return self._names.get(slug, slug)

    def _list(self, topics: int) -> str:
        return ", ".join(self._name(topic) for topic in bits(topics))

    def _choices(
        self, chosen: Chosen, issue: model.Issue | None, recipient: model.Recipient
    ) -> tuple[model.Choice, ...]:
        shown = {
            item.story.id: model.Choice(item.story.id, True, "shown", f"{part.title}: {item.why}")
            for part in (issue.sections if issue else ())
            for item in part.items
        }
        return tuple(
            shown.get(story_id)
            or model.Choice(story_id, False, *self._refusal(story_id, chosen, recipient))
            for story_id in self._given
        )

    def _refusal(self, story_id: int, chosen: Chosen, reader: model.Recipient) -> tuple[str, str]:
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
        title, n_shown, limit = "Editor's picks", len(chosen.picks), self._plan.picks
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
    plan: Plan = STANDARD,
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
