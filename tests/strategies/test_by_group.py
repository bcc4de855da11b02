"""Groups that are no superclasses: percentile, reasons, words, random numbers of their own."""

from __future__ import annotations

from typing import Any, ClassVar

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.errors import OptionError, PluginError
from rebalance.model import (
    BALANCED,
    JUNK,
    KEPT,
    NO_ORIENTATION,
    REASONS,
    ParticleTable,
    Superclasses,
)
from rebalance.options import NoOptions, Options
from rebalance.seeds import generator
from rebalance.strategies import select, select_by_group

from .tables import superclasses, table

ERROR = "alignments3D/error"
histograms = st.lists(st.integers(0, 40), min_size=1, max_size=30)
percentiles = st.one_of(
    st.integers(1, 100), st.decimals(min_value="0.01", max_value=100, places=2).map(str)
)
strategies = st.sampled_from(["random", "best"])
seeds = st.integers(0, 2**40)


def binned(counts: list[int], seed: int = 0, out: int = 0) -> tuple[ParticleTable, np.ndarray]:
    """Bins of these sizes in random order, an error and half sets, and particles that are out."""
    rng = np.random.default_rng(seed)
    group = rng.permutation(np.repeat(np.arange(-1, len(counts)), [out, *counts]))
    n = len(group)
    columns = {ERROR: rng.random(n), "alignments3D/split": rng.integers(0, 2, n)}
    return table(np.ones(n), **columns), group


def taken(particles: ParticleTable, rows: np.ndarray) -> ParticleTable:
    columns = {name: particles.column(name)[rows] for name in particles.column_names}
    return table(particles.class_id[rows], **columns)


@settings(max_examples=200, deadline=None)
@given(histograms, percentiles, strategies, seeds)
def test_a_second_run_with_the_same_percentile_drops_nothing(
    counts: list[int], percentile: Any, strategy: str, seed: int
) -> None:
    particles, group = binned(counts, seed, out=3)
    by: dict[str, Any] = {"percentile": percentile, "strategy": strategy, "seed": seed}
    once = select_by_group(particles, group, n_groups=len(counts), **by)
    assert once.after.tolist() == [min(size, once.cap or 0) for size in counts]
    assert (once.cap is None) == (not any(counts))
    rows = np.flatnonzero(once.selected)
    again = select_by_group(taken(particles, rows), group[rows], n_groups=len(counts), **by)
    assert again.selected.all()
    assert again.cap == once.cap
    assert not again.count(BALANCED)


@settings(max_examples=100, deadline=None)
@given(histograms.filter(any), st.integers(1, 100), strategies, seeds)
def test_selections_by_group_nest_as_the_percentile_rises(
    counts: list[int], percentile: int, strategy: str, seed: int
) -> None:
    particles, group = binned(counts, seed)
    smaller, larger = (
        select_by_group(particles, group, percentile=p, strategy=strategy, seed=seed).selected
        for p in (percentile / 2, percentile)
    )
    assert not (smaller & ~larger).any()


def test_the_random_numbers_of_a_group_go_by_seed_and_number() -> None:
    group = np.repeat([0, 3, 2], [30, 40, 5])
    found = select_by_group(table(group), group, max_size=7, seed=11)
    for number in (0, 3):
        rows = generator(11, number).permutation(np.flatnonzero(group == number))[:7]
        np.testing.assert_array_equal(
            np.flatnonzero(found.selected & (group == number)), np.sort(rows)
        )
    # A bin keeps its particles whatever happens to the others.
    other = np.where(group == 0, -1, group)
    again = select_by_group(table(group), other, max_size=7, seed=11)
    np.testing.assert_array_equal(again.selected, found.selected & (group != 0))


@settings(max_examples=50, deadline=None)
@given(histograms.filter(any), st.integers(1, 50))
def test_bins_are_to_best_what_superclasses_are(counts: list[int], cap: int) -> None:
    particles, group = binned(counts, out=4)
    by: dict[str, Any] = {"strategy": "best", "max_size": cap, "options": {"column": ERROR}}
    numbers = [[number + 1] for number in range(len(counts))]
    class_id = group + 1
    columns = {name: particles.column(name) for name in particles.column_names}
    groups: Superclasses = superclasses(numbers, np.arange(1, len(counts) + 1))
    as_classes = select(table(class_id, **columns), groups, cap_from=0, **by)
    as_bins = select_by_group(particles, group, n_groups=len(counts), **by)
    np.testing.assert_array_equal(as_bins.selected, as_classes.selected)
    # Superclasses are numbered by size.
    assert sorted(as_bins.after) == sorted(as_classes.after)
    assert as_bins.cap == as_classes.cap
    assert as_bins.options == as_classes.options == {
        "column": ERROR, "direction": "low", "quota": "none"
    }  # fmt: skip


def test_a_particle_that_is_out_has_no_orientation_or_the_reason_given() -> None:
    particles, group = binned([9, 4], out=3)
    found = select_by_group(particles, group, max_size=4)
    assert (found.count(KEPT), found.count(BALANCED), found.count(NO_ORIENTATION)) == (8, 5, 3)
    assert "3 of 16 particles are excluded because they have no orientation." in found.notes
    np.testing.assert_array_equal(found.superclass, group)
    assert found.before.tolist() == [9, 4]
    junk = np.where(group < 0, REASONS.index(JUNK), 99).astype(np.uint8)
    found = select_by_group(particles, group, max_size=4, reason=junk)
    assert (found.count(KEPT), found.count(BALANCED), found.count(JUNK)) == (8, 5, 3)
    assert not any("orientation" in note for note in found.notes)
    assert REASONS[-1] == NO_ORIENTATION


@pytest.mark.parametrize(
    "wrong",
    [
        {"group": np.zeros(5, dtype=int)},
        {"group": np.zeros(6)},
        {"group": np.array([0, 1, 2, 0, 1, -2])},
        {"group": np.array([0, 1, 2, 0, 1, 0]), "n_groups": 2},
        {"reason": np.zeros(5, dtype=np.uint8)},
        {"reason": np.zeros(6, dtype=np.uint8)},
        {"reason": np.full(6, len(REASONS), dtype=np.uint8)},
    ],
)
def test_groups_and_reasons_that_can_not_be_are_a_value_error(wrong: dict[str, Any]) -> None:
    given = {"group": np.array([0, 0, 0, 1, 1, -1]), **wrong}
    with pytest.raises(ValueError, match=r"expected|needs a reason"):
        select_by_group(table(np.ones(6)), **given)


@pytest.mark.parametrize(
    ("limits", "names"),
    [
        ({"percentile": 80, "factor": 0.5}, ("`percentile=80`", "`factor=0.5`")),
        ({"percentile": 80, "factor": 0}, ("`percentile=80`", "`factor=0`")),
        ({"percentile": "80", "max_size": 9}, ("`percentile=80`", "`max_size=9`")),
    ],
)
def test_a_percentile_beside_another_rule_is_refused_by_name(limits: Any, names: Any) -> None:
    particles, group = binned([9, 4])
    with pytest.raises(OptionError) as found:
        select_by_group(particles, group, **limits)
    assert all(name in str(found.value) for name in names)
    assert found.value.setting == "percentile"


def test_a_factor_says_which_bin_it_goes_by_and_what_is_better() -> None:
    particles, group = binned([30, 20, 1, 0])
    found = select_by_group(particles, group, n_groups=4, factor="0.5")
    assert found.cap == 2
    assert not found.notes[0].startswith("Limited")
    (warning,) = found.warnings
    assert warning == (
        "Only 5 of 51 particles stay. Limited by bin 2 (1 particle): at most 2 per bin. To be "
        "independent of the smallest bin, use `percentile=80`."
    )
    assert "1 of 4 bins is empty, and ignored for the cap." in found.notes
    gentle = select_by_group(*binned([30, 20, 9, 9]), factor="0.5")
    assert not gentle.warnings
    assert any(
        note.startswith("Limited by bin 2 and 1 more (9 particles each): at most 18 per bin.")
        for note in gentle.notes
    )


def test_the_percentile_says_how_many_bins_are_cut() -> None:
    found = select_by_group(*binned([5, 4, 3, 2, 1, 0]), n_groups=6, percentile="80")
    assert found.cap == 4
    assert "Percentile 80 of the 5 occupied bins is 4 particles; 1 has more." in found.notes
    several = select_by_group(*binned([5, 5, 1, 1]), n_groups=4, percentile="50")
    assert "Percentile 50 of the 4 occupied bins is 1 particle; 2 have more." in several.notes
    alone = select_by_group(*binned([5, 0]), n_groups=2, percentile="50")
    assert "Percentile 50 of the 1 occupied bin is 5 particles; 0 have more." in alone.notes


class KeepsAll:
    options_model: ClassVar[type[Options]] = NoOptions

    def select(self, particles: Any, group: Any, *_: Any) -> Any:
        return group >= 0


def test_messages_speak_of_bins_or_whatever_the_groups_are() -> None:
    said = []
    for limits in ({"factor": 1}, {"max_size": 2}, {"max_size": 9}, {"percentile": 50}, {},
                   {"factor": 0, "max_size": 5}, {"factor": 0.9, "max_size": 5}):  # fmt: skip
        for counts in ([900, 800, 3], [30, 30], [9, 1, 0], []):
            found = select_by_group(*binned(counts, out=1), n_groups=len(counts), **limits)
            said += [*found.warnings, *found.notes]
    for limits in ({"factor": 2}, {"max_size": 0}, {"percentile": 0}, {"percentile": 101}):
        with pytest.raises(OptionError) as refused:
            select_by_group(*binned([3, 2]), **limits)  # type: ignore[arg-type]
        said.append(str(refused.value))
    strategy: Any = KeepsAll()
    for columns in ({}, {"rlnRandomSubset": np.arange(20) % 2}):
        particles = table(np.ones(20), **columns)
        with pytest.raises(PluginError, match="of bin 0") as broken:
            select_by_group(particles, np.zeros(20, dtype=int), max_size=4, strategy=strategy)
        said.append(str(broken.value))
    assert len(set(said)) > 15
    assert not [sentence for sentence in said if "class" in sentence]
    pools = select_by_group(*binned([30, 30]), max_size=2, word="pool").warnings
    assert any("every pool is cut to 2" in warning for warning in pools)


@pytest.mark.parametrize("strategy", ["random", "best"])
def test_no_groups_and_no_particles_are_no_error(strategy: str) -> None:
    for out in (0, 4):
        particles, group = binned([], out=out)
        found = select_by_group(particles, group, percentile=80, strategy=strategy)
        assert not found.selected.any()
        assert found.cap is None
        assert len(found.before) == 0
        assert any("No particles are left" in warning for warning in found.warnings)
    particles, group = binned([7, 3])
    found = select_by_group(particles, group.astype(np.int32), strategy=strategy)
    assert found.selected.all()
    assert found.superclass.dtype == np.int64
