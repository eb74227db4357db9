"""What is measured: scores, response, elements and cost, by touchpoint and by whatever else is asked."""

from promesa.measures.figures import NO_DATA, count_of, mean_of, withheld
from promesa.measures.opinions import (
    DETRACTOR_TO,
    KINDS,
    PROMOTER_FROM,
    UNITS,
    concept_figure,
    concept_figures,
    concept_values,
    own_opinions,
    score_value,
)
from promesa.measures.quality import Quality, quality
from promesa.measures.scores import Opinions, opinions
from promesa.measures.slices import (
    PERIODS,
    PREFIX,
    Question,
    as_text,
    ask,
    dimensions_of,
    group_of,
    sort_key,
    with_dimensions,
)
from promesa.measures.sums import Group, clustered
from promesa.measures.touchpoints import Touchpoints, cost_to_serve, costs_beside_the_books, lived_moments, touchpoints

__all__ = [
    "DETRACTOR_TO",
    "KINDS",
    "NO_DATA",
    "PERIODS",
    "PREFIX",
    "PROMOTER_FROM",
    "UNITS",
    "Group",
    "Opinions",
    "Quality",
    "Question",
    "Touchpoints",
    "as_text",
    "ask",
    "clustered",
    "concept_figure",
    "concept_figures",
    "concept_values",
    "cost_to_serve",
    "costs_beside_the_books",
    "count_of",
    "dimensions_of",
    "group_of",
    "lived_moments",
    "mean_of",
    "opinions",
    "own_opinions",
    "quality",
    "score_value",
    "sort_key",
    "touchpoints",
    "with_dimensions",
    "withheld",
]
