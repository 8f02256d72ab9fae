"""How an issue that would be too long is shortened: by rule, and never below its lead."""

from collections.abc import Iterator
from dataclasses import dataclass

from digest import model

__all__ = ["Plan", "plans"]

_PER_SECTION = (12, 8, 6, 5, 4, 3, 2, 1)
_ALL = 1_000_000


@dataclass(frozen=True, slots=True)
class Plan:
    """How much of an issue is shown."""

    most_in_block: int = _ALL
    most_blocks: int = _ALL
    with_shares: bool = True
    with_summaries: bool = True


def plans(issue: model.Issue) -> Iterator[Plan]:
    """List what to try until it fits.

    All, then no share links, fewer stories a section, no summaries, fewer sections.
    """
    yield Plan()
    yield Plan(with_shares=False)
    longest = max(len(section.items) for section in issue.sections)
    for per_section in _PER_SECTION:
        if per_section < longest:
            yield Plan(per_section, with_shares=False)
    sections = len(issue.sections)
    while sections:
        yield Plan(1, sections, with_shares=False, with_summaries=False)
        sections //= 2
