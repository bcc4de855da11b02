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
    with pytest.raises(InputError, match="This file does not exist"):
        read_affinity(tmp_path / "none.npz")
    (tmp_path / "text.npz").write_text("superclass 1\n")
    with pytest.raises(InputError, match="not an affinity file"):
        read_affinity(tmp_path / "text.npz")
    np.savez(tmp_path / "other.npz", x=np.zeros(3))
    with pytest.raises(InputError, match="no array 'values', only x"):
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


def _entries(path: Path) -> dict[str, bytes]:
    write_affinity(make_affinity(np.random.default_rng(1), 4), path)
    with zipfile.ZipFile(path) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def _npy(descr: str, shape: str, body: bytes = b"") -> bytes:
    header = f"{{'descr': {descr}, 'fortran_order': False, 'shape': {shape}, }}\n".encode()
    return b"\x93NUMPY\x01\x00" + len(header).to_bytes(2, "little") + header + body


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("values", _npy("'<f4'", "(100000, 100000)"), "does not fit into"),
        ("values", _npy("'<f4'", "(10**12,)"), "header"),
        ("values", _npy("'<f4'", "(-3, 3)"), "does not fit into"),
        ("values", _npy("'<U100000000'", "(3,)"), "does not fit into"),
        ("values", _npy("'|V0'", "(99999999999999999999,)"), "damaged"),
        ("values", _npy("'<f4'", "(0, 99999999999999999999999)"), "damaged"),
        ("values", _npy("'|O'", "(3,)"), "Python objects"),
        ("values", b"\x93NUMPY\x03\x00\xff\xff\xff\xff", "header"),
        ("values", _npy("'<f4'", "(" * 300), "header"),
        ("values", _npy("'<f4'", "(3,\n  "), "header"),
        ("class_id", _npy("'<u8'", "(4,)", b"\xff" * 31 + b"\xfe"), "class numbers"),
        ("version", _npy("'<i8'", "(1000,)", b"\0" * 8000), "version"),
        ("metric", _npy("'<i8'", "(1000,)", b"\0" * 8000), "expected text"),
        ("metric", _npy("'<U1'", "()", b"\xff\xff\xff\x7f"), "not text|damaged"),
        ("metric", _npy("'<U1'", "()", b"\x00\xd8\x00\x00"), "not text|damaged"),
        ("options", _npy("'<U4'", "()", b"{\0\0\0g\0\x9e\0}\0\0\0 \0\0\0"), "not text"),
        ("notes", _npy("'<U3'", "()", "[1]".encode("utf-32-le")), "list of sentences"),
        ("facts", _npy("'<U200'", "()", ("[" * 200).encode("utf-32-le")), "nested|JSON"),
        ("facts", _npy("'<U10'", "()", '"\\ud800"'.ljust(10, " ").encode("utf-32-le")), "facts"),
        ("rotation", _npy("'<f8'", "(6,)", b"\xff" * 48), "NaN"),
    ],
)
def test_an_entry_that_claims_too_much_or_nonsense_is_refused(
    tmp_path: Path, name: str, content: bytes, says: str
) -> None:
    path = tmp_path / "affinity.npz"
    entries = _entries(path) | {f"{name}.npy": content}
    with zipfile.ZipFile(path, "w") as archive:
        for entry, its in entries.items():
            archive.writestr(entry, its)
    with pytest.raises(InputError, match=says) as caught:
        read_affinity(path)
    assert caught.value.path == path


def test_an_archive_that_would_unpack_to_far_more_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "affinity.npz"
    n = 5_000
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("values.npy", _npy("'<f4'", f"({n}, {n})", bytes(4 * n * n)))
    with pytest.raises(InputError, match="would unpack to"):
        read_affinity(path)
    with zipfile.ZipFile(path, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("values.npy", _npy("'<f4'", "(1, 1)", bytes(4)))
    with pytest.raises(InputError, match="NumPy does not use"):
        read_affinity(path)
