"""The English texts of errors, read from the source: every template that `what`, `got`, `expected` or `fix` may be.

A template is what the code writes with everything filled in replaced by ``{0}``, ``{1}``, ... in order and literal
braces doubled. A text is followed to where it is written: through names, constants, tables of constants, what
functions return and what their callers hand in. What an expression gives at run time only (the message of a
library, a value) is a gap.
"""

from __future__ import annotations

import ast
import re
from dataclasses import dataclass, field
from itertools import product
from typing import TYPE_CHECKING

from tests.words.package_source import (
    Function,
    Scope,
    Source,
    assigned_values,
    default_of,
    is_static,
    looped_tables,
    name_called,
    parameter_names,
    place_of,
    returned_values,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

FIELDS = frozenset({"what", "got", "expected", "fix"})
DEEPEST = 12
MOST = 200
# Calls that give values of the reader's files, or messages by key, never a sentence of the code.
VALUES = frozenset({"str", "repr", "sorted", "len", "Path", "say_or"})
# Functions that are handed a text of their own, and where among their arguments it stands.
SAID = {"error_text": 0, "_refused": 2}
# Parameters and functions that give a word of promesa.
WORDS = frozenset({"kind", "_kind"})
# Attributes that hold texts, each by the keyword that fills it: `Field(help="...", refers="touchpoint")`.
HELD = frozenset({"help", "refers"})
# Names of files, columns, options, types and hosts, and SQL: alike in every language.
NAMES = re.compile(
    r"[^a-z]*|query|--?\w+|[\w-]+\.toml|\{0\}://HOST|\w+_\w+|system, key, person|\([A-Z_]+\(.*|\"local_day.*", re.DOTALL
)

Parts = tuple[str | None, ...]
"""Literal text, None for a gap."""


@dataclass(frozen=True, slots=True)
class Text:
    """One template and where it is written."""

    template: str
    room: str
    place: str
    words: frozenset[int] = frozenset()
    """Gaps that a bare word of promesa may fill: a kind of name, `none`."""
    is_alone: bool = False
    """Whether it is a bare word that is all a field says: `nothing`."""


def error_texts(source: Source) -> list[Text]:
    """Return every template of the package, those that fill a gap of another too."""
    found: dict[tuple[str, str], Text] = {}
    finder = _Finder(source, found)
    for name, spot in SAID.items():
        for scope, call in source.calls[name]:
            for given in call.args[spot : spot + 1]:
                finder.note(given, scope)
    for scope, call in source.calls["HTTPException"]:
        if any(word.arg == "extra" for word in call.keywords) and call.args:
            finder.note(call.args[0], scope)
    for calls in list(source.calls.values()):
        for scope, call in calls:
            told = [word for word in call.keywords if word.arg in FIELDS]
            if len(told) >= 2:
                for word in told:
                    finder.note(word.value, scope)
    return sorted(found.values(), key=lambda text: (text.room, text.template))


@dataclass(slots=True)
class _Finder:
    source: Source
    found: dict[tuple[str, str], Text]
    noted: dict[int, bool] = field(default_factory=dict)
    word_gaps: dict[Parts, frozenset[int]] = field(default_factory=dict)

    def note(self, expression: ast.expr, scope: Scope) -> bool:
        """Keep the templates of an expression; tell whether a bare word is among them."""
        if id(expression) in self.noted:
            return self.noted[id(expression)]
        self.noted[id(expression)] = False
        for parts, at in list(self.texts(expression, scope, frozenset())):
            self.noted[id(expression)] |= self.keep(parts, at, expression, scope)
        return self.noted[id(expression)]

    def keep(self, parts: Parts, at: str, expression: ast.expr, scope: Scope) -> bool:
        """Keep one template if it is a text, and tell whether it is a bare word.

        A bare word that is reached through other names may be anything (a column, a code), but for kinds of names.
        """
        text = template_of(parts)
        if not is_text(text):
            return False
        is_word = re.fullmatch(r"[\w-]+", text) is not None
        is_here = _is_here(at, expression, scope)
        if is_word and not is_here and _name_of(expression) not in WORDS:
            return False
        room = room_of(at)
        words = frozenset() if is_word else frozenset(self.word_gaps.get(parts, ()))
        self.found.setdefault((room, text), Text(text, room, at, words, is_alone=is_word and is_here))
        return is_word

    def texts(self, node: ast.expr, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        """Give what an expression may be, with the place where its words stand."""
        at = f"{scope.file}:{node.lineno}"
        if id(node) in seen or len(seen) > DEEPEST:
            yield (None,), at
            return
        seen |= {id(node)}
        for one in _alternatives(node):
            yield from self._one(one, scope, seen)

    def _one(self, node: ast.expr, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        match node:
            case ast.Constant(value=str(text)):
                yield (text,), f"{scope.file}:{node.lineno}"
            case ast.JoinedStr():
                yield self._joined(node, scope), f"{scope.file}:{node.lineno}"
            case ast.BinOp(op=ast.Add()):
                yield from self._added(node, scope, seen)
            case ast.Name():
                yield from self._name(node, scope, seen)
            case ast.Subscript() if not isinstance(node.slice, ast.Slice):
                yield from self._values(node.value, scope, seen)
            case ast.Attribute() if node.attr in HELD:
                yield from self._keywords(node.attr, seen)
            case ast.Call():
                yield from self._call(node, scope, seen)
            case _:
                yield (None,), f"{scope.file}:{node.lineno}"

    def _keywords(self, name: str, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        for place, call in self.source.calls["Field"]:
            for word in call.keywords:
                if word.arg == name:
                    yield from self.texts(word.value, place, seen)

    def _joined(self, node: ast.JoinedStr, scope: Scope) -> Parts:
        parts: list[str | None] = []
        words: set[int] = set()
        for value in node.values:
            if isinstance(value, ast.Constant):
                parts.append(str(value.value))
            elif isinstance(value, ast.FormattedValue):
                if value.conversion == -1 and value.format_spec is None and self.note(value.value, scope):
                    words.add(parts.count(None))
                parts.append(None)
        self.word_gaps[tuple(parts)] = self.word_gaps.get(tuple(parts), frozenset()) | words
        return tuple(parts)

    def _added(self, node: ast.BinOp, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        left = list(self.texts(node.left, scope, seen))
        right = list(self.texts(node.right, scope, seen))
        for (one, at), (other, _) in list(product(left, right))[:MOST]:
            yield one + other, at

    def _name(self, node: ast.Name, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        for depth, function in enumerate(scope.around):
            inside = Scope(scope.file, scope.around[depth:])
            local = list(assigned_values(function, node.id))
            tables = list(looped_tables(function, node.id))
            for value, spot in local:
                yield from self._element(value, spot, inside, seen)
            for table, spot in () if local else tables:
                for value, place in self._held(table, inside):
                    yield from self._element(value, spot, place, seen)
            if not local and not tables and node.id in parameter_names(function):
                yield from self._handed(function, node.id, inside, seen)
            elif not local and not tables:
                continue
            return
        yield from self._constant(node, scope, seen)

    def _constant(self, node: ast.Name, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        constants = self.source.constants.get(node.id, [])
        own = [found for found in constants if found[0].file == scope.file]
        for place, value in own or constants:
            yield from self.texts(value, place, seen)
        if not constants:
            yield (None,), f"{scope.file}:{node.lineno}"

    def _element(
        self, value: ast.expr, spot: int | None, scope: Scope, seen: frozenset[int]
    ) -> Iterator[tuple[Parts, str]]:
        """Give the texts of a value, or of the one that stands at `spot` of a tuple."""
        if spot is None:
            yield from self.texts(value, scope, seen)
        elif isinstance(value, ast.Tuple) and spot < len(value.elts):
            yield from self.texts(value.elts[spot], scope, seen)
        elif isinstance(value, ast.IfExp):
            yield from self._element(value.body, spot, scope, seen)
            yield from self._element(value.orelse, spot, scope, seen)
        elif isinstance(value, ast.Subscript):
            for one, place in self._held(value.value, scope):
                yield from self._element(one, spot, place, seen)
        elif isinstance(value, ast.Call) and id(value) not in seen:
            for place, function in self._reached(value, scope):
                for given in returned_values(function):
                    inside = Scope(place.file, (function, *place.around))
                    yield from self._element(given, spot, inside, seen | {id(value)})

    def _handed(self, function: Function, name: str, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        """Give what callers hand in as a parameter, and its default."""
        default = default_of(function, name)
        if default is not None:
            yield from self.texts(default, scope, seen)
        owner = self.source.classes.get(id(function), "")
        called = owner if function.name == "__init__" else function.name
        spot = place_of(function, name) - (1 if owner and not is_static(function) else 0)
        for place, call in self.source.calls.get(called, []):
            given = next((word.value for word in call.keywords if word.arg == name), None)
            if given is None and 0 <= spot < len(call.args):
                given = call.args[spot]
            if given is not None and not isinstance(given, ast.Starred):
                yield from self.texts(given, place, seen)

    def _values(self, table: ast.expr, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        found = list(self._held(table, scope))
        for value, place in found:
            yield from self.texts(value, place, seen)
        if not found:
            yield (None,), f"{scope.file}:{table.lineno}"

    def _held(self, table: ast.expr, scope: Scope) -> Iterator[tuple[ast.expr, Scope]]:
        """Give the values of a table of constants."""
        if isinstance(table, ast.Dict):
            yield from ((value, scope) for value in table.values)
        elif isinstance(table, ast.Tuple | ast.List):
            yield from ((value, scope) for value in table.elts)
        elif isinstance(table, ast.Name):
            constants = self.source.constants.get(table.id, [])
            own = [found for found in constants if found[0].file == scope.file] or constants
            local = [value for inside in scope.around for value, _ in assigned_values(inside, table.id)]
            for place, value in [(scope, value) for value in local] or own:
                if isinstance(value, ast.Dict | ast.Tuple | ast.List):
                    yield from self._held(value, place)

    def _call(self, node: ast.Call, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        name = name_called(node)
        if isinstance(node.func, ast.Attribute) and name in ("get", "join", "format"):
            yield from self._method(node, node.func, scope, seen)
        elif name == "next":
            for given in (getattr(node.args[0], "elt", None), *node.args[1:]):
                if given is not None:
                    yield from self.texts(given, scope, seen)
        elif name in VALUES:
            yield (None,), f"{scope.file}:{node.lineno}"
        else:
            yield from self._answers(node, scope, seen)

    def _method(
        self, node: ast.Call, method: ast.Attribute, scope: Scope, seen: frozenset[int]
    ) -> Iterator[tuple[Parts, str]]:
        if method.attr == "get":
            yield from self._values(method.value, scope, seen)
            for other in node.args[1:]:
                yield from self.texts(other, scope, seen)
        elif method.attr == "format":
            for parts, place in self.texts(method.value, scope, seen):
                yield _formatted(parts), place
        else:
            self._listed(node.args[0], scope)
            between = str(getattr(method.value, "value", ""))
            yield (None, between, None) if is_text(between) else (None,), f"{scope.file}:{node.lineno}"

    def _answers(self, node: ast.Call, scope: Scope, seen: frozenset[int]) -> Iterator[tuple[Parts, str]]:
        yield (None,), f"{scope.file}:{node.lineno}"
        for place, function in self._reached(node, scope):
            for given in returned_values(function):
                yield from self.texts(given, Scope(place.file, (function, *place.around)), seen)

    def _listed(self, node: ast.expr, scope: Scope) -> None:
        match node:
            case ast.GeneratorExp() | ast.ListComp():
                self.note(node.elt, scope)
            case ast.List() | ast.Tuple():
                for one in node.elts:
                    self.note(one.value if isinstance(one, ast.Starred) else one, scope)
            case _:
                return

    def _reached(self, call: ast.Call, scope: Scope) -> Iterator[tuple[Scope, Function]]:
        """Give the functions that a call may run: by name, or out of a table of functions."""
        names = [name_called(call)]
        if isinstance(call.func, ast.Subscript):
            names = [getattr(value, "id", "") for value, _ in self._held(call.func.value, scope)]
        for name in names:
            found = self.source.functions.get(name, [])
            own = [one for one in found if one[0].file == scope.file]
            yield from own or [one for one in found if not self.source.classes.get(id(one[1]))][:3]


def _is_here(at: str, expression: ast.expr, scope: Scope) -> bool:
    """Tell whether a text stands in the expression itself."""
    file, line = at.rsplit(":", 1)
    lines = range(expression.lineno, (expression.end_lineno or expression.lineno) + 1)
    return file == scope.file and int(line) in lines and not isinstance(expression, ast.Name | ast.Call)


def _name_of(expression: ast.expr) -> str:
    return name_called(expression) if isinstance(expression, ast.Call) else getattr(expression, "id", "")


def _alternatives(node: ast.expr) -> list[ast.expr]:
    """Return the expressions of which one is the value of this one."""
    match node:
        case ast.IfExp():
            found = [node.body, node.orelse]
        case ast.BoolOp():
            found = node.values
        case ast.NamedExpr() | ast.Await():
            found = [node.value]
        case _:
            return [node]
    return [one for value in found for one in _alternatives(value)]


def _formatted(parts: Parts) -> Parts:
    """Return the parts of a text that `format` fills in."""
    found: list[str | None] = []
    for part in parts:
        if part is None:
            found.append(None)
            continue
        for spot, piece in enumerate(re.split(r"\{[^{}]*\}", part)):
            found += [None, piece] if spot else [piece]
    return tuple(found)


def template_of(parts: Parts) -> str:
    """Return parts as a template: gaps numbered, literal braces doubled."""
    text, gaps = "", 0
    for part in parts:
        if part is None:
            text += f"{{{gaps}}}"
            gaps += 1
        else:
            text += part.replace("{", "{{").replace("}", "}}")
    return text


def is_text(template: str) -> bool:
    """Tell whether a template holds words of a language, and not marks and gaps only."""
    return bool(re.search(r"[A-Za-z]{2}", re.sub(r"\{\d+\}", "", template))) and not NAMES.fullmatch(template)


def room_of(place: str) -> str:
    """Return the room of a file of the package: its folder, or the module's name at the top."""
    return place.split("/")[1].split(":", maxsplit=1)[0].removesuffix(".py")
