"""Issues, alerts and notices as Telegram messages.

A long issue becomes several messages, parted between stories (digest.render.parting).
Source: core.telegram.org/bots/api#sendmessage, #html-style
"""

import re
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from digest import model
from digest.render import views, words
from digest.render.environment import Templates
from digest.render.parting import CAPTION_UNITS, n_entities, n_units, split

__all__ = ["CAPTION_UNITS", "ChatRenderer", "n_entities", "n_units", "refit", "split"]

_STORIES = 10  # the rest waits online, where there is an archive to look at
_DATA_BYTES = 64
_MOST_UNITS = 4_096  # what Telegram takes; `split` leaves some of it free
_NUMBER = re.compile(r"\n\n<i>\d+/\d+</i>\Z")
_KEPT = 1_000  # issues kept as they were rendered, some kilobytes each
_ANYBODY = "https://anybody.invalid/"  # in place of a reader's own links
_BETWEEN_BLOCKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")


@dataclass(frozen=True, slots=True)
class _Frame:
    """What goes around the text: where to, how loud, and what one can tap."""

    chat_id: str
    silent: bool = False
    thread_id: int | None = None
    preview_url: str = ""
    keyboard: tuple[tuple[model.ChatButton, ...], ...] = ()


class ChatRenderer:
    """Renders chat messages for one publication.  Safe to share between threads.

    Many chats get the same stories: what was rendered for one serves the others, unless the
    publisher's template shows a reader's own links.
    """

    def __init__(self, templates: Templates, publication: model.Publication) -> None:
        self._templates = templates
        self._publication = publication
        # With its issue, whose stories are told apart by where they are in memory.
        self._kept: dict[Hashable, tuple[model.Issue, tuple[model.ChatPart, ...]]] = {}

    def issue(
        self,
        issue: model.Issue,
        edition: model.Edition,
        links: model.Links,
        *,
        chat_id: str,
        time_zone: str,
        language: str = "en",
        silent: bool = False,
        thread_id: int | None = None,
    ) -> model.ChatMessage:
        """Render an issue in as many parts as it needs.  Raises RenderError."""
        language = self._templates.language(language, self._publication.language)
        shell = (edition.id, edition.on, edition.title, edition.note, time_zone, language)
        key = (shell, links.archive, links.subscribe, _told(issue))
        kept = self._kept.get(key)
        if kept is None:
            nobodys = model.replace(links, unsubscribe=_ANYBODY, preferences=_ANYBODY)
            parts = self._issue(issue, edition, nobodys, time_zone, language)
            if any(_ANYBODY in part.html for part in parts):
                parts = ()
            if len(self._kept) >= _KEPT:
                self._kept.clear()
            kept = self._kept[key] = issue, parts
        parts = kept[1] or self._issue(issue, edition, links, time_zone, language)
        return model.ChatMessage(chat_id, parts, silent, thread_id)

    def _issue(
        self,
        issue: model.Issue,
        edition: model.Edition,
        links: model.Links,
        time_zone: str,
        language: str,
    ) -> tuple[model.ChatPart, ...]:
        words_of = self._templates.phrases(language)
        room = _STORIES if words.web_address(links.archive) else len(issue.items)
        blocks = []
        for section in issue.sections:
            items = section.items[:room]
            room -= len(items)
            cards = tuple(
                views.card(
                    item,
                    layout="lead" if item is issue.lead else "card",
                    on=edition.on,
                    time_zone=time_zone,
                    language=language,
                    with_summary=item is issue.lead,
                )
                for item in items
            )
            more = section.more + len(section.items) - len(items)
            if cards:
                blocks.append(views.Block(section.kind, words.clean(section.title), cards, more))
        shown = sum(len(block.cards) for block in blocks)
        total = len(issue.items) + sum(s.more for s in issue.sections)
        values = {
            **views.masthead(self._publication, links, language),
            "title": words.clean(edition.title),
            "note": words.clean(edition.note),
            "date": words.long_date(edition.on, language),
            "reading_time": words.reading_time(views.n_words(blocks), language),
            "n_stories": shown,
            "blocks": blocks,
            "more": total - shown - sum(block.more for block in blocks),
        }
        keyboard: list[tuple[model.ChatButton, ...]] = [
            (
                _action(words_of.gettext("Settings"), "settings"),
                _action(words_of.gettext("Why these"), f"why:e{edition.id}"),
            )
        ]
        archive = words.web_address(links.archive)
        if archive:
            keyboard.append((model.ChatButton(words_of.gettext("Read online"), url=archive),))
        preview = words.web_address(issue.lead.story.lead.url)
        frame = _Frame("", preview_url=preview, keyboard=tuple(keyboard))
        return self._message("issue", values, frame, language).parts

    def alert(
        self,
        item: model.IssueItem,
        links: model.Links,
        *,
        chat_id: str,
        at: datetime,
        time_zone: str,
        language: str = "en",
        silent: bool = False,
        thread_id: int | None = None,
    ) -> model.ChatMessage:
        """Render an alert, with a button to mute its topic.  Raises RenderError."""
        language = self._templates.language(language, self._publication.language)
        words_of = self._templates.phrases(language)
        on = at.astimezone(ZoneInfo(time_zone)).date()
        card = views.card(item, layout="lead", on=on, time_zone=time_zone, language=language)
        name = words.clean(self._publication.topic_names.get(item.topic, item.topic))
        values = {
            **views.masthead(self._publication, links, language),
            "card": card,
            "at": words.local_time(at, time_zone, language),
            "topic": name,
            "breaking": item.story.breaking,
        }
        row = [_action(words_of.gettext("Why this"), f"why:s{item.story.id}")]
        if item.topic and not item.topic.startswith("“"):  # a keyword cannot be muted
            mute = words_of.gettext("Mute %(topic)s") % {"topic": words.shorten(name, 24)}
            row.insert(0, _action(mute, f"mute:{item.topic}"))
        keyboard = (tuple(row), (_action(words_of.gettext("Settings"), "settings"),))
        frame = _Frame(chat_id, silent, thread_id, card.url, keyboard)
        return self._message("alert", values, frame, language)

    def notice(
        self,
        name: str,
        links: model.Links,
        *,
        chat_id: str,
        language: str = "en",
        silent: bool = False,
        thread_id: int | None = None,
        **values: object,
    ) -> model.ChatMessage:
        """Render the service message `name`, with the values its mail takes too."""
        language = self._templates.language(language, self._publication.language)
        shell = {**views.masthead(self._publication, links, language), **values}
        return self._message(name, shell, _Frame(chat_id, silent, thread_id), language)

    def _message(
        self, name: str, values: Mapping[str, object], frame: _Frame, language: str
    ) -> model.ChatMessage:
        written = self._templates.render(f"chat/{name}.html", values, language)
        blocks = [block.strip() for block in _BETWEEN_BLOCKS.split(written) if block.strip()]
        parts = _parts(split(blocks), frame.preview_url, frame.keyboard)
        return model.ChatMessage(frame.chat_id, parts, frame.silent, frame.thread_id)

    def withdrawn(self, links: model.Links, *, language: str = "en") -> model.ChatPart:
        """Render what stands in place of a message that is taken back and cannot be deleted."""
        language = self._templates.language(language, self._publication.language)
        values = views.masthead(self._publication, links, language)
        written = self._templates.render("chat/withdrawn.html", values, language)
        return model.ChatPart(written.strip())


def _told(issue: model.Issue) -> Hashable:
    """What an issue tells, the same for the same while its stories are kept."""
    return tuple(
        (
            (section.kind, section.title, section.topic, section.more),
            tuple((id(item.story), item.why, item.topic, item.updated) for item in section.items),
        )
        for section in issue.sections
    )


def refit(parts: Sequence[model.ChatPart], n_most: int) -> tuple[model.ChatPart, ...]:
    """Make no more than `n_most` parts of these, by using all the room there is.

    They stay as many as they are when that does not help: a message cannot become two.
    """
    if len(parts) <= n_most:
        return tuple(parts)
    blocks = [block for part in parts for block in _NUMBER.sub("", part.html).split("\n\n")]
    texts = split(blocks, _MOST_UNITS)
    if len(texts) > n_most:
        return tuple(parts)
    return _parts(texts, parts[0].preview_url, parts[-1].buttons)


def _parts(
    texts: Sequence[str], preview_url: str, keyboard: tuple[tuple[model.ChatButton, ...], ...]
) -> tuple[model.ChatPart, ...]:
    """Number the parts; the first has the preview, the last one the buttons."""
    return tuple(
        model.ChatPart(
            html=f"{text}\n\n<i>{number}/{len(texts)}</i>" if len(texts) > 1 else text,
            preview_url=preview_url if number == 1 else "",
            buttons=keyboard if number == len(texts) else (),
        )
        for number, text in enumerate(texts, 1)
    )


def _action(text: str, data: str) -> model.ChatButton:
    """Make a button that asks the bot; data that would be too long leads to the settings."""
    fits = len(data.encode()) <= _DATA_BYTES
    return model.ChatButton(text, data=data if fits else "settings")
