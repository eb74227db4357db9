"""Every error has one code, and every code has its entry in the reference."""

from __future__ import annotations

import ast
import builtins
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from promesa import errors

if TYPE_CHECKING:
    from collections.abc import Iterable

ROOT = Path(__file__).resolve().parents[2]
REFERENCE = ROOT / "docs" / "reference" / "errors.md"
MODULES = [path for path in sorted((ROOT / "promesa").rglob("*.py")) if path.name != "errors.py"]
BUILT_IN = {n for n, v in vars(builtins).items() if isinstance(v, type) and issubclass(v, BaseException)}
# Part of Python's own protocols or the end of the program; no user reads their message.
NOT_FOR_PEOPLE = {
    "NotImplementedError",
    "StopIteration",
    "SystemExit",
    "KeyboardInterrupt",
    "AttributeError",
    "TypeError",
}


def kinds() -> list[type[errors.PromesaError]]:
    """Return every error class, base first."""
    found, queue = [], [errors.PromesaError]
    while queue:
        kind = queue.pop(0)
        found.append(kind)
        queue += kind.__subclasses__()
    return [kind for kind in found if kind.__module__ == errors.__name__]


@cache
def caught_in(room: Path) -> frozenset[str]:
    """Return the names of the exceptions that the modules of a room catch."""
    sources = [file.read_text(encoding="utf-8") for file in room.glob("*.py")]
    nodes = [node for source in sources for node in ast.walk(ast.parse(source)) if isinstance(node, ast.ExceptHandler)]
    return frozenset(
        name.id for node in nodes if node.type for name in ast.walk(node.type) if isinstance(name, ast.Name)
    )


def foreign_errors(source: str, *, signals: Iterable[str] = ()) -> list[str]:
    """Return what a module raises or declares past `promesa.errors`: built-in errors and classes of its own.

    A class in `signals` is caught in the room that declares it: no user meets it, so it is no error.
    """
    own = {kind.__name__ for kind in kinds()}
    found: list[str] = []
    for node in ast.walk(ast.parse(source)):
        if isinstance(node, ast.Raise) and node.exc is not None:
            raised = node.exc.func if isinstance(node.exc, ast.Call) else node.exc
            if isinstance(raised, ast.Name) and raised.id in BUILT_IN - NOT_FOR_PEOPLE:
                found.append(f"line {node.lineno}: raise {raised.id}")
        elif isinstance(node, ast.ClassDef) and node.name not in signals:
            bases = {base.id for base in node.bases if isinstance(base, ast.Name)}
            found += [f"line {node.lineno}: class {node.name}({base})" for base in bases & (BUILT_IN | own)]
    return found


@pytest.mark.parametrize("room", sorted({module.parent for module in MODULES}), ids=lambda path: path.name)
def test_every_error_comes_from_errors(room: Path) -> None:
    found = {
        module.name: foreign_errors(module.read_text(encoding="utf-8"), signals=caught_in(room))
        for module in MODULES
        if module.parent == room
    }
    assert found
    assert {name: faults for name, faults in found.items() if faults} == {}


def test_the_check_sees_a_foreign_error() -> None:
    source = (
        "class Late(InputError): ...\ndef f():\n    raise ValueError('no')\ndef g():\n    raise NotImplementedError\n"
    )
    assert foreign_errors(source) == ["line 1: class Late(InputError)", "line 3: raise ValueError"]


def test_codes_are_unique() -> None:
    codes = [kind.code for kind in kinds()]
    assert sorted(codes) == sorted(set(codes))


def test_every_code_is_its_own() -> None:
    assert [kind.__name__ for kind in kinds() if "code" not in vars(kind)] == []


def test_every_code_is_documented() -> None:
    page = REFERENCE.read_text(encoding="utf-8")
    assert [kind.code for kind in kinds() if f"## `{kind.code}`" not in page] == []


def test_the_reference_documents_no_code_that_is_gone() -> None:
    page = REFERENCE.read_text(encoding="utf-8")
    written = {line.removeprefix("## `").removesuffix("`") for line in page.splitlines() if line.startswith("## `")}
    assert written == {kind.code for kind in kinds()}
