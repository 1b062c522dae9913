r"""The estimated width of LaTeX formulas, in letters of average width."""

import re
from collections.abc import Iterator

LINE = 84.0  # letters on a line of the page

_TOKENS = re.compile(r"\\(?:begin|end)\{\w+\}|\\[a-zA-Z]+|\\.|[^\s]")
_SPACED = {*"+-=<>", r"\cdot", r"\leq", r"\geq", r"\neq", r"\to", r"\wedge", r"\vee"}
_SPACELESS = {
    "&",
    r"\,",
    r"\!",
    r"\left",
    r"\right",
    r"\bigl",
    r"\bigr",
    r"\biggl",
    r"\biggr",
    r"\mathrm",
    r"\operatorname",
}
_SMALL = 0.75  # a letter of an index, an exponent or a fraction inside a fraction


def width(tex: str) -> float:
    """Estimated width; of a fraction, that of its wider part."""
    return _measure(iter(_TOKENS.findall(tex)), inside=False)


def _measure(tokens: Iterator[str], inside: bool) -> float:
    """Of a group, up to its closing brace; inside: of a fraction or an exponent."""
    total = 0.0
    for token in tokens:
        if token == "}":
            break
        total += _advance(token, tokens, inside)
    return total


def _advance(token: str, tokens: Iterator[str], inside: bool) -> float:
    if token == "{":
        return _measure(tokens, inside)
    if token in {"^", "_"}:
        return _SMALL * _advance(next(tokens, ""), tokens, inside=True)
    if token in {r"\frac", r"\binom"}:
        wider = max(_advance(next(tokens, ""), tokens, inside=True) for _ in range(2))
        return 1 + (_SMALL if inside else 1) * wider
    if token in _SPACELESS or token.startswith((r"\begin", r"\end")):
        return 0.0
    if token in _SPACED:
        return 2.5
    return 1.5 if token.lstrip("\\")[:1].isupper() else 1.1 if token.startswith("\\") else 1.0
