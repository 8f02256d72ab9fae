"""Read the one story of a saved page, in processes that can be ended when a page hangs them.

An HTML parser can be kept busy, or brought down, by a page made for it.  So each page is read
by a process of its own pool (spawned, never forked: threads and open files stay here), within
a time limit; one that does not answer is killed and replaced, and the page is refused.
"""

import contextlib
import multiprocessing
import os
import queue
import re
import signal
from concurrent import futures
from concurrent.futures import process
from datetime import datetime
from types import TracebackType

from digest import errors
from digest.collect import drafts, extract, feeds

__all__ = ["PageReader", "is_page"]

MAX_PAGE_BYTES = 8_000_000
# A real page takes 0.05 to 0.5 s; the first one waits for the process to start.
LIMIT_SECONDS = 30.0
START_SECONDS = 60.0

_PAGE = re.compile(
    rb"(?:\xef\xbb\xbf)?\s*+(?:<\?xml[^>]{0,200}\?>\s*+)?(?:<!--(?>.{0,2000}?-->)\s*+)*+"
    rb"<(?:!doctype\s+html|html|head|body)[\s>]",
    re.IGNORECASE | re.DOTALL,
)


def is_page(data: bytes) -> bool:
    """Say whether the document starts like an HTML page."""
    return _PAGE.match(data[:8192]) is not None


class PageReader:
    """Up to `n_processes` pages at once; more callers wait.  Safe to call from many threads.

    Processes start when first needed and end with `close`.
    """

    def __init__(self, n_processes: int = 1, limit_seconds: float = LIMIT_SECONDS) -> None:
        self.limit_seconds = limit_seconds
        self._idle: queue.LifoQueue[_Worker] = queue.LifoQueue()
        self._workers = [_Worker() for _ in range(n_processes)]
        for worker in self._workers:
            self._idle.put(worker)

    def __enter__(self) -> "PageReader":
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        self.close()

    @property
    def pids(self) -> tuple[int, ...]:
        """The processes there are now."""
        return tuple(worker.pid for worker in self._workers if worker.pid)

    def close(self) -> None:
        """End all processes, also those under way."""
        for worker in self._workers:
            worker.end()

    def read(
        self, data: bytes, *, url: str, content_type: str = "", now: datetime | None = None
    ) -> feeds.ParsedFeed:
        """Return the page's story as a feed of one entry; its title is the publisher's name.

        `url` is the base of relative addresses, and the story's when the page names no canonical
        one.  Raises NotAFeed when the page holds no story, is too large or takes too long.
        """
        if len(data) > MAX_PAGE_BYTES:
            raise errors.NotAFeed(url, f"a page of more than {MAX_PAGE_BYTES} bytes")
        worker = self._idle.get()
        try:
            found = worker.extract(data, url, content_type, self.limit_seconds)
        finally:
            self._idle.put(worker)
        if found is None:
            raise errors.NotAFeed(url, "an HTML page, not a feed, and no story in it")
        return _finished(found, url, now)


class _Worker:
    """One process, started when needed and killed when it does not answer."""

    def __init__(self) -> None:
        self._pool: futures.ProcessPoolExecutor | None = None
        self.pid = 0

    def extract(
        self, data: bytes, url: str, content_type: str, limit_seconds: float
    ) -> extract.Extracted | None:
        try:
            pool = self._started()
            return pool.submit(extract.extract, data, url, content_type).result(limit_seconds)
        except TimeoutError as error:
            self.end()
            raise errors.NotAFeed(url, f"reading the page took over {limit_seconds:g} s") from error
        except process.BrokenProcessPool as error:
            self.end()
            raise errors.NotAFeed(url, "reading the page ended its process") from error
        except Exception as error:  # whatever a parser raises over a page, the page is at fault
            raise errors.NotAFeed(
                url, f"the page could not be read ({type(error).__name__})"
            ) from error

    def _started(self) -> futures.ProcessPoolExecutor:
        if self._pool is None:
            spawning = multiprocessing.get_context("spawn")
            self._pool = futures.ProcessPoolExecutor(max_workers=1, mp_context=spawning)
            self.pid = self._pool.submit(os.getpid).result(START_SECONDS)
        return self._pool

    def end(self) -> None:
        """Kill the process; waiting for it could take for ever."""
        pool, self._pool = self._pool, None
        if pool is None:
            return
        if self.pid:
            with contextlib.suppress(OSError):  # it ended by itself
                os.kill(self.pid, getattr(signal, "SIGKILL", signal.SIGTERM))
        self.pid = 0
        pool.shutdown(wait=True, cancel_futures=True)


def _finished(found: extract.Extracted, url: str, now: datetime | None) -> feeds.ParsedFeed:
    problems: list[str] = []
    language = drafts.primary_language(found.language)
    entry = drafts.finish(
        found.draft, base=url, source=found.publisher, language=language, now=now, problems=problems
    )
    entries = () if entry is None else (entry,)
    return feeds.ParsedFeed(found.publisher, language, "", entries, tuple(problems))
