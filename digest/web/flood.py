"""How often people may ask to be sent the digest, and word of it when far too many do (B8).

Somebody who wants to bury another's mailbox has forms everywhere ask for it.  An address gets
one mail in 24 hours whatever happens (subscribers.optin); this keeps the forms from being used,
for many addresses, from one place or from everywhere.
"""

import logging
from datetime import timedelta

from digest import runtime
from digest.storage import tellings
from digest.web import limits

logger = logging.getLogger(__name__)

HOUR = timedelta(hours=1)
# Requests an hour.  One address may be a whole office, a network a mobile operator's.
PER_CLIENT, PER_NETWORK, PER_DOMAIN, IN_ALL = 10, 20, 200, 1000
# From forms that cannot tell when they were opened: beyond this, one press more is asked for.
PLAIN_PER_NETWORK, PLAIN_IN_ALL = 3, 100
REFUSALS_BEFORE_TELLING = 100  # in an hour: staff are told then


class Gauge:
    """Counts one process's requests."""

    def __init__(self, rt: runtime.Runtime) -> None:
        self._rt = rt
        self._limits = (
            limits.Limit(PER_CLIENT, HOUR),
            limits.Limit(PER_NETWORK, HOUR),
            limits.Limit(PER_DOMAIN, HOUR),
            limits.Limit(IN_ALL, HOUR),
        )
        self._plain = limits.Limit(PLAIN_PER_NETWORK, HOUR), limits.Limit(PLAIN_IN_ALL, HOUR)
        self._refused = limits.Limit(REFUSALS_BEFORE_TELLING - 1, HOUR)
        self._told = limits.Limit(1, HOUR)

    async def take(self, client: str, domain: str) -> None:
        """Count one request; `domain` is "" where so many have an address that it says nothing.

        Raises TooManyError.
        """
        now = self._rt.clock()
        keys = client, limits.network_of(client), domain or None, "all"
        try:
            for limit, key in zip(self._limits, keys, strict=True):
                if key is not None:
                    limit.take(key, now)
        except limits.TooManyError:
            await self._note_refusal()
            raise

    async def _note_refusal(self) -> None:
        """Leave word for staff, once an hour, when so many were refused."""
        now = self._rt.clock()
        try:
            self._refused.take("all", now)
        except limits.TooManyError:
            if self._told.has_room("all", now):
                self._told.take("all", now)
                logger.warning("sign-up forms are flooded", extra={"event": "signup.flooded"})
                await self._rt.db.run(tellings.note_flood, now)

    def is_calm(self, client: str) -> bool:
        """Count one request from a form that tells no time; whether there were few so far."""
        now = self._rt.clock()
        try:
            for limit, key in zip(self._plain, (limits.network_of(client), "all"), strict=True):
                limit.take(key, now)
        except limits.TooManyError:
            return False
        return True
