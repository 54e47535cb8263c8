# What a person types. Each target first looks for what it needs and installs it with the system's package
# manager where it can (build/setup.sh); nothing is printed about what is there already.

SHELL := /bin/sh
SOURCES := $(shell find . -name target -prune -o -name dist -prune -o -path './.git' -prune -o \
	\( -path '*/src/main/*' -o -path './agent/src/dist/*' -o -path './build/*' -o -name pom.xml -o -name config.yaml \) -type f -print)

.DEFAULT_GOAL := help
.PHONY: help run test build bench clean

help:
	@echo 'Weir tells who talks to whom over the network, from the kernel to Prometheus.'
	@echo
	@echo '  make run     build if needed, then run dist/bin/weir with config.yaml (needs root: uses sudo)'
	@echo '               options for weir: make run ARGS="--set receivers.ebpf_tcp.collection_interval=1s"'
	@echo '  make test    every test, unit and integration, with coverage (the kernel tests need root)'
	@echo '  make build   a runnable distribution in dist/'
	@echo '  make bench   the benchmarks whose figures stand in docs/performance.md'
	@echo '  make clean   remove what the others made'
	@echo
	@echo 'What is missing (JDK 25, Maven, clang, libbpf, ...) is installed by the package manager where it'
	@echo 'has it; otherwise you are told what to install. WEIR_NO_INSTALL=1 looks but never installs.'

build:
	@build/setup.sh build
	@build/dist.sh

dist/bin/weir: $(SOURCES)
	@$(MAKE) --no-print-directory build

run: dist/bin/weir
	@build/setup.sh run
	@build/run.sh $(ARGS)

test:
	@build/setup.sh test
	@build/test.sh $(ARGS)

bench: dist/bin/weir
	@build/setup.sh bench
	@build/bench.sh $(ARGS)

clean:
	@rm -rf dist target */target
