# Two commands do everything: `make demo` runs the product, `make test` proves it. `make help` lists the rest.

SHELL := /bin/bash
.DEFAULT_GOAL := help
.PHONY: help demo test bench soak fuzz check lint web web-check test-rust test-web test-journeys test-sdk clean

BIN := target/debug/lianxian
JOURNEYS := tests/journeys
SDK := tests/sdk

help:
	@echo "make demo    build, and run a demo district with six live offices: prints the address and the logins"
	@echo "make test    every test: Rust on both databases, web, browser journeys, SDK clients"
	@echo "make bench   the speed table, side by side; writes target/bench.json"
	@echo "make soak    a wall of 25 tiles for ten minutes: losses and memory; writes target/soak.json"
	@echo "make fuzz    each parser of remote bytes under a coverage-guided fuzzer, SECONDS=30 each"
	@echo "make check   format, lints, types, dependency and arrow rules"

# --- the product ---------------------------------------------------------------------------------------------------

demo: web
	@.ci/setup build
	cargo build --release -p lianxian
	target/release/lianxian demo

# npm writes its stamp last, so that an interrupted install is repeated.
web/node_modules/.stamp: web/package-lock.json
	cd web && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

WEB_SOURCES := $(shell find web/src web/public -type f 2>/dev/null) web/index.html web/package.json web/vite.config.ts

web/dist/index.html: web/node_modules/.stamp $(WEB_SOURCES)
	cd web && npm run build --silent

web: web/dist/index.html

# --- the proofs ----------------------------------------------------------------------------------------------------

test: ; @.ci/test

lint:
	cargo fmt --all -- --check
	cargo clippy --workspace --all-targets --quiet -- -D warnings

test-rust: web
	@.ci/setup test
	cargo test --workspace --quiet

test-web: web/node_modules/.stamp
	cd web && npm run check --silent && npm test --silent

$(JOURNEYS)/node_modules/.stamp: $(JOURNEYS)/package-lock.json
	cd $(JOURNEYS) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

# Built as the tests build it: another choice of packages would compile the dependencies anew.
$(BIN): web
	cargo test --workspace --no-run --quiet

# The encoder of a journey is one of the SDK clients.
test-journeys: $(BIN) $(JOURNEYS)/node_modules/.stamp $(SDK)/.venv/.stamp
	@.ci/setup test
	cd $(JOURNEYS) && node --test --test-concurrency=1 --test-timeout=240000 *.test.mjs
	# Each on hosts of its own: what one does to the network is not the next one's.
	cd $(JOURNEYS) && for test in network/*.test.mjs; do \
	  ../network/two-hosts node --test --test-timeout=240000 $$test || exit 1; \
	done

$(SDK)/node_modules/.stamp: $(SDK)/package-lock.json
	cd $(SDK) && npm ci --no-audit --no-fund --loglevel=error
	@touch $@

$(SDK)/.venv/.stamp: $(SDK)/requirements.txt
	@.ci/setup test
	python3 -m venv $(SDK)/.venv
	$(SDK)/.venv/bin/pip install --quiet --disable-pip-version-check -r $<
	@touch $@

test-sdk: $(BIN) $(SDK)/node_modules/.stamp $(SDK)/.venv/.stamp
	@$(SDK)/run

# What Chromium shows first: the table takes in what that left.
bench: web $(JOURNEYS)/node_modules/.stamp $(SDK)/node_modules/.stamp
	@.ci/setup bench
	cargo build --release -p lianxian -p lianxian-load
	cd $(JOURNEYS) && for part in bench/*.mjs; do LIANXIAN_BIN=$(CURDIR)/target/release/lianxian node $$part || exit 1; done
	tests/network/one-host target/release/lianxian-load bench

# A quarter of an hour: not among the tests.
soak: web
	@.ci/setup bench
	cargo build --release -p lianxian -p lianxian-load
	tests/network/one-host target/release/lianxian-load soak

target/tools/bin/cargo-fuzz:
	cargo install --locked --quiet --root target/tools cargo-fuzz

# Without a sanitizer the stable compiler suffices; safe Rust has its own checks.
SECONDS ?= 30
fuzz: target/tools/bin/cargo-fuzz
	@for target in $(notdir $(basename $(wildcard tests/fuzz/targets/*.rs))); do \
	  PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo fuzz run --fuzz-dir tests/fuzz --sanitizer none $$target -- \
	    -max_total_time=$(SECONDS) -max_len=4096 -verbosity=0 -print_final_stats=1 || exit 1; \
	done

# --- the rules -----------------------------------------------------------------------------------------------------

target/tools/bin/cargo-deny:
	cargo install --locked --quiet --root target/tools cargo-deny

check: lint test-web target/tools/bin/cargo-deny
	cargo test --quiet -p lianxian-tests --test architecture
	PATH="$(CURDIR)/target/tools/bin:$$PATH" cargo deny --offline check bans licenses sources

clean:
	cargo clean
	rm -rf web/dist web/node_modules $(JOURNEYS)/node_modules $(SDK)/node_modules $(SDK)/.venv
