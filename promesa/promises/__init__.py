"""Promises: whether what the brand says is what the customer gets."""

from promesa.promises.commitments import STATUSES, commitments
from promesa.promises.differences import Differences, differences
from promesa.promises.kept import PromisesKept, kept
from promesa.promises.listed import OVERDUE, Commitment, CommitmentList, list_commitments

__all__ = [
    "OVERDUE",
    "STATUSES",
    "Commitment",
    "CommitmentList",
    "Differences",
    "PromisesKept",
    "commitments",
    "differences",
    "kept",
    "list_commitments",
]
