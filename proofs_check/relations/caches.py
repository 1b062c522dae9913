r"""Caches at full budget: windows and eviction are softmax attention, LoLA a Hebbian state.

Keys are logarithms of positive symbols and queries whole numbers, so that every weight
$e^{n k^\top q}$, $1/h^2 = n$, is a product of powers; nothing else is special about them.
"""

from typing import Any

from sympy import Integer, Matrix, Symbol, exp, log, sqrt

from proofs_check.claim import Claim, plus, replaced
from proofs_check.limits import in_powers
from proofs_check.notation import Expr
from proofs_check.pairs import columns, stored, symbols
from proofs_check.rules import hebbian
from proofs_check.standard import SCALES

n = Symbol("n", integer=True, positive=True)  # 1/h^2
BASES = columns("x", 2, 3, positive=True)
KEYS, VALUES = BASES.applyfunc(log), columns("v", 1, 3)
QUERY = Matrix([Symbol(f"q_{i}", integer=True, positive=True) for i in range(2)])
SYMBOLS = (n, *symbols(BASES, VALUES, QUERY))
SWAPPED = dict(zip([*BASES.col(0), *BASES.col(1)], [*BASES.col(1), *BASES.col(0)], strict=True))


def softmax(keys: Expr, values: Expr) -> Expr:
    """Eq 2 of McDermott, Heath, Parhi 2026 with scores k.q/h^2, in powers."""
    scores = [n * (keys.col(j).T * QUERY)[0] for j in range(keys.cols)]
    weights = [in_powers(exp(score)) for score in scores]
    return Matrix([sum(w * v for w, v in zip(weights, values, strict=True)) / sum(weights)])


def reads_as_softmax(rule: str, held: int, **values: Any) -> Claim:
    """The read-out after three pairs is softmax attention over the newest ``held``."""
    named = ", ".join(f"{x} = {value}" for x, value in values.items())
    first = KEYS.cols - held
    over = "all pairs" if first == 0 else f"the last {held}"
    return Claim(
        id=f"relations/caches/{rule}/{'-'.join(str(x) for x in values.values()) or 'all'}",
        statement=f"{rule} {f'at {named} ' if named else ''}reads three pairs as softmax attention "
        f"over {over} at its bandwidth.",
        derive=lambda: softmax(KEYS[:, first:], VALUES[:, first:]),
        ships=lambda catalogue: in_powers(
            catalogue(rule).reads(KEYS, VALUES, QUERY, bandwidth=1 / sqrt(n), **values)
        ),
        twins=(
            *SCALES,
            replaced("bandwidth doubled", {n: 4 * n}),
            replaced("keys swapped", SWAPPED if held > 2 else {BASES[1]: BASES[0]}),
            plus("a constant too many", Integer(1)),
        ),
        rules=(rule,),
        symbols=SYMBOLS,
        assumptions="Three pairs and a query of any positive weights.",
        steps="Run the reference step on symbols, cache included; compare with the printed average "
        "over the pairs that should be held.",
    )


WINDOW = 2
LATE = columns("k", 2, 4), columns("v", 2, 4)  # of which the last two are held
UNSEEN = columns("q", 2, 1)


def _lola_reads() -> Expr:
    """S q at a key that is not held, where S holds what left the window; else the held value."""
    keys, values = LATE
    left = stored(hebbian.printed, keys[:, :-WINDOW], values[:, :-WINDOW])
    return Matrix.hstack(left * UNSEEN, left * keys.col(0), values.col(2), values.col(3))


def _lola_ships(catalogue: Any) -> Expr:
    """Symbols have no rounding: equal keys are those that are equal."""
    queries = Matrix.hstack(UNSEEN, LATE[0][:, [0, 2, 3]])
    with catalogue.swapped("cache", equal=lambda keys, query: (keys == query).all(dim=1)):
        found: Expr = catalogue("lola").reads(*LATE, queries, window=WINDOW, cache=0)
    return found


LOLA = Claim(
    id="relations/caches/lola/cache-0",
    statement="lola without a sparse cache: a key in the window reads its value, any other the "
    "Hebbian state of the pairs that left it.",
    derive=_lola_reads,
    ships=_lola_ships,
    twins=(
        *SCALES,
        replaced("an old pair lost", dict.fromkeys(LATE[1].col(0), Integer(0))),
        replaced("a held value lost", dict.fromkeys(LATE[1].col(2), Integer(0))),
        plus("a constant too many", Integer(1)),
    ),
    rules=("lola", "hebbian"),
    symbols=symbols(*LATE, UNSEEN),
    assumptions="Four generic pairs, a window of two; the query is generic, or a stored key.",
    steps="Run the reference step on symbols; write the pairs that left the window by the Hebbian "
    "rule's printed update.",
)

EMPTY = Claim(
    id="relations/caches/lola/state",
    statement="lola's linear state is empty until the window is full, then Hebbian.",
    derive=lambda: Matrix.hstack(
        *(stored(hebbian.printed, *(x[:, : max(m - WINDOW, 0)] for x in LATE)) for m in (2, 3, 4))
    ),
    ships=lambda catalogue: Matrix.hstack(
        *(
            catalogue("lola").after(*(x[:, :m] for x in LATE), ("S",), window=WINDOW, cache=0)[0]
            for m in (2, 3, 4)
        )
    ),
    twins=(
        *SCALES,
        plus("a constant too many", Integer(1)),
        replaced("a pair lost", dict.fromkeys(LATE[1].col(1), Integer(0))),
    ),
    rules=("lola", "hebbian"),
    symbols=symbols(*LATE),
    assumptions="Streams of two, three and four generic pairs, a window of two.",
    steps="Run the reference step on symbols and look at the part S of the state.",
)

CLAIMS = (
    reads_as_softmax("softmax", 3),
    reads_as_softmax("sliding_window", 3, window=3),
    reads_as_softmax("sliding_window", 3, window=5),
    reads_as_softmax("sliding_window", 2, window=2),
    reads_as_softmax("eviction", 3, cache=3),
    reads_as_softmax("eviction", 3, cache=4),
    LOLA,
    EMPTY,
)
