"""Numbers in, numbers out: intervals, clustered variances, importance and path models; no customers, no tables."""

from promesa.stats.adjusted_results import AdjustedEffect, AdjustmentSettings, SegmentEffect
from promesa.stats.adjustments import adjusted_effects
from promesa.stats.allocations import best_split
from promesa.stats.asymmetries import asymmetry
from promesa.stats.asymmetry_results import Asymmetry, Bend, ElementAsymmetry, ShapeProbabilities
from promesa.stats.balance import Balance, Overlap
from promesa.stats.between import Between, WidestPair, between_units
from promesa.stats.breaks import Break, level_break
from promesa.stats.buying_likelihoods import Form
from promesa.stats.buying_processes import BuyingProcess, fit_buying, fit_rhythm, fit_shifts
from promesa.stats.clusters import (
    ClusterSums,
    effective_n,
    mean_interval,
    net_share_from_clusters,
    ratio_variance,
    share_interval,
)
from promesa.stats.collinearity import Collinearity, find_collinearity
from promesa.stats.compared_buying import BuyingCompared, Compared, compare_buying
from promesa.stats.concentration import Concentration, CurvePoint, concentration
from promesa.stats.contract_days import ContractDays, contract_days
from promesa.stats.cross_fitting import LearnerChoice
from promesa.stats.differences import difference_interval, difference_of_shares_interval, pooled_if_constant
from promesa.stats.effect_estimates import EffectEstimate
from promesa.stats.expected_purchases import (
    discounting,
    expected_purchases,
    probability_active,
    purchases_of_pairs,
)
from promesa.stats.experiment_results import ArmEffect, ArmSegment, Experiment, ExperimentSettings, SampleRatio
from promesa.stats.experiments import experiment
from promesa.stats.hazards import ProportionalHazards, proportional_hazards
from promesa.stats.importances import Importance, PlayerImportance, importance
from promesa.stats.lagged import LaggedCorrelation, lagged_correlations
from promesa.stats.linear_systems import (
    LinearSystem,
    bucketed_products,
    controlled_effects,
    filled,
    linear_system,
    sampled_interval,
)
from promesa.stats.multiplicity import benjamini_hochberg
from promesa.stats.overlaps import OverlapDifference, OverlapSums, overlapping_means, overlapping_shares
from promesa.stats.path_models import path_model
from promesa.stats.path_reliability import Reliability
from promesa.stats.path_results import Construct, Effect, Item, PathModel
from promesa.stats.path_samples import Bootstrap
from promesa.stats.product_sums import (
    CrossProducts,
    Moments,
    cross_products,
    moments,
    product_pairs,
    resampled_moments,
)
from promesa.stats.purchases import Purchases, summarise
from promesa.stats.quantiles import QUANTILE_GRID, quantile_interval
from promesa.stats.rarity import enough_rows, rows_unlike_most, telling_rows, too_rare
from promesa.stats.regressions import ClusteredRegression, DroppedColumn, clustered_regression
from promesa.stats.remembering import (
    CANDIDATES,
    WEIGHED,
    Foretold,
    Remembered,
    change_by,
    raised,
    remembered_by,
    score_summaries,
)
from promesa.stats.responses import ResponseCurve, fit_response, response_obstacle
from promesa.stats.robustness import Benchmark, Robustness, robustness_of_t
from promesa.stats.separation import Separation, separation
from promesa.stats.sequential import always_valid_interval
from promesa.stats.shapley import ShapleyShares, shapley_shares
from promesa.stats.share_comparisons import ShareDifference, compare_shares, together, without
from promesa.stats.shares import Interval, net_share_interval, wilson_interval
from promesa.stats.spending import Spending, expected_spend, fit_spending, spend_shifts
from promesa.stats.supposing import Explained, Supposed, supposed_scores
from promesa.stats.survival import CurvesCompared, Survival, compare_curves, survival
from promesa.stats.synergies import synergy
from promesa.stats.synergy_results import HalfFigures, PairSynergy, Synergies
from promesa.stats.unit_hashes import unit_hashes

__all__ = [
    "CANDIDATES",
    "QUANTILE_GRID",
    "WEIGHED",
    "AdjustedEffect",
    "AdjustmentSettings",
    "ArmEffect",
    "ArmSegment",
    "Asymmetry",
    "Balance",
    "Benchmark",
    "Bend",
    "Between",
    "Bootstrap",
    "Break",
    "BuyingCompared",
    "BuyingProcess",
    "ClusterSums",
    "ClusteredRegression",
    "Collinearity",
    "Compared",
    "Concentration",
    "Construct",
    "ContractDays",
    "CrossProducts",
    "CurvePoint",
    "CurvesCompared",
    "DroppedColumn",
    "Effect",
    "EffectEstimate",
    "ElementAsymmetry",
    "Experiment",
    "ExperimentSettings",
    "Explained",
    "Foretold",
    "Form",
    "HalfFigures",
    "Importance",
    "Interval",
    "Item",
    "LaggedCorrelation",
    "LearnerChoice",
    "LinearSystem",
    "Moments",
    "Overlap",
    "OverlapDifference",
    "OverlapSums",
    "PairSynergy",
    "PathModel",
    "PlayerImportance",
    "ProportionalHazards",
    "Purchases",
    "Reliability",
    "Remembered",
    "ResponseCurve",
    "Robustness",
    "SampleRatio",
    "SegmentEffect",
    "Separation",
    "ShapeProbabilities",
    "ShapleyShares",
    "ShareDifference",
    "Spending",
    "Supposed",
    "Survival",
    "Synergies",
    "WidestPair",
    "adjusted_effects",
    "always_valid_interval",
    "asymmetry",
    "benjamini_hochberg",
    "best_split",
    "between_units",
    "bucketed_products",
    "change_by",
    "clustered_regression",
    "compare_buying",
    "compare_curves",
    "compare_shares",
    "concentration",
    "contract_days",
    "controlled_effects",
    "cross_products",
    "difference_interval",
    "difference_of_shares_interval",
    "discounting",
    "effective_n",
    "enough_rows",
    "expected_purchases",
    "expected_spend",
    "experiment",
    "filled",
    "find_collinearity",
    "fit_buying",
    "fit_response",
    "fit_rhythm",
    "fit_shifts",
    "fit_spending",
    "importance",
    "lagged_correlations",
    "level_break",
    "linear_system",
    "mean_interval",
    "moments",
    "net_share_from_clusters",
    "net_share_interval",
    "overlapping_means",
    "overlapping_shares",
    "path_model",
    "pooled_if_constant",
    "probability_active",
    "product_pairs",
    "proportional_hazards",
    "purchases_of_pairs",
    "quantile_interval",
    "raised",
    "ratio_variance",
    "remembered_by",
    "resampled_moments",
    "response_obstacle",
    "robustness_of_t",
    "rows_unlike_most",
    "sampled_interval",
    "score_summaries",
    "separation",
    "shapley_shares",
    "share_interval",
    "spend_shifts",
    "summarise",
    "supposed_scores",
    "survival",
    "synergy",
    "telling_rows",
    "together",
    "too_rare",
    "unit_hashes",
    "wilson_interval",
    "without",
]
