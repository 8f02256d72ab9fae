"""What people mean by what they type: times, lengths, names of topics, and whole requests.

Pure.  A request in plain words becomes the command that does the same (C24).
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import time, timedelta

from digest import topics

_CLOCK = re.compile(
    r"(?<![\d:])(?P<hour>\d{1,2})(?:[:.h](?P<minute>[0-5]\d)|h)?\s*(?P<half>[ap])?\.?(?:m\b\.?)?"
    r"(?![\d:])",
    re.IGNORECASE,
)
_BARE_FOUR = re.compile(r"(?<!\d)([01]\d|2[0-3])([0-5]\d)(?!\d)")
_LENGTH = re.compile(
    r"(?P<n>\d{1,3}|an?|one|two|three|four)\s*"
    r"(?P<unit>h(?:ours?)?|d(?:ays?)?|w(?:eeks?)?|m(?:onths?)?)\b",
    re.IGNORECASE,
)
_NUMBERS = {"a": 1, "an": 1, "one": 1, "two": 2, "three": 3, "four": 4}
_UNITS = {
    "h": timedelta(hours=1),
    "d": timedelta(days=1),
    "w": timedelta(weeks=1),
    "m": timedelta(days=30),
}
LONGEST = timedelta(days=365)

# These always stop, in any language, with whatever follows (C16).
_STOP = frozenset({
    "stop", "unsubscribe", "optout", "σταματα", "σταματησε", "стоп", "отписаться", "зупинись",
    "arreter", "arretez", "arret", "stopp", "aufhoren", "abmelden", "stoppen", "stoppa",
    "fermati", "detener", "parar", "durdur", "توقف", "停止", "退订",
})  # fmt: skip
# These only by themselves, or with fillers: "end of the war" is a subject.
_STOP_ALONE = frozenset({
    "end", "quit", "cancel", "halt", "enough", "leave", "exit", "διαγραφη", "τελοσ", "хватит",
    "отмена", "alto", "basta", "cancelar", "cancela", "baja", "smettila", "dur", "قف", "الغاء",
})  # fmt: skip
_FILLERS = frozenset({
    "it", "please", "now", "all", "everything", "me", "the", "a", "sending", "messages",
    "message", "this", "that", "following", "from", "writing", "to", "my", "bot", "digest",
    "you", "out", "opt", "i", "want", "would", "like", "can", "could",
})  # fmt: skip
_PAUSES = frozenset({"pause", "holiday", "vacation"})
_ALERTS = frozenset({"alert", "alerts", "breaking"})
_ON, _OFF = frozenset({"on", "yes", "start", "enable"}), frozenset({"off", "no", "stop", "disable"})
_SAME = {
    "start": "start", "begin": "start", "resubscribe": "start", "subscribe": "start",
    "help": "help", "hi": "help", "hello": "help", "hey": "help", "menu": "help", "thanks": "help",
    "thank you": "help",
    "topics": "topics", "list": "topics", "my topics": "topics", "all topics": "topics",
    "categories": "topics",
    "digest": "digest", "my digest": "digest", "now": "digest", "today": "digest",
    "briefing": "digest", "whats new": "digest", "what is new": "digest",
    "latest": "latest", "news": "latest", "latest news": "latest",
    "why": "why", "why this": "why", "why these": "why",
    "settings": "settings", "preferences": "settings", "options": "settings",
    "status": "status", "when": "status", "privacy": "privacy",
    "pause": "pause", "holiday": "pause", "vacation": "pause",
    "resume": "resume", "continue": "resume", "unpause": "resume",
    "time": "time", "timezone": "timezone", "time zone": "timezone",
    "delete": "delete", "delete me": "delete", "forget me": "delete", "erase me": "delete",
    "delete my data": "delete",
}  # fmt: skip
_VERBS = {
    "follow": "follow", "add": "follow", "subscribe": "follow",
    "unfollow": "unfollow", "remove": "unfollow", "drop": "unfollow",
    "mute": "mute", "silence": "mute", "unmute": "unmute",
    "latest": "latest", "search": "search", "find": "search",
    "pause": "pause", "time": "time", "timezone": "timezone",
}  # fmt: skip
_CADENCES = (
    (
        re.compile(r"\b(week ?days?|working days?|workdays?|monday to friday)\b", re.IGNORECASE),
        "weekdays",
    ),
    (
        re.compile(r"\b(weekly|every week|once a week|each week|mondays?)\b", re.IGNORECASE),
        "weekly",
    ),
    (
        re.compile(r"\b(daily|every ?day|each day|every morning|every evening)\b", re.IGNORECASE),
        "daily",
    ),
)


@dataclass(frozen=True, slots=True)
class Named:
    """The topics somebody named, in order; what was not understood is kept as typed."""

    topics: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()
    placements: tuple[str, ...] = ()  # say where a story was put: nothing to follow


def named(catalogue: topics.Catalogue, text: str) -> Named:
    """Read topic and category names, several by comma, semicolon, line or "and"."""
    found: list[str] = []
    unknown: list[str] = []
    placements: list[str] = []
    for part in re.split(r"[,;\n]+", text):
        name = part.strip().strip("\"'“”«»").strip()
        if not name:
            continue
        if catalogue.is_placement(name):
            placements.append(name)
        elif slugs := _resolved(catalogue, name):
            found += slugs
        else:
            unknown.append(name)
    return Named(tuple(dict.fromkeys(found)), tuple(unknown), tuple(placements))


def _resolved(catalogue: topics.Catalogue, name: str) -> tuple[str, ...]:
    """Read one name: whole, else as names joined by "and", else word for word."""
    if slugs := catalogue.resolve_all(name):
        return slugs
    for parts in (re.split(r"\s+(?:and|&|\+)\s+", name), name.split()):
        each = [catalogue.resolve_all(part) for part in parts]
        if len(parts) > 1 and all(each):
            return tuple(slug for slugs in each for slug in slugs)
    return ()


def time_of(text: str) -> time | None:
    """Find a time of day: "8", "8:30", "8.30 pm", "20h", "0800", "noon"; None without one."""
    folded = topics.fold(text)
    if "noon" in folded.split() or "midday" in folded.split():
        return time(12)
    if "midnight" in folded.split():
        return time(0)
    if bare := _BARE_FOUR.search(text):
        return time(int(bare[1]), int(bare[2]))
    for match in _CLOCK.finditer(text):
        hour, minute = int(match["hour"]), int(match["minute"] or 0)
        half = (match["half"] or "").lower()
        if half and not 1 <= hour <= 12:
            continue
        if half:
            hour = hour % 12 + (12 if half == "p" else 0)
        elif hour <= 12 and "evening" in folded and hour >= 5:
            hour = hour % 12 + 12
        if hour <= 23:
            return time(hour, minute)
    return None


def cadence_of(text: str) -> str | None:
    """Find how often: "every day", "weekdays", "weekly"; None when it is not said."""
    return next((cadence for pattern, cadence in _CADENCES if pattern.search(text)), None)


def length_of(text: str) -> timedelta | None:
    """Find a length of time, a year at most: "1d", "2 weeks", "a month"; None without one."""
    match = _LENGTH.search(text)
    if match is None:
        return None
    n = _NUMBERS.get(match["n"].lower()) or int(match["n"])
    return min(n * _UNITS[match["unit"][0].lower()], LONGEST) if n else None


def without_length(text: str) -> str:
    """Leave out the length of time, and the "for" before it."""
    return re.sub(r"\s+for\s*$", "", _LENGTH.sub("", text).strip(), flags=re.IGNORECASE).strip()


def switch_of(text: str) -> bool | None:
    """Read on or off; None when neither is said."""
    words = set(topics.fold(text).split())
    if words & _OFF:
        return False
    return True if words & _ON else None


def meaning(catalogue: topics.Catalogue, text: str) -> tuple[str, str] | None:
    """Give the command that does what was asked in plain words, and its own words.

    None when it is not understood.  "offer" is no command of the list: it asks which of the
    topics near the words was meant.
    """
    words = topics.fold(text).split()
    if not words:
        return None
    if stopping := _stopping(catalogue, words):
        return stopping
    folded = " ".join(words)
    if command := _SAME.get(folded):
        return command, ""
    if words[0] in _ALERTS or (words[-1] in _ALERTS and words[0] in _ON | _OFF | {"no", "turn"}):
        return "alerts", folded
    rest = re.sub(r"^\W*\w+\W*", "", text.strip(), count=1)
    if words[0] in _VERBS and rest:
        return _VERBS[words[0]], rest
    wanted = named(catalogue, text)
    if wanted.topics and not wanted.unknown:
        return ("latest" if len(wanted.topics) == 1 else "offer"), text
    if wanted.placements and not wanted.unknown:
        return "follow", text
    if (time_of(text) or cadence_of(text)) and _speaks_of_time(words):
        return "time", text
    if "pause" in words:
        return "pause", text
    if len(words) <= 4 and (wanted.topics or catalogue.suggest(text)):
        return "offer", text
    return None


def _stopping(catalogue: topics.Catalogue, words: Sequence[str]) -> tuple[str, str] | None:
    """Read a wish to stop: of one topic or of alerts when it names them, else of everything."""
    meant = [word for word in words if word not in _FILLERS]
    if not meant or meant[0] not in _STOP | _STOP_ALONE or len(words) > 8:
        return None
    rest = [word for word in meant[1:] if word not in _STOP]
    name = " ".join(rest)
    if not rest:
        return "stop", ""
    if set(rest) <= _ALERTS:
        return "alerts", "off"
    if set(rest) & _PAUSES:
        return "resume", ""
    if catalogue.resolve_all(name):
        return "unfollow", name
    return ("stop", "") if meant[0] in _STOP else None


def _speaks_of_time(words: Sequence[str]) -> bool:
    telling = {
        "at",
        "every",
        "daily",
        "weekly",
        "weekdays",
        "weekday",
        "each",
        "send",
        "morning",
        "oclock",
    }
    return bool(telling & set(words)) or all(
        re.fullmatch(r"\d+(?:[ap]m|h)?|[ap]m|noon", w) for w in words
    )
