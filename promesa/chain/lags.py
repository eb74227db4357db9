"""Whether the experience moves ahead of the business: correlations at lags, of what trend and season do not explain."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from promesa import charts, words
from promesa.chain.series import BUSINESS, EXPERIENCE, PERIODS_A_YEAR, TOO_THIN, series_of
from promesa.errors import InputError
from promesa.measures import ask
from promesa.results import Estimate, Result
from promesa.stats import benjamini_hochberg, lagged_correlations

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import date, datetime

    from numpy.typing import NDArray

    from promesa.chain.series import Series
    from promesa.measures import Question
    from promesa.results import Value
    from promesa.store import Facts
    from promesa.workspace import Workspace

LAGS = 6
CHANCE = 0.05
TOO_FEW, NEVER_VARIED = "too-few-periods", "never-varied"
_EMPTY: dict[str, Value] = {"lag": None, "period": None, "p_value": None, "p_adjusted": None, "found": None}


@dataclass(frozen=True, slots=True, kw_only=True)
class Lags(Result):
    """What of the experience goes ahead of what of the business; see `lags`."""

    def found(self) -> list[Estimate]:
        """Return the links that are more than chance among all looked at, the strongest first."""
        told = [e for e in self.estimates if e.extra["found"] is True]
        return sorted(told, key=lambda e: -abs(e.estimate or 0.0))

    def summary(self, locale: str = "en") -> str:
        """Say the strongest links, or that none can be told from chance."""
        known = [e for e in self.estimates if e.estimate is not None]
        if not known:
            return words.say("chain.lags.empty", locale)
        links = self.found()
        n = words.number(max(e.n for e in known), locale)
        period = words.say(f"chain.lags.periods.{known[0].extra['period']}", locale)
        looked = words.number(len(known), locale)
        said = [self._said(link, locale) for link in links[:3]]
        said = said or [words.say("chain.lags.none", locale, n=n, period=period, looked=looked)]
        return " ".join([*said, *self._left_out(locale)])

    def _left_out(self, locale: str) -> list[str]:
        """Say which series are in no link because too few were heard or seen in a period."""
        sides = [(side, str(e.dimensions[side])) for e in self.estimates for side in ("experience", "business")]
        names = [
            words.say(f"chain.lags.name.{name}", locale)
            for side, name in dict.fromkeys(sides)
            if all(e.note == TOO_THIN for e in self.estimates if e.dimensions[side] == name)
        ]
        if not names:
            return []
        return [words.say("chain.lags.left_out", locale, names=", ".join(names))]

    def _said(self, link: Estimate, locale: str) -> str:
        way = "up" if (link.estimate or 0.0) > 0 else "down"
        return words.say(
            f"chain.lags.{way}",
            locale,
            experience=words.say(f"chain.lags.name.{link.dimensions['experience']}", locale),
            business=words.say(f"chain.lags.name.{link.dimensions['business']}", locale),
            lag=link.extra["lag"],
            period=words.say(f"chain.lags.periods.{link.extra['period']}", locale),
            r=words.number(link.estimate, locale, decimals=2),
            lower=words.number(link.lower, locale, decimals=2),
            upper=words.number(link.upper, locale, decimals=2),
            n=words.number(link.n, locale),
        )

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw the correlations of the pair with the strongest link at every lag."""
        known = [e for e in self.estimates if e.estimate is not None]
        if not known:
            return None
        first = (self.found() or sorted(known, key=lambda e: float(str(e.extra["p_value"]))))[0]
        rows = [
            {**e.row(), "at": words.say("chain.lags.at", locale, lag=e.extra["lag"])}
            for e in known
            if e.dimensions == first.dimensions
        ]
        names = {name: words.say(f"chain.lags.name.{name}", locale) for name in (*EXPERIENCE, *BUSINESS)}
        pair = [names[str(first.dimensions[key])] for key in ("experience", "business")]
        return charts.intervals(
            rows,
            label="at",
            title=words.say("chain.lags.chart", locale, experience=pair[0], business=pair[1]),
            unit="score",
            locale=locale,
            domain=(-1.0, 1.0),
        )


def lags(
    workspace: Workspace,
    *,
    since: date | datetime | str | None = None,
    until: date | datetime | str | None = None,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> Lags:
    """Correlate the experience of each period with the business in the same and the next six.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    since, until, as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    Lags
        Rows ``correlation`` (score, -1 to 1) per ``experience`` (``kept_rate`` over all promises, ``satisfaction``,
        ``recommendation``, ``complaints`` as a share of moments), ``business`` (``new_customers``, ``return_rate``,
        ``revenue``, ``margin``) and ``lag`` in ``period``: months where there are 36 whole ones, else weeks.
        ``p_value``, ``p_adjusted`` over all pairs and lags (Benjamini-Hochberg), ``found`` where that is under 0.05.

    Notes
    -----
    Estimand and estimator are those of `stats.lagged_correlations`: both series are differenced, cleared of the
    season and filtered by the first one's own past, so that what shares nothing but a trend or a season shows
    nothing. Evidence is ``associated``: what moves both, a campaign or a strike, shows as a link. Money and counts of
    customers are taken as logarithms where all are above zero. A period with fewer observations than a group must
    have is a gap; up to a tenth of gaps is bridged by a line.
    """
    question = ask(workspace, since=since, until=until, as_of=as_of, confidence_level=confidence_level, facts=facts)
    heading: dict[str, Any] = question.heading("lags", first=("experience", "business"))
    experience, business, unit = series_of(question)
    figures = [e for one in experience for other in business for e in _pair(question, one, other, unit)]
    return Lags(**heading, estimates=tuple(_adjusted(figures)))


def _pair(question: Question, first: Series, second: Series, unit: str) -> list[Estimate]:
    where: dict[str, str | None] = {"experience": first.name, "business": second.name}
    reason = first.reason or second.reason
    if reason is None:
        both = ~np.isnan(first.values) & ~np.isnan(second.values)
        one, other = first.values[both], _scaled(second, both)
        try:
            found = lagged_correlations(
                one,
                other,
                lags=LAGS,
                periods_a_year=PERIODS_A_YEAR[unit],
                confidence_level=question.confidence_level,
            )
        except InputError as error:
            reason = TOO_FEW if error.code == "too-few-observations" else NEVER_VARIED
        else:
            return [
                Estimate(
                    dimensions=where,
                    measure="correlation",
                    estimate=each.correlation,
                    lower=each.interval.lower,
                    upper=each.interval.upper,
                    n=each.n,
                    unit="score",
                    evidence="associated",
                    extra={**_EMPTY, "lag": each.lag, "period": unit, "p_value": each.p_value},
                )
                for each in found
            ]
    return [
        Estimate(
            dimensions=where, measure="correlation", estimate=None, n=0, unit="score", evidence="associated",
            note=reason, extra={**_EMPTY, "period": unit},
        )
    ]  # fmt: skip


def _scaled(series: Series, both: NDArray[np.bool_]) -> NDArray[np.float64]:
    values = series.values[both]
    grows = series.name != "return_rate" and values.size > 0 and bool((values > 0).all())
    return np.log(values) if grows else values


def _adjusted(figures: Sequence[Estimate]) -> list[Estimate]:
    known = [e for e in figures if e.estimate is not None]
    adjusted = iter(benjamini_hochberg([float(str(e.extra["p_value"])) for e in known]).tolist() if known else [])
    told: list[Estimate] = []
    for figure in figures:
        if figure.estimate is None:
            told.append(figure)
            continue
        p = float(next(adjusted))
        told.append(replace(figure, extra={**figure.extra, "p_adjusted": p, "found": p < CHANCE}))
    return told
