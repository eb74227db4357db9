"""Commitments: each occasion on which a promise fell due for one customer, judged by the model's rule."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.engine import HELD, case, interval_days, lit, null_of, rewritten_sql, stack, when
from promesa.measures import PREFIX, with_dimensions

if TYPE_CHECKING:
    from collections.abc import Sequence

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.workspace import Promise

_KEPT = ("source", "id", "at", "customer", "journey", "due", "when_", "status", "arrived", "gap", "stated")
_OF_MOMENTS = (
    "touchpoint",
    "channel",
    "branch",
    "employee",
    "supplier",
    "product",
    "brand",
    "outcome",
)  # what dimensions are told by
STATUSES = ("kept", "broken", "not_yet_due", "unknown", "released")


def commitments(question: Question, promise: Promise) -> Table:
    """Return every commitment of a promise with its status and the question's dimensions.

    Returns
    -------
    Table
        One row a commitment: ``source``, ``id``, ``at``, ``customer``, ``journey``, ``due`` (UTC), ``status`` (one of
        `STATUSES`), ``arrived`` (whether the outcome is there), ``gap`` (delivered less promised: days, or the
        promise's unit), ``stated`` (what was promised: days from when it was, or the promise's unit) and
        ``by_<dimension>``. Periods are those of ``due``. The engine keeps the rows, so that the questions of an
        analysis judge them once.

    Notes
    -----
    As of `as_of`: a commitment is there from the time it was made (`promised_at`, or else `at`); a delivery
    after `as_of` has not come yet. Released goes before all. One that has not come is not yet due until its
    due time has passed, and broken from then on. One that has come is kept, broken or, where the rule gives
    neither, unknown.
    """
    engine, name = question.facts.engine, _name(question, promise)
    # A query may go over the commitments to all promises at once.
    engine.most_held = max(engine.most_held, HELD + 2 * len(question.workspace.model.promises))
    judged = engine.hold(name, lambda: _judged(question, promise))
    columns = [*(PREFIX + dimension for dimension in question.by), *_KEPT]

    def split() -> Table:
        return with_dimensions(question, judged, time="when_").select(*columns)

    # What needs a join is joined once for the several figures of a question.
    return question.within(engine.hold(f"{name} {question.by}", split) if _joined(question) else split(), "when_")


def commitments_to(question: Question, promises: Sequence[Promise]) -> Table:
    """Return the commitments of several promises one after another, with the promise as ``by_promise``."""
    tables = [(promise, commitments(question, promise)) for promise in promises]
    return stack([table.mutate(**{PREFIX + "promise": lit(promise.name, "string")}) for promise, table in tables])


def _joined(question: Question) -> bool:
    return any(name == "tier" or name in question.workspace.model.traits for name in question.by)


def _judged(question: Question, promise: Promise) -> Table:
    made = _made(question, promise)
    judged = made.alias(f"commitments_of_{promise.name}").sql(_rule(question, promise), dialect="duckdb")
    pending = judged["promised"].notnull() & judged["delivered"].isnull()
    passed = judged["due"] <= question.facts.as_of
    status = case(
        (judged["released_"].coalesce(False), lit("released")),
        (pending & judged["due"].isnull(), lit("unknown")),
        (pending & passed, lit("broken")),
        (pending, lit("not_yet_due")),
        (judged["kept_"].isnull(), lit("unknown")),
        (judged["kept_"], lit("kept")),
        otherwise=lit("broken"),
    )
    table = judged.mutate(
        status=status,
        arrived=~pending,
        gap=_gap(question, judged),
        stated=_stated(question, judged),
        when_=judged["due"].coalesce(judged["at"]),
    )
    return table.select(*_KEPT, *_OF_MOMENTS)


def _name(question: Question, promise: Promise) -> str:
    facts = question.facts
    parts = (facts.version, facts.as_of, facts.workspace.store, facts.clock, promise)
    return repr((*parts, facts.workspace.model.touchpoints, sorted(facts.files.items())))


def _made(question: Question, promise: Promise) -> Table:
    moments = question.facts.all_rows("moments")
    as_of = question.facts.as_of
    moments = moments.filter(
        moments["touchpoint"].isin(promise.touchpoints) & (moments["promised_at"].coalesce(moments["at"]) <= as_of)
    )
    return moments.mutate(delivered=when(moments["delivered"] <= as_of, moments["delivered"], null_of("timestamp(6)")))


def _rule(question: Question, promise: Promise) -> str:
    """Return the SELECT that adds the promise's own SQL to its moments (dialect of DuckDB)."""

    def sql(text: str) -> str:
        return rewritten_sql(text, clock=question.facts.clock, dialect="duckdb")

    parts = {
        "kept_": f"CAST(({sql(promise.kept)}) AS BOOLEAN)",
        "due": f"CAST(({sql(promise.due)}) AS TIMESTAMP)",
        "released_": f"CAST(({sql(promise.released)}) AS BOOLEAN)" if promise.released else "CAST(FALSE AS BOOLEAN)",
        "promised_": sql(promise.promised),
        "delivered_": sql(promise.delivered),
    }
    added = ", ".join(f"{text} AS {column}" for column, text in parts.items())
    return f"SELECT *, {added} FROM commitments_of_{promise.name}"


def _gap(question: Question, table: Table) -> Expression:
    promised, delivered = table["promised_"], table["delivered_"]
    if all(value.type().is_timestamp() or value.type().is_date() for value in (promised, delivered)):
        first, last = (_local_day(question, table, value) for value in (promised, delivered))
        return last.delta(first, unit="day").cast("float64")
    if promised.type().is_numeric() and delivered.type().is_numeric():
        return delivered.cast("float64") - promised.cast("float64")
    return null_of("float64")


def _stated(question: Question, table: Table) -> Expression:
    promised = table["promised_"]
    if promised.type().is_timestamp() or promised.type().is_date():
        first, last = (_local_day(question, table, value) for value in (table["promised_at"], promised))
        return last.delta(first, unit="day").cast("float64")
    return promised.cast("float64") if promised.type().is_numeric() else null_of("float64")


def _local_day(question: Question, table: Table, value: Any) -> Any:
    """Return the day of a time where the moment was lived."""
    return value if value.type().is_date() else question.facts.clock.local(value, table["branch"]).date()


def judged_only(table: Table) -> Table:
    """Return the commitments that were kept or broken."""
    return table.filter(table["status"].isin(["kept", "broken"]))


def observed_for(question: Question, table: Table, days: int) -> Table:
    """Return the judged commitments whose due time lies at least `days` before `as_of`."""
    judged = judged_only(table).filter(table["due"].notnull())
    return judged.filter(judged["due"] + interval_days(days) <= question.facts.as_of)
