"""Starting poses: the view of a class average and the in-plane alignment of each particle, joined.

>>> from rebalance.poses import particle_poses, write_poses
>>> poses = particle_poses(dataset, views)  # doctest: +SKIP
>>> write_poses(dataset, poses, "results")  # doctest: +SKIP
"""

from __future__ import annotations

from rebalance.poses.particle_poses import particle_poses, write_poses

__all__ = ["particle_poses", "write_poses"]
