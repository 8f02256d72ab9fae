"""Queries that readers save: one grammar for the bot, the pages, imports and the desk.

    interest rates            both words, in any order, at most eight others between them
    "interest rates"          these words, one after the other
    tariff*                   every word that begins so
    title:ECB                 only in the headline
    in:asia, within Asia only a story that is filed under the topic
    -crypto, NOT crypto       not with this word
    AND OR NOT ( )            in capitals; nothing between two parts means AND, which binds
                              closer than OR

Case, accents and ё or е make no difference.  A word is a whole word, also in Cyrillic and Arabic;
what is written without spaces (Chinese, Japanese, Korean, Thai ...) is found anywhere.

    parse       text → Query, or QueryError that points at the place
    str(query)  the query as it is told back: parsed again, it is the same
    Text        a story made ready, once, to be held against queries
    Matcher     many saved queries against one story

Pure, and linear in the length of text and query.
"""

from digest.query.errors import QueryError
from digest.query.grammar import DEEPEST, MOST_CHARS, MOST_TERMS, Query, Resolve, parse, saved
from digest.query.matcher import Matcher
from digest.query.text import Hit, Match, Text, text_of

__all__ = [
    "DEEPEST",
    "MOST_CHARS",
    "MOST_TERMS",
    "Hit",
    "Match",
    "Matcher",
    "Query",
    "QueryError",
    "Resolve",
    "Text",
    "parse",
    "saved",
    "text_of",
]
