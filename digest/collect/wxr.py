"""Read an export of WordPress (WXR): RSS that holds everything a publisher has, not only stories.

Drafts and the trash are in it, pages, attachments and the parts of menus.  Only published posts
become entries, of a publisher's own kinds too.  Authors stand there by the names of their
accounts, with those that readers know in a list at the top.
Source: wp-admin/includes/export.php of WordPress, version 1.2 of the format.
"""

import email.utils
import re
from collections.abc import Iterator
from datetime import UTC, datetime

import lxml.etree as ET  # noqa: N812 - as everybody calls it

from digest.collect import drafts, parsers

__all__ = ["is_export", "read"]

_EXPORT = re.compile(
    rb"<rss\b[^>]{0,4000}\bxmlns:wp\s*=\s*[\"']https?://wordpress\.org/export/", re.IGNORECASE
)
_CONTENT = "{http://purl.org/rss/1.0/modules/content/}encoded"
_CREATOR = "{http://purl.org/dc/elements/1.1/}creator"
_NO_STORIES = (
    "page", "attachment", "nav_menu_item", "revision", "custom_css", "customize_changeset",
    "oembed_cache", "user_request",
)  # fmt: skip
_EARLIEST = datetime(1, 1, 1, tzinfo=UTC)


def is_export(data: bytes) -> bool:
    """Say whether XML is such an export."""
    return _EXPORT.search(data[:16_384]) is not None


def read(data: bytes, problems: list[str]) -> parsers.Raw | None:
    """Return the published posts, latest first; None when nothing in it can be read."""
    parser = ET.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = ET.fromstring(data, parser)
    channel = root.find("channel") if root is not None else None
    if channel is None:
        return None
    names = {
        _wp(author, "author_login"): _wp(author, "author_display_name")
        for author in _wp_children(channel, "author")
    }
    listed = channel.findall("item")
    pictures = {
        _wp(each, "post_id"): _wp(each, "attachment_url")
        for each in listed
        if _wp(each, "post_type") == "attachment"
    }
    stories = [each for each in listed if _is_published(each)]
    if len(stories) < len(listed):
        problems.append(
            f"{len(listed) - len(stories)} left out: not published, or no posts but pages, "
            "attachments and parts of menus"
        )
    entries = [_draft(each, names, pictures) for each in stories]
    entries.sort(key=_at, reverse=True)
    return parsers.Raw(
        title=_said(channel.find("title")),
        language=_said(channel.find("language")),
        home_url=_said(channel.find("link")),
        entries=entries,
    )


def _is_published(element: ET._Element) -> bool:
    kind = _wp(element, "post_type")
    return (
        _wp(element, "status") == "publish"
        and kind not in _NO_STORIES
        and not kind.startswith("wp_")
        and not _wp(element, "post_password")
    )


def _at(draft: drafts.Draft) -> datetime:
    return draft.published if isinstance(draft.published, datetime) else _EARLIEST


def _draft(element: ET._Element, names: dict[str, str], pictures: dict[str, str]) -> drafts.Draft:
    creator = _said(element.find(_CREATOR))
    excerpt = next(
        (_said(each) for each in element if _is_of(each, "excerpt", "encoded")), ""
    ) or _said(element.find("description"))
    picture = pictures.get(_thumbnail(element), "")
    url = _said(element.find("link"))
    return drafts.Draft(
        id=_said(element.find("guid")) or url,
        title=_said(element.find("title")),
        title_kind="html",
        url=url,
        summary=excerpt,
        text=_said(element.find(_CONTENT)),
        categories=tuple(_terms(element)),
        authors=(names.get(creator) or creator,),
        published=_published(element),
        images=(picture,) if picture else (),
    )


def _terms(element: ET._Element) -> Iterator[str]:
    """Yield names of categories, then of tags; not of formats ("Aside") and menus."""
    for domains in (("category", ""), ("post_tag", "tag")):
        for each in element.findall("category"):
            if each.get("domain", "") in domains:
                yield _said(each)


def _published(element: ET._Element) -> datetime | None:
    """Return when it was published: in UTC where that is said, else by the newsroom's clock."""
    said = _wp(element, "post_date_gmt")
    if said and not said.startswith("0000") and (at := drafts.moment(said)):
        return at
    try:
        return drafts.moment(email.utils.parsedate_to_datetime(_said(element.find("pubDate"))))
    except ValueError:
        return drafts.moment(_wp(element, "post_date"))


def _thumbnail(element: ET._Element) -> str:
    for meta in _wp_children(element, "postmeta"):
        if _wp(meta, "meta_key") == "_thumbnail_id":
            return _wp(meta, "meta_value")
    return ""


def _wp(element: ET._Element, name: str) -> str:
    return next((_said(each) for each in _wp_children(element, name)), "")


def _wp_children(element: ET._Element, name: str) -> list[ET._Element]:
    return [each for each in element if _is_of(each, "", name)]


def _is_of(element: ET._Element, part: str, name: str) -> bool:
    """Say whether it is this element of WordPress's own, whatever the version."""
    space, found, local = str(element.tag).rpartition("}")
    ours = space.removeprefix("{").partition("wordpress.org/export/")[2]
    return bool(found and ours) and local == name and ours.partition("/")[2].strip("/") == part


def _said(element: ET._Element | None) -> str:
    if element is None:
        return ""
    try:
        return "".join(element.itertext()).strip()
    except UnicodeDecodeError:  # "&#xD800;", half a character, which libxml2 lets pass
        return ""
