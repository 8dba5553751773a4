# Two commands are enough: `make run` and `make test`. Bare `make` prints the rest.
.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run dev test unit parity check fix docs bench eval lock setup setup-dev setup-tests assets

# Another Python for a new .venv: make run PYTHON=/path/to/python3.12
PYTHON ?=
export PYTHON

BIN := .venv/bin
# In the order of the story: a broken contract is told before a browser starts.
TESTS := $(wildcard tests/architecture tests/unit tests/integration tests/faults tests/acceptance)

help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "make %-8s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: setup ## Set up what is missing, start the app and print its address
	@exec $(BIN)/sfa serve

dev: setup-dev ## The same, started again by itself whenever a source file changes
	@exec $(BIN)/python scripts/dev.py

test: setup-tests ## Set up what is missing, check the code, run every test
	@status=0; \
	$(MAKE) --no-print-directory check || status=1; \
	$(BIN)/pytest --numprocesses logical --maxprocesses 4 --dist loadfile $(TESTS) || status=1; \
	exit $$status

unit: setup-dev ## The quick tests only: no database, no network
	@$(BIN)/pytest tests/architecture tests/unit

parity: setup-dev ## Compare separation with the reference; brings torch, in .venv-parity
	@scripts/parity.sh

check: setup-dev ## Format, lint, types and import contracts; changes nothing
	@status=0; \
	for tool in "ruff format --check" "ruff check" mypy "lint-imports --no-logo"; do \
	  $(BIN)/$$tool || { echo "check: $$tool found something"; status=1; }; \
	done; \
	exit $$status

fix: setup-dev ## Format, and mend what the linter can mend
	@$(BIN)/ruff check --fix
	@$(BIN)/ruff format

docs: setup-dev ## Write the reference pages that repeat the code: settings, cli, api
	@$(BIN)/python scripts/build_reference.py

bench: setup-dev ## Measure latency and speed on this machine
	@$(BIN)/python -m bench

eval: setup-dev ## Score the analysis on music with known truth, beside librosa
	@status=0; \
	$(BIN)/python -m eval || status=1; \
	$(BIN)/python -m eval.notes || status=1; \
	exit $$status

lock: setup-dev ## Choose the newest allowed versions and write the lock files
	@scripts/lock.sh

setup:
	@scripts/setup_python.sh runtime
	@$(MAKE) --no-print-directory assets

setup-dev:
	@scripts/setup_python.sh dev
	@$(MAKE) --no-print-directory assets

setup-tests: setup-dev
	@scripts/setup_system.sh tests
	@scripts/setup_node.sh tests/integration/live tests/acceptance

assets:
	@test ! -f scripts/build_assets.py || $(BIN)/python scripts/build_assets.py
