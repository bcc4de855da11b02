"""A truth is read from the simulator's folder and from a person's table, or refused in words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from rebalance.errors import InputError, OptionError
from rebalance.evaluation import find_truth, read_truth, truth_of_simulation
from rebalance.simulate import simulate_class_averages, write_relion

SETTINGS = {"n_averages": 24, "n_particles": 1_200, "n_views": 6, "box": 32, "seed": 1}


@pytest.fixture(scope="module")
def simulated():
    return simulate_class_averages(SETTINGS)


@pytest.fixture(scope="module")
def folder(simulated, tmp_path_factory) -> Path:
    return write_relion(simulated, tmp_path_factory.mktemp("project")).project


def test_the_files_say_what_the_simulation_knows(simulated, folder: Path) -> None:
    read, known = read_truth(folder), truth_of_simulation(simulated)
    assert read.group == known.group
    assert read.class_view is not None
    assert known.class_view is not None
    assert read.class_view.keys() == known.class_view.keys()
    for number, view in known.class_view.items():
        assert read.class_view[number] == pytest.approx(view, abs=1e-5)
    assert read.particle_view == pytest.approx(known.particle_view, abs=1e-5, nan_ok=True)
    assert (read.particle_class == known.particle_class).all()
    assert read.particle_name is not None
    assert len(set(read.particle_name.tolist())) == 1_200


def test_one_file_of_the_simulation_is_enough(folder: Path) -> None:
    classes = read_truth(folder / "truth_classes.csv")
    assert classes.group
    assert classes.class_view
    assert classes.particle_view is None
    particles = read_truth(folder / "truth_particles.csv")
    assert particles.particle_view is not None
    assert particles.group is None


def test_the_truth_is_found_from_inside_the_project(folder: Path) -> None:
    assert find_truth(folder / "Class2D" / "job003" / "run_it025_data.star") == folder
    with pytest.raises(InputError, match="No truth was found"):
        find_truth(None, Path("/"))


def write(folder: Path, text: str, name: str = "table.csv") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder / name


def test_groups_of_classes_come_from_any_two_columns(tmp_path: Path) -> None:
    for text in (
        "class_id,label\n1,a\n2,b\n",
        "class_id\tmine\n1\ta\n2\tb\n",
        "class group\n1 a\n2 b",
    ):
        truth = read_truth(write(tmp_path, text))
        assert truth.group == {1: "a", 2: "b"}
        assert truth.class_view is None


def test_numbers_that_begin_at_0_are_said_to_in_the_header(tmp_path: Path) -> None:
    truth = read_truth(write(tmp_path, "class_index_0based\tcluster\n0\ta\n1\tb\n"))
    assert truth.group == {1: "a", 2: "b"}


def test_a_class_without_a_group_or_view_is_left_out(tmp_path: Path) -> None:
    truth = read_truth(
        write(tmp_path, "class_id,label,view_x,view_y,view_z\n1,a,0,0,1\n2,,,,\n3,-1,1,0,0\n")
    )
    assert truth.group == {1: "a"}
    assert truth.class_view is not None
    assert sorted(truth.class_view) == [1, 3]


def test_views_of_particles_by_name(tmp_path: Path) -> None:
    truth = read_truth(write(tmp_path, "image_name,view_x,view_y,view_z\n1@a,0,0,2\n2@a,,,\n"))
    assert truth.particle_name is not None
    assert truth.particle_name.tolist() == ["1@a", "2@a"]
    assert np.isnan(truth.particle_view[1]).all()  # type: ignore[index]
    assert truth.symmetry == "C1"


def test_views_of_particles_by_class(tmp_path: Path) -> None:
    text = "class_id,view_x,view_y,view_z\n1,0,0,1\n1,0,1,0\n2,1,0,0\n"
    truth = read_truth(write(tmp_path, text), symmetry="D2")
    assert truth.particle_class is not None
    assert truth.particle_class.tolist() == [1, 1, 2]
    assert truth.symmetry == "D2"


def test_symmetry_comes_with_the_truth(tmp_path: Path) -> None:
    write(
        tmp_path,
        "class_id,superclass,view_x,view_y,view_z\n1,0,0,0,1\n2,0,1,0,0\n",
        "truth_classes.csv",
    )
    operators = [np.eye(3).tolist(), np.diag([-1.0, -1.0, 1.0]).tolist()]
    import json

    facts = {"version": 1, "symmetry": "C2", "symmetry_operators": operators, "views": "continuous"}
    write(tmp_path, json.dumps(facts), "truth.json")
    truth = read_truth(tmp_path)
    assert np.shape(truth.symmetry) == (2, 3, 3)
    assert not truth.groups_are_views
    assert read_truth(tmp_path / "truth.json").group == truth.group


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("class_id,label\n1,a\nx,b\n", "line 3, column class_id"),
        ("class_id,label\n1,a\n1,b\n", "Class 1 occurs twice"),
        ("class_id,label\n1,a\n2\n", "line 3"),
        ("class_id,label\n", "no rows"),
        ("colour,label\nred,a\n", "columns are colour, label"),
        ("image_name,label\na,b\n", "but no view_x"),
        ("class_id,view_x,view_y,view_z\n1,0,0,up\n", "'up' is not a number"),
        ("class_id,view_x,view_y\n1,0,0\n", "columns are"),
    ],
)
def test_what_is_wrong_with_a_table_is_said(tmp_path: Path, text: str, message: str) -> None:
    with pytest.raises(InputError, match=message):
        read_truth(write(tmp_path, text))


def test_what_is_no_truth_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_truth(tmp_path / "nowhere")
    with pytest.raises(InputError, match=r"no truth_classes\.csv"):
        read_truth(tmp_path)
    (tmp_path / "image.csv").write_bytes(b"\xff\xfe\x00")
    with pytest.raises(InputError, match="not a text file"):
        read_truth(tmp_path / "image.csv")
    write(tmp_path, '{"version": 9}', "truth.json")
    with pytest.raises(InputError, match="version 9"):
        read_truth(tmp_path)


@pytest.mark.parametrize(
    ("text", "where"),
    [
        ("class_id,label\n99999999999999999999,a\n3,b\n", "line 2"),
        ('class_id,label\n3,"a\n4,b\n', "line 2"),
        (f"class_id,label\n3,{'x' * 200_000}\n", "line 2"),
    ],
    ids=["a number beyond int64", "a quote left open", "a field without end"],
)
def test_a_broken_line_is_named(text: str, where: str, tmp_path: Path) -> None:
    with pytest.raises(InputError) as caught:
        read_truth(write(tmp_path, text))
    assert where in str(caught.value.location)


@pytest.mark.parametrize(
    "stated",
    ['"symmetry": 7', '"symmetry": "Q"', '"symmetry_operators": [[1, 2], [3]]'],
)
def test_a_symmetry_that_is_none_is_named_with_its_file(
    stated: str, folder: Path, tmp_path: Path
) -> None:
    write(tmp_path, (folder / "truth_classes.csv").read_text(), "truth_classes.csv")
    write(tmp_path, f'{{"version": 1, {stated}}}', "truth.json")
    with pytest.raises(InputError, match="symmetry") as caught:
        read_truth(tmp_path)
    assert caught.value.path == tmp_path / "truth.json"
    assert read_truth(tmp_path, symmetry="C2").symmetry == "C2"


def test_a_point_group_that_there_is_not_is_refused_also_where_it_is_empty(folder: Path) -> None:
    for name in ("X9", ""):
        with pytest.raises(OptionError, match="point group"):
            read_truth(folder, symmetry=name)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("class_id,label\n9223372036854775808,a\n", "line 2, column class_id"),
        ("class_id,label\n" + "9" * 5000 + ",a\n", "line 2, column class_id: '9999"),
        ("class_id,view_x,view_y,view_z\n1,1e400,0,0\n", "line 2, column view_x"),
        ("class_id,view_x,view_y,view_z\n1,0,1e300,0\n", "line 2, column view_y"),
        ("class_id,view_x,view_y,view_z\n1,0,0,-inf\n", "line 2, column view_z"),
        ("class_id,label\n1,a\0\n", "not a text file"),
        ("class_id,label\n1," + "a" * 200_000 + "\n", "line 2"),
        ("x" * 5000 + ",y\n1,2\n", "columns are x{200}…"),
    ],
)
def test_numbers_that_are_none_are_named_by_line_and_column(
    tmp_path: Path, text: str, says: str
) -> None:
    with pytest.raises(InputError, match=says) as caught:
        read_truth(write(tmp_path, text))
    assert len(str(caught.value)) < 1_000


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        ('{"version": [1]}', "version"),
        ('{"classes": 5}', "classes"),
        ('{"symmetry": {}}', "symmetry is"),
        ('{"symmetry_operators": [[[1e308, 0, 0], [0, 1e308, 0], [0, 0, 1]]]}', "symmetry is"),
        ('{"symmetry_operators": [[[2, 0, 0], [0, 2, 0], [0, 0, 2]]]}', "symmetry is"),
        ('{"symmetry_operators": [[[NaN, 0, 0], [0, 1, 0], [0, 0, 1]]]}', "symmetry is"),
        (f'{{"symmetry_operators": [[[{10**400}, 0, 0], [0, 1, 0], [0, 0, 1]]]}}', "symmetry is"),
        ("[" * 100_000, "nested too deeply"),
    ],
)
def test_facts_of_a_simulation_that_are_none_are_refused(
    tmp_path: Path, facts: str, says: str
) -> None:
    write(tmp_path, "class_id,label\n1,a\n2,b\n", "truth_classes.csv")
    write(tmp_path, facts, "truth.json")
    with pytest.raises(InputError, match=says) as caught:
        read_truth(tmp_path)
    assert caught.value.path == tmp_path / "truth.json"


def test_one_long_name_among_many_takes_no_more_than_its_length(tmp_path: Path) -> None:
    rows = "\n".join(f"{i:06d}@a,0,0,1" for i in range(20_000))
    text = f"image_name,view_x,view_y,view_z\n{rows}\n{'b' * 100_000},0,0,1\n"
    truth = read_truth(write(tmp_path, text))
    assert truth.particle_name is not None
    assert truth.particle_name.nbytes < 1_000_000
    assert len(truth.particle_name[-1]) == 100_000
