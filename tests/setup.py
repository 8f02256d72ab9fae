"""Bring what the tests need and Python packages cannot: a browser, checkers, mail programs.

`python -m tests.setup` prints one line for each and is done at once when all is there.  Nothing
is left out quietly: what cannot be brought here is said with what to do, and the exit code is 1.
"""

import contextlib
import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests import browsers, checkers, real_dovecot, real_postfix, real_wordpress
from tests.deliver import signatures

__all__ = ["NEEDS", "Need", "bring", "main"]

POLICY = Path("/usr/sbin/policy-rc.d")

_SECONDS = 900  # for one download at most
_SERVICES = Path("/etc/init.d")


@dataclass(frozen=True, slots=True)
class Need:
    """A program: how to find it ("" when it is absent) and the Debian packages that hold it.

    What is fetched with npm instead names its package and version as `npm`; such needs come after
    what fetches them.
    """

    name: str
    find: Callable[[], str]
    packages: str = ""  # a blank between two
    npm: str = ""

    @property
    def how(self) -> str:
        """What to type to have it."""
        if self.npm:
            return " ".join(_npm(self.npm))
        return f"as root: apt-get install {self.packages}"


def _browser() -> str:
    with contextlib.suppress(FileNotFoundError):
        return browsers.executable_path()
    return ""


def _wordpress() -> str:
    return str(real_wordpress.CODE) if real_wordpress.CODE.is_file() else ""


def _npm(package: str) -> list[str]:
    # Nothing of a package is run when it is fetched; all of it lies in a folder of its version.
    folder = str(checkers.npm_folder(package))
    return ["npm", "install", "--ignore-scripts", "--no-save", "--prefix", folder, package]


def _program(name: str) -> Callable[[], str]:
    return lambda: shutil.which(name) or ""


NEEDS = (
    Need("Chromium", _browser, "chromium"),
    Need("mutt", _program("mutt"), "mutt"),
    Need("w3m", _program("w3m"), "w3m"),
    Need("mblaze", _program("mshow"), "mblaze"),
    Need("OpenDKIM", signatures.find_opendkim, "opendkim"),
    Need("Postfix", real_postfix.find, "postfix"),
    Need("Dovecot", real_dovecot.find, "dovecot-imapd"),
    Need("WordPress", _wordpress, "wordpress"),
    Need("MariaDB", real_wordpress.find_database, "mariadb-server-core"),
    Need("PHP", real_wordpress.find_php, "php-cli php-mysql php-xml php-gd php-curl"),
    Need("Java", _program("java"), "default-jre-headless"),
    Need("npm", _program("npm"), "npm"),
    Need("axe-core", checkers.axe_file, npm=checkers.AXE),
    Need("Nu HTML checker", checkers.vnu_file, npm=checkers.VNU),
)

Do = Callable[[Sequence[str]], bool]


def run(command: Sequence[str]) -> bool:
    """Run a command, with its words on stderr only when it fails; whether it went well."""
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            text=True,
            timeout=_SECONDS,
            check=False,
            env=os.environ | {"DEBIAN_FRONTEND": "noninteractive"},
        )
    except (OSError, subprocess.TimeoutExpired) as error:
        sys.stderr.write(f"{' '.join(command)}: {error}\n")
        return False
    if done.returncode:
        said = (done.stderr or done.stdout).strip().splitlines()
        telling = [line.strip() for line in said if "error" in line.lower()] or said[-1:]
        reason = telling[0] if telling else "no reason given"
        sys.stderr.write(f"{' '.join(command)}: {reason}\n")
    return done.returncode == 0


def bring(needs: Sequence[Need], do: Do = run, *, may_install: bool | None = None) -> list[str]:
    """Bring what is absent; gives one line for each need, "absent" first where it stays so.

    `may_install`: whether the distribution's packages may be added (root, and apt is there).
    """
    if may_install is None:
        may_install = os.geteuid() == 0 and shutil.which("apt-get") is not None
    if any(need.packages == "chromium" and not need.find() for need in needs):
        do([sys.executable, "-m", "playwright", "install", "chromium"])
    absent = [name for need in needs if not need.find() for name in need.packages.split()]
    if absent and may_install and do(["apt-get", "update", "-qq"]):
        with services_at_rest(do):
            do(["apt-get", "install", *_OPTIONS, *absent])
    for need in needs:
        if need.npm and not need.find():
            do(_npm(need.npm))
    lines = []
    for need in needs:
        path = need.find()
        lines.append(f"{need.name}: {path}" if path else f"absent: {need.name}; {need.how}")
    return lines


# A machine for tests is not worth waiting for its disk after every file.  Nothing that is there
# makes room for what is not: Postfix would take the place of another mail server.
_OPTIONS = (
    "-y", "-qq", "--no-install-recommends", "--no-remove",
    "-o", "Dpkg::Options::=--force-unsafe-io",
)  # fmt: skip


@contextlib.contextmanager
def services_at_rest(do: Do, policy: Path = POLICY, services: Path = _SERVICES) -> Iterator[None]:
    """Have no service of packages installed meanwhile started, now or when the machine starts.

    WordPress brings Apache, which the tests do not need.  A policy that is there already is
    the machine's own and stays.  Source: Debian policy 9.3.3, invoke-rc.d(8).
    """
    before = set(services.glob("*"))
    is_ours = not policy.exists()
    if is_ours:
        policy.write_text("#!/bin/sh\nexit 101\n")
        policy.chmod(0o755)
    try:
        yield
    finally:
        if is_ours:
            policy.unlink()
        for added in sorted(set(services.glob("*")) - before):
            do(["update-rc.d", added.name, "disable"])


def main() -> int:
    """Bring everything and say so; 1 when something is still absent."""
    lines = bring(NEEDS)
    sys.stdout.write("\n".join(lines) + "\n")
    return 1 if any(line.startswith("absent") for line in lines) else 0


if __name__ == "__main__":
    sys.exit(main())
