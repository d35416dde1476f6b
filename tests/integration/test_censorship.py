#!/usr/bin/env python3
"""A node that takes no requests. It goes on with what it likes until a request's deadline is over; then anybody ends the
instance on that chain: no block is accepted any more, and what everybody has is rebuilt from the chains and taken out by
Merkle paths, without the operator.

    test_censorship.py
"""
import json
import os
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
from world import Failure, World, wait_until  # noqa: E402

BEGIN = time.time()
PERIOD_S, WINDOW_S = 3600, 1800


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def need(condition, what):
    if not condition:
        raise Failure(what)


def set_instance(world):
    for path in [world.config] + [world.oracle_config(i) for i in range(world.n_oracles)]:
        with open(path) as f:
            text = f.read()
        with open(path, "w") as f:
            f.write(text.replace("instance: {", f"instance: {{ request_period_s = {PERIOD_S}; exit_window_s = {WINDOW_S};", 1))


def number(world, chain, getter):
    return int(chain.call(world.contract(chain), "0x" + world.selector(getter + "()")), 16)


def later(chain, seconds):
    chain.rpc("evm_increaseTime", seconds)
    chain.rpc("evm_mine")


def censor(world):
    """The same node, but it ignores requests from now on."""
    with open(world.config) as f:
        text = f.read()
    other = os.path.join(world.dir, "real.conf")
    with open(other, "w") as f:
        f.write(text.replace("evm_chain_id = 31337", "evm_chain_id = 1") + "development: { ignore_requests = 1; };\n")
    refused = world.zklink("node", "--config", other, check=False)
    need(refused.returncode == 1 and "not for development" in refused.stderr, f"misbehaviour on a real chain: {refused}")
    world.node.stop()
    with open(world.config, "a") as f:
        f.write("development: { ignore_requests = 1; };\n")
    world.start_node()


def recovered(world, account):
    return json.loads(world.zklink("recover", "--config", world.config, "--account", str(account)))


def main():
    with World(os.path.join(ROOT, "build", "test-censorship"), block_time=0.3, block_operations=16, block_interval_ms=400,
               log_size=17) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        set_instance(world)
        world.deploy()
        alpha = world.chains[0]
        gold = alpha.deploy_token("GOLD", 6, 10**15)
        world.register(gold)
        world.start_node()
        world.start_oracles()
        alice, bob = world.users("alice", "bob")
        for user in (alice, bob):
            gold.give(user.address, 10**9)
        alice.zklink("deposit", "--token", gold.ref, "--amount", "700")
        world.wait_account(alice)
        alice.zklink("change-key", "--chain", "1", "--fee-token", gold.ref, "--fee", "0")
        world.wait_executed()
        account = alice.account()

        censor(world)
        bob.zklink("deposit", "--token", gold.ref, "--amount", "300")
        request = world.request_count(alpha) - 1
        alice.zklink("transfer", "--token", gold.ref, "--amount", "1", "--to", "1", "--fee-token", gold.ref, "--fee", "0")
        wait_until("the transfer's block", lambda: number(world, alpha, "executedNumber") == world.api("getLatestBlockNumber")
                   ["sealed"] > 0 and world.api("health")["pending"] == 1, 60, alive=[world.node])
        need(bob.account() is None, "the request was taken")
        say(f"a node ignores request {request}; others are served")

        early = world.zklink("exodus", "start", "--chain", "1", "--request", str(request), "--key", bob.key, "--config",
                             world.config, check=False)
        need(early.returncode == 1 and "DeadlineNotOver" in early.stderr, f"before the deadline: {early}")
        for chain in world.chains:
            later(chain, PERIOD_S + 60)
        bob.zklink("exodus", "start", "--chain", "1", "--request", str(request))
        problem = wait_until("the node to stand still", lambda: [p for p in world.api("health")["problems"] if "exodus" in p],
                             30, alive=[world.node])
        confirmed = number(world, alpha, "confirmedNumber")
        say(f"deadline over: {problem[0]}")
        alice.zklink("transfer", "--token", gold.ref, "--amount", "1", "--to", "1", "--fee-token", gold.ref, "--fee", "0")
        time.sleep(4)
        need(number(world, alpha, "confirmedNumber") == confirmed and number(world, alpha, "provedNumber") == confirmed,
             "a block was accepted in exodus")
        balance = int({b["token"]: b["amount"] for b in recovered(world, account)["balances"]}[gold.id])
        world.node.kill()

        later(alpha, WINDOW_S + 60)
        bob.zklink("exodus", "open", "--chain", "1")
        had = gold.balance(alice.address)
        say(bob.zklink("exit", "--chain", "1", "--account", str(account)).strip())
        need(gold.balance(alice.address) - had == balance > 0, "alice did not get what was hers")
        again = world.zklink("exit", "--chain", "1", "--account", str(account), "--key", bob.key, "--config", world.config,
                             check=False)
        need(again.returncode == 1, f"she was paid twice: {again}")
        had = gold.balance(bob.address)
        alice.zklink("exodus", "refund", "--chain", "1", "--request", str(request))
        need(gold.balance(bob.address) - had == 300 * 10**6, "bob's deposit did not come back")
        say(f"without the operator: alice took out {balance / 10**6:g} GOLD by Merkle path, bob's deposit came back")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        print(f"test_censorship: {e}", file=sys.stderr)
        sys.exit(1)
