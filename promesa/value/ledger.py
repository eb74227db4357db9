"""The books against what was assigned to moments: account by account, exact to the last digit."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.engine import local_time_of
from promesa.errors import ValueOutOfRange
from promesa.measures import NO_DATA, ask, withheld
from promesa.results import Estimate, Result
from promesa.value.reconciling import closed_months

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.store import Facts
    from promesa.value.reconciling import Closed
    from promesa.workspace import Workspace

SUMS = ("ledger", "assigned", "difference", "spread", "unassigned")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ledger(Result):
    """The books against the costs assigned; see `ledger`."""

    def summary(self, locale: str = "en") -> str:
        """Say what the books hold, how much of it was assigned and shared, and where they differ most."""
        totals = {name: self._total(name) for name in SUMS}
        booked = [e for e in self.estimates if e.measure == "ledger" and e.estimate is not None]
        if not booked:
            return words.say("value.ledger.empty", locale)
        unit = booked[0].unit
        said = {name: words.amount(total, unit, locale) for name, total in totals.items()}
        worst = max(
            (e for e in self.estimates if e.measure == "difference" and e.estimate is not None),
            key=lambda e: abs(e.estimate or 0.0),
            default=None,
        )
        rows = words.number(sum(e.n for e in booked), locale)
        sentences = [words.say("value.ledger.summary", locale, **said, n=rows)]
        if worst is not None and worst.estimate and not self.dimensions[1:]:
            key = "more" if worst.estimate > 0 else "less"
            account = self.label(worst.dimensions["account"], locale)
            amount = words.amount(abs(worst.estimate), unit, locale)
            sentences.append(words.say(f"value.ledger.{key}", locale, account=account, amount=amount))
        return " ".join(sentences)

    def _total(self, measure: str) -> float:
        return sum(e.estimate or 0.0 for e in self.estimates if e.measure == measure)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the difference of each account, or of each month where there is one account."""
        rows = [row for row in self.rows() if row["measure"] == "difference" and row["estimate"] is not None]
        if not rows or self.dimensions != ("account",):
            return None
        return charts.bars(
            rows,
            label="account",
            title=words.say("value.ledger.chart", locale),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={name: self.label(name, locale) for name in self.labels},
        )


def ledger(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    facts: Facts | None = None,
) -> Ledger:
    """Reconcile the accounts of the books with the costs assigned to moments.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    by : {"", "month"}
        Whether each month stands alone.
    since, until : date, datetime, str or None
        Months whose first local day lies in between.
    as_of : date, datetime, str or None
        As in `measures.ask`.

    Returns
    -------
    Ledger
        Rows per account, and per month where asked, in money: ``ledger`` (what the books say; n is their rows),
        ``assigned`` (what the moments of the account's touchpoints cost one by one; n is the moments),
        ``difference`` (ledger less assigned), ``spread`` (what of it customers carry) and ``unassigned`` (what stays
        with nobody). ``exact`` is the figure in decimals, as a text; ``shared_by`` what the difference is shared by.

    Raises
    ------
    ValueOutOfRange
        If `by` names anything but ``month``.

    Notes
    -----
    Figures are what was booked: there is no population behind them and no interval. Amounts are decimals of four
    digits in the store, and every sum here is exact: ledger = assigned + spread + unassigned to the last digit. A
    difference is shared at one rate a month, cut after the tenth decimal; what the cut leaves is unassigned.

    An account says something of a month only if it has a row in it: of the others, what was assigned stands. Months
    are those of the company's calendar, whole, up to `as_of`. Rows of the books that name a customer count for their
    account alone.
    """
    question = ask(workspace, by=by, since=since, until=until, as_of=as_of, facts=facts)
    if refused := sorted(set(question.by) - {"month"}):
        raise ValueOutOfRange(
            what="The books cannot be split that way.",
            got=f"by {', '.join(refused)}",
            expected="month, or nothing",
            fix="use `promesa show value --by touchpoint` for costs by touchpoint",
        )
    months = [one for one in closed_months(question) if _asked(question, one)]
    heading: dict[str, Any] = question.heading("ledger", first=("account",))
    return Ledger(**heading, estimates=tuple(_figures(question, months)))


def _asked(question: Question, closed: Closed) -> bool:
    zone = question.workspace.time_zone
    since = None if question.since is None else local_time_of(question.since, zone).date()
    until = None if question.until is None else local_time_of(question.until, zone).date()
    return (since is None or closed.month >= since) and (until is None or closed.month <= until)


def _figures(question: Question, months: list[Closed]) -> list[Estimate]:
    figures: list[Estimate] = []
    for account in question.workspace.model.accounts:
        its = [one for one in months if one.account == account]
        if not its:
            figures.append(_nothing(question, account))
        elif "month" in question.by:
            for one in its:
                figures += _rows(question, {"account": account, "month": f"{one.month:%Y-%m}"}, [one])
        else:
            figures += _rows(question, {"account": account}, its)
    return figures


def _nothing(question: Question, account: str) -> Estimate:
    where = {"account": account} | dict.fromkeys(question.by)
    return _row(question, where, "ledger", None, n=0, note=NO_DATA, shared_by=None)


def _rows(question: Question, where: dict[str, str | None], months: list[Closed]) -> list[Estimate]:
    sums = {
        "ledger": sum((one.ledger for one in months), Decimal(0)),
        "assigned": sum((one.assigned for one in months), Decimal(0)),
        "difference": sum((one.difference for one in months), Decimal(0)),
        "spread": sum((one.shared for one in months), Decimal(0)),
        "unassigned": sum((one.unassigned for one in months), Decimal(0)),
    }
    entries, moments = sum(one.entries for one in months), sum(one.moments for one in months)
    hidden = withheld(question, moments, max(one.customers for one in months))
    left = sorted({one.note for one in months if one.note})
    figures: list[Estimate] = []
    for name, total in sums.items():
        note = None if name == "ledger" else hidden
        n = moments if name == "assigned" else entries
        if name == "unassigned" and note is None and total:
            note = left[0] if left else None
        shown = None if note == hidden and note is not None else total
        n = 0 if shown is None else n
        figures.append(_row(question, where, name, shown, n=n, note=note, shared_by=months[0].spread))
    return figures


def _row(
    question: Question,
    where: dict[str, str | None],
    measure: str,
    total: Decimal | None,
    *,
    n: int,
    note: str | None,
    shared_by: str | None,
) -> Estimate:
    return Estimate(
        dimensions=where,
        measure=measure,
        estimate=None if total is None else float(total),
        n=n,
        unit=question.workspace.currency,
        note=note,
        extra={"exact": None if total is None else f"{total.normalize():f}", "shared_by": shared_by},
    )
