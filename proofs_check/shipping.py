"""What ships, evaluated on symbols: the only proof module that knows the shipping code."""

from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any, NamedTuple

import numpy as np
import sympy
import torch
from numpy.typing import NDArray
from sympy import Integer, Matrix, Rational, sympify

from capacity import taught_affine
from capacity.affine import AffineRule, Step
from capacity.channel_law import ChannelLaw, Channels
from capacity.isotropic import StepMaps
from capacity.law import Law
from capacity.omega_law import WindowTwoLaw
from capacity.radial import RadialStep
from capacity.rebinding_law import RebindingLaw
from capacity.repeated_law import repeated_step
from capacity.rule import Dims, Rule, Token
from capacity.taught_affine import TaughtAffineLaw
from proofs_check.claim import ProofError
from proofs_check.exact_code import ExactKeys, exact_code
from proofs_check.exact_code import exact as exact_number
from proofs_check.exact_tensors import ExactTorch, exact
from proofs_check.laws import Engine, lifelong, recalled, stable
from proofs_check.lemmas import Ensemble
from proofs_check.notation import Expr, age, d, items, r
from proofs_check.tensors import Exact, entries, exact_torch

Array = NDArray[Any]  # of sympy objects


class Shipping:
    """One rule as it ships, its parameters given as symbols or exact numbers."""

    def __init__(self, rule: type[Rule]) -> None:
        self.rule = rule

    def update(self, S: Expr, k: Expr, v: Expr, **parameters: Expr) -> Expr:
        """The state after one pair, S A + v B^T, from the declared coefficients."""
        ((A, B),) = self._factors(np.array(k.T.tolist(), dtype=object), parameters)
        return S * Matrix(A) + v * Matrix(B).T

    def token(self, S: Expr, keys: Expr, values: Expr, index: int, **parameters: Expr) -> Expr:
        """The state, its blocks side by side, after one token of keys (d_k, n), values (d_v, n)."""
        rule, pairs = self._affine(parameters), np.array(keys.T.tolist(), dtype=object)
        found = rule.coefficients(Token(pairs, pairs[:, :0], index))
        for j, step in enumerate((found,) if isinstance(found, Step) else found):
            A, B = _dense(step, pairs)
            S = S * Matrix(A) + values[:, j] * Matrix(B).T
        return S

    def repeated(self, S: Expr, v: Expr, times: int, **parameters: Expr) -> Expr:
        """A state of the plane, blocks side by side, after the law's factor for ``times`` writes.

        The key is r e_1; S has one row and v is its value.
        """
        (one,) = self._radial_steps(parameters)
        many = repeated_step(one, times)
        blocks = len(many.write[0])
        along, across = (S[:, i::2] * Matrix(x[0]) for i, x in enumerate((many.along, many.across)))
        along = along + v * Matrix(many.write[0]).T
        return Matrix.hstack(*(Matrix([[along[i], across[i]]]) for i in range(blocks)))

    def channels(self, keys: Ensemble, d_k: int, items: int, **parameters: Expr) -> Expr:
        """Rows (signal, power) of the law for gates per channel, newest first."""
        return _rows(self._channel_law(keys, d_k, parameters), items)

    def channels_lifelong(self, keys: Ensemble, d_k: int, ages: int, **parameters: Expr) -> Expr:
        """The same after an endless past."""
        return lifelong(self._channel_law(keys, d_k, parameters), ages)

    def channels_own(self, keys: Ensemble, d_k: int, items: int, **parameters: Expr) -> Expr:
        """Own power by the same law, newest first."""
        return recalled(self._channel_law(keys, d_k, parameters).recall(items), "own_power")

    def _channel_law(self, keys: Ensemble, d_k: int, parameters: Mapping[str, Expr]) -> ChannelLaw:
        k = np.array([[sympy.Symbol(f"k_{i}", real=True) for i in range(d_k)]], dtype=object)
        step = self._affine(parameters).coefficients(Token(k, k[:, :0], 0))
        decay = np.broadcast_to(_exact(np.array(step.decay, dtype=object)), (d_k,))
        columns = [_exact((x / k.T)[:, 0]) for x in (step.left, step.right, step.write)]
        radial = [Rational(keys.radial(n).subs(d, d_k)) for n in (2, 4, 6)]
        return ChannelLaw(Channels(decay, *columns), *radial)

    def step(self, S: Expr, keys: Expr, values: Expr, **parameters: Expr) -> Expr:
        """S after one step of a rule on windows of pairs, columns newest first."""
        rule = self.rule.symbolic(**parameters)
        arrays = (np.array(x.tolist(), dtype=object) for x in (S, keys.T, values.T))
        return Matrix(_exact(rule.step(*arrays)))

    def windows(self, d_k: int, items: int, **parameters: Expr) -> Expr:
        """Rows (signal, power) of the law for windows of two pairs on the sphere, newest first."""
        b0, b1 = (sympy.nsimplify(rate) for rate in self.rule.symbolic(**parameters).rates)
        return _rows(WindowTwoLaw(b0, b1, Integer(d_k)), items)

    def write(self, state: Mapping[str, Expr], k: Expr, v: Expr, **parameters: Expr) -> Expr:
        """Named parts of a state, in their order, after the reference step wrote one pair.

        For rules that are not affine; parts that are not named are not there.
        """
        rule = self.rule.symbolic(**parameters)
        parts = {name: exact(x) for name, x in state.items()}
        with ExactTorch():
            after = rule.write(SimpleNamespace(**parts, written=0), Token(exact(k.T), exact(v.T)))
        return tuple(Matrix(getattr(after, name).tolist()) for name in state)

    def stream(self, keys: Expr, values: Expr, query: Expr, **parameters: Expr) -> Expr:
        """What a query reads after the reference steps wrote these columns into an empty memory."""
        rule = self.rule.symbolic(**parameters)
        with ExactTorch():
            state = rule.init(Dims(keys.rows, values.rows, keys.cols))
            for t in range(keys.cols):
                token = Token(exact(keys[:, t].T), exact(values[:, t].T), torch.tensor(t))
                state = rule.write(state, token)
            return Matrix(rule.read(rule.flush(state), exact(query)[:, 0]).tolist())

    def loss(self, S: Expr, keys: Expr, values: Expr, **parameters: Expr) -> Expr:
        """The loss that the rule says it descends, pairs in columns."""
        with ExactTorch():
            objective = self.rule.symbolic(**parameters).objective()
            return sympify(objective.loss(exact(S), exact(keys), exact(values)))

    def scalars(self, d_k: Expr, d_v: Expr, t: Expr, **parameters: Expr) -> Expr:
        """State size in scalars after t pairs."""
        return sympify(self.rule.symbolic(**parameters).state_scalars(Dims(d_k, d_v), t))

    def of(self, **parameters: Any) -> Any:
        """The rule at these parameters, for its reference step: symbols as exact arrays."""
        return self.rule.symbolic(**_exact_scalars(parameters))

    def reads(self, keys: Expr, values: Expr, queries: Expr, **parameters: Any) -> Expr:
        """Read-outs in columns after pairs in columns, oldest first, by the reference step."""
        return read_outs(self.of(**parameters), keys, values, queries)

    def after(
        self, keys: Expr, values: Expr, names: tuple[str, ...], **parameters: Any
    ) -> tuple[Expr, ...]:
        """Named parts of the state after pairs in columns, by the reference step on symbols."""
        with exact_torch():
            state = written(self.of(**parameters), keys, values)
        return tuple(_matrix(getattr(state, name)) for name in names)

    def step_of(
        self, state: Mapping[str, Expr], k: Expr, v: Expr, **parameters: Any
    ) -> tuple[Expr, ...]:
        """Named parts of a state after the reference step, run on symbols in torch's place.

        The parts not named are those of an empty memory.
        """
        rule = self.of(**parameters)
        with exact_torch():
            empty = rule.init(Dims(k.rows, v.rows, 1))
            parts = {name: Exact(x).like(getattr(empty, name)) for name, x in state.items()}
            given = empty._replace(**parts)
            after = rule.write(given, Token(Exact(k.T), Exact(v.T), torch.tensor(0)))
        return tuple(_matrix(getattr(after, name)) for name in state)

    def closed_form(self, keys: Ensemble, **parameters: Expr) -> tuple[Expr, Expr]:
        """Signal and power of the declared closed form, at symbolic d, age and items."""
        rule = self._affine(parameters)
        if not hasattr(rule, "closed_form"):
            raise ProofError(f"{self.rule.rule_id()} declares no closed form.")
        signal, power = rule.closed_form(d=d, age=age, items=items, **keys.moments)
        return sympify(signal), sympify(power)

    def engine(self, keys: Ensemble, loads: tuple[int, ...], **parameters: Expr) -> Expr:
        """Rows (signal, power) of the law engine at every age of each load, newest first."""
        law = self.engine_of(keys, **parameters).law
        recalls = [law.recall(n) for n in loads]
        return Matrix(np.concatenate([np.stack([x.signal, x.power], axis=1) for x in recalls]))

    def taught(
        self, keys: Ensemble, size: int, items: int, signal: Expr, theta: Expr, **parameters: Expr
    ) -> Expr:
        """Rows (signal, power) of stored pairs of a drifting teacher, newest first."""
        recall = self._pupil(keys, size, signal, theta, parameters).stored(items)
        return Matrix(np.stack([recall.signal, recall.power], axis=1)).applyfunc(sympy.expand)

    def unseen(
        self, keys: Ensemble, size: int, items: int, signal: Expr, theta: Expr, **parameters: Expr
    ) -> Expr:
        """Rows (alignment, power, mean power, weight) of unseen pairs after each write."""
        found = self._pupil(keys, size, signal, theta, parameters).future(items)
        rows = [found.alignment, found.power, found.mean_power, found.weight]
        return Matrix(np.stack(rows, axis=1)).applyfunc(sympy.expand)

    def unseen_for_ever(
        self, keys: Ensemble, size: int, signal: Expr, theta: Expr, **parameters: Expr
    ) -> Expr:
        """The same row after an endless past."""
        with stable(taught_affine):
            found: Any = self._pupil(keys, size, signal, theta, parameters).steady()
        row = [found.alignment, found.power, found.mean_power, found.weight]
        return Matrix([exact_number(np.asarray(x).item()) for x in row]).T

    def rebound(
        self, keys: Ensemble, size: int, items: int, first: int, second: int, **parameters: Expr
    ) -> Expr:
        """(s1, s2, p) of a key that was written at two ages."""
        cycle = _OneNode(self._radial_steps(parameters), np.array([r]), keys)
        found = RebindingLaw(cycle, Integer(size)).rebound(items, first, second)  # type: ignore[arg-type]
        row = Matrix([[found.first, found.second, found.power]])
        return row.applyfunc(lambda x: sympy.expand(x.subs(d, size)))

    def _pupil(
        self,
        keys: Ensemble,
        size: int,
        signal: Expr,
        theta: Expr,
        parameters: Mapping[str, Expr],
    ) -> TaughtAffineLaw:
        values = SimpleNamespace(
            signal=signal,
            noise=1 - signal,
            switch=0,
            theta=theta,
            correlation=lambda lag, _: theta**lag,
        )
        cycle = _OneNode(self._radial_steps(parameters), np.array([r]), keys, size)
        return TaughtAffineLaw(cycle, Integer(size), values)  # type: ignore[arg-type]

    def engine_of(self, keys: Ensemble, **parameters: Expr) -> Engine:
        """The law engine, its radial mean replaced by exact moments."""
        steps = self._radial_steps(parameters)
        cycle = [StepMaps.of(step, np.array([r]), d, lambda x: _mean(keys, x)) for step in steps]
        return Engine(cycle, steps)

    def declared_edge(self, keys: Ensemble, **parameters: Expr) -> Expr:
        """The largest stable step of a rule that gives it in closed form, at symbolic d."""
        root = {"sqrt": lambda x: sympy.sqrt(sympy.factor(x))}
        with exact_code(self.rule, **root):
            edge = self.rule.symbolic(**parameters).edge(ExactKeys(keys), SimpleNamespace(d_k=d))
        return exact_number(edge.value)

    def closed_edges(self) -> set[tuple[str, float]]:
        """The finite closed edges of the parameters' domains."""
        return {
            (p.name, float(edge))
            for p in self.rule.parameters()
            for edge in p.domain
            if np.isfinite(edge) and edge not in p.open_at
        }

    def _affine(self, parameters: Mapping[str, Expr]) -> Any:
        if not issubclass(self.rule, AffineRule):
            raise ProofError(f"{self.rule.rule_id()} is not affine: it declares no coefficients.")
        return self.rule.symbolic(**parameters)

    def _radial_steps(self, parameters: Mapping[str, Expr]) -> list[RadialStep]:
        """Declared factors at keys r e_1 of the plane, with one node: the symbol r."""
        keys = np.array([[r, 0]] * self._affine(parameters).pairs, dtype=object)
        found = []
        for A, B in self._factors(keys, parameters):
            blocks = len(A) // 2
            A = A.reshape(blocks, 2, blocks, 2)
            found.append(RadialStep(A[None, :, 1, :, 1], A[None, :, 0, :, 0], B[None, ::2, 0]))
        return found

    def _factors(self, keys: Array, parameters: Mapping[str, Expr]) -> list[tuple[Array, Array]]:
        """(A, B) of each declared factor of one period, all its tokens carrying ``keys``."""
        rule = self._affine(parameters)
        factors = []
        for index in range(rule.period):
            steps = rule.coefficients(Token(keys, keys[:, :0], index))
            factors += [_dense(x, keys) for x in ((steps,) if isinstance(steps, Step) else steps)]
        return factors


class _OneNode(NamedTuple):
    """Stands for :class:`capacity.radial.Cycle`: one symbolic radius, its moments exact."""

    steps: list[RadialStep]
    nodes: Array
    keys: Ensemble
    size: int | None = None

    def mean(self, x: Any) -> Any:
        """Average over the radius."""
        found = _mean(self.keys, x)
        if self.size is None:
            return found
        return np.vectorize(lambda y: sympify(y).subs(d, self.size), otypes=[object])(found)


def _dense(step: Step, keys: Array) -> tuple[Array, Array]:
    """A = diag(decay) - left right^T and B of one factor, as :class:`Step` defines them."""

    def stacked(columns: Any) -> Array:
        return np.concatenate(columns) if isinstance(columns, tuple) else columns

    gate = _exact(np.array(step.decay, dtype=object))
    eye = np.eye(keys.shape[1], dtype=int)
    A = np.kron(gate, eye) if gate.ndim == 2 else eye * gate
    if step.left is not None:
        A = A - stacked(step.left) @ stacked(step.right).T
    return _exact(A), _exact(stacked(step.write))


def written(rule: Any, keys: Expr, values: Expr) -> Any:
    """The state after these pairs, a token each, by the reference step; in :func:`exact_torch`."""
    state = rule.init(Dims(keys.rows, values.rows, keys.cols))
    for j in range(keys.cols):
        key, value = (Exact(x.col(j).T) for x in (keys, values))
        state = rule.write(state, Token(key, value, torch.tensor(j)))
    return rule.flush(state)


def read_outs(rule: Any, keys: Expr, values: Expr, queries: Expr) -> Expr:
    """Read-outs, (d_v, queries), of the reference step run on symbols in torch's place."""
    with exact_torch():
        state = written(rule, keys, values)
        found = [
            entries(rule.read(state, Exact(queries.col(j))[:, 0])) for j in range(queries.cols)
        ]
    return Matrix(np.stack(found, axis=1))


def _matrix(part: Any) -> Expr:
    """A part of a state as a matrix; one without columns as a column."""
    return Matrix(np.atleast_1d(entries(part)))


def _exact_scalars(parameters: Mapping[str, Any]) -> dict[str, Any]:
    """Symbols as exact arrays without axes, so that tensors take them; numbers as they are."""
    return {
        name: Exact(x) if isinstance(x, sympy.Basic) and not x.is_Integer else x
        for name, x in parameters.items()
    }


def _rows(law: Law, items: int) -> Expr:
    recall = law.recall(items)
    return Matrix(np.stack([recall.signal, recall.power], axis=1))


_exact = np.vectorize(
    lambda x: Rational(x) if isinstance(x, float) else sympify(x), otypes=[object]
)  # literal floats (1.0, 0.0) at their exact binary value


def _mean(keys: Ensemble, nodes: Any) -> Any:
    """Reduce the leading axis, one node r, by the exact moments of r."""
    average: Callable[[Any], Any] = np.vectorize(
        lambda x: keys.mean(sympy.expand(x)), otypes=[object]
    )
    return average(nodes[0])
