"""Reads accounts and currencies back."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.words import day, say

if TYPE_CHECKING:
    from promesa.workspace.model import Workspace
    from promesa.workspace.readback import Part, Row


def read_accounts(ws: Workspace, locale: str) -> Part:
    """Return the accounts, what they pay for, and what becomes of their difference."""
    rows: list[Row] = []
    lines: list[str] = []
    for account in ws.model.accounts.values():
        label = account.label.in_locale(locale)
        touchpoints = ", ".join(account.touchpoints)
        rows.append({"account": account.name, "label": label, "touchpoints": touchpoints, "spread": account.spread})
        lines.append(
            say(
                "workspace.line.account",
                locale,
                account=account.name,
                label=label,
                touchpoints=touchpoints or say("workspace.spread.nothing", locale),
                spread=say(f"workspace.spread.{account.spread or 'none'}", locale),
            )
        )
    return rows, lines


def read_rates(ws: Workspace, locale: str) -> Part:
    """Return the currencies and over which days their rates are known."""
    rows: list[Row] = []
    lines: list[str] = []
    for currency, entries in ws.rates.items():
        (first, first_rate), (last, last_rate) = entries[0], entries[-1]
        rows.append(
            {
                "currency": currency,
                "rates": len(entries),
                "first": first.isoformat(),
                "last": last.isoformat(),
                "last_rate": float(last_rate),
            }
        )
        said = {"first": day(first, locale), "last": day(last, locale)}
        key = "one_rate" if len(entries) == 1 else "rates"
        lines.append(
            say(
                f"workspace.line.{key}",
                locale,
                currency=currency,
                count=len(entries),
                first_rate=f"{first_rate.normalize():f}",
                last_rate=f"{last_rate.normalize():f}",
                **said,
            )
        )
    return rows, lines
