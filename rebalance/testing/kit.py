"""The four functions that check a plugin against the contract of its kind."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rebalance.testing.case import Case
from rebalance.testing.outcome import FAILED, BrokenPromises, Check, Outcome, run_check

if TYPE_CHECKING:
    from rebalance.contracts import Clustering, Column, Format, Metric, Strategy


def checks_of(kind: str) -> tuple[Check, ...]:
    """The checks of a kind, in order.

    Parameters
    ----------
    kind : {"metric", "clustering", "strategy", "format"}
    """
    if kind == "metric":
        from rebalance.testing.metric_checks import METRIC_CHECKS

        return METRIC_CHECKS
    if kind == "clustering":
        from rebalance.testing.clustering_checks import CLUSTERING_CHECKS

        return CLUSTERING_CHECKS
    if kind == "strategy":
        from rebalance.testing.strategy_checks import STRATEGY_CHECKS

        return STRATEGY_CHECKS
    from rebalance.testing.format_checks import FORMAT_CHECKS

    return FORMAT_CHECKS


def outcomes_of(case: Case) -> Iterator[Outcome]:
    """The outcomes of the checks, one by one."""
    for check in checks_of(case.kind):
        yield run_check(check, case.subject)


def _outcomes(case: Case, *, raises: bool) -> tuple[Outcome, ...]:
    outcomes = tuple(outcomes_of(case))
    failed = [outcome for outcome in outcomes if outcome.status == FAILED]
    if failed and raises:
        raise BrokenPromises(failed) from failed[0].error
    return outcomes


def check_metric(
    metric: Metric | str, *, options: Mapping[str, Any] | None = None, raises: bool = True
) -> tuple[Outcome, ...]:
    """Check a metric against every promise of `rebalance.contracts.Metric`.

    Parameters
    ----------
    metric : Metric or str
        An instance, or the name of an installed metric.
    options : mapping, optional
        Options; by default its own.
    raises : bool
        Whether a broken promise raises an error.

    Returns
    -------
    tuple of Outcome
        One for each check.

    Raises
    ------
    BrokenPromises
        Names every failed check, its promise, and the pair at which it failed.
    PluginError
        If there is no such metric.
    """
    return _outcomes(Case(metric, "metric", options), raises=raises)


def check_clustering(
    clustering: Clustering | str, *, options: Mapping[str, Any] | None = None, raises: bool = True
) -> tuple[Outcome, ...]:
    """Check a clustering against every promise of `rebalance.contracts.Clustering`.

    Parameters
    ----------
    clustering : Clustering or str
        An instance, or the name of an installed clustering.
    options : mapping, optional
        Options; by default its own.
    raises : bool
        Whether a broken promise raises an error.

    Returns
    -------
    tuple of Outcome

    Raises
    ------
    BrokenPromises
        Names every failed check, and the average at which it failed.
    PluginError
        If there is no such clustering.
    """
    return _outcomes(Case(clustering, "clustering", options), raises=raises)


def check_strategy(
    strategy: Strategy | str,
    *,
    options: Mapping[str, Any] | None = None,
    columns: Sequence[str | Column] = (),
    raises: bool = True,
) -> tuple[Outcome, ...]:
    """Check a strategy against every promise of `rebalance.contracts.Strategy`.

    Parameters
    ----------
    strategy : Strategy or str
        An instance, or the name of an installed strategy.
    options : mapping, optional
        Options; by default its own.
    columns : sequence of str or Column
        Columns that it reads beside those that it states, and the common scores of RELION and
        CryoSPARC; a name stands for a column of numbers.
    raises : bool
        Whether a broken promise raises an error.

    Returns
    -------
    tuple of Outcome

    Raises
    ------
    BrokenPromises
        Names every failed check, and the particle at which it failed.
    PluginError
        If there is no such strategy.
    """
    return _outcomes(Case(strategy, "strategy", options, columns), raises=raises)


def check_format(
    format: Format | str,
    *,
    examples: Sequence[str | os.PathLike[str]] = (),
    raises: bool = True,
) -> tuple[Outcome, ...]:
    """Check a format against every promise of `rebalance.contracts.Format`.

    Parameters
    ----------
    format : Format or str
        An instance, or the name of an installed format.
    examples : sequence of path
        Files or folders of the format, small ones; they are only read. By default those of the
        kit's own classifications (RELION, CryoSPARC, MRC stack) that the format recognises.
    raises : bool
        Whether a broken promise raises an error.

    Returns
    -------
    tuple of Outcome

    Raises
    ------
    BrokenPromises
        Names every failed check, and the file and particle at which it failed.
    PluginError
        If there is no such format.
    """
    return _outcomes(Case(format, "format", examples=examples), raises=raises)
