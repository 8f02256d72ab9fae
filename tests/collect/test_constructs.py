"""Text wrapped in every way feeds know comes out as its words."""

import base64

import pytest

from digest.collect import charsets, constructs, feeds
from tests.collect import documents

URL = "https://feeds.example/feed"


def entry_of(inner: str, attributes: str = "") -> feeds.ParsedFeed:
    document = (
        f'<feed xmlns="http://www.w3.org/2005/Atom"{attributes}><title>T</title>'
        f"<entry><id>urn:1</id><title>One</title>{inner}</entry></feed>"
    )
    return feeds.parse(document.encode(), url=URL)


XHTML = "http://www.w3.org/1999/xhtml"
PACKED = base64.b64encode("<p>Grüße aus <b>Wien</b></p>".encode()).decode()


@pytest.mark.parametrize(
    "summary",
    [
        f'<summary type="xhtml"><div xmlns="{XHTML}">Grüße aus <b>Wien</b></div></summary>',
        '<summary type="html">&lt;p&gt;Grüße aus &lt;b&gt;Wien&lt;/b&gt;&lt;/p&gt;</summary>',
        '<summary type="html"><![CDATA[<p>Grüße aus <b>Wien</b></p>]]></summary>',
        f'<summary type="text/html" mode="base64">{PACKED}</summary>',
        f'<summary type="application/octet-stream">{PACKED}</summary>',
        '<summary type="text">Grüße aus Wien</summary>',
        f'<summary type="xhtml"><div xmlns="{XHTML}">Grüße<iframe/> aus Wien</div></summary>',
    ],
)
def test_an_atom_summary_gives_its_words_however_it_is_wrapped(summary: str) -> None:
    assert entry_of(summary).entries[0].summary == "Grüße aus Wien"


def test_atom_text_of_type_text_keeps_what_looks_like_a_rare_tag() -> None:
    feed = entry_of('<summary type="text">Use &lt;script&gt; with care</summary>')
    assert feed.entries[0].summary == "Use <script> with care"


def test_html_that_is_only_called_text_loses_its_tags() -> None:
    feed = entry_of('<summary type="text">&lt;p&gt;One&lt;/p&gt;&lt;p&gt;Two&lt;/p&gt;</summary>')
    assert feed.entries[0].summary == "One Two"


def test_what_is_no_base64_stays_as_it_is() -> None:
    assert entry_of('<summary mode="base64">No, it is not!</summary>').entries[0].summary == (
        "No, it is not!"
    )


@pytest.mark.parametrize(
    "inner",
    [
        f'<body xmlns="{XHTML}">Two <b>words</b></body>',
        f'<xhtml:body xmlns:xhtml="{XHTML}">Two <xhtml:b>words</xhtml:b></xhtml:body>',
        "<fullitem>Two &lt;b&gt;words&lt;/b&gt;</fullitem>",
        "<description>Two <b>words</b></description>",
        "<description><b>Two</b> words</description>",
    ],
)
def test_rss_text_in_bare_elements_is_read_whole(inner: str) -> None:
    (entry,) = feeds.parse(documents.rss(f"<title>One</title>{inner}"), url=URL).entries
    assert entry.summary == "Two words"


def test_nothing_inside_cdata_or_comments_is_touched() -> None:
    data = documents.rss(
        "<title>One</title><!-- <body>x</body> --><description>"
        "<![CDATA[<fullitem>a</fullitem><body>b</body>]]></description>"
    )
    assert constructs.simplify(data) == data


def test_elements_that_never_close_cost_no_more_than_their_length() -> None:
    data = documents.rss("<body>" * 20_000)
    assert constructs.simplify(data).count(b"<body>") == 20_000


@pytest.mark.parametrize(
    ("written", "shown"),
    [
        ("don\x92t", "don’t"),
        ("don&#146;t", "don’t"),
        ("donâ€™t", "don’t"),
        ("&#226;&#128;&#166;", "…"),
        ("château â la", "château â la"),
    ],
)
def test_windows_characters_taken_for_others_are_seen_through(written: str, shown: str) -> None:
    assert (
        feeds.parse(documents.rss(f"<title>{written}</title>"), url=URL).entries[0].title == shown
    )


@pytest.mark.parametrize(
    ("encoding", "words"),
    [
        ("shift_jis", "東京の朝は寒くて、雪が降っています。電車も遅れています。"),
        ("euc_jp", "記事の投稿がうまく反映されないようです。もう一度ためしてください。"),
        ("euc_kr", "서울의 아침은 춥고 눈이 내리고 있습니다. 지하철도 늦습니다."),
        ("koi8_r", "Президент подписал закон о бюджете на следующий год."),
        ("cp1251", "Президент подписал закон о бюджете на следующий год."),
        ("cp1252", "Größe zählt – “Ça va”, São Paulo não pára, más años"),
    ],
)
def test_text_that_names_no_character_set_is_recognised(encoding: str, words: str) -> None:
    data = f"<rss><channel><title>T</title><item><title>{words}</title></item></channel></rss>"
    feed = feeds.parse(data.encode(encoding), url=URL)
    assert feed.entries[0].title == words
    assert feed.problems == ("is not valid UTF-8",)


def test_a_few_letters_are_taken_for_western() -> None:
    assert charsets.guess("Утро".encode("koi8_r")) == "cp1252"
    assert charsets.guess(b"") == "cp1252"
