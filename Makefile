# Everything a newcomer or a builder needs; `make help` lists it.
SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help setup demo test check format lock clean docs screenshots

PYTEST := .venv/bin/pytest

help: ## This list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-12s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

setup: ## Install what the machine lacks and the environment in .venv/
	@scripts/setup

demo: setup ## Sample post through the whole line into a sample back office
	@.venv/bin/postroom demo

test: ## All tests, on SQLite and PostgreSQL, with real servers and a real browser
	@scripts/setup tests
	@POSTROOM_REQUIRE_SERVERS=1 $(PYTEST) -n 2 --dist loadfile

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

docs: setup ## Write docs/settings.md anew from the settings models
	@.venv/bin/python -m scripts.make_settings_page

screenshots: setup ## Take the pictures in docs/pictures anew, from a demonstration of their own
	@.venv/bin/python -m scripts.make_pictures

clean: ## Remove what the demonstration and the tests made
	rm -rf var .pytest_cache .mypy_cache .ruff_cache
