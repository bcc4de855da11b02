"""A ``.csg`` is text from anywhere: whatever it holds is read in bounded time, or refused."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from rebalance.errors import InputError
from rebalance.formats.csg_file import read_group

BOMB = "a0: &a0 [x, x]\n" + "".join(
    f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 9)}]\n" for n in range(1, 10)
)
RESULTS = "results:\n  blob: {metafile: %s}\n"
MANY = (
    "a: &a {metafile: '>a.cs', "
    + ", ".join(f"k{n}: 1" for n in range(2500))
    + "}\nresults: {"
    + ", ".join(f"s{n}: *a" for n in range(2500))
    + "}\n"
)


@pytest.mark.parametrize(
    "text",
    [
        BOMB + RESULTS % "*a9",
        RESULTS % ("[" * 2000 + "]" * 2000),
        "[" * 60_000,
        "{a: " * 15_000,
        RESULTS % "{a: b}",
        RESULTS % f"'>{'x' * 300}'",
        RESULTS % f"'>{'x/' * 3000}'",
        RESULTS % '">a\\0b.cs"',
        RESULTS % "''",
        RESULTS % "'>..'",
        RESULTS % "!!python/object/apply:os.system [ls]",
        "results: &r\n  blob: *r\n",
        "results: []\n",
        "results: {blob: {metafile: null}}\n---\nresults: {}\n",
        "results: {? [a] : {metafile: b}}\n",
        "a: *nowhere\n",
        MANY,
        "\ufeff",
        "x: 1\n" * 100_000,
        "",
    ],
    ids=lambda text: text[:12].replace("\n", " "),
)
def test_what_is_no_group_is_refused_soon(tmp_path: Path, text: str) -> None:
    path = tmp_path / "particles.csg"
    path.write_text(text, encoding="utf-8")
    began = time.process_time()
    with pytest.raises(InputError):
        read_group(path)
    assert time.process_time() - began < 10


@pytest.mark.parametrize("content", [b"\xff\xfe", b"results:\x00", b"\x80\x81"])
def test_what_is_no_text_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / "particles.csg").write_bytes(content)
    with pytest.raises(InputError):
        read_group(tmp_path / "particles.csg")


@pytest.mark.parametrize("created", ["2020-13-45", "!!binary x", "0000-00-00 00:00:00", "null"])
def test_a_date_of_any_kind_is_none_of_ours(tmp_path: Path, created: str) -> None:
    (tmp_path / "a.cs").touch()
    path = tmp_path / "particles.csg"
    path.write_text(f"created: {created}\n" + RESULTS % "'>a.cs'")
    assert read_group(path).files == {"blob": tmp_path / "a.cs"}


def test_an_alias_of_a_name_is_as_good(tmp_path: Path) -> None:
    (tmp_path / "a.cs").touch()
    path = tmp_path / "particles.csg"
    path.write_text("results:\n  blob: &r {metafile: &m '>a.cs'}\n  ctf: *r\n")
    assert set(read_group(path).files) == {"blob", "ctf"}


def test_a_metafile_may_start_from_the_project(tmp_path: Path) -> None:
    job = tmp_path / "J3"
    job.mkdir()
    (tmp_path / "J2").mkdir()
    (tmp_path / "J2" / "b.cs").touch()
    (job / "a.cs").touch()
    path = job / "particles.csg"
    path.write_text("results: {blob: {metafile: J3/a.cs}, ctf: {metafile: J2/b.cs}}")
    assert read_group(path).files == {"blob": job / "a.cs", "ctf": tmp_path / "J2" / "b.cs"}
