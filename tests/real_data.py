"""Where the real feeds, mail and labels lie: beside the checkout, never inside it.

`DIGEST_REAL_DATA` names the folder; without it, `shared/data` next to the checkout is used.
Their text is their publishers', so tests read it in place and nothing of it is copied here.
"""

import os
from pathlib import Path

import pytest

__all__ = ["folder"]


def root() -> Path:
    """Return the folder that holds all real data, whether or not it exists."""
    named = os.environ.get("DIGEST_REAL_DATA")
    return Path(named) if named else Path(__file__).parents[2] / "shared" / "data"


def folder(*parts: str) -> Path:
    """Return one folder of the real data; skip the calling test only when all of it is absent."""
    top = root()
    if not top.is_dir():
        pytest.skip(f"no real data at {top}: set DIGEST_REAL_DATA to the folder that holds it")
    path = top.joinpath(*parts)
    if not path.exists():
        raise FileNotFoundError(f"the real data has no {path.relative_to(top)}")
    return path
