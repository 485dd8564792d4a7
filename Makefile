# The verbs of this project; `make` alone lists them.

PYTHON ?= $(firstword $(foreach each,python3 python3.11 python3.12 python3.13 python3.14,$(shell \
	$(each) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null && echo $(each))))
VENV := .venv
PY := $(VENV)/bin/python
MANAGE := $(PY) manage.py
# Some systems make environments without pip; then the system's own pip installs into them.
PIP = $$(test -x $(VENV)/bin/pip && echo $(PY) -m pip || echo $(PYTHON) -m pip --python $(PY)) \
	--disable-pip-version-check install -qq --require-hashes
# The next Django asks for a newer Python than this program does: the oldest that will do, since a newer one may
# have failures of its own.
NEXT := .venv-next
NEXT_PYTHON ?= $(firstword $(foreach each,python3.12 python3.13 python3.14 python3,$(shell \
	$(each) -c 'import sys; sys.exit(sys.version_info < (3, 12))' 2>/dev/null && echo $(each))))
# The scanner of the audit has an environment of its own.
SCANNER := .venv-audit
STATE_DIR ?= var
BIOME := lint/node_modules/.bin/biome
STATIC := $(shell find static tips tipsite -path '*static*' -type f 2>/dev/null) tipsite/typeface/cutting.py
TEMPLATES = $(shell find templates -type f \( -name '*.html' -o -name '*.txt' -o -name '*.xml' \))

# What `check --deploy` sees: a site as it should be on the net. The keys live as long as the check.
PRODUCTION = env --unset=DEBUG SITE_URL=https://tips.example.org TRUSTED_PROXIES=1 EMAIL_URL=smtp://localhost:25 \
	BOUNCE_ADDRESS=bounces@tips.example.org POSTAL_ADDRESS=Springfield \
	STATE_DIR=$(VENV)/check \
	$(foreach each,SECRET_KEY SUPPRESSION_KEY,$(each)=$$($(PY) -c 'import secrets; print(secrets.token_urlsafe(50))'))

.DEFAULT_GOAL := help
.NOTPARALLEL:
.PHONY: help run install pictures test lint fmt check coverage next bench soak audit lock

help: ## Show this list
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /|/' | awk -F'|' '{ printf "  make %-8s %s\n", $$1, $$2 }'

run: $(VENV)/site $(STATE_DIR)/static/staticfiles.json ## Start the site with its worker; the first time with a demonstration archive
	@$(MANAGE) migrate --verbosity 0
	@$(MANAGE) demo --if-empty
	@$(MANAGE) serve

install: $(VENV)/site ## Install what the site is made of, and nothing else: the beginning of a real site
	@echo "Installed. Next: . $(VENV)/bin/activate, and then the steps of README.md, \"Starting for real\"."

test: $(VENV)/dev ## Run all tests, on SQLite and (where a server is to be had) on PostgreSQL
	@$(PY) -m tests

lint: $(VENV)/dev $(if $(shell command -v npm),lint/node_modules) ## Look for mistakes, untidy code, templates and scripts, and missing migrations
	@$(VENV)/bin/ruff check
	@$(VENV)/bin/ruff format --check
	@$(VENV)/bin/djade --check $(TEMPLATES)
	@STATE_DIR=$(VENV)/check $(VENV)/bin/mypy
	@$(PY) -m lint
	@if command -v npm >/dev/null; then $(BIOME) lint --config-path=lint/scripts.jsonc --error-on-warnings static audit; \
		else echo "Not checked: the scripts, for want of npm."; fi
	@STATE_DIR=$(VENV)/check $(MANAGE) makemigrations --check --dry-run --skip-checks

fmt: $(VENV)/dev ## Tidy code and templates
	@$(VENV)/bin/ruff check --fix
	@$(VENV)/bin/ruff format
	@$(VENV)/bin/djade $(TEMPLATES)

check: lint ## Do what CI does: lint, the settings of a real site, all tests with warnings as errors
	@$(PRODUCTION) $(MANAGE) check --deploy --fail-level WARNING
	@$(PY) -m tests -W error

coverage: $(VENV)/dev ## Run the tests on SQLite, and name the lines and branches that none of them reaches
	@$(VENV)/bin/coverage erase
	@$(VENV)/bin/coverage run -m pytest; status=$$?; \
		$(VENV)/bin/coverage combine --quiet && $(VENV)/bin/coverage report && exit $$status

# What Django will take away later is named at the end, and fails nothing.
next: $(NEXT)/dev ## Run the tests on SQLite with the next Django, in an environment of its own
	@$(NEXT)/bin/python -m pytest -W default::DeprecationWarning -W default::PendingDeprecationWarning

bench: $(VENV)/dev ## Measure pages, search, imports and mail on either database, against something in the same run
	@$(PY) -m bench

soak: $(VENV)/dev ## Run the long tests: processes killed over and over, a flood of sign-ups, a scanner that opens every link
	@$(PY) -m pytest -m soak

audit: $(VENV)/dev $(SCANNER)/ready audit/node_modules ## Check the served site: links, markup, accessibility, speed, attacks (ARCHIVE=... for other tips)
	@$(PY) -m audit $(ARCHIVE)

pictures: $(VENV)/dev ## Take the pictures of the README anew, of a demonstration
	@$(PY) -m audit.pictures

lock: $(VENV)/dev ## Bring all locks up to date with pyproject.toml
	@$(call COMPILE,--upgrade pyproject.toml,requirements.lock)
	@$(call COMPILE,--upgrade --constraint requirements.lock --group s3,requirements-s3.lock)
	@$(call COMPILE,--upgrade --constraint requirements.lock --group redis,requirements-redis.lock)
	@$(call COMPILE,--upgrade --group scan,requirements-scan.lock)
	@$(call COMPILE,--upgrade --constraint requirements.lock --constraint requirements-s3.lock \
		--constraint requirements-redis.lock --group dev pyproject.toml,requirements-dev.lock)
COMPILE = $(VENV)/bin/uv pip compile --quiet --python-version 3.11 --generate-hashes --no-emit-index-url \
	--no-header --no-annotate $(1) --output-file $(2)

# --- What the verbs stand on, each made once and again when what it is made of changes ---

$(VENV)/bin/python:
	@test -n "$(PYTHON)" || { echo "Python 3.11 or newer is needed, and was not found." >&2; exit 2; }
	@$(PYTHON) -m venv $(VENV) >/dev/null 2>&1 || $(PYTHON) -m venv --clear --without-pip $(VENV)

$(VENV)/site: requirements.lock | $(VENV)/bin/python
	@echo "Installing what the site is made of; this takes a minute, once."
	@$(PIP) --requirement $<
	@touch $@

$(VENV)/dev: requirements-dev.lock | $(VENV)/bin/python
	@echo "Installing what the site and its tests are made of; this takes a minute, once."
	@$(PIP) --requirement $<
	@touch $@ $(VENV)/site

# All but Django is as the lock has it, so that what fails is Django's doing.
$(NEXT)/dev: requirements-dev.lock | $(VENV)/dev
	@test -n "$(NEXT_PYTHON)" || { echo "Python 3.12 or newer is needed (NEXT_PYTHON=...), and was not found." >&2; exit 2; }
	@echo "Installing the next Django and what the tests are made of; this takes a minute, once."
	@$(VENV)/bin/uv venv --quiet --clear --python $(NEXT_PYTHON) $(NEXT)
	@sed -n 's/^\([A-Za-z][^ ;]*==[^ ;]*\).*/\1/p' $< | grep -v '^django==' >$(NEXT)/requirements.txt
	@$(VENV)/bin/uv pip install --quiet --python $(NEXT)/bin/python --requirement $(NEXT)/requirements.txt 'Django>=6.0a1'
	@touch $@

$(STATE_DIR)/static/staticfiles.json: $(STATIC) requirements.lock | $(VENV)/site
	@echo "Collecting and compressing static files."
	@$(MANAGE) collectstatic --no-input --verbosity 0
	@test ! -e $@ || touch $@

# What it needs does not go with what the site is made of, and is never beside it.
$(SCANNER)/ready: requirements-scan.lock | $(VENV)/dev
	@echo "Installing the scanner wapiti; this takes a minute, once."
	@$(VENV)/bin/uv venv --quiet --clear --python $(PY) $(SCANNER)
	@$(VENV)/bin/uv pip install --quiet --python $(SCANNER)/bin/python --require-hashes --requirement $<
	@touch $@

audit/node_modules: audit/package.json
	@echo "Installing the Nu HTML checker and Lighthouse; this takes a minute, once."
	@cd audit && npm install --no-package-lock --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@

lint/node_modules: lint/package-lock.json
	@echo "Installing the lint of the scripts."
	@cd lint && npm ci --ignore-scripts --no-audit --no-fund --loglevel=error
	@touch $@
