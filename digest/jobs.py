"""What the engine may run: name → use case."""

import functools

from digest import dispatch, finding, pipeline, push, reckoning, retention, runtime, signup, watch
from digest.engine import port
from digest.storage import editions, outbox

COLLECT = "collect"
PUBLISH = "publish"
ALERTS = "alerts"
SWEEP = "sweep"
WATCH = "watch"
PUSH = "push"
PURGE = "purge"
RECKON = "reckon"


def for_runtime(rt: runtime.Runtime) -> port.Jobs:
    """The jobs of one runtime."""
    return {
        COLLECT: functools.partial(_collect, rt),
        PUBLISH: functools.partial(_publish, rt),
        ALERTS: functools.partial(_raise_alerts, rt),
        SWEEP: functools.partial(_sweep, rt),
        WATCH: functools.partial(watch.run, rt),
        PUSH: functools.partial(push.keep_promises, rt),
        PURGE: functools.partial(_purge, rt),
        RECKON: functools.partial(_reckon, rt),
    }


async def _collect(rt: runtime.Runtime) -> None:
    """Read the sources that are due, and alert on what breaks."""
    await pipeline.collect_stories(rt, only_due=True)
    await pipeline.raise_alerts(rt)


async def _publish(rt: runtime.Runtime) -> None:
    """Publish what fell due."""
    await pipeline.publish_due(rt)


async def _raise_alerts(rt: runtime.Runtime) -> None:
    """Raise alerts without collecting first."""
    await pipeline.raise_alerts(rt)


async def _sweep(rt: runtime.Runtime) -> None:
    """Free what a lost worker held, give up what is no longer worth sending, close editions."""
    now = rt.clock()
    await dispatch.sweep(rt)
    await rt.db.run(outbox.expire, now=now)  # also what was held too long to be worth sending
    await rt.db.run(editions.finish, now=now)
    await rt.db.run(signup.tidy, now=now)
    await finding.keep_up(rt)


async def _purge(rt: runtime.Runtime) -> None:
    """Let go of what is old, once a day."""
    await retention.purge_when_quiet(rt)


async def _reckon(rt: runtime.Runtime) -> None:
    """See that the ledger balances."""
    await reckoning.watch(rt)
