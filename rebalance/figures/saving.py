"""Figures as files: the same bytes each time, with no date and no version in them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from concurrent.futures import Future, ThreadPoolExecutor
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from rebalance.figures import style

if TYPE_CHECKING:
    from matplotlib.figure import Figure

_UNDATED: dict[str, Any] = {"CreationDate": None, "Creator": None, "Producer": None}


def save(figure: Figure, folder: Path | str, name: str, *, pdf: bool = False) -> list[Path]:
    """Write a figure as PNG, and as PDF where that is asked for.

    Parameters
    ----------
    figure : Figure
    folder : Path or str
        Made where it is not there yet.
    name : str
        Of the files, without an ending.
    pdf : bool
        A PDF too.

    Returns
    -------
    list of Path
        The PNG, and the PDF behind it.
    """
    return [path for paths in save_each({name: figure}, folder, pdf=pdf) for path in paths]


def save_each(
    figures: Mapping[str, Figure], folder: Path | str, *, pdf: bool = False
) -> Iterator[list[Path]]:
    """Write figures as `save` does, one after the other; the files of each.

    While one is drawn, the pixels of the one before are compressed.
    """
    folder = Path(folder)
    folder.mkdir(parents=True, exist_ok=True)
    with ThreadPoolExecutor(1) as beside:
        before: tuple[str, Future[memoryview], memoryview | None] | None = None
        for name, figure in figures.items():
            pixels = _drawn(figure)
            compressed = beside.submit(_as_png, pixels, figure.dpi)
            vectors = _as_pdf(figure) if pdf else None
            if before is not None:
                yield _written(folder, *before)
            before = name, compressed, vectors
        if before is not None:
            yield _written(folder, *before)


def as_pages(figures: Iterable[Figure]) -> bytes:
    """A PDF with a figure a page, the same bytes each time.

    Parameters
    ----------
    figures : iterable of Figure
        Each page is as large as its figure.
    """
    from matplotlib.backends.backend_pdf import PdfPages

    written = BytesIO()
    with style.context(), PdfPages(written, metadata=_UNDATED) as pages:
        for figure in figures:
            pages.savefig(figure, dpi=figure.dpi)
    return written.getvalue()


def _written(
    folder: Path, name: str, compressed: Future[memoryview], vectors: memoryview | None
) -> list[Path]:
    # Files are written whole: what draws fails in other ways where a disk is full.
    paths = [folder / f"{name}.png"]
    paths[0].write_bytes(compressed.result())
    if vectors is not None:
        paths.append(folder / f"{name}.pdf")
        paths[1].write_bytes(vectors)
    return paths


def _drawn(figure: Figure) -> npt.NDArray[np.uint8]:
    from matplotlib.backends.backend_agg import FigureCanvasAgg

    with style.context():
        canvas = FigureCanvasAgg(figure)
        canvas.draw()
    # Nothing is transparent.
    return np.ascontiguousarray(np.asarray(canvas.buffer_rgba())[..., :3])


def _as_pdf(figure: Figure) -> memoryview:
    written = BytesIO()
    with style.context():
        figure.savefig(written, format="pdf", dpi=figure.dpi, metadata=_UNDATED)
    return written.getbuffer()


def _as_png(pixels: npt.NDArray[np.uint8], dpi: float) -> memoryview:
    from PIL import Image

    written = BytesIO()
    # Level 2 takes half the time of the usual one, for files as small.
    Image.fromarray(pixels).save(written, "PNG", compress_level=2, dpi=(dpi, dpi))
    return written.getbuffer()
