"""What a form offers to choose from, and what was chosen: topics, hour, zone, cadence."""

import importlib.resources
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from functools import lru_cache
from zoneinfo import ZoneInfo

from babel import core
from starlette import datastructures

from digest import runtime, signup, topics
from digest.render import environment
from digest.render import languages as render_languages
from digest.web import paces
from subscribers import choices, errors

_WORLDWIDE = frozenset({"en", "es", "fr", "pt", "ar", "ru"})
REGIONS = {"Atlantic": "Atlantic", "Indian": "Indian Ocean", "Pacific": "Pacific"}


@dataclass(frozen=True, slots=True)
class TopicBox:
    """A topic to tick, with those under it."""

    slug: str
    name: str
    checked: bool
    below: tuple["TopicBox", ...] = ()
    pace: paces.Pace | None = None


@dataclass(frozen=True, slots=True)
class ZoneChoice:
    """A time zone with what its clocks show, so that one's own is found by the hour."""

    name: str
    place: str
    clock: str


@dataclass
class Chosen:
    """What a form said, and which fields cannot be kept as they were filled in."""

    wishes: signup.Wishes | None
    typed: Mapping[str, object]
    wrong: frozenset[str] = field(default_factory=frozenset)


def languages(rt: runtime.Runtime) -> tuple[tuple[str, str], ...]:
    """Code and own name of each language pages and messages speak; none when it is only one."""
    folders = {environment.shipped_dir(), *filter(None, [rt.settings.templates_dir])}
    spoken = {"en", rt.settings.language} | {
        path.stem.replace("_", "-") for folder in folders for path in folder.glob("locale/*.po")
    }
    if len(spoken) == 1:
        return ()
    named = {code: render_languages.locale(code).get_display_name() or code for code in spoken}
    return tuple(sorted(named.items(), key=lambda pair: pair[1].casefold()))


def topic_tree(
    catalogue: topics.Catalogue,
    followed: Iterable[str],
    language: str,
    pace_of: Mapping[str, paces.Pace] | None = None,
) -> tuple[TopicBox, ...]:
    """Every topic under the first one above it, in the catalogue's order.

    `pace_of` is what each brings, said beside it.  A topic that is followed and no longer in the
    catalogue comes last, to be let go.
    """
    ticked, pace_by = set(followed), pace_of or {}
    below: dict[str, list[str]] = {}
    for topic in catalogue.topics:
        below.setdefault(topic.parents[0] if topic.parents else "", []).append(topic.slug)

    def box(slug: str) -> TopicBox:
        under = tuple(box(lower) for lower in below.get(slug, ()))
        return TopicBox(
            slug, catalogue.name_of(slug, language), slug in ticked, under, pace_by.get(slug)
        )

    known = tuple(box(slug) for slug in below.get("", ()))
    gone = tuple(
        TopicBox(slug, catalogue.name_of(slug, language), True)
        for slug in sorted(ticked)
        if slug not in catalogue
    )
    return known + gone


@lru_cache(maxsize=1)
def _places() -> tuple[str, ...]:
    """The zones of the world's places, without aliases kept for old programs."""
    table = importlib.resources.files("tzdata") / "zoneinfo" / "zone.tab"
    lines = table.read_text("utf-8").splitlines()
    return tuple(sorted(line.split("\t")[2] for line in lines if not line.startswith("#")))


def zones(chosen: str, now: datetime) -> tuple[tuple[str, tuple[ZoneChoice, ...]], ...]:
    """Regions with their zones; the one chosen first of all when it is no place's own."""
    others = dict.fromkeys([*([chosen] if chosen not in _places() else []), "UTC"])
    first = ("", tuple(_zone(name, now) for name in others))
    return (first, *_regions(now.replace(second=0, microsecond=0)))


@lru_cache(maxsize=2)
def _regions(minute: datetime) -> tuple[tuple[str, tuple[ZoneChoice, ...]], ...]:
    """The whole world, once a minute: hundreds of clocks are more work than all of a page."""
    found: dict[str, list[ZoneChoice]] = {}
    for name in _places():
        region, _, _ = name.partition("/")
        found.setdefault(REGIONS.get(region, region), []).append(_zone(name, minute))
    return tuple((region, tuple(some)) for region, some in found.items())


@lru_cache(maxsize=1024)
def _rules(name: str) -> ZoneInfo:
    """Keep a zone's rules, which are read from a file otherwise."""
    return ZoneInfo(name)


def _zone(name: str, now: datetime) -> ZoneChoice:
    place = name.partition("/")[2] or name
    return ZoneChoice(name, place.replace("_", " ").replace("/", ", "), clock(name, now))


@lru_cache(maxsize=1)
def _first_zones() -> Mapping[str, str]:
    """Country code → the zone that most of it has."""
    table = importlib.resources.files("tzdata") / "zoneinfo" / "zone.tab"
    rows = (line.split("\t") for line in table.read_text("utf-8").splitlines())
    found: dict[str, str] = {}
    for code, *rest in rows:
        if code.startswith("#") or not rest:
            continue
        if "most" in rest[-1] or code not in found:
            found[code] = rest[1]
    return found


def guess_zone(accept_language: str, otherwise: str) -> str:
    """Guess a zone from what a browser says of its languages; `otherwise` when it says little.

    The first language that names a country, or is at home in one, decides; English is at home
    in too many.
    """
    for said in accept_language[:200].split(","):
        language, _, country = said.partition(";")[0].strip().replace("_", "-").partition("-")
        country = country.rpartition("-")[2].upper()
        if not country and language.lower() not in _WORLDWIDE:
            country = core.get_global("likely_subtags").get(language.lower(), "")[-2:]
        if country in _first_zones():
            return _first_zones()[country]
    return otherwise


def clock(time_zone: str, now: datetime) -> str:
    """What clocks show there now."""
    return f"{now.astimezone(_rules(time_zone)):%H:%M}"


def read_wishes(
    form: datastructures.FormData, catalogue: topics.Catalogue, followed: Sequence[str]
) -> Chosen:
    """What the preferences form says; a topic nobody knows is dropped, the rest is checked."""
    wrong: set[str] = set()

    def said(name: str) -> str:
        value = form.get(name, "")
        return value if isinstance(value, str) else ""

    def checked(name: str, text: str) -> object:
        try:
            return choices.checked(name, text)
        except errors.InvalidPreference:
            wrong.add(name)
            return None

    ticked = [str(value) for value in form.getlist("topic")]
    slugs = tuple(slug for slug in ticked if slug in catalogue or slug in followed)
    cadence = checked("cadence", said("cadence"))
    send_at = checked("send_at", said("send_at"))
    zone = checked("time_zone", said("time_zone"))
    language = checked("language", said("language")) if said("language") else None
    quiet = None
    if said("quiet"):
        quiet = _hours(said("quiet_from"), said("quiet_until"))
        if quiet is None:
            wrong.add("quiet")
    pause = said("pause")
    if pause not in {"", "0", *map(str, signup.PAUSES_WEEKS)}:
        wrong.add("pause")
    typed = {name: said(name) for name in _TEXTS} | {
        "topics": slugs,
        "alerts": bool(said("alerts")),
        "quiet": bool(said("quiet")),
    }
    if wrong:
        return Chosen(None, typed, frozenset(wrong))
    assert isinstance(send_at, time)  # noqa: S101 - tells the type checker what `wrong` told us
    wishes = signup.Wishes(
        topics=slugs,
        cadence=str(cadence),
        send_at=send_at,
        time_zone=str(zone),
        alerts=bool(said("alerts")),
        quiet_hours=quiet,
        language=None if language is None else str(language),
        pause_weeks=int(pause) if pause else None,
        unmute=tuple(str(value) for value in form.getlist("unmute")),
    )
    return Chosen(wishes, typed)


_TEXTS = ("cadence", "send_at", "time_zone", "language", "quiet_from", "quiet_until", "pause")


def _hours(start: str, end: str) -> tuple[time, time] | None:
    """From when until when, None for hours that are none."""
    try:
        hours = choices.send_at(start), choices.send_at(end)
    except errors.InvalidPreference:
        return None
    return None if hours[0] == hours[1] else hours
