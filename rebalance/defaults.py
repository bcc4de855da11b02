"""The plugins of a run in which nobody names others: names, looked up like any that is typed."""

METRIC = "rotational-cc"
CLUSTERING = "hierarchical"
STRATEGY = "random"
