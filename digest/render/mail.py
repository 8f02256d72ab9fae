"""Issues, alerts and notices as mails: a subject, a preheader, a text and an HTML part.

A card is rendered once for all readers who see it the same way; only the page around the cards
is rendered per message.  A mail that would grow beyond what Gmail shows whole is shortened by
rule, and says how many stories wait online.
"""

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from functools import lru_cache
from zoneinfo import ZoneInfo

from markupsafe import Markup

from digest import model
from digest.render import views, words
from digest.render.environment import Templates

__all__ = ["LARGEST_HTML_BYTES", "MailRenderer"]

LARGEST_HTML_BYTES = 100_000  # Gmail clips at 102 kB
_SUBJECT_CHARS = 60
_PREHEADER_CHARS = (40, 90)
_CARDS_KEPT = 8_192
_LEAD_SHARES = ("Mail", "Telegram", "WhatsApp")
_CARD_SHARES = ("Mail", "Telegram")
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


@dataclass(frozen=True, slots=True)
class _Plan:
    """How much of an issue is shown: the first that fits is taken."""

    per_section: int = 1_000
    sections: int = 1_000
    with_shares: bool = True
    with_summaries: bool = True


@dataclass(frozen=True, slots=True)
class _Reading:
    """The moment and the place a message is read in."""

    edition_id: int  # 0 for an alert
    on: date
    time_zone: str
    language: str


@dataclass(frozen=True, slots=True)
class _CardKey:
    """All that a card depends on; `item` only serves to make it."""

    reading: _Reading
    layout: str
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
    item: model.IssueItem = field(compare=False)


@dataclass(frozen=True, slots=True)
class _RenderedCard:
    html: Markup
    text: str
    n_words: int


class MailRenderer:
    """Renders mails for one publication.  Safe to share between threads."""

    def __init__(self, templates: Templates, publication: model.Publication) -> None:
        self._templates = templates
        self._publication = publication
        self._card = lru_cache(maxsize=_CARDS_KEPT)(self._render_card)

    def issue(
        self,
        issue: model.Issue,
        edition: model.Edition,
        links: model.Links,
        *,
        time_zone: str,
        language: str = "en",
    ) -> model.MailParts:
        """Render an issue; the HTML part is at most LARGEST_HTML_BYTES long.

        Raises RenderError.
        """
        subject = words.shorten(words.clean(issue.lead.story.title), _SUBJECT_CHARS)
        shell = {
            **views.masthead(self._publication, links, language),
            "subject": subject,
            "preheader": _preheader(issue, subject),
            "title": words.clean(edition.title),
            "note": words.clean(edition.note),
            "date": words.long_date(edition.on, language),
            "at": words.local_time(edition.frozen_at, time_zone, language),
            "n_stories": len(issue.items) + sum(s.more for s in issue.sections),
            "topics": tuple(words.clean(s.title) for s in issue.sections if s.kind == "topic"),
        }
        reading = _Reading(edition.id, edition.on, time_zone, language)
        parts = None
        for plan in _plans(issue):
            parts = self._issue(plan, issue, shell, reading)
            if len(parts.html.encode()) <= LARGEST_HTML_BYTES:
                break
        assert parts is not None  # noqa: S101 - there is always a first plan
        return parts

    def alert(
        self,
        item: model.IssueItem,
        links: model.Links,
        *,
        at: datetime,
        time_zone: str,
        language: str = "en",
    ) -> model.MailParts:
        """Render a mail about one story.  Raises RenderError."""
        on = at.astimezone(ZoneInfo(time_zone)).date()
        reading = _Reading(0, on, time_zone, language)
        card = self._card(_key(item, "alert", _Plan(), reading))
        headline = words.clean(item.story.title)
        lead = item.story.lead
        shell = {
            **views.masthead(self._publication, links, language),
            "subject": words.shorten(headline, _SUBJECT_CHARS),
            "preheader": words.shorten(words.clean(lead.summary or lead.body or item.why), 90),
            "at": words.local_time(at, time_zone, language),
            "topic": words.clean(self._publication.topic_names.get(item.topic, item.topic)),
            "breaking": item.story.breaking,
        }
        return self._parts("alert", shell, {"card": card.html}, {"card": card.text}, language)

    def notice(
        self, name: str, links: model.Links, *, language: str = "en", **values: object
    ) -> model.MailParts:
        """Render the service mail `name`: "confirm" (needs `confirm_url`), "welcome", "goodbye".

        `topics` (names as shown) and `next_at` (as shown) are optional.  Raises RenderError.
        """
        shell = {**views.masthead(self._publication, links, language), **values}
        return self._parts(name, shell, {}, {}, language)

    def _issue(
        self, plan: _Plan, issue: model.Issue, shell: Mapping[str, object], reading: _Reading
    ) -> model.MailParts:
        blocks: list[tuple[str, str, list[_RenderedCard], int]] = []
        lead: _RenderedCard | None = None
        for section in issue.sections[: plan.sections]:
            items = section.items[: plan.per_section]
            more = section.more + len(section.items) - len(items)
            if lead is None and section.kind == "lead":
                lead = self._card(_key(items[0], "lead", plan, reading))
                items = items[1:]
            cards = [self._card(_key(item, "card", plan, reading)) for item in items]
            if cards or more:
                blocks.append((section.kind, words.clean(section.title), cards, more))
        n_words = sum(card.n_words for block in blocks for card in block[2])
        n_words += lead.n_words if lead else 0
        shell = {**shell, "reading_time": words.reading_time(n_words, reading.language)}
        left_out = sum(len(s.items) + s.more for s in issue.sections[plan.sections :])
        html, text = (
            {
                "lead": getattr(lead, form, None),
                "blocks": [
                    views.Block(kind, title, tuple(getattr(card, form) for card in cards), more)
                    for kind, title, cards, more in blocks
                ],
                "more": left_out,
            }
            for form in ("html", "text")
        )
        return self._parts("issue", shell, html, text, reading.language)

    def _parts(
        self,
        name: str,
        shell: Mapping[str, object],
        html: Mapping[str, object],
        text: Mapping[str, object],
        language: str,
    ) -> model.MailParts:
        render = self._templates.render
        folder = f"email/{name}"
        subject = words.clean(render(f"{folder}/subject.txt", {**shell, **text}, language))
        preheader = shell.get("preheader")
        if not isinstance(preheader, str):
            preheader = ""
            if self._templates.exists(f"{folder}/preheader.txt"):
                preheader = words.clean(render(f"{folder}/preheader.txt", shell, language))
        shell = {**shell, "subject": subject, "preheader": preheader}
        lines = render(f"{folder}/body.txt", {**shell, **text}, language)
        return model.MailParts(
            subject=subject,
            preheader=preheader,
            text=_BLANK_LINES.sub("\n\n", lines).strip() + "\n",
            html=render(f"{folder}/body.mjml", {**shell, **html}, language),
        )

    def _render_card(self, key: _CardKey) -> _RenderedCard:
        layout, reading = key.layout, key.reading
        partial = "card" if layout == "card" else "lead"
        names = _CARD_SHARES if layout == "card" else _LEAD_SHARES
        card = views.card(
            key.item,
            layout=partial,
            on=reading.on,
            time_zone=reading.time_zone,
            language=reading.language,
            share_names=names if key.with_shares else (),
            with_summary=key.with_summary,
        )
        values = {"card": card, "alert": layout == "alert"}
        html = self._templates.render(f"email/partials/{partial}.mjml", values, reading.language)
        text = self._templates.render(f"email/partials/{partial}.txt", values, reading.language)
        rows = Markup(html)  # noqa: S704 - a template's own output
        return _RenderedCard(rows, text.strip("\n"), card.n_words)


def _plans(issue: model.Issue) -> Iterator[_Plan]:
    """List what to try, from everything to a few headlines."""
    yield _Plan()
    yield _Plan(with_shares=False)
    longest = max(len(section.items) for section in issue.sections)
    for per_section in (12, 8, 6, 5, 4, 3, 2, 1):
        if per_section < longest:
            yield _Plan(per_section, with_shares=False)
    yield _Plan(1, with_shares=False, with_summaries=False)
    sections = len(issue.sections) // 2
    while sections:
        yield _Plan(1, sections, with_shares=False, with_summaries=False)
        sections //= 2


def _key(item: model.IssueItem, layout: str, plan: _Plan, reading: _Reading) -> _CardKey:
    story = item.story
    return _CardKey(
        reading,
        layout,
        plan.with_shares,
        plan.with_summaries,
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


def _preheader(issue: model.Issue, subject: str) -> str:
    """Say what comes second: a line of its own, never the subject again."""
    least, most = _PREHEADER_CHARS
    lead = issue.lead.story.lead
    titles: Sequence[str] = [words.clean(item.story.title) for item in issue.items[1:]]
    parts: list[str] = []
    for text in [*titles, words.opening(lead.summary or lead.body, most)]:
        if text and text != subject:
            parts.append(text)
        if len(" · ".join(parts)) >= least:
            break
    return words.shorten(" · ".join(parts), most)
