"""The folder of results: refused, replaced whole, or as it was before."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from rebalance.errors import OutputError
from tests.pipeline.runs import content, quick_run


def test_an_existing_folder_is_refused_before_anything_is_read(
    simulated_job: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    quick_run(simulated_job, output="out")
    before = content(Path("out"))
    monkeypatch.setattr("rebalance.formats.read", lambda *_, **__: pytest.fail("read"))
    with pytest.raises(OutputError, match="overwrite=True"):
        quick_run(simulated_job, output="out")
    assert content(Path("out")) == before


@pytest.mark.parametrize("overwrite", [False, True])
@pytest.mark.parametrize("ending", [KeyboardInterrupt, RuntimeError])
@pytest.mark.parametrize(
    "step",
    [
        "rebalance.engine.affinity",
        "rebalance.strategies.select",
        "rebalance.pipeline.write_results.write_superclass_table",
        "rebalance.pipeline.write_results.build_record",
    ],
)
def test_a_run_that_ends_early_leaves_what_was_there(
    simulated_job: Path,
    monkeypatch: pytest.MonkeyPatch,
    step: str,
    ending: type[BaseException],
    overwrite: bool,
) -> None:
    before: dict[str, str] = {}
    if overwrite:
        quick_run(simulated_job, output="out", use_cache=False)
        before = content(Path("out"))

    def end(*_: Any, **__: Any) -> None:
        raise ending

    monkeypatch.setattr(step, end)
    with pytest.raises(ending):
        quick_run(simulated_job, output="out", overwrite=overwrite, seed=5, use_cache=False)
    assert content(Path()) == {f"out/{name}": value for name, value in before.items()}
    assert {path.name for path in Path().iterdir()} <= {"out"}


def test_overwriting_replaces_the_first_results(simulated_job: Path) -> None:
    quick_run(simulated_job, output="out", factor="0.5")
    result = quick_run(
        simulated_job, output="out", overwrite=True, superclasses=False, n_superclasses=None
    )
    assert result.folder == Path("out").absolute()
    assert not Path("out/affinity.npz").exists()
    assert set(content(Path("out"))) == {
        path.relative_to(result.folder).as_posix() for path in result.files
    } | {"run.json"}


def test_results_never_replace_the_particles_they_are_made_of(simulated_job: Path) -> None:
    quick_run(simulated_job, output="out", factor="0.5")
    with pytest.raises(OutputError, match="would overwrite an input file"):
        quick_run(
            Path("out/particles_selected.star"), superclasses=False, output="out", overwrite=True
        )
