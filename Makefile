# Two commands: `make build` sets up and builds the warehouse, `make test` sets up and passes every check.
# Both are safe to repeat: set-up runs again only when requirements.lock changed.

PYTHON ?= python3.11
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up

.DEFAULT_GOAL := help
.PHONY: help setup build test test-postgres test-spark lint lock clean

help:  ## show the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock
	@echo "Setting up $(VENV) from requirements.lock (once) ..."
	@command -v $(PYTHON) >/dev/null || { echo "Python 3.11 is needed: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@touch $(STAMP)

setup: $(STAMP)  ## make the environment from the pinned lock

TARGET ?= duckdb
SPARK_STAMP := $(VENV)/.set-up-spark

# Spark is big, so it is installed for its own targets only.
$(SPARK_STAMP): requirements-spark.lock $(STAMP)
	@command -v java >/dev/null || { echo "Spark needs Java 17: apt-get install openjdk-17-jre-headless"; exit 1; }
	@echo "Adding Spark to $(VENV) from requirements-spark.lock (once) ..."
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements-spark.lock
	@touch $(SPARK_STAMP)

build: $(if $(findstring spark,$(TARGET)),$(SPARK_STAMP),$(STAMP))  ## land the raw tables and build every mart; TARGET=postgres for another engine (docs/engines.md)
	@$(BIN)/python -m warehouse.land $(TARGET)
	@$(BIN)/dbt build --target $(TARGET)

test-postgres: $(STAMP)  ## every mart on a real Postgres server against DuckDB's
	@$(BIN)/python -m pytest tests/engines/test_postgres.py

test-spark: $(SPARK_STAMP)  ## every mart on a real Spark cluster against DuckDB's (some ten minutes)
	@TEST_SPARK=1 $(BIN)/python -m pytest tests/engines/test_spark.py
