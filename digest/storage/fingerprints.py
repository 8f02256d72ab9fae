"""What an entry says, as one short text that changes when a reader would call it changed.

Texts that hold a clock, a counter or a cache buster change with every reading and say nothing
new; they are left out here.  What is sure goes, what may be news stays: "5 dead" → "7 dead" is
a change, "3 minutes ago" → "4 minutes ago" is none.
"""

import hashlib
import re
from urllib.parse import urlsplit, urlunsplit

from digest import model

# At the head of every fingerprint: one made another way says nothing about a change.
VERSION = "2:"

_MONTH = (
    r"(?:jan|feb|mar|mär|mrz|apr|may|mai|mag|jun|jul|jui|aug|aoû|ago|sep|set|oct|okt|out|ott|nov"
    r"|dec|dez|dic|déc|ene|abr|avr|fév|gen|giu|lug)[a-zäéû]{0,9}\.?"
)
_DAY = r"(?:mon|tues?|wed(?:nes)?|thu(?:rs)?|fri|sat(?:ur)?|sun)(?:day)?"
_TIME = (
    r"(?:\d{1,2}[:.h]\d{2}(?::\d{2})?(?:\s?[ap]\.?m\b\.?)?|\d{1,2}\s?[ap]\.?m\b\.?)"
    r"(?:\s?(?:uhr|utc|gmt|[a-z]{1,3}[sd]?t)\b)?"
)
_DATE = (
    rf"(?:\d{{1,2}}(?:st|nd|rd|th|\.)?\s{_MONTH}(?:,?\s\d{{4}})?"
    rf"|{_MONTH}\s\d{{1,2}}(?:st|nd|rd|th)?(?:,?\s\d{{4}})?"
    r"|\d{4}-\d{2}-\d{2}(?:t\d{2}:\d{2}\S{0,12})?|\d{1,2}[./]\d{1,2}[./]\d{2,4})"
)
_JOINT = rf"(?:\s|,|:|-|–|\||\(|\)|\b(?:at|on|the|um|am|à|le|el|il|a\slas|alle|om)\b|{_DAY},?)"
_STAMP = rf"{_JOINT}{{0,8}}(?:{_DATE}|{_TIME})(?:{_JOINT}{{1,6}}(?:{_DATE}|{_TIME})){{0,2}}"
_UPDATED = (
    r"(?:(?:last|first)\s)?(?:updated|modified|refreshed|generated|rendered|retrieved|checked)"
    r"|(?:zuletzt\s)?aktualisiert|stand|mis\sà\sjour|dernière\smise\sà\sjour|actualizado"
    r"|última\sactualización|atualizado|aggiornato|bijgewerkt|as\sof|current\stime|local\stime"
)
_COUNT = r"\d[\d.,\u00a0]{0,12}[km]?"
_UNIT = (
    r"(?:s|secs?|seconds?|m|mins?|minutes?|h|hrs?|hours?|d|days?)\sago"
    r"|(?:m|h|s|d|min)\sago|(?:minut[eoi]s?|minuti|ore|ora)\sfa|(?:minuten|uur)\sgeleden"
)
_FEW = r"(?:\d{1,3}|an?|one|two|three|four|five|a\sfew|few|several)"
_AGO = rf"\b{_FEW}\s?(?:{_UNIT})\b|\b(?:just\snow|moments\sago)\b"
_SINCE = (
    r"\b(?:vor|il\sy\sa|hace|há)\s(?:\d{1,3}|einer|une?|um|uma)\s"
    r"(?:sekunden?|sec(?:ondes?|undos?)|segundos?|minut[eo]?[ns]?|min\b|stunden?|heures?|horas?"
    r"|tag(?:en)?|jours?|d[ií]as?)\b"
)
_CLOCK = rf"\b(?:it\s?[’']?s|it\sis|the\stime\sis|time\snow)(?:\s(?:now|currently))?:?\s{_TIME}"
_COMMENTS = r"comments|kommentare|commentaires|comentarios|comentários|commenti|reacties"
_COUNTED = (
    rf"\b{_COUNT}\s(?:page\s?views?|views?|likes|{_COMMENTS}|reads|(?:people|readers|visitors|users)"
    r"\s(?:are\s)?(?:online|(?:reading|viewing|watching)\s(?:this|now)))\b"
)
_COUNTER = (
    rf"\b(?:(?:page\s?views?|views?|reads?|hits|shares?|likes|{_COMMENTS}|visits|visitors?|besucher"
    r"|aufrufe|downloads)\s?[:#]|visitors?\s(?:counter|number|no\.?):?)\s?"
    rf"{_COUNT}(?=\s*(?:$|[\s|·•,;.]))"
    rf"|\b(?:{_COMMENTS})\s?[(\[]{_COUNT}[)\]]"
    rf"|\bpoints:\s{_COUNT}(?=\s{{1,3}}#\scomments:)"
)
_LONG_URL = r"https?://[^\s<>\"]{1,500}\?[^\s<>\"]{1,1500}"
_NONCE = r"\b(?:[0-9a-f]{20,64}|[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})\b"
_UPDATED_HINTS = (
    "updated", "modified", "refreshed", "generated", "rendered", "retrieved", "checked",
    "aktualisiert", "stand", "jour", "actuali", "atualizado", "aggiornato", "bijgewerkt", "as of",
    "time",
)  # fmt: skip
_COMMENT_HINTS = ("comm", "komm", "coment", "reacties")
_COUNTER_HINTS = (
    *_COMMENT_HINTS, "view", "read", "hits", "share", "likes", "visit", "besuch", "aufrufe",
    "downloads", "points",
)  # fmt: skip
# Every pattern with words of which one is in each text it can match: most texts hold none.
_PATTERNS = tuple(
    (hints, re.compile(pattern, re.IGNORECASE))
    for hints, pattern in (
        (("ago", " fa", "geleden", "just now"), _AGO),
        (("vor ", "il y a ", "hace ", "há "), _SINCE),
        (_UPDATED_HINTS, rf"\b(?:{_UPDATED})\b{_STAMP}"),
        (("it’s", "it's", "it is", "its ", "time"), _CLOCK),
        (
            (*_COMMENT_HINTS, "view", "likes", "reads", "reading", "watching", "online"),
            _COUNTED,
        ),
        (_COUNTER_HINTS, _COUNTER),
        (("://",), _LONG_URL),
        (tuple("0123456789"), _NONCE),
    )
)

_BUSTERS = frozenset({
    "_", "cachebuster", "cache", "cb", "cachebust", "expires", "nocache", "nonce", "ord", "rand",
    "random", "rnd", "sig", "signature", "t", "timestamp", "token", "ts", "v", "ver", "version",
})  # fmt: skip
_MOMENT = re.compile(r"1[5-9]\d{8}(?:\d{3})?|[0-9a-f]{24,}", re.IGNORECASE)  # seconds, a hash
# A line that opens a list of other entries, and what a line of advertising begins with.
_OTHERS = re.compile(
    r"(?:related(?: \w+){0,3}|read (?:more|also|next)|see also|more (?:on this|from|stories)\b"
    r".{0,40}|most (?:read|popular|viewed)|you (?:may|might) (?:also )?like"
    r"|recommended(?: for you)?|trending(?: now)?|lesen sie auch|mehr zum thema|auch interessant"
    r"|(?:à )?lire aussi|lea también|te puede interesar|leia (?:também|mais)|leggi anche|lees ook)"
    r"\s?:?",
    re.IGNORECASE,
)
_ADVERT = re.compile(
    r"(?:advertisements?|sponsored(?: content| by)?|promoted|anzeige|werbung|publicité|publicidad"
    r"|pubblicità|advertentie)(?:\s?$|\s?[:|–—-])",
    re.IGNORECASE,
)
_MOST_OF = 0.4  # of a text comes before the list of other entries at its end


def fingerprint(entry: model.Entry) -> str:
    """Of all that readers or the classifier see of an entry, as it stands; quick to make.

    Where it is the same nothing changed; where it is not, `essence` says whether anything did.
    """
    seen = (
        entry.title,
        entry.url,
        entry.summary,
        entry.body,
        entry.image,
        "sticky" if entry.sticky else "",
        *entry.categories,
    )
    text = "\x1f".join(seen)
    return VERSION + hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()[:30]


def essence(entry: model.Entry) -> tuple[str, ...]:
    """Return all that readers or the classifier see of an entry, but for what changes by itself.

    The order of its categories and of its paragraphs makes no difference.
    """
    return (
        _words(entry.title),
        settled_url(entry.url),
        _words(entry.summary),
        _body(entry.body),
        settled_url(entry.image),
        "sticky" if entry.sticky else "",
        *sorted(entry.categories),
    )


def only_body_differs(before: model.Entry, after: model.Entry) -> bool:
    """Say whether what readers are shown in an issue stayed the same."""
    return (
        _words(before.title) == _words(after.title)
        and _words(before.summary) == _words(after.summary)
        and settled_url(before.url) == settled_url(after.url)
        and settled_url(before.image) == settled_url(after.image)
        and before.sticky == after.sticky
        and sorted(before.categories) == sorted(after.categories)
    )


def settled(text: str) -> str:
    """Take clocks, counters of visitors and nonces out of a plain text."""
    lowered = text.lower()
    for hints, pattern in _PATTERNS:
        if any(hint in lowered for hint in hints):
            text = pattern.sub(_without, text)
    return text


def settled_url(url: str) -> str:
    """Take cache busters and signatures out of an address; http and https are the same."""
    if url.startswith("http://"):
        url = "https" + url[4:]
    if "?" not in url:
        return url
    try:
        parts = urlsplit(url)
    except ValueError:
        return url
    kept = [pair for pair in parts.query.split("&") if not _is_buster(pair)]
    return urlunsplit(parts._replace(query="&".join(kept)))


def _is_buster(pair: str) -> bool:
    name, _, value = pair.partition("=")
    return name.lower() in _BUSTERS or _MOMENT.fullmatch(value or name) is not None


def _without(hit: re.Match[str]) -> str:
    return settled_url(hit[0]) if "://" in hit[0] else ""


def _words(text: str) -> str:
    return " ".join(settled(text).split())


def _body(text: str) -> str:
    if not text:
        return ""
    paragraphs = settled(text).split("\n")
    lengths = 0
    kept: list[str] = []
    for paragraph in paragraphs:
        line = " ".join(paragraph.split())
        if len(line) < 80 and _OTHERS.fullmatch(line) and lengths > _MOST_OF * len(text):
            break
        lengths += len(line) + 1
        if line and not (len(line) < 400 and _ADVERT.match(line)):
            kept.append(line)
    return "\n".join(sorted(kept))
