"""Numba kernels only: explicit arrays in and out; no files, no options, no logging."""
