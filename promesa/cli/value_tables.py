"""Tables of who stays and what they are worth: lifetime, retention, customers at risk."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.outcome_tables import MOST, block, measured
from promesa.cli.terms import NAME_LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

FIXED = frozenset(
    {"measure", "estimate", "lower", "upper", "n", "n_missing", "unit", "evidence", "note"}
    | {"model", "chosen", "repeats", "period", "horizon_days"}
    | {"cohort", "since", "days", "at_risk", "term", "kind", "level", "event", "q", "share_sampled"}
)
AHEAD = (
    "alive_share", "staying_share", "purchases_ahead", "days_ahead", "lifetime_value", "margin_rate",
    "cost_to_serve_per_purchase", "cost_to_serve_per_day",
)  # fmt: skip
COUNTED = ("customers", "orders", "orders_returned", "orders_without_revenue", "customers_without_margin")
PARAMETERS = (
    "r", "alpha", "a", "b", "rhythm", "log_likelihood", "spend_p", "spend_q", "spend_gamma", "spend_correlation",
)  # fmt: skip
SURVIVAL_DAYS = (30, 90, 180, 360, 540, 720, 1080)
REASON_LETTERS = 34
LATEST = 12  # months


def lifetime(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return who still buys and what is ahead; what was foreseen against what came; the parameters last."""
    dimensions = _dimensions(rows)
    columns = [*dimensions, *terms.heads("measure", "figure", "n", "note")]
    ahead = [row for name in ("customers", *AHEAD) for row in measured(rows, name)]
    if dimensions:
        ahead.sort(key=lambda row: [str(row[name] or "~") for name in dimensions])
    lines = [[*_group(row, dimensions, terms), *_line(row, terms)] for row in ahead]
    yield block(terms.say("title.ahead"), columns, lines, right={len(dimensions) + 1, len(dimensions) + 2}, most=None)
    counted = [row for name in COUNTED[1:] for row in measured(rows, name)]
    yield block(
        terms.say("title.counted"), terms.heads("measure", "figure", "n", "note"),
        [_line(row, terms) for row in counted], right={1, 2}, most=None,
    )  # fmt: skip
    yield from _hold_out(rows, terms)
    figures = [row for name in PARAMETERS for row in measured(rows, name)]
    figures.sort(key=lambda row: (row["model"] is None, str(row["model"])))
    lines = [
        [_model(row["model"], terms), _parameter(row, terms), _figure(row, terms), _note(row, terms)] for row in figures
    ]
    yield block(
        terms.say("title.parameters"), terms.heads("model", "measure", "figure", "note"), lines, right={2}, most=None
    )  # fmt: skip


def _hold_out(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return how well each model foresaw the last part of the time, then by repeats and by month."""
    errors = measured(rows, "holdout_error")
    scores = {row["model"]: row for row in measured(rows, "holdout_score")}
    lines = [
        [
            _model(row["model"], terms) + (f" {terms.say('chosen')}" if row["chosen"] else ""),
            terms.figure(row),
            terms.point(scores[row["model"]]) if row["model"] in scores else words.NOT_STATED,
            terms.count(row),
        ]
        for row in errors
    ]
    yield block(
        terms.say("title.holdout"), terms.heads("model", "over_made", "score", "n"), lines, right={1, 2, 3}, most=None
    )
    chosen = [row for row in measured(rows, "holdout_predicted") if row["chosen"]]
    actual = {(row["repeats"], row["period"]): row for row in measured(rows, "holdout_actual")}
    for key in ("repeats", "period"):
        lines = [
            [
                str(row[key]),
                terms.figure(row),
                terms.figure(actual.get((row["repeats"], row["period"]))),
                terms.count(row),
            ]
            for row in chosen
            if row[key] is not None
        ]
        yield block("", terms.heads(key, "foreseen", "made", "n"), lines, right={1, 2, 3}, most=None)


def retention(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return who was there a year later, by month, by days since the beginning; what goes with it; how well told."""
    dimensions = _dimensions(rows)
    counted = [row for name in ("customers", "spells", "ended", "lapse_days") for row in measured(rows, name)]
    yield block(
        "", terms.heads("measure", "figure", "note"), [_short(row, terms) for row in counted], right={1}, most=None
    )
    rates = measured(rows, "retention_rate")
    year = [row for row in (*rates, *measured(rows, "churn_rate")) if row["period"] is None]
    other = [row for name in ("median_days", "curves_alike") for row in measured(rows, name)]
    lines = [[*_group(row, dimensions, terms), *_line(row, terms)] for row in (*year, *other)]
    columns = [*dimensions, *terms.heads("measure", "figure", "n", "note")]
    at = len(dimensions)
    yield block(terms.say("title.year"), columns, lines, right={at + 1, at + 2}, most=None)
    curve = [row for row in measured(rows, "survival") if row["days"] is None or row["days"] in SURVIVAL_DAYS]
    lines = [
        [
            *_group(row, dimensions, terms),
            words.number(row["days"], terms.locale),
            terms.figure(row),
            words.number(row["at_risk"], terms.locale),
        ]
        for row in curve
    ]
    columns = [*dimensions, *terms.heads("after_days", "still_there", "at_risk")]
    yield block(terms.say("title.survival"), columns, lines, right={at, at + 1, at + 2}, most=None)
    if not dimensions:
        months = [row for row in rates if row["period"] is not None][-LATEST:]
        lines = [[str(row["period"]), terms.figure(row), terms.count(row)] for row in months]
        yield block(terms.say("title.months"), terms.heads("period", "still_there", "n"), lines, right={1, 2})
        yield from _ratios(rows, terms)


def _ratios(rows: Rows, terms: Terms) -> Iterator[Block]:
    ratios = measured(rows, "hazard_ratio")
    known = [row for row in ratios if row["estimate"] is not None]
    lines = [[_term(row, terms), terms.figure(row), _sure(row, terms), terms.evidence(row)] for row in known]
    title = terms.say(f"title.ratio_{ratios[0]['event']}") if ratios else ""
    yield block(title, terms.heads("term", "ratio", "sure", "evidence"), lines, right={1}, most=2 * MOST)
    told = [row for name in _TOLD for row in measured(rows, name) if row["estimate"] is not None]
    yield block(
        terms.say("title.told"), terms.heads("measure", "figure", "n", "note"), [_line(row, terms) for row in told],
        right={1, 2}, most=None,
    )  # fmt: skip


_TOLD = ("separation", "top_tenth_lift", "foretold_share", "happened_share")


def _sure(row: Row, terms: Terms) -> str:
    return terms.say("sure.yes" if _is_sure(row) else "sure.no")


def _is_sure(row: Row) -> bool:
    return row["q"] is not None and row["q"] < 0.05


def dropout(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return what was lived at the first purchase: who stops after a purchase with it and without, and how often."""
    by_term: dict[tuple[object, object], dict[str, Row]] = {}
    for row in rows:
        if row["term"] is None:
            continue  # customers under contract: the sentence above says it
        by_term.setdefault((row["term"], row["level"]), {})[str(row["measure"])] = row
    lines: list[list[str]] = []
    for found in by_term.values():
        difference = found["stop_difference"]
        values = {"name": terms.plain_name(difference["term"]), "level": terms.plain_name(difference["level"])}
        said = words.say(f"value.first.{difference['kind']}", terms.locale, **values)
        lines.append(
            [
                "\n".join(wrap(said, NAME_LETTERS)),
                terms.point(found.get("stop_with")),
                terms.point(found.get("stop_without")),
                terms.figure(difference, change=True)
                if difference["estimate"] is not None
                else terms.reason(difference),
                terms.figure(found.get("rate_ratio")).replace(" (", "\n(", 1),
                terms.say("sure.yes" if any(_is_sure(row) for row in found.values()) else "sure.no"),
                terms.count(difference),
            ]
        )
    columns = terms.heads("lived_first", "stop_with", "stop_without", "difference", "rate_ratio", "sure", "n")
    yield block(terms.say("title.dropout"), columns, lines, right={1, 2, 3, 4, 6}, most=None)


def at_risk(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the customers with most at stake, and what speaks for it."""
    lines = [
        [
            str(row["customer"]),
            terms.figure(row).replace(" (", "\n(", 1),
            words.number(row["days_waited"], terms.locale),
            terms.point({**row, "estimate": row["margin_last_year"], "unit": row["currency"]}),
            terms.point({**row, "estimate": row["at_stake"], "unit": row["currency"]}),
            "\n".join(wrap(_reasons(row, terms), REASON_LETTERS)),
        ]
        for row in rows
    ]
    columns = terms.heads("customer", "risk", "waited", "last_year", "at_stake", "reasons")
    yield block("", columns, lines, right={1, 2, 3, 4}, most=None)


def _reasons(row: Row, terms: Terms) -> str:
    said: list[str] = []
    for code in filter(None, str(row["reasons"]).split(", ")):
        kind, name, *level = code.split(":")
        values = {"name": terms.plain_name(name), "level": ":".join(level)}
        values["level"] = terms.labels.get(values["level"], values["level"])
        said.append(words.say(f"value.reason.{kind}", terms.locale, **values))
    return "; ".join(said) or words.NOT_STATED


def _term(row: Mapping[str, object], terms: Terms) -> str:
    level = str(row["level"] or "")
    values = {"name": terms.plain_name(row["term"]), "level": terms.labels.get(level, level)}
    return "\n".join(wrap(words.say(f"value.term.{row['kind']}", terms.locale, **values), 2 * NAME_LETTERS))


def _dimensions(rows: Rows) -> list[str]:
    return [name for name in rows[0] if name not in FIXED] if rows else []


def _group(row: Row, dimensions: Sequence[str], terms: Terms) -> list[str]:
    return [terms.name(row[name]) for name in dimensions]


def _line(row: Row, terms: Terms) -> list[str]:
    return [_measure(row, terms), _figure(row, terms), terms.count(row), _note(row, terms)]


def _short(row: Row, terms: Terms) -> list[str]:
    return [_measure(row, terms), _figure(row, terms), _note(row, terms)]


def _figure(row: Row, terms: Terms) -> str:
    if row["estimate"] is None:
        return words.NOT_STATED
    whole = row["unit"] == "days" and float(row["estimate"]).is_integer()
    return terms.figure({**row, "unit": "count"} if whole else row)


def _measure(row: Row, terms: Terms) -> str:
    key = f"report.measure.{row['measure']}"
    return words.say_or(key, terms.locale, otherwise=str(row["measure"]))


def _parameter(row: Row, terms: Terms) -> str:
    """Return what a parameter of a buying process is called: some letters mean something else elsewhere."""
    key = f"value.parameter.{row['measure']}"
    return words.say_or(key, terms.locale, otherwise=_measure(row, terms))


def _note(row: Row, terms: Terms) -> str:
    return terms.reason(row) if row["note"] else ""


def _model(name: object, terms: Terms) -> str:
    key = f"value.model.{name}"
    return words.say_or(key, terms.locale, otherwise=words.NOT_STATED)
