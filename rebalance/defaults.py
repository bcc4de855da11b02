"""The plugins of a run in which nobody names others: names, looked up like any that is typed."""

METRIC = "views"
CLUSTERING = "hierarchical"
STRATEGY = "random"

VIEWS = "views"
"""The metric that finds the views of class averages."""

IMAGES = "rotational-cc"
"""The metric that knows images alone: what ``views`` falls back on where it finds none."""

ALIGNMENT = "rotational-cc"
"""Whose alignment is the shared one, whatever else is installed: metrics that require ``alignment``
mean this, and ``alignment:NAME`` that of another."""
