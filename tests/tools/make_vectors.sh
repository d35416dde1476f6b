#!/bin/sh
# Makes tests/vectors/proofs anew: for each toy system its description, a suite of the C prover's proofs with their
# alterations, and a suite of the Python prover's proofs. Usage: tests/tools/make_vectors.sh [BUILD_DIR]
set -eu
cd "$(dirname "$0")/../.."
export_=${1:-build/release}/tests/tools/toy_export
out=tests/vectors/proofs
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
for toy in arith tables wide lone; do
    "$export_" air "$toy" >"$out/$toy.air.json"
    "$export_" prove "$toy" 1 2 3 >"$work/$toy.json"
    python3 tests/reference/vectors.py make 7 "$out/$toy.air.json" "$work/$toy.json" >"$out/$toy.json"
    for seed in 4 5; do "$export_" trace "$toy" "$seed" >"$work/$toy-$seed.json"; done
    python3 tests/reference/toy_prover.py "$out/$toy.air.json" "$work/$toy-4.json" "$work/$toy-5.json" \
        >"$out/$toy-python.json"
done
