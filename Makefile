# Everything sets itself up: a virtual environment in .venv, from the pinned versions of constraints.txt.
#
#   make demo        rehearse a fine-tune of examples/cat.jsonl
#   make test        lint, types, import directions, tests (under ten minutes)
#   make test-slow   what takes longer: other SDK versions in their own environments
#   make lint        ruff, mypy, import-linter
#   make bench       speed, as ratios to a baseline of the same run
#   make docs        the documentation site, in build/site; offline
#   make recordings  the cassettes of recordings/, made anew
#   make serve       the simulated API on http://127.0.0.1:8000/v1
#   make clean       remove what the above made

# the first Python that is new enough; say `make PYTHON=…` to choose
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.14; do \
	$$p -c 'import sys, venv; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1 && echo $$p && break; done)
BIN := .venv/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet --constraint constraints.txt
# as many files at a time as there are cores
AT_ONCE := --numprocesses auto --maxprocesses 4 --dist loadfile
FILE ?= examples/cat.jsonl
PORT ?= 8000

.DEFAULT_GOAL := help
.PHONY: help demo test test-slow lint format bench docs recordings serve clean constraints

help:
	@sed -n 's/^#   //p' Makefile

.venv/python:
	@test -n "$(PYTHON)" || { echo "drytune needs Python 3.11 or newer, and none was found; say make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { echo "$(PYTHON) is not Python 3.11 or newer; say make PYTHON=/path/to/python3" >&2; exit 2; }
	@$(PYTHON) -m venv --clear .venv || { echo "the venv module is incomplete; on Debian: apt-get install python3-venv" >&2; exit 2; }
	@touch $@

.venv/demo: .venv/python pyproject.toml constraints.txt
	@echo "setting up .venv …" >&2
	@$(PIP) --editable .
	@touch $@

.venv/dev: .venv/python pyproject.toml constraints.txt
	@echo "setting up .venv for development …" >&2
	@$(PIP) --editable '.[dev]'
	@touch $@ .venv/demo

demo: .venv/demo
	@$(BIN)/drytune dry-run $(FILE)

serve: .venv/demo
	@$(BIN)/drytune serve --port $(PORT)

lint: .venv/dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache

format: .venv/dev
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

test: lint
	$(BIN)/python -m pytest -m 'not slow' $(AT_ONCE)

test-slow: .venv/dev
	$(BIN)/python -m pytest -m slow $(AT_ONCE)

bench: .venv/dev
	$(BIN)/python benchmarks/run.py

docs: .venv/dev
	$(BIN)/python -m sphinx --builder html --jobs auto --fail-on-warning --keep-going --quiet -c docs -d build/doctrees . build/site

recordings: .venv/dev
	$(BIN)/python recordings/make.py

# newest versions of everything, tested before they are committed; names and versions only, no addresses
constraints: .venv/dev
	$(BIN)/python -m pip --disable-pip-version-check install --quiet --upgrade --upgrade-strategy eager --editable '.[dev]'
	$(BIN)/python -m pip --disable-pip-version-check freeze --exclude-editable --exclude pip --exclude setuptools > constraints.txt

clean:
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache dist build
