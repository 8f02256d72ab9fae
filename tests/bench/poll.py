"""How many unchanged sources a second are polled, from the wire to the stored decision.

    python -m tests.bench.poll [--sources 1000] [--rounds 10] [--database postgresql://…]

Each source has a host of its own and answers 304.  The first round, which reads the feeds, is
not counted.  The client is pinned to the first core and the server to the last.
"""

import argparse
import cProfile
import pstats
import sys

from digest import intake, pipeline, runtime
from digest.collect import rhythm, wishes
from digest.storage import database
from tests import publishing
from tests.bench import installation, split


def main() -> None:
    asked = installation.options("poll", __doc__, n_sources=1000).parse_args()
    with installation.served() as address:
        urls = [address(f"/quiet/{number}", number) for number in range(asked.sources)]
        with installation.opened(asked) as (rt, clock):
            installation.add_sources(rt, urls, clock())
            installation.run(_poll(asked, rt, clock))


async def _poll(asked: argparse.Namespace, rt: runtime.Runtime, clock: publishing.Clock) -> None:
    first = await pipeline.collect_stories(rt)
    failed = {each.poll.reason for each in first} - {""}
    if failed or sum(each.poll.n_new for each in first) != asked.sources:
        raise SystemExit(f"the first round did not read every feed: {failed}")
    profile = cProfile.Profile()
    total_wall = total_cpu = 0.0
    with split.Ledger() as ledger:
        ledger.measure("decide", rhythm, "next_wait")
        ledger.measure("decide", wishes, "of_answer")
        ledger.measure("store", intake, "keep_read")
        ledger.measure_transactions("transactions", database.Database, "begin")
        for number in range(1, asked.rounds + 1):
            clock.forward(hours=3)
            ledger.clear()
            if asked.profile:
                profile.enable()
            measured = await installation.round_of(rt)
            profile.disable()
            if len(measured.rounds) != asked.sources or any(
                each.poll.reason or each.poll.n_new for each in measured.rounds
            ):
                raise SystemExit("not every source answered 304")
            total_wall += measured.wall
            total_cpu += measured.cpu
            sys.stdout.write(installation.report(ledger, measured, f"round {number}, sources"))
            sys.stdout.flush()
    n = asked.rounds * asked.sources
    sys.stdout.write(f"all: {n / total_wall:,.0f} sources/s, {n / total_cpu:,.0f}/s of CPU\n")
    if asked.profile:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(25)


if __name__ == "__main__":
    main()
