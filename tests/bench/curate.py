"""Measure curating and timetables: `python -m tests.bench.curate`.

The stories and readers are made up from a fixed seed.  Figures are the best of five rounds, in
microseconds for each recipient or bucket, with every recipient different (the worst case for
what a `Curator` remembers) and with many alike (the usual case).
"""

import json
import random
import time as clock
import zoneinfo
from collections.abc import Callable
from datetime import UTC, datetime, time, timedelta

from digest import alert, curate, model, timetable

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
N_STORIES, N_TOPICS, N_RECIPIENTS, N_BUCKETS = 300, 60, 2_000, 1_000
SLUGS = [f"topic-{number:02}" for number in range(N_TOPICS)]
PARENTS = {slug: frozenset({SLUGS[number // 4]}) for number, slug in enumerate(SLUGS) if number > 9}


def make_stories(chance: random.Random) -> list[model.Story]:
    stories = []
    for number in range(1, N_STORIES + 1):
        about = set(chance.sample(SLUGS, chance.choice([1, 1, 2, 3])))
        about |= {above for slug in about for above in PARENTS.get(slug, ())}
        matches = [model.TopicMatch(t, chance.random(), (f"title: {t}",)) for t in sorted(about)]
        names = chance.sample(["AP", "Reuters", "AFP", "Desk"], chance.randint(1, 4))
        entries = tuple(
            model.Entry(f"{number}-{name}", "A headline", source=name) for name in names
        )
        at = NOW - timedelta(minutes=chance.randint(1, 1440))
        ordered = tuple(sorted(matches, key=lambda match: -match.score))
        stories.append(
            model.Story(
                number, entries, ordered, at, at, chance.random() < 0.02, hot=chance.random()
            )
        )
    return stories


def make_recipients(chance: random.Random, *, alike: bool) -> list[model.Recipient]:
    kinds = [frozenset(chance.sample(SLUGS, chance.randint(1, 14))) for _ in range(N_RECIPIENTS)]
    return [
        model.Recipient(
            number,
            number,
            model.ChannelKind.EMAIL,
            kinds[number % 40 if alike else number],
            chance.choice(["Europe/Athens", "America/New_York", "Asia/Tokyo"]),
            seen={} if alike else dict.fromkeys(chance.sample(range(1, 3000), 200), 1),
            muted=frozenset()
            if alike
            else frozenset(chance.sample(SLUGS, chance.choice([0, 0, 1]))),
            alerts=True,
        )
        for number in range(N_RECIPIENTS)
    ]


def best_microseconds(work: Callable[[], object], n_units: int) -> float:
    """Time `work` five times; the fastest, shared among `n_units`."""
    rounds = []
    for _ in range(5):
        began = clock.perf_counter()
        work()
        rounds.append(clock.perf_counter() - began)
    return round(min(rounds) / n_units * 1e6, 2)


def main() -> None:
    chance = random.Random(20261123)
    stories = make_stories(chance)
    different, alike = (make_recipients(chance, alike=alike) for alike in (False, True))

    def prepare() -> curate.Curator:
        return curate.Curator(
            stories,
            topic_names={slug: slug.title() for slug in SLUGS},
            topic_order=SLUGS,
            parents=PARENTS,
            window_from=NOW - timedelta(days=1),
            now=NOW,
        )

    def curate_all(recipients: list[model.Recipient]) -> int:
        curator = prepare()  # a fresh one remembers nothing
        return sum(curator.curate(recipient).issue is not None for recipient in recipients)

    def explain_some() -> int:
        curator = prepare()
        return sum(len(curator.curate(recipient).choices) for recipient in different[:200])

    zones = sorted(zoneinfo.available_timezones() - {"localtime"})
    buckets = [
        timetable.Bucket(chance.choice(zones), time(chance.randrange(24), chance.choice([0, 30])))
        for _ in range(N_BUCKETS)
    ]

    def tick() -> int:
        since = NOW - timedelta(minutes=1)
        return sum(len(timetable.due_slots(bucket, since, NOW)) for bucket in buckets)

    print(  # noqa: T201 - this is what it is for
        json.dumps(
            {
                "prepare_us": best_microseconds(prepare, 1),
                "curate_different_us": best_microseconds(
                    lambda: curate_all(different), N_RECIPIENTS
                ),
                "curate_alike_us": best_microseconds(lambda: curate_all(alike), N_RECIPIENTS),
                "choices_us": best_microseconds(explain_some, 200),
                "alert_us": best_microseconds(
                    lambda: alert.decide(
                        stories[0],
                        different,
                        topic_names={},
                        now=NOW,
                        urgent=True,
                        parents=PARENTS,
                        policy=alert.Policy(max_age_seconds=2 * 86_400),
                    ),
                    N_RECIPIENTS,
                ),
                "tick_us_a_bucket": best_microseconds(tick, N_BUCKETS),
            },
            indent=2,
        )
    )


if __name__ == "__main__":
    main()
