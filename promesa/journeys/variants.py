"""The ways that journeys take: the same touchpoints in the same order are one way, and the frequent ones are told."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa.journeys.assembling import JOURNEY
from promesa.journeys.shares import share_rows

if TYPE_CHECKING:
    from collections.abc import Iterator

    from promesa.engine import Table
    from promesa.journeys.assembling import Steps
    from promesa.journeys.shares import Totals
    from promesa.results import Estimate

SHOWN = 20  # ways
LONGEST = 60  # moments of a way that are spelled out
BETWEEN = " > "


def variant_figures(steps: Steps, grouped: Table, totals: Totals) -> Iterator[Estimate]:
    """Yield the share of journeys of each of the most frequent ways, over all groups."""
    question = steps.question
    spelled = _spelled(steps)
    frequent = grouped.filter(grouped["variant_"].isin(list(spelled)))
    frequent = frequent.mutate(by_variant=frequent["variant_"].cast("string"))
    if not spelled:
        return
    rows = list(share_rows(question, frequent, grouped, totals, names=("variant",), measure="variant_share"))
    rows.sort(key=lambda row: -(row.estimate or 0.0))
    for row in rows:
        row.dimensions["variant"] = spelled[int(str(row.dimensions["variant"]))]
        yield row


def _spelled(steps: Steps) -> dict[int, str]:
    """Return the most frequent ways, written out, by number: one journey of each is read."""
    question, journeys = steps.question, steps.journeys
    counted = journeys.group_by("variant_").aggregate(n=journeys.count(), example_=journeys[JOURNEY].min())
    most = counted.order_by([counted["n"].desc(), counted["variant_"]]).limit(SHOWN)
    rows: list[dict[str, Any]] = question.facts.engine.fetch(most).to_pylist()
    if not rows:
        return {}
    numbers = {row["example_"]: row["variant_"] for row in rows}
    table = steps.table
    read = table.filter(table[JOURNEY].isin(list(numbers)) & (table["place_"] <= LONGEST))
    ways: dict[int, list[tuple[int, str]]] = {}
    for row in question.facts.engine.fetch(read.select(JOURNEY, "place_", "touchpoint")).to_pylist():
        ways.setdefault(numbers[row[JOURNEY]], []).append((row["place_"], row["touchpoint"]))
    return {number: way_of([name for _, name in sorted(way)]) for number, way in ways.items()}


def way_of(touchpoints: list[str]) -> str:
    """Return a way as text: a touchpoint met several times in a row stands once with how often.

    Examples
    --------
    >>> way_of(["browse", "buy", "call", "call", "refund"])
    'browse > buy > call x2 > refund'
    """
    folded: list[tuple[str, int]] = []
    for name in touchpoints[:LONGEST]:
        if folded and folded[-1][0] == name:
            folded[-1] = (name, folded[-1][1] + 1)
        else:
            folded.append((name, 1))
    told = [name if times == 1 else f"{name} x{times}" for name, times in folded]
    return BETWEEN.join([*told, *(["..."] if len(touchpoints) > LONGEST else [])])
