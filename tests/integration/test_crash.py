#!/usr/bin/env python3
"""The node is killed with SIGKILL again and again, at random moments, while transfers, swaps and deposits go on. In the end
no acknowledged transaction may be lost, none may count twice, and every block must be executed on both chains.

The books are exact: each sender works alone on its account, so after a lost answer the account's nonce tells whether the
transaction was taken.

usage: test_crash.py [KILLS] (default 50)
"""
import os
import random
import re
import sys
import threading
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..", "tools"))
from world import ROOT, Failure, RpcError, World, wait_until, word  # noqa: E402

KILLS = int(sys.argv[1]) if len(sys.argv) > 1 else 50
SEED = 20251122
BEGIN = time.time()


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


class Sender(threading.Thread):
    """One user that sends from one account until told to stop, and keeps the books of what was taken."""

    def __init__(self, world, user, account, other, token, pool):
        super().__init__(name=user.name)
        self.world, self.user, self.account, self.other, self.token, self.pool = world, user, account, other, token, pool
        self.random = random.Random(SEED + account)
        self.stop, self.acknowledged, self.lost_answers, self.refused = False, {}, 0, 0
        self.taken = 0  # transactions
        self.sent = 0  # base units sent to the other account
        self.error = None

    def nonce(self):
        def read():
            return {"nonce": self.world.api("getAccount", self.account)["nonce"]}
        return wait_until(f"{self.user.name}'s nonce", read, 120)["nonce"]

    def one(self):
        nonce = self.nonce()
        amount = self.random.randrange(1, 10**6)
        swap = self.random.random() < 0.4
        if swap:
            argv = ["swap", "--pool", str(self.pool), "--token-in", self.token.ref, "--amount", self.token.human(amount),
                    "--min-out", "0"]
        else:
            argv = ["transfer", "--token", self.token.ref, "--amount", self.token.human(amount), "--to", str(self.other)]
        argv += ["--account", str(self.account), "--fee-token", self.token.ref, "--fee", "0"]
        done = self.world.zklink(*argv, "--key", self.user.key, "--config", self.world.config, check=False)
        after = self.nonce()
        if after not in (nonce, nonce + 1):
            raise Failure(f"{self.user.name}: nonce {nonce} became {after} by one transaction")
        if done.returncode == 0 and after == nonce:
            raise Failure(f"{self.user.name}: an acknowledged transaction is gone: {done.stdout}")
        if after == nonce:
            self.refused += 1
            return
        self.taken += 1
        self.sent += 0 if swap else amount
        if done.returncode == 0:
            self.acknowledged[re.search(r"0x[0-9a-f]{64}", done.stdout)[0]] = nonce
        else:
            self.lost_answers += 1

    def run(self):
        try:
            while not self.stop:
                self.one()
        except Exception as e:  # told by the main thread
            self.error = e


class Depositor(threading.Thread):
    """Deposits for one owner straight from a chain's own account, whatever the node does."""

    def __init__(self, world, chain, token, owner):
        super().__init__(name="depositor")
        self.world, self.chain, self.token, self.owner = world, chain, token, owner
        self.random = random.Random(SEED)
        self.stop, self.deposited, self.count, self.error = False, 0, 0, None

    def run(self):
        contract = self.world.contract(self.chain)
        deposit = "0x" + self.world.selector("deposit(address,uint256,address)")
        try:
            self.chain.send(to=self.token.address, data="0x095ea7b3" + word(contract) + word(10**15))
            while not self.stop:
                amount = self.random.randrange(1, 10**6)
                self.chain.send(to=contract, data=deposit + word(self.token.address) + word(amount) + word(self.owner),
                                gas=hex(500000))
                self.deposited += amount
                self.count += 1
                time.sleep(self.random.random())
        except Exception as e:
            self.error = e


def balances(world, account):
    return {b["token"]: int(b["amount"]) for b in world.api("getAccountBalances", account)}


def kill_again_and_again(world, workers):
    rng = random.Random(SEED)
    early = 0
    for i in range(KILLS):
        if rng.random() < 0.75:
            wait_until("the node's API", lambda: world.api("health"), 60, alive=[world.node])
        else:
            early += 1
        time.sleep(rng.random() * 2)
        for w in workers:
            if w.error:
                raise w.error
        if world.node.popen.poll() is not None:
            raise Failure(f"the node ended by itself:\n{world.node.tail()}")
        world.node.kill()
        world.start_node(wait=False)
        if (i + 1) % 10 == 0:
            say(f"killed {i + 1} times ({early} without waiting for the API), "
                f"{sum(len(s.acknowledged) for s in workers if isinstance(s, Sender))} transactions acknowledged")
    wait_until("the node's API", lambda: world.api("health"), 60, alive=[world.node])


def check(world, senders, depositor, start, gold, pool):
    wrong = []
    sequences = {}
    for s in senders:
        for hash_, nonce in s.acknowledged.items():
            status = world.api("getTransactionByHash", hash_)
            if status["tx"]["nonce"] != nonce or status["stage"] != "executed":
                wrong.append(f"{s.user.name} nonce {nonce}: {status}")
            if sequences.setdefault(status["sequence"], hash_) != hash_:
                wrong.append(f"sequence {status['sequence']} twice")
        nonce = world.api("getAccount", s.account)["nonce"]
        if nonce != start[s.account]["nonce"] + s.taken:
            wrong.append(f"{s.user.name}: nonce {nonce}, books {start[s.account]['nonce'] + s.taken}")
    # Custody on the chain, and everything that L2 owns of the token, are the same to the unit.
    held = gold.balance(world.contract(gold.chain))
    accounts = {s.account for s in senders} | {pool, 1}
    owned = sum(balances(world, a).get(gold.id, 0) for a in accounts)
    if held != owned:
        wrong.append(f"the contract holds {held}, L2 owns {owned}")
    if held != start["held"] + depositor.deposited:
        wrong.append(f"the contract holds {held}, it was given {start['held'] + depositor.deposited}")
    return wrong


def main():
    with World(os.path.join(ROOT, "build", "test-crash"), block_time=0.5, block_operations=64, block_interval_ms=4000,
               log_size=17) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        alpha = world.chains[0]
        gold = alpha.deploy_token("GOLD", 6, 10**15)
        silver = alpha.deploy_token("SILV", 6, 10**15)
        world.register(gold)
        world.register(silver)
        world.start_node()
        world.start_oracles()
        users = [world.user(name) for name in ("alice", "bob")]
        contract = world.contract(alpha)
        for user in users:
            for token in (gold, silver):
                token.give(user.address, token.units("10000"))
                user.zklink("deposit", "--token", token.ref, "--amount", "5000")
        accounts = [world.wait_account(u) for u in users]
        for user, account in zip(users, accounts):
            wait_until("deposits", lambda: len(balances(world, account)) == 2, 60)
            user.zklink("change-key", "--chain", "1", "--fee-token", gold.ref, "--fee", "0")
        users[0].zklink("create-pool", "--token-a", gold.ref, "--token-b", silver.ref, "--pool-fee", "30", "--fee-token",
                        gold.ref, "--fee", "0")
        pool = world.api("getPools")[0]["pool"]
        users[0].zklink("add-liquidity", "--pool", str(pool), "--max-a", "1000", "--max-b", "1000", "--fee-token", gold.ref,
                        "--fee", "0")
        start = {a: {"nonce": world.api("getAccount", a)["nonce"]} for a in accounts}
        start["held"] = gold.balance(contract)

        senders = [Sender(world, users[i], accounts[i], accounts[1 - i], gold, pool) for i in (0, 1)]
        depositor = Depositor(world, alpha, gold, users[0].address)
        for w in (*senders, depositor):
            w.start()
        say(f"two users trade, deposits come in; now {KILLS} kills")
        try:
            kill_again_and_again(world, (*senders, depositor))
        finally:
            for w in (*senders, depositor):
                w.stop = True
            for w in (*senders, depositor):
                w.join()
        for w in (*senders, depositor):
            if w.error:
                raise w.error
        taken = sum(s.taken for s in senders)
        say(f"{taken} transactions taken ({sum(s.lost_answers for s in senders)} of them without an answer), "
            f"{sum(s.refused for s in senders)} not taken, {depositor.count} deposits; waiting until all is settled")
        time.sleep(2)  # the last deposit becomes final
        latest = world.wait_executed(timeout=400)
        wrong = check(world, senders, depositor, start, gold, pool)
        for text in wrong:
            print("WRONG:", text)
        say(f"{KILLS} kills, {latest['executed']} blocks executed on both chains: "
            + ("nothing lost, nothing doubled" if not wrong else f"{len(wrong)} things are wrong"))
        if taken < KILLS or depositor.count < 10:
            raise Failure("too little happened for the test to mean anything")
        return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, RpcError) as e:
        print(f"test_crash: {e}", file=sys.stderr)
        sys.exit(1)
