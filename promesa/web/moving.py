"""The page of what-if: a slider for everything that can be moved, and what would come of it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

from litestar import Response, get

from promesa import chain, report, words
from promesa.errors import PromesaError
from promesa.web.gate import LOG, asking
from promesa.web.rendering import Asked, Visit, page
from promesa.web.standing import unanalysed

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

STEPS = 200
"""Steps of a slider over its range."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Slider:
    """One lever as the form shows it: shares in percent, everything else in its unit."""

    name: str
    label: str
    owner: str
    unit: str
    now: float
    value: float
    lowest: float
    highest: float
    step: float
    range: str

    @property
    def moved(self) -> bool:
        """Tell whether the reader has moved it."""
        return self.value != self.now


@get("/drivers/what-if", opt=asking("see_figures"), sync_to_thread=True)
def what_if(visit: Asked) -> Response[str]:
    """Show what would come of the levels in the address; none moved shows only the sliders."""
    snapshot = visit.site.snapshot()
    title = visit.say("whatif.title")
    if snapshot is None:
        return unanalysed(visit, title)
    content = visit.site.content(snapshot, visit.locale)
    document: Mapping[str, Any] = content.document("system")
    sliders, wrong = _sliders(visit, content, chain.levers(document))
    said, answers = "", None
    moved = {slider.name: slider.value / (100 if slider.unit == "%" else 1) for slider in sliders if slider.moved}
    if moved and not wrong:
        try:
            found = chain.what_if(document, moved)
            said, answers = found.summary(visit.locale), report.moving_table(found.rows(), content)
        except PromesaError as error:
            LOG.error("What would be could not be worked out: %s", error.code)
            wrong = [visit.say("whatif.failed")]
    return page(
        visit,
        "what_if.html",
        title=title,
        content=content,
        sliders=sliders,
        said=said,
        answers=answers,
        wrong=wrong,
    )


def _sliders(visit: Visit, content: report.Content, levers: Sequence[chain.Lever]) -> tuple[list[Slider], list[str]]:
    """Return the sliders as the address sets them, and what in it cannot be read."""
    sliders: list[Slider] = []
    wrong: list[str] = []
    for lever in levers:
        slider = _slider(lever, content, visit)
        text = visit.request.query_params.get(lever.name, "").strip().replace(",", ".")
        try:
            value = float(text) if text else slider.now
        except ValueError:
            value = slider.now
            wrong.append(visit.say("whatif.unreadable", name=slider.label, got=text[:40]))
        if not slider.lowest <= value <= slider.highest:
            wrong.append(visit.say("whatif.outside", name=slider.label, range=slider.range))
            value = slider.now
        sliders.append(replace(slider, value=value))
    return sorted(sliders, key=lambda one: (one.owner, one.label)), wrong


def _slider(lever: chain.Lever, content: report.Content, visit: Visit) -> Slider:
    times = 100 if lever.is_share else 1
    width = (lever.highest - lever.lowest) * times
    digits = 0 if width >= STEPS else 1 if width >= STEPS / 10 else 2 if width >= STEPS / 100 else 3
    lowest, highest, now = (round(value * times, digits) for value in (lever.lowest, lever.highest, lever.now))
    name = report.feature_name({"kind": lever.kind, "feature": lever.name}, content)
    said = [words.number(value, visit.locale, decimals=digits) for value in (now, lowest, highest)]
    return Slider(
        name=lever.name,
        label=visit.say("whatif.broken", promise=name) if lever.kind == "promise" else name,
        owner=content.label("function", lever.function),
        unit="%" if lever.is_share else report.unit_name(lever.unit, content),
        now=now,
        value=now,
        lowest=min(lowest, now),
        highest=max(highest, now),
        step=10.0**-digits,
        range=visit.say("whatif.range", now=said[0], low=said[1], high=said[2]),
    )
