"""Everything goes wrong at once; the ledger must still be true (standards A24, A25)."""

import asyncio
import random
from collections import Counter

import pytest

from digest import errors, model
from tests.deliver import wire
from tests.faults import smtp_server

N_MESSAGES = 300
CLOSE = smtp_server.CLOSE
FAULTS = [
    ("CONNECT", "421 4.7.0 too many connections"),
    ("CONNECT", CLOSE),
    ("EHLO", CLOSE),
    ("MAIL", "451 4.3.0 not now"),
    ("MAIL", "421 4.3.2 going down"),
    ("MAIL", CLOSE),
    ("RCPT", "550 5.1.1 no such user"),
    ("RCPT", "452 4.5.3 too many"),
    ("RCPT", "what?"),
    ("RCPT", CLOSE),
    ("DATA", "554 5.7.1 no"),
    ("DATA", "421 4.3.2 going down"),
    ("DATA", CLOSE),
    ("TEXT", CLOSE),
    ("DOT", "554 5.6.0 not like this"),
    ("DOT", "451 4.3.0 not now"),
    ("DOT", "421 4.3.2 going down"),
    ("DOT", "what?"),
    ("DOT", smtp_server.ACCEPT_AND_CLOSE),
    ("DOT", CLOSE),
    ("RSET", CLOSE),
]


def plan_faults(server: smtp_server.FaultServer, dice: random.Random) -> None:
    """Let about every fourth message of the first hundred sessions meet something."""
    for connection in range(1, 101):
        for message in range(9):
            if dice.random() < 0.25:
                step, action = dice.choice(FAULTS)
                server.on(step, action, connection=connection, message=message, times=1)


@pytest.mark.parametrize("seed", range(4))
@pytest.mark.parametrize("pipelining", [True, False])
async def test_in_any_trouble_the_ledger_tells_what_arrived(seed: int, pipelining: bool) -> None:
    """A25: a receipt arrived once, a doubt at most once, and anything else never."""
    dice = random.Random(seed)
    commits = [wire.Commits() for _ in range(N_MESSAGES)]
    server = smtp_server.FaultServer(pipelining=pipelining)
    async with wire.relay(server, connections=4, max_messages=7) as (server, sender):
        plan_faults(server, dice)
        outcomes: list[object] = []
        for start in range(0, N_MESSAGES, 20):
            outcomes += await asyncio.gather(
                *(
                    sender.send(wire.message(f"r{n}@example.net"), before_commit=commits[n])
                    for n in range(start, start + 20)
                ),
                return_exceptions=True,
            )
    arrived = Counter(received.rcpt for received in server.received)
    for number, outcome in enumerate(outcomes):
        times = arrived[f"RCPT TO:<r{number}@example.net>"]
        match outcome:
            case model.Receipt():
                assert (times, commits[number].count) == (1, 1)
            case errors.Uncertain():
                assert times <= 1
                assert commits[number].count == 1
            case errors.Deferred() | errors.Rejected():
                assert times == 0
            case _:
                pytest.fail(f"{outcome!r} is no outcome")
    kinds = Counter(type(outcome) for outcome in outcomes)
    assert kinds[model.Receipt] > N_MESSAGES / 4
    assert min(kinds[errors.Uncertain], kinds[errors.Deferred], kinds[errors.Rejected]) > 0
    assert server.violations == []
