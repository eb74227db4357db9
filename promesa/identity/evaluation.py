"""The links against a file that says who is who: pair by pair, and person by person."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import words
from promesa.engine import literal, name
from promesa.errors import ColumnMissing, InputError, SourceUnreadable, ValueOutOfRange
from promesa.identity.cluster_scores import MEASURES, scored
from promesa.results import Estimate, Result
from promesa.store import inspect_store, open_store, wanted_instant

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from datetime import date, datetime
    from pathlib import Path

    from promesa.engine import Embedded
    from promesa.store import Inspection
    from promesa.workspace import Workspace

_CALLED = {
    "system": ("system", "sistema", "customer_source"),
    "key": ("key", "clave"),
    "person": ("person", "persona"),
}
_LABELS = '"~labels"'
_NO_DATA = "no-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class Evaluation(Result):
    """Links against the truth of a file; see `evaluate`."""

    def summary(self, locale: str = "en") -> str:
        """Say precision and recall by pairs, and how many persons are exactly right."""
        found = {measure: self.find(measure) for measure in ("pair_precision", "pair_recall", "exact_persons")}
        told = {
            f"{measure}{end}": words.percent(getattr(figure, attribute, None), locale)
            for measure, figure in found.items()
            for end, attribute in (("", "estimate"), ("_lower", "lower"), ("_upper", "upper"))
        }
        counts = {
            measure: words.number(figure.estimate if figure else None, locale)
            for measure in ("records", "missing", "true_persons")
            for figure in [self.find(measure)]
        }
        return words.say("identity.evaluation.summary", locale, **told, **counts)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: a table says it better."""
        del locale
        return None


def evaluate(
    workspace: Workspace,
    file: Path,
    *,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    seed: int | None = None,
) -> Evaluation:
    """Compare the persons of the store with those of a labelled file.

    Parameters
    ----------
    file : Path
        CSV or Parquet with one row a customer key: ``system``, ``key``, ``person`` (or ``sistema``, ``clave``,
        ``persona``). Equal texts under ``person`` are one person.
    as_of : date, datetime, str or None
        Links in force at that instant; None takes all.
    confidence_level : float or None
        None takes the workspace's.
    seed : int or None
        Of the resampling; None takes the company's.

    Returns
    -------
    Evaluation
        ``pair_precision``, ``pair_recall``, ``pair_f1``, ``record_precision``, ``record_recall``, ``record_f1``
        (B-cubed), ``exact_persons``: fractions with interval, n the persons of the file; ``records`` (labelled
        and in the store), ``missing`` (labelled and not in the store), ``true_persons``: counts.

    Raises
    ------
    SourceUnreadable
        If the file cannot be read.
    ColumnMissing
        If one of the three columns is missing.
    InputError
        If it labels nobody, nobody whom the store knows, or one key with two persons.

    Notes
    -----
    Only the records that the file labels are looked at. A person of the file is exactly right if the labelled
    records of one person of the store are theirs, all of them and no other. Intervals: persons of the file are
    drawn again with replacement, 1,000 times, each with what its records contribute (half of every wrong pair
    to either side); the variance over the draws gives the effective number of persons for Wilson's interval,
    so that it does not shrink to nothing where every link is right.

    References
    ----------
    .. [1] A. Bagga, B. Baldwin (1998). Entity-based cross-document coreferencing using the vector space model.
       COLING-ACL 98, 79-85.
    .. [2] O. Binette et al. (2023). Estimating the performance of entity resolution algorithms. The American
       Statistician 77(4), 370-380.
    """
    level = workspace.confidence_level if confidence_level is None else confidence_level
    if not 0 < level < 1:
        raise ValueOutOfRange(
            what="`confidence_level` is not a confidence level.",
            got=f"{level!r}",
            expected="a fraction greater than 0 and less than 1",
            fix="write 95 % as confidence_level=0.95",
        )
    instant = wanted_instant(workspace, as_of) if as_of is not None else None
    with inspect_store(workspace) as look:
        rows = _read_labels(look.engine, file)
        known = _match(look, rows, instant)
        contributions = _contributions(look.engine)
    figures = scored(
        contributions, confidence_level=level, seed=workspace.model.identity.seed if seed is None else seed
    )
    return Evaluation(
        analysis="evaluation",
        as_of=instant or workspace_now(workspace),
        store_version=open_store(workspace).version,
        confidence_level=level,
        dimensions=(),
        estimates=(*_shares(figures), *_counts({"records": known, "missing": rows - known, **_persons(contributions)})),
    )


def workspace_now(workspace: Workspace) -> datetime:
    """Return the instant that stands for `now`: the workspace's own, else the last fact."""
    from promesa.store import open_facts

    return open_facts(workspace).as_of


def _read_labels(engine: Embedded, file: Path) -> int:
    """Read the file into a temporary table of (system, key, person); return its distinct keys."""
    if not file.is_file():
        raise SourceUnreadable(
            what="The file cannot be read.",
            got=f"no file {file.name}",
            expected="a CSV or Parquet file",
            fix="check the path",
        )
    reader = "read_parquet({})" if file.suffix.casefold() == ".parquet" else "read_csv({}, all_varchar = true)"
    scan = f"SELECT * FROM {reader.format(literal(str(file)))}"
    columns = _columns(engine, scan, file)
    chosen = ", ".join(f"trim(CAST({name(column)} AS VARCHAR)) AS {wanted}" for wanted, column in columns.items())
    engine.run(
        f"CREATE OR REPLACE TEMP TABLE {_LABELS} AS SELECT DISTINCT * FROM (SELECT {chosen} FROM ({scan})) "
        "WHERE system <> '' AND key <> '' AND person <> ''"
    )
    rows = int(str(engine.value(f"SELECT count(*) FROM {_LABELS}")))
    twice = int(str(engine.value(f"SELECT count(*) - count(DISTINCT (system, key)) FROM {_LABELS}")))
    if not rows or twice:
        raise InputError(
            what="The file labels one key with two persons." if twice else "The file labels nobody.",
            got=f"{twice} keys of two persons" if twice else "no row with system, key and person",
            expected="one row a key, with its person",
            fix="mend the file",
        )
    return rows


def _columns(engine: Embedded, scan: str, file: Path) -> dict[str, str]:
    from promesa.errors import EngineError

    try:
        there = [column for column, _ in engine.columns(scan)]
    except EngineError as error:
        raise SourceUnreadable(
            what="The file cannot be read.",
            got=f"{file.name}: neither a table of text with a header nor Parquet",
            expected="CSV with a header, or Parquet",
            fix="save it again as CSV in UTF-8",
        ) from error
    lowered = {column.strip().casefold(): column for column in there}
    found: dict[str, str] = {}
    for wanted, names in _CALLED.items():
        column = next((lowered[known] for known in names if known in lowered), None)
        if column is None:
            raise ColumnMissing(wanted, param="system, key, person", table=file.name, available=there)
        found[wanted] = column
    return found


def _match(look: Inspection, rows: int, instant: datetime | None) -> int:
    """Find the labelled customers and whom the store takes them for; return how many it knows."""
    at = literal(instant) if instant else "TIMESTAMP '9999-12-30'"
    joined = f"SELECT customer, person FROM ({look.rows('persons')}) WHERE since <= {at} AND until > {at}"
    look.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~judged" AS '
        "SELECT i.customer, l.person AS truth, coalesce(p.person, i.customer) AS person "
        f"FROM {_LABELS} l JOIN ({look.rows('identities')}) i ON i.customer_source = l.system AND i.key = l.key "
        f"LEFT JOIN ({joined}) p ON p.customer = i.customer"
    )
    known = int(str(look.engine.value('SELECT count(*) FROM "~judged"')))
    if not known:
        raise InputError(
            what="The store knows none of the keys of the file.",
            got=f"{rows} keys, all unknown",
            expected="keys as the systems issue them, under the name that the loads give the system",
            fix="compare the column system with the names of the sources, and load first",
        )
    return known


def _contributions(engine: Embedded) -> list[tuple[float, ...]]:
    """Return what each kind of true person contributes, and how many there are of the kind.

    Columns: records n, right pairs, pairs of the truth, pairs that the store makes (half of each wrong one),
    sums over records of B-cubed precision and recall, 1 if exactly right, persons of this kind.
    """
    rows = engine.run(
        'WITH cells AS (SELECT truth, person, count(*) AS n FROM "~judged" GROUP BY ALL), '
        "truths AS (SELECT truth, sum(n) AS n FROM cells GROUP BY truth), "
        "found AS (SELECT person, sum(n) AS n FROM cells GROUP BY person), "
        "each AS (SELECT t.n AS n, "
        "sum(c.n * (c.n - 1) / 2) AS right_pairs, t.n * (t.n - 1) / 2 AS true_pairs, "
        "sum(c.n * (c.n - 1) / 2 + c.n * (f.n - c.n) / 2) AS made_pairs, "
        "round(sum(c.n * c.n / f.n), 9) AS precision, round(sum(c.n * c.n / t.n), 9) AS recall, "
        "max(CASE WHEN c.n = t.n AND c.n = f.n THEN 1 ELSE 0 END) AS exact "
        "FROM cells c JOIN truths t USING (truth) JOIN found f USING (person) GROUP BY truth, t.n) "
        "SELECT n, right_pairs, true_pairs, made_pairs, precision, recall, exact, count(*) FROM each "
        "GROUP BY ALL ORDER BY ALL"
    )
    return [tuple(float(str(value)) for value in row) for row in rows]


def _persons(contributions: Sequence[tuple[float, ...]]) -> dict[str, int]:
    return {"true_persons": int(sum(row[-1] for row in contributions))}


def _shares(figures: Mapping[str, tuple[float | None, float | None, float | None, int]]) -> list[Estimate]:
    return [
        Estimate(
            dimensions={},
            measure=measure,
            estimate=estimate,
            lower=lower,
            upper=upper,
            n=n,
            unit="fraction",
            note=_NO_DATA if estimate is None else None,
        )
        for measure, (estimate, lower, upper, n) in ((measure, figures[measure]) for measure in MEASURES)
    ]


def _counts(counts: Mapping[str, int]) -> list[Estimate]:
    return [
        Estimate(dimensions={}, measure=measure, estimate=float(count), n=count, unit="count")
        for measure, count in counts.items()
    ]
