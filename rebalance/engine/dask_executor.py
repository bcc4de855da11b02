"""The executor of many machines: a Dask cluster that the user has.

Dask hands out the tiles and computes those of a lost worker again. The features go to the workers
once; at most a few tiles per worker thread are under way, so that neither the scheduler nor this
process holds more than that.
"""

from __future__ import annotations

import time
from collections.abc import Generator, Iterator, Mapping, Sequence
from contextlib import contextmanager
from importlib import metadata
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

from rebalance.contracts import Block
from rebalance.engine.schedule import TILES_IN_FLIGHT, Tile
from rebalance.engine.threads import use_threads
from rebalance.engine.tile_work import TileWork
from rebalance.errors import ExecutorError

if TYPE_CHECKING:
    from distributed import Client, Future

CONNECT_SECONDS = 30
"""How long a scheduler may take to answer."""

WORKERS_SECONDS = 120
"""How long to wait for workers of a scheduler."""

_COUNT_EVERY_SECONDS = 2.0
_PACKAGES = ("rebalance-em", "numba", "numpy")


class DaskExecutor:
    """Tiles as tasks of a Dask cluster.

    Parameters
    ----------
    cluster : distributed.Client, distributed.deploy.Cluster or str, optional
        A client (left open), a cluster, the address of a scheduler (``tcp://host:8786``), or its
        scheduler file. When not given, the client of this process, or the
        ``DASK_SCHEDULER_ADDRESS`` of the environment.

    Raises
    ------
    ExecutorError
        If Dask is not installed.
    """

    is_here = False

    def __init__(self, cluster: Any = None) -> None:
        if find_spec("distributed") is None:
            raise ExecutorError(
                "The executor dask needs the package distributed, which is not installed.",
                hint="Install it with `pip install distributed`.",
            )
        self.cluster = cluster

    def run(
        self, work: TileWork, tiles: Sequence[Tile]
    ) -> Generator[tuple[Tile, Block], None, None]:
        """Compute tiles on the workers; see `rebalance.engine.executor.Executor`.

        Raises
        ------
        ExecutorError
            If the scheduler does not answer or has no workers, if a worker has another version of
            a package that computes, or if the workers are lost.
        """
        if not tiles:
            return
        from distributed import as_completed
        from distributed.comm import CommClosedError
        from distributed.scheduler import KilledWorker

        with _client(self.cluster) as client:
            versions = _check_workers(client, work.metric)
            shared = _scatter(client, work)
            waiting = iter(tiles)
            flying: dict[Future, Tile] = {}
            done = as_completed(with_results=True, loop=client.loop)
            crew = _Crew(client)

            def launch() -> None:
                while len(flying) < TILES_IN_FLIGHT * crew.threads():
                    tile = next(waiting, None)
                    if tile is None:
                        return
                    future = client.submit(
                        _compute, *shared, tile, work.given(tile), versions, pure=False
                    )
                    flying[future] = tile
                    done.add(future)

            try:
                launch()
                for future, block in done:
                    tile = flying.pop(future)
                    if future.status != "finished":
                        raise _lost()
                    future.release()
                    launch()
                    yield tile, block
            except CommClosedError as error:
                raise _lost() from error
            except KilledWorker as error:
                raise ExecutorError(
                    f"Workers of the Dask cluster keep dying: {error}",
                    hint="Check the workers' logs. Most often they run out of memory: give each "
                    "more, or start fewer per machine.",
                ) from error
            finally:
                client.cancel([*flying, *shared], force=True)


def _scatter(client: Any, work: TileWork) -> list[Future]:
    """Metric and features on every worker."""
    try:
        futures: list[Future] = client.scatter(
            [work.metric, work.features], broadcast=True, hash=False
        )
    except Exception as error:
        # Whatever went wrong over there arrives as a text.
        raise ExecutorError(
            f"The Dask workers can't take the metric {type(work.metric).__name__}: {error}",
            hint="Install its package for the workers too, or send its file with "
            "client.upload_file. What its prepare returns must be picklable.",
        ) from error
    return futures


def _lost() -> ExecutorError:
    return ExecutorError(
        "The Dask scheduler, or every worker with the features, was lost.",
        hint="Run again. With the cache on, finished tiles are not computed again.",
    )


class _Crew:
    """Threads of the workers there are, asked now and then: workers come and go."""

    def __init__(self, client: Client) -> None:
        self._client = client
        self._count = 0
        self._asked = float("-inf")

    def threads(self) -> int:
        now = time.monotonic()
        if now - self._asked > _COUNT_EVERY_SECONDS:
            self._count = sum(self._client.nthreads().values())
            self._asked = now
        # With no worker left, the next to come finds work.
        return max(self._count, 1)


def _compute(
    metric: Any,
    features: Any,
    tile: Tile,
    given: Mapping[str, Any],
    versions: Mapping[str, str],
) -> Block:
    """One tile, on a worker, in one thread."""
    # Workers that joined after the start were not asked then.
    _compare_versions("A worker", _versions(versions), versions)
    with use_threads(1):
        block: Block = metric.tile(features, tile.rows, tile.columns, **given)
    return block


@contextmanager
def _client(cluster: Any) -> Iterator[Client]:
    """A client of the user's as it is, or one of our own that is closed again."""
    import dask
    from distributed import Client, get_client

    if isinstance(cluster, Client):
        yield _usable(cluster)
        return
    if cluster is None:
        try:
            theirs = get_client()
        except ValueError:
            cluster = dask.config.get("scheduler-address", None)
            if cluster is None:
                raise ExecutorError(
                    "There is no Dask scheduler to send the tiles to.",
                    hint='Give one with `scheduler="tcp://host:8786"`, or set '
                    "DASK_SCHEDULER_ADDRESS.",
                ) from None
        else:
            yield _usable(theirs)
            return
    try:
        own = _connect(cluster)
    except (OSError, ValueError, TypeError) as error:
        raise ExecutorError(
            f"No Dask scheduler answers at {cluster}: {error}",
            hint="Start one with 'dask scheduler', and give the address that it prints.",
        ) from error
    with own:
        yield own


def _usable(client: Client) -> Client:
    if client.asynchronous or client.status != "running":
        raise ExecutorError(
            f"The Dask client is {'asynchronous' if client.asynchronous else client.status}.",
            hint="Give a connected client, made without asynchronous=True.",
        )
    return client


def _connect(cluster: Any) -> Client:
    from distributed import Client

    settings = {"timeout": CONNECT_SECONDS, "set_as_default": False}
    if isinstance(cluster, str) and Path(cluster).is_file():
        return Client(scheduler_file=cluster, **settings)
    return Client(cluster, **settings)


def _check_workers(client: Any, metric: Any) -> dict[str, str]:
    """The versions that every worker must have, once those that are there have them."""
    try:
        client.wait_for_workers(1, timeout=WORKERS_SECONDS)
    except TimeoutError:
        raise ExecutorError(
            f"The Dask scheduler at {client.scheduler.address} has no workers.",
            hint=f"Start some: dask worker --nworkers -1 --nthreads 1 {client.scheduler.address}",
        ) from None
    wanted = _versions((*_PACKAGES, *_packages_of(metric)))
    found = client.get_versions(packages=list(wanted))["workers"]
    for address, facts in sorted(found.items()):
        _compare_versions(f"The worker {address}", facts["packages"], wanted)
    return wanted


def _packages_of(metric: Any) -> Sequence[str]:
    top = type(metric).__module__.partition(".")[0]
    return metadata.packages_distributions().get(top, ())


def _versions(packages: Sequence[str] | Mapping[str, str]) -> dict[str, str]:
    return {name: found for name in packages if (found := _version(name)) is not None}


def _version(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None


def _compare_versions(who: str, found: Mapping[str, str | None], wanted: Mapping[str, str]) -> None:
    for package, version in wanted.items():
        if found.get(package) != version:
            raise ExecutorError(
                f"{who} has {package} {found.get(package) or 'not installed'}, but this process "
                f"has {package} {version}.",
                hint="Install the same versions for the workers as here; others may give "
                "different numbers.",
            )
