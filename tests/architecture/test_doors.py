"""The picture of the rooms, as far as import-linter cannot see it."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
PACKAGE = ROOT / "promesa"
MODULES = sorted(PACKAGE.rglob("*.py"))
LONGEST = 400  # lines; STYLE asks for about 200, and past this a module holds two ideas


def room_of(module: Path) -> str:
    """Return the room a module stands in: the folder or file directly under the package."""
    return module.relative_to(PACKAGE).parts[0].removesuffix(".py")


ROOMS = sorted({room_of(module) for module in MODULES})


def imported(tree: ast.AST) -> list[tuple[int, str]]:
    """Return (line, dotted module) of every import of promesa, wherever it stands."""
    found: list[tuple[int, str]] = []
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module and node.level == 0:
            found.append((node.lineno, node.module))
        elif isinstance(node, ast.Import):
            found += [(node.lineno, alias.name) for alias in node.names]
    return [(line, name) for line, name in found if name.split(".")[0] == "promesa"]


def broken_doors(source: str, *, room: str) -> list[str]:
    """Return the imports of `source` that enter another room past its door."""
    return [
        f"line {line}: {name}"
        for line, name in imported(ast.parse(source))
        if name.count(".") >= 2 and name.split(".")[1] != room
    ]


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_is_entered_by_its_door(room: str) -> None:
    found = {
        str(module.relative_to(PACKAGE)): broken_doors(module.read_text(encoding="utf-8"), room=room)
        for module in MODULES
        if room_of(module) == room
    }
    assert found
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_check_sees_a_broken_door() -> None:
    source = "from promesa.store.schema import TABLES\ndef late():\n    import promesa.store.schema\n"
    assert broken_doors(source, room="measures") == ["line 1: promesa.store.schema", "line 3: promesa.store.schema"]
    assert broken_doors(source, room="store") == []
    assert broken_doors("from promesa.store import TABLES", room="measures") == []


def test_every_module_stays_readable() -> None:
    lines = {str(module.relative_to(PACKAGE)): module.read_text(encoding="utf-8").count("\n") for module in MODULES}
    assert {name: many for name, many in lines.items() if many > LONGEST} == {}


def test_folders_are_at_most_one_level_deep() -> None:
    deep = [str(m.relative_to(PACKAGE)) for m in MODULES if len(m.relative_to(PACKAGE).parts) > 2]
    assert deep == []


def test_no_module_has_a_name_that_says_nothing() -> None:
    empty = {"utils", "util", "helpers", "helper", "manager", "misc", "common", "v2"}
    assert [m.name for m in MODULES if m.stem in empty] == []
