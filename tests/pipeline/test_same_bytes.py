"""One seed, one answer: whole runs are the same bytes, however the averages were compared.

Everything in the results folder but `run.json`, which has times of day.
"""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

import rebalance
from rebalance.cache import AffinityCache
from rebalance.engine.schedule import tiles
from rebalance.metrics.rotational_cc import RotationalCC
from rebalance.progress import Progress
from rebalance.simulate import simulate
from tests.pipeline.runs import content

N_AVERAGES = 66
OPTIONS = {
    "n_averages": N_AVERAGES, "n_particles": 3_600, "continuous": True, "snr": 0.5, "n_junk": 0,
    "n_noise": 0, "n_empty": 0, "seed": 11,
}  # fmt: skip
"""Averages whose views are found and used."""
SETTINGS: dict[str, Any] = {"n_superclasses": 6, "factor": "0.5", "strategy": "best"}

by_metric = pytest.mark.parametrize("metric", ["rotational-cc", "views"])


@pytest.fixture(scope="module")
def job(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Several tiles of pairs."""
    assert len(tiles(N_AVERAGES, RotationalCC.tile_shapes["cpu"])) > 2
    return simulate(tmp_path_factory.mktemp("same_bytes"), OPTIONS).job


def bytes_of(job: Path, output: str, metric: str, **settings: Any) -> dict[str, str]:
    """Digest of each file of a run."""
    asked = {"figures": False, "use_cache": False, "threads": 1} | SETTINGS | settings
    folder = rebalance.run(job, output=output, metric=metric, **asked).folder
    assert folder is not None
    found = content(folder)
    assert found.pop("run.json")
    if metric == "views":
        summary = json.loads((folder / "summary.json").read_text())
        assert summary["superclassification"]["metric_facts"]["views_trusted"]
    return found


@pytest.fixture(scope="module")
def plain(job: Path, tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], dict[str, str]]:
    """A run of one thread, without a cache, for each metric: computed once, read by all."""
    found: dict[str, dict[str, str]] = {}

    def of(metric: str) -> dict[str, str]:
        if metric not in found:
            place = tmp_path_factory.mktemp("plain") / metric
            found[metric] = bytes_of(job, str(place), metric)
            assert {"particles_selected.star", "affinity.npz", "summary.json"} <= set(found[metric])
        return found[metric]

    return of


@by_metric
def test_one_two_and_three_threads(job: Path, metric: str, views_found_anew: None) -> None:
    one, *others = (
        bytes_of(job, f"threads_{n}", metric, threads=n, figures=True) for n in (1, 2, 3)
    )
    assert "report.html" in one
    assert any(name.endswith(".png") for name in one)
    assert others == [one, one]


@by_metric
def test_cache_off_on_and_filled_beforehand(
    job: Path, metric: str, plain: Callable[[str], dict[str, str]]
) -> None:
    filled = bytes_of(job, "fills", metric, use_cache=True)
    assert AffinityCache().entries()
    found = bytes_of(job, "finds", metric, use_cache=True)
    assert [filled, found] == [plain(metric)] * 2


class Said(Progress):
    """Keeps what a run says meanwhile."""

    def __init__(self) -> None:
        super().__init__()
        self.sentences: list[str] = []

    def say(self, sentence: str) -> None:
        self.sentences.append(sentence)


_KILLED = """
import sys, threading
import rebalance
from rebalance.engine import checkpoint
from rebalance.progress import Progress

class Hangs(Progress):
    def advance(self, done, total):
        if 0 < done < total:
            print(done, flush=True)
            threading.Event().wait()

checkpoint.BEGUN_AFTER_SECONDS = 0.0
rebalance.run(
    sys.argv[1], n_superclasses=2, metric=sys.argv[2], threads=1, figures=False, progress=Hangs()
)
"""


@by_metric
def test_resumed_from_the_checkpoint_of_a_killed_run(
    job: Path, metric: str, plain: Callable[[str], dict[str, str]]
) -> None:
    killed = subprocess.Popen(
        [sys.executable, "-c", _KILLED, str(job), metric],
        stdout=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    assert killed.stdout is not None
    # The first tile is kept, and the run hangs in the middle of the second.
    done = int(killed.stdout.readline())
    killed.send_signal(signal.SIGKILL)
    killed.communicate(timeout=30)
    assert AffinityCache().checkpoints()
    said = Said()
    resumed = bytes_of(job, "resumed", metric, use_cache=True, progress=said)
    assert any(f"{done:,} of" in sentence for sentence in said.sentences), said.sentences
    assert AffinityCache().checkpoints() == []
    assert resumed == plain(metric)


@pytest.fixture(scope="module")
def client() -> Iterator[Any]:
    distributed = pytest.importorskip("distributed")
    with (
        distributed.LocalCluster(
            n_workers=2, threads_per_worker=1, processes=True, dashboard_address=":0"
        ) as cluster,
        distributed.Client(cluster, set_as_default=False) as connected,
    ):
        connected.wait_for_workers(2)
        yield connected


class KillsAWorker(Progress):
    """Once some pairs are done, and before all are."""

    def __init__(self, client: Any) -> None:
        super().__init__()
        self.client = client
        self.killed: list[int] = []
        self._lock = threading.Lock()

    def advance(self, done: int, total: int) -> None:
        with self._lock:
            if 0 < done < total and not self.killed:
                pids = self.client.run(os.getpid)
                busy = [address for address, keys in self.client.processing().items() if keys]
                self.killed.append(pids[busy[0]] if busy else next(iter(pids.values())))
                os.kill(self.killed[0], signal.SIGKILL)


@by_metric
def test_a_cluster_that_loses_a_worker_in_mid_comparison(
    job: Path, metric: str, plain: Callable[[str], dict[str, str]], client: Any
) -> None:
    client.wait_for_workers(2)
    kills = KillsAWorker(client)
    found = bytes_of(job, "cluster", metric, threads=None, executor=client, progress=kills)
    assert len(kills.killed) == 1
    assert found == plain(metric)
