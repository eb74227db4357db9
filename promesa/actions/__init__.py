"""Closed-loop work: cases, which are what customers began and nobody has finished."""

from promesa.actions.listing import Case, CaseList, list_cases
from promesa.actions.waiting import Cases, cases

__all__ = ["Case", "CaseList", "Cases", "cases", "list_cases"]
