"""The trained model as it is kept: a Splink model, what relatives share, frequent values. Nobody's data is in it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from promesa.errors import StoreDamaged
from promesa.identity.comparisons import VERSION, comparisons_of
from promesa.store import write_document

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from promesa.workspace import Model


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkModel:
    """What turns the agreement of two records into a probability.

    Attributes
    ----------
    settings : mapping
        Settings of Splink, with the m and u probabilities of each level; Splink reads them as they are.
    relatives : mapping of str to tuple of float
        For each comparison, the share of each level (most alike first) among pairs of two persons of one home.
    relatives_per_match : float
        Pairs of two persons of one home for each pair of one person.
    common : mapping of str to mapping
        For a column, its frequent values and the share of strangers who agree on them. Only values that at least 50
        records hold.
    records, pairs : int
        What it was trained on.
    notes : tuple of mapping
        What was left out and why: `field` and `reason` (``empty``, ``constant``, ``no sense``, ``few pairs``).
    fingerprint : str
        Changes with anything that changes a probability.
    """

    settings: Mapping[str, Any]
    relatives: Mapping[str, tuple[float, ...]]
    relatives_per_match: float
    common: Mapping[str, Mapping[str, float]]
    records: int
    pairs: int
    notes: tuple[Mapping[str, str], ...]
    version: int = VERSION

    @property
    def fingerprint(self) -> str:
        """Sixteen hexadecimal digits."""
        weighs = [self.version, self.settings, self.relatives, self.relatives_per_match, self.common]
        return hashlib.sha256(json.dumps(weighs, sort_keys=True).encode()).hexdigest()[:16]


def fits(link_model: LinkModel, model: Model) -> bool:
    """Tell whether a kept model compares what the workspace declares now; if not, it is to be trained again."""
    declared = {comparison.field for comparison in comparisons_of(model)}
    compared = {str(comparison["output_column_name"]) for comparison in link_model.settings["comparisons"]}
    known = compared | {note["field"] for note in link_model.notes}
    return link_model.version == VERSION and compared <= declared <= known


def write_model(path: Path, link_model: LinkModel) -> None:
    """Write a model to a file, whole or not at all."""
    write_document(path, {"fingerprint": link_model.fingerprint, **asdict(link_model)})


def read_model(path: Path) -> LinkModel | None:
    """Return the model kept in a file, or None where there is none.

    Raises
    ------
    StoreDamaged
        If the file is there and is not a whole model.
    """
    if not path.exists():
        return None
    try:
        content = json.loads(path.read_text(encoding="utf-8"))
        fingerprint = content.pop("fingerprint")
        content["relatives"] = {field: tuple(shares) for field, shares in content["relatives"].items()}
        content["notes"] = tuple(content["notes"])
        link_model = LinkModel(**content)
    except (ValueError, TypeError, KeyError, AttributeError) as error:
        raise _damaged(path, type(error).__name__) from error
    if link_model.fingerprint != fingerprint:
        raise _damaged(path, "a fingerprint of other content")
    return link_model


def _damaged(path: Path, got: str) -> StoreDamaged:
    return StoreDamaged(
        what="The kept model of who is who cannot be read.",
        got=f"{path.name}: {got}",
        expected="the file as `promesa` wrote it",
        fix="delete it: the next link trains it again",
    )
