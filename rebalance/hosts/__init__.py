"""Rebalance as a job of another program: arguments in its form, results where it looks for them."""
