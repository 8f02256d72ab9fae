"""Made-up stories, editions and readers' links for the tests of rendering."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

from digest import model

NOW = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
TIME_ZONE = "Europe/Athens"

PUBLICATION = model.Publication(
    name="The Example Courier",
    base_url="https://courier.example",
    postal_address="12 Harbour Street, Exampleton",
    contact="desk@courier.example",
    privacy_url="https://courier.example/privacy",
    topic_names={"travel": "Travel", "science": "Science"},
)
LINKS = model.Links(
    unsubscribe="https://courier.example/unsubscribe/abc123",
    preferences="https://courier.example/preferences/abc123",
    archive="https://courier.example/archive/7",
    subscribe="https://courier.example/",
)
EDITION = model.Edition(
    id=7,
    digest="daily",
    bucket="Europe/Athens@08:00",
    slot="2026-11-23",
    title="Morning briefing",
    frozen_at=NOW,
    on=date(2026, 11, 23),
)
_SUBJECTS = (
    "Ferry crews return to work after a nine-day strike",
    "Harbour bridge opens again, two months early",
    "Probe finds warm-water salts on an icy moon",
    "Night trains come back on four lines next year",
    "Heat pumps outsell gas boilers for the first time",
    "Marathon record falls by eleven seconds in the rain",
)


def story(number: int = 1, **changes: Any) -> model.Story:
    """Make a story; names of Entry fields change its lead, names of Story fields the story.

    `n_sources` is how many sources carry it.
    """
    of_entry = {k: v for k, v in changes.items() if k in model.Entry.__slots__}
    n_sources = changes.pop("n_sources", 1)
    of_story = {k: v for k, v in changes.items() if k not in of_entry}
    at = NOW - timedelta(minutes=30 * number)
    lead = model.Entry(
        id=str(number),
        title=_SUBJECTS[number % len(_SUBJECTS)],
        url=f"https://courier.example/stories/{number}",
        summary="Officials said so on Monday. Nobody was hurt.",
        source="The Courier",
        published_at=at,
        language="en",
    )
    others = tuple(
        model.Entry(id=f"{number}.{n}", title=lead.title, source=f"Source {n}")
        for n in range(1, n_sources)
    )
    lead = model.replace(lead, **of_entry)
    made = model.Story(id=number, entries=(lead, *others), topics=(), first_at=at, updated_at=at)
    return model.replace(made, **of_story)


def item(
    number: int = 1, why: str = "You follow Travel (title: ferry)", **changes: Any
) -> model.IssueItem:
    """Make a story as shown to a reader."""
    updated = changes.pop("updated", False)
    return model.IssueItem(story(number, **changes), why, "travel", updated)


def issue(*items: model.IssueItem, more: int = 0) -> model.Issue:
    """Make an issue: the first leads, the second is an editor's pick, the rest is Travel."""
    items = items or tuple(item(n) for n in range(1, 7))
    sections = [model.IssueSection("lead", "What's hot", items[:1])]
    if items[1:]:
        sections.append(model.IssueSection("picks", "Editor's picks", items[1:2]))
    if items[2:]:
        sections.append(model.IssueSection("topic", "Travel", items[2:], "travel", more))
    return model.Issue(tuple(sections))


def huge_issue(n_sections: int, n_each: int, **changes: Any) -> model.Issue:
    """Make an issue with many sections."""
    sections = [model.IssueSection("lead", "What's hot", (item(1),))]
    for section in range(1, n_sections + 1):
        items = tuple(item(1_000 * section + n, **changes) for n in range(n_each))
        sections.append(model.IssueSection("topic", f"Topic {section}", items, f"t{section}"))
    return model.Issue(tuple(sections))
