"""Issues put together from parts that were rendered and encoded once.

The layout of an issue is cut at its seams into the top, a section and the bottom, and each of
these where a reader's own words and links go.  A card is rendered once for all who see it the
same way.  A message is then a join of encoded pieces.  The first messages of every press are
compared with what the templates give when they are rendered whole: where that is something
else, or a template has no seams, all of its messages are rendered whole.

    {{ seam }}   in email/issue/body.mjml and body.txt: before each section, and after the last
"""

import itertools
import logging
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from markupsafe import Markup, escape

from digest import errors, model
from digest.render import cards, moulds, quoted, views, words

__all__ = ["Frame", "Press", "preheader", "subject"]

logger = logging.getLogger(__name__)

SUBJECT_CHARS = 60
_PREHEADER_CHARS = (40, 90)
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_KEPT = 4_096
_SUBJECT = moulds.gap("subject")
_GAPS = frozenset(
    ("subject", "preheader", "reading_time", "lead", "topics", "card", "unsubscribe", "preferences")
)
_BREAK = b"\r\n\r\n"

Shell = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class Frame:
    """What a press works with: the edition's values, and how a layout is rendered.

    `render` takes the shell, and what differs in the HTML and in the text part.
    """

    shell: Shell  # of the edition, for every reader of a zone and language
    reading: cards.Reading
    render: Callable[[Shell, Shell, Shell], model.MailParts]
    card: Callable[[cards.CardKey], cards.RenderedCard]
    links: model.Links  # the same for all readers: to the edition online, to sign up
    section_title: Callable[[str, str], str]  # of its kind and topic
    most_html_bytes: int


@dataclass(frozen=True, slots=True)
class _Card:
    html: bytes
    text: bytes
    n_html_bytes: int
    n_words: int
    headline: str  # as a subject or preheader shows it


@dataclass(frozen=True, slots=True)
class _Section:
    """A section's beginning and end; the cards go between."""

    before_html: bytes
    after_html: bytes
    before_text: bytes
    after_text: bytes
    n_html_bytes: int


@dataclass(frozen=True, slots=True)
class _Shell:
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


class _NoSeams(Exception):  # noqa: N818 - never leaves this module
    """The layout cannot be cut."""


@dataclass
class Press:
    """Makes the messages of one edition for readers of one zone and language.

    `stories` are the edition's by id, without what was withdrawn: it is left out.  For the use
    of one thread.
    """

    frame: Frame
    stories: Mapping[int, model.Story]
    n_to_compare: int = 3
    _cards: dict[model.Shown, _Card] = field(default_factory=dict)
    _leads: dict[model.Shown, _Card] = field(default_factory=dict)
    _short: dict[str, tuple[bytes, bytes]] = field(default_factory=dict)
    _sections: dict[tuple[str, str, int], _Section] = field(default_factory=dict)
    _shells: dict[tuple[int, bool, bool, bool, bool], _Shell] = field(default_factory=dict)
    _topics: dict[tuple[str, ...], tuple[bytes, bytes]] = field(default_factory=dict)
    _works: bool = True

    def parts(
        self,
        shown: Sequence[model.Shown],
        more: Mapping[str, int],
        links: model.Links,
        whole: Callable[[], model.MailParts],
    ) -> moulds.Encoded | model.MailParts:
        """Give one reader's issue; `whole` renders it without a press.

        Raises what `whole` does, which is asked when the press cannot.
        """
        shared = self.frame.links
        same_links = links.archive == shared.archive and links.subscribe == shared.subscribe
        if not (self._works and same_links):
            return whole()
        try:
            made = self._assembled(shown, more, links)
        except (_NoSeams, errors.RenderError):
            self._gives_up("the layout cannot be cut at its seams")
            return whole()
        if made is None:  # too long: shortening is a matter of the whole
            return whole()
        if self.n_to_compare > 0:
            self.n_to_compare -= 1
            rendered = whole()
            if not moulds.same(made, rendered):
                self._gives_up("the layout put together is not the layout rendered whole")
                return rendered
        return made

    def _gives_up(self, reason: str) -> None:
        self._works = False
        logger.warning(
            "issues are rendered one by one, which is slow: %s",
            reason,
            extra={"event": "press.unused", "edition_id": self.frame.reading.edition_id},
        )

    def _assembled(
        self, shown: Sequence[model.Shown], more: Mapping[str, int], links: model.Links
    ) -> moulds.Encoded | None:
        html: list[bytes] = []
        text: list[bytes] = []
        lead: _Card | None = None
        headlines: list[str] = []
        topics: list[str] = []
        size = n_words = 0
        for (kind, topic), group in itertools.groupby(shown, _section_of):
            standing = [each for each in group if each.story_id in self.stories]
            if not standing:
                continue
            n_more = more.get(f"{kind}:{topic}", 0)
            if kind == "topic":
                topics.append(topic)
            if kind == "lead" and lead is None:
                lead = self._lead(standing[0])
                n_words += lead.n_words
                size += lead.n_html_bytes
                headlines.append(lead.headline)
                del standing[0]
                if not (standing or n_more):
                    continue
            section = self._section(kind, topic, n_more)
            html.append(section.before_html)
            text.append(section.before_text)
            for each in standing:
                card = self._cards.get(each) or self._card(each)
                html.append(card.html)
                text.append(card.text)
                n_words += card.n_words
                size += card.n_html_bytes
                headlines.append(card.headline)
            html.append(section.after_html)
            if section.after_text:
                text.append(section.after_text)
            size += section.n_html_bytes
        first = self.stories[next(s.story_id for s in shown if s.story_id in self.stories)]
        subject_shown = subject(first)
        hint = preheader(headlines, subject_shown, first.lead)
        given = (lead is not None, bool(topics), bool(links.unsubscribe), bool(links.preferences))
        shell = self._shell(len(headlines), given)
        top, bottom = shell.top, shell.bottom
        size += top.n_html_bytes + bottom.n_html_bytes
        if size + 4 * len(subject_shown + hint) > self.frame.most_html_bytes or not hint:
            return None
        leave, choose = quoted.address(links.unsubscribe), quoted.address(links.preferences)
        if leave is None or choose is None:
            return None
        in_html, in_text = self._values(subject_shown, hint, lead, topics, n_words)
        shared = {"unsubscribe": leave, "preferences": choose}
        in_html |= shared
        in_text |= shared
        return moulds.Encoded(
            shell.subject.replace(_SUBJECT, subject_shown),
            [*top.text.filled(in_text), *_spaced(text), *bottom.text.filled(in_text)],
            [*top.html.filled(in_html), *html, *bottom.html.filled(in_html)],
        )

    def _values(
        self,
        subject_shown: str,
        hint: str,
        lead: _Card | None,
        topics: Sequence[str],
        n_words: int,
    ) -> tuple[dict[str, bytes], dict[str, bytes]]:
        """What fills the gaps: in HTML, in text."""
        time_html, time_text = self._line(words.reading_time(n_words, self.frame.reading.language))
        subject_html, subject_text = self._line(subject_shown)
        hint_html, hint_text = self._line(hint)
        topics_html, topics_text = self._followed(tuple(topics))
        in_html = {
            "subject": subject_html,
            "preheader": hint_html,
            "reading_time": time_html,
            "lead": lead.html if lead else b"",
            "topics": topics_html,
        }
        in_text = {
            "subject": subject_text,
            "preheader": hint_text,
            "reading_time": time_text,
            "lead": lead.text if lead else b"",
            "topics": topics_text,
        }
        return in_html, in_text

    def _line(self, line: str) -> tuple[bytes, bytes]:
        """A short line in HTML and in text."""
        made = self._short.get(line)
        if made is None:
            made = quoted.piece(str(escape(line))), quoted.piece(line)
            if len(self._short) < _KEPT:
                self._short[line] = made
        return made

    def _followed(self, topics: tuple[str, ...]) -> tuple[bytes, bytes]:
        made = self._topics.get(topics)
        if made is None:
            title = self.frame.section_title
            joined = ", ".join(words.clean(title("topic", topic)) for topic in topics)
            made = quoted.piece(str(escape(joined))), quoted.piece(words.wrap(joined))
            if len(self._topics) < _KEPT:
                self._topics[topics] = made
        return made

    def _card(self, shown: model.Shown) -> _Card:
        made = self._cards[shown] = self._make_card(shown, "card")
        return made

    def _lead(self, shown: model.Shown) -> _Card:
        made = self._leads.get(shown)
        if made is None:
            made = self._leads[shown] = self._make_card(shown, "lead")
        return made

    def _make_card(self, shown: model.Shown, layout: str) -> _Card:
        story = self.stories[shown.story_id]
        item = model.IssueItem(story, shown.why, shown.topic, shown.updated)
        rendered = self.frame.card(cards.key_of(item, layout, self.frame.reading))
        text = one_blank_line(rendered.text).strip("\n")
        return _Card(
            html=quoted.piece(str(rendered.html)),
            # The lead stands within the top, the others between blank lines.
            text=quoted.piece(text) if layout == "lead" else quoted.text(text),
            n_html_bytes=len(rendered.html.encode()),
            n_words=rendered.n_words,
            headline=words.clean(story.title),
        )

    def _section(self, kind: str, topic: str, n_more: int) -> _Section:
        made = self._sections.get((kind, topic, n_more))
        if made is None:
            made = self._sections[kind, topic, n_more] = self._make_section(kind, topic, n_more)
        return made

    def _make_section(self, kind: str, topic: str, n_more: int) -> _Section:
        title = words.clean(self.frame.section_title(kind, topic))
        block = views.Block(kind, title, (Markup(moulds.gap("card")),), n_more)  # noqa: S704 - a mark
        cut = self._cut((block,), 1, (True, True, True, True))
        around = moulds.cut_at_gaps(cut.html[1])
        lines = moulds.cut_at_gaps(cut.text[1])
        if len(around) != 3 or len(lines) != 3:
            raise _NoSeams
        return _Section(
            before_html=quoted.piece(around[0]),
            after_html=quoted.piece(around[2]),
            before_text=quoted.text(lines[0].strip("\n")),
            after_text=quoted.text(lines[2].strip("\n")),
            n_html_bytes=len((around[0] + around[2]).encode()),
        )

    def _shell(self, n_stories: int, given: tuple[bool, bool, bool, bool]) -> _Shell:
        """The top and the bottom; `given` as in `_cut`."""
        key = (n_stories, *given)
        if key not in self._shells:
            cut = self._cut((), n_stories, given)
            top = moulds.mould(cut.html[0], cut.text[0].strip("\n"), closed=False)
            bottom = moulds.mould(cut.html[1], cut.text[1].strip("\n") + "\n", closed=True)
            self._shells[key] = _Shell(cut.subject, top, bottom)
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
            "subject": _SUBJECT,
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
            raise _NoSeams
        for written in (rendered.subject, *html, *text):
            if not _GAPS.issuperset(moulds.cut_at_gaps(written)[1::2]):
                raise _NoSeams
        return _Cut(rendered.subject, html, text)


def subject(story: model.Story) -> str:
    """The subject of an issue that this story leads."""
    return words.shorten(words.clean(story.title), SUBJECT_CHARS)


def preheader(headlines: Sequence[str], subject_shown: str, lead: model.Entry) -> str:
    """Say what comes second: a line of its own, never the subject again."""
    least, most = _PREHEADER_CHARS
    parts: list[str] = []
    n_chars = 0
    for text in itertools.chain(headlines[1:], _openings(lead, most)):
        if text and text != subject_shown:
            n_chars += len(text) + 3 * bool(parts)
            parts.append(text)
        if n_chars >= least:
            break
    return words.shorten(" · ".join(parts), most)


def one_blank_line(text: str) -> str:
    """Leave one blank line where there are several."""
    return _BLANK_LINES.sub("\n\n", text)


def _openings(lead: model.Entry, most: int) -> Iterator[str]:
    yield words.opening(lead.summary or lead.body, most)


def _section_of(shown: model.Shown) -> tuple[str, str]:
    return shown.kind, shown.topic


def _spaced(texts: Sequence[bytes]) -> Iterator[bytes]:
    """Blank lines before each text and after the last."""
    for text in texts:
        yield _BREAK
        yield text
    yield _BREAK
