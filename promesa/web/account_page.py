"""What the pages of access share: their words, their forms, and what a fault is called in the reader's language."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from litestar.response import Redirect

from promesa import words
from promesa.access import normal_email, normal_name
from promesa.errors import InputError
from promesa.web.rendering import page

if TYPE_CHECKING:
    from collections.abc import Iterable

    from litestar import Response

    from promesa.errors import PromesaError
    from promesa.web.gate import Gate
    from promesa.web.rendering import Visit


def gate_of(visit: Visit) -> Gate:
    """Return the gate of the service that a visit is to."""
    return visit.request.app.state.gate


def say(visit: Visit, key: str, **values: object) -> str:
    """Return a message of access in the reader's language."""
    return words.say(f"access.{key}", visit.locale, **values)


def answer(visit: Visit, template: str, *, title: str, status: int = 200, **values: Any) -> Response[str]:
    """Return a page of access; nothing of it is kept by browsers or proxies."""

    def tell(key: str, **more: object) -> str:
        return say(visit, key, **more)

    values = {"said": None, "wrong": None, "field": "", **values}
    shown = page(visit, template, title=tell(title), status=status, tell=tell, **values)
    shown.headers["Cache-Control"] = "no-store"
    return shown


def text_of(visit: Visit, key: str) -> str:
    """Return a field of the form, or nothing."""
    return str(visit.form.get(key, ""))


def texts_of(visit: Visit, key: str) -> tuple[str, ...]:
    """Return every value of a field that may be chosen several times."""
    return tuple(str(value) for value in visit.form.getall(key, []))


def wrong_words(visit: Visit, error: PromesaError) -> str:
    """Return a fault in the reader's language."""
    key = f"access.wrong.{error.code}"
    return words.say(key if words.knows(key, visit.locale) else "access.wrong.input-error", visit.locale)


def wrong_field(*, email: str | None = None, name: str | None = None) -> str:
    """Return which of these fields of a form cannot be what it is for; nothing where both can."""
    for field, text, read in (("email", email, normal_email), ("name", name, normal_name)):
        try:
            read(text or "") if text is not None else None
        except InputError:
            return field
    return ""


def sure(visit: Visit, kind: str, action: str, *, to: str, about: str = "", **sent: str) -> Response[Any] | None:
    """Return the page that asks once more before what cannot be undone; None when its button was pressed.

    Parameters
    ----------
    kind : str
        Of the question, in the words of access.
    action, sent
        The form, as it is sent again.
    to : str
        Where a no leads.
    about : str
        What it is done to.
    """
    if text_of(visit, "confirm") == "yes":
        return None
    values: dict[str, Any] = {"kind": kind, "action": action, "to": to, "about": about, "sent": sent}
    return answer(visit, "sure.html", title=f"sure.{kind}", **values)


def back(address: str, *, said: str = "") -> Redirect:
    """Return to a page after a form, so that loading it again does nothing twice."""
    return Redirect(f"{address}?said={said}" if said else address, status_code=303)


def said_of(visit: Visit, known: Iterable[str]) -> str | None:
    """Return what the page says about the form before it; only words that the page knows."""
    key = str(visit.request.query_params.get("said", ""))
    return say(visit, f"said.{key}") if key in set(known) else None
