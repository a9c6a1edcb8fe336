# make demo        starts everything, with a year of believable offers: back office, public form, worker, mail receiver
# make demo-reset  throws the demo's data away and starts afresh
# make demo-offer TO=you@example.org   one more offer, as David would export it
# make test        lint, types, contracts, migrations and the tests of both halves on SQLite
# make test-all    what make test leaves out: PostgreSQL, the browser, whole machines, slow tests; says what this machine lacks
# make test-busy   the tests that wait, restart or kill, ten times beside two busy processes [TIMES=10] [RUN="make test test-all"]
# make torture     the heavy matrices at full size (an hour or more)
# make bench       the benchmarks at full size, one after the other
# make corpus      the import against 6,046 real mails
# make requirements [UPGRADE=--upgrade]   pins the packages anew, with UPGRADE at their newest versions
# make release-data  records a release for the tests of later upgrades: databases and calls (once, before it is tagged)
# make audit       asks the package index whether a known weakness is in a pinned package
# make sbom        writes the list of all packages of both machines (CycloneDX) to var/

PYTHON ?= python3
WORKERS ?= 2
VENV := .venv
BIN := $(VENV)/bin
OFFICE := DJANGO_SETTINGS_MODULE=crm.settings.test
PUBLIC := DJANGO_SETTINGS_MODULE=crm.settings.test_public
# Files of the two halves are tested each under its own profile.
PUBLIC_TESTS := tests/feedback_public
PYTEST := $(BIN)/python -m pytest -n $(WORKERS) --dist worksteal
# By markers, which pyproject.toml explains: what needs more than Python and minutes. A file of it stays on one worker,
# because its tests share a machine or a server that takes long to start.
MORE := browser or machine or openssl or postgres or redis or slow
PYTEST_MORE := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "($(MORE)) and not torture"
PYTEST_RESTARTS := $(BIN)/python -m pytest -n $(WORKERS) --dist loadfile -m "restarts and not torture" --ignore=$(PUBLIC_TESTS)
TIMES ?= 10
RUN ?= $(PYTEST_RESTARTS)
TORTURE := $(PYTEST) -m torture -o faulthandler_timeout=0
ON_POSTGRES := $(BIN)/python -m tests.with_postgres
STAMP := $(VENV)/.installed-$(shell cksum < requirements/dev.txt | cut -d' ' -f1)


# The installer's warnings go to a file; when it fails, all of it is shown.
define install_packages
mkdir -p var && { if command -v uv >/dev/null; \
	then uv pip install --quiet --python $(BIN)/python --require-hashes -r requirements/$(1).txt; \
	else $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements/$(1).txt; fi; \
	} >var/install.log 2>&1 || { cat var/install.log; \
	echo "The packages could not be installed. Is there a network connection to the package index?"; exit 1; }
endef

.PHONY: install catalogues demo demo-offer demo-reset test test-all test-busy checks lint types contracts migrations pytest torture bench corpus requirements audit sbom release-data

install: $(STAMP)

$(STAMP): requirements/dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(0 if sys.version_info >= (3, 11) else "Nachfass needs Python 3.11 or newer; $(PYTHON) is " + sys.version.split()[0] + ". Try: make PYTHON=python3.11 …")' \
	|| { command -v $(PYTHON) >/dev/null || echo "There is no $(PYTHON). Install Python 3.11 or newer, or name it: make PYTHON=/path/to/python3 …"; exit 1; }
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV) || { echo "Python cannot make a virtual environment. On Debian: apt-get install python3-venv"; exit 1; }
	@echo "Installing the packages …"
	@$(call install_packages,dev)
	@rm -f $(VENV)/.installed-* && touch $@

catalogues: install
	@$(OFFICE) $(BIN)/python manage.py compile_catalogues >/dev/null

demo: catalogues
	@$(BIN)/python -m crm.demo.start

demo-offer: install
	@$(BIN)/python -m crm.demo.send_offer "$(TO)"

demo-reset: catalogues
	@$(BIN)/python -m crm.demo.start reset

test: catalogues
	@$(MAKE) --no-print-directory -j $(WORKERS) checks
	@$(MAKE) --no-print-directory pytest
	@echo "All checks passed. Left out, and run by make test-all: PostgreSQL, Chromium, whole machines (systemd, nginx, pebble), Redis, openssl, slow tests."

test-all: export LACKS := var/lacks.txt
test-all: catalogues
	@rm -f $(LACKS)
	$(PYTEST_MORE) --ignore=$(PUBLIC_TESTS)
	$(PYTEST_MORE) --ds=crm.settings.test_public $(PUBLIC_TESTS)
	$(ON_POSTGRES) $(PYTEST) --ignore=$(PUBLIC_TESTS)
	$(ON_POSTGRES) $(PYTEST) --ds=crm.settings.test_public $(PUBLIC_TESTS)
	@$(BIN)/python -m tests.lacks $(LACKS)

test-busy: catalogues
	$(BIN)/python -m tests.busy $(TIMES) $(RUN)

checks: lint types contracts migrations

lint: install
	$(BIN)/ruff check --quiet .
	$(BIN)/ruff format --check --quiet .

types: install
	$(BIN)/mypy --no-error-summary

contracts: install
	@$(BIN)/lint-imports > var/contracts.txt || { cat var/contracts.txt; exit 1; }

migrations: install
	@$(OFFICE) $(BIN)/python manage.py makemigrations --check --dry-run
	@$(PUBLIC) $(BIN)/python manage.py makemigrations --check --dry-run

# `check --deploy` for both profiles, complete catalogues and the example env file are tests too: tests/core.
pytest: install
	$(PYTEST) -m "not ($(MORE) or torture)" --ignore=$(PUBLIC_TESTS)
	$(PYTEST) -m "not ($(MORE) or torture)" --ds=crm.settings.test_public $(PUBLIC_TESTS)

torture: catalogues
	$(TORTURE) --ignore=$(PUBLIC_TESTS)
	$(TORTURE) --ds=crm.settings.test_public $(PUBLIC_TESTS)
	$(ON_POSTGRES) $(TORTURE) --ignore=$(PUBLIC_TESTS)
	$(ON_POSTGRES) $(TORTURE) --ds=crm.settings.test_public $(PUBLIC_TESTS)

# Each file of bench/ that can be run is one benchmark with its yardsticks beside it; the figures are in docs/performance.md.
bench: catalogues
	@$(call install_packages,bench)
	@for file in $$(grep -l __main__ bench/*.py); do echo "== $$file"; $(BIN)/python -m bench.$$(basename $$file .py) || exit 1; done

# What is compared with what, and each difference with its verdict: docs/corpus_differences.tsv.
corpus: install
	$(BIN)/python -m tests.offers.parsing.corpus

requirements: install
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check 'uv>=0.9,<1'
	for name in base public office dev bench; do \
	  $(BIN)/python -m uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-emit-find-links \
	    --custom-compile-command "make requirements" $(UPGRADE) requirements/$$name.in -o requirements/$$name.txt || exit 1; done

audit: install
	@$(BIN)/python -m tests.audit office public

sbom: install
	@mkdir -p var
	@for name in office public; do \
	  $(BIN)/cyclonedx-py requirements requirements/$$name.txt --pyproject pyproject.toml --output-reproducible \
	    --of JSON -o var/sbom-$$name.json && echo "var/sbom-$$name.json" || exit 1; done

release-data: catalogues
	@$(BIN)/python -m tests.operations.releases.record
