"""Two strict readers of pages: axe-core for accessibility, the Nu checker for valid HTML.

Neither is a Python package: `python -m tests.setup` brings both from npm, at fixed versions, into
a cache folder of the account.  Java starts slowly, so `vnu` takes all pages of a test at once:

    assert await checkers.axe(page) == []
    assert checkers.vnu({"archive": first, "edition": second}) == []
"""

import functools
import json
import os
import re
import subprocess
import tempfile
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import playwright.async_api as pw

__all__ = ["AXE", "VNU", "axe", "axe_file", "npm_folder", "vnu", "vnu_file"]

AXE = "axe-core@4.14.1"
VNU = "vnu-jar@26.9.27"

_SECONDS = 120
_LOCATED = re.compile(r"file:.*/(?P<name>\d+)\.html$")
# Takes what axe found down to what a person reads in a failing test.  Where scripts are off no
# timer ever rings, and axe waits for one between its rules: they ring at once here.
_RUN = """async () => {
  window.setTimeout = (act, _, ...given) => {
    Promise.resolve().then(() => act(...given));
    return 0;
  };
  const found = await axe.run(document, {
    resultTypes: ["violations"], iframes: false, preload: false,
  });
  return found.violations.map(rule => [
    rule.id, rule.impact, rule.help, rule.nodes.map(node => node.target.flat().join(" "))
  ]);
}"""


def npm_folder(package: str) -> Path:
    """Return the folder of the account's cache that one version of an npm package is kept in."""
    cache = os.environ.get("XDG_CACHE_HOME") or str(Path.home() / ".cache")
    return Path(cache) / "digest-tests" / package


def axe_file() -> str:
    """Return where axe-core is, "" when it is absent."""
    return _kept(AXE, "node_modules/axe-core/axe.min.js")


def vnu_file() -> str:
    """Return where the Nu checker's archive is, "" when it is absent."""
    return _kept(VNU, "node_modules/vnu-jar/build/dist/vnu.jar")


def _kept(package: str, path: str) -> str:
    file = npm_folder(package) / path
    return str(file) if file.is_file() else ""


async def axe(page: pw.Page) -> list[str]:
    """Return what axe-core holds against an open page: rule, weight, sentence, elements.

    All its rules are asked, those for WCAG 2.2 AA and its own of good practice.  Works under our
    policy and with scripts off, where a page's own scripts would be refused.
    """
    await page.evaluate(_axe_script())
    violations: list[Any] = await page.evaluate(_RUN)
    return [
        f"{rule} ({impact}): {sentence}: {', '.join(elements)}"
        for rule, impact, sentence, elements in violations
    ]


@functools.cache
def _axe_script() -> str:
    file = axe_file()
    if not file:
        raise FileNotFoundError(f"{AXE} is absent: run `python -m tests.setup`")
    return Path(file).read_text(encoding="utf-8")


def vnu(pages: Mapping[str, str]) -> list[str]:
    """Return the errors of HTML pages, by the names given: "archive:12: An element …".

    One Java start for all of them, however many.  Warnings are left out.
    """
    file = vnu_file()
    if not file:
        raise FileNotFoundError(f"{VNU} is absent: run `python -m tests.setup`")
    names = list(pages)
    with tempfile.TemporaryDirectory(prefix="vnu-") as folder:
        for number, name in enumerate(names):
            (Path(folder) / f"{number}.html").write_text(pages[name], encoding="utf-8")
        machine = ["java", "-Xss8m", "-XX:TieredStopAtLevel=1", "-XX:+UseSerialGC"]  # starts sooner
        options = ["--format", "json", "--stdout", "--exit-zero-always", "--errors-only"]
        paths = [str(Path(folder) / f"{number}.html") for number in range(len(names))]
        done = subprocess.run(
            [*machine, "-jar", file, *options, *paths],
            capture_output=True,
            timeout=_SECONDS,
            check=True,
        )
    found = json.loads(done.stdout)["messages"]
    return [_sentence(message, names) for message in found]


def _sentence(message: Mapping[str, Any], names: list[str]) -> str:
    located = _LOCATED.match(message.get("url", ""))
    where = names[int(located["name"])] if located else "?"
    return f"{where}:{message.get('lastLine', '?')}: {message['message']}"
