"""How old customers are, in bands: never a day of birth."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.engine import case, lit, null_of
from promesa.measures.slices import PREFIX, with_trait

if TYPE_CHECKING:
    from datetime import date

    from promesa.engine import Table
    from promesa.measures.slices import Question

AGE_BAND = "age_band"
FROM = (25, 35, 45, 55, 65)
BANDS = ("<25", "25-34", "35-44", "45-54", "55-64", "65+")
OLDEST = 120  # years: who would be older has a day of birth that is none


def with_age_band(question: Question, table: Table, *, today: date) -> Table:
    """Return `table` with the age band of each row's customer on a local day, as ``by_age_band``.

    Null where no day of birth is stated, or one that cannot be.
    """
    table = with_trait(question, table, "birth_date")
    born = table[f"{PREFIX}birth_date"]
    since = [lit(years_before(today, years)) for years in FROM]
    band = case(
        (born.isnull() | (born > lit(today)) | (born <= lit(years_before(today, OLDEST))), null_of("string")),
        *((born > day, name) for day, name in zip(since, BANDS, strict=False)),
        otherwise=BANDS[-1],
    )
    return table.mutate(**{f"{PREFIX}{AGE_BAND}": band}).drop(f"{PREFIX}birth_date")


def years_before(day: date, years: int) -> date:
    """Return the day so many years before; of 29 February, the 28th in other years."""
    try:
        return day.replace(year=day.year - years)
    except ValueError:
        return day.replace(year=day.year - years, day=28)
