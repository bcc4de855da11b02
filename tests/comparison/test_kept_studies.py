"""The studies that come with the benchmarks run as they are written, here in a tiny form."""

from __future__ import annotations

import tomllib
from pathlib import Path
from typing import Any

import pytest

from benchmarks import quality_page
from rebalance.comparison import compare
from rebalance.comparison.study import parse_study, read_study

STUDIES = Path(quality_page.__file__).parent / "studies"
SHARED = Path("../../../shared/data")
TINY = {"n_averages": 16, "n_particles": 320, "box": 24, "n_views": 3}


def tiny(path: Path) -> dict[str, Any]:
    """The study with its own methods, on few small averages."""
    content = tomllib.loads(path.read_text(encoding="utf-8"))
    for data in content["data"]:
        if "simulate" in data:
            data["simulate"] |= TINY | {"snr": data["simulate"]["snr"][:1]}
            data["simulate"].pop("pixel_size", None)
    return content | {"n_superclasses": [3], "selections": 1}


def test_the_study_of_quality_runs_with_all_its_methods(tmp_path: Path) -> None:
    path = STUDIES / "quality.toml"
    n_methods = 3 * 5 + 1
    found = compare(parse_study(tiny(path)), tmp_path / "s", figures=False)
    assert not found.failures
    assert len(found.ranks["share_of_oracle_gain"].methods) == n_methods
    assert found.n_cells == 2 * n_methods


def test_the_study_of_shared_data_reads_what_is_there(real_data: Path, tmp_path: Path) -> None:
    content = tiny(STUDIES / "quality_shared.toml")
    for data in content["data"]:
        for where in (data, data.get("simulate", {})):
            for key in ("path", "source"):
                if key in where:
                    where[key] = str(real_data / Path(where[key]).relative_to(SHARED))
    content["clustering"] = ["hierarchical"]
    content["metric"] = ["rotational-cc"]
    found = compare(parse_study(content), tmp_path / "s", figures=False)
    assert not found.failures
    assert found.n_cells == 3


@pytest.mark.parametrize("path", sorted(STUDIES.glob("*.toml")), ids=lambda path: path.stem)
def test_every_kept_study_can_be_read(path: Path) -> None:
    study = read_study(path)
    assert {method.name for method in study.metric} == {"rotational-cc", "frc"}


def test_the_page_shows_the_study_as_it_is() -> None:
    study = (STUDIES / "quality.toml").read_text(encoding="utf-8")
    assert f"```toml file=quality.toml\n{study}```" in quality_page.PAGE.read_text(encoding="utf-8")
