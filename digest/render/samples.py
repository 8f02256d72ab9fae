"""Sample values for every template that ships: what `Templates.check` renders them with.

Two of each where it matters, one with everything and one with as little as can be, so that a
name that is only used now and then is met too.
"""

from collections.abc import Mapping

from markupsafe import Markup

from digest import model
from digest.render import views

__all__ = ["required", "values"]

_PUBLICATION = model.Publication(
    name="The Example Courier",
    base_url="https://courier.example",
    postal_address="1 Example Street, Exampleton",
    contact="desk@courier.example",
    privacy_url="https://courier.example/privacy",
)
_LINKS = model.Links(
    unsubscribe="https://courier.example/unsubscribe/abc",
    preferences="https://courier.example/preferences/abc",
    archive="https://courier.example/archive/1",
    subscribe="https://courier.example/",
)
_CARD = views.Card(
    headline="Harbour bridge reopens after repairs",
    url="https://courier.example/harbour-bridge",
    summary="Traffic crossed the bridge for the first time since spring.",
    source="The Example Courier",
    when="08:00",
    others=2,
    updated=True,
    breaking=True,
    note="Our correspondent was there.",
    why="You follow Travel (title: bridge)",
    image="https://courier.example/bridge.jpg",
    language="en",
    direction="ltr",
    shares=(model.Share("Mail", "mailto:?subject=Bridge"),),
)
_BARE_CARD = model.replace(
    _CARD,
    url="",
    summary="",
    source="",
    others=0,
    updated=False,
    breaking=False,
    note="",
    why="",
    image="",
    shares=(),
)
_SHARED: Mapping[str, object] = {
    "publication": _PUBLICATION,
    "links": _LINKS,
    "language": "en",
    "direction": "ltr",
}
_BARE: Mapping[str, object] = {
    **_SHARED,
    "publication": model.Publication(name="C", base_url="https://courier.example"),
    "links": model.Links(),
}


def _with(**extra: object) -> tuple[Mapping[str, object], ...]:
    return ({**_SHARED, **extra},)


def _issue(lead: object, card: object) -> tuple[Mapping[str, object], ...]:
    full = {
        **_SHARED,
        "seam": "",
        "subject": "Harbour bridge reopens after repairs",
        "preheader": "Schools open an hour later on Monday",
        "title": "Morning briefing",
        "note": "A short one today.",
        "date": "Monday 23 November 2026",
        "at": "Mon 23 Nov, 08:00",
        "reading_time": "4 min",
        "n_stories": 12,
        "topics": ("Travel", "Schools"),
        "lead": lead,
        "blocks": (
            views.Block("picks", "Editor's picks", (card,)),
            views.Block("topic", "Travel", (card, card), more=3),
        ),
        "more": 2,
    }
    bare = {**full, **_BARE, "title": "", "note": "", "topics": (), "blocks": (), "more": 0}
    return full, bare


def _alert(card: object) -> tuple[Mapping[str, object], ...]:
    extra = {
        "subject": "Harbour bridge reopens after repairs",
        "preheader": "Traffic crossed the bridge for the first time since spring.",
        "card": card,
        "at": "Mon 23 Nov, 08:00",
        "topic": "Travel",
        "breaking": True,
    }
    return {**_SHARED, **extra}, {**_BARE, **extra, "topic": "", "breaking": False}


_NOTICE = {
    "subject": "Confirm your subscription",
    "preheader": "One click and you are in.",
    "confirm_url": "https://courier.example/confirm/abc",
    "topics": ("Travel", "Schools"),
    "next_at": "Mon 23 Nov, 08:00",
}


def _told() -> tuple[Mapping[str, object], ...]:
    """Of sources that fail, and that answer again."""
    line = {
        "name": "Harbour Wire",
        "state": "failing, 6 times in a row",
        "cause": "HTTP 503 Service Unavailable",
        "since": "Mon 23 Nov, 07:10",
        "success": "Mon 23 Nov, 07:05",
        "told": "Mon 23 Nov, 07:40",
        "command": "digest sources show 3",
        "url": "https://courier.example/admin/sources/3",
    }
    extra = {
        "subject": "2 of 40 sources fail",
        "preheader": "Harbour Wire: HTTP 503 Service Unavailable",
        "at": "Mon 23 Nov, 08:00",
        "desk_url": "https://courier.example/admin/sources",
        "lines": (line, {**line, "since": "", "success": "", "told": ""}),
        "n": 22,
        "n_more": 20,
        "n_left": 3,
        "n_sources": 40,
        "by_network": True,
    }
    bare = {"n": 1, "lines": (line,), "n_more": 0, "n_left": 0, "by_network": False}
    return {**_SHARED, **extra}, {**_BARE, **extra, **bare}


def _told_of_pause() -> tuple[Mapping[str, object], ...]:
    """Of much mail that came back."""
    extra = {
        "subject": "Mail is paused: 31 of 400 came back",
        "preheader": "Nobody gets mail until somebody looks and goes on.",
        "at": "Mon 23 Nov, 08:00",
        "desk_url": "https://courier.example/admin",
        "unit": "digest 12",
        "n": 31,
        "n_submitted": 400,
        "lines": ({"n": 31, "what": "addresses that do not exist"}, {"n": 4, "what": "blocked"}),
        "command": "digest deliveries list --edition 12 --channel email",
    }
    return {**_SHARED, **extra}, {**_BARE, **extra, "lines": ()}


def _told_of_flood() -> tuple[Mapping[str, object], ...]:
    """Of far too many sign-ups."""
    extra = {
        "subject": "Sign-up forms are flooded",
        "preheader": "What is too much is refused; look whether it goes on.",
        "at": "Mon 23 Nov, 08:00",
        "desk_url": "https://courier.example/admin",
        "n": 1,
        "lines": (),
    }
    return {**_SHARED, **extra}, {**_BARE, **extra}


def _told_of_chat() -> tuple[Mapping[str, object], ...]:
    """Of groups' topics that were closed, and of Stars that are spent."""
    extra = {
        "subject": "The Stars for today are spent",
        "preheader": "Chats get everything, at the free rate.",
        "at": "Mon 23 Nov, 08:00",
        "desk_url": "https://courier.example/admin",
        "n": 2,
        "lines": (
            {
                "what": "message thread not found",
                "command": "digest deliveries show 31 --addresses",
            },
        ),
    }
    about = ("threads", "cap", "balance")
    return tuple({**shared, **extra, "about": one} for shared in (_SHARED, _BARE) for one in about)


def values(name: str) -> tuple[Mapping[str, object], ...] | None:
    """Give the sample contexts of a template, None when only its syntax can be checked."""
    folder, _, file = name.rpartition("/")
    rows, lines = Markup("<tr><td>Bridge</td></tr>"), "Bridge reopens"
    match folder, file:
        case "email/partials", ("lead.mjml" | "card.mjml" | "lead.txt" | "card.txt"):
            cards = (_CARD, _BARE_CARD, model.replace(_CARD, breaking=False))
            return tuple(
                {**_SHARED, "card": card, "alert": alert}
                for card in cards
                for alert in (True, False)
            )
        case "email/issue", _:
            return _issue(lines, lines) if file.endswith(".txt") else _issue(rows, rows)
        case "email/alert", _:
            return _alert(lines) if file.endswith(".txt") else _alert(rows)
        case (("email/already" | "email/confirm" | "email/welcome" | "email/goodbye"), _):
            return {**_SHARED, **_NOTICE}, {**_BARE, **_NOTICE, "topics": ()}
        case (("email/sources_failing" | "email/sources_recovered"), _):
            return _told()
        case "email/mail_paused", _:
            return _told_of_pause()
        case "email/signups_flooded", _:
            return _told_of_flood()
        case "email/chat_remark", _:
            return _told_of_chat()
        case "chat", "issue.html":
            return _issue(_CARD, _CARD) + _issue(_BARE_CARD, _BARE_CARD)
        case "chat", "alert.html":
            return _alert(_CARD) + _alert(_BARE_CARD)
        case "chat", "withdrawn.html":
            return _SHARED, _BARE
        case "chat", ("confirm.html" | "welcome.html" | "goodbye.html"):
            return {**_SHARED, **_NOTICE}, {**_BARE, **_NOTICE, "topics": ()}
    return None


def required(name: str) -> Mapping[str, str]:
    """Tell what a template has to show of its first sample, by what it is called.

    The sender's address and a way out are the law's (CAN-SPAM, CASL, ePrivacy), not a taste.
    """
    folder, _, file = name.rpartition("/")
    if file not in {"body.mjml", "body.txt"}:
        return {}
    address = {"the postal address": _PUBLICATION.postal_address}
    match folder:
        case "email/issue" | "email/alert":
            return {**address, "the unsubscribe link": _LINKS.unsubscribe}
        case "email/confirm":
            return {**address, "the link to confirm": str(_NOTICE["confirm_url"])}
        case "email/already" | "email/welcome" | "email/goodbye":
            return address
    return {}
