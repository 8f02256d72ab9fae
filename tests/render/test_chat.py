"""Chat messages: accepted by Telegram's own parser, within its limits, parted between stories."""

from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest import model
from digest.render import chat, environment
from tests.render import stories
from tests.render.telegram import links_in, parsed, units

# A busy machine is no failure.
UNHURRIED = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])


_RENDERER = chat.ChatRenderer(environment.Templates(), stories.PUBLICATION)


def issue_message(issue: model.Issue, **changes: Any) -> model.ChatMessage:
    options: dict[str, Any] = {"chat_id": "42", "time_zone": stories.TIME_ZONE, **changes}
    links = options.pop("links", stories.LINKS)
    return _RENDERER.issue(issue, stories.EDITION, links, **options)


def test_an_issue_shows_sections_headlines_sources_and_reasons() -> None:
    """C21."""
    issue = stories.issue()
    [part] = issue_message(issue).parts
    answer = parsed(part.html)
    for section in issue.sections:
        assert section.title in answer["text"]
    for item in issue.items:
        assert item.story.title in answer["text"]
        assert item.why in answer["text"]
    assert links_in(answer) == [item.story.lead.url for item in issue.items]


def test_only_the_lead_is_previewed_and_summarised() -> None:
    """C21."""
    [part] = issue_message(stories.issue()).parts
    assert part.preview_url == "https://courier.example/stories/1"
    assert part.html.count("Nobody was hurt.") == 1


def test_at_most_ten_stories_are_shown_and_the_rest_waits_online() -> None:
    """C21."""
    message = issue_message(stories.huge_issue(2, 10))
    text = "\n".join(parsed(part.html)["text"] for part in message.parts)
    urls = {f"https://courier.example/stories/{n}" for n in (1, *range(1_000, 1_010), 2_000)}
    shown = {url for part in message.parts for url in links_in(parsed(part.html))} & urls
    assert len(shown) == 10
    assert "1 more online" in text
    assert "10 more online" in text


def test_without_an_archive_all_stories_are_shown() -> None:
    message = issue_message(stories.huge_issue(2, 10), links=model.Links())
    shown = [url for part in message.parts for url in links_in(parsed(part.html))]
    assert len(shown) == 21


def test_a_long_issue_is_parted_between_stories() -> None:
    """C9: each part is valid alone, within both limits, in order, with the keyboard last."""
    issue = stories.huge_issue(12, 8, title="\U0001f600 " * 30, why="You follow <Travel> & co")
    parts = issue_message(issue, links=model.Links()).parts
    assert len(parts) > 3
    shown: list[str] = []
    for number, part in enumerate(parts, 1):
        answer = parsed(part.html)
        assert units(answer["text"]) <= 4_096
        assert len(answer["entities"]) < 100
        assert answer["text"].endswith(f"{number}/{len(parts)}")
        assert bool(part.buttons) == (number == len(parts))
        assert bool(part.preview_url) == (number == 1)
        shown += links_in(answer)
    assert shown == [item.story.lead.url for item in issue.items]


def test_the_keyboard_opens_the_settings_the_reasons_and_the_archive() -> None:
    [part] = issue_message(stories.issue()).parts
    assert [[b.data or b.url for b in row] for row in part.buttons] == [
        ["settings", "why:e7"],
        [stories.LINKS.archive],
    ]


def test_an_alert_can_be_muted_with_one_tap() -> None:
    """C22."""
    message = _RENDERER.alert(
        stories.item(1, breaking=True, n_sources=3),
        stories.LINKS,
        chat_id="42",
        at=stories.NOW,
        time_zone=stories.TIME_ZONE,
        silent=True,
        thread_id=9,
    )
    [part] = message.parts
    text = parsed(part.html)["text"]
    assert text.startswith("Breaking · Mon 23 Nov, 08:00")
    assert "You follow Travel (title: ferry)" in text
    assert [b.data for b in part.buttons[0]] == ["mute:travel", "why:s1"]
    assert part.buttons[0][0].text == "Mute Travel"
    assert (message.chat_id, message.silent, message.thread_id) == ("42", True, 9)


def test_button_data_fits_what_telegram_takes() -> None:
    """C9: at most 64 bytes, also for a topic with a very long name."""
    item = model.IssueItem(stories.story(1), "", "θέμα-" * 20)
    message = _RENDERER.alert(item, stories.LINKS, chat_id="42", at=stories.NOW, time_zone="UTC")
    for row in message.parts[0].buttons:
        for button in row:
            assert len(button.data.encode()) <= 64
            assert len(button.text) <= 40


@pytest.mark.parametrize("name", ["confirm", "welcome", "goodbye"])
def test_notices_are_accepted(name: str) -> None:
    message = _RENDERER.notice(
        name,
        stories.LINKS,
        chat_id="42",
        confirm_url="https://courier.example/confirm/x?a=1&b=2",
        topics=("Travel & <co>",),
    )
    [part] = message.parts
    text = parsed(part.html)["text"]
    assert "Travel & <co>" in text or name == "goodbye"


@UNHURRIED
@given(st.text(max_size=200) | st.text("<>&\"'_*[]()~`#+=|{}.!/b aé\U0001f600", max_size=120))
def test_any_headline_arrives_literally(title: str) -> None:
    """C10."""
    [part] = issue_message(stories.issue(stories.item(1, title="Then " + title))).parts
    shown = stories.issue(stories.item(1, title="Then " + title)).lead.story.title
    text = parsed(part.html)["text"]
    line = next(line for line in text.splitlines() if line.startswith("Then"))
    assert line.rstrip("…") in " ".join(shown.split()) or "�" in line or not shown.isprintable()
