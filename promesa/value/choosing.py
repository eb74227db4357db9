"""Which buying process, by likelihood and by what it foresees of the last part of the time."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from promesa.errors import TooFewObservations
from promesa.stats import fit_buying, fit_rhythm, fit_spending, summarise
from promesa.value.holdouts import judge
from promesa.value.summaries import hold_out, log_gaps

if TYPE_CHECKING:
    from promesa.stats import BuyingProcess, Form, Purchases, Spending
    from promesa.value.holdouts import Judged
    from promesa.value.purchases import Buying
    from promesa.value.summaries import HoldOut, Spends, Summaries

FORMS: tuple[Form, ...] = ("bg_nbd", "mbg_nbd")
NAIVE = "as_before"
TOO_LITTLE = "too-little-bought"
CALIBRATION_TOO_LONG = "calibration-longer-than-data"


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Choice:
    """The processes fitted, the one chosen, and how they stand against the hold-out.

    Attributes
    ----------
    processes : dict of str to BuyingProcess
        Fitted to the whole window, by form; without those of which no maximum was found.
    process : BuyingProcess or None
        The one chosen.
    spending : Spending or None
        How much customers spend; None where too little is known, or its mean does not exist.
    held : HoldOut or None
        What came after the cut.
    judged : dict of str to Judged
        By form, and the rule that everybody goes on as before.
    fault : str or None
        Why there is no hold-out.
    """

    processes: dict[str, BuyingProcess]
    process: BuyingProcess | None
    spending: Spending | None
    held: HoldOut | None
    judged: dict[str, Judged]
    fault: str | None


def choose(bought: Buying, found: Summaries, spent: Spends, *, calibration_days: int | None) -> Choice:
    """Fit the processes to the whole window, and to its first part; take the one that foresees the rest better.

    All have four parameters, so that likelihoods compare as they are; the hold-out decides, because foreseeing is
    what the process is for. Without a hold-out the likelihood does. How even the rhythm is, the likelihood says.
    """
    p = found.purchases
    whole = summarise(p.repeats, p.last, p.seen, customers=p.customers)
    length = int(p.seen.max())
    days = round(length * 2 / 3) if calibration_days is None else calibration_days
    cut = bought.last_day - timedelta(days=length - days)
    gaps, early_gaps = log_gaps(bought, cut)
    processes = fitted(whole, log_gaps=gaps)
    held, fault = None, None
    judged: dict[str, Judged] = {}
    if days >= length:
        fault = CALIBRATION_TOO_LONG
    else:
        held = hold_out(bought, cut)
        early = held.purchases
        known = summarise(early.repeats, early.last, early.seen, customers=early.customers)
        before = fitted(known, log_gaps=early_gaps)
        judged = {name: judge(process, held) for name, process in before.items()}
        fault = None if judged else TOO_LITTLE
        if judged:
            judged[NAIVE] = judge(None, held)
    return Choice(
        processes=processes,
        process=_best(processes, judged),
        spending=spend_of(spent),
        held=held,
        judged=judged,
        fault=fault,
    )


def _best(processes: dict[str, BuyingProcess], judged: dict[str, Judged]) -> BuyingProcess | None:
    if not processes:
        return None
    scores = {name: judged[name].score for name in processes if name in judged}
    if scores:
        return processes[max(scores, key=lambda name: scores[name] or float("-inf"))]
    return max(processes.values(), key=lambda process: process.log_likelihood)


def fitted(purchases: Purchases, *, log_gaps: float | None = None) -> dict[str, BuyingProcess]:
    """Return the processes of which a maximum was found, by form; one with a rhythm where the gaps show one."""
    found: dict[str, BuyingProcess] = {}
    for form in FORMS:
        try:
            found[form] = fit_buying(purchases, form=form)
        except TooFewObservations:
            continue
    if log_gaps is not None and "mbg_nbd" in found:
        even = fit_rhythm(purchases, log_gaps=log_gaps, chance=found["mbg_nbd"])
        found[even.form] = even
    return found


def spend_of(spent: Spends) -> Spending | None:
    """Return the fitted spend, or None where there is none, or where the mean of unknown customers does not exist."""
    try:
        found = fit_spending(spent.repeats, spent.mean, customers=spent.customers)
    except TooFewObservations:
        return None
    return found if found.q > 1 else None
