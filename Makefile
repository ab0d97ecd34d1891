# qe_dashboard. `make help` lists the targets.
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DELETE_ON_ERROR:

VENV ?= .venv
VENV_IB_ASYNC ?= .venv-ib-async
# Two workers: the suite starts processes of its own, and CI machines have two cores.
TEST_WORKERS ?= 2
PYTEST_ARGS ?=
ARGS ?=

PY := $(VENV)/bin/python
PY_IB_ASYNC := $(VENV_IB_ASYNC)/bin/python
PIP_INSTALL = -m pip install --quiet --disable-pip-version-check --require-hashes --only-binary :all: -r
# --no-deps: the locks have installed them, and the ib_async environment must not get ib_insync as well (D30).
PROJECT_INSTALL = -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
LOCK = $(PY) -m uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes \
	--no-header --no-emit-index-url --no-annotate --quiet

.PHONY: help
help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-21s %s\n", $$1, $$2}' $(MAKEFILE_LIST)
	@echo "  PYTHON=/path/to/python3.12 chooses the interpreter; make run ARGS='--profile sim' passes arguments."

.PHONY: setup
setup: $(VENV)/.dev-ready $(VENV_IB_ASYNC)/.ready ## Create both environments from the locks

.PHONY: run
run: $(VENV)/.run-ready ## Start the dashboard
	@$(PY) -m qe_dashboard $(ARGS)

.PHONY: test
test: setup ## Run every test offline, then the broker contract over ib_async
	$(PY) -m pytest -n $(TEST_WORKERS) $(PYTEST_ARGS)
	QE_IB_LIB=ib_async $(PY_IB_ASYNC) -m pytest -n $(TEST_WORKERS) $(PYTEST_ARGS) tests/contract tests/clients

.PHONY: test-clients
test-clients: $(VENV)/.dev-ready ## Drive the gateway simulator with five real API clients
	PYTHONPATH=tests:. $(PY) -m scripts.test_clients

.PHONY: test-clients-mutation
test-clients-mutation: $(VENV)/.dev-ready ## Spoil every field of every message; a client must notice
	PYTHONPATH=tests:. $(PY) -m scripts.test_clients --mutation

.PHONY: soak
soak: $(VENV)/.dev-ready ## Run the long forms: hours of faults, reconnect storms (minutes, not in make test)
	$(PY) -m pytest -n $(TEST_WORKERS) $(PYTEST_ARGS) -m soak tests
	QE_SOAK_DISCONNECTS=50 $(PY) -m pytest $(PYTEST_ARGS) tests/integration/test_ibkr_disconnects.py

.PHONY: check
check: $(VENV)/.dev-ready ## Format, lint, types, import contracts, size limits
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/ruff check .
	$(VENV)/bin/mypy
	$(VENV)/bin/lint-imports
	$(PY) scripts/check_sizes.py

.PHONY: wheel
wheel: $(VENV)/.dev-ready ## Build the wheel and start what it installs, in a clean environment
	$(PY) scripts/check_wheel.py

.PHONY: format
format: $(VENV)/.dev-ready ## Rewrite the sources in the project's format
	$(VENV)/bin/ruff check --fix .
	$(VENV)/bin/ruff format .

.PHONY: bench
bench: $(VENV)/.dev-ready ## Measure speed: ratios side by side in one run
	PYTHONPATH=tests:. $(PY) -m scripts.bench $(ARGS)

.PHONY: docs
docs: $(VENV)/.dev-ready ## Regenerate the pages that are printed from the code
	$(PY) scripts/make_docs.py $(ARGS)

.PHONY: lock
lock: $(VENV)/.dev-ready ## Resolve the dependencies afresh into requirements/*.lock
	@# ib-async.lock takes no constraint from dev.lock: ib_async caps tzdata below it.
	$(LOCK) --upgrade --group build -o requirements/run.lock
	$(LOCK) --upgrade --group dev -c requirements/run.lock -o requirements/dev.lock
	$(LOCK) --upgrade --group build --group test --extra ib-async -o requirements/ib-async.lock \
		--no-emit-package ib-insync --no-emit-package eventkit

.PHONY: clean
clean: ## Remove environments, caches and builds
	rm -rf $(VENV) $(VENV_IB_ASYNC) .clients build dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# Environments. Stamps make them rerun only when a lock or the project's metadata changes.
$(VENV)/bin/python:
	@python=$$(scripts/find_python.sh) && echo "Creating $(VENV) with $$python" && "$$python" -m venv $(VENV)

$(VENV_IB_ASYNC)/bin/python:
	@python=$$(scripts/find_python.sh) && echo "Creating $(VENV_IB_ASYNC) with $$python" && "$$python" -m venv $(VENV_IB_ASYNC)

$(VENV)/.run-ready: requirements/run.lock pyproject.toml | $(PY)
	@echo "Installing requirements/run.lock into $(VENV)"
	@$(PY) $(PIP_INSTALL) requirements/run.lock
	@$(PY) $(PROJECT_INSTALL)
	@touch $@

# dev.lock holds everything of run.lock at the same versions, so this environment can run the dashboard too.
$(VENV)/.dev-ready: requirements/dev.lock $(VENV)/.run-ready
	@echo "Installing requirements/dev.lock into $(VENV)"
	@$(PY) $(PIP_INSTALL) requirements/dev.lock
	@touch $@

$(VENV_IB_ASYNC)/.ready: requirements/ib-async.lock pyproject.toml | $(PY_IB_ASYNC)
	@echo "Installing requirements/ib-async.lock into $(VENV_IB_ASYNC)"
	@$(PY_IB_ASYNC) $(PIP_INSTALL) requirements/ib-async.lock
	@$(PY_IB_ASYNC) $(PROJECT_INSTALL)
	@touch $@
