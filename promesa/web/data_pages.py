"""What waits outside the store: listed, looked at, mended, tried again."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import urlencode

from litestar import Response, get, post
from litestar.exceptions import NotFoundException
from litestar.params import PathParameter
from litestar.response import Redirect

from promesa import report, words
from promesa.access import record
from promesa.errors import PromesaError, UnknownName
from promesa.store import (
    explain_rule,
    quarantine_counts,
    quarantine_list,
    quarantine_mend,
    quarantine_replay,
    quarantine_show,
)
from promesa.web.gate import LOG, asking, utc_now
from promesa.web.rendering import Asked, Visit, page
from promesa.web.standing import is_loaded

if TYPE_CHECKING:
    from promesa.store import QuarantineItem

ITEM = Annotated[str, PathParameter(max_length=100)]
ON_A_PAGE = 100
MANAGE = asking("manage_data")


@get("/data/quarantine", opt=MANAGE, sync_to_thread=True)
def waiting(visit: Asked) -> Response[str]:
    """List the rows that wait, the newest first, by load and rule."""
    return _waiting(visit)


def _waiting(visit: Visit, *, status: int = 200, wrong: str = "") -> Response[str]:
    ws = visit.site.workspace
    asked = {key: visit.request.query_params.get(key, "")[:200] for key in ("load", "rule")}
    text = visit.request.query_params.get("page", "1")
    number = max(1, int(text)) if text.isdecimal() and len(text) < 6 else 1
    load, rule = (asked[key] or None for key in ("load", "rule"))
    found = quarantine_list(ws, load=load, rule=rule, limit=number * ON_A_PAGE + 1)
    counts = [count for count in quarantine_counts(ws) if count["state"] != "closed"]
    said = visit.request.query_params.get("said", "")
    return _private(
        visit,
        "quarantine.html",
        title=visit.say("quarantine.title"),
        status=status,
        items=found[(number - 1) * ON_A_PAGE : number * ON_A_PAGE],
        counts=counts,
        loaded=bool(counts) or is_loaded(ws),
        asked=asked,
        number=number,
        query=urlencode({key: value for key, value in asked.items() if value}),
        more=len(found) > number * ON_A_PAGE,
        said=_said(visit, said),
        wrong=wrong,
    )


def _said(visit: Visit, said: str) -> str:
    """Return what a replay did; only numbers come from the address."""
    accepted, _, left = said.partition("-")
    if accepted.isdecimal() and left.isdecimal():
        counted = (words.number(int(count), visit.locale) for count in (accepted, left))
        return visit.say("quarantine.replayed", **dict(zip(("accepted", "left"), counted, strict=True)))
    return visit.say("quarantine.mended") if said == "mended" else ""


@get("/data/quarantine/{item:str}", opt=MANAGE, sync_to_thread=True)
def waiting_row(visit: Asked, item: ITEM) -> Response[str]:
    """Show one row with what it breaks and a field for each of its values."""
    return _row(visit, item)


def _row(visit: Visit, item: str, *, status: int = 200, wrong: str = "") -> Response[str]:
    """Show a row; what was typed into it stands there still when it could not be kept."""
    found = _known(visit, item)
    title = visit.say("quarantine.row", load=found.load, row=found.row)
    sent = visit.form if wrong else {}
    return _private(visit, "quarantine_row.html", title=title, status=status, item=found, wrong=wrong, sent=sent)


@post("/data/quarantine/{item:str}/mend", opt=MANAGE, status_code=200, sync_to_thread=True)
def mend(visit: Asked, item: ITEM) -> Response[Any] | Redirect:
    """Change values of a row; empty boxes are left as they are, a ticked one is emptied."""
    found = _known(visit, item)
    changes: dict[str, str | None] = {}
    for column in found.record:
        text = str(visit.form.get(f"value-{column}", "")).strip()
        if text and text != (found.record[column] or ""):
            changes[column] = text
        if visit.form.get(f"empty-{column}") == "yes":
            changes[column] = None
    if not changes:
        return _row(visit, item, status=422, wrong=visit.say("quarantine.nothing_changed"))
    try:
        quarantine_mend(visit.site.workspace, item, changes)
    except PromesaError as error:
        return _row(visit, item, status=422, wrong=_wrong_words(visit, error))
    _note(visit, "quarantine.mended", f"quarantine:{item}", {"columns": sorted(changes)})
    return Redirect("/data/quarantine?said=mended", status_code=303)


@post("/data/replay", opt=MANAGE, status_code=200, sync_to_thread=True)
def replay(visit: Asked) -> Response[Any] | Redirect:
    """Try the rows that wait again: one, or all."""
    item = str(visit.form.get("item", ""))
    try:
        replayed = quarantine_replay(
            visit.site.workspace, recorded_at=utc_now(), ids=(item,) if item else (), progress=None
        )
    except PromesaError as error:
        return _waiting(visit, status=422, wrong=_wrong_words(visit, error))
    accepted = replayed.total("accepted") + replayed.total("corrected")
    left = len(quarantine_list(visit.site.workspace, state="open", limit=None))
    _note(visit, "quarantine.replayed", f"quarantine:{item or 'all'}", {"accepted": accepted, "left": left})
    return Redirect(f"/data/quarantine?said={accepted}-{left}", status_code=303)


def _wrong_words(visit: Visit, error: PromesaError) -> str:
    """Return why nothing was done, in the reader's language; the rest is for whoever runs the service."""
    key = f"web.quarantine.wrong.{error.code}"
    if words.knows(key, visit.locale):
        return words.say(key, visit.locale)
    LOG.error("The quarantine could not be changed: %s (%s)", error.what, error.code)
    return visit.say("quarantine.wrong.other")


def _known(visit: Visit, item: str) -> QuarantineItem:
    try:
        return quarantine_show(visit.site.workspace, item)
    except UnknownName as error:
        raise NotFoundException from error


def _note(visit: Visit, action: str, about: str, after: dict[str, Any]) -> None:
    """Write what was done into the audit log."""
    gate = visit.request.app.state.gate
    assert visit.person is not None  # noqa: S101 (the gate lets nobody else through)
    with gate.database.begin() as connection:
        record(connection, by=visit.person.actor, action=action, about=about, now=utc_now(), after=after)


def _private(visit: Visit, template: str, *, title: str, status: int, **values: Any) -> Response[str]:
    """Return a page with values of customers' rows, masked as they are: nobody on the way keeps it."""

    def explain(rule: str, column: str | None = None) -> str:
        return explain_rule(rule, column or "", visit.locale)

    def column(name: str | None) -> str:
        key = f"customers.column.{name}"
        return words.say_or(key, visit.locale, otherwise="")

    def table(name: str) -> str:
        key = f"customers.table.{name}"
        return words.say_or(key, visit.locale, otherwise=visit.say("quarantine.of_source"))

    told: dict[str, Any] = {"explain": explain, "column": column, "table": table}
    told |= {
        of: partial(does, locale=visit.locale) for of, does in (("numbered", words.number), ("rule", report.rule_words))
    }
    shown = page(visit, template, title=title, status=status, **told, **values)
    shown.headers["Cache-Control"] = "no-store"
    return shown


ROUTES = (waiting, waiting_row, mend, replay)
