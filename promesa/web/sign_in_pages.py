"""Signing in and out, the second factor, a forgotten password, an invitation: the pages before somebody is known."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated, Any

from litestar import Response, get, post
from litestar.background_tasks import BackgroundTask
from litestar.params import PathParameter
from litestar.response import Redirect

from promesa import words
from promesa.access import (
    SignedIn,
    accept_invitation,
    ask_reset,
    close_session,
    finish_sign_in,
    found,
    invited_person,
    look_at,
    reset_password,
    sign_in,
)
from promesa.errors import (
    AccessError,
    InputError,
    LinkExpired,
    MailNotSent,
    PasswordRefused,
    PromesaError,
    SignInRefused,
)
from promesa.outgoing import send_mail
from promesa.web.account_page import answer, back, gate_of, said_of, say, text_of, wrong_field, wrong_words
from promesa.web.gate import LOG, OPEN, SIGNED_IN, utc_now
from promesa.web.rendering import Asked, Visit, is_own

if TYPE_CHECKING:
    from collections.abc import Mapping

Token = Annotated[str, PathParameter()]
# A page and its form have addresses of their own: Litestar 2.25 calls a handler in a thread twice over when two
# handlers share one address.


@get("/sign-in", opt=OPEN, sync_to_thread=True)
def sign_in_page(visit: Asked) -> Response[Any]:
    """Ask for e-mail and password."""
    to = way_back(visit.request.query_params.get("to", "/"))
    if visit.person is not None:
        return Redirect(to)
    said = said_of(visit, ("signed_out", "password", "reset", "code_over"))
    return answer(visit, "sign_in.html", title="sign_in.title", said=said, **_shown(visit, to=to))


def _shown(visit: Visit, *, to: str, email: str = "") -> dict[str, Any]:
    service = visit.site.workspace.service
    return {"to": to, "email": email, "by_mail": service.mail is not None, "by_company": service.oidc is not None}


def way_back(address: str) -> str:
    """Return where to go after signing in: a page of this site, and not one for signing in."""
    return address if is_own(address) and not address.startswith("/sign-") else "/"


def device_of(visit: Visit) -> str:
    """Return what the browser calls itself."""
    return visit.request.headers.get("user-agent", "")


@post("/sign-in/enter", opt=OPEN, status_code=200, sync_to_thread=True)
def sign_in_form(visit: Asked) -> Response[Any]:
    """Sign somebody in, or ask for the code of the second factor."""
    gate, to, email = gate_of(visit), way_back(text_of(visit, "to")), text_of(visit, "email")
    password = text_of(visit, "password")
    try:
        signed = sign_in(
            gate.database, gate.key, email=email, password=password, device=device_of(visit), now=utc_now()
        )
    except SignInRefused as error:
        shown = _shown(visit, to=to, email=email)
        wrong = wrong_words(visit, error)
        return answer(visit, "sign_in.html", title="sign_in.title", status=422, wrong=wrong, **shown)
    if signed.second_factor is not None:
        return answer(visit, "code.html", title="code.title", token=signed.second_factor, to=to)
    return entered(visit, signed, to)


def entered(visit: Visit, signed: SignedIn, to: str) -> Response[Any]:
    """Give the new session to the browser; one that it had before ends."""
    gate = gate_of(visit)
    if (old := visit.request.cookies.get(gate.cookie)) is not None:
        with gate.database.begin() as connection:
            close_session(connection, old)
    answered = back(to)
    answered.set_cookie(gate.session_cookie(signed.session))
    return answered


@post("/sign-in/code", opt=OPEN, status_code=200, sync_to_thread=True)
def code_form(visit: Asked) -> Response[Any]:
    """Sign somebody in by the code of the second factor."""
    gate, to, token = gate_of(visit), way_back(text_of(visit, "to")), text_of(visit, "token")
    code = text_of(visit, "code")
    try:
        signed = finish_sign_in(gate.database, gate.key, token=token, code=code, device=device_of(visit), now=utc_now())
    except AccessError as error:
        refused = isinstance(error, SignInRefused)
        wrong = say(visit, "wrong.sign_in_code") if refused else wrong_words(visit, error)
        shown = {"wrong": wrong, "field": "code", "token": token, "to": to}
        return answer(visit, "code.html", title="code.title", status=422, **shown)
    except LinkExpired:
        return back("/sign-in", said="code_over")
    return entered(visit, signed, to)


@post("/sign-out", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def sign_out_form(visit: Asked) -> Response[Any]:
    """End this session."""
    gate = gate_of(visit)
    with gate.database.begin() as connection:
        close_session(connection, visit.session or "")
    left = back("/sign-in", said="signed_out")
    left.set_cookie(gate.session_cookie(None))
    return left


@get("/forgotten", opt=OPEN, sync_to_thread=True)
def forgotten_page(visit: Asked) -> Response[Any]:
    """Ask for the e-mail that a link is sent to."""
    by_mail = visit.site.workspace.service.mail is not None
    return answer(visit, "forgotten.html", title="forgotten.title", by_mail=by_mail, sent=False)


@post("/forgotten/send", opt=OPEN, status_code=200, sync_to_thread=True)
def forgotten_form(visit: Asked) -> Response[Any]:
    """Send a link, and say the same whether there is such an account or not."""
    by_mail, email = visit.site.workspace.service.mail is not None, text_of(visit, "email")
    shown = answer(visit, "forgotten.html", title="forgotten.title", by_mail=by_mail, sent=True)
    if by_mail:
        # After the answer: how long it takes would tell whether the account exists.
        shown.background = BackgroundTask(_send_reset, visit, email)
    return shown


def _send_reset(visit: Visit, email: str) -> None:
    with gate_of(visit).database.begin() as connection:
        asked = ask_reset(connection, email, now=utc_now())
    if asked is not None:
        person, token = asked
        mail_link(visit, "reset", person.email, name=person.name, path=f"/new-password/{token}", locale=person.locale)


def mail_link(visit: Visit, kind: str, email: str, *, name: str, path: str, locale: str) -> bool:
    """Send a link by mail; tell whether the mail server took it."""
    ws = visit.site.workspace
    link = f"{ws.service.address}{path}"
    hello = words.say("access.mail.hello", locale, name=name)
    said = words.say(f"access.mail.{kind}", locale, company=ws.company, link=link)
    subject = words.say(f"access.mail.{kind}_subject", locale, company=ws.company)
    try:
        send_mail(ws.service, email, subject=subject, text=f"{hello}\n\n{said}\n")
    except (MailNotSent, InputError) as error:
        LOG.error("A mail was not sent: %s", error.got)
        return False
    return True


@get("/new-password/{token:str}", opt=OPEN, sync_to_thread=True)
def new_password_page(visit: Asked, token: Token) -> Response[Any]:
    """Ask for a new password, by the link of an e-mail."""
    with gate_of(visit).database.begin() as connection:
        try:
            look_at(connection, "reset", token, now=utc_now())
        except LinkExpired:
            return _worn_out(visit, "reset")
    return _ask_password(visit, "new_password.title", kind="reset", action=f"/new-password/{token}/keep")


def _ask_password(
    visit: Visit,
    title: str,
    *,
    kind: str,
    action: str,
    known: Mapping[str, str] | None = None,
    wrong: tuple[str, str] | None = None,
) -> Response[Any]:
    """Show the form; `wrong` is a field and what is wrong with it."""
    field, told = wrong or ("", None)
    shown = {"name": "", "email": "", **(known or {}), "kind": kind, "action": action, "wrong": told, "field": field}
    return answer(visit, "new_password.html", title=title, status=422 if wrong else 200, **shown)


def _worn_out(visit: Visit, kind: str) -> Response[Any]:
    """Say that a link opens nothing any more, and where another comes from."""
    by_mail = kind == "reset" and visit.site.workspace.service.mail is not None
    shown = {"told": say(visit, f"worn_out.{kind}"), "again": "/forgotten" if by_mail else ""}
    return answer(visit, "told.html", title="worn_out.title", status=410, **shown)


@post("/new-password/{token:str}/keep", opt=OPEN, status_code=200, sync_to_thread=True)
def new_password_form(visit: Asked, token: Token) -> Response[Any]:
    """Keep a new password; then it is used to sign in."""
    try:
        with gate_of(visit).database.begin() as connection:
            reset_password(connection, token, new=text_of(visit, "password"), now=utc_now())
    except LinkExpired:
        return _worn_out(visit, "reset")
    except InputError as error:
        action, wrong = f"/new-password/{token}/keep", ("password", wrong_words(visit, error))
        return _ask_password(visit, "new_password.title", kind="reset", action=action, wrong=wrong)
    return back("/sign-in", said="reset")


@get("/invitation/{token:str}", opt=OPEN, sync_to_thread=True)
def invitation_page(visit: Asked, token: Token) -> Response[Any]:
    """Ask somebody who was invited for a name and a password; the first administrator for an e-mail too."""
    with gate_of(visit).database.begin() as connection:
        try:
            first = look_at(connection, "invitation", token, now=utc_now()).person is None
            person = None if first else invited_person(connection, token, now=utc_now())
        except LinkExpired:
            return _worn_out(visit, "invitation")
    kind, action = "first" if first else "invitation", f"/invitation/{token}/open"
    known = {"name": person.name, "email": person.email} if person else {}
    return _ask_password(visit, "invitation.title", kind=kind, action=action, known=known)


@post("/invitation/{token:str}/open", opt=OPEN, status_code=200, sync_to_thread=True)
def invitation_form(visit: Asked, token: Token) -> Response[Any]:
    """Open the account."""
    chosen = {"name": text_of(visit, "name"), "password": text_of(visit, "password")}
    email, first = text_of(visit, "email"), False
    try:
        with gate_of(visit).database.begin() as connection:
            first = look_at(connection, "invitation", token, now=utc_now()).person is None
            email = email if first else invited_person(connection, token, now=utc_now()).email
            if first:
                found(connection, token, email=email, **chosen, now=utc_now())
            else:
                accept_invitation(connection, token, **chosen, now=utc_now())
    except LinkExpired:
        return _worn_out(visit, "invitation")
    except PromesaError as error:
        kind, action = "first" if first else "invitation", f"/invitation/{token}/open"
        known, wrong = {"name": chosen["name"], "email": email}, _wrong_account(visit, error, email, chosen["name"])
        return _ask_password(visit, "invitation.title", kind=kind, action=action, known=known, wrong=wrong)
    return back("/sign-in", said="password")


def _wrong_account(visit: Visit, error: PromesaError, email: str, name: str) -> tuple[str, str]:
    """Return the field of a new account that keeps it from being made, and why."""
    if isinstance(error, PasswordRefused):
        return "password", wrong_words(visit, error)
    field = wrong_field(email=email, name=name)
    return field, say(visit, f"wrong.{field or 'founded'}")


ROUTES = (
    sign_in_page,
    sign_in_form,
    code_form,
    sign_out_form,
    forgotten_page,
    forgotten_form,
    new_password_page,
    new_password_form,
    invitation_page,
    invitation_form,
)
