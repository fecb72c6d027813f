# Dasier's commands. Two are all that a newcomer needs: make demo, make test.
SHELL := /bin/bash -euo pipefail
VERSION ?= $(shell git describe --tags --always --dirty 2>/dev/null || echo dev)
LDFLAGS := -s -w -X main.version=$(VERSION)
TRIM := -trimpath
TOOLS := $(CURDIR)/bin/tools
LINT_VERSION := v2.15.0
FUMPT_VERSION := v0.12.0
export CGO_ENABLED ?= 0

.PHONY: help
help: ## list the commands
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-14s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

.PHONY: demo
demo: need-demo build ## play the whole story on real data, ending with a price on a page
	@bin/dasier demo $(DEMO)

# The linters and the tests need every package compiled without -trimpath: the
# program of the tests is too, or all of it would be compiled twice.
.PHONY: test
test: TRIM :=
test: need-test lint web-test go-test browser-test ## run every test and check
	@echo "make test: all passed"

.PHONY: build
build: need-demo web/dist/index.html ## build the pages and the binary into bin/dasier
	@echo "building bin/dasier"
	@go build $(TRIM) -ldflags '$(LDFLAGS)' -o bin/dasier ./cmd/dasier

.PHONY: web
web: ## build the pages anew
	@rm -f web/dist/index.html
	@$(MAKE) --no-print-directory web/dist/index.html

web/node_modules/.package-lock.json: web/package-lock.json
	@echo "installing web packages"
	@cd web && ../scripts/again.sh npm ci --no-audit --no-fund --no-update-notifier --loglevel=error

WEB_SOURCES := $(shell find web/src web/*.html web/*.ts web/package.json -type f 2>/dev/null)
web/dist/index.html: web/node_modules/.package-lock.json $(WEB_SOURCES)
	@echo "building the pages"
	@cd web && npm run --silent build

.PHONY: need-demo need-test need-bench
need-demo need-test need-bench:
	@scripts/need.sh $(@:need-%=%)

.PHONY: lint
lint: $(TOOLS)/golangci-lint-$(LINT_VERSION) $(TOOLS)/gofumpt-$(FUMPT_VERSION) ## linters, go vet among them, and formatting
	@echo "checking formatting and running the linters"
	@unformatted=$$($(TOOLS)/gofumpt-$(FUMPT_VERSION) -l $$(git ls-files '*.go')); \
	  [ -z "$$unformatted" ] || { echo "not gofumpt-formatted:"; echo "$$unformatted"; exit 1; }
	@$(TOOLS)/golangci-lint-$(LINT_VERSION) run --allow-parallel-runners ./...

$(TOOLS)/golangci-lint-$(LINT_VERSION):
	@echo "building golangci-lint $(LINT_VERSION)"
	@GOBIN=$(TOOLS) scripts/again.sh go install github.com/golangci/golangci-lint/v2/cmd/golangci-lint@$(LINT_VERSION)
	@mv $(TOOLS)/golangci-lint $@

$(TOOLS)/gofumpt-$(FUMPT_VERSION):
	@GOBIN=$(TOOLS) scripts/again.sh go install mvdan.cc/gofumpt@$(FUMPT_VERSION)
	@mv $(TOOLS)/gofumpt $@

.PHONY: web-test
web-test: web/dist/index.html ## type check, lint and unit tests of the pages
	@cd web && npm run --silent check && npm run --silent lint && npm run --silent test

# Laws and comparisons that hold over many drawn tables, and the learning of a whole
# example: they find no races that the other tests of their packages do not find, and
# take ten times as long with the race detector. They run without it, and are named
# TestLong.
LONG := ^TestLong

# SQLite is C translated to Go, and its memory is its own, outside of what the race
# detector watches: in it the detector finds nothing and takes eight tenths of the
# time of tests that keep data. It stays out of it, and watches all that calls it.
RACE := -race -gcflags=modernc.org/...=-race=false

.PHONY: go-test
go-test: build ## Go tests with the race detector, on SQLite and PostgreSQL
	@echo "running the Go tests"
	@trap 'scripts/postgres.sh stop; scripts/docker.sh stop' EXIT && address=$$(scripts/postgres.sh start) && engine=$$(scripts/docker.sh start) && \
	  DASIER_TEST_POSTGRES=$$address DASIER_TEST_DOCKER=$$engine DASIER_TEST_PROGRAM=$(CURDIR)/bin/dasier CGO_ENABLED=1 go test -vet=off $(RACE) -timeout 40m -skip '$(LONG)' ./...
	@echo "running the long tests without the race detector"
	@go test -vet=off -timeout 40m -run '$(LONG)' $$(git ls-files '*_test.go' | xargs grep -l '^func TestLong' | xargs -n 1 dirname | sort -u | sed 's|^|./|')
	@echo "counting allocations, which the race detector falsifies"
	@go test -vet=off -run 'Alloc|SteadyState' ./delivery/serve ./ml/tensor ./ml/format/onnx

.PHONY: browser-test
browser-test: build ## the pages in a real browser, on a server that has played the demo
	@scripts/browser.sh

.PHONY: bench-eda bench-serve bench-train bench-many bench-predict bench-parity bench-push bench-review
bench-serve: need-bench build ## predictions per second beside a bare Go server, Flask, gunicorn, FastAPI and Node with ONNX Runtime
	@bench/serve.sh
bench-many: ## 5,000 models in one process: memory, loading, and finding one of them
	@go run ./bench/many
bench-predict: need-bench ## predictions in one process beside scikit-learn, XGBoost and ONNX Runtime
	@bench/predict.sh
bench-train: need-bench ## learning beside scikit-learn and XGBoost, on the same rows, folds and settings
	@bench/train.sh
bench-eda: need-bench ## reading, profiling and correlating a million rows beside pandas
	@bench/eda.sh
bench-parity: need-bench build ## ridge beside scikit-learn's on the same folds
	@bench/parity.sh
bench-push: need-bench build ## push to first job line, start-up time and idle memory
	@bench/push.sh
bench-review: need-bench build ## opening a merge request of 500 files and 200 comments
	@bench/review.sh

.PHONY: clean
clean: ## remove what was built
	@rm -rf bin web/dist/* web/node_modules
