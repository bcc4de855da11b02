"""Metric plugins: the similarity of two class averages."""
