"""The cells of a study that are done, kept in a file each."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from rebalance.errors import OutputError


class CellStore:
    """The cells that are done, a file each.

    Parameters
    ----------
    folder : Path
    """

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def path_of(self, key: str) -> Path:
        return self.folder / f"{key}.json"

    def load(self, key: str) -> dict[str, Any] | None:
        """What was kept under a key; None if there is nothing, or if it is damaged."""
        try:
            content = json.loads(self.path_of(key).read_text(encoding="utf-8"))
        except (OSError, ValueError, RecursionError):
            return None
        scores = content.get("scores") if isinstance(content, dict) else None
        whole = isinstance(scores, list) and all(
            isinstance(score, dict) and score.keys() >= {"score", "value"} for score in scores
        )
        return content if whole else None

    def store(self, key: str, content: Mapping[str, Any]) -> None:
        """Keep the scores of a cell; the file appears whole. OutputError if it can't."""
        from rebalance.record.run_record import write_json

        work = self.folder / f".{key}.{os.getpid()}"
        try:
            self.folder.mkdir(parents=True, exist_ok=True)
            write_json(content, work)
            os.replace(work, self.path_of(key))
        except OSError as error:
            raise OutputError(
                f"Finished work can't be saved: {error.strerror or error}.",
                path=self.folder,
                hint="Correct that and run the command again; it continues from here.",
            ) from error
        finally:
            with suppress(OSError):
                work.unlink(missing_ok=True)
