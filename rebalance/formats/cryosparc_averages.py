"""Class averages of a CryoSPARC job: a ``.cs`` table and the stack it names, and back to files."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

import numpy as np

from rebalance.errors import InputError
from rebalance.formats.cryosparc_job import averages_beside, find_averages_of, is_averages
from rebalance.formats.cryosparc_paths import (
    OWN_FOLDER,
    Located,
    is_job_folder,
    job_of,
    locate,
    missing_stack,
)
from rebalance.formats.cryosparc_remarks import relative_path_warnings
from rebalance.formats.cs_file import (
    CsTable,
    column_names,
    open_cs,
    read_column,
    read_numbers,
    read_whole_numbers,
    slots,
    write_rows,
)
from rebalance.formats.csg_file import write_group
from rebalance.formats.mrc_file import SUFFIXES, MrcStack, open_stack
from rebalance.formats.paths import folders_of, same_file
from rebalance.formats.pixel_size import Stated
from rebalance.model import DoubleArray, FloatArray, IntArray


@dataclass(frozen=True, eq=False)
class CryosparcAverages:
    """Where the class averages are; a `rebalance.formats.averages.AveragesSource`.

    Parameters
    ----------
    path : Path
        Table or stack.
    class_id : int64 (N,)
        ``blob/idx``, by which ``alignments2D/class`` of a particle names its average; counted
        from 0 in a bare stack, as CryoSPARC does.
    stack_name : str
        As the table names it, relative to the project; or the bare stack itself.
    table : CsTable, optional
        None for a bare stack.
    resolution : float64 (N,), optional
        Å, ``blob/res_A``.
    project : Path, optional
        Folder that ``stack_name`` is relative to.
    """

    path: Path
    class_id: IntArray
    stack_name: str
    table: CsTable | None = None
    resolution: DoubleArray | None = None
    project: Path | None = None

    @cached_property
    def _located(self) -> Located:
        found = Located(self.path) if self.table is None else None
        found = found or locate(self.stack_name, self.path, self.project)
        if found is None:
            raise missing_stack(self.stack_name, self.path, self.project)
        return found

    @cached_property
    def stack(self) -> MrcStack:
        """The stack; InputError if it is missing or broken."""
        return open_stack(self._located.path)

    @property
    def notes(self) -> tuple[str, ...]:
        """Where the stack was found, if that is not plain."""
        return self._located.notes

    @property
    def warnings(self) -> list[str]:
        """Doubts whether table and stack belong together, and paths that must not move."""
        if self.table is None:
            return []
        return [
            *self._box_warnings(self.table),
            *self._job_warnings(self.table),
            *relative_path_warnings(self.table, "templates.cs and .csg"),
        ]

    def _box_warnings(self, table: CsTable) -> list[str]:
        if "blob/shape" not in (table.dtype.names or ()):
            return []
        shape = np.asarray(table.first_value("blob/shape"))
        if shape.dtype.kind not in "iu" or shape.flat[-1] in (0, self.stack.box):
            return []
        return [
            f"The averages are {shape.flat[-1]} px wide according to {table.path.name}, but "
            f"{self.stack.box} px in {self.stack.path.name}. Are they from different jobs?"
        ]

    def _job_warnings(self, table: CsTable) -> list[str]:
        """Whether the stack may be another job's, where it is not in its table's own folder."""
        stack = self.stack.path
        own = [folder.resolve() for folder in folders_of(table.path)]
        said = [folder / self.stack_name.lstrip(OWN_FOLDER) for folder in own]
        if stack.resolve().parent in own or any(same_file(stack, one) for one in said):
            return []
        twins = list(_tables_of(stack))
        shared = [(twin, _same_uids(table, twin)) for twin in twins]
        if any(same for _, same in shared):
            return []
        other = [twin for twin, same in shared if same is False]
        if any(twin.path.name == table.path.name for twin in other):
            raise InputError(
                f"It refers to {self.stack_name}, but {stack} is from another job: "
                f"{other[0].path} gives its images other uids.",
                path=table.path,
                hint=f"If the job was copied, also copy {stack.name} from the original job to the "
                f"folder of {table.path.name}. Or give the stack as `class_averages`.",
            )
        if other:
            return [
                f"{table.path.name} and {other[0].path.name} (next to {stack}) give the same "
                "images different uids. Are they from different jobs?"
            ]
        copied = job_of(table.path.name) == Path(self.stack_name.lstrip(OWN_FOLDER)).parent.name
        if copied or not is_job_folder(table.path.absolute().parent):
            return [
                f"{table.path.name} refers to {self.stack_name}, which is not next to it, so "
                f"{stack} is used. Job numbers repeat in every project: is it the same job?"
            ]
        return []

    def read_images(self) -> FloatArray:
        """float32 (N, L, L); InputError if the stack is missing or broken."""
        return self.stack.read(self.class_id)

    @property
    def is_whole(self) -> bool:
        """True for all classes of a classification, False for a selection."""
        return len(self.class_id) == self.stack.n

    @property
    def stated_pixel_sizes(self) -> list[Stated]:
        """What table and stack say of the pixel size."""
        stated = [Stated(f"the header of {self.stack.path.name}", self.stack.pixel_size, True)]
        if self.table is not None and "blob/psize_A" in (self.table.dtype.names or ()):
            sizes = read_numbers(self.table, "blob/psize_A")
            values = list(dict.fromkeys(float(f"{size:.6g}") for size in sizes.tolist()))
            # Of several, a second one is enough to say so.
            sources = (self.path.name, f"other rows of {self.path.name}")
            stated = [*map(Stated, sources, values), *stated]
        return stated

    def write_templates(self, folder: Path, copy: bool) -> list[Path]:
        """Write templates.cs and templates.csg, and on request templates.mrc.

        Image n of templates.mrc is row n of templates.cs.
        """
        target = folder / "templates.cs"
        if self.table is None:
            with open(target, "wb") as out:
                np.save(out, self._table_of_stack(), allow_pickle=False)
        else:
            write_rows(self.table, target, np.arange(len(self.table), dtype=np.int64))
        write_group(
            folder / "templates.csg",
            type="template",
            title="Class averages",
            files=dict.fromkeys(slots(open_cs(target)), target.name),
            n_items=len(self.class_id),
            source=self.path,
        )
        written = [target, folder / "templates.csg"]
        if copy:
            self.stack.copy(folder / "templates.mrc", self.class_id)
            written.append(folder / "templates.mrc")
        return written

    def _table_of_stack(self) -> np.ndarray:
        name = str(self.stack.path.resolve()).encode("utf-8", "surrogateescape")
        table = np.zeros(
            len(self.class_id),
            dtype=[
                ("uid", "<u8"),
                ("blob/path", f"S{len(name)}"),
                ("blob/idx", "<u4"),
                ("blob/shape", "<u4", (2,)),
                ("blob/psize_A", "<f4"),
            ],
        )
        # uids are arbitrary, but the same run is to give the same bytes.
        first = int.from_bytes(hashlib.sha256(name).digest()[:7], "little")
        table["uid"] = np.uint64(first) + self.class_id.astype(np.uint64)
        table["blob/path"] = name
        table["blob/idx"] = self.class_id
        table["blob/shape"] = self.stack.box
        table["blob/psize_A"] = self.stack.pixel_size or 0.0
        return table


def find_averages(path: Path, project: Path | None) -> CryosparcAverages:
    """The class averages that a ``.cs``, ``.csg``, stack or job folder gives.

    Raises
    ------
    InputError
        If it gives none, or a class number is there twice.
    """
    if path.suffix.lower() in SUFFIXES:
        stack = open_stack(path)
        return CryosparcAverages(path, np.arange(stack.n, dtype=np.int64), str(path))
    if path.is_dir() or path.suffix == ".csg":
        return find_averages(find_averages_of(path, project), project)
    return _from_table(open_cs(path), project)


def _from_table(table: CsTable, project: Path | None) -> CryosparcAverages:
    names = table.dtype.names or ()
    missing = [name for name in ("blob/path", "blob/idx") if name not in names]
    if missing or "alignments2D/class" in names:
        near = averages_beside(table.path)
        raise InputError(
            f"The table has no class averages: {missing[0]} is missing."
            if missing
            else "The table has particles, but class averages were expected.",
            path=table.path,
            hint=f"Did you mean {near.name}?"
            if near
            else "Give *_class_averages.cs, templates_selected.cs, or the .mrc stack.",
        )
    if len(table) == 0:
        raise InputError(
            "The table has no class averages: it is empty.",
            path=table.path,
            hint="Select at least two class averages.",
        )
    class_id = read_whole_numbers(table, "blob/idx")
    numbers, counts = np.unique(class_id, return_counts=True)
    if counts.max() > 1:
        number = int(numbers[np.argmax(counts)])
        rows = np.flatnonzero(class_id == number) + 1
        raise InputError(
            f"blob/idx {number} is used twice, in rows {rows[0]} and {rows[1]}; each class "
            "average needs its own number.",
            path=table.path,
            location=f"row {rows[1]}",
            hint="Give the class averages of a single classification.",
        )
    paths = sorted({str(word) for word in _column(table, "blob/path")})
    if len(paths) != 1:
        raise InputError(
            f"The class averages are in {len(paths)} stacks ({paths[0]}, {paths[1]} …); one was "
            "expected.",
            path=table.path,
            location="blob/path",
            hint="Give the class averages of a single classification.",
        )
    resolution = None
    if "blob/res_A" in names:
        resolution = read_numbers(table, "blob/res_A").astype(np.float64)
    return CryosparcAverages(table.path, class_id, paths[0], table, resolution, project)


def _column(table: CsTable, name: str) -> np.ndarray:
    try:
        return read_column(table, name)
    except KeyError as error:
        raise InputError(
            f"{name} does not have one value per row.", path=table.path, location=name
        ) from error


def _tables_of(stack: Path) -> Iterator[CsTable]:
    """Tables of class averages beside a stack that name its images."""
    for path in sorted(stack.parent.glob("*.cs")):
        try:
            table = open_cs(path)
            if is_averages(table) and len(table):
                name = str(read_column(table, "blob/path")[0])
                if Path(name).name == stack.name:
                    yield table
        except (InputError, KeyError):
            continue


def _same_uids(table: CsTable, twin: CsTable) -> bool | None:
    """Whether two tables give an image the same uid; None if they have no image in common."""
    uids, others = (_uid_of_image(one) for one in (table, twin))
    common = uids.keys() & others.keys()
    return any(uids[image] == others[image] for image in common) if common else None


def _uid_of_image(table: CsTable) -> dict[int, int]:
    if "uid" not in column_names(table):
        return {}
    image, uid = (read_column(table, name).tolist() for name in ("blob/idx", "uid"))
    return dict(zip(image, uid, strict=True))
