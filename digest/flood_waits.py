"""The bot's pace, with a memory: a flood wait outlives the process it was asked of.

Telegram counts on while we restart.  So each wait is written down before anybody acts on it,
and whoever starts next holds everything until it is over (standards C2).
"""

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from digest.deliver import pace, paying
from digest.storage import database, switches

logger = logging.getLogger(__name__)

HELD_UNTIL = "chat.held_until"


async def limiter(
    db: database.Database,
    clock: Callable[[], datetime],
    rate_per_second: float,
    purse: paying.Purse | None = None,
) -> pace.RateLimiter:
    """Make the limiter, held for what is left of the last wait."""

    async def remember(seconds: float) -> None:
        until = clock() + timedelta(seconds=seconds)
        try:
            await db.run(switches.put, HELD_UNTIL, f"{until.isoformat()} {seconds:.1f}")
        except database.Failure as error:
            said = database.describe(error)
            logger.error(  # noqa: TRY400 - the line says all
                "flood wait not kept: %s", said, extra={"event": "chat.unrecorded"}
            )

    made = pace.RateLimiter(rate_per_second, remember=remember, purse=purse)
    kept = await db.read(switches.get, HELD_UNTIL)
    if kept:
        until, _, asked = kept.partition(" ")
        left = (datetime.fromisoformat(until) - clock()).total_seconds()
        # More than was asked for is left only when the clock was set back meanwhile.
        made.hold(min(left, float(asked)) if asked else left)
    return made
