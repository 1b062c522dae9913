"""Growth: live state and price of a token against the length of the stream."""

from collections.abc import Mapping

from experiments.sweep import Grid, Settings, Sweep

# rules whose sizes differ: the state of the delta rule, say, is that of the Hebbian memory
RULES: Mapping[str, tuple[Settings, ...]] = {
    "softmax": ({},),
    "sliding_window": ({"window": 32, "bandwidth": 0.25},),
    "log_linear": ({},),
    "hebbian": ({},),
    "mesa": ({},),
    "ttt_mlp": ({},),
    "titans_mlp": ({"width": 8},),
}
LENGTHS = tuple(2.0**k for k in range(-4, 6))  # multiples of d_k: 1 to 512 pairs at d_k = 16

SWEEP = Sweep(
    "growth",
    "State and price against the length of the stream",
    {
        "quick": (Grid(rules=RULES, loads=LENGTHS, trials=4, dims=((16, 16),), probe="growth"),),
        "paper": (
            Grid(
                rules=RULES,
                loads=tuple(2.0**k for k in range(-5, 6)),
                trials=4,
                dims=((32, 32),),
                probe="growth",
            ),
        ),
    },
)
