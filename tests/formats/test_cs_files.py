"""A .cs file that is damaged or dangerous is refused before anything is made of it."""

from __future__ import annotations

import json
import pickle
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

from rebalance import formats
from rebalance.errors import InputError, OutputError, RebalanceError
from rebalance.formats.cs_file import open_cs, write_rows
from rebalance.formats.cs_numpy import NumpyTable
from tests.formats.cs_encodings import BOTH


def test_a_table_cut_short_says_how_many_rows_are_there(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles(n=40)
    table = cryosparc_job.save("particles.cs", main)
    table.write_bytes(table.read_bytes()[: -2 * main.itemsize - 5])
    with pytest.raises(
        InputError, match="cut short: 40 rows according to the header, 37 in the file"
    ):
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
        (b"\x00\x01\x02", "does not start like"),
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
    with pytest.raises(InputError, match=r"damaged|which is not supported"):
        formats.read(path, need_class_averages=False)


def spelt(table: np.ndarray, change: Callable[[str], str], version: int = 1) -> bytes:
    """A NumPy file whose header is written otherwise than NumPy does."""
    shape = f"{{'descr': {table.dtype.descr}, 'fortran_order': False, 'shape': ({len(table)},), }}"
    header = change(shape)
    length = 2 if version == 1 else 4
    text = header.encode().ljust(1500 - 1) + b"\n"
    return (
        b"\x93NUMPY"
        + bytes([version, 0])
        + len(text).to_bytes(length, "little")
        + text
        + table.tobytes()
    )


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text,
        lambda text: text.replace("'shape': (40,)", "'shape' : ( 40 , )"),
        lambda text: text.replace("'shape': (40,)", "'shape': (40L,)"),
        lambda text: text.replace("'", '"'),
        lambda text: text.replace("(40,)", "(0x28,)"),
        lambda text: text.replace("(40,)", "(4_0,)"),
        lambda text: text.replace(", 'shape': (40,)", "").replace("{", "{'shape': (40,), "),
        lambda text: "   " + text,
    ],
)
@pytest.mark.parametrize("version", [1, 2, 3])
def test_a_header_that_is_spelt_otherwise_is_written_anew(
    cryosparc_job, write_back, tmp_path: Path, change, version: int
) -> None:
    main, _ = cryosparc_job.particles()
    table = cryosparc_job.folder / "particles.cs"
    table.write_bytes(spelt(main, change, version))
    if version == 3 and "40L" in change("'shape': (40,)"):
        pytest.skip("Python 2 wrote no such files")
    keep = np.arange(40) < 7
    write_back(formats.read(table, need_class_averages=False), keep, tmp_path / "out")
    written = tmp_path / "out" / "particles_selected.cs"
    assert np.load(written).tobytes() == main[:7].tobytes()
    assert len(formats.read(written, need_class_averages=False).particles) == 7


def test_bytes_after_the_rows_are_refused(cryosparc_job) -> None:
    main, _ = cryosparc_job.particles()
    table = cryosparc_job.save("particles.cs", main)
    table.write_bytes(table.read_bytes() + b"!")
    with pytest.raises(InputError, match="1 bytes follow the 40 rows"):
        formats.read(table, need_class_averages=False)


def test_what_does_not_read_back_is_an_error(cryosparc_job, tmp_path: Path, monkeypatch) -> None:
    main, _ = cryosparc_job.particles()
    table = open_cs(cryosparc_job.save("particles.cs", main))
    monkeypatch.setattr(NumpyTable, "_header", lambda self, n: spelt(main[:0], lambda t: t))
    with pytest.raises(OutputError, match="can't be read back"):
        write_rows(table, tmp_path / "written.cs", np.arange(7))


@pytest.mark.parametrize(
    "header",
    [
        '{"length": Infinity, "dtype": [["a", "<u4"]], "compression": null, %s}',
        '{"length": 3, "dtype": [["a", null]], "compression": null, %s}',
        '{"length": 3, "dtype": [["a", "(("]], "compression": null, %s}',
        '{"length": 3, "dtype": [["a", "<u4"], ["a", "<u4"]], "compression": null, %s}',
        '{"length": 10000000000, "dtype": [["a", "S0"]], "compression": null, %s}',
        '{"length": 10000000000, "dtype": [["a", "<u4", [0]]], "compression": null, %s}',
        '{"length": 10000000000, "dtype": [], "compression": null, %s}',
        '{"length": 3, "dtype": [["a", "S999999999999999999"]], "compression": null, %s}',
        '{"length": 3, "dtype": [["a", "f4,f4"]], "compression": null, %s}',
        '{"length": 3, "dtype": [["", "<u4"]], "compression": null, %s}',
        '{"length": true, "dtype": [["a", "<u4"]], "compression": null, %s}',
        '{"length": "3", "dtype": [["a", "<u4"]], "compression": null, %s}',
        '{"length": 3, "dtype": {"a": "<u4"}, "compression": null, %s}',
        "[1, 2]",
        "[" * 100_000,
        '{"a":' * 50_000,
    ],
)
def test_an_impossible_header_of_a_stream_is_refused(tmp_path: Path, header: str) -> None:
    path = tmp_path / "particles.cs"
    text = header.replace("%s", '"compressed_fields": []').encode()
    path.write_bytes(b"\x95CSDAT" + len(text).to_bytes(4, "little") + text + bytes(40))
    with pytest.raises(InputError, match=r"damaged|which is not supported"):
        formats.read(path, need_class_averages=False)


def test_a_column_that_unpacks_to_far_more_than_the_file_is_refused(tmp_path: Path) -> None:
    lz4 = pytest.importorskip("lz4.block")
    n = 1 << 25
    header = {
        "length": n,
        "dtype": [["uid", "<u8"]],
        "compression": "lz4",
        "compressed_fields": ["uid"],
    }
    text, packed = json.dumps(header).encode(), lz4.compress(bytes(8 * n), store_size=False)
    path = tmp_path / "particles.cs"
    sizes = [len(part).to_bytes(4, "little") for part in (text, packed)]
    path.write_bytes(b"\x95CSDAT" + sizes[0] + text + sizes[1] + packed)
    with pytest.raises(InputError, match="damaged"):
        formats.read(path, need_class_averages=False)


def test_a_field_without_a_name_stays_when_fields_are_added(tmp_path: Path) -> None:
    dtype = np.dtype({"names": ["uid", "", "psize"], "formats": ["<u8", "<f4", ("<f4", (2,))]})
    table = np.zeros(5, dtype)
    table[""] = np.arange(5)
    with open(tmp_path / "particles.cs", "wb") as out:
        np.lib.format.write_array(out, table)
    added = np.zeros(3, dtype=[("pose", "<f4", (3,)), ("psize", "<f4", (2,))])
    added["pose"] = np.arange(9).reshape(3, 3)
    written = tmp_path / "written.cs"
    write_rows(NumpyTable(tmp_path / "particles.cs"), written, np.array([0, 2, 4]), added)
    found = NumpyTable(written)
    assert found.dtype.names == ("uid", "", "pose", "psize")
    np.testing.assert_array_equal(found.values(""), [0, 2, 4])
    np.testing.assert_array_equal(found.values("pose"), added["pose"])
