"""What an issue or alert says by itself: headings, and the reason each story is there.

English is here.  For another language subclass `Phrases` and hand `curate` and `alert` a mapping
from languages to instances; whole sentences, because no sentence may be built by concatenation.
"""

__all__ = ["ENGLISH", "Phrases", "inherited", "put_under"]


def inherited(topic: str) -> str:
    """Write the evidence of a topic that a story has through a lower one."""
    return f"topic: {topic}"


def put_under(topic: str) -> str:
    """Write the evidence of a topic that an editor put a story under."""
    return f"an editor put it under {topic}"


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
            return f"You follow {topic} (an editor put it there)"
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
