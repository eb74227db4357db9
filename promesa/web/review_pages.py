"""The review of doubtful pairs: one after the other, both sides beside each other, each answer undone by a click."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar import Response, get, post

from promesa import customers, words
from promesa.access import record
from promesa.errors import InputError, NothingLoaded, PromesaError
from promesa.identity import decide as decide_pair
from promesa.identity import undo as undo_decision
from promesa.web.account_page import back, gate_of
from promesa.web.customer_changes import field_of, wrong_words
from promesa.web.customer_pages import CHANGE, by_of, private
from promesa.web.gate import utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together
from promesa.web.standing import is_linked

if TYPE_CHECKING:
    from promesa.web.rendering import Visit

VERDICTS = ("same", "different", "never")
_LONGEST = 64


@get("/customers/review", opt=CHANGE, sync_to_thread=True)
def review(visit: Asked) -> Response[str]:
    """Show the pair with most money at stake; `skip` leaves so many for later."""
    return _review(visit)


def _review(visit: Visit, *, status: int = 200, wrong: str | None = None) -> Response[str]:
    ws, asked = visit.site.workspace, visit.request.query_params
    skip = int(asked.get("skip", "0")) if asked.get("skip", "0").isdecimal() and len(asked.get("skip", "0")) < 6 else 0
    try:
        found = customers.queue(ws, top=skip + 1)
        item, total = (found.items[skip] if len(found.items) > skip else None), found.total
    except NothingLoaded:
        item, total = None, 0
    values: dict[str, Any] = {"item": item, "total": words.number(total, visit.locale), "skip": skip, "wrong": wrong}
    values |= {
        "left": total,
        "unlinked": not total and not is_linked(ws),
        "last": asked.get("last", "")[:_LONGEST],
        "lines": (),
        "why": "",
        "stake": "",
    }
    values["unlinked"] = not total and not is_linked(ws)
    if item is not None:
        told = customers.pair_lines(item, ws, visit.locale)
        marks = [words.say(f"customers.review.mark.{level}", visit.locale) if level else "" for *_, level in told]
        values["lines"] = [(*line, mark) for line, mark in zip(told, marks, strict=True)]
        values["why"] = customers.because(item.reason, visit.locale)
        values["stake"] = words.money(item.stake, ws.currency, visit.locale)
    return private(visit, "review.html", title=visit.say("review.title"), status=status, **values)


@post("/customers/review/decide", opt=CHANGE, status_code=200, sync_to_thread=True)
def answer(visit: Asked) -> Response[Any]:
    """Take an answer: the same, two, two for good, or the last one back."""
    by, now, verdict = by_of(visit), utc_now(), field_of(visit, "verdict")
    try:
        with gate_of(visit).database.begin() as connection:
            if verdict == "undo":
                made = undo_decision(visit.site.workspace, field_of(visit, "last")[:_LONGEST], by=by, recorded_at=now)
            else:
                made = decide_pair(visit.site.workspace, *_pair(visit), _checked(verdict), by=by, recorded_at=now)
            action, about = f"customer.review.{verdict}", f"customer:{made.low},{made.high}"
            record(connection, by=by, action=action, about=about, now=now)
    except PromesaError as error:
        return _review(visit, status=422, wrong=wrong_words(visit, error))
    skip = field_of(visit, "skip")
    kept = f"skip={skip}" if skip.isdecimal() and len(skip) < 6 else "skip=0"
    return back(f"/customers/review?{kept}" + ("" if verdict == "undo" else f"&last={made.id}"))


def _checked(verdict: str) -> str:
    if verdict in VERDICTS:
        return verdict
    raise InputError(
        what="That is no answer.", got="another word", expected="same, different or never", fix="use a button"
    )


def _pair(visit: Visit) -> tuple[int, int]:
    low, high = field_of(visit, "low"), field_of(visit, "high")
    if low.isdecimal() and high.isdecimal() and max(len(low), len(high)) <= 19:
        return int(low), int(high)
    raise InputError(what="That is no pair.", got="no two numbers", expected="two records", fix="open the page again")


ROUTES = (review, answer)
