"""The contracts of import-linter hold (the gate asks here alone), and would notice what they are there to notice."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def lint(folder: Path) -> subprocess.CompletedProcess[str]:
    """Run import-linter over the package in a folder."""
    return subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(folder)},
        capture_output=True,
        text=True,
        check=False,
    )


def test_the_contracts_notice_a_new_room_and_an_import_upstream(tmp_path: Path) -> None:
    shutil.copytree(ROOT / "promesa", tmp_path / "promesa", ignore=shutil.ignore_patterns("__pycache__"))
    shutil.copy(ROOT / "pyproject.toml", tmp_path)
    sound = lint(tmp_path)
    assert sound.returncode == 0, sound.stdout

    late = tmp_path / "promesa" / "store" / "late.py"
    late.write_text("import duckdb\nfrom promesa.report import write_report\n", encoding="utf-8")
    wrong = lint(tmp_path)
    assert wrong.returncode == 1
    assert "promesa.store.late -> promesa.report" in wrong.stdout
    assert "promesa.store.late -> duckdb" in wrong.stdout

    late.unlink()
    (tmp_path / "promesa" / "newroom.py").write_text("X = 1\n", encoding="utf-8")
    unplaced = lint(tmp_path)
    assert unplaced.returncode == 1
    assert "promesa.newroom" in unplaced.stdout
