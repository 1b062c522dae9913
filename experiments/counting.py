"""Multiply-adds of torch code, counted operation by operation while it runs; no clock is read."""

from collections.abc import Callable
from typing import Any

import torch
from torch import Tensor
from torch.utils._python_dispatch import TorchDispatchMode
from torch.utils.flop_counter import flop_registry

from capacity.errors import InputError

aten = torch.ops.aten


def _each(args: Any, out: Any) -> int:
    """One a number of the result: elementwise products."""
    return int(out.numel())


def _inner(args: Any, out: Any) -> int:
    """One an entry of the first factor: matrix times vector, vector times vector."""
    return int(args[0].numel())


def _solve(args: Any, out: Any) -> int:
    """Elimination n^3/3 and two triangular solves n^2 for each right-hand side."""
    n = int(args[0].shape[-1])
    return int(args[0].numel()) // n**2 * (n**3 // 3) + n * int(args[1].numel())


PRICES: dict[Any, Callable[[Any, Any], int]] = {
    **dict.fromkeys((aten.mul, aten.mul_), _each),
    **dict.fromkeys((aten.mv, aten.dot), _inner),
    aten._linalg_solve_ex: _solve,
}
FREE = ("_linalg_check_errors",)


class MultiplyAdds(TorchDispatchMode):  # type: ignore[no-untyped-call]
    """Counts into ``total`` what runs inside it.

    Counted: matrix products (torch's own formulas, two operations a multiply-add), products with a
    vector, elementwise products, linear solves. Additions, divisions, powers and elementwise
    functions are not. Raises :class:`InputError` for linear algebra whose price is not known here.
    """

    def __init__(self) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self.total = 0

    def __torch_dispatch__(
        self, func: Any, types: Any, args: Any = (), kwargs: dict[str, Any] | None = None
    ) -> Any:
        out = func(*args, **(kwargs or {}))
        self.total += _price(func._overloadpacket, args, out)
        return out


def _price(operation: Any, args: Any, out: Any) -> int:
    name = operation.__name__
    if operation in PRICES:
        return PRICES[operation](args, out)
    if operation in flop_registry:
        return int(flop_registry[operation](*args, out_val=out)) // 2
    if "linalg" in name and name not in FREE:
        raise InputError(
            f"Multiply-adds of {name} cannot be counted; allowed: matrix products, elementwise "
            "products and linear solves."
        )
    return 0


def multiply_adds(run: Callable[..., Any], *args: Any) -> tuple[Any, int]:
    """The result of a call and the multiply-adds that it took."""
    with MultiplyAdds() as counter:
        result = run(*args)
    return result, counter.total


def varying(streams: Tensor) -> int:
    """Entries of a tensor (streams, ...) that are not the same in all streams."""
    return int((streams != streams[:1]).any(dim=0).sum())
