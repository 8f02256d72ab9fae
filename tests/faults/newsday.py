"""A day of many papers: what each tells, corrects and takes off its list, and what goes wrong.

Everything follows from a seed.  Times are seconds since the day began.  Each piece has a token
of its own in its headline, by which it is found again whatever its paper does to ids and
addresses, and says in its text how often it was corrected.
"""

import random
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

__all__ = ["BEGIN", "DAY", "HOUR", "Fault", "Paper", "Piece", "clear", "papers"]

BEGIN = datetime(2026, 11, 3, tzinfo=UTC)
HOUR = 3600
DAY = 24 * HOUR
EVENING = 3 * HOUR  # of the last day: nothing is told and nothing goes wrong
NOON = 12 * HOUR

KINDS = ("rss", "rss", "atom", "rss", "json", "rss", "rdf", "rss", "atom", "rss")
WORDPRESS_EACH = 40  # papers: it is asked in three requests
HABITS = (
    "", "", "", "", "guids change at noon", "clock in the text", "trackers in addresses",
    "no ids", "one id for all", "wrong charset", "packed", "no etag",
)  # fmt: skip
# What keeps a reader from the paper's words, and for how many minutes.
BLOCKING = {
    "hangs": 20, "403": 60, "404": 15, "429": 45, "500": 25, "cut off": 60, "cut short": 60,
    "html": 60, "empty": 60, "refused": 45, "flaps": 180,
}  # fmt: skip
HARMLESS = {"redirects": 240, "moves": 240}
REFUSED_AT = 15 * HOUR  # one time for all: it is the server that is down
ASLEEP = (4 * HOUR, 6 * HOUR)  # the machine that reads
SET_BACK = (10 * HOUR, 10.5 * HOUR)  # its clock, by half an hour

PLACES = (
    "Aldermoor", "Brackwater", "Corrieshaw", "Dunmere", "Eastvale", "Fernholm", "Gullhaven",
    "Highcastle", "Ironbridge", "Jarrowby", "Kestrel Bay", "Langford", "Millbrook", "Norwick",
    "Oakhampton", "Pinehurst", "Quarry Hill", "Ravensby", "Saltmarsh", "Thornbury",
)  # fmt: skip
MATTERS = (
    "tram line", "water works", "night market", "sea wall", "orchestra", "bus lanes", "library",
    "fish quota", "school roofs", "chess club", "ferry timetable", "wind farm", "bakery strike",
    "town archive", "hospital wing", "cricket ground", "bicycle tunnel", "zoo budget",
)  # fmt: skip
DEEDS = (
    "approved after long debate", "put off until spring", "opens to the public", "costs double",
    "wins a prize", "splits the council", "praised by engineers", "closed by frost",
    "moves to the harbour", "finds a new director", "draws record crowds", "taken to court",
)  # fmt: skip


SYLLABLES = (
    "ba", "den", "fir", "go", "hal", "ki", "lum", "mor", "ne", "pol", "ri", "sta", "tu", "vel",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Fault:
    kind: str
    begins: float
    ends: float

    def rules(self, at: float) -> bool:
        return self.begins <= at < self.ends


@dataclass(frozen=True, slots=True)
class Piece:
    token: str
    headline: str
    told_at: float
    corrected_at: tuple[float, ...] = ()
    text: str = ""

    def version(self, at: float) -> int:
        """How many wordings it has had by then, the first included."""
        return 1 + sum(corrected <= at for corrected in self.corrected_at)


@dataclass(frozen=True, slots=True)
class Paper:
    number: int
    kind: str
    habit: str
    room: int  # how many pieces it lists
    fresh_seconds: int  # what it says of how long its list stays fresh; 0: nothing
    pieces: tuple[Piece, ...]  # oldest first
    faults: tuple[Fault, ...]

    def listed(self, at: float) -> tuple[Piece, ...]:
        """What it lists then, newest first."""
        told = [piece for piece in self.pieces if piece.told_at <= at]
        return tuple(reversed(told[-self.room :]))

    def listed_until(self, piece: Piece) -> float:
        """When a piece made room for newer ones; infinite while it did not."""
        after = self.pieces.index(piece) + self.room
        return self.pieces[after].told_at if after < len(self.pieces) else float("inf")

    def fault(self, at: float) -> Fault | None:
        return next((fault for fault in self.faults if fault.rules(at)), None)

    def ruled_by(self, kind: str) -> bool:
        return any(fault.kind == kind for fault in self.faults)


def papers(seed: int, number: int, days: int) -> list[Paper]:
    """Return all papers of a run of so many days."""
    return [_paper(random.Random(f"{seed} {each}"), each, days) for each in range(number)]


def clear(paper: Paper, since: float, until: float) -> float:
    """Return the longest time in a row, of those between, that a reader could see the paper.

    After a fault a reader may stay away for as long as the fault took, and some more.
    """
    shut = [
        (fault.begins, fault.ends + 1.3 * (fault.ends - fault.begins) + 40 * 60)
        for fault in paper.faults
        if fault.kind in BLOCKING
    ]
    for day in range(40):
        shut.append((day * DAY + ASLEEP[0], day * DAY + ASLEEP[1] + 600))
        # What was put off by the clock as it was comes half an hour later.
        shut.append((day * DAY + SET_BACK[0] - HOUR, day * DAY + SET_BACK[1] + 1.25 * HOUR))
    longest, at = 0.0, since
    for begins, ends in sorted(shut):
        if ends <= at or begins >= until:
            continue
        longest = max(longest, begins - at)
        at = ends
    return max(longest, until - at)


# What many papers tell at once: before they are first read, and once more in the afternoon.
FLOOD = (
    "Dam at Kestrel Bay bursts after the storm, thousands flee",
    (
        "The dam above Kestrel Bay burst on Monday night after days of storm.  Thousands fled the "
        "valley, the mayor said, and soldiers with boats search the flooded streets."
    ),
    -600.0,
)
STRIKE = (
    "Pilots of Norwick airport strike, all flights cancelled",
    (
        "All flights from Norwick airport are cancelled since noon.  The pilots strike for rest "
        "between night flights, their union said, and passengers wait in the terminal."
    ),
    13.0 * HOUR,
)
AT_ONCE = range(10, 18)  # their numbers


def _paper(chance: random.Random, number: int, days: int) -> Paper:
    kind = "wordpress" if number % WORDPRESS_EACH == 1 else KINDS[number % len(KINDS)]
    habit = "" if kind == "wordpress" else chance.choice(HABITS)
    busy = chance.random() < 0.2
    gap = chance.uniform(30, 90) * 60 if busy else chance.uniform(5, 40) * HOUR
    times = list(_times(chance, gap, days))
    pieces = tuple(_piece(chance, number, n, at, days) for n, at in enumerate(times))
    if number in AT_ONCE:
        told = [
            Piece(_token(number, n), f"{words} {_token(number, n)}", at + number, (), text)
            for n, (words, text, at) in enumerate((FLOOD, STRIKE), len(pieces))
        ]
        pieces = tuple(sorted((*pieces, *told), key=lambda piece: piece.told_at))
    room = chance.choice((6, 8, 12, 20)) if busy else chance.choice((5, 10, 30))
    # What prints the time is made anew for every reader: to ask often would cost most there.
    fresh = chance.choice((1800, 3600) if habit == "clock in the text" else (0, 1800, 3600))
    return Paper(number, kind, habit, room, fresh, pieces, tuple(_faults(chance, days)))


def _token(paper: int, number: int) -> str:
    """A word no other piece has; digits would tell that two pieces are on different matters."""
    return "zq" + "".join(
        chr(ord("a") + each // 26**place % 26) for each in (paper, number) for place in (2, 1, 0)
    )


def _times(chance: random.Random, gap: float, days: int) -> Iterator[float]:
    """When pieces are told: some before the first day, none in the last evening."""
    at = -min(chance.randint(2, 6) * gap, 2 * DAY)
    while at < days * DAY - EVENING:
        yield round(at)
        at += chance.expovariate(1 / gap) + 61


def _piece(chance: random.Random, paper: int, number: int, at: float, days: int) -> Piece:
    token = _token(paper, number)
    words = (chance.choice(PLACES), chance.choice(MATTERS), chance.choice(DEEDS))
    corrected = []
    if at > 0 and chance.random() < 0.2:
        moments = (at + chance.uniform(5, 90) * 60 for _ in range(chance.choice((1, 1, 2))))
        corrected = sorted(each for each in moments if each < days * DAY - EVENING)
    headline = f"{words[0]} {words[1]} {words[2]} {token}"
    return Piece(token, headline, at, tuple(corrected), _text(chance))


def _text(chance: random.Random) -> str:
    """Words that no other piece has: what shares its wording would be taken for a copy."""
    made = ("".join(chance.choice(SYLLABLES) for _ in range(3)) for _ in range(14))
    return f"{' '.join(made).capitalize()}."


def _faults(chance: random.Random, days: int) -> Sequence[Fault]:
    found: list[Fault] = []
    for day in range(days):
        for _ in range(chance.choice((0, 1, 1, 2))):
            kind = chance.choice((*BLOCKING, *HARMLESS))
            minutes = (BLOCKING | HARMLESS)[kind]
            latest = DAY - EVENING - minutes * 60
            begins = day * DAY + chance.uniform(HOUR, latest)
            if kind == "refused":
                begins = day * DAY + REFUSED_AT
            new = Fault(kind, begins, begins + minutes * 60)
            again = kind == "moves" and any(fault.kind == "moves" for fault in found)
            if not again and all(_apart(new, each) for each in found):
                found.append(new)
    return found


def _apart(one: Fault, other: Fault) -> bool:
    return one.ends + 2 * HOUR < other.begins or other.ends + 2 * HOUR < one.begins


def at_clock(seconds: float) -> datetime:
    """The true time."""
    return BEGIN + timedelta(seconds=seconds)
