"""Names as people read them, and what people call every declared name."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator
    from typing import Any

    from promesa.workspace.model import Workspace
    from promesa.workspace.studies import Studies


@dataclass(frozen=True, slots=True, kw_only=True)
class Label:
    """A name as people read it, in each language; the other language stands in for one not given."""

    es: str
    en: str

    def in_locale(self, locale: str) -> str:
        """Return the label in `locale` (``es`` or ``en``, or such as ``es_CO``)."""
        return self.es if locale.startswith("es") else self.en


def labels_of(workspace: Workspace) -> dict[str, dict[str, str]]:
    """Return what people call every declared name, by language; a word of the model goes before a study's name."""
    model = workspace.model
    kinds = (
        model.identifiers,
        model.consents,
        model.traits,
        model.purposes,
        model.accounts,
        model.elements,
        model.concepts,
        model.channels,
        model.functions,
    )
    labels = {name: study.label for name, study in _studies(model.studies)}
    labels |= {name: tier.label for name, tier in (model.tiers.bands if model.tiers else {}).items()}
    labels |= {name: standard.label for name, standard in model.standards.items()}
    labels |= {name: thing.label for kind in kinds for name, thing in kind.items()}
    labels |= {name: touchpoint.label for name, touchpoint in model.touchpoints.items()}
    labels |= {name: promise.statement for name, promise in model.promises.items()}
    return {name: {"es": label.es, "en": label.en} for name, label in labels.items()}


def _studies(studies: Studies) -> Iterator[tuple[str, Any]]:
    for kind in (studies.effects, studies.experiments, studies.indices, studies.outcomes):
        yield from kind.items()
    for index in studies.indices.values():
        yield from index.constructs.items()
