"""Which Chromium the tests drive: the one named, the system's, or playwright's own."""

import os
import shutil
from pathlib import Path

__all__ = ["ARGUMENTS", "executable_path"]

SYSTEM = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
ARGUMENTS = ("--no-sandbox", "--disable-background-networking", "--disable-gpu")


def executable_path() -> str:
    """Return the browser's path: `DIGEST_CHROMIUM`, else the system's, else playwright's.

    Raises FileNotFoundError, with what to do about it, when none is there.
    """
    if named := os.environ.get("DIGEST_CHROMIUM"):
        if not Path(named).is_file():
            raise FileNotFoundError(f"DIGEST_CHROMIUM={named}: no such file")
        return named
    for name in SYSTEM:
        if path := shutil.which(name, path=f"/usr/bin{os.pathsep}{os.environ.get('PATH', '')}"):
            return path
    if path := _own():
        return path
    raise FileNotFoundError("no Chromium: run `python -m tests.setup`, or set DIGEST_CHROMIUM")


def _own() -> str:
    """The newest Chromium that `playwright install` has put into its folder, "" without one.

    The folder is asked for by name rather than from a running playwright, which cannot be
    started inside an event loop.  Source: playwright.dev/python/docs/browsers
    """
    named = os.environ.get("PLAYWRIGHT_BROWSERS_PATH", "")
    folder = Path(named) if named else Path.home() / ".cache" / "ms-playwright"
    found = [
        path
        for pattern in ("chromium-*/chrome-*/chrome", "chromium_headless_shell-*/*/*shell")
        for path in folder.glob(pattern)
    ]
    return str(max(found, key=lambda path: path.stat().st_mtime)) if found else ""
