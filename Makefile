# Everything a person types. `make help` lists it.

# The first Python that is new enough; any other, so that bootstrap.py can say what is wrong with it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11 python3.10; do \
	$$p -c 'import sys; sys.exit(sys.version_info < (3, 10))' 2>/dev/null && { command -v $$p; exit; }; \
	done; command -v python3 || command -v python || echo python3)
PORT ?= 5000
BIN := .venv/bin

export PATH := $(CURDIR)/$(BIN):$(PATH)

.DEFAULT_GOAL := help
.PHONY: help run test check format build wheel matrix suites bench soak lock pictures clean install-run install-dev install-bench

help: ## what can be typed
	@grep -E '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 12

run: install-run build ## install, build, start the dashboard and the sample applications (PORT=5000)
	@PORT=$(PORT) exec $(BIN)/python scripts/run.py

test: install-dev build ## install, then check and test everything (Python, TypeScript, a real browser)
	@$(BIN)/python scripts/test.py

check: install-dev ## formatters, linters and types alone
	@$(BIN)/python scripts/test.py check

format: install-dev ## let the formatters rewrite what they would rewrite
	@$(BIN)/ruff check --fix --quiet . && $(BIN)/ruff format --quiet . && $(BIN)/python scripts/build_frontend.py --run --silent format

build: ## build the page, if something changed
	@test -x $(BIN)/python || $(MAKE) --no-print-directory install-run
	@$(BIN)/python scripts/build_frontend.py

wheel: install-dev build ## dist/flaskscope-*.whl and the sdist, with the page inside
	@$(BIN)/python -m build --no-isolation --outdir dist .

matrix: install-dev ## the tracer on every Flask, on every Python that is installed
	@$(BIN)/python scripts/matrix.py

suites: install-dev build ## other people's test suites, the same traced and untraced (SUITE="flask flask-login" for some)
	@$(BIN)/python -m tests.suites $(SUITE)

bench: install-bench build ## the figures of docs/performance.md, beside our peers', as ratios in one run
	@$(BIN)/python -m tests.benchmarks

soak: install-dev build ## what must hold and takes long: a million requests, outages, interrupts, slow pages
	@$(BIN)/python -m tests.soak

pictures: install-dev build ## take docs/pictures again from the real dashboard
	@$(BIN)/python scripts/take_screenshots.py

lock: install-dev ## resolve the Python lock files again
	@$(BIN)/python scripts/lock.py

clean: ## remove everything that was installed or built
	@rm -rf .venv .matrix .suites .build dist build tracer/hot_path/compiled.* test-results web/static/dist web/frontend/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis

install-run:
	@$(PYTHON) scripts/bootstrap.py run
	@$(BIN)/python scripts/compile_tracer.py

install-dev:
	@$(PYTHON) scripts/bootstrap.py dev
	@$(BIN)/python scripts/compile_tracer.py

install-bench: install-dev
	@$(PYTHON) scripts/bootstrap.py bench
