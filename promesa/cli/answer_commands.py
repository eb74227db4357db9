"""analyse, show, report: the figures."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from promesa.cli.options import AsJson, AsOf, Folder, Locale
from promesa.cli.output import print_csv, print_json, progress_of, reported

if TYPE_CHECKING:
    from collections.abc import Mapping

    from promesa.workspace import Workspace

HERE = Path()
WHAT_IF, AT_RISK = "whatif", "atrisk"
NARROWED = {"by": "by", "outcome": "outcome", "from": "since", "to": "until"}
ByOption = Annotated[
    str,
    typer.Option("--by", metavar="NAMES", help="Split by: channel, function, supplier, month, a trait... with commas."),
]
FromOption = Annotated[str | None, typer.Option("--from", metavar="DAY", help="First day of the window.")]
ToOption = Annotated[str | None, typer.Option("--to", metavar="DAY", help="Last day of the window.")]
CsvOption = Annotated[bool, typer.Option("--csv", help="Print the rows as CSV.")]
OutcomeOption = Annotated[
    str | None, typer.Option("--outcome", metavar="NAME", help="drivers, effects...: only this outcome of model.toml.")
]
ChangeOption = Annotated[
    list[str] | None,
    typer.Option(
        "--change",
        metavar="NAME=LEVEL",
        help="whatif: what is moved, such as arrives_by_date=3% (share broken), wait_minutes=1.5 or wait_minutes-=0.5; "
        "several times for several at once.",
    ),
]
TopOption = Annotated[
    int | None,
    typer.Option(
        "--top",
        metavar="N",
        help="promises: only the N broken ones that most money goes with; atrisk: the N customers with most at stake.",
    ),
]


@reported
def analyse(workspace: Folder = HERE, as_of: AsOf = None, locale: Locale = None, as_json: AsJson = False) -> None:
    """Run every analysis at one instant and keep the answers."""
    from promesa.snapshot import analyse as run
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    with progress_of("Analysing") as step:
        snapshot = run(ws, as_of=as_of, processes=None, progress=step)
    if as_json:
        keys = ("as_of", "as_of_day", "store_version", "documents")
        print_json({key: snapshot.about[key] for key in keys})
        return
    document = snapshot.document("chain")
    if document:
        print(document["summary"]["es" if (locale or ws.locale).startswith("es") else "en"])


@reported
def show(
    analysis: Annotated[
        str,
        typer.Argument(
            metavar="ANALYSIS",
            help="chain, promises, touchpoints, opinions, differences, value, ledger, whale, returning, lifetime, "
            "retention, dropout, atrisk, tiers, standard, promoters, balance, cases, journeys, transitions, "
            "handovers, memory, coherence, feedback, needs, changes, conformance, endings, drivers, roles, asymmetry, "
            "synergy, effects, experiments, paths, arrows, system, whatif, priorities, lags, identity, quality.",
        ),
    ],
    workspace: Folder = HERE,
    by: ByOption = "",
    outcome: OutcomeOption = None,
    change: ChangeOption = None,
    since: FromOption = None,
    until: ToOption = None,
    as_of: AsOf = None,
    top: TopOption = None,
    locale: Locale = None,
    as_csv: CsvOption = False,
    as_json: AsJson = False,
) -> None:
    """Show one analysis: from the kept snapshot where it answers, else computed now."""
    from promesa.errors import InputError
    from promesa.workspace import open_workspace

    if as_csv and as_json:
        raise InputError(
            what="Both --csv and --json were given.", got="--csv --json", expected="one of them", fix="leave one out"
        )
    ws = open_workspace(workspace)
    asked: dict[str, Any] = {"by": by, "outcome": outcome, "since": since, "until": until, "as_of": as_of}
    if analysis == WHAT_IF:
        document = _what_if(ws, change or [], asked)
    elif analysis == AT_RISK:
        document = _at_risk(ws, top, asked)
    else:
        document = _answer(ws, analysis, asked)
    if top is not None and analysis != AT_RISK:
        from promesa.cli.tables import most_costly

        document = most_costly(document, top)
    if as_json:
        print_json({key: value for key, value in document.items() if key != "chart"})
    elif as_csv:
        print_csv(document["rows"])
    else:
        from promesa.cli.tables import print_document

        print_document(document, workspace=ws, locale=locale or ws.locale)


def _answer(ws: Workspace, analysis: str, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the document that answers, kept or new."""
    from promesa.errors import NothingAnalysed, UnknownName
    from promesa.snapshot import ANALYSES, compute, document_key, latest

    if analysis not in ANALYSES:
        raise UnknownName(analysis, kind="analysis", known=(*ANALYSES, WHAT_IF, AT_RISK))
    if not any(asked[key] for key in ("outcome", "since", "until")):
        try:
            kept = latest(ws)
        except NothingAnalysed:
            kept = None
        names = tuple(part.strip() for part in asked["by"].split(",") if part.strip())
        if (
            kept is not None
            and kept.answers(ws, as_of=asked["as_of"])
            and (document := kept.document(document_key(analysis, names)))
        ):
            return document
    with progress_of("Computing") as step:
        step(analysis, None)
        return compute(analysis, ws, **asked).to_document()


def _at_risk(ws: Workspace, top: int | None, asked: dict[str, Any]) -> dict[str, Any]:
    """Return the list of customers who may go: of persons, so worked out now and kept nowhere."""
    from promesa.errors import ValueOutOfRange
    from promesa.value import TOP, at_risk

    if refused := [f"--{option}" for option, key in NARROWED.items() if asked[key]]:
        raise ValueOutOfRange(
            what="The list of customers at risk is of all customers now.",
            got=", ".join(refused),
            expected="--top and --as-of alone",
            fix="leave it out",
        )
    with progress_of("Computing") as step:
        step(AT_RISK, None)
        return at_risk(ws, as_of=asked["as_of"], top=TOP if top is None else top).to_document()


def _what_if(ws: Workspace, changes: list[str], asked: dict[str, Any]) -> dict[str, Any]:
    """Return what would come of the changes, from the kept effects where they answer."""
    from promesa.chain import what_if
    from promesa.errors import InputError

    if not changes:
        raise InputError(
            what="It is not said what would change.",
            got="no --change",
            expected="at least one --change NAME=LEVEL",
            fix="promesa show whatif --change PROMISE=3%, with a promise, an element or a touchpoint of model.toml",
        )
    return what_if(_answer(ws, "system", asked), changes).to_document()


@reported
def report(
    target: Annotated[
        Path | None,
        typer.Argument(metavar="[FILE]", help="The file, .html or .pdf; report.html in the workspace if not given."),
    ] = None,
    workspace: Folder = HERE,
    as_of: AsOf = None,
    locale: Locale = None,
    as_json: AsJson = False,
) -> None:
    """Write the newest snapshot as one file that needs no network: HTML, or PDF by the suffix .pdf."""
    from promesa.errors import NothingAnalysed
    from promesa.report import require_folder
    from promesa.snapshot import analyse as run
    from promesa.snapshot import latest
    from promesa.words import say
    from promesa.workspace import open_workspace

    ws = open_workspace(workspace)
    target = target or ws.root / "report.html"
    require_folder(target)
    try:
        snapshot = latest(ws)
        current = snapshot.answers(ws, as_of=as_of)
    except NothingAnalysed:
        snapshot, current = None, False
    if snapshot is None or not current:
        print(say("cli.report.analysing_first", locale or ws.locale), file=sys.stderr)
        with progress_of("Analysing") as step:
            snapshot = run(ws, as_of=as_of, processes=None, progress=step)
    file = _write(snapshot.whole(), target, locale=locale or ws.locale)
    if as_json:
        print_json({"file": str(file), "as_of": snapshot.about["as_of"]})
    else:
        print(str(file))


def _write(snapshot: Mapping[str, object], target: Path, *, locale: str) -> Path:
    """Write a report as the suffix of the file says."""
    if target.suffix.lower() == ".pdf":
        from promesa.paper import write_report as write_pdf

        return write_pdf(snapshot, target, locale=locale)
    from promesa.report import write_report as write_html

    return write_html(snapshot, target, locale=locale)
