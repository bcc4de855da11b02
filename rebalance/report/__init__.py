"""The written report of a run; pictures come from `rebalance.figures`."""
