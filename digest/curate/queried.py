"""Stories under the queries that readers save, as under topics that only those readers follow.

A query becomes a topic of its own: its name is the query in quotation marks, its evidence what
hit.  It goes before all others for a story that has it, so what a reader asked for in words has
a section of its own.  Everything else is as with topics: sections, length, what was seen, mutes.
"""

import functools
from collections.abc import Collection, Iterable, Mapping, Sequence
from typing import NamedTuple

from digest import model, query

__all__ = ["Queried", "Under", "is_of_keyword", "of_any_keyword", "read"]

ANY = "“words of yours”"
SURE = 2.0  # above every score of a topic
_FEW = 3  # stories, for which trying each query is quicker than a matcher


class Under(NamedTuple):
    """Stories with the queries that they match among their topics."""

    whole: "Queried"
    stories: tuple[model.Story, ...]
    keywords: frozenset[str]  # all that were asked for
    slugs: Mapping[str, str]  # keyword as saved → what stands for it; without unreadable ones

    def standing_for(self, keywords: Iterable[str]) -> tuple[str, ...]:
        """What is followed by whoever follows these keywords."""
        return tuple(dict.fromkeys(self.slugs[each] for each in keywords if each in self.slugs))

    def follower(self, recipient: model.Recipient) -> model.Recipient:
        """A reader who follows what stands for their keywords."""
        slugs = self.standing_for(recipient.keywords)
        return model.replace(recipient, topics=recipient.topics.union(slugs))


class Queried:
    """The stories of an edition, read once, to be put under one reader's queries after another's.

    `resolve` gives the slugs of the topics that a query names.
    """

    def __init__(self, stories: Sequence[model.Story], resolve: query.Resolve | None) -> None:
        self._stories = tuple(stories)
        self._resolve = resolve

    @functools.cached_property
    def _texts(self) -> list[query.Text]:
        return [query.text_of(story) for story in self._stories]

    def under(self, keywords: Collection[str]) -> Under:
        """Put the stories under these queries."""
        asked: dict[str, query.Query] = {}
        slugs = {}
        for keyword in sorted(set(keywords)):
            found = read(keyword, self._resolve)
            if found is not None:
                slug = f"“{found}”"
                slugs[keyword] = slug
                asked[slug] = found
        if not asked:
            return Under(self, self._stories, frozenset(keywords), slugs)
        names, queries = tuple(asked), tuple(asked.values())
        stories = list(self._stories)
        for at, hits in enumerate(self._matching(queries)):
            own = []
            for number in sorted(hits):
                match = queries[number].match(self._texts[at])
                if match is not None:
                    own.append(model.TopicMatch(names[number], SURE, (match.why,)))
            if own:
                story = stories[at]
                stories[at] = model.replace(story, topics=(*own, *story.topics))
        return Under(self, tuple(stories), frozenset(keywords), slugs)

    def _matching(self, queries: Sequence[query.Query]) -> list[Collection[int]]:
        """For each story the numbers of the queries that it may match."""
        if len(self._stories) <= _FEW:
            return [range(len(queries)) for _ in self._stories]
        matcher = query.Matcher(queries)
        return [matcher.matching(text) for text in self._texts]


def is_of_keyword(shown: model.Shown) -> bool:
    """Tell whether the reason, or the section, is a keyword."""
    return "“" in shown.why or shown.topic.startswith("“")


def of_any_keyword(shown: model.Shown) -> model.Shown:
    """The same without naming the keyword: as for everybody whose keywords it has."""
    topic = ANY if shown.topic.startswith("“") else shown.topic
    return model.replace(shown, topic=topic, why=f"You follow {ANY}")


@functools.lru_cache(maxsize=65_536)
def read(keyword: str, resolve: query.Resolve | None) -> query.Query | None:
    """A saved keyword as a query; None when there is no word in it."""
    return query.saved(keyword, resolve)
