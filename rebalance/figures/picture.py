"""A matplotlib figure that a notebook shows, whether or not pyplot was ever imported."""

from __future__ import annotations

import io

from matplotlib.figure import Figure

from rebalance.figures import style

DOTS_PER_INCH = 110
"""Of a figure in a notebook: about as wide as a cell, in a fraction of the bytes of the file."""


class Picture(Figure):
    """A figure of this package, in the house style wherever it is drawn."""

    def _repr_png_(self) -> bytes:
        return as_png(self)


def as_png(figure: Figure) -> bytes:
    """The bytes of a PNG for a notebook."""
    stream = io.BytesIO()
    with style.context():
        figure.savefig(stream, format="png", dpi=DOTS_PER_INCH, metadata={"Software": None})
    return stream.getvalue()
