"""The measures behind the pace: how many permits there are, and when each comes back.

Pure: every method takes the time it is asked at, in seconds of any clock that only moves on.
"""

from collections import deque
from collections.abc import Container
from dataclasses import dataclass

__all__ = ["Chats", "Spread", "Window"]

MARGIN_SECONDS = 0.005
_CHAT_LIMIT, _CHAT_SECONDS = 3, 3.0 + MARGIN_SECONDS  # one a second, in bursts of three
# What we send by ourselves leaves room: an answer to its reader is never a second away.
_OWN_LIMIT, _OWN_SECONDS = 2, 2.0 + 2 * MARGIN_SECONDS
_GROUP_LIMIT, _GROUP_SECONDS = 20, 60.0 + MARGIN_SECONDS

_SLACK_SECONDS = 0.05  # what may go out at once, as time; more would come back at once too
_HURRY = 0.9  # of the even gap, so that a late awakening is caught up


class Window:
    """`limit` permits, each back `seconds` after its request completed."""

    def __init__(self, limit: int, seconds: float) -> None:
        self.limit = limit
        self.seconds = seconds
        self._under_way = 0
        self._returning: deque[float] = deque()

    def wait_seconds(self, now: float) -> float | None:
        """0 when a permit is there, None when only a completion can bring one."""
        out = self.n_out(now)
        if out < self.limit:
            return 0.0
        needed = out - self.limit  # permits that must come back before one is ours
        return self._returning[needed] - now if needed < len(self._returning) else None

    def n_out(self, now: float) -> int:
        """How many permits are not there."""
        while self._returning and self._returning[0] <= now:
            self._returning.popleft()
        return self._under_way + len(self._returning)

    def take(self) -> None:
        """Take a permit; one must be there."""
        self._under_way += 1

    def give_back(self, now: float, *, used: bool) -> None:
        """Note a completion; the permit of a request that was never written is free at once."""
        self._under_way -= 1
        if used:
            self._returning.append(now + self.seconds)

    def idle(self, now: float) -> bool:
        """Say whether all permits are there."""
        return not self._under_way and (not self._returning or self._returning[-1] <= now)


class Spread:
    """Keeps what we send by ourselves apart, so that permits come back one by one.

    Permits that left together return together, and a person who asks just then waits for the
    whole second.  Spread over it, the next one is never far.
    """

    def __init__(self, window: Window) -> None:
        self._window = window
        self._next_at = float("-inf")

    def wait_seconds(self, now: float) -> float:
        """0 when the next may go."""
        early = self._next_at - now - _SLACK_SECONDS
        # Not awake for each: half of the slack at once.
        return 0.0 if early <= 0 else max(early, _SLACK_SECONDS / 2)

    def take(self, now: float) -> None:
        """Note that one went."""
        gap = _HURRY * self._window.seconds / self._window.limit
        self._next_at = max(self._next_at, now) + gap


@dataclass(slots=True, eq=False)
class _Chat:
    limits: tuple[Window, ...]
    own: Window  # for what we send by ourselves, within the others


class Chats:
    """The limits of each chat, made when they are first asked for."""

    def __init__(self) -> None:
        self._known: dict[str, _Chat] = {}

    def __len__(self) -> int:
        return len(self._known)

    def windows(self, chat: str, *, own: bool) -> tuple[Window, ...]:
        """Those of a chat; `own` for what we send by ourselves."""
        known = self._known.get(chat)
        if known is None:
            limits = [Window(_CHAT_LIMIT, _CHAT_SECONDS)]
            if chat.startswith(("-", "@")):
                limits.append(Window(_GROUP_LIMIT, _GROUP_SECONDS))
            known = _Chat(tuple(limits), Window(_OWN_LIMIT, _OWN_SECONDS))
            self._known[chat] = known
        return (*known.limits, known.own) if own else known.limits

    def forget_idle(self, now: float, wanted: Container[int]) -> None:
        """Forget chats without a permit out, but those with a window of these ids."""
        for name, chat in list(self._known.items()):
            limits = (*chat.limits, chat.own)
            if all(window.idle(now) and id(window) not in wanted for window in limits):
                del self._known[name]
