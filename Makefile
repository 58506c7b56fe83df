# Two commands: `make lab` and `make test`. The rest is for people who change the code.
# PYTHON=python3.12 chooses the Python, VENV=FOLDER another environment, ARGS="…" is passed on.

PYTHON ?= python3
VENV ?= .venv
BIN = "$(VENV)/bin"

.PHONY: lab test demo environment format check notebooks

lab: environment  ## local testnet + JupyterLab on the desk notebook; Ctrl-C stops both
	@$(BIN)/nettools lab $(ARGS)

test: environment  ## the whole suite: package, notebooks, browser
	@$(BIN)/python tests/ui/chromium.py
	@$(BIN)/pytest $(ARGS)

demo: environment  ## the stakeholder page
	@$(BIN)/nettools demo $(ARGS)

environment:
	@$(PYTHON) bootstrap.py --venv "$(VENV)"

format: environment
	@$(BIN)/ruff format
	@$(BIN)/ruff check --fix

notebooks: environment  ## run every notebook and store its outputs, clean
	@$(BIN)/python tests/store_notebooks.py $(ARGS)

check: environment
	@$(BIN)/ruff format --check
	@$(BIN)/ruff check
	@$(BIN)/mypy nettools
