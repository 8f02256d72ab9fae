"""What an import came to, in numbers that add up, and kept as text while it is under way."""

import dataclasses
import json
from collections.abc import Mapping
from dataclasses import dataclass, field

from subscribers import columns, rows

KEPT_PROBLEMS = 1000
KEPT_NAMES = 1000


@dataclass(frozen=True, slots=True)
class Report:
    """What an import did, or would do.  `+` joins the reports of two runs of rows.

    n_rows = n_added + n_known + n_repeated + n_suppressed + n_problems.  Of those known,
    `n_left_before` had unsubscribed here, and stay so.  Of all taken, `n_unsubscribed` rows say
    of themselves that they left, `n_bounced` that mail to them comes back.  `n_repeated` rows
    hold an address that stood before in the file; what they add is added.  `problems` holds
    the first 1,000; `unknown_topics` maps names no topic goes by to their rows, `likely_slips`
    domains that look misspelt ("gmial.com → gmail.com").
    """

    n_rows: int = 0
    n_added: int = 0
    n_known: int = 0
    n_repeated: int = 0
    n_suppressed: int = 0
    n_left_before: int = 0
    n_unsubscribed: int = 0
    n_bounced: int = 0
    n_role_addresses: int = 0
    n_problems: int = 0
    problems: tuple[rows.Problem, ...] = ()
    unknown_topics: Mapping[str, int] = field(default_factory=dict)
    likely_slips: Mapping[str, int] = field(default_factory=dict)
    import_id: int | None = None
    format: columns.Format = "plain"
    encoding: str = ""

    def __add__(self, other: "Report") -> "Report":
        return dataclasses.replace(
            self,
            **{name: getattr(self, name) + getattr(other, name) for name in _COUNTS},
            problems=(*self.problems, *other.problems)[:KEPT_PROBLEMS],
            unknown_topics=_sums(self.unknown_topics, other.unknown_topics),
            likely_slips=_sums(self.likely_slips, other.likely_slips),
        )

    def to_text(self) -> str:
        """As JSON."""
        return json.dumps(dataclasses.asdict(self), ensure_ascii=False)

    @classmethod
    def from_text(cls, text: str) -> "Report":
        """Read what `to_text` wrote."""
        given = json.loads(text)
        problems = tuple(rows.Problem(**one) for one in given.pop("problems"))
        return cls(**given, problems=problems)


_COUNTS = [one.name for one in dataclasses.fields(Report) if one.name.startswith("n_")]


def _sums(one: Mapping[str, int], other: Mapping[str, int]) -> Mapping[str, int]:
    """Add up by name; names beyond the first 1,000 are not kept."""
    if not other:
        return one
    found = dict(one)
    for name, n in other.items():
        if name in found or len(found) < KEPT_NAMES:
            found[name] = found.get(name, 0) + n
    return found
