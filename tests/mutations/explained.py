"""Mutants that no check refuses, with the reason why they are no error.

A reason says why the mutant computes the same, or changes nothing that a law says.
"""

VECTORS = "a product of two vectors does not depend on their order"
ASSOCIATES = "the same product of three, bracketed otherwise"
SYMMETRIC = "the smaller of two is the same in either order"
NORMALISED = "a factor of all weights, which their sum divides out"
BEYOND = "the end of a sum or integral, where what is left out is below rounding"
SPLIT = "how much work is held at once"
PROBED = "at which second key gates are read off, which must be alike at any"
CUT = "a slice that is cut to the same length afterwards"
TRUTH = "true stays true when multiplied"
TOLERANCE = "how close is close, among numbers that agree to rounding or not at all"
FEWER = "whether few radii are taken or many, both exact"

REASONS: dict[str, tuple[str, ...]] = {
    VECTORS: (
        "rules.ttt_linear.TttLinear.edge: weights @ nodes ** 4 -> nodes ** 4 @ weights",
        "feature_map.Elementwise.moments: mass @ self._of(d ** 0.5 * u) ** n"
        " -> self._of(d ** 0.5 * u) ** n @ mass",
        "channel_law.channel_law: weights @ nodes ** n -> nodes ** n @ weights",
        "channel_law.ChannelLaw._follow: g ** 2 @ sums -> sums @ g ** 2",
        "kernel_law.Averages.integral: self.chance @ integrand.sum(axis=1)"
        " -> integrand.sum(axis=1) @ self.chance",
    ),
    ASSOCIATES: (
        "omega_law.WindowTwoLaw._at: read @ following @ written[age]"
        " -> written[age] @ (read @ following)",
    ),
    SYMMETRIC: ("radial._reading_dimension: min(d, enough) -> min(enough, d)",),
    NORMALISED: (
        "kernel_law._nodes: exponent(y) - exponent(np.zeros(1)) -> exponent(y)",
        "kernel_taught.TaughtKernelLaw.steady: mass * np.exp(self.b * (x - x.max()))"
        " -> 51 * (mass * np.exp(self.b * (x - x.max()))) / 50",
        "kernel_taught.TaughtKernelLaw.steady: x - x.max() -> x + x.max()",
    ),
    BEYOND: (
        "kernel_law._nodes: reach + step -> reach - step",
        "kernel_law.averages: 21 -> 22",
        "kernel_law.averages: 21 -> 42",
        "ratio_law.ratio_law: 700.0 -> 1400.0",
        "ridge_law.decayed_sums: 1 -> 2",
        "ridge_law.RidgeLaw.overlap: -items * float(np.log(self.gamma)) - _TAIL"
        " -> 51 * (-items * float(np.log(self.gamma)) - _TAIL) / 50",
        "taught_ridge.TaughtRidgeLaw.steady:"
        " int(np.ceil((max(self.law.overlap(np.inf), 0.0) + 45) / rate)) + 1"
        " -> int(np.ceil((max(self.law.overlap(np.inf), 0.0) + 45) / rate)) - 1",
        "taught_ridge.TaughtRidgeLaw.steady:"
        " int(np.ceil((max(self.law.overlap(np.inf), 0.0) + 45) / rate)) + 1"
        " -> 51 * (int(np.ceil((max(self.law.overlap(np.inf), 0.0) + 45) / rate)) + 1) / 50",
    ),
    SPLIT: (
        "kernel_law.Averages._one: len(log_t) * len(kind.mass) -> len(log_t)",
        "kernel_law.Averages._one: len(log_t) * len(kind.mass) -> len(kind.mass)",
    ),
    PROBED: (
        "channel_law.channels: scale * torch.randn(1, d, generator=generator, dtype=torch.float64)"
        " -> 51 * (scale * torch.randn(1, d, generator=generator, dtype=torch.float64)) / 50",
    ),
    CUT: ("schedule.Weights._last: ages - 1 -> ages",),
    TRUTH: (
        "isotropic._weighed: (abs(powers) == np.inf) & (weight != 0)"
        " -> 51 * ((abs(powers) == np.inf) & (weight != 0)) / 50",
    ),
    TOLERANCE: ("radial.is_isotropic: 4 -> 5",),
    FEWER: (
        "radial._is_polynomial: nodes / nodes.max() -> nodes * nodes.max()",
        "radial._is_polynomial: degree + 1 -> degree",
        "radial._is_polynomial: 1 -> 2",
    ),
}
# name of the mutant -> why it may live
EXPLAINED: dict[str, str] = {name: why for why, names in REASONS.items() for name in names}


def explanation(name: str) -> str:
    """Why a mutant may live; empty if nobody said so."""
    return EXPLAINED.get(name, "")
