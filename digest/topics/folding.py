"""How names are compared: without case, accents, punctuation and apostrophes."""

import re
import unicodedata
from functools import lru_cache

__all__ = ["fold"]


@lru_cache(maxsize=8192)  # the same categories and names come again with every entry
def fold(name: str) -> str:
    """Return a name without case, accents, punctuation and apostrophes; "&" reads "and"."""
    text = unicodedata.normalize("NFKD", name.casefold().replace("&", " and "))
    text = "".join(c for c in text if not unicodedata.combining(c) and c not in "'’‘`")
    return " ".join(re.sub(r"[\W_]+", " ", text).split())
