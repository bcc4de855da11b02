"""Plugins of kind metric: how alike two class averages are."""
