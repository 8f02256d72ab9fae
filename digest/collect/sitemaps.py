"""Read a news sitemap: pages with headline, time, language and keywords, as search engines get it.

Many newsrooms keep one and no feed.  It says no word of the text.  A list of sitemaps is no
source: it names others, and the person who adds one is told which to take.
Source: developers.google.com/search/docs/crawling-indexing/sitemaps/news-sitemap
"""

import re
from collections import Counter

import lxml.etree as ET  # noqa: N812 - as everybody calls it

from digest.collect import drafts, parsers

__all__ = ["likely_sitemap", "read"]

_NEWS = "http://www.google.com/schemas/sitemap-news/0.9"
_LOC = re.compile(rb"<loc>\s*+(?:<!\[CDATA\[\s*+)?(https?://[^\s<\]]{1,2000})", re.IGNORECASE)
_MAX_SHOWN_CHARS = 200


def read(data: bytes, problems: list[str]) -> parsers.Raw | None:
    """Return the pages that have a headline, as UTF-8 gives them; None when none has one.

    The title is the name of the publication most of them are of.
    """
    parser = ET.XMLParser(recover=True, resolve_entities=False, no_network=True, huge_tree=False)
    root = ET.fromstring(data, parser)
    if root is None:
        return None
    pages = root.findall("{*}url")
    entries = [draft for page in pages if (draft := _draft(page)) is not None]
    if not entries:
        return None
    if len(entries) < len(pages):
        problems.append(f"{len(pages) - len(entries)} pages without a headline left out")
    names = Counter(_said(name) for name in root.iterfind(f".//{{{_NEWS}}}name"))
    return parsers.Raw(title=names.most_common(1)[0][0] if names else "", entries=entries)


def likely_sitemap(data: bytes) -> str:
    """Return the address in a list of sitemaps that says it is of news, else the first, or ""."""
    listed = [
        hit[1].decode("utf-8", "replace").replace("&amp;", "&") for hit in _LOC.finditer(data)
    ]
    fitting = [url for url in listed if len(url) <= _MAX_SHOWN_CHARS]
    return next((url for url in fitting if "news" in url.rpartition("/")[2].lower()), "") or next(
        iter(fitting), ""
    )


def _draft(page: ET._Element) -> drafts.Draft | None:
    url = _said(page.find("{*}loc"))
    title = _said(page.find(f".//{{{_NEWS}}}title"))
    if not title:
        return None
    keywords = _said(page.find(f".//{{{_NEWS}}}keywords"))
    images = (_said(image) for image in page.iterfind("{*}image/{*}loc"))
    return drafts.Draft(
        id=url,
        title=title,
        title_kind="",
        url=url,
        categories=tuple(name.strip() for name in re.split(r"[,;]", keywords)),
        published=_said(page.find(f".//{{{_NEWS}}}publication_date")),
        updated=_said(page.find("{*}lastmod")),
        language=_said(page.find(f".//{{{_NEWS}}}language")),
        images=tuple(image for image in images if image),
    )


def _said(element: ET._Element | None) -> str:
    if element is None:
        return ""
    try:
        return "".join(element.itertext()).strip()
    except UnicodeDecodeError:  # "&#xD800;", half a character, which libxml2 lets pass
        return ""
