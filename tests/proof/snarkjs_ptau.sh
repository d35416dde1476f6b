#!/bin/sh
# .ptau files made by snarkjs (node_modules, see package.json).
#   snarkjs_ptau.sh fresh [POWER]   makes a new ceremony with fresh entropy and lets test_ptau import and use it
#   snarkjs_ptau.sh vectors         makes the files under tests/vectors/ptau again (their tau differs each time)
# BUILD names the build directory (build/release).
set -eu
cd "$(dirname "$0")/../.."
snarkjs="node node_modules/snarkjs/build/cli.cjs powersoftau"
test_ptau=${BUILD:-build/release}/tests/proof/test_ptau
beacon=0102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f
dir=$(mktemp -d)
trap 'rm -rf "$dir"' EXIT
entropy() { od -An -tx1 -N32 /dev/urandom | tr -d ' \n'; }

run() {
    if ! $snarkjs "$@" >"$dir/log" 2>&1; then
        cat "$dir/log" >&2
        exit 1
    fi
}

# ceremony POWER NAME: NAME_new, NAME_one, NAME_two and NAME_end (.ptau)
ceremony() {
    run new bn128 "$1" "$dir/$2_new.ptau"
    run contribute "$dir/$2_new.ptau" "$dir/$2_one.ptau" --name=first -e="$(entropy)"
    run contribute "$dir/$2_one.ptau" "$dir/$2_two.ptau" --name=second -e="$(entropy)"
    run beacon "$dir/$2_two.ptau" "$dir/$2_end.ptau" $beacon 10 -n=final
}

case ${1:-fresh} in
fresh)
    power=${2:-8}
    ceremony "$power" fresh
    ZKLINK_PTAU="$dir/fresh_end.ptau" ZKLINK_PTAU_POWER=$power "$test_ptau"
    ;;
vectors)
    ceremony 7 large
    ceremony 3 small
    run beacon "$dir/small_one.ptau" "$dir/small_end.ptau" $beacon 10 -n=final
    run prepare phase2 "$dir/small_end.ptau" "$dir/small_prepared.ptau"
    cp "$dir/large_end.ptau" tests/vectors/ptau/power7_finished.ptau
    cp "$dir/small_new.ptau" tests/vectors/ptau/power3_untouched.ptau
    cp "$dir/small_one.ptau" tests/vectors/ptau/power3_unfinished.ptau
    cp "$dir/small_prepared.ptau" tests/vectors/ptau/power3_prepared.ptau
    ;;
*)
    sed -n '2,5p' "$0" >&2
    exit 2
    ;;
esac
