# make demo: glmkit quickstart, fine-tuning seen to work.   make web: talk to a model in the browser.
# make test: the tests.   All set up .venv themselves.
PYTHON ?= python3
export PYTHON

.PHONY: help demo web test test-slow test-long test-system test-gpu check bench clean
help:
	@sed -n '1,2p; s/^## //p' Makefile
## make check      ruff and mypy
## make test-slow  the tests that take minutes
## make test-long  those of them that take a minute or two each: soaks, ten thousand requests, the peer
## make test-system  the tests that need root and programs of the system, which it installs (Debian, Ubuntu)
## make test-gpu   the tests that need an NVIDIA card
## make bench      training speed beside Transformers + PEFT, on this CPU
## make clean      remove .venv and the quickstart's files

.venv/core: pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh
	@touch $@

.venv/web: pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh serve,web
	@touch $@ .venv/core

.venv/test: pyproject.toml constraints.txt scripts/setup.sh
	@scripts/setup.sh test
	@touch $@ .venv/core .venv/web

demo: .venv/core
	@.venv/bin/glmkit quickstart

web: .venv/web
	@.venv/bin/python -m glmkit web $(ARGS)

test: .venv/test
	.venv/bin/python -m pytest -n auto --maxprocesses 4 --dist loadfile -m "not slow and not gpu and not system"

test-slow: .venv/test
	.venv/bin/python -m pytest -m "slow and not long and not gpu and not system"

test-long: .venv/test
	.venv/bin/python -m pytest -m long

test-system: .venv/test
	scripts/system.sh
	.venv/bin/python -m pytest -m system

test-gpu: .venv/test
	.venv/bin/python -m pytest -m gpu

check: .venv/test
	.venv/bin/ruff check --output-format concise .
	.venv/bin/ruff format --check .
	.venv/bin/mypy
	.venv/bin/codespell glmkit tests docs examples benchmarks scripts recipes *.md

bench: .venv/test
	.venv/bin/python benchmarks/train_cpu.py

clean:
	rm -rf .venv quickstart-output
