#!/usr/bin/env python3
"""A chain forgets what was final: a deposit that stands in a block which the other chain has accepted. This chain can never
accept that block. The oracles' operators decide to take it back, relays bring their signatures to both chains, and the node
begins a new epoch by itself: transactions of the block are tried again, the deposit that never was is gone.

    test_reorgs.py
"""
import os
import re
import sys
import time

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
from world import ZKLINK, Failure, Process, World, rpc, wait_until  # noqa: E402

BEGIN = time.time()
CONFIRMATIONS = 3


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def need(condition, what):
    if not condition:
        raise Failure(what)


def number(world, chain, getter):
    return int(chain.call(world.contract(chain), "0x" + world.selector(getter + "()")), 16)


def start_oracles(world, *flags):
    for i in range(world.n_oracles):
        argv = [ZKLINK, "oracle", "--config", world.oracle_config(i), *flags]
        world.oracles.append(Process(world, f"oracle-{i + 1}-service", argv))
    world.processes += world.oracles


def start_relay(world):
    with open(world.config) as f:
        text = f.read()
    urls = re.search(r"oracle_urls = \((.*?)\);", text).group(1)
    key = world.user("relay").key
    path = os.path.join(world.dir, "relay.conf")
    with open(path, "w") as f:
        f.write(text.replace('data_dir = "node-data"', 'data_dir = "relay-data"'))
        f.write(f'relay: {{ key_file = "{key}"; oracle_urls = ( {urls} ); }};\n')
    world.processes.append(Process(world, "relay", [ZKLINK, "relay", "--config", path]))


def transfer(world, amount):
    text = world.alice.zklink("transfer", "--token", world.gold.ref, "--amount", amount, "--to", "1", "--fee-token",
                              world.gold.ref, "--fee", "0", "--json")
    return re.search(r"0x[0-9a-f]{64}", text).group(0)


def forget(world):
    """A block that both chains have proved and no oracle has signed; then the first chain forgets a deposit in it."""
    alpha, beta = world.chains
    for p in world.oracles:
        p.stop()
        world.processes.remove(p)
    world.oracles = []
    before = number(world, alpha, "provedNumber")
    height = int(alpha.rpc("eth_blockNumber"), 16)
    world.bob.zklink("deposit", "--token", world.gold.ref, "--amount", "300")
    hash_ = transfer(world, "2.5")
    wait_until("the block on both chains", lambda: world.api("getLatestBlockNumber")["submitted"] > before and
               world.bob.account(), 60, alive=[world.node])
    time.sleep(2)  # final everywhere
    depth = int(alpha.rpc("eth_blockNumber"), 16) - height
    alpha.rpc("anvil_reorg", depth, [])
    need(number(world, alpha, "provedNumber") == before and number(world, beta, "provedNumber") > before,
         "the chains do not stand as they should")
    need(world.request_count(alpha) == world.requests, "the deposit still stands")
    wait_until("the node to notice", lambda: "reorganised" in " ".join(world.api("health")["problems"]), 30, alive=[world.node])
    say(f"chain 1 forgot {depth} blocks, a deposit in them; chain 2 has proved a block with it")
    return before + 1, hash_


def main():
    with World(os.path.join(ROOT, "build", "test-reorgs"), block_time=0.3, block_operations=16, block_interval_ms=400,
               log_size=17, confirmations=CONFIRMATIONS) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        alpha, beta = world.chains
        world.gold = alpha.deploy_token("GOLD", 6, 10**15)
        world.register(world.gold)
        world.start_node()
        start_oracles(world)
        world.alice, world.bob = world.users("alice", "bob")
        for user in (world.alice, world.bob):
            world.gold.give(user.address, 10**9)
        world.alice.zklink("deposit", "--token", world.gold.ref, "--amount", "700")
        world.wait_account(world.alice)
        world.alice.zklink("change-key", "--chain", "1", "--fee-token", world.gold.ref, "--fee", "0")
        world.wait_executed()
        world.requests = world.request_count(alpha)
        account = world.alice.account()

        block, hash_ = forget(world)
        start_oracles(world, "--reread")
        time.sleep(3)
        need(number(world, beta, "confirmedNumber") < block, "a block was confirmed that chain 1 does not have")
        for i in range(3):
            done = world.zklink("oracle-revert", "--epoch", "0", "--block", str(block), "--config", world.oracle_config(i))
            need("decided" in done, done)
        start_relay(world)
        wait_until("the new epoch on both chains", lambda: [number(world, c, "epoch") for c in world.chains] == [1, 1], 60,
                   alive=[world.node])
        say(f"three of four oracles took back from block {block} on; both chains are in epoch 1")
        wait_until("the second try and its end", lambda: world.api("getTransactionByHash", hash_)["stage"] == "executed", 90,
                   alive=[world.node])
        need(world.bob.account() is None, "a deposit that never was is on L2")
        balance = {b["token"]: b["amount"] for b in world.api("getAccountBalances", account)}[world.gold.id]
        need(int(balance) == 697500000, f"alice has {balance}")
        world.bob.zklink("deposit", "--token", world.gold.ref, "--amount", "40")
        world.wait_account(world.bob)
        transfer(world, "1")
        latest = world.wait_executed(90)
        states = [rpc(world.oracle_url(i), "health") for i in range(world.n_oracles)]
        need(all(s["epoch"] == 1 and s["status"] == "ok" for s in states), f"oracles: {states}")
        need(world.api("health")["problems"] == [], f"node: {world.api('health')}")
        text = world.zklink("recover", "--config", world.config, "--database", os.path.join(world.dir, "found.db"), "--account",
                            str(account))
        need('"amount": "696500000"' in text, "recovery after the taking back")
        say(f"the transfer was tried again and executed; all goes on, to block {latest['executed']}, and can be recovered")


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        print(f"test_reorgs: {e}", file=sys.stderr)
        sys.exit(1)
