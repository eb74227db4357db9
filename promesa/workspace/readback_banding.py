"""Reads back the tiers of customers and the minimum standards."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.words import amount, number, percent, say

if TYPE_CHECKING:
    from promesa.workspace.banding import Standard, Tier
    from promesa.workspace.model import Workspace
    from promesa.workspace.readback import Part, Row


def read_tiers(ws: Workspace, locale: str) -> Part:
    """Return the tiers, the highest first, as sentences."""
    tiers = ws.model.tiers
    if tiers is None:
        return [], []
    days = number(tiers.horizon_days, locale)
    rows: list[Row] = []
    lines = [say(f"workspace.tiers.{tiers.by}", locale, days=days)]
    for tier in tiers.bands.values():
        flags = "; ".join(f"{trait} = {', '.join(values)}" for trait, values in tier.flags.items())
        rows.append(
            {
                "tier": tier.name,
                "label": tier.label.in_locale(locale),
                "by": tiers.by,
                "horizon_days": tiers.horizon_days,
                "measured": tiers.measured,
                "enter": tier.enter,
                "keep": tier.keep,
                "flags": flags or None,
            }
        )
        lines.append(_tier_line(tier, ws, flags, locale))
    return rows, lines


def _tier_line(tier: Tier, ws: Workspace, flags: str, locale: str) -> str:
    name = {"tier": tier.name, "label": tier.label.in_locale(locale)}
    if tier.enter is None or tier.keep is None:
        return say("workspace.tiers.lowest", locale, **name)
    measured = ws.model.tiers.measured if ws.model.tiers else "amount"
    written = (
        [percent(edge, locale) for edge in (tier.enter, tier.keep)]
        if measured == "share"
        else [amount(edge, ws.currency, locale) for edge in (tier.enter, tier.keep)]
    )
    said = [say(f"workspace.tiers.{measured}", locale, enter=written[0], keep=written[1], **name)]
    return " | ".join([*said, say("workspace.tiers.flags", locale, flags=flags)] if flags else said)


def read_standards(ws: Workspace, locale: str) -> Part:
    """Return the minimum standards as sentences, with the levels of the tiers."""
    rows: list[Row] = []
    lines: list[str] = []
    for standard in ws.model.standards.values():
        rows.append(
            {
                "standard": standard.name,
                "label": standard.label.in_locale(locale),
                "touchpoints": ", ".join(standard.touchpoints),
                "kept": standard.kept,
                "due": standard.due,
                "released": standard.released,
                "target": standard.target,
                "levels": "; ".join(f"{tier}: {rule}" for tier, rule in standard.levels.items()) or None,
            }
        )
        lines.append(" | ".join(_standard_parts(standard, rows[-1], locale)))
    return rows, lines


def _standard_parts(standard: Standard, row: Row, locale: str) -> list[str]:
    parts = [say("workspace.standards.minimum", locale, **row)]
    if standard.released is not None:
        parts.append(say("workspace.standards.released", locale, **row))
    if standard.target is not None:
        parts.append(say("workspace.standards.target", locale, target=percent(standard.target, locale)))
    return [*parts, *([say("workspace.standards.levels", locale, **row)] if standard.levels else [])]
