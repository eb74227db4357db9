"""JSON lines, one object a line; a line that is not an object is rejected, a nested value is kept as JSON text."""

from __future__ import annotations

import json
from dataclasses import replace
from functools import partial
from itertools import count
from typing import TYPE_CHECKING, cast

from promesa.engine import literal, name
from promesa.errors import SourceUnreadable
from promesa.sources.delimited import broken_rows, reject_table
from promesa.sources.dialect import column_names
from promesa.sources.encodings import copy_as_utf8, first_text, read_facts
from promesa.sources.files import refuse_empty
from promesa.sources.raw import BROKEN, ORDINAL, TEXT_MARK, Raw
from promesa.sources.shapes import SourceWarning

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.sources.files import Found
    from promesa.workspace import Source

_serial = count()


def open_json_lines(source: Source, found: Found, *, folder: Path, engine: Embedded) -> Raw:
    """Return a file of JSON lines as the engine reads it; its keys, of all lines together, are the columns.

    Raises
    ------
    SourceUnreadable
        If it is empty, is one array, or holds no object.
    """
    refuse_empty(source, found)
    facts = read_facts(source, found)
    if first_text(found, facts, size=1 << 12).lstrip().startswith("["):
        raise _is_an_array(source, found)
    path = found.path
    if not facts.is_utf8 or facts.damaged:
        path = copy_as_utf8(found, facts, to=folder / f"{found.path.name}.{next(_serial)}.utf8.jsonl")
    table, keep = reject_table()
    lines = _lines(path, keep="ignore_errors=true")
    keys = _keys(source, found, lines, engine=engine)
    names, warnings = column_names(keys, header=True, source=replace(source, columns=()), shown=found.shown)
    columns = dict(zip(names, keys, strict=True))
    if facts.guessed:
        values = {"source": source.name, "file": found.shown, "encoding": facts.encoding}
        warnings.append(SourceWarning(code="encoding", values=values))
    relation = _lines(path, keep=keep)
    if facts.blank_lines:
        relation = f"(SELECT line, row_number() OVER () - 1 AS {name(ORDINAL)} FROM {relation})"
    return Raw(
        shown=found.shown,
        fingerprint=found.fingerprint,
        relation=_cells(relation, columns, numbered=facts.blank_lines, marked=False),
        sample=_cells(lines, columns, numbered=False, marked=True),
        columns=names,
        numbered=facts.blank_lines,
        breaks="json-structure",
        warnings=tuple(warnings),
        broken=partial(broken_rows, table=table),
        split=partial(_split, columns=columns),
    )


def _split(text: str, *, columns: Mapping[str, str]) -> dict[str, str | None] | None:
    try:
        found = json.loads(text)
    except ValueError:
        return None
    if not isinstance(found, dict):
        return None
    return {column: _as_text(found.get(key)) for column, key in columns.items()}


def _as_text(value: object) -> str | None:
    if value is None or isinstance(value, str):
        return value
    return json.dumps(value, ensure_ascii=False, separators=(",", ":"))


def _lines(path: Path, *, keep: str) -> str:
    """Return the lines as a table of one column: a control character, which JSON has none of, as delimiter."""
    return (
        f"read_csv({literal(path)}, auto_detect=false, header=false, columns={{'line': 'VARCHAR'}}, "
        f"delim=chr(1), quote='', escape='', strict_mode=false, max_line_size=4194304, {keep})"
    )


def _keys(source: Source, found: Found, lines: str, *, engine: Embedded) -> tuple[str, ...]:
    """Return the keys of every object, in the order in which they first appear."""
    keys_of = f"CASE WHEN {_is_object('line')} THEN json_keys(line) END"
    shapes = f"SELECT {keys_of} AS keys, count(*) AS objects FROM {lines} GROUP BY 1 HAVING keys IS NOT NULL"
    rows = engine.run(f"SELECT keys FROM ({shapes}) ORDER BY objects DESC, len(keys) DESC, keys")
    keys = dict.fromkeys(str(key) for (found_keys,) in rows for key in cast("list[str]", found_keys))
    if not rows:
        raise SourceUnreadable(
            what=f"The file {found.shown} of source {source.name!r} holds no JSON object.",
            got="no line that starts with { and ends with }",
            expected="one JSON object a line",
            fix=f"export it as JSON lines, or correct format in [sources.{source.name}]",
        )
    return tuple(keys)


def _is_object(line: str) -> str:
    # The type of a line that is not JSON is an error, and AND does not wait for its left side: CASE does.
    return f"CASE WHEN json_valid({line}) THEN json_type({line}) = 'OBJECT' ELSE false END"


def _cells(lines: str, columns: Mapping[str, str], *, numbered: bool, marked: bool) -> str:
    """Return SQL of one column a key, and the line itself where it is not an object."""
    cells = [f"{_cell(key, marked=marked)} AS {name(column)}" for column, key in columns.items()]
    ordinal = [name(ORDINAL)] if numbered else []
    broken = f"CASE WHEN line_is_whole THEN NULL ELSE line END AS {name(BROKEN)}"
    checked = f"SELECT *, {_is_object('line')} AS line_is_whole FROM {lines} WHERE trim(line) <> ''"
    return f"(SELECT {', '.join([*cells, *ordinal, broken])} FROM ({checked}))"


def _cell(key: str, *, marked: bool) -> str:
    # A pointer, because a path would read `$` and `.` in a key as its own signs.
    pointer = literal("/" + key.replace("~", "~0").replace("/", "~1"))
    text = f"json_extract_string(line, {pointer})"
    if marked:
        is_text = f"json_type(line, {pointer}) = 'VARCHAR'"
        text = f"CASE WHEN {is_text} THEN concat({literal(TEXT_MARK)}, {text}) ELSE {text} END"
    return f"CASE WHEN line_is_whole THEN {text} END"


def _is_an_array(source: Source, found: Found) -> SourceUnreadable:
    return SourceUnreadable(
        what=f"The file {found.shown} of source {source.name!r} is one JSON array.",
        got="a file that starts with [",
        expected="JSON lines: one object a line",
        fix="export it as JSON lines (for instance `jq -c '.[]' in.json > out.jsonl`)",
    )
