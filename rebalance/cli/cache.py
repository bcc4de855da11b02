"""`rebalance cache`: what is kept between runs, and what killed runs left."""

from __future__ import annotations

from typing import Annotated

import typer


def cache(
    clear: Annotated[bool, typer.Option("--clear", help="Delete everything that is kept.")] = False,
    json: Annotated[bool, typer.Option("--json", help="Print as JSON.")] = False,
) -> None:
    """Show or delete what is kept between runs: affinities and compiled code.

    Kept affinities make a run with another -k or -f instant. Unfinished results of interrupted
    runs are listed, and deleted too."""
    from rebalance.cache import SIZE_VARIABLE, AffinityCache
    from rebalance.cache_folder import FOLDER_VARIABLE
    from rebalance.cli.errors import without_controls
    from rebalance.kernels.compiled_code import compiled_folders, size_of
    from rebalance.record.work_folders import find_leftovers, remove_leftovers

    kept = AffinityCache()
    deleted = kept.clear() if clear else None
    deleted_others = _clear_compiled() + remove_leftovers() if clear else 0
    leftovers = find_leftovers()
    compiled = sum(map(size_of, compiled_folders()))
    entries = kept.entries()
    size = sum(entry.size for entry in entries)
    unfinished = kept.checkpoints()
    unfinished_size = sum(entry.size for entry in unfinished)
    if json:
        from rebalance.record.run_record import as_json

        content = {
            "folder": str(kept.folder),
            "affinities": len(entries),
            "bytes": size,
            "limit_bytes": kept.limit,
            "checkpoints": len(unfinished),
            "checkpoint_bytes": unfinished_size,
            "compiled_bytes": compiled,
            "left_by_killed_runs": [
                {
                    "folder": str(left.path),
                    "results": str(left.place),
                    "bytes": left.size,
                    "former": left.is_former,
                }
                for left in leftovers
            ],
        }
        if deleted is not None:
            content |= {"deleted": deleted[0], "deleted_bytes": deleted[1] + deleted_others}
        typer.echo(as_json(content))
        return
    if deleted is not None:
        freed = shown_bytes(deleted[1] + deleted_others)
        typer.echo(f"Deleted {_affinities(deleted[0])}, {freed}.")
    typer.echo(f"folder  {kept.folder}  (${FOLDER_VARIABLE})")
    typer.echo(f"holds   {_affinities(len(entries))}, {shown_bytes(size)}")
    if unfinished:
        number = f"{len(unfinished):,} checkpoint{'s' if len(unfinished) > 1 else ''}"
        typer.echo(f"        {number} of unfinished affinities, {shown_bytes(unfinished_size)}")
    if compiled:
        typer.echo(f"        compiled code, {shown_bytes(compiled)}")
    typer.echo(f"limit   {shown_bytes(kept.limit)}  (${SIZE_VARIABLE})")
    for left in leftovers:
        path, place = without_controls(f"{left.path}"), without_controls(f"{left.place}")
        typer.echo(f"left    {shown_bytes(left.size)} by an interrupted run: {path}")
        if left.is_former:
            typer.echo(
                f"        results that were being replaced; run again into {place} to restore them"
            )
    if any(not left.is_former for left in leftovers):
        typer.echo("        delete unfinished results with: rebalance cache --clear")


def _clear_compiled() -> int:
    from rebalance.errors import OutputError
    from rebalance.kernels.compiled_code import remove_compiled

    try:
        return remove_compiled()
    except OSError as error:
        raise OutputError(
            f"Compiled code can't be deleted: {error.strerror or error}.", path=error.filename
        ) from error


def _affinities(number: int) -> str:
    return "1 affinity" if number == 1 else f"{number:,} affinities"


def shown_bytes(n_bytes: int) -> str:
    """In the largest unit of which there is one: ``12.3 kB``."""
    for unit, name in ((1e9, "GB"), (1e6, "MB"), (1e3, "kB")):
        # A rounded 1,000.0 of one unit is 1.0 of the next.
        if n_bytes >= 0.99995 * unit:
            return f"{n_bytes / unit:,.1f} {name}"
    return f"{n_bytes} bytes" if n_bytes != 1 else "1 byte"
