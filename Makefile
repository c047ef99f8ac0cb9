# Two commands: `make build` sets up and builds the warehouse, `make test` sets up and passes every check.
# Both are safe to repeat: set-up runs again only when requirements.lock changed.

override VENV := .venv
override BIN := $(VENV)/bin
override STAMP := $(VENV)/.set-up

export DO_NOT_TRACK := 1

# What a caller may give, here or in the environment. A recipe reads it from its environment ("$$NAME", in quotes), where
# it stands as it was written: neither make nor the shell runs any of it.
PYTHON ?=
TARGET ?= duckdb
VARS ?=
UNIT_TESTS ?=
EXPORT ?= export
MARTS ?=
CUSTOMER ?=
OULAD ?= ../shared/data/oulad
OPEN_UNIVERSITY_BUILD ?= examples/open_university
CDNOW_BUILD ?= examples/cdnow
CUSTOMERS ?= 1000000
SIZE ?= 200000
ROUNDS ?= 3
REASON ?=
SKEW ?=
GIVEN := PYTHON TARGET VARS UNIT_TESTS EXPORT MARTS CUSTOMER OULAD OPEN_UNIVERSITY_BUILD CDNOW_BUILD CUSTOMERS SIZE ROUNDS REASON SKEW
define as_written
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach name,$(GIVEN),$(eval $(call as_written,$(name))))

.DEFAULT_GOAL := help
.PHONY: help setup build doctor export erase test mutants test-postgres test-spark lint lock tables clean open-university cdnow

help:  ## show the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock
	@python="$${PYTHON:-$$(command -v python3.11 || command -v python3)}"; \
	"$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 is needed: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }; \
	echo "Setting up $(VENV) from requirements.lock (once, a minute or two) ..."; \
	"$$python" -m venv --clear $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements.lock
	@touch $(STAMP)

setup: $(STAMP)  ## make the environment from the pinned lock

# RAW_DATA_DIR is an address, so DuckDB needs its extensions. It may hold a password: it is looked at as it is written.
ADDRESSES := $(if $(findstring :,$(value RAW_DATA_DIR)),setup-addresses)

build: setup $(ADDRESSES) $(if $(filter spark_%,$(TARGET)),setup-spark)  ## build, test and publish the warehouse (RAW_DATA_DIR, or the demo business; VARS='{as_of: 2025-06-30}'; UNIT_TESTS=yes); TARGET=postgres, spark_cluster: docs/engines.md
	@$(BIN)/python -m warehouse.build $${TARGET:+--target="$$TARGET"} $${VARS:+--vars="$$VARS"} $${UNIT_TESTS:+--unit-tests="$$UNIT_TESTS"}

doctor: setup $(ADDRESSES)  ## say what is wrong with a landing folder, before any build (RAW_DATA_DIR, VARS)
	@$(BIN)/python -m warehouse.doctor $${VARS:+--vars="$$VARS"}

# A file on one core, the long ones first (tests/python/conftest.py).
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test: setup setup-addresses lint  ## pass every check
	@$(PYTEST)

.PHONY: test-all
test-all: setup setup-addresses lint  ## pass every check, and look further where chance draws the data; for a night
	@INCREMENT_SEEDS="1 2 3 4 5 6" INCREMENT_LOADS=8 $(PYTEST) --hypothesis-profile=explore

mutants: setup  ## make small wrong changes and see whether the tests notice (ONLY="rpt_clv unit"); an hour, on a schedule
	@$(BIN)/python mutants/mutants.py $$ONLY

lint: setup  ## check the style of SQL, Python and YAML
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/yamllint --strict models seeds mutants dbt_project.yml profiles.yml selectors.yml
	@$(BIN)/python tests/lint_sql.py lint --processes 2 models tests analyses

lock:  ## resolve pyproject.toml anew into requirements.lock (needs uv)
	@uv lock && uv export --quiet --format requirements-txt --no-header > requirements.lock
	@uv export --quiet --only-group spark --format requirements-txt --no-header > requirements-spark.lock
	@uv export --quiet --only-group addresses --format requirements-txt --no-header > requirements-addresses.lock
	@uv export --quiet --only-group docs --format requirements-txt --no-header > requirements-docs.lock

tables: build  ## write docs/tables anew from the models' YAML, and the README's results and picture, as the demo business gives them
	@$(BIN)/dbt --quiet parse --target-path target/tables
	@$(BIN)/python docs/tables.py target/tables/manifest.json published/marts.duckdb
	@$(BIN)/python docs/picture.py published/marts.duckdb > docs/demo.svg

override DOCS_STAMP := $(VENV)/.set-up-docs

# What makes the site is installed for it only.
$(DOCS_STAMP): requirements-docs.lock $(STAMP)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements-docs.lock
	@touch $(DOCS_STAMP)

.PHONY: docs serve
docs: $(DOCS_STAMP)  ## build the documentation as a site with search: target/site/index.html, no network needed
	@$(BIN)/python docs/site.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build

serve: docs  ## show the site on this machine, port 8000
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory target/site

.PHONY: lineage
lineage: setup  ## draw docs/lineage.svg, the way of an event to the rates
	@$(BIN)/dbt --quiet parse --target-path target/lineage
	@$(BIN)/python docs/lineage.py target/lineage/manifest.json > docs/lineage.svg

export: setup  ## write the published marts as CSV and workbooks (EXPORT=folder, MARTS="rpt_churn_rates ...")
	@$(BIN)/python -m warehouse.export "$$EXPORT" "$$MARTS"

erase: setup $(ADDRESSES)  ## take one person out of everything stored (CUSTOMER=id)
	@$(BIN)/python -m warehouse.erase "$$CUSTOMER"

clean:  ## remove what builds made; the environment stays
	@rm -rf target logs warehouse.duckdb warehouse.duckdb.wal warehouse.landing_history.json demo_business published

open-university: setup  ## build the real example (OULAD=folder with the data set's CSV files)
	@$(BIN)/python examples/open_university/to_landing.py "$$OULAD" "$$OPEN_UNIVERSITY_BUILD/landing"
	@RAW_DATA_DIR="$$OPEN_UNIVERSITY_BUILD/landing" WAREHOUSE_PATH="$$OPEN_UNIVERSITY_BUILD/open_university.duckdb" \
		PUBLISHED_PATH="$$OPEN_UNIVERSITY_BUILD/published/marts.duckdb" DBT_TARGET_PATH="$$OPEN_UNIVERSITY_BUILD/target" \
		$(BIN)/python -m warehouse.build --vars '{as_of: 2015-06-01}'

cdnow: setup  ## build the real example without subscriptions
	@$(BIN)/python examples/cdnow/to_landing.py "$$CDNOW_BUILD/landing"
	@RAW_DATA_DIR="$$CDNOW_BUILD/landing" WAREHOUSE_PATH="$$CDNOW_BUILD/cdnow.duckdb" \
		PUBLISHED_PATH="$$CDNOW_BUILD/published/marts.duckdb" DBT_TARGET_PATH="$$CDNOW_BUILD/target" \
		$(BIN)/python -m warehouse.build

override ADDRESSES_STAMP := $(VENV)/.set-up-addresses

# What reads a landing that is an address is installed for it only.
$(ADDRESSES_STAMP): requirements-addresses.lock $(STAMP)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements-addresses.lock
	@touch $(ADDRESSES_STAMP)

.PHONY: setup-addresses
setup-addresses: $(ADDRESSES_STAMP)

override SPARK_STAMP := $(VENV)/.set-up-spark

# Spark is big, so it is installed for its own targets only.
$(SPARK_STAMP): requirements-spark.lock $(STAMP)
	@command -v java >/dev/null || { echo "Spark needs Java 17: apt-get install openjdk-17-jre-headless"; exit 1; }
	@echo "Adding Spark to $(VENV) from requirements-spark.lock (once, a minute or two) ..."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes --no-deps -r requirements-spark.lock
	@touch $(SPARK_STAMP)

.PHONY: setup-spark
setup-spark: $(SPARK_STAMP)

test-postgres: setup  ## compare every mart on a real Postgres server with DuckDB's
	@$(BIN)/python -m pytest tests/engines/test_postgres.py

test-spark: setup-spark  ## compare every mart on a real Spark cluster with DuckDB's (some ten minutes)
	@TEST_SPARK=1 $(BIN)/python -m pytest tests/engines/test_spark.py

# A list or several options: split at blanks, without quotes; the shell runs no part of what a variable holds.
bench: setup  ## measure a build beside the limit, a month spine and an increment (CUSTOMERS="200000 1000000" ROUNDS=3)
	@set -f; $(BIN)/python benchmarks/bench.py --customers $$CUSTOMERS --rounds "$$ROUNDS"

bench-tables: setup  ## measure a build of a business that lands every table, and its next day's (SIZE=200000 customers)
	@$(BIN)/python benchmarks/bench_tables.py --customers "$$SIZE"

bench-check: setup  ## compare the counted work of a build with what was written down (REASON="..." writes it anew)
	@$(BIN)/python benchmarks/counted_work.py --reason="$$REASON"

bench-spark: setup-spark  ## count what each model moves on a Spark cluster (CUSTOMERS=1000000, SKEW="--events-of-one ...")
	@set -f; $(BIN)/python benchmarks/spark_scale.py --customers "$$CUSTOMERS" $$SKEW
.PHONY: bench bench-tables bench-check bench-spark
