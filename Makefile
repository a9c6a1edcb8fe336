# make demo   starts everything     make test    checks everything
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PYTEST := $(BIN)/python -m pytest -n 2
PUBLIC_TESTS := tests/feedback_public
OFFICE := DJANGO_SETTINGS_MODULE=crm.settings.test
PUBLIC := DJANGO_SETTINGS_MODULE=crm.settings.test_public
STAMP := $(VENV)/.installed-$(shell cksum < requirements/dev.txt | cut -d' ' -f1)

.PHONY: catalogues test lint types contracts pytest requirements install

test: catalogues lint types contracts migrations pytest

install: $(STAMP)

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Nachfass needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 …")'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment. On Debian: apt-get install python3-venv"; exit 1; }
	@if command -v uv >/dev/null; then uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/dev.txt; \
	else $(BIN)/python -m pip install --quiet --require-hashes -r requirements/dev.txt; fi \
	|| { echo "The packages could not be installed. Is there a network connection to the package index?"; exit 1; }
	@rm -f $(VENV)/.installed-* && touch $@

catalogues: install
	@$(OFFICE) $(BIN)/python manage.py compile_catalogues

lint:
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types:
	$(BIN)/mypy

contracts:
	$(BIN)/lint-imports

migrations:
	$(OFFICE) $(BIN)/python manage.py makemigrations --check --dry-run
	$(PUBLIC) $(BIN)/python manage.py makemigrations --check --dry-run

pytest:
	$(PYTEST) --ignore=$(PUBLIC_TESTS)
	$(PYTEST) --ds=crm.settings.test_public $(PUBLIC_TESTS)
	$(BIN)/python -m tests.with_postgres $(PYTEST) --ignore=$(PUBLIC_TESTS)
	$(BIN)/python -m tests.with_postgres $(PYTEST) --ds=crm.settings.test_public $(PUBLIC_TESTS)

requirements:
	for name in base public office dev bench; do \
	  $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make requirements" $(UPGRADE) requirements/$$name.in -o requirements/$$name.txt || exit 1; done
