"""What a page says about itself for machines: schema.org's JSON-LD, Open Graph, `<meta>`, `<link>`.

Publishers write it for search engines, so it is more often right than anything that can be
guessed from how a page looks.  Sources: schema.org/NewsArticle, ogp.me.
"""

import html
import json
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import lxml.html

__all__ = ["Facts", "facts"]

_STORY = re.compile(r"(?:Article|Posting|Report|Review|OpinionNews)$")
_COMMENTED = re.compile(
    r"^\s*(?:<!--|//\s*<!\[CDATA\[|/\*\s*<!\[CDATA\[\s*\*/)|(?:-->|//\s*\]\]>)\s*$"
)
_CONTROLS = re.compile(r"[\x00-\x1f]+")
_MAX_SCRIPT_CHARS = 1_000_000
_MAX_NODES = 2_000


@dataclass(slots=True)
class Facts:
    """Empty is unsaid.  Times are as written; `authors` may still hold "By" and addresses."""

    headline: str = ""
    summary: str = ""
    text: str = ""  # the whole, without paragraphs
    published: str = ""
    updated: str = ""
    authors: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    image: str = ""
    canonical: str = ""
    publisher: str = ""
    language: str = ""
    is_story: bool = False  # it says it is one story, and no list of them


def facts(tree: lxml.html.HtmlElement) -> Facts:
    """Return what the page says about itself; JSON-LD goes before Open Graph and `<meta>`."""
    named = _Named(tree)
    story, nodes = _story(tree)
    links = tree.xpath("//link[@rel and @href]")
    canonical = (
        each.get("href") for each in links if "canonical" in each.get("rel").lower().split()
    )
    return Facts(
        headline=_headline(tree, _text(story.get("headline")), named),
        summary=_text(story.get("description"))
        or named.first("og:description", "description", "twitter:description"),
        text=_text(story.get("articleBody")),
        published=_text(story.get("datePublished"))
        or named.first(
            "article:published_time", "datepublished", "parsely-pub-date", "date", "dc.date.issued",
            "publish-date", "pubdate", "sailthru.date",
        ),
        updated=_text(story.get("dateModified")) or named.first("article:modified_time"),
        authors=_authors(story, nodes, named),
        categories=_categories(story, named),
        image=_image(story.get("image"), nodes) or named.first("og:image", "twitter:image"),
        canonical=next((url for url in canonical if url), "") or named.first("og:url"),
        publisher=named.first("og:site_name") or _name(story.get("publisher"), nodes),
        language=_text(story.get("inLanguage")) or str(tree.get("lang") or ""),
        is_story=bool(story) or "article" in named.first("og:type").lower(),
    )  # fmt: skip


def _headline(tree: lxml.html.HtmlElement, stated: str, named: "_Named") -> str:
    """Return the headline readers see where Open Graph says the same, else the stated one.

    JSON-LD often has another, made for search engines; Open Graph the publisher glued to it.
    """
    shown = [" ".join(str(each.text_content()).split()) for each in tree.iter("h1")]
    shown = [each for each in shown if each]
    shared = " ".join(named.first("og:title", "twitter:title", "parsely-title").split())
    if len(shown) == 1 and _alike(shared).startswith(_alike(shown[0])):
        return shown[0]
    return stated or shared or (shown[0] if len(shown) == 1 else "")


def _alike(headline: str) -> str:
    return " ".join(re.findall(r"\w+", html.unescape(headline).casefold()))


class _Named:
    """The page's `<meta>` elements by name or property, in lower case."""

    def __init__(self, tree: lxml.html.HtmlElement) -> None:
        self.values: dict[str, list[str]] = {}
        for meta in tree.iter("meta"):
            name = meta.get("property") or meta.get("name") or meta.get("itemprop") or ""
            value = (meta.get("content") or "").strip()
            if name and value:
                self.values.setdefault(name.strip().lower(), []).append(value)

    def first(self, *names: str) -> str:
        return next((self.values[name][0] for name in names if name in self.values), "")

    def all(self, *names: str) -> list[str]:
        return next((self.values[name] for name in names if name in self.values), [])


def _story(tree: lxml.html.HtmlElement) -> tuple[dict[str, Any], dict[str, dict[str, Any]]]:
    """Return the first node that is one story, and all nodes by their `@id`."""
    nodes: dict[str, dict[str, Any]] = {}
    found: list[dict[str, Any]] = []
    for node in _nodes(_scripts(tree)):
        if isinstance(node.get("@id"), str):
            nodes.setdefault(node["@id"], node)
        if any(_STORY.search(kind) for kind in _kinds(node)) and (
            node.get("headline") or node.get("datePublished")
        ):
            found.append(node)
    # A page may name stories beside its own; the one with the most to say is its own.
    best = max(found, key=lambda node: (bool(node.get("articleBody")), len(node)), default={})
    return best, nodes


def _scripts(tree: lxml.html.HtmlElement) -> Iterator[object]:
    for script in tree.xpath('//script[contains(@type, "ld+json")]'):
        written = _COMMENTED.sub("", (script.text or "")[:_MAX_SCRIPT_CHARS]).strip().rstrip(";")
        try:
            yield json.loads(_CONTROLS.sub(" ", written))
        except (ValueError, RecursionError):
            continue


def _nodes(values: Iterable[object]) -> Iterator[dict[str, Any]]:
    """Yield the objects at the top, in lists, and in `@graph` and `mainEntity` of others."""
    waiting = list(values)
    for _ in range(_MAX_NODES):
        if not waiting:
            return
        value = waiting.pop(0)
        if isinstance(value, list):
            waiting[:0] = value[:200]
        elif isinstance(value, dict):
            yield value
            inner = (value.get(key) for key in ("@graph", "mainEntity", "mainEntityOfPage"))
            waiting[:0] = [each for each in inner if isinstance(each, list | dict)]


def _kinds(node: dict[str, Any]) -> list[str]:
    kind = node.get("@type")
    return [str(each) for each in (kind if isinstance(kind, list) else [kind]) if each]


def _text(value: object) -> str:
    if isinstance(value, list):
        value = next((each for each in value if isinstance(each, str)), "")
    return html.unescape(value).strip() if isinstance(value, str) else ""


def _name(value: object, nodes: dict[str, dict[str, Any]]) -> str:
    if isinstance(value, dict):
        whole = value if value.get("name") else nodes.get(str(value.get("@id")), value)
        value = whole.get("name")
    return _text(value)


def _authors(
    story: dict[str, Any], nodes: dict[str, dict[str, Any]], named: _Named
) -> tuple[str, ...]:
    people = story.get("author") or story.get("creator") or []
    names = [_name(each, nodes) for each in (people if isinstance(people, list) else [people])]
    names = [name for name in names if name] or named.all(
        "parsely-author", "author", "article:author", "byl", "dc.creator", "sailthru.author"
    )
    parts = (part for name in names for part in _split(name))
    return tuple(part for part in parts if part and "://" not in part)


def _split(names: str) -> list[str]:
    """Part "By A B, C D and E F"; a comma before a single word is no list ("Doe, Jane")."""
    names = re.sub(r"^(?:by|von|par|por)\s+", "", " ".join(names.split()), flags=re.IGNORECASE)
    parts = re.split(r"\s*[;|]\s*|,?\s+(?:and|und|et)\s+(?=[A-ZÀ-Ž]\S*\s)|,\s+(?=\S+\s+\S)", names)
    return [part.strip(" ,") for part in parts]


def _categories(story: dict[str, Any], named: _Named) -> tuple[str, ...]:
    said = [story.get("articleSection"), story.get("keywords")]
    listed = [each for value in said for each in (value if isinstance(value, list) else [value])]
    names = [_text(each) for each in listed]
    names += named.all("article:section")
    tagged = named.all("article:tag") or named.all("news_keywords")
    parts = (part.strip() for name in (*names, *tagged) for part in name.split(","))
    # "tag:politics" and the like are a system's own words.
    return tuple(dict.fromkeys(part for part in parts if part and ":" not in part))


def _image(value: object, nodes: dict[str, dict[str, Any]]) -> str:
    if isinstance(value, list):
        value = value[0] if value else ""
    if isinstance(value, dict):
        whole = value if value.get("url") else nodes.get(str(value.get("@id")), value)
        value = whole.get("url") or whole.get("contentUrl")
    return _text(value)
