"""Issues, alerts and notices as mails: a subject, a preheader, a text and an HTML part.

A card is rendered once for all readers who see it the same way, and so is an issue that several
readers get; what remains per message is to fill in the reader's links.  A mail that would grow
beyond what Gmail shows whole is shortened by rule, and says how many stories wait online.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from zoneinfo import ZoneInfo

from digest import model
from digest.render import cards, moulds, shortening, views, words
from digest.render.environment import Templates

__all__ = ["LARGEST_HTML_BYTES", "MailRenderer"]

LARGEST_HTML_BYTES = 100_000  # Gmail clips at 102 kB
_SUBJECT_CHARS = 60
_PREHEADER_CHARS = (40, 90)
_EVERYTHING = shortening.Plan()
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")


@dataclass(frozen=True, slots=True)
class _Order:
    """An issue as it is to be rendered, but for the reader's links: equal by what is shown."""

    reading: cards.Reading
    edition_words: tuple[str, str]
    shown: tuple[object, ...]
    issue: model.Issue = field(compare=False)
    edition: model.Edition = field(compare=False)


class MailRenderer:
    """Renders mails for one publication.  Safe to share between threads."""

    def __init__(self, templates: Templates, publication: model.Publication) -> None:
        self._templates = templates
        self._publication = publication
        self._cards = cards.Cards(templates)
        self._moulds = moulds.Moulds(self._render_issue)

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
        spoken = self._templates.language(language, self._publication.language)
        reading = cards.Reading(edition.id, edition.on, time_zone, spoken)
        shown = tuple(
            (section.kind, section.title, section.more, _keys(section, reading))
            for section in issue.sections
        )
        order = _Order(reading, (edition.title, edition.note), shown, issue, edition)
        return self._moulds.message(order, views.addresses(links))

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
        language = self._templates.language(language, self._publication.language)
        on = at.astimezone(ZoneInfo(time_zone)).date()
        reading = cards.Reading(0, on, time_zone, language)
        card = self._cards.rendered(cards.key_of(item, "alert", reading))
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
        language = self._templates.language(language, self._publication.language)
        shell = {**views.masthead(self._publication, links, language), **values}
        return self._parts(name, shell, {}, {}, language)

    def _render_issue(self, order: _Order, links: model.Links) -> model.MailParts:
        issue, edition, reading = order.issue, order.edition, order.reading
        subject = words.shorten(words.clean(issue.lead.story.title), _SUBJECT_CHARS)
        shell = {
            **views.masthead(self._publication, links, reading.language),
            "subject": subject,
            "preheader": _preheader(issue, subject),
            "title": words.clean(edition.title),
            "note": words.clean(edition.note),
            "date": words.long_date(edition.on, reading.language),
            "at": words.local_time(edition.frozen_at, reading.time_zone, reading.language),
            "n_stories": len(issue.items),
            "topics": tuple(words.clean(s.title) for s in issue.sections if s.kind == "topic"),
        }
        for plan in shortening.plans(issue):
            parts = self._shortened(plan, issue, shell, reading)
            if len(parts.html.encode()) <= LARGEST_HTML_BYTES:
                break
        return parts

    def _shortened(
        self,
        plan: shortening.Plan,
        issue: model.Issue,
        shell: Mapping[str, object],
        reading: cards.Reading,
    ) -> model.MailParts:
        blocks: list[tuple[str, str, list[cards.RenderedCard], int]] = []
        lead: cards.RenderedCard | None = None
        for section in issue.sections[: plan.most_blocks]:
            keys = _keys(section, reading, plan)
            rendered = [self._cards.rendered(key) for key in keys]
            if section.kind == "lead" and lead is None:
                lead, rendered = rendered[0], rendered[1:]
            more = section.more + len(section.items) - len(keys)
            if rendered or more:
                blocks.append((section.kind, words.clean(section.title), rendered, more))
        n_words = sum(card.n_words for block in blocks for card in block[2])
        n_words += lead.n_words if lead else 0
        shell = {**shell, "reading_time": words.reading_time(n_words, reading.language)}
        left_out = sum(len(s.items) + s.more for s in issue.sections[plan.most_blocks :])
        html, text = (
            {
                "lead": getattr(lead, form, None),
                "blocks": [
                    views.Block(kind, title, tuple(getattr(c, form) for c in rendered), more)
                    for kind, title, rendered, more in blocks
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


def _keys(
    section: model.IssueSection, reading: cards.Reading, plan: shortening.Plan = _EVERYTHING
) -> tuple[cards.CardKey, ...]:
    """Name the cards of a section; the first of the lead section is the lead."""
    return tuple(
        cards.key_of(
            item,
            "lead" if section.kind == "lead" and item is section.items[0] else "card",
            reading,
            with_shares=plan.with_shares,
            with_summary=plan.with_summaries,
        )
        for item in section.items[: plan.most_in_block]
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
