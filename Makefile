# Two commands: `make build` sets up and builds the warehouse, `make test` sets up and passes every check.
# Both are safe to repeat: set-up runs again only when requirements.lock changed.

PYTHON ?= $(shell command -v python3.11 || command -v python3)
VENV := .venv
BIN := $(VENV)/bin
STAMP := $(VENV)/.set-up

export DO_NOT_TRACK := 1

.DEFAULT_GOAL := help
.PHONY: help setup build test lint lock readme clean open-university

help:  ## show the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 is needed: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }
	@echo "Setting up $(VENV) from requirements.lock (once, a minute or two) ..."
	@$(PYTHON) -m venv --clear $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@touch $(STAMP)

setup: $(STAMP)  ## make the environment from the pinned lock

build: setup  ## build, test and publish the warehouse (RAW_DATA_DIR, or the demo business)
	@$(BIN)/python -m warehouse.build

test: setup lint  ## pass every check
	@$(BIN)/python -m pytest

lint: setup  ## check the style of SQL, Python and YAML
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/yamllint --strict models seeds dbt_project.yml profiles.yml
	@$(BIN)/sqlfluff lint --processes 2 models tests analyses

lock:  ## resolve pyproject.toml anew into requirements.lock (needs uv)
	@uv lock && uv export --quiet --format requirements-txt --no-header > requirements.lock

readme: build  ## write the results of the README's queries anew
	@$(BIN)/python tests/python/readme.py published/marts.duckdb README.md

clean:  ## remove what builds made; the environment stays
	@rm -rf target logs warehouse.duckdb warehouse.duckdb.wal demo_business published

OULAD ?= ../shared/data/oulad
OPEN_UNIVERSITY := examples/open_university
OPEN_UNIVERSITY_BUILD ?= $(OPEN_UNIVERSITY)

open-university: setup  ## build the real example (OULAD=folder with the data set's CSV files)
	@$(BIN)/python $(OPEN_UNIVERSITY)/to_landing.py $(OULAD) $(OPEN_UNIVERSITY_BUILD)/landing
	@RAW_DATA_DIR=$(OPEN_UNIVERSITY_BUILD)/landing WAREHOUSE_PATH=$(OPEN_UNIVERSITY_BUILD)/open_university.duckdb \
		PUBLISHED_PATH=$(OPEN_UNIVERSITY_BUILD)/published/marts.duckdb DBT_TARGET_PATH=$(OPEN_UNIVERSITY_BUILD)/target \
		$(BIN)/python -m warehouse.build --vars '{as_of: 2015-06-01}'
