"""Issues, alerts and notices as mails: a subject, a preheader, a text and an HTML part.

A card is rendered once for all readers who see it the same way, and `press` puts the issues of
an edition together from encoded pieces.  A mail that would grow beyond what Gmail shows whole
is shortened by rule, and says how many stories wait online.
"""

from collections.abc import Mapping
from datetime import datetime
from zoneinfo import ZoneInfo

from digest import model
from digest.render import cards, press, shortening, views, words
from digest.render.environment import Templates

__all__ = ["LARGEST_HTML_BYTES", "MailRenderer"]

LARGEST_HTML_BYTES = 100_000  # Gmail clips at 102 kB
_EVERYTHING = shortening.Plan()


class MailRenderer:
    """Renders mails for one publication.  Safe to share between threads."""

    def __init__(self, templates: Templates, publication: model.Publication) -> None:
        self._templates = templates
        self._publication = publication
        self._cards = cards.Cards(templates)

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
        reading = self._reading(edition, time_zone, language)
        return self._render_issue(issue, edition, links, reading)

    def press(
        self,
        edition: model.Edition,
        stories: Mapping[int, model.Story],
        links: model.Links,
        *,
        time_zone: str,
        language: str = "en",
    ) -> press.Press:
        """Open a press for the readers of one zone and language; `links` are those all share."""
        reading = self._reading(edition, time_zone, language)
        names = self._publication.topic_names
        frame = press.Frame(
            shell=self._of_edition(edition, links, reading),
            reading=reading,
            render=lambda shell, html, text: self._parts(
                "issue", shell, html, text, reading.language
            ),
            card=self._cards.rendered,
            section_title=lambda kind, topic: views.section_title(kind, topic, names),
            links=links,
            most_html_bytes=LARGEST_HTML_BYTES,
        )
        return press.Press(frame, stories)

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
            "subject": words.shorten(headline, press.SUBJECT_CHARS),
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

    def _reading(self, edition: model.Edition, time_zone: str, language: str) -> cards.Reading:
        spoken = self._templates.language(language, self._publication.language)
        return cards.Reading(edition.id, edition.on, time_zone, spoken)

    def _of_edition(
        self, edition: model.Edition, links: model.Links, reading: cards.Reading
    ) -> dict[str, object]:
        """What is the same in every issue of an edition, for one zone and language."""
        return {
            **views.masthead(self._publication, links, reading.language),
            "seam": "",
            "title": words.clean(edition.title),
            "note": words.clean(edition.note),
            "date": words.long_date(edition.on, reading.language),
            "at": words.local_time(edition.frozen_at, reading.time_zone, reading.language),
        }

    def _render_issue(
        self,
        issue: model.Issue,
        edition: model.Edition,
        links: model.Links,
        reading: cards.Reading,
    ) -> model.MailParts:
        subject = press.subject(issue.lead.story)
        headlines = [words.clean(item.story.title) for item in issue.items]
        shell = {
            **self._of_edition(edition, links, reading),
            "subject": subject,
            "preheader": press.preheader(headlines, subject, issue.lead.story.lead),
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
            text=words.one_blank_line(lines).strip() + "\n",
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
