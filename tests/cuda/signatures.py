"""The types that each CUDA kernel is launched with, as ``dtype`` or ``dtype[dimensions]``.

`compile_ptx` compiles the kernels for them, `test_agreement` sees that they are the ones.
"""

from __future__ import annotations

SIGNATURES = {
    "probe_cuda.fill": "int32 int32[1]",
    "coarse_cuda.shifted_orders": (
        "complex64[3] int64 float32[2] float32 float32 float32 float32[1] float32[1]"
    ),
    "coarse_cuda.search": (
        "float32[1] float32[1] float32[1] float32[1] int64 int64 int64 int64 int64 "
        "float32[1] float32 float32[3] int32[3]"
    ),
    "refine_cuda.lay_out": "float32[4] float32[4] int64 float32[1]",
    "correlation_cuda.climb_pairs": (
        "float32[1] int64 int64 int64 int64 int64 float32[1] float32[2] float32 float32 float32 "
        "float32 float32[3] int32[3] int64 int64 float32[2] float32[2] float32[3] bool[2]"
    ),
    "small_disc_cuda.shift_orders": "float32[5] int64[1] float32[4] int64 float32[5]",
    "small_disc_cuda.correlate": (
        "float32[5] float32[5] int64[1] float32[1] float32[1] int64 int64 float32[5]"
    ),
    "small_disc_cuda.find_tops": (
        "float32[5] float32[2] float32[2] float32[3] float32[3] float32[2] float32[1] float32 "
        "float32 float32 int64 int64 int64 float32[2] float32[2] float32[3] bool[2]"
    ),
    "frc_cuda.correlate_rings": (
        "float32[1] int64 int64 float32 float32 float32[2] float32[3] bool[2] int64 int64 "
        "float32[3]"
    ),
}
