"""What would come of it if promises were kept more often, waits were shorter, fewer customers had to call."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.chain.answers import A_YEAR, TOGETHER, answers
from promesa.chain.changes import Change, read_changes
from promesa.chain.system import System, assumption, effect_text
from promesa.errors import NothingAnalysed
from promesa.results import Estimate, Result

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

WHOLE_FROM = 10  # below it a tenth of a customer tells something from nothing


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf(Result):
    """What each change would do to each outcome; see `what_if`.

    Attributes
    ----------
    changes : tuple of Change
        What is moved, from where to where.
    confounders : tuple of str
        What the effects are adjusted for, besides what was lived earlier.
    kinds : dict of str to str
        Kind of each outcome.
    """

    changes: tuple[Change, ...]
    confounders: tuple[str, ...]
    kinds: dict[str, str]

    def summary(self, locale: str = "en") -> str:
        """Say what each change would do, then all together, and what that rests on."""
        said = [self._sentence(change, locale) for change in self.changes]
        if len(self.changes) > 1:
            said += [words.say("chain.whatif.all", locale, effects=self._effects(TOGETHER, locale))]
            said += [self._extra(row, locale) for row in self.estimates if row.measure == "synergy"]
        said.append(assumption(list(self.confounders), self.labels, locale))
        return " ".join(said)

    def _sentence(self, change: Change, locale: str) -> str:
        condition = words.say(
            f"chain.whatif.if.{'share' if change.kind == 'element' and change.yes_no else change.kind}",
            locale,
            feature=self.label(change.name, locale),
            before=_level(change.before, change, locale),
            after=_level(change.after, change, locale),
        )
        return words.say(
            "chain.whatif.sentence", locale, condition=condition, effects=self._effects(change.name, locale)
        )

    def _effects(self, feature: str, locale: str) -> str:
        """Say what comes of one change, by outcome; of orders, what it makes a year."""
        said: list[str] = []
        for outcome, kind in self.kinds.items():
            measure = A_YEAR[kind][0] if kind in A_YEAR else "change"
            row = self.find(measure, outcome=outcome, feature=feature)
            if row is not None and row.estimate is not None:
                said.append(_clause(row, kind, self.label(outcome, locale), locale))
        if not said:
            return words.say("chain.whatif.nothing", locale)
        if len(said) == 1:
            return said[0]
        return words.say("chain.whatif.and", locale, first=", ".join(said[:-1]), last=said[-1])

    def _extra(self, row: Estimate, locale: str) -> str:
        first, second = str(row.extra["first"]), str(row.extra["second"])
        return words.say(
            "chain.whatif.extra",
            locale,
            outcome=self.label(row.dimensions["outcome"], locale),
            first=self.label(first, locale),
            second=self.label(second, locale),
            effect=effect_text(row.estimate, row.unit, locale),
            lower=effect_text(row.lower, row.unit, locale),
            upper=effect_text(row.upper, row.unit, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw what each change makes a year, or of the first outcome where none is counted by the year."""
        for measure in ("money_per_year", "customers_kept", "change"):
            rows = [row for row in self.rows() if row["measure"] == measure and row["estimate"] is not None]
            rows = [row for row in rows if row["outcome"] == rows[0]["outcome"]]
            if not rows:
                continue
            if len(self.changes) == 1:
                rows = rows[:1]
            names = {name: self.label(name, locale) for name in self.labels}
            title = words.say(
                f"chain.whatif.chart.{measure}", locale, outcome=self.label(str(rows[0]["outcome"]), locale)
            )
            return charts.intervals(
                rows, label="feature", title=title, unit=str(rows[0]["unit"]), locale=locale, names=names
            )
        return None


def what_if(system: System | Mapping[str, Any], changes: Mapping[str, float] | Sequence[str] | str) -> WhatIf:
    """Tell what would come of moving promises, elements and touchpoints to other levels.

    Parameters
    ----------
    system : System or mapping
        The result of `system`, or its document as it was kept.
    changes : mapping of str to float, or texts
        ``{"arrives_by_date": 0.03}``, or texts such as ``arrives_by_date=3%``, ``wait_minutes-=0.5``,
        ``kindness+=0.2``. Levels are the share broken of a promise, the share of journeys that meet a touchpoint,
        and the mean of an element where it is lived (a share where it is yes or no).

    Returns
    -------
    WhatIf
        Rows per outcome and feature. ``change``: of the mean over all journeys if this alone were moved; with
        feature ``together`` if all were. ``change_concerned``: the same over the journeys that live it. ``part``:
        what it adds where several are moved, so that the parts and ``synergy`` rows (two elements that act on each
        other) add up to ``together``. ``customers_kept`` (a return), ``money_per_year`` (revenue, margin) and
        ``complaints_per_year``: the change times the journeys of a year. Extras: ``before``, ``after``, ``met``,
        ``journeys`` (a year, that live it).

    Raises
    ------
    ValueOutOfRange
        If a change cannot be read, or leaves what was seen.
    UnknownName
        If there is no such feature.
    NothingAnalysed
        If the document holds no system.

    Notes
    -----
    Estimand: the change of an outcome's mean if, in the journeys that live a feature, its mean were at the new level,
    all that acts before it as it was and all that comes after it following, unless it is moved as well. Evidence
    ``adjusted``: it holds if nothing else stands behind both, and in the range where the effect is a straight line.
    Where several are moved, what one does through another is not counted twice (`stats.controlled_effects`), and
    an element is moved in as many journeys as still live it: fewer late deliveries lead to fewer calls.

    The extra of a synergy is its product coefficient times the mean of the two changes' product over the journeys
    that live both; a share is taken to fall or rise at random among those it concerns.
    """
    document = _document(system)
    kept = document["system"]
    outcomes: Sequence[Mapping[str, Any]] = kept["outcomes"]
    moved = read_changes(changes, outcomes)
    rows: list[Estimate] = []
    for outcome in outcomes:
        rows += answers(outcome, moved, kept, float(document["confidence_level"]))
    together = {language: words.say("chain.whatif.together", language) for language in words.LANGUAGES}
    return WhatIf(
        analysis="whatif",
        as_of=datetime.fromisoformat(str(document["as_of"])),
        store_version=str(document["store_version"]),
        confidence_level=float(document["confidence_level"]),
        dimensions=("outcome", "feature"),
        estimates=tuple(rows),
        labels={**kept["labels"], TOGETHER: together},
        changes=moved,
        confounders=tuple(kept["confounders"]),
        kinds={outcome["name"]: outcome["kind"] for outcome in outcomes},
    )


def _document(system: System | Mapping[str, Any]) -> Mapping[str, Any]:
    if isinstance(system, System):
        return {
            "system": system.system,
            "as_of": system.as_of.isoformat(),
            "store_version": system.store_version,
            "confidence_level": system.confidence_level,
        }
    if "system" not in system:
        raise NothingAnalysed(
            what="The document holds no system of effects, so what-if has nothing to work with.",
            got=f"the analysis {system.get('analysis')!r}",
            expected="the document of the analysis 'system'",
            fix="run `promesa analyse`, or pass the result of chain.system",
        )
    return system


def _level(value: float, change: Change, locale: str) -> str:
    if change.yes_no or change.unit == "fraction":
        return words.percent(value, locale)
    return words.amount(value, change.unit, locale)


def _clause(row: Estimate, kind: str, outcome: str, locale: str) -> str:
    """Say one change of one outcome: up, down, or not to be told from nothing."""
    low, high, size = row.lower, row.upper, row.estimate or 0.0
    told = low is not None and high is not None and (low > 0 or high < 0)
    way = "unclear" if not told and size else "up" if size >= 0 else "down"
    ends = (low, high)
    if way != "unclear":
        size, ends = abs(size), tuple(sorted(abs(end) for end in ends if end is not None)) or (None, None)
    write = _writer(row, kind, locale, sign=way == "unclear")
    sort = {"customers_kept": "return", "money_per_year": "money", "complaints_per_year": "complaint"}
    return words.say(
        f"chain.whatif.{sort.get(row.measure, 'mean')}.{way}",
        locale,
        outcome=outcome,
        size=write(size),
        lower=write(ends[0]),
        upper=write(ends[1]),
    )


def _writer(row: Estimate, kind: str, locale: str, *, sign: bool) -> Any:
    def write(value: float | None) -> str:
        if value is None:
            return words.NOT_STATED
        if row.unit == "count":
            return words.number(value, locale, decimals=0 if abs(value) >= WHOLE_FROM else 1, sign=sign)
        text = effect_text(value, row.unit, locale) if kind == "score" else words.change(value, row.unit, locale)
        return text if sign else text.removeprefix("+")

    return write
