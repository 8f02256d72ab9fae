"""A real WordPress for tests: Debian's package on a MariaDB of its own, on loopback.

It starts in a few seconds, once in a test process: `wordpress` is the fixture.  Everything it
writes is in one folder under /tmp, and both processes end with the tests.  A test calls the
functions of WordPress by their names (`desk.php` is the way in):

    number = wordpress.publish("Glaciers lose record ice", categories=["Climate"])
    wordpress.call("wp_trash_post", number)
"""

import contextlib
import json
import os
import re
import secrets
import shutil
import subprocess
import tempfile
import threading
import urllib.request
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any, NoReturn

import pytest

__all__ = [
    "CODE",
    "GROUP",
    "WordPress",
    "find_database",
    "find_php",
    "running",
    "running_wordpress",
    "wordpress",
]

CODE = Path("/usr/share/wordpress/wp-load.php")
# All tests of it belong to one worker, so that it starts once.
GROUP = pytest.mark.xdist_group("wordpress")

_PHP = Path(__file__).parent / "wordpress_php"
_SECONDS = 60
_ACCOUNT = "nobody"  # whom the database runs as when we are root, which it refuses to be


def find_php() -> str:
    """Return where PHP is, "" when it is absent or lacks what WordPress needs of it."""
    path = shutil.which("php")
    if not path:
        return ""
    asked = subprocess.run([path, "-m"], capture_output=True, text=True, timeout=30, check=False)
    has = {line.strip().lower() for line in asked.stdout.splitlines()}
    return path if {"mysqli", "gd", "xml", "curl"} <= has else ""


def find_database() -> str:
    """Return where the MariaDB server is, "" when it is absent."""
    where = f"/usr/sbin{os.pathsep}{os.environ.get('PATH', '')}"
    found = shutil.which("mariadbd", path=where)
    return found if found and shutil.which("mariadb-install-db") else ""


class WordPress:
    """A running WordPress at `url` (no slash at the end)."""

    def __init__(self, url: str, key: str, version: str) -> None:
        self.url = url
        self.version = version
        self._key = key

    def call(self, function: str, *arguments: Any) -> Any:
        """Call a function of WordPress as its administrator; gives what it returns, as JSON."""
        answer = json.loads(
            self._open("/", json.dumps([function, arguments]).encode(), {"X-Desk": self._key})
        )
        if "error" in answer:
            raise RuntimeError(f"{function}: {answer['error']}")
        return answer["result"]

    def get(self, path: str) -> str:
        """Return the page at a path, as a visitor sees it."""
        return self._open(path, None, {}).decode()

    def _open(self, path: str, data: bytes | None, headers: dict[str, str]) -> bytes:
        request = urllib.request.Request(f"{self.url}{path}", data, headers)
        with urllib.request.urlopen(request, timeout=_SECONDS) as answer:
            found: bytes = answer.read()
        return found

    def category(self, name: str, parent: str = "") -> int:
        """Return a category's id, made below `parent` where it is absent."""
        if found := self.call("term_exists", name, "category"):
            return int(found["term_id"])
        above = self.category(parent) if parent else 0
        made = self.call("wp_insert_term", name, "category", {"parent": above})
        return int(made["term_id"])

    def publish(
        self,
        title: str,
        text: str = "",
        *,
        categories: Sequence[str] = (),
        tags: Sequence[str] = (),
        **given: Any,
    ) -> int:
        """Publish a post and return its number; `given` are `wp_insert_post`'s own fields."""
        made = self.call(
            "wp_insert_post",
            {
                "post_title": title,
                "post_content": text or f"<p>{title}, officials said.</p>",
                "post_status": "publish",
                "post_author": 1,
                "post_category": [self.category(name) for name in categories],
                "tags_input": list(tags),
                **given,
            },
            True,  # errors are returned rather than hidden behind a zero
        )
        return int(made)

    def change(self, number: int, **given: Any) -> None:
        """Save a post with other values, as its editor would."""
        self.call("wp_update_post", {"ID": number, **given}, True)

    def link(self, number: int) -> str:
        """Return the public address of a post."""
        return str(self.call("get_permalink", number))

    def permalinks(self, *, pretty: bool) -> None:
        """Choose how addresses look: `/2026/11/a-title/`, or `/?p=1` and no `/wp-json/`."""
        self.call("desk_permalinks", "/%year%/%monthnum%/%postname%/" if pretty else "")

    def application_password(self) -> str:
        """Make one for the administrator, whose name is "desk"."""
        made = self.call(
            "WP_Application_Passwords::create_new_application_password", 1, {"name": "Digest"}
        )
        return str(made[0])

    def reset(self) -> None:
        """Forget all posts and categories; pretty permalinks, and open to strangers."""
        self.call("desk_reset")
        self.permalinks(pretty=True)


@contextlib.contextmanager
def running() -> Iterator[WordPress]:
    """Start a WordPress of our own, and end both its processes afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="wordpress-", dir="/tmp"))
    folder.chmod(0o755)  # the database's account must get through
    try:
        _lay_out(folder)
        with _database(folder) as socket, _served(folder, socket) as started:
            yield started
    finally:
        shutil.rmtree(folder)


@pytest.fixture(scope="session")
def running_wordpress() -> Iterator[WordPress]:
    with running() as started:
        yield started


@pytest.fixture
def wordpress(running_wordpress: WordPress) -> WordPress:
    """Give the WordPress of this test process, emptied."""
    running_wordpress.reset()
    return running_wordpress


def _lay_out(folder: Path) -> None:
    extensions = folder / "wp-content" / "mu-plugins"
    extensions.mkdir(parents=True)
    shutil.copy(_PHP / "desk.php", extensions)
    shutil.copytree(_PHP / "theme", folder / "wp-content" / "themes" / "plain")


@contextlib.contextmanager
def _database(folder: Path) -> Iterator[Path]:
    """Start an empty MariaDB; gives its socket, where root needs no password."""
    data, socket = folder / "mariadb", folder / "mariadb.socket"
    data.mkdir()
    account = []
    if os.geteuid() == 0:
        shutil.chown(data, _ACCOUNT)
        account = [f"--user={_ACCOUNT}"]
        socket = data / "socket"
    where = ["--no-defaults", *account, f"--datadir={data}"]
    _do(["mariadb-install-db", *where, "--auth-root-authentication-method=normal"])
    options = [
        "--skip-networking",
        f"--socket={socket}",
        "--innodb-flush-log-at-trx-commit=0",  # tests survive a power cut by being run again
        "--innodb-buffer-pool-size=32M",
    ]
    with _process([find_database(), *where, *options], r"ready for connections", {}):
        yield socket


@contextlib.contextmanager
def _served(folder: Path, socket: Path) -> Iterator[WordPress]:
    key = secrets.token_hex(16)
    php = [find_php(), "-d", "display_errors=stderr", "-d", "sendmail_path=/bin/true"]
    given = {"WORDPRESS_FOLDER": str(folder), "WORDPRESS_SOCKET": str(socket)}
    version = _do([*php, str(_PHP / "install.php")], given | {"WORDPRESS_URL": "http://127.0.0.1"})
    port = _free_port()
    url = f"http://127.0.0.1:{port}"
    given |= {"WORDPRESS_URL": url, "WORDPRESS_DESK": key}
    serve = [*php, "-S", f"127.0.0.1:{port}", "-t", str(folder), str(_PHP / "front.php")]
    with _process(serve, r"Development Server .* started", given):
        yield WordPress(url, key, version)


def _free_port() -> int:
    import socket

    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        return int(taken.getsockname()[1])


def _do(command: Sequence[str], given: dict[str, str] | None = None) -> str:
    done = subprocess.run(
        command,
        env=os.environ | (given or {}),
        capture_output=True,
        text=True,
        timeout=_SECONDS,
        check=False,
    )
    if done.returncode:
        _fail(command, done.stdout + done.stderr)
    return done.stdout.strip()


@contextlib.contextmanager
def _process(command: Sequence[str], ready: str, given: dict[str, str]) -> Iterator[None]:
    """Run a server from when it says that it is ready until the end."""
    with subprocess.Popen(
        command,
        env=os.environ | given,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        errors="replace",
    ) as process:
        assert process.stderr is not None
        try:
            said = []
            for line in process.stderr:
                said.append(line)
                if re.search(ready, line):
                    break
            else:
                _fail(command, "".join(said))
            # What it says further is read away, or it would wait for us one day.
            reading = threading.Thread(target=process.stderr.read, daemon=True)
            reading.start()
            yield
        finally:
            process.terminate()
            process.wait(_SECONDS)
        reading.join()


def _fail(command: Sequence[str], said: str) -> NoReturn:
    raise RuntimeError(f"{' '.join(command[:2])} did not start:\n{said[-2000:]}")
