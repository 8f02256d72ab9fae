"""A small WebSub hub on loopback: it verifies intent, signs and distributes, and can misbehave."""

import asyncio
import hmac
import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta

import aiohttp
from aiohttp import web


@dataclass
class Subscription:
    """What the hub promised; `until` by the clock of the test."""

    callback: str
    topic: str
    secret: str
    until: datetime


@dataclass
class Hub:
    """Its manners are fields that a test sets."""

    clock: Callable[[], datetime]
    port: int = 0
    longest_lease: float = 10 * 86_400
    algorithm: str = "sha256"
    is_down: bool = False  # answers 503
    drops: bool = False  # takes what is published, and pushes nothing
    denies: str = ""  # with this reason
    asks_about: str = ""  # verifies another topic than was asked for
    signs_with: str = ""  # a secret that is not the one it was given
    signs: bool = True
    is_late: bool = False  # verifies only when told to
    asked: list[dict[str, str]] = field(default_factory=list)
    verified: list[int] = field(default_factory=list)  # statuses we answered its questions with
    pushed: list[int] = field(default_factory=list)  # statuses we answered its pushes with
    was_asked: asyncio.Event = field(default_factory=asyncio.Event)
    subscriptions: dict[tuple[str, str], Subscription] = field(default_factory=dict)
    _waiting: list[dict[str, str]] = field(default_factory=list)
    _tasks: set[asyncio.Task[None]] = field(default_factory=set)
    _http: aiohttp.ClientSession | None = None

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.port}/"

    async def take(self, request: web.Request) -> web.Response:
        if self.is_down:
            return web.Response(status=503)
        form = {name: str(value) for name, value in (await request.post()).items()}
        self.asked.append(form)
        if self.is_late:
            self._waiting.append(form)
        else:
            task = asyncio.create_task(self.verify(form))
            self._tasks.add(task)
        self.was_asked.set()
        return web.Response(status=202)

    async def settled(self) -> None:
        """Wait until everything asked for was verified."""
        while self._tasks:
            task = self._tasks.pop()
            await task

    async def catch_up(self) -> None:
        """Verify what a late hub left."""
        waiting, self._waiting = self._waiting, []
        for form in waiting:
            await self.verify(form)

    async def verify(self, form: dict[str, str]) -> None:
        """Ask the callback whether this was meant, and believe only the challenge."""
        callback, mode = form["hub.callback"], form["hub.mode"]
        topic = self.asks_about or form["hub.topic"]
        if self.denies:
            query = {"hub.mode": "denied", "hub.topic": topic, "hub.reason": self.denies}
            status, _ = await self.ask(callback, query)
            self.verified.append(status)
            return
        lease = min(float(form.get("hub.lease_seconds", self.longest_lease)), self.longest_lease)
        challenge = secrets.token_urlsafe(16)
        query = {"hub.mode": mode, "hub.topic": topic, "hub.challenge": challenge}
        if mode == "subscribe":
            query["hub.lease_seconds"] = str(int(lease))
        status, text = await self.ask(callback, query)
        self.verified.append(status)
        if status != 200 or text != challenge:
            return
        if mode == "unsubscribe":
            self.subscriptions.pop((callback, topic), None)
            return
        self.subscriptions[callback, topic] = Subscription(
            callback, topic, form.get("hub.secret", ""), self.clock() + timedelta(seconds=lease)
        )

    async def ask(self, callback: str, query: dict[str, str]) -> tuple[int, str]:
        assert self._http is not None
        async with self._http.get(callback, params=query) as answer:
            return answer.status, await answer.text()

    async def publish(self, topic: str, document: bytes) -> list[int]:
        """Push a document to all who subscribed to it; the statuses they answered."""
        if self.drops:
            return []
        statuses = [
            await self.push(one, document)
            for one in self.subscriptions.values()
            if one.topic == topic and one.until > self.clock()
        ]
        self.pushed += statuses
        return statuses

    async def push(self, one: Subscription, document: bytes) -> int:
        assert self._http is not None
        headers = {"Content-Type": "application/rss+xml"}
        if one.secret and self.signs:
            secret = (self.signs_with or one.secret).encode()
            mac = hmac.new(secret, document, self.algorithm).hexdigest()
            headers["X-Hub-Signature"] = f"{self.algorithm}={mac}"
        async with self._http.post(one.callback, data=document, headers=headers) as answer:
            return answer.status


@asynccontextmanager
async def serving(clock: Callable[[], datetime]) -> AsyncIterator[Hub]:
    hub = Hub(clock)
    app = web.Application(client_max_size=20_000_000)
    app.router.add_post("/", hub.take)
    runner = web.AppRunner(app, shutdown_timeout=1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    hub.port = runner.addresses[0][1]
    async with aiohttp.ClientSession() as hub._http:
        try:
            yield hub
        finally:
            await hub.settled()
            await runner.cleanup()
