"""Star files of our own making: RELION's digits, read back the same, and the same bytes always."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest
import starfile
import starfile.writer

from rebalance.star_writer import image_names, loop_block, number, pair_block


def test_what_is_written_reads_back(tmp_path: Path, rng: np.random.Generator) -> None:
    names = image_names(np.arange(1, 8), "a folder/stack.mrcs")
    values = rng.normal(size=7) * 10.0 ** np.arange(-4, 3)
    values[3] = np.inf
    columns = {"ImageName": names, "ClassNumber": np.arange(7), "AnglePsi": values}
    pairs = pair_block("general", {"PixelSize": 1.06, "NrClasses": 7, "MaskName": "None"})
    path = tmp_path / "t.star"
    path.write_text("# made in a test\n" + pairs + loop_block("particles", columns))
    blocks = starfile.read(path)
    assert blocks["general"] == {"rlnPixelSize": 1.06, "rlnNrClasses": 7, "rlnMaskName": "None"}
    table = blocks["particles"]
    assert table["rlnImageName"].tolist() == names
    assert table["rlnClassNumber"].tolist() == list(range(7))
    np.testing.assert_array_equal(table["rlnAnglePsi"], [float(number(v)) for v in values])


def test_the_time_of_day_is_not_in_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(starfile.writer, "package_info", lambda: "# written at noon, data_ and all")
    noon = loop_block("particles", {"ClassNumber": np.arange(3)})
    monkeypatch.setattr(starfile.writer, "package_info", lambda: "# written at midnight")
    assert loop_block("particles", {"ClassNumber": np.arange(3)}) == noon


def test_the_table_version_stands_above_each_block() -> None:
    columns = {"ClassNumber": np.arange(3)}
    assert loop_block("a", columns, version=50001).startswith("\n# version 50001\n\ndata_a\n")
    assert "#" not in loop_block("a", columns, version=None).partition("_rln")[0]


@pytest.mark.parametrize(
    ("value", "cell"),
    [
        (4.3, "4.300000"),
        (-11.23849, "-11.23849"),
        (10658.224473, "10658.224473"),
        (31972790, "3.197279e+07"),
        (6.465755e-4, "6.465755e-04"),
        (-6.46574e-4, "-6.46574e-04"),
        (0.001121, "0.001121"),
        (0.0, "0.000000"),
        (float("inf"), "inf"),
        (float("nan"), "-nan"),
    ],
)
def test_a_number_has_the_digits_that_relion_prints(value: float, cell: str) -> None:
    assert number(value) == cell


def test_numbers_are_printed_as_relion_prints_them(real_data: Path) -> None:
    text = (real_data / "relion31_70s" / "run_it020_model.star").read_text()
    text += (real_data / "relion31_70s" / "run_it020_data.star").read_text()[:200_000]
    printed = set(re.findall(r"-?\d+\.\d+(?:e[+-]\d+)?", text))
    assert len(printed) > 5000
    wrong = {cell for cell in printed if number(float(cell)) != cell}
    assert not wrong
