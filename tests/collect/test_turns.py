"""Whose turn it is, on a clock of the tests' own."""

import asyncio
from collections.abc import Iterable

import pytest
import yarl

from digest import model
from digest.collect import rota, turns
from tests.collect import virtual_time

SLOW = yarl.URL("https://slow.example/feed")
QUICK = yarl.URL("https://quick.example/feed")
HERE = yarl.URL("http://127.0.0.1:8080/feed")


class Visits:
    """Requests that take their time; knows when each began, and how many were there at once."""

    def __init__(self, **options: float) -> None:
        given = {"concurrency": 16, "per_host": 2, "pause_seconds": 0.5} | options
        self.turns = turns.Turns(**given)  # type: ignore[arg-type]  # numbers, all of them
        self.began: list[tuple[float, str]] = []
        self.under_way = self.most = 0
        self.held = 0

    async def visit(self, url: yarl.URL, name: str = "", takes: float = 0.01) -> None:
        async with self.turns.turn(url) as hold:
            if hold:
                self.held += 1
                return
            self.began.append((asyncio.get_running_loop().time(), name or str(url.host)))
            self.under_way += 1
            self.most = max(self.most, self.under_way)
            await asyncio.sleep(takes)
            self.under_way -= 1

    async def all(self, urls: Iterable[yarl.URL], takes: float = 0.01) -> None:
        await asyncio.gather(*(self.visit(url, str(n), takes) for n, url in enumerate(urls)))


def test_a_host_is_asked_with_a_pause_in_the_order_of_asking() -> None:
    visits = Visits()
    virtual_time.run(visits.all([SLOW] * 5))
    assert [round(at, 3) for at, _ in visits.began] == [0, 0.5, 1, 1.5, 2]
    assert [name for _, name in visits.began] == ["0", "1", "2", "3", "4"]


def test_the_scheme_does_not_make_another_host_and_an_odd_port_does() -> None:
    visits = Visits()
    urls = [SLOW, SLOW.with_scheme("http"), SLOW.with_port(8080), SLOW.with_host("SLOW.example.")]
    virtual_time.run(visits.all(urls))
    assert [round(at, 3) for at, _ in visits.began] == [0, 0, 0.5, 1]


def test_a_pause_at_one_host_takes_no_place_from_others() -> None:
    visits = Visits(concurrency=1)
    virtual_time.run(visits.all([SLOW] * 10 + [QUICK]))
    at, name = visits.began[1]
    assert (round(at, 3), name) == (0.01, "10")


def test_a_slow_host_keeps_two_places_at_most() -> None:
    visits = Visits(concurrency=3, pause_seconds=0.0)
    virtual_time.run(visits.all([SLOW] * 6 + [QUICK], takes=100.0))
    assert visits.most == 3
    assert (0.0, "6") in visits.began


def test_this_machine_is_asked_without_a_pause() -> None:
    visits = Visits(per_host=9)
    hosts = ("127.0.0.1", "localhost", "127.9.9.9", "::1")
    virtual_time.run(visits.all([HERE.with_host(host) for host in hosts for _ in range(2)]))
    assert {at for at, _ in visits.began} == {0.0}


def test_who_gives_up_waiting_leaves_the_line_whole() -> None:
    visits = Visits()

    async def impatient() -> None:
        waiting = [asyncio.ensure_future(visits.visit(SLOW, str(n))) for n in range(5)]
        await asyncio.sleep(0.1)
        waiting[1].cancel()
        await asyncio.sleep(0.6)
        waiting[3].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        await visits.visit(SLOW, "late")

    virtual_time.run(impatient())
    assert [name for _, name in visits.began] == ["0", "2", "4", "late"]
    pauses = [b - a for (a, _), (b, _) in zip(visits.began, visits.began[1:], strict=False)]
    assert min(pauses) >= 0.49


def test_a_host_that_wants_to_be_left_alone_is_asked_no_more_and_holds_nobody_up() -> None:
    """F8."""
    visits = Visits(concurrency=1)

    async def refused() -> float:
        await visits.visit(SLOW)
        visits.turns.leave_alone(SLOW, 429, 60.0)
        await visits.all([SLOW] * 50 + [QUICK])
        return asyncio.get_running_loop().time()

    assert virtual_time.run(refused()) < 1
    assert visits.held == 50
    assert len(visits.began) == 2


def test_those_in_line_go_away_as_soon_as_the_host_refuses() -> None:
    """F8: not one after the other, with a pause for each."""
    visits = Visits()

    async def refused() -> float:
        line = asyncio.ensure_future(visits.all([SLOW] * 50))
        await asyncio.sleep(0.1)
        visits.turns.leave_alone(SLOW, 503, None)
        await line
        return asyncio.get_running_loop().time()

    assert virtual_time.run(refused()) <= 0.5
    assert visits.held == 49


def sources(*urls: yarl.URL) -> list[model.Source]:
    return [model.Source(n, str(url)) for n, url in enumerate(urls)]


def test_many_feeds_of_one_host_hold_up_no_worker_for_others() -> None:
    """A round of few workers: they do what can be done, and sleep only when nothing can."""
    visits = Visits(concurrency=4)
    wanted = sources(*[SLOW] * 20, *[yarl.URL(f"https://{n}.example/") for n in range(100)])

    async def round_() -> None:
        order = rota.Rota(
            wanted, per_host=2, ready_at=lambda url: visits.turns.ready_at(yarl.URL(url))
        )

        async def work() -> None:
            while (source := await order.next()) is not None:
                await visits.visit(yarl.URL(source.url), source.url)
                order.done(source)

        await asyncio.gather(*(work() for _ in range(4)))

    virtual_time.run(round_())
    assert len(visits.began) == len(wanted)
    others = [at for at, name in visits.began if name != str(SLOW)]
    assert max(others) < 0.5  # 100 requests of 0.01 s, by four; pauses of 0.5 s in between
    assert visits.began[-1][0] == pytest.approx(19 * 0.5, abs=0.1)


def test_a_round_of_nothing_is_over_at_once() -> None:
    async def empty() -> model.Source | None:
        return await rota.Rota([], per_host=2, ready_at=lambda url: 0.0).next()

    assert virtual_time.run(empty()) is None


def test_addresses_that_are_none_have_their_turn_too() -> None:
    wanted = [*sources(SLOW), model.Source(9, "nonsense"), model.Source(10, "ftp://x/")]

    async def round_() -> set[int]:
        order = rota.Rota(wanted, per_host=1, ready_at=lambda url: 0.0)
        seen = set()
        while (source := await order.next()) is not None:
            seen.add(source.id)
            order.done(source)
        return seen

    assert virtual_time.run(round_()) == {0, 9, 10}
