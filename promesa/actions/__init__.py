"""Closed-loop work: cases, which are what customers began and nobody has finished."""

from promesa.actions.listing import ORDERS, STANDINGS, Case, CaseList, Order, Standing, list_cases
from promesa.actions.opened import answering_for
from promesa.actions.waiting import Cases, cases

__all__ = [
    "ORDERS",
    "STANDINGS",
    "Case",
    "CaseList",
    "Cases",
    "Order",
    "Standing",
    "answering_for",
    "cases",
    "list_cases",
]
