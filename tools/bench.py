#!/usr/bin/env python3
"""Runs every benchmark of the project, prints one table and writes build/bench.json. Numbers compare within one run; machines
differ by half again. `--quick` leaves out the large sizes."""
import json
import os
import platform
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = os.path.join(ROOT, "build")
OUT = os.path.join(BUILD, "bench.json")


def run(title, argv, name):
    """Runs a benchmark that writes JSON to a file of its own; returns what it wrote."""
    path = os.path.join(BUILD, f"bench-{name}.json")
    if os.path.exists(path):
        os.remove(path)
    print(f"== {title}", flush=True)
    begin = time.time()
    subprocess.run([*argv, "--json", path], check=True, cwd=ROOT)
    print(f"   ({time.time() - begin:.0f} s)\n", flush=True)
    with open(path) as f:
        return json.load(f)


def binary(name):
    return os.path.join(BUILD, "release/bench", name)


def table(result):
    rows = [("Fr multiplication", f"{result['fr_mul_ns']:.1f} ns"), ("Fq multiplication", f"{result['fq_mul_ns']:.1f} ns")]
    rows += [(f"MSM 2^{m['log_n']}, {m['threads']} thread{'s' if m['threads'] > 1 else ''}",
              f"{m['us_per_point']:.2f} us a point") for m in result["msm"]]
    rows += [("Poseidon2, native", f"{result['poseidon2_per_s']:.0f} /s"),
             ("Poseidon2, proven", f"{result['poseidon2_proven_us']:.0f} us each"),
             ("signatures verified", f"{result['verify_sig_per_s']:.0f} /s"),
             ("a block of 8 swaps proven", f"{result['block8_s']:.2f} s"),
             ("a proof verified in C", f"{result['verify_ms']:.1f} ms"),
             ("swaps accepted, prover idle", f"{result['sequencer_idle_per_s']:.0f} /s"),
             ("swaps accepted, prover busy", f"{result['sequencer_busy_per_s']:.0f} /s")]
    for name, value in rows:
        print(f"{name:<34} {value}")
    print(f"\n{'swaps':>6} {'accounts':<12} {'cells/op':>8} {'prove s':>8} {'ops/s':>7} {'RSS MiB':>8} {'proof B':>8} "
          f"{'gas fixed':>10} {'gas/op':>7}")
    for b in result["blocks"]:
        print(f"{b['swaps']:>6} {b['accounts']:<12} {b['cells_per_op']:>8.0f} {b['prove_s']:>8.2f} {b['ops_per_s']:>7.1f} "
              f"{b['rss_mib']:>8.0f} {b['proof_bytes']:>8} {b['gas_fixed']:>10} {b['gas_per_op']:>7}")


def main():
    quick = "--quick" in sys.argv[1:]
    sizes = "8,256" if quick else "8,256,1024,4096"
    calldata = os.path.join(BUILD, "bench-calldata")
    os.makedirs(calldata, exist_ok=True)
    for name in os.listdir(calldata):
        os.remove(os.path.join(calldata, name))
    result = {"machine": platform.processor() or platform.machine(), "cores": os.cpu_count(), "time": int(time.time())}
    result |= run("fields, curves, MSM", [binary("bench_crypto")], "crypto")
    result |= run("hashes, signatures", [binary("bench_hash")], "hash")
    result |= run("proving", [binary("bench_prove"), "--sizes", sizes, "--calldata", calldata], "prove")
    gas = run("gas of the proof check, on local chains", [sys.executable, "tools/bench_gas.py", "--calldata", calldata], "gas")
    for block in result["blocks"]:
        block |= gas["blocks"][f"{block['swaps']}-{block['accounts']}"]
    result["stages"] = gas.get("stages")
    result |= run("recovery from the log", [binary("bench_recover")], "recover")
    result |= run("the sequencer's API", [sys.executable, "tools/bench_sequencer.py"], "sequencer")
    table(result)
    with open(OUT, "w") as f:
        json.dump(result, f, indent=1)
    print(f"\nwrote {os.path.relpath(OUT, ROOT)}")


if __name__ == "__main__":
    main()
