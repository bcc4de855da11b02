"""Star tables: values read right, rows written back byte for byte, mistakes named by line."""

from __future__ import annotations

import io
import math
import os
import time
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from rebalance import formats
from rebalance.errors import InputError
from rebalance.formats import star_loop, star_text
from rebalance.formats.star_file import StarFile

in_tmp = settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=60
)


@pytest.fixture(params=[1, 1 << 40], ids=["compiled", "arrays"], autouse=True)
def passes(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Every table here is read by the passes for large ones, and by those for small ones."""
    monkeypatch.setattr(star_loop, "_LARGE", request.param)


def star(path: Path, text: str | bytes) -> StarFile:
    target = path / "t.star"
    target.write_bytes(text.encode() if isinstance(text, str) else text)
    return StarFile(target)


def table(path: Path, text: str | bytes) -> star_loop.StarLoop:
    loop = next(block.loop for block in star(path, text).blocks if block.loop is not None)
    assert loop is not None
    return loop


def written(loop: star_loop.StarLoop, keep: list[bool] | np.ndarray) -> bytes:
    out = io.BytesIO()
    loop.write(out, np.asarray(keep, dtype=bool))
    return out.getvalue()


words = st.text(
    st.characters(codec="utf-8", categories=("L", "N", "P", "S"), exclude_characters="\"'#"),
    min_size=1,
    max_size=12,
).filter(lambda word: not word.startswith(("_", "data_", "loop_", ";", "$", "[", "]")))
quoted = st.text("ab 1#_.", min_size=1, max_size=8).map(lambda word: f'"{word}"')
spaces = st.text(" \t", min_size=1, max_size=3)
between = st.sampled_from(["", "", "", "\n", "# a note, 1 2 3\n", " \t\n", "   # another\n"])


@st.composite
def star_texts(draw: st.DrawFn) -> tuple[bytes, list[bytes], list[list[str]]]:
    """A file, its rows as bytes, and the values in them."""
    n_columns = draw(st.integers(2, 5))
    n_rows = draw(st.integers(0, 8))
    newline = draw(st.sampled_from(["\n", "\r\n"]))
    head = draw(st.sampled_from(["", "\n# version 30001\n\n"]))
    numbered = draw(st.booleans())
    labels = "".join(
        f"_rlnColumn{i}{f' #{i + 1}' if numbered else ''} {newline}" for i in range(n_columns)
    )
    parts = [f"{head}data_\n\nloop_ \n{labels}".encode()]
    rows, values = [], []
    for _ in range(n_rows):
        parts.append(draw(between).encode())
        tokens = [draw(st.one_of(words, quoted)) for _ in range(n_columns)]
        line = draw(st.sampled_from(["", "  "])) + "".join(token + draw(spaces) for token in tokens)
        rows.append((line + newline).encode())
        values.append([token.strip('"') for token in tokens])
        parts.append(rows[-1])
    parts.append(draw(st.sampled_from(["", "\n", " \n\n# version 30001\n\ndata_other\n_rlnA 3\n"])))
    parts = [part.encode() if isinstance(part, str) else part for part in parts]
    if rows and parts[-1] == b"" and draw(st.booleans()):
        rows[-1] = parts[-2] = rows[-1].rstrip(b"\r\n")
    return b"".join(parts), rows, values


@given(star_texts(), st.randoms(use_true_random=False))
@in_tmp
def test_any_subset_is_the_file_without_the_other_rows(tmp_path: Path, made, random) -> None:
    text, rows, _ = made
    loop = table(tmp_path, text)
    keep = [random.random() < 0.5 for _ in rows]
    assert [loop.row_bytes(row) for row in range(len(loop))] == rows
    assert written(loop, [True] * len(rows)) == text
    expected, at = b"", 0
    for row, kept in zip(rows, keep, strict=True):
        begin = text.index(row, at)
        expected += text[at:begin] + (row if kept else b"")
        at = begin + len(row)
    assert written(loop, keep) == expected + text[at:]


@given(star_texts())
@in_tmp
def test_values_are_the_tokens_without_quotes(tmp_path: Path, made) -> None:
    text, _, values = made
    loop = table(tmp_path, text)
    for column, name in enumerate(loop.column_names):
        expected = [row[column] for row in values]
        found = loop.read_column(name)
        if found.dtype.kind == "U":
            assert found.tolist() == expected
        else:
            missing = {"<NA>": "nan", "?": "nan", ".": "nan"}
            numbers = [float(missing.get(word, word)) for word in expected]
            np.testing.assert_array_equal(found, numbers)


numbers_as_text = st.one_of(
    st.integers(-(2**63), 2**63 - 1).map(str),
    st.floats(allow_subnormal=True).map(repr),
    st.floats(-1e6, 1e6).map("{:12.6f}".format),
    st.floats(allow_nan=False, allow_infinity=False).map("{:e}".format),
    st.sampled_from(["inf", "-inf", "-nan", "nan", "+5", "00012", "1e5", ".5", "5.", "1E-07"]),
)


@given(st.lists(numbers_as_text, min_size=1, max_size=20))
@in_tmp
def test_numbers_are_those_that_python_reads(tmp_path: Path, tokens: list[str]) -> None:
    rows = "".join(f"{token} x\n" for token in tokens)
    found = table(tmp_path, f"data_\nloop_\n_rlnA\n_rlnB\n{rows}").read_column("rlnA")
    if all(token.strip().lstrip("+-").isdigit() for token in tokens):
        assert found.dtype == np.int64
        assert found.tolist() == [int(token) for token in tokens]
    else:
        assert found.dtype == np.float64
        for value, token in zip(found.tolist(), tokens, strict=True):
            expected = float(token)
            assert value == expected or (math.isnan(value) and math.isnan(expected))
            assert math.copysign(1, value) == math.copysign(1, expected) or math.isnan(expected)


@pytest.mark.parametrize("token", ["9" * 30, "-" + "9" * 400, "9" * 5000, str(2**63)])
def test_a_whole_number_beyond_64_bits_is_a_real_one(tmp_path: Path, token: str) -> None:
    found = table(tmp_path, f"data_\nloop_\n_rlnA\n{token}\n7\n").read_column("rlnA")
    assert found.dtype == np.float64
    assert found.tolist() == [float(token), 7.0]


@pytest.mark.parametrize("token", ["1_000", "0x10", "1e", "e5", "-", "1.2.3", "12a", "--1"])
def test_what_only_looks_like_a_number_is_text(tmp_path: Path, token: str) -> None:
    found = table(tmp_path, f"data_\nloop_\n_rlnA\n{token}\n7\n").read_column("rlnA")
    assert found.tolist() == [token, "7"]


def test_chunks_and_threads_give_what_one_pass_gives(
    tmp_path: Path, rng: np.random.Generator, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = "".join(f"{i} name{'x' * int(rng.integers(9))} {i / 7:.5f}\n" for i in range(3_000))
    text = f"data_\nloop_\n_rlnA\n_rlnB\n_rlnC\n{rows}\n# end\n\ndata_b\n_rlnQ 1\n"
    keep = rng.random(3_000) < 0.3
    whole = table(tmp_path, text)
    columns = [whole.read_column(name) for name in whole.labels]
    subset = written(whole, keep)
    monkeypatch.setattr(star_text, "PIECE", 1_000)
    chunked = table(tmp_path, text)
    chunked.scan("rlnB")
    for name, column in zip(whole.labels, columns, strict=True):
        np.testing.assert_array_equal(chunked.read_column(name), column)
    assert written(chunked, keep) == subset
    assert columns[0].tolist() == list(range(3_000))


def test_every_real_star_file_comes_back_byte_for_byte(real_data: Path) -> None:
    files = sorted(real_data.rglob("*.star"))
    assert len(files) >= 17
    for path in files:
        for block in StarFile(path).blocks:
            if block.loop is not None:
                n = len(block.loop)
                assert written(block.loop, np.ones(n, dtype=bool)) == path.read_bytes()
                none = written(block.loop, np.zeros(n, dtype=bool))
                sizes = sum(len(block.loop.row_bytes(row)) for row in range(n))
                assert len(none) == path.stat().st_size - sizes


def test_starfile_reads_the_same_values_from_every_real_file(real_data: Path) -> None:
    starfile = pytest.importorskip("starfile")
    for path in sorted(real_data.glob("star_variants/**/*.star")):
        blocks = starfile.read(path, always_dict=True)
        for block in StarFile(path).blocks:
            if block.loop is None or len(block.loop) < 2:
                continue
            frame = blocks[block.name]
            assert [f"_{name}".removeprefix("_") for name in frame.columns] == list(
                block.loop.labels
            )
            for name in block.loop.labels:
                ours, theirs = block.loop.read_column(name), frame[name].to_numpy()
                if ours.dtype.kind in "if" and theirs.dtype.kind in "if":
                    np.testing.assert_allclose(ours, theirs, rtol=1e-15)
                elif ours.dtype.kind == "U":
                    assert ours.tolist() == [str(word) for word in theirs]


simple = st.one_of(
    st.integers(-(10**9), 10**9).map(str),
    st.floats(-1e6, 1e6).map("{:.6f}".format),
    st.from_regex(r"[a-z]{2}[a-z0-9@/.]{0,9}", fullmatch=True).filter(
        lambda word: word not in ("nan", "inf", "null", "true", "false") and len(word) > 3
    ),
)


@given(
    st.lists(st.tuples(simple, simple, simple), min_size=2, max_size=12),
    st.data(),
)
@settings(in_tmp, max_examples=25)
def test_starfile_reads_the_written_subset(tmp_path: Path, rows, data) -> None:
    starfile = pytest.importorskip("starfile")
    body = "".join(f"  {a} {b:>12s}\t{c} \n" for a, b, c in rows)
    text = f"data_x\n\nloop_\n_rlnA #1\n_rlnB #2\n_rlnC #3\n{body}\n"
    keep = data.draw(st.lists(st.booleans(), min_size=len(rows), max_size=len(rows)))
    (tmp_path / "subset.star").write_bytes(written(table(tmp_path, text), keep))
    if sum(keep) < 2:
        return
    frame = starfile.read(tmp_path / "subset.star", parse_as_string=["rlnA", "rlnB", "rlnC"])
    kept = [list(row) for row, is_in in zip(rows, keep, strict=True) if is_in]
    assert frame.to_numpy().tolist() == kept


def test_labels_may_be_unnumbered_and_names_asked_for_with_underscore(tmp_path: Path) -> None:
    loop = table(tmp_path, "data_\n\nloop_\n_rlnA\n_rlnB #7\n1 2\n")
    assert loop.column_names == ("rlnA", "rlnB")
    assert loop.read_column("_rlnB").tolist() == [2]
    with pytest.raises(KeyError):
        loop.read_column("rlnC")


def test_a_row_that_begins_with_data_is_a_row(tmp_path: Path) -> None:
    loop = table(tmp_path, "data_\n\nloop_\n_rlnA\n_rlnB\ndata_1.mrc 2\ndata_2.mrc 3\n")
    assert loop.read_column("rlnA").tolist() == ["data_1.mrc", "data_2.mrc"]


def test_quotes_in_the_middle_of_a_token_belong_to_it(tmp_path: Path) -> None:
    loop = table(tmp_path, "data_\nloop_\n_rlnA\n_rlnB\nit's 'a b'\n'tis \"c d\" # note\n\"\" e\n")
    assert loop.read_column("rlnA").tolist() == ["it's", "'tis", ""]
    assert loop.read_column("rlnB").tolist() == ["a b", "c d", "e"]


def test_pairs_are_read_with_quotes(tmp_path: Path) -> None:
    block = star(tmp_path, "data_x\n\n_rlnA   'one two' # note\n_rlnB 2\n# c\n").block("x")
    assert block is not None
    assert block.pairs == {"rlnA": "one two", "rlnB": "2"}
    assert block.loop is None


def test_a_byte_order_mark_does_no_harm(tmp_path: Path) -> None:
    loop = table(tmp_path, b"\xef\xbb\xbfdata_\nloop_\n_rlnA\n5\n")
    assert loop.read_column("rlnA").tolist() == [5]


@pytest.mark.parametrize("row", ["1 2", "1 2 3 4", "'a b 3 4'"])
def test_a_ragged_row_is_named_by_its_line(tmp_path: Path, row: str) -> None:
    loop = table(tmp_path, f"\ndata_\n\nloop_\n_rlnA\n_rlnB\n_rlnC\n1 2 3\n\n{row}\n1 2 3\n")
    with pytest.raises(InputError, match=r"t\.star, line 10: This row .* 3 columns"):
        len(loop)


def test_a_ragged_row_is_found_in_any_chunk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(star_text, "PIECE", 64)
    rows = ["1 2 3"] * 200
    rows[150] = "1 2"
    loop = table(tmp_path, "data_\nloop_\n_rlnA\n_rlnB\n_rlnC\n" + "\n".join(rows))
    with pytest.raises(InputError, match="line 156"):
        loop.scan("rlnA")


def test_a_second_loop_in_a_block_is_an_error(tmp_path: Path) -> None:
    loop = table(tmp_path, "data_\nloop_\n_rlnA\n_rlnB\n1 2\nloop_\n_rlnC\n_rlnD\n1 2\n")
    with pytest.raises(InputError, match="second loop_"):
        len(loop)


def test_a_label_named_twice_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="line 4: The column _rlnA occurs twice"):
        table(tmp_path, "data_\nloop_\n_rlnA\n_rlnA\n1 2\n")


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "empty"),
        (b"hello\nworld\n", "no data_ block"),
        (b"data_\0\1\2", "binary"),
    ],
)
def test_what_is_no_star_file_is_refused(tmp_path: Path, content: bytes, message: str) -> None:
    with pytest.raises(InputError, match=message):
        star(tmp_path, content)


def test_whole_numbers_written_as_floats_are_whole(tmp_path: Path) -> None:
    loop = table(tmp_path, "data_\nloop_\n_rlnA\n1.000000\n97\n")
    assert loop.read_integers("rlnA").tolist() == [1, 97]


@pytest.mark.parametrize("word", ["1.5", "nan", "x", "1e300"])
def test_a_value_that_is_no_whole_number_is_named_by_its_line(tmp_path: Path, word: str) -> None:
    loop = table(tmp_path, f"data_\nloop_\n_rlnA\n4\n{word}\n")
    with pytest.raises(InputError, match=r"line 5: _rlnA is .*a whole number was expected"):
        loop.read_integers("rlnA")


@pytest.mark.parametrize("blanks", ["", " ", "\t  ", " " * 700])
def test_blanks_before_data_and_loop_do_no_harm(tmp_path: Path, blanks: str) -> None:
    text = (
        f"# a\n{blanks}data_x\n\n{blanks}loop_\n{blanks}_rlnA #1\n 5\n\n{blanks}data_y\n_rlnB 3\n"
    )
    blocks = star(tmp_path, text).blocks
    assert [block.name for block in blocks] == ["x", "y"]
    assert blocks[0].loop.read_column("rlnA").tolist() == [5]
    assert blocks[1].pairs == {"rlnB": "3"}


def test_a_block_is_found_where_two_pieces_meet(tmp_path: Path, monkeypatch) -> None:
    text = "".join(f"\n{' ' * (n % 3)}data_{n}\n_rlnA {n}\n" for n in range(40))
    for size in (5, 6, 7, 16):
        monkeypatch.setattr(star_text, "PIECE", size)
        found = [block.pairs["rlnA"] for block in star(tmp_path, text).blocks]
        assert found == [str(n) for n in range(40)]


def test_repeated_names_are_counted_whatever_zeros_lead(tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr(star_text, "PIECE", 20)
    names = ["000001@a", "000002@a", "1@a", "000001@b", "000002@a", "01@a"]
    loop = table(tmp_path, "data_\nloop_\n_rlnA\n_rlnB\n" + "".join(f"{n} 7\n" for n in names))
    loop.scan("rlnB", "rlnA")
    assert loop.repeats() == (3, 0, 2)
    unique = table(tmp_path, "data_\nloop_\n_rlnA\n_rlnB\n1@a 7\n2@a 7\n")
    unique.scan("rlnB", "rlnA")
    assert unique.repeats() == (0, 0, 0)


def shorten(path: Path) -> str:
    os.truncate(path, path.stat().st_size // 2)
    return "became shorter while it was read"


def rewrite(path: Path) -> str:
    path.write_bytes(path.read_bytes().replace(b"1", b"2"))
    os.utime(path, (1, 1))
    return "was changed while it was read"


@pytest.mark.parametrize("change", [shorten, rewrite])
@pytest.mark.parametrize("then", ["scan", "column", "row", "write"])
def test_a_file_that_is_changed_meanwhile_is_an_error(tmp_path: Path, change, then) -> None:
    body = "".join(f"{n} word{n}\n" for n in range(20_000))
    loop = table(tmp_path, f"data_\nloop_\n_rlnA\n_rlnB\n{body}")
    if then != "scan":
        loop.scan("rlnA")
    says = change(tmp_path / "t.star")
    with pytest.raises(InputError, match=rf"t\.star: The file {says}"):
        {
            "scan": lambda: loop.scan("rlnA"),
            "column": lambda: loop.read_column("rlnB"),
            "row": lambda: loop.row_bytes(19_999),
            "write": lambda: written(loop, np.ones(20_000, dtype=bool)),
        }[then]()


def test_a_file_that_is_removed_meanwhile_is_read_to_its_end(tmp_path: Path) -> None:
    text = "data_\nloop_\n_rlnA\n" + "".join(f"{n}\n" for n in range(20_000))
    loop = table(tmp_path, text)
    (tmp_path / "t.star").unlink()
    assert loop.read_column("rlnA")[-1] == 19_999
    assert written(loop, np.ones(20_000, dtype=bool)) == text.encode()


@pytest.mark.parametrize("quote", ["'", '"'])
def test_a_long_line_of_quotes_is_read_in_little_time(tmp_path: Path, quote: str) -> None:
    line = f"{quote}a " * 100_000
    began = time.process_time()
    with pytest.raises(InputError, match="has 100000 values"):
        len(table(tmp_path, f"data_\nloop_\n_rlnA\n_rlnB\n1 2\n{line}\n"))
    assert star(tmp_path, f"data_\n_rlnA 1\n{line}\n").blocks[0].pairs == {"rlnA": "1"}
    assert time.process_time() - began < 10


def test_many_columns_are_read_in_little_time(tmp_path: Path) -> None:
    labels = "".join(f"_rln{n}\n" for n in range(50_000))
    began = time.process_time()
    assert len(table(tmp_path, f"data_\nloop_\n{labels}").labels) == 50_000
    assert time.process_time() - began < 10


def test_one_text_that_runs_on_is_refused_by_its_line(tmp_path: Path) -> None:
    rows = "".join(f"word{n} 1\n" for n in range(20_000))
    loop = table(tmp_path, f"data_\nloop_\n_rlnA\n_rlnB\n{rows}{'x' * 9_000} 1\n{rows}")
    with pytest.raises(InputError, match="line 20005: A value of rlnA has 9,000 characters"):
        loop.read_column("rlnA")
    assert loop.read_column("rlnB").sum() == 40_001


@pytest.mark.parametrize("lost", [b"\0", b"\0 ", b" \0\0\0"])
def test_a_hole_in_the_file_is_named_by_its_line(tmp_path: Path, lost: bytes) -> None:
    head = b"# " + b"x" * 70_000 + b"\ndata_\nloop_\n_rlnA\n_rlnB\n1 2\n"
    with pytest.raises(InputError, match="line 7: This line contains NUL bytes"):
        len(table(tmp_path, head + b"1" + lost + b"2\n1 2\n"))


def test_a_pipe_is_refused_at_once(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "run_it025_data.star")
    for path in (tmp_path, tmp_path / "run_it025_data.star"):
        with pytest.raises(InputError, match=r"not a regular file|a device or a pipe"):
            formats.read(path)
