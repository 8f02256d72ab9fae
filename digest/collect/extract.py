"""Take the one story out of a page: its words by trafilatura, its facts as the page states them.

Runs in a process of its own (`pages`), for a page can be made to keep an HTML parser busy for
minutes; trafilatura is imported there only, so nothing else waits for it.
"""

import re
import warnings
from dataclasses import dataclass
from email.utils import parsedate_to_datetime
from types import ModuleType

import lxml.etree
import lxml.html

from digest.collect import charsets, drafts, linked_data

__all__ = ["Extracted", "extract", "page_text"]

# Fewer characters are a teaser, a sign-in form or a list, unless the page says it is a story.
MIN_STORY_CHARS = 250
_META_CHARSET = re.compile(
    rb"""<meta\s[^>]{0,200}?charset\s{0,9}=\s{0,9}["']?\s{0,9}([\w.:-]{1,40})""", re.IGNORECASE
)
_HTTP_CHARSET = re.compile(r"""charset\s{0,9}=\s{0,9}["']?([\w.:-]{1,40})""", re.IGNORECASE)
_XML_DECLARATION = re.compile(r"^\s*<\?xml[^>]{0,200}\?>")
_HOME = re.compile(r"https?://[^/]+/?$")


@dataclass(slots=True)
class Extracted:
    """A story as found in its page, nothing cleaned yet."""

    draft: drafts.Draft
    publisher: str = ""
    language: str = ""


def extract(data: bytes, url: str, content_type: str = "") -> Extracted | None:
    """Return the story of a page, None when it holds none."""
    trafilatura = _trafilatura()
    text = page_text(data, content_type)
    try:
        tree = lxml.html.document_fromstring(text, ensure_head_body=True)
    except lxml.etree.ParserError:  # nothing in it
        return None
    said = linked_data.facts(tree)
    found = trafilatura.bare_extraction(
        text, url=url or None, with_metadata=True, include_comments=False, include_tables=False,
        favor_precision=True,
    )  # fmt: skip
    if found is None:
        found = trafilatura.settings.Document()
    title = said.headline or found.title or ""
    shown = {" ".join(str(each.text_content()).split()) for each in tree.iter("h1")}
    body = _body(found.text or "", said.text, {title, *shown})
    enough = MIN_STORY_CHARS if not said.is_story else 1
    if not title or len(body) < enough:
        return None
    canonical = said.canonical if not _HOME.match(said.canonical) else ""
    return Extracted(
        drafts.Draft(
            id=canonical or url,
            title=title,
            title_kind="text",
            url=canonical or url,
            summary=said.summary,
            text=body,
            plain=True,
            categories=said.categories,
            authors=said.authors or tuple((found.author or "").split("; ")),
            published=_time(said.published) or found.date,
            updated=_time(said.updated),
            images=tuple(image for image in (said.image, found.image or "") if image),
        ),
        publisher=said.publisher or found.sitename or "",
        language=said.language or found.language or "",
    )


def _trafilatura() -> ModuleType:
    """Import what only the process that reads pages needs; it warns of proxies it cannot use."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import trafilatura  # noqa: PLC0415 - a third of a second for what few commands need
    return trafilatura


def _body(found: str, stated: str, headlines: set[str]) -> str:
    """Return the paragraphs found, or what the page states when they are a box beside it.

    The other way round says nothing: many pages state no more than their first sentences.
    """
    lines = [line for line in found.split("\n") if line.strip()]
    if lines and " ".join(lines[0].split()) in headlines:
        del lines[0]
    body = "\n\n".join(lines)
    return body if len(body) >= len(stated) // 2 else stated


def page_text(data: bytes, content_type: str = "") -> str:
    """Decode a page: by its byte order mark, the server's word, its `<meta>`, or a guess."""
    labels = [
        label[1] if (label := _HTTP_CHARSET.search(content_type)) else "",
        hit[1].decode("ascii") if (hit := _META_CHARSET.search(data[:4096])) else "",
        "utf-8",
    ]
    if data.startswith((b"\xff\xfe", b"\xfe\xff")):
        labels.insert(0, "utf-16")
    for label in filter(None, labels):
        try:
            text = data.decode("utf-8-sig" if label.lower() in ("utf-8", "utf8") else label)
        except (LookupError, UnicodeDecodeError):
            continue
        break
    else:
        text = data.decode(charsets.guess(data), "replace")
    return _XML_DECLARATION.sub("", text.replace("\0", ""), count=1)


def _time(written: str) -> str:
    """Return a time as ISO 8601, "" when it is neither that nor of RFC 2822."""
    if drafts.moment(written):
        return written
    try:
        return parsedate_to_datetime(written).isoformat()
    except (ValueError, TypeError, IndexError):
        return ""
