# Two commands: `make build` sets up and builds the warehouse, `make test` sets up and passes every check.
# Both are safe to repeat: set-up runs again only when a lock changed. A build installs the least (requirements.lock); what
# other targets need is added for them.

override VENV := .venv
override BIN := $(VENV)/bin
override STAMP := $(VENV)/.set-up
# without the byte code of what nobody imports: half the time and a fifth less space
override INSTALL := $(BIN)/python -m pip install -qq --disable-pip-version-check --no-compile --require-hashes --no-deps

export DO_NOT_TRACK := 1
# Images of Python often forbid it to keep byte code: without, each command compiles all that it imports, 10 s of a build.
unexport PYTHONDONTWRITEBYTECODE

# What a caller may give, here or in the environment. A recipe reads it from its environment ("$$NAME", in quotes), where
# it stands as it was written: neither make nor the shell runs any of it.
PYTHON ?=
TARGET ?= duckdb
VARS ?=
UNIT_TESTS ?=
CONNECTOR ?=
SOURCE ?=
EXPORT ?= export
MARTS ?=
CUSTOMER ?=
OULAD ?= ../shared/data/oulad
OPEN_UNIVERSITY_BUILD ?= examples/open_university
CDNOW_BUILD ?= examples/cdnow
AIRPORT_SURVEY ?= ../shared/data/sfo_2017/2017_SFO_Customer_Survey.csv
AIRPORT_BUILD ?= examples/airport_survey
RAVENSTACK ?= ../shared/data/ravenstack
RAVENSTACK_BUILD ?= examples/ravenstack
CUSTOMERS ?= 1000000
SIZE ?= 200000
ROUNDS ?= 3
REASON ?=
SKEW ?=
WRITE ?=
METRICS ?=
BY ?=
WHERE ?=
GIVEN := METRICS BY WHERE PYTHON TARGET VARS UNIT_TESTS CONNECTOR SOURCE EXPORT MARTS CUSTOMER OULAD OPEN_UNIVERSITY_BUILD CDNOW_BUILD AIRPORT_SURVEY AIRPORT_BUILD RAVENSTACK RAVENSTACK_BUILD CUSTOMERS SIZE ROUNDS REASON SKEW WRITE
define as_written
override $(1) := $$(value $(1))
export $(1)
endef
$(foreach name,$(GIVEN),$(eval $(call as_written,$(name))))

.DEFAULT_GOAL := help
.PHONY: help setup build doctor export erase test mutants test-postgres test-spark lint lock tables clean open-university cdnow airport nf-core airflow ravenstack

help:  ## show the commands
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(STAMP): requirements.lock
	@python="$${PYTHON:-$$(command -v python3.11 || command -v python3)}"; \
	"$$python" -c 'import sys; sys.exit(sys.version_info[:2] != (3, 11))' 2>/dev/null \
		|| { echo "Python 3.11 is needed: install it, or name it with make PYTHON=/path/to/python3.11"; exit 1; }; \
	echo "Setting up $(VENV) from requirements.lock (once, a minute or two) ..."; \
	"$$python" -m venv --clear $(VENV)
	@$(INSTALL) -r requirements.lock
	@touch $(STAMP)

# A group of pyproject.toml has its own lock.
define add_group
@echo "Adding to $(VENV) what $< pins (once) ..."
@$(INSTALL) -r $<
@touch $@
endef

$(STAMP)-%: requirements-%.lock $(STAMP)
	$(add_group)

$(STAMP)-spark: requirements-spark.lock $(STAMP)
	@command -v java >/dev/null || { echo "Spark needs Java 17: apt-get install openjdk-17-jre-headless"; exit 1; }
	$(add_group)

# The engine after dbt 1 is a program of the same name, so it has a folder of its own.
$(STAMP)-next: requirements-next.lock $(STAMP)
	@rm -rf $(VENV)/next
	@$(INSTALL) --only-binary=:all: --target $(VENV)/next -r $<
	@touch $@

# Superset needs older versions of what a build needs, so it has an environment of its own.
$(STAMP)-superset: requirements-superset.lock $(STAMP)
	@echo "Setting up $(VENV)/superset from $< (once, a minute or two; 700 MB) ..."
	@$(BIN)/python -m venv --clear $(VENV)/superset
	@$(subst $(BIN),$(VENV)/superset/bin,$(INSTALL)) -r $<
	@touch $@

setup: $(STAMP)  ## make the environment of a build from its lock
.PHONY: setup-dev setup-addresses setup-assistant setup-spark setup-next setup-superset
setup-dev: $(STAMP)-dev  ## add what the checks need
setup-addresses: $(STAMP)-addresses
setup-assistant: $(STAMP)-assistant  ## add what an assistant asks the published file through: docs/assistant.md
setup-spark: $(STAMP)-spark
setup-superset: $(STAMP)-superset
setup-next: $(STAMP)-next  ## add dbt 2, with which a test reads the project

# RAW_DATA_DIR or SOURCE is an address, so DuckDB needs its extensions. It may hold a password: it is looked at as it is written.
ADDRESSES := $(if $(findstring :,$(value RAW_DATA_DIR)$(value SOURCE)),setup-addresses)
override CONNECT = $${CONNECTOR:+--connector="$$CONNECTOR"} $${SOURCE:+--source="$$SOURCE"}

build: setup $(ADDRESSES) $(if $(filter spark_%,$(TARGET)),setup-spark)  ## build, test and publish the warehouse (RAW_DATA_DIR, or the demo business; VARS='{as_of: 2025-06-30}'; UNIT_TESTS=yes); TARGET=postgres, spark_cluster: docs/engines.md; CONNECTOR=stripe SOURCE=/folder: docs/connectors.md
	@$(BIN)/python -m warehouse.build $${TARGET:+--target="$$TARGET"} $${VARS:+--vars="$$VARS"} $${UNIT_TESTS:+--unit-tests="$$UNIT_TESTS"} $(CONNECT)

.PHONY: boards
boards: setup  ## draw the boards of the published marts anew: published/boards/en/overview.html
	@$(BIN)/python -m warehouse.boards

.PHONY: superset test-superset
superset: setup-superset  ## show dashboards of the published marts in Apache Superset on this machine, until Ctrl-C: docs/superset.md
	@$(VENV)/superset/bin/python bi/superset/serve.py

doctor: setup $(ADDRESSES)  ## say what is wrong with a landing folder, before any build (RAW_DATA_DIR, VARS; CONNECTOR, SOURCE)
	@$(BIN)/python -m warehouse.doctor $${VARS:+--vars="$$VARS"} $(CONNECT)

# A file on one core, the long ones first (tests/python/conftest.py).
PYTEST := $(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder

test: setup-dev setup-addresses setup-assistant lint  ## pass every check
	@$(PYTEST)

.PHONY: test-all
test-all: setup-dev setup-addresses setup-assistant lint  ## pass every check, and look further where chance draws the data; for a night
	@INCREMENT_SEEDS="1 2 3 4 5 6" INCREMENT_LOADS=8 $(PYTEST) --hypothesis-profile=explore

mutants: setup-dev  ## make small wrong changes and see whether the tests notice (ONLY="rpt_clv unit"); an hour, on a schedule
	@$(BIN)/python mutants/mutants.py $$ONLY

lint: setup-dev  ## check the style of SQL, Python and YAML, and the habits of the models (dbt-bouncer.yml)
	@$(BIN)/ruff check --quiet .
	@$(BIN)/ruff format --quiet --check .
	@$(BIN)/yamllint --strict models seeds boards mutants dbt_project.yml dbt-bouncer.yml profiles.yml selectors.yml
	@mkdir -p target/lint && $(BIN)/dbt --quiet parse --target-path target/lint
	@COLUMNS=200 $(BIN)/dbt-bouncer run > target/lint/bouncer.txt 2>&1 || { cat target/lint/bouncer.txt; exit 1; }
	@$(BIN)/python tests/lint_sql.py lint --processes 2 models tests analyses

lock:  ## resolve pyproject.toml anew into requirements*.lock (needs uv)
	@uv lock && uv export --quiet --no-default-groups --format requirements-txt --no-header > requirements.lock
	@for group in dev docs addresses assistant spark next superset; do \
		uv export --quiet --only-group $$group --format requirements-txt --no-header > requirements-$$group.lock; done

tables: build  ## write docs/tables anew from the models' YAML, and the README's results and picture, as the demo business gives them
	@$(BIN)/dbt --quiet parse --target-path target/tables
	@$(BIN)/python docs/tables.py target/tables/manifest.json published/marts.duckdb
	@$(BIN)/python docs/picture.py published/marts.duckdb > docs/demo.svg

.PHONY: docs serve
docs: $(STAMP)-docs  ## build the documentation as a site with search, the boards of the last build, dbt docs, lineage of columns and data dictionary: target/site/index.html, no network needed
	@$(BIN)/python docs/catalogs.py
	@$(BIN)/python docs/site.py
	@NO_MKDOCS_2_WARNING=1 $(BIN)/python -m mkdocs --quiet build

serve: docs  ## show the site on this machine, port 8000
	@$(BIN)/python -m http.server --bind 127.0.0.1 --directory target/site

.PHONY: lineage
lineage: setup  ## draw docs/lineage.svg, the way of an event to the rates
	@$(BIN)/dbt --quiet parse --target-path target/lineage
	@$(BIN)/python docs/lineage.py target/lineage/manifest.json > docs/lineage.svg

export: setup  ## write the published marts as CSV, Parquet and workbooks with a table of contents (EXPORT=folder, MARTS="rpt_churn_rates ...")
	@$(BIN)/python -m warehouse.export "$$EXPORT" "$$MARTS"

.PHONY: assistant
assistant: setup-assistant  ## answer an assistant's questions from the published marts (docs/assistant.md says how it starts this)
	@$(BIN)/python -m warehouse.assistant

.PHONY: publish-postgres
publish-postgres: setup  ## put the published marts into a Postgres database, whole or not at all (PGHOST ..., MARTS_READER): docs/engines.md
	@$(BIN)/python -m warehouse.publish_postgres

.PHONY: metrics
metrics: setup  ## ask the semantic layer (METRICS="churn_rate mrr_end" BY="quarter country" WHERE="..."; none: list them)
	@$(BIN)/python -m warehouse.metrics "$$METRICS" "$$BY" "$$WHERE"

.PHONY: forecast-check
forecast-check: setup  ## say how far past forecasts were off, and how many were in their intervals
	@$(BIN)/python -m warehouse.forecast_check

erase: setup $(ADDRESSES)  ## take one person out of everything stored (CUSTOMER=id)
	@$(BIN)/python -m warehouse.erase "$$CUSTOMER"

clean:  ## remove what builds made; the environment stays
	@rm -rf target logs warehouse.duckdb warehouse.duckdb.wal warehouse.landing_history.json demo_business published landings

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

airport: setup  ## build the real example with surveys alone (AIRPORT_SURVEY=the airport's CSV file)
	@$(BIN)/python examples/airport_survey/to_landing.py "$$AIRPORT_SURVEY" "$$AIRPORT_BUILD/landing"
	@RAW_DATA_DIR="$$AIRPORT_BUILD/landing" WAREHOUSE_PATH="$$AIRPORT_BUILD/airport_survey.duckdb" \
		PUBLISHED_PATH="$$AIRPORT_BUILD/published/marts.duckdb" DBT_TARGET_PATH="$$AIRPORT_BUILD/target" \
		$(BIN)/python -m warehouse.build --vars '{as_of: 2017-06-01}'

nf-core: setup  ## build a community's published survey, NPS (209 answers, counted)
	@$(BIN)/python examples/counts_to_landing.py examples/nf_core_survey/counts.csv examples/nf_core_survey/landing
	@RAW_DATA_DIR=examples/nf_core_survey/landing WAREHOUSE_PATH=examples/nf_core_survey/nf_core_survey.duckdb \
		PUBLISHED_PATH=examples/nf_core_survey/published/marts.duckdb DBT_TARGET_PATH=examples/nf_core_survey/target \
		$(BIN)/python -m warehouse.build --vars '{as_of: 2025-04-01}'

airflow: setup  ## build a program's published surveys of two years, CSAT (511 answers, counted)
	@$(BIN)/python examples/counts_to_landing.py examples/airflow_survey/counts.csv examples/airflow_survey/landing
	@RAW_DATA_DIR=examples/airflow_survey/landing WAREHOUSE_PATH=examples/airflow_survey/airflow_survey.duckdb \
		PUBLISHED_PATH=examples/airflow_survey/published/marts.duckdb DBT_TARGET_PATH=examples/airflow_survey/target \
		$(BIN)/python -m warehouse.build --vars '{as_of: 2021-01-01}'

ravenstack: setup  ## build the simulated SaaS business of a third party (RAVENSTACK=folder with the data set's CSV files)
	@$(BIN)/python examples/ravenstack/to_landing.py "$$RAVENSTACK" "$$RAVENSTACK_BUILD/landing"
	@RAW_DATA_DIR="$$RAVENSTACK_BUILD/landing" WAREHOUSE_PATH="$$RAVENSTACK_BUILD/ravenstack.duckdb" \
		PUBLISHED_PATH="$$RAVENSTACK_BUILD/published/marts.duckdb" DBT_TARGET_PATH="$$RAVENSTACK_BUILD/target" \
		$(BIN)/python -m warehouse.build --vars '{as_of: 2025-01-01}'

test-postgres: setup-dev  ## compare every mart on a real Postgres server with DuckDB's, and publish to one
	@$(BIN)/python -m pytest tests/engines/test_postgres.py tests/engines/test_publish_postgres.py

test-spark: setup-spark setup-dev  ## compare every mart on a real Spark cluster with DuckDB's (some ten minutes)
	@TEST_SPARK=1 $(BIN)/python -m pytest tests/engines/test_spark.py

test-superset: setup-superset setup-dev  ## open the dashboards in a real Superset and compare each figure with the marts (minutes)
	@TEST_SUPERSET=1 $(BIN)/python -m pytest tests/engines/test_superset.py

# A list or several options: split at blanks, without quotes; the shell runs no part of what a variable holds.
bench: setup  ## measure a build beside the limit, a month spine and an increment (CUSTOMERS="200000 1000000" ROUNDS=3)
	@set -f; $(BIN)/python benchmarks/bench.py --customers $$CUSTOMERS --rounds "$$ROUNDS"

bench-tables: setup  ## measure a build of a business that lands every table, and its next day's (SIZE=200000 customers)
	@$(BIN)/python benchmarks/bench_tables.py --customers "$$SIZE"

bench-check: setup  ## compare the counted work of a build with what was written down (REASON="..." writes it anew)
	@$(BIN)/python benchmarks/counted_work.py --reason="$$REASON"

topics: setup  ## say how well topics and sentiment are found in labelled comments (WRITE=yes writes the figures down)
	@$(BIN)/python benchmarks/topics/evaluate.py $${WRITE:+--write="$$WRITE"}

bench-spark: setup-spark  ## count what each model moves on a Spark cluster (CUSTOMERS=1000000, SKEW="--events-of-one ...")
	@set -f; $(BIN)/python benchmarks/spark_scale.py --customers "$$CUSTOMERS" $$SKEW
.PHONY: bench bench-tables bench-check bench-spark topics
