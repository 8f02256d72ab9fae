"""A newsroom's history in words of its own, which no catalogue can know.

Its shipping column, "Slip and Quay", is filed under Business.  Other desks write as strangely.
"""

import itertools
import random
from collections.abc import Sequence
from datetime import UTC, datetime

from digest import model

NOW = datetime(2026, 11, 3, 6, 0, tzinfo=UTC)
_DESKS = {
    "Business": ("Slip and Quay", "tallow", "berth", "lighterage", "stevedore", "hawser"),
    "Sports": ("The Long Field", "tarrock", "wicketry", "thrower", "innage", "mallet"),
    "Health": ("Ward Notes", "poultice", "draught", "almoner", "lancet", "tincture"),
    "Politics": ("From the Moot", "reeve", "thane", "hustings", "folkmoot", "wardmote"),
}
_NAMES = ("Merrow", "Osk", "Tamsin", "Quillan", "Brede", "Yarrow", "Hesper", "Corvane", "Dunmere")
_DEEDS = ("takes on", "leaves", "waits for", "is promised", "lacks", "returns", "asks for", "keeps")


def entries(n: int, categories: Sequence[str] = tuple(_DESKS), seed: int = 7) -> list[model.Entry]:
    """`n` entries, divided equally between the desks of some categories; all headlines differ."""
    draw = random.Random(seed)
    made = []
    for number, category in zip(range(n), itertools.cycle(categories), strict=False):
        title, summary = _written(draw, category, number)
        made.append(
            model.Entry(
                id=f"history-{number}",
                title=title,
                summary=summary,
                url=f"https://meridian.example/{number}",
                categories=(category,),
                published_at=NOW,
            )
        )
    return made


def unseen(category: str, seed: int = 11) -> model.Entry:
    """An entry of a desk that nobody filed anywhere."""
    title, summary = _written(random.Random(seed), category, 9999)
    return model.Entry(id="unseen", title=title, summary=summary, url="https://elsewhere.example/x")


def _written(draw: random.Random, category: str, number: int) -> tuple[str, str]:
    column, *words = _DESKS[category]
    one, two, three = draw.sample(words, 3)
    name, other = draw.sample(_NAMES, 2)
    title = f"{column}: {name} {draw.choice(_DEEDS)} {one} and {two} with {other}"
    return f"{title} no {number}", f"{other} {draw.choice(_DEEDS)} the {three}, says {name}."
