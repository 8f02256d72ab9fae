"""What brings the tests' programs: quick when all is there, plain about what is not."""

import functools
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

from tests import browsers, setup


class Machine:
    """A machine without some programs; commands that put them there are noted."""

    def __init__(self, *, playwright_works: bool = False, apt_works: bool = True) -> None:
        self.there: set[str] = set()
        self.ran: list[list[str]] = []
        self.playwright_works = playwright_works
        self.apt_works = apt_works

    def needs(self, *names: str) -> list[setup.Need]:
        return [setup.Need(name, functools.partial(self.find, name), name) for name in names]

    def find(self, name: str) -> str:
        return f"/bin/{name}" if name in self.there else ""

    def do(self, command: Sequence[str]) -> bool:
        self.ran.append(list(command))
        if "playwright" in command:
            self.there |= {"chromium"} if self.playwright_works else set()
            return self.playwright_works
        if "install" in command and self.apt_works:
            self.there |= {word for word in command[2:] if not word.startswith("-")}
        return self.apt_works


def test_nothing_is_run_when_all_is_there() -> None:
    machine = Machine()
    machine.there = {"chromium", "mutt"}
    lines = setup.bring(machine.needs("chromium", "mutt"), machine.do, may_install=True)
    assert lines == ["chromium: /bin/chromium", "mutt: /bin/mutt"]
    assert machine.ran == []


def test_a_browser_is_playwright_s_own_where_that_can_be_had() -> None:
    machine = Machine(playwright_works=True)
    lines = setup.bring(machine.needs("chromium"), machine.do, may_install=True)
    assert lines == ["chromium: /bin/chromium"]
    assert [command[1:] for command in machine.ran] == [["-m", "playwright", "install", "chromium"]]


def test_packages_of_the_distribution_are_added_in_one_go() -> None:
    machine = Machine()
    machine.there = {"w3m"}
    lines = setup.bring(machine.needs("chromium", "w3m", "mutt"), machine.do, may_install=True)
    assert not [line for line in lines if line.startswith("absent")]
    *_, update, install = machine.ran
    assert update[:2] == ["apt-get", "update"]
    assert install[-2:] == ["chromium", "mutt"]
    assert {"--no-install-recommends", "--no-remove"} <= set(install)


@pytest.mark.parametrize("may_install", [True, False])
def test_what_cannot_be_brought_is_said_with_what_to_do(may_install: bool) -> None:
    machine = Machine(apt_works=False)
    machine.there = {"w3m"}
    lines = setup.bring(machine.needs("w3m", "mutt"), machine.do, may_install=may_install)
    assert lines == ["w3m: /bin/w3m", "absent: mutt; as root: apt-get install mutt"]
    assert bool(machine.ran) is may_install


def test_nothing_that_is_installed_meanwhile_runs_now_or_at_the_next_start(tmp_path: Path) -> None:
    machine = Machine()
    policy, services = tmp_path / "policy-rc.d", tmp_path / "init.d"
    services.mkdir()
    (services / "cron").touch()
    with setup.services_at_rest(machine.do, policy, services):
        asked = subprocess.run([policy, "apache2", "start"], check=False)
        assert asked.returncode == 101, "what invoke-rc.d takes for a no"
        (services / "apache2").touch()
    assert not policy.exists()
    assert machine.ran == [["update-rc.d", "apache2", "disable"]]


def test_a_machine_s_own_policy_about_services_stays(tmp_path: Path) -> None:
    policy = tmp_path / "policy-rc.d"
    policy.write_text("own")
    with setup.services_at_rest(Machine().do, policy, tmp_path):
        assert policy.read_text() == "own"
    assert policy.read_text() == "own"


def test_what_needs_several_packages_names_them_all() -> None:
    machine = Machine(apt_works=False)
    php = setup.Need("PHP", lambda: "", "php-cli php-gd")
    lines = setup.bring([php], machine.do, may_install=False)
    assert lines == ["absent: PHP; as root: apt-get install php-cli php-gd"]


def test_a_failing_command_is_one_line_of_its_own_words(capfd: pytest.CaptureFixture[str]) -> None:
    assert not setup.run([sys.executable, "-c", "raise SystemExit('no room left')"])
    assert not setup.run(["no-such-program"])
    first, second = capfd.readouterr().err.splitlines()
    assert first.endswith(": no room left")
    assert second.startswith("no-such-program: ")


def test_it_is_a_command_that_ends_well_here() -> None:
    """`poe set-up` ran before these tests."""
    done = subprocess.run(
        [sys.executable, "-m", "tests.setup"],
        cwd=Path(__file__).parents[2],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    assert [line.partition(":")[0] for line in done.stdout.splitlines()] == [
        need.name for need in setup.NEEDS
    ]


def test_the_browser_that_is_named_goes_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("DIGEST_CHROMIUM", sys.executable)
    assert browsers.executable_path() == sys.executable
    monkeypatch.setenv("DIGEST_CHROMIUM", str(tmp_path / "none"))
    with pytest.raises(FileNotFoundError, match="no such file"):
        browsers.executable_path()


def test_playwright_s_own_browser_is_found_in_its_folder(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(browsers, "SYSTEM", ())
    monkeypatch.delenv("DIGEST_CHROMIUM", raising=False)
    monkeypatch.setenv("PLAYWRIGHT_BROWSERS_PATH", str(tmp_path))
    with pytest.raises(FileNotFoundError, match="no Chromium"):
        browsers.executable_path()
    own = tmp_path / "chromium-1200" / "chrome-linux" / "chrome"
    own.parent.mkdir(parents=True)
    own.touch()
    assert browsers.executable_path() == str(own)


def test_what_npm_holds_is_fetched_after_npm_itself_came() -> None:
    machine = Machine()
    checker = setup.Need("checker", lambda: "", npm="strict@1.2.3")
    lines = setup.bring([*machine.needs("npm"), checker], machine.do, may_install=True)
    *_, install, fetch = machine.ran
    assert install[-1] == "npm"
    assert fetch == ["npm", "install", *fetch[2:-1], "strict@1.2.3"]
    assert "--ignore-scripts" in fetch
    assert lines == ["npm: /bin/npm", f"absent: checker; {' '.join(fetch)}"]
