"""Any rows under any name, and class numbers set: `Format.write_particles`, of each format."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import starfile
import yaml
from numpy.lib import recfunctions

from rebalance import formats
from rebalance.contracts import ReadRequest
from rebalance.errors import InputError
from rebalance.registry import registry
from tests.formats.cs_encodings import BOTH
from tests.formats.relion_jobs import CLASSES

CLASS = "alignments2D/class"


def write_particles(dataset, keep, folder: Path, **more) -> tuple[Path, ...]:
    folder.mkdir()
    plugin = registry().load("format", dataset.format)
    written: tuple[Path, ...] = plugin.write_particles(dataset, keep, folder, "some", **more)
    return written


class TestRelion:
    def test_rows_are_those_of_the_file(self, relion_job, rng, tmp_path: Path) -> None:
        data = formats.read(relion_job.iteration("run_it025", CLASSES))
        keep = rng.random(len(CLASSES)) < 0.5
        (path,) = write_particles(data, keep, tmp_path / "out")
        again = formats.read(path, need_class_averages=False).particles.handle
        found = [again.row_bytes(row) for row in range(int(keep.sum()))]
        handle = data.particles.handle
        assert found == [handle.row_bytes(int(row)) for row in np.flatnonzero(keep)]

    def test_classes_are_counted_from_one_and_the_others_kept(
        self, relion_job, rng, tmp_path: Path
    ) -> None:
        table = relion_job.iteration("run_it025", CLASSES)
        keep = rng.random(len(CLASSES)) < 0.7
        # Those that are not kept have no number: it is never looked at.
        anew = np.where(keep, rng.integers(5, size=len(CLASSES)), -1)
        (path,) = write_particles(formats.read(table), keep, tmp_path / "out", class_id=anew)
        before, after = (starfile.read(one)["particles"] for one in (table, path))
        assert after.columns.tolist() == [*before.columns, "rlnClassNumberBefore"]
        assert after["rlnClassNumber"].tolist() == (anew[keep] + 1).tolist()
        assert after["rlnClassNumberBefore"].tolist() == np.array(CLASSES)[keep].tolist()
        others = [name for name in before.columns if name != "rlnClassNumber"]
        assert after[others].equals(before[others][keep].reset_index(drop=True))

    def test_classes_set_twice_keep_those_before_the_last_time(
        self, relion_job, tmp_path: Path
    ) -> None:
        data = formats.read(relion_job.iteration("run_it025", CLASSES))
        n = len(CLASSES)
        every, first, second = np.ones(n, dtype=bool), np.arange(n) % 3, np.arange(n) % 2
        (once,) = write_particles(data, every, tmp_path / "once", class_id=first)
        again = formats.read(once, need_class_averages=False)
        (twice,) = write_particles(again, every, tmp_path / "twice", class_id=second)
        found = starfile.read(twice)["particles"]
        assert found["rlnClassNumber"].tolist() == (second + 1).tolist()
        assert found["rlnClassNumberBefore"].tolist() == (first + 1).tolist()


class TestCryosparc:
    @BOTH
    @pytest.mark.parametrize("place", ["main", "passthrough"])
    def test_the_class_is_set_in_the_file_that_has_it(
        self, cryosparc_job, rng, tmp_path: Path, stream: bool, place: str
    ) -> None:
        dataset = pytest.importorskip("cryosparc.dataset")
        main, more = cryosparc_job.particles()
        original = main.copy()
        if place == "passthrough":
            more = recfunctions.append_fields(
                more, CLASS, _by_uid(main, more["uid"])[CLASS], usemask=False
            )
            main = recfunctions.drop_fields(main, CLASS, usemask=False)
        table = cryosparc_job.save("J42_020_particles.cs", main, stream)
        cryosparc_job.save("J42_passthrough_particles.cs", more, stream)
        data = formats.read(table, need_class_averages=False)
        keep, anew = rng.random(40) < 0.6, rng.integers(7, size=40)
        written = write_particles(data, keep, tmp_path / "out", class_id=anew)
        assert [path.name for path in written] == ["some.csg", "some.cs", "some_passthrough.cs"]
        name = "some.cs" if place == "main" else "some_passthrough.cs"
        other = ({"some.cs", "some_passthrough.cs"} - {name}).pop()
        found = dataset.Dataset.load(tmp_path / "out" / name)
        assert found["uid"].tolist() == main["uid"][keep].tolist()
        assert found[CLASS].tolist() == anew[keep].tolist()
        assert found["rebalance/class_before"].tolist() == original[CLASS][keep].tolist()
        assert CLASS not in dataset.Dataset.load(tmp_path / "out" / other)
        # All else as it was, field by field, in both files.
        for path, was in ((tmp_path / "out" / "some.cs", main), (written[2], more)):
            expected, read = _by_uid(was, main["uid"][keep]), dataset.Dataset.load(path)
            for field in set(was.dtype.names) - {CLASS}:
                assert read[field].tolist() == _plain(expected[field])
        group = yaml.safe_load(written[0].read_text())
        assert group["results"]["alignments2D"]["metafile"] == f">{name}"
        again = formats.read(written[0], need_class_averages=False)
        assert again.particles.class_id.tolist() == anew[keep].tolist()

    def test_particles_without_classes_are_given_none(self, cryosparc_job, tmp_path: Path) -> None:
        main, _ = cryosparc_job.particles()
        plain = recfunctions.drop_fields(main, CLASS, usemask=False)
        table = cryosparc_job.save("J42_020_particles.cs", plain)
        request = ReadRequest(table, need_class_averages=False, needs_class=False)
        data = registry().load("format", "cryosparc").read(request)
        every = np.ones(40, dtype=bool)
        with pytest.raises(InputError):
            write_particles(data, every, tmp_path / "out", class_id=np.zeros(40, dtype=np.int64))


def _by_uid(table: np.ndarray, uid: np.ndarray) -> np.ndarray:
    place = {number: row for row, number in enumerate(table["uid"].tolist())}
    rows: np.ndarray = table[[place[number] for number in uid.tolist()]]
    return rows


def _plain(values: np.ndarray) -> list:
    found = np.char.decode(values) if values.dtype.kind == "S" else values
    return found.tolist()
