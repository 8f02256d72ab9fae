"""A mail server that answers by who writes to whom: greylists, and limits for one company.

server = Choosy(judge=lambda step, sender, recipient: "451 4.7.1 no" if ... else "")
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

from tests.faults import smtp_server

Judge = Callable[[str, str, str], str]  # step, sender, recipient → reply; "" for the usual


def _usual(step: str, sender: str, recipient: str) -> str:
    return ""


@dataclass
class Choosy(smtp_server.FaultServer):
    """A FaultServer whose `judge` is asked at RCPT, DATA and DOT, before any rule."""

    judge: Judge = _usual

    def action(self, step: str, connection: int, message: int) -> tuple[str, Any]:
        if step in ("RCPT", "DATA", "DOT"):
            said = self.judge(step, self._last("MAIL", connection), self._last("RCPT", connection))
            if said:
                return said, None
        return super().action(step, connection, message)

    def _last(self, verb: str, connection: int) -> str:
        """The address in the latest command of this kind."""
        for number, line in reversed(self.commands):
            if number == connection and line.upper().startswith(verb):
                return line.partition("<")[2].partition(">")[0]
        return ""

    @property
    def recipients(self) -> list[str]:
        """To whom it took mail, in order."""
        return [each.rcpt.partition("<")[2].partition(">")[0] for each in self.received]


@dataclass
class Greylist:
    """A Judge that refuses each pair of sender and recipient until it has known it a while."""

    clock: Callable[[], datetime]
    reply: str = "450 4.2.0 Greylisted, see you in five minutes"
    wait: timedelta = timedelta(minutes=5)
    first: dict[tuple[str, str], datetime] = field(default_factory=dict)

    def __call__(self, step: str, sender: str, recipient: str) -> str:
        if step != "RCPT":
            return ""
        first = self.first.setdefault((sender, recipient), self.clock())
        return self.reply if self.clock() - first < self.wait else ""
