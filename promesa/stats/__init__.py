"""Numbers in, numbers out: intervals and clustered variances, with no idea of customers or tables."""

from promesa.stats.clusters import ClusterSums, mean_interval, net_share_from_clusters, ratio_variance, share_interval
from promesa.stats.differences import difference_interval
from promesa.stats.quantiles import QUANTILE_GRID, quantile_interval
from promesa.stats.shares import Interval, net_share_interval, wilson_interval

__all__ = [
    "QUANTILE_GRID",
    "ClusterSums",
    "Interval",
    "difference_interval",
    "mean_interval",
    "net_share_from_clusters",
    "net_share_interval",
    "quantile_interval",
    "ratio_variance",
    "share_interval",
    "wilson_interval",
]
