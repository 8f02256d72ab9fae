"""Real headlines of many outlets come through mail and chat as they were written."""

import email
import email.policy
import json
from collections.abc import Iterator

import pytest

from digest import model
from digest.render import chat, environment, mail, mime
from tests import real_data
from tests.render import layout, stories, telegram

pytestmark = pytest.mark.real_data

_EACH = 24


def issues() -> Iterator[model.Issue]:
    """Yield issues of a few dozen real stories each."""
    folder = real_data.folder("topics", "labelled")
    rows = [
        json.loads(line)
        for path in sorted(folder.glob("*.jsonl"))
        for line in path.read_text(encoding="utf-8").splitlines()
    ]
    items = [
        stories.item(
            number,
            **{k: row[k] or "" for k in ("title", "url", "summary", "body", "source", "language")},
            why=f"You follow Travel (title: {row['title'].split()[0]})",
        )
        for number, row in enumerate(rows)
    ]
    for start in range(0, len(items) - _EACH, _EACH):
        yield stories.issue(*items[start : start + _EACH])


def test_real_issues_make_good_mails() -> None:
    """A6, A46, A60: lint, and bytes that are read back."""
    renderer = mail.MailRenderer(environment.Templates(), stories.PUBLICATION)
    n_issues = 0
    for issue in issues():
        parts = renderer.issue(issue, stories.EDITION, stories.LINKS, time_zone=stories.TIME_ZONE)
        assert layout.problems(parts.html) == []
        assert 10 < len(parts.subject) <= 60
        head = mime.MailHead(
            sender_name="The Example Courier",
            sender_address="news@courier.example",
            recipient_address="ann@reader.example",
            message_id="<1@courier.example>",
            date=stories.NOW,
        )
        message = email.message_from_bytes(
            mime.mail_bytes(head, parts), policy=email.policy.default
        )
        assert str(message["subject"]) == parts.subject
        n_issues += 1
    assert n_issues > 5


def test_real_issues_are_accepted_by_telegrams_parser() -> None:
    """C9, C10."""
    renderer = chat.ChatRenderer(environment.Templates(), stories.PUBLICATION)
    for issue in issues():
        message = renderer.issue(
            issue, stories.EDITION, model.Links(), chat_id="1", time_zone=stories.TIME_ZONE
        )
        said = ""
        for part in message.parts:
            answer = telegram.parsed(part.html)
            assert telegram.units(answer["text"]) <= 4_096
            said += answer["text"]
        assert all(" ".join(i.story.title.split()) in said for i in issue.items)
