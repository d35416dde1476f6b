#!/usr/bin/env python3
"""The node is killed with SIGKILL at random moments, at least KILLS times, while users trade, deposit, withdraw, exit and
change keys; oracles are killed now and then. Afterwards every acknowledged transaction and every request is there exactly
once, all balances on L2 and on all chains are what the books say, and every block is executed on all chains.

    test_kill.py [--seed N] [--kills N]
"""
import argparse
import os
import random
import sys
import time

from traffic import Books, Failure, Traffic
from world import ROOT, World  # traffic has set the path

BEGIN = time.time()


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def kill_for_a_while(world, traffic, rng, kills, done=0):
    """Restarts at once. One moment in four falls into the node's start."""
    oracles = 0
    for i in range(kills):
        time.sleep(rng.uniform(0, 0.4) if rng.random() < 0.25 else rng.uniform(0.4, 4))
        if traffic:
            traffic.check()
        if world.node.popen.poll() is not None:
            raise Failure(f"the node ended by itself with {world.node.popen.returncode}:\n{world.node.tail()}")
        world.node.kill()
        if rng.random() < 0.2:
            oracle = rng.choice(world.oracles)
            oracle.kill()
            oracle.start()
            oracles += 1
        world.start_node(wait=False)
        if (done + i) % 10 == 9:
            say(f"{done + i + 1} kills")
    return oracles


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--kills", type=int, default=55)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print(f"seed {args.seed}", flush=True)
    with World(os.path.join(ROOT, "build", "test-kill"), block_operations=150, block_interval_ms=900,
               anvil_options=["--mixed-mining", "--auto-impersonate"]) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        world.start_node()
        world.start_oracles()
        traffic = Traffic(world, random.Random(rng.getrandbits(64)))
        traffic.set_up()
        say("set up; killing while users trade")
        traffic.go()
        with_traffic = args.kills * 3 // 4
        oracles = kill_for_a_while(world, traffic, rng, with_traffic)
        traffic.finish()
        say(f"{len(traffic.acknowledged)} transactions acknowledged ({traffic.late} found after a broken connection), "
            f"{sum(map(len, traffic.requests.values()))} requests; killing while blocks settle")
        oracles += kill_for_a_while(world, None, rng, args.kills - with_traffic, with_traffic)
        world.wait_executed(240, progress=lambda latest: say(f"blocks {latest}"))
        books = Books(traffic)
        n = books.check()
        rejected = sum((t.rejected for t in traffic.traders), start=type(traffic.traders[0].rejected)())
        say(f"{args.kills} kills of the node, {oracles} of oracles; {traffic.broken} broken connections; {n} operations in "
            f"{world.api('getLatestBlockNumber')['executed']} blocks, each once, settled on both chains; "
            f"exits {books.exits[1]} paid, {books.exits[0]} void; rejected {dict(rejected)}")
        traffic.signer.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        print(f"test_kill: {e}", file=sys.stderr)
        sys.exit(1)
