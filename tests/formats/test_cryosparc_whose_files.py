"""Jobs repeat their numbers in every project: files of the right one are read, or it is said."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError


def images_of(stack: Path) -> np.ndarray:
    return formats.read(stack).class_averages.images


@pytest.fixture
def copied(cryosparc_job, write_stack) -> Path:
    """J42 of one project, in a project that has a J42 of its own with other images."""
    cryosparc_job.whole()
    copy = cryosparc_job.folder.parent.parent / "other_project" / "J42_from_elsewhere"
    shutil.copytree(cryosparc_job.folder, copy)
    write_stack(copy.parent / "J42" / "J42_020_class_averages.mrc", n=5)
    return copy


def test_a_stack_beside_comes_before_another_jobs_of_that_name(copied: Path) -> None:
    data = formats.read(copied)
    beside = copied / "J42_020_class_averages.mrc"
    np.testing.assert_array_equal(data.class_averages.images, images_of(beside))
    (note,) = [text for text in data.notes if "several files" in text]
    assert f"Using {beside}, not" in note
    assert str(copied.parent / "J42") in note


def test_equal_stacks_of_one_name_are_no_doubt(copied: Path) -> None:
    name = "J42_020_class_averages.mrc"
    shutil.copy(copied / name, copied.parent / "J42" / name)
    assert not any("several files" in text for text in formats.read(copied).notes)


def test_a_stack_that_is_only_in_another_jobs_folder_is_suspected(copied: Path) -> None:
    (copied / "J42_020_class_averages.mrc").unlink()
    assert any("is it the same job?" in text for text in formats.read(copied).warnings)


def test_a_stack_of_another_project_is_refused_where_its_table_shows_it(
    copied: Path, cryosparc_job
) -> None:
    (copied / "J42_020_class_averages.mrc").unlink()
    cryosparc_job.folder = copied.parent / "J42"
    cryosparc_job.save("J42_020_class_averages.cs", cryosparc_job.averages([0, 1, 2, 3, 4]))
    with pytest.raises(InputError, match="is from another job"):
        formats.read(copied)
    stack = copied.parent / "J42" / "J42_020_class_averages.mrc"
    assert formats.read(copied, stack).class_averages is not None


def test_a_backup_of_a_job_reads_the_stack_of_the_job_without_a_doubt(cryosparc_job) -> None:
    cryosparc_job.whole()
    backup = cryosparc_job.folder.parent / "J42_backup"
    backup.mkdir()
    for path in cryosparc_job.folder.glob("*.cs"):
        shutil.copy(path, backup)
    assert formats.read(backup).warnings == ()


def test_templates_of_another_job_are_suspected_by_their_uids(cryosparc_job) -> None:
    cryosparc_job.whole()
    main, _ = cryosparc_job.particles()
    cryosparc_job.folder = cryosparc_job.folder.parent / "J43"
    cryosparc_job.folder.mkdir()
    cryosparc_job.save("particles_selected.cs", main)
    cryosparc_job.save("templates_selected.cs", cryosparc_job.averages([0, 1, 2, 3, 4]))
    warnings = formats.read(cryosparc_job.folder).warnings
    assert any("different uids" in text for text in warnings)


@pytest.mark.parametrize("given", ["J42_020_class_averages.cs", "J42_020_class_averages.mrc", ""])
def test_classes_of_another_classification_are_counted(cryosparc_job, tmp_path, given) -> None:
    main, _ = cryosparc_job.whole()
    averages = cryosparc_job.folder / given
    stale = main[5:].copy()
    stale["alignments2D/class"][:7] = (stale["alignments2D/class"][:7] + 1) % 5
    cryosparc_job.folder = tmp_path
    warnings = formats.read(cryosparc_job.save("again.cs", stale), averages).warnings
    (warning,) = [text for text in warnings if "another classification" in text]
    assert "puts 7 of the 35 particles" in warning
    warnings = formats.read(cryosparc_job.save("again.cs", main[5:]), averages).warnings
    assert not any("another classification" in text for text in warnings)


def test_templates_in_a_copied_job_are_doubted(cryosparc_job) -> None:
    cryosparc_job.whole()
    (cryosparc_job.folder / "J42_020_class_averages.cs").unlink()
    main, _ = cryosparc_job.particles()
    for name, doubted in (("J43", False), ("J43_from_elsewhere", True)):
        cryosparc_job.folder = cryosparc_job.folder.parent / name
        cryosparc_job.folder.mkdir()
        cryosparc_job.save("particles_selected.cs", main)
        cryosparc_job.save("templates_selected.cs", cryosparc_job.averages([0, 1, 2, 3, 4]))
        warnings = formats.read(cryosparc_job.folder).warnings
        assert any("is it the same job?" in text for text in warnings) == doubted


def test_the_current_folder_comes_last_and_is_said(
    cryosparc_job, tmp_path: Path, monkeypatch
) -> None:
    cryosparc_job.whole()
    mailed = tmp_path / "mail"
    mailed.mkdir()
    for path in cryosparc_job.folder.glob("*.cs"):
        shutil.move(path, mailed)
    monkeypatch.chdir(cryosparc_job.folder.parent)
    data = formats.read(mailed)
    assert any("in the current folder" in text for text in data.notes)
    assert any("is it the same job?" in text for text in data.warnings)


def test_a_project_that_is_named_comes_before_what_lies_beside(copied: Path) -> None:
    data = formats.read(copied, project=copied.parent)
    stack = copied.parent / "J42" / "J42_020_class_averages.mrc"
    np.testing.assert_array_equal(data.class_averages.images, images_of(stack))
    assert any("several files" in text for text in data.notes)


def test_a_box_at_odds_with_the_table_is_said(cryosparc_job, write_stack) -> None:
    cryosparc_job.whole()
    write_stack(cryosparc_job.folder / "J42_020_class_averages.mrc", n=5, box=6)
    warnings = formats.read(cryosparc_job.folder).warnings
    assert any(
        "8 px wide according to J42_020_class_averages.cs, but 6 px" in text for text in warnings
    )


def test_a_missing_stack_names_the_argument_and_the_stacks_beside(
    cryosparc_job, write_stack
) -> None:
    cryosparc_job.whole()
    (cryosparc_job.folder / "J42_020_class_averages.mrc").rename(
        cryosparc_job.folder / "averages.mrc"
    )
    with pytest.raises(InputError, match=r"Next to it: averages\.mrc") as caught:
        formats.read(cryosparc_job.folder)
    assert "`class_averages`" in caught.value.hint


@pytest.mark.parametrize("of", ["folder", "files"])
def test_what_lies_beside_the_target_of_a_link_is_found(
    cryosparc_job, tmp_path: Path, of: str
) -> None:
    cryosparc_job.whole()
    desk = tmp_path / "desk"
    if of == "folder":
        os.symlink(cryosparc_job.folder, desk)
        given = desk
    else:
        desk.mkdir()
        given = desk / "best.cs"
        os.symlink(cryosparc_job.folder / "J42_020_particles.cs", given)
    data = formats.read(given)
    assert "ctf/df1_A" in data.particles.column_names
    assert len(data.class_averages) == 5


class TestDownloads:
    """Files as a browser saves them, with the project before their names."""

    PREFIX = "cryosparc_P280_"

    @pytest.fixture
    def downloads(self, cryosparc_job, write_back, tmp_path: Path) -> Path:
        cryosparc_job.whole()
        folder = tmp_path / "downloads"
        write_back(formats.read(cryosparc_job.folder), [True] * 40, folder)
        for path in [*folder.glob("particles_*"), *folder.glob("templates*")]:
            path.unlink() if "excluded" in path.name else None
        shutil.copy(cryosparc_job.folder / "J42_020_class_averages.mrc", folder)
        for path in list(folder.iterdir()):
            if path.suffix != ".csg":
                path.rename(folder / f"{self.PREFIX}{path.name}")
        return folder

    def test_a_group_finds_its_files(self, downloads: Path) -> None:
        data = formats.read(downloads / "particles_selected.csg", downloads / "templates.csg")
        assert "ctf/df1_A" in data.particles.column_names
        assert len(data.class_averages) == 5
        said = " ".join(data.notes)
        assert f"{self.PREFIX}particles_selected.cs for particles_selected.cs" in said
        assert f"{self.PREFIX}J42_020_class_averages.mrc for J42_020_class" in said

    def test_a_table_finds_its_passthrough_averages_and_stack(self, downloads: Path) -> None:
        (downloads / f"{self.PREFIX}templates.cs").rename(
            downloads / f"{self.PREFIX}templates_selected.cs"
        )
        data = formats.read(downloads / f"{self.PREFIX}particles_selected.cs")
        assert "ctf/df1_A" in data.particles.column_names
        assert len(data.class_averages) == 5

    def test_a_second_download_is_no_other_file(self, downloads: Path) -> None:
        saved = downloads / f"{self.PREFIX}particles_selected.cs"
        saved.rename(saved.with_name(f"{self.PREFIX}particles_selected (1).cs"))
        assert formats.read(
            downloads / "particles_selected.csg", need_class_averages=False
        ).particles

    def test_two_that_end_so_are_not_chosen_between(self, downloads: Path) -> None:
        shutil.copy(
            downloads / f"{self.PREFIX}particles_selected.cs",
            downloads / "cryosparc_P7_particles_selected.cs",
        )
        with pytest.raises(
            InputError, match=r"refers to particles_selected\.cs, which is not next to"
        ):
            formats.read(downloads / "particles_selected.csg", need_class_averages=False)


class TestExports:
    """Groups in ``exports/groups``, each in a folder of its own."""

    @pytest.fixture
    def exports(self, cryosparc_job) -> Path:
        main, _ = cryosparc_job.whole()
        exports = cryosparc_job.folder.parent / "exports"
        stack = cryosparc_job.folder / "J42_020_class_averages.mrc"
        for name in ("particles", "class_averages"):
            cryosparc_job.folder = exports / f"J42_{name}"
            cryosparc_job.folder.mkdir(parents=True)
            table = main if name == "particles" else cryosparc_job.averages([0, 1, 2, 3, 4])
            if name == "class_averages":
                table["blob/path"] = ">J42/J42_020_class_averages.mrc"
            cryosparc_job.save(f"J42_{name}_exported.cs", table)
        (cryosparc_job.folder / "J42").mkdir()
        shutil.move(stack, cryosparc_job.folder / "J42")
        return exports

    def test_a_folder_gives_class_averages(self, exports: Path) -> None:
        particles = exports / "J42_particles" / "J42_particles_exported.cs"
        data = formats.read(particles, exports / "J42_class_averages")
        assert len(data.class_averages) == 5
        assert not any("is it the same job?" in text for text in data.warnings)

    @pytest.mark.parametrize("name", ["", "J42_particles_exported.cs"])
    def test_the_folder_of_the_class_averages_is_found(self, exports: Path, name: str) -> None:
        assert len(formats.read(exports / "J42_particles" / name).class_averages) == 5

    def test_a_folder_of_class_averages_alone_can_be_inspected(self, exports: Path) -> None:
        found = formats.inspect(exports / "J42_class_averages")
        assert dict(found.rows)["class averages"] == "5 (numbers 0 to 4)"

    def test_a_folder_of_several_class_averages_is_not_chosen_from(self, exports: Path) -> None:
        folder = exports / "J42_class_averages"
        table = folder / "J42_class_averages_exported.cs"
        shutil.copy(table, folder / "J43_templates_exported.cs")
        with pytest.raises(InputError, match="in several files"):
            formats.read(exports / "J42_particles" / "J42_particles_exported.cs", folder)

    def test_a_stack_alone_in_a_folder_is_taken(self, exports: Path) -> None:
        particles = exports / "J42_particles" / "J42_particles_exported.cs"
        data = formats.read(particles, exports / "J42_class_averages" / "J42")
        assert len(data.class_averages) == 5


@pytest.mark.parametrize("word", ["excluded", "rejected"])
def test_particles_that_a_job_set_aside_are_left_alone(cryosparc_job, word: str) -> None:
    cryosparc_job.whole()
    main, _ = cryosparc_job.particles(n=10)
    cryosparc_job.save(f"J42_020_particles_{word}.cs", main)
    data = formats.read(cryosparc_job.folder)
    assert len(data.particles) == 40
    (cryosparc_job.folder / "J42_020_particles.cs").unlink()
    for other in cryosparc_job.folder.glob("*averages*"):
        other.unlink()
    with pytest.raises(InputError, match=rf"except for J42_020_particles_{word}\.cs"):
        formats.read(cryosparc_job.folder)
