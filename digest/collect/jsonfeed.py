"""JSON Feed 1.0 and 1.1, read as the specification says (jsonfeed.org/version/1.1)."""

from typing import Any

from digest.collect import drafts, wishes

__all__ = ["hub", "is_feed", "read", "text", "wish"]


def is_feed(value: object) -> bool:
    """Say whether parsed JSON is a JSON Feed: its version says so, or it looks like one."""
    return isinstance(value, dict) and (
        "jsonfeed.org" in str(value.get("version", ""))
        or (isinstance(value.get("items"), list) and bool({"title", "home_page_url"} & set(value)))
    )


def hub(value: dict[str, Any]) -> str:
    """Return the address of the feed's WebSub hub, or ""."""
    hubs = [each for each in _list(value.get("hubs")) if isinstance(each, dict)]
    return next((text(each, "url") for each in hubs if each.get("type") == "WebSub"), "")


def wish(value: dict[str, Any]) -> wishes.Wish:
    """Return when to ask again: a feed that says it is finished, the next day at the earliest."""
    return wishes.Wish(wait_seconds=wishes.DAY_SECONDS if value.get("expired") is True else 0.0)


def read(value: dict[str, Any]) -> list[drafts.Draft]:
    """Return the entries in the order of the feed; what is no object is left out."""
    feed_authors = _authors(value)
    entries = [entry for entry in _list(value.get("items")) if isinstance(entry, dict)]
    return [_draft(entry, feed_authors) for entry in entries]


def _draft(entry: dict[str, Any], feed_authors: tuple[str, ...]) -> drafts.Draft:
    markup = text(entry, "content_html")
    summary = text(entry, "summary")
    words = markup or text(entry, "content_text")
    attachments = entry.get("attachments")
    return drafts.Draft(
        id=text(entry, "id"),
        title=text(entry, "title"),
        title_kind="text",
        url=text(entry, "url") or text(entry, "external_url"),
        summary=summary,
        text=words,
        plain=not markup,
        language=text(entry, "language"),
        categories=tuple(str(name) for name in _list(entry.get("tags"))),
        authors=_authors(entry) or feed_authors,
        published=text(entry, "date_published"),
        updated=text(entry, "date_modified"),
        images=(
            text(entry, "image"),
            text(entry, "banner_image"),
            *(
                text(attachment, "url")
                for attachment in _list(attachments)
                if isinstance(attachment, dict)
                and text(attachment, "mime_type").startswith("image/")
            ),
        ),
    )


def _authors(value: dict[str, Any]) -> tuple[str, ...]:
    # 1.0 has one "author", 1.1 a list.
    people = [*_list(value.get("authors")), value.get("author")]
    return tuple(text(person, "name") for person in people if isinstance(person, dict))


def _list(value: object) -> list[Any]:
    return value if isinstance(value, list) else []


def text(value: dict[str, Any], key: str) -> str:
    """Return a string, "" for what is none; ids are often numbers, whatever the specification."""
    found = value.get(key)
    said = isinstance(found, str | int | float) and not isinstance(found, bool)
    return str(found) if said else ""
