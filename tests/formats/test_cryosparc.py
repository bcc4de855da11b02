"""CryoSPARC jobs: both encodings read and written as they came, files joined by uid."""

from __future__ import annotations

import pickle
import shutil
from pathlib import Path

import mrcfile
import numpy as np
import pytest
import yaml

from rebalance import formats
from rebalance.errors import InputError, RebalanceError
from rebalance.formats.cs_file import open_cs, read_column

BOTH = pytest.mark.parametrize("stream", [False, True], ids=["numpy", "stream"])


def cryosparc_rows(path: Path):
    dataset = pytest.importorskip("cryosparc.dataset")
    return dataset.Dataset.load(path)


@BOTH
def test_a_folder_gives_particles_passthrough_and_averages(cryosparc_job, stream: bool) -> None:
    main, more = cryosparc_job.whole(stream)
    data = formats.read(cryosparc_job.folder)
    assert data.format == "cryosparc"
    assert data.job == "J42"
    assert data.particles.class_id.tolist() == main["alignments2D/class"].tolist()
    counts = np.bincount(main["alignments2D/class"], minlength=5)
    averages = data.class_averages
    assert averages.class_id.tolist() == [0, 1, 2, 3, 4]
    assert averages.n_particles.tolist() == counts.tolist()
    assert averages.pixel_size == 3.0
    assert averages.resolution.tolist() == [12.0] * 5
    assert data.warnings == ()
    joined = dict(zip(more["uid"], more["ctf/df1_A"], strict=True))
    assert data.particles.column("ctf/df1_A").tolist() == [joined[uid] for uid in main["uid"]]
    words = data.particles.column("location/micrograph_path")
    assert words.tolist() == [f"J1/mic{i % 3}.mrc" for i in range(40)]
    assert "alignments2D/shift" not in data.particles.column_names


@BOTH
@pytest.mark.parametrize("share", [0.0, 0.5, 1.0])
def test_rows_are_written_back_in_the_same_encoding_and_dtype(
    cryosparc_job, write_back, rng, tmp_path: Path, stream: bool, share: float
) -> None:
    cryosparc_job.whole(stream)
    source = cryosparc_job.folder / "J42_020_particles.cs"
    data = formats.read(source)
    keep = rng.random(40) < share
    before = {path: path.read_bytes() for path in cryosparc_job.folder.iterdir()}
    written = write_back(data, keep, tmp_path / "out")
    assert {path.name for path in written} == {
        "particles_selected.cs",
        "particles_selected.csg",
        "particles_selected_passthrough.cs",
        "particles_excluded.cs",
        "particles_excluded.csg",
        "particles_excluded_passthrough.cs",
        "templates.cs",
        "templates.csg",
    }
    original, found = open_cs(source), {}
    for name, chosen in (("selected", keep), ("excluded", ~keep)):
        table = open_cs(tmp_path / "out" / f"particles_{name}.cs")
        assert type(table) is type(original)
        assert table.dtype == original.dtype
        for field in original.dtype.names:
            expected = original.values(field)[chosen]
            assert table.values(field).tobytes() == expected.tobytes()
        passed = open_cs(tmp_path / "out" / f"particles_{name}_passthrough.cs")
        assert passed.values("uid").tolist() == table.values("uid").tolist()
        shifted = read_column(passed, "ctf/df1_A") - 10_000
        assert shifted.tolist() == read_column(table, "blob/idx").tolist()
        found[name] = table
    assert {path: path.read_bytes() for path in cryosparc_job.folder.iterdir()} == before


def test_everything_selected_is_the_same_file(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    source = cryosparc_job.folder / "J42_020_particles.cs"
    write_back(formats.read(source), [True] * 40, tmp_path / "out")
    assert (tmp_path / "out" / "particles_selected.cs").read_bytes() == source.read_bytes()
    averages = cryosparc_job.folder / "J42_020_class_averages.cs"
    assert (tmp_path / "out" / "templates.cs").read_bytes() == averages.read_bytes()


@BOTH
def test_cryosparc_tools_read_what_is_written(
    cryosparc_job, write_back, rng, tmp_path: Path, stream: bool
) -> None:
    cryosparc_job.whole(stream)
    keep = rng.random(40) < 0.5
    write_back(formats.read(cryosparc_job.folder), keep, tmp_path / "out")
    original = cryosparc_rows(cryosparc_job.folder / "J42_020_particles.cs")
    for name, chosen in (("selected", keep), ("excluded", ~keep)):
        found = cryosparc_rows(tmp_path / "out" / f"particles_{name}.cs")
        assert found.descr() == original.descr()
        for field in original:
            assert np.array_equal(found[field], original[field][chosen])
    found = cryosparc_rows(tmp_path / "out" / "templates.cs")
    assert found["blob/idx"].tolist() == [0, 1, 2, 3, 4]


def test_a_result_group_names_every_slot_and_can_be_read_again(
    cryosparc_job, write_back, tmp_path: Path
) -> None:
    main, _ = cryosparc_job.whole()
    keep = np.arange(40) % 2 == 0
    out = tmp_path / "cs_project" / "out"
    write_back(formats.read(cryosparc_job.folder), keep, out)
    group = yaml.safe_load((out / "particles_selected.csg").read_text())
    assert group["group"]["type"] == "particle"
    assert group["group"]["name"] == "particles_selected"
    assert group["results"] == {
        slot: {"metafile": f">{file}", "num_items": 20, "type": f"particle.{slot}"}
        for slot, file in {
            "blob": "particles_selected.cs",
            "alignments2D": "particles_selected.cs",
            "ctf": "particles_selected_passthrough.cs",
            "location": "particles_selected_passthrough.cs",
        }.items()
    }
    assert {"created", "version"} <= set(group)
    again = formats.read(out / "particles_selected.csg", out / "templates.csg")
    assert again.particles.class_id.tolist() == main["alignments2D/class"][keep].tolist()
    assert "ctf/df1_A" in again.particles.column_names
    assert len(again.class_averages) == 5


def test_the_same_input_gives_the_same_bytes(cryosparc_job, write_back, tmp_path: Path) -> None:
    cryosparc_job.whole()
    stack = cryosparc_job.folder / "J42_020_class_averages.mrc"
    data = formats.read(cryosparc_job.folder / "J42_020_particles.cs", stack)
    for name in ("a", "b"):
        write_back(data, [True] * 40, tmp_path / name)
    for path in (tmp_path / "a").iterdir():
        assert path.read_bytes() == (tmp_path / "b" / path.name).read_bytes()


def test_a_stack_numbers_its_averages_from_zero(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    whole = formats.read(cryosparc_job.folder)
    stack = cryosparc_job.folder / "J42_020_class_averages.mrc"
    data = formats.read(cryosparc_job.folder / "J42_020_particles.cs", stack)
    assert data.class_averages.class_id.tolist() == [0, 1, 2, 3, 4]
    assert data.class_averages.n_particles.tolist() == whole.class_averages.n_particles.tolist()
    write_back(data, None, tmp_path / "out", copy_templates=True)
    assert (tmp_path / "out" / "templates.mrc").read_bytes() == stack.read_bytes()
    again = formats.read(tmp_path / "out" / "templates.cs")
    np.testing.assert_array_equal(again.class_averages.images, data.class_averages.images)


def test_select_2d_keeps_the_original_class_numbers(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    main, more = cryosparc_job.particles()
    chosen = np.isin(main["alignments2D/class"], [1, 4])
    select = cryosparc_job.folder.parent / "J43"
    select.mkdir()
    cryosparc_job.folder = select
    cryosparc_job.save("particles_selected.cs", main[chosen])
    cryosparc_job.save("particles_excluded.cs", main[~chosen])
    cryosparc_job.save("J43_passthrough_particles_selected.cs", more)
    cryosparc_job.save("J43_passthrough_particles_excluded.cs", more[:3])
    cryosparc_job.save("templates_selected.cs", cryosparc_job.averages([4, 1]))
    cryosparc_job.save("templates_excluded.cs", cryosparc_job.averages([0, 2, 3]))
    data = formats.read(select)
    assert data.job == "J43"
    assert data.particles.path.name == "particles_selected.cs"
    assert data.class_averages.class_id.tolist() == [4, 1]
    assert data.class_averages.n_particles.sum() == chosen.sum()
    assert [other.path.name for other in data.particles.handle.others] == [
        "J43_passthrough_particles_selected.cs"
    ]
    whole = formats.read(select.parent / "J42").class_averages
    np.testing.assert_array_equal(data.class_averages.images, whole.images[[4, 1]])
    write_back(data, None, tmp_path / "out", copy_templates=True)
    copied = formats.read(tmp_path / "out" / "templates.mrc").class_averages
    np.testing.assert_array_equal(copied.images, data.class_averages.images)


def test_the_last_iteration_is_taken(cryosparc_job) -> None:
    cryosparc_job.whole()
    main, _ = cryosparc_job.particles(n=10)
    cryosparc_job.save("J42_004_particles.cs", main)
    assert len(formats.read(cryosparc_job.folder).particles) == 40


def test_classes_may_come_from_the_passthrough(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles()
    plain = main[["uid", "blob/path", "blob/idx"]].copy()
    shuffled = main[::-1].copy()
    table = cryosparc_job.save("extracted.cs", np.array(plain.tolist(), dtype=plain.dtype))
    extra = cryosparc_job.save("more.cs", shuffled)
    with pytest.raises(InputError, match=r"no alignments2D/class; their fields are of uid, blob"):
        formats.read(table, need_class_averages=False)
    data = formats.read(table, passthrough=[extra], need_class_averages=False)
    assert data.particles.class_id.tolist() == main["alignments2D/class"].tolist()


def test_a_passthrough_of_other_particles_is_an_error(cryosparc_job) -> None:
    main, more = cryosparc_job.particles()
    table = cryosparc_job.save("particles.cs", main)
    extra = cryosparc_job.save("more.cs", more[more["uid"] != main["uid"][7]])
    with pytest.raises(InputError, match=rf"1 of the 40 .* uid {main['uid'][7]}"):
        formats.read(table, passthrough=[extra], need_class_averages=False)


def test_a_passthrough_beside_that_cant_go_along_is_said(cryosparc_job) -> None:
    main, more = cryosparc_job.particles()
    table = cryosparc_job.save("particles.cs", main)
    beside = cryosparc_job.folder / "J42_passthrough_particles.cs"
    cryosparc_job.save(beside.name, more[more["uid"] != main["uid"][7]])

    def warnings() -> tuple[str, ...]:
        data = formats.read(table, need_class_averages=False)
        assert "ctf/df1_A" not in data.particles.column_names
        return data.warnings

    (lacking,) = warnings()
    assert lacking.startswith(f"The passthrough file {beside.name} is left out. 1 of the 40")
    beside.write_bytes(beside.read_bytes()[:-50])
    (damaged,) = warnings()
    assert damaged.startswith(f"The passthrough file {beside.name} is left out. ")
    assert len(damaged) > len(f"The passthrough file {beside.name} is left out. ")


def test_a_passthrough_of_excluded_particles_beside_is_none_of_ours(cryosparc_job) -> None:
    main, more = cryosparc_job.particles()
    half = main["uid"][:20]
    table = cryosparc_job.save("particles_selected.cs", main[:20])
    cryosparc_job.save("J42_passthrough_excluded.cs", more[~np.isin(more["uid"], half)])
    cryosparc_job.save("J42_passthrough_selected.cs", more[np.isin(more["uid"], half)])
    data = formats.read(table, need_class_averages=False)
    assert data.warnings == ()
    assert "ctf/df1_A" in data.particles.column_names


@pytest.mark.parametrize("which", [0, 1])
def test_a_uid_that_is_there_twice_is_an_error(cryosparc_job, which: int) -> None:
    tables = cryosparc_job.particles()
    tables[which]["uid"][3] = tables[which]["uid"][9]
    table = cryosparc_job.save("particles.cs", tables[0])
    extra = cryosparc_job.save("more.cs", tables[1])
    with pytest.raises(InputError, match=f"uid {tables[which]['uid'][9]} is there twice"):
        formats.read(table, passthrough=[extra], need_class_averages=False)


@BOTH
def test_uids_that_are_there_twice_are_counted_in_a_warning(cryosparc_job, stream: bool) -> None:
    main, _ = cryosparc_job.particles()
    main["uid"][[3, 4, 7]] = main["uid"][[9, 9, 12]]
    table = cryosparc_job.save("particles.cs", main, stream)
    (warning,) = formats.read(table, need_class_averages=False).warnings
    assert warning.startswith("3 rows repeat the uids of others in particles.cs")


def test_averages_with_infinite_pixels_are_said(cryosparc_job) -> None:
    cryosparc_job.whole()
    with mrcfile.open(cryosparc_job.folder / "J42_020_class_averages.mrc", mode="r+") as stack:
        stack.data[1, 2, 3] = np.inf
        stack.data[4, 0, 0] = np.nan
    data = formats.read(cryosparc_job.folder)
    assert [w for w in data.warnings if "infinite" in w] == [
        "Classes 1 and 4: the images hold NaN or infinite pixels and can't be compared."
    ]


def test_a_table_cut_short_says_how_many_rows_are_there(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles(n=40)
    table = cryosparc_job.save("particles.cs", main)
    table.write_bytes(table.read_bytes()[: -2 * main.itemsize - 5])
    with pytest.raises(InputError, match="cut short: the header says 40 rows, the file holds 37"):
        formats.read(table, need_class_averages=False)


def test_another_field_of_view_is_suspected_a_coarser_one_is_not(
    cryosparc_job, write_stack
) -> None:
    cryosparc_job.whole()
    averages = cryosparc_job.averages([0, 1, 2, 3, 4], box=4)
    write_stack(cryosparc_job.folder / "J42_020_class_averages.mrc", n=5, box=4, pixel_size=6.0)
    averages["blob/psize_A"] = 6.0
    cryosparc_job.save("J42_020_class_averages.cs", averages)
    assert formats.read(cryosparc_job.folder).warnings == ()
    averages["blob/psize_A"] = 3.0
    cryosparc_job.save("J42_020_class_averages.cs", averages)
    assert any("12 Å wide" in text for text in formats.read(cryosparc_job.folder).warnings)


def test_class_numbers_outside_a_whole_stack_are_suspected(cryosparc_job) -> None:
    cryosparc_job.whole()
    main, _ = cryosparc_job.particles()
    main["alignments2D/class"][0] = 9
    table = cryosparc_job.save("J42_020_particles.cs", main)
    assert any("two different jobs" in text for text in formats.read(table).warnings)


def test_a_class_number_that_is_there_twice_is_an_error(cryosparc_job) -> None:
    cryosparc_job.whole()
    cryosparc_job.save("J42_020_class_averages.cs", cryosparc_job.averages([0, 1, 2, 1]))
    with pytest.raises(InputError, match="blob/idx 1 is there twice, in rows 2 and 4"):
        formats.read(cryosparc_job.folder)


def test_an_image_outside_the_stack_is_an_error(cryosparc_job) -> None:
    cryosparc_job.whole()
    cryosparc_job.save("J42_020_class_averages.cs", cryosparc_job.averages([0, 1, 8]))
    with pytest.raises(InputError, match="Image 9 is asked for, and the stack has 5"):
        formats.read(cryosparc_job.folder)


def test_a_missing_stack_is_an_error_that_names_it(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    (cryosparc_job.folder / "J42_020_class_averages.mrc").unlink()
    with pytest.raises(InputError, match=r"J42/J42_020_class_averages\.mrc, which was not found"):
        formats.read(cryosparc_job.folder)
    data = formats.read(cryosparc_job.folder, need_class_averages=False)
    assert data.class_averages is None
    write_back(data, [True] * 40, tmp_path / "out")
    averages = cryosparc_job.folder / "J42_020_class_averages.cs"
    assert (tmp_path / "out" / "templates.cs").read_bytes() == averages.read_bytes()
    with pytest.raises(InputError, match="was not found"):
        write_back(data, [True] * 40, tmp_path / "out", copy_templates=True)


def test_particles_given_as_class_averages_are_an_error(cryosparc_job) -> None:
    cryosparc_job.whole()
    table = cryosparc_job.folder / "J42_020_particles.cs"
    with pytest.raises(InputError, match="holds particles") as caught:
        formats.read(table, table)
    assert "J42_020_class_averages.cs" in caught.value.cure


def test_particles_without_averages_say_what_to_do(cryosparc_job) -> None:
    table = cryosparc_job.save("particles.cs", cryosparc_job.particles()[0])
    with pytest.raises(InputError, match="class averages were not found") as caught:
        formats.read(table)
    assert "--no-superclasses" in caught.value.cure


def test_an_empty_table_is_an_error(cryosparc_job) -> None:
    table = cryosparc_job.save("particles.cs", cryosparc_job.particles()[0][:0])
    with pytest.raises(InputError, match="particle table is empty"):
        formats.read(table, need_class_averages=False)


class Bomb:
    def __reduce__(self):
        return (Path.touch, (Path("pickle_was_loaded"),))


@pytest.mark.parametrize("kind", ["object array", "pickle"])
def test_nothing_is_ever_unpickled(tmp_path: Path, monkeypatch, kind: str) -> None:
    monkeypatch.chdir(tmp_path)
    path = tmp_path / "particles.cs"
    with open(path, "wb") as out:
        if kind == "pickle":
            pickle.dump(Bomb(), out)
        else:
            np.save(out, np.array([(1, Bomb())], dtype=[("uid", "<u8"), ("x", "O")]))
    with pytest.raises(InputError, match=r"refused"):
        formats.read(path)
    assert not (tmp_path / "pickle_was_loaded").exists()


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"uid class\n1 2\n", "This is a text file"),
        (b"PK\x03\x04\0\0", "zip archive"),
        (b"\x00\x01\x02", "first bytes"),
        (b"\x93NUMPY\x01\x00", "damaged"),
        (b"\x95CSDAT\x04\x00\x00\x00{}}}", "header can't be understood"),
        (b"\x95CSDAT\xff", "ends too early"),
    ],
)
def test_what_is_no_cs_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    path = tmp_path / "particles.cs"
    path.write_bytes(content)
    with pytest.raises(InputError, match=message) as caught:
        formats.read(path)
    assert caught.value.path == path
    assert caught.value.cure


def test_a_plain_array_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "particles.cs"
    with open(path, "wb") as out:
        np.save(out, np.zeros((3, 3)))
    with pytest.raises(InputError, match=r"shape \(3, 3\).*named fields"):
        formats.read(path)


@BOTH
def test_a_table_cut_short_anywhere_is_refused(cryosparc_job, tmp_path, stream: bool) -> None:
    cryosparc_job.whole(stream)
    whole = (cryosparc_job.folder / "J42_020_particles.cs").read_bytes()
    heap = 100
    for size in range(7, len(whole) - heap, 97):
        path = tmp_path / "short.cs"
        path.write_bytes(whole[:size])
        with pytest.raises(RebalanceError):
            formats.read(path, need_class_averages=False)


@pytest.mark.parametrize("length", [41, 10**15, -1])
def test_a_stream_that_claims_too_much_is_refused_before_memory_is_taken(
    cryosparc_job, length: int
) -> None:
    cryosparc_job.whole(stream=True)
    path = cryosparc_job.folder / "J42_020_particles.cs"
    whole = path.read_bytes()
    size = int.from_bytes(whole[6:10], "little")
    header = whole[10 : 10 + size].replace(b'"length": 40', b'"length": %d' % length)
    path.write_bytes(whole[:6] + len(header).to_bytes(4, "little") + header + whole[10 + size :])
    with pytest.raises(InputError, match=r"damaged|of a type not known"):
        formats.read(path, need_class_averages=False)


def test_a_group_without_its_files_is_an_error(cryosparc_job, write_back, tmp_path) -> None:
    cryosparc_job.whole()
    write_back(formats.read(cryosparc_job.folder), [True] * 40, tmp_path / "out")
    shutil.move(tmp_path / "out" / "particles_selected.csg", tmp_path)
    with pytest.raises(InputError, match=r"names particles_selected\.cs, which is not beside it"):
        formats.read(tmp_path / "particles_selected.csg")


def test_a_group_that_is_none_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.csg").write_text("- just\n- a list\n")
    with pytest.raises(InputError, match="no CryoSPARC result group"):
        formats.read(tmp_path / "a.csg")


class TestRealParticles:
    """Particles that CryoSPARC exported."""

    NAME = "cryosparc/cryosparc_J2_particles_exported.cs"

    def test_columns(self, real_data: Path) -> None:
        data = formats.read(real_data / self.NAME, need_class_averages=False)
        classes = [4, 1, 1, 0, 1, 3, 1, 1, 1, 4, 1, 4, 0, 0, 0, 3, 4, 2, 0, 0, 2, 3]
        assert data.particles.class_id.tolist() == classes
        assert data.job == "J2"
        assert data.particles.column("alignments2D/error").dtype == np.float64
        assert data.particles.column("ctf/type").tolist() == ["imported"] * 22

    @BOTH
    def test_rows_come_back(
        self, real_data: Path, write_back, rng, tmp_path: Path, stream: bool
    ) -> None:
        path = real_data / self.NAME
        if stream:
            path = tmp_path / "particles.cs"
            dataset = pytest.importorskip("cryosparc.dataset")
            cryosparc_rows(real_data / self.NAME).save(path, format=dataset.CSDAT_FORMAT)
        keep = rng.random(22) < 0.5
        data = formats.read(path, need_class_averages=False)
        write_back(data, keep, tmp_path / "out")
        original = cryosparc_rows(real_data / self.NAME)
        for name, chosen in (("selected", keep), ("excluded", ~keep)):
            found = cryosparc_rows(tmp_path / "out" / f"particles_{name}.cs")
            assert found.fields() == original.fields()
            for field in original:
                assert np.array_equal(found[field], original[field][chosen])
