#!/usr/bin/env python3
"""What operators meet: an endpoint of another chain, a damaged set-up file, a wrong deployment file, a chain that stands
still, transactions that get lost, reorganisations within the confirmation depth and beyond. Mistakes get a clear error and
nothing starts; trouble is survived and nothing is lost; what only a person can solve stops its chain and says so.
"""
import os
import re
import signal
import sys
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
from world import ROOT, ZKLINK, Failure, RpcError, World, rpc, wait_until  # noqa: E402

BEGIN = time.time()
CONFIRMATIONS = 3


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def must_refuse(world, what, change, *words, command="node"):
    """A service with a changed configuration ends at once with code 1 and names the mistake."""
    with open(world.config if command == "node" else world.oracle_config(0)) as f:
        text = f.read()
    changed = change(text)
    if changed == text:
        raise Failure(f"{what}: the test changes nothing")
    path = os.path.join(world.dir, "wrong.conf")
    with open(path, "w") as f:
        folder = "wrong-data-" + re.sub(r"\W+", "-", what)  # of its own: an oracle's folder belongs to one key
        f.write(changed.replace("node-data", folder).replace("oracle-1-data", folder))
    done = world.zklink(command, "--config", path, check=False, timeout=60)
    if done.returncode != 1 or not all(w in done.stderr for w in words):
        raise Failure(f"{what}: exit code {done.returncode}, {done.stderr}")
    say(f"{what}: {done.stderr.strip().splitlines()[-1]}")


def configuration_mistakes(world):
    a, b = (c.url for c in world.chains)
    swap = lambda t: t.replace(a, "@").replace(b, a).replace("@", b)  # noqa: E731
    must_refuse(world, "endpoints of the other chain", swap, "31337", "31338")
    must_refuse(world, "the same, for an oracle", swap, "31337", "31338", command="oracle")
    must_refuse(world, "a port that is in use", lambda t: re.sub(r"(node: \{[^}]*?\bport = )\d+", rf"\g<1>{a.split(':')[2]}", t),
                "cannot listen")
    must_refuse(world, "an unknown setting", lambda t: t.replace("block_interval_ms", "block_intervall_ms"), "block_intervall_ms")
    must_refuse(world, "a number out of range", lambda t: t.replace("confirmations = 3", "confirmations = -3"), "confirmations")
    must_refuse(world, "another salt than deployed", lambda t: t.replace("5a5a5a5a", "5a5a5a5b", 1), "salt")
    must_refuse(world, "a key that is not the operator's", lambda t: t.replace("operator.key", "stranger.key"), "operator")
    must_refuse(world, "a key that is no oracle's", lambda t: t.replace("oracle-1.key", "stranger.key"), "network",
                command="oracle")
    must_refuse(world, "a missing key file", lambda t: t.replace("operator.key", "nobody.key"), "nobody.key")
    os.chmod(os.path.join(world.dir, "stranger.key"), 0o644)
    must_refuse(world, "a key file that others may read", lambda t: t.replace("operator.key", "stranger.key"), "644")
    with open(world.srs, "rb") as f:
        srs = bytearray(f.read())
    srs[len(srs) // 2] ^= 1
    damaged = os.path.join(world.dir, "damaged-srs.bin")
    with open(damaged, "wb") as f:
        f.write(srs)
    must_refuse(world, "a damaged set-up file", lambda t: t.replace(world.srs, damaged), "damaged-srs.bin")
    with open(damaged, "wb") as f:
        f.write(srs[:1000])
    must_refuse(world, "a set-up file cut short", lambda t: t.replace(world.srs, damaged), "damaged-srs.bin")
    os.remove(damaged)
    with open(os.path.join(world.dir, "deployment.json")) as f:
        deployment = f.read()
    wrong = os.path.join(world.dir, "wrong-deployment.json")
    contract = world.deployment()["chains"][0]["contract"]
    with open(wrong, "w") as f:
        f.write(deployment.replace(contract, world.tokens[0].address))
    must_refuse(world, "a contract address that is something else", lambda t: t.replace("deployment.json", wrong), "instanceId")


def transfer(world, times=3):
    for _ in range(times):
        world.alice.zklink("transfer", "--token", world.tokens[0].ref, "--amount", "0.5", "--to", "1", "--fee-token",
                           world.tokens[0].ref, "--fee", "0")


def chain_stands_still(world):
    beta = world.chains[1]
    os.kill(beta.process.popen.pid, signal.SIGSTOP)
    try:
        transfer(world)
        sealed = wait_until("a sealed block", lambda: world.api("health")["pending"] == 0 and
                            world.api("getLatestBlockNumber")["sealed"], 30)
        wait_until("the first chain to go on", lambda: world.api("getBlockByNumber", sealed)["chains"][0]["submitTx"], 60)
        time.sleep(3)
        block = world.api("getBlockByNumber", sealed)
        if block["chains"][1]["stage"] not in ("sealed", "proved") or block["chains"][0]["stage"] == "confirmed":
            raise Failure(f"block {sealed} went on though chain 2 stands still: {block}")
    finally:
        os.kill(beta.process.popen.pid, signal.SIGCONT)
    say(f"chain 2 stood still: block {sealed} waited for it")
    world.wait_executed()


def transactions_get_lost(world):
    alpha = world.chains[0]
    transfer(world, 1)
    lost = 0
    end = time.time() + 90
    while lost < 3 and time.time() < end:
        if int(alpha.rpc("eth_getTransactionCount", world.operator.address, "pending"), 16) > \
                int(alpha.rpc("eth_getTransactionCount", world.operator.address, "latest"), 16):
            alpha.rpc("anvil_dropAllTransactions")
            lost += 1
        time.sleep(0.02)
    if lost < 3:
        raise Failure("no transaction to lose")
    world.wait_executed(240)
    with open(world.node.log) as f:
        resent = len(re.findall("event=(?:resent|offered_again)", f.read()))
    if resent == 0:
        raise Failure("nothing was sent again")
    say(f"{lost} transactions were dropped from the pool, {resent} sent again")


def reorganisations(world):
    alpha = world.chains[0]
    transfer(world, 1)
    for _ in range(4):
        time.sleep(1.5)
        alpha.rpc("anvil_reorg", CONFIRMATIONS - 1, [])
    world.wait_executed(240)
    say("chain 1 was reorganised within the depth four times: all is settled")
    transfer(world, 1)
    world.wait_executed()
    before = world.api("getAccountBalances", 1)
    alpha.rpc("anvil_reorg", CONFIRMATIONS + 6, [])
    problem = wait_until("the node to notice", lambda: world.api("health")["problems"], 60, alive=[world.node])
    if "reorganised" not in problem[0]:
        raise Failure(f"the node says {problem}")
    if world.api("getAccountBalances", 1) != before:
        raise Failure("balances changed")
    noticed = wait_until("the oracles to notice", lambda: all(
        "reorganised" in "".join(rpc(f"http://127.0.0.1:{p}", "health")["problems"]) for p in world.oracle_ports), 60)
    say(f"a reorganisation deeper than the depth: {problem[0]} (oracles too: {noticed})")


def main():
    with World(os.path.join(ROOT, "build", "test-operation"), block_time=0.5, block_operations=64, block_interval_ms=500,
               log_size=17, confirmations=CONFIRMATIONS) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        world.tokens = [world.chains[0].deploy_token("GOLD", 6, 10**15)]
        world.register(world.tokens[0])
        world.user("stranger")
        configuration_mistakes(world)
        world.start_node()
        world.start_oracles()
        world.alice = world.user("alice")
        world.tokens[0].give(world.alice.address, 10**10)
        world.alice.zklink("deposit", "--token", world.tokens[0].ref, "--amount", "5000")
        world.wait_account(world.alice)
        world.alice.zklink("change-key", "--chain", "1", "--fee-token", world.tokens[0].ref, "--fee", "0")
        world.wait_executed()
        chain_stands_still(world)
        transactions_get_lost(world)
        reorganisations(world)
    say("all survived or clearly refused")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, RpcError) as e:
        print(f"test_operation: {e}", file=sys.stderr)
        sys.exit(1)
