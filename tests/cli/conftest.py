"""A command line with a database of its own; a newsroom and a mailbox that are really there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.demo import mailbox as mailbox_
from digest.demo import newsroom as newsroom_
from digest.storage import database
from tests.cli.shell import Elsewhere, Shell

KEY = "a key of the tests, thirty-two characters"


@pytest.fixture(scope="session")
def empty_database(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database without anything in it but its schema, made once."""
    file = tmp_path_factory.mktemp("empty") / "empty.db"
    made = database.Database(f"sqlite:///{file}")
    made.migrate()
    with made.begin() as session:
        session.exec_driver_sql("SELECT 1")
    made.close()
    return file


@pytest.fixture
def shell(
    tmp_path: Path,
    empty_database: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> Shell:
    """`shell("sources", "list")` runs that command on a database of this test alone."""
    for name in [name for name in os.environ if name.startswith("DIGEST_")]:
        monkeypatch.delenv(name)
    shutil.copy(empty_database, tmp_path / "test.db")
    monkeypatch.setenv("DIGEST_DATABASE_URL", f"sqlite:///{tmp_path / 'test.db'}")
    monkeypatch.setenv("DIGEST_SECRET_KEY", KEY)
    monkeypatch.setenv("DIGEST_PUBLICATION", "The Meridian")
    monkeypatch.setenv("DIGEST_POSTAL_ADDRESS", "1 Example Street, Exampleton")
    monkeypatch.setenv("DIGEST_COLLECT__ALLOW_PRIVATE_ADDRESSES", "true")
    monkeypatch.chdir(tmp_path)
    return Shell(capsys, monkeypatch)


@pytest.fixture
def elsewhere() -> Iterator[Elsewhere]:
    """Where servers live while a command runs."""
    opened = Elsewhere()
    yield opened
    opened.close()


@pytest.fixture
def newsroom(elsewhere: Elsewhere) -> newsroom_.Newsroom:
    """Four papers on one server: a WordPress, and three feeds."""
    return elsewhere.enter(newsroom_.Newsroom())


@pytest.fixture
def mailbox(elsewhere: Elsewhere, monkeypatch: pytest.MonkeyPatch) -> mailbox_.Mailbox:
    """A mail server, which the settings name."""
    opened = elsewhere.enter(mailbox_.Mailbox(mailbox_.LocalPartRule(slow_seconds=0)))
    monkeypatch.setenv("DIGEST_SMTP__URL", opened.url)
    monkeypatch.setenv("DIGEST_SMTP__SENDER", "The Meridian <briefing@meridian.example>")
    return opened


@pytest.fixture
def collected(shell: Shell, newsroom: newsroom_.Newsroom) -> Shell:
    """A shell on a database in which the newsroom was read."""
    for source in newsroom.sources:
        shell("sources", "add", source.url, *(["--own"] if source.own else []))
    shell("collect")
    return shell
