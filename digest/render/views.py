"""What templates see: plain, finished values, and nothing that can act.

A story becomes a Card, a section of an issue a Block.  All text is cleaned and cut here; all
addresses are absolute http(s) or empty, so a template only has to ask whether there is one.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date

from digest import model, phrases
from digest.render import languages, words

__all__ = ["Block", "Card", "addresses", "card", "masthead", "n_words", "section_title"]

_HEADLINE_CHARS = 240
_SUMMARY_CHARS = {"lead": 360}
_SUMMARY_CHARS_ELSEWHERE = 240
_NOTE_CHARS = 400
_NAME_CHARS = 80


@dataclass(frozen=True, slots=True)
class Card:
    """One story, ready to be shown to one reader."""

    headline: str
    url: str
    summary: str
    source: str
    when: str
    others: int  # further sources on the same event
    updated: bool
    breaking: bool
    note: str
    why: str
    image: str
    language: str
    direction: str
    shares: tuple[model.Share, ...]
    story_id: int = 0

    @property
    def n_words(self) -> int:
        """Count what there is to read."""
        return sum(map(words.n_words, (self.headline, self.summary, self.note)))


@dataclass(frozen=True, slots=True)
class Block:
    """One section: `cards` are Cards, or what they were rendered to."""

    kind: str
    title: str
    cards: tuple[object, ...]
    more: int = 0
    topic: str = ""


def n_words(blocks: Iterable[Block]) -> int:
    """Count what there is to read in blocks of Cards."""
    return sum(card.n_words for block in blocks for card in block.cards if isinstance(card, Card))


def card(
    item: model.IssueItem,
    *,
    layout: str,
    on: date,
    time_zone: str,
    language: str,
    share_names: tuple[str, ...] = (),
    with_summary: bool = True,
) -> Card:
    """Show a story as of the local day `on`."""
    story, lead = item.story, item.story.lead
    headline = words.shorten(words.clean(story.title), _HEADLINE_CHARS)
    url = words.web_address(lead.url)
    at = lead.updated_at if item.updated and lead.updated_at else lead.published_at
    page = languages.direction(language)
    return Card(
        headline=headline,
        url=url,
        summary=_summary(lead, headline, layout) if with_summary else "",
        source=words.isolated(_source(lead), page),
        when=words.short_moment(at or story.first_at, on, time_zone, language),
        others=max(0, len(story.sources) - 1),
        updated=item.updated,
        breaking=story.breaking,
        note=words.isolated(words.shorten(words.clean(story.note), _NOTE_CHARS), page),
        why=words.isolated(words.shorten(words.clean(item.why), _HEADLINE_CHARS), page),
        image=words.web_address(lead.image) if with_summary else "",
        language=_language(lead.language) or language,
        direction=words.direction_of(headline, page),
        shares=words.shares(headline, url, share_names),
        story_id=story.id,
    )


def _summary(lead: model.Entry, headline: str, layout: str) -> str:
    limit = _SUMMARY_CHARS.get(layout, _SUMMARY_CHARS_ELSEWHERE)
    text = words.opening(lead.summary or lead.body, limit)
    return "" if text.rstrip("….").casefold() == headline.rstrip("….").casefold() else text


def _source(lead: model.Entry) -> str:
    name = words.shorten(words.clean(lead.source), _NAME_CHARS)
    agency = words.shorten(words.clean(lead.agency), _NAME_CHARS)
    if agency and agency.casefold() not in name.casefold():
        return f"{name} / {agency}" if name else agency
    return name


def _language(code: str) -> str:
    return code if code.replace("-", "").isalnum() and code.isascii() else ""


def addresses(links: model.Links) -> model.Links:
    """Leave out whatever is no address."""
    return model.Links(
        unsubscribe=words.web_address(links.unsubscribe),
        preferences=words.web_address(links.preferences),
        archive=words.web_address(links.archive),
        subscribe=words.web_address(links.subscribe),
    )


def section_title(kind: str, topic: str, topic_names: Mapping[str, str]) -> str:
    """What stands over a section."""
    if kind == "lead":
        return phrases.ENGLISH.hot
    if kind == "picks":
        return phrases.ENGLISH.picks
    return topic_names.get(topic, topic)


def masthead(
    publication: model.Publication, links: model.Links, language: str
) -> Mapping[str, object]:
    """Give the values every message has, whatever it is about."""
    page = languages.direction(language)
    return {
        "publication": model.replace(
            publication,
            name=words.isolated(words.clean(publication.name), page),
            postal_address=words.isolated(words.clean(publication.postal_address), page),
            contact=words.clean(publication.contact),
            privacy_url=words.web_address(publication.privacy_url),
            topic_names={},
        ),
        "links": addresses(links),
        "language": language,
        "direction": page,
    }
