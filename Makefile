# `make` alone says what there is.

.DEFAULT_GOAL := help
.PHONY: help demo test setup setup-dev browser lint types docs lock clean

BIN := .venv/bin
# Options for `sampler demo` or pytest, for example: make demo FLAGS=--no-sandbox
FLAGS ?=
# The interpreter that .venv is made with; empty means the first of 3.11 or newer.
PYTHON ?=
export PYTHON

help: ## Show this help
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)
	@echo "  Variables: PYTHON=/path/to/python3, FLAGS='options for sampler demo, pytest or uv'"

demo: setup ## Set up, then score the recorded attempts and write the gallery; needs no key
	@$(BIN)/sampler install
	@$(BIN)/sampler demo $(FLAGS)

test: lint types browser ## Set up with the development extras, then lint, types and every test
	$(BIN)/python -m pytest --numprocesses auto --dist worksteal $(FLAGS)

lint: setup-dev ## Check style
	$(BIN)/ruff check
	$(BIN)/ruff format --check

types: setup-dev ## Check types
	$(BIN)/mypy

docs: setup-dev ## Write docs/cli.md and docs/checks.md again from the program itself
	$(BIN)/python docs/generate.py

lock: setup-dev ## Write requirements/*.txt again after a change of dependencies; FLAGS=--upgrade takes new versions
	$(BIN)/uv pip compile $(LOCK) $(FLAGS) --group build --output-file requirements/runtime.txt pyproject.toml
	$(BIN)/uv pip compile $(LOCK) $(FLAGS) --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt pyproject.toml

LOCK := --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-emit-find-links --custom-compile-command "make lock"

clean: ## Remove .venv, caches and built packages; runs and reports stay
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
	find sampler tests docs -name __pycache__ -type d -prune -exec rm -rf {} +

setup:
	@sh requirements/install.sh runtime

setup-dev:
	@sh requirements/install.sh dev

browser: setup-dev
	@$(BIN)/sampler install
