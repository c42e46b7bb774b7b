# `make demo` and `make test` need Python 3.11 or later, pip and make; they create .venv themselves.
# Another interpreter: make test PYTHON=python3.12. Arguments for pytest: make test ARGS="-k tanh".
PYTHON ?= python3
ARGS ?=
BIN := .venv/bin

.PHONY: demo test test-all test-browser check docs oldest bench clean
.DELETE_ON_ERROR:

demo: .venv/installed-sklearn
	@$(BIN)/hessbound sharpness --demo

# Two processes, one BLAS thread each: on two cores more threads would wait for one another.
PYTEST = OPENBLAS_NUM_THREADS=1 $(BIN)/python -m pytest --durations=5
test: .venv/installed-dev
	@$(PYTEST) -n 2 -m "not browser" --ignore tests/test_typing.py $(ARGS)

# All of what `make test` takes a sample of, or leaves to other targets: for a night.
test-all: .venv/installed-dev
	@$(PYTEST) -n 2 --everything $(ARGS)

# The pages as chromium shows them.
test-browser: .venv/installed-dev
	@$(PYTEST) -m browser $$(grep -l mark.browser tests/test_*.py) $(ARGS)

# Formatting, types, and that generated/ is in step with derive/.
check: .venv/installed-dev
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/python -m pytest -q tests/test_typing.py
	$(BIN)/hessbound generate --check

# Runtime, command line, proofs and experiment with the lowest versions that pyproject.toml promises.
OLDEST = $(addprefix tests/test_,$(addsuffix .py,api cli_check cli_sharpness csv dataset descent \
	eigenvalues errors experiments lanczos network outputs sharpness sharpness_gradient sklearn))
oldest: .venv-oldest/installed
	@OPENBLAS_NUM_THREADS=1 .venv-oldest/bin/python -m pytest -m "not slow" $(OLDEST) $(ARGS)
	@.venv-oldest/bin/hessbound check --claim hessian_cross --report .venv-oldest/report.html
	@.venv-oldest/bin/hessbound generate --check

.venv-oldest/installed: pyproject.toml
	@python3.11 -m venv .venv-oldest
	@.venv-oldest/bin/python -m pip install -qq --disable-pip-version-check --editable . \
	    pytest hypothesis mpmath pandas $$(.venv-oldest/bin/python -c 'import tomllib; \
	    own = tomllib.load(open("pyproject.toml", "rb"))["project"]; more = own["optional-dependencies"]; \
	    names = sum(map(more.get, ("derive", "experiments", "sklearn")), own["dependencies"]); \
	    print(*(x.replace(">=", "==").removesuffix(".*") + ".*" for x in names))')
	@touch $@

# The site in build/docs; it runs the tutorial (-E: each time), and a warning is an error.
docs: .venv/installed-docs
	@PATH="$(abspath $(BIN)):$$PATH" $(BIN)/sphinx-build -EW --keep-going -q docs build/docs
	@echo "build/docs/index.html"

# Every function against its peers, which are gigabytes; a quarter of an hour on an idle machine.
bench: .venv/installed-bench
	@$(BIN)/python benchmarks/run.py $(ARGS)

# One stamp for each extra, so that a second run installs nothing.
.venv/installed-%: pyproject.toml | .venv/bin/pip
	@echo "Installing hessbound[$*] into .venv; the first time takes a minute or two."
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --editable ".[$*]"
	@touch $@

.venv/bin/pip:
	@$(PYTHON) -c 'import sys; sys.exit("Needs Python 3.11 or later: make PYTHON=python3.11 ..." if sys.version_info < (3, 11) else 0)'
	@$(PYTHON) -m venv .venv

clean:
	rm -rf .venv .venv-oldest build dist *.egg-info
