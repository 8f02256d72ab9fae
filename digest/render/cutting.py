"""A layout cut at its seams, and what goes between, each encoded once.

    {{ seam }}   in email/issue/body.mjml and body.txt: before each section, and after the last

The top and the bottom are cut once more where a reader's own words and links go.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from markupsafe import Markup

from digest import model
from digest.render import cards, moulds, quoted, views, words

__all__ = [
    "BREAK",
    "SUBJECT",
    "SUBJECT_CHARS",
    "Card",
    "Cutter",
    "Frame",
    "NoSeams",
    "Section",
    "Shell",
]

BREAK = b"\r\n\r\n"
SUBJECT = moulds.gap("subject")
SUBJECT_CHARS = 60
_GAPS = frozenset(("card", *moulds.Values._fields))


@dataclass(frozen=True, slots=True)
class Frame:
    """What a press works with: the edition's values, and how a layout is rendered.

    `render` takes the shell, and what differs in the HTML and in the text part.
    """

    shell: Mapping[str, object]  # of the edition, for every reader of a zone and language
    reading: cards.Reading
    render: Callable[
        [Mapping[str, object], Mapping[str, object], Mapping[str, object]], model.MailParts
    ]
    card: Callable[[cards.CardKey], cards.RenderedCard]
    links: model.Links  # the same for all readers: to the edition online, to sign up
    section_title: Callable[[str, str], str]  # of its kind and topic
    most_html_bytes: int


@dataclass(frozen=True, slots=True)
class Card:
    """One story as all see it who are shown it alike."""

    story: model.Story
    html: bytes
    text: bytes
    n_html_bytes: int
    n_words: int
    headline: str  # as a preheader shows it
    subject: str  # of an issue that this story leads


@dataclass(frozen=True, slots=True)
class Section:
    """A section's beginning and end; the cards go between.  Texts begin with a blank line."""

    before_html: bytes
    after_html: bytes
    before_text: bytes
    after_text: bytes
    n_html_bytes: int


@dataclass(frozen=True, slots=True)
class Shell:
    """What is around the sections."""

    subject: str
    top: moulds.Mould
    bottom: moulds.Mould


@dataclass(frozen=True, slots=True)
class _Cut:
    """A layout cut at its seams: top, sections, bottom."""

    subject: str
    html: list[str]
    text: list[str]


class NoSeams(Exception):  # noqa: N818 - never leaves the press
    """The layout cannot be cut."""


@dataclass
class Cutter:
    """Cuts and encodes for one press, and keeps what it made but for the cards."""

    frame: Frame
    _sections: dict[tuple[str, str, int], Section] = field(default_factory=dict)
    _shells: dict[tuple[int, tuple[bool, bool, bool, bool]], Shell] = field(default_factory=dict)

    def card(self, story: model.Story, shown: model.Shown, layout: str) -> Card:
        """Encode a story's card; `layout` is "card" or "lead"."""
        item = model.IssueItem(story, shown.why, shown.topic, shown.updated)
        rendered = self.frame.card(cards.key_of(item, layout, self.frame.reading))
        text = words.one_blank_line(rendered.text).strip("\n")
        headline = words.clean(story.title)
        return Card(
            story=story,
            html=quoted.piece(str(rendered.html)),
            # The lead stands within the top, the others each after a blank line.
            text=quoted.piece(text) if layout == "lead" else BREAK + quoted.text(text),
            n_html_bytes=len(rendered.html.encode()),
            n_words=rendered.n_words,
            headline=headline,
            subject=words.shorten(headline, SUBJECT_CHARS),
        )

    def section(self, kind: str, topic: str, n_more: int) -> Section:
        made = self._sections.get((kind, topic, n_more))
        if made is None:
            made = self._sections[kind, topic, n_more] = self._make_section(kind, topic, n_more)
        return made

    def _make_section(self, kind: str, topic: str, n_more: int) -> Section:
        title = words.clean(self.frame.section_title(kind, topic))
        block = views.Block(kind, title, (Markup(moulds.gap("card")),), n_more)  # noqa: S704 - a mark
        cut = self._cut((block,), 1, (True, True, True, True))
        around = moulds.cut_at_gaps(cut.html[1])
        lines = moulds.cut_at_gaps(cut.text[1])
        if len(around) != 3 or len(lines) != 3:
            raise NoSeams
        return Section(
            before_html=quoted.piece(around[0]),
            after_html=quoted.piece(around[2]),
            before_text=BREAK + quoted.text(lines[0].strip("\n")),
            after_text=BREAK + quoted.text(after) if (after := lines[2].strip("\n")) else b"",
            n_html_bytes=len((around[0] + around[2]).encode()),
        )

    def shell(self, n_stories: int, given: tuple[bool, bool, bool, bool]) -> Shell:
        """The top and the bottom; `given` as in `_cut`."""
        key = (n_stories, given)
        if key not in self._shells:
            cut = self._cut((), n_stories, given)
            top = moulds.mould(cut.html[0], cut.text[0].strip("\n"), closed=False)
            bottom = moulds.mould(cut.html[1], cut.text[1].strip("\n") + "\n", closed=True)
            self._shells[key] = Shell(cut.subject, top, bottom)
        return self._shells[key]

    def _cut(
        self, blocks: tuple[views.Block, ...], n_stories: int, given: tuple[bool, bool, bool, bool]
    ) -> _Cut:
        """Render the layout with gaps and cut it at its seams.

        `given`: whether there are a lead, topics, a link to leave, one to the preferences.
        """
        has_lead, has_topics, leaves, chooses = given
        links = self.frame.links
        shell = {
            **self.frame.shell,
            "seam": moulds.SEAM,
            "subject": SUBJECT,
            "preheader": moulds.gap("preheader"),
            "reading_time": moulds.gap("reading_time"),
            "n_stories": n_stories,
            "topics": (moulds.gap("topics"),) if has_topics else (),
            "links": model.replace(
                links,
                unsubscribe=moulds.gap("unsubscribe") if leaves else "",
                preferences=moulds.gap("preferences") if chooses else "",
            ),
        }
        lead = Markup(moulds.gap("lead")) if has_lead else None  # noqa: S704 - a mark
        shown = {"lead": lead, "blocks": blocks, "more": 0}
        rendered = self.frame.render(shell, shown, shown)
        html, text = rendered.html.split(moulds.SEAM), rendered.text.split(moulds.SEAM)
        if len(html) != len(blocks) + 2 or len(text) != len(blocks) + 2:
            raise NoSeams
        for written in (rendered.subject, *html, *text):
            if not _GAPS.issuperset(moulds.cut_at_gaps(written)[1::2]):
                raise NoSeams
        return _Cut(rendered.subject, html, text)
