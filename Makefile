# make demo   the whole loop on the samples, in crmxl-demo/
# make test   every test (as root on Debian or Ubuntu it installs LibreOffice and PostgreSQL for them first)
# make lint   ruff and mypy
# After a template has changed: make samples, make pictures, make docs.
# The first run makes .venv; it is renewed only when pyproject.toml or constraints.txt changes.

PYTHON ?= python3
BIN := .venv/bin
PIP := $(BIN)/python -m pip -qq --disable-pip-version-check install --constraint constraints.txt
STAMP := .venv/.installed
OFFICE := libreoffice-calc python3-uno fonts-noto-cjk poppler-utils

.PHONY: demo test lint samples pictures docs bench servers
.DEFAULT_GOAL := demo

demo: $(STAMP)
	@$(BIN)/crmxl demo

test: $(STAMP) servers
	@$(BIN)/python -m pytest -n auto --dist worksteal

lint: $(STAMP)
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy

samples: $(STAMP)
	@$(BIN)/python -m tests.make_samples

pictures: $(STAMP)
	@$(BIN)/python -m tests.make_pictures

docs: $(STAMP)
	@$(BIN)/python -m tests.make_docs

bench: $(STAMP)
	@$(BIN)/python -m benchmarks

# Built without isolation, so that the build tools are the pinned ones too.
$(STAMP): pyproject.toml constraints.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "crmxl needs Python 3.11 or newer; try: make PYTHON=python3.11 $(MAKECMDGOALS)")'
	@echo "Installing into .venv, once; this takes a minute." >&2
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(PIP) hatchling editables
	@$(PIP) --no-build-isolation --editable '.[dev]'
	@touch $@

# What tests start for themselves: LibreOffice, and a PostgreSQL server of their own.
servers:
	@missing=; command -v soffice >/dev/null || missing="$(OFFICE)"; \
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null || missing="$$missing postgresql"; \
	if [ "$$missing" ] && [ "$$(id -u)" = 0 ] && command -v apt-get >/dev/null; then \
		echo "Installing for the tests that need it: $$missing" >&2; \
		log=$$(mktemp); \
		if apt-get -qq update >"$$log" 2>&1 && DEBIAN_FRONTEND=noninteractive \
			apt-get -qq install -y --no-install-recommends $$missing >>"$$log" 2>&1; \
		then rm -f "$$log"; else cat "$$log" >&2; fi; \
	fi
