"""Words as readers see them: one clean line, a cut at a word, local times, ways to share.

Pure functions over text.  Headlines come from other people's feeds, so nothing here trusts
them to be short, visible or well-behaved.
"""

import re
import textwrap
import unicodedata
from datetime import date, datetime
from functools import lru_cache
from urllib.parse import quote, urlsplit
from zoneinfo import ZoneInfo

from babel import dates, units

from digest import model
from digest.render import languages

__all__ = [
    "SHARE_NAMES",
    "clean",
    "direction_of",
    "isolated",
    "local_time",
    "long_date",
    "n_words",
    "one_blank_line",
    "opening",
    "reading_time",
    "shares",
    "short_moment",
    "shorten",
    "web_address",
    "wrap",
    "wrapped_line",
]

_WORDS_A_MINUTE = 220
_BLANK_LINES = re.compile(r"\n[ \t]*(?:\n[ \t]*)+\n")
_SHORTEST_OPENING = 40  # a single sentence shorter than this may end at an abbreviation
_NOT_IN_ADDRESS = re.compile(r"""[\x00-\x20<>"\\^`{|}\x7f]""")
_DENSE = re.compile("[\u3040-\u30ff\u3400-\u9fff]")  # Chinese, Japanese
_LONGEST_ADDRESS = 2_000  # beyond it mail readers and browsers cut
# Invisible characters that reorder or hide text; the isolates that pair up are left alone.
_HIDDEN = re.compile("[\u202a-\u202e\u2060\ufeff\ufff9-\ufffb]")
_SURROGATE = re.compile("[\ud800-\udfff]")
_CONTROL = re.compile("[\x00-\x1f\x7f-\x9f\u2028\u2029]")
_SENTENCE_END = re.compile(r"(?<=[.!?…。！？])[\"”’)]?\s+(?=\S)")
_ABBREVIATION = re.compile(
    r"(?:\b[A-Z]|\b(?:Mr|Mrs|Ms|Dr|St|Gen|Gov|Sen|Rep|No|vs|Jan|Feb|Sept?|Oct|Nov|Dec))\.$"
)
SHARE_NAMES = ("Mail", "Link", "Telegram", "X", "Facebook", "LinkedIn", "WhatsApp")


def clean(text: str) -> str:
    """Give one visible line: no control characters, no reordering, single spaces."""
    text = _SURROGATE.sub("\ufffd", _HIDDEN.sub("", text))
    return " ".join(_CONTROL.sub(" ", text).split())


def shorten(text: str, limit: int) -> str:
    """Cut a clean line to `limit` characters at a word, with "…" for what is left out.

    Text without a space in reach (Chinese, one huge word) is cut between characters, never
    inside one that is put together from several.
    """
    if len(text) <= limit:
        return text
    head = text[:limit]  # one more than fits beside the ellipsis: its end may be a word's end
    cut = head.rfind(" ")
    if cut < limit // 3:
        cut = limit - 1
        while cut > 1 and (
            unicodedata.combining(text[cut])
            or text[cut] in "\u200d\ufe0f"
            or text[cut - 1] == "\u200d"
        ):
            cut -= 1
    return text[:cut].rstrip(" ,;:–—-(") + "…"


def opening(text: str, limit: int) -> str:
    """Take the first sentences that fit into `limit` characters, two at the most."""
    line = clean(text)
    ends = [
        m.start()
        for m in _SENTENCE_END.finditer(line[: limit + 40])
        if not _ABBREVIATION.search(line[: m.start()])
    ]
    fitting = [end for end in [*ends, len(line)][:2] if end <= limit]
    if len(fitting) == 2 or (fitting and fitting[0] >= _SHORTEST_OPENING):
        return line[: fitting[-1]].rstrip()
    return shorten(line, limit)


def direction_of(text: str, otherwise: str) -> str:
    """Tell "ltr" or "rtl" by the first letter that has a direction."""
    for character in text:
        kind = unicodedata.bidirectional(character)
        if kind == "L":
            return "ltr"
        if kind in {"R", "AL"}:
            return "rtl"
    return otherwise


def isolated(text: str, page: str) -> str:
    """Keep a text that runs against its page's direction from reordering its neighbours."""
    return f"\u2068{text}\u2069" if text and direction_of(text, page) != page else text


def web_address(url: str) -> str:
    """Give back an absolute http(s) address as it may stand in a message, else ""."""
    url = url.strip()
    if len(url) > _LONGEST_ADDRESS or _NOT_IN_ADDRESS.search(url):
        return ""
    try:
        parts = urlsplit(url)
    except ValueError:
        return ""
    if parts.scheme.lower() not in {"http", "https"} or not parts.hostname:
        return ""
    return _SURROGATE.sub("", url)


def wrap(text: str, width: int = 72, indent: str = "") -> str:
    """Break a paragraph into lines of at most `width` characters; a long address stays whole.

    What is not blank in `indent`, such as a bullet, stands on the first line only.
    """
    return textwrap.fill(
        text,
        width,
        initial_indent=indent,
        subsequent_indent=" " * len(indent),
        break_long_words=False,
        break_on_hyphens=False,
    )


def wrapped_line(line: str, width: int = 72) -> str:
    """Break one clean line as `wrap` does, in a quarter of the time."""
    if len(line) <= width:
        return line
    lines = []
    room = -1
    for word in line.split(" "):
        room -= len(word) + 1
        if room < 0:
            lines.append(word)
            room = width - len(word)
        else:
            lines[-1] += f" {word}"
    return "\n".join(lines)


def one_blank_line(text: str) -> str:
    """Leave one blank line where there are several."""
    return _BLANK_LINES.sub("\n\n", text)


@lru_cache(maxsize=1_024)
def long_date(day: date, language: str) -> str:
    """Write a day out: "Monday 23 November 2026"."""
    return dates.format_date(day, "full", locale=languages.locale(language))


@lru_cache(maxsize=1_024)
def local_time(at: datetime, time_zone: str, language: str) -> str:
    """Write a moment on the reader's clock: "Mon 23 Nov, 08:00"."""
    locale = languages.locale(language)
    there = at.astimezone(ZoneInfo(time_zone))
    if locale.language == "en":
        day = dates.format_datetime(there, "EEE d MMM", locale=locale)
    else:
        day = dates.format_skeleton("EEEdMMM", there, locale=locale)
    return f"{day}, {_clock(there, language)}"


def short_moment(at: datetime, day: date, time_zone: str, language: str) -> str:
    """Write a moment as `local_time` does, or only its hour when it fell on `day`."""
    there = at.astimezone(ZoneInfo(time_zone))
    return _clock(there, language) if there.date() == day else local_time(at, time_zone, language)


def _clock(there: datetime, language: str) -> str:
    return dates.format_time(there, "short", locale=languages.locale(language))


def n_words(text: str) -> int:
    """Count words; a script without spaces counts two characters as one."""
    n_dense = len(_DENSE.findall(text))
    return len(_DENSE.sub(" ", text).split()) + n_dense // 2


@lru_cache(maxsize=1_024)
def reading_time(n_read: int, language: str) -> str:
    """Say how long it takes to read so many words, one minute at the least: "4 min"."""
    minutes = max(1, round(n_read / _WORDS_A_MINUTE))
    # The bare language: CLDR's regional English says "4 mins".
    spoken = languages.locale(language).language
    return units.format_unit(minutes, "duration-minute", "short", locale=spoken)


def shares(title: str, url: str, names: tuple[str, ...] = SHARE_NAMES) -> tuple[model.Share, ...]:
    """Make plain links that pass a story on; none when it has no address."""
    if not web_address(url):
        return ()
    text, link = quote(title, safe=""), quote(url, safe="")
    ways = {
        "Mail": f"mailto:?subject={text}&body={link}",
        "Link": url,
        "Telegram": f"https://t.me/share/url?url={link}&text={text}",
        "X": f"https://x.com/intent/post?url={link}&text={text}",
        "Facebook": f"https://www.facebook.com/sharer/sharer.php?u={link}",
        "LinkedIn": f"https://www.linkedin.com/sharing/share-offsite/?url={link}",
        "WhatsApp": f"https://wa.me/?text={text}%20{link}",
    }
    return tuple(model.Share(name, ways[name]) for name in names)
