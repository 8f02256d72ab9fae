"""Topics and their names as values, and how they are read from a file."""

import difflib
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache
from pathlib import Path
from typing import Any

from digest import errors
from digest.topics import checking
from digest.topics.folding import fold

__all__ = ["SHIPPED", "Catalogue", "Topic", "Words", "load"]

SHIPPED = Path(__file__).with_name("topics.toml")


@dataclass(frozen=True, slots=True)
class Words:
    """Phrases of three strengths, as in `Topic`."""

    strong: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Topic:
    """What a subscriber can follow, and what speaks for it in a story.

    `places` are regions and ISO codes, "-" taking away (see `place_codes`).  The phrases of
    `strong` suffice once in a title or summary, of `normal` once in a title or twice in a
    summary; those of `weak` only add to others.  `together` holds rules: each a tuple of groups,
    of which every one must be met, by any of its phrases, "@PLACE" or "#topic".  `spoken` are
    further phrases by language, looked for only in texts that may be in it.
    """

    slug: str
    name: str
    names: Mapping[str, str] = field(default_factory=dict)  # language → name
    parents: tuple[str, ...] = ()
    aliases: tuple[str, ...] = ()
    places: tuple[str, ...] = ()
    strong: tuple[str, ...] = ()
    normal: tuple[str, ...] = ()
    weak: tuple[str, ...] = ()
    together: tuple[tuple[tuple[str, ...], ...], ...] = ()
    spoken: Mapping[str, Words] = field(default_factory=dict)


@dataclass(frozen=True)
class Catalogue:
    """All topics, in the order of their file, and the words around them.

    `placements` are publisher categories that say where an editor put a story, `picks` those of
    them that mark an editor's choice; `masks` are phrases that hide the words inside them.
    """

    topics: tuple[Topic, ...]
    placements: tuple[str, ...] = ()
    picks: tuple[str, ...] = ()
    masks: tuple[str, ...] = ()

    @cached_property
    def _by_slug(self) -> dict[str, Topic]:
        return {topic.slug: topic for topic in self.topics}

    @cached_property
    def _by_alias(self) -> dict[str, tuple[str, ...]]:
        """Folded alias → every topic that lists it, in file order."""
        found: dict[str, list[str]] = {}
        for topic in self.topics:
            for alias in dict.fromkeys(map(fold, topic.aliases)):
                found.setdefault(alias, []).append(topic.slug)
        return {alias: tuple(slugs) for alias, slugs in found.items()}

    @cached_property
    def _by_name(self) -> dict[str, str]:
        """Folded slug or name, in any language → slug; the first topic keeps a shared one."""
        found: dict[str, str] = {}
        for topic in self.topics:
            for name in (topic.slug, topic.name, *topic.names.values()):
                found.setdefault(fold(name), topic.slug)
        return found

    @cached_property
    def _ancestors(self) -> dict[str, tuple[str, ...]]:
        found: dict[str, tuple[str, ...]] = {}
        for topic in self.topics:
            line, seen = list(topic.parents), {topic.slug}
            for slug in line:  # grows while walked: nearest first
                if slug not in seen:
                    seen.add(slug)
                    line.extend(self._by_slug[slug].parents)
            found[topic.slug] = tuple(dict.fromkeys(slug for slug in line if slug != topic.slug))
        return found

    @cached_property
    def _placed(self) -> tuple[frozenset[str], tuple[str, ...]]:
        return _wildcards((*self.placements, *self.picks))

    @cached_property
    def _picked(self) -> tuple[frozenset[str], tuple[str, ...]]:
        return _wildcards(self.picks)

    @property
    def slugs(self) -> tuple[str, ...]:
        return tuple(self._by_slug)

    def __contains__(self, slug: str) -> bool:
        return slug in self._by_slug

    def __getitem__(self, slug: str) -> Topic:
        """Raises KeyError for an unknown slug."""
        return self._by_slug[slug]

    def name_of(self, slug: str, language: str = "en") -> str:
        """Return the name as shown in a language, in English when it has none there.

        An unknown slug (a topic since removed) is shown as itself, readably.
        """
        topic = self._by_slug.get(slug)
        if topic is None:
            return slug.replace("-", " ").capitalize()
        return topic.names.get(language.partition("-")[0].lower(), topic.name)

    def ancestors(self, slug: str) -> tuple[str, ...]:
        """Return the topics above one, nearest first; none for an unknown slug."""
        return self._ancestors.get(slug, ())

    def with_ancestors(self, slugs: Iterable[str]) -> frozenset[str]:
        """Return the slugs and all topics above them."""
        return frozenset(up for slug in slugs for up in (slug, *self.ancestors(slug)))

    def resolve_all(self, name: str) -> tuple[str, ...]:
        """Return every topic a publisher category or loosely written name stands for.

        An exact alias goes first ("Middle East & Africa" stands for two), then slugs and names
        in any language, then the same without words that add nothing ("Sport news", "the").
        """
        folded = fold(name)
        if not folded or self.is_placement(name):
            return ()
        for candidate in _loosened(folded):
            if candidate in self._by_alias:
                return self._by_alias[candidate]
            if candidate in self._by_name:
                return (self._by_name[candidate],)
        return ()

    def resolve(self, name: str) -> str | None:
        """Return the first topic of `resolve_all`, None for a placement or an unknown name."""
        return next(iter(self.resolve_all(name)), None)

    def suggest(self, name: str, limit: int = 3) -> tuple[str, ...]:
        """Return the slugs someone may have meant by a name that does not resolve, best first."""
        folded = fold(name)
        if not folded:
            return ()
        known = {alias: slugs[0] for alias, slugs in self._by_alias.items()} | self._by_name
        words = set(folded.split())
        near = [
            *(key for key in known if words & set(key.split())),
            *(key for key in known if len(folded) >= 3 and key.startswith(folded)),
            *difflib.get_close_matches(folded, known, n=limit * 3, cutoff=0.6),
        ]
        near.sort(key=lambda key: -difflib.SequenceMatcher(None, folded, key).ratio())
        return tuple(dict.fromkeys(known[key] for key in near))[:limit]

    def is_placement(self, name: str) -> bool:
        """Tell whether a category says where a story was put, not what it is about."""
        return _matches(name, self._placed)

    def is_pick(self, name: str) -> bool:
        """Tell whether a category marks an editor's choice: a reason to rank a story higher."""
        return _matches(name, self._picked)


def load(path: Path | None = None) -> Catalogue:
    """Read a topics file; None reads the catalogue that ships.

    Raises CatalogueError with every problem that makes the file unusable.
    """
    if path is None:
        return _shipped()
    try:
        text = path.read_text("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise errors.CatalogueError(f"{path}: cannot be read: {error}") from error
    problems = [p for p in checking.check(text) if p.unusable]
    if problems:
        raise errors.CatalogueError(*(f"{path}: {problem}" for problem in problems))
    return _parsed(tomllib.loads(text))


@lru_cache(maxsize=1)
def _shipped() -> Catalogue:
    # Its own test checks this file; readers need not wait for it.
    return _parsed(tomllib.loads(SHIPPED.read_text("utf-8")))


def _parsed(data: Mapping[str, Any]) -> Catalogue:
    return Catalogue(
        topics=tuple(_topic(slug, table) for slug, table in data.get("topics", {}).items()),
        placements=tuple(data.get("placements", ())),
        picks=tuple(data.get("picks", ())),
        masks=tuple(data.get("masks", ())),
    )


def _topic(slug: str, table: Mapping[str, Any]) -> Topic:
    return Topic(
        slug=slug,
        name=table.get("name") or slug.replace("-", " ").capitalize(),
        names=dict(table.get("names", {})),
        together=tuple(tuple(tuple(group) for group in rule) for rule in table.get("together", ())),
        spoken={
            language: Words(**{key: tuple(words) for key, words in table[language].items()})
            for language in checking.languages_of(table)
        },
        **{key: tuple(table.get(key, ())) for key in checking.LISTS},
    )


def _loosened(folded: str) -> Iterator[str]:
    """Yield a folded name, then ever looser readings of it."""
    yield folded
    words = [w for w in folded.split() if w not in {"the", "news", "latest", "stories", "topic"}]
    shorter = " ".join(words)
    if shorter and shorter != folded:
        yield shorter
    if shorter:
        yield shorter.removesuffix("s") if shorter.endswith("s") else f"{shorter}s"
        yield shorter.replace(" and ", " ")


def _wildcards(names: Iterable[str]) -> tuple[frozenset[str], tuple[str, ...]]:
    """Return whole names and beginnings, folded: "Featured *" is both."""
    names = tuple(names)
    whole = frozenset(fold(name) for name in names)
    return whole, tuple(f"{fold(name[:-1])} " for name in names if name.endswith("*"))


def _matches(name: str, known: tuple[frozenset[str], tuple[str, ...]]) -> bool:
    folded = fold(name)
    return folded in known[0] or folded.startswith(known[1])
