"""The numbers that the explanation of the method states are those of the code."""

from __future__ import annotations

import math
import re

import pytest

from docs.tools.pages import ROOT
from rebalance.arrangement import chain, plane, seriation
from rebalance.clusterings import hierarchical
from rebalance.imaging import centring, masks, polar, small_shifts
from rebalance.kernels import coarse_cpu, correlation_cpu, lane_fft_cpu, tops_cpu
from rebalance.metrics import search_features, search_options
from rebalance.views import gate

TEXT = " ".join((ROOT / "docs" / "method.md").read_text(encoding="utf-8").split())


@pytest.mark.parametrize(
    "words",
    [
        f"1 up to ${1 - masks.EDGE_FRACTION:g} R$",
        f"divided by {1 - masks.EDGE_FRACTION:g} because of the soft edge",
        {0.25: "no farther than a quarter of the box"}[centring.LARGEST_OFFSET],
        f"{search_options.ROOM_ABOUT_OBJECT:g} times the radius that holds",
        f"${search_options.AUTO_RINGS} / (2 R)$",
        f"above {search_options.FINEST:g} cycles per pixel",
        f"`max_shift` is {100 * search_options.AUTO_SHIFT_FRACTION:g} % of the box",
        {2.0: "padded to twice the box"}[polar._OVERSAMPLING],
        f"phase $2 \\pi k_{{hi}} t_{{max}}$ is at most {small_shifts.WIDEST:g}",
        "{} to {} of them, depending on that phase".format(
            *(sum(n for n, _ in small_shifts.CIRCLES[at][1]) for at in (0, -1))
        ),
        {9: "at the nine nearest angles"}[tops_cpu.NEAR],
        f"The {coarse_cpu.RINGS} lowest rings are searched exhaustively, at {lane_fft_cpu.POINTS} ",
        {6: "The six highest peaks"}[correlation_cpu.FEW_PEAKS],
        f"the {correlation_cpu.PEAKS} highest angles",
        {0.5: "become the best with half of this"}[search_features.DETAIL_TOLERANCE],
        f"| `{hierarchical.HierarchicalOptions().linkage}` (default) |",
        f"at least {gate.FEWEST} averages fit the map",
        {0.5: "at least half of the particles"}[gate.LARGEST_MISFIT_SHARE],
        f"correlation between them is at least {gate.AGREEING:g}",
        f"exactly up to {seriation.MOST_FOR_ALL_ENDS} averages",
        f"only the {seriation.ENDS} most promising leaves",
        {0.75: "of a shift three quarters"}[chain.CARRIED],
        f"of the {plane.MOST_ALIKE} averages that each is most like",
    ],
)
def test_a_number_is_that_of_the_code(words: str) -> None:
    assert words in TEXT


@pytest.mark.parametrize("radius", [20.0, 33.3, 64.0])
def test_the_number_of_rings_is_as_stated(radius: float) -> None:
    stated = re.search(r"K = 2 \\lceil ([\d.]+) \\, R", TEXT)
    assert stated is not None
    grid = polar.PolarGrid(radius=radius, k_low=0.02, k_high=0.4, max_shift=5.0)
    assert grid.n_rings == 2 * math.ceil(float(stated[1]) * radius * (0.4 - 0.02) - 1e-9)


def test_every_source_is_cited() -> None:
    text, _, sources = TEXT.partition("## Sources")
    numbers = {int(n) for n in re.findall(r"(?<!\d)(\d+)\. [A-Z]", sources)}
    cited = {int(n) for group in re.findall(r"\[(\d+(?:, \d+)*)\]", text) for n in group.split(",")}
    assert cited == numbers
