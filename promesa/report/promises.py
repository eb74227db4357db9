"""The promises: the costliest, the register, and a card for each."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING

from promesa import charts, words
from promesa.report.content import by, by_measure, number, only, text_in
from promesa.report.content import mapping as as_mapping
from promesa.report.figures import Figure, amount, figure_of
from promesa.report.marks import Part, counts_bar, domain_of, interval_mark
from promesa.report.tables import Cell, Exhibit, Table, cell_of, drawn, figures_table, table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from markupsafe import Markup

    from promesa.report.content import Content, Row

    Scale = tuple[float, float]

COUNTS = ("kept", "broken", "not_yet_due", "unknown", "released")
COMPARED = (
    ("score", "score_after_kept", "score_after_broken", "score_difference"),
    ("return", "return_after_kept", "return_after_broken", "return_difference"),
    ("margin", "margin_after_kept", "margin_after_broken", "margin_difference"),
)
DIFFERENCES = ("difference_p10", "difference_p50", "difference_p90")
TOP = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Promise:
    """One promise as the report shows it."""

    name: str
    statement: str
    owner: str
    target: float | None
    capability: float | None
    rows: Mapping[str, Row]
    kept_rate: Figure
    cost: Figure
    counts: tuple[Part, ...]
    bar: Markup | None
    mark: Markup | None
    below_target: bool | None


@dataclass(frozen=True, slots=True, kw_only=True)
class Card:
    """The drawings and comparisons of one promise."""

    promise: Promise
    delivered_rate: Figure | None
    differences: str
    compared: Table | None
    exhibits: tuple[Exhibit, ...]


def promises_of(content: Content) -> tuple[Promise, ...]:
    """Return the promises in the order of the model, then those that only the rows name."""
    groups = by(content.rows("promises"), "promise")
    names = list(dict.fromkeys([*content.promises, *(str(name) for name in groups if name is not None)]))
    known = {name: by_measure(groups.get(name, [])) for name in names}
    domain = _domain(known, content)
    return tuple(_promise(name, known[name], domain, content) for name in names)


def _domain(known: Mapping[str, Mapping[str, Row]], content: Content) -> tuple[float, float]:
    ends: list[float | None] = []
    for name, rows in known.items():
        row = rows.get("kept_rate", {})
        declared = content.promises.get(name, {})
        ends += [number(row.get(key)) for key in ("estimate", "lower", "upper")]
        ends += [number(declared.get(key)) for key in ("target", "capability")]
    return domain_of(ends)


def _promise(name: str, rows: Mapping[str, Row], domain: tuple[float, float], content: Content) -> Promise:
    declared = content.promises.get(name, {})
    said = {**declared, **{key: value for key, value in rows.get("kept_rate", {}).items() if value is not None}}
    target, capability = number(said.get("target")), number(said.get("capability"))
    statement = statement_of(name, content)
    kept_rate = figure_of(rows.get("kept_rate"), content)
    parts = _parts(rows, content)
    upper = number(rows.get("kept_rate", {}).get("upper"))
    return Promise(
        name=name,
        statement=statement,
        owner=content.label("function", said.get("owner")),
        target=target,
        capability=capability,
        rows=rows,
        kept_rate=kept_rate,
        cost=figure_of(rows.get("cost_of_broken"), content),
        counts=parts,
        bar=_bar(parts, statement, content),
        mark=_mark(rows.get("kept_rate"), (target, capability), domain, content),
        below_target=None if target is None or upper is None else upper < target,
    )


def statement_of(name: str, content: Content) -> str:
    """Return what the brand says, in the reader's language."""
    said = content.promises.get(name, {}).get("statement")
    own = said if isinstance(said, str) else text_in(as_mapping(said), content.locale)
    return own or content.label("promise", name)


def _parts(rows: Mapping[str, Row], content: Content) -> tuple[Part, ...]:
    return tuple(
        Part(
            name=content.say(f"measure.{count}"),
            count=number(rows[count].get("estimate")) or 0.0,
            text=figure_of(rows[count], content).text,
            role=count,
        )
        for count in COUNTS
        if count in rows
    )


def _bar(parts: Sequence[Part], statement: str, content: Content) -> Markup | None:
    if not any(part.count for part in parts):
        return None
    said = ", ".join(f"{part.name}: {part.text}" for part in parts)
    return counts_bar(parts, title=content.say("promises.counts_title", statement=statement, counts=said))


def _mark(row: Row | None, aims: tuple[float | None, float | None], scale: Scale, content: Content) -> Markup | None:
    estimate = number(row.get("estimate")) if row else None
    if row is None or estimate is None:
        return None
    figure, (target, capability) = figure_of(row, content), aims
    said = [f"{figure.text} ({figure.interval})" if figure.interval else figure.text]
    for name, aim in (("target", target), ("capability", capability)):
        if aim is not None:
            said.append(f"{content.say(f'column.{name}')} {amount(aim, 'fraction', content)}")
    return interval_mark(
        title="; ".join(said),
        estimate=estimate,
        lower=number(row.get("lower")),
        upper=number(row.get("upper")),
        target=target,
        capability=capability,
        domain=scale,
    )


def costliest(promises: Sequence[Promise]) -> tuple[tuple[Promise, ...], bool]:
    """Return the promises to look at first, and whether their order is by cost (else by count of broken)."""

    def value(promise: Promise, measure: str) -> float:
        return number(promise.rows.get(measure, {}).get("estimate")) or 0.0

    by_cost = [promise for promise in promises if value(promise, "cost_of_broken") > 0]
    if by_cost:
        return tuple(sorted(by_cost, key=lambda p: -value(p, "cost_of_broken"))[:TOP]), True
    broken = [promise for promise in promises if value(promise, "broken") > 0]
    return tuple(sorted(broken, key=lambda p: -value(p, "broken"))[:TOP]), False


def promise_lines(content: Content) -> list[str]:
    """Return a sentence for each promise: the part kept with its interval and n, or why there is no figure."""
    said: list[str] = []
    for promise in promises_of(content):
        rate = promise.kept_rate
        line = content.say("promises.line", statement=promise.statement, figure=rate.text, reason=rate.reason)
        if rate.interval:
            values = {"statement": promise.statement, "figure": rate.text, "interval": rate.interval, "n": rate.n}
            line = content.say("promises.line_interval", **values)
        below = f" {content.say('promises.below_target')}." if promise.below_target else ""
        said.append(f"{line}{below}")
    return said


def cost_holds_zero(promise: Promise) -> bool:
    """Tell whether the interval of a cost holds zero, so that the data cannot say that it costs."""
    row = promise.rows.get("cost_of_broken", {})
    lower, upper = number(row.get("lower")), number(row.get("upper"))
    return lower is not None and upper is not None and lower <= 0 <= upper


def register(promises: Sequence[Promise], content: Content) -> Table:
    """Return the register: statement, owner, target, capability, kept rate, counts, cost."""
    keys = [
        ("statement", False),
        ("owner", False),
        ("kept_rate", True),
        ("against_target", False),
        ("target", True),
        *((count, True) for count in COUNTS),
        ("cost_of_broken", True),
    ]
    rows = [
        [
            Cell(text=promise.statement, names=("promise", promise.name)),
            promise.owner,
            cell_of(promise.kept_rate),
            Cell(text="", drawing=promise.mark) if promise.mark else content.say("none"),
            _goal(promise, content),
            *(cell_of(figure_of(promise.rows.get(count), content)) for count in COUNTS),
            cell_of(promise.cost),
        ]
        for promise in promises
    ]
    return table(content.say("promises.caption"), [(content.say(f"column.{k}"), right) for k, right in keys], rows)


def _goal(promise: Promise, content: Content) -> Cell:
    able = content.say("promises.able", capability=amount(promise.capability, "fraction", content))
    return Cell(text=amount(promise.target, "fraction", content), small=able if promise.capability is not None else "")


def cards(promises: Sequence[Promise], content: Content) -> tuple[Card, ...]:
    """Return the card of each promise that has any rows."""
    months = by(only(content.rows("promises_by_month"), "kept_rate"), "promise")
    gaps = by(content.rows("differences"), "promise")
    return tuple(
        _card(promise, months.get(promise.name, []), gaps.get(promise.name, []), content)
        for promise in promises
        if promise.rows
    )


def _card(promise: Promise, months: list[Row], gaps: list[Row], content: Content) -> Card:
    rows = promise.rows
    exhibits = [_by_month(promise, months, content)] if months else []
    if gaps:
        exhibits.append(_difference_chart(promise, gaps, content))
    delivered = rows.get("kept_rate_of_delivered")
    return Card(
        promise=promise,
        delivered_rate=figure_of(delivered, content) if delivered else None,
        differences=_deciles(rows, content),
        compared=_compared(promise, content),
        exhibits=tuple(exhibits),
    )


def _deciles(rows: Mapping[str, Row], content: Content) -> str:
    """Return the spread of delivered less promised as one sentence, empty where it is not known."""
    if not set(DIFFERENCES) <= rows.keys():
        return ""
    low, middle, high = (figure_of(rows[key], content).text for key in DIFFERENCES)
    return content.say("promises.spread", low=low, middle=middle, high=high)


def _by_month(promise: Promise, months: list[Row], content: Content) -> Exhibit:
    title = content.say("promises.by_month_title")
    spec = charts.trend(
        months, period="month", series=None, title=title, unit="fraction", locale=content.locale, target=promise.target
    )
    heads = {"month": content.say("column.month")}
    caption = f"{title}: {promise.statement}"
    behind = figures_table(caption, months, heads=heads, name=lambda _, value: str(value or ""), content=content)
    return Exhibit(svg=drawn(spec, content, name=f"{promise.name} by month"), table=behind)


def _difference_chart(promise: Promise, gaps: list[Row], content: Content) -> Exhibit:
    unit = _difference_unit(promise, gaps)
    title = content.say("promises.difference_title")
    spec = charts.histogram(
        gaps, lower="from", upper="to", count="estimate", title=title, unit=unit, locale=content.locale, split_at=0.0
    )
    rows = [
        [_end(row.get("from"), content), _end(row.get("to"), content), cell_of(figure_of(row, content))] for row in gaps
    ]
    heads = [(content.say(f"column.{key}"), True) for key in ("from", "to", "count")]
    return Exhibit(
        svg=drawn(spec, content, name=f"{promise.name} differences"),
        table=table(f"{title}: {promise.statement}", heads, rows),
    )


def _end(value: object, content: Content) -> str:
    """Return an end of a bar with the decimals it has: 0.1 + 0.2 is 0.3 here. An open end is empty."""
    end = number(value)
    if end is None:
        return ""
    exponent = Decimal(f"{end:.6g}").normalize().as_tuple().exponent
    return words.number(end, content.locale, decimals=max(0, -int(exponent)))


def _difference_unit(promise: Promise, gaps: list[Row]) -> str:
    row = promise.rows.get("difference_p50") or {}
    return str(row.get("unit") or gaps[0].get("scale_unit") or "days")


def _compared(promise: Promise, content: Content) -> Table | None:
    rows = promise.rows
    body: list[list[Cell | str]] = []
    for what, kept, broken, difference in COMPARED:
        if not {kept, broken, difference} & rows.keys():
            continue
        concept = (rows.get(difference) or rows.get(kept) or {}).get("concept")
        figures = [
            figure_of(rows.get(kept), content),
            figure_of(rows.get(broken), content),
            figure_of(rows.get(difference), content, as_change=True),
        ]
        name = content.label("concept", concept) if concept else content.say(f"promises.compared_{what}")
        body.append([name, *(cell_of(one) for one in figures), content.say(f"evidence.{figures[2].evidence}.word")])
    if not body:
        return None
    heads = [
        (content.say(f"column.{key}"), key not in {"outcome", "evidence"})
        for key in ("outcome", "after_kept", "after_broken", "difference", "evidence")
    ]
    return table(content.say("promises.compared_caption", statement=promise.statement), heads, body)
