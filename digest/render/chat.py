"""Issues, alerts and notices as Telegram messages.

The Bot API counts what is left after the markup is parsed, and ignores all entities after the
hundredth, so a long issue is parted between stories by both measures.  Lengths are UTF-16
units, the larger of the two ways Telegram has been seen to count.
Source: core.telegram.org/bots/api#sendmessage, #html-style
"""

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from digest import model
from digest.render import views, words
from digest.render.environment import Templates

__all__ = ["ChatRenderer", "n_entities", "n_units", "split"]

_LIMIT_UNITS = 3_900
_LIMIT_ENTITIES = 90
_STORIES = 10  # the rest waits online, where there is an archive to look at
_DATA_BYTES = 64
_TAG = re.compile(r"<[^>]*>")
_OPENING_TAG = re.compile(r"<[a-z]")
_BETWEEN_BLOCKS = re.compile(r"\n[ \t]*(?:\n[ \t]*)+")
_NUMBER_UNITS = 16


@dataclass(frozen=True, slots=True)
class _Frame:
    """What goes around the text: where to, how loud, and what one can tap."""

    chat_id: str
    silent: bool
    thread_id: int | None
    preview_url: str = ""
    keyboard: tuple[tuple[model.ChatButton, ...], ...] = ()


class ChatRenderer:
    """Renders chat messages for one publication.  Safe to share between threads."""

    def __init__(self, templates: Templates, publication: model.Publication) -> None:
        self._templates = templates
        self._publication = publication

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
        frame = _Frame(chat_id, silent, thread_id, preview, tuple(keyboard))
        return self._message("issue", values, frame, language)

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
        if item.topic:
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
        texts = split(blocks)
        parts = tuple(
            model.ChatPart(
                html=f"{text}\n\n<i>{number}/{len(texts)}</i>" if len(texts) > 1 else text,
                preview_url=frame.preview_url if number == 1 else "",
                buttons=frame.keyboard if number == len(texts) else (),
            )
            for number, text in enumerate(texts, 1)
        )
        return model.ChatMessage(frame.chat_id, parts, frame.silent, frame.thread_id)


def split(blocks: Sequence[str], limit: int = _LIMIT_UNITS) -> list[str]:
    """Join blocks into as few texts as stay within `limit` UTF-16 units and 90 entities.

    Order is kept and a block stays whole; one that is too long by itself loses its markup and
    is cut at a word.  Source: core.telegram.org/bots/api#sendmessage
    """
    room = limit - _NUMBER_UNITS
    texts: list[str] = []
    units = entities = 0
    for block in (piece for whole in blocks for piece in _pieces(whole, room)):
        more_units, more_entities = n_units(block), n_entities(block)
        fits = units + 2 + more_units <= room and entities + more_entities <= _LIMIT_ENTITIES
        if texts and fits:
            texts[-1] += f"\n\n{block}"
            units, entities = units + 2 + more_units, entities + more_entities
        else:
            texts.append(block)
            units, entities = more_units, more_entities
    return texts


def n_units(marked_up: str) -> int:
    """Count the UTF-16 units of a message once its markup is parsed."""
    return len(html.unescape(_TAG.sub("", marked_up)).encode("utf-16-le", "surrogatepass")) // 2


def n_entities(marked_up: str) -> int:
    """Count the entities that the markup makes."""
    return len(_OPENING_TAG.findall(marked_up))


def _pieces(block: str, limit: int) -> list[str]:
    """Give a block as it is, or as plain text in pieces when it is too long."""
    if n_units(block) <= limit and n_entities(block) <= _LIMIT_ENTITIES:
        return [block]
    left, pieces = html.unescape(_TAG.sub("", block)), []
    while left:
        end = _fitting(left, limit)
        if end < len(left) and (space := left.rfind(" ", end // 2, end)) > 0:
            end = space
        pieces.append(html.escape(left[:end].strip()))
        left = left[end:].strip()
    return [piece for piece in pieces if piece]


def _fitting(text: str, limit: int) -> int:
    """Count the characters of `text` that make up at most `limit` UTF-16 units."""
    units = 0
    for index, character in enumerate(text):
        units += 1 + (character > "\uffff")
        if units > limit:
            return max(1, index)
    return len(text)


def _action(text: str, data: str) -> model.ChatButton:
    """Make a button that asks the bot; data that would be too long leads to the settings."""
    fits = len(data.encode()) <= _DATA_BYTES
    return model.ChatButton(text, data=data if fits else "settings")
