"""What is measured: scores, response, elements and cost, by touchpoint and by whatever else is asked."""

from promesa.measures.ages import AGE_BAND, with_age_band
from promesa.measures.drawing import CUSTOMER_PARTS, of_drawn_customers, of_share, share_of
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
    with_trait,
)
from promesa.measures.sums import Group, clustered
from promesa.measures.tiers import check_reviewed, declaration_of, members, no_tiers, reviews_of, tiers_of
from promesa.measures.touchpoints import Touchpoints, cost_to_serve, costs_beside_the_books, lived_moments, touchpoints

__all__ = [
    "AGE_BAND",
    "CUSTOMER_PARTS",
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
    "check_reviewed",
    "clustered",
    "concept_figure",
    "concept_figures",
    "concept_values",
    "cost_to_serve",
    "costs_beside_the_books",
    "count_of",
    "declaration_of",
    "dimensions_of",
    "group_of",
    "lived_moments",
    "mean_of",
    "members",
    "no_tiers",
    "of_drawn_customers",
    "of_share",
    "opinions",
    "own_opinions",
    "quality",
    "reviews_of",
    "score_value",
    "share_of",
    "sort_key",
    "tiers_of",
    "touchpoints",
    "with_age_band",
    "with_dimensions",
    "with_trait",
    "withheld",
]
