#!/usr/bin/env python3
"""Runs every test program of the project and counts them: `make test` calls it after the set-up.

    tools/test.py [--list] [NAME..]               builds, then all programs, or those whose names contain one of the words
    tools/test.py [--list] --unit BUILD [NAME..]  the C tests and fuzz targets of a build folder, as it is

A program passes if it ends with 0. Its output goes to build/test-logs and is shown only if it fails. Programs of one process
run two at a time; those that start whole instances (chains, node, oracles) run alone. The last line is `N passed, M failed`;
the exit code is 0 only if none failed.
"""
import concurrent.futures
import glob
import os
import re
import resource
import signal
import subprocess
import sys
import threading
import time

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
BUILD = "build/release"
LOGS = os.path.join(ROOT, "build", "test-logs")
TIMEOUT_S = 900
STOP_S = 20  # for what was interrupted to end
TOYS = ("arith", "tables", "wide", "lone")


class Program:
    """One test program: a command of the shell, run in the project's folder."""

    def __init__(self, part, name, command):
        self.part, self.name, self.command = part, name, command


def unit_programs(build):
    """The C tests (cmocka), and the fuzz targets over their stored inputs."""
    for kind, pattern in (("unit", "tests/*/test_*.c"), ("fuzz", "fuzz/fuzz_*.c")):
        for source in sorted(glob.glob(os.path.join(ROOT, pattern))):
            path = os.path.relpath(source, ROOT)[:-2]
            name = path.removeprefix("tests/").removeprefix("fuzz/")
            yield Program(kind, name, f"{build}/{path if kind == 'unit' else 'tests/' + path}")


def reference_programs():
    """The Python reference on the vectors of C and Python; and C still makes the stored vectors."""
    yield Program("reference", "openings", "cd tests/reference && python3 opening_vectors.py check")
    yield Program("reference", "rollup", "python3 tests/reference/rollup.py check tests/vectors/rollup/blocks.json")
    yield Program("reference", "pools", f"{BUILD}/tests/tools/pool_trades 10000 >build/pool_trades.jsonl && "
                  "python3 tests/reference/pools.py check build/pool_trades.jsonl")
    yield Program("reference", "rollup vectors", f"{BUILD}/tests/tools/rollup_vectors | cmp - tests/vectors/rollup/blocks.json")
    for toy in TOYS:
        v = f"tests/vectors/proofs/{toy}"
        yield Program("reference", f"{toy} proofs", f"python3 tests/reference/vectors.py check -n 40 {v}.air.json {v}.json "
                                                    f"{v}-python.json")
        yield Program("reference", f"{toy} vectors",
                      f"{BUILD}/tests/tools/toy_export air {toy} | cmp - {v}.air.json && "
                      f"{BUILD}/tests/tools/toy_export prove {toy} 1 2 3 >build/vectors/{toy}.json && "
                      f"python3 tests/reference/vectors.py make 7 {v}.air.json build/vectors/{toy}.json | cmp - {v}.json")
    yield Program("reference", "block proofs", "python3 tests/reference/vectors.py check -n 12 build/vectors/zklink.air.json "
                                               "build/vectors/zklink.json")


def contract_programs():
    for kind in ("words", "trades", "calls"):
        yield Program("contracts", f"{kind} vectors",
                      f"{BUILD}/tests/tools/contract_vectors {kind} | cmp - tests/vectors/contracts/{kind}.json")
    for kind in ("pool-words", "pool-calls", "stable-trades"):
        yield Program("contracts", f"{kind} vectors",
                      f"{BUILD}/tests/tools/pool_vectors {kind} | cmp - tests/vectors/contracts/{kind}.json")
    yield Program("contracts", "storage layout", "python3 tools/storage_layout.py --test")
    yield Program("contracts", "forge test", "cd contracts && ../node_modules/.bin/forge test --summary")


def whole_programs():
    for script in sorted(glob.glob(os.path.join(ROOT, "tests/integration/test_*.py"))):
        path = os.path.relpath(script, ROOT)
        yield Program("whole", os.path.basename(path)[:-3], f"python3 {path}")
    yield Program("whole", "demo", "python3 tools/demo.py")


def all_programs():
    """In the order of running: long ones first where two run at a time."""
    yield Program("build", "build", f"make -s -j{os.cpu_count() or 2} all tests && make -s contracts verifier-vectors")
    yield from contract_programs()
    yield from reference_programs()
    yield Program("unit", "ptau of snarkjs", "tests/proof/snarkjs_ptau.sh fresh")
    yield from unit_programs(BUILD)
    yield from whole_programs()


class Runner:
    """Starts programs in process groups of their own, so that all of them end with this one."""

    def __init__(self):
        self.lock, self.running, self.stopping = threading.RLock(), {}, False
        self.passed, self.failed, self.times = 0, [], {}

    def stop(self):
        with self.lock:
            self.stopping = True
            for popen in self.running.values():
                try:
                    os.killpg(popen.pid, signal.SIGTERM)
                except ProcessLookupError:
                    pass

    def run(self, program):
        log = os.path.join(LOGS, re.sub(r"\W+", "_", f"{program.part} {program.name}") + ".log")
        begin = time.monotonic()
        with open(log, "wb") as out:
            with self.lock:
                if self.stopping:
                    return
                popen = subprocess.Popen(["bash", "-c", "set -o pipefail; " + program.command], cwd=ROOT, stdout=out, stderr=out,
                                         stdin=subprocess.DEVNULL, start_new_session=True)
                self.running[popen.pid] = popen
            late = threading.Timer(TIMEOUT_S, lambda: os.killpg(popen.pid, signal.SIGTERM))
            late.start()
            _, status, usage = os.wait4(popen.pid, 0)
            late.cancel()
            with self.lock:
                popen.returncode = os.waitstatus_to_exitcode(status)
                del self.running[popen.pid]
        self.report(program, popen.returncode, time.monotonic() - begin, usage.ru_utime + usage.ru_stime, log)

    def report(self, program, code, wall, cpu, log):
        with open(log, errors="replace") as f:
            text = f.read()
        with self.lock:
            ok = code == 0
            self.passed += ok and program.part != "build"
            part = self.times.setdefault(program.part, [0, 0.0, 0.0])
            for i, v in enumerate((1, wall, cpu)):
                part[i] += v
            print(f"{'ok  ' if ok else 'FAIL'} {program.part:9} {program.name:28} {wall:6.1f} s  {cpu:6.1f} s CPU"
                  f"{counted(text)}", flush=True)
            if not ok:
                self.failed.append(program)
                print(f"--- {program.command}\n--- exit code {code}; the end of {os.path.relpath(log, ROOT)}:")
                print("\n".join(text.splitlines()[-60:]), flush=True)


def counted(text):
    """What a program says of the tests inside it."""
    ran = [int(n) for n in re.findall(r"(\d+) test\(s\) run\.", text)]
    ran += [int(n) for n in re.findall(r"Suite result: \w+\. (\d+) passed", text)]
    skipped = sum(int(n) for n in re.findall(r"\[  SKIPPED \] (\d+) test", text))
    skipped += sum(int(n) for n in re.findall(r"Suite result: .* (\d+) skipped", text))
    note = f"  {sum(ran)} tests" if ran else ""
    return note + (f", {skipped} skipped" if skipped else "")


def choose(arguments):
    words = [a for a in arguments if not a.startswith("--")]
    programs = list(unit_programs(words.pop(0)) if "--unit" in arguments else all_programs())
    return [p for p in programs if p.part == "build" or not words or any(w in f"{p.part} {p.name}" for w in words)]


def stop_on_signals(runner):
    def stop(number, _):
        runner.stop()
        end = time.monotonic() + STOP_S
        while runner.running and time.monotonic() < end:
            time.sleep(0.05)
        os._exit(128 + number)

    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, stop)


def main(arguments):
    chosen = choose(arguments)
    if "--list" in arguments:
        for p in chosen:
            print(f"{p.part:9} {p.name:28} {p.command}")
        return 0
    os.makedirs(LOGS, exist_ok=True)
    runner, begin = Runner(), time.monotonic()
    stop_on_signals(runner)
    # The signal handler needs the main thread, so that programs are waited for in others.
    for threads, parts in ((1, {"build"}), (2, {"contracts", "reference", "unit", "fuzz"}), (1, {"whole"})):
        if not any(p.part == "build" for p in runner.failed):
            with concurrent.futures.ThreadPoolExecutor(threads) as pool:
                list(pool.map(runner.run, [p for p in chosen if p.part in parts]))

    print("\npart        programs      time   CPU time")
    for part, (n, wall, cpu) in runner.times.items():
        print(f"{part:9} {n:10} {wall:8.1f} s {cpu:8.1f} s")
    total = resource.getrusage(resource.RUSAGE_CHILDREN)
    print(f"all in {time.monotonic() - begin:.0f} s, {total.ru_utime + total.ru_stime:.0f} s CPU")
    for p in runner.failed:
        print(f"failed: {p.part} {p.name}")
    print(f"{runner.passed} passed, {len(runner.failed)} failed", flush=True)
    return 1 if runner.failed or runner.passed == 0 else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
