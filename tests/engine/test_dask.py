"""The Dask executor: the bytes of the local one, whatever becomes of a worker; clear errors."""

from __future__ import annotations

import json
import os
import re
import signal
import time
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from typer.testing import CliRunner

import rebalance
from rebalance.cli import app
from rebalance.engine import dask_executor
from rebalance.engine.checkpoint import Checkpoints
from rebalance.engine.dask_executor import DaskExecutor
from rebalance.engine.executor import Executor, find_executor
from rebalance.engine.local_executor import LocalExecutor
from rebalance.engine.schedule import TILES_IN_FLIGHT, tiles
from rebalance.errors import ExecutorError, OptionError
from rebalance.imaging.masks import mask_about
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.metrics.search_options import SearchOptions, resolve_search
from rebalance.pipeline.rerun import rerun
from rebalance.settings import RunSettings
from tests import phantom_images, reference
from tests.engine.metrics import Counted, Frc, N, digest, noise

distributed = pytest.importorskip("distributed")

ROOT = Path(__file__).parents[2]
N_WORKERS = 2
LARGER = 260
"""Averages of more tiles than may be under way."""


@cache
def local_digest(n: int = N) -> str:
    return digest(rebalance.affinity(noise(n), "rotational-cc"))


@pytest.fixture(scope="module")
def cluster() -> Iterator[Any]:
    with distributed.LocalCluster(
        n_workers=N_WORKERS, threads_per_worker=1, processes=True, dashboard_address=":0"
    ) as running:
        yield running


@pytest.fixture
def client(cluster: Any) -> Iterator[Any]:
    with distributed.Client(cluster, set_as_default=False) as connected:
        connected.wait_for_workers(N_WORKERS)
        yield connected


@pytest.mark.parametrize(
    "metric", ["rotational-cc", "frc", Frc()], ids=["cc", "frc", "uninstalled"]
)
def test_dask_and_local_give_the_same_bytes(client: Any, metric: Any) -> None:
    calls: list[tuple[int, int]] = []
    here = rebalance.affinity(noise(), metric)
    there = rebalance.affinity(
        noise(), metric, executor=client, progress=lambda *c: calls.append(c)
    )
    assert digest(there) == digest(here)
    assert there.key == here.key
    assert there.facts == here.facts
    assert calls[-1] == (N * (N - 1) // 2, N * (N - 1) // 2)
    assert len(np.unique(here.values)) > N


def test_the_affinity_of_workers_is_that_of_the_reference(
    client: Any, rng: np.random.Generator
) -> None:
    images = phantom_images.projections(4, rng)
    images += rng.normal(0, 0.2 * images.std(), images.shape).astype(np.float32)
    averages = phantom_images.stack_of(images)
    options = SearchOptions(whitening=0.0)
    found = rebalance.affinity(averages, "rotational-cc", options=options, executor=client)
    search = resolve_search(averages, options)
    band = reference.Band(search.grid.radius, search.grid.k_low, search.grid.k_high)
    masked = mask_about(images, search.centre, search.grid.radius)
    polar = [
        reference.polar_transform(
            image, band, band.n_angles(search.grid.max_shift), origin=search.centre[at]
        )
        for at, image in enumerate(masked)
    ]
    errors = [
        found.values[i, j]
        - reference.best_alignment(polar[i], polar[j], band, search.grid.max_shift)[0]
        for i, j in zip(*np.triu_indices(4, 1), strict=True)
    ]
    assert np.abs(errors).max() <= 0.005
    assert np.median(np.abs(errors)) <= 0.001


def test_the_tiles_are_computed_by_the_workers(client: Any) -> None:
    counted = Counted()
    rebalance.affinity(noise(), counted, executor=client)
    assert counted.tiles == []


def test_a_run_survives_the_kill_of_a_worker(client: Any) -> None:
    averages = noise(LARGER)
    killed = []

    def kill_one(done: int, total: int) -> None:
        if not done or killed:
            return
        busy = [address for address, keys in client.processing().items() if keys]
        if busy:
            killed.append(client.run(os.getpid, workers=busy[:1])[busy[0]])
            os.kill(killed[0], signal.SIGKILL)

    found = rebalance.affinity(averages, "rotational-cc", executor=client, progress=kill_one)
    assert len(killed) == 1
    assert digest(found) == local_digest(LARGER)


def test_an_interrupted_run_goes_on_elsewhere(client: Any, tmp_path: Path, monkeypatch) -> None:
    monkeypatch.setattr("rebalance.engine.checkpoint.BEGUN_AFTER_SECONDS", 0.0)

    def stop(done: int, total: int) -> None:
        if done:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebalance.affinity(
            noise(), Counted(), executor=client, progress=stop, checkpoints=Checkpoints(tmp_path)
        )
    # Cancelling is a message: it is waited for, and would never come if nothing were cancelled.
    patience = time.monotonic() + 30
    while any(client.processing().values()) and time.monotonic() < patience:
        pass
    assert not any(client.processing().values())
    assert not any(client.has_what().values())
    counted = Counted()
    found = rebalance.affinity(noise(), counted, checkpoints=Checkpoints(tmp_path))
    assert len(counted.tiles) == len(tiles(N)) - 1
    assert digest(found) == local_digest()


def test_few_tiles_are_under_way_at_a_time(client: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    submitted = []
    submit = distributed.Client.submit

    def counting(self: Any, *args: Any, **kwargs: Any) -> Any:
        submitted.append(args)
        return submit(self, *args, **kwargs)

    monkeypatch.setattr(distributed.Client, "submit", counting)
    ahead: list[int] = []
    received = []

    def watch(done: int, total: int) -> None:
        ahead.append(len(submitted) - len(received))
        received.append(done)

    averages = noise(LARGER)
    rebalance.affinity(averages, "rotational-cc", executor=client, progress=watch)
    assert (
        len(submitted)
        == len(tiles(LARGER, RotationalCC.tile_shapes["cpu"]))
        > N_WORKERS * TILES_IN_FLIGHT
    )
    # One has been handed over, and the next is on its way instead.
    assert max(ahead) <= N_WORKERS * TILES_IN_FLIGHT + 1


def test_a_metric_of_ones_own_fails_as_it_would_here(client: Any) -> None:
    class Wrong(Counted):
        def tile(self, *_: Any, **__: Any) -> Any:
            raise ZeroDivisionError("by the metric")

    with pytest.raises(ZeroDivisionError, match="by the metric"):
        rebalance.affinity(noise(), Wrong(), executor=client)


def test_the_client_of_the_process_is_found_and_left_open(client: Any, cluster: Any) -> None:
    with client.as_current():
        assert (
            digest(rebalance.affinity(noise(), "rotational-cc", executor="dask")) == local_digest()
        )
    assert client.status == "running"
    assert digest(rebalance.affinity(noise(), "rotational-cc", executor=cluster)) == local_digest()


def test_the_environment_names_the_scheduler(cluster: Any) -> None:
    import dask

    with dask.config.set({"scheduler-address": cluster.scheduler_address}):
        found = rebalance.affinity(noise(), "rotational-cc", executor="dask")
    assert digest(found) == local_digest()


def test_a_command_gives_the_same_affinity_on_a_cluster(
    cluster: Any, simulated_job: Path, tmp_path: Path
) -> None:
    scheduler_file = tmp_path / "scheduler.json"
    scheduler_file.write_text(json.dumps({"address": cluster.scheduler_address}))
    plain = ["-k", "5", "--no-figures", "--no-cache"]
    for name, words in (
        ("here", []),
        ("address", ["--executor", "dask", "--scheduler", cluster.scheduler_address]),
        ("file", ["--executor", "dask", "--scheduler", str(scheduler_file)]),
    ):
        output = str(tmp_path / name)
        done = CliRunner().invoke(app, ["run", str(simulated_job), *plain, "-o", output, *words])
        assert done.exit_code == 0, done.output
    here, *there = (
        (tmp_path / name / "affinity.npz").read_bytes() for name in ("here", "address", "file")
    )
    assert there == [here, here]
    record = json.loads((tmp_path / "file" / "run.json").read_text(encoding="utf-8"))
    assert record["request"]["executor"] == "dask"
    # The cluster of a record is rarely there any more.
    record["request"]["scheduler"] = "tcp://127.0.0.1:1"
    (tmp_path / "file" / "run.json").write_text(json.dumps(record), encoding="utf-8")
    again = rerun(tmp_path / "file", output=tmp_path / "again")
    assert again.came_out == ()


@pytest.mark.parametrize("package", ["rebalance-em", "numba", "numpy"])
def test_a_worker_of_another_version_is_named(
    client: Any, monkeypatch: pytest.MonkeyPatch, package: str
) -> None:
    version = dask_executor._version
    monkeypatch.setattr(
        dask_executor, "_version", lambda name: "99.9" if name == package else version(name)
    )
    with pytest.raises(ExecutorError) as found:
        rebalance.affinity(noise(), "rotational-cc", executor=client)
    assert re.search(
        rf"The worker tcp://\S+ has {package} {version(package)}, .* {package} 99.9",
        found.value.problem,
    )


def test_a_worker_that_joins_late_is_asked_too() -> None:
    here = dask_executor._versions(["rebalance-em", "numba"])
    with pytest.raises(ExecutorError, match=r"has numba .*, but this process has numba 0\.1"):
        dask_executor._compute(Counted(), None, tiles(N)[0], {}, here | {"numba": "0.1"})
    with pytest.raises(ExecutorError, match="has no-such-package not installed"):
        dask_executor._compute(Counted(), None, tiles(N)[0], {}, {"no-such-package": "1"})


def test_a_metric_that_the_workers_lack_is_a_clear_error(
    client: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "metric_of_mine.py").write_text(
        "from rebalance.metrics.rotational_cc import RotationalCC\n"
        "class Mine(RotationalCC):\n    pass\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    from metric_of_mine import Mine  # type: ignore[import-not-found]

    with pytest.raises(ExecutorError, match=r"metric Mine: .*metric_of_mine"):
        rebalance.affinity(noise(), Mine(), executor=client)


def test_a_scheduler_without_workers_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "WORKERS_SECONDS", 0.1)
    with (
        distributed.LocalCluster(n_workers=0, dashboard_address=":0") as empty,
        pytest.raises(ExecutorError, match=r"has no workers.\nStart some: dask worker"),
    ):
        rebalance.affinity(noise(), "rotational-cc", executor=empty)


def test_a_scheduler_that_does_not_answer_is_a_clear_error(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(dask_executor, "CONNECT_SECONDS", 0.2)
    for address in ("tcp://127.0.0.1:1", "no address"):
        with pytest.raises(ExecutorError, match=f"No Dask scheduler answers at {address}"):
            rebalance.affinity(noise(), "rotational-cc", executor=DaskExecutor(address))


def test_dask_without_a_scheduler_is_a_clear_error() -> None:
    with pytest.raises(ExecutorError, match=r"no Dask scheduler .*\nGive one with `scheduler="):
        rebalance.affinity(noise(), "rotational-cc", executor="dask")


def test_dask_that_is_not_installed_is_a_clear_error(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dask_executor, "find_spec", lambda _: None)
    with pytest.raises(ExecutorError, match="pip install distributed"):
        find_executor("dask")


def test_what_the_guide_and_the_messages_tell_people_to_type_is_there() -> None:
    from distributed.cli import dask_scheduler, dask_worker

    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    extras = project["optional-dependencies"]
    assert set(extras["dask"]) <= set(extras["dev"])
    guide = (ROOT / "docs" / "howto-cluster.md").read_text(encoding="utf-8")
    text = guide + Path(dask_executor.__file__).read_text(encoding="utf-8")
    for name, command in (("scheduler", dask_scheduler.main), ("worker", dask_worker.main)):
        typed = " ".join(re.findall(rf"dask {name}( .*)", text))
        flags = {flag for parameter in command.params for flag in parameter.opts}
        assert set(re.findall(r" (--\S+)", typed)) - {"--"} <= flags
        assert "--" in typed


def test_a_cluster_that_dies_is_a_clear_error() -> None:
    with distributed.LocalCluster(
        n_workers=1, threads_per_worker=1, dashboard_address=":0"
    ) as doomed:
        (worker,) = doomed.workers.values()
        killed = []

        def kill(done: int, total: int) -> None:
            # Tiles that had arrived before are still handed over; the nanny has no pid by then.
            if done and not killed:
                killed.append(worker.pid)
                os.kill(worker.pid, signal.SIGKILL)

        with pytest.raises(ExecutorError, match=r"was lost.\nRun again"):
            rebalance.affinity(noise(LARGER), "rotational-cc", executor=doomed, progress=kill)


def test_executors_are_found_by_name_and_contract() -> None:
    assert isinstance(find_executor("local"), LocalExecutor)
    own = LocalExecutor()
    assert isinstance(own, Executor)
    assert find_executor(own) is own
    with pytest.raises(OptionError, match="executor = 'spark', expected one of local, dask"):
        find_executor("spark")
    with pytest.raises(OptionError, match="`scheduler='tcp://here'` has no effect"):
        find_executor("local", "tcp://here")


def test_a_card_of_this_machine_is_of_no_use_to_workers(client: Any) -> None:
    with pytest.raises(OptionError, match="GPU of this machine"):
        rebalance.affinity(noise(), "rotational-cc", executor=client, device="cuda")


def test_a_request_with_a_client_is_recorded_as_text(client: Any) -> None:
    recorded = RunSettings("job", executor=client).to_json()
    assert recorded["executor"] == "Client"
