"""How a size depends on the length of the stream, told from its values at a few lengths."""

from collections.abc import Callable, Sequence
from math import log2

from paper_figures.columns import LARGE, power_of_ten

AT = 4096  # far beyond the windows and chunks of default rules
BETWEEN = (*range(AT + 1, AT + 257), 3 * AT // 2 + 1, 2 * AT - 1)  # no powers of two
UPPER = r"$\le "  # before a size that is met at some lengths and not exceeded at others
UPPER_WORDS = r"$\le$: met at some $t$, less at others."


def growth(size: Callable[[int], int]) -> int | str:
    """A number where the size is fixed, else LaTeX in t: linear, logarithmic, or a value at t.

    Read from the sizes at t = 4096, 8192, 16384: equal, doubling steps (linear), equal steps
    (one for each doubling of t). Lengths between tell whether that is an upper end; what they
    exceed, and anything else, is stated for t = 4096 alone.
    """
    first, second, third = (size(AT * k) for k in (1, 2, 4))
    between = [size(t) for t in BETWEEN]
    if first == second == third:
        most, least = max(first, *between), min(first, *between)
        return first if most == least else f"{UPPER}{most}$"
    step = second - first
    if third - second == 2 * step and step % AT == 0:
        slope, rest = step // AT, first - step
        text = f"${slope}\\,t{_signed(rest)}$" if slope != 1 else f"$t{_signed(rest)}$"
        return _bounded(text, [slope * t + rest for t in BETWEEN], between, first)
    if third - second == step:
        rest = first - step * (AT.bit_length() - 1)
        text = f"${step}\\,\\log_2 t{_signed(rest)}$"
        return _bounded(text, [step * log2(t) + rest for t in BETWEEN], between, first)
    return _at(first)


def _bounded(text: str, told: Sequence[float], sizes: Sequence[int], first: int) -> str:
    """The formula's text where it holds, as an upper end where it is not exceeded."""
    if list(told) == list(sizes):
        return text
    below = all(size <= most for size, most in zip(sizes, told, strict=True))
    return f"{UPPER}{text[1:]}" if below else _at(first)


def _at(size: int) -> str:
    return f"{power_of_ten(size) if size >= LARGE else f'${size}$'} at $t={AT}$"


def _signed(number: int) -> str:
    return "" if number == 0 else f"{number:+d}"
