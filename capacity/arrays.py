"""Arrays from a user's files: .npy, .npz and .safetensors, checked before anything is computed."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from capacity.errors import InputError

FORMATS = (".npy", ".npz", ".safetensors")


def read_arrays(
    path: Path, allowed: tuple[str, ...], *, only: bool = False
) -> dict[str, NDArray[np.float64]]:
    """Named arrays of a file, as float64; a bare .npy is its first allowed name.

    Raises :class:`InputError` for a missing or unreadable file, an unknown format, a first
    allowed name that is absent, a dtype that is not real floating point, NaN or infinity, and
    with ``only`` for any other name, which is likely a misspelled one.
    """
    if path.suffix not in FORMATS:
        raise InputError(f"{path} has no known format; allowed: {', '.join(FORMATS)}.")
    if not path.is_file():
        raise InputError(f"{path} is not a file.")
    try:
        found = _load(path, allowed[0])
    except Exception as problem:  # each reader has its own family of errors
        raise InputError(f"{path} cannot be read as {path.suffix}: {problem}") from problem
    if allowed[0] not in found:
        names = ", ".join(sorted(found)) or "nothing"
        raise InputError(f"{path} holds {names}, needs an array named {allowed[0]!r}.")
    others = sorted(found.keys() - set(allowed))
    if only and others:
        raise InputError(f"{path} holds {', '.join(others)}; allowed: {', '.join(allowed)}.")
    return {name: _checked(path, name, found[name]) for name in allowed if name in found}


def read_array(path: Path, name: str) -> NDArray[np.float64]:
    """One matrix (tokens, dimension) named ``name`` (a bare .npy is that matrix)."""
    array = read_arrays(path, (name,))[name]
    check_matrix(path, name, array)
    return array


def check_matrix(path: Path, name: str, array: NDArray[np.float64]) -> None:
    """Raise :class:`InputError` unless the array is a matrix with at least one row and column."""
    if array.ndim != 2 or 0 in array.shape:
        raise InputError(
            f"{name!r} in {path} has shape {array.shape}, needs two axes (tokens, dimension)."
        )


def _load(path: Path, bare: str) -> dict[str, NDArray[np.generic]]:
    if path.suffix == ".npy":
        return {bare: np.load(path, allow_pickle=False)}
    if path.suffix == ".npz":
        with np.load(path, allow_pickle=False) as archive:
            return dict(archive)
    from safetensors.numpy import load_file

    return dict(load_file(path))


def _checked(path: Path, name: str, array: NDArray[np.generic]) -> NDArray[np.float64]:
    if not np.issubdtype(array.dtype, np.floating):
        raise InputError(f"{name!r} in {path} has dtype {array.dtype}, needs floating point.")
    numbers = array.astype(np.float64)
    if not np.isfinite(numbers).all():
        raise InputError(f"{name!r} in {path} holds NaN or infinite entries.")
    return numbers
