"""Story cards for mails, each rendered once for all readers who see it the same way."""

from dataclasses import dataclass, field
from datetime import date
from functools import lru_cache

from markupsafe import Markup

from digest import model
from digest.render import views
from digest.render.environment import Templates

__all__ = ["CardKey", "Cards", "Reading", "RenderedCard", "key_of"]

_KEPT = 8_192
_LEAD_SHARES = ("Mail", "Telegram", "WhatsApp")
_CARD_SHARES = ("Mail", "Telegram")


@dataclass(frozen=True, slots=True)
class Reading:
    """The moment and the place a message is read in."""

    edition_id: int  # 0 for an alert
    on: date
    time_zone: str
    language: str


@dataclass(frozen=True, slots=True)
class CardKey:
    """All that a card depends on; `made_from` only serves to make it."""

    reading: Reading
    layout: str  # "lead", "alert" or "card"
    with_shares: bool
    with_summary: bool
    story_id: int
    lead: model.Entry  # whole: a preview may show a story that is not frozen yet
    n_entries: int
    title: str
    note: str
    breaking: bool
    why: str
    updated: bool
    made_from: model.IssueItem = field(compare=False)


@dataclass(frozen=True, slots=True)
class RenderedCard:
    html: Markup
    text: str
    n_words: int


def key_of(
    item: model.IssueItem,
    layout: str,
    reading: Reading,
    *,
    with_shares: bool = True,
    with_summary: bool = True,
) -> CardKey:
    story = item.story
    return CardKey(
        reading,
        layout,
        with_shares,
        with_summary,
        story.id,
        story.lead,
        len(story.entries),
        story.title,
        story.note,
        story.breaking,
        item.why,
        item.updated,
        item,
    )


class Cards:
    """Renders cards and keeps the latest.  Safe to share between threads."""

    def __init__(self, templates: Templates) -> None:
        self._templates = templates
        self.rendered = lru_cache(maxsize=_KEPT)(self._render)

    def _render(self, key: CardKey) -> RenderedCard:
        reading = key.reading
        partial = "card" if key.layout == "card" else "lead"
        names = _CARD_SHARES if partial == "card" else _LEAD_SHARES
        card = views.card(
            key.made_from,
            layout=partial,
            on=reading.on,
            time_zone=reading.time_zone,
            language=reading.language,
            share_names=names if key.with_shares else (),
            with_summary=key.with_summary,
        )
        values = {"card": card, "alert": key.layout == "alert"}
        html = self._templates.render(f"email/partials/{partial}.mjml", values, reading.language)
        text = self._templates.render(f"email/partials/{partial}.txt", values, reading.language)
        rows = Markup(html)  # noqa: S704 - a template's own output
        return RenderedCard(rows, text.strip("\n"), card.n_words)
