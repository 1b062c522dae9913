r"""The appendix: every claim with its mark, formula, assumptions, steps and refused near misses.

Plain LaTeX from verdicts alone, grouped by folder and file; the same verdicts give the same text,
so it holds neither dates nor times.
"""

import re
from collections.abc import Iterable
from itertools import groupby

from capacity.prose import escaped, words
from proofs_check.asymptotics import CONJECTURED
from proofs_check.claim import Kind, Verdict
from proofs_check.collect import title

READING_ORDER = (
    "foundations",
    "rules",
    "wrappers",
    "features",
    "relations",
    "data",
    "asymptotics",
    "bounds",
    "answers",
    "paper",
)
CHECKED = str(Kind.LEMMA)

PREAMBLE = r"""\documentclass[10pt,a4paper,fleqn]{article}
\usepackage[T1]{fontenc}
\usepackage[utf8]{inputenc}
\usepackage{lmodern}
\usepackage[margin=22mm]{geometry}
\usepackage{amsmath,amssymb,booktabs,graphicx,xcolor}
\usepackage{microtype}
\usepackage[hidelinks,bookmarksdepth=2]{hyperref}
\ifdefined\pdfinfoomitdate\pdfinfoomitdate=1 \pdftrailerid{}\fi
% what the claims use
\allowdisplaybreaks
\newsavebox{\wide}
\newcommand{\fit}[1]{\sbox{\wide}{$\displaystyle #1$}%
  \ifdim\wd\wide>0.94\linewidth\resizebox{0.94\linewidth}{!}{\usebox{\wide}}\else\usebox{\wide}\fi}
\newenvironment{entries}{\begin{quote}\raggedright\lineskip=4pt \lineskiplimit=2pt }{\end{quote}}
\newcommand{\more}[1]{\hspace*{1.5em}\emph{#1}\par}
\newcommand{\proved}{\textcolor{green!45!black}{\checkmark}}
\newcommand{\checked}{\textcolor{green!45!black}{\checkmark}~%
  {\footnotesize lemma + checked consequence}}
\newcommand{\failed}{\textcolor{red!75!black}{$\times$ \textbf{failed}}}
% mark, id, statement: the id ends the last line, or stands on one of its own
\newcommand{\claim}[3]{\par\addpenalty{-151}\addvspace{\bigskipamount}%
  {\noindent #1~\textbf{#3}\unskip\nobreak\hfil\penalty50\hskip1em\null\nobreak\hfil
  \mbox{\footnotesize\ttfamily #2}%
  \parfillskip=0pt \finalhyphendemerits=0 \interlinepenalty=10000 \par}\nobreak}
\newcommand{\note}[2]{{\small\textit{#1.} #2\par}}
% every display begins a paragraph, whose empty first line is taken back here
\newenvironment{claims}{\setlength{\mathindent}{1.5em}\setlength{\parindent}{0pt}%
  \setlength{\emergencystretch}{3em}\setlength{\abovedisplayskip}{-0.6\baselineskip}%
  \setlength{\belowdisplayskip}{4pt plus 2pt}}{\par}
"""

INTRODUCTION = r"""
A claim says that what is derived from stated assumptions equals what ships: the formulas below are
printed from the shipping expressions, and the difference to what is derived is exactly zero, for
all values of the symbols, edges and degenerate cases included. \proved\ marks a claim that is
proved; \checked\ one that cites a lemma and checks its consequence; \failed\ one that does not
hold. Each claim has near misses (a wrong sign, a count off by one); each of them is refused by a
point with rational coordinates.

Keys have dimension $d$. A pair has age $a$: as many pairs were written after it, and $b$ before it,
so the memory holds $N = a + b + 1$ (a letter that is also a parameter is spelt out).
$G_n(x) = 1 + x + \dots + x^{n-1}$, which is $n$ at $x = 1$; $r = |k|$; $S_{ij}$, $k_i$, $v_i$ are
entries of a state, a key and a value; $s$ is signal, $p$ power. Matrices are written by rows, their
entries numbered by row and column. Long formulas are factored where that is shorter; common parts
have names $z_1, z_2, \dots$, which hold within one claim.
"""


def document(verdicts: Iterable[Verdict], command: str = "python -m proofs_check") -> str:
    """The whole appendix as LaTeX; claims of one file keep their order."""
    ordered = sorted(verdicts, key=lambda x: (_rank(_folder(x)), x.file))
    body = [_section(folder, list(group)) for folder, group in groupby(ordered, _folder)]
    made = f"Written by \\texttt{{{escaped(command)}}}.\n"
    parts = [
        PREAMBLE,
        "\\begin{document}\n\\begin{center}\\LARGE Proofs\\end{center}\n\\begin{claims}\n",
        INTRODUCTION,
        made,
        _summary(ordered),
        "\\tableofcontents\n",
        *body,
        _conjectures(),
        "\\end{claims}\n\\end{document}\n",
    ]
    return "\n".join(parts)


def _conjectures() -> str:
    """What laws take for granted without a derivation, and why: no claim speaks of it."""
    rows = (f"\\note{{{escaped(x)}}}{{{escaped(why)}}}\n" for x, why in CONJECTURED.items())
    return "\\section*{Not derived: conjectures}\n" + "".join(rows)


def _folder(verdict: Verdict) -> str:
    return verdict.file.split("/")[1]


def _rank(folder: str) -> tuple[int, str]:
    known = folder in READING_ORDER
    return READING_ORDER.index(folder) if known else len(READING_ORDER), folder


def _summary(verdicts: list[Verdict]) -> str:
    """How many claims of each folder are proved, checked and failed."""
    rows = [_counts(folder, list(group)) for folder, group in groupby(verdicts, _folder)]
    total = _counts("all", verdicts)
    return (
        "\\begin{center}\n\\begin{tabular}{lrrrrr}\n\\toprule\n"
        "folder & claims & proved & lemma + checked & failed & near misses refused \\\\\n"
        f"\\midrule\n{''.join(rows)}\\midrule\n{total}\\bottomrule\n"
        "\\end{tabular}\n\\end{center}\n"
    )


def _counts(name: str, verdicts: list[Verdict]) -> str:
    holding = [x for x in verdicts if x.holds]
    checked = sum(x.kind == CHECKED for x in holding)
    failed = len(verdicts) - len(holding)
    refused = sum(x.twins_refused for x in verdicts)
    numbers = (len(verdicts), len(holding) - checked, checked, failed, refused)
    return " & ".join((escaped(name), *map(str, numbers))) + " \\\\\n"


def _section(folder: str, verdicts: list[Verdict]) -> str:
    heading = _heading("section", f"proofs_check/{folder}/__init__.py", folder)
    return heading + "".join(
        _subsection(file, list(group)) for file, group in groupby(verdicts, lambda x: x.file)
    )


def _subsection(file: str, verdicts: list[Verdict]) -> str:
    stem = file.split("/")[-1].removesuffix(".py")
    return _heading("subsection", file, stem) + "".join(map(_claim, verdicts))


def _heading(level: str, file: str, name: str) -> str:
    """The title that the file gives itself; bookmarks and table of contents hold its name."""
    text = words(title(file).removesuffix(".")) or escaped(file)
    return f"\\{level}[{escaped(name)}]{{\\texorpdfstring{{{text}}}{{{escaped(name)}}}}}\n"


def _claim(verdict: Verdict) -> str:
    mark = "failed" if not verdict.holds else "checked" if verdict.kind == CHECKED else "proved"
    names = verdict.symbols
    head = f"\\claim{{\\{mark}}}{{{escaped(verdict.id)}}}{{{words(verdict.statement, names)}}}\n"
    notes = [
        _note("Reason", escaped(verdict.reason)),
        _note("Assumptions", words(verdict.assumptions, names)),
        _note("Steps", words(verdict.steps, names)),
        _note("Near misses", _refusals(verdict)),
    ]
    return head + verdict.formula + "".join(notes)


def _note(name: str, text: str) -> str:
    return f"\\note{{{name}}}{{{text}}}\n" if text else ""


def _refusals(verdict: Verdict) -> str:
    """How many near misses are refused, and the point at which one of them is, the shortest."""
    shown = {name: point for name, point in verdict.twins.items() if point}
    if not shown:
        return ""
    name = min(shown, key=lambda x: len(shown[x]))
    said = words(f"'{name}' at {shown[name]}.", verdict.symbols)
    said = re.sub(r"(?<=\d{8}/)(?=\d{8})", r"\\allowbreak ", said)  # long fractions may be broken
    return f"{verdict.twins_refused} of {len(verdict.twins)} refused; {said}"
