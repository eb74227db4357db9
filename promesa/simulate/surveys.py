"""Surveys: who is invited, who answers, and with what score."""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate import causal
from promesa.simulate.arrays import expit, on_scale
from promesa.simulate.comments import pick_comments

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats, Ints
    from promesa.simulate.company import World
    from promesa.simulate.journeys import Journeys

SURVEYS = ("expectation", "ease", "delivery", "contact", "purchase", "emotion", "memory")
INVITED = (0.15, 0.25, 0.30, 0.50, 0.70, 0.12, 0.15)  # share of those with something to answer about
SELECTED = ("delivery", "contact", "purchase", "emotion", "memory")  # answering depends on satisfaction
BASE_RESPONSE = {"expectation": -0.6, "ease": -1.0}
COMMENT_SHARE = 0.45


@dataclass(frozen=True, slots=True, kw_only=True)
class Answers:
    """One row an invitation; arrays of shape (n,).

    Attributes
    ----------
    survey : Ints
        Position in `SURVEYS`.
    journey : Ints
        Position of the journey asked about.
    sent, answered : Floats
        Days since the window's start; `answered` is NaN when nobody answered in the window.
    score, recommend : Floats
        The survey's own question, and the 0 to 10 recommendation asked with "purchase"; NaN unanswered.
    comment : Ints
        Position in `comments.COMMENTS`, or -1.
    """

    survey: Ints
    journey: Ints
    sent: Floats
    answered: Floats
    score: Floats
    recommend: Floats
    comment: Ints


def draw_answers(world: World, j: Journeys, rng: np.random.Generator) -> Answers:
    """Draw invitations and answers of every survey for the journeys of a block."""
    latent = _latent_scores(j, rng)
    parts = [_one_survey(world, j, name, latent[name], rng) for name in SURVEYS]
    return Answers(**{f.name: np.concatenate([getattr(part, f.name) for part in parts]) for f in fields(Answers)})


def sent_at(j: Journeys) -> dict[str, Floats]:
    """Return when each survey is sent about each journey; NaN where it has nothing to ask."""
    return {
        "expectation": j.at - 0.02,
        "ease": j.at + 0.05,
        "delivery": j.delivered + 1,
        "contact": j.contact_at + 0.1,
        "purchase": j.ends + 3,
        "emotion": j.ends + 2,
        "memory": j.ends + 45,
    }


def _latent_scores(j: Journeys, rng: np.random.Generator) -> dict[str, Floats]:
    """Return each survey's score on its own scale, before rounding, had everybody answered."""
    parts = causal.terms(j)
    person = causal.SATISFACTION.base + j.residual + parts["remote"] + parts["channel"] + parts["in_stock"]

    def noise(sd: float) -> Floats:
        return sd * rng.standard_normal(j.size)

    local = {
        "delivery": person + 1.3 * causal.total(parts, causal.DELIVERY_TERMS),
        "contact": person + 1.5 * causal.total(parts, causal.CONTACT_TERMS),
        "memory": j.satisfaction + 0.35 * (j.after - 0.1),
    }
    return {
        "expectation": 1 + 0.4 * (7.9 + 0.5 * parts["channel"] + noise(1.1)),
        "ease": 5.2 + 0.04 * np.nan_to_num(j.web_ease - 70) + parts["payment_attempts"] + noise(0.9),
        "purchase": 1 + 0.4 * j.satisfaction + noise(causal.CSAT_NOISE),
        "emotion": 3.2 + 0.45 * (j.satisfaction - causal.CENTRE) + noise(0.6),
        **{name: 1 + 0.4 * score + noise(causal.CSAT_NOISE) for name, score in local.items()},
    }


def response_probability(survey: str, satisfaction: Floats) -> Floats:
    """Return the probability that an invitation is answered."""
    if survey not in SELECTED:
        return expit(np.full(len(satisfaction), BASE_RESPONSE[survey]))
    return expit(causal.ANSWERING.base + causal.ANSWERING.satisfaction * (satisfaction - causal.CENTRE))


def _one_survey(world: World, j: Journeys, name: str, latent: Floats, rng: np.random.Generator) -> Answers:
    sent = sent_at(j)[name]
    code = SURVEYS.index(name)
    asked = np.flatnonzero((rng.random(j.size) < INVITED[code]) & (sent < world.days) & (sent >= 0))
    answered_at = sent[asked] + rng.uniform(0.02, 3.0, len(asked))
    answered = rng.random(len(asked)) < response_probability(name, j.satisfaction[asked])
    answered &= answered_at < world.days
    score = on_scale(latent[asked], 1, 7 if name == "ease" else 5)
    recommend = on_scale(
        causal.nps_middle(j.satisfaction[asked]) + causal.NPS_NOISE * rng.standard_normal(len(asked)), 0, 10
    )
    speaks = answered & (name in {"purchase", "delivery"}) & (rng.random(len(asked)) < COMMENT_SHARE)
    return Answers(
        survey=np.full(len(asked), code),
        journey=asked,
        sent=sent[asked],
        answered=np.where(answered, answered_at, np.nan),
        score=np.where(answered, score, np.nan),
        recommend=np.where(answered & (name == "purchase"), recommend, np.nan),
        comment=np.where(speaks, pick_comments(j.take(asked), rng), -1),
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class Reviews:
    """Public reviews of the company by its customers; arrays of shape (n,)."""

    journey: Ints
    at: Floats
    stars: Floats
    comment: Ints


def draw_reviews(world: World, j: Journeys, rng: np.random.Generator) -> Reviews:
    """Draw public reviews: the very unhappy write most, the very happy some."""
    write = 0.01 + 0.05 * (j.satisfaction < 4.5) + 0.02 * (j.satisfaction > 8.5)
    at = j.ends + rng.uniform(0.1, 10, j.size)
    wrote: Flags = (rng.random(j.size) < write) & (at < world.days)
    rows = np.flatnonzero(wrote)
    stars = on_scale(1 + 0.4 * j.satisfaction + causal.CSAT_NOISE * rng.standard_normal(j.size), 1, 5)
    return Reviews(journey=rows, at=at[rows], stars=stars[rows], comment=pick_comments(j.take(rows), rng))
