"""Guess the character set of text that names none, or a wrong one.

Latin letters with an accent stand alone between others; letters of other scripts stand
together.  Only the latter are worth a guess: western text is Windows-1252, as browsers take it.
"""

import re

import charset_normalizer

__all__ = ["guess"]

DEFAULT = "cp1252"
# One of each family that feeds without a declaration were ever found in.
_CANDIDATES = [
    "cp932", "euc_jp", "cp949", "big5", "gb18030", "koi8_r", "cp1251", "cp1253", "cp1255", "cp1256",
    "tis_620", "cp1252",
]  # fmt: skip
_MAX_BYTES = 20_000
_MIN_BYTES = 8  # beyond ASCII: below, every guess is as good as another
_HIGH = re.compile(rb"[\x80-\xff]+(?:[\x20-\x7e]?[\x80-\xff]+)*")
_TAG = re.compile(rb"<[^<>]{0,2000}>")


_KANA = re.compile("[\u3041-\u3096\u30a1-\u30fa]")  # a third of Japanese, and of nothing else


def guess(data: bytes) -> str:
    """Return the codec of text that is not UTF-8, by what its letters look like."""
    sample = _TAG.sub(b" ", data[: 4 * _MAX_BYTES])[:_MAX_BYTES]
    runs = [run[0] for run in _HIGH.finditer(sample)]
    n_high = sum(map(len, runs))
    together = sum(len(run) for run in runs if len(run) > 3)
    if n_high < _MIN_BYTES or 2 * together < n_high:
        return DEFAULT
    for japanese in ("euc_jp", "cp932"):
        if _kana_share(sample.decode(japanese, "replace")) > 0.3:
            return japanese
    best = charset_normalizer.from_bytes(sample, cp_isolation=_CANDIDATES).best()
    return best.encoding if best else DEFAULT


def _kana_share(text: str) -> float:
    """Return how much of what is beyond ASCII is kana, 0 to 1; a lost character counts twice."""
    n_beyond = sum(character > "\x7f" for character in text) + text.count("\ufffd")
    return len(_KANA.findall(text)) / n_beyond if n_beyond else 0.0
