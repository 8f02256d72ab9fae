"""What only several things together say: Ukraine and troops, a president and a visit."""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass

from digest import topics
from digest.classify.evidence import Evidence

__all__ = ["Rule", "Said", "rules_of"]


@dataclass(frozen=True, slots=True)
class Said:
    """What stands in an entry: the best evidence for each rule phrase and certain country."""

    phrases: Mapping[tuple[str, str], Evidence]  # by topic and phrase
    countries: Mapping[str, Evidence]  # by ISO code


@dataclass(frozen=True, slots=True)
class _Group:
    phrases: frozenset[tuple[str, str]]
    countries: frozenset[str]
    topics: tuple[str, ...]

    def best(self, said: Said, topic: Callable[[str], Evidence | None]) -> Evidence | None:
        """Return the heaviest evidence that meets the group, None when nothing does."""
        found = [said.phrases[key] for key in said.phrases if key in self.phrases]
        found += [said.countries[code] for code in said.countries if code in self.countries]
        found += [evidence for slug in self.topics if (evidence := topic(slug))]
        return max(found, key=lambda e: (e.weight, e.reason)) if found else None


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule of a topic: every group must be met."""

    slug: str
    key: str  # tells it from other rules of the topic
    groups: tuple[_Group, ...]

    def met(self, said: Said, topic: Callable[[str], Evidence | None]) -> tuple[Evidence, ...]:
        """Return what met each group; nothing when one of them is not met."""
        parts: list[Evidence] = []
        for group in self.groups:
            part = group.best(said, topic)
            if part is None:
                return ()
            parts.append(part)
        return tuple(parts)


def rules_of(catalogue: topics.Catalogue) -> Iterator[Rule]:
    """Yield the rules of all topics, in the order of their file."""
    for topic in catalogue.topics:
        for number, rule in enumerate(topic.together):
            groups = tuple(
                _Group(
                    frozenset((topic.slug, term) for term in group if term[:1] not in "@#"),
                    topics.place_codes(term[1:] for term in group if term.startswith("@")),
                    tuple(term[1:] for term in group if term.startswith("#")),
                )
                for group in rule
            )
            yield Rule(topic.slug, f"+{number}", groups)
