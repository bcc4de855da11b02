"""Half maps are found by their names beside a refinement, and only where there is no doubt."""

from __future__ import annotations

from pathlib import Path

import pytest

from rebalance.half_maps.find import find_half_maps


def fill(folder: Path, *names: str) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for name in names:
        (folder / name).touch()


def found(path: Path) -> tuple[str | None, ...] | None:
    pair = find_half_maps(path)
    return (
        None
        if pair is None
        else (pair.first.name, pair.second.name, pair.mask.name if pair.mask else None)
    )


ON_THE_WAY = [f"run_it{n:03d}_half{h}_class001.mrc" for n in (9, 10, 11) for h in (1, 2)]
FINAL = ("run_half1_class001_unfil.mrc", "run_half2_class001_unfil.mrc")


def test_the_final_maps_of_relion_come_first(tmp_path: Path) -> None:
    job = tmp_path / "job021"
    fill(job, *ON_THE_WAY, *FINAL, "run_class001.mrc", "run_data.star", "mask.mrc")
    for path in (job, job / "run_data.star", job / "run_class001.mrc"):
        assert found(path) == (*FINAL, None)
    assert found(job / FINAL[1]) == (*FINAL, None)
    middle = "run_it010_half1_class001.mrc", "run_it010_half2_class001.mrc"
    assert found(job / middle[1]) == (*middle, None)


def test_without_final_maps_the_last_iteration_with_both_is_taken(tmp_path: Path) -> None:
    fill(tmp_path, *ON_THE_WAY, "run_it012_half1_class001.mrc")
    last = "run_it011_half1_class001.mrc", "run_it011_half2_class001.mrc"
    assert found(tmp_path) == (*last, None)
    # A run that was continued goes on counting under another name.
    later = [f"run_ct11_it013_half{h}_class001.mrc" for h in (1, 2)]
    fill(tmp_path, *later)
    assert found(tmp_path) == (*later, None)


@pytest.mark.parametrize("before", ["J12", "cryosparc_P3_J12"])
def test_the_newest_maps_of_cryosparc_come_with_the_mask_of_their_fsc(
    tmp_path: Path, before: str
) -> None:
    for n in (4, 12):
        fill(tmp_path, *(f"{before}_{n:03d}_volume_map_half_{h}.mrc" for h in "AB"))
        fill(tmp_path, f"{before}_{n:03d}_volume_mask_refine.mrc", f"{before}_{n:03d}_particles.cs")
    newest = tuple(f"{before}_012_volume_map_half_{h}.mrc" for h in "AB")
    assert found(tmp_path) == (*newest, None)
    fill(tmp_path, f"{before}_004_volume_mask_fsc_auto.mrc")
    assert found(tmp_path) == (*newest, None)
    fill(tmp_path, f"{before}_012_volume_mask_fsc_auto.mrc")
    expected = (*newest, f"{before}_012_volume_mask_fsc_auto.mrc")
    assert found(tmp_path) == expected
    assert found(tmp_path / f"{before}_004_particles.cs") == expected


def test_where_there_is_doubt_or_nothing_none_is_found(tmp_path: Path) -> None:
    assert find_half_maps(tmp_path) is None
    assert find_half_maps(tmp_path / "no" / "such.mrc") is None
    fill(tmp_path / "a", "run_half1_class001_unfil.mrc", "run_it025_class001.mrc")
    assert find_half_maps(tmp_path / "a") is None
    classes = [f"J5_040_volume_class_{n}_map_half_{h}.mrc" for n in (0, 1) for h in "AB"]
    fill(tmp_path / "b", *classes)
    assert find_half_maps(tmp_path / "b") is None
    assert found(tmp_path / "b" / classes[2]) == (*classes[2:], None)


def test_a_link_leads_to_the_maps_beside_what_it_names(tmp_path: Path) -> None:
    fill(tmp_path / "job", *FINAL, "run_data.star")
    fill(tmp_path / "elsewhere")
    link = tmp_path / "elsewhere" / "particles.star"
    link.symlink_to(tmp_path / "job" / "run_data.star")
    assert found(link) == (*FINAL, None)
