"""The supplement: everything is on the page, every formula is set, and stale parts are refused."""

import hashlib
import io
import json
import re
import shutil
import subprocess
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, replace
from html.parser import HTMLParser
from itertools import pairwise
from pathlib import Path

import pandas as pd
import pytest
from matplotlib.figure import Figure as Canvas
from typer.testing import CliRunner

from capacity import tex
from capacity.discover import feature_maps, rules, wrappers
from capacity.errors import InputError
from capacity.prose import words
from experiments.hypothesis import hypotheses
from experiments.verdict import Verdict
from paper_figures.__main__ import app as figures_app
from paper_figures.columns import Column, Measured
from paper_figures.data import Loaded
from paper_figures.discover import figures, tables
from paper_figures.figure import Figure
from paper_figures.numbers import own_numbers, write_gathered
from paper_figures.provenance import Provenance, read_embedded
from paper_figures.quantity import macro, no_numbers, number
from paper_figures.section import Section
from paper_figures.supplement.__main__ import app
from paper_figures.supplement.assemble import assemble, check_supplement
from paper_figures.supplement.claims import read_appendix, reader_of
from paper_figures.supplement.findings import FINDINGS, findings
from paper_figures.supplement.formula import mathml
from paper_figures.supplement.introductions import INTRODUCTIONS
from paper_figures.supplement.markup import Reader
from paper_figures.supplement.references import PAPER, references
from paper_figures.table import print_table
from proofs_check.appendix import document
from tests.test_appendix import VERDICTS

CAPTION = (
    r"After \citet{mcdermott2026lifelong}: $E|v|^2 = 1$, 99\% of 3--5 `dots' at"
    r" $\tfrac12 \lVert v_t - \hat{v}_t \rVert^2$ & \textbf{all}.".replace("&", r"\&")
)
NONE = "0" * 64
SHORT = ("a_b", "lemma", "refuted", "cases", "column", "row")
STATEMENT = "At beta = 1/2, s = (1 - x^2)/d_k for 50% & more of {y}_1."
CLAIMS = [
    replace(each, statement=STATEMENT)
    for each in VERDICTS
    if each.id.removeprefix("delta/") in SHORT or each.id.startswith("paper/")
]


ROW = pd.DataFrame({"text": ["5 % & more"], "x": [1.25], "x_stderr": [0.05]})
PRINTED = {
    "columns": (Column("text", "Text"), Measured("x", "$x^*$")),
    "data": lambda _: ROW,
    "caption": lambda _: CAPTION,
    "group": "",
    "numbers": no_numbers,
}


def judged(name: str, question: str, **changes: object) -> dict[str, object]:
    row = asdict(
        Verdict(
            name=name,
            question=question,
            statement="N* grows as d_k^2 for 5 % & more of theta <= 1/2.",
            effect_is="exponent of N* ~ d^x",
            preset="quick",
            predicted=1.5e-7,
            status="exact",
            supported_from=0.9,
            supported_to=1.1,
            minimal=0.05,
            power=0.91,
            spread_declared=0.03,
            spread_found=0.03,
            n=8,
            effect=-0.25,
            stderr=0.01,
            low=-0.3,
            high=-0.2,
            p=3e-7,
            verdict="refuted",
            note="the net costs 2.2 times as much",
            p_holm=2e-6,
            verdict_holm="refuted",
        )
    )
    return row | changes


ROWS = [
    judged("drift_gate", "Q1"),
    judged("lawless", "limits", predicted=None, supported_to=None, verdict_holm="undecided"),
    judged("empty", "Q2", effect=None, verdict="undecided", verdict_holm="undecided"),
]


def draw(figure: Figure, folder: Path) -> None:
    """All files of a figure, of made-up data, each with what it says of itself."""
    table = b"x,y\n1,2\n"
    sources = {need.name("quick"): NONE for need in figure.needs.values()}
    about = Provenance("t", "python -m x", hashlib.sha256(table).hexdigest(), sources)
    files = {".csv": table, ".caption.tex": f"% {about.line()}\n{CAPTION}\n".encode()}
    for kind, metadata in (("pdf", about.pdf()), ("png", about.png())):
        buffer = io.BytesIO()
        Canvas(figsize=(2, 1), dpi=50).savefig(buffer, format=kind, metadata=metadata)
        files[f".{kind}"] = buffer.getvalue()
    for ending, content in files.items():
        (folder / f"{figure.name}{ending}").write_bytes(content)


@pytest.fixture(scope="module")
def build(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A build folder with every figure and table, three verdicts and a few claims."""
    out = tmp_path_factory.mktemp("build")
    for name in ("figures", "tables", "data"):
        (out / name).mkdir()
    for figure in figures().values():
        draw(figure, out / "figures")
    for table in tables().values():
        loaded = {key: Loaded(ROW, NONE) for key in table.needs}
        made = replace(table, **PRINTED)
        for name, content in print_table(made, loaded, command="x", preset="quick").items():
            (out / "tables" / name).write_bytes(content)
    (out / "data" / "hypotheses-quick.json").write_text(json.dumps(ROWS))
    (out / "proofs.tex").write_text(document(CLAIMS))
    assemble(data=out / "data", out=out, pdf=False)
    return out


@pytest.fixture
def copy(build: Path, tmp_path: Path) -> Path:
    return Path(shutil.copytree(build, tmp_path / "build"))


class Page(HTMLParser):
    """Elements with their attributes, and the text outside styles and code."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.open: list[str] = []
        self.words: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        if tag in ("style", "code"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if self.open and self.open[-1] == tag:
            self.open.pop()

    def handle_data(self, data: str) -> None:
        if not self.open:
            self.words.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [attributes for name, attributes in self.elements if name == tag]


@pytest.fixture(scope="module")
def text(build: Path) -> str:
    return (build / "supplement.html").read_text()


@pytest.fixture(scope="module")
def page(text: str) -> Page:
    return Page(text)


def faults(page: Page) -> Iterator[str]:
    """What would keep the page from standing alone, or from being read."""
    for image in page.all("img"):
        if not image["src"].startswith("data:image/png;base64,") or not image.get("alt"):
            yield f"image {image.get('alt')!r}"
    for tag, attributes in page.elements:
        if tag in ("script", "iframe", "object") or ("src" in attributes and tag != "img"):
            yield f"<{tag}>"
        if tag != "a" and attributes.get("href", "data:").startswith("http"):
            yield f"<{tag} href>"
    ids = Counter(attributes["id"] for _, attributes in page.elements if "id" in attributes)
    yield from (f"id {each} twice" for each, count in ids.items() if count > 1)
    for link in page.all("a"):
        if link["href"].startswith("#") and link["href"][1:] not in ids:
            yield f"link to {link['href']}"
    said = " ".join(page.words)
    yield from (f"LaTeX {each}" for each in re.findall(r"\\[A-Za-z]{2,}|\$[^$]+\$", said))


def test_the_page_stands_alone_and_every_formula_is_set(page: Page, text: str) -> None:
    assert list(faults(page)) == []
    assert page.all("html")[0]["lang"] == "en"
    assert len(page.all("h1")) == 1
    levels = [int(tag[1]) for tag, _ in page.elements if re.fullmatch(r"h[1-6]", tag)]
    assert all(after - before <= 1 for before, after in pairwise(levels))
    for fault in (
        '<img src="x.png" alt="x">',
        "<script></script>",
        '<a href="#nowhere">',
        r"$\beta$",
    ):
        assert list(faults(Page(text + fault)))  # controls
    assert list(faults(Page(text.replace('alt="', 'title="', 1))))


def test_everything_is_on_page_and_paper(build: Path, page: Page) -> None:
    ids = [attributes["id"] for _, attributes in page.elements if "id" in attributes]
    paper = (build / "supplement.tex").read_text()
    assert len(page.all("img")) == len(figures())
    for name in figures():
        assert f"fig-{name}" in ids
        assert rf"\drawn{{figures/{name}.pdf}}" in paper
    for name in tables():
        assert f"tab-{name}" in ids
        assert rf"\input{{tables/{name}.tex}}" in paper
    for row in ROWS:
        assert f"hypothesis-{row['name']}" in ids
        assert rf"\{row['verdict_holm']}." in paper
    for verdict in CLAIMS:
        assert f"claim-{verdict.id}" in ids
    for each in references():
        assert f"ref-{each.key}" in ids
        assert rf"{{{each.key}}}" in paper


def test_sections_are_in_reading_order(build: Path) -> None:
    paper = (build / "supplement.tex").read_text()
    places = [paper.index(rf"\section{{{section.title}}}") for section in _filled()]
    assert places == sorted(places)
    assert set(INTRODUCTIONS) == set(Section)
    assert paper.index("figures/attention_regression.pdf") < paper.index("figures/growth.pdf")


def _filled() -> list[Section]:
    used = {one.section for one in (*figures().values(), *tables().values())}
    return [section for section in Section if section in used | {Section.HYPOTHESES}]


def test_verdicts_are_told_in_words(page: Page, build: Path) -> None:
    paper = (build / "supplement.tex").read_text()
    assert r"Effect $-0.25$, interval $-0.3$ to $-0.2$, $p = 3 \times 10^{-7}$" in paper
    assert r"law $1.5 \times 10^{-7}$ (exact). Supported from $0.9$ to $1.1$" in paper
    assert "no law. Supported from $0.9$ upwards" in paper
    assert r"\undecided. No effect." in paper
    assert "The net costs 2.2 times as much." in paper
    assert "Hypotheses on this, judged below: 1 refuted." in paper


def test_every_formula_of_the_declarations_can_be_set() -> None:
    reader = Reader()
    for one in (*rules().values(), *wrappers().values(), *feature_maps().values()):
        for parameter in one.parameters():
            assert "<math" in mathml(parameter.symbol)
    for rule in rules().values():
        assert "<math" in mathml(rule.update)
    for each in hypotheses().values():
        assert reader.inline(words(f"{each.statement} {each.effect}"))


@pytest.mark.parametrize(
    ("latex", "fault"),
    [
        (r"\unheard{x}", r"\\unheard"),
        (r"$\unheard$", r"\\unheard"),
        ("99 % of it", "comment"),
        (r"{\bfseries x", "well formed"),
        (r"\citet{nobody}", "nobody"),
        (r"\begin{figure}x\end{figure}", "figure"),
    ],
)
def test_what_the_page_has_no_word_for_is_an_error(latex: str, fault: str) -> None:
    with pytest.raises(InputError, match=fault):
        Reader().inline(latex)


def test_latex_becomes_html() -> None:
    reader = reader_of(Reader({"k": "A (2020)"}, {"Most": r"3\%"}))
    assert reader.inline(r"1/\allowbreak 2") == "1/<wbr>2"
    assert reader.inline(r"a--b `c' 5\% \& \Most{} of \emph{d}~e, \citet{k}") == (
        'a–b ‘c’ 5% &amp; 3% of <em>d</em>\u00a0e, <a href="#ref-k">A (2020)</a>'
    )
    found = reader.paragraphs(
        "One.\n\nTwo.\n\\note{Steps}{Expand.}\n\\begin{tabular}{lr}\n"
        "\\toprule\na & b \\\\\n\\midrule\n & 2 \\\\\n\\end{tabular}"
    )
    assert "<p>One.</p>\n<p>Two.</p>" in found
    assert '<p class="note"><em>Steps.</em> Expand.</p>' in found
    assert '<th scope="col">a</th><th scope="col">b</th>' in found
    assert "<tr><td></td><td>2</td></tr>" in found


def test_bars_and_slashes_are_set_tight() -> None:
    assert mathml("|v|/2").count('lspace="0" rspace="0"') == 3
    assert "lspace" not in mathml(r"\left|v\right|")


def test_sources_are_listed_once_and_the_paper_by_its_key() -> None:
    found = references()
    identifiers = [each.identifier for each in found]
    assert len(set(identifiers)) == len(identifiers)
    (paper,) = (each for each in found if each.identifier == PAPER.identifier)
    assert paper.key == "mcdermott2026lifelong"
    assert paper.short == "McDermott et al. (2026)"
    declared = {rule.source.identifier for rule in rules().values()}
    assert declared <= set(identifiers)


def test_an_appendix_without_its_parts_is_refused() -> None:
    with pytest.raises(InputError, match="make proofs"):
        read_appendix(document(CLAIMS).replace(r"\begin{claims}", ""))


def test_what_is_missing_is_named_with_what_makes_it(copy: Path) -> None:
    (copy / "proofs.tex").unlink()
    (copy / "figures" / "drift.png").unlink()
    (copy / "data" / "hypotheses-quick.json").unlink()
    given = ["--out", str(copy), "--data", str(copy / "data")]
    with pytest.raises(InputError) as problem:
        assemble(data=copy / "data", out=copy)
    for told in ("make proofs", "python -m paper_figures drift --preset quick", "experiments test"):
        assert told in str(problem.value)
    assert CliRunner().invoke(app, given).exit_code != 0


def test_outputs_of_another_preset_or_of_older_data_are_refused(copy: Path) -> None:
    caption = copy / "figures" / "drift.caption.tex"
    caption.write_text(caption.read_text().replace("drift-quick", "drift-paper"))
    (copy / "figures" / "bits.csv").write_text("x\n3\n")
    with pytest.raises(InputError) as problem:
        assemble(data=copy / "data", out=copy)
    assert "drift.caption.tex is of another preset" in str(problem.value)
    assert "bits.png: was not made from bits.csv as it is now" in str(problem.value)


def test_a_table_that_markdown_does_not_see_as_one_is_refused(copy: Path) -> None:
    path = copy / "tables" / "rules.md"
    path.write_text(path.read_text().replace("| Text |", "| Text | |"))
    with pytest.raises(InputError, match=r"rules\.md is no Markdown table"):
        assemble(data=copy / "data", out=copy, pdf=False)


def test_an_optional_figure_may_be_absent(copy: Path) -> None:
    for path in (copy / "figures").glob("real_heads.*"):
        path.unlink()
    assemble(data=copy / "data", out=copy, pdf=False)
    assert "fig-real_heads" not in (copy / "supplement.html").read_text()


def test_the_check_notices_what_changed(copy: Path) -> None:
    def verdicts() -> list[bool]:
        return [each.good for each in check_supplement(copy / "data", copy)]

    assert verdicts() == [True, True]
    done = CliRunner().invoke(figures_app, ["--check", "--out", str(copy), "--data", str(copy)])
    assert "hypotheses-quick.json is absent, not compared" in done.output
    (copy / "proofs.tex").write_text("other")
    assert verdicts() == [False, False]


def test_numbers_are_shown_where_prose_names_them(copy: Path) -> None:
    made = read_embedded(copy / "figures" / "bits.png").data_hash
    own = own_numbers("bits", {"Most": number(0.62, "the most")}, f"data-sha256={made}")
    (copy / "figures" / "bits.numbers.json").write_bytes(own["bits.numbers.json"])
    write_gathered(copy)
    caption = copy / "figures" / "bits.caption.tex"
    caption.write_text(caption.read_text().replace("After", r"At \BitsMost{} after", 1))
    assemble(data=copy / "data", out=copy, pdf=False)
    assert "At 0.62 after" in (copy / "supplement.html").read_text()
    assert r"\input{numbers}" in (copy / "supplement.tex").read_text()


def test_sentences_quote_outputs_that_exist() -> None:
    outputs = [macro(name) for name in (*figures(), *tables())]
    effects = {macro("hypotheses", name, "effect") for name in hypotheses()}
    quoted = re.findall(r"\\([A-Z][A-Za-z]+)", " ".join(sum(FINDINGS.values(), ())))
    assert set(FINDINGS) <= set(Section)
    for each in quoted:
        assert any(each.startswith(output) for output in outputs), each
        assert each in effects or not each.endswith("Effect"), each
    assert findings(Section.COST, {}) == ""
    known = dict.fromkeys(("PriceRules", "PriceFixed", "PriceChunkwise"), "3")
    assert findings(Section.COST, known).count(".") == 1


def test_without_tex_the_page_is_made_all_the_same(
    copy: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(tex, "compiler", lambda: None)
    (copy / "supplement.html").unlink()
    done = CliRunner().invoke(app, ["--out", str(copy), "--data", str(copy / "data")])
    assert done.exit_code == 0
    assert "texlive-science" in done.output
    assert (copy / "supplement.html").is_file()


@pytest.mark.long
@pytest.mark.skipif(tex.compiler() is None, reason="no TeX on this machine")
def test_the_document_compiles(copy: Path) -> None:
    made = assemble(data=copy / "data", out=copy)
    assert made.note == ""
    log = (copy / "supplement.log").read_text(errors="replace")
    assert "undefined" not in log
    wide = re.findall(r"Overfull \\hbox \(([\d.]+)pt", log)
    assert [each for each in wide if float(each) > 20] == []
    assert read_embedded(copy / "supplement.pdf").data_hash
    assert all(each.good for each in check_supplement(copy / "data", copy))


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("chrome")
FLAGS = (
    *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
    *("--enable-logging=stderr", "--window-size=1280,2000", "--virtual-time-budget=10000"),
)
PROBE = """<script>
addEventListener("load", () => {
  const broken = [...document.images].filter(x => !x.complete || !x.naturalWidth).length;
  const wide = document.documentElement.scrollWidth;
  const size = parseFloat(getComputedStyle(document.querySelector("main section p")).fontSize);
  const line = document.querySelector("main section p").getBoundingClientRect().width;
  document.body.dataset.found = JSON.stringify({broken, wide, size, line});
});
</script></body>"""


def seen(text: str, folder: Path) -> dict[str, float]:
    """What a browser of 1280 pixels makes of the page, with the errors in its console."""
    path = folder / "seen.html"
    path.write_text(text.replace("</body>", PROBE))
    command = [str(BROWSER), *FLAGS, f"--user-data-dir={folder / 'user'}", "--dump-dom"]
    done = subprocess.run([*command, path.as_uri()], capture_output=True, text=True, timeout=600)
    found = re.search(r'data-found="([^"]+)"', done.stdout)
    assert found, done.stderr
    told = json.loads(found[1].replace("&quot;", '"'))
    return told | {"errors": len(re.findall(r":CONSOLE[:(]", done.stderr))}


@pytest.mark.long
@pytest.mark.skipif(
    BROWSER is None, reason="no chromium on this machine (apt-get install chromium)"
)
def test_a_browser_shows_the_page_without_errors(text: str, tmp_path: Path) -> None:
    found = seen(text, tmp_path)
    assert found["errors"] == 0
    assert found["broken"] == 0
    assert found["wide"] <= 1280
    assert found["size"] >= 15
    assert 500 <= found["line"] <= 1000
    bad = '<img src="data:image/png;base64,AA" alt="x"><script>console.error("x")</script>'
    control = seen(text.replace("</main>", f"{bad}</main>"), tmp_path)
    assert control["broken"] == 1
    assert control["errors"] == 1
