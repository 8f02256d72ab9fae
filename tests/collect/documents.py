"""Feeds written for these tests, in every format we read."""

RSS = """<?xml version="1.0" encoding="UTF-8"?>
<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"
  xmlns:content="http://purl.org/rss/1.0/modules/content/"
  xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
<channel>
  <title>Harbour Post - World</title>
  <link>https://harbour.example/world</link>
  <language>en-GB</language>
  <atom:link rel="self" href="https://harbour.example/feed.xml"/>
  <atom:link rel="hub" href="https://hub.example/"/>
  <item>
    <title>Ferry line opens a night service – World</title>
    <link>https://harbour.example/ferry?id=7&amp;utm_source=rss</link>
    <guid isPermaLink="false">harbour-7</guid>
    <pubDate>Tue, 17 Feb 2026 10:30:00 +0200</pubDate>
    <dc:creator>By Ada Berg</dc:creator>
    <category>Travel</category><category>Islands &amp; Coast</category>
    <description>&lt;p&gt;The first boat: &lt;b&gt;midnight&lt;/b&gt;.&lt;/p&gt;</description>
    <content:encoded><![CDATA[<p>OSLO, Norway (AP) — The first boat leaves.</p>
      <p>It carries 300 people.</p><script>count()</script>]]></content:encoded>
    <media:content url="https://img.example/small.jpg" medium="image" width="200"/>
    <media:content url="https://img.example/wide.jpg" medium="image" width="1200"/>
  </item>
  <item>
    <description>A notice without a headline, but with enough words to make one.</description>
    <guid>12</guid>
  </item>
</channel></rss>"""

ATOM = """<?xml version="1.0" encoding="utf-8"?>
<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="de-AT" xml:base="https://tal.example/">
  <title>Talblatt</title>
  <link rel="self" href="https://tal.example/atom.xml"/>
  <link rel="alternate" href="https://tal.example/"/>
  <entry>
    <id>tag:tal.example,2026:1</id>
    <title type="text">Warum &lt;b&gt; fett macht</title>
    <link rel="alternate" href="/fett"/>
    <published>2026-02-16T09:00:00Z</published>
    <updated>2026-02-17T09:00:00+01:00</updated>
    <author><name>Uli Kern</name></author>
    <category term="web" label="Das Web"/>
    <summary type="html">&lt;img src="/b.png"&gt;Ein &lt;em&gt;kurzer&lt;/em&gt; Text</summary>
  </entry>
</feed>"""

ATOM_XHTML_TITLE = """<feed xmlns="http://www.w3.org/2005/Atom"><title>Notes</title>
<entry><id>urn:1</id><link href="https://notes.example/1"/><updated>2026-02-17T09:00:00Z</updated>
<title type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Less is <em>more</em></div></title>
</entry></feed>"""

RDF = """<?xml version="1.0"?>
<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" xmlns="http://purl.org/rss/1.0/"
  xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://old.example/"><title>Old Gazette</title>
  <link>https://old.example/</link></channel>
<item rdf:about="https://old.example/bridge"><title>Bridge closed for a week</title>
  <link>https://old.example/bridge</link><dc:date>2026-02-15T08:00:00+00:00</dc:date></item>
</rdf:RDF>"""

RSS_091 = """<?xml version="1.0"?>
<!DOCTYPE rss PUBLIC "-//Netscape Communications//DTD RSS 0.91//EN"
  "http://my.netscape.com/publish/formats/rss-0.91.dtd">
<rss version="0.91"><channel><title>Older Gazette</title><link>https://older.example/</link>
<item><title>Mill burns down</title><link>https://older.example/mill</link></item>
</channel></rss>"""

JSON_FEED = """{"version": "https://jsonfeed.org/version/1.1", "title": "Json Journal",
 "home_page_url": "https://json.example/", "feed_url": "https://json.example/feed.json",
 "language": "fr-FR", "hubs": [{"type": "WebSub", "url": "https://hub.example/"}],
 "items": [
  {"id": 5, "url": "/cinq", "title": "Le prix <du> pain", "summary": "Court.",
   "content_html": "<p>Le prix monte.</p><p>Encore.</p>",
   "date_published": "2026-02-17T10:00:00+01:00",
   "authors": [{"name": "Jo Blanc"}, {"name": "Al Noir"}], "tags": ["Pain", "Prix"],
   "image": "https://img.example/pain.jpg"},
  {"id": "6", "content_text": "Un mot.\\n\\nUn autre <mot>.", "author": {"name": "Jo Blanc"}},
  "nonsense"
 ]}"""

SITEMAP = """<?xml version="1.0" encoding="UTF-8"?>
<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"
  xmlns:news="http://www.google.com/schemas/sitemap-news/0.9">
<url><loc>https://harbour.example/ferry</loc><news:news><news:publication>
  <news:name>Harbour Post</news:name><news:language>en</news:language></news:publication>
  <news:publication_date>2026-02-17T10:30:00Z</news:publication_date>
  <news:title>Ferries sail again</news:title></news:news></url></urlset>"""

# Text in every wrapping the formats know.
WRAPPED = """<feed xmlns="http://www.w3.org/2005/Atom" xml:lang="en"><title type="xhtml">
<div xmlns="http://www.w3.org/1999/xhtml">The <b>Wrapper</b></div></title>
<entry xml:lang="de"><id>urn:1</id><title mode="base64">RWlucw==</title>
<summary type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml">Ein <br/>Satz</div></summary>
<author><name>Ada</name></author><author><name>Al</name></author></entry>
<entry><id>urn:2</id><title type="text">Two &lt;i&gt;</title>
<summary type="text"><![CDATA[<blink>not</blink> markup]]></summary></entry></feed>"""


def rss(*entries: str, title: str = "Test") -> bytes:
    """Return an RSS document around the given `<item>` insides."""
    listed = "".join(f"<item>{entry}</item>" for entry in entries)
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>{title}</title>'
        f"{listed}</channel></rss>"
    ).encode()
