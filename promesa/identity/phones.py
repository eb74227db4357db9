"""Phone numbers as E.164, by SQL made from the numbering plans of the library `phonenumbers`."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.identity.folding import among, is_ascii, narrow, word_table

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

# What was dialled before a number of this country once, and is still written; no plan of today has it.
_ONCE_DIALLED = {"MX": "01|04[45]|1"}
# What a mobile's number is written with from abroad and without at home: no other number differs in that alone.
_MARKS_MOBILE = {"AR": "^9([0-9]{10})$"}
_EXTENSION = "(?:ext|anexo|interno|int|ramal|x|#).*$"


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialling:
    """The numbering plan of one country code, as regular expressions over the national number.

    Attributes
    ----------
    region : str
        ISO code of the main country of the code: the United States for all that dial 1.
    valid : str
        Every number there may be.
    prefix : str or None
        What is dialled before a number within the country.
    rule : str or None
        What takes the place of the prefix where its last group matched.
    longest : int
        Digits.
    """

    region: str
    code: str
    valid: str
    prefix: str | None
    rule: str | None
    longest: int


@cache
def dialling(code: int) -> Dialling | None:
    """Return the plan of a country code, or None where there is none."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE, PhoneMetadata

    regions = COUNTRY_CODE_TO_REGION_CODE.get(code)
    plan = PhoneMetadata.metadata_for_region(regions[0], None) if regions else None
    if plan is None or plan.general_desc is None:
        return None
    general = plan.general_desc
    return Dialling(
        region=plan.id,
        code=str(code),
        valid=re.sub(r"\s", "", general.national_number_pattern or r"\d+"),
        prefix=plan.national_prefix_for_parsing,
        rule=plan.national_prefix_transform_rule,
        longest=max(general.possible_length),
    )


@cache
def code_of(country: str) -> int | None:
    """Return the code that one dials for a country, or None where there is none."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    return next((code for code, regions in COUNTRY_CODE_TO_REGION_CODE.items() if country in regions), None)


@cache
def codes_table() -> str:
    """Return SQL of the first three digits after a plus, as a table: start, code."""
    from phonenumbers import COUNTRY_CODE_TO_REGION_CODE

    rows: dict[str, tuple[str | int, ...]] = {
        f"{code}{rest:0{3 - len(str(code))}d}"[:3]: (str(code),)
        for code in sorted(COUNTRY_CODE_TO_REGION_CODE)
        for rest in range(10 ** (3 - len(str(code))))
    }
    return word_table("start, code", rows)


def read_phone(relation: str, *, raw: str, codes_at: str) -> str:
    """Return a relation with a phone's digits and, where it carries one, its country code.

    Parameters
    ----------
    relation : str
        SQL that can stand after FROM.
    raw : str
        Its column with the phone as it was written.
    codes_at : str
        Table that holds `codes_table`.

    Returns
    -------
    str
        SQL that can stand after FROM: the relation with _digits (all of them, without 00) and _code (null: not given).
    """
    text = f"lower(CASE WHEN {is_ascii(raw)} THEN {raw} ELSE {narrow(raw)} END)"
    text = f"regexp_extract({text}, '[^0-9+]*([^;|/,]*)', 1)"
    first = f"regexp_replace(regexp_replace({text}, '{_EXTENSION}', ''), '[.]0$', '')"
    # Digits of a number that went through a spreadsheet as 3.0E+09 are lost.
    cleared = (
        f"CASE WHEN regexp_full_match({raw}, '[-+0-9 ().]*') AND NOT ends_with({raw}, '.0') THEN {raw}"
        f" WHEN regexp_matches({raw}, '[0-9][eE][+]') THEN '' ELSE {first} END"
    )
    cut = f"(SELECT *, {cleared} AS _clear FROM {relation})"
    digits = "regexp_replace(_clear, '[^0-9]+', '', 'g')"
    read = f"(SELECT * EXCLUDE (_clear), starts_with(ltrim(_clear, ' (.-'), '+') AS _plus, {digits} AS _all FROM {cut})"
    abroad = (
        "(SELECT * EXCLUDE (_plus, _all), _plus OR starts_with(_all, '00') AS _abroad,"
        f" CASE WHEN starts_with(_all, '00') THEN substr(_all, 3) ELSE _all END AS _digits FROM {read})"
    )
    started = f"(SELECT *, CASE WHEN _abroad THEN left(_digits, 3) END AS _start FROM {abroad})"
    return (
        f"(SELECT r.* EXCLUDE (_abroad, _start), CASE WHEN _abroad THEN coalesce(c.code, '?') END AS _code"
        f" FROM {started} AS r LEFT JOIN {codes_at} AS c ON c.start = r._start)"
    )


def add_phone(relation: str, *, raw: str, into: str, plans: Iterable[Dialling], ignore: Iterable[str]) -> str:
    """Return a relation of `read_phone` with the phone as E.164.

    Parameters
    ----------
    relation : str
        SQL that can stand after FROM, with _home: the country code of the customer's own country, or null.
    raw, into : str
        Its column with the phone as it was written; what the new column is called.
    plans : iterable of Dialling
        Of every country code in the relation.
    ignore : iterable of str
        Numbers, as E.164, that are nobody's.

    Returns
    -------
    str
        SQL that can stand after FROM: the relation with `into` and why_`into`.
    """
    plans = sorted(plans, key=lambda plan: plan.code)
    planned = f"(SELECT *, coalesce(_code, _home) AS _plan FROM {relation})"
    given = "CASE WHEN _code IS NULL THEN _digits ELSE substr(_digits, length(_code) + 1) END"
    # A number within the country may carry the country's code without a plus.
    coded = "CASE WHEN _code IS NULL AND starts_with(_digits, _plan) THEN substr(_digits, length(_plan) + 1) END"
    parted = f"(SELECT *, {given} AS _given, {coded} AS _coded FROM {planned})"
    bare = (
        f"(SELECT *, {_by_plan(plans, '_given', _without_prefix)} AS _bare,"
        f" {_by_plan(plans, '_coded', _without_prefix)} AS _bare_coded FROM {parted})"
    )
    chosen = f"(SELECT *, {_by_plan(plans, '_given', _chosen)} AS _national FROM {bare})"
    valid = f"CAST({_by_plan(plans, '_national', _fits)} AS BOOLEAN)"
    number = f"'+' || _plan || {_by_plan(plans, '_national', _without_mark)}"
    reason = (
        f"CASE WHEN {raw} IS NULL THEN NULL WHEN {_nobody('_digits')} THEN 'placeholder'"
        f" WHEN _plan IS NULL THEN 'no country' WHEN NOT coalesce({valid}, false) THEN 'unreadable'"
        f" WHEN {_nobody('_national')} THEN 'placeholder' WHEN {among(number, ignore)} THEN 'ignored' END"
    )
    told = f"(SELECT *, {reason} AS why_{into} FROM {chosen})"
    # Where no country is known every number is null, and the engine would make the column one of integers.
    kept = f"CAST(CASE WHEN why_{into} IS NULL THEN {number} END AS VARCHAR)"
    return (
        "(SELECT * EXCLUDE (_digits, _code, _plan, _given, _coded, _bare, _bare_coded, _national),"
        f" {kept} AS {into} FROM {told})"
    )


def _by_plan(plans: Iterable[Dialling], number: str, write: Callable[[Dialling, str], str]) -> str:
    cases = " ".join(f"WHEN {literal(plan.code)} THEN {write(plan, number)}" for plan in plans)
    return f"CASE _plan {cases} END" if cases else "CAST(NULL AS VARCHAR)"


def _fits(plan: Dialling, number: str) -> str:
    return f"regexp_full_match({number}, {literal(plan.valid)})"


def _without_prefix(plan: Dialling, number: str) -> str:
    """Return SQL of a national number without what is dialled before it, as `phonenumbers` takes it off."""
    if plan.prefix is None:
        shorter = number
    elif plan.prefix.isdigit():
        rest = f"substr({number}, {len(plan.prefix) + 1})"
        shorter = f"CASE WHEN starts_with({number}, '{plan.prefix}') THEN {rest} ELSE {number} END"
    else:
        shorter = _replaced(plan, number)
    kept = f"CASE WHEN {_fits(plan, number)} AND NOT {_fits(plan, shorter)} THEN {number} ELSE {shorter} END"
    once = _ONCE_DIALLED.get(plan.region)
    if plan.prefix is None and once is None:
        return number
    if once is None:
        return kept
    old = f"regexp_replace({number}, '^(?:{once})', '')"
    return f"CASE WHEN NOT {_fits(plan, number)} AND {_fits(plan, old)} THEN {old} ELSE {number} END"


def _replaced(plan: Dialling, number: str) -> str:
    start = literal(f"^(?:{plan.prefix})")
    groups = re.compile(str(plan.prefix)).groups
    off = f"regexp_replace({number}, {start}, '')"
    if plan.rule is None or groups == 0:
        return off
    matched = f"regexp_extract({number}, {start}, {groups}) <> ''"
    return f"CASE WHEN {matched} THEN regexp_replace({number}, {start}, {literal(plan.rule)}) ELSE {off} END"


def _without_mark(plan: Dialling, number: str) -> str:
    mark = _MARKS_MOBILE.get(plan.region)
    return f"regexp_replace({number}, {literal(mark)}, '\\1')" if mark else number


def _chosen(plan: Dialling, number: str) -> str:
    """Return SQL of the national number: without the country's code where only so it is a number."""
    coded = f"(NOT {_fits(plan, number)} AND {_fits(plan, '_bare_coded')}) OR length({number}) > {plan.longest}"
    return f"CASE WHEN _bare_coded IS NOT NULL AND ({coded}) THEN _bare_coded ELSE _bare END"


def _nobody(number: str) -> str:
    """Tell a number that forms are filled with: 3000000000, 999999999, 123456789."""
    end = f"right({number}, 7)"
    return (
        f"length({number}) < 5 OR replace({end}, left({end}, 1), '') = ''"
        f" OR contains('01234567890123', {number}) OR contains('98765432109876', {number})"
    )
