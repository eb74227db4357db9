"""The answers of an index survey, one row a sheet and one column a question, all on 0 to 100."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.engine import case, null_of, when
from promesa.measures import CUSTOMER_PARTS, own_opinions, share_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.engine import Expression, Table
    from promesa.measures import Question
    from promesa.workspace import Concept, IndexSurvey

SCALE = (0.0, 100.0)
DIGITS = 5  # of a hash in hexadecimal, by which sheets without a customer are drawn
MOST_UNITS = 20_000  # more customers than these stand together in buckets: sums of each would not fit in memory
BUCKETS = 4_096
KEYS = ("customer", "journey", "survey", "day")


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Sheets:
    """Answer sheets of an index survey.

    Attributes
    ----------
    items : tuple of str
        Concepts, in the order of the columns.
    answers : ndarray of float, shape (n, items)
        From 0 (worst end of the concept's scale) to 100 (best end); NaN where a question was not answered.
    units : ndarray of int, shape (n,)
        Whose each sheet is: the customer (or a bucket of customers), or the sheet itself where it names none.
    n_customers : int
        Customers, and sheets that name none, among the rows.
    n_answered : int
        Sheets with an answer, drawn or not.
    n_unplaced : int
        Answers that name neither customer nor journey: nobody knows which sheet they stood on.
    """

    items: tuple[str, ...]
    answers: NDArray[np.float64]
    units: NDArray[np.int64]
    n_customers: int
    n_answered: int
    n_unplaced: int


def sheets_of(question: Question, index: IndexSurvey) -> Sheets:
    """Return the answer sheets of an index survey in the question's window.

    Notes
    -----
    A sheet is what one customer was asked on one local day (of ``asked_at``, or else of the answer) about one
    journey in one survey. Without a customer it is what one journey was asked. A question answered twice on one
    sheet counts once, by its last answer. Above ``most_rows`` sheets whole customers are drawn by a hash.
    """
    items = tuple(dict.fromkeys(item for construct in index.constructs.values() for item in construct.items))
    asked = _asked(question, index, items)
    placed = asked["customer"].notnull() | asked["journey"].notnull()
    table = _pivoted(asked.filter(placed), items)
    counts = table.aggregate(answered=table["answered"].sum())
    n_answered = int(question.facts.engine.fetch(counts).to_pylist()[0]["answered"] or 0)
    unplaced = asked.filter(~placed & asked["value"].notnull()).count()
    n_unplaced = int(question.facts.engine.fetch(unplaced).as_py() or 0)
    table = _drawn(table, n_answered, question.workspace.model.studies.drivers.most_rows)
    fetched = question.facts.engine.fetch(table.order_by(KEYS))
    columns = [fetched.column(f"item_{k}").to_numpy().astype(float) for k in range(len(items))]
    answers = np.column_stack(columns) if columns else np.empty((fetched.num_rows, 0))
    units, n_customers = _units(fetched.column("customer").to_pylist())
    return Sheets(
        items=items,
        answers=answers,
        units=units,
        n_customers=n_customers,
        n_answered=n_answered,
        n_unplaced=n_unplaced,
    )


def _asked(question: Question, index: IndexSurvey, items: tuple[str, ...]) -> Table:
    """Return every question of the survey that was asked, with its answer on 0 to 100 (null: not answered)."""
    opinions = own_opinions(question)
    opinions = opinions.filter(opinions["concept"].isin(items))
    if index.survey is not None:
        opinions = opinions.filter(opinions["survey"] == index.survey)
    concepts = question.workspace.model.concepts
    value = case(
        *[(opinions["concept"] == item, _points(opinions, concepts[item])) for item in items],
        otherwise=null_of("float64"),
    )
    low, high = SCALE
    table = opinions.mutate(
        day=question.facts.local(opinions["asked_at"].coalesce(opinions["at"])).date(),
        value=when((value >= low) & (value <= high), value, null_of("float64")),
    )
    return table.select(*KEYS, "concept", "at", "value")


def _points(opinions: Table, concept: Concept) -> Expression:
    """Return a score on 0 to 100, 100 being the end of its scale that is better."""
    low, high = (opinions[f"scale_{end}"].coalesce(concept.scale[k]) for k, end in enumerate(("min", "max")))
    points = (opinions["score"] - low) * 100.0 / (high - low).nullif(0)
    return 100.0 - points if concept.better == "less" else points


def _pivoted(asked: Table, items: tuple[str, ...]) -> Table:
    """Return one row a sheet, a column an item, and whether any item was answered."""
    answered_at = when(asked["value"].notnull(), asked["at"], null_of("timestamp(6)"))
    last = asked.mutate(answered_at=answered_at)
    last = last.group_by([*KEYS, "concept"]).mutate(last_at=last["answered_at"].max())
    last = last.filter(last["value"].isnull() | (last["at"] == last["last_at"]))
    nothing = null_of("float64")
    columns = {
        f"item_{k}": when(last["concept"] == item, last["value"], nothing).mean() for k, item in enumerate(items)
    }
    answered = when(last["value"].notnull(), 1, 0).max()
    return last.group_by(list(KEYS)).aggregate(**columns, answered=answered)


def _drawn(table: Table, n_answered: int, most: int) -> Table:
    """Return all sheets, or those of a share of the customers."""
    share = share_of(n_answered, most=most)
    if share >= 1:
        return table
    of_customer = table["customer"] % CUSTOMER_PARTS < round(share * CUSTOMER_PARTS)
    of_journey = table["journey"].hexdigest("md5").left(DIGITS) < f"{int(share * 16**DIGITS):0{DIGITS}x}"
    return table.filter(when(table["customer"].isnull(), of_journey, of_customer))


def _units(customers: list[int | None]) -> tuple[NDArray[np.int64], int]:
    """Return the unit of each sheet, and how many people stand behind them."""
    known = np.array([customer is not None for customer in customers], dtype=bool)
    ids = np.array([0 if customer is None else customer for customer in customers], dtype=np.int64)
    distinct = np.unique(ids[known])
    units = np.zeros(len(customers), dtype=np.int64)
    units[known] = np.searchsorted(distinct, ids[known])
    units[~known] = len(distinct) + np.arange(int((~known).sum()))
    n_customers = len(distinct) + int((~known).sum())
    if n_customers > MOST_UNITS:
        # Other digits than those that drew the sample; a sheet of nobody goes into a bucket by its place.
        units = np.where(known, ids // CUSTOMER_PARTS, units) % BUCKETS
    return units, n_customers
