"""Numbers of documents, loyalty cards and the like made comparable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.identity.folding import among, one_letter_over

if TYPE_CHECKING:
    from collections.abc import Iterable

# What kind of document it is, written before its number.
_KINDS = (
    "PASAPORTE|PASSPORT|PASSAPORTE|DOCUMENTO|CEDULA|NUMERO|CNPJ|CURP|CUIT|CUIL|CED|CPF|DNI|DOC|DPI|DUI|IFE|INE|NIE|NIF"
    "|NIT|NRO|NUM|PAS|PEP|PPT|RFC|RUC|RUN|RUT|SSN|CC|CE|CI|CIF|ID|NO|PA|PP|RC|RG|TI|N"
)
_RISING, _FALLING = "0123456789" * 2, "9876543210" * 2


# A Spanish identity card, or a foreigner's: the letter at the end follows from the number and is often left out.
_SPAIN, _SPANISH = "34", "^([0-9]{6,8}|[XYZ][0-9]{7})[A-Z]$"


def add_document(
    relation: str, *, raw: str, into: str, ignore: Iterable[str], home: str = "CAST(NULL AS VARCHAR)"
) -> str:
    """Return a relation with a document's number made comparable: capital letters and digits, no zeros before.

    Parameters
    ----------
    relation : str
        SQL that can stand after FROM.
    raw, into : str
        Its column with the number as it was written; what the new column is called.
    ignore : iterable of str
        Numbers, made comparable, that are nobody's.
    home : str
        SQL of the code that one dials for the customer's own country; without it no document is read as that of a
        country.

    Returns
    -------
    str
        SQL that can stand after FROM: the relation with `into` and why_`into`.
    """
    # A number that went through a spreadsheet: 12345678.0, or 1.2E+09, of which digits are lost.
    whole = f"CASE WHEN ends_with({raw}, '.0') THEN left({raw}, -2) ELSE {raw} END"
    lost = f"regexp_matches({raw}, '^[0-9][.,][0-9]+[eE][+]')"
    signs = f"regexp_replace(upper(strip_accents({whole})), '[^0-9A-Z]+', '', 'g')"
    cleaned = f"(SELECT *, ltrim({signs}, '0') AS _signs FROM {relation})"
    bare = f"regexp_replace(_signs, '^(?:0|{_KINDS})+([XYZ]?[1-9][0-9]*[A-Z]?)$', '\\1')"
    number = f"CASE WHEN {home} = '{_SPAIN}' THEN regexp_replace({bare}, '{_SPANISH}', '\\1') ELSE {bare} END"
    read = f"(SELECT * EXCLUDE (_signs), {number} AS _number FROM {cleaned})"
    reason = (
        f"CASE WHEN {raw} IS NULL THEN NULL"
        f" WHEN length(_number) < 4 OR {one_letter_over('_number')} OR NOT regexp_matches(_number, '[0-9]')"
        f" OR contains('{_RISING}', _number) OR contains('{_FALLING}', _number) THEN 'placeholder'"
        f" WHEN {lost} THEN 'unreadable' WHEN {among('_number', ignore)} THEN 'ignored' END"
    )
    told = f"(SELECT *, {reason} AS why_{into} FROM {read})"
    return (
        f"(SELECT * EXCLUDE (_number), CASE WHEN why_{into} IS NULL THEN nullif(_number, '') END AS {into} FROM {told})"
    )
