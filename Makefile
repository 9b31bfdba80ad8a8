# Everything here works on a fresh clone; `make` alone says what there is.

SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help demo setup test clock lint bench chaos system load coverage docs lock

# Exported, so that requirements/install.sh sees `make PYTHON=python3.12 …` too.
export PYTHON

BIN := .venv/bin
# Test processes at once, twice what two cores have: many tests wait for a device, a broker or a page. The heavy parts
# are shared by their users, who stay together (loadgroup).
WORKERS ?= 4
PYTEST := $(BIN)/python -m pytest
# Further arguments for the demo and for pytest: make demo ARGS="--port 9000", make test ARGS="-k spool".
ARGS ?=

help: ## Say what there is.
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' $(MAKEFILE_LIST) | while IFS="$$(printf '\t')" read -r name text; do \
		printf '  make %-10s %s\n' "$$name" "$$text"; done
	@echo
	@echo '  PYTHON=python3.12 names the Python to use (3.11 to 3.13), ARGS="…" adds arguments for the demo or pytest.'

demo: ## Show five towns with simulated devices; needs Python 3.11 to 3.13 and nothing else.
	@requirements/install.sh demo
	@$(BIN)/ankerort-hub demo $(ARGS)

setup: ## Install what the tests need: Debian packages where this user may, and .venv.
	@tests/tools/install_system_packages.sh
	@requirements/install.sh dev

# Both runs happen; status 5 says that ARGS left nothing for one of them. What measures time has the machine to itself.
test: setup ## Run all tests but the long chaos runs.
	@parallel=0; alone=0; \
	$(PYTEST) -n $(WORKERS) --dist loadgroup -m "not alone and not chaos and not system" $(ARGS) || parallel=$$?; \
	$(PYTEST) -m "alone and not chaos and not system" $(ARGS) || alone=$$?; \
	case "$$parallel $$alone" in "0 0" | "0 5" | "5 0") ;; *) exit 1 ;; esac

# Seconds before each change of Berlin's clock, and before midnight; each test begins at that moment anew. Not the demo, nor
# five hundred viewers: hundreds of threads, which each ask a file what time it is, get nowhere.
MOMENTS ?= 2026-03-29T01:59:58,2026-10-25T02:59:58,2026-12-31T23:59:58

clock: setup ## Run the hub's tests with the clock set to days on which it is changed, and to midnight.
	$(BIN)/python -m tests.tools.at_moment $(MOMENTS) tests/hub -n $(WORKERS) --dist loadgroup \
		-m "not alone and not chaos and not system and not slow" --ignore tests/hub/web/browser --ignore tests/hub/test_demo.py \
		--deselect tests/hub/test_mqtt.py::test_five_hundred_viewers_are_woken_at_five_changes_a_second $(ARGS)

lint: ## Check style, types and who imports whom.
	@requirements/install.sh dev
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-logo

chaos: setup ## Run the long tests that kill device, hub and broker at random; each prints its seed.
	$(PYTEST) -m chaos -s $(ARGS)

system: setup ## Start the units under a systemd of their own; needs root, and once a Debian mirror.
	@tests/tools/install_system_packages.sh tests/system/packages.txt
	$(PYTEST) -m system tests/system $(ARGS)

# ROUNDS of 200 posts at once from four processes, on SQLite and on PostgreSQL; then everything at once on SQLite.
ROUNDS ?= 50
LOAD_S ?= 120
load: setup ## Post many bookings at once, and under full load, on an idle machine; takes some minutes.
	ANKERORT_BOOKING_ROUNDS=$(ROUNDS) $(PYTEST) tests/hub/bookings/test_many_at_once.py -s $(ARGS)
	$(BIN)/python -m bench.full_load $(LOAD_S)

bench: setup ## Measure; writes bench/results.json and the charts in docs/.
	$(BIN)/python -m bench $(ARGS)

coverage: setup ## Run the tests and report what they reach, branches included.
	$(BIN)/coverage erase
	$(BIN)/coverage run -m pytest -n $(WORKERS) --dist loadgroup -m "not alone and not chaos and not system" $(ARGS)
	$(BIN)/coverage combine --quiet
	$(BIN)/coverage report

docs: ## Write the generated parts of the documentation anew.
	@requirements/install.sh dev
	$(BIN)/python -m docs.generate

lock: ## Pin requirements/*.txt after a change of pyproject.toml; ARGS=--upgrade takes the newest of everything.
	@requirements/install.sh dev
	requirements/lock.sh $(ARGS)
