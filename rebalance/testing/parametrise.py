"""The checks as pytest tests, one for each plugin and check."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from rebalance.testing.case import Case
from rebalance.testing.kit import checks_of
from rebalance.testing.outcome import FAILED, NOT_APPLICABLE, BrokenPromises, Check, run_check

if TYPE_CHECKING:
    import pytest


@dataclass(frozen=True)
class BoundCheck:
    """One check of one plugin; called, it passes, fails or skips.

    Parameters
    ----------
    check : Check
    case : Case
    """

    check: Check
    case: Case

    def __call__(self) -> None:
        import pytest

        outcome = run_check(self.check, self.case.subject)
        if outcome.status == NOT_APPLICABLE:
            pytest.skip(outcome.detail)
        if outcome.status == FAILED:
            raise BrokenPromises([outcome]) from outcome.error


def parametrize_with_checks(plugins: Iterable[Any]) -> pytest.MarkDecorator:
    """Give a test function every check of every plugin, as its argument ``check``.

    Parameters
    ----------
    plugins : iterable of plugin, str or Case
        Instances, names of installed plugins, or a `Case` with options, columns or examples.

    Returns
    -------
    pytest.MarkDecorator
        Test ids are ``NAME-CHECK``, so that ``pytest -k symmetry`` runs one of them.

    Examples
    --------
    >>> @parametrize_with_checks(["frc", Case("best", options={"quota": "proportional"})])
    ... def test_promises(check):
    ...     check()
    """
    import pytest

    cases = [plugin if isinstance(plugin, Case) else Case(plugin) for plugin in plugins]
    return pytest.mark.parametrize(
        "check",
        [
            pytest.param(BoundCheck(check, case), id=f"{case.name}-{check.name}")
            for case in cases
            for check in checks_of(case.kind)
        ],
    )
