"""What became of each case, and the table of rates per group."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Literal

__all__ = ["Outcome", "Rate", "families", "judged", "rates", "table", "total"]


@dataclass(frozen=True, slots=True)
class Outcome:
    """One case: `detail` is why it does not apply, or what differed."""

    group: str
    name: str
    state: Literal["passed", "failed", "not applicable"]
    detail: str = ""
    wellformed: bool = True  # False for what its authors call broken, bozo or invalid


@dataclass(frozen=True, slots=True)
class Rate:
    group: str
    n_passed: int
    n_failed: int
    n_inapplicable: int

    @property
    def n_applicable(self) -> int:
        return self.n_passed + self.n_failed

    @property
    def share(self) -> float:
        """The passed part of what applies, 0 to 1; 1 when nothing applies."""
        return self.n_passed / self.n_applicable if self.n_applicable else 1.0

    @property
    def words(self) -> str:
        """Like "500 of 504 (99.2 %)"."""
        return f"{self.n_passed} of {self.n_applicable} ({self.share * 100:.1f} %)"


def judged(group: str, name: str, differences: Sequence[str]) -> Outcome:
    """Return a passed outcome when nothing differed, else a failed one saying what."""
    if differences:
        return Outcome(group, name, "failed", "; ".join(differences)[:400])
    return Outcome(group, name, "passed")


def rates(outcomes: Iterable[Outcome]) -> list[Rate]:
    """Return one rate per group, in the order of groups."""
    counts: dict[str, Counter[str]] = {}
    for outcome in outcomes:
        counts.setdefault(outcome.group, Counter())[outcome.state] += 1
    return [
        Rate(group, count["passed"], count["failed"], count["not applicable"])
        for group, count in counts.items()
    ]


def families(outcomes: Sequence[Outcome]) -> list[Rate]:
    """Return one rate per parser, two where its cases tell broken documents from others."""
    found = []
    for name in dict.fromkeys(each.group.split()[0] for each in outcomes):
        of_name = [each for each in outcomes if each.group.split()[0] == name]
        parted = len({each.wellformed for each in of_name}) > 1
        for wellformed in (True, False) if parted else (of_name[0].wellformed,):
            rate = total(of_name, wellformed=wellformed)
            called = f"{name} {'wellformed' if wellformed else 'illformed'}" if parted else name
            found.append(replace(rate, group=called))
    return found


def total(outcomes: Iterable[Outcome], *, wellformed: bool) -> Rate:
    """Return one rate over all groups, of the wellformed cases or of the others."""
    found = rates(each for each in outcomes if each.wellformed is wellformed)
    return Rate(
        "all wellformed" if wellformed else "all illformed",
        sum(rate.n_passed for rate in found),
        sum(rate.n_failed for rate in found),
        sum(rate.n_inapplicable for rate in found),
    )


def table(outcomes: Sequence[Outcome]) -> str:
    """Return the rates, the reasons why cases do not apply, and every failure, as text."""
    lines = [f"{'group':44} {'applicable':>10} {'passed':>7} {'rate':>8} {'n/a':>5}"]
    totals = [total(outcomes, wellformed=True), total(outcomes, wellformed=False)]
    for rate in (*rates(outcomes), *totals):
        share = f"{rate.share:.1%}" if rate.n_applicable else "-"
        lines.append(
            f"{rate.group:44} {rate.n_applicable:>10} {rate.n_passed:>7} {share:>8} "
            f"{rate.n_inapplicable:>5}"
        )
    lines += ["", "not applicable:"]
    for group in dict.fromkeys(each.group.split()[0] for each in outcomes):
        reasons = Counter(
            each.detail
            for each in outcomes
            if each.state == "not applicable" and each.group.split()[0] == group
        )
        lines += [f"  {group:28} {n:>4}  {reason}" for reason, n in reasons.most_common()]
    lines += ["", "failed:"]
    lines += [
        f"  {each.group}/{each.name}: {each.detail}" for each in outcomes if each.state == "failed"
    ]
    return "\n".join(lines)
