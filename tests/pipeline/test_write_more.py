"""What a run writes on request: subsets, superclasses as classes and tables, their pictures."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import mrcfile
import numpy as np
import pytest
import starfile
import yaml
from numpy.lib import recfunctions

import rebalance
from rebalance import formats
from rebalance.contracts import ReadRequest
from rebalance.errors import OptionError
from rebalance.model import Dataset
from rebalance.pipeline.dry_run import plan
from rebalance.pipeline.rerun import rerun
from rebalance.settings import RunSettings
from rebalance.simulate import simulate_class_averages, write_cryosparc, write_relion
from tests.pipeline.runs import (
    Correlation,
    class_column,
    content,
    data_star,
    no_comparison,
    quick_run,
    star_rows,
)

JOB = {"n_averages": 24, "n_particles": 1_200, "n_views": 6, "box": 32, "seed": 1}
"""As `simulated_job`."""


@pytest.fixture(scope="session")
def cryosparc_job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The simulated job as CryoSPARC writes it; read only."""
    folder = tmp_path_factory.mktemp("cs_project")
    return write_cryosparc(simulate_class_averages(JOB), folder).job


@pytest.fixture(params=["relion", "cryosparc"])
def job(request: pytest.FixtureRequest) -> Path:
    found: Path = request.getfixturevalue(
        "simulated_job" if request.param == "relion" else "cryosparc_job"
    )
    return found


@pytest.fixture
def decided(job: Path) -> Callable[..., rebalance.RunResult]:
    """A run by decisions of which it is known what has to come: four superclasses, two classes set
    aside, one that is junk."""
    used = _used(job)
    superclasses = [used[:5], used[5:9], used[9:13], used[13:-3]]
    decisions = {
        "decisions_version": 1,
        "class_numbers": formats.read(job).class_averages.class_id.tolist(),
        "superclasses": superclasses,
        "set_aside": used[-3:-1],
        "junk": used[-1:],
    }
    Path("decisions.json").write_text(json.dumps(decisions))

    def run(**settings: Any) -> rebalance.RunResult:
        given = {"decisions": "decisions.json", "n_superclasses": None, "output": "out"}
        return quick_run(job, **given | settings)

    return run


def _used(job: Path) -> list[int]:
    """Numbers of the classes with particles, the largest first."""
    particles = formats.read(job).particles
    assert particles is not None
    number, count = np.unique(particles.class_id, return_counts=True)
    return number[np.argsort(-count, kind="stable")].tolist()


def _rows(path: Path) -> list[bytes]:
    """Rows of a particle table of either program, each as bytes."""
    if path.suffix == ".star":
        return star_rows(path)
    found: list[bytes] = [row.tobytes() for row in np.load(path)]
    return found


def _table(job: Path) -> Path:
    return data_star(job) if list(job.glob("*_data.star")) else next(job.glob("*_020_particles.cs"))


def _tables(folder: Path) -> list[Path]:
    found = [*folder.glob("*.star"), *folder.glob("*.cs")]
    return sorted(path for path in found if not path.stem.endswith("_passthrough"))


def _visits(path: Path) -> dict[str, np.ndarray]:
    with path.open() as stream:
        rows = list(csv.DictReader(stream))
    return {name: np.array([int(row[name]) for row in rows]) for name in rows[0]}


def _alike(pictures: np.ndarray, others: np.ndarray) -> np.ndarray:
    """Highest correlation over all shifts of each picture with each other one."""
    spectra = []
    for images in (pictures, others):
        flat = images.reshape(len(images), -1).astype(np.float64)
        flat -= flat.mean(axis=1, keepdims=True)
        flat /= np.linalg.norm(flat, axis=1, keepdims=True)
        spectra.append(np.fft.fft2(flat.reshape(images.shape)))
    products = spectra[0][:, None] * spectra[1][None].conj()
    highest: np.ndarray = np.fft.ifft2(products).real.max(axis=(2, 3))
    return highest


class TestSubsets:
    def test_they_are_rows_of_the_input_and_use_every_candidate(
        self, job: Path, decided: Callable[..., rebalance.RunResult]
    ) -> None:
        result = decided(factor="0.6", subsets="auto")
        selection, particles = result.selection, result.dataset.particles
        assert selection is not None
        assert particles is not None
        rows = _rows(_table(job))
        assert len(set(rows)) == len(rows)
        place = {row: at for at, row in enumerate(rows)}
        subsets = [
            np.array([place[row] for row in _rows(path)]) for path in _tables(Path("out/subsets"))
        ]
        largest = max(*selection.before, *selection.aside_before)
        assert len(subsets) == -(-int(largest) // selection.cap) > 2
        assert all((np.diff(subset) > 0).all() for subset in subsets)
        # Of the candidates all, and no others: the junk class has none.
        junk = particles.class_id == _used(job)[-1]
        assert junk.any()
        used = np.unique(np.concatenate(subsets))
        np.testing.assert_array_equal(used, np.flatnonzero(~junk))
        np.testing.assert_array_equal(subsets[0], np.flatnonzero(selection.selected))
        selected = next(path for path in _tables(Path("out")) if "_selected" in path.name)
        first = _tables(Path("out/subsets"))[0]
        assert first.read_bytes() == selected.read_bytes()

        visits = _visits(Path("out/subsets/visits.csv"))
        np.testing.assert_array_equal(visits["row"], np.arange(len(rows)))
        np.testing.assert_array_equal(visits["class_id"], particles.class_id)
        np.testing.assert_array_equal(visits["superclass"], selection.superclass)
        counted = np.bincount(np.concatenate(subsets), minlength=len(rows))
        np.testing.assert_array_equal(visits["visits"], counted)

        said = result.summary["subsets"]
        assert said == {
            "number": len(subsets),
            "particles": [len(subset) for subset in subsets],
            "never_used": 0,
            "fewest_visits": counted[~junk].min(),
            "most_visits": len(subsets),
        }
        assert any("every particle is in" in note for note in result.summary["notes"])

    def test_each_class_set_aside_is_a_group_of_its_own(
        self, job: Path, decided: Callable[..., rebalance.RunResult]
    ) -> None:
        result = decided(max_size=7, subsets=3)
        particles = result.dataset.particles
        assert particles is not None
        rows = {row: at for at, row in enumerate(_rows(_table(job)))}
        aside = _used(job)[-3:-1]
        sizes = [int(np.count_nonzero(particles.class_id == number)) for number in aside]
        assert min(sizes) > 7
        for path in _tables(Path("out/subsets")):
            classes = particles.class_id[[rows[row] for row in _rows(path)]]
            assert [int(np.count_nonzero(classes == number)) for number in aside] == [7, 7]
        visits = _visits(Path("out/subsets/visits.csv"))
        for number, size in zip(aside, sizes, strict=True):
            mine = visits["visits"][visits["class_id"] == number]
            assert mine.sum() == 21
            assert mine.max() == -(-21 // size)
            assert set(visits["superclass"][visits["class_id"] == number].tolist()) == {-2}

    def test_what_no_subset_has_is_said(self, decided: Callable[..., rebalance.RunResult]) -> None:
        result = decided(max_size=7, subsets=2)
        never = result.summary["subsets"]["never_used"]
        visits = _visits(Path("out/subsets/visits.csv"))
        junk = visits["superclass"] == -1
        assert never == np.count_nonzero(visits["visits"][~junk] == 0) > 0
        notes = result.summary["notes"]
        assert any(f"{never:,} of" in note and "--subsets auto" in note for note in notes)

    @pytest.mark.usefixtures("decided")
    def test_cryosparc_tools_and_our_own_reader_read_a_subset(self, cryosparc_job: Path) -> None:
        dataset = pytest.importorskip("cryosparc.dataset")
        quick_run(cryosparc_job, factor="0.6", subsets=2, output="cs")
        (first, *_), group = _tables(Path("cs/subsets")), Path("cs/subsets/particles_subset_01.csg")
        assert len(dataset.Dataset.load(first)) == len(np.load(first))
        again = formats.read(group, need_class_averages=False).particles
        assert again is not None
        assert len(again) == len(np.load(first))
        assert "ctf/df1_A" in again.column_names


class TestClasses:
    def test_relion_counts_superclasses_from_one_and_keeps_the_class(
        self, simulated_job: Path
    ) -> None:
        result = quick_run(simulated_job, factor="0.6", also="classes", output="out")
        selection = result.selection
        assert selection is not None
        before, after = data_star(simulated_job), Path("out/particles_superclasses.star")
        grouped = np.flatnonzero(selection.superclass >= 0)
        at = class_column(before)
        lines, written = star_rows(before), star_rows(after)
        assert len(written) == len(grouped)
        for row, line in zip(grouped.tolist(), written, strict=True):
            was, now = lines[row].split(), line.split()
            assert now[at] == b"%d" % (selection.superclass[row] + 1)
            assert now[-1] == was[at]
            assert [*now[:at], *now[at + 1 : -1]] == [*was[:at], *was[at + 1 :]]
        read, origin = starfile.read(after), starfile.read(before)
        assert read["optics"].equals(origin["optics"])
        assert read["particles"]["rlnClassNumberBefore"].tolist() == (
            origin["particles"]["rlnClassNumber"].to_numpy()[grouped].tolist()
        )

    def test_relion_itself_keeps_the_class_before(self, simulated_job: Path) -> None:
        import shutil
        import subprocess

        if shutil.which("relion_star_handler") is None:
            pytest.skip("RELION is not installed (relion_star_handler)")
        quick_run(simulated_job, also="classes", output="out")
        table = "out/particles_superclasses.star"
        subprocess.run(
            ["relion_star_handler", "--i", table, "--o", "again.star"],
            check=True,
            capture_output=True,
        )
        ours, its = starfile.read(table)["particles"], starfile.read("again.star")["particles"]
        for name in ("rlnClassNumber", "rlnClassNumberBefore"):
            assert its[name].tolist() == ours[name].tolist()

    def test_cryosparc_has_the_superclass_and_the_class_before(self, cryosparc_job: Path) -> None:
        dataset = pytest.importorskip("cryosparc.dataset")
        result = quick_run(cryosparc_job, also="classes", output="out")
        selection = result.selection
        assert selection is not None
        grouped = selection.superclass >= 0
        origin = np.load(_table(cryosparc_job))[grouped]
        found = np.load("out/particles_superclasses.cs")
        superclass = selection.superclass[grouped]
        np.testing.assert_array_equal(found["alignments2D/class"], superclass)
        np.testing.assert_array_equal(found["rebalance/class_before"], origin["alignments2D/class"])
        others = [name for name in origin.dtype.names if name != "alignments2D/class"]
        assert recfunctions.repack_fields(found[others]).tobytes() == (
            recfunctions.repack_fields(origin[others]).tobytes()
        )
        read = dataset.Dataset.load("out/particles_superclasses.cs")
        np.testing.assert_array_equal(read["alignments2D/class"], superclass)
        group = yaml.safe_load(Path("out/particles_superclasses.csg").read_text())
        # CryoSPARC is shown no slot that it doesn't know.
        assert set(group["results"]) == {"blob", "alignments2D", "ctf", "location"}

    def test_particles_set_aside_are_left_out(
        self, job: Path, decided: Callable[..., rebalance.RunResult]
    ) -> None:
        result = decided(also="classes")
        assert result.selection is not None
        (path,) = (path for path in _tables(Path("out")) if "superclasses" in path.name)
        grouped = np.count_nonzero(result.selection.superclass >= 0)
        assert len(_rows(path)) == grouped < len(_rows(_table(job)))

    def test_a_run_goes_on_from_them(self, job: Path) -> None:
        first = quick_run(job, also="classes,averages", output="out")
        table = next(path for path in _tables(Path("out")) if "superclasses" in path.name)
        stack = next(Path("out").glob("superclass_averages.mrc*"))
        again = quick_run(table, class_averages=stack, n_superclasses=2, output="again")
        particles = again.dataset.particles
        assert particles is not None
        counts = np.unique(particles.class_id, return_counts=True)[1]
        np.testing.assert_array_equal(counts, first.superclasses.size)
        averages = again.dataset.class_averages
        assert averages is not None
        assert len(averages) == len(first.superclasses)
        np.testing.assert_array_equal(averages.n_particles, first.superclasses.size)
        assert sum(again.superclasses.size) == sum(first.superclasses.size)


def test_tables_are_disjoint_and_together_all_grouped(
    job: Path, decided: Callable[..., rebalance.RunResult]
) -> None:
    result = decided(also="tables")
    assert result.selection is not None
    rows = {row: at for at, row in enumerate(_rows(_table(job)))}
    tables = _tables(Path("out/superclasses"))
    assert [path.stem for path in tables] == [f"particles_superclass_{n:02d}" for n in range(4)]
    for number, path in enumerate(tables):
        np.testing.assert_array_equal(
            [rows[row] for row in _rows(path)],
            np.flatnonzero(result.selection.superclass == number),
        )


class TestPictures:
    @pytest.mark.parametrize("kind", ["medoid", "mean"])
    @pytest.mark.parametrize("write", [write_relion, write_cryosparc])
    def test_there_is_one_of_each_superclass_in_their_order(
        self, kind: str, write: Callable[..., Any]
    ) -> None:
        # The whole molecule is in the box.
        job = write(simulate_class_averages(JOB | {"pixel_size": 8.0}), Path("project")).job
        result = quick_run(
            job, metric="rotational-cc", picking_templates=kind, also="averages", output="out"
        )
        averages = result.dataset.class_averages
        assert averages is not None
        medoids = averages.images[result.superclasses.medoid_row]
        for stem in ("superclass_averages", "picking_templates"):
            path = next(Path("out").glob(f"{stem}.mrc*"))
            with mrcfile.open(path) as stack:
                assert stack.is_image_stack()
                assert stack.data.dtype == np.float32
                assert stack.data.shape == medoids.shape
                np.testing.assert_allclose(stack.voxel_size.x, averages.pixel_size, rtol=1e-6)
                pictures = stack.data.copy()
            # Each is like its own medoid, more than like any other.
            alike = _alike(pictures, medoids)
            assert alike.argmax(axis=1).tolist() == list(range(len(medoids)))
            assert alike.diagonal().min() > 0.8
        assert not any("blurred" in warning for warning in result.summary["warnings"])

    def test_cryosparc_tools_read_the_templates(self, cryosparc_job: Path) -> None:
        dataset = pytest.importorskip("cryosparc.dataset")
        result = quick_run(cryosparc_job, picking_templates="medoid", output="out")
        k = len(result.superclasses)
        table = dataset.Dataset.load("out/picking_templates.cs")
        assert table["blob/idx"].tolist() == list(range(k))
        assert set(table["blob/path"]) == {">picking_templates.mrc"}
        assert table["blob/shape"].tolist() == [[32, 32]] * k
        np.testing.assert_allclose(table["blob/psize_A"], result.dataset.class_averages.pixel_size)
        assert len(set(table["uid"].tolist())) == k
        group = yaml.safe_load(Path("out/picking_templates.csg").read_text())
        assert group["group"]["type"] == "template"
        assert group["group"]["name"] == "picking_templates"
        assert group["results"] == {
            "blob": {"metafile": ">picking_templates.cs", "num_items": k, "type": "template.blob"}
        }
        assert {"created", "version"} <= set(group)

    def test_the_folder_of_templates_may_be_moved(self, cryosparc_job: Path) -> None:
        quick_run(cryosparc_job, picking_templates="medoid", also="classes", output="out")
        moved = Path("out").rename("elsewhere")
        again = formats.read(moved / "particles_superclasses.csg", moved / "picking_templates.csg")
        assert again.class_averages is not None
        with mrcfile.open(moved / "picking_templates.mrc") as stack:
            np.testing.assert_array_equal(again.class_averages.images, stack.data)

    def test_a_bare_stack_has_pictures_too(self, simulated_job: Path) -> None:
        stack = next(simulated_job.glob("*_classes.mrcs"))
        bare = Path("bare.mrcs")
        bare.write_bytes(stack.read_bytes())
        result = quick_run(bare, picking_templates="medoid", also="averages", output="out")
        assert result.selection is None
        for stem in ("superclass_averages", "picking_templates"):
            with mrcfile.open(f"out/{stem}.mrcs") as written:
                assert len(written.data) == 5

    def test_means_that_nothing_aligns_are_said_to_be_blurred(self, simulated_job: Path) -> None:
        result = quick_run(simulated_job, picking_templates="mean", output="out")
        (said,) = (text for text in result.summary["warnings"] if "blurred" in text)
        assert "--picking-templates mean" in said
        assert "The metric Correlation does not align averages" in said
        medoids = quick_run(simulated_job, picking_templates="medoid", output="medoids")
        alone = quick_run(simulated_job, superclasses=False, n_superclasses=None, also="averages")
        for other in (medoids, alone):
            assert not any("blurred" in text for text in other.summary["warnings"])


class TestAgain:
    ALL = {"subsets": "auto", "picking_templates": "mean", "also": "averages,classes,tables"}
    FOLDERS = {"subsets", "superclasses"}

    def test_a_rerun_gives_the_same_bytes(self, job: Path) -> None:
        result = quick_run(job, metric="rotational-cc", factor="0.6", **self.ALL, output="out")
        record = json.loads(Path("out/run.json").read_text())
        names = {output["name"] for output in record["outputs"]}
        assert names == set(content(Path("out"))) - {"run.json"}
        assert {name.split("/")[0] for name in names if "/" in name} == self.FOLDERS
        assert {str(path.relative_to(Path("out").absolute())) for path in result.files} == names
        again = rerun(Path("out"), output=Path("again"))
        assert again.came_out == ()
        first, second = content(Path("out")), content(Path("again"))
        assert first.keys() == second.keys()
        assert {name for name in first if first[name] != second[name]} == {"run.json"}

    def test_its_folder_is_overwritten_whole_unless_a_person_put_something_in(
        self, job: Path
    ) -> None:
        quick_run(job, factor="0.6", **self.ALL, output="out")
        mine = Path("out/subsets/notes.txt")
        mine.write_text("mine")
        with pytest.raises(rebalance.errors.OutputError, match=r"subsets/notes\.txt"):
            quick_run(job, output="out", overwrite=True)
        mine.unlink()
        quick_run(job, output="out", overwrite=True)
        assert not any(path.is_dir() for path in Path("out").iterdir())

    def test_a_dry_run_knows_the_subsets_where_it_knows_the_superclasses(self, job: Path) -> None:
        given: dict[str, Any] = {"metric": Correlation(), "n_superclasses": 5, "figures": False}
        settings = RunSettings(job, **given, factor="0.6", **self.ALL, output=Path("out"))
        assert plan(settings).subsets is None
        result = quick_run(job, factor="0.6", **self.ALL, output="elsewhere")
        planned = plan(settings)
        assert planned.subsets is not None
        assert len(planned.subsets) == result.summary["subsets"]["number"]
        assert any("blurred" in warning for warning in planned.warnings)
        assert not Path("out").exists()


class _WritesNoRows:
    """RELION's format, but for what it writes by rows."""

    def __init__(self) -> None:
        from rebalance.formats.relion import Relion

        self.read_by = Relion()

    def sniff(self, path: Path) -> float:
        return self.read_by.sniff(path)

    def read(self, request: ReadRequest) -> Dataset:
        return self.read_by.read(request)

    def write(self, *given: Any, **more: Any) -> tuple[Path, ...]:
        return self.read_by.write(*given, **more)


class _NoOrder(rebalance.contracts.Strategy):
    def select(self, particles: Any, group: Any, cap: int, options: Any, rng_for: Any) -> Any:
        raise NotImplementedError


class TestRefused:
    """All of it before averages are compared."""

    @pytest.fixture(autouse=True)
    def _nothing_is_compared(self, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("rebalance.engine.affinity", no_comparison)

    @pytest.mark.parametrize(
        ("asked", "setting", "problem"),
        [
            ({"subsets": 3}, "subsets", "nothing is balanced"),
            ({"subsets": 3, "factor": "0"}, "subsets", "nothing is balanced"),
            ({"subsets": 0, "factor": "0.5"}, "subsets", "at least 1, or auto"),
            ({"subsets": "x", "factor": "0.5"}, "subsets", "at least 1, or auto"),
            ({"subsets": 1.5, "factor": "0.5"}, "subsets", "at least 1, or auto"),
            ({"also": "nonsense"}, "also", "'nonsense'"),
            ({"also": "tables,"}, "also", "''"),
            ({"picking_templates": "all"}, "picking_templates", "'all'"),
            (
                {"subsets": 2, "factor": "1", "strategy": _NoOrder()},
                "subsets",
                "does not rank particles",
            ),
        ],
    )
    def test_settings(
        self, simulated_job: Path, asked: dict[str, Any], setting: str, problem: str
    ) -> None:
        with pytest.raises(OptionError, match=problem) as caught:
            quick_run(simulated_job, **asked)
        assert caught.value.setting == setting
        assert list(Path().iterdir()) == []

    @pytest.mark.parametrize("also", ["classes", "tables"])
    def test_particles_of_a_bare_stack(self, simulated_job: Path, also: str) -> None:
        stack = Path("bare.mrcs")
        stack.write_bytes(next(simulated_job.glob("*_classes.mrcs")).read_bytes())
        with pytest.raises(OptionError, match=f'also="{also}".*only has class averages') as caught:
            quick_run(stack, also=also)
        assert caught.value.setting == "also"

    def test_subsets_of_a_bare_stack(self, simulated_job: Path) -> None:
        stack = Path("bare.mrcs")
        stack.write_bytes(next(simulated_job.glob("*_classes.mrcs")).read_bytes())
        with pytest.raises(OptionError, match="no particles to balance"):
            quick_run(stack, subsets=2, factor="0.5")

    @pytest.mark.parametrize(
        ("asked", "setting"),
        [({"also": "averages"}, "also"), ({"picking_templates": "medoid"}, "picking_templates")],
    )
    def test_pictures_without_averages(
        self, simulated_job: Path, asked: dict[str, Any], setting: str
    ) -> None:
        table = Path("particles.star")
        table.write_bytes(data_star(simulated_job).read_bytes())
        with pytest.raises(OptionError, match="none were read") as caught:
            quick_run(table, superclasses=False, n_superclasses=None, **asked)
        assert caught.value.setting == setting

    @pytest.mark.parametrize(
        ("asked", "setting"),
        [
            ({"subsets": 2, "factor": "0.5"}, "subsets"),
            ({"also": "classes"}, "also"),
            ({"also": "tables"}, "also"),
        ],
    )
    def test_a_format_that_writes_no_rows(
        self,
        simulated_job: Path,
        monkeypatch: pytest.MonkeyPatch,
        asked: dict[str, Any],
        setting: str,
    ) -> None:
        from rebalance.plugin_validation import validated
        from rebalance.registry import Registry

        load = Registry.load
        plain = validated(_WritesNoRows(), "format", "plain")
        monkeypatch.setattr(
            Registry,
            "load",
            lambda self, kind, name: plain if name == "relion" else load(self, kind, name),
        )
        with pytest.raises(
            OptionError, match="only writes selected and excluded particles"
        ) as caught:
            quick_run(simulated_job, **asked)
        assert caught.value.setting == setting
