# make run, make test: each sets up .venv by itself the first time, with what it needs. Needs Python >= 3.11.
PYTHON ?= python3
BIN := .venv/bin
COMPARISON := outputs/sweeps/$(shell date +%Y-%m-%d/%H-%M-%S)
STAMP := .venv/installed
TESTS := .venv/installed-for-tests
INSTALL := $(BIN)/python -m pip install --quiet --no-compile --disable-pip-version-check --editable
IS_NEW := -c 'import sys; sys.exit(sys.version_info < (3, 11))'

# What .venv has is compiled once, whatever the environment says: else each start takes two to three times as long.
unexport PYTHONDONTWRITEBYTECODE

.DEFAULT_GOAL := help
.PHONY: help run test thorough bench matrix format clean new

help:  ## what there is to make
	@grep -E '^[a-z]+: .*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## (.*)/make \1	\2/' | expand -t 16

$(STAMP): pyproject.toml $(shell $(BIN)/python $(IS_NEW) 2>/dev/null || echo new)
	@$(BIN)/python $(IS_NEW) 2>/dev/null || $(PYTHON) $(IS_NEW) 2>/dev/null || { \
		echo "$(PYTHON) is $$($(PYTHON) -V 2>&1), and Python 3.11 or newer is needed:" \
			"make $(MAKECMDGOALS) PYTHON=/path/to/python3.11" >&2; exit 1; }
	$(BIN)/python $(IS_NEW) 2>/dev/null || $(PYTHON) -m venv --clear .venv
	$(INSTALL) .
	$(BIN)/python -m compileall -q runner hydra_plugins
	touch $@

$(TESTS): $(STAMP)
	$(INSTALL) '.[test]'
	touch $@

run: $(STAMP)  ## the article's network at nine learning rates, with figures and a report
	$(BIN)/backprop-runner experiment=compare_learning_rates hydra.sweep.dir=$(COMPARISON)
	$(BIN)/backprop-report $(COMPARISON)

test: $(TESTS)  ## lint, format, types and tests
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/lint-imports --no-logo
	$(BIN)/mypy & types=$$!; $(BIN)/pytest -n 3 --dist worksteal; tests=$$?; wait $$types && exit $$tests

thorough: $(TESTS)  ## the tests that make test has no time for
	$(BIN)/pytest -n 3 --dist worksteal -m thorough

bench: $(TESTS)  ## the README's section on speed, measured on this machine; peers that are not there are left out
	$(BIN)/python tests/benchmarks

matrix:  ## the tests on every Python from 3.11 on that is here, and with the lowest versions that are allowed
	.ci/matrix $(PYTHONS)

format: $(TESTS)  ## put the code in its one format
	$(BIN)/ruff check --fix --select I
	$(BIN)/ruff format

clean:  ## remove the environment and all caches; outputs stay
	rm -rf .venv .matrix .import_linter_cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
