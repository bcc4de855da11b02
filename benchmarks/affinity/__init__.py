"""Speed and accuracy of the affinity; `python -m benchmarks.affinity`, `….affinity.phases`."""
