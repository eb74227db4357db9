"""Reads load/*.sql: one SELECT a file, over declared sources, named after the fact table it fills."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promesa.errors import did_you_mean
from promesa.workspace.conditions import is_unsteady, syntax_error, word_of
from promesa.workspace.fields import Place
from promesa.workspace.model import Load
from promesa.workspace.tables import TABLES

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from sqlglot import exp

FOLDER = "load"
_PART = re.compile(r"[a-z0-9_-]+")
# Table functions that make rows of what they are given and read nothing.
_HARMLESS = ("range", "generate_series", "unnest", "json_each", "json_tree", "repeat_row")


def read_loads(root: Path, *, sources: Collection[str] | None, place: Place) -> tuple[Load, ...]:
    """Return the load files of a workspace in the order of their names, after noting every mistake.

    Parameters
    ----------
    sources : collection of str or None
        Declared sources; None when promesa.toml could not be read, so that they are not judged.
    """
    loads = [_read_load(file, sources=sources, place=place) for file in sorted((root / FOLDER).glob("*.sql"))]
    return tuple(load for load in loads if load is not None)


def _read_load(file: Path, *, sources: Collection[str] | None, place: Place) -> Load | None:
    here = Place(file=f"{FOLDER}/{file.name}", key="file", mistakes=place.mistakes)
    table, source = _names_of(file, place=here)
    try:
        sql = file.read_text(encoding="utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        here.wrong(
            what="The file cannot be read.",
            got=type(error).__name__,
            expected="a text in UTF-8",
            fix="save it as UTF-8",
        )
        return None
    tree = _one_select(sql, place=here)
    if tree is None or table is None or source is None:
        return None
    reads = _reads(tree, sources=sources, place=here)
    name = file.name.removesuffix(".sql")
    return Load(name=name, table=table, source=source, file=file, sql=_without_end(sql), reads=reads)


def _without_end(sql: str) -> str:
    """Return the SELECT without the semicolon that ends it, and without what is said after that."""
    import sqlglot

    tokens = sqlglot.tokenize(sql, read="duckdb")
    while tokens and tokens[-1].token_type.name == "SEMICOLON":
        sql = sql[: tokens.pop().start]
    return sql.strip()


def _names_of(file: Path, *, place: Place) -> tuple[str | None, str | None]:
    parts = file.name.removesuffix(".sql").split(".")
    if len(parts) < 2 or not all(_PART.fullmatch(part) for part in parts):
        place.wrong(
            what="The name of the file does not say what it loads.",
            got=file.name,
            expected="<table>.<source>.sql or <table>.<source>.<part>.sql: lower-case letters, digits, _ and -",
            fix="name it such as moments.shop.delivery.sql",
        )
        return None, None
    if parts[0] not in TABLES:
        place.wrong(
            what=f"There is no fact table called {parts[0]!r}.",
            got=file.name,
            expected=f"a name that starts with one of {', '.join(TABLES)}",
            fix=did_you_mean(parts[0], TABLES, otherwise="start the name with one of the tables above"),
        )
        return None, None
    return parts[0], parts[1]


def _one_select(sql: str, *, place: Place) -> exp.Query | None:
    import sqlglot
    from sqlglot import errors, exp

    try:
        # A comment after the last semicolon is a statement of its own to the parser.
        trees = [tree for tree in sqlglot.parse(sql, read="duckdb") if not isinstance(tree, exp.Semicolon | None)]
    except errors.SqlglotError as error:
        where, what = syntax_error(error)
        Place(file=place.file, key=where or "SQL", mistakes=place.mistakes).wrong(
            what="The SQL cannot be read.",
            got=what,
            expected="one SELECT, as DuckDB writes it",
            fix="mend it at that place",
        )
        return None
    if len(trees) != 1 or not isinstance(trees[0], exp.Query):
        found = ", ".join(type(tree).__name__.upper() for tree in trees[:5]) or "nothing"
        place.wrong(
            what="The file is not one SELECT.",
            got=found,
            expected="exactly one SELECT, with WITH before it or UNION ALL within it if needed",
            fix="keep one SELECT; give each further one a file of its own" if len(trees) > 1 else "write a SELECT",
        )
        return None
    return trees[0]


def _reads(tree: exp.Query, *, sources: Collection[str] | None, place: Place) -> tuple[str, ...]:
    declared = {name.lower(): name for name in sources or ()}
    reads: dict[str, None] = {}
    told: set[str] = set()
    for name in _tables(tree, place=place):
        if sources is None or name.lower() in declared:
            reads[declared.get(name.lower(), name)] = None
        elif name not in told:
            told.add(name)
            place.unknown(name, kind="source", known=declared)
    return tuple(reads)


def _tables(tree: exp.Query, *, place: Place) -> Iterator[str]:
    """Yield the names that the SELECT reads from outside itself, in the order of the text."""
    from sqlglot import exp

    for table in tree.find_all(exp.Table, bfs=False):
        if isinstance(table.this, exp.Identifier):
            if table.db or not _is_own(table):
                yield table.sql("duckdb") if table.db else table.name
        elif isinstance(table.this, exp.Func):
            _check_table_function(table.this, place=place)


def _is_own(table: exp.Table) -> bool:
    """Tell whether a name is that of a WITH around it; one stands for itself only from the next on, or if recursive."""
    from sqlglot import exp

    name, below, node = table.name.lower(), table, table.parent
    while node is not None:
        ctes: Sequence[exp.Expr] = ()
        if isinstance(node, exp.With):
            before = [cte is below for cte in node.expressions].index(True)
            ctes = node.expressions[: before + bool(node.args.get("recursive"))]
            node = node.parent or node  # the SELECT that owns this WITH: its names were judged here
        elif isinstance(node, exp.Query):
            ctes = node.ctes
        if any(cte.alias.lower() == name for cte in ctes):
            return True
        below, node = node, node.parent
    return False


def _check_table_function(call: exp.Func, *, place: Place) -> None:
    word = word_of(call)
    if word not in _HARMLESS:
        place.wrong(
            what="The SELECT reads something that is not a declared source.",
            got=f"{word}(...)",
            expected="sources of promesa.toml, by name",
            fix="declare the file as [sources.NAME] in promesa.toml and read NAME",
        )


def selected_columns(load: Load) -> list[str] | None:
    """Return the columns that the SELECT names, or None when a star leaves them open."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(load.sql, read="duckdb")
    if not isinstance(tree, exp.Query):
        return None
    names = [name.lower() for name in tree.named_selects]
    complete = all(names) and "*" not in names and not tree.find(exp.Columns) and len(names) == len(tree.selects)
    return names if complete else None


def unsteady_words(load: Load) -> list[str]:
    """Return the functions in a SELECT that give something else on each run, so that a repeated load is not one."""
    import sqlglot
    from sqlglot import exp

    tree = sqlglot.parse_one(load.sql, read="duckdb")
    calls = [call for call in tree.find_all(exp.Func) if is_unsteady(call)]
    return list(dict.fromkeys(word_of(call) for call in calls))


def unread_sources(loads: tuple[Load, ...], sources: Mapping[str, object]) -> list[str]:
    """Return the sources that no load file reads."""
    read = {name for load in loads for name in load.reads}
    return [name for name in sources if name not in read]
