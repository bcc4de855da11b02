"""A .cs file that is damaged or dangerous is refused before anything is made of it."""

from __future__ import annotations

import pickle
from pathlib import Path

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError, RebalanceError
from tests.formats.cs_encodings import BOTH


def test_a_table_cut_short_says_how_many_rows_are_there(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles(n=40)
    table = cryosparc_job.save("particles.cs", main)
    table.write_bytes(table.read_bytes()[: -2 * main.itemsize - 5])
    with pytest.raises(InputError, match="cut short: the header says 40 rows, the file holds 37"):
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
    assert caught.value.hint


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
