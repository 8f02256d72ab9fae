"""One sample story, and the sources that carry them; all names of papers are made up."""

import re
import unicodedata
from dataclasses import dataclass

__all__ = ["SOURCES", "Paper", "Sample"]


@dataclass(frozen=True, slots=True)
class Paper:
    """A made-up publisher; `desk` signs its stories."""

    key: str
    title: str
    tagline: str
    desk: str
    own: bool = False


SOURCES = {
    paper.key: paper
    for paper in (
        Paper(
            "meridian",
            "The Meridian",
            "Global markets, finance and economic insights",
            "Meridian newsroom",
            own=True,
        ),
        Paper("harbour-wire", "Harbour Wire", "What moved, as it moved", "Wire desk"),
        Paper("northern-ledger", "Northern Ledger", "The day, set down", "Ledger reporters"),
        Paper("southgate-review", "Southgate Review", "Further afield", "Review desk"),
    )
}


@dataclass(frozen=True, slots=True)
class Sample:
    """A story as one source tells it.

    `event` is shared by samples about the same event; `topics` are those a reader would say it
    is about, the lowest ones (their upper topics follow).  `image` is a file of the newsroom.
    """

    source: str
    minutes_ago: int
    title: str
    summary: str
    categories: tuple[str, ...]
    topics: tuple[str, ...]
    event: str = ""
    image: str = ""
    agency: str = ""
    dateline: str = ""

    @property
    def slug(self) -> str:
        plain = unicodedata.normalize("NFKD", self.title).encode("ascii", "ignore").decode()
        words = re.findall(r"[a-z0-9]+", plain.lower())
        while len("-".join(words)) > 70:
            words.pop()
        return "-".join(words)

    @property
    def body(self) -> str:
        """The story's text: the summary behind its dateline."""
        place = f"{self.dateline} ({self.agency}) — " if self.dateline else ""
        return f"{place}{self.summary}"
