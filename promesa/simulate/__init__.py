"""Companies with a known truth, written as the files of their systems; for the demo, the docs and the tests."""

from promesa.simulate.block import Block
from promesa.simulate.document import Truth
from promesa.simulate.files import Format
from promesa.simulate.journeys import Journeys
from promesa.simulate.run import END, blocks, simulate

__all__ = ["END", "Block", "Format", "Journeys", "Truth", "blocks", "simulate"]
