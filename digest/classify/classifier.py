"""Gives an entry its topics by what it says, each with the evidence.

A publisher's category is one piece of evidence among others: it decides only where the text
itself says nothing about that kind of topic (region or subject).  What was learnt from the
publisher's own history, if anything, adds subjects the catalogue has no words for.  Pure: the
same entry gives the same topics, and nothing is read or kept.
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from digest import model, topics
from digest.classify import lexicon
from digest.classify.evidence import Evidence, Tally
from digest.classify.learnt import Learnt
from digest.classify.lexicon import STRENGTHS, Hit, Kind
from digest.classify.mentions import certain_mentions
from digest.classify.rules import Said, rules_of
from digest.classify.text import FIELDS, Reading, address_words, read, shouts

__all__ = ["Classifier"]

WEIGHTS = (3.0, 1.5, 0.4)  # of a strong phrase in the title, the summary, the body
THRESHOLD = 1.5
_BODY_LIMIT = 1.2  # however much a long body repeats: a topic needs the title or the summary
_DOUBT = 0.5
_ASIDE = 0.8  # a country only the summary names, where the headline names another
_UNNAMED = 0.8  # a subject only the summary names, where the headline names a region
_SUPPORT = 1.4
_INHERITED = 0.9
_OPENING = 1.0  # of a strong phrase: a name that opens a headline is what it speaks of
_BESIDE = (0.4, 0.25)  # share of the strongest subject, region that another one needs
_CLEAR = 6.0  # points from which more says no more
_FILED = (1.5, 3.0)  # what a category counts for a subject, a region, where the text is silent
_LEARNT = 1.0  # points above the threshold that learnt words come to at most: too few to alert
_MAX_REASONS = 6
_FEW_COUNTRIES = 3
_KEPT = 4096


@dataclass(frozen=True, slots=True)
class _Found:
    """What stands in one entry, before it is weighed."""

    reading: Reading
    phrases: tuple[Hit, ...]
    places: tuple[tuple[Hit, str, float], ...]  # with the country, and how sure it is


class Classifier:
    """Topics of entries by a catalogue; build one and keep it."""

    def __init__(self, catalogue: topics.Catalogue, learnt: Learnt | None = None) -> None:
        self.catalogue = catalogue
        self._learnt = learnt
        self._lexicon = lexicon.of(catalogue)
        self._order = {slug: index for index, slug in enumerate(catalogue.slugs)}
        self._codes = {t.slug: topics.place_codes(t.places) for t in catalogue.topics}
        self._implied = {t.slug: self._implied_by(t.slug) for t in catalogue.topics}
        self._by_code: dict[str, list[str]] = {}
        for slug, codes in self._codes.items():
            for code in codes:
                self._by_code.setdefault(code, []).append(slug)
        self._regions = frozenset(slug for slug in catalogue.slugs if self._is_region(slug))
        self._rules = tuple(rules_of(catalogue))
        self._shelves: dict[str, tuple[str, ...]] = {}  # categories and folders, as met
        self._folders: dict[str, tuple[tuple[str, str], ...]] = {}  # of addresses, as met
        self._asides: dict[tuple[frozenset[str], bool], dict[str, float]] = {}
        self._filed_only = frozenset(
            t.slug
            for t in catalogue.topics
            if not (t.places or t.strong or t.normal or t.weak or t.together)
        )
        self.subjects = tuple(  # topics that words speak for and places do not
            slug for slug in catalogue.slugs if slug not in self._regions | self._filed_only
        )

    def classify(self, entry: model.Entry) -> tuple[model.TopicMatch, ...]:
        """Return an entry's topics, strongest first; none when nothing speaks for any.

        `score` is between 0 and 1, from 0.5 up; `why` names the field and the words
        ("title: North Korea → Asia"), or what a topic was inherited from ("topic: Space").
        """
        found = self._find(read(entry, self.catalogue))
        tallies = self._weigh(found)
        self._apply_rules(found, tallies)
        self._apply_dateline(found, tallies)
        self._apply_address(entry.url, tallies)
        self._apply_categories(entry.categories, tallies)
        passed = self._passing(tallies)
        if self._learnt is not None:
            self._add_learnt(self._learnt, found.reading, passed)
        self._inherit(passed)
        matches = [
            model.TopicMatch(slug, _score(tally.total), tally.reasons(_MAX_REASONS))
            for slug, tally in passed.items()
        ]
        return tuple(sorted(matches, key=lambda m: (-m.score, self._order[m.topic])))

    def _passing(self, tallies: dict[str, Tally]) -> dict[str, Tally]:
        """Return the topics with enough evidence, also beside the strongest of their kind.

        What a story is clearly about makes passing words of others less likely to be its point.
        """
        totals = {slug: t.total for slug, t in tallies.items() if t.total >= THRESHOLD}
        most = [0.0, 0.0]
        for slug, total in totals.items():
            kind = slug in self._regions
            most[kind] = max(most[kind], total)
        return {
            slug: tallies[slug]
            for slug, total in totals.items()
            if total >= _BESIDE[slug in self._regions] * min(most[slug in self._regions], _CLEAR)
            or slug in self._filed_only
        }

    def _add_learnt(self, learnt: Learnt, reading: Reading, passed: dict[str, Tally]) -> None:
        """Add the subjects that learnt words speak for and the rules do not."""
        for slug, added in learnt.added(reading, known=passed.keys()).items():
            if slug in self.subjects:
                passed[slug] = Tally(_BODY_LIMIT)
                weight = THRESHOLD + _LEARNT * added.sureness
                passed[slug].add(slug, Evidence(weight, added.reason, 0))

    def _name(self, slug: str) -> str:
        return self.catalogue.name_of(slug)

    def _is_region(self, slug: str) -> bool:
        parents = self.catalogue[slug].parents
        above = bool(parents) and all(self._is_region(parent) for parent in parents)
        return bool(self._codes[slug]) or above

    def _implied_by(self, slug: str) -> frozenset[str]:
        """Return the countries a topic's phrases speak for: those of topics of few countries."""
        near = [self._codes[up] for up in (slug, *self.catalogue.ancestors(slug))]
        return frozenset().union(*(codes for codes in near if len(codes) <= _FEW_COUNTRIES))

    def _find(self, reading: Reading) -> _Found:
        hits = self._lexicon.find(reading.text, reading.language, reading.plain)
        parts = reading.text.split("\n")
        loud = [shouts(part) for part in parts[:3]]
        hits = [h for h in hits if not (h.term.acronym and loud[reading.field_at(h.start)])]
        phrases = tuple(hit for hit in hits if hit.term.kind is Kind.PHRASE)
        places = [hit for hit in hits if hit.term.kind is Kind.PLACE]
        implied = {
            code
            for hit in phrases
            if hit.term.strength >= 0.5
            for code in self._implied[hit.term.topic]
        }
        return _Found(reading, phrases, certain_mentions(reading.text, places, implied))

    def _weigh(self, found: _Found) -> dict[str, Tally]:
        headline: dict[str, Tally] = {}
        rest: list[tuple[str, str, Evidence]] = []
        for slug, key, evidence in self._claims(found):
            if evidence.field == 0:
                headline.setdefault(slug, Tally(_BODY_LIMIT)).add(key, evidence)
            else:
                rest.append((slug, key, evidence))
        headlined = frozenset(s for s, tally in headline.items() if tally.total >= THRESHOLD)
        case = (headlined, self._names_elsewhere(found))
        aside = self._asides.get(case)
        if aside is None:
            if len(self._asides) >= _KEPT:
                self._asides.clear()
            aside = self._asides[case] = self._aside(*case)
        for slug, key, evidence in rest:
            share = aside.get(slug, 1.0)
            counted = evidence._replace(weight=evidence.weight * share) if share < 1 else evidence
            headline.setdefault(slug, Tally(_BODY_LIMIT)).add(key, counted)
        return headline

    def _names_elsewhere(self, found: _Found) -> bool:
        """Tell whether the headline names a country that no topic holds."""
        return any(
            certainty == 1 and code not in self._by_code
            for hit, code, certainty in found.places
            if hit.start < found.reading.summary_from
        )

    def _aside(self, headlined: frozenset[str], elsewhere: bool) -> dict[str, float]:
        """Return what the rest of a text counts for topics a headline does not name.

        Less where it names others of their kind; a little less for a subject where it names
        any topic: what the headline leaves out is seldom the point.
        """
        if not headlined and not elsewhere:
            return {}
        kinds = {slug in self._regions for slug in headlined} | ({True} if elsewhere else set())
        related = self.catalogue.with_ancestors(headlined)
        shares: dict[str, float] = {}
        for slug in self.catalogue.slugs:
            if slug in related or headlined & set(self.catalogue.ancestors(slug)):
                continue
            is_region = slug in self._regions
            if is_region in kinds:
                shares[slug] = _ASIDE
            elif not is_region:
                shares[slug] = _UNNAMED
        return shares

    def _claims(self, found: _Found) -> Iterator[tuple[str, str, Evidence]]:
        """Yield what each phrase and place says by itself: topic, what it is, evidence."""
        reading = found.reading
        placed = {
            (hit.start, hit.end, slug)
            for hit, code, certainty in found.places
            if certainty == 1
            for slug in self._by_code.get(code, ())
        }
        for hit in found.phrases:
            if not hit.term.rule and (hit.start, hit.end, hit.term.topic) not in placed:
                at = reading.field_at(hit.start)
                shown = f"{FIELDS[at]}: {reading.text[hit.start : hit.end]}"
                weight = WEIGHTS[at] * hit.term.strength
                if hit.start == 0 and hit.term.capitals and hit.term.strength >= 0.5:
                    weight = WEIGHTS[0] * _OPENING
                weak = hit.term.strength < STRENGTHS["normal"]
                yield hit.term.topic, hit.term.text, Evidence(weight, shown, at, weak)
        for hit, code, certainty in found.places:
            at = reading.field_at(hit.start)
            weight = WEIGHTS[at] * (1.0 if certainty == 1 else _DOUBT)
            for slug in self._by_code.get(code, ()):
                shown = self._place_reason(found, hit, slug)
                yield slug, f"@{code}", Evidence(weight, shown, at)

    def _place_reason(self, found: _Found, hit: Hit, slug: str) -> str:
        at = found.reading.field_at(hit.start)
        said = found.reading.text[hit.start : hit.end]
        name = self._name(slug)
        arrow = "" if topics.fold(said) == topics.fold(name) else f" → {name}"
        return f"{FIELDS[at]}: {said}{arrow}"

    def _apply_rules(self, found: _Found, tallies: dict[str, Tally]) -> None:
        """Add what only several things together say: Ukraine and troops."""
        said = self._said(found)

        def topic(slug: str) -> Evidence | None:
            tally = tallies.get(slug)
            if tally is None or tally.total < THRESHOLD:
                return None
            return Evidence(min(tally.total, WEIGHTS[0]), f"topic: {self._name(slug)}", 0)

        for rule in self._rules:
            met = rule.met(said, topic)
            weight = min((part.weight for part in met), default=0.0)
            for index, part in enumerate(met):
                tally = tallies.setdefault(rule.slug, Tally(_BODY_LIMIT))
                share = weight if index == 0 else 0.0
                tally.add(f"{rule.key}.{index}", Evidence(share, part.reason, part.field))

    def _said(self, found: _Found) -> Said:
        """Return what rules may ask for, each as heavy as a strong phrase where it stands."""
        reading = found.reading
        phrases: dict[tuple[str, str], Evidence] = {}
        for hit in found.phrases:
            if hit.term.rule:
                evidence = self._strong(reading, hit)
                known = phrases.setdefault((hit.term.topic, hit.term.text), evidence)
                if evidence.weight > known.weight:
                    phrases[hit.term.topic, hit.term.text] = evidence
        countries: dict[str, Evidence] = {}
        for hit, code, certainty in found.places:
            if certainty == 1:
                evidence = self._strong(reading, hit)
                known = countries.setdefault(code, evidence)
                if evidence.weight > known.weight:
                    countries[code] = evidence
        return Said(phrases, countries)

    def _strong(self, reading: Reading, hit: Hit) -> Evidence:
        at = reading.field_at(hit.start)
        return Evidence(WEIGHTS[at], f"{FIELDS[at]}: {reading.text[hit.start : hit.end]}", at)

    def _apply_dateline(self, found: _Found, tallies: dict[str, Tally]) -> None:
        """Where a report was written supports a region, and stands in when the text has none."""
        reading = found.reading
        if not reading.dateline:
            return
        places = [h for h in self._lexicon.find(reading.dateline) if h.term.kind is Kind.PLACE]
        codes = {code for hit in places for code in hit.term.codes[:1]}
        slugs = {slug for code in codes for slug in self._by_code.get(code, ())}
        reason = f"dateline: {reading.dateline}"
        silent = (THRESHOLD, _SUPPORT if self._names_elsewhere(found) else THRESHOLD)
        self._support(((slug, reason) for slug in sorted(slugs)), tallies, silent)

    def _apply_address(self, url: str, tallies: dict[str, Tally]) -> None:
        """Folders of the address speak as a category does, but only for topics and places."""
        folder = url if "%" in url else url.rpartition("/")[0]  # "%2F" would make one more
        if folder not in self._folders:
            if len(self._folders) >= _KEPT:
                self._folders.clear()
            claims: dict[str, str] = {}
            for words in address_words(url):
                found = [slug for slug in self._filed_under(words) if slug not in self._filed_only]
                claims |= dict.fromkeys(found, f"address: {words}")
            self._folders[folder] = tuple(claims.items())
        self._support(self._folders[folder], tallies)

    def _filed_under(self, name: str) -> tuple[str, ...]:
        """Return the topics that a category, or a folder of an address, stands for."""
        if name not in self._shelves:
            if len(self._shelves) >= _KEPT:
                self._shelves.clear()
            self._shelves[name] = self.catalogue.resolve_all(name) or self._topics_of_place(name)
        return self._shelves[name]

    def _topics_of_place(self, name: str) -> tuple[str, ...]:
        """Return the topics of a country, when a name is that of a place and nothing else."""
        if self.catalogue.is_placement(name):
            return ()
        hits = self._lexicon.find(name)
        whole = [h for h in hits if h.term.kind is Kind.PLACE and h.end == len(name)]
        codes = {code for h in whole if h.start == 0 for code in h.term.codes[:1]}
        return tuple(slug for code in sorted(codes) for slug in self._by_code.get(code, ()))

    def _apply_categories(self, categories: Iterable[str], tallies: dict[str, Tally]) -> None:
        named = {
            slug: f"category: {category}"
            for category in reversed(tuple(categories))
            for slug in self._filed_under(category)
        }
        for slug in self._filed_only & named.keys():
            tallies[slug] = Tally(_BODY_LIMIT)
            tallies[slug].add(slug, Evidence(THRESHOLD, named.pop(slug), len(FIELDS)))
        self._support(named.items(), tallies)

    def _support(
        self,
        claims: Iterable[tuple[str, str]],
        tallies: dict[str, Tally],
        silent: tuple[float, float] = _FILED,
    ) -> None:
        """Count claims from outside the text: in full only where the text is silent.

        `silent` is what a subject, a region then counts.
        """
        decided = {
            slug in self._regions
            for slug, tally in tallies.items()
            if tally.total >= THRESHOLD and slug not in self._filed_only
        }
        for slug, reason in claims:
            is_region = slug in self._regions
            weight = _SUPPORT if is_region in decided else silent[is_region]
            tally = tallies.setdefault(slug, Tally(_BODY_LIMIT))
            tally.add(reason, Evidence(weight, reason, len(FIELDS)))

    def _inherit(self, passed: dict[str, Tally]) -> None:
        """Make a story of a lower topic also one of the topics above it."""
        for slug in tuple(passed):
            total = passed[slug].total
            reason = f"topic: {self._name(slug)}"
            for up in self.catalogue.ancestors(slug):
                tally = passed.setdefault(up, Tally(_BODY_LIMIT))
                tally.raise_to(THRESHOLD + (total - THRESHOLD) * _INHERITED, reason)


def _score(total: float) -> float:
    return round(total / (total + THRESHOLD), 3)
