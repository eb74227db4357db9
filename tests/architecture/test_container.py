"""The image is built from what the package is built from."""

from __future__ import annotations

import tomllib
from fnmatch import fnmatch
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]


def needed() -> list[str]:
    """Return the files and folders that building the package reads."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    forced = project["tool"]["hatch"]["build"]["targets"]["wheel"]["force-include"]
    return [
        "pyproject.toml",
        project["project"]["readme"],
        *project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"],
        *forced,
    ]


def copied() -> list[str]:
    """Return what the first stage copies out of the checkout."""
    lines = (ROOT / "Containerfile").read_text(encoding="utf-8").splitlines()
    steps = [line.split()[1:-1] for line in lines if line.startswith("COPY ") and "--from" not in line]
    return [name for names in steps for name in names]


def let_through() -> list[str]:
    lines = (ROOT / ".containerignore").read_text(encoding="utf-8").split()
    assert lines[0] == "*"
    return [line[1:] for line in lines if line.startswith("!")]


def is_within(name: str, wholes: list[str]) -> bool:
    return any(name == whole or name.startswith(f"{whole}/") or fnmatch(name, whole) for whole in wholes)


@pytest.mark.parametrize("name", needed())
def test_what_the_package_is_built_from_reaches_the_image(name: str) -> None:
    assert (ROOT / name).exists()
    assert is_within(name, copied())
    assert is_within(name, let_through())
