"""Archive pages are the same for everybody, whole without any other server, and shareable."""

import base64
import hashlib
import itertools
import re
from pathlib import Path

import pytest

from digest import errors, model
from digest.render import environment, pages
from tests.render import layout, stories


@pytest.fixture(scope="module")
def renderer() -> pages.PageRenderer:
    return pages.PageRenderer(environment.Templates(), stories.PUBLICATION)


@pytest.fixture(scope="module")
def page(renderer: pages.PageRenderer) -> str:
    rich = stories.item(1, image="https://courier.example/f.jpg", note="Read this.", n_sources=3)
    issue = stories.issue(rich, *stories.issue().items[1:])
    return renderer.edition_page(issue, stories.EDITION, time_zone=stories.TIME_ZONE)


def elements(page: str) -> list[layout.Element]:
    tree = layout.Tree(page)
    assert tree.problems == []
    return list(tree.root.walk())


def test_a_page_shows_every_story_once(page: str) -> None:
    for item in stories.issue().items:
        assert page.count(f">{item.story.title}</a>") == 1


def test_a_page_is_about_nobody(page: str) -> None:
    """B24: no reader's reason, unsubscribe or preference link."""
    assert "You follow" not in page
    assert "unsubscribe" not in page.lower()
    assert "/preferences/" not in page


def test_a_page_has_a_canonical_address_and_a_description(page: str) -> None:
    """B24."""
    assert '<link rel="canonical" href="https://courier.example/archive/7">' in page
    assert '<meta name="description" content="Harbour bridge opens again' in page
    assert "12 Harbour Street, Exampleton" in page


def test_stories_and_the_edition_can_be_shared_in_every_usual_way(page: str) -> None:
    """B24, G8: plain links, no script."""
    links = [e.attributes["href"] for e in elements(page) if e.tag == "a"]
    for start in (
        "mailto:?subject=",
        "https://t.me/share/url?",
        "https://x.com/intent/post?",
        "https://www.facebook.com/sharer/",
        "https://www.linkedin.com/sharing/",
        "https://wa.me/?text=",
    ):
        assert len([link for link in links if link.startswith(start)]) == 7
    assert "<script" not in page


def test_a_page_loads_nothing_from_elsewhere_but_its_image(page: str) -> None:
    loaded = re.findall(r'src="([^"]+)"|url\(([^)]+)\)|<link rel="stylesheet"', page)
    assert loaded == [("https://courier.example/f.jpg", "")]


def test_headings_are_in_order(page: str) -> None:
    levels = [int(e.tag[1]) for e in elements(page) if re.fullmatch("h[1-6]", e.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(b <= a + 1 for a, b in itertools.pairwise(levels))


def test_the_style_is_the_one_the_policy_allows(renderer: pages.PageRenderer, page: str) -> None:
    """E11: the hash is that of what stands in the page."""
    found = re.search(r"<style>(.*?)</style>", page, re.DOTALL)
    assert found
    digest = base64.b64encode(hashlib.sha256(found[1].encode()).digest()).decode()
    assert renderer.style_source == f"'sha256-{digest}'"
    assert 'style="' not in page


def test_colours_are_legible_in_both_schemes() -> None:
    style = environment.Templates().source("web/digest.css")
    schemes = re.findall(r":root \{([^}]*)\}", style)
    assert len(schemes) == 2
    for scheme in schemes:
        colour = dict(re.findall(r"--(\w[\w-]*): (#\w{6})", scheme))
        for paper in ("desk", "paper"):
            for ink in ("ink", "soft", "hot"):
                assert layout.contrast(colour[ink], colour[paper]) >= 4.5
        assert layout.contrast(colour["on-hot"], colour["hot"]) >= 4.5
        assert layout.contrast(colour["ink"], colour["note"]) >= 4.5


def test_hostile_text_is_only_text(renderer: pages.PageRenderer) -> None:
    """A58."""
    title = '</title><script>alert("1")</script>'
    issue = stories.issue(stories.item(1, title=title, url="javascript:alert(1)"))
    page = renderer.edition_page(issue, stories.EDITION)
    assert "<script" not in page
    assert "javascript:" not in page


def test_an_edition_without_title_takes_the_publications_name(
    renderer: pages.PageRenderer,
) -> None:
    """G9."""
    edition = model.replace(stories.EDITION, title="")
    page = renderer.edition_page(stories.issue(stories.item(1)), edition)
    assert "<h1>The Example Courier</h1>" in page


def test_any_page_can_be_added_in_the_shared_look(tmp_path: Path) -> None:
    (tmp_path / "web").mkdir()
    (tmp_path / "web" / "thanks.html").write_text(
        '{% extends "web/layout.html" %}{% block main %}<h1>Thanks, {{ who }}</h1>{% endblock %}'
    )
    renderer = pages.PageRenderer(environment.Templates(tmp_path), stories.PUBLICATION)
    page = renderer.page("thanks", who="<Ann>")
    assert "<h1>Thanks, &lt;Ann&gt;</h1>" in page
    assert '<main id="main">' in page
    with pytest.raises(errors.RenderError):
        renderer.page("nosuch")


def test_a_right_to_left_page_says_so() -> None:
    """A54, G10."""
    arabic = model.replace(stories.PUBLICATION, language="ar")
    renderer = pages.PageRenderer(environment.Templates(), arabic)
    page = renderer.edition_page(stories.issue(), stories.EDITION, language="ar")
    assert '<html lang="ar" dir="rtl">' in page
