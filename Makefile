# Everything a developer does here is one of these verbs. Go 1.26 and make are enough to begin.
TOOL = go tool -modfile=.ci/tools.mod
PIECEWORK = bin/piecework

help: ## say what the verbs do
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  \1\t/' | expand -t 12

build: ## build the command into bin/
	CGO_ENABLED=$${CGO_ENABLED:-0} go build -trimpath -o $(PIECEWORK) ./cmd/piecework

demo: build ## the whole story on this machine: three downloaders pay a seeder, one transaction settles it
	$(PIECEWORK) demo

atlas: build ## an economy of six seeders, ten viewers and a sponsor, settled in a TRC-10 token
	$(PIECEWORK) demo atlas

test: ## run all tests
	go test ./...

race: ## run all tests under the race detector (needs a C compiler)
	CGO_ENABLED=1 go test -race ./...

lint: ## look for mistakes that cost money or time
	$(TOOL) golangci-lint run ./...
	$(TOOL) buf lint --config .ci/buf.yaml
	$(TOOL) buf breaking --config .ci/buf.yaml --path channel/channelpb --against channel/channelpb/image.binpb

freeze: ## take the API as it is now for what later changes must not break (make lint compares)
	$(TOOL) buf build --config .ci/buf.yaml --path channel/channelpb --as-file-descriptor-set --exclude-source-info -o channel/channelpb/image.binpb

gen: ## rebuild generated code: protobuf and contracts
	$(TOOL) buf generate --config .ci/buf.yaml --template .ci/buf.gen.yaml
	$(TOOL) buf generate --config .ci/buf.yaml --template .ci/buf.gateway.yaml --path channel/channelpb
	go generate ./...

check: lint ## lint, and fail when generated code is not what gen makes
	.ci/check-gen

fuzz: ## fuzz every decoder for FUZZTIME (default 10s) each
	.ci/fuzz $${FUZZTIME:-10s}

bench: ## run the benchmarks; they print ratios measured in the same run
	go test -run '^$$' -bench . -benchtime $${BENCHTIME:-1s} ./...

soak: ## run a hub and a seeder's server for SOAK (default 1h) with 2,000 channels, kills, forks and outages; a line a minute
	PIECEWORK_SOAK=$${SOAK:-1h} go test ./cmd -run Soak -v -timeout 0

prove: ## install the programs of others, run the command behind each claim of the README, and say which hold
	.ci/prove

release: ## build what is published into bin/release: four systems, manual, completions, SBOM, checksums
	.ci/release

reproduce: ## build the release twice, in two places, and compare the bytes
	.ci/release --twice

.PHONY: help build demo atlas test race lint freeze gen check fuzz bench soak prove release reproduce
