"""The panel: customers who say how each moment of a purchase was and, a month later, how they remember the whole."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate import causal
from promesa.simulate.arrays import on_scale
from promesa.simulate.journeys import TAKEN
from promesa.simulate.surveys import SURVEYS

if TYPE_CHECKING:
    from promesa.simulate.arrays import Floats, Ints
    from promesa.simulate.company import World
    from promesa.simulate.journeys import Journeys
    from promesa.simulate.surveys import Answers

PLACES = ("visit", "checkout", "payment", "receipt", "contact", "refund")
MEMBERS, ANSWERING, REMEMBERED_AFTER = 0.12, 0.8, 30.0
ASKED_ELSEWHERE = ("ease", "delivery", "contact")  # surveys about one moment; nobody is asked about it twice


@dataclass(frozen=True, slots=True, kw_only=True)
class Panel:
    """One row a question put to a member; arrays of shape (n,).

    Attributes
    ----------
    journey : Ints
        Position of the journey asked about.
    place : Ints
        Position in `PLACES`; -1 where the journey as a whole is asked about.
    asked, answered : Floats
        Days since the window's start; `answered` is NaN when nobody answered in the window.
    score : Floats
        0 to 10; NaN unanswered.
    """

    journey: Ints
    place: Ints
    asked: Floats
    answered: Floats
    score: Floats


def draw_panel(world: World, j: Journeys, answers: Answers, *, people: int, rng: np.random.Generator) -> Panel:
    """Draw who is a member, what they say of each moment, and what they remember: worst and end weigh of their own."""
    member = rng.random(people) < MEMBERS
    elsewhere = np.isin(answers.survey, [SURVEYS.index(name) for name in ASKED_ELSEWHERE])
    rows = np.flatnonzero(member[j.person] & ~np.isin(np.arange(j.size), answers.journey[elsewhere]))
    some = j.take(rows)
    lived, asked = _times(some)
    scores = on_scale(_latent(some, rng), 0, 10)
    answered = asked + rng.uniform(0.005, 0.05, asked.shape)
    given = (rng.random(asked.shape) < ANSWERING) & (answered < world.days)
    scores, answered = np.where(given, scores, np.nan), np.where(given, answered, np.nan)
    told = on_scale(remembered(scores, lived, rng), 0, 10)
    whole = some.ends + REMEMBERED_AFTER
    later = whole + rng.uniform(0.02, 3.0, some.size)
    spoke = (rng.random(some.size) < ANSWERING) & (later < world.days) & given.any(axis=1)
    every = np.column_stack([asked, np.where(given.any(axis=1), whole, np.nan)])
    sent = ~np.isnan(every) & (np.nan_to_num(every) < world.days)
    at, place = np.nonzero(sent)
    return Panel(
        journey=rows[at],
        place=np.where(place == len(PLACES), -1, place),
        asked=every[sent],
        answered=np.column_stack([answered, np.where(spoke, later, np.nan)])[sent],
        score=np.column_stack([scores, np.where(spoke, told, np.nan)])[sent],
    )


def remembered(scores: Floats, lived: Floats, rng: np.random.Generator) -> Floats:
    """Return the remembered score of each journey, before rounding, from what was said of its moments.

    Parameters
    ----------
    scores, lived : Floats, shape (journeys, places)
        NaN where nothing was said; when each moment was. Of moments at one time the later place is the last.
    """
    m, said = causal.MEMORY, ~np.isnan(scores)
    count = np.maximum(said.sum(axis=1), 1)
    worst = np.where(said, scores, 10.0).min(axis=1)
    best = np.where(said, scores, 0.0).max(axis=1)
    when = np.where(said, lived, -np.inf)
    last = scores.shape[1] - 1 - np.argmax(when[:, ::-1], axis=1)
    end, mean = np.nan_to_num(scores[np.arange(len(scores)), last]), np.nansum(scores, axis=1) / count
    told = m.base + m.worst * worst + m.best * best + m.end * end + m.mean * mean
    return told + m.noise_sd * rng.standard_normal(len(scores))


def _times(j: Journeys) -> tuple[Floats, Floats]:
    """Return when each moment was lived, and when it is asked about; NaN where there was none."""
    visit = np.where(j.channel <= 2, j.at - 0.02, np.nan)
    receipt = np.where(j.fulfilment == TAKEN, np.nan, j.delivered)
    refund = np.floor(j.return_at) + j.refund_days + 0.5
    lived = np.column_stack([visit, j.at, j.at, receipt, j.contact_at, refund])
    return lived, lived + np.array([0.01, 0.01, 0.02, 0.1, 0.05, 0.6])


def _latent(j: Journeys, rng: np.random.Generator) -> Floats:
    """Return each moment's score before rounding: the person, what befell them there, and chance."""
    parts = causal.terms(j)
    causes = (
        ("web_ease", "reception_minutes", "kindness"),
        ("in_stock", "freight_share", "channel"),
        ("payment_attempts",),
        causal.DELIVERY_TERMS,
        causal.CONTACT_TERMS,
        ("refund", "refund_days"),
    )
    middle = np.column_stack([1.5 * causal.total(parts, names) for names in causes])
    return causal.MEMORY.moment + 0.5 * j.residual[:, None] + middle + 1.3 * rng.standard_normal(middle.shape)
