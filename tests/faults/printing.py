"""How a paper of the day prints its list: RSS, Atom, RDF, JSON Feed and WordPress's REST answer."""

import json
from collections.abc import Sequence
from email.utils import format_datetime
from html import escape
from typing import Any

from tests.faults import newsday
from tests.faults.newsday import Paper, Piece

__all__ = ["TYPES", "feed", "wordpress_posts"]

TYPES = {
    "rss": "application/rss+xml",
    "atom": "application/atom+xml",
    "rdf": "application/rdf+xml",
    "json": "application/feed+json",
    "wordpress": "application/json; charset=UTF-8",
}
_RDF = (
    'xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/"'
)


def feed(paper: Paper, at: float) -> bytes:
    """Print what the paper lists at a time."""
    write = {"rss": _rss, "atom": _atom, "rdf": _rdf, "json": _json}[paper.kind]
    text = write(paper, [_Printed(paper, piece, at) for piece in paper.listed(at)])
    if paper.habit == "wrong charset" and paper.kind != "json":
        return text.replace("utf-8", "us-ascii", 1).encode("windows-1252")
    return text.encode()


class _Printed:
    """A piece as its paper shows it at a time."""

    def __init__(self, paper: Paper, piece: Piece, at: float) -> None:
        version = piece.version(at)
        self.title = piece.headline
        self.text = f"Wording {version} of {piece.token}: “Größe zählt”. "
        self.text += piece.text
        if paper.habit == "clock in the text":
            self.text += f" Printed {newsday.at_clock(at):%H:%M:%S}, {at // 60:.0f} readers so far."
        self.told = newsday.at_clock(piece.told_at)
        home = f"https://paper{paper.number}.example"
        self.url = f"{home}/{piece.token}/a-story"
        self.uid = f"tag:{paper.number},2026:{piece.token}"
        if paper.habit == "guids change at noon" and at >= newsday.NOON:
            self.uid = f"{home}/?p={piece.token}"
        if paper.habit == "one id for all":
            self.uid = f"{home}/latest"
        if paper.habit == "no ids":
            self.uid = ""
        if paper.habit in ("trackers in addresses", "no ids"):
            hour = at // newsday.HOUR
            self.url += f"?utm_source=rss&utm_campaign=c{hour:.0f}&fbclid=f{hour:.0f}"


def _rss(paper: Paper, printed: Sequence[_Printed]) -> str:
    listed = "".join(
        "<item>"
        + (f'<guid isPermaLink="false">{each.uid}</guid>' if each.uid else "")
        + f"<title>{each.title}</title><link>{escape(each.url)}</link>"
        f"<description>&lt;p&gt;{each.text}&lt;/p&gt;</description>"
        f"<pubDate>{format_datetime(each.told)}</pubDate></item>\n"
        for each in printed
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rss version="2.0"><channel>'
        f"<title>Paper {paper.number}</title><link>https://paper{paper.number}.example/</link>"
        f"<description>All of it</description>{listed}</channel></rss>"
    )


def _atom(paper: Paper, printed: Sequence[_Printed]) -> str:
    listed = "".join(
        "<entry>"
        + (f"<id>{each.uid}</id>" if each.uid else "")
        + f'<title>{each.title}</title><link href="{escape(each.url)}"/>'
        f"<published>{each.told.isoformat()}</published>"
        f'<content type="html">&lt;p&gt;{each.text}&lt;/p&gt;</content></entry>\n'
        for each in printed
    )
    return (
        f'<?xml version="1.0" encoding="utf-8"?><feed xmlns="http://www.w3.org/2005/Atom">'
        f"<title>Paper {paper.number}</title>{listed}</feed>"
    )


def _rdf(paper: Paper, printed: Sequence[_Printed]) -> str:
    listed = "".join(
        f'<item rdf:about="{escape(each.uid or each.url)}"><title>{each.title}</title>'
        f"<link>{escape(each.url)}</link><description>{each.text}</description>"
        f"<dc:date>{each.told.isoformat()}</dc:date></item>\n"
        for each in printed
    )
    home = f"https://paper{paper.number}.example/"
    return (
        f'<?xml version="1.0" encoding="utf-8"?><rdf:RDF {_RDF}><channel rdf:about="{home}">'
        f"<title>Paper {paper.number}</title><link>{home}</link>"
        f"<description>All of it</description></channel>{listed}</rdf:RDF>"
    )


def _json(paper: Paper, printed: Sequence[_Printed]) -> str:
    listed = [
        {
            "id": each.uid or each.url,
            "title": each.title,
            "url": each.url,
            "content_text": each.text,
            "date_published": each.told.isoformat(),
        }
        for each in printed
    ]
    value = {"version": "https://jsonfeed.org/version/1.1", "title": f"Paper {paper.number}"}
    return json.dumps({**value, "items": listed}, ensure_ascii=False)


def wordpress_posts(paper: Paper, at: float) -> list[dict[str, Any]]:
    """Return what was published so far as the REST API has it, last changed first."""
    told = [(number, piece) for number, piece in enumerate(paper.pieces, 1) if piece.told_at <= at]
    listed = [_post(paper, number, piece, at) for number, piece in told]
    return sorted(listed, key=lambda each: str(each["modified_gmt"]), reverse=True)


def _post(paper: Paper, number: int, piece: Piece, at: float) -> dict[str, Any]:
    said = _Printed(paper, piece, at)
    changed = max([piece.told_at, *(each for each in piece.corrected_at if each <= at)])
    return {
        "id": number,
        "date_gmt": f"{said.told:%Y-%m-%dT%H:%M:%S}",
        "modified_gmt": f"{newsday.at_clock(changed):%Y-%m-%dT%H:%M:%S}",
        "guid": {"rendered": f"https://paper{paper.number}.example/?p={number}"},
        "slug": piece.token,
        "status": "publish",
        "link": said.url,
        "title": {"rendered": said.title},
        "content": {"rendered": f"<p>{said.text}</p>", "protected": False},
        "excerpt": {"rendered": f"<p>{said.text}</p>"},
        "categories": [],
    }
