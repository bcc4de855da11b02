"""A person's own grouping: the file reader, and superclasses from it."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rebalance.api.arguments import classes_of
from rebalance.clusterings import from_labels
from rebalance.clusterings.labels import read_labels
from rebalance.errors import InputError, OptionError
from rebalance.model import Classes

from .affinities import affinity, groups_of, partition

STAR = """
# version 30001

data_superclasses

loop_
_rlnClassNumber #1
_rlnSuperclass #2
 3  top
 1  side

data_other

loop_
_rlnClassNumber #1
 9
"""


@pytest.fixture
def write(tmp_path: Path):
    def write(text: str | bytes) -> Path:
        path = tmp_path / "labels.csv"
        path.write_bytes(text.encode() if isinstance(text, str) else text)
        return path

    return write


@pytest.mark.parametrize(
    "text",
    [
        "class_id,superclass\n3,top\n1,side\n",
        "superclass,class_id\ntop,3\nside,1\n",
        "class_id\tsuperclass\r\n3\ttop\r\n1\tside\r\n",
        "3,top\n1,side",
        "3 top\n\n1   side\n",
        "# mine\n3;top\n1;side\n",
        "\ufeffClass,Superclass\n3,top\n1,side\n",
        "class_id,superclass,particles\n3,top,77\n1,side,12\n",
        '"class_id","superclass"\n"3","top"\n"1","side"\n',
        "number superclass\n3 top\n1 side\n",
        "view,class_id\ntop,3\nside,1\n",
        "superclass,what\ntop,3\nside,1\n",
        STAR,
    ],
)
def test_every_common_layout_is_read(text: str, write) -> None:
    assert read_labels(write(text)) == {3: "top", 1: "side"}


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("", "no labels"),
        ("# nothing\n\n", "no labels"),
        ("class_id,superclass\n", "no labels"),
        ("3\n1\n", "line 1: There is only one column"),
        ("1,2,3\n4,5,6\n", "line 1: There are 3 columns, but none is called class_id"),
        ("class_id,x,y\n4,5,6\n", "none is called superclass"),
        ("\nloop_\n_class_id\n_x\n_y\n4 5 6\n", "line 3: There are 3 columns"),
        ("loop_\n_class_id\n_superclass\n# mine\n4 a\n_5 b\n", "line 6, column 1: '_5'"),
        ("3,top\n1\n", "line 2: At least 2 columns were expected, but this line has 1"),
        ("3,top\n3,side\n", "line 2: Class 3 is on this line and on line 1"),
        ("3,top\nx,side\n", "line 2, column 1: 'x' is not a class number"),
        ("3,top\n1.5,side\n", "'1.5' is not a class number"),
        ("3,top\n1,\n", "line 2, column 2: The superclass is empty"),
        ("superclass,class_id\ntop,3\n,1\n", "line 3, column 1: The superclass is empty"),
        ("3,top\n1,nan\n", "line 2, column 2: The superclass is 'nan'"),
        ("3 0\n1 1.5\n", "line 2, column 2: The superclass is '1.5'"),
        (b"\x93NUMPY\x01\x00v\x00{'descr'", "not a text file"),
        (b"3,top\0\n", "not a text file"),
        ('3,"top\n', "line 1"),
        (f"3,top\n{2**63},side\n", "line 2, column 1: '9223372036854775808' is not a class"),
        (f"3,top\n{'9' * 5000},side\n", "is not a class number"),
    ],
)
def test_a_file_that_is_no_list_of_labels_is_refused(text, says: str, write) -> None:
    path = write(text)
    with pytest.raises(InputError) as caught:
        read_labels(path)
    assert says in str(caught.value)
    assert str(path) in str(caught.value)
    assert "class_id and superclass" in str(caught.value) or "Keep one" in str(caught.value)


def test_a_missing_file_or_a_folder_is_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="does not exist"):
        read_labels(tmp_path / "absent.csv")
    with pytest.raises(InputError, match="can't be read"):
        read_labels(tmp_path)


names = st.text(st.characters(codec="ascii", categories=["L", "N"]), min_size=1, max_size=6).filter(
    lambda name: name.lower() not in ("nan", "inf")
)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(
    labels=st.dictionaries(st.integers(-5, 10**9), names, min_size=1, max_size=20),
    delimiter=st.sampled_from([",", "\t", ";", " "]),
    header=st.booleans(),
)
def test_what_is_written_is_read(
    labels: dict[int, str], delimiter: str, header: bool, tmp_path: Path
) -> None:
    lines = [f"class_id{delimiter}superclass"] if header else []
    lines += [f"{number}{delimiter}{label}" for number, label in labels.items()]
    path = tmp_path / "labels.txt"
    path.write_text("\n".join(lines))
    assert read_labels(path) == labels


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(content=st.binary(max_size=60) | st.text("0123,;\t \n\"'_#loopdata", max_size=60))
def test_any_content_is_read_or_refused_with_a_clear_error(
    content: bytes | str, tmp_path: Path
) -> None:
    path = tmp_path / "labels.txt"
    path.write_bytes(content.encode() if isinstance(content, str) else content)
    try:
        labels = read_labels(path)
    except InputError as error:
        labels, message = {}, str(error)
    if labels:
        assert all(isinstance(number, int) for number in labels)
    else:
        assert str(path) in message


def test_labels_become_superclasses_by_size(rng: np.random.Generator) -> None:
    values, truth = groups_of([4, 3, 2], rng)
    of = affinity(values)
    labels = {k + 1: f"view {name}" for k, name in enumerate(truth)}
    classes = classes_of(of, np.full(9, 10), ())
    superclasses = from_labels(classes, labels, of)
    assert partition(superclasses.label) == partition(truth)
    assert superclasses.size.tolist() == [40, 30, 20]
    np.testing.assert_array_equal(superclasses.label, truth)
    assert "0 was 'view 0'" in superclasses.notes[0]
    assert (superclasses.mean_affinity > 0.6).all()
    assert from_labels(classes, dict(enumerate(truth.tolist(), 1)), of).notes == ()


def test_without_an_affinity_the_medoid_is_the_average_with_most_particles() -> None:
    superclasses = from_labels(Classes.of([4, 8, 6], [3, 9, 5]), {4: 0, 8: 0, 6: 1})
    assert superclasses.medoid.tolist() == [8, 6]
    assert np.isnan(superclasses.mean_affinity[0])
    assert superclasses.mean_affinity[1] == 1.0


def test_minus_1_and_an_empty_name_leave_a_class_out() -> None:
    superclasses = from_labels(Classes.of([1, 2, 3], [5, 5, 5]), {1: "a", 2: "-1", 3: ""})
    assert superclasses.label.tolist() == [0, -1, -1]
    assert superclasses.left_out == (2, 3)


def test_labels_that_leave_out_every_class_are_an_error() -> None:
    with pytest.raises(OptionError, match="None of the 2 class averages can be used"):
        from_labels(Classes.of([1, 2], [5, 5]), {1: -1, 2: ""})


def test_a_usable_average_without_a_label_is_an_error_that_names_it() -> None:
    with pytest.raises(OptionError, match="don't include classes 2 and 5"):
        from_labels(Classes.of([1, 2, 3, 5], [5, 5, 0, 5]), {1: "a"})
    superclasses = from_labels(Classes.of([1, 2, 3], [5, 5, 0], left_out=[2]), {1: "a"})
    assert superclasses.label.tolist() == [0, -1, -1]


def test_labels_of_unknown_classes_are_not_used_and_that_is_said() -> None:
    superclasses = from_labels(Classes.of([1, 2], [5, 4]), {1: 0, 2: 1, 77: 1})
    assert "class 77" in superclasses.notes[0]


def test_labels_of_another_classification_are_an_error_that_names_both_ranges() -> None:
    with pytest.raises(OptionError, match=r"classes 2–8, but the class averages are classes 1"):
        from_labels(Classes.of([1, 20, 21], [5, 4, 1]), dict.fromkeys(range(1, 9), "a"))
    half = from_labels(Classes.of([1, 2], [5, 4]), dict.fromkeys(range(1, 5), "a"))
    assert "classes 3 and 4" in half.notes[0]
    selected = from_labels(Classes.of([1, 2], [5, 4]), dict.fromkeys(range(1, 99), "a"))
    assert selected.label.tolist() == [0, 0]


def test_a_written_superclass_table_is_read_back(write) -> None:
    first = from_labels(Classes.of([4, 8, 6], [3, 9, 5]), {4: 1, 8: 1, 6: 0})
    rows = zip(first.class_id, first.label, strict=True)
    text = "class_id,superclass\n" + "".join(f"{c},{k}\n" for c, k in rows)
    again = from_labels(Classes.of([4, 8, 6], [3, 9, 5]), read_labels(write(text)))
    np.testing.assert_array_equal(first.label, again.label)
