"""Fewer customers where there are too many rows to bring: whole customers, drawn by their surrogate."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from promesa.engine import Table
    from promesa.measures.slices import Question

CUSTOMER_PARTS = 1_000_000  # customers are drawn by the remainder of their surrogate, which is a hash already


def of_drawn_customers(question: Question, table: Table, *, most: int) -> tuple[Table, float]:
    """Return the rows of as many customers as keep them to about `most`, and the share of customers drawn.

    Parameters
    ----------
    table : Table
        Rows with a column ``customer``.
    most : int
        Rows to bring; with no more of them all stay, and the share is 1.
    """
    rows = int(question.facts.engine.fetch(table.aggregate(n=table.count())).to_pylist()[0]["n"])
    share = share_of(rows, most=most)
    return of_share(table, share), share


def share_of(rows: int, *, most: int) -> float:
    """Return the share of customers that keeps so many rows to about `most`; 1 where there are no more."""
    return 1.0 if rows <= most else max(1, CUSTOMER_PARTS * most // rows) / CUSTOMER_PARTS


def of_share(table: Table, share: float) -> Table:
    """Return the rows of the customers that `of_drawn_customers` drew, of another table with their surrogates."""
    return table if share >= 1 else table.filter(table["customer"] % CUSTOMER_PARTS < round(share * CUSTOMER_PARTS))
