"""Numbers in, numbers out: intervals and clustered variances, with no idea of customers or tables."""

from promesa.stats.clusters import (
    ClusterSums,
    effective_n,
    mean_interval,
    net_share_from_clusters,
    ratio_variance,
    share_interval,
)
from promesa.stats.differences import difference_interval, difference_of_shares_interval, pooled_if_constant
from promesa.stats.quantiles import QUANTILE_GRID, quantile_interval
from promesa.stats.shares import Interval, net_share_interval, wilson_interval

__all__ = [
    "QUANTILE_GRID",
    "ClusterSums",
    "Interval",
    "difference_interval",
    "difference_of_shares_interval",
    "effective_n",
    "mean_interval",
    "net_share_from_clusters",
    "net_share_interval",
    "pooled_if_constant",
    "quantile_interval",
    "ratio_variance",
    "share_interval",
    "wilson_interval",
]
