# make help lists the targets. Everything runs in .venv, which the first target makes by itself.
SHELL := /bin/bash
.DEFAULT_GOAL := help
PY := .venv/bin/python
# Spark's scripts look for python3 and its own home on the PATH; loopback keeps it off the network.
SPARK_ENV = PATH="$(CURDIR)/.venv/bin:$$PATH" JAVA_HOME="$$($(PY) -m launch.java)" \
	SPARK_LOCAL_IP=127.0.0.1 PYSPARK_PYTHON="$(CURDIR)/.venv/bin/python" PYTHONPATH="$(CURDIR)"
# For tables of this size Java compiles quickly and has Spark's classes ready, from the second run on.
SMALL = SPARK_SUBMIT_OPTS="$$($(PY) -m launch.class_archive options --small)"

# A file's tests share what they start, so a file stays with one process. A test and what it starts use
# about one core: more processes than cores make them wait for each other.
PYTEST = $(PY) -m pytest -n 2 --dist loadfile

.PHONY: help env _env-run run example local browser _archive test test-fast test-all lint types arrows format bundle lock schema bench bench-quick chaos soak fuzz audit clean

help: ## show this list
	@awk -F':.*## ' '/^[a-z0-9-]+:.*## / {printf "  make %-11s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

env: ## make the whole project environment in .venv
	@launch/env.sh dev

_env-run:
	@launch/env.sh run

run: _env-run ## prepare the flights sample on local Spark; results in out/flights
	@$(PY) -m launch.sample data/flights.csv >/dev/null
	@$(SPARK_ENV) $(SMALL) spark-submit --master 'local[*]' jobs/main.py prepare data/flights.csv out/flights \
		--contract schemas/flights.json --target arr_delay
	@$(PY) -m launch.class_archive make --background
	@echo; echo "Look next: out/flights/preprocessor.json is what was learned; make help for more."

# make example ENGINE=spark prepares with Spark; what follows is the same.
EXAMPLE = out/example
LATE = --label arr_delay --positive-above 15
ifeq ($(ENGINE),spark)
PREPARE = $(SPARK_ENV) $(SMALL) spark-submit --master 'local[*]' jobs/main.py prepare
else
PREPARE = $(PY) jobs/main.py prepare-tabular
endif

example: env ## prepare flights, train a model, measure it; results in out/example
	@$(PY) -m launch.sample data/flights.csv >/dev/null
	@$(PREPARE) data/flights.csv $(EXAMPLE)/prepared --contract schemas/flights.json --target arr_delay
	@echo
	@$(PY) examples/train.py --train $(EXAMPLE)/prepared/train $(LATE) \
		--ignore arr_time --ignore air_time --model-dir $(EXAMPLE)/model
	@echo
	@$(PY) jobs/main.py evaluate --model $(EXAMPLE)/model --test $(EXAMPLE)/prepared/test $(LATE) \
		--segment origin --bootstrap 200 --min auc_roc=0.85 --output $(EXAMPLE)/evaluation
	@echo; echo "Open $(EXAMPLE)/evaluation/evaluation.html in a browser; docs/evaluate.md explains it."

local: env ## play the prepare job's SageMaker request here, on a cluster of processes
	@.venv/bin/launch submit prepare --local

browser: env ## Chromium for the tests of evaluation.html, where this user may install it
	@launch/browser.sh

_archive: env
	@$(SPARK_ENV) $(PY) tests/support/quick_java.py

test: lint types arrows browser _archive ## lint, types, architecture; unit, spark and acceptance tests (15 minutes)
	@$(SPARK_ENV) $(PYTEST) tests/unit tests/spark tests/acceptance

test-fast: env ## the unit tests, which start no Java (2 minutes)
	@$(PYTEST) tests/unit

test-all: test ## all tiers: clusters, S3, browser, pipelines, short campaigns, mutants too (1 hour)
	@$(SPARK_ENV) $(PYTEST) tests/nightly
	@$(PY) -m campaigns.mutants

lint: env ## style, and the oldest Python that can run what the cluster receives
	@$(PY) -m ruff check . && $(PY) -m ruff format --check .
	@.venv/bin/vermin --quiet --no-tips --violations --eval-annotations --target=3.9- jobs transforms schemas

types: env ## static types
	@$(PY) -m mypy

arrows: env ## which room may import which
	@.venv/bin/lint-imports

format: env ## format the code
	@$(PY) -m ruff format . && $(PY) -m ruff check --fix .

bundle: env ## pack jobs/, transforms/, schemas/ into dist/bundle.zip
	@$(PY) -m launch.bundle dist/bundle.zip

# The sample's package is a zip to us; what reads it with pandas stays out of the first run.
UNUSED = $(addprefix --no-emit-package ,numpy pandas python-dateutil six tzdata)
LOCK = .venv/bin/uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 \
	--custom-compile-command "make lock"

lock: env ## renew requirements/*.txt from pyproject.toml
	@$(LOCK) --all-extras pyproject.toml -o requirements/dev.txt
	@$(LOCK) --extra env --extra java --extra sample --constraints requirements/dev.txt $(UNUSED) \
		--no-annotate pyproject.toml -o requirements/run.txt

bench: env ## time prepare beside other ways to do its work, every shape (1 to 2 hours)
	@$(SPARK_ENV) $(PY) -m benchmarks

bench-quick: env ## the same on small tables, under 3 minutes
	@$(SPARK_ENV) $(PY) -m benchmarks --quick

chaos: _archive ## kill runs at a hundred moments on a real cluster, break disk, network and store (2 to 3 hours)
	@$(SPARK_ENV) JAVA_HOME="$(CURDIR)/build/quick-java" $(PY) -m campaigns.chaos

soak: env ## run the jobs 50 times over, count what is left behind (about 10 minutes)
	@$(SPARK_ENV) $(PY) -m campaigns.soak

fuzz: env ## feed the jobs 1,050 hostile inputs (about a quarter of an hour)
	@$(SPARK_ENV) $(PY) -m campaigns.fuzz

audit: env ## hold every pinned package against PyPI's advisories
	@.venv/bin/uv tool run --quiet --from 'pip-audit>=2.9,<3' pip-audit --strict --progress-spinner off \
		--disable-pip --require-hashes -r requirements/dev.txt

schema: env ## renew docs/launch.schema.json
	@.venv/bin/launch schema > docs/launch.schema.json

clean: ## remove everything that was made, the environment too
	@rm -rf .venv build dist out data .launch .hypothesis .import_linter_cache .pytest_cache .mypy_cache \
		.ruff_cache spark-warehouse
	@find . -name __pycache__ -prune -exec rm -rf {} +
