"""An issue that many readers get is made once, and each still gets their own links."""

from pathlib import Path

import pytest

from digest import model
from digest.render import environment, mail, moulds
from tests.render import stories


def links_of(reader: int) -> model.Links:
    return model.replace(
        stories.LINKS,
        unsubscribe=f"https://courier.example/unsubscribe/{reader}?a=1&b=2",
        preferences=f"https://courier.example/preferences/{reader}",
    )


def issue_mail(
    renderer: mail.MailRenderer,
    links: model.Links,
    issue: model.Issue | None = None,
    time_zone: str = stories.TIME_ZONE,
) -> model.MailParts:
    return renderer.issue(issue or stories.issue(), stories.EDITION, links, time_zone=time_zone)


def fresh(templates: environment.Templates) -> mail.MailRenderer:
    return mail.MailRenderer(templates, stories.PUBLICATION)


@pytest.fixture(scope="module")
def templates() -> environment.Templates:
    return environment.Templates()


def test_every_reader_gets_what_their_own_rendering_gives(
    templates: environment.Templates,
) -> None:
    shared = fresh(templates)
    for reader in range(4):
        alone = issue_mail(fresh(templates), links_of(reader))
        assert issue_mail(shared, links_of(reader)) == alone


def test_readers_with_other_links_or_clocks_do_not_share(
    templates: environment.Templates,
) -> None:
    shared = fresh(templates)
    few = model.Links(unsubscribe="https://courier.example/u")
    for links, zone in (
        (links_of(1), "UTC"),
        (links_of(2), "UTC"),
        (few, "UTC"),
        (few, "UTC"),
        (links_of(3), "Asia/Tokyo"),
        (links_of(4), "Asia/Tokyo"),
    ):
        parts = issue_mail(shared, links, time_zone=zone)
        assert parts == issue_mail(fresh(templates), links, time_zone=zone)


def test_readers_with_other_stories_do_not_share(templates: environment.Templates) -> None:
    shared = fresh(templates)
    issues = [
        stories.issue(),
        stories.issue(),
        stories.issue(stories.item(1)),
        stories.issue(stories.item(1, note="Read this.")),
        stories.issue(stories.item(1, why="You follow Science")),
        stories.issue(*stories.issue().items, more=5),
    ]
    for issue in issues:
        parts = issue_mail(shared, links_of(1), issue)
        assert parts == issue_mail(fresh(templates), links_of(1), issue)


def test_a_template_that_changes_a_link_is_rendered_for_every_reader(tmp_path: Path) -> None:
    (tmp_path / "email" / "partials").mkdir(parents=True)
    (tmp_path / "email" / "partials" / "footer.txt").write_text(
        "{{ links.unsubscribe | upper }} {{ links.unsubscribe | length }}\n"
    )
    own = fresh(environment.Templates(tmp_path))
    for reader in (1, 20, 300):
        text = issue_mail(own, links_of(reader)).text
        link = links_of(reader).unsubscribe
        assert f"{link.upper()} {len(link)}" in text


def test_what_is_asked_for_often_is_rendered_three_times() -> None:
    """Once for its first reader, once with gaps, once to see that the gaps are all."""
    rendered: list[model.Links] = []

    def render(order: str, links: model.Links) -> model.MailParts:
        rendered.append(links)
        return model.MailParts(order, "", links.preferences, f"<a href='{links.preferences}'>")

    made = moulds.Moulds(render)
    for reader in range(50):
        assert made.message("one", links_of(reader)).text == links_of(reader).preferences
    assert len(rendered) == 3


def test_what_is_asked_for_once_is_rendered_once() -> None:
    rendered: list[str] = []

    def render(order: str, links: model.Links) -> model.MailParts:
        rendered.append(order)
        return model.MailParts(order, "", links.archive, links.archive)

    made = moulds.Moulds(render)
    for order in ("one", "two", "three"):
        made.message(order, stories.LINKS)
    assert rendered == ["one", "two", "three"]
