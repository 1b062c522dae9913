"""Formulas as MathML, which browsers set without scripts or fonts from elsewhere."""

import re
from functools import cache

from latex2mathml.converter import convert

from capacity.errors import InputError

# what has no meaning on a page that scrolls, or a name that the converter does not know
SPELLINGS = (
    (re.compile(r"\\(?:allowbreak|fit|textstyle|displaystyle)(?![A-Za-z])"), ""),
    (re.compile(r"\\!"), ""),
    (re.compile(r"\\arg(?![A-Za-z])"), r"\\operatorname{arg}"),
)
# what browsers would set apart: a quotient on the line, the bars of an absolute value
TIGHT = re.compile(r'<mo(?: stretchy="false")?>(?=&#x000(?:2F|7C);</mo>)')
_LEFT = re.compile(r"\\[A-Za-z]+")


@cache
def mathml(latex: str, display: str = "inline") -> str:
    """A formula, ``inline`` or ``block``; raises InputError where a command is not understood."""
    text = latex
    for pattern, usual in SPELLINGS:
        text = pattern.sub(usual, text)
    try:
        found = convert(text, display=display)
    except Exception as problem:
        raise InputError(f"The formula {latex!r} is not well formed: {problem!r}.") from problem
    unknown = _LEFT.search(found)
    if unknown:
        raise InputError(f"The formula {latex!r} has {unknown[0]}, which MathML has no word for.")
    tight = TIGHT.sub('<mo stretchy="false" lspace="0" rspace="0">', found)
    return tight.replace('xmlns="http://www.w3.org/1998/Math/MathML" ', "")
