"""The topics a subscriber can follow: values, names, and the file an admin may edit.

The catalogue that ships is `topics.toml` in this folder; its head explains every key.
`load` refuses a file that cannot be used; `check` tells everything that is wrong or useless in
one, line by line.  How stories get their topics: `digest.classify`.
"""

from digest.topics.catalogue import SHIPPED, Catalogue, Topic, Words, load
from digest.topics.checking import Problem, check
from digest.topics.folding import fold
from digest.topics.regions import REGIONS, is_place, place_codes

__all__ = [
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
