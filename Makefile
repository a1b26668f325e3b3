# The front door. The real build is meson's (meson.build); this installs what is missing and calls it.
#
# Variables: DATA=folder and LISTEN=host:port of `make run`; SECONDS of each fuzz target; PREFIX and DESTDIR of
# `make install`; JOBS of the compiler; KILLS of `make test-kill`; EXAMPLES of each test of `make test-roundtrip`; TESTS
# narrows `make test`'s pytest part; LOOK narrows `make look` (tests/web/walk.mjs says how).
MAKEFLAGS += --no-print-directory
DATA = ./vitrina-data
LISTEN = 127.0.0.1:8080
SECONDS = 60
KILLS = 200
EXAMPLES = 200
PREFIX = /usr/local
JOBS = $(shell nproc)
TESTS = tests/api

SANITIZE = -Db_sanitize=address,undefined -Db_lundef=false
CLEAN = build build-*

# $(call build,FOLDER,OPTIONS OF MESON,TARGETS OF NINJA): configured once; ninja configures again when it has to.
define build
@tools/build-page
@test -f $(1)/build.ninja || { echo "build: configuring $(1)/"; meson setup $(1) $(2) >$(1).log 2>&1 || { cat $(1).log; exit 1; }; mv $(1).log $(1)/; }
@ninja -C $(1) -j $(JOBS) --quiet $(3)
endef

.PHONY: help setup build run test test-tsan test-kill test-roundtrip look lint fuzz bench bench-large install clean
.DEFAULT_GOAL = help

help: ## this list
	@echo 'Vitrina: load customer and sales files, see them, predict, act. Start with: make run'
	@echo
	@sed -n 's/^\([a-z-]*\):.*## /\1\t/p' Makefile | awk -F '\t' '{ printf "  make %-12s %s\n", $$1, $$2 }'

setup: ## install what is missing to build (Debian and npm packages)
	@tools/setup build

build: ## build/vitrina, with build/vitrina-engine and build/libduckdb.so beside it
	@tools/setup build
	$(call build,build,-Dtests=false)

run: build ## build, make demonstration data, show the main job, serve
	@tools/run-demo build/vitrina $(DATA) $(LISTEN)

test: ## every test, built with ASan and UBSan; the last line is the sum
	@tools/setup build test
	$(call build,build-test,$(SANITIZE))
	@tests/run.py build-test $(TESTS)

test-tsan: ## the server part under ThreadSanitizer
	@tools/setup build test
	$(call build,build-tsan,-Db_sanitize=thread -Db_lundef=false)
	@tests/run.py build-tsan --marker server $(TESTS)

test-kill: ## kill -9 at 200 random moments of imports and writes
	@tools/setup build test
	$(call build,build-test,$(SANITIZE))
	@VITRINA_KILLS=$(KILLS) tests/run.py build-test --marker kill --only-api $(TESTS)

test-roundtrip: ## EXAMPLES=200 new random tables in every format, dialect and encoding, and through real databases
	@tools/setup build test
	$(call build,build-test,$(SANITIZE))
	@VITRINA_ROUNDTRIP=$(EXAMPLES) tests/run.py build-test --only-api tests/api/test_roundtrip.py tests/api/test_dumps.py

look: build ## every page in every language, theme and width in a browser; pictures in build/screens/walk
	@tools/setup build test
	@VITRINA=$(CURDIR)/build/vitrina node tests/web/walk.mjs $(LOOK)

lint: ## clang-format, clang-tidy, cppcheck, layers, source rules
	@tools/setup build test lint
	@tools/lint

fuzz: ## every fuzz target for SECONDS=60 each, with clang's libFuzzer
	@tools/setup build test fuzz
	@tools/fuzz $(SECONDS)

bench: ## against nginx, DuckDB, openpyxl; rewrites the table of bench/README.md
	@tools/setup build test bench
	$(call build,build,-Dtests=false,all bench-peers)
	@bench/run build

bench-large: ## a CSV of 2 GB and a full sheet of 20 columns: memory, and how soon a cancel comes
	@tools/setup build test bench
	$(call build,build,-Dtests=false,all bench-peers)
	@bench/run build large

install: build ## PREFIX=/usr/local, DESTDIR=
	@meson configure build -Dprefix=$(PREFIX)
	@meson install -C build

clean: ## remove what was built (not the data, not the npm parts)
	rm -rf $(CLEAN)
