r"""Feature maps: keys and queries pass through $\phi$ before the rule sees them."""

from dataclasses import dataclass, replace
from typing import Any, Self

from torch import Tensor

from capacity.additive import AdditiveLaw, Kernel
from capacity.discover import parse_feature_map
from capacity.errors import InputError
from capacity.feature_map import FeatureMap
from capacity.keys import Empirical, Keys
from capacity.law import Law
from capacity.rule import Cost, Dims, Objective, Rule, Source, State, Token
from capacity.schedule import Weights
from capacity.wrapper import Wrapper, pair_weights


@dataclass(frozen=True)
class Features(Wrapper):
    """The rule on phi(k) of dimension D, read at phi(q).

    Law: around rules that only add (weights c_i, no removal) exact wherever the map has moments
    (power with the status that the map gives E kappa(k, k)^2):
    s = c E kappa(k, k), p = c^2 E kappa(k, k)^2 + sum_(i != j) c_i^2 E kappa(k, k')^2; for Hebbian
    writes the noise-to-signal ratio is (N - 1)/d_eff where |phi| is constant. Exact on given keys
    for every rule that is linear in the values. Otherwise None: rules that remove need the whole
    spectrum of the kernel at finite N.
    """

    feature_map: FeatureMap

    title = "Features"
    update = r"k \to \phi(k),\ q \to \phi(q)"
    source = Source("McDermott, Heath, Parhi 2026", "arXiv:2606.25342", "nonlinear keys")
    place = 1

    def __post_init__(self) -> None:
        super().__post_init__()
        if not isinstance(self.feature_map, FeatureMap):
            raise InputError(f"Features needs a feature map, got {self.feature_map!r}.")

    @classmethod
    def parse(cls, inner: Rule, text: str) -> Self:
        """``relu``, or with parameters of the map: ``dpfp:nu=2``."""
        return cls(inner, parse_feature_map(text))

    def values(self) -> dict[str, Any]:
        chosen = {"name": self.feature_map.map_id(), **self.feature_map.values()}
        return {"feature_map": chosen} | super().values()

    def inner_dims(self, dims: Dims) -> Dims:
        return Dims(self.feature_map.dimension(dims.d_k), dims.d_v, dims.tokens)

    def write(self, state: State, token: Token) -> State:
        return self.inner.write(state, token._replace(keys=self.feature_map(token.keys)))

    def read(self, state: State, query: Tensor) -> Tensor:
        return self.inner.read(state, self.feature_map(query))

    def write_stream(self, states: State, keys: Tensor, values: Tensor, start: int = 0) -> State:
        return self.inner.write_stream(states, self.feature_map(keys), values, start)

    def read_stream(self, states: State, queries: Tensor) -> Tensor:
        return self.inner.read_stream(states, self.feature_map(queries))

    def cost(self, dims: Dims, t: int) -> Cost:
        inner, one = super().cost(dims, t), self.feature_map.cost(dims.d_k)
        return Cost(inner.write + self.pairs * one, inner.read + one)

    def objective(self) -> Objective | None:
        inner = self.inner.objective()
        if inner is None:
            return None

        def loss(S: Tensor, k: Tensor, v: Tensor) -> Tensor:
            return inner.loss(S, self.feature_map(k.T).T, v)

        return replace(inner, statement=f"{inner.statement} at \\phi(k)", loss=loss)

    def pair_weights(self, dims: Dims) -> Weights | None:
        return pair_weights(self.inner, self.inner_dims(dims))

    def pair_kernel(self, dims: Dims) -> Kernel | None:
        return None if isinstance(self.inner, Wrapper) else self.feature_map.kernel(dims.d_k)

    def law(self, keys: Keys, dims: Dims) -> Law | None:
        if self.feature_map.trivial:
            return self.inner.law(keys, dims)
        if isinstance(keys, Empirical) or isinstance(self.inner, Wrapper):
            return super().law(keys, dims)
        weights = self.pair_weights(dims)
        moments = self.feature_map.moments(keys, dims.d_k)
        if weights is None or moments is None:
            return None
        return AdditiveLaw(weights, moments, keys, dims.d_k, self.feature_map.power)
