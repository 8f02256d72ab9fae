"""The topics a subscriber can follow: values, names, and the file an admin may edit.

The catalogue that ships is `topics.toml` in this folder; its head explains every key.
`load` refuses a file that cannot be used; `check` tells everything that is wrong or useless in
one, line by line.  How stories get their topics: `digest.classify`.
"""

from digest.topics.catalogue import SHIPPED, Catalogue, Topic, Words, load
from digest.topics.checking import Problem, check
from digest.topics.folding import fold
from digest.topics.regions import REGIONS, is_place, place_codes

# From this score of a story's topic on its followers may be alerted: about what one strong phrase
# or place in a headline gives.  A digest can carry a doubtful story; an alert must be on topic.
ALERT_SCORE = 0.65

__all__ = [
    "ALERT_SCORE",
    "REGIONS",
    "SHIPPED",
    "Catalogue",
    "Problem",
    "Topic",
    "Words",
    "check",
    "fold",
    "is_place",
    "load",
    "place_codes",
]
