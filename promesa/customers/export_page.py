"""The page of an export: every table a person's data stands in, to be read without a network or a program."""

from __future__ import annotations

from datetime import UTC, datetime
from importlib.resources import files
from typing import TYPE_CHECKING, Any

from promesa.engine import local_time_of
from promesa.words import NOT_STATED, instant, language_of, number, say, say_or

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.customers.exporting import HeldTable
    from promesa.workspace import Workspace

_NUMBERS = ("number", "money")
HISTORY = "_history"


def page_of(
    ws: Workspace,
    about: Mapping[str, Any],
    tables: Sequence[HeldTable],
    *,
    labels: Mapping[str, Mapping[str, str]],
) -> str:
    """Return the page, in the company's language; every value is escaped."""
    from jinja2 import Environment, StrictUndefined

    text = files("promesa.customers").joinpath("templates", "export.html").read_text(encoding="utf-8")
    template = Environment(autoescape=True, undefined=StrictUndefined, trim_blocks=True).from_string(text)
    locale, language = ws.locale, language_of(ws.locale)
    made = datetime.fromisoformat(str(about["made_at"]).rstrip("Z"))
    lines = {
        "made": instant(made.replace(tzinfo=UTC), ws.time_zone, locale),
        "controller": about["controller"],
        "contact": about["privacy_contact"] or NOT_STATED,
        "person": about["person"],
    }
    return template.render(
        language=language,
        title=say("customers.export.title", locale, company=ws.company),
        intro=say("customers.export.intro", locale, zone=ws.time_zone),
        facts=[say(f"customers.export.{key}", locale, value=value) for key, value in lines.items()],
        contents=say("customers.export.contents", locale),
        tables=[_table(ws, table, labels=labels, language=language) for table in tables],
    )


def _table(
    ws: Workspace, table: HeldTable, *, labels: Mapping[str, Mapping[str, str]], language: str
) -> dict[str, Any]:
    # A column without a value in any row says nothing on a page; the files beside it have every column.
    stated = [column for column in table.columns if any(row[column[0]] is not None for row in table.rows)]
    return {
        "name": table.name,
        "label": table_label(table.name, ws.locale),
        "counted": say("customers.export.rows", ws.locale, rows=number(len(table.rows), ws.locale)),
        "columns": [{"label": labels[name][language], "number": kind in _NUMBERS} for name, kind in stated],
        "rows": [[_cell(ws, row[name]) for name, _ in stated] for row in table.rows],
    }


def table_label(table: str, locale: str) -> str:
    """Return what people call a table of the store."""
    base = table.removesuffix(HISTORY)
    label = say_or(f"customers.table.{base}", locale, otherwise=base)
    return say("customers.table.history_of", locale, table=label) if base != table else label


def _cell(ws: Workspace, value: Any) -> str:
    """Return a value as a person reads it: times in the company's zone."""
    if value is None:
        return ""
    if isinstance(value, bool):
        return say(f"customers.yes_no.{'yes' if value else 'no'}", ws.locale)
    if isinstance(value, datetime):
        ends = value.year in {1, 9999}  # the beginning and the end of time stand for "always"
        return value.date().isoformat() if ends else f"{local_time_of(value, ws.time_zone):%Y-%m-%d %H:%M:%S}"
    return str(value)
