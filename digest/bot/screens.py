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
PAGE = 8  # topics on a page (C13)
ZONES = 8
TIMES = (time(6), time(7), time(8), time(9), time(12), time(17), time(19), time(21))
PAUSES = (1, 7, 14, 30)  # days
MUTES = (1, 7, 30)
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

    def names(self, slugs: Sequence[str]) -> tuple[str, ...]:
        """Name topics as readers see them."""
        return tuple(self.catalogue.name_of(slug, self.language) for slug in slugs)

    def button(self, text: str, verb: str, *arguments: object) -> model.ChatButton:
        """Make a button; `text` is translated."""
        return model.ChatButton(self.say(text), data=data.write(verb, *arguments))

    def in_words(self, at: datetime, time_zone: str) -> str:
        """Write a moment on a reader's clock."""
        return words.local_time(at, time_zone, self.language)


def simple(name: str, **values: Any) -> Screen:
    """A screen without buttons."""
    return Screen(name, values)


def tree(catalogue: topics.Catalogue) -> tuple[tuple[str, int], ...]:
    """List every topic once with its depth: each below the first topic above it."""
    below: dict[str, list[str]] = {}
    for topic in catalogue.topics:
        above = next((slug for slug in topic.parents if slug in catalogue), "")
        below.setdefault(above, []).append(topic.slug)
    found: list[tuple[str, int]] = []

    def walk(above: str, depth: int) -> None:
        for slug in below.get(above, ()):
            found.append((slug, depth))
            walk(slug, depth + 1)

    walk("", 0)
    return tuple(found)


def start(view: View, person: people.Subscriber, page: int = 0) -> Screen:
    """First run, first tap: what this is, and the topics."""
    rows = _topic_rows(view, person, page, FIRST)
    onward = view.button("Next" if person.topics else "Next: a bit of everything", "next")
    values = {"chosen": view.names(person.topics)}
    return Screen("start", values, (*rows, (onward,)))


def first_time(view: View, person: people.Subscriber) -> Screen:
    """First run, second tap: when, and with it the zone we guessed."""
    values = {
        "clock": clocks.clock(person.time_zone, view.now),
        "place": clocks.place(person.time_zone),
        "chosen": view.names(person.topics),
    }
    other = view.button("My clock shows another time", "zones", 0, FIRST)
    return Screen("first_time", values, (*_time_rows(person, FIRST), (other,)))


def topic_tree(view: View, person: people.Subscriber, page: int = 0) -> Screen:
    """All topics, with a check mark at those followed."""
    rows = _topic_rows(view, person, page, LATER)
    done = (view.button("Done", "go", "status"), view.button("Digest now", "go", "digest"))
    return Screen("topics", {"chosen": view.names(person.topics)}, (*rows, done))


def _topic_rows(view: View, person: people.Subscriber, page: int, where: str) -> tuple[Row, ...]:
    listed = tree(view.catalogue)
    n_pages = max(1, -(-len(listed) // PAGE))
    page = min(max(page, 0), n_pages - 1)
    followed = set(person.topics)
    rows: list[Row] = []
    for slug, depth in listed[page * PAGE : (page + 1) * PAGE]:
        [name] = view.names([slug])
        mark = "✓ " if slug in followed else ""
        verb = "unfollow" if slug in followed else "follow"
        text = "› " * depth + mark + words.shorten(words.clean(name), 40)
        asked = data.write(verb, data.key_of(slug), f"{where}{page}")
        rows.append((model.ChatButton(text, data=asked),))
    if n_pages > 1:
        before, after = (page - 1) % n_pages, (page + 1) % n_pages
        rows.append(
            (
                model.ChatButton("‹", data=data.write("page", f"{where}{before}")),
                model.ChatButton(
                    f"{page + 1}/{n_pages}", data=data.write("page", f"{where}{page}")
                ),
                model.ChatButton("›", data=data.write("page", f"{where}{after}")),
            )
        )
    return tuple(rows)


def send_time(view: View, person: people.Subscriber) -> Screen:
    """When the digest comes, and how often."""
    values = _when(view, person)
    rows = (
        *_time_rows(person, LATER),
        _cadence_row(view, person),
        (view.button("Time zone", "zones", 0, LATER), view.button("‹ Settings", "go", "settings")),
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
        (view.button("Time zone", "zones", 0, LATER), alerts),
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
    stopped = all(one.state == "unsubscribed" for one in person.channels)
    return {
        **_when(view, person),
        "chosen": view.names(person.topics),
        "muted": view.names(sorted(muted)),
        "alerts": person.alerts,
        "quiet": f"{person.quiet_from:%H:%M}–{person.quiet_until:%H:%M}"
        if person.quiet_from and person.quiet_until
        else "",
        "stopped": stopped,
    }


def _when(view: View, person: people.Subscriber) -> dict[str, Any]:
    """When the next digest comes: "Tue 24 Nov, 08:00", and where that is."""
    until = person.paused_until
    paused = until if until is not None and until > view.now else None
    bucket = timetable.Bucket(person.time_zone, person.send_at, person.cadence)
    slot = timetable.next_slot(bucket, paused or view.now)
    return {
        "next_at": view.in_words(slot.at, person.time_zone) if slot else "",
        "paused_until": view.in_words(paused, person.time_zone) if paused else "",
        "send_at": f"{person.send_at:%H:%M}",
        "cadence": person.cadence,
        "place": clocks.place(person.time_zone),
        "clock": clocks.clock(person.time_zone, view.now),
    }


def followed(
    view: View,
    person: people.Subscriber,
    *,
    new: Sequence[str] = (),
    gone: Sequence[str] = (),
    same: Sequence[str] = (),
    placements: Sequence[str] = (),
) -> Screen:
    """What a /follow or /unfollow came to, with a way to take it back."""
    rows: list[Row] = []
    if len(new) == 1:
        rows.append((view.button("Undo", "unfollow", data.key_of(new[0]), ALONE),))
    elif len(gone) == 1:
        rows.append((view.button("Undo", "follow", data.key_of(gone[0]), ALONE),))
    rows.append(
        (view.button("Topics", "page", f"{LATER}0"), view.button("Digest now", "go", "digest"))
    )
    values = {
        "new": view.names(new),
        "gone": view.names(gone),
        "same": view.names(same),
        "placements": tuple(placements),
        "chosen": view.names(person.topics),
    }
    return Screen("followed", values, tuple(rows))


def offer(view: View, unknown: Sequence[str], near: Sequence[str]) -> Screen:
    """Not sure what was meant: the nearest topics as buttons."""
    rows = [
        (
            model.ChatButton(
                words.shorten(words.clean(name), 40),
                data=data.write("follow", data.key_of(slug), ALONE),
            ),
        )
        for slug, name in zip(near, view.names(near), strict=True)
    ]
    rows.append((view.button("All topics", "page", f"{LATER}0"),))
    return Screen("offer", {"unknown": tuple(unknown), "near": bool(near)}, tuple(rows))


def latest(
    view: View, cards: Sequence[object], topic: str = "", *, follows: bool = False
) -> Screen:
    """The newest stories, of one topic or of all."""
    rows: tuple[Row, ...] = ((view.button("Topics", "page", f"{LATER}0"),),)
    if topic:
        [name] = view.names([topic])
        name = words.shorten(words.clean(name), 30)
        verb, caption = ("unfollow", "Unfollow %s") if follows else ("follow", "Follow %s")
        asked = data.write(verb, data.key_of(topic), LIST)
        rows = ((model.ChatButton(view.say(caption) % name, data=asked),),)
    values = {"cards": tuple(cards), "topic": "".join(view.names([topic])) if topic else ""}
    return Screen("latest", values, rows)


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


def muted(view: View, topic: str, until: datetime, time_zone: str) -> Screen:
    """A topic left out for a while, and for how long else."""
    captions = {1: "1 day", 7: "1 week", 30: "1 month"}
    key = data.key_of(topic)
    rows = (
        tuple(view.button(captions[days], "mute", key, days) for days in MUTES),
        (view.button("Unmute", "unmute", key),),
    )
    values = {"topic": "".join(view.names([topic])), "until": view.in_words(until, time_zone)}
    return Screen("muted", values, rows)


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
