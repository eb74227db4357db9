"""Names and figures as the tables of the terminal write them, in the reader's language."""

from __future__ import annotations

from dataclasses import dataclass
from textwrap import wrap
from typing import TYPE_CHECKING, Any

from promesa import words

if TYPE_CHECKING:
    from collections.abc import Mapping

    Row = Mapping[str, Any]

NAME_LETTERS, FIGURE_LETTERS, REMARK_LETTERS, SHORT_LETTERS = 28, 22, 22, 15
"""What is longer goes on a second line, so that a table fits in 120 columns."""
MILLION = 1_000_000
MINUS = "\u2212"
SMALL_SCORE, SMALL_SHARE, WHOLE_FROM = 0.095, 0.0095, 20.0
"""From which size on a figure needs one decimal less to tell."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """What the tables need to speak.

    Attributes
    ----------
    labels : mapping
        What people call every declared name.
    locale : str
        The reader's.
    """

    labels: Mapping[str, str]
    locale: str

    def say(self, key: str, **values: object) -> str:
        """Return a message of the terminal."""
        return words.say(f"cli.{key}", self.locale, **values)

    def heads(self, *keys: str) -> list[str]:
        """Return headings of columns."""
        return [short(self.say(f"column.{key}")) for key in keys]

    def name(self, value: object) -> str:
        """Return what people call a name, over as many lines as it needs."""
        return "\n".join(wrap(self.plain_name(value), NAME_LETTERS)) or words.NOT_STATED

    def plain_name(self, value: object) -> str:
        """Return what people call a name, on one line."""
        if value is None:
            return words.NOT_STATED
        key = f"report.outcome.{value}"
        said = words.say_or(key, self.locale, otherwise=str(value).replace("_", " "))
        return self.labels.get(str(value), said)

    def feature(self, row: Row, key: str = "feature", kind: str = "kind") -> str:
        """Return what people call something lived; of a touchpoint, that it was met."""
        said = self.plain_name(row.get(key))
        if row.get(kind) == "met":
            said = words.say("drivers.name.met", self.locale, name=said)
        return "\n".join(wrap(said, NAME_LETTERS))

    def who(self, function: object) -> str:
        """Return what people call a function, in a narrow column."""
        return short(self.plain_name(function))

    def one_of(self, prefix: str, value: object) -> str:
        """Return a word of a closed list, such as a stage or a class."""
        key = f"{prefix}.{value}"
        return words.say_or(key, self.locale, otherwise=words.NOT_STATED)

    def figure(self, row: Row | None, *, change: bool = False) -> str:
        """Return an estimate with its interval; a difference is signed, one of fractions in percentage points."""
        if row is None or row.get("estimate") is None:
            return words.NOT_STATED if row is None else self.reason(row)
        unit, estimate = str(row["unit"]), float(row["estimate"])
        ends = [float(end) for end in (row.get("lower"), row.get("upper")) if end is not None]
        like = max(map(abs, [estimate, *ends])) if unit.isupper() else estimate
        figure = self._whole(estimate, unit, change=change, like=like)
        if len(ends) < 2:
            return figure
        span = " \u2026 ".join(self._bare(end, unit, change=change, like=like) for end in ends)
        said = words.say("cli.rows.interval", self.locale, figure=figure, ends=span)
        return said if len(said) <= FIGURE_LETTERS else said.replace(" (", "\n(", 1)

    def point(self, row: Row | None, *, change: bool = False) -> str:
        """Return an estimate without its interval."""
        return self.figure(None if row is None else {**row, "lower": None}, change=change)

    def count(self, row: Row) -> str:
        """Return how many observations stand behind a row."""
        return words.number(row["n"], self.locale)

    def share(self, value: object) -> str:
        """Return a probability or a share in whole percent."""
        return (
            words.percent(float(value), self.locale, decimals=0)
            if isinstance(value, (int, float))
            else words.NOT_STATED
        )

    def unit(self, unit: str) -> str:
        """Return what a unit is called."""
        key = f"unit.{unit}"
        return words.say_or(key, self.locale, otherwise=unit)

    def evidence(self, row: Row) -> str:
        """Return the word for how strong a row is."""
        return words.say(f"evidence.{row['evidence']}", self.locale)

    def reason(self, row: Row) -> str:
        """Return why a row has no figure."""
        note = str(row.get("note") or "no-data")
        rooms = ("impact.reason", "report.note", "chain.whatif.reason", "chain.reason", "value.reason")
        keys = [f"{room}.{note}" for room in rooms]
        known = next((key for key in keys if words.knows(key, self.locale)), None)
        return "\n".join(wrap(words.say(known, self.locale).rstrip("."), NAME_LETTERS)) if known else note

    def _whole(self, value: float, unit: str, *, change: bool, like: float) -> str:
        number = self._bare(value, unit, change=change, like=like)
        if unit == "fraction":
            return words.say("unit.percentage_points", self.locale, value=number) if change else f"{number} %"
        if unit in {"count", "score", "times"}:
            return number
        if unit.isupper():
            large = abs(like) >= 2 * MILLION
            return words.say("report.millions", self.locale, mark=unit, figure=number) if large else f"{unit} {number}"
        return f"{number} {self.unit(unit)}".strip()

    def _bare(self, value: float, unit: str, *, change: bool, like: float) -> str:
        """Return the number alone, with the decimals and the size that `like`, the estimate, asks for."""
        size = abs(like)
        if unit == "fraction":
            value, decimals = 100 * value, 2 if change and size < SMALL_SHARE else 1
        elif unit == "count":
            decimals = 0 if size >= WHOLE_FROM or float(like).is_integer() else 2
        elif unit.isupper():
            in_millions = size >= 2 * MILLION
            value, decimals = value / (MILLION if in_millions else 1), 1 if in_millions else 2 if size < 100 else 0
        elif unit == "times":
            decimals = 2
        elif unit == "score":
            decimals = 3 if change and size < SMALL_SCORE else 2
        else:
            decimals = 1
        rounded = round(value, decimals) or 0.0  # no minus before a zero
        return words.number(rounded, self.locale, decimals=decimals, sign=change).replace("-", MINUS)


def short(text: str) -> str:
    """Return a text for a narrow column, over as many lines as it needs."""
    return "\n".join(wrap(text, SHORT_LETTERS, break_long_words=False))
