"""Every mail, full or nearly empty, passes the lint of standards A46 to A56."""

import re
from collections.abc import Callable

import pytest

from digest import model
from digest.render import environment, mail
from tests.render import layout, stories

_RENDERER = mail.MailRenderer(environment.Templates(), stories.PUBLICATION)
_ARABIC = mail.MailRenderer(
    environment.Templates(), model.replace(stories.PUBLICATION, language="ar")
)
_BARE = mail.MailRenderer(
    environment.Templates(), model.Publication(name="C", base_url="https://courier.example")
)


def _issue(issue: model.Issue, links: model.Links = stories.LINKS) -> str:
    return _RENDERER.issue(issue, stories.EDITION, links, time_zone=stories.TIME_ZONE).html


def _mirrored() -> str:
    links, language = stories.LINKS, "ar"
    return _ARABIC.issue(
        stories.issue(), stories.EDITION, links, time_zone="UTC", language=language
    ).html


def _full() -> str:
    rich = stories.item(
        1,
        image="https://courier.example/ferry.jpg",
        note="Read this one twice.",
        n_sources=4,
        updated=True,
    )
    noted = stories.item(2, note="And this one.", breaking=True)
    return _issue(stories.issue(rich, noted, *stories.issue().items[2:], more=3))


def _notice(name: str) -> str:
    links, address = stories.LINKS, "https://courier.example/confirm/x"
    return _RENDERER.notice(name, links, confirm_url=address, topics=("Travel",)).html


def _alert(renderer: mail.MailRenderer, links: model.Links) -> str:
    return renderer.alert(
        stories.item(1, breaking=True), links, at=stories.NOW, time_zone=stories.TIME_ZONE
    ).html


def _bare() -> str:
    item = stories.item(1, why="", url="", summary="", source="", published_at=None)
    issue = stories.issue(item)
    edition = model.replace(stories.EDITION, title="")
    return _BARE.issue(issue, edition, model.Links(), time_zone="UTC").html


MAILS: dict[str, Callable[[], str]] = {
    "a full issue": _full,
    "one story": lambda: _issue(stories.issue(stories.item(1))),
    "sixty stories": lambda: _issue(stories.huge_issue(6, 10)),
    "far too many stories": lambda: _issue(stories.huge_issue(30, 60)),
    "no links": lambda: _issue(stories.issue(), model.Links()),
    "nothing but a headline": _bare,
    "right to left": _mirrored,
    "hostile": lambda: _issue(
        stories.issue(*(stories.item(n, title="</td><script>\"'&<h1>", note="<p>") for n in (1, 2)))
    ),
    "an alert": lambda: _alert(_RENDERER, stories.LINKS),
    "a bare alert": lambda: _alert(_BARE, model.Links()),
    "confirm": lambda: _notice("confirm"),
    "welcome": lambda: _notice("welcome"),
    "goodbye": lambda: _notice("goodbye"),
}


@pytest.mark.parametrize("name", MAILS)
def test_a_mail_passes_the_lint(name: str) -> None:
    """A46, A48 to A53, A56, A58, A60."""
    assert layout.problems(MAILS[name]()) == []


@pytest.mark.parametrize(
    ("damage", "by", "standard"),
    [
        ('role="presentation"', "", "A53"),
        ('lang="en"', "", "A53"),
        ("<h2", "<h4", "A53"),
        ('alt=""', "", "A52"),
        ("#5f5c55", "#a9a69f", "A51"),
        ('content="light dark"', 'content="light"', "A51"),
        ("font-size:14px", "font-size:12px", "A56"),
        ('href="https://courier.example/stories/1"', 'href="/stories/1"', "A58"),
        ("<h1", "<svg></svg><h1", "A49"),
        ('<h1 class="name" style="', '<h1 class="name" style="padding:9px;', "A50"),
    ],
)
def test_the_lint_finds_what_is_wrong(damage: str, by: str, standard: str) -> None:
    """A60: a lint that finds nothing proves nothing."""
    html = _full()
    assert damage in html
    assert any(p.startswith(standard) for p in layout.problems(html.replace(damage, by)))


def test_dark_colours_are_legible() -> None:
    """A51: every ink on every paper of the dark scheme."""
    dark = _full().partition("prefers-color-scheme: dark")[2].partition("[data-ogsc]")[0]
    rules = re.findall(r"([^{}]+)\{([^{}]+)\}", dark)
    papers = {
        selector.strip(): colour
        for selector, style in rules
        for colour in re.findall(r"background-color: (#\w+)", style)
    }
    inks = [
        (selector, colour)
        for selector, style in rules
        if "background-color" not in style
        for colour in re.findall(r"(?<!-)color: (#\w+)", style)
        if "border" not in style
    ]
    assert len(papers) >= 3
    assert len(inks) >= 3
    pages = [c for s, c in papers.items() if "page" in s or "paper" in s]
    for _, ink in inks:
        assert all(layout.contrast(ink, paper) >= 4.5 for paper in pages)
    for _, style in rules:
        both = re.findall(r"color: (#\w+)", style)
        assert len(both) < 2 or layout.contrast(*both[:2]) >= 4.5


def test_without_any_style_sheet_colours_and_sizes_are_still_there() -> None:
    """A48: Gmail drops <style> for accounts of other providers."""
    html = re.sub(r"<style.*?</style>", "", _full(), flags=re.DOTALL)
    found = layout.problems(html)
    assert [p for p in found if not p.startswith("A51 no dark")] == []


def test_images_off_loses_no_words() -> None:
    """A52."""
    html = re.sub(r"<img[^>]*>", "", _full())
    text = layout.Tree(html).root.all_text()
    assert all(item.story.title in text for item in stories.issue().items[2:])


def test_nothing_is_loaded_from_elsewhere_but_the_lead_image() -> None:
    """A49, A59: no web font, no pixel, no counted open."""
    loaded = re.findall(r'(?:src|background)="([^"]+)"|url\(([^)]+)\)|@import', _full())
    assert loaded == [("https://courier.example/ferry.jpg", "")]


def test_a_right_to_left_issue_is_mirrored() -> None:
    """A54."""
    html = MAILS["right to left"]()
    assert 'lang="ar" dir="rtl"' in html
    assert "text-align:right" in html
    assert "text-align:left" not in html
    assert "direction:ltr" not in html


def test_names_against_the_direction_of_the_page_do_not_reorder_it() -> None:
    """A54."""
    assert "\u2068The Courier\u2069" in _mirrored()
    assert "\u2068" not in _full()
    assert "\u2068صحيفة\u2069" in _issue(stories.issue(stories.item(1, source="صحيفة")))


def test_a_headline_keeps_its_own_direction_and_language() -> None:
    """A54."""
    html = _issue(stories.issue(stories.item(1, title="مرحبا بالعالم", language="ar")))
    assert re.search(r'<h2[^>]* dir="rtl" lang="ar"', html)
    assert '<html lang="en" dir="ltr"' in html


def test_the_first_visible_words_are_not_about_the_mail() -> None:
    """A55."""
    text = layout.Tree(_full()).root
    body = next(e for e in text.walk() if e.tag == "body")
    assert body.all_text().strip().startswith(tuple(i.story.title for i in stories.issue().items))
