# Two commands matter: `make run` and `make test`. They need git, make and a Python 3.8 or newer; nothing else.

SHELL := /bin/sh
.DELETE_ON_ERROR:
.DEFAULT_GOAL := help

UV := .uv/bin/uv
BIN := .venv/bin
LIVEXEC := $(BIN)/livexec
MEMBERS := client $(patsubst %/pyproject.toml,%,$(wildcard plugins/*/pyproject.toml))
PROTOCOL := client/hatch_build.py $(wildcard client/proto/livexec/v1/*.proto)

# An activated environment, or a setting for another project, must not decide where we install.
unexport VIRTUAL_ENV UV_PROJECT_ENVIRONMENT PYTHONHOME PYTHONPATH

SEEDS ?= 2000

.PHONY: help setup console console-load screenshots run test check format lint types imports soak mutants mutation bench chaos chaos-standby soak-live prove golden sbom audit fault-matrix alert-rules proto lock clean

help: ## list these targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

setup: .venv/.installed ## set everything up in .uv/ and .venv/; quick when nothing changed

console: setup src/adapters/http/console/index.html ## build the console, where something of it changed

# Node comes with the environment, so that every machine builds the console with the same one.
NODE := PATH="$(CURDIR)/$(BIN):$$PATH"
SPOKEN := scripts/openapi.py src/ports/shown.py $(wildcard src/adapters/http/*.py)
src/adapters/http/console/index.html: frontend/package-lock.json $(shell find frontend/src frontend/public frontend/*.ts frontend/index.html -type f ! -path '*/api/*.json' ! -path '*/api/*schema.ts') $(SPOKEN)
	cd frontend && $(NODE) npm ci --no-progress --loglevel=error
	for each in live backtest columns; do $(BIN)/python scripts/openapi.py $$each > frontend/src/api/$$each.json; done
	cd frontend && $(NODE) npm run --silent types && $(NODE) npm run --silent build

run: console ## start the service in paper mode, work a scripted set of orders, leave the console on http://127.0.0.1:8001
	$(LIVEXEC) run --scripted

test: console ## run every test
	$(BIN)/pytest -n $$(($$(getconf _NPROCESSORS_ONLN) + 1)) --dist loadfile --no-loadscope-reorder  # one more than processors: many tests wait

check: lint types imports test ## lint, types, import contracts, tests: what .ci/run calls

format: setup ## rewrite the code in the one format
	$(BIN)/ruff format
	$(BIN)/ruff check --fix

lint: setup ## format and lint, changing nothing
	$(BIN)/ruff format --check
	$(BIN)/ruff check

types: setup ## mypy, strict
	$(BIN)/mypy

imports: setup ## the rooms' import contracts
	$(BIN)/lint-imports

soak: setup ## the seeded storms over SEEDS seeds from FIRST on (make soak SEEDS=20000)
	@PYTHONPATH=tests $(BIN)/python -m simulation --seeds $(SEEDS) --first $(or $(FIRST),0) $(ARGS)

mutants: setup ## plant a bug for each invariant in a copy of the source; each must be caught within SEEDS seeds
	@PYTHONPATH=tests $(BIN)/python -m mutants --seeds $(SEEDS) $(ARGS)

mutation: setup ## change the core in small ways, and count what its tests notice (SAMPLE=1000 SEED=0, 0: all; ONLY=core/risk)
	@PYTHONPATH=tests $(BIN)/python -m mutation --sample $(or $(SAMPLE),1000) --seed $(or $(SEED),0) --under $(or $(ONLY),core) $(ARGS)

bench: setup ## the benchmarks, each beside its reference
	$(LIVEXEC) bench submit
	$(LIVEXEC) bench core
	$(LIVEXEC) bench ingest
	$(LIVEXEC) bench mixed
	$(LIVEXEC) bench venue
	$(LIVEXEC) bench journal
	$(LIVEXEC) bench recover
	$(LIVEXEC) bench replay

chaos: setup ## kill the live service under load at a simulated venue (VENUE=okx KILLS=20 SEED=0), and count
	@PYTHONPATH=tests $(BIN)/python -m chaos --venue $(or $(VENUE),binance_futures) --kills $(or $(KILLS),20) --seed $(or $(SEED),0) $(ARGS)

chaos-standby: setup ## a leader and a standby at a simulated venue; the lead taken away in four ways in turn, TAKEOVERS (50) times
	@PYTHONPATH=tests GRPC_ENABLE_FORK_SUPPORT=0 $(BIN)/python -m chaos_standby --takeovers $(or $(TAKEOVERS),50) $(ARGS)

soak-live: setup ## the whole service under mixed load with faults, for MINUTES (30) at RATE (500) orders a second
	@PYTHONPATH=tests $(BIN)/python -m soak_live --minutes $(or $(MINUTES),30) --rate $(or $(RATE),500) $(ARGS)

prove: setup ## run every command that shows what is promised, and print one table (ARGS="--no-bench --only demo")
	$(BIN)/python scripts/prove.py $(if $(TICKS),--ticks $(TICKS)) $(ARGS)

sbom: setup ## write the list of everything that is installed, CycloneDX 1.6, to build/sbom.json
	@mkdir -p build
	$(BIN)/cyclonedx-py requirements --output-reproducible --of JSON --output-file build/sbom.json requirements.lock

audit: setup ## what is known to be wrong with what is installed; asks the package index
	$(BIN)/pip-audit --disable-pip --require-hashes --requirement requirements.lock

golden: setup ## write the journal of this release, which every later one must replay (tests/golden/journals)
	@PYTHONPATH=tests $(BIN)/python -m golden

fault-matrix: setup ## every fault at every live venue's simulator; prints the table and writes docs/fault-matrix.md (ARGS=--json)
	@PYTHONPATH=tests $(BIN)/python -m fault_matrix $(ARGS)

alert-rules: setup ## write the Prometheus rules and the Grafana dashboard from the code
	$(BIN)/python scripts/alert_rules.py > deploy/prometheus/livexec.rules.yml
	$(BIN)/python scripts/dashboard.py > deploy/grafana/livexec.json

console-load: console ## 20,000 orders and 500 changes a second in the console's blotter: frames and memory
	$(BIN)/python scripts/console_load.py $(ARGS)

screenshots: console ## picture every page of the console for docs/console.md
	@PYTHONPATH=tests $(BIN)/python scripts/screenshots.py

proto: setup ## generate livexec.v1 again (set-up does it by itself when a .proto changes)
	$(BIN)/python client/hatch_build.py

lock: ## resolve again and write requirements.lock; UPGRADE=1 moves to the newest versions allowed
	@scripts/bootstrap-uv.sh
	$(UV) lock $(if $(UPGRADE),--upgrade)
	$(UV) export --quiet --locked --all-packages --no-emit-workspace --all-groups --no-header --format requirements-txt \
		--output-file requirements.lock

clean: ## remove what set-up and the tools made; data of the service stays
	rm -rf .venv .uv client/livexec/v1 build dist client/dist
	rm -rf .mypy_cache .pytest_cache .ruff_cache .import_linter_cache .hypothesis
	find src client tests plugins -name __pycache__ -type d -prune -exec rm -rf {} +

# Locked packages first, hashes required; then ours, editable, built by what the lock has installed.
.venv/.synced: requirements.lock .python-version scripts/bootstrap-uv.sh scripts/make-venv.sh
	@scripts/bootstrap-uv.sh
	@scripts/make-venv.sh
	$(UV) pip sync --python $(BIN)/python --require-hashes requirements.lock
	@touch $@

.venv/.installed: .venv/.synced pyproject.toml $(MEMBERS:=/pyproject.toml) $(PROTOCOL)
	$(UV) pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation $(MEMBERS:%=-e ./%) -e .
	@touch $@
