"""A command line with a database of its own; a newsroom and a mailbox that are really there."""

import os
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest import pipeline, runtime, settings
from digest.demo import mailbox as mailbox_
from digest.demo import newsroom as newsroom_
from digest.storage import database, sources
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


@pytest.fixture(scope="session")
def collected_database(
    empty_database: Path, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Path]:
    """A database in which a newsroom was read, once; the newsroom stays open."""
    file = tmp_path_factory.mktemp("collected") / "collected.db"
    shutil.copy(empty_database, file)
    opened = Elsewhere()
    papers = opened.enter(newsroom_.Newsroom())
    given = settings.given(
        database_url=f"sqlite:///{file}",
        secret_key=KEY,
        collect={"allow_private_addresses": True},
    )
    with runtime.opened(given) as rt:
        with rt.db.begin() as session:
            for paper in papers.sources:
                sources.add(
                    session,
                    url=f"{papers.url}/wp-json/" if paper.own else paper.url,
                    kind=paper.kind,
                    title=paper.title,
                    category="",
                    own=paper.own,
                    now=rt.clock(),
                )
        rounds = opened.do(pipeline.collect_stories(rt))
        assert not any(one.poll.reason for one in rounds)
    yield file
    opened.close()


@pytest.fixture
def collected(shell: Shell, collected_database: Path, tmp_path: Path) -> Shell:
    """A shell on a database in which the newsroom was read."""
    shutil.copy(collected_database, tmp_path / "test.db")
    return shell
