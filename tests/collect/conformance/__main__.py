"""Print the rates and every failure: `python -m tests.collect.conformance`."""

import sys

from tests.collect.conformance import groups, outcomes

sys.stdout.write(outcomes.table(groups.all_outcomes()) + "\n")
