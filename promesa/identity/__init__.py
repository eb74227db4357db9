"""Who is behind the records: identifiers, links, decisions and the persons they make.

Its names come on first use: the model of Splink and the arrays of SciPy are heavy to import. So no name may be
that of a module of the room.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from promesa.identity.decided import Decision, Drawn, evidence_of, standing
    from promesa.identity.decisions import decide, decision_log, undo, unlink
    from promesa.identity.evaluation import Evaluation, evaluate
    from promesa.identity.keys import is_part
    from promesa.identity.link_quality import IdentityQuality, quality
    from promesa.identity.linking import link, refresh_persons
    from promesa.identity.records import left_out, make_records, record_columns
    from promesa.identity.report import LinkReport
    from promesa.identity.sampling import draw_pairs
    from promesa.identity.settling import Settled
    from promesa.identity.threshold import Threshold, current_threshold, recommended_threshold, train_threshold

_WHERE = {
    "Decision": "decided",
    "Drawn": "decided",
    "Evaluation": "evaluation",
    "IdentityQuality": "link_quality",
    "LinkReport": "report",
    "Settled": "settling",
    "Threshold": "threshold",
    "current_threshold": "threshold",
    "decide": "decisions",
    "decision_log": "decisions",
    "draw_pairs": "sampling",
    "evaluate": "evaluation",
    "evidence_of": "decided",
    "is_part": "keys",
    "left_out": "records",
    "link": "linking",
    "make_records": "records",
    "quality": "link_quality",
    "recommended_threshold": "threshold",
    "record_columns": "records",
    "refresh_persons": "linking",
    "standing": "decided",
    "train_threshold": "threshold",
    "undo": "decisions",
    "unlink": "decisions",
}
__all__ = [
    "Decision",
    "Drawn",
    "Evaluation",
    "IdentityQuality",
    "LinkReport",
    "Settled",
    "Threshold",
    "current_threshold",
    "decide",
    "decision_log",
    "draw_pairs",
    "evaluate",
    "evidence_of",
    "is_part",
    "left_out",
    "link",
    "make_records",
    "quality",
    "recommended_threshold",
    "record_columns",
    "refresh_persons",
    "standing",
    "train_threshold",
    "undo",
    "unlink",
]


def __getattr__(attribute: str) -> Any:
    if attribute in _WHERE:
        return getattr(import_module(f"promesa.identity.{_WHERE[attribute]}"), attribute)
    raise AttributeError(attribute)
