"""Screens about topics: choosing them, what a choice came to, and their stories."""

from collections.abc import Sequence
from datetime import datetime

from digest import model, topics
from digest.bot import data
from digest.bot.screens import ALONE, FIRST, LATER, LIST, Row, Screen, View, quoted
from digest.render import words
from subscribers import model as people

PAGE = 8  # topics on a page (C13)
MUTES = (1, 7, 30)  # days
NEAR = 4  # topics offered when it is not clear which was meant


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
    values = {"chosen": view.chosen(person)}
    return Screen("start", values, (*rows, (onward,)))


def topic_tree(view: View, person: people.Subscriber, page: int = 0) -> Screen:
    """All topics, with a check mark at those followed."""
    rows = _topic_rows(view, person, page, LATER)
    done = (view.button("Done", "go", "status"), view.button("Digest now", "go", "digest"))
    return Screen("topics", {"chosen": view.chosen(person)}, (*rows, done))


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


def followed(
    view: View,
    person: people.Subscriber,
    *,
    new: Sequence[str] = (),
    gone: Sequence[str] = (),
    same: Sequence[str] = (),
    placements: Sequence[str] = (),
    above: Sequence[str] = (),
    new_queries: Sequence[str] = (),
    gone_queries: Sequence[str] = (),
    same_queries: Sequence[str] = (),
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
        "new": (*view.names(new), *quoted(new_queries)),
        "gone": (*view.names(gone), *quoted(gone_queries)),
        "same": (*view.names(same), *quoted(same_queries)),
        "placements": tuple(placements),
        "above": view.names(above),
        "chosen": view.chosen(person),
        "stopped": view.stopped,
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


def near(view: View, unknown: Sequence[str]) -> Screen:
    """Offer the topics whose names come nearest to what was typed."""
    found = dict.fromkeys(s for name in unknown for s in view.catalogue.suggest(name, NEAR))
    return offer(view, unknown, tuple(found)[:NEAR])


def latest(
    view: View, cards: Sequence[object], topic: str = "", *, follows: bool = False, query: str = ""
) -> Screen:
    """The newest stories: of one topic, of all, or found by their words."""
    rows: tuple[Row, ...] = ((view.button("Topics", "page", f"{LATER}0"),),)
    if topic:
        [name] = view.names([topic])
        name = words.shorten(words.clean(name), 30)
        verb, caption = ("unfollow", "Unfollow %s") if follows else ("follow", "Follow %s")
        asked = data.write(verb, data.key_of(topic), LIST)
        rows = ((model.ChatButton(view.say(caption) % name, data=asked),),)
    values = {
        "cards": tuple(cards),
        "query": query,
        "topic": "".join(view.names([topic])) if topic else "",
    }
    return Screen("latest", values, rows)


def nothing(view: View, person: people.Subscriber) -> Screen:
    """There is no story to show just now."""
    rows = ((view.button("Topics", "page", f"{LATER}0"), view.button("Latest", "go", "latest")),)
    return Screen("nothing", {"chosen": view.chosen(person)}, rows)


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


def mute(view: View, person: people.Subscriber) -> Screen:
    """Which topic to leave out for a week, of those followed."""
    rows: list[Row] = [
        (
            model.ChatButton(
                words.shorten(words.clean(name), 40),
                data=data.write("mute", data.key_of(slug), 7),
            ),
        )
        for slug, name in zip(person.topics, view.names(person.topics), strict=True)
    ]
    return Screen("mute", {"some": bool(rows)}, tuple(rows[:10]))
