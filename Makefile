# make run     sets up, migrates, serves, prints a one-time sign-in link (PORT, DATA_DIR, TLS_CERT, TLS_KEY)
# make test    every test, headless Chromium included
# make check   linters, types, layers
# make bench   benchmarks, each against a peer in the same run; writes docs/benchmarks.md

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: run setup test check bench dev clean

run: setup
	@exec $(BIN)/python manage.py serve

setup: $(VENV)/.installed static/vendor/.installed

$(VENV)/.installed: requirements.lock
	@echo "Installing what Onframe needs, once; this takes from half a minute to some minutes."
	@sh tools/make_venv.sh "$(PYTHON)" $(VENV)
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements.lock
	@touch $@

static/vendor/.installed: package-lock.json tools/icons.txt tools/vendor.py $(VENV)/.installed
	@sh tools/npm.sh $(BIN)/python ci --omit=dev --ignore-scripts
	@$(BIN)/python tools/vendor.py
	@touch $@

dev: $(VENV)/.developing

$(VENV)/.developing: requirements-dev.lock package-lock.json $(VENV)/.installed static/vendor/.installed
	@sh tools/test_needs.sh
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@sh tools/npm.sh $(BIN)/python ci --ignore-scripts
	@touch $@

test: dev
	node --test tests/js/*.test.js
	$(BIN)/python -m pytest

check: dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	node_modules/.bin/tsc -p .
	$(BIN)/python manage.py makemigrations --check --dry-run

bench: dev
	$(BIN)/python -m bench

clean:
	rm -rf $(VENV) node_modules static/vendor
