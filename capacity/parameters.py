r"""Parameters declared once: default, symbol, domain and typical values in one line of a rule.

    gamma: float = param(0.99, symbol=r"\gamma", domain=(0.0, 1.0), typical=(0.9, 1.0))

Constructors, validation, sweeps, proofs, tables and tests all read that line.
"""

import dataclasses
import math
from dataclasses import dataclass
from typing import Any

import numpy as np

from capacity.errors import InputError, unknown

Interval = tuple[float, float]


@dataclass(frozen=True)
class Parameter:
    """One declared parameter of a rule.

    domain is closed at finite edges unless ``open_at`` lists the edge; infinity is never inside.
    Closed edges belong to ``typical``, so that proofs and tests visit them.
    """

    name: str
    default: Any
    symbol: str
    domain: Interval
    typical: tuple[Any, ...]
    open_at: tuple[float, ...] = ()
    integer: bool = False
    array: bool = False

    def allowed(self) -> str:
        """The domain in words, such as ``0 <= gamma <= 1``."""
        low, high = self.domain
        left = "" if math.isinf(low) else f"{low:g} {'<' if low in self.open_at else '<='} "
        right = "" if math.isinf(high) else f" {'<' if high in self.open_at else '<='} {high:g}"
        if left and not right:
            text = f"{self.name} {'>' if low in self.open_at else '>='} {low:g}"
        else:
            text = f"{left}{self.name}{right}"
        return f"{'an integer ' if self.integer else ''}{text}"

    def check(self, owner: str, value: Any) -> None:
        """Raise :class:`InputError` naming owner, parameter, domain and value."""
        error = InputError(f"{owner} needs {self.allowed()}, got {value!r}.")
        if isinstance(value, bool) or (not self.array and np.ndim(value) > 0):
            raise error
        try:
            numbers = np.asarray(value, dtype=float)
        except (TypeError, ValueError):
            raise error from None
        low, high = self.domain
        inside = np.isfinite(numbers) & (numbers >= low) & (numbers <= high)
        for edge in self.open_at:
            inside &= numbers != edge
        if self.integer:
            inside &= numbers == np.floor(numbers)
        if numbers.size == 0 or not inside.all():
            raise error


def param(
    default: Any,
    *,
    symbol: str,
    domain: Interval,
    typical: tuple[Any, ...],
    open_at: tuple[float, ...] = (),
    integer: bool = False,
    array: bool = False,
) -> Any:
    """Declare a parameter as a dataclass field (see :class:`Parameter` for the meaning)."""
    declared = {
        "symbol": symbol,
        "domain": domain,
        "typical": typical,
        "open_at": open_at,
        "integer": integer,
        "array": array,
    }
    return dataclasses.field(default=default, metadata={"parameter": declared})


class Declared:
    """Base of frozen dataclasses whose fields are parameters: validation, listing, symbols."""

    def __post_init__(self) -> None:
        for parameter in self.parameters():
            value = getattr(self, parameter.name)
            parameter.check(type(self).__name__, value)
            if parameter.integer:
                object.__setattr__(self, parameter.name, int(value))
            elif parameter.array and np.ndim(value) > 0:
                array = np.array(value, dtype=float)
                array.flags.writeable = False
                object.__setattr__(self, parameter.name, array)
            else:
                object.__setattr__(self, parameter.name, float(value))

    def check_channels(self, d_k: int) -> None:
        """Raise :class:`InputError` unless each array parameter holds one number per channel."""
        for parameter in self.parameters():
            value = getattr(self, parameter.name)
            if parameter.array and np.ndim(value) > 0 and np.shape(value) != (d_k,):
                raise InputError(
                    f"{type(self).__name__} needs {parameter.name} as one number or one for each "
                    f"of d_k = {d_k} channels, got shape {np.shape(value)}."
                )

    @classmethod
    def parameters(cls) -> tuple[Parameter, ...]:
        """The declared parameters, in the order of the constructor; other fields are not listed."""
        fields: dict[str, dataclasses.Field[Any]] = getattr(cls, "__dataclass_fields__", {})
        return tuple(
            Parameter(name=f.name, default=f.default, **f.metadata["parameter"])
            for f in fields.values()
            if "parameter" in f.metadata
        )

    @classmethod
    def with_values(cls, **values: Any) -> Any:
        """An instance from named values; an undeclared name is an error that lists the others."""
        names = [parameter.name for parameter in cls.parameters()]
        for name in values:
            if name not in names:
                raise unknown(f"parameter of {cls.__name__}", name, names)
        return cls(**values)

    @classmethod
    def symbolic(cls, **values: Any) -> Any:
        """An instance that holds the given objects (sympy symbols, rationals) unvalidated.

        It lets a proof evaluate the declared coefficients themselves; parameters that are not
        named keep their defaults.
        """
        rule = object.__new__(cls)
        for parameter in cls.parameters():
            object.__setattr__(rule, parameter.name, values.get(parameter.name, parameter.default))
        return rule

    def values(self) -> dict[str, Any]:
        """Parameter values by name; arrays as nested lists, so the result is plain JSON."""
        found = {p.name: getattr(self, p.name) for p in self.parameters()}
        return {name: np.asarray(v).tolist() for name, v in found.items()}
