"""A 2D run beside a refinement of its particles: superclasses on the sphere, SCF*, at random."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest

import rebalance
from rebalance.errors import InputError
from rebalance.model import ParticleTable
from rebalance.orientations.sampling import SlicePasses
from rebalance.orientations.superclasses import views_of_groups
from rebalance.orientations.view_angles import angle_between_views
from rebalance.pipeline.posed_superclasses import rows_of_same
from rebalance.point_groups import operations_of

from .refinements import refined


class _Columns:
    def __init__(self, **columns: Any) -> None:
        self.columns = columns

    @property
    def column_names(self) -> tuple[str, ...]:
        return tuple(self.columns)

    def read_column(self, name: str) -> Any:
        return np.asarray(self.columns[name])


def _table(**columns: Any) -> ParticleTable:
    n = len(next(iter(columns.values())))
    return ParticleTable(np.ones(n, dtype=np.int64), _Columns(**columns))


@pytest.mark.parametrize("layout", ["relion", "cryosparc"])
def test_a_run_says_what_balancing_does_to_scf_star(layout: str, tmp_path: Path) -> None:
    job, files = refined(tmp_path, layout)
    result = rebalance.run(
        job,
        n_superclasses=6,
        factor=0.5,
        junk="off",
        poses=files.particles,
        output=tmp_path / "out",
        use_cache=False,
    )
    found = result.orientations
    assert found is not None
    assert found.n_matched == found.n_particles == 1_500
    dataset = rebalance.read_refinement(files.particles)
    direction = rebalance.read_orientations(dataset).direction
    passes = SlicePasses(direction)
    assert result.selection is not None
    assert found.scf_star == pytest.approx(passes.score(), abs=1e-9)
    kept = result.selection.selected
    assert found.scf_star_after == pytest.approx(passes.score(kept), abs=1e-9)
    assert found.scf_star_at_random.mean() == pytest.approx(
        passes.at_random(int(kept.sum()), np.random.default_rng(0), 20).mean(), abs=0.03
    )
    told = result.summary["orientations"]
    assert told["scf_star_after"] == round(float(found.scf_star_after or 0), 4)
    assert "## Viewing directions" in (result.folder / "report.md").read_text()  # type: ignore[operator]
    assert "superclasses_on_sphere.png" in {path.name for path in result.files}


def test_particles_are_matched_by_name_whatever_their_order(rng: np.random.Generator) -> None:
    names = np.array([f"{n:06d}@a.mrcs" for n in range(50)])
    order = rng.permutation(50)[:30]
    row = rows_of_same(_table(rlnImageName=names), _table(rlnImageName=names[order]), Path("x"))
    assert (row >= 0).sum() == 30
    found = np.flatnonzero(row >= 0)
    np.testing.assert_array_equal(names[order][row[found]], names[found])


@pytest.mark.parametrize(
    ("mine", "theirs", "message"),
    [
        ({"uid": [1, 2]}, {"rlnImageName": ["a", "b"]}, "identified differently"),
        ({"uid": [1, 2]}, {"uid": [3, 4]}, "shares no particle"),
        ({"uid": [1, 2]}, {"uid": np.zeros(0, dtype=np.int64)}, "shares no particle"),
    ],
)
def test_other_particles_are_refused(mine: Any, theirs: Any, message: str) -> None:
    with pytest.raises(InputError, match=message):
        rows_of_same(_table(**mine), _table(**theirs), Path("x"))


def test_a_refinement_of_others_is_refused_before_anything_is_compared(tmp_path: Path) -> None:
    job, _ = refined(tmp_path / "a", n_particles=300)
    _, other = refined(tmp_path / "b", "cryosparc", n_particles=300)
    with pytest.raises(InputError, match="identified differently"):
        rebalance.run(job, n_superclasses=3, poses=other.particles, output=tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize("group", ["C1", "D7", "O"])
def test_the_view_of_a_group_is_that_of_most_of_its_particles(
    group: str, rng: np.random.Generator
) -> None:
    operations = operations_of(group)
    axes = rng.normal(size=(4, 3))
    axes /= np.linalg.norm(axes, axis=1, keepdims=True)
    label = rng.integers(0, 4, 600)
    spread = axes[label] + rng.normal(0, 0.03, (600, 3))
    # Copies, and opposite sides, are the same view.
    direction = np.einsum("nij,nj->ni", operations[rng.integers(0, len(operations), 600)], spread)
    direction *= rng.choice([-1, 1], (600, 1))
    direction /= np.linalg.norm(direction, axis=1, keepdims=True)
    direction[::50] = np.nan
    view, angle = views_of_groups(direction, label, 5, operations)
    found = angle_between_views(view[:4], axes, operations)
    assert np.diag(found).max() < 3.0
    assert angle[:4].max() < 5.0
    assert np.isnan(view[4]).all()
    assert np.isnan(angle[4])
