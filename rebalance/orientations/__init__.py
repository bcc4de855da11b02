"""Bins of equal area over the poses of particles, and how evenly those fill Fourier space."""
