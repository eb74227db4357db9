"""Who is of which tier, what each tier is worth, and who moved."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC
from typing import TYPE_CHECKING, Any

from promesa import charts, words
from promesa.engine import stack
from promesa.errors import NothingTiered
from promesa.measures import (
    NO_DATA,
    ask,
    check_reviewed,
    count_of,
    members,
    reviews_of,
    tiers_of,
    with_dimensions,
    withheld,
)
from promesa.results import Estimate, Result
from promesa.stats import summarise
from promesa.value.choosing import fitted, spend_of
from promesa.value.margin import margin
from promesa.value.outlook import outlooks
from promesa.value.purchases import buying
from promesa.value.summaries import spends, summaries
from promesa.value.tier_sums import year_before

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import date, datetime

    from promesa.measures import Question
    from promesa.results import Value
    from promesa.store import Facts
    from promesa.value.outlook import GroupOutlook
    from promesa.workspace import Workspace

KNOWN_FROM = ("profiles", "orders", "moments", "costs")
NOT_DECLARED, NOT_REVIEWED = "no-tiers-declared", "tiers-not-reviewed"


@dataclass(frozen=True, slots=True, kw_only=True)
class TiersAnswer(Result):
    """Customers by tier; see `tiers`.

    Attributes
    ----------
    missing : str or None
        Code of the reason why there is nothing to show.
    """

    missing: str | None = None

    def summary(self, locale: str = "en") -> str:
        """Say how many are of the highest tier, what they are expected to leave, and who moved."""
        if self.missing or not self.estimates:
            return words.say(f"value.tiers.{self.missing or 'empty'}", locale)
        top = next(e for e in self.estimates if e.measure == "customer_share")
        tier = top.dimensions["tier"]
        each = self.find("expected_profit", tier=tier)
        of_margin = self.find("margin_share", tier=tier)
        said: list[str] = []
        if top.estimate is not None and each is not None and each.estimate is not None:
            said.append(
                words.say(
                    "value.tiers.summary",
                    locale,
                    tier=self.label(tier, locale),
                    n=words.number(each.n, locale),
                    share=words.percent(top.estimate, locale),
                    days=each.extra["horizon_days"],
                    each=words.amount(each.estimate, each.unit, locale),
                    lower=words.amount(each.lower, each.unit, locale),
                    upper=words.amount(each.upper, each.unit, locale),
                )
            )
        if of_margin is not None and of_margin.estimate is not None:
            said.append(
                words.say("value.tiers.margin", locale, share=words.percent(of_margin.estimate, locale, decimals=0))
            )
        stable = self.find("stable_share")
        if stable is not None and stable.estimate is not None:
            n = words.number(stable.n, locale)
            said.append(words.say("value.tiers.stable", locale, share=words.percent(stable.estimate, locale), n=n))
        return " ".join(said) or words.say("value.tiers.empty", locale)

    def chart(self, locale: str = "en") -> dict[str, object] | None:
        """Draw what a customer of each tier is expected to leave."""
        rows = [row for row in self.rows() if row["measure"] == "expected_profit" and row["estimate"] is not None]
        if len(rows) < 2:
            return None
        return charts.intervals(
            rows,
            label="tier",
            title=words.say("value.tiers.chart", locale, days=rows[0]["horizon_days"]),
            unit=str(rows[0]["unit"]),
            locale=locale,
            names={str(row["tier"]): self.label(str(row["tier"]), locale) for row in rows},
        )


def tiers(
    workspace: Workspace,
    *,
    as_of: date | datetime | str | None = None,
    confidence_level: float | None = None,
    facts: Facts | None = None,
) -> TiersAnswer:
    """Count customers by tier, say what each tier is worth, and who moved at the last review.

    Parameters
    ----------
    workspace : Workspace
        From `promesa.open`.
    as_of, confidence_level
        As in `measures.ask`.

    Returns
    -------
    TiersAnswer
        Rows per ``tier``: ``customers`` (count), ``customer_share`` (fraction); ``expected_profit`` (money a customer
        who has bought, interval) and ``expected_profit_total`` (money, interval) within ``horizon_days``; ``margin`` of
        the last 365 days (money, interval) and ``margin_share`` (fraction); ``kept_members`` and ``flagged_members``
        (count), who are there by the grace of members or by a flag; ``moved`` (count) with the tier that they went
        ``to`` at the last review. For all: ``stable_share`` (fraction), of those of whom both reviews say something.

    Notes
    -----
    Estimands: counts of the customers there are; the means are those of `lifetime`, not discounted, by the margin rate
    and the cost to serve of each tier's own customers, with the process of greater likelihood. Shares of customers and
    of margin are of these customers and carry no interval. A tier is that of the last review up to `as_of`.
    """
    question = ask(workspace, as_of=as_of, confidence_level=confidence_level, facts=facts)
    heading: dict[str, Any] = {**question.heading("tiers"), "dimensions": ("tier",)}
    missing = missing_tiers(question)
    if missing:
        return TiersAnswer(**heading, estimates=(), missing=missing)
    figures = [*_count_rows(question), *_profit_rows(question), *_margin_rows(question), *_move_rows(question)]
    places = {name: place for place, name in enumerate(tiers_of(question).names)}
    figures.sort(key=lambda figure: places.get(str(figure.dimensions.get("tier")), len(places)))
    return TiersAnswer(**heading, estimates=tuple(figures))


def missing_tiers(question: Question) -> str | None:
    """Return why nothing can be said by tier, or None if it can."""
    if question.workspace.model.tiers is None:
        return NOT_DECLARED
    try:
        check_reviewed(question)
    except NothingTiered:
        return NOT_REVIEWED
    return None


def _by_tier(question: Question) -> Question:
    from dataclasses import replace

    return replace(question, by=("tier",))


def _count_rows(question: Question) -> list[Estimate]:
    facts, by_tier = question.facts, _by_tier(question)
    known = [facts.table(table).select("customer") for table in KNOWN_FROM if not facts.is_empty(table)]
    everybody = stack(known)
    everybody = with_dimensions(by_tier, everybody.filter(everybody["customer"].notnull()).distinct())
    why = members(question).select(member="customer", why="reason")
    everybody = everybody.left_join(why, everybody["customer"] == why["member"])
    counted = everybody.group_by("by_tier", "why").aggregate(n=everybody.count())
    counts: dict[tuple[str, str | None], int] = {}
    for row in facts.engine.fetch(counted).to_pylist():
        counts[row["by_tier"], row["why"]] = row["n"]
    total = sum(counts.values())
    figures: list[Estimate] = []
    for tier in tiers_of(question).names:
        where: dict[str, str | None] = {"tier": tier}
        n = sum(count for (name, _), count in counts.items() if name == tier)
        customers = count_of(question, where, "customers", n, customers=n)
        share = None if customers.estimate is None or not total else n / total
        figures += [
            customers,
            Estimate(
                dimensions=where, measure="customer_share", estimate=share, n=total, unit="fraction",
                note=customers.note if share is None else None,
            ),
        ]  # fmt: skip
        for reason, measure in (("kept", "kept_members"), ("flag", "flagged_members")):
            some = counts.get((tier, reason), 0)
            figures.append(count_of(question, where, measure, some, customers=some))
    return figures


def _profit_rows(question: Question) -> list[Estimate]:
    """Return what customers of each tier who have bought are expected to leave, with the error of fit and draw."""
    tiers, by_tier = tiers_of(question), _by_tier(question)
    bought = buying(by_tier)
    found = summaries(bought)
    p = found.purchases
    processes = fitted(summarise(p.repeats, p.last, p.seen, customers=p.customers)) if p.n else {}
    if not processes:
        return []
    process, spent = max(processes.values(), key=lambda one: one.log_likelihood), spends(bought)
    ahead = outlooks(
        process, spend_of(spent), found, spends=spent, horizon=float(tiers.horizon_days), discount_rate=0.0
    )
    figures: list[Estimate] = []
    for group, outlook in zip(found.groups, ahead, strict=True):
        figures += _profits(question, group, outlook, days=tiers.horizon_days)
    return figures


def _profits(question: Question, where: dict[str, str | None], outlook: GroupOutlook, *, days: int) -> list[Estimate]:
    from scipy.special import ndtri

    reason = withheld(question, outlook.customers, outlook.customers)
    half = float(ndtri((1 + question.confidence_level) / 2)) * outlook.value.error
    figures: list[Estimate] = []
    for measure, factor in (("expected_profit", 1.0), ("expected_profit_total", float(outlook.customers))):
        value = outlook.value.value * factor
        extra: dict[str, Value] = {"horizon_days": days}
        figures.append(
            Estimate(
                dimensions=where,
                measure=measure,
                estimate=None if reason else value,
                lower=None if reason else value - half * factor,
                upper=None if reason else value + half * factor,
                n=0 if reason == "withheld-small-cell" else outlook.customers,
                unit=question.workspace.currency,
                note=reason,
                extra=extra,
            )
        )
    return figures


def _margin_rows(question: Question) -> list[Estimate]:
    since = year_before(question.facts.as_of).replace(tzinfo=UTC)
    found = margin(
        question.workspace,
        by="tier",
        since=since,
        confidence_level=question.confidence_level,
        facts=question.facts,
    )
    of_tiers = [row for row in found.estimates if row.measure == "margin" and row.dimensions.get("tier") is not None]
    figures: list[Estimate] = []
    known = all(row.estimate is not None for row in of_tiers)
    total = sum(row.estimate or 0.0 for row in of_tiers)
    for row in of_tiers:
        share = (row.estimate or 0.0) / total if known and total > 0 else None
        figures += [
            row,
            Estimate(
                dimensions=row.dimensions, measure="margin_share", estimate=share, n=row.n, unit="fraction",
                note=None if share is not None else row.note or NO_DATA,
            ),
        ]  # fmt: skip
    return figures


def _move_rows(question: Question) -> list[Estimate]:
    """Return who went from which tier to which at the last review; nothing if it was the first."""
    reviews = [at for at, _ in reviews_of(question.facts)]
    if len(reviews) < 2:
        return []
    now, then = (members(question, at) for at in reviews[:2])
    was = then.select(member="customer", was="tier")
    both = now.inner_join(was, now["customer"] == was["member"])
    counted = both.group_by("was", "tier").aggregate(n=both.count())
    moves = {(row["was"], row["tier"]): int(row["n"]) for row in question.facts.engine.fetch(counted).to_pylist()}
    return _moves(question, moves)


def _moves(question: Question, moves: Mapping[tuple[str, str], int]) -> list[Estimate]:
    names = tiers_of(question).names
    figures: list[Estimate] = []
    for was, tier in sorted(moves, key=lambda pair: tuple(names.index(name) for name in pair)):
        if was != tier:
            n = moves[was, tier]
            figures.append(count_of(question, {"tier": was}, "moved", n, customers=n, to=tier))
    total = sum(moves.values())
    stayed = sum(n for (was, tier), n in moves.items() if was == tier)
    hidden = total < question.workspace.min_cell
    stable = Estimate(
        dimensions={"tier": None},
        measure="stable_share",
        estimate=None if hidden else stayed / total,
        n=0 if hidden else total,
        unit="fraction",
        note="withheld-small-cell" if hidden else None,
    )
    return [*figures, stable]
