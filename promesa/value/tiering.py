"""`tier`: review who is of which tier at one instant, looking again only at who has changed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.errors import ValueOutOfRange
from promesa.measures import declaration_of, no_tiers
from promesa.store import (
    change_state,
    drop_columns,
    keep_columns,
    kept_columns,
    open_facts,
    read_document,
    session,
    state_rows,
    state_version,
    timestamp,
    write_document,
)
from promesa.value.tier_membership import decide_members
from promesa.value.tier_sums import last_day_of, update_sums
from promesa.value.tier_values import values_by_margin, values_expected
from promesa.words import day, number, say

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import date
    from pathlib import Path

    from promesa.store import Facts, Run
    from promesa.value.kept_sums import Columns
    from promesa.workspace import Tiers, Workspace

FORMAT = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class TierReview:
    """What a review of the tiers found.

    Attributes
    ----------
    as_of : datetime
        Instant reviewed, naive UTC.
    whole : bool
        Whether everybody was summed up again.
    customers : int
        Customers of whom a tier is kept; everybody else is of the lowest.
    again : int
        Customers whose sums were worked out again.
    changed : int
        Rows that say anew who was of which tier, and from when to when.
    """

    as_of: datetime
    whole: bool
    customers: int
    again: int
    changed: int

    def summary(self, locale: str = "en") -> str:
        """Return what was done in words."""
        said = say(
            f"value.tiering.{'whole' if self.whole else 'some'}",
            locale,
            customers=number(self.customers, locale),
            again=number(self.again, locale),
            day=day(self.as_of.date(), locale),
        )
        outcome = "changed" if self.changed else "unchanged"
        return f"{said} {say(f'value.tiering.{outcome}', locale)}"

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            "as_of": self.as_of.isoformat(),
            "whole": self.whole,
            "customers": self.customers,
            "again": self.again,
            "changed": self.changed,
            "summary": {locale: self.summary(locale) for locale in ("es", "en")},
        }


def tier(
    ws: Workspace,
    *,
    recorded_at: datetime,
    as_of: date | datetime | str | None = None,
    rebuild: bool = False,
    progress: Callable[[str, float | None], None] | None = None,
) -> TierReview:
    """Review who is of which tier at one instant, and keep it.

    Parameters
    ----------
    ws : Workspace
        From `promesa.open`.
    recorded_at : datetime
        Instant of the run; naive is UTC.
    as_of : date, datetime, str or None
        As in `store.open_facts`. Reviews go forward in time; an earlier instant needs `rebuild`.
    rebuild : bool, default False
        Sum everybody up again. Reviews at or after `as_of` are taken back.
    progress : callable or None
        Called with a sentence and a share done (None: not known) at each step.

    Returns
    -------
    TierReview
        What was looked at and what changed; the same state reviewed again changes nothing.

    Raises
    ------
    NothingTiered
        If the model declares no tiers.
    ValueOutOfRange
        If `as_of` lies before the last review.
    TooFewObservations
        If too little was bought to expect anything of customers.
    StoreBusy
        If a load or another review holds the store.

    Notes
    -----
    A customer counts for what the fitted buying process expects of them within the declared days (expected purchases,
    times expected spend, times the margin rate of all customers, less what serving a purchase costs), or for the margin
    of the last 365 days. From that, the highest tier whose entry is reached. A member stays as long as the value is not
    below what keeps the tier, so that one who moves within the band does not change tier at each review. A flag lifts.

    The sums of each customer are kept. Rows recorded, replaced, or come of age since the last review are added to them;
    where that is not exact, and where links or pauses changed, the rows of these customers are read again. Time passing
    is applied to all at once. A review agrees in every row with one from nothing.
    """
    tiers = ws.model.tiers
    if tiers is None:
        raise no_tiers()
    with session(ws, recorded_at=recorded_at, progress=progress) as run:
        facts = open_facts(ws, as_of=as_of)
        before: dict[str, Any] = read_document(_marks(run)) or {}
        if not rebuild:
            _refuse_earlier(facts, before)
        run.tell("tier_sums")
        marks: dict[str, Any] = {}
        whole, again = False, 0
        if tiers.by == "expected_profit":
            summed = update_sums(run, facts, before=before.get("sums", {}), rebuild=rebuild)
            marks, whole, again = summed.marks, summed.whole, summed.again
            run.tell("tier_values")
            values = values_expected(summed.columns, last_day_of(facts), horizon_days=tiers.horizon_days)
        else:
            run.tell("tier_values")
            values = values_by_margin(run, facts)
        run.tell("tier_members")
        was = None if rebuild else _members_before(run, facts, tiers, before)
        decided = decide_members(run, facts, tiers, values, was=was)
        customers = decided.members["customer"].size
        _keep_review(run, facts, tiers, customers=customers)
        _keep_marks(run, facts, tiers, sums=marks or before.get("sums", {}), members=decided.members)
        return TierReview(
            as_of=facts.as_of,
            whole=whole or tiers.by == "margin",
            customers=customers,
            again=again if tiers.by == "expected_profit" else customers,
            changed=decided.written,
        )


def _marks(run: Run) -> Path:
    return run.places.state / "tiers.json"


def _members_before(run: Run, facts: Facts, tiers: Tiers, before: Mapping[str, Any]) -> Columns | None:
    """Return what the last review decided, if it lies before, was of these tiers, and the table is as it was."""
    kept = before.get("members", {})
    same = kept.get("tiers") == declaration_of(tiers) and kept.get("table") == state_version(run, "tiers")
    return kept_columns(run, kept["file"]) if same and before["as_of"] < facts.as_of.isoformat() else None


def _keep_marks(run: Run, facts: Facts, tiers: Tiers, *, sums: dict[str, Any], members: Columns) -> None:
    """Keep what the next review needs; a review that was killed before leaves the marks of the last one."""
    kept = {
        "file": keep_columns(run, "tier_members", members),
        "table": state_version(run, "tiers"),
        "tiers": declaration_of(tiers),
    }
    marks = {"format": FORMAT, "as_of": facts.as_of.isoformat(), "sums": sums, "members": kept}
    write_document(_marks(run), marks)
    drop_columns(run, but=[str(kept["file"]), str(sums.get("file"))])


def _refuse_earlier(facts: Facts, before: Mapping[str, Any]) -> None:
    last = before.get("as_of")
    if last is not None and facts.as_of < datetime.fromisoformat(last):
        raise ValueOutOfRange(
            what="Reviews of tiers go forward in time: who stays depends on who was there before.",
            got=f"{facts.as_of:%Y-%m-%d %H:%M} UTC, after a review of {datetime.fromisoformat(last):%Y-%m-%d %H:%M}",
            expected="an instant at or after the last review",
            fix="leave --as-of out, or add --rebuild to take the later reviews back",
        )


def _keep_review(run: Run, facts: Facts, tiers: Tiers, *, customers: int) -> None:
    """Keep that there was a review; one of the same instant and tiers leaves the table as it is."""
    at, settings = literal(facts.as_of), literal(declaration_of(tiers))
    later = f"SELECT count(*) FROM ({state_rows(run, 'tier_reviews')}) WHERE "
    stale = f'"at" > {at} OR ("at" = {at} AND (settings <> {settings} OR customers <> {customers}))'
    there = run.engine.value(f'{later} "at" = {at} AND settings = {settings} AND customers = {customers}')
    if there and not run.engine.value(f"{later} {stale}"):
        return
    row = (
        f'SELECT {at} AS "at", {settings} AS settings, {customers}::DOUBLE AS customers, '
        f"{timestamp(run)} AS recorded_at"
    )
    change_state(run, "tier_reviews", gone=f'"at" >= {at}', select=row)
