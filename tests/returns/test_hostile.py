"""Nothing that a stranger sends makes the reader fail, or look at it for ever."""

import pytest

from digest import returns
from digest.returns import opened
from tests.returns import letters

HEAD = b"From: MAILER-DAEMON@relay.example\nSubject: failure notice\nContent-Type: %s\n\n"


@pytest.mark.parametrize(
    ("kind", "words"),
    [
        (b"text/html", b"<style " * 100_000),
        (b"text/html", b"<!--" * 100_000),
        (b"text/html", b"<a" * 200_000),
        (b"text/plain", b"a@" * 100_000),
        (b"text/plain", b"a@" + b"b." * 100_000),
        (b"text/plain", b"recipient address " * 20_000),
        (b"text/plain", b"Final-Recipient: \n\n" * 20_000),
        (b"text/plain", b'"notificationType"{' + b"[" * 100_000),
        (b"message/rfc822", b"Content-Type: message/rfc822\n\n" * 3_000),
        (b'multipart/mixed; boundary="b"', b"--b\n\n" * 20_000),
    ],
)
def test_what_is_meant_to_stop_us_is_only_a_bounce_of_nobody(kind: bytes, words: bytes) -> None:
    """A hang would end the test by its own time limit."""
    found = returns.read(HEAD % kind + words)
    assert found.kind == "bounce"
    assert all(not one.address for one in found.recipients)


def test_words_in_scripts_and_comments_are_no_words() -> None:
    markup = "<p>ann@reader.example</p><!-- a --><script>b</script><STYLE>c</STYLE>d<br>e&amp;"
    words = opened.plain(markup).split()
    assert words == ["ann@reader.example", "d", "e&"]


def test_an_address_in_angle_brackets_is_no_tag() -> None:
    assert "<ann@reader.example>" in opened.plain("<p>To <ann@reader.example></p>")


def test_words_that_only_look_like_a_report_name_nobody_else() -> None:
    """The original's own words are not the report's."""
    original = letters.ORIGINAL + "Final-Recipient: rfc822; ben@reader.example\nAction: failed\n"
    data = letters.report(letters.block("550 5.1.1 User unknown"), original=original)
    assert [one.address for one in returns.read(data).recipients] == ["ann@reader.example"]


def test_user_unknown_without_code_or_command_gives_nobody_up() -> None:
    """A39: filters say so too; with RCPT or a code it is proof."""
    bare = letters.report(letters.block("550 no such user"))
    proven = letters.report(
        letters.block("550 no such user"),
        words="mx said: 550 no such user (in reply to RCPT TO command)",
    )
    assert [one.permanence for one in returns.read(bare).recipients] == ["soft"]
    assert [one.permanence for one in returns.read(proven).recipients] == ["hard"]
