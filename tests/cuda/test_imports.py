"""Without a GPU asked for, nothing of CUDA is imported."""

from __future__ import annotations

import os
import subprocess
import sys

SCRIPT = """
import sys
import numpy as np
import rebalance
images = np.random.default_rng(1).normal(size=(3, 16, 16)).astype(np.float32)
averages = rebalance.ClassAverages(images, np.arange(3))
for metric in ("rotational-cc", "frc"):
    rebalance.affinity(averages, metric, device="cpu", options={"mask_diameter": "14px"})
print(sorted(name for name in sys.modules if name.startswith(("numba.cuda", "numba_cuda."))))
"""


def test_the_cpu_path_does_not_import_cuda() -> None:
    environment = {name: value for name, value in os.environ.items() if "CUDASIM" not in name}
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT], env=environment, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    assert done.stdout.strip() == "[]"
