# Thin on purpose: what each command does is in portal/embedded/.
# PORT and HOST say where the portal listens; DATABASE_URL and REDIS_URL name servers instead of private ones.
PYTHON ?= python3
EMBEDDED = $(PYTHON) -m portal.embedded
BOOTSTRAP = $(EMBEDDED).bootstrap

.DEFAULT_GOAL := help
.PHONY: help run services stop test check bench lock

help: ## this list
	@echo "make <command>:"
	@sed -n 's/^\([a-z]*\): ## \(.*\)$$/  \1	\2/p' Makefile

run: ## install, start everything, print the address and the demonstration accounts; Ctrl-C stops it
	@$(BOOTSTRAP) run

services: ## start the private Postgres and Valkey alone and leave them running
	@$(BOOTSTRAP) services

stop: ## end whatever `make run` or `make services` left running
	@$(EMBEDDED) stop

test: ## all tests, browser too; ARGS="tests/portal/workdays -k vectors" chooses
	@$(BOOTSTRAP) test

check: ## style, types, settings, migrations, architecture, message catalogue
	@$(BOOTSTRAP) check

bench: ## the benchmarks, side by side with other projects
	@$(BOOTSTRAP) bench $(ARGS)

lock: ## write requirements*.txt anew from pyproject.toml
	@$(BOOTSTRAP) lock
