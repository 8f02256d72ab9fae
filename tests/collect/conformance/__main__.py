"""Print the rates and every failure: `python -m tests.collect.conformance [--all]`.

`--all` lists each case that does not apply with its reason, too.
"""

import argparse
import sys

from tests.collect.conformance import groups, outcomes


def main() -> None:
    parser = argparse.ArgumentParser(
        prog="python -m tests.collect.conformance", description=__doc__
    )
    parser.add_argument("--all", action="store_true", help="name the cases that do not apply")
    asked = parser.parse_args()
    found = groups.all_outcomes()
    sys.stdout.write(outcomes.table(found) + "\n\nno cases:\n")
    sys.stdout.writelines(f"  {name}: {why}\n" for name, why in groups.NO_CASES.items())
    if asked.all:
        rest = [each for each in found if each.state == "not applicable"]
        sys.stdout.writelines(f"{each.group}/{each.name}: {each.detail}\n" for each in rest)


main()
