"""The pages people open in a browser: the public archive, and whatever `templates/web` holds.

An edition's page is the same for everybody: no name, address or token in it (it is what "view
in browser" and every share link lead to).
"""

import base64
import hashlib
from collections.abc import Mapping, Sequence
from functools import lru_cache

from markupsafe import Markup

from digest import model
from digest.render import views, words
from digest.render.environment import Templates

__all__ = ["PageRenderer"]

_STYLE = "web/digest.css"
_DESCRIPTION_CHARS = 155  # what search engines show of it


class PageRenderer:
    """Renders pages for one publication.  Safe to share between threads."""

    def __init__(
        self, templates: Templates, publication: model.Publication, *, lists_archive: bool = True
    ) -> None:
        self._templates = templates
        self._publication = publication
        self._archive_url = f"{publication.base_url}/archive/" if lists_archive else ""
        self._css = lru_cache(maxsize=1)(self._read_style)

    @property
    def style_source(self) -> str:
        """The source a Content-Security-Policy allows for the style in every page's head."""
        digest = hashlib.sha256(str(self._css()).encode()).digest()
        return f"'sha256-{base64.b64encode(digest).decode()}'"

    def page(self, name: str, *, language: str = "en", **values: object) -> str:
        """Render `templates/web/<name>.html` in the shared look.  Raises RenderError."""
        language = self._templates.language(language, self._publication.language)
        shared = views.masthead(self._publication, model.Links(), language)
        context = {**shared, "style": self._css(), "archive_url": self._archive_url, **values}
        return self._templates.render(f"web/{name}.html", context, language)

    def edition_page(
        self,
        issue: model.Issue,
        edition: model.Edition,
        *,
        time_zone: str = "UTC",
        language: str = "en",
        address: str = "",
        around: Mapping[str, object] | None = None,
        related: Sequence[Mapping[str, object]] = (),
    ) -> str:
        """Render an edition for everybody: all its stories, nobody's reasons or links.

        `address` is where it stands, "" by its number; `around` are the days "older" and "newer".
        Raises RenderError.
        """
        language = self._templates.language(language, self._publication.language)
        address = address or f"{self._publication.base_url}/archive/{edition.id}"

        def card(item: model.IssueItem, layout: str) -> views.Card:
            return views.card(
                model.replace(item, why="", updated=False),
                layout=layout,
                on=edition.on,
                time_zone=time_zone,
                language=language,
                share_names=words.SHARE_NAMES,
            )

        top = card(issue.lead, "lead")
        blocks = []
        for section in issue.sections:
            items = [item for item in section.items if item is not issue.lead]
            cards = tuple(card(item, "card") for item in items)
            if cards:
                title = words.clean(section.title)
                blocks.append(views.Block(section.kind, title, cards, topic=section.topic))
        title = words.clean(edition.title) or words.clean(self._publication.name)
        return self.page(
            "edition",
            language=language,
            title=title,
            headline=words.shorten(top.headline, 155),
            description=_description(top, blocks),
            canonical=address,
            date=words.long_date(edition.on, language),
            published=edition.frozen_at.isoformat(timespec="seconds"),
            note=words.clean(edition.note),
            reading_time=words.reading_time(top.n_words + views.n_words(blocks), language),
            n_stories=len(issue.items),
            lead=top,
            blocks=blocks,
            shares=words.shares(f"{top.headline} – {title}", address),
            subscribe=f"{self._publication.base_url}/",
            around={"older": None, "newer": None, **(around or {})},
            related=related,
        )

    def _read_style(self) -> Markup:
        # Our own file, or the publisher's: trusted as their templates are.
        return Markup(self._templates.source(_STYLE).replace("</", r"<\/"))  # noqa: S704


def _description(top: views.Card, blocks: Sequence[views.Block]) -> str:
    """What a search engine or a shared link says below the headline: what else there is."""
    titles = [top.headline]
    for block in blocks:
        titles += [card.headline for card in block.cards if isinstance(card, views.Card)]
    return words.shorten(" · ".join(titles), _DESCRIPTION_CHARS)
