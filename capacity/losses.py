"""Online losses of a matrix memory, 1/2-weighted where quadratic; k and v are columns (d, n)."""

from torch import Tensor


def hebbian_loss(S: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """-<S k, v> (first loss of Eq 9, McDermott et al. 2026)."""
    return -((S @ k) * v).sum()


def delta_loss(S: Tensor, k: Tensor, v: Tensor) -> Tensor:
    """|S k - v|^2 / 2 (second loss of Eq 9 there, which prints it without the 1/2)."""
    return ((S @ k - v) ** 2).sum() / 2


def window_loss(S: Tensor, k: Tensor, v: Tensor, weights: Tensor) -> Tensor:
    """sum_j weights_j |S k_j - v_j|^2 / 2, columns newest first (Eq 16 there, without the 1/2)."""
    return (weights * (S @ k - v) ** 2).sum() / 2
