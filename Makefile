# zklink build. `make` builds the library and the binary; `make help` lists the targets.
# VARIANT selects build/<variant>/: release (default), asan (address + undefined), fuzz (clang libFuzzer).

CC      ?= gcc
VARIANT ?= release
B       := build/$(VARIANT)

PKGS    := libsecp256k1 libmicrohttpd jansson sqlite3 libcurl libcrypto libconfig
WARN    := -Wall -Wextra -Wpedantic -Wshadow -Wconversion -Wstrict-prototypes \
           -Wmissing-prototypes -Wswitch-enum -Wvla -Werror
OPT_release := -O3 -g
# DWARF 4: valgrind 3.19 does not read clang's DWARF 5.
OPT_clang   := -O3 -g -gdwarf-4
OPT_asan    := -O1 -g -fsanitize=address,undefined -fno-sanitize-recover=all -fno-omit-frame-pointer
OPT_fuzz    := -O2 -g -fsanitize=address,undefined,fuzzer-no-link -fno-sanitize-recover=all -fno-omit-frame-pointer
PKG_CFLAGS  := $(shell pkg-config --cflags $(PKGS) 2>/dev/null)
PKG_LIBS     = $(shell pkg-config --libs $(PKGS) 2>/dev/null)
CFLAGS  += -std=c17 -D_GNU_SOURCE -pthread -Isrc -I$(B)/gen $(OPT_$(VARIANT)) $(WARN) $(PKG_CFLAGS)
LDFLAGS += -pthread $(filter -fsanitize%,$(OPT_$(VARIANT)))
LDLIBS  += $(PKG_LIBS) -lm

MAIN     := src/cli/main.c
LIB_SRC  := $(filter-out $(MAIN),$(sort $(shell find src -name '*.c')))
SUP_SRC  := $(sort $(wildcard tests/support/*.c))
TEST_SRC := $(sort $(shell find tests -name 'test_*.c' -not -path 'tests/support/*'))
BENCH_SRC := $(sort $(wildcard bench/*.c))
TOOL_SRC := $(sort $(wildcard tests/tools/*.c))
FUZZ_SRC := $(sort $(wildcard fuzz/fuzz_*.c))
LIB_OBJ  := $(LIB_SRC:%.c=$(B)/%.o)
SUP_OBJ  := $(SUP_SRC:%.c=$(B)/%.o)
TEST_BIN := $(TEST_SRC:%.c=$(B)/%)
BENCH_BIN := $(BENCH_SRC:%.c=$(B)/%)
TOOL_BIN := $(TOOL_SRC:%.c=$(B)/%)
FUZZ_TEST := $(FUZZ_SRC:%.c=$(B)/tests/%)

# Short lines instead of commands (V=1 shows these); none under make -s.
quiet := $(V)$(findstring s,$(firstword -$(MAKEFLAGS)))
Q     := $(if $(V),,@)
note   = $(if $(quiet),,@echo "  $(1)")
show   = $(call note,$(1) $@)

.PHONY: all lib tests unit clean help deps test demo torture torture-run bench check fuzz contracts verifier-vectors demo-run check-run gas-snapshots \
        tidy fuzz-run bench-run bench-programs
all: $(B)/zklink
lib: $(B)/libzklink.a
tests: $(TEST_BIN) $(FUZZ_TEST) $(TOOL_BIN)

help:
	@echo "make demo   set-up and the whole job on three local chains"
	@echo "make test   set-up and all tests"
	@echo "make torture  everything goes wrong for TORTURE_SECONDS (1800), then the audit"
	@echo "make bench  measurements: a table and build/bench.json"
	@echo "make check  both compilers, sanitizers, linters, formats"
	@echo "make brokers  two brokers, 200 payouts, random kills (OPERATIONS=n)"
	@echo "make fuzz   every fuzz target for FUZZ_SECONDS (60)"
	@echo "make gas-snapshots   contracts/snapshots and docs/gas.md anew"
	@echo "make unit   the C tests only (VARIANT=asan for sanitizers)"

# The two commands of the README. Set-up comes first and in a make of its own: the flags below ask pkg-config, which may
# not be there yet.
deps:
	@mkdir -p build
	@tools/install

demo: deps
	@$(MAKE) --no-print-directory -j$(or $(shell nproc 2>/dev/null),2) demo-run

test: deps
	@tools/test.py

$(B)/libzklink.a: $(LIB_OBJ)
	@rm -f $@ && ar rcs $@ $^

$(B)/zklink: $(B)/$(MAIN:.c=.o) $(B)/libzklink.a
	$(call show,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(B)/%.o: %.c
	@mkdir -p $(@D)
	$(call show,CC)
	$(Q)$(CC) $(CFLAGS) -MMD -MP -c -o $@ $<

$(TEST_BIN): $(B)/%: $(B)/%.o $(SUP_OBJ) $(B)/libzklink.a
	$(call show,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka -lgmp

# Each fuzz target over its stored inputs, as a test.
$(FUZZ_TEST): $(B)/tests/%: $(B)/%.o $(B)/tests/fuzz/run_corpus.o $(SUP_OBJ) $(B)/libzklink.a
	@mkdir -p $(@D)
	$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS) -lcmocka

$(TOOL_BIN): $(B)/%: $(B)/%.o $(SUP_OBJ) $(B)/libzklink.a
	$(call show,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

$(BENCH_BIN): $(B)/%: $(B)/%.o $(SUP_OBJ) $(B)/libzklink.a
	$(call show,LD)
	$(Q)$(CC) $(LDFLAGS) -o $@ $^ $(LDLIBS)

# The Solidity verifier is generated from the circuit, then all contracts are compiled.
TOYS := arith tables wide lone
contracts: $(B)/zklink $(B)/tests/tools/toy_export
	@rm -rf contracts/src/generated contracts/test/verifier/generated
	@mkdir -p contracts/src/generated contracts/test/verifier/generated
	@$(B)/zklink air --solidity contracts/src/generated
	@for t in $(TOYS); do $(B)/tests/tools/toy_export solidity $$t contracts/test/verifier/generated \
	    ../../../src/verifier/BlockVerifier.sol; done
	@for d in contracts/out/*Evaluator[0-9]*.sol; do f=$$(basename "$$d"); \
	    [ -e "contracts/src/generated/$$f" ] || [ -e "contracts/test/verifier/generated/$$f" ] || rm -rf "$$d"; done
	$(call note,forge build: about a minute when nothing is built yet)
	@cd contracts && ../node_modules/.bin/forge build --quiet

# Proofs of random blocks by today's circuit: with alterations, what contracts/test/verifier/ZklinkVerifier.t.sol runs; with
# requests and key signatures, what contracts/test/Settlement.t.sol plays.
verifier-vectors: $(B)/zklink $(B)/tests/tools/block_export $(B)/tests/tools/settlement_export \
		$(B)/tests/tools/poseidon2_vectors $(B)/tests/tools/exit_export
	@mkdir -p build/vectors
	@$(B)/tests/tools/poseidon2_vectors >build/vectors/poseidon2.json
	@$(B)/tests/tools/exit_export 1 1200 >build/vectors/exits.jsonl
	@$(B)/zklink air --json build/vectors/zklink.air.json
	@$(B)/tests/tools/block_export swaps:60:1 mixed:12:2 mixed:1:3 >build/vectors/zklink-valid.json
	@python3 tests/reference/vectors.py make 7 build/vectors/zklink.air.json build/vectors/zklink-valid.json \
	    >build/vectors/zklink.json
	@$(B)/tests/tools/settlement_export 4 40 >build/vectors/settlement.json

# The figures that forge test compares with (contracts/snapshots), written anew.
gas-snapshots: all contracts verifier-vectors
	@cd contracts && GAS_SNAPSHOTS=true ../node_modules/.bin/forge test --quiet \
	    --match-contract 'GasTest|KzgOpeningTest|ToyVerifiersTest|ZklinkVerifierTest|SettlementTest'
	@git status --short contracts/snapshots; python3 tools/describe_gas.py >docs/gas.md

demo-run: all contracts
	@python3 tools/demo.py

# ---- tests ----

# `make test` runs all of them: tools/test.py knows them, builds, runs and counts. `tools/test.py --list` shows them.

# The C tests and the fuzz targets over their stored inputs, of any VARIANT. fuzz_block_proof needs verifier-vectors.
unit: tests
	@tools/test.py --unit $(B)

# The brokers' test with 200 operations and kills of the node, too; minutes (the short form is in `make test`).
.PHONY: brokers
brokers: all
	@BROKER_OPERATIONS=$(or $(OPERATIONS),200) python3 tests/integration/test_brokers.py

# The same for longer. TORTURE_SEED repeats a run's choices.
TORTURE_SECONDS ?= 1800
torture: deps
	@$(MAKE) --no-print-directory torture-run

torture-run: all contracts $(B)/tests/tools/sign_tx
	@python3 tests/integration/test_torture.py --seconds $(TORTURE_SECONDS) $(if $(TORTURE_SEED),--seed $(TORTURE_SEED))

# ---- checks that take longer: both compilers, sanitizers, linters, formats ----

C_FILES  := $(sort $(shell find src tests bench fuzz -name '*.[ch]' 2>/dev/null))
TIDY_SRC := $(sort $(shell find src -name '*.c'))

check: deps
	@$(MAKE) --no-print-directory check-run

check-run: all
	@echo "== clang"; $(MAKE) --no-print-directory -s CC=clang VARIANT=clang all tests bench-programs
	@echo "== sanitizers"; $(MAKE) --no-print-directory -s VARIANT=asan unit
	@echo "== layers"; tools/layers.py
	@echo "== docs/air.md"; $(B)/zklink air --json build/air.json && python3 tools/describe_air.py build/air.json | cmp - docs/air.md
	@echo "== clang-format"; clang-format --dry-run -Werror $(C_FILES)
	@echo "== cppcheck"; cppcheck --quiet --std=c11 --enable=warning,performance,portability --inline-suppr \
	    --suppressions-list=tools/cppcheck.txt --error-exitcode=1 -Isrc src
	@echo "== clang-tidy"; $(MAKE) --no-print-directory -s -k -j2 tidy
	@echo "== forge fmt, lint"; cd contracts && ../node_modules/.bin/forge fmt --check && ../node_modules/.bin/forge lint

# One file at a time: version 14 sees uninitialised va_lists where it reads several. The object is there for its headers.
tidy: $(TIDY_SRC:%.c=build/tidy/%.ok)
build/tidy/%.ok: %.c $(B)/%.o .clang-tidy
	@mkdir -p $(@D)
	@clang-tidy --quiet --warnings-as-errors='*' $< -- $(filter-out -Werror -W% -O%,$(CFLAGS)) 2>/dev/null && touch $@

# ---- fuzzing: FUZZ_SECONDS for each target ----

FUZZ_SECONDS ?= 60
FUZZ_BIN := $(FUZZ_SRC:%.c=build/fuzz/%)

fuzz: deps
	@$(MAKE) --no-print-directory -s verifier-vectors
	@$(MAKE) --no-print-directory -s CC=clang VARIANT=fuzz fuzz-run

$(FUZZ_BIN): build/fuzz/%: build/fuzz/%.o $(SUP_OBJ) $(B)/libzklink.a
	$(CC) $(LDFLAGS) -fsanitize=fuzzer -o $@ $^ $(LDLIBS)

fuzz-run: $(FUZZ_BIN)
	@set -e; for t in $(FUZZ_BIN); do echo "== $$t, $(FUZZ_SECONDS) s"; \
	    name=$$(basename $$t); mkdir -p build/fuzz/corpus/$$name; \
	    $$t -max_total_time=$(FUZZ_SECONDS) -len_control=0 -print_final_stats=1 -verbosity=0 \
	        build/fuzz/corpus/$$name \
	        $$(ls -d tests/vectors/fuzz/$$name 2>/dev/null); done

# ---- measurements ----

bench: deps
	@$(MAKE) --no-print-directory bench-run

bench-programs: $(BENCH_BIN)
bench-run: all contracts bench-programs
	@python3 tools/bench.py

clean:
	rm -rf build contracts/out contracts/cache contracts/src/generated contracts/test/verifier/generated

-include $(shell find build -name '*.d' 2>/dev/null)
