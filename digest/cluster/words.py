"""Words of a headline: split, freed of what sources glue on, folded, stemmed.

Works in any script: languages Snowball knows are stemmed, other words are cut to five letters,
and scripts written without spaces become pairs of characters.
"""

import functools
import re
import unicodedata
from collections.abc import Iterator, Sequence

import snowballstemmer

from digest.cluster import lexicon, places

__all__ = ["fold", "is_roundup", "lede", "stem", "terms", "tidy_title", "tier", "tokens"]

_WORD = re.compile(r"[^\W_]+(?:[.,:'’][^\W_]+)*\.?(?<!\.)|[^\W_](?:\.[^\W_])+\.?")
_POSSESSIVE = re.compile(r"['’]s?$")
_ELISION = re.compile(r"^(?:[dljmnstc]|qu|dell|nell|all|sull)['’](?=\w)")
_UNSPACED = re.compile(
    "[\u0e00-\u0eff\u1000-\u109f\u1780-\u17ff\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff]"
)
_CUT = 5  # letters kept of a word whose language has no stemmer

_LONG_FORM = re.compile(rf"\b(?:{'|'.join(lexicon.SHORT_FORMS)})\b", re.IGNORECASE)
_HYPHENED_NAME = re.compile(r"\b([A-Z][a-z]+ [A-Z][a-z]+)-([a-z]{2,})\b")
_ROUNDUP = re.compile(
    r"\bupdates?:|\blive (?:updates?|blog)\b|\bas it happened\b|\bround-?up\b|\bin brief\b"
    r"|\bbriefs\b|\b(?:news|daily|morning|evening|press) brief(?:ing)?\b|\bat a glance\b"
    r"|\bnewsletter\b|\b(?:image|picture|photo|quote|word)s? of the (?:day|week)\b"
    r"|\btoday in history\b|\bweek in \w+\b|\bthings (?:you|to|we)\b|\bthe latest:"
    r"|\btop stories\b|\bheadlines\b",
    re.IGNORECASE,
)

# What sources glue on: a kicker in front, a section or a source at the end.
_FRONT = re.compile(
    r"^[^\w\"'‘“]*(?:watch|video|live(?: updates?)?|breaking(?: news)?|just in|exclusive|opinion|"
    r"analysis|explainer|update \d|factbox|in pictures|in photos|photos)\s*[:|–-]\s+",
    re.IGNORECASE,
)
_BRACKETS = re.compile(
    r"\s*[(\[](?:videos?|photos?|pics|watch|live|update\w*|graphic[^)\]]*|exclusive)[)\]]\s*",
    re.IGNORECASE,
)
_BACK = re.compile(r"\s+(?:[|–—]|-)\s+([^|–—]{2,40})$")
_BACK_WORDS = lexicon.word_set(
    """news world business finance markets politics sport sports tech technology science health
    opinion live video media online updates economy asia europe africa middle-east us uk report
    reports source sources police officials"""
)
_BOILERPLATE = re.compile(
    r"\bread (?:the )?(?:full (?:article|story)|more)\b.*$"
    r"|\bthe post .{3,200}? (?:first )?appeared (?:first )?on\b.*$"
    r"|\bcontinue reading\b.*$"
    r"|\bfollow \w+ for (?:more|the latest).*$"
    r"|\b\w+ has (?:more|the latest)\.?$"
    r"|\bclick here\b.*$"
    r"|\bsign up (?:to|for)\b.*$",
    re.IGNORECASE | re.DOTALL,
)
# "SEOUL, South Korea (AP) — ", "LONDON — ", "Nairobi, May 3 (Reuters) - "
_DATELINE = re.compile(
    r"^\s*[A-Z][\w.'’ ]{1,30}(?:,\s[\w.,'’ ]{1,40})?(?:\s\([A-Za-z/ ]{2,25}\))?\s*[–—―]\s"
    r"|^\s*[A-Z][\w.,'’ ]{1,60}\s\([A-Za-z/ ]{2,25}\)\s*-\s"
)


COUNTRIES = frozenset(path[0] for path in places.PATHS.values())


def tidy_title(title: str) -> str:
    """Free a headline of its kicker, "(VIDEO)" and a glued-on section or source name."""
    title = _BRACKETS.sub(" ", _FRONT.sub("", title)).strip()
    glued = _BACK.search(title)
    if glued and len(title[: glued.start()].split()) >= 4:
        words = {word.casefold() for word in re.findall(r"[^\W_]+", glued[1])}
        if words and (words & _BACK_WORDS or glued[0].lstrip()[0] == "|") and len(words) <= 4:
            title = title[: glued.start()]
    return title


def lede(text: str, limit: int) -> str:
    """Give the first `limit` words of a summary, without dateline and "read more"."""
    text = _DATELINE.sub("", _BOILERPLATE.sub("", text[: limit * 16]), count=1)
    return " ".join(text.split()[:limit])


def is_roundup(title: str) -> bool:
    """Say whether a headline announces several events ("Live updates: ...", "In brief")."""
    return bool(_ROUNDUP.search(title))


def tokens(text: str) -> list[str]:
    """Split into words as written: possessives dropped, "U.S." one word, hyphens two words but
    in given names ("Kim Moon-soo"), and long names put short ("Prime Minister")."""
    found: list[str] = []
    text = _LONG_FORM.sub(lambda match: lexicon.SHORT_FORMS[match[0].casefold()], text)
    for match in _WORD.finditer(_HYPHENED_NAME.sub(r"\1\2", text)):
        word = match[0]
        if "." in word and not any(c.isdigit() for c in word):
            pieces = word.split(".")
            if all(len(piece) <= 1 for piece in pieces):
                word = "".join(pieces)
            else:
                found.extend(piece for piece in pieces if piece)
                continue
        found.append(_POSSESSIVE.sub("", word))
    return found


@functools.lru_cache(maxsize=50_000)
def fold(word: str) -> str:
    """Lower a word and drop its accents, where its script has them as marks."""
    lowered = word.casefold()
    if lowered.isascii():
        return lowered
    plain = "".join(
        c for c in unicodedata.normalize("NFKD", lowered) if not unicodedata.combining(c)
    )
    return unicodedata.normalize("NFC", plain)


@functools.lru_cache(maxsize=64)
def _stemmer(language: str) -> "snowballstemmer.basestemmer.BaseStemmer | None":
    name = lexicon.LANGUAGE_NAMES.get(language)
    return snowballstemmer.stemmer(name) if name else None


@functools.lru_cache(maxsize=100_000)
def stem(word: str, language: str) -> str:
    """Reduce one word to the term it is counted under, "" for a stop word.

    English words of one meaning give one term, and so do a country and its adjectives.
    """
    if word in {"US", "U.S"}:  # the country; "us" is a stop word
        return "us"
    lowered = word.casefold().replace("’", "'")
    language = language or ("en" if lowered.isascii() else "")
    if language != "en":
        lowered = _ELISION.sub("", lowered)
    if lowered in lexicon.STOP_WORDS.get(language, frozenset()):
        return ""
    if lowered[0].isdigit():
        return lowered.replace(",", "")
    if language == "en":
        path = places.PATHS.get(lowered) if word[0].isupper() else None
        if path:
            return path[-1]
        if lowered in lexicon.NUMBER_WORDS:
            return lexicon.NUMBER_WORDS[lowered]
        lowered = lexicon.SAME.get(lowered, lowered)
    stemmer = _stemmer(language)
    if stemmer is not None:
        return fold(stemmer.stemWord(lowered))
    return fold(lowered)[:_CUT]


def terms(words: Sequence[str], language: str) -> Iterator[tuple[str, str]]:
    """Give (term, word as written) for every word that counts, in order.

    A place of several words is one term.
    """
    taken = 0
    for at, word in enumerate(words):
        if at < taken:
            continue
        if _UNSPACED.search(word):
            for start in range(max(1, len(word) - 1)):
                yield word[start : start + 2], word
            continue
        if language in {"", "en"} and (place := places.longest_at(words, at)):
            path, size = place
            taken = at + size
            yield path[-1], word
            continue
        term = stem(word, language)
        if term and (len(term) > 1 or not term.isascii() or term.isdigit()):
            yield term, word


def tier(term: str) -> int:
    """Say how common a term is in headlines at large: 0 unknown, 1 the usual events ("crash"),
    2 countries and names of every day, 3 words of any headline ("says")."""
    if term in lexicon.WEAK_WORDS:
        return 3
    if term in COUNTRIES or term in lexicon.DAILY_NAMES:
        return 2
    return 1 if term in lexicon.EVENT_WORDS else 0
