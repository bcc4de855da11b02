"""Where the user's cache is: affinities, checkpoints and compiled kernels."""

from __future__ import annotations

import os
from pathlib import Path

FOLDER_VARIABLE = "REBALANCE_CACHE_DIR"

TAG = "CACHEDIR.TAG"
_TAG_CONTENT = "Signature: 8a477f597d28d172789f06886806bc55\n# Kept by rebalance; safe to delete.\n"


def cache_folder() -> Path:
    """``$REBALANCE_CACHE_DIR``, else the user's cache folder of this platform."""
    named = os.environ.get(FOLDER_VARIABLE)
    if named:
        return Path(named).expanduser()
    from platformdirs import user_cache_path

    return user_cache_path("rebalance-em", appauthor=False)


def make_folder(folder: Path) -> None:
    """The folder, with the mark by which backups pass it over."""
    folder.mkdir(parents=True, exist_ok=True)
    tag = folder / TAG
    if not tag.exists():
        tag.write_text(_TAG_CONTENT)
