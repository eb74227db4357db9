"""Documents as a terminal shows them: a sentence, then a table."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from promesa import words
from promesa.cli import (
    balance_tables,
    case_tables,
    change_tables,
    coherence_tables,
    effect_tables,
    feedback_tables,
    journey_tables,
    ledger_tables,
    outcome_tables,
    tier_tables,
    value_tables,
)
from promesa.cli.output import print_table
from promesa.cli.terms import Terms
from promesa.errors import ValueOutOfRange

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row
    from promesa.workspace import Workspace

ALWAYS = ("records", "new", "linked", "review")  # counts of a link run that are shown even where they are 0
OF_TRAITS = {
    ", given name and surname": "given_name_and_surname_of_trait",
    " and name": "and_name",
    " and street": "and_street",
}
"""How the key of a trait ends, and how it is said."""
FIXED = ("measure", "estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note")

COMPACT: dict[str, Callable[[Sequence[Row], Terms], Iterator[Block]]] = {
    "cases": case_tables.cases,
    "changes": change_tables.changes,
    "conformance": change_tables.conformance,
    "endings": change_tables.endings,
    "journeys": journey_tables.journeys,
    "transitions": journey_tables.transitions,
    "handovers": coherence_tables.handovers,
    "memory": coherence_tables.memory,
    "coherence": coherence_tables.coherence,
    "feedback": feedback_tables.feedback,
    "needs": feedback_tables.needs,
    "drivers": outcome_tables.drivers,
    "roles": outcome_tables.roles,
    "asymmetry": outcome_tables.asymmetry,
    "synergy": outcome_tables.synergy,
    "effects": effect_tables.effects,
    "experiments": effect_tables.experiments,
    "arrows": effect_tables.arrows,
    "system": effect_tables.system,
    "whatif": effect_tables.what_if,
    "ledger": ledger_tables.ledger,
    "whale": ledger_tables.whale,
    "lifetime": value_tables.lifetime,
    "retention": value_tables.retention,
    "dropout": value_tables.dropout,
    "atrisk": value_tables.at_risk,
    "priorities": effect_tables.priorities,
    "paths": effect_tables.paths,
    "tiers": tier_tables.tiers,
    "standard": tier_tables.standard,
    "balance": balance_tables.balance,
    "lags": balance_tables.lags,
    "promoters": balance_tables.promoters,
}
"""Tables of the analyses whose rows are too many to be read one by one."""


def print_document(document: dict[str, Any], *, workspace: Workspace, locale: str) -> None:
    """Print one answer: its summary, its rows, and as of when it was found."""
    language = words.language_of(locale)
    summary = document["summary"][language]
    if not document["rows"]:
        print(summary)
        return
    labels = _labels(workspace, language)
    if document["analysis"] == "chain":
        _print_chain(document, labels, locale)
    elif document.get("top"):
        _print_costly(document, labels, locale)
    elif document["analysis"] in COMPACT and not is_split(document):
        print(summary)
        _print_compact(document, labels, locale)
    else:
        print(summary)
        _print_rows(document, labels, locale)
    print(words.say("cli.as_of", locale, instant=document["as_of"][:16], version=document["store_version"]))


def is_split(document: dict[str, Any]) -> bool:
    """Tell whether the minimum standard was asked for by group, which leaves a plain list of figures."""
    return document["analysis"] == "standard" and len(document["dimensions"]) > 1


def most_costly(document: dict[str, Any], count: int) -> dict[str, Any]:
    """Return the document with only the broken promises that most money goes with, dearest first."""
    if document["analysis"] != "promises" or count < 1:
        raise ValueOutOfRange(
            what="--top ranks broken promises by the money that goes with them.",
            got=f"--top {count} of {document['analysis']}",
            expected="`promesa show promises --top N` with N at least 1",
            fix="leave --top out",
        )
    costs = [row for row in document["rows"] if row["measure"] == "cost_of_broken" and row["estimate"] is not None]
    costs.sort(key=lambda row: -row["estimate"])
    return {**document, "rows": costs[:count], "top": count}


def _labels(workspace: Workspace, language: str) -> dict[str, str]:
    from promesa.workspace import labels_of

    return {name: names[language] for name, names in labels_of(workspace).items()}


def _print_chain(document: dict[str, Any], labels: dict[str, str], locale: str) -> None:
    columns = [words.say(f"cli.chain.{name}", locale) for name in ("link", "measure", "figure", "n", "trend", "owner")]
    rows: list[list[str]] = []
    for row in document["rows"]:
        link = words.say(f"chain.link.{row['link']}", locale)
        if row["estimate"] is None:
            key = f"chain.reason.{row['note']}"
            reason = words.say_or(key, locale, otherwise=str(row["note"]))
            rows.append([link, reason, words.NOT_STATED, "", "", ""])
            continue
        name = words.chain_measure(row, locale) or labels.get(str(row["measure"]), str(row["measure"]))
        owner = labels.get(str(row.get("owner")), str(row.get("owner") or ""))
        rows.append([link, name, _figure(row, locale), words.number(row["n"], locale), _trend(row, locale), owner])
    print_table(words.say("cli.chain.title", locale), columns, rows, right={3})


def _trend(row: dict[str, Any], locale: str) -> str:
    change = row.get("change")
    if change is None:
        return words.NOT_STATED
    lower, upper = row.get("change_lower"), row.get("change_upper")
    sure = lower is not None and upper is not None and (lower > 0 or upper < 0)
    direction = ("up" if change > 0 else "down") if sure else "level"
    return words.say(f"cli.trend.{direction}", locale, change=words.change(change, row["unit"], locale))


def _print_compact(document: dict[str, Any], labels: dict[str, str], locale: str) -> None:
    """Print what matters of an answer of many rows and measures; `--csv` and `--json` hold them all."""
    terms = Terms(labels=labels, locale=locale)
    for one in COMPACT[document["analysis"]](document["rows"], terms):
        if not one.rows:
            continue
        print_table(one.title or None, one.columns, one.rows, right=one.right)
        if one.left_out:
            shown, total = len(one.rows), len(one.rows) + one.left_out
            print(words.say("cli.compact.more", locale, shown=shown, total=total), end="\n\n")


def _print_costly(document: dict[str, Any], labels: dict[str, str], locale: str) -> None:
    columns = [words.say(f"cli.costly.{name}", locale) for name in ("promise", "cost", "broken")]
    rows = [
        [
            labels.get(str(row["promise"]), str(row["promise"])),
            _figure(row, locale),
            words.number(row["broken"], locale),
        ]
        for row in document["rows"]
    ]
    print_table(words.say("cli.costly.title", locale), columns, rows, right={2})
    print(words.say("cli.costly.caution", locale))


def _print_rows(document: dict[str, Any], labels: dict[str, str], locale: str) -> None:
    dimensions = document["dimensions"]
    columns = [*dimensions, *(words.say(f"cli.rows.{name}", locale) for name in ("measure", "figure", "n", "note"))]
    rows = [
        [
            *(labels.get(str(row.get(name)), str(row.get(name) or words.NOT_STATED)) for name in dimensions),
            _measure(row, labels, locale),
            _figure(row, locale),
            words.number(row["n"], locale),
            _note(row, locale),
        ]
        for row in document["rows"]
    ]
    print_table(None, columns, rows, right={len(dimensions) + 2})


def _measure(row: dict[str, Any], labels: dict[str, str], locale: str) -> str:
    """Return what a person calls a measure: a concept's or element's label, or the report's name for it."""
    measure = str(row["measure"])
    name, _, statistic = measure.partition(".")
    if name in labels:
        return f"{labels[name]} ({statistic})" if statistic else labels[name]
    key = f"report.measure.{measure}"
    said = words.say_or(key, locale, otherwise=measure)
    if "scale_unit" not in row:
        return said
    lower, upper = (words.amount(row[end], row["scale_unit"], locale) for end in ("from", "to"))
    return words.say("cli.rows.between", locale, measure=said, lower=lower, upper=upper)


def _figure(row: dict[str, Any], locale: str) -> str:
    figure = _written(row, "estimate", locale)
    if row["lower"] is None or row["upper"] is None:
        return figure
    ends = (_written(row, end, locale) for end in ("lower", "upper"))
    return words.say("cli.rows.interval", locale, figure=figure, ends=" … ".join(ends))


def _written(row: dict[str, Any], key: str, locale: str) -> str:
    """Return a value in its unit; a difference of shares in percentage points, not a part of a part."""
    of_shares = row["unit"] == "fraction" and str(row["measure"]).endswith("_difference")
    if of_shares and row[key] is not None:
        return words.change(row[key], row["unit"], locale)
    return words.amount(row[key], row["unit"], locale)


def _note(row: dict[str, Any], locale: str) -> str:
    notes: list[str] = []
    if row["note"]:
        keys = (f"chain.reason.{row['note']}", f"report.note.{row['note']}", f"value.reason.{row['note']}")
        known = next((key for key in keys if words.knows(key)), None)
        notes.append(words.say(known, locale) if known else row["note"])
    if row["evidence"] != "described":
        notes.append(words.say(f"evidence.{row['evidence']}", locale))
    if row["n_missing"]:
        notes.append(words.say("cli.rows.missing", locale, n=words.number(row["n_missing"], locale)))
    return "; ".join(notes)


def print_links_made(report: Any, ws: Workspace) -> None:
    """Print what a link run did: its counts, what was left out and why, and the sentence that sums it up."""
    locale = ws.locale
    labels = _labels(ws, words.language_of(locale))
    columns = [words.say(f"identity.what.{key}", locale) for key in ("what", "of", "count")]
    cells = [
        [
            words.say(f"identity.what.{str(row['what']).replace(' ', '_')}", locale),
            key_of(str(row["of"]), labels, locale)
            if row["what"] == "not compared"
            else _kind_of(row["of"], labels, locale),
            words.number(row["count"], locale),
        ]
        for row in report.rows()
        if row["count"] or row["what"] in ALWAYS
    ]
    print_table(None, columns, cells, right={2})
    for warning in report.warnings:
        print(f"  ! {warning}")
    print(report.summary(locale))


def key_of(key: str, labels: dict[str, str], locale: str) -> str:
    """Return what records were compared by: a field, an identifier, parts of several, a trait beside one of them."""
    said = f"identity.key.{key.replace(' ', '_')}"
    if words.knows(said, locale):
        return words.say(said, locale)
    for end, beside in OF_TRAITS.items():
        trait = key.removesuffix(end)
        if trait != key:
            return words.say(f"identity.key.{beside}", locale, trait=labels.get(trait, trait))
    return _field_of(key, labels, locale)


def _field_of(field: str, labels: dict[str, str], locale: str) -> str:
    return words.record_field(field, locale) or labels.get(field, field)


def _kind_of(of: Any, labels: dict[str, str], locale: str) -> str:
    """Return what a count is about: an identifier, a reason, a size; a field with why it is left out."""
    if of is None:
        return ""
    field, _, reason = str(of).partition(": ")
    if reason:
        key = f"identity.left_out.{reason.replace(' ', '_')}"
        return f"{_field_of(field, labels, locale)}: {words.say_or(key, locale, otherwise=reason)}"
    return words.say_or(f"report.link.{field}", locale, otherwise=labels.get(field, field))
