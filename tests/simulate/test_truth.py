"""The truth files say what the images show."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import starfile
from cryosparc.dataset import Dataset

from rebalance import formats
from rebalance.errors import OptionError
from rebalance.simulate import (
    SimulatedClassification,
    in_plane,
    project,
    simulate,
    simulate_class_averages,
    write_job,
)
from rebalance.simulate.image_formation import filtered, soft_disc
from rebalance.simulate.viewing_directions import view_frames

OPTIONS: dict[str, Any] = {
    "symmetry": "C2",
    "n_averages": 34,
    "n_particles": 3000,
    "n_views": 5,
    "box": 40,
    "pixel_size": 7.0,
    "snr": 1.0,
    "n_mirror_pairs": 4,
    "n_edge": 1,
    "n_double": 1,
    "n_ice": 1,
    "n_junk_noise": 1,
    "neighbour_share": 0.3,
    "seed": 11,
}


@pytest.fixture(scope="module")
def simulated() -> SimulatedClassification:
    return simulate_class_averages(OPTIONS)


@pytest.fixture(scope="module", params=["relion", "cryosparc"])
def folder(
    request: pytest.FixtureRequest,
    simulated: SimulatedClassification,
    tmp_path_factory: pytest.TempPathFactory,
) -> Path:
    folder = tmp_path_factory.mktemp("project")
    write_job(simulated, folder, request.param)
    return folder


def rows(path: Path) -> list[dict[str, str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.DictReader(file))


def numbers(row: dict[str, str], *names: str) -> np.ndarray:
    return np.array([float(row[name]) for name in names])


def views(folder: Path) -> Iterator[tuple[int, dict[str, str]]]:
    for index, row in enumerate(rows(folder / "truth_classes.csv")):
        if row["kind"] == "view":
            yield index, row


def test_the_truth_and_the_dataset_are_of_the_same_classes_and_particles(folder: Path) -> None:
    dataset = formats.read(
        next(path for path in folder.glob("*/job003"))
        if (folder / "Class2D").exists()
        else folder / "J3"
    )
    averages, table = dataset.class_averages, dataset.particles
    assert averages is not None
    assert table is not None
    classes, particles = (rows(folder / f"truth_{name}.csv") for name in ("classes", "particles"))
    assert [int(row["class_id"]) for row in classes] == averages.class_id.tolist()
    assert [int(row["class_id"]) for row in particles] == table.class_id.tolist()
    counted = [int((table.class_id == int(row["class_id"])).sum()) for row in classes]
    assert [int(row["n_particles"]) for row in classes] == counted
    names = table.column("rlnImageName" if "rlnImageName" in table.column_names else "uid")
    assert [row["name"] for row in particles] == [str(name) for name in names]


def test_other_programs_read_the_same_particles(folder: Path) -> None:
    named = [row["name"] for row in rows(folder / "truth_particles.csv")]
    if (folder / "J3").exists():
        table = Dataset.load(folder / "J3/J3_020_particles.cs")
        assert [str(uid) for uid in table["uid"]] == named
    else:
        table = starfile.read(folder / "Class2D/job003/run_it025_data.star")["particles"]
        assert table["rlnImageName"].tolist() == named


def test_a_clean_projection_moved_by_the_truth_is_the_image(
    folder: Path, simulated: SimulatedClassification
) -> None:
    box, pixel = OPTIONS["box"], OPTIONS["pixel_size"]
    optics, mask = simulated.optics, simulated.class_averages.mask_diameter
    inside = soft_disc(box, mask / pixel)  # type: ignore[operator]
    for index, row in views(folder):
        view = numbers(row, "view_x", "view_y", "view_z")
        turn = in_plane(numbers(row, "in_plane_deg"))
        shift = numbers(row, "shift_x_px", "shift_y_px")[None]
        frame = view_frames(view[None])
        image = simulated.class_averages.images[index]

        def alike(frames: np.ndarray, moved: np.ndarray, image: np.ndarray = image) -> float:
            clear = project(simulated.molecule.density, frames, box, pixel, shifts=moved)
            clear = filtered(clear, optics.envelope(optics.frequency(box)))[0] * inside
            return float(np.corrcoef(clear.ravel(), image.ravel())[0, 1])

        found = alike(turn @ frame, shift)
        assert found > (0.8 if row["n_neighbours"] == "0" else 0.65), row
        assert found > alike(in_plane(40.0) @ turn @ frame, shift)
        assert found > alike(turn @ frame, shift + 5)


def test_views_lie_nearest_to_the_axis_of_their_superclass(folder: Path) -> None:
    truth = json.loads((folder / "truth.json").read_text())
    axes, group = np.array(truth["axes"]), np.array(truth["symmetry_operators"])
    np.testing.assert_array_equal(group[0], np.eye(3))
    assert truth["symmetry"] == "C2"
    assert len(group) == 2
    for _, row in views(folder):
        view = numbers(row, "view_x", "view_y", "view_z")
        assert np.linalg.norm(view) == pytest.approx(1, abs=1e-5)
        cosine = np.einsum("gij,vj,i->gv", group, axes, view)
        best = np.unravel_index(np.abs(cosine).argmax(), cosine.shape)
        assert best[1] == int(row["superclass"])
    cosine = np.abs(np.einsum("gij,vj,wi->gvw", group, axes, axes)).max(axis=0)
    np.fill_diagonal(cosine, 0)
    assert truth["separation_deg"] == pytest.approx(np.rad2deg(np.arccos(cosine.max())), abs=0.02)


def test_mirror_pairs_name_each_other_and_are_mirror_images(
    folder: Path, simulated: SimulatedClassification
) -> None:
    by_class = {row["class_id"]: row for _, row in views(folder)}
    paired = [row for row in by_class.values() if row["mirror_of"]]
    assert len(paired) == 8
    for row in paired:
        other = by_class[row["mirror_of"]]
        assert other["mirror_of"] == row["class_id"]
        assert other["superclass"] == row["superclass"]
        axes = ("view_x", "view_y", "view_z")
        np.testing.assert_array_equal(numbers(row, *axes), -numbers(other, *axes))
    frames = view_frames(
        np.array(
            [[float(paired[0][a]) * s for a in ("view_x", "view_y", "view_z")] for s in (1, -1)]
        )
    )
    here, there = project(simulated.molecule.density, frames, 41, 7.0)
    np.testing.assert_allclose(here[::-1], there, atol=1e-3 * here.max())


def test_junk_and_empties_have_no_view_and_their_kind_is_said(folder: Path) -> None:
    classes = rows(folder / "truth_classes.csv")
    kinds = [(row["kind"], row["junk_kind"]) for row in classes if row["kind"] != "view"]
    assert sorted(kinds) == [
        *[("empty", "")] * 5,
        ("junk", "double"),
        ("junk", "edge"),
        ("junk", "ice"),
        *[("junk", "mixed")] * 2,
        ("junk", "noise"),
        ("noise", "noise"),
    ]
    of_class = {row["class_id"]: row for row in classes}
    for row in classes:
        assert (row["kind"] == "view") == (row["view_x"] != "") == (row["superclass"] != "-1")
        assert (int(row["n_particles"]) > 0) == (row["kind"] in ("view", "junk"))
    for row in rows(folder / "truth_particles.csv"):
        own = of_class[row["class_id"]]
        assert row["kind"] == own["kind"]
        assert row["superclass"] == own["superclass"]
        assert (row["rot_deg"] != "") == (own["junk_kind"] in ("", "mixed"))


def test_the_truth_of_particles_is_where_their_images_show_them() -> None:
    simulated = simulate_class_averages(
        OPTIONS | {"particle_images": True, "n_particles": 150, "ctf": False, "snr": 20.0}
    )
    images = simulated.particle_images
    assert images is not None
    assert np.isfinite(images).all()
    clean = np.flatnonzero(
        (simulated.kind[simulated.particle_class - 1] == "view")
        & (simulated.n_neighbours[simulated.particle_class - 1] == 0)
    )
    psi = in_plane(simulated.particle_euler[clean, 2])
    frames = psi @ view_frames(simulated.particle_view[clean])
    clear = project(
        simulated.molecule.density, frames, 40, 7.0, shifts=simulated.particle_place[clean]
    )
    for one, image in zip(clear, images[clean], strict=True):
        assert np.corrcoef(one.ravel(), image.ravel())[0, 1] > 0.8


def test_particles_follow_the_preferred_directions_asked_for() -> None:
    simulated = simulate_class_averages(
        OPTIONS
        | {
            "preferred_directions": "0,0,1/1,0,0",
            "preferred_ratio": 1.0,
            "preferred_width": 5.0,
            "preferred_share": 0.8,
            "n_particles": 20_000,
        }
    )
    np.testing.assert_array_equal(simulated.axes[:2], [[0, 0, 1], [1, 0, 0]])
    own = simulated.particle_superclass
    share = np.bincount(own[own >= 0]) / (own >= 0).sum()
    np.testing.assert_allclose(simulated.popularity[:2], 0.4 + 0.2 / 5, atol=0.01)
    np.testing.assert_allclose(share, simulated.popularity, atol=0.015)
    continuous = simulate_class_averages(
        OPTIONS
        | {
            "preferred_directions": "0,0,1",
            "preferred_width": 8.0,
            "preferred_share": 0.6,
            "continuous": True,
            "n_averages": 400,
            "n_particles": 800,
            "box": 16,
            "pixel_size": 18.0,
            "class_spread": 0.0,
        }
    )
    view = continuous.view[continuous.kind == "view"]
    angle = np.rad2deg(np.arccos(np.clip(np.abs(view[:, 2]), 0, 1)))
    # Within 2.45 standard deviations along two axes: 95 %; the rest of the sphere adds its part.
    assert (angle < 19.6).mean() == pytest.approx(0.6 * 0.95 + 0.4 * 0.058, abs=0.06)


@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"preferred_directions": "0,0,1/0,0,-2"}, "has one view twice"),
        ({"preferred_directions": [(0, 0, 0)]}, "direction of length 0"),
        ({"preferred_directions": "1,0"}, "write directions as x,y,z"),
        ({"n_mirror_pairs": 30}, "n_mirror_pairs = 30"),
        ({"defocus_min": 9e4}, "defocus_max = 24000 Å is less than defocus_min"),
        ({"symmetry": "X"}, "symmetry = X"),
        ({"averaging": "median"}, "averaging"),
    ],
)
def test_wishes_at_odds_name_the_option(change: dict[str, Any], words: str) -> None:
    with pytest.raises(OptionError, match=words):
        simulate_class_averages(OPTIONS | change)


def test_one_call_writes_what_rebalance_reads(tmp_path: Path) -> None:
    few = {"n_averages": 12, "n_particles": 200, "n_views": 3, "box": 24}
    for layout in ("relion", "relion-3.0", "relion-5", "cryosparc"):
        files = simulate(tmp_path / layout, few, layout=layout)
        dataset = formats.read(files.job)
        assert dataset.particles is not None
        assert len(dataset.particles) == 200
        assert json.loads(files.truth.read_text())["format"] == "rebalance truth"
    with pytest.raises(OptionError, match="no layout 'eman'"):
        simulate(tmp_path / "eman", few, layout="eman")
    assert not (tmp_path / "eman").exists()
