"""Two plain artists that make montages of hundreds of averages quick to draw.

matplotlib's own image would turn megapixels of grey into floats, resample them onto the same
pixels and turn them back; its own text would lay out every label three times.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.artist import Artist, allow_rasterization
from matplotlib.backend_bases import RendererBase
from matplotlib.colors import to_rgb
from matplotlib.font_manager import FontProperties
from matplotlib.path import Path
from matplotlib.textpath import TextPath
from matplotlib.transforms import Affine2D, Bbox

from rebalance.figures.text import FONT, text_width


class Raster(Artist):
    """A grey picture laid over the whole figure, pixel on pixel at the figure's own resolution.

    Parameters
    ----------
    grey : uint8 (height, width)
        Row 0 is the upper edge.
    """

    def __init__(self, grey: npt.NDArray[np.uint8]) -> None:
        super().__init__()
        self.grey = grey
        self.set_zorder(-1)

    @allow_rasterization
    def draw(self, renderer: RendererBase) -> None:
        """Hand the pixels to the renderer."""
        if not self.get_visible():
            return
        figure = self.get_figure(root=True)
        assert figure is not None
        width, height = figure.bbox.size
        context = renderer.new_gc()
        if renderer.option_scale_image():
            grey = self.grey[::-1]
            # Only PDF knows grey; others want red, green, blue, alpha.
            pdf = figure.canvas.get_default_filetype() == "pdf"
            image = grey[:, :, None] if pdf else _rgba(grey)
            renderer.draw_image(context, 0, 0, image, Affine2D().scale(width, height))
        else:
            renderer.draw_image(
                context, 0, 0, _rgba(_resized(self.grey, round(width), round(height))[::-1])
            )
        context.restore()


class Label(Artist):
    """One line of text at its left baseline; for hundreds of short ones.

    Written as text where text stays text (PDF), and as cached outlines of its letters on Agg.

    Parameters
    ----------
    x, y : float
        Left end of the baseline as a share of the figure's width and height.
    text : str
        Of a few different characters, each of which the font has.
    size : float
        Points.
    bold : bool
    color : str
    """

    def __init__(
        self, x: float, y: float, text: str, size: float, *, bold: bool = False, color: str
    ) -> None:
        super().__init__()
        self.at, self.text, self.size, self.bold, self.color = (x, y), text, size, bold, color

    @allow_rasterization
    def draw(self, renderer: RendererBase) -> None:
        """Hand the line to the renderer."""
        if not self.get_visible():
            return
        x, y = self._pixel()
        context = renderer.new_gc()
        context.set_foreground(self.color)
        if renderer.option_scale_image():
            if renderer.flipy():
                y = renderer.get_canvas_width_height()[1] - y
            font = _font(self.size, self.bold)
            renderer.draw_text(context, x, y, self.text, font, 0, ismath=False)
        else:
            context.set_linewidth(0)
            # Letters stand sharper with their feet on the edge of a pixel.
            placed = Affine2D().scale(self._outline_scale()).translate(x, round(y))
            renderer.draw_path(context, _outline(self.text, self.bold), placed, to_rgb(self.color))
        context.restore()

    def get_window_extent(self, renderer: RendererBase | None = None) -> Bbox:
        """Pixels that the line takes, as of any artist."""
        (x, y), scale = self._pixel(), self._outline_scale()
        box = _outline(self.text, self.bold).get_extents()
        return Bbox.from_extents(
            x + scale * box.x0, y + scale * box.y0, x + scale * box.x1, y + scale * box.y1
        )

    def _outline_scale(self) -> float:
        figure = self.get_figure(root=True)
        assert figure is not None
        return figure.dpi / 72 * self.size / _OUTLINE_SIZE

    def _pixel(self) -> tuple[float, float]:
        figure = self.get_figure(root=True)
        assert figure is not None
        width, height = figure.bbox.size
        return self.at[0] * width, self.at[1] * height


_OUTLINE_SIZE = 100.0


@lru_cache(maxsize=4)
def _font(size: float, bold: bool) -> FontProperties:
    return FontProperties(family=FONT, size=size, weight="bold" if bold else "normal")


@lru_cache(maxsize=4096)
def _outline(text: str, bold: bool) -> Path:
    paths, right = [], 0.0
    for character in text:
        # A blank has no outline, only a width.
        if not character.isspace():
            path = _letter(character, bold)
            paths.append(Path(np.add(path.vertices, (right, 0)), path.codes))
        right += text_width(character, _OUTLINE_SIZE, bold)
    return Path.make_compound_path(*paths)


@lru_cache(maxsize=512)
def _letter(character: str, bold: bool) -> Path:
    return TextPath((0, 0), character, prop=_font(_OUTLINE_SIZE, bold), usetex=False)


def _rgba(grey: npt.NDArray[np.uint8]) -> npt.NDArray[np.uint8]:
    image = np.empty((*grey.shape, 4), dtype=np.uint8)
    image[..., :3] = grey[..., None]
    image[..., 3] = 255
    return image


def _resized(grey: npt.NDArray[np.uint8], width: int, height: int) -> npt.NDArray[Any]:
    if grey.shape == (height, width):
        return grey
    from PIL import Image

    return np.asarray(Image.fromarray(grey).resize((width, height), Image.Resampling.BICUBIC))
