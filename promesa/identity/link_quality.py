"""How good the links are: their precision and recall, whom they join, and what waits or contradicts itself."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from promesa import words
from promesa.engine import literal
from promesa.errors import ValueOutOfRange
from promesa.identity.decided import standing
from promesa.identity.exact import documents_apart
from promesa.identity.sampling import pair_strata, strata
from promesa.identity.stratified import Figure, Group, one_person_pairs, share_found
from promesa.results import Estimate, Result
from promesa.store import inspect_store, open_facts
from promesa.workspace import labels_of

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from promesa.identity.sampling import Stratum
    from promesa.store import Facts, Inspection
    from promesa.workspace import Workspace

TABLES = ("moments", "opinions", "orders", "costs")
NEEDED = 30  # reviewed pairs of a sample; with fewer the model's own expectation is told
BY_MODEL, NO_DATA, WITHHELD = "expected-by-model", "no-data", "withheld-small-cell"
_FIVE = 5
_PLACE = "table", "size", "rule"


@dataclass(frozen=True, slots=True, kw_only=True)
class IdentityQuality(Result):
    """Quality of the links; see `quality`."""

    def summary(self, locale: str = "en") -> str:
        """Say how many records are how many persons, and how far the links can be trusted."""
        records, persons = (self.find(m) for m in ("records", "all_persons"))
        precision, recall = (self.find(m) for m in ("precision", "recall"))
        if not records or not records.estimate:
            return words.say("identity.quality.empty", locale)
        told = words.say(
            "identity.quality.persons",
            locale,
            records=words.number(records.estimate, locale),
            persons=words.number(persons.estimate if persons else None, locale),
        )
        return f"{told} {_trust(precision, recall, locale)}"

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return nothing: a table says it better."""
        del locale
        return None


def _trust(precision: Estimate | None, recall: Estimate | None, locale: str) -> str:
    if precision is None or precision.estimate is None or recall is None:
        return words.say("identity.quality.no_links", locale)
    if precision.note == BY_MODEL:
        return words.say(
            "identity.quality.expected",
            locale,
            precision=words.percent(precision.estimate, locale),
            recall=words.percent(recall.estimate, locale),
        )
    ends = {
        f"{name}_{end}": words.percent(getattr(figure, end), locale)
        for name, figure in (("precision", precision), ("recall", recall))
        for end in ("estimate", "lower", "upper")
    }
    return words.say("identity.quality.reviewed", locale, n=words.number(precision.n, locale), **ends)


def quality(
    workspace: Workspace,
    *,
    facts: Facts | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
) -> IdentityQuality:
    """Tell how good the links between records are, and how much of the facts has a customer at all.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    facts : Facts or None
        Opened already; None opens the store at `as_of`.
    as_of : date, datetime, str or None
        As in `open_facts`.
    confidence_level : float or None
        None takes the workspace's.

    Returns
    -------
    IdentityQuality
        Rows with the dimensions ``table``, ``size`` and ``rule`` (null where they do not apply): ``precision``
        and ``recall`` (fractions with interval; n: pairs reviewed), ``records``, ``all_persons``, ``persons`` by
        ``size`` (records of one person: 1, 2, 3, 4, 5+), ``links`` by ``rule`` (identifier or ``model``),
        ``waiting`` by ``rule`` (why the pair waits), ``contradictions`` (persons with two documents), all counts,
        and ``without_customer`` by ``table`` (a fraction of its rows; n: rows).

    Raises
    ------
    ValueOutOfRange
        If the confidence level is no fraction in (0, 1).
    NothingLoaded
        If the store is empty.

    Notes
    -----
    Estimands. Precision: of the pairs that links join now, the share that is one person. Recall: of the pairs
    of one person among all that an identifier or the model proposed, the share that is joined; pairs that
    nothing proposed are in neither, so recall is an upper bound where the candidates miss some.

    A pair that a person decided is known. Of the others, a sample drawn by chance from every stratum
    (`promesa customer review --sample`) tells the share, stratum by stratum (post-stratification): see
    `stratified.one_person_pairs` and `stratified.share_found` for the intervals. It rests on three things: whoever
    reviews is right; pairs left out of the review are like those answered; pairs added to a stratum since the
    sample are like those drawn. Pairs of one person hang together, which the intervals do not know.

    With fewer than 30 reviewed pairs both are what the model expects, the mean of its probabilities, without
    an interval and with the note ``expected-by-model``: nobody has checked it.
    """
    level = workspace.confidence_level if confidence_level is None else confidence_level
    if not 0 < level < 1:
        raise ValueOutOfRange(
            what="`confidence_level` is not a confidence level.",
            got=f"{level!r}",
            expected="a fraction greater than 0 and less than 1",
            fix="write 95 % as confidence_level=0.95",
        )
    facts = facts or open_facts(workspace, as_of=as_of)
    with inspect_store(workspace) as look:
        figures = [
            *_trusted(look, facts.as_of, confidence_level=level),
            *_persons(look, facts.as_of),
            *_links(look, facts.as_of),
        ]
    return IdentityQuality(
        analysis="identity",
        as_of=facts.as_of,
        store_version=facts.version,
        confidence_level=level,
        dimensions=_PLACE,
        estimates=(*figures, *_without_customer(facts)),
        labels=labels_of(workspace),
    )


def _existing(look: Inspection, instant: datetime) -> str:
    return f'SELECT * FROM ({look.rows("links")}) WHERE "at" <= {literal(instant)}'


def _joined(look: Inspection, instant: datetime) -> str:
    at = literal(instant)
    return f"SELECT customer, person FROM ({look.rows('persons')}) WHERE since <= {at} AND until > {at}"


def _trusted(look: Inspection, instant: datetime, *, confidence_level: float) -> list[Estimate]:
    """Return precision and recall."""
    groups = strata(look.engine, pair_strata(_existing(look, instant), look.rows("decisions")))
    right, wrong, apart = _known(look, instant)
    reviewed = _reviewed(look)
    n = sum(found for found, _ in reviewed.values())
    linked, other = (_groups(groups, reviewed, linked=linked, checked=n >= NEEDED) for linked in (True, False))
    pairs = right + wrong + sum(group.pairs for group in linked)
    if not pairs:
        return [_fraction(measure, None, n=n, note=NO_DATA) for measure in ("precision", "recall")]
    found = _shifted(one_person_pairs(linked, confidence_level=confidence_level), right)
    missed = _shifted(one_person_pairs(other, confidence_level=confidence_level), apart)
    precision = Figure(estimate=found.estimate / pairs, lower=found.lower / pairs, upper=found.upper / pairs)
    note = None if n >= NEEDED else BY_MODEL
    return [
        _fraction("precision", precision, n=n, note=note),
        _fraction("recall", share_found(found, missed), n=n, note=note),
    ]


def _shifted(figure: Figure, known: int) -> Figure:
    return Figure(estimate=figure.estimate + known, lower=figure.lower + known, upper=figure.upper + known)


def _groups(
    groups: Sequence[Stratum], reviewed: dict[str, tuple[int, int]], *, linked: bool, checked: bool
) -> list[Group]:
    none = (0, 0)
    return [
        Group(
            pairs=group.pairs,
            n=reviewed.get(group.name, none)[0] if checked else 0,
            same=reviewed.get(group.name, none)[1] if checked else 0,
            expected=group.expected,
        )
        for group in groups
        if group.linked is linked
    ]


def _known(look: Inspection, instant: datetime) -> tuple[int, int, int]:
    """Return the decided pairs: joined and one person, joined and not, one person and not joined."""
    joined = _joined(look, instant)
    row = look.engine.run(
        "SELECT count(*) FILTER (WHERE together AND verdict = 'same'), "
        "count(*) FILTER (WHERE together AND verdict <> 'same'), "
        "count(*) FILTER (WHERE NOT together AND verdict = 'same') FROM ("
        "SELECT d.verdict, coalesce(a.person = b.person, false) AS together "
        f"FROM ({standing(look.rows('decisions'))}) d LEFT JOIN ({joined}) a ON a.customer = d.low "
        f'LEFT JOIN ({joined}) b ON b.customer = d.high WHERE d."at" <= {literal(instant)})'
    )[0]
    return int(str(row[0])), int(str(row[1])), int(str(row[2]))


def _reviewed(look: Inspection) -> dict[str, tuple[int, int]]:
    """Return, by stratum, the pairs drawn by chance that were decided, and those that are one person."""
    rows = look.engine.run(
        "SELECT stratum, count(*), count(*) FILTER (WHERE verdict = 'same') "
        f"FROM ({standing(look.rows('decisions'))}) WHERE stratum IS NOT NULL GROUP BY stratum"
    )
    return {str(stratum): (int(str(n)), int(str(same))) for stratum, n, same in rows}


def _persons(look: Inspection, instant: datetime) -> list[Estimate]:
    """Return records, persons by number of records, and persons with two documents."""
    joined = _joined(look, instant)
    known = f'SELECT DISTINCT customer FROM ({look.rows("profiles")}) WHERE "at" <= {literal(instant)}'
    rows = look.engine.run(
        "SELECT least(records, 5), count(*), sum(records) FROM (SELECT person, count(*) AS records FROM ("
        f"SELECT customer, coalesce(p.person, customer) AS person FROM ({known} UNION SELECT customer FROM ({joined})) "
        f"LEFT JOIN ({joined}) p USING (customer)) GROUP BY person) GROUP BY 1 ORDER BY 1"
    )
    sizes = {int(str(size)): (int(str(persons)), int(str(records))) for size, persons, records in rows}
    hidden = look.ws.min_cell
    figures = [_count("records", sum(records for _, records in sizes.values()))]
    figures.append(_count("all_persons", sum(persons for persons, _ in sizes.values())))
    for size, (persons, _) in sizes.items():
        shown = f"{_FIVE}+" if size == _FIVE else str(size)
        figures.append(_count("persons", persons, size=shown, least=hidden))
    return [*figures, _count("contradictions", _contradicting(look, joined), least=hidden)]


def _contradicting(look: Inspection, joined: str) -> int:
    if look.is_empty("records"):
        return 0
    held = (
        "SELECT DISTINCT p.person, r.document "
        f"FROM ({joined}) p JOIN ({look.rows('records')}) r USING (customer) WHERE r.document IS NOT NULL"
    )
    several = f"SELECT person FROM ({held}) GROUP BY person HAVING count(*) > 1"
    look.engine.run(
        f'CREATE OR REPLACE TEMP TABLE "~documents" AS SELECT * FROM ({held}) SEMI JOIN ({several}) USING (person)'
    )
    found = look.engine.value(
        'SELECT count(DISTINCT a.person) FROM "~documents" a JOIN "~documents" b USING (person) '
        f"WHERE a.document < b.document AND {documents_apart('a.document', 'b.document')}"
    )
    return int(str(found))


def _links(look: Inspection, instant: datetime) -> list[Estimate]:
    """Return links in force by rule, and pairs that wait by reason."""
    links = _existing(look, instant)
    rules = look.engine.run(
        "SELECT CASE WHEN kind = 'exact' THEN rule ELSE 'model' END, count(*) "
        f"FROM ({links}) WHERE state = 'linked' GROUP BY 1 ORDER BY 1"
    )
    waiting = look.engine.run(
        "SELECT coalesce(reason, ''), count(*) FROM (SELECT low, high, min(reason) AS reason "
        f"FROM ({links}) GROUP BY low, high HAVING NOT bool_or(state = 'linked')) "
        f"ANTI JOIN ({standing(look.rows('decisions'))}) d USING (low, high) GROUP BY 1 ORDER BY 1"
    )
    return [
        *(_count("links", int(str(count)), rule=str(rule)) for rule, count in rules),
        *(_count("waiting", int(str(count)), rule=str(reason) or None) for reason, count in waiting),
    ]


def _without_customer(facts: Facts) -> list[Estimate]:
    figures: list[Estimate] = []
    for table in TABLES:
        if facts.is_empty(table):
            continue
        rows = facts.table(table)
        sums = facts.engine.fetch(rows.aggregate(n=rows.count(), nobody=rows["customer"].isnull().sum()))
        found = sums.to_pylist()[0]
        n, nobody = int(found["n"]), int(found["nobody"] or 0)
        figures.append(
            Estimate(
                dimensions=_where(table=table),
                measure="without_customer",
                estimate=nobody / n if n else None,
                n=n,
                unit="fraction",
                note=None if n else NO_DATA,
            )
        )
    return figures


def _where(*, table: str | None = None, size: str | None = None, rule: str | None = None) -> dict[str, str | None]:
    return {"table": table, "size": size, "rule": rule}


def _count(measure: str, count: int, *, size: str | None = None, rule: str | None = None, least: int = 0) -> Estimate:
    """Return a count, withheld where it is of so few persons that one could be singled out."""
    hidden = 0 < count < least
    return Estimate(
        dimensions=_where(size=size, rule=rule),
        measure=measure,
        estimate=None if hidden else float(count),
        n=0 if hidden else count,
        unit="count",
        note=WITHHELD if hidden else None,
    )


def _fraction(measure: str, figure: Figure | None, *, n: int, note: str | None) -> Estimate:
    checked = figure is not None and note is None
    return Estimate(
        dimensions=_where(),
        measure=measure,
        estimate=figure.estimate if figure else None,
        lower=figure.lower if figure and checked else None,
        upper=figure.upper if figure and checked else None,
        n=n,
        unit="fraction",
        note=note if figure else NO_DATA,
    )
