"""Pages written for these tests, with the facts stated in each of the ways publishers do."""

__all__ = ["LINKED", "PARAGRAPHS", "TAGGED", "page"]

PARAGRAPHS = (
    (
        "OSLO, Norway (AP) — The first night boat left the harbour at midnight on Tuesday, with "
        "three hundred people on board and a brass band on the quay to see them off into the dark."
    ),
    (
        "The line had been promised for eleven years and was paid for by the islands, which "
        "had to wait for a court to settle who owns the old pier before anything could be built."
    ),
    (
        "Boats will run every second hour until the ice comes, the company said, and will say in "
        "the spring whether there are enough travellers to keep the service going all year round."
    ),
)

LINKED = """<script type="application/ld+json">
{"@context": "https://schema.org", "@graph": [
 {"@type": "Organization", "@id": "#us", "name": "Harbour Post"},
 {"@type": "Person", "@id": "#ada", "name": "Ada Berg"},
 {"@type": "WebPage", "name": "nothing"},
 {"@type": ["NewsArticle"], "headline": "Night boats &amp; bands", "author": [{"@id": "#ada"},
  {"@type": "Person", "name": "By Uli Kern"}], "publisher": {"@id": "#us"},
  "datePublished": "2026-02-17T10:30:00+02:00", "dateModified": "2026-02-17T12:00:00+02:00",
  "description": "The first boat has left.", "articleSection": "Travel",
  "keywords": ["Islands", "Ferries", "system:42"], "inLanguage": "en-GB",
  "image": [{"@type": "ImageObject", "url": "https://img.example/boat.jpg"}]}
]}</script>
<link rel="canonical" href="https://harbour.example/night-boats?utm_source=x">"""

TAGGED = """<meta property="og:type" content="article">
<meta property="og:title" content="Night boats and bands">
<meta property="og:site_name" content="Harbour Post">
<meta property="og:url" content="https://harbour.example/night-boats">
<meta property="og:image" content="/boat.jpg">
<meta property="og:description" content="The first boat has left.">
<meta property="article:published_time" content="Tue, 17 Feb 2026 10:30:00 +0200">
<meta property="article:section" content="Travel"><meta property="article:tag" content="Islands">
<meta name="author" content="Ada Berg and Uli Kern">"""


def page(head: str, *paragraphs: str, headline: str = "Night boats and bands") -> bytes:
    """Return a page with a menu, the story and a footer."""
    text = "".join(f"<p>{paragraph}</p>" for paragraph in paragraphs)
    return f"""<!DOCTYPE html><html lang="en"><head><meta charset="utf-8">
<title>{headline} | Harbour Post</title>{head}</head><body>
<nav><ul><li><a href="/">Home</a></li><li><a href="/world">World</a></li></ul></nav>
<main><article><h1>{headline}</h1>{text}</article></main>
<footer><p>All rights reserved. Sign up for our mails.</p></footer></body></html>""".encode()
