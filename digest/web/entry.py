"""Who comes in at the desk: name and password, then a session cookie (E8)."""

from datetime import timedelta

from starlette import requests, responses

from digest import runtime
from digest.storage import sessions
from digest.web import guard, limits
from subscribers import accounts

IDLE = timedelta(minutes=45)
LONGEST = timedelta(hours=12)
NOTED_EVERY = timedelta(minutes=1)  # how finely use is written down
TRIES, TRIES_WITHIN = 8, timedelta(minutes=15)

EVERYBODY = "demo"


class Entry:
    """Lets people in, remembers them, and lets them out."""

    def __init__(self, rt: runtime.Runtime, *, is_https: bool, open_desk: bool) -> None:
        self._rt = rt
        self._open = open_desk
        self._is_https = is_https
        # The prefix makes browsers refuse the cookie from anyone but this very host.
        self._cookie = "__Host-desk" if is_https else "desk"
        self._tries = limits.Limit(TRIES, TRIES_WITHIN)

    @property
    def is_open(self) -> bool:
        return self._open

    async def account(self, request: requests.Request) -> accounts.Account | None:
        """Who asks, None when nobody we let in; roles and removals count at once."""
        now = self._rt.clock()
        if self._open:
            if not guard.is_loopback(request):
                return None
            return accounts.Account(0, EVERYBODY, "owner", now)
        session_id = request.cookies.get(self._cookie, "")
        if not session_id:
            return None
        known = await self._rt.db.read(sessions.find, session_id)
        if known is None or now - known.used_at > IDLE or now - known.began_at > LONGEST:
            return None
        if now - known.used_at > NOTED_EVERY:
            await self._rt.db.run(sessions.touch, session_id, now=now)
        listed = await self._rt.db.read(accounts.listing)
        return next((one for one in listed if one.id == known.account_id), None)

    async def has_accounts(self) -> bool:
        """Whether anybody could come in at all; none is there from the start."""
        return bool(await self._rt.db.read(accounts.listing))

    async def let_in(
        self, request: requests.Request, name: str, password: str
    ) -> responses.Response | None:
        """Begin a session and go to the desk; None for a wrong name or password.

        Raises TooManyError when too many were wrong from one network or for one name.
        """
        now = self._rt.clock()
        self._tries.take(f"name {name.strip().casefold()[:80]}", now)
        self._tries.take(limits.network(request), now)
        account = await self._rt.db.run(accounts.verify, name, password[:1000])
        if account is None:
            return None
        self._tries.forget(f"name {name.strip().casefold()[:80]}")
        self._tries.forget(limits.network(request))
        await self._rt.db.run(sessions.prune, used_before=now - IDLE, began_before=now - LONGEST)
        session_id = await self._rt.db.run(sessions.begin, account.id, now=now)
        response = responses.RedirectResponse("./", status_code=303)
        response.set_cookie(
            self._cookie, session_id, httponly=True, secure=self._is_https, samesite="lax", path="/"
        )
        return response

    async def let_out(self, request: requests.Request) -> responses.Response:
        """End the session, wherever its cookie was copied to."""
        session_id = request.cookies.get(self._cookie, "")
        if session_id:
            await self._rt.db.run(sessions.end, session_id)
        response = responses.RedirectResponse("./", status_code=303)
        response.delete_cookie(
            self._cookie, httponly=True, secure=self._is_https, samesite="lax", path="/"
        )
        return response
