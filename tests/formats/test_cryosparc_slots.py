"""Each group of fields comes from the right file, in and out, and none is lost in silence."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest
import yaml

from rebalance import formats
from rebalance.errors import InputError
from rebalance.formats.cs_file import open_cs, read_column
from tests.formats.cs_encodings import BOTH


def only(table: np.ndarray, *slots: str) -> np.ndarray:
    """The uid and the fields of these slots, packed."""
    names = [n for n in table.dtype.names if n == "uid" or n.partition("/")[0] in slots]
    packed = np.empty(len(table), dtype=[(name, *field(table, name)) for name in names])
    for name in names:
        packed[name] = table[name]
    return packed


def field(table: np.ndarray, name: str) -> tuple:
    return table.dtype[name].base.str, table.dtype[name].shape


def group(folder: Path, name: str, files: dict[str, str], n: int = 40) -> Path:
    """A result group that takes each slot from a file."""
    results = {
        slot: {"metafile": f">{file}", "num_items": n, "type": f"particle.{slot}"}
        for slot, file in files.items()
    }
    path = folder / name
    content = {"group": {"name": "particles", "type": "particle"}, "results": results}
    path.write_text(yaml.safe_dump(content, sort_keys=False))
    return path


def slot_of(folder: Path, slot: str, column: str) -> np.ndarray:
    """A column of the selected particles, from the file that their group names for it."""
    content = yaml.safe_load((folder / "particles_selected.csg").read_text())
    name = content["results"][slot]["metafile"].lstrip(">")
    return read_column(open_cs(folder / name), column)


@pytest.fixture
def extracted(cryosparc_job) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Particles of a 2D job, the same extracted anew with stale classes, and their passthrough."""
    main, more = cryosparc_job.particles()
    again = main[cryosparc_job.rng.permutation(40)].copy()
    again["blob/path"] = "J50/extract/big.mrc"
    again["alignments2D/class"] = (again["alignments2D/class"] + 1) % 5
    cryosparc_job.save("J42_020_particles.cs", main)
    cryosparc_job.save("extracted.cs", again)
    cryosparc_job.save("J42_passthrough_particles.cs", more)
    return main, again, more


@pytest.mark.parametrize("order", [("alignments2D", "blob"), ("blob", "alignments2D")])
def test_a_group_says_which_file_gives_which_slot(
    cryosparc_job, write_back, extracted, tmp_path: Path, order
) -> None:
    main, *_ = extracted
    files = {"alignments2D": "J42_020_particles.cs", "blob": "extracted.cs"}
    given = group(cryosparc_job.folder, "mix.csg", {slot: files[slot] for slot in order})
    data = formats.read(given, need_class_averages=False)
    assert data.particles.class_id.tolist() == main["alignments2D/class"].tolist()
    assert set(data.particles.column("blob/path")) == {"J50/extract/big.mrc"}
    out = tmp_path / "out"
    write_back(data, np.arange(40) % 2 == 0, out)
    assert set(slot_of(out, "blob", "blob/path")) == {"J50/extract/big.mrc"}
    expected = main["alignments2D/class"][::2].tolist()
    assert slot_of(out, "alignments2D", "alignments2D/class").tolist() == expected
    uid = slot_of(out, "blob", "uid").tolist()
    assert uid == main["uid"][::2].tolist()


def test_the_group_in_a_folder_is_asked(cryosparc_job, extracted) -> None:
    group(
        cryosparc_job.folder,
        "J42_particles.csg",
        {"alignments2D": "J42_020_particles.cs", "blob": "extracted.cs"},
    )
    (cryosparc_job.folder / "extracted.cs").rename(cryosparc_job.folder / "J42_extracted.cs")
    group(
        cryosparc_job.folder,
        "J42_particles.csg",
        {"alignments2D": "J42_020_particles.cs", "blob": "J42_extracted.cs"},
    )
    data = formats.read(cryosparc_job.folder, need_class_averages=False)
    assert set(data.particles.column("blob/path")) == {"J50/extract/big.mrc"}


def test_a_group_that_was_found_takes_nothing_away(cryosparc_job, extracted) -> None:
    (cryosparc_job.folder / "extracted.cs").unlink()
    group(cryosparc_job.folder, "some.csg", {"alignments2D": "J42_020_particles.cs"})
    data = formats.read(cryosparc_job.folder, need_class_averages=False)
    assert data.warnings == ()
    assert {"blob/idx", "ctf/df1_A"} <= set(data.particles.column_names)


def test_particles_without_uids_are_said(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles()
    names = [name for name in main.dtype.names if name != "uid"]
    plain = np.zeros(40, dtype=[(name, *field(main, name)) for name in names])
    for name in names:
        plain[name] = main[name]
    table = cryosparc_job.save("particles.cs", plain)
    warnings = formats.read(table, need_class_averages=False).warnings
    assert any("particles.cs has no uid" in text for text in warnings)


def test_groups_that_contradict_each_other_are_said(cryosparc_job, extracted) -> None:
    for name, blob in (("a.csg", "extracted.cs"), ("b.csg", "J42_020_particles.cs")):
        files = {"alignments2D": "J42_020_particles.cs", "blob": blob}
        group(cryosparc_job.folder, name, files)
    data = formats.read(cryosparc_job.folder, need_class_averages=False)
    assert any("a.csg, b.csg disagree about the files" in text for text in data.notes)


def test_a_group_without_classes_does_not_take_them_from_a_file_that_has_them(
    cryosparc_job, extracted
) -> None:
    given = group(cryosparc_job.folder, "mix.csg", {"blob": "extracted.cs"})
    with pytest.raises(InputError, match=r"does not use alignments2D/class from extracted\.cs"):
        formats.read(given, need_class_averages=False)
    table = cryosparc_job.folder / "J42_020_particles.cs"
    data = formats.read(given, passthrough=[table], need_class_averages=False)
    classes = dict(zip(extracted[0]["uid"], extracted[0]["alignments2D/class"], strict=True))
    expected = [classes[uid] for uid in data.particles.column("uid")]
    assert data.particles.class_id.tolist() == expected


def test_a_group_that_counts_other_rows_is_said(cryosparc_job, extracted) -> None:
    given = group(cryosparc_job.folder, "mix.csg", {"alignments2D": "J42_020_particles.cs"}, n=300)
    data = formats.read(given, need_class_averages=False)
    assert any("counts 300 particles in alignments2D" in text for text in data.warnings)


def test_a_slot_that_its_file_lacks_is_taken_from_another_and_said(
    cryosparc_job, write_back, extracted, tmp_path: Path
) -> None:
    table = "J42_020_particles.cs"
    files = {"alignments2D": table, "blob": table, "ctf": table}
    data = formats.read(group(cryosparc_job.folder, "mix.csg", files), need_class_averages=False)
    assert any(f"ctf is in {table}, but it isn't" in text for text in data.warnings)
    write_back(data, [True] * 40, tmp_path / "out")
    assert len(slot_of(tmp_path / "out", "ctf", "ctf/df1_A")) == 40
    files = {"alignments2D": table, "blob": "J42_passthrough_particles.cs"}
    data = formats.read(group(cryosparc_job.folder, "mix.csg", files), need_class_averages=False)
    assert any(f"Using that of {table}" in text for text in data.warnings)
    assert set(data.particles.column("blob/path")) == set(
        extracted[0]["blob/path"].astype(str).tolist()
    )


def test_what_a_group_leaves_out_of_a_file_is_said(cryosparc_job, extracted) -> None:
    given = group(cryosparc_job.folder, "mix.csg", {"alignments2D": "J42_020_particles.cs"})
    notes = formats.read(given, need_class_averages=False).notes
    assert any("does not use blob from J42_020_particles.cs" in text for text in notes)


def test_classes_of_a_file_that_is_named_come_first_and_what_differs_is_counted(
    cryosparc_job, write_back, extracted, tmp_path: Path
) -> None:
    main, again, _ = extracted
    data = formats.read(
        cryosparc_job.folder / "extracted.cs",
        passthrough=[cryosparc_job.folder / "J42_020_particles.cs"],
        need_class_averages=False,
    )
    (warning,) = [text for text in data.warnings if "but differ for" in text]
    assert "alignments2D, but differ for 40 of the 40 particles" in warning
    assert "Using that of J42_020_particles.cs" in warning
    classes = dict(zip(main["uid"], main["alignments2D/class"], strict=True))
    assert data.particles.class_id.tolist() == [classes[uid] for uid in again["uid"]]
    assert set(data.particles.column("blob/path")) == {"J50/extract/big.mrc"}
    assert any("blob, but differ for 40" in text for text in data.notes)
    out = tmp_path / "out"
    write_back(data, [True] * 40, out)
    assert set(slot_of(out, "blob", "blob/path")) == {"J50/extract/big.mrc"}
    written = slot_of(out, "alignments2D", "alignments2D/class")
    assert written.tolist() == data.particles.class_id.tolist()


def test_what_is_named_comes_before_what_a_folder_holds(cryosparc_job, extracted, tmp_path) -> None:
    shutil.move(cryosparc_job.folder / "extracted.cs", tmp_path)
    data = formats.read(
        cryosparc_job.folder, passthrough=[tmp_path / "extracted.cs"], need_class_averages=False
    )
    assert set(data.particles.column("blob/path")) == {"J50/extract/big.mrc"}
    assert any("alignments2D, but differ" in text for text in data.warnings)


def test_a_named_file_adds_to_what_is_found(cryosparc_job) -> None:
    main, more = cryosparc_job.particles()
    table = cryosparc_job.save("J42_020_particles.cs", only(main, "alignments2D"))
    cryosparc_job.save("J42_passthrough_particles.cs", more)
    blob = cryosparc_job.save("blobs.cs", only(main, "blob"))
    data = formats.read(table, passthrough=[blob], need_class_averages=False)
    assert {"ctf/df1_A", "blob/idx"} <= set(data.particles.column_names)
    assert data.warnings == ()


@pytest.mark.parametrize("name", ["J42_passthrough_particles.cs", "J42_020_particles.cs"])
@pytest.mark.parametrize("link", [False, True])
def test_the_same_file_twice_is_once(
    cryosparc_job, write_back, tmp_path: Path, name: str, link: bool
) -> None:
    cryosparc_job.whole()
    folder = cryosparc_job.folder
    given = group(
        folder,
        "J42_particles.csg",
        {"alignments2D": "J42_020_particles.cs", "ctf": "J42_passthrough_particles.cs"},
    )
    again = folder / ".." / "J42" / name
    if link:
        again = tmp_path / "a_link.cs"
        again.symlink_to(folder / name)
    data = formats.read(given, passthrough=[again, folder / name])
    written = {path.name for path in write_back(data, [True] * 40, tmp_path / "out")}
    assert {one for one in written if "passthrough" in one} == {
        "particles_selected_passthrough.cs",
        "particles_excluded_passthrough.cs",
    }


def test_a_copy_that_adds_nothing_is_not_written(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    copy = tmp_path / "copy.cs"
    shutil.copy(cryosparc_job.folder / "J42_020_particles.cs", copy)
    table = cryosparc_job.folder / "J42_020_particles.cs"
    data = formats.read(table, passthrough=[copy])
    assert not any("differ" in text for text in (*data.notes, *data.warnings))
    write_back(data, [True] * 40, tmp_path / "out")
    assert (tmp_path / "out" / "particles_selected.cs").read_bytes() == table.read_bytes()


def test_two_passthrough_files_that_differ_are_said(cryosparc_job) -> None:
    _, more = cryosparc_job.whole()
    more["ctf/df1_A"][:7] += 1
    cryosparc_job.save("J42_passthrough_particles (1).cs", more)
    data = formats.read(cryosparc_job.folder)
    assert any("ctf, but differ for 7 of the 40" in text for text in data.notes)


class TestClassesThatPassThrough:
    """As after a 3D job: the main table has no classes."""

    @pytest.fixture
    def job(self, cryosparc_job) -> Path:
        main, _ = cryosparc_job.particles()
        cryosparc_job.folder = cryosparc_job.folder.parent / "J60"
        cryosparc_job.folder.mkdir()
        for iteration in (4, 5):
            cryosparc_job.save(f"J60_{iteration:03d}_particles.cs", only(main, "blob"))
        rest = only(main, "alignments2D")[::-1].copy()
        cryosparc_job.save("J60_passthrough_particles.cs", rest)
        self.classes = main["alignments2D/class"].tolist()
        return cryosparc_job.folder

    def test_a_folder_counts_both_together(self, job: Path) -> None:
        data = formats.read(job, need_class_averages=False)
        assert data.particles.path.name == "J60_005_particles.cs"
        assert data.particles.class_id.tolist() == self.classes
        assert "blob/idx" in data.particles.column_names

    def test_the_passthrough_alone_finds_what_it_passes_through(
        self, job: Path, write_back, tmp_path: Path
    ) -> None:
        data = formats.read(job / "J60_passthrough_particles.cs", need_class_averages=False)
        assert data.particles.class_id.tolist() == self.classes[::-1]
        write_back(data, [True] * 40, tmp_path / "out")
        assert slot_of(tmp_path / "out", "blob", "blob/idx").tolist() == list(range(40))[::-1]
        assert any("J60_005_particles.cs has the same uids" in text for text in data.notes)

    def test_a_passthrough_by_itself_lacks_the_images(self, job: Path) -> None:
        for path in job.glob("J60_00*"):
            path.unlink()
        data = formats.read(job, need_class_averages=False)
        assert any("No file has the particles' blob or ctf" in text for text in data.warnings)


@BOTH
def test_uids_that_repeat_alike_are_joined_row_by_row(cryosparc_job, stream: bool) -> None:
    main, more = cryosparc_job.particles()
    more = more[np.argsort(more["ctf/df1_A"])]
    for table in (main, more):
        table["uid"][[3, 4]] = table["uid"][9]
    table = cryosparc_job.save("particles.cs", main, stream)
    cryosparc_job.save("J42_passthrough_particles.cs", more, stream)
    data = formats.read(table, need_class_averages=False)
    assert data.particles.column("ctf/df1_A").tolist() == [10_000 + row for row in range(40)]
    assert [text for text in data.warnings if "2 rows repeat the uids" in text]


@pytest.mark.parametrize("missing", ["blob", "ctf"])
def test_a_group_that_will_lack_a_slot_is_said(cryosparc_job, missing: str) -> None:
    main, more = cryosparc_job.particles()
    keep = {"blob", "ctf", "alignments2D", "location"} - {missing}
    cryosparc_job.save("J42_020_particles.cs", only(main, *keep))
    cryosparc_job.save("J42_passthrough_particles.cs", only(more, *keep))
    (warning,) = formats.read(cryosparc_job.folder, need_class_averages=False).warnings
    assert f"No file has the particles' {missing}," in warning


def test_slots_of_a_passthrough_that_is_left_out_are_named(cryosparc_job) -> None:
    main, more = cryosparc_job.particles()
    cryosparc_job.save("J42_020_particles.cs", main)
    cryosparc_job.save("J42_passthrough_particles.cs", more[1:])
    warnings = formats.read(cryosparc_job.folder, need_class_averages=False).warnings
    assert any("will lack its ctf, location" in text for text in warnings)
