# Two commands: `make lab` and `make test`. The rest is for people who change the code.
# PYTHON=python3.12 chooses the Python, VENV=FOLDER another environment, ARGS="…" is passed on.

PYTHON ?= python3
VENV ?= .venv
RUN = "$(VENV)/bin/python" -m

.PHONY: lab test demo environment format check

lab: environment  ## local testnet + JupyterLab on the desk notebook; Ctrl-C stops both
	@$(RUN) nettools.cli lab $(ARGS)

test: environment  ## the whole suite: package, notebooks, browser
	@"$(VENV)/bin/python" tests/ui/chromium.py
	@$(RUN) pytest $(ARGS)

demo: environment  ## the stakeholder page
	@$(RUN) nettools.cli demo $(ARGS)

environment:
	@$(PYTHON) bootstrap.py --venv "$(VENV)"

format: environment
	@$(RUN) ruff format
	@$(RUN) ruff check --fix

check: environment
	@$(RUN) ruff format --check
	@$(RUN) ruff check
	@$(RUN) mypy nettools
