"""Keyword queries in a chat: which parts of what was typed are one, and following them.

A part in quotation marks, with operators, parentheses, `-word`, `word*`, `title:` or `in:` is a
query, unless all of it is the name of a topic.  Bare words stay names of topics.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass

from digest import chatting, query, topics
from digest.bot import screens, topic_screens
from digest.bot.talk import Talk
from subscribers import choices, preferences

# Between parts; not inside quotation marks or parentheses.
_PART = re.compile(r"""["“”„«»][^"“”„«»]*["“”„«»]?|\([^()]*\)?|[^,;\n"“”„«»(]""")
_ASKS = re.compile(
    r"""["“”„«»()]|\b(?:AND|OR|NOT)\b|(?:^|\s)[-−–—]\w|\w\*|\b(?:title|in):\S|\bwithin\b.*\bonly\b""",
    re.IGNORECASE,
)
_ONLY_A_QUERY = re.compile(r"\w\*|\b(?:title|in):\S", re.IGNORECASE)
_OPERATORS = re.compile(r"\b(?:AND|OR|NOT)\b")


@dataclass(frozen=True, slots=True)
class Asked:
    """What was typed, apart: queries, and the rest with its commas."""

    queries: tuple[str, ...] = ()
    names: str = ""


def taken_apart(catalogue: topics.Catalogue, text: str) -> Asked:
    """Tell queries from names of topics."""
    parts = [""]
    at = 0
    while at < len(text):
        found = _PART.match(text, at)
        if found is None and text[at] in ",;\n":
            parts.append("")
        else:
            parts[-1] += found[0] if found else text[at]
        at = found.end() if found else at + 1
    queries: list[str] = []
    names: list[str] = []
    for part in filter(None, map(str.strip, parts)):
        known = catalogue.resolve_all(part) or catalogue.is_placement(part)
        asks = _ONLY_A_QUERY.search(part) or (not known and _is_query(part))
        (queries if asks else names).append(part)
    return Asked(tuple(queries), ", ".join(names))


def _is_query(part: str) -> bool:
    found = _ASKS.search(part)
    if found is None:
        return False
    # "and" in small letters joins names of topics.
    return any(
        not found[0].isalpha() or _OPERATORS.search(found[0]) for found in _ASKS.finditer(part)
    )


async def follow(talk: Talk, reader: chatting.Reader, typed: Sequence[str]) -> None:
    """Follow queries; one that cannot be read is shown with its place."""
    for text in typed:
        try:
            asked = query.parse(text, talk.rt.catalogue.resolve_all)
        except query.QueryError as error:
            await talk.send(screens.simple("query", sentence=error.sentence, caret=error.caret))
            continue
        said = str(asked)
        known = {choices.keyword(each).casefold() for each in reader.person.keywords}
        await talk.rt.db.run(
            preferences.add_keywords, reader.person.id, [said], now=talk.now, how=chatting.HOW
        )
        reader = await talk.refresh() or reader
        is_new = said.casefold() not in known
        await talk.send(
            topic_screens.followed(
                talk.view,
                reader.person,
                new_queries=(said,) if is_new else (),
                same_queries=() if is_new else (said,),
            )
        )


async def unfollow(talk: Talk, reader: chatting.Reader, typed: Sequence[str]) -> tuple[str, ...]:
    """Leave the saved queries that these are; returns them as they were saved."""
    wanted = {_key(talk, text) for text in typed}
    gone = tuple(each for each in reader.person.keywords if _key(talk, each) in wanted)
    if gone:
        kept = [each for each in reader.person.keywords if each not in gone]
        await talk.rt.db.run(
            preferences.set_keywords, reader.person.id, kept, now=talk.now, how=chatting.HOW
        )
    return gone


def _key(talk: Talk, text: str) -> str:
    """What is equal for queries that are told back alike, quotation marks around them or not."""
    found = query.saved(text, talk.rt.catalogue.resolve_all)
    return (str(found) if found else text).strip('"').casefold()
