"""Home by mail: chosen on the page of the account, ended by the link in each mail."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, post, route
from litestar.params import PathParameter

from promesa.errors import PromesaError
from promesa.outgoing import choose_mailing, end_mailing, mailing_of
from promesa.web.account_page import answer, back, gate_of, say, text_of
from promesa.web.account_pages import here, refuse_account
from promesa.web.gate import BY_LINK, SIGNED_IN, utc_now
from promesa.web.mailing import token_fits
from promesa.web.rendering import Asked, Visit  # noqa: TC001 - read when the application is put together
from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from promesa.outgoing import Mailing

TOKEN = Annotated[str, PathParameter(max_length=200)]
NEVER = "never"


@post("/account/mailing", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def mailing_form(visit: Asked) -> Response[Any]:
    """Keep how often, when and in which language Home comes by mail; or end it."""
    person, often = here(visit).id, text_of(visit, "often")
    hour, locale = text_of(visit, "hour"), text_of(visit, "locale")
    with gate_of(visit).database.begin() as connection:
        if often == NEVER:
            end_mailing(connection, person)
            return back("/account", said="mailing_ended")
        try:
            choose_mailing(
                connection,
                person,
                often=often,
                hour=int(hour) if hour.isdecimal() and len(hour) < 3 else -1,
                zone=text_of(visit, "zone").strip(),
                locale=locale if locale in LANGUAGES else here(visit).locale,
                now=utc_now(),
            )
        except PromesaError:
            wrong = say(visit, "mailing.wrong")
        else:
            return back("/account", said="mailing")
    return refuse_account(visit, wrong, form="mailing", field="zone")


@route("/mail/{token:str}", http_method=["GET", "POST"], opt=BY_LINK, status_code=200, sync_to_thread=True)
def mailing_page(visit: Asked, token: TOKEN) -> Response[Any]:
    """Ask whether the mails are to end, so that a program that follows links ends nothing; end them when it is sent.

    It is sent by the button of the page, or by the one click of a mail program (RFC 8058).
    """
    found = _found(visit, token)
    if found is None or visit.request.method != "POST":
        return _answer(visit, token, known=found is not None)
    with gate_of(visit).database.begin() as connection:
        end_mailing(connection, found.person)
    return answer(visit, "mail.html", title="mailing.title", told=say(visit, "mailing.ended"), token=None)


def _answer(visit: Visit, token: str, *, known: bool) -> Response[Any]:
    told = say(visit, "mailing.sure" if known else "mailing.over")
    status = 200 if known else 410
    return answer(visit, "mail.html", title="mailing.title", status=status, told=told, token=token if known else None)


def _found(visit: Visit, token: str) -> Mailing | None:
    number = token.partition(".")[0]
    gate = gate_of(visit)
    with gate.database.begin() as connection:
        mailing = mailing_of(connection, int(number)) if number.isdecimal() and len(number) < 18 else None
    return mailing if token_fits(gate.key, mailing, token) else None


ROUTES = (mailing_form, mailing_page)
