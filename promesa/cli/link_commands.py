"""link, and of the group `customer`: review, decide, links, unlink, undo, threshold, evaluate."""

from __future__ import annotations

import getpass
import sys
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promesa.cli.options import AsJson, AsOf, Folder, Locale
from promesa.cli.output import print_json, print_table, progress_of, reported, utc_now

if TYPE_CHECKING:
    from collections.abc import Callable

    from promesa.customers import Queue
    from promesa.workspace import Workspace

HERE = Path()
Record = Annotated[str, typer.Argument(metavar="RECORD", help="Number of a record, or system:key.")]
OtherRecord = Annotated[str, typer.Argument(metavar="RECORD", help="The other record.")]
By = Annotated[
    str | None, typer.Option("--by", metavar="NAME", help="Who decides; the user of the system if not given.")
]
Note = Annotated[str | None, typer.Option("--note", metavar="TEXT", help="Why, in a few words.")]
SHOWN = 100


def _opened(workspace: Path) -> Workspace:
    from promesa.workspace import open_workspace

    return open_workspace(workspace)


def _records(ws: Workspace, *words: str) -> list[int]:
    """Return the records that numbers or ``system:key`` name."""
    from promesa.customers import record_named
    from promesa.errors import InputError
    from promesa.store import inspect_store

    with inspect_store(ws) as look:
        found = [record_named(look, word) for word in words]
    known = [record for record in found if record is not None]
    if len(known) < len(found):
        raise InputError(
            what="The store knows no such record.",
            got="a number or key that no record has",
            expected="the number of a record, or system:key",
            fix="look the customer up with `promesa customer find`",
        )
    return known


@reported
def link(
    workspace: Folder = HERE,
    full: Annotated[bool, typer.Option("--full", help="Compare all records again, with the kept model.")] = False,
    retrain: Annotated[bool, typer.Option("--retrain", help="Train the model anew.")] = False,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Find the records that are one person; again changes nothing."""
    from promesa.identity import link as run

    ws = _opened(workspace)
    ws = replace(ws, locale=locale or ws.locale)  # warnings too are for who reads them now
    with progress_of("Linking") as step:
        report = run(ws, recorded_at=utc_now(), full=full, retrain=retrain, progress=step)
    if as_json:
        print_json(report.to_document())
    else:
        from promesa.cli.tables import print_links_made

        print_links_made(report, ws)


@reported
def review(
    workspace: Folder = HERE,
    top: Annotated[int, typer.Option("--top", metavar="N", help="At most so many pairs.", min=1)] = SHOWN,
    sample: Annotated[
        int | None,
        typer.Option(
            "--sample", metavar="N", help="Instead, about N pairs drawn by chance: they measure quality.", min=1
        ),
    ] = None,
    by: By = None,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Decide, pair by pair, which doubtful records are one person; those with most money at stake first."""
    from promesa import customers

    ws = _opened(workspace)
    with progress_of("Looking") as step:
        step("pairs", None)
        found = customers.sample(ws, sample, as_of=as_of) if sample else customers.queue(ws, as_of=as_of, top=top)
    language = locale or ws.locale
    if as_json:
        print_json(found.to_document())
    elif found.items and sys.stdin.isatty() and sys.stdout.isatty():
        from promesa.cli.review_screen import Review

        Review(ws=ws, queue=found, by=by or getpass.getuser(), locale=language, read=input, now=utc_now).run()
        _print_threshold(ws, language)
    else:
        print_queue(found, ws, language, drawn=sample is not None)


def print_queue(queue: Queue, ws: Workspace, locale: str, *, drawn: bool) -> None:
    """Print the pairs one a line: numbers, money, and which fields agree; no personal values."""
    from promesa import words
    from promesa.cli.review_screen import DOUBTFUL
    from promesa.customers import because, field_name

    def say(key: str, **values: object) -> str:
        return words.say(f"customers.review.{key}", locale, **values)

    if not queue.items:
        print(say("empty"))
        return
    rows: list[list[str]] = []
    for item in queue.items:
        agree = [field_name(name, ws, locale) for name, level in item.agreed.items() if level == "same"]
        differ = [field_name(name, ws, locale) for name, level in item.agreed.items() if level in DOUBTFUL]
        rows.append(
            [
                str(item.low.customer),
                str(item.high.customer),
                words.money(item.stake, queue.currency, locale),
                words.percent(item.probability, locale),
                because(item.reason, locale),
                ", ".join(agree),
                ", ".join(differ),
            ]
        )
    columns = [say(key) for key in ("low", "high", "money", "chance", "reason", "agrees", "differs")]
    print_table(None, columns, rows, right={2, 3})
    shown = words.number(len(rows), locale)
    print(
        say("sampled", shown=shown) if drawn else say("waiting", total=words.number(queue.total, locale), shown=shown)
    )
    print(say("how"))


@reported
def decide(
    low: Record,
    high: OtherRecord,
    verdict: Annotated[str, typer.Argument(metavar="VERDICT", help="same, different, never or withdrawn.")],
    workspace: Folder = HERE,
    by: By = None,
    note: Note = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Say whether two records are one person."""
    from promesa.identity import decide as run

    ws = _opened(workspace)
    first, second = _records(ws, low, high)
    made = run(ws, first, second, verdict, by=by or getpass.getuser(), recorded_at=utc_now(), note=note)
    _print_decisions([made], ws, locale, as_json=as_json)


@reported
def undo(
    decision: Annotated[str, typer.Argument(metavar="DECISION", help="Id of a decision, or a record of a pair.")],
    other: Annotated[str | None, typer.Argument(metavar="[RECORD]", help="The other record of the pair.")] = None,
    workspace: Folder = HERE,
    by: By = None,
    note: Note = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Put a pair back to what was decided of it before."""
    from promesa.identity import undo as run

    ws = _opened(workspace)
    which: str | tuple[int, int] = decision
    if other is not None:
        first, second = _records(ws, decision, other)
        which = (first, second)
    made = run(ws, which, by=by or getpass.getuser(), recorded_at=utc_now(), note=note)
    _print_decisions([made], ws, locale, as_json=as_json)


@reported
def unlink(
    record: Record,
    other: Annotated[
        str | None,
        typer.Argument(metavar="[RECORD]", help="Told apart from this one; from all it is linked with if not given."),
    ] = None,
    workspace: Folder = HERE,
    by: By = None,
    note: Note = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Take a record out of the person it was joined with."""
    from promesa import words
    from promesa.identity import unlink as run

    ws = _opened(workspace)
    named = _records(ws, record, *([other] if other else []))
    second = named[1] if other else None
    made = run(ws, named[0], second, by=by or getpass.getuser(), recorded_at=utc_now(), note=note)
    _print_decisions(made, ws, locale, as_json=as_json)
    if not as_json:
        print(words.say("customers.review.unlinked", locale or ws.locale, pairs=len(made)))


def _print_decisions(made: list[Any], ws: Workspace, locale: str | None, *, as_json: bool) -> None:
    from promesa import words

    language = locale or ws.locale
    if as_json:
        print_json({"decisions": [decision.to_document() for decision in made]})
        return
    for decision in made:
        verdict = words.say(f"customers.review.verdicts.{decision.verdict}", language)
        print(words.say("customers.review.decided", language, id=decision.id, verdict=verdict))


@reported
def links(
    who: Annotated[str, typer.Argument(metavar="ID", help="Number, system:key, e-mail, phone, document or name.")],
    workspace: Folder = HERE,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Show what joins the records of a person, what was proposed, and who decided."""
    from dataclasses import asdict

    from promesa import words
    from promesa.customers import instant_of, links_of, one_person
    from promesa.store import inspect_store

    ws = _opened(workspace)
    instant = instant_of(ws, as_of)
    with inspect_store(ws) as look:
        person = one_person(look, who, instant=instant)
        found = links_of(look, person, as_of=instant)
    if as_json:
        rows = [{key: _plain(value) for key, value in asdict(entry).items()} for entry in found]
        print_json({"person": person.number, "customers": list(person.customers), "links": rows})
        return
    language = locale or ws.locale
    if not found:
        print(words.say("customers.review.no_links", language))
        return
    keys = ("low", "high", "rules", "chance", "state", "reason", "since", "verdict", "by", "when")
    columns = [words.say(f"customers.review.{key}", language) for key in keys]
    print_table(None, columns, [_link_cells(entry, ws, language) for entry in found], right={3})


def _plain(value: object) -> object:
    return value.isoformat() if isinstance(value, datetime) else value


def _link_cells(entry: Any, ws: Workspace, locale: str) -> list[str]:
    from promesa import words
    from promesa.customers import because, field_name

    def say(key: str | None, group: str) -> str:
        return words.say(f"customers.review.{group}.{key}", locale) if key else ""

    rule = {None: "", "model": "model"}.get(entry.kind, entry.rule or "")
    return [
        str(entry.low),
        str(entry.high),
        field_name(rule, ws, locale) if rule else "",
        words.percent(entry.probability, locale),
        say(entry.state, "states"),
        because(entry.reason, locale),
        words.day(entry.at, locale),
        say(entry.verdict, "verdicts"),
        entry.decided_by,
        words.day(entry.decided_at, locale) if entry.decided_at else "",
    ]


@reported
def threshold(workspace: Folder = HERE, locale: Locale = None, as_json: AsJson = False) -> None:
    """Show what the decisions say of the probability from which records are joined; `link` applies it."""
    from promesa.identity import current_threshold, recommended_threshold
    from promesa.store import inspect_store

    ws = _opened(workspace)
    if as_json:
        with inspect_store(ws) as look:
            used = current_threshold(ws, look.places)
        print_json({**recommended_threshold(ws).to_document(), "in_use": used})
    else:
        _print_threshold(ws, locale or ws.locale)


def _print_threshold(ws: Workspace, locale: str) -> None:
    from promesa import words
    from promesa.identity import current_threshold, recommended_threshold
    from promesa.store import inspect_store

    found = recommended_threshold(ws)
    with inspect_store(ws) as look:
        used = current_threshold(ws, look.places)

    def share(value: float | None) -> str:
        return words.percent(value, locale, decimals=2)

    key = {"too-few": "threshold_few", "kept": "threshold_kept"}.get(found.basis, "threshold")
    values = {
        "n": words.number(found.n, locale),
        "needed": found.needed,
        "current": share(used),
        "link_from": share(found.link_from),
        "precision": share(found.precision),
        "lower": share(found.lower),
        "upper": share(found.upper),
    }
    print(words.say(f"customers.review.{key}", locale, **values))


@reported
def evaluate(
    file: Annotated[Path, typer.Argument(metavar="FILE", help="CSV or Parquet: system, key, person.")],
    workspace: Folder = HERE,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Compare the persons with those of a labelled file: precision, recall, persons exactly right."""
    from promesa.cli.tables import print_document
    from promesa.identity import evaluate as run

    ws = _opened(workspace)
    with progress_of("Comparing") as step:
        step(file.name, None)
        document = run(ws, file, as_of=as_of).to_document()
    if as_json:
        print_json({key: value for key, value in document.items() if key != "chart"})
    else:
        print_document(document, workspace=ws, locale=locale or ws.locale)


COMMANDS: dict[str, Callable[..., None]] = {
    "review": review,
    "decide": decide,
    "links": links,
    "undo": undo,
    "unlink": unlink,
    "threshold": threshold,
    "evaluate": evaluate,
}
