"""From which probability on two records are joined: the company's word until decisions show better.

Decisions train the threshold. It goes down to the smallest probability from which on the links' precision is at least
99 % at the lower end of its interval; it goes up where even the upper end is below that at the company's own. Where the
decisions show neither, the company's own stands. Every decision trains it anew, a load never does; what was trained
stands in ``.promesa/identity/threshold.json``, and the next link run applies it.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from promesa.engine import literal
from promesa.errors import ValueOutOfRange
from promesa.identity.decided import standing
from promesa.store import inspect_store, state_rows, write_document

if TYPE_CHECKING:
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.identity.calibration import Calibration
    from promesa.store import Run
    from promesa.workspace import Workspace

PRECISION = 0.99
NEEDED = 30
CONFIDENCE = 0.95
GRID = (0.5, 0.6, 0.7, 0.8, 0.85, 0.9, 0.925, 0.95, 0.97, 0.98, 0.99, 0.995, 0.998, 0.999, 0.9995, 0.9999)
TOO_FEW, LOWERED, RAISED, KEPT = "too-few", "lowered", "raised", "kept"
# A pair held for another reason than its probability is joined by no threshold, so it teaches it nothing.
_OTHER_REASONS = ("evidence", "names", "documents", "birth_dates", "bridge", "size")


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """What decisions say of the probability from which two records are joined.

    Attributes
    ----------
    basis : {"too-few", "lowered", "raised", "kept"}
        Fewer than 30 decisions: the company's own stands. Lowered or raised: decisions show that a smaller one
        is safe, or that the company's own is not. Kept: they show neither.
    link_from : float
        A fraction.
    n, same : int
        Decisions on pairs that the model alone proposes, and how many of them say one person.
    precision, lower, upper : float or None
        Share of the pairs from `link_from` on that are one person, a fraction with its 95 % interval; None
        with too few decisions.
    target : float
        What the lower end is to reach.
    needed : int
        Decisions that it takes.
    decisions : str
        Names the decisions it was trained on.
    """

    basis: str
    link_from: float
    n: int
    same: int
    precision: float | None = None
    lower: float | None = None
    upper: float | None = None
    target: float = PRECISION
    needed: int = NEEDED
    decisions: str = ""

    def to_document(self) -> dict[str, object]:
        """Return the threshold as one JSON-ready document."""
        return asdict(self)


def current_threshold(ws: Workspace, places: Any) -> float:
    """Return the probability from which records are joined: the trained one, else the company's `link_from`.

    Parameters
    ----------
    places : Places
        Of the run that asks.
    """
    kept = _kept(_file(places.state))
    return kept.link_from if kept else ws.model.identity.link_from


def train_threshold(run: Run, *, precision: float = PRECISION) -> Threshold:
    """Train the threshold with the decisions of the store and keep it for the link runs to come.

    Parameters
    ----------
    run : Run
        A session that holds the store.
    precision : float, default 0.99
        What the lower end of the precision's interval is to reach, a fraction in (0, 1).

    Returns
    -------
    Threshold
        The one that counts from now on. With the decisions that it was trained on last, that one, unchanged.
    """
    file = _file(run.places.state)
    links, decided = state_rows(run, "links"), state_rows(run, "decisions")
    found = _trained(run.engine, run.ws, links, decided, precision=precision)
    kept = _kept(file)
    if found.basis == TOO_FEW:
        file.unlink(missing_ok=True)
        return found
    if kept and (kept.decisions, kept.target) == (found.decisions, found.target):
        return kept
    write_document(file, found.to_document())
    return found


def recommended_threshold(ws: Workspace, *, precision: float = PRECISION) -> Threshold:
    """Return what `train_threshold` would find now; nothing is kept.

    Raises
    ------
    ValueOutOfRange
        If `precision` is no fraction in (0, 1).
    """
    with inspect_store(ws) as look:
        return _trained(look.engine, ws, look.rows("links"), look.rows("decisions"), precision=precision)


def _trained(engine: Embedded, ws: Workspace, links: str, decided: str, *, precision: float) -> Threshold:
    if not 0 < precision < 1:
        raise ValueOutOfRange(
            what="`precision` is not a share.",
            got=f"{precision!r}",
            expected="a fraction greater than 0 and less than 1",
            fix="write 99 % as 0.99",
        )
    if int(str(engine.value(f"SELECT count(*) FROM ({standing(decided)})"))) < NEEDED:
        # Too few whatever they are of: the links need not be read.
        links = f"SELECT * FROM ({links}) WHERE false"
    # Where an identifier joins two records the threshold decides nothing either.
    others = ", ".join(literal(reason) for reason in _OTHER_REASONS)
    proposed = (
        f"SELECT low, high, max(probability) AS probability FROM ({links}) GROUP BY low, high "
        f"HAVING bool_and(kind = 'model' AND coalesce(reason NOT IN ({others}), true))"
    )
    rows = engine.run(
        "SELECT d.low, d.high, d.verdict = 'same', coalesce(l.probability, d.probability) "
        f"FROM ({standing(decided)}) d LEFT JOIN ({proposed}) l USING (low, high) "
        f"ANTI JOIN (SELECT low, high FROM ({links}) WHERE kind = 'exact' OR reason IN ({others})) e USING (low, high) "
        "WHERE coalesce(l.probability, d.probability) IS NOT NULL ORDER BY 1, 2"
    )
    same = [bool(row[2]) for row in rows]
    mark = hashlib.sha256(repr(rows).encode()).hexdigest()[:16]
    few = Threshold(
        basis=TOO_FEW,
        link_from=ws.model.identity.link_from,
        n=len(rows),
        same=sum(same),
        target=precision,
        decisions=mark,
    )
    if len(rows) < NEEDED:
        return few
    from promesa.identity.calibration import calibrate

    odds = "ln(probability / greatest(1 - probability, 1e-7))"
    bins = engine.run(
        f"SELECT round({odds}, 1) AS bin, min(probability), count(*) FROM ({proposed}) "
        "WHERE probability > 0 GROUP BY bin ORDER BY bin"
    )
    return _moved(
        few,
        calibrate([float(str(row[3])) for row in rows], same),
        bins=[(float(str(odd)), float(str(least)), int(str(pairs))) for odd, least, pairs in bins],
        review_from=ws.model.identity.review_from,
    )


def _moved(
    own: Threshold, calibration: Calibration, *, bins: list[tuple[float, float, int]], review_from: float
) -> Threshold:
    """Return the company's own threshold, moved as far as the decisions show that it should be."""
    from promesa.identity.calibration import log_odds, precision_above

    def at(edge: float, basis: str) -> Threshold:
        above = [(odds, pairs) for odds, least, pairs in bins if least >= edge] or [(float(log_odds(edge)), 1)]
        odds, pairs = zip(*above, strict=True)
        share, lower, upper = precision_above(calibration, odds, pairs, confidence_level=CONFIDENCE)
        return replace(own, basis=basis, link_from=edge, precision=share, lower=lower, upper=upper)

    edges = sorted({edge for edge in (*GRID, own.link_from) if edge >= review_from})
    smaller = (at(edge, LOWERED) for edge in edges if edge < own.link_from)
    if safe := next((found for found in smaller if (found.lower or 0) >= own.target), None):
        return safe
    kept = at(own.link_from, KEPT)
    if (kept.upper or 0) >= own.target:
        return kept
    larger = [at(edge, RAISED) for edge in edges if edge > own.link_from] or [kept]
    not_shown_bad = (found for found in larger if (found.upper or 0) >= own.target)
    return next(not_shown_bad, larger[-1])


def _file(state: Path) -> Path:
    return state / "identity" / "threshold.json"


def _kept(file: Path) -> Threshold | None:
    try:
        return Threshold(**json.loads(file.read_text(encoding="utf-8")))
    except (FileNotFoundError, NotADirectoryError, ValueError, TypeError):
        return None
