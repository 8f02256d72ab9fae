"""The built wheel works in a fresh environment: templates, catalogue and migrations are in it."""

import os
import subprocess
import sys
import tomllib
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
UV = Path(sys.executable).with_name("uv")


def _run(*command: str | Path, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    # Nothing of this checkout's environment may be found by the fresh one.
    clean = {k: v for k, v in os.environ.items() if k not in ("VIRTUAL_ENV", "PYTHONPATH")}
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=clean | environment,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )
    assert done.returncode == 0, done.stderr[-3000:]
    return done


@pytest.fixture(scope="module")
def wheel(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("wheel")
    _run("uv", "build", "--wheel", "--out-dir", folder, cwd=ROOT)
    [built] = folder.glob("*.whl")
    return built


def test_the_wheel_holds_both_packages_and_all_templates(wheel: Path) -> None:
    names = set(zipfile.ZipFile(wheel).namelist())
    shipped = {p.relative_to(ROOT) for p in (ROOT / "templates").rglob("*") if p.is_file()}
    assert {f"digest/{path.as_posix()}" for path in shipped} <= names
    assert {"digest/pipeline.py", "subscribers/people.py", "digest/py.typed"} <= names
    assert not [name for name in names if name.startswith(("tests/", "templates/"))]


def test_the_demo_runs_from_the_wheel_in_a_fresh_environment(wheel: Path, tmp_path: Path) -> None:
    _run("uv", "venv", "--python", sys.executable, tmp_path / "venv", cwd=tmp_path)
    python = tmp_path / "venv" / "bin" / "python"
    with (ROOT / "pyproject.toml").open("rb") as file:
        date = tomllib.load(file)["tool"]["uv"]["exclude-newer"]
    _run("uv", "pip", "install", "--python", python, "--exclude-newer", date, wheel, cwd=tmp_path)
    done = _run(
        tmp_path / "venv" / "bin" / "digest", "demo", "--once", "--out", "out", cwd=tmp_path
    )
    assert "messages submitted" in done.stdout
    assert len(list((tmp_path / "out" / "mail").glob("*.eml"))) >= 4
