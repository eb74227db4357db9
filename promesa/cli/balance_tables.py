"""Tables of what attracting, retaining and delivering bring, and of what promoters do."""

from __future__ import annotations

from textwrap import wrap
from typing import TYPE_CHECKING

from promesa import words
from promesa.cli.outcome_tables import block, groups, measured
from promesa.cli.terms import NAME_LETTERS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from promesa.cli.outcome_tables import Block
    from promesa.cli.terms import Row, Terms

    Rows = Sequence[Row]

ACQUIRED = (
    "new_customers",
    "acquisition_cost",
    "first_order_margin",
    "payback_months",
    "customer_worth",
    "worth_over_cost",
)
DONE = ("return_rate", "spend_after", "margin_after", "cost_to_serve_after", "moments_after", "referrals_after")
LEAKED = ("leak_share", "leak_customers", "leak_spend", "leak_margin")


def balance(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return spend, new customers by channel, curves with the split, and the leak."""
    yield _spend(rows, terms)
    yield _new_customers(rows, terms)
    yield _curves(rows, terms)
    yield _saved(rows, terms)
    yield _leak(rows, terms)


def _title(key: str, terms: Terms) -> str:
    return words.say(f"value.title.{key}", terms.locale)


def _kind(row: Row, terms: Terms) -> str:
    return terms.one_of("value.kind", row["kind"])


def _spend(rows: Rows, terms: Terms) -> Block:
    whole = [row for row in measured(rows, "spend") if row["period"] is None and row["kind"]]
    shares = {row["kind"]: row for row in measured(rows, "spend_share")}
    lines = [
        [
            _kind(row, terms),
            terms.name(row["purpose"]) if row["purpose"] else terms.say("all"),
            terms.figure(row),
            "" if row["purpose"] else terms.figure(shares.get(row["kind"])),
        ]
        for row in sorted(whole, key=lambda row: ("attract", "retain", "deliver").index(str(row["kind"])))
    ]
    columns = terms.heads("for", "purpose", "money", "part")
    return block(_title("spend", terms), columns, lines, right={2, 3}, most=None)


def _new_customers(rows: Rows, terms: Terms) -> Block:
    found = [row for row in rows if row["period"] is None and row["measure"] in ACQUIRED]
    lines: list[list[str]] = []
    for channel, part in groups(found, "channel").items():
        of = {row["measure"]: row for row in part}
        lines.append([_channel(channel, terms), *(_acquired(of.get(measure), terms) for measure in ACQUIRED)])
    columns = terms.heads("channel", "new_customers", "each_costs", "first_margin", "payback", "worth", "worth_times")
    return block(_title("new_customers", terms), columns, lines, right=set(range(1, 7)), most=None)


def _acquired(row: Row | None, terms: Terms) -> str:
    if row is not None and row["measure"] == "payback_months" and row["estimate"] == 0 == row["upper"]:
        return "\n".join(wrap(words.say("value.balance.first_purchase", terms.locale), NAME_LETTERS // 2))
    return terms.figure(row)


def _channel(channel: object, terms: Terms) -> str:
    if channel is None:
        return terms.say("all")
    return words.NOT_STATED if channel == "no_channel" else terms.name(channel)


def _curves(rows: Rows, terms: Terms) -> Block:
    best = {_key(row): row for row in measured(rows, "best_spend")}
    returns = {_key(row): row for row in measured(rows, "marginal_return")}
    lines = [
        [
            _what(row, terms),
            _counted(row, terms),
            terms.figure(row),
            terms.figure(returns.get(_key(row))) if row["estimate"] is not None else words.NOT_STATED,
            terms.figure({**row, "estimate": row["current"], "lower": None, "upper": None, "unit": _money(rows)}),
            terms.figure(best.get(_key(row))),
        ]
        for row in measured(rows, "response")
    ]
    columns = terms.heads("for", "counted", "elasticity", "brings", "spend_now", "spend_best")
    return block(_title("curves", terms), columns, lines, right={2, 3, 4, 5}, most=None)


def _key(row: Row) -> tuple[object, ...]:
    return row["kind"], row["purpose"], row["channel"], row["of"]


def _money(rows: Rows) -> str:
    return str(next((row["unit"] for row in rows if row["measure"] == "spend"), "count"))


def _what(row: Row, terms: Terms) -> str:
    said = _kind(row, terms)
    named = row["channel"] or row["purpose"]
    return "\n".join(wrap(f"{said}: {terms.plain_name(named)}" if named else said, NAME_LETTERS))


def _counted(row: Row, terms: Terms) -> str:
    key = f"value.counted.{row['of']}"
    said = words.say_or(key, terms.locale, otherwise=terms.plain_name(row["of"]))
    return "\n".join(wrap(said, NAME_LETTERS))


def _saved(rows: Rows, terms: Terms) -> Block:
    lines = [
        [_what(row, terms), _counted(row, terms), terms.figure(row), terms.evidence(row)]
        for row in measured(rows, "saved_margin")
    ]
    columns = terms.heads("for", "known_from", "saves", "evidence")
    return block(_title("saved", terms), columns, lines, right={2}, most=None)


def _leak(rows: Rows, terms: Terms) -> Block:
    lines = [
        [words.say(f"report.measure.{row['measure']}", terms.locale), terms.figure(row), terms.count(row),
         terms.evidence(row)]
        for row in rows
        if row["measure"] in LEAKED
    ]  # fmt: skip
    columns = terms.heads("measure", "figure", "n", "evidence")
    return block(_title("leak", terms), columns, lines, right={1, 2}, most=None)


def promoters(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return what each group did, and how promoters and detractors differ from passives, plainly and adjusted."""
    split = [name for name in _splits(rows) if name != "group"]
    known = [measure for measure in ("customers", *DONE) if measured(rows, measure)]
    lines = [
        [*names, *(terms.figure(of.get(measure)) for measure in known)]
        for names, of in _by_group(rows, split, terms).items()
    ]
    columns = [*split, *terms.heads("group", *known)]
    yield block("", columns, lines, right=set(range(len(split) + 1, len(columns))), most=None)
    plain = [row for row in rows if str(row["measure"]).endswith("_difference") and "_adjusted_" not in row["measure"]]
    fair = {(row["group"], row["measure"]): row for row in rows if "_adjusted_" in row["measure"]}
    if split or not plain:
        return
    lines = [
        [
            _group(row, terms),
            terms.say(f"column.{measure}"),
            terms.figure(row, change=True),
            terms.figure(fair.get((row["group"], f"{measure}_adjusted_difference")), change=True),
            terms.count(row),
        ]
        for row in plain
        if (measure := str(row["measure"]).removesuffix("_difference"))
    ]
    columns = terms.heads("group", "measure", "against_passive", "same_earlier", "n")
    yield block(_title("against_passive", terms), columns, lines, right={2, 3, 4}, most=None)


def _splits(rows: Rows) -> list[str]:
    keys = list(rows[0]) if rows else []
    return keys[: keys.index("measure")] if "measure" in keys else []


def _group(row: Row, terms: Terms) -> str:
    return terms.one_of("value.group", row["group"])


def _by_group(rows: Rows, split: Sequence[str], terms: Terms) -> dict[tuple[str, ...], dict[str, Row]]:
    found: dict[tuple[str, ...], dict[str, Row]] = {}
    for row in rows:
        names = (*(terms.name(row[name]) for name in split), _group(row, terms))
        found.setdefault(names, {})[str(row["measure"])] = row
    return found


def lags(rows: Rows, terms: Terms) -> Iterator[Block]:
    """Return the links of the experience with the business that are least like chance."""
    known = [row for row in rows if row["estimate"] is not None]
    known.sort(key=lambda row: row["p_value"])
    lines = [
        [
            *(
                "\n".join(wrap(words.say(f"chain.lags.name.{row[key]}", terms.locale), NAME_LETTERS))
                for key in ("experience", "business")
            ),
            str(row["lag"]),
            terms.figure(row),
            words.number(row["p_adjusted"], terms.locale, decimals=2),
            terms.count(row),
        ]
        for row in known
    ]
    columns = terms.heads("experience", "business", "lag", "correlation", "p_adjusted", "n")
    if known:
        columns[2] = f"{columns[2]} ({words.say('chain.lags.periods.' + str(known[0]['period']), terms.locale)})"
    yield block("", columns, lines, right={2, 3, 4, 5})
