"""Orthogonalisation: chunks of Hebbian gradients, as they are and as their polar factors.

One chunk by its load; a stream of chunks with a decay; one chunk with power-law frequencies.
"""

from pathlib import Path

from experiments.sweep import Grid, Settings, Sweep

LOADS = (1 / 8, 1 / 4, 1 / 2, 1.0, 1.5, 1.75, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)
STREAMED = (1 / 8, 1 / 4, 1 / 2, 1.0, 2.0, 4.0)  # up to an eighth of the largest load
ALPHA, CHUNKS = 0.9, 30  # after 30 chunks power is within 0.2 % of its limit
BLOCKS = 20  # of streams, over which the jackknife goes; large chunks need fewer streams
ITEMS = 16  # over d, with power-law frequencies
EXPONENTS = (1.5, 2.0)
PLAIN, POLAR, MUON = {"orthogonal": 0}, {"orthogonal": 1}, {"orthogonal": 1, "iterations": 5}


def _grid(
    d: int, chunk: int, kinds: tuple[Settings, ...], load: float, trials: int, alpha: float = 1.0
) -> Grid:
    written = tuple({"chunk": chunk, "alpha": alpha, **kind} for kind in kinds)
    return Grid(
        (load,),
        trials,
        {"chunk_write": written},
        dims=((d, d),),
        probe="cos2_pooled",
        options=({"pool": chunk},),
    )


def _frequent(d: int, trials: int) -> Grid:
    kinds = tuple({"chunk": ITEMS * d, **kind} for kind in (PLAIN, POLAR))
    return Grid(
        (ITEMS,),
        trials,
        {"chunk_write": kinds},
        dims=((d, d),),
        probe="frequencies",
        options=tuple({"exponent": exponent} for exponent in EXPONENTS),
    )


def _grids(d: int, most: float, blocks: int, widths: dict[int, int]) -> tuple[Grid, ...]:
    loads = [load for load in LOADS if load <= most]
    return (
        *(
            _grid(d, round(y * d), (PLAIN, POLAR, MUON), y, BLOCKS * round(blocks / max(1, y / 4)))
            for y in loads
        ),
        *(
            _grid(d, round(y * d), (PLAIN, POLAR), CHUNKS * y, BLOCKS * (blocks // 4), ALPHA)
            for y in STREAMED
            if y <= most / 8
        ),
        *(_frequent(width, count) for width, count in widths.items()),
    )


SWEEP = Sweep(
    "orthogonalisation",
    "Chunks written as they are and orthogonalised",
    {
        "quick": _grids(16, 16.0, 12, {8: 100, 16: 60, 32: 30}),
        "paper": _grids(64, 64.0, 32, {16: 400, 32: 200, 64: 100, 128: 40, 256: 10}),
    },
    rule_file=Path(__file__).parents[1] / "candidates" / "chunk_write.py",
)
