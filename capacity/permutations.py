r"""Permutations as products of swaps, each one step of a memory without a value.

A delta step with the value 0 multiplies the memory by I - beta k k^T. With beta = 2 and
k = (e_i - e_j)/sqrt 2 this swaps what is read at e_i and at e_j. A permutation of n things with c
cycles is a product of n - c swaps, and of no fewer reflections: each reflection fixes all but one
direction, and the permutation fixes c. A permutation p is the matrix with e_(p(i)) in column i.
"""

import math
from collections import Counter
from itertools import permutations

import numpy as np
import scipy.linalg
from numpy.typing import NDArray

from capacity.errors import InputError

Array = NDArray[np.float64]
Permutation = tuple[int, ...]


def symmetric_group(n: int) -> list[Permutation]:
    """All n! permutations of 0 .. n - 1, the identity first."""
    if not 2 <= n <= 6:
        raise InputError(f"Permutations need 2 <= n <= 6 things, got {n}.")
    return list(permutations(range(n)))


def swaps(p: Permutation) -> list[tuple[int, int]]:
    """The fewest swaps of columns that turn the identity into p, in order."""
    columns, found = list(range(len(p))), []
    for i, wanted in enumerate(p):
        j = columns.index(wanted)
        if i != j:
            columns[i], columns[j] = columns[j], columns[i]
            found.append((i, j))
    return found


def exact_share(n: int, factors: int) -> float:
    """Permutations of n that are products of so many swaps, as a share of all n!.

    Their numbers by distance m are the Stirling numbers of the first kind, [n, n - m].
    """
    distances = Counter(len(swaps(p)) for p in symmetric_group(n))
    return sum(distances[m] for m in range(factors + 1)) / math.factorial(n)


def swap_keys(p: Permutation, factors: int) -> Array:
    """Keys (factors, n) of the first swaps of p; keys of zero, which change nothing, to fill up."""
    keys = np.zeros((factors, len(p)))
    for key, (i, j) in zip(keys, swaps(p), strict=False):
        key[i], key[j] = math.sqrt(0.5), -math.sqrt(0.5)
    return keys


def nearest_keys(p: Permutation, factors: int) -> Array:
    """Keys (factors, n) of reflections whose product is near p where swaps are too few.

    Two reflections turn a plane; the planes of p that turn most are turned first, after
    directions that p reverses. A reflection that is left over goes into the next plane, if p turns
    that by more than a right angle.
    """
    if len(swaps(p)) <= factors:
        return swap_keys(p, factors)
    matrix = np.eye(len(p))[:, list(p)]
    turned, vectors = scipy.linalg.schur(matrix, output="real")
    below = np.abs(np.diag(turned, -1)) > 0.5 * math.sin(2 * math.pi / len(p))
    planes = sorted((turned[i, i], i) for i in np.flatnonzero(below))
    single = np.setdiff1d(np.arange(len(p)), [i + j for _, i in planes for j in (0, 1)])
    found = [vectors[:, i] for i in single if turned[i, i] < 0]
    for cosine, i in planes:
        half = math.atan2(turned[i + 1, i], cosine) / 2
        first, second = vectors[:, i], vectors[:, i + 1]
        if len(found) + 2 <= factors or cosine < 0:
            found += [math.cos(half) * first + math.sin(half) * second, first]
    keys = np.zeros((factors, len(p)))
    for key, vector in zip(keys, found, strict=False):
        key[:] = vector
    return keys


CHOICES = {"swaps": swap_keys, "nearest": nearest_keys}
