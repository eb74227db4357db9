"""From what a SELECT gives to the kinds of a fact table, as SQL: what does not fit becomes null and is seen.

The rule at a change of clocks is DuckDB's, in the zone of the session (the company's): a local time
that occurs twice is taken as the later one, and one that never occurred is read with the offset from
before the change.
"""

from __future__ import annotations

from promesa.engine import name

_NUMBER = r"^[+-]?([0-9]+[.]?[0-9]*|[.][0-9]+)([eE][+-]?[0-9]{1,3})?$"
_WHOLE = "^[+-]?[0-9]{1,19}$"
_DAY = "^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}"
_FLOATS = ("FLOAT", "DOUBLE")
_WHOLES = ("TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT", "UINTEGER", "UBIGINT")
_LOCAL = ("TIMESTAMP", "TIMESTAMP_S", "TIMESTAMP_MS", "TIMESTAMP_NS", "DATE")
_ZONED = "TIMESTAMP WITH TIME ZONE"
_YES, _NO = ("true", "t", "yes", "y", "sí", "si", "s", "1"), ("false", "f", "no", "n", "0")

# Rule of a value that does not fit its kind.
MISFIT = {
    "time": "not-a-time",
    "day": "not-a-day",
    "number": "not-a-number",
    "money": "not-a-number",
    "whole": "not-a-whole-number",
    "yes_no": "not-yes-or-no",
}


def fits(kind: str, sql_type: str) -> bool:
    """Tell whether a column of `sql_type` can hold values of `kind` at all.

    ``INTEGER`` fits every kind, for a bare NULL has that type; its values are judged one by one.
    """
    if sql_type in {"VARCHAR", "INTEGER", '"NULL"'}:
        return True
    family = "DECIMAL" if sql_type.startswith("DECIMAL") else sql_type
    numeric = family in {*_WHOLES, *_FLOATS, "DECIMAL", "BOOLEAN"}
    return {
        "text": family != "BLOB",
        "time": family in {*_LOCAL, _ZONED},
        "day": family in {*_LOCAL, _ZONED},
        "number": numeric,
        "money": numeric,
        "whole": numeric and family not in _FLOATS,
        "yes_no": family in {*_WHOLES, "BOOLEAN"},
    }[kind]


def converted(kind: str, sql_type: str, column: str) -> str:
    """Return the SQL that gives a column (an SQL expression) as `kind`, null where it does not fit."""
    match kind:
        case "text":
            return _text(sql_type, column)
        case "time":
            return _time(sql_type, column)
        case "day":
            return _day(sql_type, column)
        case "number":
            return _number(sql_type, column)
        case "money":
            return _money(sql_type, column)
        case "whole":
            return _if_matches(_WHOLE, column, "BIGINT") if sql_type == "VARCHAR" else f"TRY_CAST({column} AS BIGINT)"
        case _:
            return _yes_no(sql_type, column)


def is_blank(sql_type: str, column: str) -> str:
    """Return the SQL condition under which a column holds no value."""
    return f"coalesce(trim({column}), '') = ''" if sql_type == "VARCHAR" else f"{column} IS NULL"


def _if_matches(pattern: str, column: str, target: str) -> str:
    return f"CASE WHEN regexp_matches(trim({column}), '{pattern}') THEN TRY_CAST(trim({column}) AS {target}) END"


def _text(sql_type: str, column: str) -> str:
    if sql_type == "VARCHAR":
        return f"nullif({column}, '')"
    if sql_type in _FLOATS:
        # 1234.0 is the key 1234 that a spreadsheet or a column with gaps turned into a float.
        whole = f"{column} = trunc({column}) AND abs({column}) < 9007199254740992"
        return f"CASE WHEN {whole} THEN CAST(CAST({column} AS BIGINT) AS VARCHAR) ELSE CAST({column} AS VARCHAR) END"
    return f"CAST({column} AS VARCHAR)"


def _time(sql_type: str, column: str) -> str:
    if sql_type == "VARCHAR":
        instant = _if_matches(_DAY, column, "TIMESTAMPTZ")
    elif sql_type == _ZONED:
        instant = column
    elif sql_type in _LOCAL:
        instant = f"CAST(CAST({column} AS TIMESTAMP) AS TIMESTAMPTZ)"
    else:
        return "CAST(NULL AS TIMESTAMP)"
    utc = f"(({instant}) AT TIME ZONE 'UTC')"
    return f"CASE WHEN isfinite({utc}) THEN {utc} END"


def _day(sql_type: str, column: str) -> str:
    if sql_type == "VARCHAR":
        return f"CAST({_if_matches(_DAY, column, 'TIMESTAMP')} AS DATE)"
    if sql_type in {*_LOCAL, _ZONED}:
        return f"CAST({column} AS DATE)"
    return "CAST(NULL AS DATE)"


def _number(sql_type: str, column: str) -> str:
    if sql_type == "VARCHAR":
        value = _if_matches(_NUMBER, column, "DOUBLE")
    elif sql_type == "BOOLEAN":
        return f"CAST(CAST({column} AS INTEGER) AS DOUBLE)"
    else:
        value = f"CAST({column} AS DOUBLE)"
    return f"CASE WHEN isfinite({value}) THEN {value} END" if sql_type in {"VARCHAR", *_FLOATS} else value


def _money(sql_type: str, column: str) -> str:
    if sql_type == "VARCHAR":
        return _if_matches(_NUMBER, column, "DECIMAL(18,4)")
    if sql_type in _FLOATS:
        return f"CASE WHEN isfinite({column}) THEN TRY_CAST(round({column}, 4) AS DECIMAL(18,4)) END"
    if sql_type == "BOOLEAN":
        return "CAST(NULL AS DECIMAL(18,4))"
    return f"TRY_CAST({column} AS DECIMAL(18,4))"


def _yes_no(sql_type: str, column: str) -> str:
    if sql_type == "BOOLEAN":
        return column
    text = f"lower(trim(CAST({column} AS VARCHAR)))"
    yes = ", ".join(f"'{word}'" for word in _YES)
    no = ", ".join(f"'{word}'" for word in _NO)
    return f"CASE WHEN {text} IN ({yes}) THEN true WHEN {text} IN ({no}) THEN false END"


def too_large(sql_type: str, column: str, *, rate: str = "1.0") -> str:
    """Return the SQL condition under which an amount, at a rate, is a number that money cannot hold."""
    number = f"abs({_number(sql_type, column)})"
    return f"({number} >= 1e14 OR {number} * {rate} >= 1e14 - 1)"


def raw(column: str) -> str:
    """Return the name, quoted, under which a column stands as the SELECT gave it."""
    return name(f"~raw {column}")
