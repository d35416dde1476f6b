#!/usr/bin/env python3
"""Everything that the operator has is lost but the chains. `zklink recover` rebuilds the state from them: it can be killed
at any moment, its exit paths lead to the confirmed root, and a new node goes on from its database.

    test_recovery.py
"""
import json
import os
import shutil
import signal
import subprocess
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
from world import ZKLINK, Failure, World, wait_until, word  # noqa: E402

BEGIN = time.time()


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def need(condition, what):
    if not condition:
        raise Failure(what)


def history(world):
    """Deposits, keys, a pool, trades: over some blocks, some with key signatures for a chain."""
    alice, bob = world.users("alice", "bob")
    gold, silver = world.tokens
    for user in (alice, bob):
        for token in (gold, silver):
            token.give(user.address, 10**12)
    alice.zklink("deposit", "--token", gold.ref, "--amount", "1000")
    world.wait_account(alice)
    alice.zklink("change-key", "--chain", "1", "--fee-token", gold.ref, "--fee", "0")
    world.wait_executed()
    bob.zklink("deposit", "--token", silver.ref, "--amount", "1000", "--owner", alice.address)
    world.wait_executed()
    alice.zklink("create-pool", "--token-a", gold.ref, "--token-b", silver.ref, "--pool-fee", "30", "--fee-token", gold.ref,
                 "--fee", "0")
    return alice, bob


def root_of(world, number):
    """Of a confirmed block, from the event on the first chain."""
    chain = world.chains[0]
    logs = chain.rpc("eth_getLogs", {"address": world.contract(chain), "fromBlock": "0x0"})
    proved = [e for e in logs if len(e["data"]) == 2 + 6 * 64 and len(e["topics"]) == 2 and int(e["topics"][1], 16) == number]
    return "0x" + proved[0]["data"][2 + 2 * 64:2 + 3 * 64]


def recover_killed(world, database):
    """Killed again and again, it goes on each time, and comes to an end."""
    argv = [ZKLINK, "recover", "--config", world.config, "--database", database]
    for delay in (0.01, 0.02, 0.03, 0.05, 0.08):
        process = subprocess.Popen(argv, stderr=subprocess.DEVNULL, cwd=world.dir)
        time.sleep(delay)
        process.send_signal(signal.SIGKILL)
        process.wait()
    done = world.zklink(*argv[1:], check=False)
    need(done.returncode == 0, f"recover: {done.stderr}")
    return done.stderr


def main():
    with World(os.path.join(ROOT, "build", "test-recovery"), block_time=0.3, block_operations=8, block_interval_ms=400,
               log_size=17) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        need("as in the deployment file" in world.zklink("code", "--config", world.config), "code hashes")
        world.tokens = [c.deploy_token(s, 6, 10**15) for c, s in zip(world.chains, ("GOLD", "SILVER"))]
        for token in world.tokens:
            world.register(token)
        world.start_node()
        world.start_oracles()
        alice, bob = history(world)
        for i in range(6):
            alice.zklink("transfer", "--token", world.tokens[0].ref, "--amount", "1.5", "--to", "1", "--fee-token",
                         world.tokens[0].ref, "--fee", "0")
        latest = world.wait_executed()
        account = alice.account()
        before = {a: world.api("getAccountBalances", a) for a in (1, account)}
        say(f"{latest['executed']} blocks stand on both chains")

        world.node.kill()
        shutil.rmtree(os.path.join(world.dir, "node-data"))
        database = os.path.join(world.dir, "found.db")
        say(recover_killed(world, database).splitlines()[-1])

        text = world.zklink("recover", "--config", world.config, "--database", database, "--account", str(account))
        again = world.zklink("recover", "--config", world.config, "--database", os.path.join(world.dir, "verified.db"),
                             "--account", str(account), "--verify", check=False)
        need(again.stdout == text and "INSECURE set-up" in again.stderr, f"with the proofs verified: {again}")
        found = json.loads(text)
        need(found["root"] == root_of(world, latest["executed"]), f"root {found['root']}")
        shown = {b["token"]: b["amount"] for b in found["balances"]}
        said = {b["token"]: b["amount"] for b in before[account]}
        need(shown == {int(t): a for t, a in said.items()}, f"balances {shown}, the node said {said}")
        need(found["blocks"][0]["root"] == found["root"], "stored block")
        say(f"account {account}: {len(shown)} balances, with exit paths to the confirmed root; every proof verified anew")

        os.makedirs(os.path.join(world.dir, "node-data"), mode=0o700, exist_ok=True)
        for end in ("", "-wal", "-shm"):
            if os.path.exists(database + end):
                shutil.copy(database + end, os.path.join(world.dir, "node-data", "node.db" + end))
        world.start_node()
        for a, balances in before.items():
            need(world.api("getAccountBalances", a) == balances, f"account {a} differs")
        alice.zklink("transfer", "--token", world.tokens[0].ref, "--amount", "2", "--to", "1", "--fee-token",
                     world.tokens[0].ref, "--fee", "0")
        bob.zklink("deposit", "--token", world.tokens[1].ref, "--amount", "7")
        world.wait_account(bob)
        after = world.wait_executed()
        need(after["executed"] > latest["executed"], "nothing new was executed")
        say(f"a new node went on from it, to block {after['executed']}")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        print(f"test_recovery: {e}", file=sys.stderr)
        sys.exit(1)
