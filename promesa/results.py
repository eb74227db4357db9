"""The one shape that every analysis result has."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from promesa import words

if TYPE_CHECKING:
    from datetime import datetime

    import pandas as pd

Evidence = Literal["described", "associated", "adjusted", "experiment"]
Value = str | int | float | bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Estimate:
    """One figure of one group.

    Attributes
    ----------
    dimensions : dict of str to str or None
        The group: ``{"touchpoint": "delivery", "channel": "web"}``. None is "not stated".
    measure : str
        What is estimated, from the vocabulary of the analysis.
    estimate, lower, upper : float or None
        Value and interval ends in `unit`, never rounded; None where there is none or it is withheld.
    n : int
        Observations used; 0 where so few people stand behind it that the count itself is withheld.
    n_missing : int
        Observations of the group that could not be used.
    unit : str
        ``count``, ``fraction``, ``points``, ``score``, ``days``, a currency code, an element's unit.
    evidence : Evidence
        The strongest word that the method has earned.
    note : str or None
        Code of the reason why something is missing: ``withheld-small-group``, ``no-data``...
    """

    dimensions: dict[str, str | None]
    measure: str
    estimate: float | None
    lower: float | None = None
    upper: float | None = None
    n: int
    n_missing: int = 0
    unit: str
    evidence: Evidence = "described"
    note: str | None = None
    extra: dict[str, Value] = field(default_factory=dict)

    def row(self) -> dict[str, Value]:
        """Return the flat row: dimensions, then the fixed keys, then the analysis's own."""
        return {
            **self.dimensions,
            "measure": self.measure,
            "estimate": self.estimate,
            "lower": self.lower,
            "upper": self.upper,
            "n": self.n,
            "n_missing": self.n_missing,
            "unit": self.unit,
            "evidence": self.evidence,
            "note": self.note,
            **self.extra,
        }


@dataclass(frozen=True, slots=True, kw_only=True)
class Result:
    """Immutable answer to one question: raw rows first, everything else from them.

    Attributes
    ----------
    analysis : str
        Name of the analysis, as `promesa show` takes it.
    as_of : datetime
        Instant looked at, naive UTC.
    store_version : str
        Version of the store that was read.
    confidence_level : float
        Nominal coverage of the intervals, a fraction.
    dimensions : tuple of str
        What the figures are split by, in order.
    estimates : tuple of Estimate
        The figures.
    labels : dict of str to dict of str to str
        For the names in the dimensions, what people call them, by language: ``{"delivery": {"es": "Entrega"}}``.
    company_locale : str
        Locale of the company: a document in its language writes numbers as its country does.
    """

    analysis: str
    as_of: datetime
    store_version: str
    confidence_level: float
    dimensions: tuple[str, ...]
    estimates: tuple[Estimate, ...]
    labels: dict[str, dict[str, str]] = field(default_factory=dict, repr=False)
    company_locale: str = field(default="", repr=False)

    def label(self, name: str | None, locale: str) -> str:
        """Return what people call a name in `locale`; the name itself where none was declared."""
        if name is None:
            return "–"
        return self.labels.get(name, {}).get("es" if locale.startswith("es") else "en", name)

    def rows(self) -> list[dict[str, Value]]:
        """Return one flat dict per estimate, unrounded, keys in a fixed order."""
        return [estimate.row() for estimate in self.estimates]

    def to_frame(self) -> pd.DataFrame:
        """Return `rows()` as a pandas DataFrame."""
        import pandas as pd

        return pd.DataFrame(self.rows())

    def find(self, measure: str, **dimensions: str | None) -> Estimate | None:
        """Return the first estimate of `measure` whose dimensions include those given."""
        wanted = dimensions.items()
        for estimate in self.estimates:
            if estimate.measure == measure and wanted <= estimate.dimensions.items():
                return estimate
        return None

    def groups(self, *own: str) -> int:
        """Return how many groups have a figure where the answer is split by more than its own dimensions, else 0."""
        split = [name for name in self.dimensions if name not in own]
        known = (estimate.dimensions for estimate in self.estimates if estimate.estimate is not None)
        return len({tuple(each.get(name) for name in split) for each in known}) if split else 0

    def said_of_groups(self, locale: str, *own: str) -> str | None:
        """Return the sentence of an answer that is split by more than its own dimensions; None where it is not."""
        groups = self.groups(*own)
        return words.say("groups.split", locale, n=words.number(groups, locale)) if groups else None

    def summary(self, locale: str = "en") -> str:
        """Return the answer in words a manager can read aloud, always with its uncertainty and its n."""
        raise NotImplementedError

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Return a Vega-Lite chart of `rows()` as a plain dict, or None where a table says it better."""
        raise NotImplementedError

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document: what `--json` prints and a snapshot keeps."""
        return {
            "analysis": self.analysis,
            "as_of": self.as_of.isoformat(),
            "store_version": self.store_version,
            "confidence_level": self.confidence_level,
            "dimensions": list(self.dimensions),
            "rows": self.rows(),
            "summary": {language: self.summary(self._locale_of(language)) for language in ("es", "en")},
            "chart": {locale: self.chart(locale) for locale in ("es", "en")},
        }

    def _locale_of(self, language: str) -> str:
        """Return the company's own locale where it speaks the language: 755.438 in Spain is 755,438 in Mexico."""
        return self.company_locale if self.company_locale.split("_")[0] == language else language

    def __str__(self) -> str:
        return self.summary()


def steady(value: float | None) -> float:
    """Return a figure as figures are put in order by it: without the last digits, which the order of additions moves.

    Of two figures that are equal the first counts then, on each run; unknown is 0.
    """
    return float(f"{value or 0.0:.9g}")
