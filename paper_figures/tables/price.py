"""Price of every rule: state, and multiply-adds of a write and of a read, at one length."""

import pandas as pd

from capacity.affine import AffineRule
from capacity.budget import Budget
from capacity.discover import rules
from capacity.rule import Dims, Rule
from paper_figures.columns import Column, Number
from paper_figures.data import Frames
from paper_figures.quantity import Quantities, count
from paper_figures.section import Section
from paper_figures.style import family_order
from paper_figures.table import Table

D, T = 64, 4096  # width of keys and values, and pairs written
SPENDING = Budget(bytes=float("inf"), flops=float("inf"))  # float32; a multiply-add is two


def data(frames: Frames) -> pd.DataFrame:
    """One row a rule at its defaults, as it declares its price, sorted by family and name."""
    rows = [_row(name, kind()) for name, kind in rules().items()]
    rows.sort(key=lambda row: (family_order(str(row["family"])), str(row["rule"])))
    return pd.DataFrame(rows).assign(d=D, t=T, scalar_bytes=SPENDING.scalar_bytes)


def _row(name: str, rule: Rule) -> dict[str, object]:
    dims = Dims(D, D, T)
    cost, scalars = rule.cost(dims, T), rule.state_scalars(dims, T)
    return {
        "family": rule.family,
        "rule": name,
        "title": rule.title,
        "scalars": scalars,
        "growth": "grows" if scalars > rule.state_scalars(Dims(D, D, T // 2), T // 2) else "fixed",
        "squares": scalars / D**2,
        "kib": SPENDING.state_bytes(rule, dims, T) / 1024,
        "pairs": rule.pairs,
        "write": cost.write / rule.pairs,
        "read": cost.read,
        "flops": SPENDING.operations(rule, dims, T) / 1e3,
        "kernel": "chunkwise" if isinstance(rule, AffineRule) else "step by step",
    }


def numbers(frame: pd.DataFrame) -> Quantities:
    """How many memories are fixed, and how many are written in chunks."""
    return {
        "Rules": count(len(frame), "rules"),
        "Fixed": count(int((frame["growth"] == "fixed").sum()), "rules with a state of fixed size"),
        "Chunkwise": count(int((frame["kernel"] == "chunkwise").sum()), "rules written in chunks"),
    }


def caption(frame: pd.DataFrame) -> str:
    """What is counted, and where."""
    n, first = numbers(frame), frame.iloc[0]
    return (
        f"Price of {n['Rules']} memories at their default parameters, $d_k = d_v = {first['d']}$,"
        f" after $t = {first['t']}$ pairs, as rules declare it. State: numbers that vary by"
        f" stream, also in units of $d^2$ and in KiB of {8 * first['scalar_bytes']}-bit numbers;"
        f" {n['Fixed']} are of fixed size. Write, read: multiply-adds of the reference step, a"
        " pair written and a query. Together: thousands of operations of one write and one read,"
        f" a multiply-add counted as two. Kernel: {n['Chunkwise']} rules are affine in their memory"
        " and are written in chunks of matrix products; others token by token."
    )


COLUMNS = (
    Column("title", "Rule", wide="3.4cm"),
    Number("scalars", "state"),
    Number("squares", "state$/d^2$", decimals=2),
    Number("kib", "KiB", decimals=1),
    Column("growth", "size"),
    Number("write", "write"),
    Number("read", "read"),
    Number("flops", "together", decimals=1),
    Column("kernel", "kernel"),
)
TABLE = Table(
    name="price",
    title="Price of memories",
    columns=COLUMNS,
    data=data,
    caption=caption,
    group="family",
    numbers=numbers,
    section=Section.COST,
)
