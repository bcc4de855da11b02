"""Formats of EMAN2 and IMAGIC; the implementations load when they are used."""

from __future__ import annotations

from rebalance.hookspecs import PluginSpec, hookimpl

REBALANCE_HOOK_VERSION = 1


@hookimpl
def rebalance_formats() -> list[PluginSpec]:
    return [
        PluginSpec(
            "eman",
            "EMAN2 class averages in HDF5 files (.hdf).",
            "rebalance_eman.eman:Eman",
        ),
        PluginSpec(
            "imagic",
            "IMAGIC stacks of class averages (.hed with .img).",
            "rebalance_eman.imagic:Imagic",
        ),
    ]
