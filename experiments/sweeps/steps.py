"""Steps: losses after several gradient steps a pair, of deep memories and of linear ones."""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

# a linear memory beside each deep one: the same objective, momentum and step
RULES: Mapping[str, tuple[Settings, ...]] = {
    "delta": ({"beta": 0.5},),
    "ttt_mlp": ({"beta": 0.5},),
    "momentum": ({"alpha": 1.0, "mu": 0.5, "beta": 0.3},),
    "titans_mlp": ({"alpha": 1.0, "mu": 0.5, "beta": 0.3},),
}
COUNTS = (1, 2, 4, 8, 16)
NEWEST = tuple({"steps": k, "earlier": 1} for k in (0, *COUNTS))
EVERY = tuple({"steps": k, "earlier": k} for k in COUNTS)
TEACHER = ("teacher:signal=0.8",)

SWEEP = Sweep(
    "steps",
    "Losses after several steps a pair",
    {
        "quick": (
            Grid(
                rules=RULES,
                loads=(2,),
                trials=128,
                values=TEACHER,
                dims=((16, 16),),
                probe="steps",
                options=(*NEWEST, *EVERY),
            ),
        ),
        "paper": (
            Grid(
                rules=RULES,
                loads=(2,),
                trials=200,
                values=TEACHER,
                dims=((32, 32),),
                probe="steps",
                options=(*NEWEST, *EVERY),
            ),
        ),
    },
)
