"""Where each class average looks from, found from the averages alone, before any 3D refinement."""
