"""How a size depends on the length of the stream, told from its values at a few lengths."""

from collections.abc import Callable

from paper_figures.columns import LARGE, power_of_ten

AT = 4096  # far beyond the windows and chunks of default rules


def growth(size: Callable[[int], int]) -> int | str:
    """A number where the size is fixed, else LaTeX in t: linear, logarithmic, or a value at t.

    Read from the sizes at t = 4096, 8192, 16384: equal, doubling steps (linear), equal steps
    (one for each doubling of t); anything else is stated for t = 4096 alone.
    """
    first, second, third = (size(AT * k) for k in (1, 2, 4))
    if first == second == third:
        return first
    step = second - first
    if third - second == 2 * step and step % AT == 0:
        slope, rest = step // AT, first - step
        return f"${slope}\\,t{_signed(rest)}$" if slope != 1 else f"$t{_signed(rest)}$"
    if third - second == step:
        rest = first - step * (AT.bit_length() - 1)
        return f"${step}\\,\\log_2 t{_signed(rest)}$"
    return f"{power_of_ten(first) if first >= LARGE else f'${first}$'} at $t={AT}$"


def _signed(number: int) -> str:
    return "" if number == 0 else f"{number:+d}"
