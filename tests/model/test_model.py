"""The dataclasses say in a line what they hold, and name class averages by their numbers."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from rebalance.model import (
    AverageQuality,
    ClusteringResult,
    Dataset,
    Evidence,
    RunResult,
    Scan,
    Suggestion,
)
from tests.model.examples import affinity, averages, particles, selection, superclasses


def scan(*, has_structure: bool = True) -> Scan:
    column: Any = np.array([0.1, 0.2, 0.3])
    whole = np.array([1, 2, 3])
    return Scan(
        whole + 1, *[column] * 7, whole, whole, 9, Suggestion(3, (2,), has_structure, "It is best.")
    )


LINES = {
    "ClassAverages(4 of 16 × 16 px, 1.25 Å/px)": averages(),
    "ClassAverages(0 of 16 × 16 px, pixel size unknown)": replace(averages(0), pixel_size=None),
    "ParticleTable(3 particles, 2 columns)": particles(),
    "ParticleTable(3 particles, 2 columns, a.star)": replace(particles(), path=Path("x/a.star")),
    "Dataset(job013: 3 particles, 4 class averages, relion)": Dataset(
        "relion", particles(), averages(), "job013"
    ),
    "Dataset(job: 1 class average, stack)": Dataset("stack", class_averages=averages(1)),
    "Affinity(4 × 4, rotational-cc, 1 not compared)": affinity(),
    "Affinity(4 × 4)": replace(affinity(), metric="", is_empty=np.zeros(4, bool)),
    "Alignment(6 pairs of 4 class averages)": affinity().alignment,
    "ClusteringResult(2 clusters of 3 class averages)": ClusteringResult(np.array([4, 4, 9])),
    "Superclasses(2 superclasses of 3 class averages, hierarchical)": superclasses(),
    "Scan(2–4 superclasses tried, 3 suggested)": scan(),
    "Scan(2–4 superclasses tried, none stands out)": scan(has_structure=False),
    "Selection(1 of 3 particles, cap 1)": selection(),
    "Selection(1 of 3 particles, not balanced)": replace(selection(), cap=None),
    "AverageQuality(2 class averages, 1 suspected)": AverageQuality(
        np.array([1, 2]), np.array([True, True]), {}, {}, (Evidence("picture", ((), ("noise",))),)
    ),
    "RunResult(job: 2 superclasses, 1 of 3 particles, out)": RunResult(
        Dataset("relion", particles()), superclasses(), None, selection(), Path("out")
    ),
}


@pytest.mark.parametrize("line", LINES)
def test_what_is_printed_is_one_line_and_no_array(line: str) -> None:
    assert repr(LINES[line]) == line


def test_members_and_medoids_are_class_numbers_and_rows_are_called_rows() -> None:
    groups = superclasses()
    assert [members.tolist() for members in groups] == [[6, 9], [7]]
    assert groups.members(0).tolist() == [6, 9]
    assert groups.member_rows(0).tolist() == [3, 0]
    assert groups.medoid.tolist() == [6, 7]
    assert groups.medoid_row.tolist() == [3, 2]
    assert groups.class_id[groups.medoid_row].tolist() == groups.medoid.tolist()


def test_a_row_in_place_of_the_class_number_of_a_medoid_is_noticed() -> None:
    with pytest.raises(ValueError, match="class numbers; 3 is not one"):
        replace(superclasses(), medoid=np.array([3, 2]))


def test_particle_counts_of_an_affinity_are_those_of_its_averages() -> None:
    counts = np.array([20, 4, 10, 10])
    known = affinity(n_particles=counts, notes=("It was dark.",), results={"map": 1})
    assert known.n_particles is counts
    assert (known.notes, known.results) == (("It was dark.",), {"map": 1})
    assert affinity().n_particles is None
    with pytest.raises(ValueError, match="n_particles"):
        affinity(n_particles=counts[:3])


def test_ranks_of_a_scan() -> None:
    assert scan().rank.tolist() == [2, 1, 0]
