"""The street: read, compare, group, select, write; and nothing else."""
