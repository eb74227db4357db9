# promesa: the two commands are `make demo` (the main job, on a simulated company) and `make test`.
# Needs python3 (3.11 or later), make and, the first time, a network for the packages.

PYTHON ?= python3
WORKERS ?= 2
# What a file of tests sets up is made once; files begin in their order, so that no long one is left for the end.
SPREAD := --dist loadfile --no-loadscope-reorder
SPEAK ?= $(if $(filter es%,$(LC_ALL)$(LANG)),es,en)
BIN := .venv/bin
UV := $(or $(shell command -v uv 2>/dev/null),.tools/bin/uv)

# Spark is part of the set-up where Java can run it.
JAVA := $(shell java -version 2>&1 | sed -n 's/.* version "\([0-9]*\).*/\1/p' | head -n 1)
SPARK := $(shell [ "$(JAVA)" -ge 17 ] 2>/dev/null && echo --extra spark)
READY := .venv/.ready$(if $(SPARK),-spark)

# What a library was compiled to is kept for the next process, also where the machine says otherwise.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help setup demo test slow fuzz check lint types imports docs reference bench clean distclean

help:  ## list the targets
	@sed -n 's/^\([a-z]*\):.*## \(.*\)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

setup: $(READY)  ## install promesa and its tools into .venv (command: .venv/bin/promesa)

$(READY): pyproject.toml uv.lock | $(filter .tools/bin/uv,$(UV))
	@echo "Installing promesa into .venv$(if $(SPARK), with Spark (Java $(JAVA) is here),; without Spark: no Java 17 or later here)."
	@echo "The first time this downloads some hundred MB and takes a few minutes."
	$(UV) sync --locked --all-groups --extra service $(SPARK)
	@touch $@

.tools/bin/uv:
	@command -v $(PYTHON) >/dev/null || { echo "No $(PYTHON) here. Install it: apt-get install python3 python3-venv" >&2; exit 1; }
	@$(PYTHON) -m venv .tools || { rm -rf .tools; \
	  echo "$(PYTHON) cannot make a virtual environment. Install what it lacks: apt-get install python3-venv" >&2; exit 1; }
	@echo "Installing uv, the package installer, into .tools."
	.tools/bin/python -m pip install --disable-pip-version-check "uv>=0.9,<1"

demo: setup  ## simulate a company, load it, link its records, review its tiers, analyse it, write demo/report.html (SPEAK=es for Spanish)
	rm -rf demo
	$(BIN)/promesa simulate demo --customers 20000 --years 2 --seed 7
	$(BIN)/promesa load --workspace demo --locale $(SPEAK)
	$(BIN)/promesa link --workspace demo --locale $(SPEAK)
	$(BIN)/promesa tier --workspace demo --locale $(SPEAK)
	$(BIN)/promesa analyse --workspace demo --locale $(SPEAK)
	$(BIN)/promesa report demo/report.html --workspace demo --locale $(SPEAK)
	@echo
	$(BIN)/promesa show chain --workspace demo --locale $(SPEAK)
	@echo
	$(BIN)/promesa show promises --top 3 --workspace demo --locale $(SPEAK)
	@echo
	@echo "The report is demo/report.html. Open it in a browser:"
	@echo "  xdg-open demo/report.html     (Linux)"
	@echo "  open demo/report.html         (macOS)"
	@echo "The same as pages, with filters and sliders, until Ctrl-C:"
	@echo "  $(BIN)/promesa serve --workspace demo"
	@echo "The workspace is demo/: promesa.toml, model.toml and load/*.sql can be read and changed."

check: lint types imports  ## style, types and the picture of the rooms

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/basedpyright --warnings

imports: setup
	$(BIN)/lint-imports --no-cache

reference: setup  ## write the parts of docs/reference that come from the code
	$(BIN)/python docs/generate.py

docs: reference  ## build the documentation into site/
	NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet

# pytest comes last: its closing line is the verdict. It also runs the doctests, asks for the types and the picture of
# the rooms beside other tests (tests/architecture), builds the documentation strictly and executes the examples in it
# (tests/docs).
# Each worker has one processor: threads of the algebra would only wait for each other.
test slow: export OPENBLAS_NUM_THREADS = 1
test slow: export OMP_NUM_THREADS = 1
test: lint  ## everything a change must pass
	$(BIN)/pytest -n $(WORKERS) $(SPREAD) -m "not slow"

slow: setup  ## the tests that take minutes: coverage of intervals over many seeds, kills at many points, many drawn cases
	$(BIN)/pytest -n $(WORKERS) $(SPREAD) -m slow
	HYPOTHESIS_PROFILE=long $(BIN)/pytest -n $(WORKERS) $(SPREAD) -m "hypothesis and not slow"

fuzz: setup  ## search for SECONDS (300) for a request that the intake fails on, guided by atheris (Linux)
	$(UV) pip install --quiet --python $(BIN)/python "atheris>=2.3"
	$(BIN)/python -m tests.intake.searching -max_total_time=$(or $(SECONDS),300)

bench: setup  ## measure load and analysis against DuckDB, pandas and Polars (benchmarks/README.md)
	$(BIN)/python -m benchmarks

clean:  ## remove what was built, keep what was installed
	rm -rf site dist build demo benchmarks/work .pytest_cache .ruff_cache .hypothesis .import_linter_cache
	find promesa tests docs benchmarks -name __pycache__ -type d -prune -exec rm -rf {} + 2>/dev/null || true

distclean: clean  ## remove what was installed as well
	rm -rf .venv .tools
