"""What is read without an error and is still not as it should be, is said with numbers."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError
from tests.formats.cs_encodings import BOTH


def warnings_of(path: Path, word: str) -> list[str]:
    found = formats.read(path, need_class_averages=False).warnings
    return [text for text in found if word in text]


class TestPathsOfTheirOwnFolder:
    """Paths that begin with ``>``."""

    @BOTH
    @pytest.mark.parametrize("column", ["blob/path", "location/micrograph_path"])
    def test_where_the_results_have_to_go_is_said(
        self, cryosparc_job, stream: bool, column: str
    ) -> None:
        for table in (tables := cryosparc_job.particles()):
            if column in table.dtype.names:
                table[column] = [b">" + path for path in table[column]]
        cryosparc_job.save("J42_020_particles.cs", tables[0], stream)
        cryosparc_job.save("J42_passthrough_particles.cs", tables[1], stream)
        (warning,) = warnings_of(cryosparc_job.folder, "begin with >")
        assert f"({column}) begin with >" in warning
        assert "put particles_selected*.cs and .csg (and particles_excluded*) into " in warning
        assert str(cryosparc_job.folder) in warning

    def test_one_row_among_others_is_enough(self, cryosparc_job) -> None:
        main, _ = cryosparc_job.particles()
        main["blob/path"][17] = b">J1/a.mrc"
        table = cryosparc_job.save("particles.cs", main)
        assert len(warnings_of(table, "begin with >")) == 1

    def test_text_of_four_bytes_a_letter_is_seen_too(self, cryosparc_job) -> None:
        main, _ = cryosparc_job.particles()
        fields = [(name, kind, *shape) for name, kind, *shape in main.dtype.descr]
        wide = main.astype([("blob/path", ">U24") if f[0] == "blob/path" else f for f in fields])
        table = cryosparc_job.save("particles.cs", wide)
        assert warnings_of(table, "begin with >") == []
        wide["blob/path"][3] = ">J1/a.mrc"
        table = cryosparc_job.save("particles.cs", wide)
        assert len(warnings_of(table, "begin with >")) == 1

    def test_whether_the_images_are_there_is_said(self, cryosparc_job) -> None:
        main, _ = cryosparc_job.particles()
        main["blob/path"] = b">J1/a.mrc"
        table = cryosparc_job.save("particles.cs", main)
        said = warnings_of(table, "begin with >")[0]
        assert f"into a folder that has J1/a.mrc, which {cryosparc_job.folder} does not." in said
        (cryosparc_job.folder / "J1").mkdir()
        (cryosparc_job.folder / "J1" / "a.mrc").touch()
        assert warnings_of(table, "begin with >")[0].endswith(
            "so that the paths lead to the images."
        )

    def test_templates_are_told_apart_from_particles(self, cryosparc_job) -> None:
        cryosparc_job.whole()
        averages = cryosparc_job.averages([0, 1, 2, 3, 4])
        averages["blob/path"] = b">J42_020_class_averages.mrc"
        cryosparc_job.save("J42_020_class_averages.cs", averages)
        (warning,) = formats.read(cryosparc_job.folder).warnings
        assert f"put templates.cs and .csg into {cryosparc_job.folder}" in warning

    def test_paths_of_the_project_need_no_word(self, cryosparc_job) -> None:
        cryosparc_job.whole()
        assert formats.read(cryosparc_job.folder).warnings == ()

    def test_rows_stay_as_they_are(self, cryosparc_job, write_back, tmp_path: Path) -> None:
        main, _ = cryosparc_job.particles()
        main["blob/path"] = b">J1/a.mrc"
        table = cryosparc_job.save("particles.cs", main)
        data = formats.read(table, need_class_averages=False)
        write_back(data, [True] * 40, tmp_path / "out")
        assert (tmp_path / "out" / "particles_selected.cs").read_bytes() == table.read_bytes()

    def test_what_such_a_path_means_comes_before_other_folders(
        self, cryosparc_job, write_stack
    ) -> None:
        cryosparc_job.whole()
        averages = cryosparc_job.averages([0, 1, 2, 3, 4])
        averages["blob/path"] = b">J42/J42_020_class_averages.mrc"
        cryosparc_job.save("J42_020_class_averages.cs", averages)
        own = write_stack(cryosparc_job.folder / "J42" / "J42_020_class_averages.mrc", n=5)
        data = formats.read(cryosparc_job.folder)
        expected = formats.read(own).class_averages.images
        np.testing.assert_array_equal(data.class_averages.images, expected)


@BOTH
def test_several_pixel_sizes_of_the_classification_are_counted(cryosparc_job, stream) -> None:
    main, _ = cryosparc_job.particles()
    fields = [*main.dtype.descr, ("alignments2D/psize_A", "<f4")]
    sized = np.zeros(40, dtype=fields)
    for name in main.dtype.names:
        sized[name] = main[name]
    sized["alignments2D/psize_A"] = 2.1
    table = cryosparc_job.save("particles.cs", sized, stream)
    assert warnings_of(table, "psize_A") == []
    sized["alignments2D/psize_A"][:13] = 4.2
    table = cryosparc_job.save("particles.cs", sized, stream)
    (warning,) = warnings_of(table, "psize_A")
    assert "2 different values (2.1 Å for 27, 4.2 Å for 13 of the 40 particles)" in warning


def test_particles_that_are_all_of_one_class_are_said(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles()
    main["alignments2D/class"] = 0
    table = cryosparc_job.save("particles.cs", main)
    (warning,) = warnings_of(table, "3D job")
    assert warning.startswith("All 40 particles are in class 0.")


@pytest.mark.parametrize(
    ("kind", "value", "message"),
    [
        ("<f4", np.nan, "is nan in row 8. In 1 of the 40 rows"),
        ("<f4", 0.7, "is 0.69999.* in row 8"),
        ("<f8", np.inf, "is inf in row 8"),
        ("<f8", 1e300, r"is 1e\+300 in row 8"),
        ("<i4", -1, "is -1 in row 8. In 1 of the 40 rows it is not a class number"),
        ("<u4", 2**32 - 1, "is 4294967295 in row 8"),
        ("<u8", 2**63, "is 9223372036854775808 in row 8"),
        ("<c8", 1, "has type complex64"),
        ("<M8[s]", 1, "has type datetime64"),
        ("<m8[s]", 1, "has type timedelta64"),
        ("|b1", 1, "has type bool"),
        ("|S2", b"1", "has type text"),
        ("<U2", "1", "has type text"),
        ("|V4", b"1", "has type void"),
        (("<u4", (2,)), 1, "has type uint32 × 2"),
        ([("a", "<u4")], 1, "has type structure"),
    ],
)
def test_a_class_column_that_holds_no_class_numbers_is_refused(
    cryosparc_job, kind, value, message: str
) -> None:
    main, _ = cryosparc_job.particles()
    table = np.zeros(40, dtype=[("uid", "<u8"), ("alignments2D/class", kind)])
    table["uid"] = main["uid"]
    table["alignments2D/class"][7] = value
    path = cryosparc_job.save("particles.cs", table)
    with pytest.raises(InputError, match=message) as caught:
        formats.read(path, need_class_averages=False)
    assert "alignments2D/class" in caught.value.location


@pytest.mark.parametrize("kind", ["<f8", ">i2", "|u1", "<u8", "<f2"])
def test_class_numbers_of_any_width_are_read(cryosparc_job, kind: str) -> None:
    main, _ = cryosparc_job.particles()
    fields = [(n, kind) if n == "alignments2D/class" else (n, *r) for n, *r in main.dtype.descr]
    path = cryosparc_job.save("particles.cs", main.astype(fields))
    data = formats.read(path, need_class_averages=False)
    assert data.particles.class_id.tolist() == main["alignments2D/class"].tolist()


@pytest.mark.parametrize("kind", ["|S20", "<f8", ("<u8", (2,))])
def test_uids_that_are_none_are_refused(cryosparc_job, kind) -> None:
    table = np.zeros(40, dtype=[("uid", kind), ("alignments2D/class", "<u4")])
    path = cryosparc_job.save("particles.cs", table)
    with pytest.raises(InputError, match=r"uid"):
        formats.read(path, need_class_averages=False)


def test_averages_of_several_pixel_sizes_are_said(cryosparc_job) -> None:
    cryosparc_job.whole()
    averages = cryosparc_job.averages([0, 1, 2, 3, 4])
    averages["blob/psize_A"][3] = 6.0
    cryosparc_job.save("J42_020_class_averages.cs", averages)
    warnings = formats.read(cryosparc_job.folder).warnings
    assert any(
        "3 Å according to J42_020_class_averages.cs, but 6 Å according to other rows" in text
        for text in warnings
    )
