# `make` lists what there is.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
UV_HOME := $(VENV)/uv
DATA ?=

.PHONY: help setup demo up down compose-up compose-down status test lint format bench release lock clean

help: ## list the commands
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "  make %-12s %s\n", $$1, $$2}'

# uv lives in a folder of its own, since `uv pip sync` removes from .venv whatever the lock does not name.
$(UV_HOME)/bin/uv:
	@command -v $(PYTHON) >/dev/null || { echo "Millwright needs Python 3.11; name yours with make PYTHON=/path/to/python3.11."; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(PYTHON) -m venv $(UV_HOME)
	@$(UV_HOME)/bin/pip install --quiet --disable-pip-version-check uv==0.13.8

$(VENV)/.installed: requirements.lock pyproject.toml | $(UV_HOME)/bin/uv
	@echo "Installing the pinned packages (2.3 GB the first time) ..."
	@$(UV_HOME)/bin/uv pip sync --quiet --compile-bytecode --python $(BIN)/python requirements.lock
	@$(UV_HOME)/bin/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@touch $@

setup: $(VENV)/.installed ## install everything into .venv; a second run installs nothing
	@$(BIN)/millwright contracts generate --quiet

demo: setup ## 90 days of a plant from Kafka to predictions; DATA=folder takes the Azure PdM files instead
	@$(BIN)/millwright demo $(if $(DATA),--data "$(DATA)")

up: setup ## start the embedded stack
	@$(BIN)/millwright up

down: ## stop the embedded stack
	@$(BIN)/millwright down

COMPOSE := docker compose --file docker-compose-full.yml

compose-up: ## the whole platform in Docker: make the secrets, build, start
	@sh infra/docker/make-env.sh
	@$(COMPOSE) up --build --detach
	@echo "Airflow    http://127.0.0.1:8081   admin, AIRFLOW_PASSWORD in .env"
	@echo "Metabase   http://127.0.0.1:3010   METABASE_EMAIL or admin@millwright.example, METABASE_PASSWORD in .env"
	@echo "The others: docs/run-with-docker.md"

compose-down: ## stop it; what it holds is kept
	@$(COMPOSE) --profile '*' down

status: ## what runs, and where
	@$(BIN)/millwright status

# Two processes, for half of the time is waiting for services; each has a stack of its own, of about 3 GB.
# TEST_PROCESSES=0 runs all in one. tests/conftest.py says in which order, and what belongs together.
TEST_PROCESSES ?= 2
test: setup ## run all tests
	@$(BIN)/python tests/s3_server.py
	@$(BIN)/python -m pytest --numprocesses $(TEST_PROCESSES) --dist loadfile --no-loadscope-reorder

lint: setup ## ruff, mypy, import-linter, sqlfluff, hadolint, contracts, dashboards
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy
	@$(BIN)/lint-imports
	@$(BIN)/sqlfluff lint dbt_transformations/models
	@$(BIN)/hadolint infra/docker/*.Dockerfile
	@$(BIN)/millwright contracts check
	@$(BIN)/millwright dashboards check

format: setup ## format the code
	@$(BIN)/ruff check --fix . && $(BIN)/ruff format .

bench: setup ## a short run of the sink's benchmark; docs/bench.md tells of the others
	@$(BIN)/millwright bench sink --records 500000 --no-peers

release: setup ## the wheel, the images' context, SBOM, licences and checksums, into dist/
	@$(BIN)/python -P -m infra.release

lock: $(UV_HOME)/bin/uv ## pin every package anew (addresses of registries are left out)
	@$(UV_HOME)/bin/uv pip compile pyproject.toml --quiet --upgrade --extra all --python-version 3.11 \
		--no-emit-index-url --no-header --no-annotate --output-file requirements.lock

clean: down ## remove .venv and the embedded stack's state
	@rm -rf $(VENV) .millwright
