r"""Plain words as LaTeX: specials escaped, formulas among the words recognised and set as such.

Statements are written for a terminal: "s = beta (1 - beta/d)^age". A word belongs to a formula if
it holds nothing but numbers, operators, single letters, Greek names, functions and symbols of the
claim; a run of such words is set in math. What stands between dollar signs is LaTeX already.
"""

import re
import unicodedata
from collections.abc import Mapping

from capacity.discover import rules

NONE: Mapping[str, str] = {}
LETTERS = (
    "alpha beta gamma delta epsilon zeta eta theta kappa lambda mu nu xi pi rho sigma tau phi chi "
    "psi omega Gamma Delta Theta Lambda Xi Pi Sigma Phi Psi Omega"
)
GREEK = {name: rf"\{name}" for name in LETTERS.split()} | {"lam": r"\lambda"}
STANDARD = ("exp", "log", "sin", "cos", "tan", "tanh", "max", "min", "det")
NAMED = ("adj", "Beta", "diag", "erf", "rank", "sign", "sqrt", "tr")
FUNCTIONS = {name: rf"\{name}" for name in STANDARD} | {
    name: rf"\operatorname{{{name}}}" for name in NAMED
}
OPERATORS = {
    "<-": r"\leftarrow",
    "->": r"\to",
    "<=": r"\le",
    ">=": r"\ge",
    "!=": r"\ne",
    "*": r"\,",
    ".": r"\cdot",
    "~": r"\sim",
}
SPECIAL = {
    "\\": r"\textbackslash{}",
    "~": r"\textasciitilde{}",
    "^": r"\textasciicircum{}",
    "<": r"\textless{}",
    ">": r"\textgreater{}",
    "|": r"\textbar{}",
    '"': r"\textquotedbl{}",
    **{mark: f"\\{mark}" for mark in "&%$#_{}"},
}
SIGNS = {"≤": r"\le", "≥": r"\ge", "≠": r"\ne", "→": r"\to", "←": r"\leftarrow", "−": "-"} | {
    "×": r"\times",
    "·": r"\cdot",
    "∞": r"\infty",
    "∈": r"\in",
}
ABBREVIATIONS = {"e.g", "i.e", "i.i.d", "w.r.t"}
WORDS_TOO = {"a", "A", "I"}
LONGEST_NUMBER = 24  # digits that are set without a place to break the line

SPELLINGS = (
    (r"(?<=\d) x (?=\d)", " × "),
    (r"(?<=\w) \. (?=\w)", "."),
    (r"_[({](\w+)[)}]", r"_\1"),
    (r"\^\{([^}]*)\}", r"^(\1)"),
    (r"\blog2\b", "log_2"),
    (r"(?<=\b[A-Za-z])\*(?=[\s,.;:)]|$)", "^*"),
)

_NAME = re.compile(r"[A-Za-z]+(?:_[A-Za-z0-9]+)*")
_PIECE = re.compile(rf"\*\*|<-|->|<=|>=|!=|\d+(?:\.\d+)?|{_NAME.pattern}|\S")
_FORMULA = re.compile(r"(?:[A-Za-z0-9_'+\-*/^()\[\]|=<>!~,]|(?<=\w)\.(?=[\w(]))+")
_FUNCTION = re.compile(r"[A-Za-z]{2,}\((?!s\))")
_QUOTED = re.compile(r"(?<![\w)'])'([^']+)'(?!\w)")
_OPERATOR = re.compile(r"[=<>~*/^+]|!=|\||(?<![A-Za-z0-9])-")


def well_formed(text: str) -> bool:
    """Whether every formula between dollar signs is closed, and its braces match."""
    parts = text.split("$")
    return len(parts) % 2 == 1 and all(map(balanced, parts[1::2]))


def balanced(formula: str) -> bool:
    """Whether there is something, and every brace has its partner."""
    depth = 0
    for mark in re.findall(r"\\.|[{}]", formula):
        depth += {"{": 1, "}": -1}.get(mark, 0)
        if depth < 0:
            return False
    return depth == 0 and bool(formula.strip())


def words(text: str, names: Mapping[str, str] = NONE) -> str:
    """LaTeX of words with formulas between dollar signs; unclosed ones are shown as they are."""
    if not well_formed(text):
        return escaped(text)
    parts = text.split("$")
    return "".join(f"${x}$" if i % 2 else plain_words(x, names) for i, x in enumerate(parts))


def plain_words(text: str, names: Mapping[str, str] = NONE) -> str:
    """LaTeX of words without dollar signs; names: LaTeX of the symbols that may occur."""
    parts = _QUOTED.split(text)
    return "".join(
        f"`{_unquoted(x, names)}'" if i % 2 else _unquoted(x, names) for i, x in enumerate(parts)
    )


def _unquoted(text: str, names: Mapping[str, str]) -> str:
    for spelling, usual in SPELLINGS:
        text = re.sub(spelling, usual, text)
    found: list[str] = []
    run: list[str] = []
    for word in re.findall(r"\S+|\s+", text):
        if word.isspace():
            (run if run else found).append(word)
            continue
        if _is_prose(word.rstrip(".,;:"), names):
            found += [*_set_run(run, names), escaped(word)]
            run = []
            continue
        run.append(word)
        if word.endswith((".", ",", ";", ":")) and _depth(run) <= 0:
            found += _set_run(run, names)
            run = []
    return "".join(found + _set_run(run, names))


def escaped(text: str) -> str:
    """Text in which nothing has a meaning to TeX."""
    return "".join(map(_escape, text))


def _escape(mark: str) -> str:
    if mark in SPECIAL or mark.isascii():
        return SPECIAL.get(mark, mark)
    if mark in SIGNS:
        return f"${SIGNS[mark]}$"
    name = unicodedata.name(mark, "")
    greek = re.fullmatch(r"GREEK (SMALL|CAPITAL) LETTER (\w+)", name)
    if greek:
        word = greek[2].lower() if greek[1] == "SMALL" else greek[2].capitalize()
        return f"${GREEK.get(word.replace('lamda', 'lambda'), word[0])}$"
    return mark if name.startswith("LATIN") or mark in "–—²³°’‘“”" else f"(U+{ord(mark):04X})"


def _is_prose(word: str, names: Mapping[str, str]) -> bool:
    """Whether a word cannot be part of a formula."""
    bare = word.strip("()'")
    if bare in ABBREVIATIONS or word.endswith("'s") or not _FORMULA.fullmatch(word):
        return True
    unknown = [x for x in _NAME.findall(_FUNCTION.sub("(", word)) if not _is_symbol(x, names)]
    return bool(unknown) and not re.search(r"\w\^|\*\*", word)


def _is_symbol(name: str, names: Mapping[str, str]) -> bool:
    base, *index = name.split("_")
    indexed = base in GREEK or base == "sum" or name == "log_2"
    known = indexed if index else base in GREEK or base in FUNCTIONS
    return len(base) == 1 or known or name in names


def _is_weak(word: str) -> bool:
    """Part of a formula only beside an operator: numbers, articles, symbols named by words."""
    bare = word.strip("().,;:[]")
    named = bare.isalpha() and bare not in GREEK and len(bare) > 1
    return (
        named
        or bare in WORDS_TOO
        or bare.lower() in rules()
        or bool(re.fullmatch(r"\d+(?:[./-]\d+)*|-|", bare))
    )


def _set_run(run: list[str], names: Mapping[str, str]) -> list[str]:
    """A run of words, what is weak at its ends as words and the rest as one formula."""
    first, last = 0, len(run)
    while first < last and _is_loose(run[first], run[first + 1 : last], 0):
        first += 1
    while last > first and _is_loose(run[last - 1], run[first : last - 1][::-1], -1):
        last -= 1
    before, middle, after = run[:first], run[first:last], run[last:]
    if all(map(_is_weak, middle)):
        before, middle = [*before, *middle], []
    return [*map(_word, before), _formula("".join(middle), names), *map(_word, after)]


def _word(word: str) -> str:
    return "--" if word == "-" else escaped(word)


def _is_loose(word: str, inwards: list[str], side: int) -> bool:
    """Whether a word at the end of a run does not belong to the formula inside."""
    neighbour = next((x for x in inwards if not x.isspace()), "")
    if word.isspace() or word == "-":
        return True
    joined = neighbour and _OPERATOR.match(neighbour[side])
    return _is_weak(word) and not joined and not {"(", ")"} & set(word)


def _depth(run: list[str]) -> int:
    return sum(word.count("(") - word.count(")") for word in run)


def _formula(text: str, names: Mapping[str, str]) -> str:
    """A formula in dollars, the punctuation that ends it outside."""
    inner = text.rstrip(".,;:")
    if not inner:
        return escaped(text)
    return f"${_math(_PIECE.findall(inner), names)}${text[len(inner) :]}"


def _math(pieces: list[str], names: Mapping[str, str]) -> str:
    found = []
    while pieces:
        piece = pieces.pop(0)
        if piece in {"^", "**", "_"}:
            sign = "_" if piece == "_" else "^"
            found.append(f"{sign}{{{_argument(pieces, names)}}}")
        elif piece == "sqrt" and pieces[:1] == ["("]:
            found.append(rf"\sqrt{{{_argument(pieces, names)}}}")
        else:
            found.append(_symbol(piece, names))
    return " ".join(found)


def _argument(pieces: list[str], names: Mapping[str, str]) -> str:
    """What an exponent or a root holds: a group without its parentheses, or one symbol."""
    if not pieces:
        return ""
    piece = pieces.pop(0)
    if piece == "-":
        return f"-{_argument(pieces, names)}"
    if piece != "(":
        return {"T": r"\top", "*": r"\ast"}.get(piece) or _symbol(piece, names)
    depth, inside = 1, []
    while pieces:
        piece = pieces.pop(0)
        depth += {"(": 1, ")": -1}.get(piece, 0)
        if depth == 0:
            break
        inside.append(piece)
    return _math(inside, names)


def _symbol(piece: str, names: Mapping[str, str]) -> str:
    known = {**FUNCTIONS, **GREEK, **names, **OPERATORS}
    if piece in known:
        return known[piece]
    if piece.isdigit() and len(piece) > LONGEST_NUMBER:
        return r"\allowbreak ".join(re.findall(r"\d{1,10}", piece))
    base, *index = piece.split("_")
    if not base.isalpha():
        return SPECIAL.get(piece, piece) if piece not in "<>|" else piece
    long = r"\sum" if base == "sum" and index else rf"\operatorname{{{base}}}"
    letter = (GREEK | FUNCTIONS).get(base) or (base if len(base) == 1 else long)
    return letter + "".join(f"_{{{escaped(x)}}}" for x in index[:1]) + "".join(index[1:])
