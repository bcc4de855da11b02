"""`affinity.npz` keeps everything, in the same bytes each time, and opens nothing dangerous."""

from __future__ import annotations

import os
import tempfile
import time
import zipfile
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from rebalance.errors import InputError
from rebalance.model import Affinity, Alignment
from rebalance.record.affinity_file import read_affinity, write_affinity


def make_affinity(rng: np.random.Generator, n: int = 6, *, full: bool = True) -> Affinity:
    values = rng.random((n, n), dtype=np.float32)
    values = (values + values.T) / 2
    np.fill_diagonal(values, 1)
    pairs = n * (n - 1) // 2
    alignment = Alignment(
        rotation=rng.uniform(-180, 180, pairs).astype(np.float32),
        shift=rng.normal(size=(pairs, 2)).astype(np.float32),
        mirror=rng.random(pairs) < 0.5,
        n=n,
    )
    return Affinity(
        values=values,
        class_id=np.arange(n, dtype=np.int64) * 3 + 2,
        is_empty=np.arange(n) == 1,
        metric="rotational-cc",
        options={"max_shift": "40A", "mirror": True},
        alignment=alignment if full else None,
        raw=(1 - values) if full else None,
        facts={"mask_diameter_A": 210.5, "note": "å"},
        key="ab" * 32,
    )


def assert_equal(one: Affinity, two: Affinity) -> None:
    for name in ("values", "class_id", "is_empty", "raw"):
        a, b = getattr(one, name), getattr(two, name)
        assert (a is None) == (b is None)
        if a is not None:
            assert a.dtype == b.dtype
            np.testing.assert_array_equal(a, b)
    assert (one.metric, dict(one.options), dict(one.facts), one.key) == (
        two.metric,
        dict(two.options),
        dict(two.facts),
        two.key,
    )
    assert (one.alignment is None) == (two.alignment is None)
    if one.alignment is not None and two.alignment is not None:
        for name in ("rotation", "shift", "mirror"):
            np.testing.assert_array_equal(
                getattr(one.alignment, name), getattr(two.alignment, name)
            )


@pytest.mark.parametrize("full", [True, False])
@pytest.mark.parametrize("n", [0, 1, 2, 7])
def test_what_is_written_is_read_back(
    rng: np.random.Generator, tmp_path: Path, n: int, full: bool
) -> None:
    affinity = make_affinity(rng, n, full=full)
    write_affinity(affinity, tmp_path / "a.npz")
    assert_equal(read_affinity(tmp_path / "a.npz"), affinity)


def test_bytes_do_not_depend_on_the_clock(
    rng: np.random.Generator, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    affinity = make_affinity(rng)
    write_affinity(affinity, tmp_path / "a.npz")
    monkeypatch.setattr(time, "time", lambda: 1_000_000_000.0)
    write_affinity(affinity, tmp_path / "b.npz")
    assert (tmp_path / "a.npz").read_bytes() == (tmp_path / "b.npz").read_bytes()
    with zipfile.ZipFile(tmp_path / "a.npz") as archive:
        assert {info.date_time for info in archive.infolist()} == {(1980, 1, 1, 0, 0, 0)}


def test_numpy_alone_reads_the_matrix(rng: np.random.Generator, tmp_path: Path) -> None:
    affinity = make_affinity(rng)
    write_affinity(affinity, tmp_path / "a.npz")
    with np.load(tmp_path / "a.npz", allow_pickle=False) as content:
        np.testing.assert_array_equal(content["values"], affinity.values)
        assert str(content["metric"]) == "rotational-cc"


def test_a_matrix_of_ones_own_with_class_numbers_is_enough(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    affinity = make_affinity(rng, full=False)
    np.savez(tmp_path / "own.npz", values=affinity.values, class_id=affinity.class_id)
    read = read_affinity(tmp_path / "own.npz")
    np.testing.assert_array_equal(read.values, affinity.values)
    assert not read.is_empty.any()


class _Trap:
    """Leaves a file behind if it is ever unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, int]]:
        return os.open, (self.path, os.O_CREAT | os.O_WRONLY)


def test_pickled_arrays_are_refused_and_never_loaded(
    rng: np.random.Generator, tmp_path: Path
) -> None:
    trap = np.array([_Trap(str(tmp_path / "sprung"))], dtype=object)
    np.savez(tmp_path / "evil.npz", values=trap, class_id=np.arange(1))
    with pytest.raises(InputError, match=r"(?i)pickle"):
        read_affinity(tmp_path / "evil.npz")
    assert not (tmp_path / "sprung").exists()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"values": np.full((6, 6), 2.0)}, "go from 2 to 2, expected 0 to 1"),
        ({"values": np.triu(np.ones((6, 6)))}, "not symmetric"),
        ({"values": np.full((6, 6), np.nan)}, "NaN"),
        ({"values": np.ones((5, 5))}, r"values has shape \(5, 5\), expected \(6, 6\)"),
        ({"values": np.full((6, 6), "x")}, "expected numbers"),
        ({"class_id": np.array([1, 2, 2, 3, 4, 5])}, "Class number 2 occurs twice"),
        ({"class_id": np.arange(6) + 0.5}, "whole numbers"),
        ({"is_empty": np.zeros(3, bool)}, r"is_empty has shape \(3,\)"),
        ({"rotation": np.zeros(4)}, r"rotation has shape \(4,\), expected \(15,\)"),
        ({"options": np.array("{")}, "options can't be read: it is not JSON"),
        ({"version": np.array(99)}, "version 99"),
    ],
)
def test_content_that_is_no_affinity_is_named(
    rng: np.random.Generator, tmp_path: Path, change: dict[str, np.ndarray], message: str
) -> None:
    path = tmp_path / "a.npz"
    write_affinity(make_affinity(rng), path)
    with np.load(path) as content:
        arrays = dict(content) | change
    np.savez(path, **arrays)
    with pytest.raises(InputError, match=message) as caught:
        read_affinity(path)
    assert caught.value.path == path


def test_missing_and_foreign_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="There is no such file"):
        read_affinity(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("superclass 1\n")
    with pytest.raises(InputError, match="is not an affinity file"):
        read_affinity(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(InputError, match="no array 'values'; found x"):
        read_affinity(tmp_path / "other.npz")


@settings(deadline=None, max_examples=150)
@given(data=st.data())
def test_a_damaged_file_is_noticed(data: st.DataObject) -> None:
    """Cut short or with flipped bits, it is an InputError, or unharmed in what it says."""
    affinity = make_affinity(np.random.default_rng(0))
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "a.npz"
        write_affinity(affinity, path)
        whole = path.read_bytes()
        if data.draw(st.booleans(), label="cut"):
            torn = whole[: data.draw(st.integers(0, len(whole) - 1), label="length")]
        else:
            at = data.draw(st.integers(0, len(whole) - 1), label="at")
            flip = data.draw(st.integers(1, 255), label="flip")
            torn = whole[:at] + bytes([whole[at] ^ flip]) + whole[at + 1 :]
        path.write_bytes(torn)
        try:
            read = read_affinity(path)
        except InputError:
            return
        np.testing.assert_array_equal(read.values, affinity.values)
        np.testing.assert_array_equal(read.class_id, affinity.class_id)


def test_particle_counts_are_not_written(tmp_path: Path, rng: np.random.Generator) -> None:
    plain = make_affinity(rng)
    more = replace(plain, n_particles=np.arange(6))
    for name, affinity in (("plain", plain), ("more", more)):
        write_affinity(affinity, tmp_path / name)
    assert (tmp_path / "plain").read_bytes() == (tmp_path / "more").read_bytes()
    assert read_affinity(tmp_path / "more").n_particles is None
