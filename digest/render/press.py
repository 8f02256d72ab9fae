"""Issues put together from parts that were rendered and encoded once.

The layout of an issue is cut at its seams into the top, a section and the bottom, and each of
these where a reader's own words and links go (render.cutting).  A card is rendered once for all
who see it the same way; the pieces of a section are found together for all who are shown the
same of it.  A message is then a join of encoded pieces.  The first messages of every press are
compared with what the templates give when they are rendered whole: where that is something
else, or a template has no seams, all of its messages are rendered whole.
"""

import itertools
import logging
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple, TypeVar

from markupsafe import escape

from digest import errors, model
from digest.render import cutting, moulds, quoted, words

__all__ = ["SUBJECT_CHARS", "Frame", "Press", "preheader", "subject"]

logger = logging.getLogger(__name__)

SUBJECT_CHARS = cutting.SUBJECT_CHARS
Frame = cutting.Frame
_PREHEADER_CHARS = (40, 90)
_KEPT = 8_192
_FEW = 4  # stories that a preheader is made of, as a rule


class _Run(NamedTuple):
    """The stories of one section, as all see them who are shown the same of it.

    Pieces, not their join: nearly every combination of stories is somebody's.
    """

    html: tuple[bytes, ...]
    text: tuple[bytes, ...]
    n_html_bytes: int
    n_words: int
    cards: tuple[cutting.Card, ...]  # none: nothing of it stands
    lead: cutting.Card | None  # the first of them, which goes to the top
    title: str  # of a topic that is followed; "" for another kind of section


_NOTHING = _Run((), (), 0, 0, (), None, "")
_Pair = tuple[bytes, bytes]  # in HTML, in text
K = TypeVar("K")
V = TypeVar("V")


@dataclass
class Press:
    """Makes the messages of one edition for readers of one zone and language.

    `stories` are the edition's by id, without what was withdrawn: it is left out.  What is
    shown to anybody has a number, its place in `shown`, which may grow.  For the use of one
    thread.
    """

    frame: cutting.Frame
    stories: Mapping[int, model.Story]
    shown: Sequence[model.Shown] = ()
    n_to_compare: int = 3
    _sections: list[int] = field(default_factory=list)  # by number: one of `_names`
    _names: dict[tuple[str, str], int] = field(default_factory=dict)
    _cards: dict[tuple[int, str], cutting.Card] = field(default_factory=dict)
    _runs: dict[tuple[int, ...], _Run] = field(default_factory=dict)  # how many more, numbers
    _short: dict[str, _Pair] = field(default_factory=dict)
    _hints: dict[tuple[int, ...], tuple[str, bytes, bytes]] = field(default_factory=dict)
    _times: dict[int, _Pair] = field(default_factory=dict)
    _plain_titles: set[str] = field(default_factory=set)
    _works: bool = True

    def __post_init__(self) -> None:
        self._cutter = cutting.Cutter(self.frame)

    def numbered(
        self, shown: Sequence[model.Shown], more: Mapping[str, int]
    ) -> tuple[tuple[int, ...], tuple[int, ...]]:
        """The numbers of what an issue shows and leaves out, for `parts`; makes them up."""
        known = {each: number for number, each in enumerate(self.shown)}
        for each in shown:
            known.setdefault(each, len(known))
        self.shown = tuple(known)
        at = {f"{each.kind}:{each.topic}": number for each, number in known.items()}
        left_out = [number for key, n in more.items() if key in at for number in (at[key], n)]
        return tuple(known[each] for each in shown), tuple(left_out)

    def parts(
        self,
        numbers: tuple[int, ...],
        left_out: tuple[int, ...],
        links: model.Links,
        whole: Callable[[], model.MailParts],
    ) -> moulds.Encoded | model.MailParts:
        """Give one reader's issue; `whole` renders it without a press.

        `left_out` are pairs: a number of the section, and how many of its stories wait online.
        Raises Withdrawn when nothing of it stands, and what `whole` does, which is asked when
        the press cannot.
        """
        shared = self.frame.links
        same_links = links.archive == shared.archive and links.subscribe == shared.subscribe
        if not (self._works and same_links):
            return whole()
        try:
            made = self._assembled(numbers, left_out, links)
        except (cutting.NoSeams, errors.RenderError):
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
        self, numbers: tuple[int, ...], left_out: tuple[int, ...], links: model.Links
    ) -> moulds.Encoded | None:
        runs = self._runs_of(numbers, left_out)
        if not runs:
            raise errors.Withdrawn(f"edition {self.frame.reading.edition_id}")
        html, text, sizes, n_words, told, leads, titles = zip(*runs, strict=True)
        lead, first = leads[0], told[0][0]
        followed = [title for title in titles if title]
        hint, hint_html, hint_text = self._hint(numbers, told)
        given = (lead is not None, bool(followed), bool(links.unsubscribe), bool(links.preferences))
        shell = self._cutter.shell(sum(map(len, told)), given)
        top, bottom = shell.top, shell.bottom
        size = sum(sizes, top.n_html_bytes + bottom.n_html_bytes)
        if size + 4 * (len(first.subject) + len(hint)) > self.frame.most_html_bytes or not hint:
            return None
        leave, choose = quoted.address(links.unsubscribe), quoted.address(links.preferences)
        if leave is None or choose is None or any(leads[1:]):
            return None
        time_html, time_text = self._time(sum(n_words))
        subject_html, subject_text = self._line(first.subject)
        titles_html, titles_text = self._followed(followed)
        lead_html, lead_text = (lead.html, lead.text) if lead else (b"", b"")
        in_html = moulds.Values(
            subject_html, hint_html, time_html, lead_html, titles_html, leave, choose
        )
        in_text = moulds.Values(
            subject_text, hint_text, time_text, lead_text, titles_text, leave, choose
        )
        return moulds.Encoded(
            shell.subject.replace(cutting.SUBJECT, first.subject),
            (
                *top.text.filled(in_text),
                *itertools.chain.from_iterable(text),
                cutting.BREAK,
                *bottom.text.filled(in_text),
            ),
            (
                *top.html.filled(in_html),
                *itertools.chain.from_iterable(html),
                *bottom.html.filled(in_html),
            ),
        )

    def _runs_of(self, numbers: tuple[int, ...], left_out: tuple[int, ...]) -> list[_Run]:
        """An issue section by section, without those of which nothing stands."""
        if len(self._sections) < len(self.shown):
            for each in self.shown[len(self._sections) :]:
                name = (each.kind, each.topic)
                self._sections.append(self._names.setdefault(name, len(self._names)))
        section_of = self._sections.__getitem__
        more = dict(zip(map(section_of, left_out[::2]), left_out[1::2], strict=True))
        kept, runs = self._runs, []
        for section, group in itertools.groupby(numbers, section_of):
            key = (more.get(section, 0), *group)
            run = kept.get(key)
            if run is None:
                run = self._make_run(key[1:], key[0])
                _keep(kept, key, run)
            if run[4]:
                runs.append(run)
        return runs

    def _make_run(self, numbers: tuple[int, ...], n_more: int) -> _Run:
        standing = [n for n in numbers if self.shown[n].story_id in self.stories]
        if not standing:
            return _NOTHING
        kind, topic = self.shown[numbers[0]].kind, self.shown[numbers[0]].topic
        lead = self._card(standing.pop(0), "lead") if kind == "lead" else None
        made = [self._card(number) for number in standing]
        told = [lead, *made] if lead else made
        html: tuple[bytes, ...] = ()
        text: tuple[bytes, ...] = ()
        size = sum(card.n_html_bytes for card in told)
        if made or n_more:
            section = self._cutter.section(kind, topic, n_more)
            html = (section.before_html, *(card.html for card in made), section.after_html)
            text = (section.before_text, *(card.text for card in made), section.after_text)
            size += section.n_html_bytes
        return _Run(
            html=html,
            text=text,
            n_html_bytes=size,
            n_words=sum(card.n_words for card in told),
            cards=tuple(told),
            lead=lead,
            title=self._title(topic) if kind == "topic" else "",
        )

    def _card(self, number: int, layout: str = "card") -> cutting.Card:
        made = self._cards.get((number, layout))
        if made is None:
            shown = self.shown[number]
            made = self._cutter.card(self.stories[shown.story_id], shown, layout)
            self._cards[number, layout] = made
        return made

    def _hint(
        self, numbers: tuple[int, ...], told: Sequence[Sequence[cutting.Card]]
    ) -> tuple[str, bytes, bytes]:
        """The preheader, which the first few stories make as a rule; in HTML, in text."""
        few = numbers[:_FEW]
        made = self._hints.get(few)
        if made is None:
            made_of = [card for cards in told for card in cards]
            first, headlines = made_of[0], [card.headline for card in made_of]
            line = preheader(headlines, first.subject, first.story.lead)
            made = line, *self._line(line)
            said = sum(len(each) for each in headlines[1:_FEW] if each != first.subject)
            all_stand = all(self.shown[n].story_id in self.stories for n in few)
            if said >= _PREHEADER_CHARS[0] and all_stand:
                _keep(self._hints, few, made)
        return made

    def _time(self, n_words: int) -> _Pair:
        made = self._times.get(n_words)
        if made is None:
            made = self._line(words.reading_time(n_words, self.frame.reading.language))
            _keep(self._times, n_words, made)
        return made

    def _line(self, line: str) -> _Pair:
        """A short line in HTML and in text."""
        made = self._short.get(line)
        if made is None:
            made = quoted.piece(str(escape(line))), quoted.piece(line)
            _keep(self._short, line, made)
        return made

    def _followed(self, titles: Sequence[str]) -> _Pair:
        """The topics in a row, each reader their own."""
        joined = ", ".join(titles)
        lines = words.wrapped_line(joined)
        if self._plain_titles.issuperset(titles):
            return quoted.plain(joined), quoted.plain(lines)
        return quoted.own(str(escape(joined))), quoted.own(lines)

    def _title(self, topic: str) -> str:
        title = words.clean(self.frame.section_title("topic", topic))
        if quoted.is_plain(title):
            self._plain_titles.add(title)
        return title


def _keep(kept: dict[K, V], key: K, made: V) -> None:
    if len(kept) >= _KEPT:
        kept.clear()
    kept[key] = made


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


def _openings(lead: model.Entry, most: int) -> Iterator[str]:
    yield words.opening(lead.summary or lead.body, most)
