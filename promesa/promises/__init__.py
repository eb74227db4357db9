"""Promises: whether what the brand says is what the customer gets."""

from promesa.promises.commitments import STATUSES, commitments
from promesa.promises.differences import Differences, differences
from promesa.promises.kept import PromisesKept, kept

__all__ = ["STATUSES", "Differences", "PromisesKept", "commitments", "differences", "kept"]
