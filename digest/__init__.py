"""Digest: collects the day's stories, works out what they are about, and sends each
subscriber the ones they follow, once, at their own local hour.

`digest/README.md` is the map; `digest/pipeline.py` is the page to read first.
"""

__version__ = "0.1.0"
