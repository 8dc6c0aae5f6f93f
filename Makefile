# make site   three throw-away nodes on this machine, site.yml on them; INVENTORY=<path> for your own machines
# make test   every test; CI runs the steps that .ci/run names
# make check  the part of it that needs no nodes and a few minutes
.DEFAULT_GOAL := help
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c

VENV := .venv
PYTHON ?= python3
BIN := $(CURDIR)/$(VENV)/bin
LINK := $(VENV)/collections/ansible_collections/gitpod/node_prep
export PATH := $(BIN):$(PATH)
export ANSIBLE_CONFIG := $(CURDIR)/ansible.cfg

.PHONY: help site test check clean-lab shell lint unit sanity browser contract integration molecule bench bench-site bench-verify bench-api vm venv system

help: ## this list
	@grep -hE '^[a-z -]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/:.*## /\t/' | sort | expand -t 14

site: venv ## a Gitpod-ready cluster on three throw-away nodes; INVENTORY=<path> on your machines
ifdef INVENTORY
	ansible-playbook playbooks/site.yml -i "$(INVENTORY)"
else
	@$(MAKE) --no-print-directory system
	@python tests/lab/site.py
endif

test: venv system ## every test, a line per step
	@tests/lab/system.sh browser
	@python tests/run.py $(STEPS)

check: venv ## before a commit: lint, the arguments of modules and roles, unit tests (no nodes, some three minutes)
	@command -v shellcheck >/dev/null || tests/lab/system.sh lab
	@python tests/run.py lint arguments unit

clean-lab: ## remove the nodes, the artifact mirror and the node image
	@if [ -x $(BIN)/python ]; then $(BIN)/python tests/lab/lab.py clean; else $(PYTHON) tests/lab/lab.py clean; fi

shell: ## a shell on a lab node: make shell NODE=meta-1
	python tests/lab/lab.py shell site $(NODE)

lint unit sanity contract integration molecule: venv system ## one part of `make test`
	@python tests/run.py $@

browser: venv ## the page of the report in headless Chromium
	@tests/lab/system.sh browser
	@python tests/run.py $@

bench: bench-site bench-verify bench-api ## all benchmarks: site.yml, 20 nodes, 1,000 and 5,000 nodes of an API server

bench-site: venv system ## times site.yml, first and second run
	python tests/bench/site.py

bench-verify: venv system ## times verify.yml on 20 nodes against ping and setup
	python tests/bench/verify.py

bench-api: venv system ## times labels and cluster_spec against kubectl and a loop of kubernetes.core.k8s
	@command -v kubectl >/dev/null || tests/lab/system.sh bench
	python tests/bench/api.py

vm: venv system ## the role kernel upgrades and reboots a virtual machine (part of `make test` where QEMU is installed)
	@tests/lab/system.sh vm
	python -m pytest tests/vm

venv: $(VENV)/.done

$(VENV)/.done: requirements-dev.txt Makefile
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "Python 3.11 or newer is needed; name one with PYTHON=<path>")'
	@$(PYTHON) -c 'import ensurepip' 2>/dev/null || tests/lab/system.sh venv
	$(PYTHON) -m venv $(VENV)
	$(BIN)/pip install --quiet --disable-pip-version-check --requirement requirements-dev.txt
	mkdir -p $(dir $(LINK))
	ln -sfn ../../../.. $(LINK)
	touch $@

system:
	@tests/lab/system.sh lab
