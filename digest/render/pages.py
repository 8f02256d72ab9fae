"""The pages people open in a browser: the public archive, and whatever `templates/web` holds.

An edition's page is the same for everybody: no name, address or token in it (it is what "view
in browser" and every share link lead to).
"""

import base64
import hashlib
from functools import lru_cache

from markupsafe import Markup

from digest import model
from digest.render import views, words
from digest.render.environment import Templates

__all__ = ["PageRenderer"]

_STYLE = "web/digest.css"


class PageRenderer:
    """Renders pages for one publication.  Safe to share between threads."""

    def __init__(self, templates: Templates, publication: model.Publication) -> None:
        self._templates = templates
        self._publication = publication
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
        context = {**shared, "style": self._css(), **values}
        return self._templates.render(f"web/{name}.html", context, language)

    def edition_page(
        self,
        issue: model.Issue,
        edition: model.Edition,
        *,
        time_zone: str = "UTC",
        language: str = "en",
    ) -> str:
        """Render an edition for everybody: all its stories, nobody's reasons or links.

        Raises RenderError.
        """
        language = self._templates.language(language, self._publication.language)
        address = f"{self._publication.base_url}/archive/{edition.id}"

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
                blocks.append(views.Block(section.kind, words.clean(section.title), cards))
        title = words.clean(edition.title) or words.clean(self._publication.name)
        return self.page(
            "edition",
            language=language,
            title=title,
            description=words.shorten(top.headline, 155),
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
        )

    def _read_style(self) -> Markup:
        # Our own file, or the publisher's: trusted as their templates are.
        return Markup(self._templates.source(_STYLE).replace("</", r"<\/"))  # noqa: S704
