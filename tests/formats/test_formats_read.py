"""`formats.read` and `formats.inspect`: the right plugin by content, and clear errors."""

from __future__ import annotations

import errno
from pathlib import Path

import pytest

from rebalance import formats
from rebalance.errors import InputError, OutputError, PluginError
from rebalance.formats.paths import job_name
from rebalance.formats.writing import guarded_writing


def rows(path: Path) -> dict[str, str]:
    return dict(formats.inspect(path).rows)


def test_a_star_file_of_any_name_is_known_by_its_content(relion_job, tmp_path: Path) -> None:
    table = relion_job.iteration("run_it025", [1, 2])
    odd = tmp_path / "table.cs"
    odd.write_bytes(table.read_bytes())
    assert formats.read(odd, need_class_averages=False).format == "relion"


def test_a_missing_path_is_an_error_with_the_nearest_name(relion_job) -> None:
    relion_job.iteration("run_it025", [1, 2])
    with pytest.raises(InputError, match="file or folder does not exist") as caught:
        formats.read(relion_job.folder / "run_it025_dta.star")
    assert caught.value.hint.endswith("run_it025_data.star?")
    with pytest.raises(InputError, match="nor does its folder"):
        formats.read(relion_job.folder / "x" / "y.star")


def test_a_file_of_no_known_format_is_an_error(tmp_path: Path) -> None:
    (tmp_path / "a.txt").write_text("hello")
    with pytest.raises(InputError, match=r"is unknown \(known: relion, cryosparc, stack"):
        formats.read(tmp_path / "a.txt")
    (tmp_path / "empty").mkdir()
    with pytest.raises(InputError, match="format of this folder is unknown"):
        formats.read(tmp_path / "empty")


def test_a_format_may_be_named(relion_job) -> None:
    table = relion_job.iteration("run_it025", [1, 2])
    assert formats.read(table, format="relion").format == "relion"
    with pytest.raises(InputError, match=r"star file, despite its name"):
        formats.read(table, format="cryosparc")
    with pytest.raises(PluginError, match="no format 'relio'"):
        formats.read(table, format="relio")


def test_a_missing_project_is_an_error(relion_job, tmp_path: Path) -> None:
    table = relion_job.iteration("run_it025", [1, 2])
    with pytest.raises(InputError, match="project folder does not exist"):
        formats.read(table, project=tmp_path / "nowhere")


def test_inspect_says_what_a_job_is_and_what_run_would_do(relion_job) -> None:
    relion_job.iteration("run_it025", [2, 4, 2, 3])
    found = rows(relion_job.folder)
    assert found["kind"] == "job folder"
    assert found["version"].startswith("RELION 3.1")
    assert found["particles"] == "4"
    assert found["classes with particles"].startswith("3 (numbers 2 to 4;")
    assert found["class averages"] == "4 (numbers 1 to 4)"
    assert found["empty averages"] == "0"
    assert found["without particles"] == "1"
    assert found["box"] == "8 px (24 Å)"
    assert found["pixel size"] == "3 Å"
    assert "run_it025_classes.mrcs" in found["files"]
    assert "group 3 averages into superclasses and balance 4 particles" in found["run"]


def test_inspect_of_a_table_alone_says_what_is_missing(relion_job) -> None:
    table = relion_job.iteration("run_it025", [2, 4])
    (relion_job.folder / "run_it025_model.star").unlink()
    (relion_job.folder / "run_it025_classes.mrcs").unlink()
    found = formats.inspect(table)
    assert found.command.endswith(" --no-superclasses -f 0.5")
    assert "class averages were not found" in found.warnings[0]


@pytest.mark.parametrize("content", ["data_x\n\n_rlnA 1\n", "data_x\nloop_\n_rlnImageName\n1@a\n"])
def test_inspect_reports_what_run_would_refuse(tmp_path: Path, content: str) -> None:
    (tmp_path / "a.star").write_text(content)
    found = formats.inspect(tmp_path / "a.star")
    assert dict(found.rows)["run"] == "would stop with"
    assert found.command == ""
    assert "a.star" in found.warnings[0]


def test_inspect_knows_cryosparc_and_stacks(cryosparc_job) -> None:
    cryosparc_job.whole()
    assert rows(cryosparc_job.folder)["version"] == "CryoSPARC, NumPy table"
    averages = rows(cryosparc_job.folder / "J42_020_class_averages.cs")
    assert averages["kind"] == "class averages table"
    assert "without particles" in averages["run"]
    stack = formats.inspect(cryosparc_job.folder / "J42_020_class_averages.mrc")
    assert stack.format == "stack"


def test_every_real_file_can_be_inspected(real_data: Path) -> None:
    for path in sorted(real_data.rglob("*")):
        if path.suffix in (".star", ".cs", ".mrcs"):
            assert formats.inspect(path).rows


@pytest.mark.parametrize(
    ("path", "name"),
    [
        ("Class2D/job013", "job013"),
        ("Class2D/job013/run_it025_data.star", "job013"),
        ("P3/J42/J42_020_particles.cs", "J42"),
        ("work/my set.star", "my_set"),
        ("work/<b>x", "b_x"),
        ("work/run_it025_data.star", "work"),
    ],
)
def test_jobs_have_short_names_that_are_safe_in_paths(path: str, name: str) -> None:
    assert job_name(Path("/data") / path) == name


@pytest.mark.parametrize(
    ("code", "message", "hint"),
    [
        (errno.ENOSPC, "the disk is full", "Free some space"),
        (errno.EFBIG, "would exceed the size allowed", "Raise the limit"),
        (errno.EACCES, "could not be written", "a folder that you can write to"),
    ],
)
def test_a_full_or_forbidden_folder_is_told_as_such(
    tmp_path: Path, code: int, message: str, hint: str
) -> None:
    target = str(tmp_path / "particles_selected.star")
    with (
        pytest.raises(OutputError, match=rf"particles_selected\.star: .*{message}") as caught,
        guarded_writing(tmp_path),
    ):
        raise OSError(code, "strerror", target)
    assert caught.value.hint is not None
    assert hint in caught.value.hint
    assert "`output`" in caught.value.hint


def test_a_broken_plugin_does_not_stop_the_others(relion_job, monkeypatch) -> None:
    from rebalance import registry
    from rebalance.hookspecs import PluginSpec, hookimpl

    class Broken:
        @hookimpl
        def rebalance_formats(self) -> list[PluginSpec]:
            return [PluginSpec("broken", "Can't be imported.", "nowhere.to_be:Found")]

    here = registry.Registry()
    here.add(Broken(), package="broken-package")
    monkeypatch.setattr(registry, "registry", lambda: here)
    assert formats.read(relion_job.iteration("run_it025", [1, 2])).format == "relion"
    with pytest.raises(PluginError, match="broken-package"):
        formats.read(relion_job.folder, format="broken")
