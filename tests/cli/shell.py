"""The command line in this process, and servers that live on while a command runs."""

import asyncio
import concurrent.futures
import contextlib
import importlib
import io
import json
import logging
import sys
import threading
from collections.abc import Coroutine, Iterator
from dataclasses import dataclass
from typing import Any, TypeVar

import cyclopts
import pytest

from digest import cli

T = TypeVar("T")


@dataclass(frozen=True)
class Done:
    """What one command came to."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:
        """The one document on stdout."""
        return json.loads(self.out)

    @property
    def lines(self) -> list[Any]:
        """The documents on stdout, one a line."""
        return [json.loads(line) for line in self.out.splitlines()]

    @property
    def complaints(self) -> list[str]:
        """What was said on stderr to people, without the log."""
        return [
            line.removeprefix("digest: ")
            for line in self.err.splitlines()
            if line.startswith("digest: ")
        ]


class Shell:
    """Runs commands as a terminal would, but for the start of a process."""

    def __init__(self, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch) -> None:
        self._capsys = capsys
        self._monkeypatch = monkeypatch

    def __call__(self, *words: object, stdin: str = "", code: int | None = 0) -> Done:
        """Run `digest WORDS`; it must end with `code`, unless that is None."""
        given = io.TextIOWrapper(io.BytesIO(stdin.encode()), "utf-8")
        self._monkeypatch.setattr(sys, "stdin", given)
        self._capsys.readouterr()
        with _log_as_before(), _help_as_before(), pytest.raises(SystemExit) as ended:
            cli.main([str(word) for word in words])
        said = self._capsys.readouterr()
        done = Done(int(str(ended.value.code)), said.out, said.err)
        if code is not None:
            assert done.code == code, done
        return done


@contextlib.contextmanager
def _log_as_before() -> Iterator[None]:
    """A command sets up the log of its process, which here is that of all tests."""
    root = logging.getLogger()
    handlers = list(root.handlers)
    loggers = [root, *(each for each in root.manager.loggerDict.values() if _is_logger(each))]
    levels = {each: each.level for each in loggers if isinstance(each, logging.Logger)}
    try:
        yield
    finally:
        root.handlers[:] = handlers
        for each, level in levels.items():
            each.setLevel(level)


@contextlib.contextmanager
def _help_as_before() -> Iterator[None]:
    """A process runs one command; here many share the groups, which may be given other help."""
    groups = [
        loaded
        for path, _ in cli.NOUNS.values()
        if isinstance(loaded := _loaded(path), cyclopts.App)
    ]
    words = [group.help for group in groups]
    yield
    for group, help_ in zip(groups, words, strict=True):
        group.help = help_


def _loaded(path: str) -> object:
    module, _, name = path.partition(":")
    return getattr(importlib.import_module(module), name)


def _is_logger(found: object) -> bool:
    return isinstance(found, logging.Logger)


class Elsewhere:
    """An event loop in a thread of its own, where servers live while commands block ours."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._thread = threading.Thread(target=self._loop.run_forever, daemon=True)
        self._thread.start()
        self._stack = contextlib.AsyncExitStack()

    def do(self, work: Coroutine[Any, Any, T]) -> T:
        """Run `work` there and wait for it."""
        return self.start(work).result(60)

    def start(self, work: Coroutine[Any, Any, T]) -> concurrent.futures.Future[T]:
        """Run `work` there, and go on here."""
        return asyncio.run_coroutine_threadsafe(work, self._loop)

    def enter(self, server: contextlib.AbstractAsyncContextManager[T]) -> T:
        """Start a server; it ends with `close`."""
        return self.do(self._stack.enter_async_context(server))

    def close(self) -> None:
        self.do(self._stack.aclose())
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(60)
        self._loop.close()
