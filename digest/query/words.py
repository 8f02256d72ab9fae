"""Text as words to compare: without case, accents and punctuation.

What is written without spaces gives a word for each character, so that a name in Chinese is a
phrase, and found wherever its characters stand together.
"""

import re
import unicodedata

__all__ = ["folded", "is_spaceless", "words_of"]

# Thai, Lao, Burmese, Khmer, kana, Han, Hangul: no spaces, or endings joined to the word.
_SPACELESS = (
    "\u0e01-\u0eff\u1000-\u109f\u1780-\u17ff\u3005\u3007\u3041-\u309f\u30a1-\u30fa\u30fc-\u30ff"
    "\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7af\uf900-\ufaff\U00020000-\U0003ffff"
)
# `\w` knows no marks, of which Indic words are full.
_MARKS = "".join(
    chr(code) for code in range(0x300, 0x1CFF) if unicodedata.category(chr(code))[0] == "M"
)
_WORD = re.compile(f"[{_SPACELESS}]|(?:[^\\W_{_SPACELESS}]|[{_MARKS}])+")
_ASCII_WORD = re.compile(r"[a-z0-9]+")
_ONE_SPACELESS = re.compile(f"[{_SPACELESS}]")
_INITIALS = re.compile(r"(?<![^\W_])[^\W\d_](?:\.[^\W\d_])+(?![^\W_])")
_SYMBOLS = {ord(char): " " for char in "™℠"}  # NFKC would make letters of them
_KEPT = frozenset("йўґ")  # letters of their own, not letters with an accent
_TATWEEL = "\u0640"


class _Fold(dict[int, str]):
    """Each character without accents, filled as characters are met."""

    def __missing__(self, code: int) -> str:
        char = chr(code)
        if char in _KEPT:
            plain = char
        else:
            parts = unicodedata.normalize("NFD", char)
            plain = unicodedata.normalize("NFC", "".join(p for p in parts if not _is_dropped(p)))
        self[code] = plain
        return plain


def _is_dropped(char: str) -> bool:
    """Tell accents and vowel points from marks that spell: those of kana, Thai and Hindi stay."""
    kind = unicodedata.combining(char)
    return kind >= 200 or 10 <= kind <= 36 or char == _TATWEEL or unicodedata.category(char) == "Cf"


_FOLD = _Fold()


def folded(text: str) -> str:
    """Return a text without case and accents; "U.S." reads "us"."""
    if text.isascii():
        plain = text.lower()
    else:
        plain = unicodedata.normalize("NFKC", text.translate(_SYMBOLS)).casefold()
        plain = plain.translate(_FOLD)
    if "." in plain:
        plain = _INITIALS.sub(lambda found: found[0].replace(".", ""), plain)
    return plain


def words_of(text: str) -> list[str]:
    """The words of a text, folded, in order."""
    plain = folded(text)
    return (_ASCII_WORD if plain.isascii() else _WORD).findall(plain)


def is_spaceless(word: str) -> bool:
    """Tell whether a word is a character of a script without spaces."""
    return _ONE_SPACELESS.match(word) is not None
