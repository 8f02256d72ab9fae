"""One rendering serves all chats that get the same stories, and nobody sees another's links."""

import datetime as dt
from pathlib import Path

from digest import model
from digest.render import chat, environment

PUBLICATION = model.Publication(name="The Meridian", base_url="https://meridian.example")
AT = dt.datetime(2026, 11, 3, 9, tzinfo=dt.UTC)
EDITION = model.Edition(
    id=3, digest="daily", bucket="", slot="now", title="", frozen_at=AT, on=AT.date()
)


def story(number: int) -> model.Story:
    entry = model.Entry(
        id=str(number), title=f"Headline {number}", url=f"https://meridian.example/{number}",
        published_at=AT,
    )  # fmt: skip
    return model.Story(number, (entry,), (), AT, AT)


def issue(*stories: model.Story, why: str = "You follow Asia") -> model.Issue:
    items = tuple(model.IssueItem(one, why, "asia") for one in stories)
    return model.Issue((model.IssueSection("topic", "Asia", items, "asia"),))


def links(reader: str) -> model.Links:
    return model.Links(
        unsubscribe=f"https://meridian.example/unsubscribe/{reader}",
        preferences=f"https://meridian.example/preferences/{reader}",
        archive="https://meridian.example/archive/3",
        subscribe="https://meridian.example/",
    )


def rendered(renderer: chat.ChatRenderer, told: model.Issue, reader: str) -> model.ChatMessage:
    return renderer.issue(told, EDITION, links(reader), chat_id=reader, time_zone="Europe/Athens")


def test_the_same_stories_are_rendered_once_for_each_chat_of_its_own() -> None:
    renderer = chat.ChatRenderer(environment.Templates(), PUBLICATION)
    one, two = story(1), story(2)
    first = rendered(renderer, issue(one, two), "7")
    second = rendered(renderer, issue(one, two), "8")
    assert second.parts is first.parts
    assert (first.chat_id, second.chat_id) == ("7", "8")


def test_other_stories_reasons_or_words_are_rendered_anew() -> None:
    renderer = chat.ChatRenderer(environment.Templates(), PUBLICATION)
    one, two = story(1), story(2)
    texts = [
        rendered(renderer, told, "7").parts[0].html
        for told in (
            issue(one, two),
            issue(two, one),
            issue(one, two, why="You follow Markets"),
            issue(model.replace(one, headline="Another headline"), two),
        )
    ]
    assert len(set(texts)) == 4


def test_a_template_that_shows_a_readers_own_link_is_rendered_for_each(tmp_path: Path) -> None:
    """B24: what is kept for many holds nobody's tokens."""
    (tmp_path / "chat").mkdir()
    (tmp_path / "chat" / "issue.html").write_text(
        '{{ n_stories }} <a href="{{ links.preferences }}">choose</a>', "utf-8"
    )
    renderer = chat.ChatRenderer(environment.Templates(tmp_path), PUBLICATION)
    told = issue(story(1))
    texts = [rendered(renderer, told, reader).parts[0].html for reader in ("7", "8", "7")]
    assert [f"preferences/{reader}" in text for reader, text in zip("787", texts, strict=True)] == [
        True,
        True,
        True,
    ]
    assert "anybody.invalid" not in "".join(texts)


def test_only_so_many_are_kept() -> None:
    renderer = chat.ChatRenderer(environment.Templates(), PUBLICATION)
    for number in range(1_050):
        rendered(renderer, issue(story(number)), "7")
    assert len(renderer._kept) <= 1_000
