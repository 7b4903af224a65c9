# The same as run.py by name, and what only developers need. `make` lists the targets.

PYTHON ?= python3
SCENARIO ?= scenarios/day-and-night.yml
ARGS ?=
VENV = "$(or $(SIMLIB_VENV),.venv)"

.DEFAULT_GOAL := help
.PHONY: help setup test check report batch lab format lint docs benchmarks lock

help:  ## what can be made
	@sed -n 's/^\([a-z]*\): .*## \(.*\)/\1	\2/p' $(MAKEFILE_LIST) | expand -t 14
	@echo 'ARGS="..." goes to the command; SCENARIO=... names another scenario'

setup:  ## install into .venv
	$(PYTHON) run.py setup

test:  ## run the tests
	$(PYTHON) run.py test $(ARGS)

check:  ## check every scenario
	$(PYTHON) run.py check scenarios $(ARGS)

report:  ## write the report of SCENARIO
	$(PYTHON) run.py report "$(SCENARIO)" $(ARGS)

batch:  ## write the reports of every scenario
	$(PYTHON) run.py batch scenarios $(ARGS)

lab:  ## open JupyterLab on the notebooks
	$(PYTHON) run.py lab $(ARGS)

format: setup  ## put the code in order
	$(VENV)/bin/ruff check --fix . && $(VENV)/bin/ruff format .

lint: setup  ## tell what is out of order
	$(VENV)/bin/ruff check . && $(VENV)/bin/ruff format --check .

docs: setup  ## write the schema and the reference page anew
	$(VENV)/bin/python tools/write_docs.py

benchmarks: setup  ## measure, one benchmark after another
	set -e; for file in benchmarks/*.py; do echo "== $$file"; $(VENV)/bin/python "$$file" $(ARGS); done

lock:  ## write requirements.lock anew from pyproject.toml (ARGS=--upgrade moves every pin)
	uv pip compile --universal --python-version 3.11 --extra dev --no-emit-index-url --no-annotate --quiet \
		--custom-compile-command "make lock" $(ARGS) --output-file requirements.lock pyproject.toml
