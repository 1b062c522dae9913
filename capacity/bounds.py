r"""Errors below which no memory of a kind can go, whatever its update: bounds, not laws.

They bound the mean error over stored pairs, not that of any single age, so they are no law of
recall by age; deep memories without a law still obey the second. Exact numbers and symbols pass
through unrounded.
"""


def rank_bound(features: int, items: int) -> float:
    """Least mean squared error of a read-out linear in ``features`` functions of the query.

    max(0, 1 - features/items), for values of mean zero, independent of keys and of each other
    (Eckart-Young). Attained by the pseudo-inverse for keys in general position. A matrix memory
    has d_k features; it does not bind memories whose hidden features are learnt.
    """
    return max(0, (items - features) / items)


def bits_bound(bits: float, items: int, d_v: int) -> float:
    """Least mean squared error of a state of so many bits, 2^(-2 bits / (items d_v)).

    Rate-distortion function of values N(0, I/d_v), independent of keys; any update, any read-out.
    A state of n scalars of b bits has n b bits: this is the parameter count's own bound, and it
    binds only where items d_v is of the order of bits.
    """
    return 2 ** (-2 * bits / (items * d_v))
