"""The executor of one machine: a pool of threads, each in compiled code without the lock."""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from rebalance.contracts import Block
from rebalance.engine.schedule import TILES_IN_FLIGHT, Tile
from rebalance.engine.threads import current_threads


class LocalExecutor:
    """The threads of this process; see `rebalance.engine.executor.Executor`."""

    is_here = True

    def run(
        self, work: Callable[[Tile], Block], tiles: Sequence[Tile]
    ) -> Generator[tuple[Tile, Block], None, None]:
        """Compute tiles on `current_threads` and hand them back as they are done."""
        threads = current_threads()
        if threads == 1:
            for tile in tiles:
                yield tile, work(tile)
            return
        waiting = iter(tiles)
        flying: dict[Future[Block], Tile] = {}
        with ThreadPoolExecutor(threads, thread_name_prefix="rebalance") as pool:
            try:
                while True:
                    while len(flying) < threads * TILES_IN_FLIGHT:
                        following = next(waiting, None)
                        if following is None:
                            break
                        flying[pool.submit(work, following)] = following
                    if not flying:
                        return
                    done, _ = wait(flying, return_when=FIRST_COMPLETED)
                    for future in done:
                        yield flying.pop(future), future.result()
            finally:
                pool.shutdown(wait=True, cancel_futures=True)
