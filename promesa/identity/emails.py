"""E-mail addresses made comparable, and those that are nobody's left out."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.identity.folding import among, is_ascii, narrow, one_letter_over, word_set, word_table

if TYPE_CHECKING:
    from collections.abc import Iterable

_PLAIN = "[a-z0-9._%+-]+@(?:[a-z0-9-]+[.])+[a-z]{2,}"
_ANY = "[^@ ]+@(?:[\\pL\\pN-]+[.])+[\\pL]{2,}"
# Ways in which the large providers are mistyped. Only spellings that are no provider of their own.
_MISTYPED = {
    "gmail.com": "gmail.con gmail.co gmail.cm gmail.om gmail.comm gmail.vom gmail.es gmail.com.co gmail.com.mx"
    " gmail.com.br gmail.con.co gmial.com gmai.com gmal.com gmil.com gamil.com gnail.com gmaill.com gmsil.com"
    " gemail.com gmailcom.com gimail.com googlemail.com",
    "hotmail.com": "hotmail.con hotmail.co hotmail.cm hotmail.om hotmail.comm hotmial.com hotmal.com hotmai.com"
    " hotmil.com hotamil.com hotmaill.com homail.com hormail.com hotnail.com otmail.com htmail.com hotmsil.com",
    "outlook.com": "outlook.con outlook.co outlook.cm outlok.com outloo.com oulook.com outloock.com outllok.com"
    " autlook.com outlool.com",
    "yahoo.com": "yahoo.con yahoo.co yahoo.cm yaho.com yahooo.com yhoo.com yahho.com yaoo.com",
    "icloud.com": "icloud.con icloud.co iclod.com iclou.com icoud.com",
}
_NOBODY_DOMAINS = word_set(
    "tiene.com notiene.com notiene.es notiene.co sincorreo.com sincorreo.es sinemail.com noemail.com nomail.com"
    " nocorreo.com noaplica.com nada.com ninguno.com ejemplo.com ejemplo.es"
    " exemplo.com test.com prueba.com pruebas.com teste.com none.com null.com noreply.com dominio.com domain.com"
    " xxx.com xx.com asdf.com aaa.com naotem.com sememail.com"
)
_NOBODY_USERS = word_set(
    "no na nn nd test tests testing teste prueba pruebas notiene notienecorreo notieneemail notienemail notengo"
    " nodisponible sincorreo sinemail sinmail noemail nocorreo nomail noreply donotreply ninguno none null nobody"
    " nadie desconocido unknown anonimo anonymous example ejemplo exemplo asdf asdfg qwerty abc xxx noaplica"
    " nosabe noinforma noregistra"
    " sindatos sindato pendiente naotem sememail naopossui semcorreio usuario cliente customer"
)
_NOBODY_STARTS = ("notiene", "sincorreo", "sinemail", "noemail", "notengo", "naotem")


def domains_table() -> str:
    """Return SQL of the domains that are mistyped or nobody's, as a table: domain, right, nobody."""
    rows: dict[str, tuple[str | int, ...]] = {
        wrong: (right, False) for right, typed in _MISTYPED.items() for wrong in typed.split()
    }
    return word_table("domain, right_one, nobody", rows | {domain: (domain, True) for domain in _NOBODY_DOMAINS})


def add_email(relation: str, *, raw: str, into: str, domains_at: str, ignore: Iterable[str]) -> str:
    """Return a relation with an e-mail address made comparable.

    Parameters
    ----------
    relation : str
        SQL that can stand after FROM.
    raw, into : str
        Its column with the address as it was written; what the new columns are called.
    domains_at : str
        Table that holds `domains_table`.
    ignore : iterable of str
        Addresses, made comparable, that are nobody's.

    Returns
    -------
    str
        SQL that can stand after FROM: the relation with `into`, `into`_user and why_`into`.
    """
    read = f"(SELECT *, {_address(raw)} AS _email FROM {relation})"
    user, domain = "split_part(split_part(_email, '@', 1), '+', 1)", "split_part(_email, '@', 2)"
    parted = f"(SELECT *, {user} AS _user, {domain} AS _typed FROM {read})"
    right = (
        f"(SELECT r.*, coalesce(d.right_one, r._typed) AS _domain, coalesce(d.nobody, false) AS _nobody"
        f" FROM {parted} AS r LEFT JOIN {domains_at} AS d ON d.domain = r._typed)"
    )
    local = "CASE WHEN _domain = 'gmail.com' THEN replace(_user, '.', '') ELSE _user END"
    whole = (
        f"(SELECT * EXCLUDE (_user), {local} AS _user, translate(_user, '._-%', '') AS _letters,"
        f" split_part(_domain, '.', 1) AS _label FROM {right})"
    )
    address = "_user || '@' || _domain"
    reason = (
        f"CASE WHEN {raw} IS NULL THEN NULL WHEN _email IS NULL THEN 'unreadable'"
        f" WHEN {_nobody()} THEN 'placeholder' WHEN {among(address, ignore)} THEN 'ignored' END"
    )
    told = f"(SELECT *, {reason} AS why_{into} FROM {whole})"
    used = f"why_{into} IS NULL AND _email IS NOT NULL"
    return (
        f"(SELECT * EXCLUDE (_email, _typed, _domain, _nobody, _user, _letters, _label),"
        f" CASE WHEN {used} THEN {address} END AS {into},"
        f" CASE WHEN {used} THEN _letters END AS {into}_user FROM {told})"
    )


def _address(raw: str) -> str:
    """Read the address in a cell: most stand there plainly, the others may be wrapped in all sorts of things."""
    text = f"CASE WHEN {is_ascii(raw)} THEN lower({raw}) ELSE lower({narrow(raw)}) END"
    text = f"regexp_replace({text}, '^.*<([^<>]*)>.*$', '\\1')"
    text = f"replace({text}, 'mailto:', '')"
    text = f"regexp_replace({text}, ' *[(\\[{{] *(?:at|arroba) *[)\\]}}] *| +(?:at|arroba) +', '@')"
    text = f"regexp_replace({text}, ' *[(\\[{{] *(?:dot|punto|ponto) *[)\\]}}] *| +(?:dot|punto|ponto) +', '.', 'g')"
    text = f"regexp_extract({text}, '^[\\s,;/]*([^,;/]*)', 1)"
    text = f"trim(regexp_replace({text}, '[\\s\"''<>()]+', '', 'g'), '.:')"
    plain = f"regexp_full_match({raw}, '{_PLAIN}')"
    return (
        f"CASE WHEN {plain} THEN {raw} WHEN regexp_full_match(lower({raw}), '{_PLAIN}') THEN lower({raw})"
        f" ELSE nullif(regexp_extract({text}, '^{_ANY}$'), '') END"
    )


def _nobody() -> str:
    """Tell an address that forms are filled with when there is none, such as no@tiene.com, test@test.com, x@x.com."""
    starts = " OR ".join(f"starts_with(_letters, '{start}')" for start in _NOBODY_STARTS)
    return (
        f"_nobody OR _letters = '' OR ends_with(_domain, '.invalid') OR {among('_letters', _NOBODY_USERS)} OR {starts}"
        f" OR (length(_letters) >= 3 AND {one_letter_over('_letters')})"
        " OR (_letters = _label AND (length(_label) <= 3 OR _label IN ('email', 'mail', 'correo')))"
        " OR (length(_letters) = 1 AND length(_label) = 1)"
    )
