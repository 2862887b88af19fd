# forklore: make builds, make run shows what it does, make test checks it.

GO       ?= go
VERSION  := $(shell git describe --tags --always --dirty 2>/dev/null || echo unversioned)
ifneq (,$(findstring -dirty,$(VERSION)))
VERSION  := $(VERSION).$(shell git diff HEAD | git hash-object --stdin | cut -c1-7)
endif
LDFLAGS  := -s -w -X forklore/runner/host.Version=$(VERSION)
SOURCES  := $(shell find . -name '*.go' -not -name '*_test.go' -not -path './results/*') go.mod go.sum
YAML     := $(wildcard experiments/*.yaml)
PROGRAMS := $(wildcard experiments/other-languages/*)
NAMES    := $(basename $(notdir $(YAML)))
HOSTS    := bin/trialhost bin/trialhost-heavy bin/trialhost-server
REPORTS  := $(NAMES:%=results/%/latest/report.md)

# The textbook: all experiments with its tag. Runs of a profile stand in a folder of their
# own, so that short ones never pass for those that decide.
PROFILE  ?=
BOOK     := results$(PROFILE:%=/%)
TEXTBOOK := $(basename $(notdir $(shell grep -lE '^tags:.*[[ ,]textbook[],]' $(YAML))))

.DELETE_ON_ERROR:
.PHONY: all help run test race bench calibrate lint results textbook clean FORCE $(NAMES:%=results/%)

all: bin/forklore $(HOSTS) bin/.code help

help:
	@echo "make run              a small experiment, from YAML to a report with charts, in under a minute"
	@echo "make results          every shipped experiment whose YAML or whose binaries are newer than its report"
	@echo "make results/NAME     one of: $(NAMES)"
	@echo "make textbook         every sentence of the textbook with its verdict, as one page; PROFILE=smoke is short and decides nothing"
	@echo "make test             the whole test suite"
	@echo "make lint             gofmt, go vet, staticcheck, cross-compilation"
	@echo "make bench            what forklore costs, its workloads beside C and its load beside wrk, as ratios: 40 minutes"
	@echo "bin/forklore --help   the command line"

# The version is part of all binaries: when it changes, all are built again.
bin/.version: FORCE
	@mkdir -p bin
	@echo '$(VERSION)' | cmp -s - $@ || echo '$(VERSION)' > $@

# What results depend on: the code, but not the experiments that are embedded
# in the binary, so that touching one YAML runs that experiment alone.
bin/.code: $(SOURCES)
	@mkdir -p bin
	@touch $@

bin/forklore: $(SOURCES) $(YAML) $(PROGRAMS) bin/.version
	$(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $@ .

# Without C: a C library would lengthen the start of every process, and own the threads
# that a workload creates and joins.
bin/trialhost: $(SOURCES) bin/.version
	CGO_ENABLED=0 $(GO) build -tags light -trimpath -ldflags '$(LDFLAGS)' -o $@ ./runner/trialhost

# With packages that take a fifth of a millisecond to start: for the workloads that are about them.
bin/trialhost-heavy: $(SOURCES) bin/.version
	CGO_ENABLED=0 $(GO) build -tags heavy -trimpath -ldflags '$(LDFLAGS)' -o $@ ./runner/trialhost

# With net/http and a store, which take another 0.4 ms: for servers.
bin/trialhost-server: $(SOURCES) bin/.version
	CGO_ENABLED=0 $(GO) build -trimpath -ldflags '$(LDFLAGS)' -o $@ ./runner/trialhost

run: bin/forklore $(HOSTS) bin/.code
	bin/forklore run quick

results: $(REPORTS)

$(NAMES:%=results/%): results/%: results/%/latest/report.md

# Experiments that bring programs of other languages.
$(filter results/%-threads/latest/report.md,$(REPORTS)): $(PROGRAMS)

# Exit code 3 says that some trials failed: the report is whole and names them.
results/%/latest/report.md: experiments/%.yaml bin/.code | bin/forklore $(HOSTS)
	bin/forklore run experiments/$*.yaml || [ $$? -eq 3 ]

textbook: $(TEXTBOOK:%=$(BOOK)/%/latest/report.md) bin/forklore
	bin/forklore textbook --results $(BOOK) --html $(BOOK)/textbook.html --md $(BOOK)/textbook.md

ifneq (,$(PROFILE))
$(filter $(BOOK)/%-threads/latest/report.md,$(TEXTBOOK:%=$(BOOK)/%/latest/report.md)): $(PROGRAMS)

$(BOOK)/%/latest/report.md: experiments/%.yaml bin/.code | bin/forklore $(HOSTS)
	bin/forklore run experiments/$*.yaml --profile $(PROFILE) --results $(BOOK) || [ $$? -eq 3 ]
endif

test: bin/forklore $(HOSTS)
	$(GO) test ./...

# The packages whose goroutines share memory, under the race detector.
race:
	$(GO) test -race -short ./runner ./runner/cli ./runner/host ./runner/link ./metrics/ ./experiments/
	$(GO) test -race -short -run 'TestMutex|TestRWM|TestSpinlock|TestAtomic|TestChannel|TestSyncMap|TestShard|TestTalkers|TestHistogram' ./runner/work

lint:
	@test -z "$$(gofmt -l .)" || { echo "not gofmt-ed:"; gofmt -l .; exit 1; }
	$(GO) vet ./...
	$(GO) tool staticcheck ./...
	$(GO) build -tags light ./runner/...
	$(GO) build -tags heavy ./runner/...
	GOOS=darwin GOARCH=arm64 $(GO) vet ./...
	GOOS=linux GOARCH=arm64 $(GO) build -tags light -o /dev/null ./runner/trialhost
	GOOS=linux GOARCH=arm64 $(GO) vet ./runner/... ./metrics/...

# Ratios to bare references measured in the same run, in turn. Run it on a
# machine that is otherwise idle.
bench:
	$(GO) test -run '^$$' -bench 'EmptyTrial|Dealing' -benchtime 40x ./runner/host
	$(GO) test -run '^$$' -bench ProbeAlone -benchtime 3x ./runner/host
	$(GO) test -run '^$$' -bench Sampling -benchtime 20x ./runner
	$(GO) test -run '^$$' -bench . ./metrics
	$(GO) test -run '^$$' -bench Plan100k ./experiments
	$(GO) test -run '^$$' -bench LoadMillion -benchtime 1x -timeout 30m ./metrics/digest
	$(GO) test -run '^$$' -bench 'Render$$' -benchtime 2x ./plots
	$(GO) test -run '^$$' -bench 'Item|Job' ./runner/work
	FORKLORE_C_BENCH=1 $(GO) test -run '^$$' -bench AgainstC -benchtime 1x -timeout 60m ./runner/work
	FORKLORE_C_BENCH=1 $(GO) test -count=1 -run '^TestAgainstC$$' -v -timeout 30m ./runner/link
	FORKLORE_C_BENCH=1 $(GO) test -count=1 -run '^(TestAgainstWrk|TestLatenessAtRates)$$' -v -timeout 30m ./runner/load

# The long variant of the calibration tests: coverage of every interval.
calibrate:
	FORKLORE_CALIBRATE=1 $(GO) test -count=1 -run 'Coverage|FalsePositives' -v -timeout 30m ./metrics/stat ./metrics/digest

clean:
	rm -rf bin
