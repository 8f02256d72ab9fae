"""The text part, word for word."""

from digest import model
from digest.render import environment, mail
from tests.render import stories

_FULL = """\
The Example Courier
Morning briefing · Monday 23 November 2026
1 min · 3 stories
View in browser: https://courier.example/archive/7
Unsubscribe: https://courier.example/unsubscribe/abc123

============================================================

A short one today.

TOP STORY, UPDATED
Harbour bridge opens again, two months early

Officials said so on Monday. Nobody was hurt.

The Courier · 07:30 · +3 sources
You follow Travel (title: bridge)
https://courier.example/stories/1

EDITOR'S PICKS
------------------------------------------------------------

Editor’s note: Read this one to the end, where the engineer says what
they found.

* Probe finds warm-water salts on an icy moon
  Officials said so on Monday. Nobody was hurt.
  The Courier · 07:00
  https://courier.example/stories/2

TRAVEL
------------------------------------------------------------

* Night trains come back on four lines next year
  The Courier · Sun 22 Nov, 21:40
  You follow Travel (title: ferry)

2 more online: https://courier.example/archive/7

------------------------------------------------------------
You get this because you subscribed to The Example Courier and follow
these topics:
Travel

Change topics, pause or get it less often:
https://courier.example/preferences/abc123
Unsubscribe:
https://courier.example/unsubscribe/abc123
View in browser:
https://courier.example/archive/7
Forwarded to you? Get your own:
https://courier.example/

The Example Courier
12 Harbour Street, Exampleton
desk@courier.example
Privacy policy: https://courier.example/privacy
"""

_CONFIRM = """\
Somebody, hopefully you, asked for The Example Courier at this address.
Please confirm that you want it.

Your topics: Travel, Science

Yes, subscribe me:
https://courier.example/confirm/xyz

Not you? Do nothing, and you will not hear from us again.

------------------------------------------------------------
You get this because this address was entered at The Example Courier.

The Example Courier
12 Harbour Street, Exampleton
desk@courier.example
Privacy policy: https://courier.example/privacy
"""


def renderer() -> mail.MailRenderer:
    return mail.MailRenderer(environment.Templates(), stories.PUBLICATION)


def test_an_issue_reads_well_as_plain_text() -> None:
    """A6, A60, G1 to G4."""
    note = "Read this one to the end, where the engineer says what they found."
    yesterday = stories.NOW.replace(day=22, hour=19, minute=40)
    issue = stories.issue(
        stories.item(1, why="You follow Travel (title: bridge)", n_sources=4, updated=True),
        stories.item(2, why="", note=note),
        stories.item(3, url="", summary="", published_at=yesterday),
        more=2,
    )
    edition = model.replace(stories.EDITION, note="A short one today.")
    parts = renderer().issue(issue, edition, stories.LINKS, time_zone=stories.TIME_ZONE)
    assert parts.text == _FULL


def test_a_confirmation_reads_well_as_plain_text() -> None:
    """A60."""
    parts = renderer().notice(
        "confirm",
        stories.LINKS,
        confirm_url="https://courier.example/confirm/xyz",
        topics=("Travel", "Science"),
    )
    assert parts.text == _CONFIRM


def test_long_addresses_stay_on_one_line() -> None:
    """A6."""
    url = "https://courier.example/" + "long-" * 60
    issue = stories.issue(stories.item(1, url=url))
    parts = renderer().issue(issue, stories.EDITION, stories.LINKS, time_zone="UTC")
    assert url in parts.text.splitlines()


def test_other_lines_are_short_enough_to_read() -> None:
    parts = renderer().issue(
        stories.huge_issue(3, 5, summary="word " * 60),
        stories.EDITION,
        stories.LINKS,
        time_zone="UTC",
    )
    assert all(len(line) <= 76 for line in parts.text.splitlines() if "https://" not in line)
