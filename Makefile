# Each target sets up the virtual environment it needs: when there is none, and again when pyproject.toml,
# constraints.txt or this file changed. Nothing but Python 3.11 or newer has to be there before.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
LESSONS := --dist loadscope --nbval-lax notebooks --nbval-sanitize-with tests/notebooks/nbval_sanitize.cfg
RECIPE := pyproject.toml constraints.txt Makefile
PIP := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt

.PHONY: demo test coverage lint lab binder pins bench clean

demo: $(VENV)/.installed-core  ## the main job on the sandbox: no key, no network
	$(BIN)/bulkjobs demo

test: $(VENV)/.installed-dev  ## every test, the lessons included
	$(BIN)/python -m pytest --numprocesses auto
	home=$$(mktemp -d) && trap 'rm -rf "$$home"' EXIT && BULKJOBS_HOME="$$home" BULKJOBS_LESSON_POSTINGS=20000 \
		$(BIN)/python -m pytest --numprocesses auto $(LESSONS)

coverage: $(VENV)/.installed-dev  ## which lines no test runs; takes half as long again
	$(BIN)/python -m pytest --numprocesses auto --cov --cov-report=term:skip-covered

lint: $(VENV)/.installed-dev  ## format, lint and types
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

# With the settings of Binder: large uploads, no news, no update prompts, and the notebook that it opens on. A theme and
# the like stay the user's. In a container, where one is root, no refusal.
lab: $(VENV)/.installed-lab  ## JupyterLab on the collector, with the lessons beside it
	JUPYTER_CONFIG_PATH="$(CURDIR)/binder/jupyter$${JUPYTER_CONFIG_PATH:+:$$JUPYTER_CONFIG_PATH}" \
		$(BIN)/jupyter lab $(if $(filter 0,$(shell id -u)),--allow-root)

binder:  ## build in a temporary folder what Binder would build, and visit it
	binder/check

pins: $(VENV)/.installed-lab  ## write binder/requirements.txt anew
	$(BIN)/python binder/pin.py

bench: $(VENV)/.installed-bench  ## measure; ratios in one run
	$(BIN)/python bench/main_job.py
	$(BIN)/python bench/collect.py
	$(BIN)/python bench/load.py
	$(BIN)/python bench/imports.py
	$(BIN)/python bench/ids.py
	$(BIN)/python bench/analysis.py
	$(BIN)/python bench/accuracy.py
	$(BIN)/python bench/scale.py

clean:  ## remove the virtual environment and all that tools left
	rm -rf $(VENV) build dist bench/results .mypy_cache .pytest_cache .ruff_cache .hypothesis .coverage*

$(VENV)/.installed-core: $(RECIPE)
	@$(call prepare)
	$(PIP) --editable .
	@touch $@

$(VENV)/.installed-%: $(RECIPE)
	@$(call prepare)
	$(PIP) --editable ".[$*]"
	@touch $@

define prepare
test -x $(BIN)/python || { \
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "bulkjobs needs Python 3.11 or newer: make PYTHON=python3.12 ...")' \
	&& $(PYTHON) -m venv $(VENV); }
endef
