"""The classes of a small RELION job, and a selection made of it."""

from __future__ import annotations

from pathlib import Path

CLASSES = [2, 4, 2, 3, 2, 4, 2, 2, 3, 2]


def select_job(relion_job, chosen: list[int], rows: list[int]) -> Path:
    """A Select job with some class averages, and particles of some classes."""
    relion_job.iteration("run_it025", CLASSES)
    folder = relion_job.project / "Select" / "job008"
    folder.mkdir(parents=True)
    body = "".join(
        f"{number:06d}@Class2D/job007/run_it025_classes.mrcs 12.5 {number:12d} \n"
        for number in chosen
    )
    (folder / "class_averages.star").write_text(
        "\n# version 30001\n\ndata_\n\nloop_ \n_rlnReferenceImage #1 \n"
        f"_rlnEstimatedResolution #2 \n_rlnClassNumber #3 \n{body} \n"
    )
    table = (relion_job.folder / "run_it025_data.star").read_text()
    kept = relion_job.rows(rows)
    (folder / "particles.star").write_text(table.replace(relion_job.rows(CLASSES), kept))
    return folder
