"""The journal: what a worker handed over outlives it."""

import subprocess
import sys
import textwrap
from pathlib import Path

from digest.storage import journal


def test_a_living_workers_journal_is_left_alone(tmp_path: Path) -> None:
    with journal.Journal(tmp_path, "alive") as notes:
        notes.reached(1)
        assert list(journal.left_behind(tmp_path)) == []
    assert list(tmp_path.iterdir()) == []


def test_a_killed_workers_journal_tells_what_was_accepted_and_what_is_in_doubt(
    tmp_path: Path,
) -> None:
    script = textwrap.dedent("""
        import os, signal, sys
        from pathlib import Path
        from digest.storage import journal
        notes = journal.Journal(Path(sys.argv[1]), "dead")
        for delivery_id in (5, 6, 7):
            notes.reached(delivery_id)
        notes.accepted(5)
        notes.accepted(7)
        os.kill(os.getpid(), signal.SIGKILL)
    """)
    subprocess.run([sys.executable, "-c", script, str(tmp_path)], check=False, timeout=30)
    [left] = journal.left_behind(tmp_path)
    assert (left.owner, left.accepted, left.in_doubt) == (
        "dead",
        frozenset((5, 7)),
        frozenset((6,)),
    )
    assert list(journal.left_behind(tmp_path)) == []


def test_a_note_cut_in_half_by_a_power_cut_is_passed_over(tmp_path: Path) -> None:
    path = tmp_path / "torn.journal"
    path.write_bytes((9).to_bytes(8, "little", signed=True) + b"\x01\x02")
    [left] = journal.left_behind(tmp_path)
    assert left.accepted == {9}


def test_a_journal_is_settled_again_when_settling_was_interrupted(tmp_path: Path) -> None:
    (tmp_path / "dead.journal").write_bytes((9).to_bytes(8, "little", signed=True))
    reading = journal.left_behind(tmp_path)
    assert next(reading).accepted == {9}
    reading.close()  # the settling process died here
    assert [left.accepted for left in journal.left_behind(tmp_path)] == [{9}]


def test_a_cleared_journal_says_nothing_of_what_was_recorded(tmp_path: Path) -> None:
    with journal.Journal(tmp_path, "alive") as notes:
        notes.reached(1)
        notes.accepted(1)
        notes.clear()
        notes.reached(2)
        assert (notes.left().accepted, notes.left().in_doubt) == (frozenset(), frozenset((2,)))
        assert notes.path.stat().st_size == 8


def test_what_was_refused_after_all_is_in_no_doubt(tmp_path: Path) -> None:
    """C5: a chat that said no may be tried again; only silence is held."""
    with journal.Journal(tmp_path, "alive") as notes:
        for delivery_id in (1, 2, 3):
            notes.reached(delivery_id)
        notes.refused(2)
        notes.accepted(3)
        left = notes.left()
    assert (left.accepted, left.in_doubt) == (frozenset((3,)), frozenset((1,)))


def test_the_living_are_told_from_the_dead(tmp_path: Path) -> None:
    (tmp_path / "dead.journal").write_bytes(b"")
    with journal.Journal(tmp_path, "alive"):
        assert journal.living(tmp_path) == {"alive"}
    assert journal.living(tmp_path) == frozenset()
