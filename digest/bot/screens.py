"""The bot's screens: which template, with which values, and the buttons under it.

Pure: a screen is a value.  Words stand in `templates/chat/bot`, the captions of buttons here.
"""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, time
from typing import Any

from digest import model, reading, timetable, topics
from digest.bot import clocks, data
from digest.render import words
from subscribers import model as people

Row = tuple[model.ChatButton, ...]
ZONES = 8
TIMES = (time(6), time(7), time(8), time(9), time(12), time(17), time(19), time(21))
PAUSES = (1, 7, 14, 30)  # days
CADENCES = ("daily", "weekdays", "weekly", "off")
# Where a button stands: in the first run, among all topics or settings, under a topic's latest
# stories, or under an answer.
FIRST, LATER, LIST, ALONE = "s", "t", "l", "x"


@dataclass(frozen=True, slots=True)
class Screen:
    """`name` is the template `chat/bot/NAME.html`."""

    name: str
    values: Mapping[str, Any] = field(default_factory=dict)
    buttons: tuple[Row, ...] = ()


@dataclass(frozen=True, slots=True)
class View:
    """What screens are made from; `say` translates a caption."""

    catalogue: topics.Catalogue
    say: Callable[[str], str]
    language: str
    now: datetime
    channel: people.Channel | None = None  # the chat we talk in, when it is known

    @property
    def stopped(self) -> bool:
        """Whether the person ended what this chat gets."""
        return self.channel is not None and self.channel.state in ("unsubscribed", "complained")

    def names(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """Name topics as readers see them."""
        return tuple(self.catalogue.name_of(slug, self.language) for slug in slugs)

    def chosen(self, person: people.Subscriber) -> tuple[str, ...]:
        """Name what somebody follows: topics, then queries in quotation marks."""
        return (*self.names(person.topics), *quoted(person.keywords))

    def button(self, text: str, verb: str, *arguments: object) -> model.ChatButton:
        """Make a button; `text` is translated."""
        return model.ChatButton(self.say(text), data=data.write(verb, *arguments))

    def in_words(self, at: datetime, time_zone: str) -> str:
        """Write a moment on a reader's clock."""
        return words.local_time(at, time_zone, self.language)


def quoted(queries: Sequence[str]) -> tuple[str, ...]:
    """Write queries so that they stand apart from names of topics; a phrase is quoted once."""
    return tuple(f"“{text[1:-1] if _is_phrase(text) else text}”" for text in queries)


def _is_phrase(text: str) -> bool:
    return len(text) > 2 and text[0] == text[-1] == '"' and text.count('"') == 2


def simple(name: str, **values: Any) -> Screen:
    """A screen without buttons."""
    return Screen(name, values)


def first_time(view: View, person: people.Subscriber) -> Screen:
    """First run, second tap: when, and with it the zone we guessed."""
    values = {
        "clock": clocks.clock(person.time_zone, view.now),
        "place": clocks.place(person.time_zone),
        "chosen": view.chosen(person),
    }
    other = view.button("My clock shows another time", "zones", "", FIRST)
    return Screen("first_time", values, (*_time_rows(person, FIRST), (other,)))


def send_time(view: View, person: people.Subscriber) -> Screen:
    """When the digest comes, and how often."""
    values = _when(view, person)
    rows = (
        *_time_rows(person, LATER),
        _cadence_row(view, person),
        (view.button("Time zone", "zones", "", LATER), view.button("‹ Settings", "go", "settings")),
    )
    return Screen("time", values, rows)


def _time_rows(person: people.Subscriber, where: str) -> tuple[Row, ...]:
    found = [
        model.ChatButton(
            f"{'✓ ' if at == person.send_at and where != FIRST else ''}{at:%H:%M}",
            data=data.write("at", f"{at:%H%M}", where),
        )
        for at in TIMES
    ]
    return tuple(tuple(found[i : i + 4]) for i in range(0, len(found), 4))


def _cadence_row(view: View, person: people.Subscriber) -> Row:
    captions = {"daily": "Daily", "weekdays": "Weekdays", "weekly": "Weekly", "off": "No digest"}
    return tuple(
        model.ChatButton(
            ("✓ " if cadence == person.cadence else "") + view.say(captions[cadence]),
            data=data.write("often", cadence),
        )
        for cadence in CADENCES
    )


def zones(view: View, found: Sequence[str], where: str, *, page: int | None = None) -> Screen:
    """Zones to choose from by what their clocks show; a page of the world's, or some found."""
    listed = found
    n_pages = max(1, -(-len(found) // ZONES))
    if page is not None:
        page = min(max(page, 0), n_pages - 1)
        listed = found[page * ZONES : (page + 1) * ZONES]
    rows: list[Row] = [
        (
            model.ChatButton(
                f"{clocks.clock(zone, view.now)} · {clocks.place(zone)}",
                data=data.write("zone", zone, where),
            ),
        )
        for zone in listed
    ]
    if page is not None and n_pages > 1:
        rows.append(
            (
                model.ChatButton("‹", data=data.write("zones", (page - 1) % n_pages, where)),
                model.ChatButton("›", data=data.write("zones", (page + 1) % n_pages, where)),
            )
        )
    return Screen("zones", {"some_found": page is None}, tuple(rows))


def settings(view: View, person: people.Subscriber) -> Screen:
    """Everything one can choose, as it stands."""
    paused = person.state_at(view.now) == "paused"
    alerts = (
        view.button("Alerts: turn off", "alerts", "off")
        if person.alerts
        else view.button("Alerts: turn on", "alerts", "on")
    )
    rows = (
        (view.button("Topics", "page", f"{LATER}0"), view.button("Time", "go", "time")),
        (view.button("Time zone", "zones", "", LATER), alerts),
        (
            view.button("Resume", "resume") if paused else view.button("Pause", "go", "pause"),
            view.button("Stop", "stop"),
        ),
    )
    return Screen("settings", _standing(view, person), rows)


def status(view: View, person: people.Subscriber) -> Screen:
    """What one follows, and when the next digest comes."""
    rows = ((view.button("Digest now", "go", "digest"), view.button("Settings", "go", "settings")),)
    return Screen("status", _standing(view, person), rows)


def back(view: View, person: people.Subscriber) -> Screen:
    """Somebody known sent /start."""
    rows = (
        (view.button("Digest now", "go", "digest"), view.button("Topics", "page", f"{LATER}0")),
        (view.button("Settings", "go", "settings"),),
    )
    return Screen("back", _standing(view, person), rows)


def _standing(view: View, person: people.Subscriber) -> dict[str, Any]:
    muted = [slug for slug, until in person.muted.items() if until > view.now]
    return {
        **_when(view, person),
        "chosen": view.chosen(person),
        "muted": view.names(sorted(muted)),
        "alerts": person.alerts,
        "quiet": f"{person.quiet_from:%H:%M}–{person.quiet_until:%H:%M}"
        if person.quiet_from and person.quiet_until
        else "",
        "stopped": view.stopped,
    }


def _when(view: View, person: people.Subscriber) -> dict[str, Any]:
    """When the next digest comes: "Tue 24 Nov, 08:00", and where that is."""
    until = person.paused_until
    paused = until if until is not None and until > view.now else None
    bucket = timetable.Bucket(person.time_zone, person.send_at, person.cadence)
    slot = timetable.next_slot(bucket, paused or view.now)
    return {
        "by_mail": view.channel is not None and not view.channel.receives_digests,
        "next_at": view.in_words(slot.at, person.time_zone) if slot else "",
        "paused_until": view.in_words(paused, person.time_zone) if paused else "",
        "send_at": f"{person.send_at:%H:%M}",
        "cadence": person.cadence,
        "place": clocks.place(person.time_zone),
        "clock": clocks.clock(person.time_zone, view.now),
    }


def reasons(view: View, found: Sequence[reading.Reason]) -> Screen:
    """Why these stories were shown."""
    told = tuple(
        {
            "title": words.shorten(words.clean(one.title), 120),
            "url": words.web_address(one.url),
            "why": words.clean(one.why),
        }
        for one in found
    )
    rows = ((view.button("Topics", "page", f"{LATER}0"),),)
    return Screen("why", {"reasons": told}, rows)


def pause(view: View) -> Screen:
    """For how long."""
    captions = {1: "1 day", 7: "1 week", 14: "2 weeks", 30: "1 month"}
    row = tuple(view.button(captions[days], "pause", days) for days in PAUSES)
    return Screen("pause", {}, (row, (view.button("‹ Settings", "go", "settings"),)))


def paused(view: View, person: people.Subscriber) -> Screen:
    """Nothing comes until then."""
    return Screen("paused", _when(view, person), ((view.button("Resume", "resume"),),))


def alerts(view: View, person: people.Subscriber) -> Screen:
    """Whether breaking stories come at once, and the quiet hours."""
    quiet = (
        view.button("Quiet hours: off", "quiet", "off")
        if person.quiet_from
        else view.button("Quiet from 22:00 to 07:00", "quiet", "on")
    )
    turn = (
        view.button("Turn off", "alerts", "off")
        if person.alerts
        else view.button("Turn on", "alerts", "on")
    )
    rows: tuple[Row, ...] = ((turn, quiet) if person.alerts else (turn,),)
    return Screen("alerts", _standing(view, person), rows)


def delete(view: View) -> Screen:
    """Ask once before everything is erased."""
    rows = (
        (view.button("Yes, delete everything", "delete", "yes"),),
        (view.button("Keep it", "delete", "no"),),
    )
    return Screen("delete", {}, rows)
