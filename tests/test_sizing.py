"""Sizes are told before anything goes out: what Gmail cuts, what the server takes (A35, A46)."""

import logging
from pathlib import Path

import pytest

from digest import model, pipeline, preview, sizing
from digest.render import mail
from digest.storage import switches
from tests import publishing
from tests.publishing import GLACIERS, NAIROBI, PORTO, SEOUL, Press


def _previewed(press: Press) -> sizing.Size:
    reach = preview.anybody(press.rt, (), model.ChannelKind.EMAIL)
    work, now = preview.preview_issue, press.clock()
    made = press.do(work, press.rt, pipeline.DAILY, reach, now=now)
    assert isinstance(made.message, model.MailMessage)
    assert made.size.n_bytes == len(made.message.data)
    size: sizing.Size = made.size
    return size


async def test_a_small_issue_is_measured_and_nothing_is_said(tmp_path: Path) -> None:
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.add_stories(SEOUL, GLACIERS)
        size = _previewed(press)
        assert 0 < size.n_html_bytes < size.n_bytes
        assert size.left_out == ()
        assert size.warnings == ()


async def test_the_stories_that_an_issue_has_no_room_for_are_named(
    tmp_path: Path, caplog: pytest.LogCaptureFixture, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A46: at the preview, and in the log when the edition is frozen."""
    url = f"sqlite:///{tmp_path / 'test.db'}"
    async with publishing.opened(url, tmp_path) as press:
        press.add_stories(SEOUL, GLACIERS, PORTO, NAIROBI)
        press.add_reader("ann")
        monkeypatch.setattr(mail, "LARGEST_HTML_BYTES", _previewed(press).n_html_bytes - 6_000)
        size = _previewed(press)
        assert size.left_out
        [warning] = size.warnings
        assert "too long for Gmail" in warning
        assert size.left_out[0].title in warning
        with caplog.at_level(logging.WARNING):
            await press.publish()
            await press.send()
        assert any("too long for Gmail" in r.message for r in caplog.records)
        [received] = press.mail_of("ann")
        # What the reader's mail holds is what was said of it.
        told = " ".join(received.text("html").split())
        missing = [title for title in (SEOUL, GLACIERS, PORTO, NAIROBI) if title not in told]
        assert sorted(missing) == sorted(story.title for story in size.left_out)


async def test_what_the_mail_server_would_refuse_is_said_before_it_does(tmp_path: Path) -> None:
    """A35: by the limit that the server told when it was last asked."""
    async with publishing.opened(f"sqlite:///{tmp_path / 'test.db'}", tmp_path) as press:
        press.add_stories(SEOUL)
        async with press.rt.senders() as senders:
            answer = await senders[model.ChannelKind.EMAIL].verify()
        press.do(sizing.remember_limit, answer)
        assert _previewed(press).n_most_bytes > 1_000_000
        press.do(
            sizing.remember_limit, "a: messages up to 9,000 bytes; b: messages up to 800 bytes"
        )
        size = _previewed(press)
        assert size.n_most_bytes == 800
        assert "takes at most 800" in size.warnings[0]
        press.do(sizing.remember_limit, "it answers")
        assert _previewed(press).warnings == ()
        assert press.do(switches.get, "smtp.largest_bytes") == ""
