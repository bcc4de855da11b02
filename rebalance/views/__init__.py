"""Viewing directions of class averages, found from the averages alone, before 3D refinement."""
