"""The value chain: promise, expectation, experience... to profit, a figure for each link or why it is empty."""

from promesa.chain.arrows import Arrows, arrows
from promesa.chain.changes import Change, Lever, levers
from promesa.chain.lags import Lags, lags
from promesa.chain.paths import Paths, paths
from promesa.chain.priorities import Priorities, priorities
from promesa.chain.system import System, system
from promesa.chain.value_chain import LINKS, Chain, links, measure_label
from promesa.chain.what_if import WhatIf, what_if

__all__ = [
    "LINKS",
    "Arrows",
    "Chain",
    "Change",
    "Lags",
    "Lever",
    "Paths",
    "Priorities",
    "System",
    "WhatIf",
    "arrows",
    "lags",
    "levers",
    "links",
    "measure_label",
    "paths",
    "priorities",
    "system",
    "what_if",
]
