"""SQL that turns the text of a cell into its kind, and gives null for text that does not fit.

The engine's own casts are too willing (3.5 becomes the whole number 4, 1_000 becomes 1000, an offset is dropped), so
that a pattern guards each of them.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from promesa.engine import literal
from promesa.sources.cells import sign_patterns

if TYPE_CHECKING:
    from promesa.sources.decisions import DateForm, Decision

BLANKS = " \t\u00a0"
TRUE_WORDS = ("true", "t", "yes", "y", "sí", "si", "s", "verdadero", "v", "1")
FALSE_WORDS = ("false", "f", "no", "n", "falso", "0")
_CLOCK = r"[ T]([01]?[0-9]|2[0-3]):[0-5][0-9](:[0-5][0-9](\.[0-9]{1,9})?)?"
_HALF_CLOCK = r"[ T](0?[1-9]|1[0-2]):[0-5][0-9](:[0-5][0-9])? ?[AaPp]\.? ?[Mm]\.?"
_MIDNIGHT = r"([ T]0?0:00(:00(\.0+)?)?)?"
_ZONE = r" ?(Z|[+-][0-9]{2}(:?[0-9]{2})?)"
_EXPONENT = r"[0-9]+\.?[0-9]*[eE][+-][0-9]{1,3}|[0-9]+\.[0-9]*[eE][0-9]{1,3}"
_LETTERS = {
    "Y": "[1-9][0-9]{3}",
    "y": "[0-9]{2}",
    **dict.fromkeys("mdHIMS", "[0-9]{1,2}"),
    "j": "[0-9]{1,3}",
    "f": "[0-9]{1,6}",
    "p": "[AaPp][Mm]",
    "z": "(Z|[+-][0-9]{2}:?[0-9]{2})",
    "b": "[A-Za-z]{3}",
    "B": "[A-Za-z]+",
    "a": "[A-Za-z]{3}",
    "A": "[A-Za-z]+",
    "%": "%",
}


def trimmed(raw: str) -> str:
    """Return SQL for a cell without the blanks around it."""
    return f"trim({raw}, {literal(BLANKS)})"


def typed(
    raw: str, decision: Decision, *, zone: str | None, company_zone: str, money_signs: tuple[str, ...] = ()
) -> str:
    """Return SQL that is null where the cell is null or does not fit.

    Parameters
    ----------
    raw : str
        SQL of the cell's text.
    zone : str or None
        Declared zone of the local times; with it, or with offsets in the cells, times are instants.
    company_zone : str
        Zone of the cells without an offset in a column where others have one.
    money_signs : tuple of str
        Marks of the company's currency, which a declared number may carry.
    """
    if decision.kind == "text":
        return raw
    cells = [raw, trimmed(raw)]  # to trim costs more than to cast, and few cells need it
    if money_signs and decision.how == "declared" and decision.kind in ("whole", "number"):
        cells.append(_without_sign(trimmed(raw), money_signs))
    return f"coalesce({', '.join(_fitting(cell, decision, zone, company_zone) for cell in cells)})"


def _without_sign(cell: str, money_signs: tuple[str, ...]) -> str:
    before, after = sign_patterns(money_signs)
    return rf"regexp_replace(regexp_replace({cell}, {literal(before)}, '\1'), {literal(after)}, '')"


def _fitting(cell: str, decision: Decision, zone: str | None, company_zone: str) -> str:
    if decision.kind == "whole":
        return _whole(cell, decision)
    if decision.kind == "number":
        return _number(cell, decision)
    if decision.kind == "yes_no":
        return _yes_no(cell, decision)
    if decision.kind == "day" and decision.dates:
        return _day(cell, decision.dates, declared=decision.how == "declared")
    if decision.kind == "time" and decision.dates:
        local = _time(cell, decision.dates)
        if not decision.zoned:
            return f"timezone({literal(zone)}, {local})" if zone else local
        instant = _instant(cell, decision.dates)
        return f"coalesce({instant}, timezone({literal(zone or company_zone)}, {local}))"
    return "NULL"


def _guarded(cell: str, pattern: str, value: str) -> str:
    return f"CASE WHEN regexp_full_match({cell}, {literal(pattern)}) THEN {value} END"


def _whole(cell: str, decision: Decision) -> str:
    if decision.how == "detected":
        return _guarded(cell, "[+-]?(0|[1-9][0-9]{0,18})", f"TRY_CAST({cell} AS BIGINT)")
    if decision.comma:
        digits = f"split_part(replace({cell}, '.', ''), ',', 1)"
        pattern = r"[+-]?([0-9]{1,3}(\.[0-9]{3})+|[0-9]{1,19})(,0*)?"
        return _guarded(cell, pattern, f"TRY_CAST({digits} AS BIGINT)")
    return _guarded(cell, r"[+-]?[0-9]{1,19}(\.0*)?", f"TRY_CAST(split_part({cell}, '.', 1) AS BIGINT)")


def _number(cell: str, decision: Decision) -> str:
    """Return a finite double; a detected column takes no leading zeros, because they mean a code."""
    declared = decision.how == "declared"
    digits = "[0-9]+" if declared else "(0|[1-9][0-9]*)"
    exponent = r"[0-9]+\.?[0-9]*[eE][+-]?[0-9]{1,3}" if declared else _EXPONENT
    if decision.comma:
        pattern = rf"[+-]?([1-9][0-9]{{0,2}}(\.[0-9]{{3}})+|{digits})(,[0-9]*)?"
        text = f"replace(replace({cell}, '.', ''), ',', '.')"
    else:
        grouped = r"|[1-9][0-9]{0,2}(,[0-9]{3})+(\.[0-9]*)?" if decision.grouped else ""
        pattern = rf"[+-]?({digits}(\.[0-9]*)?|\.[0-9]+|{exponent}{grouped})"
        text = f"replace({cell}, ',', '')" if decision.grouped else cell
    value = f"TRY_CAST({text} AS DOUBLE)"
    return f"CASE WHEN regexp_full_match({cell}, {literal(pattern)}) AND isfinite({value}) THEN {value} END"


def _yes_no(cell: str, decision: Decision) -> str:
    declared = decision.how == "declared"
    # Patterns, because the engine would join with a long list of words.
    yes = literal("|".join(TRUE_WORDS if declared else ("true",)))
    no = literal("|".join(FALSE_WORDS if declared else ("false",)))
    word = f"lower({cell})"
    return f"CASE WHEN regexp_full_match({word}, {yes}) THEN true WHEN regexp_full_match({word}, {no}) THEN false END"


def _day(cell: str, form: DateForm, *, declared: bool) -> str:
    if form.own:
        return _guarded(cell, _own_pattern(form.own), f"CAST(try_strptime({cell}, {literal(form.own)}) AS DATE)")
    # A declared day may be written with a clock at midnight, as databases export it; another hour would be lost.
    pattern = _day_pattern(form) + (_MIDNIGHT if declared else "")
    return _guarded(cell, pattern, f"TRY_CAST({_iso(cell, form)} AS DATE)")


def _time(cell: str, form: DateForm) -> str:
    if form.own:
        return _guarded(cell, _own_pattern(form.own), f"try_strptime({cell}, {literal(form.own)})")
    iso, day = _iso(cell, form), _day_pattern(form)
    plain = _guarded(cell, f"{day}({_CLOCK})?", f"TRY_CAST({iso} AS TIMESTAMP)")
    if not form.half_days:
        return plain
    spelt = rf"regexp_replace(replace(lower({iso}), 't', ' '), ' ?([ap])\.? ?m\.?$', ' \1m')"
    formats = "['%Y-%m-%d %I:%M:%S %p', '%Y-%m-%d %I:%M %p']"
    return f"coalesce({plain}, {_guarded(cell, day + _HALF_CLOCK, f'try_strptime({spelt}, {formats})')})"


def _instant(cell: str, form: DateForm) -> str:
    if form.own:
        return f"CAST({_time(cell, form)} AS TIMESTAMPTZ)"
    joined = rf"regexp_replace({_iso(cell, form)}, '{_ZONE}$', '\1')"
    # The engine wants seconds before an offset.
    whole = rf"regexp_replace({joined}, '^(\S+[ T][0-9]+:[0-9]+)(Z|[+-].*)$', '\1:00\2')"
    return _guarded(cell, _day_pattern(form) + _CLOCK + _ZONE, f"TRY_CAST({whole} AS TIMESTAMPTZ)")


def _day_pattern(form: DateForm) -> str:
    sep = re.escape(form.sep)
    year, part = ("[1-9][0-9]{3}", "[0-9]{1,2}") if form.digits == 4 else ("[0-9]{2}", "[0-9]{2}")
    parts = (year, part, part) if form.order == "ymd" else (part, part, year)
    return sep.join(parts)


def _iso(cell: str, form: DateForm) -> str:
    """Return SQL that writes the day in front as year-month-day."""
    sep = re.escape(form.sep)
    if form.order == "ymd":
        return cell if form.sep == "-" else rf"regexp_replace({cell}, '^([0-9]+){sep}([0-9]+){sep}', '\1-\2-')"
    swapped = r"-\2-\1" if form.order == "dmy" else r"-\1-\2"
    # Day and month have two digits at most: a year that stands in front already is not taken for a day.
    front = f"^([0-9]{{1,2}}){sep}([0-9]{{1,2}}){sep}"
    if form.digits == 4:
        return f"regexp_replace({cell}, '{front}([0-9]{{4}})', '\\3{swapped}')"
    # As strptime has it: 69 to 99 are of the last century.
    recent = f"regexp_replace({cell}, '{front}([0-5][0-9]|6[0-8])', '20\\3{swapped}')"
    return f"regexp_replace({recent}, '{front}([0-9]{{2}})', '19\\3{swapped}')"


def _own_pattern(pattern: str) -> str:
    """Return the regular expression of a declared strptime format."""
    parts = re.split(r"%-?(.)", pattern)
    joined = len([text for text in parts[2:-1:2] if not text]) > 0
    letters = {**_LETTERS, **dict.fromkeys("mdHIMS", "[0-9]{2}")} if joined else _LETTERS
    return "".join(letters.get(part, ".+") if place % 2 else re.escape(part) for place, part in enumerate(parts))
