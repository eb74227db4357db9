"""Tables of money: the books against the costs assigned, the whale curve and why customers are served at a loss."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.outcome_tables import block, measured

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

SUMS = ("ledger", "assigned", "difference", "spread", "unassigned")
SHOWN_SHARES = (1, 5, 10, 20, 30, 40, 50, 60, 70, 80, 90, 100)  # percent of customers


def ledger(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return one row an account, or an account and month: its sums, and why something stays with nobody."""
    groups: dict[tuple[object, object], dict[str, Row]] = {}
    for row in rows:
        groups.setdefault((row["account"], row.get("month")), {})[str(row["measure"])] = row
    by_month = any(month is not None for _, month in groups)
    lines = [
        [
            terms.name(account),
            *([str(month or words.NOT_STATED)] if by_month else []),
            *(terms.point(sums.get(name)) for name in SUMS),
            _note(sums.get("unassigned"), terms),
        ]
        for (account, month), sums in groups.items()
    ]
    heads = [*terms.heads("account"), *(terms.heads("month") if by_month else [])]
    heads += [words.say(f"report.measure.{name}", terms.locale) for name in SUMS]
    shift = 1 if by_month else 0
    yield block("", [*heads, words.say("cli.rows.note", terms.locale)], lines, right={*range(1 + shift, 6 + shift)})


def _note(row: Row | None, terms: Terms) -> str:
    return terms.reason(row) if row is not None and row.get("note") else ""


def whale(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the totals, the curve at some shares of customers, and the reasons."""
    whole = [row for row in rows if row["customers_share"] is None and row["reason"] is None]
    lines = [
        [words.say(f"report.measure.{row['measure']}", terms.locale), terms.figure(row), terms.count(row)]
        for row in whole
    ]
    names = ("measure", "figure", "n")
    yield block("", [words.say(f"cli.rows.{name}", terms.locale) for name in names], lines, right={1, 2})
    yield _curve(rows, terms)
    yield _reasons(rows, terms)


def _curve(rows: Rows, terms: Terms) -> Block:
    money = {row["customers_share"]: row for row in measured(rows, "cumulative_profit")}
    parts = {row["customers_share"]: row for row in measured(rows, "profit_share")}
    shown = [share for share in money if round(100 * float(share)) in SHOWN_SHARES]
    lines = [[terms.share(share), terms.figure(parts.get(share)), terms.figure(money[share])] for share in shown]
    return block(terms.say("whale.curve"), terms.heads("best", "profit_share", "profit"), lines, right={0, 1, 2})


def _reasons(rows: Rows, terms: Terms) -> Block:
    reasons = [row for row in rows if row["reason"] is not None]
    shares = {(row["reason"], row["touchpoint"]): row for row in measured(reasons, "losing_share")}
    counts = {(row["reason"], row["touchpoint"]): row for row in measured(reasons, "losing_customers")}
    lines = [
        [
            terms.one_of("value.whale.reason", row["reason"]),
            terms.name(row["touchpoint"]),
            terms.point(counts[row["reason"], row["touchpoint"]]),
            terms.figure(shares[row["reason"], row["touchpoint"]]),
            terms.figure(row),
        ]
        for row in measured(reasons, "lost")
    ]
    heads = terms.heads("why", "touchpoint", "customers", "of_losing", "lost")
    return block(terms.say("whale.why"), heads, lines, right={2, 3, 4})
