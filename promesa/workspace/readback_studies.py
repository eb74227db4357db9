"""Reads back what a workspace asks of its data: outcomes, drivers, effects, experiments and index surveys."""

from __future__ import annotations

from typing import TYPE_CHECKING

from promesa.words import number, say
from promesa.workspace.studies import BUILT_IN_CONFOUNDERS, OF_OPINIONS, OF_ORDERS, OPTIONAL_CONFOUNDERS

if TYPE_CHECKING:
    from collections.abc import Iterable

    from promesa.workspace.model import Workspace
    from promesa.workspace.readback import Part, Row
    from promesa.workspace.studies import EffectQuestion, Outcome


def read_outcomes(ws: Workspace, locale: str) -> Part:
    """Return the outcomes, declared or not, as sentences."""
    rows: list[Row] = []
    lines: list[str] = []
    for outcome in ws.model.studies.outcomes.values():
        row: Row = {
            "outcome": outcome.name,
            "label": outcome.label.in_locale(locale),
            "kind": outcome.kind,
            "better": outcome.better,
            "concept": outcome.concept,
            "touchpoints": ", ".join(outcome.touchpoints) or None,
            "within_days": _days(ws, outcome),
        }
        rows.append(row)
        counted = say(f"workspace.outcome.{outcome.kind}", locale, **{**row, "top": _top(ws, outcome)})
        direction = say(f"workspace.better.{outcome.better}", locale)
        lines.append(say("workspace.line.outcome", locale, **row, counted=counted, direction=direction))
    if ws.model.referral_action is not None:
        lines.append(say("workspace.line.referral", locale, action=ws.model.referral_action))
    return rows, lines


def read_purposes(ws: Workspace, locale: str) -> Part:
    """Return what money is put into, what for, and what is known of what it does."""
    rows: list[Row] = []
    lines: list[str] = []
    for purpose in ws.model.purposes.values():
        row: Row = {
            "name": purpose.name,
            "label": purpose.label.in_locale(locale),
            "kind": purpose.kind,
            "promise": purpose.promise,
            "experiment": purpose.experiment,
        }
        rows.append(row)
        kind = say(f"workspace.purpose.{purpose.kind}", locale)
        parts = [say("workspace.line.purpose", locale, **{**row, "kind": kind})]
        parts += [say(f"workspace.purpose.{key}", locale, **row) for key in ("promise", "experiment") if row[key]]
        lines.append(" | ".join(parts))
    return rows, lines


def _days(ws: Workspace, outcome: Outcome) -> int | None:
    return (outcome.within_days or ws.model.return_within_days) if outcome.kind in OF_ORDERS else None


def _top(ws: Workspace, outcome: Outcome) -> str:
    """Return the score from which an answer counts as one of a promoter."""
    if outcome.kind not in OF_OPINIONS:
        return ""
    concept = ws.model.concepts[str(outcome.concept)]
    top = 9 if concept.kind == "nps" else concept.top_from if concept.top_from is not None else concept.scale[1]
    return f"{top:g}"


def read_drivers(ws: Workspace, locale: str) -> Part:
    """Return how what was lived is held against what came of it."""
    settings = ws.model.studies.drivers
    names = settings.confounders or (*BUILT_IN_CONFOUNDERS, *ws.model.traits)
    row: Row = {
        "unit": settings.unit,
        "confounders": ", ".join(names),
        "leave_out": ", ".join(settings.leave_out) or None,
        "most_rows": settings.most_rows,
        "bootstraps": settings.bootstraps,
        "seed": settings.seed,
    }
    words = (*BUILT_IN_CONFOUNDERS, *OPTIONAL_CONFOUNDERS)
    told = [say(f"workspace.confounder.{n}", locale) if n in words else _label(ws, n, locale) for n in names]
    shown = {"unit": say(f"workspace.row.{settings.unit}", locale), "confounders": ", ".join(told)}
    most = number(settings.most_rows, locale)
    return [row], [say("workspace.line.drivers", locale, **{**row, **shown, "most_rows": most})]


def read_journeys(ws: Workspace, locale: str) -> Part:
    """Return how moments are put together to journeys."""
    settings = ws.model.journeys
    row: Row = {
        "gap_days": settings.gap_days,
        "across_channels": settings.across_channels,
        "closes_at": ", ".join(settings.closes_at) or None,
        "open_days": settings.open_days,
        "expected": ", ".join(settings.expected) or None,
        "optional": None if settings.optional is None else ", ".join(settings.optional),
        "passages": "; ".join(f"{start} > {', '.join(ends)}" for start, ends in settings.passages.items()) or None,
        "contacts": ", ".join(settings.contacts) or None,
        "solved_by": settings.solved_by,
        "compare_days": settings.compare_days,
        "remembered": settings.remembered,
        "asked_again": settings.asked_again,
    }
    lines = [say("workspace.line.journeys", locale, **row)]
    if settings.expected:
        lines.append(say("workspace.line.expected", locale, path=" > ".join(settings.expected)))
    if settings.optional is not None:
        lines.append(say("workspace.line.optional", locale, names=", ".join(settings.optional) or "–"))
    if settings.passages:
        lines.append(say("workspace.line.passages", locale, passages=row["passages"]))
    if settings.contacts:
        lines.append(say("workspace.line.contacts", locale, names=row["contacts"]))
    if settings.solved_by is not None:
        element = ws.model.elements[settings.solved_by].label.in_locale(locale)
        lines.append(say("workspace.line.solved_by", locale, element=element))
    if settings.remembered is not None:
        concept = ws.model.concepts[settings.remembered].label.in_locale(locale)
        lines.append(say("workspace.line.remembered", locale, concept=concept))
    if settings.asked_again is not None:
        element = ws.model.elements[settings.asked_again].label.in_locale(locale)
        lines.append(say("workspace.line.asked_again", locale, element=element))
    return [row], lines


def _label(ws: Workspace, trait: str, locale: str) -> str:
    return ws.model.traits[trait].label.in_locale(locale)


def read_effects(ws: Workspace, locale: str) -> Part:
    """Return the effects that are asked for."""
    rows: list[Row] = []
    lines: list[str] = []
    for effect in ws.model.studies.effects.values():
        row: Row = {
            "effect": effect.name,
            "label": effect.label.in_locale(locale),
            "promise": effect.promise,
            "element": effect.element,
            "outcomes": _outcomes(ws, effect.outcomes),
            "adjust_for": ", ".join(effect.adjust_for) or None,
            "by": effect.by,
        }
        rows.append(row)
        lines.append(" | ".join(_effect_parts(effect, row, locale)))
    return rows, lines


def _outcomes(ws: Workspace, named: Iterable[str]) -> str:
    return ", ".join(named or ws.model.studies.outcomes)


def _effect_parts(effect: EffectQuestion, row: Row, locale: str) -> list[str]:
    acts = "promise" if effect.promise else "element"
    parts = [say(f"workspace.effect.{acts}", locale, **row)]
    parts += [say(f"workspace.effect.{key}", locale, **row) for key in ("adjust_for", "by") if row[key] is not None]
    return parts


def read_experiments(ws: Workspace, locale: str) -> Part:
    """Return the experiments: arms, control and on what."""
    rows: list[Row] = []
    lines: list[str] = []
    for trial in ws.model.studies.experiments.values():
        row: Row = {
            "experiment": trial.name,
            "label": trial.label.in_locale(locale),
            "arms": ", ".join(trial.arms),
            "control": trial.control,
            "kind": trial.kind,
            "shares": ", ".join(f"{share:g}" for share in trial.shares) or None,
            "outcomes": _outcomes(ws, trial.outcomes),
            "by": trial.by,
        }
        rows.append(row)
        parts = [say("workspace.line.experiment", locale, **row)]
        parts += [say("workspace.effect.by", locale, **row)] if trial.by else []
        lines.append(" | ".join(parts))
    return rows, lines


def read_indices(ws: Workspace, locale: str) -> Part:
    """Return the index surveys: one row for each construct, and the arrows between them."""
    rows: list[Row] = []
    lines: list[str] = []
    for index in ws.model.studies.indices.values():
        arrows = ", ".join(f"{one} -> {other}" for one, other in index.arrows)
        label = index.label.in_locale(locale)
        parts = [say("workspace.line.index", locale, index=index.name, label=label, arrows=arrows)]
        parts += [say("workspace.line.survey", locale, survey=index.survey)] if index.survey else []
        lines.append(" | ".join(parts))
        for construct in index.constructs.values():
            row: Row = {
                "index": index.name,
                "label": label,
                "construct": construct.name,
                "construct_label": construct.label.in_locale(locale),
                "items": ", ".join(construct.items),
                "mode": construct.mode,
                "acts_on": ", ".join(other for one, other in index.arrows if one == construct.name) or None,
                "survey": index.survey,
                "scheme": index.scheme,
            }
            rows.append(row)
            lines.append("  " + say(f"workspace.construct.{construct.mode}", locale, **row))
    return rows, lines
