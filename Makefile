# One verb a target. Each sets up what it needs, and only that; see `make help`.

SHELL := /bin/bash
.SHELLFLAGS := -eu -o pipefail -c
.DEFAULT_GOAL := help
.DELETE_ON_ERROR:

VENV   := .venv
BIN    := $(VENV)/bin
PIP    := $(BIN)/python -m pip --quiet --disable-pip-version-check --no-input
ARGS   ?=
PYTEST ?=
FUZZ_SECONDS ?= 60
FUZZ_SEED    ?=

# The stamps say what the environment holds: the program alone, or the tools of development as well.
RUNTIME := $(VENV)/.runtime
DEV     := $(VENV)/.dev
CHAOS   := $(VENV)/.chaos
AUDIT   := $(VENV)/.audit
PEERS   := $(VENV)-peers/.peers
KAFKA   := deploy/kafka/local_kafka.py

##@ Use

.PHONY: setup
setup: $(RUNTIME) ## the environment only: .venv with .venv/bin/distillwatch

.PHONY: demo
demo: $(RUNTIME) ## the whole pipeline on an embedded broker, one tenant of it an attacker
	@$(BIN)/distillwatch demo $(ARGS)

.PHONY: kafka
kafka: $(RUNTIME) java ## a local Apache Kafka on 127.0.0.1:9092, in the foreground
	@$(BIN)/python $(KAFKA) $(ARGS)

##@ Develop

.PHONY: test
test: $(DEV) java alertmanager prometheus chromium lint ## lint, types and every test
	DISTILLWATCH_REQUIRE_KAFKA=1 DISTILLWATCH_REQUIRE_ALERTMANAGER=$(ALERTMANAGER) \
	    DISTILLWATCH_REQUIRE_PROMETHEUS=1 DISTILLWATCH_REQUIRE_CHROMIUM=$(CHROMIUM) $(BIN)/python -m pytest $(PYTEST)

.PHONY: lint
lint: $(DEV) ## ruff (rules and format) and mypy
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

.PHONY: bench
bench: $(DEV) $(PEERS) java ## the benchmarks, each with its peers and its limit (ARGS='--only throughput --quick')
	@$(BIN)/python -m bench $(ARGS)

.PHONY: chaos
chaos: $(DEV) java fuzz ## fuzzing, random kills, a flood, a soak (CHAOS_KILLS=200, CHAOS_SOAK_MINUTES=30, CHAOS_SEED=)
	@DISTILLWATCH_REQUIRE_KAFKA=1 $(BIN)/python -m pytest tests/kafka/chaos -m chaos -s $(ARGS)

.PHONY: fuzz
fuzz: $(CHAOS) ## every decoder under coverage-guided fuzzing (FUZZ_SECONDS=60 for each, FUZZ_SEED=)
	$(BIN)/python -m tests.fuzz --seconds $(FUZZ_SECONDS) $(if $(FUZZ_SEED),--seed $(FUZZ_SEED)) $(ARGS)

.PHONY: audit
audit: $(AUDIT) ## known vulnerabilities of the pinned dependencies; fails where none can be looked up
	@$(BIN)/python deploy/audit.py $(ARGS)

.PHONY: dashboards
dashboards: $(DEV) ## write the dashboards for Grafana anew from deploy/grafana/boards
	@$(BIN)/python deploy/grafana/generate_dashboards.py

.PHONY: manifests
manifests: $(DEV) ## write rules, topics and rights anew as manifests for Kubernetes
	@$(BIN)/python deploy/kubernetes/generate_manifests.py

.PHONY: docs
docs: $(DEV) ## the documentation as pages in build/docs; fails on a broken link
	$(BIN)/python -m sphinx -W --keep-going -q -c docs . build/docs
	@echo 'Open build/docs/docs/index.html' >&2

.PHONY: reference
reference: $(DEV) ## docs/reference, made from the code
	PYTHONPATH=. $(BIN)/python docs/generate.py

.PHONY: picture
picture: $(DEV) ## the README's picture of the demo, recorded anew
	PYTHONPATH=. $(BIN)/python docs/record_demo.py

.PHONY: release-check
release-check: $(DEV) ## version, changelog, builds that repeat, a clean installation, the container file
	@$(BIN)/python deploy/release_check.py

.PHONY: lock
lock: $(DEV) ## compile the lock files anew from pyproject.toml (UPGRADE=1 takes newer versions)
	$(COMPILE) --extra notify --extra otlp --extra schema-registry --extra report --extra console \
	    --output-file requirements.lock pyproject.toml
	$(COMPILE) --constraint requirements.lock --output-file requirements-build.lock --group build
	$(COMPILE) --constraint requirements.lock --constraint requirements-build.lock \
	    --all-extras --output-file requirements-dev.lock --group build --group dev pyproject.toml
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements-chaos.lock --group chaos
	$(COMPILE) --constraint requirements-dev.lock --output-file requirements-audit.lock --group audit
	$(COMPILE) --output-file requirements-peers.lock --group peers

# Debian's package is unpacked and not installed: nothing that it holds is started as a service.
PROMETHEUS := .cache/prometheus
.PHONY: prometheus
prometheus: ## promtool and Prometheus for the tests, unpacked into .cache
	@if [ -x $(PROMETHEUS)/usr/bin/promtool ] || { command -v promtool && command -v prometheus; } >/dev/null; then \
	    exit 0; \
	fi; \
	if ! command -v apt-get >/dev/null; then \
	    echo 'The rules are tested with promtool, and the dashboards with Prometheus; one of them is missing.' >&2; \
	    echo 'Install both (they come together) and run make again.' >&2; \
	    exit 1; \
	fi; \
	mkdir -p $(PROMETHEUS); cd $(PROMETHEUS); \
	if ! apt-get download -qq prometheus 2>/dev/null && ! { apt-get update -qq && apt-get download -qq prometheus; }; then \
	    echo 'The package prometheus could not be fetched. Install Prometheus and promtool and run make again.' >&2; \
	    exit 1; \
	fi; \
	dpkg-deb --extract prometheus_*.deb .; \
	rm -f prometheus_*.deb

.PHONY: clean
clean: ## remove the environment and every cache of the work tree
	rm -rf $(VENV) $(VENV)-peers .cache .mypy_cache .ruff_cache .pytest_cache .hypothesis dist build
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

.PHONY: help
help: ## this list
	@awk 'BEGIN { FS = ":.*## " } /^##@/ { printf "\n%s\n", substr($$0, 5) } \
	    /^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile

# Hashes and versions, but no address: every machine takes the packages from its own index.
COMPILE = $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
    --no-emit-index-url --no-emit-find-links --custom-compile-command 'make lock' $(if $(UPGRADE),--upgrade)

# The first interpreter for which every dependency has a wheel; `make PYTHON=...` chooses another.
PYTHON ?= $(shell for python in python3 python3.13 python3.12 python3.11; do \
    "$$python" -c 'import ensurepip, sys, venv; sys.exit(not (3, 11) <= sys.version_info < (3, 14))' \
    2>/dev/null && { echo "$$python"; break; }; done)

$(BIN)/python:
	@if [ -z "$(PYTHON)" ]; then \
	    echo 'No Python 3.11 to 3.13 with the venv module was found.' >&2; \
	    echo 'Install one (on Debian: apt-get install python3 python3-venv) or name it: make PYTHON=/path/to/python3' >&2; \
	    exit 1; \
	fi
	@echo "Making $(VENV) with $(PYTHON) ..." >&2
	@"$(PYTHON)" -m venv --clear $(VENV)

$(RUNTIME): requirements.lock requirements-build.lock pyproject.toml $(BIN)/python
	@echo "Installing distillwatch and its pinned dependencies ..." >&2
	@$(PIP) install --require-hashes --requirement requirements.lock --requirement requirements-build.lock
	@$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(DEV): requirements-dev.lock $(RUNTIME)
	@echo "Installing the pinned tools of development ..." >&2
	@$(PIP) install --require-hashes --requirement requirements-dev.lock
	@touch $@

$(CHAOS): requirements-chaos.lock $(DEV)
	@echo "Installing the pinned fuzzer ..." >&2
	@$(PIP) install --require-hashes --requirement requirements-chaos.lock
	@touch $@

$(AUDIT): requirements-audit.lock $(DEV)
	@echo "Installing the pinned auditor ..." >&2
	@$(PIP) install --require-hashes --requirement requirements-audit.lock
	@touch $@

# An environment of their own, since they need other versions than ours; the table names those that are not there.
$(PEERS): requirements-peers.lock $(BIN)/python
	@echo "Installing the pinned peers of the benchmarks ..." >&2
	@if $(BIN)/python -m venv --clear $(VENV)-peers && $(VENV)-peers/bin/python -m pip --quiet \
	    --disable-pip-version-check --no-input install --require-hashes --requirement requirements-peers.lock; \
	then touch $@; else echo 'The peers could not be installed; the table says so.' >&2; fi

# A real Alertmanager takes what `notify` sends; a machine of your own goes without, and skips that test.
ALERTMANAGER ?= $(if $(CI),1)
.PHONY: alertmanager
alertmanager:
	@if command -v prometheus-alertmanager >/dev/null || command -v alertmanager >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -qq; \
	    apt-get install -qq -y --no-install-recommends prometheus-alertmanager; \
	else \
	    echo 'No Alertmanager is installed: the test with a real one is skipped.' >&2; \
	fi

# A real Chromium looks at the console and at the backtest's report; a machine of your own may go without, and skips those tests.
CHROMIUM ?= $(if $(CI),1)
.PHONY: chromium
chromium: ## a Chromium for the tests of pages, from Debian
	@if command -v chromium || command -v chromium-browser || command -v google-chrome; then exit 0; fi >/dev/null; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -qq; \
	    apt-get install -qq -y --no-install-recommends chromium fonts-dejavu-core; \
	else \
	    echo 'No Chromium is installed: the tests of pages in a browser are skipped.' >&2; \
	fi

# Apache Kafka 4 runs on Java 17 or newer and comes through Maven.
.PHONY: java
java:
	@if command -v java >/dev/null && command -v mvn >/dev/null; then exit 0; fi; \
	if [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
	    export DEBIAN_FRONTEND=noninteractive; \
	    apt-get update -qq; \
	    apt-get install -qq -y --no-install-recommends default-jre-headless maven; \
	else \
	    echo 'The local Apache Kafka needs Java 17 or newer and Maven, and one of them is missing.' >&2; \
	    echo 'Install them (on Debian: sudo apt-get install default-jre-headless maven) and run make again.' >&2; \
	    exit 1; \
	fi

