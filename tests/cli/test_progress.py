"""How fast and how long: what a person is told of a long stage."""

from __future__ import annotations

import io

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.console import Console

from rebalance.cli.progress import WINDOW_SECONDS, Pace, TerminalProgress, clock


def test_a_steady_pace_is_said() -> None:
    pace = Pace()
    for second in range(11):
        pace.note(1_000 * second, 100_000, now=float(second))
    assert pace.per_second == pytest.approx(1_000)
    assert pace.seconds_left == pytest.approx(90)
    assert pace.words("pairs") == "1,000 pairs/s, 1:30 left"


def test_what_an_interrupted_run_left_does_not_count() -> None:
    pace = Pace()
    pace.note(50_000, 100_000, now=0.0)
    pace.note(51_000, 100_000, now=1.0)
    assert pace.words("pairs") == "1,000 pairs/s, 0:49 left"


def test_a_count_that_starts_again_has_a_pace_of_its_own() -> None:
    pace = Pace()
    pace.note(0, 1_000, now=0.0)
    pace.note(1_000, 1_000, now=1.0)
    pace.note(0, 1_000, now=2.0)
    assert pace.words("pairs") == ""
    pace.note(40, 1_000, now=4.0)
    assert pace.words("pairs") == "20 pairs/s, 0:48 left"


def test_nothing_is_said_before_it_is_known() -> None:
    pace = Pace()
    assert pace.words("pairs") == ""
    pace.note(0, 100, now=0.0)
    assert pace.words("pairs") == ""
    pace.note(1, 100, now=0.01)
    assert pace.words("pairs") == ""
    pace.note(3, 100, now=2.0)
    assert pace.words("pairs") == "1.5 pairs/s, 1:05 left"


def test_workers_that_come_quicken_the_pace() -> None:
    pace = Pace()
    done = 0
    for second in range(300):
        done += 10 if second < 200 else 1_000
        pace.note(done, 10**6, now=float(second))
    assert WINDOW_SECONDS < 100
    assert pace.per_second == pytest.approx(1_000)


@given(st.integers(0, 10**6))
def test_a_clock_says_the_same_number_of_seconds(seconds: int) -> None:
    *larger, last = (int(part) for part in clock(seconds).split(":"))
    total = 0
    for part in (*larger, last):
        total = 60 * total + part
    assert total == seconds
    assert last < 60


class Watched(TerminalProgress):
    """A progress whose console is text, of a terminal or not."""

    def __init__(self, *, is_terminal: bool, width: int = 80) -> None:
        super().__init__()
        self._console = Console(
            file=io.StringIO(), force_terminal=is_terminal, width=width, color_system=None
        )

    @property
    def text(self) -> str:
        file = self._console.file
        assert isinstance(file, io.StringIO)
        return file.getvalue()


TITLE = "Comparing 5,000 class averages (12,497,500 pairs)"
TOTAL = 12_497_500


@pytest.mark.parametrize("width", [80, 100])
def test_a_bar_has_pairs_rate_and_time_left_on_one_line(
    monkeypatch: pytest.MonkeyPatch, width: int
) -> None:
    now = [100.0]
    monkeypatch.setattr("rebalance.cli.progress.time.monotonic", lambda: now[0])
    progress = Watched(is_terminal=True, width=width)
    progress.stage("affinity", TITLE, unit="pairs")
    progress.advance(0, TOTAL)
    now[0] = 110.0
    progress.advance(1_234_560, TOTAL)
    progress._show(TITLE)
    progress.close()
    lines = [line for line in progress.text.splitlines() if TITLE in line]
    assert lines
    words = "10% 123,456 pairs/s, 1:31 left" if width == 100 else "10% 123,456/s, 1:31 left"
    assert words in " ".join(lines[-1].split())
    assert ("━" in lines[-1]) == (width == 100)


def test_lines_have_pairs_rate_and_time_left(monkeypatch: pytest.MonkeyPatch) -> None:
    now = [100.0]
    monkeypatch.setattr("rebalance.cli.progress.time.monotonic", lambda: now[0])
    monkeypatch.setattr("rebalance.cli.progress._LINE_EVERY_SECONDS", -1.0)
    progress = Watched(is_terminal=False)
    progress.stage("affinity", TITLE, unit="pairs")
    progress._show(TITLE)
    progress.advance(0, TOTAL)
    now[0] = 110.0
    progress.advance(1_234_560, TOTAL)
    progress.close()
    assert progress.text.splitlines() == [
        f"{TITLE} ...",
        f"{TITLE}: 0 % (0 pairs)",
        f"{TITLE}: 9 % (1,234,560 pairs), 123,456 pairs/s, 1:31 left",
    ]


def test_stages_without_a_unit_are_as_before(monkeypatch: pytest.MonkeyPatch) -> None:
    progress = Watched(is_terminal=False)
    progress.stage("figures", "Drawing figures")
    progress.advance(2, 8)
    progress._show("Drawing figures")
    progress.close()
    assert progress.text == "Drawing figures: 25 %\n"


@pytest.mark.parametrize("is_terminal", [True, False])
def test_what_is_said_is_a_line_of_its_own(is_terminal: bool) -> None:
    progress = Watched(is_terminal=is_terminal)
    progress.stage("affinity", TITLE, unit="pairs")
    progress.say("12 of [30] pairs were compared by a run that was stopped")
    progress.close()
    assert "12 of [30] pairs were compared by a run that was stopped.\n" in progress.text
