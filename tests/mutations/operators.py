"""Small slips of one expression: signs, terms, factors, counts, operand order, parameters."""

import ast
import copy
from collections.abc import Callable, Iterable, Iterator
from typing import NamedTuple, TypeGuard

ARITHMETIC = (ast.BinOp, ast.UnaryOp, ast.Return, ast.Assign, ast.AugAssign, ast.List)
SILENT = (ast.Raise, ast.Assert, ast.JoinedStr, ast.arguments, ast.With, ast.Compare)
FREE = ("isinstance", "np.array_equal")  # whose arguments are no operands
INDEXING = (ast.Subscript, ast.Tuple, ast.Slice, ast.Call)  # where -1 is a place, no number
FACTORS = {"Step", "rank_one_recall"}  # calls whose named arguments are what theory declares


class Slip(NamedTuple):
    """A kind of slip, the expression as it is, and as it becomes."""

    kind: str
    node: ast.expr
    other: ast.expr

    @property
    def label(self) -> str:
        """The change as text."""
        return f"{ast.unparse(self.node)} -> {ast.unparse(self.other)}"


def slips(function: ast.FunctionDef, parameters: Iterable[str] = ()) -> list[Slip]:
    """All slips of a function's body, in the order of its nodes; parameters may be swapped."""
    names = list(parameters)
    found: list[Slip] = []
    for node, parents in _expressions(function):
        for make in (_operations, _constants, _calls, _factors):
            found += make(node, parents)
        found += _swaps(node, names)
    return [slip for slip in found if ast.dump(slip.node) != ast.dump(slip.other)]


def _expressions(function: ast.FunctionDef) -> Iterator[tuple[ast.expr, list[ast.AST]]]:
    """Expressions of the body with their ancestors, without messages, comparisons, annotations."""
    waiting: list[tuple[ast.AST, list[ast.AST]]] = [(x, [function]) for x in function.body]
    while waiting:
        node, parents = waiting.pop(0)
        if isinstance(node, ast.expr):
            yield node, parents
        waiting[:0] = [(x, [*parents, node]) for x in _changeable(node)]


def _changeable(node: ast.AST) -> Iterator[ast.AST]:
    if isinstance(node, ast.With):
        yield from node.body
    elif isinstance(node, ast.AnnAssign):
        yield from [node.value] if node.value else []
    elif isinstance(node, ast.FunctionDef):
        yield from node.body
    elif not isinstance(node, SILENT):
        yield from ast.iter_child_nodes(node)


def _binary(left: ast.expr, operator: ast.operator, right: ast.expr) -> ast.expr:
    return ast.BinOp(copy.deepcopy(left), operator, copy.deepcopy(right))


def _operations(node: ast.expr, parents: list[ast.AST]) -> Iterator[Slip]:
    if _is_negative(node) and not (_is_number(node.operand) and isinstance(parents[-1], INDEXING)):
        yield Slip("sign", node, node.operand)
    if not isinstance(node, ast.BinOp) or _is_text(node):
        return
    left, right, operator = node.left, node.right, type(node.op)
    if operator in SWITCHED:
        kind, other = SWITCHED[operator]
        yield Slip(kind, node, _binary(left, other(), right))
    if operator is ast.MatMult:
        yield Slip("order", node, _binary(right, ast.MatMult(), left))
    if operator in (ast.Add, ast.Sub, ast.Mult, ast.Div, ast.Pow):
        yield Slip("dropped", node, left)
    if operator in (ast.Add, ast.Mult):
        yield Slip("dropped", node, right)


SWITCHED: dict[type[ast.operator], tuple[str, Callable[[], ast.operator]]] = {
    ast.Add: ("sign", ast.Sub),
    ast.Sub: ("sign", ast.Add),
    ast.Div: ("factor", ast.Mult),
}


def _constants(node: ast.expr, parents: list[ast.AST]) -> Iterator[Slip]:
    """Numbers in arithmetic, one more and doubled; indices, shapes and tolerances stay."""
    if not _is_number(node):
        return
    parent = parents[-1]
    if not isinstance(parent, ARITHMETIC) and not _declares(parents):
        return
    if isinstance(parent, ast.UnaryOp) and isinstance(parents[-2], ast.Subscript | ast.Slice):
        return
    number = node.value  # type: ignore[attr-defined]
    yield Slip("off by one", node, ast.Constant(number + 1))
    if number not in (0, 1):
        yield Slip("factor", node, ast.Constant(2 * number))
    if number and _declares(parents):
        yield Slip("sign", node, ast.UnaryOp(ast.USub(), ast.Constant(number)))


def _calls(node: ast.expr, parents: list[ast.AST]) -> Iterator[Slip]:
    """Two arguments exchanged."""
    if isinstance(node, ast.Call) and len(node.args) == 2 and ast.unparse(node.func) not in FREE:
        first, second = node.args
        if isinstance(first, ast.Name) and isinstance(second, ast.Name) and not node.keywords:
            other = copy.deepcopy(node)
            other.args.reverse()
            yield Slip("order", node, other)


def _factors(node: ast.expr, parents: list[ast.AST]) -> Iterator[Slip]:
    """A whole quantity slips: by 2 %, by a factor 2, by its sign."""
    declared = _declares(parents)
    summed = isinstance(parents[-1], ast.Return | ast.Assign) and isinstance(node, ast.BinOp)
    if isinstance(node, ast.Tuple | ast.Constant) or not (declared or summed) or _is_text(node):
        return
    if isinstance(node, ast.BinOp) and isinstance(node.left, ast.Constant) and not node.left.value:
        return  # nothing times anything
    slip = _binary(_binary(ast.Constant(51), ast.Mult(), node), ast.Div(), ast.Constant(50))
    yield Slip("2 % slip", node, slip)
    if declared:
        yield Slip("factor", node, _binary(ast.Constant(2), ast.Mult(), node))
        yield Slip("dropped", node, _binary(ast.Constant(0), ast.Mult(), node))
        yield Slip("squared", node, _binary(node, ast.Mult(), node))
        yield Slip("sign", node, ast.UnaryOp(ast.USub(), copy.deepcopy(node)))


def _declares(parents: list[ast.AST]) -> bool:
    """Whether a node is a named argument of what theory declares, or in a tuple that is one."""
    above = [x for x in parents[-5:] if not isinstance(x, ast.Tuple)]
    return (
        len(above) > 1
        and isinstance(above[-1], ast.keyword)
        and above[-1].arg is not None
        and isinstance(above[-2], ast.Call)
        and isinstance(above[-2].func, ast.Name)
        and above[-2].func.id in FACTORS
    )


def _swaps(node: ast.expr, parameters: list[str]) -> Iterator[Slip]:
    """One parameter of the rule in the place of another."""
    if isinstance(node, ast.Attribute) and node.attr in parameters and len(parameters) > 1:
        place = parameters.index(node.attr)
        other = parameters[(place + 1) % len(parameters)]
        yield Slip("swapped", node, ast.Attribute(node.value, other, ast.Load()))


def _is_number(node: ast.expr) -> bool:
    return isinstance(node, ast.Constant) and type(node.value) in (int, float)


def _is_negative(node: ast.expr) -> TypeGuard[ast.UnaryOp]:
    return isinstance(node, ast.UnaryOp) and isinstance(node.op, ast.USub)


def _is_text(node: ast.expr) -> bool:
    return any(isinstance(getattr(x, "value", None), str) for x in ast.walk(node) if x is not node)
