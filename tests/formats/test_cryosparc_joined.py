"""Files of the same particles are joined by uid, or it is said why not."""

from __future__ import annotations

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError
from tests.formats.cs_encodings import BOTH


def test_classes_may_come_from_the_passthrough(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles()
    plain = main[["uid", "blob/path", "blob/idx"]].copy()
    shuffled = main[::-1].copy()
    table = cryosparc_job.save("extracted.cs", np.array(plain.tolist(), dtype=plain.dtype))
    extra = cryosparc_job.save("more.cs", shuffled)
    with pytest.raises(InputError, match=r"no alignments2D/class, only uid, blob"):
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
        return tuple(text for text in data.warnings if "was left out" in text)

    (lacking,) = warnings()
    assert lacking.startswith(f"The passthrough file {beside.name} was left out. 1 of the 40")
    beside.write_bytes(beside.read_bytes()[:-50])
    (damaged,) = warnings()
    assert damaged.startswith(f"The passthrough file {beside.name} was left out. ")
    assert len(damaged) > len(f"The passthrough file {beside.name} was left out. ")


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
    with pytest.raises(InputError, match=f"uid {tables[which]['uid'][9]} occurs twice"):
        formats.read(table, passthrough=[extra], need_class_averages=False)


@BOTH
def test_uids_that_are_there_twice_are_counted_in_a_warning(cryosparc_job, stream: bool) -> None:
    main, _ = cryosparc_job.particles()
    main["uid"][[3, 4, 7]] = main["uid"][[9, 9, 12]]
    table = cryosparc_job.save("particles.cs", main, stream)
    warnings = formats.read(table, need_class_averages=False).warnings
    (warning,) = [text for text in warnings if "uid" in text]
    assert warning.startswith("3 rows repeat the uids of others in particles.cs")
