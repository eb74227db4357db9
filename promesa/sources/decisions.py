"""Which kind a column is: from the shapes of its cells and what promesa.toml declares."""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from promesa.sources.cells import ORDERS, WORDLIKE, DateShape, MoneyShape, Shape, shape_of, timed_format
from promesa.sources.shapes import SourceColumn

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from promesa.sources.shapes import How, Kind

# A detected kind may leave this share of cells behind (they are rejected one by one); past it the column is text.
MISFITS_BORNE = 0.05
_FRACTIONS = ("point", "point_three", "comma", "comma_three", "grouped_by_point", "grouped_by_comma")
_USUAL_FORMAT = re.compile(r"%([dmYy])([-/.])%([dmYy])\2%([dmYy])(?:[ T]%H:%M(?::%S(?:\.%f)?)?)?")


@dataclass(frozen=True, slots=True, kw_only=True)
class DateForm:
    """How days are written in a column.

    Attributes
    ----------
    order : str
        ``ymd``, ``dmy``, ``mdy``, or ``own`` for a declared format that is none of these.
    half_days : bool
        Times are written with AM and PM.
    """

    order: str
    sep: str
    digits: int = 4
    half_days: bool = False
    own: str | None = None

    def pattern(self, *, timed: bool, zoned: bool) -> str:
        """Return it in strptime's letters."""
        if self.own:
            return self.own
        letters = {"y": "%Y" if self.digits == 4 else "%y", "m": "%m", "d": "%d"}
        day = self.sep.join(letters[letter] for letter in self.order)
        clock = " %I:%M:%S %p" if self.half_days else " %H:%M:%S"
        return day + (clock if timed else "") + ("%z" if zoned else "")


ISO = DateForm(order="ymd", sep="-")


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """How the cells of a column are read.

    Attributes
    ----------
    comma : bool
        Numbers have a decimal comma.
    grouped : bool
        Numbers with a decimal point may have commas between thousands.
    zoned : bool
        Times carry an offset.
    doubt : str or None
        Code of the warning that what was assumed may be wrong.
    """

    kind: Kind
    how: How
    comma: bool = False
    grouped: bool = False
    dates: DateForm | None = None
    zoned: bool = False
    doubt: str | None = None

    def column(self, name: str, *, zoned: bool) -> SourceColumn:
        """Return the column as the door shows it; `zoned` also counts the zone that the source declares."""
        pattern = None
        if self.dates:
            pattern = self.dates.pattern(timed=self.kind == "time", zoned=self.zoned)
        elif self.comma and self.kind == "number":
            pattern = "1.234,56"
        return SourceColumn(
            name=name, kind=self.kind, how=self.how, format=pattern, zoned=self.kind == "time" and zoned
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What promesa.toml says of how a source writes its cells.

    Attributes
    ----------
    real_dates : bool
        Some cells are dates, as `Raw.real_dates` says. Texts beside them that look like dates are those that the
        spreadsheet could not read, often since it read day and month the other way round: they are never preferred.
    """

    types: Mapping[str, Kind]
    comma: bool | None
    dates: DateForm | None
    money_signs: tuple[str, ...] = ()
    real_dates: bool = False

    @property
    def own_format(self) -> str | None:
        """Return the declared format when it is not one of the usual orders."""
        return self.dates.own if self.dates else None


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sign:
    """Whether the comma is the decimal sign: as declared, as other columns show, as the delimiter makes likely."""

    declared: bool | None
    known: bool | None
    likely: bool


def date_form_of(pattern: str) -> DateForm:
    """Return the form of a declared strptime format."""
    match = _USUAL_FORMAT.fullmatch(pattern)
    order = "".join(match.group(1, 3, 4)).lower() if match else ""
    if match is None or order not in ORDERS:
        return DateForm(order="own", sep="", own=pattern)
    return DateForm(order=order, sep=match[2], digits=2 if "%y" in pattern else 4)


def decision_of(column: SourceColumn) -> Decision:
    """Return how the text of a column is read whose kind a file itself says."""
    dates = ISO if column.kind in ("day", "time") else None
    return Decision(kind=column.kind, how="declared", dates=dates, zoned=column.zoned)


def shapes_of(cells: Mapping[str, int], *, rules: Rules) -> Counter[Shape]:
    """Return how many cells have each shape, from how often each text occurs."""
    counts: Counter[Shape] = Counter()
    for cell, count in cells.items():
        counts[shape_of(cell, own_format=rules.own_format, money_signs=rules.money_signs)] += count
    return counts


def decide_all(columns: Mapping[str, Counter[Shape]], *, rules: Rules, semicolons: bool) -> dict[str, Decision]:
    """Decide every column; what one says of the decimal sign helps where another is in doubt.

    Parameters
    ----------
    columns : mapping of str to Counter
        Shapes of the cells that are not null.
    semicolons : bool
        The file is delimited by semicolons, as where the comma is the decimal sign.
    """
    signs = {_decimal_sign(shapes) for shapes in columns.values()} - {None}
    known = rules.comma if rules.comma is not None or len(signs) != 1 else signs == {"comma"}
    sign = _Sign(declared=rules.comma, known=known, likely=semicolons)
    lowered: dict[str, Kind] = {name.casefold(): kind for name, kind in rules.types.items()}
    return {
        name: _decide(shapes, declared=lowered.get(name.casefold()), sign=sign, rules=rules)
        for name, shapes in columns.items()
    }


def _decimal_sign(shapes: Counter[Shape]) -> str | None:
    comma = shapes["comma"] + shapes["grouped_by_point"]
    point = shapes["point"] + shapes["grouped_by_comma"]
    if comma == point:
        return None
    return "comma" if comma > point else "point"


def _decide(shapes: Counter[Shape], *, declared: Kind | None, sign: _Sign, rules: Rules) -> Decision:
    if declared is None:
        return _detect(shapes, sign=sign, rules=rules)
    if declared in ("day", "time"):
        return _dated(shapes, rules=rules, kind=declared)
    if declared == "number":
        return replace(_numeric(_without_signs(shapes), sign=sign), kind="number", how="declared", doubt=None)
    return Decision(kind=declared, how="declared", comma=declared == "whole" and bool(sign.known))


def _without_signs(shapes: Counter[Shape]) -> Counter[Shape]:
    bare: Counter[Shape] = Counter()
    for shape, count in shapes.items():
        bare[shape.number if isinstance(shape, MoneyShape) else shape] += count
    return bare


def _detect(shapes: Counter[Shape], *, sign: _Sign, rules: Rules) -> Decision:
    text = Decision(kind="text", how="detected")
    total = sum(shapes.values())
    if not total:
        return text
    if shapes["yes_no"] == total:
        return Decision(kind="yes_no", how="detected")
    dated = sum(count for shape, count in shapes.items() if isinstance(shape, DateShape))
    if _mostly(dated, total - dated):
        real = _real_dates(shapes, rules=rules)
        days = sum(count for shape, count in shapes.items() if isinstance(shape, DateShape) and shape.orders)
        if 0 < real < days and not _mostly(real, total - real):
            return replace(text, doubt="dates_and_texts")
        return _dated(shapes, rules=rules, kind=None)
    money = sum(count for shape, count in shapes.items() if isinstance(shape, MoneyShape))
    # Load files of before take the marks of the currency off by themselves, so that only a declared number is read.
    if _mostly(money, total - money):
        return replace(text, doubt="money")
    words = sum(shapes[shape] for shape in WORDLIKE) + shapes["yes_no"] + dated + money
    # One code makes a column of codes: as numbers they would lose their zeros or their last digits.
    if shapes["code"] or shapes["tag"] > 1 or not _mostly(total - words, words):
        return text
    return _numeric(shapes, sign=sign)


def _real_dates(shapes: Counter[Shape], *, rules: Rules) -> int:
    """Return how many cells are dates that need no guess; none where promesa.toml says how dates are written."""
    if not rules.real_dates or rules.dates is not None:
        return 0
    return sum(count for shape, count in shapes.items() if isinstance(shape, DateShape) and _reads(ISO, shape))


def _mostly(fits: float, misfits: float) -> bool:
    if not fits:
        return False
    return not misfits or (misfits <= 1 and fits >= 3) or misfits <= MISFITS_BORNE * (fits + misfits)


def _numeric(shapes: Counter[Shape], *, sign: _Sign) -> Decision:
    number = Decision(kind="number", how="detected", comma=bool(sign.known))
    fractions = {shape for shape in _FRACTIONS if shapes[shape]}
    if not fractions:
        return replace(number, kind="whole")
    own = _decimal_sign(shapes)
    if sign.declared is not None or own is not None:
        comma = sign.declared if sign.declared is not None else own == "comma"
        return replace(number, comma=comma, grouped=not comma and bool({"grouped_by_comma", "comma_three"} & fractions))
    # What is left is 1.234 or 1,234: decimals or thousands, by what the rest of the file does.
    if fractions == {"point_three"}:
        comma = sign.likely if sign.known is None else sign.known
        return replace(number, comma=comma, doubt="ambiguous_decimals" if comma else None)
    if fractions == {"comma_three"} and (sign.known is not None or sign.likely):
        comma = sign.known is not False
        return replace(number, comma=comma, grouped=not comma, doubt="ambiguous_decimals" if comma else None)
    return Decision(kind="text", how="detected", doubt="undecided_decimals")


def _dated(shapes: Counter[Shape], *, rules: Rules, kind: Kind | None) -> Decision:
    """Return the day or time column whose format reads the most cells."""
    dates = {shape: count for shape, count in shapes.items() if isinstance(shape, DateShape)}
    forms = _forms(dates, rules=rules)
    default = rules.dates or ISO
    best = max(forms, key=lambda form: (forms[form], -_rank(form)), default=default)
    best = ISO if _real_dates(shapes, rules=rules) else best
    mine = [shape for shape in dates if _reads(best, shape)]
    own = best.own or ""
    timed = any(shape.timed for shape in mine) or timed_format(own)
    return Decision(
        kind=kind or ("time" if timed else "day"),
        how="declared" if kind else "detected",
        dates=replace(best, half_days=any(shape.half_days for shape in mine)),
        zoned=kind != "day" and (any(shape.zoned for shape in mine) or "%z" in own),
        doubt=_date_doubt(best, forms, unread=[shape for shape in dates if shape not in mine], rules=rules),
    )


def _forms(dates: Mapping[DateShape, int], *, rules: Rules) -> Counter[DateForm]:
    """Return how many cells each form reads; a declared order of day and month leaves out the other one."""
    forms: Counter[DateForm] = Counter()
    for shape, count in dates.items():
        for order in shape.orders:
            own = rules.own_format if order == "own" else None
            if rules.dates is None or order in ("ymd", "own", rules.dates.order):
                forms[DateForm(order=order, sep=shape.sep, digits=shape.digits, own=own)] += count
    return forms


def _reads(form: DateForm, shape: DateShape) -> bool:
    return (shape.sep, shape.digits) == (form.sep, form.digits) and form.order in shape.orders


def _rank(form: DateForm) -> int:
    return ("own", *ORDERS).index(form.order)


def _date_doubt(
    best: DateForm, forms: Mapping[DateForm, int], *, unread: Sequence[DateShape], rules: Rules
) -> str | None:
    if any(shape.orders for shape in unread):
        return "dates_and_texts" if rules.real_dates and best == ISO else "mixed_dates"
    twin = replace(best, order={"dmy": "mdy", "mdy": "dmy"}.get(best.order, best.order))
    ambiguous = rules.dates is None and twin != best and forms.get(twin) == forms.get(best)
    return "day_first" if ambiguous else None


def reads_cell(decision: Decision, cell: str, *, rules: Rules) -> bool:
    """Tell whether a cell has the form of a day or time column, whatever it was rejected for."""
    shape = shape_of(cell, own_format=rules.own_format)
    return isinstance(shape, DateShape) and decision.dates is not None and _reads(decision.dates, shape)


def is_day_in_any_form(cell: str, *, rules: Rules) -> bool:
    """Tell whether a cell is a day that exists, in whatever order."""
    shape = shape_of(cell, own_format=rules.own_format)
    return isinstance(shape, DateShape) and bool(shape.orders)
