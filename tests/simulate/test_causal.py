"""The latent data behave as the written model says: an analyst who saw everything would find its coefficients."""

from dataclasses import asdict, fields, replace
from datetime import date

import numpy as np
import pytest
import statsmodels.api as sm

from promesa.simulate import END, Journeys, blocks
from promesa.simulate.block import company, draw_blocks
from promesa.simulate.causal import (
    ANSWERING,
    CENTRE,
    CONTACT,
    LATE,
    RETURN,
    SATISFACTION,
    bad_phone,
    broken,
    csat_shares,
    terms,
)
from promesa.simulate.document import run_figures
from promesa.simulate.effects import CONTRASTS, applies, set_to
from promesa.simulate.population import known_population
from promesa.simulate.shop_tables import draw_baskets
from promesa.simulate.truth import new_tally, tally_block


@pytest.fixture(scope="module")
def drawn() -> list:
    return list(blocks(customers=20_000, seed=7))


@pytest.fixture(scope="module")
def j(drawn: list) -> Journeys:
    return Journeys(**{f.name: np.concatenate([getattr(b.journeys, f.name) for b in drawn]) for f in fields(Journeys)})


def fitted_within(model: object, truth: list[float], *, errors: float = 4.5) -> bool:
    return bool(np.all(np.abs(model.params[1:] - truth) < errors * model.bse[1:]))


def test_least_squares_finds_the_effects_on_satisfaction(j: Journeys) -> None:
    s = SATISFACTION
    days = np.where(j.lost, 10.0, np.clip(np.nan_to_num(j.days_late), 0, 10)) * j.late
    kind = j.kindness == 5
    causes = {
        "channel_store": j.channel == 0,
        "channel_app": j.channel == 2,
        "channel_phone": j.channel == 3,
        "remote": j.remote,
        "late": j.late,
        "per_day_late": days,
        "in_stock": j.in_stock,
        "freight_share": np.nan_to_num(j.freight_share),
        "web_ease": np.nan_to_num(j.web_ease - 70),
        "reception_minutes": np.nan_to_num(j.reception_minutes),
        "kind": kind,
        "packaged_well": j.packaging == 5,
        "kind_driver": j.driver_kindness == 5,
        "payment_attempt": j.payment_attempts - 1,
        "bill_wrong": ~j.bill_right,
        "pickup_late": np.nan_to_num(j.pickup_hours) > 2,
        "contact": j.contacted,
        "wait_minute": np.minimum(np.nan_to_num(j.wait_minutes), 10),
        "resolved_first": j.resolved,
        "return_": j.returned,
        "refund_late": np.nan_to_num(j.refund_days) > 10,
        "late_and_bad_phone": j.late & bad_phone(j),
        "kind_and_in_stock": kind & j.in_stock,
    }
    x = sm.add_constant(np.column_stack([np.asarray(values, dtype=float) for values in causes.values()]))
    model = sm.OLS(j.satisfaction, x).fit()
    assert fitted_within(model, [asdict(s)[name] for name in causes])
    assert set(causes) == set(asdict(s)) - {"base", "person_sd", "noise_sd", "channel_web"}
    assert model.scale == pytest.approx(s.noise_sd**2 + s.person_sd**2, rel=0.05)
    # Sharp enough to tell each synergy from nothing.
    for name in ("late_and_bad_phone", "kind_and_in_stock"):
        place = 1 + list(causes).index(name)
        assert abs(model.params[place]) > 4 * model.bse[place], name


def test_logit_finds_what_brings_customers_back(j: Journeys) -> None:
    x = np.column_stack([j.satisfaction - CENTRE, np.any(list(broken(j).values()), axis=0), j.segment == 1])
    model = sm.Logit(j.returns, sm.add_constant(x.astype(float))).fit(disp=0)
    assert fitted_within(model, [RETURN.satisfaction, RETURN.broken_promise, RETURN.premium])


def test_logit_finds_what_leads_to_contacts(j: Journeys) -> None:
    x = [j.late, ~j.bill_right, ~j.in_stock, np.nan_to_num(j.pickup_hours) > 2]
    model = sm.Logit(j.contacted, sm.add_constant(np.column_stack(x).astype(float))).fit(disp=0)
    assert fitted_within(model, [CONTACT.late, CONTACT.bill_wrong, CONTACT.out_of_stock, CONTACT.pickup_late])


def test_lot_decides_who_gets_the_new_carrier_and_it_works(j: Journeys) -> None:
    world = company(years=2, seed=7, end=END)
    stake = j.take((j.region == 0) & (j.fulfilment == 0) & (j.at >= world.action_from))
    effect = stake.late[stake.treated].mean() - stake.late[~stake.treated].mean()
    error = np.sqrt(0.25 * (1 / stake.treated.sum() + 1 / (~stake.treated).sum()))
    assert abs(effect - known_population(years=2, end=END)["action.effect_on_late_probability"]) < 4 * error
    before = j.take((j.region == 0) & (j.fulfilment == 0) & (j.at < world.action_from))
    assert not before.treated.any()
    assert world.treated.sum() == 6


def test_remote_regions_confound_lateness(j: Journeys) -> None:
    sent = j.take(j.fulfilment == 0)
    assert sent.late[sent.remote].mean() > sent.late[~sent.remote].mean() + 0.1
    # Kept clear of lateness itself, satisfaction is lower where deliveries are late more often.
    punctual = sent.take(~sent.late)
    assert punctual.satisfaction[punctual.remote].mean() < punctual.satisfaction[~punctual.remote].mean() - 0.4
    assert LATE.remote > 0 > SATISFACTION.remote


def test_the_satisfied_answer_more(drawn: list) -> None:
    scores = [
        (b.journeys.satisfaction[b.answers.journey], ~np.isnan(b.answers.answered), b.answers.survey) for b in drawn
    ]
    satisfaction, answered, survey = (np.concatenate(parts) for parts in zip(*scores, strict=True))
    asked = survey == 4
    model = sm.Logit(answered[asked], sm.add_constant(satisfaction[asked] - CENTRE)).fit(disp=0)
    assert abs(model.params[1] - ANSWERING.satisfaction) < 4.5 * model.bse[1]
    everyone = satisfaction[asked].mean()
    assert satisfaction[asked & answered].mean() > everyone + 0.3


def test_shapes_of_the_elements(j: Journeys) -> None:
    def mean_effect(name: str) -> float:
        contrast = CONTRASTS[name]
        some = j.take(applies(j, next(iter(contrast.changed))))
        return float(np.mean(set_to(some, contrast.changed).satisfaction - set_to(some, contrast.base).satisfaction))

    assert mean_effect("late_by_3_days") < -1.5
    assert mean_effect("early_by_2_days") == pytest.approx(0)  # must-be: doing more than asked adds nothing
    assert mean_effect("kindness_5_not_3") > 0.5
    assert mean_effect("kindness_1_not_3") == pytest.approx(0)  # delight: its lack takes nothing away


def test_satisfaction_is_the_sum_of_its_terms(j: Journeys) -> None:
    assert np.allclose(j.satisfaction, SATISFACTION.base + sum(terms(j).values()) + j.residual)


def test_causes_come_before_effects(j: Journeys) -> None:
    after = ~np.isnan(j.delivered)
    assert (j.delivered[after] > j.at[after]).all()
    assert (np.nan_to_num(j.contact_at, nan=np.inf) > j.at).all()
    same = j.person[1:] == j.person[:-1]
    later = j.at[1:] > j.at[:-1]
    assert (later | ~same).all()


def test_shares_of_answers_sum_to_one() -> None:
    assert np.allclose(csat_shares(np.linspace(-5, 15, 101)).sum(axis=1), 1)


def test_population_figures_fit_the_model() -> None:
    """A change of the model without new population figures fails here."""
    known = known_population(years=2, end=END)
    tally = new_tally()
    for seed in range(3):
        world = company(years=2, seed=seed, end=END)
        for block in draw_blocks(world, customers=10_000, seed=seed):
            tally_block(world, block, draw_baskets(world, block), tally)
    found = run_figures(tally)
    assert set(found) == set(known)
    for name, value in found.items():
        assert value == pytest.approx(known[name], rel=0.05, abs=0.04), name
    assert known_population(years=3, end=END) is None
    assert known_population(years=2, end=date(2025, 1, 1)) is None


def test_setting_a_cause_leaves_the_rest(j: Journeys) -> None:
    late = set_to(j, {"bill_right": 0})
    assert (late.payment_attempts == j.payment_attempts).all()
    assert np.allclose(set_to(j, {}).satisfaction, j.satisfaction)
    assert np.allclose(replace(late, bill_right=j.bill_right).residual, j.residual)
