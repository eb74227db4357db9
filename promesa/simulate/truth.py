"""What is true of the simulated company, summed block by block and written to truth.json."""

from __future__ import annotations

from collections import defaultdict
from typing import TYPE_CHECKING

import numpy as np

from promesa.simulate import causal
from promesa.simulate.account_tables import first_contacts
from promesa.simulate.arrays import expit, lognormal_share
from promesa.simulate.company import ACTION_REGION, CARRIER_EFFECT, CHANNELS, DEPOT_EFFECT, SECOND_CARRIER_SHARE
from promesa.simulate.identity import count_of
from promesa.simulate.journeys import DELIVERY, PHONE, PICKUP, WHATSAPP
from promesa.simulate.surveys import SURVEYS, sent_at
from promesa.simulate.visits import catalogue_mailings

if TYPE_CHECKING:
    from promesa.simulate.arrays import Flags, Floats
    from promesa.simulate.block import Block
    from promesa.simulate.company import World
    from promesa.simulate.journeys import Journeys
    from promesa.simulate.shop_tables import Baskets

Tally = defaultdict[str, float]
RETURN_DAYS = 90
WAIT_KEPT = lognormal_share(causal.WAIT_PROMISED, median=causal.WAIT_MEDIAN, sigma=causal.WAIT_SIGMA, step=1 / 60)
PICKUP_KEPT = lognormal_share(
    causal.PICKUP_PROMISED, median=causal.PICKUP_MEDIAN, sigma=causal.PICKUP_SIGMA, step=1 / 60
)
REFUND_KEPT = lognormal_share(causal.REFUND_PROMISED, median=causal.REFUND_MEDIAN, sigma=causal.REFUND_SIGMA, step=0)


def new_tally() -> Tally:
    """Return an empty tally: dotted name to sum."""
    return defaultdict(float)


def tally_block(world: World, block: Block, baskets: Baskets, tally: Tally) -> None:
    """Add one block to the tally."""
    _promises(world, block, tally)
    _moments(world, block, tally)
    _elements(world, block, tally)
    _surveys(world, block, tally)
    _panel(block, tally)
    _returns(world, block.journeys, tally)
    _action(world, block.journeys, tally)
    _money(block, baskets, tally)


def tally_persons(world: World, block: Block, tally: Tally) -> None:
    """Add how many persons and records there are, and how many share what tells others apart."""
    people = block.people
    size = len(people.number)
    called = np.zeros(size, dtype=bool)
    called[first_contacts(world, block)[0]] = True
    records = 1 + people.in_crm + people.twice_in_crm + people.two_accounts + called
    counts: dict[str, int] = {
        "persons": size,
        "twice_in_crm": int(people.twice_in_crm.sum()),
        "two_shop_accounts": int(people.two_accounts.sum()),
        "not_in_crm": int((~people.in_crm).sum()),
        "known_to_the_call_centre": int(called.sum()),
        "records": int(records.sum()),
        "pairs": int((records * (records - 1) // 2).sum()),
        **count_of(block.identity),
    }
    for name, count in counts.items():
        tally[f"persons.{name}"] += count


def mean_of(tally: Tally, name: str, values: Floats) -> None:
    """Add values to the count and the sum kept under a name."""
    tally[f"{name}.n"] += len(values)
    tally[f"{name}.sum"] += float(np.sum(values))


def _promises(world: World, block: Block, tally: Tally) -> None:
    j, last = block.journeys, world.days
    by_date = j.fulfilment == DELIVERY
    arrived = np.nan_to_num(j.delivered, nan=np.inf) < last
    due = by_date & (j.promised < last)
    chance = 1 - j.late_probability
    _promise(tally, "arrives_by_date", made=by_date, kept=by_date & ~j.late, due=due, done=arrived, chance=chance)
    called = (j.contact_channel == PHONE) & (j.contact_at < last)
    wait = np.concatenate([j.wait_minutes[called], block.enquiries.wait_minutes])
    _at_once(tally, "answered_in_2_minutes", kept=wait <= causal.WAIT_PROMISED, chance=WAIT_KEPT)
    _at_once(tally, "in_stock_online", kept=j.in_stock[j.channel > 0], chance=causal.IN_STOCK[1])
    _at_once(tally, "bill_is_right", kept=j.bill_right, chance=causal.BILL_RIGHT)
    waited_for = j.pickup_hours[j.fulfilment == PICKUP]
    _at_once(tally, "pickup_in_2_hours", kept=waited_for <= causal.PICKUP_PROMISED, chance=PICKUP_KEPT)
    back = np.nan_to_num(j.return_at, nan=np.inf) < last
    received, days = np.floor(j.return_at), np.nan_to_num(j.refund_days, nan=np.inf)
    due = back & (received + causal.REFUND_PROMISED < last)
    refunded = received + days < last
    chance = np.full(j.size, REFUND_KEPT)
    in_time = back & (days <= causal.REFUND_PROMISED)
    _promise(tally, "refund_in_10_days", made=back, kept=in_time, due=due, done=refunded, chance=chance)


def _promise(tally: Tally, name: str, *, made: Flags, kept: Flags, due: Flags, done: Flags, chance: Floats) -> None:
    """Count one promise: all that were `made`; `kept` as it will turn out; `due`, `done` by the end of the window."""
    tally[f"promises.{name}.kept"] += np.sum(due & kept)
    tally[f"promises.{name}.broken"] += np.sum(due & ~kept)
    tally[f"promises.{name}.kept_before_due"] += np.sum(~due & kept & done)
    tally[f"promises.{name}.not_yet_due"] += np.sum(made & ~due & ~done)
    tally[f"promises.{name}.due_and_delivered"] += np.sum(due & done)
    tally[f"promises.{name}.chance"] += float(np.sum(chance[due]))


def _at_once(tally: Tally, name: str, *, kept: Flags, chance: float) -> None:
    always = np.ones(len(kept), dtype=bool)
    _promise(tally, name, made=always, kept=kept, due=always, done=always, chance=np.full(len(kept), chance))


def _moments(world: World, block: Block, tally: Tally) -> None:
    j, last = block.journeys, world.days
    arrived = (j.fulfilment == DELIVERY) & (np.nan_to_num(j.delivered, nan=np.inf) < last)
    contacted = np.nan_to_num(j.contact_at, nan=np.inf) < last
    counts = {
        "online_visit": len(block.online.at),
        "reception": len(block.shop.at),
        "advice": len(block.shop.at),
        "store_checkout": (j.channel == 0).sum(),
        "online_checkout": (j.channel > 0).sum(),
        "payment": j.size,
        "invoice": j.size,
        "delivery": arrived.sum(),
        "dispatch": ((j.fulfilment == DELIVERY) & (np.floor(j.at) + 1.3 < last)).sum(),
        "pickup": ((j.fulfilment == PICKUP) & (j.delivered < last)).sum(),
        "phone_support": (contacted & (j.contact_channel == PHONE)).sum() + len(block.enquiries.at),
        "whatsapp_support": (contacted & (j.contact_channel == WHATSAPP)).sum(),
        "refund": (np.floor(j.return_at) + j.refund_days < last).sum(),
        "paper_catalogue": len(catalogue_mailings(world, block.people)[0]),
    }
    for touchpoint, count in counts.items():
        tally[f"moments.{touchpoint}"] += int(count)


def _elements(world: World, block: Block, tally: Tally) -> None:
    j = block.journeys
    arrived = (j.fulfilment == DELIVERY) & (np.nan_to_num(j.delivered, nan=np.inf) < world.days)
    contacted = np.nan_to_num(j.contact_at, nan=np.inf) < world.days
    called = contacted & (j.contact_channel == PHONE)
    seen = {
        "web_ease": block.online.web_ease,
        "reception_minutes": block.shop.reception_minutes,
        "kindness": block.shop.kindness,
        "in_stock": j.in_stock.astype(float),
        "freight_share": j.freight_share[~np.isnan(j.freight_share)],
        "payment_attempts": j.payment_attempts,
        "bill_right": j.bill_right.astype(float),
        "days_late": j.days_late[arrived],
        "packaging": j.packaging[arrived],
        "driver_kindness": j.driver_kindness[arrived],
        "pickup_hours": j.pickup_hours[(j.fulfilment == PICKUP) & (j.delivered < world.days)],
        "wait_minutes": np.concatenate([j.wait_minutes[called], block.enquiries.wait_minutes]),
        "resolved_first": np.concatenate([j.resolved[contacted], block.enquiries.resolved]).astype(float),
        "refund_days": j.refund_days[np.floor(j.return_at) + j.refund_days < world.days],
    }
    for name, values in seen.items():
        mean_of(tally, f"elements.{name}", values)


def _surveys(world: World, block: Block, tally: Tally) -> None:
    a, j = block.answers, block.journeys
    for code, name in enumerate(SURVEYS):
        mine = a.survey == code
        tally[f"surveys.{name}.asked"] += mine.sum()
        mean_of(tally, f"surveys.{name}.answers", a.score[mine & ~np.isnan(a.answered)])
    given = (a.survey == SURVEYS.index("purchase")) & ~np.isnan(a.answered)
    tally["surveys.purchase.top"] += np.sum(a.score[given] >= 4)
    tally["surveys.purchase.promoters"] += np.sum(a.recommend[given] >= 9)
    tally["surveys.purchase.detractors"] += np.sum(a.recommend[given] <= 6)
    everyone = j.satisfaction[sent_at(j)["purchase"] < world.days]
    mean_of(tally, "nonresponse.everyone.satisfaction", everyone)
    mean_of(tally, "nonresponse.who_answer.satisfaction", j.satisfaction[a.journey[given]])
    shares = causal.csat_shares(everyone)
    mean_of(tally, "nonresponse.everyone.csat", shares @ np.arange(1.0, 6.0))
    mean_of(tally, "nonresponse.everyone.top_box", shares[:, 3:].sum(axis=1))
    promoter, detractor = causal.nps_parts(everyone)
    mean_of(tally, "nonresponse.everyone.nps", 100 * (promoter - detractor))
    for code, channel in enumerate(CHANNELS):
        mean_of(tally, f"channels.{channel}.satisfaction", j.satisfaction[j.channel == code])
    mean_of(tally, "reviews.stars", block.reviews.stars)


def _panel(block: Block, tally: Tally) -> None:
    p = block.panel
    given, moment = ~np.isnan(p.score), p.place >= 0
    tally["panel.asked"] += len(p.score)
    tally["panel.journeys"] += len(np.unique(p.journey))
    mean_of(tally, "panel.moments", p.score[given & moment])
    mean_of(tally, "panel.remembered", p.score[given & ~moment])


def _returns(world: World, j: Journeys, tally: Tally) -> None:
    same = np.append(j.person[1:] == j.person[:-1], False)
    gap = np.append(j.at[1:] - j.at[:-1], np.inf)
    back = same & (gap <= RETURN_DAYS)
    seen_out = j.at + RETURN_DAYS <= world.days
    mean_of(tally, "returns.probability", j.return_probability[seen_out])
    mean_of(tally, "returns.realised", back[seen_out].astype(float))
    for promise, was_broken in causal.broken(j).items():
        mean_of(tally, f"returns.broken.{promise}", back[seen_out & was_broken].astype(float))


def _action(world: World, j: Journeys, tally: Tally) -> None:
    at_stake = (j.region == ACTION_REGION) & (j.fulfilment == DELIVERY) & (j.at >= world.action_from)
    some = j.take(at_stake)
    for group, who in (("new_carrier", some.treated), ("comparison", ~some.treated)):
        mean_of(tally, f"action.{group}.late", some.late[who].astype(float))

    def chance(carrier: int) -> Floats:
        odds = causal.late_log_odds(
            remote=some.remote,
            in_stock=some.in_stock,
            december=world.december[np.floor(some.at).astype(np.int64)],
            carrier_effect=np.full(some.size, CARRIER_EFFECT[carrier]),
            depot_effect=DEPOT_EFFECT[some.depot],
        )
        return expit(odds) * (1 - causal.LOST)

    usual = (1 - SECOND_CARRIER_SHARE) * chance(0) + SECOND_CARRIER_SHARE * chance(2)
    mean_of(tally, "action.effect", chance(3) - usual)


def _money(block: Block, baskets: Baskets, tally: Tally) -> None:
    revenue = baskets.total * baskets.rate
    tally["money.orders"] += len(revenue)
    tally["money.revenue"] += float(revenue.sum())
    tally["money.cost_of_goods"] += float(baskets.cost.sum())
    tally["money.customers"] += len(block.people.number)
