"""What may go with leaving: the columns of a regression, each known at the start of the days it speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from promesa.value.histories import concept_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from promesa.value.histories import History
    from promesa.workspace import Model

    Floats = NDArray[np.float64]
    Ints = NDArray[np.int64]

Kind = Literal["promise", "any_promise", "score", "silent", "complaint", "earlier", "tenure", "channel", "trait"]
RECENT_DAYS, COMPLAINT_DAYS = 90, 30
MOST_LEVELS = 8
YEAR = 365.25
EXPERIENCE: tuple[Kind, ...] = ("promise", "any_promise", "score", "complaint")


@dataclass(frozen=True, slots=True, kw_only=True)
class Term:
    """One column.

    Attributes
    ----------
    kind : Kind
        ``promise``: whether it was known to be broken in the last 90 days (``any_promise``: any of them). ``score``:
        the last answer; ``silent``: whether there is none. ``complaint``: whether the customer complained in the last
        30 days. ``earlier``: doublings of the purchases so far; ``tenure``: years since the first. ``channel``,
        ``trait``: whether it is this level, against the most frequent one.
    name : str
        Of the promise, the concept or the trait; else the kind.
    level : str or None
        Of a channel or trait.
    """

    kind: Kind
    name: str
    level: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Moments:
    """Stretches at a day within them: which stretch, and the day."""

    stretch: Ints
    day: Ints


@dataclass(frozen=True, slots=True, kw_only=True)
class Design:
    """The terms looked at, in order, and what stands for an answer that nobody gave."""

    terms: tuple[Term, ...]
    usual_score: float

    def columns(self, seen: History, at: Moments) -> Floats:
        """Return one row a moment and one column a term, without NaN."""
        owner = seen.owner[at.stretch]
        score = seen.answers.latest(owner, at.day)
        found = [self._column(term, seen, at, owner=owner, score=score) for term in self.terms]
        return np.column_stack(found) if found else np.empty((at.day.size, 0))

    def _column(self, term: Term, seen: History, at: Moments, *, owner: Ints, score: Floats) -> Floats:
        match term.kind:
            case "promise":
                return (seen.broken[term.name].within(owner, at.day, RECENT_DAYS) > 0).astype(float)
            case "any_promise":
                broken = [dated.within(owner, at.day, RECENT_DAYS) for dated in seen.broken.values()]
                return (np.sum(broken, axis=0) > 0).astype(float) if broken else np.zeros(at.day.size)
            case "score":
                return np.where(np.isnan(score), self.usual_score, score)
            case "silent":
                return np.isnan(score).astype(float)
            case "complaint":
                return (seen.complaints.within(owner, at.day, COMPLAINT_DAYS) > 0).astype(float)
            case "earlier":
                return np.log2(np.maximum(seen.earlier[at.stretch], 1.0))
            case "tenure":
                return (at.day - seen.joined[at.stretch]) / YEAR
            case _:
                words = seen.words["channel" if term.kind == "channel" else term.name][at.stretch]
                return np.array([word == term.level for word in words], dtype=float)


def design_of(seen: History, model: Model, *, contract: bool, smallest: int) -> Design:
    """Return the terms that enough customers differ in.

    Parameters
    ----------
    smallest : int
        Customers whom a level must be of.
    """
    terms = [Term(kind="promise", name=name) for name in model.promises]
    concept = concept_of(model)
    scores = seen.answers.values
    usual = float(scores.mean()) if scores is not None and scores.size else 0.0
    if concept is not None and scores is not None and scores.size:
        terms += [Term(kind="score", name=concept.name), Term(kind="silent", name=concept.name)]
    if seen.complaints.keys.size:
        terms.append(Term(kind="complaint", name="complaint"))
    if not contract:
        terms += [Term(kind="earlier", name="earlier"), Term(kind="tenure", name="tenure")]
    for name, words in seen.words.items():
        kind: Kind = "trait" if name in model.traits else "channel"
        terms += [Term(kind=kind, name=name, level=level) for level in _levels(seen.owner, words, smallest)]
    return Design(terms=tuple(terms), usual_score=usual)


def _levels(owner: Ints, words: NDArray[np.object_], smallest: int) -> list[str]:
    """Return the levels beside the most frequent one, of enough customers, the most frequent first."""
    sizes: dict[str, int] = {}
    for word in {word for word in words.tolist() if word is not None}:
        sizes[str(word)] = int(np.unique(owner[words == word]).size)
    ordered = sorted(sizes, key=lambda word: (-sizes[word], word))
    return [word for word in ordered[1:MOST_LEVELS] if sizes[word] >= smallest]
