"""What journeys deviate in from the declared map: touchpoints skipped or out of order, and what it does not hold."""

from __future__ import annotations

from functools import reduce
from operator import or_
from typing import TYPE_CHECKING

from promesa.engine import case, lit, null_of, stack
from promesa.journeys.assembling import JOURNEY

if TYPE_CHECKING:
    from promesa.engine import Expression, Table
    from promesa.journeys.assembling import Steps

STAGES = ("before", "during", "after")
SKIPPED, OUT_OF_ORDER, UNEXPECTED = "skipped", "out_of_order", "unexpected"
DEVIATION, TOUCHPOINT, NEXT = "deviation", "touchpoint", "next"
OWN = (DEVIATION, TOUCHPOINT, NEXT)
COLUMNS = [JOURNEY, *OWN]


def deviations(steps: Steps) -> Table:
    """Return what each journey deviates in, once each: ``journey_``, ``deviation``, ``touchpoint``, ``next``."""
    model = steps.question.workspace.model
    spots = {name: spot for spot, name in enumerate(model.journeys.expected)}
    stages = {touchpoint.name: STAGES.index(touchpoint.stage) for touchpoint in model.touchpoints.values()}
    table = steps.table.mutate(stage_=_number(steps.table, stages), spot_=_number(steps.table, spots))
    return stack([_out_of_order(table), *_skipped(table, spots, stages), *_unexpected(steps, table)])


def _out_of_order(table: Table) -> Table:
    in_order = table.group_by(JOURNEY).order_by(table["place_"])
    placed = in_order.mutate(furthest_=table["stage_"].cummax(), reached_=table["spot_"].cummax())
    back = (placed["stage_"] < placed["furthest_"]) | (placed["spot_"] < placed["reached_"]).coalesce(False)
    turned = placed.filter(back).select(JOURNEY, "touchpoint", deviation=lit(OUT_OF_ORDER)).distinct()
    return turned.mutate(next=null_of("string")).select(COLUMNS)


def _skipped(table: Table, spots: dict[str, int], stages: dict[str, int]) -> list[Table]:
    if not spots:
        return []
    met = {f"met_{spot}": (table["touchpoint"] == name).cast("int64").max() for name, spot in spots.items()}
    each = table.group_by(JOURNEY).aggregate(far_=table["stage_"].max(), on_=table["spot_"].max(), **met)
    parts: list[Table] = []
    for name, spot in spots.items():
        passed = (each["on_"] > spot).coalesce(False) | (each["far_"] > stages[name])
        missed = each.filter((each[f"met_{spot}"] == 0) & passed)
        told = {"deviation": lit(SKIPPED), "touchpoint": lit(name), "next": null_of("string")}
        parts.append(missed.select(JOURNEY, **told).select(COLUMNS))
    return parts


def _unexpected(steps: Steps, table: Table) -> list[Table]:
    settings = steps.question.workspace.model.journeys
    found: list[Table] = []
    if settings.optional is not None:
        known = [*settings.expected, *settings.optional]
        met = table.filter(~table["touchpoint"].isin(known)) if known else table
        met = met.select(JOURNEY, "touchpoint", deviation=lit(UNEXPECTED), next=null_of("string"))
        found.append(met.select(COLUMNS).distinct())
    if settings.passages:
        # Of the moments looked at: what was joined by time alone may lie between them.
        passed = table.group_by(JOURNEY).order_by(table["place_"]).mutate(to_=table["touchpoint"].lead())
        strange = [
            (passed["touchpoint"] == start) & ~passed["to_"].isin(list(ends))
            for start, ends in settings.passages.items()
        ]
        gone = passed.filter(passed["to_"].notnull() & reduce(or_, strange))
        gone = gone.select(JOURNEY, "touchpoint", deviation=lit(UNEXPECTED), next=gone["to_"])
        found.append(gone.select(COLUMNS).distinct())
    return found


def _number(table: Table, numbers: dict[str, int]) -> Expression:
    branches = [(table["touchpoint"] == name, lit(number, "int64")) for name, number in numbers.items()]
    return case(*branches, otherwise=null_of("int64")) if branches else null_of("int64")
