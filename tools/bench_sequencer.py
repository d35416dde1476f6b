#!/usr/bin/env python3
"""How many signed swaps a second the sequencer accepts through its API, on one machine with the client: with the prover
idle (blocks are sealed, and wait) and while it proves what was sealed before. Every signature is checked, and every answer
counted is a receipt, which is given after the database's commit.

    bench_sequencer.py [--json FILE] [--accounts N] [--connections N] [--swaps N]

Writes {"sequencer_idle_per_s", "sequencer_busy_per_s", ..}: single requests over --connections connections; batches apart.
"""
import argparse
import json
import os
import subprocess
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import ROOT, ZKLINK, Failure, World, wait_until, word  # noqa: E402

BENCH = os.path.join(os.path.dirname(ZKLINK), "bench/bench_sequencer")


def say(text):
    print(f"bench_sequencer: {text}", file=sys.stderr, flush=True)


class Bench:
    def __init__(self, world, args):
        self.world, self.accounts, self.connections = world, args.accounts, args.connections
        self.pool = 0

    def run(self, command, *options):
        w = self.world
        done = subprocess.run(
            [BENCH, "--url", w.api_url, "--deployment", os.path.join(w.dir, "deployment.json"), "--accounts",
             str(self.accounts), "--connections", str(self.connections), "--pool", str(self.pool),
             "--tokens", ",".join(str(t.id) for t in getattr(self, "tokens", [])) or "0,0", *options, command],
            capture_output=True, text=True, timeout=600)
        if done.returncode != 0:
            raise Failure(f"bench_sequencer {command}: {done.stdout}{done.stderr}")
        return done.stdout

    def set_up(self):
        w = self.world
        w.start_chains()
        w.make_keys()
        w.make_srs()
        w.deploy()
        self.tokens = [c.deploy_token(s, 18, 10**30) for c, s in zip(w.chains, ("GOLD", "USDB"))]
        for token in self.tokens:
            w.register(token)
        self.start(prover_threads=0)
        wait_until("the tokens", lambda: len(w.api("getSupportTokens")) == 2 * len(w.chains), alive=[w.node])
        maker = w.user("maker")
        for token in self.tokens:
            token.give(maker.address, 10**24)
            maker.zklink("deposit", "--token", token.ref, "--amount", "500000")
        say(f"deposits for {self.accounts} accounts")
        gold = self.tokens[0]
        gold.chain.rpc("eth_sendTransaction", {
            "from": gold.chain.funder, "to": gold.address, "data": "0x095ea7b3" + word(w.contract(gold.chain)) + "f" * 64})
        for address in self.run("addresses").split():
            gold.chain.rpc("eth_sendTransaction", {
                "from": gold.chain.funder, "to": w.contract(gold.chain), "gas": hex(300000),
                "data": "0x" + w.selector("deposit(address,uint256,address)") + word(gold.address) + word(10**21) + word(address)})
        # the maker's deposit was the first request; NOT_FOUND is tried again
        wait_until("the deposits", lambda: w.api("getRequest", 1, self.accounts), 120, alive=[w.node])
        w.wait_account(maker)
        # Two deposits of one owner on two chains are two accounts until a key change by signature.
        account = next(a for a in w.api("getAccountsByAddress", maker.address) if a["authority"] == 1)["account"]
        maker.zklink("change-key", "--chain", "1", "--fee-token", gold.ref, "--account", str(account))
        maker.zklink("deposit", "--token", self.tokens[1].ref, "--amount", "400000")
        wait_until("the maker's second token", lambda: len(w.api("getAccountBalances", account)) == 2, alive=[w.node])
        mine = "--account", str(account), "--fee-token", gold.ref
        maker.zklink("create-pool", "--token-a", gold.ref, "--token-b", self.tokens[1].ref, "--pool-fee", "30", *mine)
        self.pool = w.api("getPools")[0]["pool"]
        maker.zklink("add-liquidity", "--pool", str(self.pool), "--max-a", "400000", "--max-b", "400000", *mine)
        say(f"signing keys: {self.run('keys').strip()}")

    def start(self, prover_threads):
        """(Re)starts the node with so many threads for the prover; 0: it stays idle."""
        w = self.world
        if w.node:
            w.node.stop(60)
        w.write_configs()
        with open(w.config) as f:
            text = f.read()
        with open(w.config, "w") as f:
            f.write(text.replace("prover: {", f"prover: {{ threads = {prover_threads};"))
        w.start_node()

    def swaps(self, count, batch=1):
        return json.loads(self.run("swaps", "--count", str(count), "--batch", str(batch)))


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--json")
    parser.add_argument("--accounts", type=int, default=1024)
    parser.add_argument("--connections", type=int, default=64)
    parser.add_argument("--swaps", type=int, default=16384)
    args = parser.parse_args()
    with World(os.path.join(ROOT, "build", "bench-sequencer"), block_operations=1024, block_interval_ms=5000,
               anvil_options=["--mixed-mining"]) as world:
        bench = Bench(world, args)
        bench.set_up()
        idle = bench.swaps(args.swaps)
        say(f"prover idle: {idle}")
        batches = bench.swaps(args.swaps, 64)
        say(f"prover idle, batches of 64: {batches}")
        bench.start(prover_threads=os.cpu_count())
        time.sleep(1)
        before = world.api("getLatestBlockNumber")
        busy = bench.swaps(args.swaps)
        after = world.api("getLatestBlockNumber")
        say(f"while proving: {busy}; blocks before {before}, after {after}")
        if after["proved"] == after["sealed"]:
            raise Failure("the prover had nothing to do at the end: the measurement does not count")
        result = {"sequencer_idle_per_s": idle["per_s"], "sequencer_busy_per_s": busy["per_s"],
                  "sequencer_batch_per_s": batches["per_s"], "sequencer": {"idle": idle, "busy": busy, "batches": batches}}
    if args.json:
        with open(args.json, "w") as f:
            json.dump(result, f, indent=2)
    print(json.dumps({k: v for k, v in result.items() if k != "sequencer"}))
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        print(f"bench_sequencer: {e}", file=sys.stderr)
        sys.exit(1)
