"""What `rebalance simulate` shows when it is done: what was made, and its views."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from rich.table import Table

    from rebalance.simulate import SimulatedClassification

_MOST_VIEWS = 24


def what_was_simulated(simulated: SimulatedClassification) -> Table:
    """Molecule, images, views, averages and particles, a line each."""
    from rich.table import Table
    from rich.text import Text

    table = Table.grid(padding=(0, 2))
    table.add_column(style="bold", no_wrap=True)
    table.add_column()
    for label, text in (
        ("Molecule", _molecule(simulated)),
        ("Images", _images(simulated)),
        ("Views", _views(simulated)),
        ("Class averages", _averages(simulated)),
        ("Particles", _particles(simulated)),
    ):
        table.add_row(label, Text(text))
    return table


def views_table(simulated: SimulatedClassification) -> Table:
    """Direction, averages and particles of each view, the most crowded first; of many, some."""
    from rich.table import Table

    own = simulated.particle_superclass
    size = np.bincount(own[own >= 0], minlength=len(simulated.axes))
    table = Table(box=None, pad_edge=False, header_style="bold")
    for title in ("view", "x", "y", "z", "averages", "mirrored", "particles", "share"):
        table.add_column(title, justify="right", no_wrap=True)
    for number in np.argsort(-size, kind="stable")[:_MOST_VIEWS].tolist():
        mine = simulated.superclass == number
        x, y, z = simulated.axes[number].round(2) + 0.0
        table.add_row(
            str(number),
            *(f"{value:.2f}" for value in (x, y, z)),
            str(int(mine.sum())),
            str(int((mine & simulated.mirrored).sum())),
            f"{size[number]:,}",
            f"{100 * size[number] / max(size.sum(), 1):.1f} %",
        )
    if len(size) > _MOST_VIEWS:
        table.caption = f"… and {len(size) - _MOST_VIEWS} more, see truth.json"
        table.caption_justify = "left"
    return table


def _molecule(simulated: SimulatedClassification) -> str:
    molecule, n = simulated.molecule, len(simulated.operators)
    name = molecule.name or "built-in phantom"
    group = f"{simulated.symmetry} ({n} rotations)" if n > 1 else simulated.symmetry
    return f"{name}, {molecule.diameter:.0f} Å across, {group}"


def _images(simulated: SimulatedClassification) -> str:
    options, mask = simulated.options, simulated.class_averages.mask_diameter
    text = f"{options.box} × {options.box} pixels of {options.pixel_size:g} Å, mask {mask:g} Å"
    return f"{text}, signal-to-noise ratio of a particle {options.snr:g}"


def _views(simulated: SimulatedClassification) -> str:
    from rebalance.simulate.symmetry import separation

    options = simulated.options
    apart = separation(simulated.axes, simulated.operators)
    text = f"{options.n_views} discrete"
    if options.continuous:
        text = f"continuous, numbered by the nearest of {options.n_views}"
    if np.isfinite(apart):
        text += f", at least {apart:.1f}° apart"
    given = options.preferred_directions
    n_preferred = options.n_preferred if given is None else len(given)
    n_preferred = min(n_preferred, options.n_views)
    if n_preferred and options.preferred_share:
        text += f"; {100 * options.preferred_share:g} % of the particles in {n_preferred} preferred"
    return text


def _averages(simulated: SimulatedClassification) -> str:
    shown = simulated.kind == "view"
    mirrored, beside = int(simulated.mirrored.sum()), int((simulated.n_neighbours > 0).sum())
    special = [f"{mirrored} from the opposite side"] if mirrored else []
    special += [f"{beside} with neighbors"] if beside else []
    parts = [f"{int(shown.sum())} of views" + (f" ({', '.join(special)})" if special else "")]
    junk, n_junk = np.unique(simulated.junk_kind[simulated.kind == "junk"], return_counts=True)
    if len(junk):
        kinds = ", ".join(f"{n} {kind}" for kind, n in zip(junk, n_junk, strict=True))
        parts.append(f"{n_junk.sum()} junk ({kinds})")
    for kind in ("empty", "noise"):
        if n := int((simulated.kind == kind).sum()):
            parts.append(f"{n} {'all-zero' if kind == 'empty' else 'of noise'} without particles")
    return f"{len(shown)}: {', '.join(parts)}"


def _particles(simulated: SimulatedClassification) -> str:
    size = np.bincount(simulated.particle_class)
    size = size[size > 0]
    return f"{size.sum():,}; {size.min():,} to {size.max():,} in a class"
