"""The package as it is written: its functions, constants and calls, and where a name gets its value."""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

ROOT = Path(__file__).resolve().parents[2]

Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True, slots=True)
class Scope:
    """Where an expression stands: its file and the functions around it, innermost first."""

    file: str
    around: tuple[Function, ...]


@dataclass(slots=True)
class Source:
    """The package as it is written."""

    functions: dict[str, list[tuple[Scope, Function]]] = field(default_factory=lambda: defaultdict(list))
    constants: dict[str, list[tuple[Scope, ast.expr]]] = field(default_factory=lambda: defaultdict(list))
    calls: dict[str, list[tuple[Scope, ast.Call]]] = field(default_factory=lambda: defaultdict(list))
    classes: dict[int, str] = field(default_factory=dict)
    """id of a method -> its class."""


def read_package(root: Path = ROOT) -> Source:
    """Return every function, constant and call of the package."""
    source = Source()
    for path in sorted((root / "promesa").rglob("*.py")):
        _read(ast.parse(path.read_text(encoding="utf-8")), Scope(str(path.relative_to(root)), ()), source, "")
    return source


def _read(node: ast.AST, scope: Scope, source: Source, owner: str) -> None:
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function):
            source.functions[child.name].append((scope, child))
            source.classes[id(child)] = owner
            _read(child, Scope(scope.file, (child, *scope.around)), source, "")
            continue
        if isinstance(child, ast.ClassDef):
            _read(child, scope, source, child.name)
            continue
        if isinstance(child, ast.Assign | ast.AnnAssign) and not scope.around and child.value is not None:
            targets = child.targets if isinstance(child, ast.Assign) else [child.target]
            for target in targets:
                if isinstance(target, ast.Name):
                    source.constants[target.id].append((scope, child.value))
        if isinstance(child, ast.Call):
            source.calls[name_called(child)].append((scope, child))
        _read(child, scope, source, owner)


def name_called(call: ast.Call) -> str:
    return getattr(call.func, "id", getattr(call.func, "attr", ""))


def assigned_values(function: Function, name: str) -> Iterator[tuple[ast.expr, int | None]]:
    """Give what a function assigns to a name, with the spot in a tuple if it is unpacked from one."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign):
            for target in node.targets:
                if isinstance(target, ast.Name) and target.id == name:
                    yield node.value, None
                elif isinstance(target, ast.Tuple):
                    for spot, one in enumerate(target.elts):
                        if isinstance(one, ast.Name) and one.id == name:
                            yield node.value, spot
        elif (
            isinstance(node, ast.AnnAssign | ast.NamedExpr)
            and isinstance(node.target, ast.Name)
            and node.target.id == name
            and node.value is not None
        ):
            yield node.value, None


def looped_tables(function: Function, name: str) -> Iterator[tuple[ast.expr, int | None]]:
    """Give the tables whose values a name takes one after the other, with the spot in each value that is a tuple."""
    for node in ast.walk(function):
        if not isinstance(node, ast.For | ast.comprehension):
            continue
        table, target = node.iter, node.target
        if isinstance(target, ast.Name) and target.id == name:
            yield table, None
        for spot, one in enumerate(target.elts if isinstance(target, ast.Tuple) else ()):
            if isinstance(one, ast.Name) and one.id == name:
                if not isinstance(table, ast.Call):
                    yield table, spot
                elif isinstance(table.func, ast.Attribute) and table.func.attr == "items" and spot == 1:
                    yield table.func.value, None


def parameter_names(function: Function) -> list[str]:
    given = function.args
    return [one.arg for one in (*given.posonlyargs, *given.args, *given.kwonlyargs)]


def place_of(function: Function, name: str) -> int:
    placed = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    return placed.index(name) if name in placed else -10


def is_static(function: Function) -> bool:
    return any(getattr(mark, "id", "") == "staticmethod" for mark in function.decorator_list)


def default_of(function: Function, name: str) -> ast.expr | None:
    placed = [one.arg for one in (*function.args.posonlyargs, *function.args.args)]
    ended = dict(zip(reversed(placed), reversed(function.args.defaults), strict=False))
    worded = {one.arg: value for one, value in zip(function.args.kwonlyargs, function.args.kw_defaults, strict=True)}
    return ended.get(name) or worded.get(name)


def returned_values(function: Function) -> Iterator[ast.expr]:
    for node in ast.walk(function):
        if isinstance(node, ast.Return) and node.value is not None:
            yield node.value
