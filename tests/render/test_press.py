"""An issue put together from encoded parts is the issue that the templates give."""

import email.policy
import logging
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from digest import model, phrases
from digest.render import environment, mail, mime, moulds, press
from tests.render import stories

SHARED = model.replace(stories.LINKS, unsubscribe="", preferences="")


def links_of(reader: int) -> model.Links:
    return model.replace(
        stories.LINKS,
        unsubscribe=f"https://courier.example/unsubscribe/{reader}",
        preferences=f"https://courier.example/preferences/{'long' * 40}{reader}",
    )


@pytest.fixture(scope="module")
def templates() -> environment.Templates:
    return environment.Templates()


class Desk:
    """A renderer, with a press for the stories of its issues."""

    def __init__(self, templates: environment.Templates, *issues: model.Issue) -> None:
        self.renderer = mail.MailRenderer(templates, stories.PUBLICATION)
        self.stories = {item.story.id: item.story for issue in issues for item in issue.items}
        self.n_whole = 0
        self.opened = self.open()

    def open(self, time_zone: str = stories.TIME_ZONE, links: model.Links = SHARED) -> press.Press:
        return self.renderer.press(stories.EDITION, self.stories, links, time_zone=time_zone)

    def whole(self, issue: model.Issue, links: model.Links) -> model.MailParts:
        self.n_whole += 1
        return self.renderer.issue(issue, stories.EDITION, links, time_zone=stories.TIME_ZONE)

    def parts(self, issue: model.Issue, links: model.Links) -> moulds.Encoded | model.MailParts:
        numbers, left_out = self.opened.numbered(*as_shown(issue))
        return self.opened.parts(numbers, left_out, links, lambda: self.whole(issue, links))


def as_shown(issue: model.Issue) -> tuple[Sequence[model.Shown], Mapping[str, int]]:
    shown = [
        model.Shown(item.story.id, 1, section.kind, section.topic, item.why, item.updated)
        for section in issue.sections
        for item in section.items
    ]
    return shown, {f"{s.kind}:{s.topic}": s.more for s in issue.sections if s.more}


def read(parts: moulds.Encoded | model.MailParts) -> tuple[str, str, str]:
    """Subject, text and HTML as a mail program reads them."""
    head = mime.MailHead(
        sender_name="The Courier",
        sender_address="briefing@courier.example",
        recipient_address="reader@reader.example",
        message_id="<1@courier.example>",
        date=datetime(2026, 11, 23, tzinfo=UTC),
    )
    data = mime.mail_bytes(head, parts)
    assert max(map(len, data.split(b"\r\n"))) <= 78
    assert not any(line.startswith((b".", b"From ")) for line in data.split(b"\r\n"))
    text = data.partition(b"\r\n\r\n")[2]
    assert not any(blanks in text for blanks in (b" \r\n", b"  ", b"\t"))
    read = email.message_from_bytes(data, policy=email.policy.default)
    plain, html = read.iter_parts()
    return read["Subject"], lines(plain.get_content()), lines(html.get_content())


def lines(read: str) -> str:
    """What was read, whatever its line ends are; that of the last line is the part's."""
    return read.replace("\r\n", "\n").rstrip("\n")


HOSTILE = (
    ".hidden\n.dots",
    "From here to there",
    "<b>bold</b> & \"quoted\" 'text'",
    "{{ seam }} {% raw %} =3D =\n",
    "\ufdd0\ufdd1lead\ufdd1",
    "Ὀδυσσεύς — 東京で地震 🚢" * 9,
    "a" * 400,
)
WORDS = st.one_of(st.sampled_from(HOSTILE), st.text(max_size=120))


@st.composite
def issues(draw: st.DrawFn) -> model.Issue:
    numbers = iter(range(1, 40))

    def item(topic: str) -> model.IssueItem:
        changes: dict[str, Any] = {
            "title": draw(WORDS) or "Untitled",
            "summary": draw(WORDS),
            "note": draw(st.sampled_from(("", "Read this."))),
            "n_sources": draw(st.integers(1, 3)),
        }
        made = stories.item(next(numbers), why=draw(WORDS), updated=draw(st.booleans()), **changes)
        return model.replace(made, topic=topic)

    lead = [item("") for _ in range(draw(st.integers(0, 3)))]
    sections = [model.IssueSection("lead", phrases.ENGLISH.hot, tuple(lead))] if lead else []
    for topic in draw(st.lists(st.sampled_from(("travel", "science")), unique=True)):
        title = stories.PUBLICATION.topic_names[topic]
        items = tuple(item(topic) for _ in range(draw(st.integers(1, 3))))
        more = draw(st.integers(0, 12))
        sections.append(model.IssueSection("topic", title, items, topic, more))
    if not sections:
        sections = [model.IssueSection("picks", phrases.ENGLISH.picks, (item(""),))]
    return model.Issue(tuple(sections))


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(issue=issues(), reader=st.integers(0, 1 << 40))
@example(issue=stories.issue(), reader=1)
def test_a_mail_program_reads_what_the_templates_give(
    templates: environment.Templates, issue: model.Issue, reader: int
) -> None:
    """A1, A2: whatever the headlines hold, every part of every message."""
    desk = Desk(templates, issue)
    desk.opened.n_to_compare = 0
    made = desk.parts(issue, links_of(reader))
    whole = desk.renderer.issue(
        issue, stories.EDITION, links_of(reader), time_zone=stories.TIME_ZONE
    )
    assert read(made) == (whole.subject, lines(whole.text), lines(whole.html))


def test_each_reader_gets_their_own_links_and_nothing_is_rendered_whole_any_more(
    templates: environment.Templates,
) -> None:
    issue = stories.issue(more=4)
    desk = Desk(templates, issue)
    for reader in range(50):
        made = desk.parts(issue, links_of(reader))
        assert isinstance(made, moulds.Encoded)
        _, text, html = read(made)
        for link in (links_of(reader).unsubscribe, links_of(reader).preferences):
            assert link in text
            assert f'"{link}"' in html
    assert desk.n_whole == 3


def test_a_story_withdrawn_since_is_left_out(templates: environment.Templates) -> None:
    issue = stories.issue()
    desk = Desk(templates, issue)
    gone = desk.stories.pop(issue.items[0].story.id)
    numbered = desk.opened.numbered(*as_shown(issue))
    left = model.Issue(
        (model.replace(issue.sections[1], items=issue.sections[1].items), *issue.sections[2:])
    )
    made = desk.opened.parts(*numbered, links_of(1), lambda: desk.whole(left, links_of(1)))
    assert isinstance(made, moulds.Encoded)
    subject, text, html = read(made)
    assert subject == issue.items[1].story.title
    assert gone.title not in text + html


def test_an_issue_too_long_for_gmail_is_shortened_as_ever(
    templates: environment.Templates,
) -> None:
    """A46."""
    long = stories.huge_issue(9, 30)
    desk = Desk(templates, stories.issue(), long)
    made = desk.parts(long, links_of(1))
    assert isinstance(made, model.MailParts)
    assert len(made.html.encode()) <= mail.LARGEST_HTML_BYTES
    assert isinstance(desk.parts(stories.issue(), links_of(1)), moulds.Encoded)


@pytest.mark.parametrize(
    ("file", "source"),
    [
        ("email/partials/footer.txt", "{{ links.unsubscribe | length }} {{ topics | length }}\n"),
        ("email/issue/body.txt", "{{ title }}{% for block in blocks %}{{ block }}{% endfor %}\n"),
        ("email/issue/body.txt", "{% for b in blocks %}{{ seam }}{{ loop.index }}{% endfor %}\n"),
        ("email/issue/subject.txt", "{{ subject | upper }}\n"),
        ("email/issue/subject.txt", "{{ subject | length }} signs\n"),
    ],
)
def test_a_template_that_cannot_be_cut_is_rendered_for_every_reader_and_said_once(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, file: str, source: str
) -> None:
    (tmp_path / file).parent.mkdir(parents=True)
    (tmp_path / file).write_text(source)
    issue = stories.issue()
    desk = Desk(environment.Templates(tmp_path), issue)
    with caplog.at_level(logging.WARNING):
        for reader in (1, 20, 300):
            made = desk.parts(issue, links_of(reader))
            assert made == desk.renderer.issue(
                issue, stories.EDITION, links_of(reader), time_zone=stories.TIME_ZONE
            )
    said = [each for each in caplog.records if getattr(each, "event", "") == "press.unused"]
    assert len(said) == 1


def test_a_subject_of_the_publishers_own_is_kept(tmp_path: Path) -> None:
    (tmp_path / "email" / "issue").mkdir(parents=True)
    (tmp_path / "email/issue/subject.txt").write_text("{{ title }}: {{ subject }}\n")
    desk = Desk(environment.Templates(tmp_path), stories.issue())
    for reader in range(5):
        made = desk.parts(stories.issue(), links_of(reader))
        assert isinstance(made, moulds.Encoded)
        assert made.subject.startswith("Morning briefing: Harbour bridge")


def test_links_that_html_would_write_otherwise_are_left_to_the_templates(
    templates: environment.Templates,
) -> None:
    issue = stories.issue()
    desk = Desk(templates, issue)
    odd = model.replace(links_of(1), unsubscribe="https://courier.example/u?a=1&b=2")
    made = desk.parts(issue, odd)
    assert isinstance(made, model.MailParts)
    assert "u?a=1&amp;b=2" in made.html
    others = model.replace(links_of(1), archive="https://courier.example/archive/8")
    made = desk.parts(issue, others)
    assert isinstance(made, model.MailParts)
    assert "archive/8" in made.html
