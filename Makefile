# Two commands set everything up on a fresh machine: `make run` and `make test`.
PYTHON ?= python3
VENV ?= .venv
BIN := $(VENV)/bin
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DATA := $(if $(GENBENCH_DATA),$(GENBENCH_DATA),$(wildcard ../shared/data))
export GENBENCH_DATA := $(DATA)

.PHONY: run test test-all check docs bench noninferior aa clean

run: $(VENV)/run.stamp
	$(BIN)/genbench run --models vae,gan

test: $(VENV)/test.stamp
	$(BIN)/python -m pytest -n logical --dist loadfile -m "not slow and not genbench_timing"
	$(BIN)/python -m pytest -m "genbench_timing and not slow"

test-all: $(VENV)/test.stamp
	$(BIN)/python -m pytest

check: $(VENV)/dev.stamp
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

# The site of the documentation, in site/: strict, and nothing in it asks the network for anything.
docs: $(VENV)/docs.stamp
	$(BIN)/python docs/_tools/cli_reference.py
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --clean --quiet
	@echo site/index.html

# Ours beside peers, bare loops and limits: results/bench/, under 20 minutes on two cores. QUICK=1: some 3 minutes.
bench: $(VENV)/test.stamp
	PYTHONPATH=$(CURDIR) $(BIN)/python -m benchmarks $(if $(QUICK),--quick)

# Is ours no worse than pythae's models, and than plain loops of the same objective? results/bench/; QUICK=1: shows that it runs.
noninferior: $(VENV)/test.stamp
	PYTHONPATH=$(CURDIR) $(BIN)/python -m benchmarks.noninferior $(if $(QUICK),--quick)
	PYTHONPATH=$(CURDIR) $(BIN)/python -m benchmarks.noninferior --against loops $(if $(QUICK),--quick)

# What the gate says of equal and of slower code, for MINUTES on an otherwise idle machine; adds to results/gate/.
MINUTES ?= 10
aa: $(VENV)/test.stamp
	$(BIN)/python benchmarks/aa.py --minutes $(MINUTES)

clean:
	rm -rf $(VENV) .bench build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis .benchmarks

$(VENV)/python.stamp:
	$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "genbench needs Python 3.11 or newer; set PYTHON=python3.12")'
	$(PYTHON) -m venv $(VENV)
	touch $@

$(VENV)/run.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	$(INSTALL) --editable .
	touch $@

$(VENV)/test.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	$(INSTALL) --editable '.[test]'
	touch $@

$(VENV)/dev.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	$(INSTALL) --editable '.[dev]'
	touch $@

$(VENV)/docs.stamp: $(VENV)/python.stamp pyproject.toml constraints.txt
	$(INSTALL) --editable '.[docs]'
	touch $@
