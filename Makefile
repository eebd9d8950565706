# Everything a newcomer or a builder needs; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: accessibility help setup demo demo-microsoft test soak measure measure-desk measure-keying check format lock clean docs screenshots

PYTEST := .venv/bin/pytest

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what the machine lacks and the environment in .venv/
	@scripts/setup

demo: setup ## Sample post through the whole line into a sample back office
	@.venv/bin/postroom demo

demo-microsoft: setup ## The same from a mailbox into a list, a library and a workbook of a sample Microsoft 365
	@.venv/bin/postroom demo --microsoft

test: ## All tests, on SQLite and PostgreSQL, with real servers and a real browser
	@scripts/setup tests
	@POSTROOM_REQUIRE_SERVERS=1 $(PYTEST) -n 2 --dist loadfile --no-loadscope-reorder

soak: ## The long tests: 2,000 mails with 8 workers, and the line killed 200 times (about 20 minutes)
	@scripts/setup tests
	@POSTROOM_SOAK=1 $(PYTEST) -s --timeout 3000 tests/faults/test_mailbox_soak.py tests/faults/test_microsoft.py

measure: setup ## What the Microsoft libraries cost in time and memory
	@.venv/bin/python -W ignore -m scripts.measure_imports

measure-desk: setup ## The desk with 100,000 items, 20 officers at one time: how long they wait, and whether anything is lost
	@.venv/bin/python -m scripts.measure_desk

measure-keying: setup ## Twenty held items at the desk and keyed by hand, every key counted; writes docs/keying.md
	@.venv/bin/python -W ignore -m scripts.measure_keying --write

check: setup ## Style, types and import directions
	.venv/bin/ruff format --check .
	.venv/bin/ruff check .
	.venv/bin/mypy
	.venv/bin/lint-imports --no-logo

format: setup ## Put the code into the house style
	.venv/bin/ruff format .
	.venv/bin/ruff check --fix .

lock: ## Work requirements.lock out anew from pyproject.toml (needs uv)
	uv pip compile --quiet --generate-hashes --no-emit-index-url --python-version 3.11 --all-extras \
	  --custom-compile-command 'make lock' pyproject.toml --output-file requirements.lock

docs: setup ## Write docs/settings.md and docs/authorisation.md anew from the code
	@.venv/bin/python -m scripts.make_settings_page
	@.venv/bin/python -m scripts.make_authorisation_page

accessibility: ## Every page of the desk in every state and every mode, judged by axe and gone through by Tab (a few minutes)
	@scripts/setup tests
	@POSTROOM_ACCESSIBILITY=1 $(PYTEST) -n 0 tests/desk/web/test_accessibility.py

screenshots: setup ## Take the pictures in docs/pictures anew, from a demonstration and a desk of their own
	@.venv/bin/python -m scripts.make_pictures
	@.venv/bin/python -m scripts.make_desk_pictures

clean: ## Remove what the demonstration and the tests made
	rm -rf var .pytest_cache .mypy_cache .ruff_cache
