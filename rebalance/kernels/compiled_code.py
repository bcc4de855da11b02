"""Where compiled functions are kept: under a digest of all sources that they may be made from.

numba knows a compiled function by the file that it stands in. What it calls from other files, and
the constants that it takes from there, are compiled into it: when those change, by an edit or by an
upgrade that leaves compiled files beside the sources, the old machine code goes on. So functions of
this package, and of packages that metrics come from, are kept in the user's cache folder under a
digest of every source file of their package, of the packages whose compiled functions they call,
and of the versions of numba, llvmlite and Python; numba's own index adds the processor.
"""

from __future__ import annotations

import atexit
import contextlib
import hashlib
import os
import re
import shutil
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from functools import cache, lru_cache
from importlib import metadata
from pathlib import Path
from types import ModuleType
from typing import Any

from rebalance.cache_folder import cache_folder, make_folder

KERNELS = "rebalance.kernels"
"""Imports nothing but itself, so its compiled functions depend on no other source."""

COMPILED = "compiled"
"""The folder of compiled functions in the user's cache folder."""

_FOLDER = re.compile(r"[\w.]+-[0-9a-f]{16}")
_UNUSED_AFTER_SECONDS = 30 * 24 * 3600
_OWN = (KERNELS, "rebalance")
_kept: set[str] = {*_OWN}


def package_of(module: str) -> str:
    """The package by whose sources a function of a module is known."""
    if module == KERNELS or module.startswith(f"{KERNELS}."):
        return KERNELS
    return module.partition(".")[0]


def source_digest(package: str) -> str:
    """SHA-256 of every source file of a package; of a single module, of the files beside it too.

    Parameters
    ----------
    package : str
        A package or module that has been imported; empty text for one that has no file.
    """
    return _own_digest(package) if package in _OWN else _current_digest(package)


@cache
def _own_digest(package: str) -> str:
    """Once a process; a notebook reloads other people's modules rather than these."""
    return _current_digest(package)


def _current_digest(package: str) -> str:
    files = sorted(_source_files(package))
    return _digest_of(tuple((str(path), *_stamp(path)) for path in files)) if files else ""


def _source_files(package: str) -> Iterator[Path]:
    module = sys.modules.get(package)
    folders = list(getattr(module, "__path__", ()))
    for folder in folders:
        yield from Path(folder).rglob("*.py")
    file = getattr(module, "__file__", None)
    if not folders and file is not None:
        yield from Path(file).parent.glob("*.py")


def _stamp(path: Path) -> tuple[int, int]:
    status = path.stat()
    return status.st_mtime_ns, status.st_size


@lru_cache(64)
def _digest_of(files: tuple[tuple[str, int, int], ...]) -> str:
    """Of names and contents. Sizes and times say whether they have to be read again."""
    digest = hashlib.sha256()
    for path, *_ in files:
        content = Path(path).read_bytes()
        digest.update(f"{Path(path).name} {len(content)}\n".encode())
        digest.update(content)
    return digest.hexdigest()


@cache
def _versions() -> str:
    found = []
    for name in ("numba", "llvmlite", "numba-cuda"):
        with contextlib.suppress(metadata.PackageNotFoundError):
            found.append(f"{name} {metadata.version(name)}")
    return f"{' '.join(found)} {sys.implementation.cache_tag}"


class SourcesLocator:
    """Tells numba where to keep a function of a package that is known by its sources.

    It has the methods that numba asks of a cache locator (`numba.core.caching`).
    """

    def __init__(self, folder: Path, line: int, stamp: str) -> None:
        self._folder = folder
        self._line = line
        self._stamp = stamp

    @classmethod
    def from_function(cls, function: Callable[..., Any], file: str) -> SourcesLocator | None:
        """A locator, or None for a function that is kept as numba would by itself."""
        package = package_of(function.__module__)
        if package not in _kept or not os.path.exists(file):
            return None
        stamp = _stamp_of({package, *_packages_called(function)})
        return cls(_folder_of(package, stamp), function.__code__.co_firstlineno, stamp)

    def ensure_cache_path(self) -> None:
        self._folder.mkdir(parents=True, exist_ok=True)

    def get_cache_path(self) -> str:
        return str(self._folder)

    def get_source_stamp(self) -> str:
        return self._stamp

    def get_disambiguator(self) -> str:
        return str(self._line)


def _packages_called(function: Callable[..., Any]) -> Iterator[str]:
    """Packages of the compiled functions that a function calls by name, or by ``module.name``."""
    code, found = function.__code__, function.__globals__
    for name in code.co_names:
        value = found.get(name)
        values = [value]
        if isinstance(value, ModuleType):
            values = [vars(value).get(other) for other in code.co_names]
        for one in values:
            # A compiled function, without loading numba to ask what that is.
            python_function = getattr(one, "py_func", None)
            if python_function is not None:
                yield package_of(python_function.__module__)


def _stamp_of(packages: set[str]) -> str:
    digest = hashlib.sha256(_versions().encode())
    for name in sorted(packages):
        digest.update(f"{name} {source_digest(name)}\n".encode())
    return digest.hexdigest()


def has_compiled() -> bool:
    """Whether kernels were ever compiled here; where not, the first comparison takes longer."""
    folder = _base() / f"{KERNELS}-{_stamp_of({KERNELS})[:16]}"
    return any(folder.glob("*.nbc"))


@cache
def _folder_of(package: str, stamp: str) -> Path:
    base = _base()
    folder = base / f"{package}-{stamp[:16]}"
    with contextlib.suppress(OSError):
        if folder.is_dir():
            # When it was used last.
            os.utime(folder)
        else:
            _remove_unused(base, package)
        folder.mkdir(parents=True, exist_ok=True)
    return folder if os.access(folder, os.W_OK) else _of_this_process() / folder.name


def use_sources_locator(cache: Any) -> None:
    """Have a kind of cache of numba ask `SourcesLocator` first.

    Parameters
    ----------
    cache : subclass of `numba.core.caching.CacheImpl`, or of its like in numba.cuda
    """
    locators = cache._locator_classes
    if SourcesLocator not in locators:
        locators.insert(0, SourcesLocator)
    for base in cache.__mro__:
        files = getattr(sys.modules[base.__module__], "IndexDataCacheFile", None)
        if files is not None and files.save.__module__ != __name__:
            _go_on_without_room(files)


def _go_on_without_room(files: Any) -> None:
    """Have numba go on where compiled code can't be kept: it is compiled again by the next run."""
    save = files.save

    def save_if_possible(self: Any, key: Any, data: Any) -> None:
        with contextlib.suppress(OSError):
            save(self, key, data)

    files.save = save_if_possible


def compiled_folder() -> Path:
    """``$NUMBA_CACHE_DIR``, else ``compiled`` in the user's cache folder."""
    named = os.environ.get("NUMBA_CACHE_DIR")
    return Path(named).expanduser() if named else cache_folder() / COMPILED


def _base() -> Path:
    base = compiled_folder()
    with contextlib.suppress(OSError):
        make_folder(base)
    return base


def _remove_unused(base: Path, package: str) -> None:
    """Folders of other versions of a package that nobody has used for a month."""
    for folder in base.glob(f"{package}-*"):
        with contextlib.suppress(OSError):
            if time.time() - folder.stat().st_mtime > _UNUSED_AFTER_SECONDS:
                shutil.rmtree(folder)


def compiled_folders() -> list[Path]:
    """Folders in the user's cache folder, one for each package and state of its sources.

    What ``$NUMBA_CACHE_DIR`` names is for whoever set it to clean.
    """
    base = cache_folder() / COMPILED
    return sorted(path for path in base.glob("*") if _FOLDER.fullmatch(path.name))


def size_of(folder: Path) -> int:
    """Bytes of the files in a folder of compiled functions."""
    total = 0
    for path in folder.glob("*"):
        with contextlib.suppress(OSError):
            total += path.stat().st_size
    return total


def remove_compiled() -> int:
    """Delete all that is kept of compiled functions; bytes deleted.

    Raises
    ------
    OSError
        If a file can't be deleted.
    """
    freed = 0
    for folder in compiled_folders():
        freed += size_of(folder)
        shutil.rmtree(folder)
    return freed


@cache
def _of_this_process() -> Path:
    """A folder that ends with this process, where the user's can't be written."""
    folder = Path(tempfile.mkdtemp(prefix="rebalance-compiled-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return folder


def keep_by_sources(module: str) -> None:
    """From now on, keep the compiled functions of a module's package by all its sources.

    Parameters
    ----------
    module : str
        Where a metric, or a function that is to be compiled, stands. Functions of its package that
        have been decorated already are looked up again.
    """
    package = package_of(module)
    if package in _kept:
        return
    _kept.add(package)
    from numba.core.caching import CompileResultCacheImpl
    from numba.core.dispatcher import Dispatcher

    use_sources_locator(CompileResultCacheImpl)
    for name, loaded in list(sys.modules.items()):
        if package_of(name) != package or loaded is None:
            continue
        for value in list(vars(loaded).values()):
            if isinstance(value, Dispatcher) and package_of(value.py_func.__module__) == package:
                _look_up_again(value)


def _look_up_again(function: Any) -> None:
    # What has run already has been compiled or loaded.
    if function.stats.cache_path is not None and not function.signatures:
        function.enable_caching()
