"""How many real feeds a second are fetched, read, cleaned, classified and stored.

    python -m tests.bench.store_feeds [--sources 104] [--rounds 10] [--same]

The real feeds, several copies of each with their own words, are served with 200 from another
core; in each round, a day later, every entry is new.  `--same`: the bytes are those of the
first round in all others, served with 200 and without validators.
"""

import argparse
import cProfile
import pstats
import sys

from digest import intake, runtime
from digest.classify import classifier
from digest.collect import clean, document, drafts, feeds, parsers
from digest.storage import database, entries, sources
from tests import publishing, real_data
from tests.bench import installation, split


def main() -> None:
    parser = installation.options("store_feeds", __doc__, n_sources=104)
    parser.add_argument("--same", action="store_true", help="nothing changes after the first round")
    asked = parser.parse_args()
    folders = [real_data.root() / "feeds" / name for name in ("news-2026-02-17", "blogs-2026-02")]
    if not all(folder.is_dir() for folder in folders):
        sys.exit(f"no real feeds in {folders[0].parent}: set DIGEST_REAL_DATA")
    with (
        installation.served(folders, n_hosts=min(asked.sources, 1000)) as address,
        installation.opened(asked) as (rt, clock),
    ):
        urls = [address(f"/real/{number}", number) for number in range(asked.sources)]
        installation.run(_store(asked, rt, clock, urls))


def _parts(ledger: split.Ledger) -> None:
    ledger.measure("parse", parsers, "read_fast")
    ledger.measure("parse", parsers, "read_thoroughly")
    ledger.measure("prepare", document, "prepare")
    ledger.measure("normalise", drafts, "finish")
    for name in ("plain_text", "headline_text"):
        ledger.measure("sanitise", clean, name)
    ledger.measure("canonical addresses", clean, "canonical_url")
    ledger.measure("rest of parsing", feeds, "parse")
    ledger.measure("classify", classifier.Classifier, "classify")
    ledger.measure("store entries", entries, "keep")
    ledger.measure("store topics", entries, "classified")
    ledger.measure("store polls", sources, "record_poll")
    ledger.measure("rest of storing", intake, "keep_read")
    ledger.measure("cluster", intake, "place_entries")
    ledger.measure_transactions("transactions", database.Database, "begin")


async def _store(
    asked: argparse.Namespace, rt: runtime.Runtime, clock: publishing.Clock, urls: list[str]
) -> None:
    profile = cProfile.Profile()
    wall = cpu = 0.0
    n_counted = 0
    with split.Ledger() as ledger:
        _parts(ledger)
        for number in range(asked.rounds + 1):
            shown = 0 if asked.same else number
            _ask_for(rt, urls, shown)
            ledger.clear()
            if asked.profile and number:
                profile.enable()
            measured = await installation.round_of(rt)
            profile.disable()
            n_new = sum(each.poll.n_new for each in measured.rounds)
            n_updated = sum(each.poll.n_updated for each in measured.rounds)
            named = f"round {number} ({n_new} new, {n_updated} updated entries), feeds"
            sys.stdout.write(installation.report(ledger, measured, named))
            sys.stdout.flush()
            clock.forward(days=1)
            if number:  # the first warms up
                wall, cpu = wall + measured.wall, cpu + measured.cpu
                n_counted += len(measured.rounds)
    sys.stdout.write(f"all: {n_counted / wall:,.1f} feeds/s, {n_counted / cpu:,.1f}/s of CPU\n")
    if asked.profile:
        pstats.Stats(profile, stream=sys.stdout).sort_stats("tottime").print_stats(25)


def _ask_for(rt: runtime.Runtime, urls: list[str], round_: int) -> None:
    """Point the sources at the documents of a round."""
    with rt.db.begin() as session:
        known = sources.listing(session)
        for source, url in zip(known, urls, strict=False):
            sources.move(session, source.id, f"{url}?round={round_}")
    if not known:
        installation.add_sources(rt, [f"{url}?round=0" for url in urls], rt.clock())


if __name__ == "__main__":
    main()
