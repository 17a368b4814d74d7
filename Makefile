# Färdplan: `make run` serves it, `make test` proves it.
.DEFAULT_GOAL := help
.PHONY: help build run migrate generate verify lint test test-go mutants pages tools clean

export GOFLAGS := -mod=readonly
VERSION := $(shell git describe --always --dirty 2>/dev/null || echo dev)

help: ## show this list
	@awk -F':.*## ' '/^[a-z-]+:.*## /{printf "  make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

build: ## build bin/fardplan
	@go build -trimpath -ldflags "-X main.version=$(VERSION)" -o bin/fardplan ./cmd/fardplan

run: build ## serve Färdplan with the demonstration on a private database
ifeq ($(FARDPLAN_DATABASE_URL)$(FARDPLAN_DATABASE_URL_FILE),)
	@sh tools/postgres/install.sh if-missing
	@FARDPLAN_DEMO=$${FARDPLAN_DEMO:-1} FARDPLAN_LOG_LEVEL=$${FARDPLAN_LOG_LEVEL:-warn} FARDPLAN_LOG_FORMAT=$${FARDPLAN_LOG_FORMAT:-text} exec bin/fardplan serve
else
	@bin/fardplan migrate up
	@exec bin/fardplan serve
endif

generate: ## make the generated code anew
	@go tool gqlgen generate
	@go test ./graph -run '^TestPrintedSchema$$' -update
	@go test ./internal/config -run '^TestTheDocumentHoldsEveryVariable$$' -update

verify: ## see that the generated code is up to date
	@sh scripts/verify.sh

lint: ## vet, format and staticcheck
	@sh scripts/lint.sh

tools: ## install what the tests need beside Go
	@status=0; for tool in "postgres/install.sh newest" "postgres/install.sh oldest" graphql-http/install.sh \
		oidc-provider/install.sh postgres-client/install.sh libreoffice/install.sh curl/install.sh deploy/install.sh; do sh tools/$$tool || status=1; done; exit $$status

test: tools verify lint test-go ## run everything

test-go: ## run the Go tests: with the race detector on the newest PostgreSQL, then on the oldest
	@sh scripts/test.sh

mutants: tools ## take away each constraint, trigger, gap rule and access rule in turn, and see a test miss it
	@bash scripts/mutants.sh

pages: ## print what a page of each list touches at scale 0.1 and 1, and how long the views take
	@sh tools/postgres/install.sh if-missing
	@go test ./internal/demo/scale -run '^Test(Pages|Views)$$' -count=1 -v -timeout 60m -pages $(CURDIR)/.fardplan/pages | grep -v '^=== '

clean: ## remove what was built; the private database stays
	@rm -rf bin
