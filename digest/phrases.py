"""What an issue or alert says by itself: headings, and the reason each story is there.

English is here.  For another language subclass `Phrases` and hand `curate` and `alert` a mapping
from languages to instances; whole sentences, because no sentence may be built by concatenation.
"""

import re
from dataclasses import dataclass

__all__ = ["EDITOR", "ENGLISH", "Phrases", "Told", "inherited", "put_under", "understood"]

EDITOR = "an editor put it "  # begins the evidence that is an editor's word
_THERE = f"{EDITOR}there"
_FOLLOWS = re.compile(r"(Editor's pick\. )?You follow (.+?)(?: \((.+)\))?")
_CARRIED = re.compile(r"Carried by (\d+) sources")
_TOP = re.compile(r"Top story(?: in (.+))?")


def inherited(topic: str) -> str:
    """Write the evidence of a topic that a story has through a lower one."""
    return f"topic: {topic}"


def put_under(topic: str) -> str:
    """Write the evidence of a topic that an editor put a story under."""
    return f"{EDITOR}under {topic}"


@dataclass(frozen=True, slots=True)
class Told:
    """What a reason given to a reader says."""

    is_pick: bool = False
    topic: str = ""  # the name of one they follow
    evidence: str = ""
    n_sources: int = 0
    is_top: bool = False
    top_in: str = ""


def understood(why: str) -> Told | None:
    """Read back what the English phrases wrote; None for anything else."""
    if why == Phrases.pick:
        return Told(is_pick=True)
    if found := _FOLLOWS.fullmatch(why):
        return Told(bool(found[1]), found[2], found[3] or "")
    if found := _CARRIED.fullmatch(why):
        return Told(n_sources=int(found[1]))
    if found := _TOP.fullmatch(why):
        return Told(is_top=True, top_in=found[1] or "")
    return None


class Phrases:
    """The sentences, in English."""

    hot = "What's hot"
    picks = "Editor's picks"
    pick = "Editor's pick"
    top = "Top story"

    def follows(self, topic: str, evidence: str) -> str:
        """Name the topic a reader follows, with the first evidence that the story is about it.

        `evidence` is as the classifier wrote it ("title: Ukraine"), an editor's word, or "".
        """
        if evidence == put_under(topic):
            return f"You follow {topic} ({_THERE})"
        return f"You follow {topic} ({evidence})" if evidence else f"You follow {topic}"

    def pick_follows(self, topic: str, evidence: str) -> str:
        """The same, for a story an editor picked."""
        return f"Editor's pick. {self.follows(topic, evidence)}"

    def carried(self, n_sources: int) -> str:
        """Say how many sources carry a story; always more than one."""
        return f"Carried by {n_sources} sources"

    def top_in(self, topic: str) -> str:
        """Introduce a story of a topic to somebody who follows nothing."""
        return f"Top story in {topic}"


ENGLISH = Phrases()
