"""The value chain: promise, expectation, experience... to profit, a figure for each link or why it is empty."""

from promesa.chain.paths import Paths, paths
from promesa.chain.value_chain import LINKS, Chain, links, measure_label

__all__ = ["LINKS", "Chain", "Paths", "links", "measure_label", "paths"]
