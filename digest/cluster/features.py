"""What an entry is compared by: weighted terms, fingerprints of its text, facts, canonical URL."""

import functools
import re
import sys
import urllib.parse
import zlib
from array import array
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from digest import model
from digest.cluster import facts, lexicon, words

__all__ = ["COPY_SHINGLES", "Features", "canonical_url", "read_features", "shingles"]

LEDE_WORDS = 40
TITLE_WEIGHT = 2.0
_EMPTY_TITLE = 0.25  # factor for a headline of words that any may have ("What do we know so far?")
LEDE_WEIGHT = 1.0
NAME_FACTOR = 0.9  # a capitalised word inside a sentence: people are in many stories
COPY_SHINGLES = 6  # equal runs of words below which a text is too short to call copied
_SHINGLE_WORDS = 5
_SHINGLED_WORDS = 240  # of the text, after the title
_HEAD = 50  # fingerprints that most copies keep
_BASE = 0x9E3779B1  # odd: nothing is lost of a word when it is multiplied
_MASK = 0xFFFFFFFF
_BASE_OUT = pow(_BASE, _SHINGLE_WORDS, 1 << 32)
_TRACKING = re.compile(
    r"^(?:utm_.*|at_.*|fbclid|gclid|dclid|msclkid|igshid|mc_[ce]id|maca|cmp|cmpid|ocid|ref|ref_src|ref_url|"
    r"source|src|ftag|smid|xtor|rss|feed|traffic_source|partner|ns_.*|ito|sh|share|spm|s_cid|icid|ncid)$",
    re.IGNORECASE,
)


@dataclass(frozen=True, slots=True)
class Features:
    """Read once per entry.  `terms` holds every term with its weight, most telling fields first."""

    entry_id: str
    source: str
    at: datetime | None
    url: str  # canonical, "" when it says nothing
    terms: Mapping[str, float]
    title_terms: tuple[str, ...]
    title_names: tuple[str, ...]
    shingles: "array[int]"  # fingerprints of the text's runs of words, in order
    wording: int  # mostly equal in copies of one text, whatever is put before or after it
    is_roundup: bool  # tells of several events
    title_facts: facts.Facts
    all_facts: facts.Facts


def canonical_url(url: str) -> str:
    """Reduce an address to what tells two documents apart; "" for a front page."""
    try:
        parts = urllib.parse.urlsplit(url.strip())
    except ValueError:
        return ""
    host = (parts.hostname or "").removeprefix("www.").removeprefix("m.").removeprefix("amp.")
    path = re.sub(r"/(?:amp|index\.html?)?/?$", "", parts.path)
    query = sorted(
        (key, value)
        for key, value in urllib.parse.parse_qsl(parts.query)
        if not _TRACKING.match(key)
    )
    if not host or (not path and not query):
        return ""
    return f"{host}{path}?{urllib.parse.urlencode(query)}" if query else host + path


def shingles(text: str) -> frozenset[int]:
    """Give the fingerprints of a text's runs of five words."""
    return frozenset(_fingerprints(words.tokens(text)))


def _fingerprints(written: Sequence[str]) -> "array[int]":
    """Fingerprints of runs of five words, in order; of a run's words, each times a power."""
    found = []
    rolled = 0
    numbers = [_number(word) for word in written[:_SHINGLED_WORDS]]
    for at, number in enumerate(numbers):
        rolled = (rolled * _BASE + number) & _MASK
        if at >= _SHINGLE_WORDS:
            rolled = (rolled - numbers[at - _SHINGLE_WORDS] * _BASE_OUT) & _MASK
        if at >= _SHINGLE_WORDS - 1:
            found.append(rolled)
    return array("I", found)


@functools.lru_cache(maxsize=50_000)
def _number(word: str) -> int:
    return zlib.crc32(words.fold(word).encode())


def _in_sentence_case(written: list[str]) -> bool:
    """Say whether capitals mean names here, not a headline Set Like This."""
    return any(
        word.islower() and len(word) > 3 and word not in lexicon.STOP_WORDS["en"]
        for word in written[1:]
    )


def _names(written: list[str], *, first: bool) -> frozenset[str]:
    """Give the words that are names by their capital.

    The first one's capital says nothing, so with `first` it is a name when it is no word that
    headlines use every day.
    """
    if not _in_sentence_case(written):
        return frozenset()
    names = {word for word in written[1:] if word[0].isalpha() and not word.islower()}
    term = words.stem(written[0], "en") if first and not written[0].islower() else ""
    if term[:1].isalpha() and words.tier(term) == 0:
        names.add(written[0])
    return frozenset(names)


def read_features(entry: model.Entry) -> Features:
    """Read what `entry` is compared by; its language chooses stemmer and stop words."""
    title = words.tidy_title(entry.title)
    text = words.lede(entry.summary or entry.body, LEDE_WORDS)
    title_words, lede_words = words.tokens(title), words.tokens(text)
    named = _names(title_words, first=False) | _names(lede_words, first=False)
    in_title = _names(title_words, first=True)
    weights: dict[str, float] = {}
    title_names: set[str] = set()
    title_terms: list[str] = []
    for field_words, weight in ((title_words, TITLE_WEIGHT), (lede_words, LEDE_WEIGHT)):
        for term, word in words.terms(field_words, entry.language):
            if weight == TITLE_WEIGHT:
                title_terms.append(term)
                if word in in_title:
                    title_names.add(term)
            raised = weight * (NAME_FACTOR if word in named else 1.0)
            known = weights.get(term, 0.0)
            # A term of both title and lede counts a little more than one of the title alone.
            weights[term] = max(known, raised) + 0.5 * min(known, raised) if known else raised
    if len(weights) > len(title_terms) and all(words.tier(term) == 3 for term in title_terms):
        for term in set(title_terms):
            weights[term] *= _EMPTY_TITLE
    title_facts = facts.read_facts(title, title_words)
    shingled = _fingerprints(_long_words(entry, text, lede_words))
    return Features(
        entry_id=entry.id,
        source=sys.intern(entry.source or str(entry.source_id or "")),
        at=entry.published_at or entry.updated_at,
        url=canonical_url(entry.url),
        terms={sys.intern(term): _SHARED.setdefault(w, w) for term, w in weights.items()},
        title_terms=tuple(sys.intern(term) for term in dict.fromkeys(title_terms)),
        title_names=tuple(sorted(sys.intern(term) for term in title_names)),
        shingles=shingled,
        wording=min(shingled[:_HEAD]) if shingled else zlib.crc32(entry.id.encode()),
        is_roundup=words.is_roundup(entry.title),
        title_facts=title_facts,
        all_facts=facts.read_facts(f"{title}. {text}", [*title_words, *lede_words], is_long=True)
        if text
        else title_facts,
    )


def _long_words(entry: model.Entry, text: str, lede_words: Sequence[str]) -> Sequence[str]:
    """The words of the longer of summary and body."""
    longer = max(entry.body, entry.summary, key=len)
    long_text = words.lede(longer, _SHINGLED_WORDS)
    return lede_words if long_text == text else words.tokens(long_text)


_SHARED: dict[float, float] = {}  # the few weights there are, each once in memory
