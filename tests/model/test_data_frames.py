"""Data frames have the columns of the files that a run writes, row for row."""

from __future__ import annotations

import sys
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import rebalance
from rebalance.errors import ColumnError, RebalanceError
from rebalance.model import REASONS, RunResult
from rebalance.simulate import simulate_class_averages, write_cryosparc
from tests.model.examples import affinity, particles, selection, superclasses


@pytest.fixture(scope="module")
def result(simulated_job: Path, tmp_path_factory: pytest.TempPathFactory) -> RunResult:
    folder = tmp_path_factory.mktemp("frames") / "out"
    return rebalance.run(
        simulated_job, n_superclasses="auto", factor=0.4, junk="list", output=folder, figures=False
    )


def test_superclasses() -> None:
    frame = superclasses().to_dataframe()
    assert frame["class_id"].tolist() == [9, 5, 7, 6]
    assert frame["superclass"].tolist() == [0, -1, 1, 0]
    assert frame["particles"].tolist() == [20, 4, 10, 10]
    assert frame["medoid"].dropna().tolist() == [6, 7, 6]
    assert frame["medoid"].isna().tolist() == [False, True, False, False]
    assert frame.loc[frame["is_medoid"], "class_id"].tolist() == [7, 6]
    assert frame["superclass_mean_affinity"].dropna().tolist() == [0.3, 1.0, 0.3]
    assert frame.loc[frame["left_out"] & frame["junk"], "class_id"].tolist() == [5]


def test_the_superclasses_of_a_run_are_those_of_its_table(result: RunResult) -> None:
    assert result.folder is not None
    frame, table = (
        result.superclasses.to_dataframe(),
        pd.read_csv(result.folder / "superclasses.csv"),
    )
    for name in ("class_id", "superclass"):
        assert frame[name].tolist() == table[name].tolist()
    assert frame["medoid"].dropna().tolist() == table["medoid"].dropna().tolist()
    assert frame["particles"].tolist() == table["particles_before"].tolist()
    np.testing.assert_allclose(
        frame["superclass_mean_affinity"], table["superclass_mean_affinity"], atol=1e-6
    )


def test_selection(result: RunResult) -> None:
    frame = selection().to_dataframe()
    assert frame.columns.tolist() == ["class_id", "superclass", "selected", "reason"]
    assert frame["reason"].tolist() == ["kept", "balanced", "junk"]
    assert frame["reason"].cat.categories.tolist() == list(REASONS)
    assert result.selection is not None
    assert result.dataset.particles is not None
    whole = result.selection.to_dataframe()
    assert whole["class_id"].tolist() == result.dataset.particles.class_id.tolist()
    after = whole[whole["selected"]].groupby("superclass").size()
    assert after.tolist() == result.selection.after.tolist()


def test_a_scan_is_its_table(result: RunResult) -> None:
    assert result.scan is not None
    assert result.folder is not None
    table = pd.read_csv(result.folder / "scan.csv", dtype={"suggested": "Int64"})
    frame = result.scan.to_dataframe()
    pd.testing.assert_frame_equal(frame, table, check_dtype=False, check_exact=False, atol=1e-6)


def test_what_averages_tell_of_their_quality_is_its_table(result: RunResult) -> None:
    assert result.quality is not None
    assert result.folder is not None
    dtypes = {"reasons": str, "suspected": "Int64"}
    table = pd.read_csv(result.folder / "junk.csv", dtype=dtypes)
    table["reasons"] = table["reasons"].fillna("")
    table = table.drop(columns=[name for name in table if table[name].isna().all()])
    frame = result.quality.to_dataframe()[table.columns.tolist()]
    pd.testing.assert_frame_equal(frame, table, check_dtype=False, check_exact=False, atol=1e-6)


def test_pairs_of_an_affinity() -> None:
    frame = affinity().to_dataframe()
    # Class 5 is empty: what is left of the pairs of 9, 5, 7 and 6.
    assert frame["class_id_1"].tolist() == [9, 9, 7]
    assert frame["class_id_2"].tolist() == [7, 6, 6]
    np.testing.assert_allclose(frame["affinity"], [0.2, 0.3, 0.6], rtol=1e-6)
    assert frame["rotation_deg"].tolist() == [1, 2, 5]
    assert frame["shift_x_px"].tolist() == [2, 4, 10]
    assert frame["shift_y_px"].tolist() == [3, 5, 11]
    assert frame["mirror"].tolist() == [True, False, True]
    plain = affinity(aligned=False, raw=np.full((4, 4), 2, np.float32)).to_dataframe()
    assert plain.columns.tolist() == ["class_id_1", "class_id_2", "affinity", "distance"]


def test_particles_have_the_columns_of_their_file() -> None:
    frame = particles().to_dataframe()
    assert frame.columns.tolist() == ["number", "name"]
    assert frame["number"].tolist() == [0.5, 1.5, 2.5]
    assert frame["name"].tolist() == ["a", "b", "c"]
    assert particles().to_dataframe(["name"]).columns.tolist() == ["name"]
    with pytest.raises(ColumnError, match="'nam'; did you mean 'name'"):
        particles().to_dataframe(["nam"])


def test_particles_of_real_formats(result: RunResult, tmp_path: Path) -> None:
    settings = {"n_averages": 12, "n_particles": 60, "n_views": 3, "box": 32, "seed": 1}
    job = write_cryosparc(simulate_class_averages(settings), tmp_path / "project").job
    for table in (result.dataset.particles, rebalance.read(job).particles):
        assert table is not None
        frame = table.to_dataframe()
        assert frame.columns.tolist() == list(table.column_names)
        assert len(frame) == len(table)
        assert any((frame[name] == table.class_id).all() for name in frame)


def test_without_pandas_the_error_says_what_to_install(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "pandas", None)
    with pytest.raises(RebalanceError, match="pip install pandas"):
        superclasses().to_dataframe()
