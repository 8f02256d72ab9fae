"""Curate an edition for one reader: stories × recipient × already seen → issue, or nothing.

Pure: the same values give the same issue, and every story handed in has exactly one choice
that says why it is shown or left out.  The rules, first match first:

1. A dropped or withdrawn story is never shown.
2. A story seen before is left out, unless its revision is higher than the one seen: then it
   is shown as updated.
3. A follow counts for a story that carries the topic.  A muted topic follows nothing, and
   takes with it, for the stories that carry it, the follows of the topics above it: whoever
   mutes Ukraine and follows Europe gets no Ukraine story through Europe, but one through
   Russia.  Without a follow left, a story with a muted topic is "muted", an editor's pick too.
4. A story that last changed before the window began is too old.
5. A pinned story is shown to everybody while the plan has general stories; any other needs a
   follow.  Who follows nothing at all gets the general issue: what is hot, the picks, and the
   best of each main topic.

Sections: the hottest ("lead": at most a third of the reader's own stories, at least one),
then editor's picks, then topics in catalogue order.  A story stands once, under the topic
that is strongest for it, where a topic counts as strong as the strongest above it: so the
specific goes before the general.  When an issue is too long for all, every section gets its
best story before any gets a second.  Within a section: hottest, then latest, then lowest id.

A keyword or saved query is a topic of its own for who follows it, above all others of a story
that it matches; it counts also where a topic of the story is muted.
"""

from digest.curate.choosing import Plan
from digest.curate.crowd import Numbered
from digest.curate.curator import Curated, Curator, curate, explain
from digest.curate.index import Reader
from digest.curate.queried import Queried, is_of_keyword, of_any_keyword

__all__ = [
    "Curated",
    "Curator",
    "Numbered",
    "Plan",
    "Queried",
    "Reader",
    "curate",
    "explain",
    "is_of_keyword",
    "of_any_keyword",
]
