"""Heads of deep memories at fixed total width: as wide a net for its keys, or as many parameters.

A head of h works with keys of d/h dimensions. A net whose hidden width is 4 times that has 1/h of
the parameters in all heads together; one 4 h times as wide has as many as one head.
"""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

WIDTH = 4  # hidden units by d_k/h, of one head
STEPS: Mapping[str, tuple[float, ...]] = {
    "delta": (0.25, 0.5),
    "ttt_mlp": (0.25, 0.5),
    "titans_mlp": (0.3, 0.6),
    "lact": (0.1, 0.3),
}
FIXED: Mapping[str, Settings] = {"lact": {"window": 0}}  # the net alone
TEACHER = "teacher:signal=0.8"


def _settings(rule: str, width: int | None) -> tuple[Settings, ...]:
    size = {} if width is None else {"width": width}
    return tuple({"beta": beta, **size, **FIXED.get(rule, {})} for beta in STEPS[rule])


def _widths(rule: str, heads: int) -> tuple[int | None, ...]:
    """None for the linear memory, whose size is that of its keys."""
    return (None,) if rule == "delta" else tuple(sorted({WIDTH, WIDTH * heads}))


def _grids(
    d: int, counts: tuple[int, ...], loads: tuple[float, ...], trials: int, linear: int
) -> tuple[Grid, ...]:
    """Stored pairs of noise and unseen pairs of a teacher; the linear memory takes more streams."""
    found = []
    for h in counts:
        for rule in STEPS:
            for probe, values in (("noise_over_signal", "noise"), ("future", TEACHER)):
                grid = Grid(
                    loads=loads,
                    trials=linear if rule == "delta" else trials,
                    rules={rule: tuple(x for w in _widths(rule, h) for x in _settings(rule, w))},
                    dims=((d, d),),
                    probe=probe,
                    values=(values,),
                    wrappers=({"heads": str(h)},),
                )
                found.append(grid)
    return tuple(found)


SWEEP = Sweep(
    "deep_heads",
    "Heads of deep memories",
    {
        "quick": _grids(16, (1, 2, 4), (1, 2), 40, 400),
        "paper": _grids(16, (1, 2, 4, 8), (1, 2), 100, 1000),
    },
)
