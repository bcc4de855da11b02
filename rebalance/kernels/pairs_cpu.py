"""One function of a pair, called for a tile of pairs; the function is an author's, the loop ours.

The function comes as a first-class value of a declared type, so that the compiled loop does not
depend on whose it is: it is compiled once for each number and type of arguments, and kept on disk.
"""

from __future__ import annotations

import inspect
import os
from functools import lru_cache

import numba
import numpy as np
from numba import types

from rebalance.kernels.compile import jit
from rebalance.kernels.compiled_code import keep_by_sources
from rebalance.kernels.mask_cpu import soft_disc

_CACHE_SIZE = 64


@jit
def pairs(
    function,
    features,
    parameters,
    disc,
    centre,
    radius,
    edge,
    row,
    row_stop,
    column,
    column_stop,
    out,
):
    """Values of pairs i < j.

    Parameters
    ----------
    function : FunctionType
        Of features i, features j and the parameters; float64.
    features : float32 (N, F) or (N, A, B)
    parameters : tuple of float64, int64 or bool
        One may be ``disc``.
    disc : float32 (L, L)
        Overwritten, for each pair, by what the soft discs about the objects of both have in
        common: the lower of the two.
    centre : float64 (N, 2)
        Of the discs, (x, y) from pixel (L/2, L/2); (0, 2) where there are none.
    radius, edge : float64
        Of the discs, and of their cosine, pixels.
    row, row_stop, column, column_stop : int
    out : float32 (rows, columns)
        0 where i ≥ j.
    """
    own = np.empty(disc.shape, dtype=np.float32)
    for i in range(row, row_stop):
        if len(centre):
            soft_disc(len(own), centre[i, 0], centre[i, 1], radius, edge, own)
        for j in range(max(column, i + 1), column_stop):
            if len(centre):
                soft_disc(len(own), centre[j, 0], centre[j, 1], radius, edge, disc)
                lower(own, disc)
            out[i - row, j - column] = function(features[i], features[j], *parameters)


@jit
def aligned_pairs(
    function,
    features,
    splines,
    rotation,
    shift,
    mirror,
    parameters,
    disc,
    centre,
    radius,
    edge,
    row,
    row_stop,
    column,
    column_stop,
    out,
):
    """Values of pairs i < j, image j laid onto image i.

    Parameters
    ----------
    function : FunctionType
        Of two images float32 (L, L) and the parameters; float64.
    features : float32 (N, L, L)
    splines : float32 (N, L, L)
        Their cubic B-spline coefficients.
    rotation : float32 (rows, columns)
        Degrees.
    shift : float32 (rows, columns, 2)
        Pixels.
    mirror : bool (rows, columns)
    parameters, disc, centre, radius, edge, row, row_stop, column, column_stop, out
        As in `pairs`.
    """
    laid = np.empty(features.shape[1:], dtype=np.float32)
    own = np.empty(disc.shape, dtype=np.float32)
    for i in range(row, row_stop):
        if len(centre):
            soft_disc(len(own), centre[i, 0], centre[i, 1], radius, edge, own)
        for j in range(max(column, i + 1), column_stop):
            at = i - row, j - column
            lay(splines[j], rotation[at], shift[at][0], shift[at][1], mirror[at], laid)
            if len(centre):
                x, y = moved(
                    centre[j, 0], centre[j, 1], rotation[at], shift[at][0], shift[at][1], mirror[at]
                )
                soft_disc(len(own), x, y, radius, edge, disc)
                lower(own, disc)
            out[at] = function(features[i], laid, *parameters)


@jit
def lower(one, other):
    """The lower of two arrays at each place, written into the second."""
    for row in range(one.shape[0]):
        for column in range(one.shape[1]):
            other[row, column] = min(one[row, column], other[row, column])


@jit
def moved(x, y, rotation, shift_x, shift_y, mirror):
    """Where a point of an image comes to lie when the image is moved, as `lay` moves it.

    Parameters
    ----------
    x, y : float
        From pixel (L/2, L/2).
    rotation, shift_x, shift_y, mirror
        As for `lay`.
    """
    angle = np.deg2rad(np.float64(rotation))
    cos, sin = np.cos(angle), np.sin(angle)
    flipped = -x if mirror else x
    return cos * flipped + sin * y + shift_x, -sin * flipped + cos * y + shift_y


@jit
def lay(spline, rotation, shift_x, shift_y, mirror, out):
    """Move an image as `rebalance.model.Transform` does: x' = R(θ) F x + t; 0 from outside.

    Parameters
    ----------
    spline : float32 (L, L)
        Cubic B-spline coefficients.
    rotation : float
        Degrees, counter-clockwise as displayed.
    shift_x, shift_y : float
        Pixels, y down.
    mirror : bool
    out : float32 (L, L)
    """
    box = spline.shape[0]
    middle = box // 2
    angle = np.deg2rad(np.float64(rotation))
    cos, sin = np.cos(angle), np.sin(angle)
    flip = -1.0 if mirror else 1.0
    weight_y = np.empty(4, dtype=np.float64)
    weight_x = np.empty(4, dtype=np.float64)
    for row in range(box):
        v = row - middle - shift_y
        for column in range(box):
            u = column - middle - shift_x
            x = flip * (cos * u - sin * v) + middle
            y = sin * u + cos * v + middle
            # Half a thousandth of a pixel: rounding must not cut off the edge of an unmoved image.
            if x < -5e-4 or y < -5e-4 or x > box - 1 + 5e-4 or y > box - 1 + 5e-4:
                out[row, column] = 0.0
                continue
            left, top = int(np.floor(x)), int(np.floor(y))
            _cubic_weights(x - left, weight_x)
            _cubic_weights(y - top, weight_y)
            total = 0.0
            for a in range(4):
                along = 0.0
                line = _mirrored(top - 1 + a, box)
                for b in range(4):
                    along += weight_x[b] * spline[line, _mirrored(left - 1 + b, box)]
                total += weight_y[a] * along
            out[row, column] = total


@jit
def _cubic_weights(t, weight):
    """Cubic B-spline at the four knots around a point a part t behind the second."""
    s = 1.0 - t
    weight[0] = s * s * s / 6.0
    weight[1] = 2.0 / 3.0 - 0.5 * t * t * (2.0 - t)
    weight[2] = 2.0 / 3.0 - 0.5 * s * s * (2.0 - s)
    weight[3] = t * t * t / 6.0


@jit
def _mirrored(index, box):
    """Beyond an edge the coefficients are mirrored about its pixel."""
    if index < 0:
        return min(-index, box - 1)
    if index >= box:
        return max(2 * box - 2 - index, 0)
    return index


_TYPES = {
    bool: types.boolean,
    int: types.int64,
    float: types.float64,
    np.ndarray: types.Array(types.float32, 2, "C"),
}


@lru_cache(_CACHE_SIZE)
def compiled(function, n_axes, kinds, aligned):
    """A pair function and the loop over a tile, both compiled for a declared signature.

    Parameters
    ----------
    function : function or numba dispatcher
        Of two arrays and further arguments.
    n_axes : int
        Axes of each of the two arrays.
    kinds : tuple of type
        bool, int, float or np.ndarray (the disc) for each further argument.
    aligned : bool
        For `aligned_pairs` instead of `pairs`.

    Returns
    -------
    function : numba dispatcher
        Handed to the loop as its first argument.
    loop : callable
        The compiled loop. It is called as it was compiled: by way of the dispatcher, numba would
        compile it anew, and uncached, for the very function that it is given.

    Raises
    ------
    numba.core.errors.NumbaError
        If the function can't be compiled.
    """
    extra = tuple(_TYPES[kind] for kind in kinds)
    one = types.Array(types.float32, n_axes, "C")
    signature = types.float64(one, one, *extra)
    if not hasattr(function, "py_func"):
        function = _cached(function)
    function.compile(signature)
    stack = types.Array(types.float32, n_axes + 1, "C")
    motions = ()
    if aligned:
        motions = (
            stack,
            types.Array(types.float32, 2, "C"),
            types.Array(types.float32, 3, "C"),
            types.Array(types.boolean, 2, "C"),
        )
    loop = aligned_pairs if aligned else pairs
    arguments = (
        types.FunctionType(signature),
        stack,
        *motions,
        types.Tuple(extra),
        types.Array(types.float32, 2, "C"),
        types.Array(types.float64, 2, "C"),
        *2 * (types.float64,),
        *4 * (types.int64,),
        types.Array(types.float32, 2, "C"),
    )
    loop.compile(types.void(*arguments))
    return function, loop.get_overload(types.void(*arguments))


def _cached(function):
    if os.path.exists(inspect.getfile(function)):
        keep_by_sources(function.__module__)
        return jit(function)
    # What is typed at a prompt has no sources to be known by.
    return numba.njit(nogil=True, fastmath={"contract"}, error_model="numpy")(function)
