"""`promesa --help` starts at once because nothing heavy is imported before it is used."""

from __future__ import annotations

import subprocess
import sys

import pytest

HEAVY = {
    "babel",
    "deltalake",
    "duckdb",
    "ibis",
    "numpy",
    "pandas",
    "pyarrow",
    "pyspark",
    "scipy",
    "sqlglot",
    "vl_convert",
}


def loaded_by(program: str) -> set[str]:
    """Return which heavy packages a short program has imported when it ends."""
    script = f"import sys\ntry:\n    {program}\nexcept SystemExit:\n    pass\nprint('\\n' + ' '.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)
    return {name for name in done.stdout.splitlines()[-1].split() if name in HEAVY}


@pytest.mark.parametrize(
    "program",
    [
        "import promesa",
        "import promesa.errors, promesa.results, promesa.words",
        "sys.argv = ['promesa', '--help']; from promesa.cli import main; main()",
        "sys.argv = ['promesa', 'load', '--help']; from promesa.cli import main; main()",
    ],
)
def test_nothing_heavy_is_imported_before_it_is_used(program: str) -> None:
    assert loaded_by(program) == set()


def test_the_check_sees_a_heavy_import() -> None:
    assert "numpy" in loaded_by("import numpy")
