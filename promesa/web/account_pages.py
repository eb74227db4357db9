"""The own account: name, password, second factor, sessions, tokens."""

from __future__ import annotations

from datetime import UTC, timedelta
from typing import TYPE_CHECKING, Any

from litestar import Response, get, post
from markupsafe import Markup

from promesa import words
from promesa.access import (
    SCOPES,
    Enrolment,
    begin_second_factor,
    change_password,
    change_profile,
    check_password,
    close_listed,
    confirm_second_factor,
    continue_second_factor,
    count_recovery_codes,
    list_sessions,
    list_tokens,
    make_token,
    remove_second_factor,
    revoke_token,
    session_id,
)
from promesa.errors import AccessDenied, LinkExpired, PromesaError, SignInRefused
from promesa.outgoing import OFTEN, mailing_of, zones
from promesa.web.account_page import (
    answer,
    back,
    gate_of,
    said_of,
    say,
    sure,
    text_of,
    texts_of,
    wrong_field,
    wrong_words,
)
from promesa.web.gate import SIGNED_IN, utc_now
from promesa.web.rendering import Asked  # noqa: TC001 - read when the application is put together
from promesa.words import LANGUAGES

if TYPE_CHECKING:
    from datetime import datetime

    from promesa.access import Person
    from promesa.web.rendering import Visit

_SAID = ("profile", "factor_off", "session", "token_revoked", "mailing", "mailing_ended")
_DAYS = ("30", "90", "365")


def here(visit: Visit) -> Person:
    """Return who is signed in."""
    assert visit.person is not None  # noqa: S101 (the gate lets nobody else through)
    return visit.person


@get("/account", opt=SIGNED_IN, sync_to_thread=True)
def account_page(visit: Asked) -> Response[Any]:
    """Show the own account."""
    return show_account(visit)


def refuse_account(visit: Visit, wrong: str, *, form: str = "", field: str = "") -> Response[Any]:
    """Return the page with what is wrong beside its field, and the form of it as it was filled in."""
    return show_account(visit, status=422, wrong=wrong, field=field, form=form)


def show_account(
    visit: Visit, *, status: int = 200, wrong: str | None = None, field: str = "", form: str = ""
) -> Response[Any]:
    """Return the page of the account; `field` is the one that `wrong` is about, `form` the one that was sent."""
    person = here(visit)
    with gate_of(visit).database.begin() as connection:
        sessions = list_sessions(connection, person.id, now=utc_now())
        tokens = [token for token in list_tokens(connection, person.id) if token.revoked_at is None]
        codes = count_recovery_codes(connection, person)
        mailing = mailing_of(connection, person.id)
    scopes = [scope for scope in SCOPES if scope != "intake" and (scope != "personal" or person.personal_data)]
    return answer(
        visit,
        "account.html",
        title="account.title",
        status=status,
        wrong=wrong,
        field=field,
        sent={form: visit.form} if form else {},
        functions=_labels(visit, person),
        said=said_of(visit, _SAID),
        person=person,
        sessions=sessions,
        this=session_id(visit.session or ""),
        tokens=tokens,
        codes=codes,
        scopes=scopes,
        languages=LANGUAGES,
        days=_DAYS,
        mailing=mailing,
        next_mail=_clock(mailing.next_at, mailing.zone, visit.locale) if mailing else None,
        mails=visit.site.workspace.service.mail is not None,
        often=OFTEN,
        zone=mailing.zone if mailing else visit.site.workspace.time_zone,
        zones=sorted(zones()),
    )


def _labels(visit: Visit, person: Person) -> list[str]:
    """Return what the functions of an owner are called."""
    known = visit.site.workspace.model.functions
    return [known[name].label.in_locale(visit.locale) if name in known else name for name in person.functions]


def _clock(at: datetime, zone: str, locale: str) -> str:
    """Return an instant of UTC as a clock of that zone shows it."""
    return words.instant(at.replace(tzinfo=UTC), zone, locale)


@post("/account/profile", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def profile_form(visit: Asked) -> Response[Any]:
    """Change name and language."""
    try:
        with gate_of(visit).database.begin() as connection:
            change_profile(connection, here(visit), name=text_of(visit, "name"), locale=text_of(visit, "locale"))
    except PromesaError as error:
        wrong = say(visit, "wrong.name") if wrong_field(name=text_of(visit, "name")) else wrong_words(visit, error)
        return refuse_account(visit, wrong, form="profile", field="name")
    return back("/account", said="profile")


@post("/account/password", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def password_form(visit: Asked) -> Response[Any]:
    """Change the password; every session ends."""
    gate = gate_of(visit)
    try:
        with gate.database.begin() as connection:
            current, new = text_of(visit, "current"), text_of(visit, "password")
            change_password(connection, here(visit), current=current, new=new, now=utc_now())
    except SignInRefused:
        return refuse_account(visit, say(visit, "wrong.current"), field="current")
    except PromesaError as error:
        return refuse_account(visit, wrong_words(visit, error), field="password")
    left = back("/sign-in", said="password")
    left.set_cookie(gate.session_cookie(None))
    return left


@post("/account/second-factor", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def begin_factor_form(visit: Asked) -> Response[Any]:
    """Show the secret of a second factor as a picture and as text."""
    gate, company = gate_of(visit), visit.site.workspace.company
    try:
        with gate.database.begin() as connection:
            check_password(connection, here(visit), text_of(visit, "current"))
            begun = begin_second_factor(connection, gate.key, here(visit), company=company, now=utc_now())
    except SignInRefused:
        return refuse_account(visit, say(visit, "wrong.current"), field="current-factor")
    return _enrolment(visit, begun)


def _enrolment(visit: Visit, begun: Enrolment, *, wrong: str | None = None) -> Response[Any]:
    import segno

    drawn = segno.make(begun.uri, error="m").svg_inline(scale=5, border=4, dark="#000", light="#fff", omitsize=True)
    status = 422 if wrong else 200
    shown = {"token": begun.token, "secret": begun.secret, "picture": Markup(drawn)}  # noqa: S704 (own)
    return answer(
        visit,
        "second_factor.html",
        title="factor.title",
        status=status,
        wrong=wrong,
        field="code" if wrong else "",
        **shown,
    )


@post("/account/second-factor/confirm", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def confirm_factor_form(visit: Asked) -> Response[Any]:
    """Put the second factor in force and show the recovery codes."""
    gate, person, token = gate_of(visit), here(visit), text_of(visit, "token")
    company = visit.site.workspace.company
    try:
        with gate.database.begin() as connection:
            code = text_of(visit, "code")
            codes = confirm_second_factor(connection, gate.key, person, token=token, code=code, now=utc_now())
    except LinkExpired:
        return refuse_account(visit, say(visit, "wrong.factor_over"), field="current-factor")
    except SignInRefused:
        with gate.database.begin() as connection:
            again = continue_second_factor(connection, gate.key, person, token=token, company=company, now=utc_now())
        return _enrolment(visit, again, wrong=say(visit, "wrong.code"))
    return answer(visit, "once.html", title="factor.codes_title", kind="codes", shown=codes, to="/account")


@post("/account/second-factor/off", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def factor_off_form(visit: Asked) -> Response[Any]:
    """Take the second factor off."""
    person = here(visit)
    try:
        with gate_of(visit).database.begin() as connection:
            check_password(connection, person, text_of(visit, "current"))
            remove_second_factor(connection, person, by=person.actor, now=utc_now())
    except SignInRefused:
        return refuse_account(visit, say(visit, "wrong.current"), field="current-factor")
    return back("/account", said="factor_off")


@post("/account/sessions/close", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def close_session_form(visit: Asked) -> Response[Any]:
    """End another session of one's own."""
    with gate_of(visit).database.begin() as connection:
        close_listed(connection, here(visit).id, text_of(visit, "session"))
    return back("/account", said="session")


@post("/account/tokens", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def make_token_form(visit: Asked) -> Response[Any]:
    """Make a token and show it once."""
    days = text_of(visit, "days")
    ends = utc_now() + timedelta(days=int(days)) if days in _DAYS else None
    try:
        with gate_of(visit).database.begin() as connection:
            name, scopes = text_of(visit, "name"), texts_of(visit, "scope")
            token = make_token(connection, here(visit), name=name, scopes=scopes, expires_at=ends, now=utc_now())
    except PromesaError as error:
        named = wrong_field(name=text_of(visit, "name"))
        wrong = wrong_words(visit, error) if isinstance(error, AccessDenied) else say(visit, "wrong.token_scopes")
        wrong = say(visit, "wrong.token_name") if named else wrong
        return refuse_account(visit, wrong, form="token", field="token-name" if named else "token-scopes")
    return answer(visit, "once.html", title="token.made", kind="token", shown=[token], to="/account")


@post("/account/tokens/revoke", opt=SIGNED_IN, status_code=200, sync_to_thread=True)
def revoke_token_form(visit: Asked) -> Response[Any]:
    """Make one of one's own tokens worthless."""
    person, number = here(visit), text_of(visit, "token")
    if (asked := sure(visit, "token", "/account/tokens/revoke", to="/account#tokens", token=number)) is not None:
        return asked
    try:
        with gate_of(visit).database.begin() as connection:
            chosen = int(number) if number.isdecimal() and len(number) < 18 else -1
            revoke_token(connection, chosen, by=person.actor, person=person.id, now=utc_now())
    except PromesaError as error:
        return show_account(visit, status=422, wrong=wrong_words(visit, error))
    return back("/account", said="token_revoked")


ROUTES = (
    account_page,
    profile_form,
    password_form,
    begin_factor_form,
    confirm_factor_form,
    factor_off_form,
    close_session_form,
    make_token_form,
    revoke_token_form,
)
