"""Decisions as rows of the store: which one counts, and the evidence that it was made on."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from promesa.engine import name
from promesa.store import STATE

if TYPE_CHECKING:
    from datetime import datetime

VERDICTS = ("same", "different", "never", "withdrawn")
_FIELDS = tuple(column for column, _ in STATE["decisions"])


@dataclass(frozen=True, slots=True, kw_only=True)
class Drawn:
    """That a pair was drawn by chance to measure quality, not shown for its doubt.

    Attributes
    ----------
    stratum : str
        Which group of pairs it was drawn from.
    weight : float
        Pairs of that group that it stands for.
    """

    stratum: str
    weight: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """What a person decided of one pair of records.

    Attributes
    ----------
    id : str
        ``<number>-<evidence>``: numbers grow, the evidence names what was known of the pair.
    low, high : int
        The two customers, the smaller surrogate first.
    verdict : str
        One of `VERDICTS`.
    probability : float or None
        What the model had said; None where it had said nothing.
    stratum, weight : str or None, float or None
        Of a pair drawn for measuring quality; None for any other.
    at : datetime
        Naive UTC; when what links the two existed. From then on a `same` joins them.
    recorded_at : datetime
        Naive UTC; when it was decided.
    """

    id: str
    low: int
    high: int
    verdict: str
    by: str
    note: str | None
    probability: float | None
    stratum: str | None
    weight: float | None
    at: datetime
    recorded_at: datetime

    @property
    def evidence(self) -> str:
        """Return the name of the evidence that the decision was made on."""
        return self.id.rpartition("-")[2]

    def to_document(self) -> dict[str, object]:
        """Return the decision as one JSON-ready document."""
        return {**asdict(self), "at": self.at.isoformat(), "recorded_at": self.recorded_at.isoformat()}


def standing(decisions: str) -> str:
    """Return a SELECT of the decision that counts for each pair, over rows of decisions, but for withdrawn ones."""
    return (
        f"SELECT * FROM (SELECT * FROM ({decisions}) "
        "QUALIFY row_number() OVER (PARTITION BY low, high ORDER BY recorded_at DESC, id DESC) = 1) "
        "WHERE verdict <> 'withdrawn'"
    )


def evidence_of(links: str) -> str:
    """Return a SELECT of (low, high, evidence) over rows of links: a name of what is known of each pair.

    It is of levels and rules alone, so a probability that a new model changes is no new evidence.
    """
    part = "kind || ':' || CASE WHEN kind = 'exact' THEN rule ELSE '' END || ':' || coalesce(agreed, '')"
    return (
        f"SELECT low, high, substr(md5(string_agg({part}, '|' ORDER BY {part})), 1, 8) AS evidence "
        f"FROM ({links}) GROUP BY low, high"
    )


def decisions_where(decisions: str, condition: str) -> str:
    """Return a SELECT of the decisions that meet a condition, the first first, for `decision_of`."""
    fields = ", ".join(name(field) for field in _FIELDS)
    return f"SELECT {fields} FROM ({decisions}) WHERE {condition} ORDER BY recorded_at, id"


def decision_of(row: tuple[object, ...]) -> Decision:
    """Return the decision of one row."""
    return Decision(**dict(zip(_FIELDS, row, strict=True)))  # pyright: ignore[reportArgumentType]
