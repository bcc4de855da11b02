"""A bounded slice of the fuzzing, and what was found by it before."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from random import Random

import pytest

from rebalance.errors import InputError
from tests.fuzz import mutations
from tests.fuzz.campaign import Outcome, judge, run_campaign
from tests.fuzz.readers import READERS, Prepared, Reader

FOUND = Path(__file__).parent / "found"
SECONDS_EACH, MUTANTS_EACH = 1.0, 100


@pytest.mark.parametrize("name", READERS)
def test_no_mutant_ends_in_anything_but_an_error_of_ours(name: str, tmp_path: Path) -> None:
    """A short campaign; long ones: ``python -m tests.fuzz``."""
    outcome = run_campaign(
        READERS[name], tmp_path, mutants=MUTANTS_EACH, seed=1, seconds=SECONDS_EACH
    )
    assert not outcome.findings, str(outcome)
    assert outcome.refused


@pytest.mark.parametrize("name", sorted({path.parent.name for path in FOUND.glob("*/*")}))
def test_what_was_found_is_mended(name: str, tmp_path: Path) -> None:
    prepared = READERS[name].prepare(tmp_path)
    for path in sorted((FOUND / name).iterdir()):
        outcome = Outcome()
        assert judge(prepared, path.read_bytes(), outcome) is None, path.name
        assert outcome.refused, f"{path.name} was read"


def _judged(read: Callable[[Path], object], folder: Path) -> str | None:
    return judge(Prepared(folder / "file", [b""], read), b"content", Outcome())


def test_every_kind_of_finding_is_one(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(path: Path) -> None:
        raise InputError("It is no file.", path=path)

    def fail(path: Path) -> None:
        raise KeyError(path)

    def warn(path: Path) -> None:
        import warnings

        warnings.warn("overflow", RuntimeWarning, stacklevel=1)

    def hang(path: Path) -> None:
        while True:
            pass

    def fill(path: Path) -> None:
        assert b"x" * 250_000_000

    assert _judged(fill, tmp_path) == "memory"
    monkeypatch.setattr("tests.fuzz.campaign.SECONDS", 0.2)
    assert _judged(lambda path: None, tmp_path) is None
    assert _judged(refuse, tmp_path) is None
    for read, kind in ((fail, "KeyError"), (warn, "RuntimeWarning"), (hang, "TooSlow")):
        assert (_judged(read, tmp_path) or "").startswith(kind)


def test_a_seed_gives_the_same_mutants() -> None:
    reader: Reader = READERS["decisions"]
    seeds = [b'{"a": [1, 2, {"b": null}], "c": "text"}']
    one, two, other = (
        [mutations.mutated(seeds, reader.mutations, rng) for _ in range(50)]
        for rng in (Random(1), Random(1), Random(2))
    )
    assert one == two != other


def test_a_finding_is_made_small_and_kept(tmp_path: Path) -> None:
    def fail_on_a_b(path: Path) -> None:
        if b"b" in path.read_bytes():
            raise KeyError("b")

    def prepare(folder: Path) -> Prepared:
        return Prepared(folder / "file", [b"a" * 100], fail_on_a_b)

    def with_a_b(data: bytes, rng: Random) -> bytes:
        return data[:50] + b"b" + data[50:]

    (tmp_path / "work").mkdir()
    outcome = run_campaign(
        Reader("kept", (with_a_b,), prepare),
        tmp_path / "work",
        mutants=5,
        seed=1,
        save_in=tmp_path / "findings",
    )
    assert outcome.findings == {"KeyError @ ?": 5}
    (kept,) = (tmp_path / "findings").glob("kept_*.bin")
    assert kept.read_bytes() == b"b"
