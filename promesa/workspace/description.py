"""Says what promesa understood of a workspace, in the words of its model: what `promesa check` prints."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING

from promesa.errors import Mistake, WorkspaceInvalid
from promesa.words import say
from promesa.workspace.fit import unfit_loads
from promesa.workspace.notices import notices
from promesa.workspace.presence import missing_files
from promesa.workspace.readback import (
    Row,
    read_calendars,
    read_company,
    read_concepts,
    read_elements,
    read_identifiers,
    read_labelled,
    read_leaving,
    read_loads,
    read_promises,
    read_retention,
    read_sources,
    read_touchpoints,
)
from promesa.workspace.readback_banding import read_standards, read_tiers
from promesa.workspace.readback_money import read_accounts, read_rates
from promesa.workspace.readback_service import read_service_back
from promesa.workspace.readback_studies import (
    read_drivers,
    read_effects,
    read_experiments,
    read_indices,
    read_journeys,
    read_outcomes,
    read_purposes,
)

if TYPE_CHECKING:
    from promesa.workspace.model import Workspace
    from promesa.workspace.notice import Notice


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """One part of a description.

    Attributes
    ----------
    name : str
        ``company``, ``sources``, ``loads``, ``calendars``, ``touchpoints``, ``elements``, ``promises``, ``concepts``,
        ``traits``, ``purposes``, ``accounts``, ``rates``, ``outcomes``, ``journeys``, ``drivers``, ``effects``,
        ``experiments``, ``indices``, ``tiers``, ``standards``, ``identifiers``, ``consents``, ``leaving``,
        ``retention``.
    title : str
        Its heading in the reader's language.
    rows : tuple of dict
        What it holds, with keys that do not change between languages.
    lines : tuple of str
        The same rows as a person reads them, one line a row.
    """

    name: str
    title: str
    rows: tuple[Row, ...]
    lines: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Description:
    """What promesa understood of a workspace.

    Attributes
    ----------
    sections : tuple of Section
        In the order in which a reader wants them.
    warnings : tuple of Notice
        What deserves a second look and stops nothing.
    mistakes : tuple of Mistake
        Files that are missing, and load files that do not give the columns of their table.
    """

    locale: str
    sections: tuple[Section, ...]
    warnings: tuple[Notice, ...]
    mistakes: tuple[Mistake, ...]

    def text(self) -> str:
        """Return the sections and warnings as plain text; mistakes are raised, not printed."""
        blocks = ["\n".join([section.title, *(f"  {line}" for line in section.lines)]) for section in self.sections]
        if self.warnings:
            lines = [f"  {warning.in_locale(self.locale)}" for warning in self.warnings]
            blocks.append("\n".join([say("workspace.title.warnings", self.locale), *lines]))
        return "\n\n".join(blocks)

    def to_document(self) -> dict[str, object]:
        """Return everything as one JSON-ready document."""
        return {
            **{
                section.name: section.rows[0]
                if section.name in ("company", "drivers", "journeys", "leaving", "service")
                else list(section.rows)
                for section in self.sections
            },
            "warnings": [{**asdict(item), "text": item.in_locale(self.locale)} for item in self.warnings],
            "mistakes": [asdict(mistake) for mistake in self.mistakes],
        }

    def raise_mistakes(self) -> None:
        """Raise `WorkspaceInvalid` with the mistakes, if there are any."""
        if self.mistakes:
            raise WorkspaceInvalid(self.mistakes)


def describe(ws: Workspace, locale: str | None = None) -> Description:
    """Return what promesa understood of a workspace.

    Parameters
    ----------
    locale : str, optional
        Language of titles, lines and warnings; the company's when left out.
    """
    tongue = locale or ws.locale
    parts = {
        "company": read_company(ws, tongue),
        "sources": read_sources(ws, tongue),
        "loads": read_loads(ws, tongue),
        "calendars": read_calendars(ws, tongue),
        "touchpoints": read_touchpoints(ws, tongue),
        "elements": read_elements(ws, tongue),
        "promises": read_promises(ws, tongue),
        "concepts": read_concepts(ws, tongue),
        "traits": read_labelled(ws.model.traits.values(), tongue),
        "purposes": read_purposes(ws, tongue),
        "accounts": read_accounts(ws, tongue),
        "rates": read_rates(ws, tongue),
        "outcomes": read_outcomes(ws, tongue),
        "journeys": read_journeys(ws, tongue),
        "drivers": read_drivers(ws, tongue),
        "effects": read_effects(ws, tongue),
        "experiments": read_experiments(ws, tongue),
        "indices": read_indices(ws, tongue),
        "tiers": read_tiers(ws, tongue),
        "standards": read_standards(ws, tongue),
        "identifiers": read_identifiers(ws, tongue),
        "consents": read_labelled(ws.model.consents.values(), tongue),
        "leaving": read_leaving(ws, tongue),
        "retention": read_retention(ws, tongue),
        "service": read_service_back(ws, tongue),
    }
    return Description(
        locale=tongue,
        sections=tuple(
            Section(name=name, title=say(f"workspace.title.{name}", tongue), rows=tuple(rows), lines=tuple(lines))
            for name, (rows, lines) in parts.items()
            if rows
        ),
        warnings=notices(ws),
        mistakes=(*missing_files(ws), *unfit_loads(ws)),
    )
