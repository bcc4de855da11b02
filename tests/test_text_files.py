"""Text, JSON and TOML files of unknown origin are read within bounds, or refused by name."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from rebalance.errors import InputError
from rebalance.text_files import MOST_BYTES, read_json, read_text, read_toml, text_lines


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "file"


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"", "not JSON"),
        (b"[1]", "no JSON object"),
        (b'{"a": 1', "cut short"),
        (b'{"a": ' + b"[" * 100_000, "nested too deeply"),
        (b'{"a": ' + b"[" * 60 + b"]" * 60 + b"}", "nested too deeply"),
        (b'{"a": ' + b"9" * 5000 + b"}", "5000 digits"),
        (b'{"a": [' + b"{}," * 200_000 + b"{}]}", "more than 50,000 values"),
        (b'{"a": "\xff"}', "not a text file"),
        (b'{"a": "\0"}', "not a text file"),
        (b'{"a": "' + b"x" * MOST_BYTES + b'"}', "larger than 1 MB"),
    ],
)
def test_what_is_no_json_object_is_refused(path: Path, content: bytes, says: str) -> None:
    path.write_bytes(content)
    with pytest.raises(InputError, match=says) as caught:
        read_json(path, "run record")
    assert caught.value.path == path
    assert "set_int_max_str_digits" not in str(caught.value)


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"a = ", "not valid TOML"),
        (b"a = " + b"[" * 100_000, "nested too deeply"),
        (b"a = " + b"[" * 60 + b"]" * 60, "nested too deeply"),
        (b"a = " + b"9" * 5000, "5000 digits"),
        (b"a = [" + b"0," * 110_000 + b"]", "more than 50,000 values"),
        (b"a = 2026-13-45", "not valid TOML"),
        (b".".join([b"a"] * 100_000) + b" = 1", "too many parts"),
        (b".".join([b"1.1"] * 50_000) + b" = 1", "too many parts"),
        (b"[" + b" . ".join([b'"="'] * 30_000) + b"]", "too many parts"),
        (b"a = '\xff'", "not a text file"),
    ],
)
def test_what_is_no_toml_is_refused_at_once(path: Path, content: bytes, says: str) -> None:
    path.write_bytes(content)
    began = time.process_time()
    with pytest.raises(InputError, match=says):
        read_toml(path)
    assert time.process_time() - began < 5


def test_many_numbers_on_a_line_of_toml_are_none_too_many(path: Path) -> None:
    path.write_text(f"a = [{', '.join(['0.5'] * 500)}]\n")
    assert len(read_toml(path)["a"]) == 500


def test_what_can_not_be_opened_is_named(tmp_path: Path) -> None:
    for path, says in (
        (tmp_path / "absent", "does not exist"),
        (tmp_path, "directory"),
        (tmp_path / ("a" * 300), "too long"),
        (tmp_path / "a\0b", "null"),
    ):
        for read in (read_text, read_toml, lambda path: [*text_lines(path)]):
            with pytest.raises(InputError, match=says) as caught:
                read(path)
            assert caught.value.path == path


def test_lines_are_numbered_and_without_a_mark(path: Path) -> None:
    path.write_bytes(b"\xef\xbb\xbfone\r\ntwo\n")
    assert [*text_lines(path)] == [(1, "one"), (2, "two")]
    assert read_text(path).split() == ["one", "two"]
    for bad in (b"one\n\xff\n", b"one\n\0\n"):
        path.write_bytes(bad)
        with pytest.raises(InputError, match="not a text file"):
            list(text_lines(path))


@pytest.mark.skipif(not os.path.exists("/dev/zero"), reason="there is no /dev/zero here")
def test_a_file_without_an_end_is_refused() -> None:
    with pytest.raises(InputError, match="larger than"):
        read_text(Path("/dev/zero"))
