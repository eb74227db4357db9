"""What figures are split by: the dimensions of a row, wherever in the facts they stand."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import TYPE_CHECKING

from promesa.engine import null_of, start_of_day, when
from promesa.errors import UnknownName, ValueOutOfRange
from promesa.measures.tiers import no_tiers, with_tier
from promesa.store import OWN_SOURCE, Facts, open_facts, resolve_instant
from promesa.workspace import labels_of

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.engine import Expression, Table
    from promesa.workspace import Workspace

PERIODS = ("day", "week", "month", "quarter", "year")
OF_TOUCHPOINT = ("touchpoint", "stage", "function", "supplier")
_TRUNCATE = {"day": "D", "week": "W", "month": "M", "quarter": "Q", "year": "Y"}
PREFIX = "by_"  # columns that hold dimensions, so that none hides a column of the table


@dataclass(frozen=True, slots=True, kw_only=True)
class Question:
    """What is asked of the facts.

    Attributes
    ----------
    facts : Facts
        The store version and instant looked at.
    by : tuple of str
        Dimensions the answer is split by, in order.
    since, until : datetime or None
        Naive UTC ends of the window, both within it.
    confidence_level : float
        Of the intervals, a fraction.
    """

    facts: Facts
    by: tuple[str, ...] = ()
    since: datetime | None = None
    until: datetime | None = None
    confidence_level: float = 0.95

    @property
    def workspace(self) -> Workspace:
        """Return the workspace that is asked."""
        return self.facts.workspace

    def within(self, table: Table, time: str = "at") -> Table:
        """Return the rows whose `time` lies in the window."""
        if self.since is not None:
            table = table.filter(table[time] >= self.since)
        if self.until is not None:
            table = table.filter(table[time] <= self.until)
        return table

    def heading(self, analysis: str, *, first: Sequence[str] = ()) -> dict[str, object]:
        """Return what every result of this question carries; `first` dimensions go before `by`."""
        return {
            "labels": labels_of(self.workspace),
            "company_locale": self.workspace.locale,
            "analysis": analysis,
            "as_of": self.facts.as_of,
            "store_version": self.facts.version,
            "confidence_level": self.confidence_level,
            "dimensions": (*first, *(d for d in self.by if d not in first)),
        }


def ask(
    workspace: Workspace,
    *,
    by: str | Sequence[str] = (),
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Question:
    """Check what a caller asks and return it as a `Question`.

    Parameters
    ----------
    workspace : Workspace
        The company's folder, read.
    by : str or sequence of str
        Dimensions: ``touchpoint, stage, function, supplier, channel, branch, product, brand``, a period (``day``,
        ``week``, ``month``, ``quarter``, ``year``), ``tier`` where tiers are declared, or a declared trait. A text
        may hold several, with commas.
    since, until : date, datetime, str or None
        Window, both days in it, local time.
    as_of : date, datetime, str or None
        As in `open_facts`.
    confidence_level : float or None
        None takes the workspace's.

    Raises
    ------
    UnknownName
        If a dimension is none of these.
    ValueOutOfRange
        If the confidence level is no fraction in (0, 1), or the window ends before it starts.
    NothingLoaded
        If the store is empty.
    """
    names = names_of(by)
    known = dimensions_of(workspace)
    if "tier" in names and "tier" not in known:
        raise no_tiers()
    for name in names:
        if name not in known:
            raise UnknownName(name, kind="dimension", known=known)
    level = workspace.confidence_level if confidence_level is None else confidence_level
    if not 0 < level < 1:
        raise ValueOutOfRange(
            what="`confidence_level` is not a confidence level.",
            got=f"{level!r}",
            expected="a fraction greater than 0 and less than 1",
            fix="write 95 % as confidence_level=0.95",
        )
    start, end = _first_instant(since, workspace.time_zone), resolve_instant(until, workspace.time_zone)
    if start is not None and end is not None and end < start:
        raise ValueOutOfRange(
            what="The window ends before it starts.",
            got=f"from {since} to {until}",
            expected="`from` on or before `to`",
            fix="swap the two days",
        )
    facts = facts or open_facts(workspace, as_of=as_of)
    return Question(facts=facts, by=names, since=start, until=end, confidence_level=level)


def names_of(by: str | Sequence[str]) -> tuple[str, ...]:
    """Return the dimensions that `by` names, each once, in order."""
    parts = by.split(",") if isinstance(by, str) else by
    return tuple(dict.fromkeys(part.strip() for part in parts if part.strip()))


def _first_instant(value: date | datetime | str | None, time_zone: str) -> datetime | None:
    """Return the start of a window: a bare date means the first instant of that local day."""
    if isinstance(value, str) and len(value) <= len("2018-10-15"):
        resolve_instant(value, time_zone)
        value = date.fromisoformat(value)
    if isinstance(value, date) and not isinstance(value, datetime):
        return start_of_day(value, time_zone)
    return resolve_instant(value, time_zone)


def dimensions_of(workspace: Workspace) -> tuple[str, ...]:
    """Return every name that `by` may hold in this workspace."""
    columns = ("channel", "branch", "product", "brand", "employee", "outcome")
    tier = ("tier",) if workspace.model.tiers else ()
    return (*OF_TOUCHPOINT, *columns, "concept", "audience", "survey", *PERIODS, *tier, *workspace.model.traits)


def with_dimensions(question: Question, table: Table, *, time: str = "at") -> Table:
    """Return `table` with one column ``by_<dimension>`` for each dimension asked.

    Periods are the first local day of the period; names of touchpoints give stage, function and
    supplier through the model; traits are the customer's latest; the tier is that of `as_of`.
    """
    columns: dict[str, Expression] = {}
    traits = [name for name in question.by if name in question.workspace.model.traits]
    for trait in traits:
        table = with_trait(question, table, trait)
    if "tier" in question.by:
        table = with_tier(question, table)
    for name in question.by:
        if name in PERIODS:
            columns[PREFIX + name] = question.facts.local(table[time]).truncate(_TRUNCATE[name]).date()
        elif name in ("stage", "function", "supplier"):
            columns[PREFIX + name] = _of_touchpoint(question.workspace, table, name)
        elif name not in traits and name != "tier":
            columns[PREFIX + name] = table[name] if name in table.columns else null_of("string")
    return table.mutate(**columns) if columns else table


def _of_touchpoint(workspace: Workspace, table: Table, name: str) -> Expression:
    value = null_of("string")
    if "touchpoint" in table.columns:
        pairs = {t.name: getattr(t, name) for t in workspace.model.touchpoints.values() if getattr(t, name)}
        for found in sorted(set(pairs.values())):
            touchpoints = [touchpoint for touchpoint, its in pairs.items() if its == found]
            value = when(table["touchpoint"].isin(touchpoints), found, value)
    return table[name].coalesce(value) if name in table.columns else value


def with_trait(question: Question, table: Table, trait: str) -> Table:
    """Join each customer's latest stated value of a column of profiles; of two stated at one instant, the last by name.

    What a person has corrected goes before what systems state, also later.
    """
    profiles = question.facts.table("profiles")
    own = (profiles["source"] == OWN_SOURCE).cast("int8")
    stated = profiles.filter(profiles[trait].notnull()).select("customer", "at", trait, own=own)
    stated = stated.group_by("customer").mutate(most_own=stated["own"].max())
    stated = stated.filter(stated["own"] == stated["most_own"])
    stated = stated.group_by("customer").mutate(latest_at=stated["at"].max())
    latest = stated.filter(stated["at"] == stated["latest_at"]).group_by(trait_customer="customer")
    latest = latest.aggregate(**{PREFIX + trait: stated[trait].max()})
    return table.left_join(latest, table["customer"] == latest["trait_customer"]).drop("trait_customer")


def group_of(question: Question, row: Mapping[str, object], *, names: Sequence[str] = ()) -> dict[str, str | None]:
    """Return the dimensions of a fetched row as texts: months as ``2018-03``, weeks by their Monday."""
    return {name: as_text(name, row[PREFIX + name]) for name in (*names, *question.by)}


def as_text(name: str, value: object) -> str | None:
    """Return one value of a dimension as text."""
    if value is None:
        return None
    if isinstance(value, date):
        if name == "month":
            return f"{value:%Y-%m}"
        if name == "quarter":
            return f"{value.year}-Q{(value.month + 2) // 3}"
        return f"{value:%Y}" if name == "year" else f"{value:%Y-%m-%d}"
    return str(value)


def sort_key(dimensions: Mapping[str, str | None]) -> tuple[tuple[bool, str], ...]:
    """Return a key that orders groups by their dimensions, those not stated last."""
    return tuple((value is None, value or "") for value in dimensions.values())
