"""Make what sources publish safe and plain: text without markup, addresses without tracking,
headlines without a section name glued to them, the wire agency out of a dateline.

Nothing here keeps a tag.  Plain tags are taken out in one linear pass; whatever else looks
like markup goes through nh3 with an empty allowlist (a browser's parser).  What is left is
decoded once, so text that *speaks* of `<b>` keeps it.
"""

import functools
import html
import re
from collections.abc import Iterable
from urllib.parse import urljoin, urlsplit, urlunsplit

import courlan
import nh3
import url_normalize

__all__ = [
    "agency",
    "canonical_url",
    "first_image",
    "fold",
    "headline",
    "headline_text",
    "image_url",
    "plain_text",
    "shorten",
]

# More markup than this adds nothing a reader or a classifier would see.
MAX_MARKUP_CHARS = 400_000
MAX_URL_CHARS = 2_000

# Elements whose text is no prose.  nh3 drops script and style with their text by default.
_SILENT = {"noscript", "script", "style", "svg", "template", "textarea"}
_BREAK = "\u2029"  # paragraph separator: survives nh3, and no source means anything else by it
# A plain tag: no "<" or ">" inside its attributes, so a search never runs past the next tag.
_TAG = re.compile(
    r"<(/?[a-z][a-z0-9]{0,15})(?:[\s/][^<>\"']*(?:(?:\"[^<>\"]*\"|'[^<>']*')[^<>\"']*)*)?>",
    re.IGNORECASE,
)
_BLOCKS = frozenset({
    "p", "div", "li", "ul", "ol", "dl", "dt", "dd", "h1", "h2", "h3", "h4", "h5", "h6", "hr", "tr",
    "table", "blockquote", "section", "article", "figure", "figcaption", "header", "footer",
    "aside", "nav", "main", "pre",
})  # fmt: skip
_SPACES = frozenset({"br", "td", "th", "img", "option", "button", "iframe"})
_TWO_BREAKS = re.compile(r"(?:<br\s{0,9}/?>\s{0,99}){2,}", re.IGNORECASE)
_CDATA_MARK = re.compile(r"<!\[CDATA\[|\]\](?:>|&gt;)")
_TWICE_ESCAPED = re.compile(
    r"&(?:amp|quot|apos|nbsp|hellip|[lr]squo|[lr]dquo|[mn]dash|#[0-9]{2,6}|#x[0-9a-f]{2,5});",
    re.IGNORECASE,
)
_HUGE_REFERENCE = re.compile(r"&#(?:[0-9]{8,}|x[0-9a-f]{7,});?", re.IGNORECASE)
# Few tags are left for nh3, whose time grows with the square of how deep they nest.
_MAX_ODD_TAGS = 500
_MAX_TAG_CHARS = 5_000
_BLANK_LINE = re.compile(r"\n[ \t\r\f\v]{0,99}\n")
# Control characters (PostgreSQL refuses NUL), halves of surrogate pairs (no encoder takes
# them), zero-width space, soft hyphen, byte order mark, and the two direction overrides.
_INVISIBLE = re.compile(
    "[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x84\x86-\x9f\xad\u200b\u202d\u202e\ufeff\ud800-\udfff\ufffe\uffff]"
)
# "don\x92t": Windows-1252 in what says it is Latin-1; "â€™": UTF-8 read as Windows-1252.
_MISREAD = re.compile("[\x80-\x9f]|â€")
_UTF8_MISREAD = re.compile("â[\x80€][\x80-\xbf\u0152-\u2122]")
_WINDOWS = {
    code: character
    for code in range(0x80, 0xA0)
    if (character := bytes([code]).decode("cp1252", "ignore"))
}
_ESCAPED_MARKUP = re.compile(
    r"\s*<(?:p|div|span|a|img|h[1-6]|ul|ol|strong|em|b|i|br|figure|table)[\s>/]", re.IGNORECASE
)
_CLOSES = re.compile(r"</[a-z]|<br\s{0,9}/?>|<[a-z]{1,10}\s[^<>]{0,2000}=", re.IGNORECASE)
_LOOKS_MARKED_UP = re.compile(
    r"</[a-z][a-z0-9]{0,10}\s{0,9}>|<br\s{0,9}/?>|<[a-z]{1,10}\s+[a-z-]{2,20}\s{0,9}=|&(?:#\d{1,7}|#x[0-9a-f]{1,6}|[a-z][a-z0-9]{1,30});",
    re.IGNORECASE,
)
_IMG = re.compile(r"<img\s[^<>]{0,4000}>", re.IGNORECASE)
_SRC = re.compile(r"""\ssrc\s{0,9}=\s{0,9}(?:"([^"]{1,2000})"|'([^']{1,2000})')""", re.IGNORECASE)
_IDS = frozenset({"cid", "eid", "uid", "keyword"})
_TRACKED = re.compile(r"(?:utm_|mc_|at_|[a-z]{1,3}clid=|ref=|source=|xtor=)", re.IGNORECASE)
_PIXEL = re.compile(r"""\s(?:width|height)\s{0,9}=\s{0,9}["']?[01](?:px)?["'\s/>]""", re.IGNORECASE)


def plain_text(markup: str, max_chars: int) -> str:
    """Return the text of an HTML fragment: no tags, scripts or styles, entities decoded once.

    Paragraphs are parted by one empty line, other white space is folded, and the whole is cut
    at a word to at most `max_chars` characters.
    """
    markup = markup[:MAX_MARKUP_CHARS]
    text = _strip(markup)
    if _ESCAPED_MARKUP.match(text) and _CLOSES.search(text):  # it escaped its markup twice
        text = _strip(text)
    return shorten(text, max_chars)


def fold(text: str) -> str:
    """Fold white space in plain text, keeping one empty line between paragraphs."""
    text = _visible(text)
    parts = _BLANK_LINE.split(text) if "\n" in text else [text]
    return "\n\n".join(folded for part in parts if (folded := " ".join(part.split())))


def headline_text(raw: str, kind: str = "") -> str:
    """Return a title as one line of plain text, at most 500 characters.

    `kind` is "text" or "html" when the source says which; otherwise a title counts as HTML
    only when it closes an element or uses an entity, so "Why <b> matters" stays as written.
    """
    if kind == "html" or (kind != "text" and _LOOKS_MARKED_UP.search(raw)):
        text = _strip(raw[:MAX_MARKUP_CHARS])
        raw = text if text or ">" in raw else raw  # what never closes is no tag: "<Untitled"
    return shorten(" ".join(_visible(raw).split()), 500)


def shorten(text: str, max_chars: int) -> str:
    """Cut at a word to at most `max_chars` characters, the sign of omission included."""
    if len(text) <= max_chars:
        return text
    cut = text[: max_chars - 1]
    at = max(cut.rfind(" "), cut.rfind("\n"))
    # A word longer than a fifth of the room is cut where it is.
    return (cut[:at] if at > max_chars * 4 // 5 else cut).rstrip() + "…"


# What both libraries leave as it is: a third of the time of reading a feed went into that.
_ORDINARY = re.compile(
    r"https?://(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.){1,9}[a-z]{2,18}"
    r"(?:/(?!\.\.?(?:/|$))[A-Za-z0-9._~-]+)+/?"
)


def canonical_url(url: str, base: str = "") -> str:
    """Return the one address under which a page is known, or "" when it is none we can link to.

    Relative addresses are joined to `base`; tracking parameters go, others stay (`?id=5`).
    Only http and https, never with a user name in it.
    """
    absolute = _absolute(url, base)
    if not absolute or (_ORDINARY.fullmatch(absolute) and "xn--" not in absolute):
        return absolute if len(absolute) <= MAX_URL_CHARS else ""
    try:
        # Never url_normalize(filter_params=True): it drops every parameter it does not know.
        cleaned = url_normalize.url_normalize(absolute)
        if cleaned and _query_is_the_page(cleaned):
            cleaned = _without_sure_tracking(cleaned)
        elif cleaned:
            cleaned = courlan.clean_url(cleaned)
    except (ValueError, UnicodeError):
        return ""
    return cleaned if cleaned and len(cleaned) <= MAX_URL_CHARS else ""


def _query_is_the_page(url: str) -> bool:
    """Say whether courlan would cut what names the page: "?story-5", "view.php?cid=5".

    It drops parameters without a value, and "cid", "uid", "session" among the tracking ones.
    """
    parts = urlsplit(url)
    pairs = parts.query.split("&") if parts.query else []
    if any("=" not in pair for pair in pairs):
        return True
    script = parts.path.endswith((".php", ".asp", ".aspx", ".cgi", ".jsp", ".pl"))
    ambiguous = any(pair.partition("=")[0].lower() in _IDS for pair in pairs)
    return script or ambiguous


def _without_sure_tracking(url: str) -> str:
    parts = urlsplit(url)
    kept = "&".join(pair for pair in parts.query.split("&") if not _TRACKED.match(pair))
    return urlunsplit(parts._replace(query=kept))


def image_url(url: str, base: str = "") -> str:
    """Return an image's absolute http(s) address with its parameters untouched, or ""."""
    absolute = _absolute(html.unescape(url), base)
    return absolute.replace(" ", "%20") if len(absolute) <= MAX_URL_CHARS else ""


def first_image(markup: str, base: str = "") -> str:
    """Return the address of the first picture in HTML that is no counting pixel, or ""."""
    for tag in _IMG.finditer(markup[:MAX_MARKUP_CHARS]):
        source = _SRC.search(tag[0])
        if source and not _PIXEL.search(tag[0]):
            found = image_url(source[1] or source[2], base)
            if found:
                return found
    return ""


def _strip(markup: str) -> str:
    if "<" not in markup and "&" not in markup:
        return " ".join(_visible(markup).split())
    if "<![CDATA[" in markup:  # wrapped twice; to HTML it would be a comment, words and all
        markup = _CDATA_MARK.sub("", markup)
    text = _TAG.sub(_spacing, _TWO_BREAKS.sub(_BREAK, markup))
    if "<" in text:  # scripts, styles, comments, and tags only a browser's parser understands
        text = _visible(_first_odd_tags(text))  # nh3 takes no halves of pairs
        text = nh3.clean(text, tags=set(), clean_content_tags=_SILENT)
    text = html.unescape(_HUGE_REFERENCE.sub("\ufffd", text))
    if "&" in text:  # escaped once too often; "&lt;" is left, for text that speaks of tags
        text = _TWICE_ESCAPED.sub(lambda hit: html.unescape(hit[0]), text)
    parts = _visible(text).split(_BREAK)
    return "\n\n".join(folded for part in parts if (folded := " ".join(part.split())))


def _visible(text: str) -> str:
    """Take out what nobody sees; mend what shows that Windows-1252 was taken for something else."""
    if _MISREAD.search(text):
        text = _UTF8_MISREAD.sub(_reread, text).translate(_WINDOWS)
    return _INVISIBLE.sub("", text)


def _reread(hit: re.Match[str]) -> str:
    try:
        return b"".join(map(_byte, hit[0])).decode("utf-8")
    except UnicodeError:
        return hit[0]


def _byte(character: str) -> bytes:
    return character.encode("latin-1" if character < "\u0100" else "cp1252")


def _spacing(tag: re.Match[str]) -> str:
    name = tag[1].lower().lstrip("/")
    if name in _SILENT:
        return tag[0]
    return _BREAK if name in _BLOCKS else " " if name in _SPACES else ""


def _first_odd_tags(text: str) -> str:
    """Keep the text up to the first 500 odd tags, and of a tag too long to be one its start.

    Comments may be long; the attributes of one tag are compared with each other.
    """
    parts = text.split("<", _MAX_ODD_TAGS + 1)[: _MAX_ODD_TAGS + 1]
    return "<".join(
        part[:_MAX_TAG_CHARS]
        if len(part) > _MAX_TAG_CHARS
        and not part.startswith("!")
        and ">" not in part[:_MAX_TAG_CHARS]
        else part
        for part in parts
    )


def _absolute(url: str, base: str) -> str:
    url = _INVISIBLE.sub("", url).strip()
    if not url:
        return ""
    try:
        absolute = urljoin(base, url) if base else url
        parts = urlsplit(absolute)
        fits = parts.scheme in ("http", "https") and bool(parts.hostname) and not parts.username
    except ValueError:  # "http://[broken"
        return ""
    return absolute if fits else ""


# Sections and outlets that are glued to headlines so often that nothing else need be known.
_GLUED = frozenset({
    "world", "world news", "international", "business", "business & finance", "business news",
    "markets", "economy", "politics", "opinion", "science", "health", "tech", "technology", "sport",
    "sports", "entertainment", "lifestyle", "newspaper", "latest news", "breaking news",
    "bbc news", "bbc sport", "reuters", "ap news", "associated press", "cnn", "cnn business", "npr",
    "the guardian", "the new york times", "the washington post", "the economist", "bloomberg",
    "al jazeera", "financial times", "cnbc", "france 24", "fox news", "nbc news", "cbs news",
    "abc news", "sky news", "the independent", "the telegraph", "politico", "axios", "the hill",
    "wsj",
})  # fmt: skip
# Names of one word that are cut when the source files stories under them.  No people and no
# countries, though sources have categories of them: "Talks have failed – Iran" says who said it.
_SECTIONS = frozenset({
    "africa", "americas", "analysis", "arts", "asia", "banking", "books", "cars", "climate",
    "companies", "cricket", "crime", "culture", "education", "energy", "environment", "europe",
    "fashion", "finance", "food", "football", "media", "motoring", "music", "news", "oceania",
    "property", "space", "travel", "video", "weather",
})  # fmt: skip
_SECTION_LIKE = re.compile(r"(?:^| )(?:&|and|news|east|america|edition|desk)(?: |$)")
_GLUE = re.compile(r"(?<!\s)\s+(?:[-–—|»·]|::)\s+(?=\S)")


def headline(title: str, source: str = "", categories: Iterable[str] = ()) -> str:
    """Cut a glued section or publisher's name off the end: "Truce kept alive – World".

    Only what is known to be one goes: a name from a short list, the source's title or a part
    of it, or one of its categories that reads like a section and no person or country; at
    most two of them, and never so much that fewer than three words are left.  A category of
    one word stays after a capitalised word ("Links between Africa – Asia").
    """
    names = _name_parts(source.casefold())
    labels = {" ".join(category.split()).casefold() for category in categories}
    for _ in range(2):
        found = list(_GLUE.finditer(title))
        if not found:
            break
        last = found[-1]
        front, suffix = title[: last.start()], title[last.end() :].strip().casefold()
        if len(front.split()) < 3:
            break
        sure = suffix in names or suffix in _GLUED
        if not sure and suffix in labels:
            joined = suffix in _SECTIONS and not front.split()[-1][:1].isupper()
            sure = joined or bool(_SECTION_LIKE.search(suffix))
        if not sure:
            break
        title = front.rstrip()
    return title


@functools.lru_cache(maxsize=256)
def _name_parts(source: str) -> frozenset[str]:
    parts = [part.strip() for part in re.split(r"\s+(?:[-–—|»·:])\s+|:\s+", source)]
    return frozenset({source.strip(), *parts} - {""})


# Name in a dateline or byline → as readers know it.
_AGENCIES = {
    "ap": "AP",
    "associated press": "AP",
    "the associated press": "AP",
    "reuters": "Reuters",
    "thomson reuters": "Reuters",
    "afp": "AFP",
    "agence france-presse": "AFP",
    "dpa": "dpa",
    "deutsche presse-agentur": "dpa",
    "xinhua": "Xinhua",
    "tass": "TASS",
    "itar-tass": "TASS",
    "bloomberg": "Bloomberg",
    "upi": "UPI",
    "efe": "EFE",
    "ansa": "ANSA",
    "pti": "PTI",
    "ani": "ANI",
    "ians": "IANS",
    "app": "APP",
    "kyodo": "Kyodo",
    "kyodo news": "Kyodo",
    "yonhap": "Yonhap",
    "anadolu": "Anadolu",
    "ria novosti": "RIA Novosti",
    "interfax": "Interfax",
    "canadian press": "Canadian Press",
    "the canadian press": "Canadian Press",
    "pa": "PA",
    "pa media": "PA",
    "aap": "AAP",
}
_NAMES = "|".join(sorted(map(re.escape, _AGENCIES), key=len, reverse=True))
# "SEOUL, South Korea (AP) —", "(Reuters) -", "BEIJING, Feb. 17 (Xinhua) --"
_DATELINE = re.compile(rf"\(({_NAMES})\)\s{{0,3}}(?:[-–—]|:)", re.IGNORECASE)
# "MOSCOW, February 17. /TASS/." and "© Agence France-Presse"
_SLASHED = re.compile(rf"/({_NAMES})/|[©]\s{{0,2}}(?:\d{{4}}\s)?({_NAMES})\b", re.IGNORECASE)
# "By JANE DOE, Associated Press", "Reuters in Seoul", "none@none.com (Reuters)"
_BYLINE = re.compile(
    rf"(?:^|[,/|(]\s?)({_NAMES})(?:$|[),/|]|\s(?:in|with|and|staff|writers?)\b)", re.IGNORECASE
)


def agency(text: str, authors: Iterable[str] = ()) -> str:
    """Return the wire agency a text comes from ("AP", "Reuters" ...), or "".

    Read from the dateline within the first 300 characters, else from the authors, else from
    a copyright line at the end.
    """
    start = text[:300]
    hit = _DATELINE.search(start) or _SLASHED.search(start)
    if hit:
        return _AGENCIES[hit[hit.lastindex or 0].casefold()]
    for author in authors:
        hit = _BYLINE.search(author.strip())
        if hit:
            return _AGENCIES[hit[1].casefold()]
    hit = _SLASHED.search(text[-200:])
    return _AGENCIES[hit[hit.lastindex or 0].casefold()] if hit else ""
