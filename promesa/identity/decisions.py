"""What persons decide of pairs of records: one person, two persons, or never to be asked again.

Decisions are only ever appended; the last of a pair counts. `different` stands as long as the evidence is
what it was (`evidence_of`): new evidence brings the pair back to whoever reviews. `never` stands whatever
comes. `withdrawn` leaves the pair as if nobody had ever decided.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import literal, name
from promesa.errors import InputError, UnknownName
from promesa.identity.decided import (
    VERDICTS,
    Decision,
    Drawn,
    decision_of,
    decisions_where,
    evidence_of,
    standing,
)
from promesa.store import add_state, inspect_store, session, state_rows, timestamp

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence
    from datetime import datetime

    from promesa.store import Run
    from promesa.workspace import Workspace

NO_EVIDENCE = "00000000"
_RECORD_TIMES = (("customer", "whole"), ("at", "time"))


def decide(
    ws: Workspace,
    low: int,
    high: int,
    verdict: str,
    *,
    by: str,
    recorded_at: datetime,
    note: str | None = None,
    drawn: Drawn | None = None,
) -> Decision:
    """Write down what a person decides of a pair of records, and join or part the persons accordingly.

    Parameters
    ----------
    low, high : int
        The two customers, in either order.
    verdict : {"same", "different", "never", "withdrawn"}
        ``same``: one person. ``different``: two, until there is other evidence. ``never``: two, and nobody
        is to be asked again. ``withdrawn``: as if never decided.
    by : str
        Who decides.
    recorded_at : datetime
        When; naive is UTC.
    drawn : Drawn or None
        For a pair of a sample that measures quality.

    Returns
    -------
    Decision
        As it was written.

    Raises
    ------
    UnknownName
        If there is no such verdict.
    InputError
        If the two are one customer, one of them is unknown, nobody is named as deciding, or another person
        said ``never`` and has not withdrawn it.
    """
    with session(ws, recorded_at=recorded_at) as run:
        made = _write(run, [(low, high)], verdict, by=by, note=note, drawn=drawn)
        _refresh(run)
        return made[0]


def undo(
    ws: Workspace, decision: str | tuple[int, int], *, by: str, recorded_at: datetime, note: str | None = None
) -> Decision:
    """Put a pair back to what was decided of it before the last decision; `withdrawn` if nothing was.

    Parameters
    ----------
    decision : str or (int, int)
        Id of the decision, or the pair.

    Returns
    -------
    Decision
        The one that stands from now on.

    Raises
    ------
    InputError
        If there is no such decision, or a later one of the same pair stands.
    """
    with session(ws, recorded_at=recorded_at) as run:
        pair = _pair_of(run, decision) if isinstance(decision, str) else ordered(*decision)
        history = _rows(run, f"low = {pair[0]} AND high = {pair[1]}")
        if not history:
            raise _undecided(f"the pair {pair[0]} {pair[1]}")
        if isinstance(decision, str) and history[-1].id != decision:
            raise InputError(
                what="A later decision of the same pair stands.",
                got=decision,
                expected=f"the last one, {history[-1].id}",
                fix=f"undo {history[-1].id} first",
            )
        before = history[-2] if len(history) > 1 else None
        drawn = Drawn(stratum=before.stratum, weight=before.weight or 1.0) if before and before.stratum else None
        verdict = before.verdict if before else "withdrawn"
        made = _write(run, [pair], verdict, by=by, note=note, drawn=drawn, overrule=True)
        _refresh(run)
        return made[0]


def unlink(
    ws: Workspace,
    record: int,
    other: int | None = None,
    *,
    by: str,
    recorded_at: datetime,
    note: str | None = None,
) -> list[Decision]:
    """Say that a record is not the person it was joined with.

    Parameters
    ----------
    record : int
        The customer to take out.
    other : int or None
        The customer it is told apart from; None means every one that it is linked with directly.

    Raises
    ------
    InputError
        If the record is unknown, or linked with nobody.
    """
    with session(ws, recorded_at=recorded_at) as run:
        pairs = [(record, other)] if other is not None else _linked_with(run, record)
        if not pairs:
            _check_known(run, [record])
            raise InputError(
                what="The record is linked with nobody.",
                got=str(record),
                expected="a record that a link joins with another",
                fix="see `promesa customer links`",
            )
        made = _write(run, pairs, "different", by=by, note=note)
        _refresh(run)
        return made


def decision_log(ws: Workspace) -> list[Decision]:
    """Return every decision ever made, the first first."""
    with inspect_store(ws) as look:
        return [decision_of(row) for row in look.engine.run(decisions_where(look.rows("decisions"), "true"))]


def ordered(first: int, second: int) -> tuple[int, int]:
    """Return a pair with the smaller surrogate first.

    Raises
    ------
    InputError
        If the two are the same customer.
    """
    if first == second:
        raise InputError(
            what="A pair needs two records.",
            got=f"{first} twice",
            expected="two different customers",
            fix="name the other record",
        )
    return (first, second) if first < second else (second, first)


def _write(
    run: Run,
    pairs: Sequence[tuple[int, int]],
    verdict: str,
    *,
    by: str,
    note: str | None,
    drawn: Drawn | None = None,
    overrule: bool = False,
) -> list[Decision]:
    if verdict not in VERDICTS:
        raise UnknownName(verdict, kind="verdict", known=VERDICTS)
    if not by.strip():
        raise InputError(
            what="Nobody is named as deciding.",
            got="an empty name",
            expected="a name",
            fix="say who decides: --by NAME",
        )
    wanted = sorted({ordered(*pair) for pair in pairs})
    _check_known(run, [customer for pair in wanted for customer in pair])
    if verdict == "same" and not overrule:
        _check_not_refused(run, wanted, by)
    before = run.engine.run(
        f"SELECT max(CAST(split_part(id, '-', 1) AS BIGINT)), max(recorded_at) FROM ({state_rows(run, 'decisions')})"
    )[0]
    number = int(str(before[0] or 0)) + 1
    # A clock put back must not bury a decision under an earlier one.
    recorded = f"greatest({timestamp(run)}, {_instant(before[1])})"
    _gather(run, wanted)
    fields = (
        f"printf('%06d-%s', {number} + place, evidence) AS id, low, high, {literal(verdict)} AS verdict, "
        f"{literal(by.strip())} AS by, CAST({literal(note)} AS VARCHAR) AS note, probability, "
        f"CAST({literal(drawn.stratum if drawn else None)} AS VARCHAR) AS stratum, "
        f'CAST({literal(drawn.weight if drawn else None)} AS DOUBLE) AS weight, "at", {recorded} AS recorded_at'
    )
    add_state(run, "decisions", f'SELECT {fields} FROM "~pairs"')
    return _rows(run, f"CAST(split_part(id, '-', 1) AS BIGINT) >= {number}")


def _gather(run: Run, pairs: Sequence[tuple[int, int]]) -> None:
    """Find what is known of pairs: what the model said, the evidence, and since when it exists."""
    listed = ", ".join(f"({place}, {low}, {high})" for place, (low, high) in enumerate(pairs))
    run.engine.run(f'CREATE OR REPLACE TEMP TABLE "~asked" AS SELECT * FROM (VALUES {listed}) t(place, low, high)')
    links = f'SELECT l.* FROM ({state_rows(run, "links")}) l SEMI JOIN "~asked" USING (low, high)'
    records = state_rows(run, "records", _RECORD_TIMES)
    # A customer without a profile is known by its key alone, and that has no date.
    since = 'coalesce(greatest(a."at", b."at"), TIMESTAMP \'0001-01-01\')'
    run.engine.run(
        'CREATE OR REPLACE TEMP TABLE "~pairs" AS '
        "SELECT p.place, p.low, p.high, l.probability, "
        f"coalesce(e.evidence, '{NO_EVIDENCE}') AS evidence, {since} AS at "
        f'FROM "~asked" p LEFT JOIN ({evidence_of(links)}) e USING (low, high) '
        f"LEFT JOIN (SELECT low, high, max(probability) AS probability FROM ({links}) GROUP BY ALL) l "
        "USING (low, high) "
        f"LEFT JOIN ({records}) a ON a.customer = p.low LEFT JOIN ({records}) b ON b.customer = p.high "
        "ORDER BY p.place"
    )


def _instant(value: object) -> str:
    return "CAST(NULL AS TIMESTAMP)" if value is None else literal(value)


def _refresh(run: Run) -> None:
    """Train the threshold for the link runs to come, and bring the persons up to date with the one in force."""
    from promesa.identity.linking import refresh_persons
    from promesa.identity.threshold import train_threshold

    train_threshold(run)
    refresh_persons(run)


def _rows(run: Run, condition: str) -> list[Decision]:
    return [decision_of(row) for row in run.engine.run(decisions_where(state_rows(run, "decisions"), condition))]


def _standing(run: Run) -> str:
    return standing(state_rows(run, "decisions"))


def _pair_of(run: Run, decision: str) -> tuple[int, int]:
    found = _rows(run, f"id = {literal(decision)}")
    if not found:
        raise _undecided(decision)
    return found[0].low, found[0].high


def _undecided(given: str) -> InputError:
    return InputError(
        what="There is no such decision.",
        got=given,
        expected="the id of a decision, or a pair that somebody decided",
        fix="see `promesa customer links`",
    )


def _linked_with(run: Run, record: int) -> list[tuple[int, int]]:
    rows = run.engine.run(
        f"SELECT DISTINCT low, high FROM ({state_rows(run, 'links')}) "
        f"WHERE state = 'linked' AND (low = {record} OR high = {record}) "
        f"UNION SELECT low, high FROM ({_standing(run)}) "
        f"WHERE verdict = 'same' AND (low = {record} OR high = {record})"
    )
    return [(int(str(low)), int(str(high))) for low, high in rows]


def _check_known(run: Run, customers: Iterable[int]) -> None:
    wanted = sorted(set(customers))
    listed = ", ".join(f"({customer})" for customer in wanted)
    known = state_rows(run, "identities", (("customer", "whole"),))
    missing = run.engine.run(
        f"SELECT w.customer FROM (VALUES {listed}) w(customer) "
        f"ANTI JOIN ({known}) i ON i.customer = w.customer ORDER BY 1"
    )
    if missing:
        raise InputError(
            what="The store knows no such customer.",
            got=", ".join(str(row[0]) for row in missing),
            expected="the number of a customer",
            fix="look the customer up with `promesa customer find`",
        )


def _check_not_refused(run: Run, pairs: Iterable[tuple[int, int]], by: str) -> None:
    for low, high in pairs:
        refused = run.engine.run(
            f"SELECT id FROM ({_standing(run)}) WHERE low = {low} AND high = {high} "
            f"AND verdict = 'never' AND {name('by')} <> {literal(by.strip())}"
        )
        if refused:
            raise InputError(
                what="Another person decided that the two are never to be joined.",
                got=f"{low} {high}: decision {refused[0][0]}",
                expected="a pair that nobody has closed",
                fix=f"withdraw it first: promesa customer decide {low} {high} withdrawn --by NAME",
            )
