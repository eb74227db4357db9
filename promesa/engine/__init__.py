"""The only room that speaks DuckDB or Spark.

The names that are heavy to import (Ibis) come on first use.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from ibis import Table
    from ibis import Value as Expression

    from promesa.engine.clock import (
        Clock,
        Offset,
        close_of_day,
        end_of_day_sql,
        local_time_of,
        offsets,
        start_of_day,
        to_local,
        to_local_sql,
    )
    from promesa.engine.connection import HELD, Engine, connect
    from promesa.engine.embedded import Embedded, literal, memory_share, name
    from promesa.engine.expressions import (
        case,
        greatest,
        interval_days,
        lit,
        null_of,
        rewritten_sql,
        row_number,
        stack,
        when,
    )
    from promesa.engine.extremes import extreme

_WHERE = {
    "Clock": "clock",
    "HELD": "connection",
    "Embedded": "embedded",
    "Engine": "connection",
    "Offset": "clock",
    "case": "expressions",
    "close_of_day": "clock",
    "connect": "connection",
    "end_of_day_sql": "clock",
    "extreme": "extremes",
    "greatest": "expressions",
    "interval_days": "expressions",
    "lit": "expressions",
    "literal": "embedded",
    "memory_share": "embedded",
    "local_time_of": "clock",
    "name": "embedded",
    "null_of": "expressions",
    "offsets": "clock",
    "rewritten_sql": "expressions",
    "row_number": "expressions",
    "stack": "expressions",
    "start_of_day": "clock",
    "to_local": "clock",
    "to_local_sql": "clock",
    "when": "expressions",
}
__all__ = [
    "HELD",
    "Clock",
    "Embedded",
    "Engine",
    "Expression",
    "Offset",
    "Table",
    "case",
    "close_of_day",
    "connect",
    "end_of_day_sql",
    "extreme",
    "greatest",
    "interval_days",
    "lit",
    "literal",
    "local_time_of",
    "memory_share",
    "name",
    "null_of",
    "offsets",
    "rewritten_sql",
    "row_number",
    "stack",
    "start_of_day",
    "to_local",
    "to_local_sql",
    "when",
]


def __getattr__(attribute: str) -> Any:
    if attribute in _WHERE:
        return getattr(import_module(f"promesa.engine.{_WHERE[attribute]}"), attribute)
    raise AttributeError(attribute)
