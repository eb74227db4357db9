"""The types hold: in the gate one process of the tests asks, while the others go on."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]


def test_the_package_is_typed_and_its_types_agree() -> None:
    asked = [str(Path(sys.executable).with_name("basedpyright")), "--warnings"]
    done = subprocess.run(asked, cwd=ROOT, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
