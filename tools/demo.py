#!/usr/bin/env python3
"""The whole job on two local chains: a trade between tokens native to different chains, proven in C, verified and settled
on both. Plays what users do through the command line only, keeps its own books with big integers, and at the end compares
them with the ERC-20 contracts' answers. Exit code 0 only if everything agrees.
"""
import os
import sys
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import ROOT, Failure, World, wait_until  # noqa: E402

POOL_FEE = 30  # 1/10000
BEGIN = time.time()


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def isqrt(n):
    x = 1 << ((n.bit_length() + 1) // 2)
    while True:
        y = (x + n // x) // 2
        if y >= x:
            return x
        x = y


def short_fee(amount):
    """The least m * 256^e >= amount with m < 2^32."""
    e = 0
    while -(-amount // 256**e) >= 2**32:
        e += 1
    return -(-amount // 256**e) * 256**e


class Books:
    """What everybody must own, worked out from the formulas alone."""

    def __init__(self):
        self.l2, self.l1 = {}, {}
        self.reserve, self.supply = [0, 0], 0

    def move(self, book, who, token, amount):
        book[who, token] = book.get((who, token), 0) + amount
        if book[who, token] < 0:
            raise Failure(f"the books say that {who} cannot pay {-amount} {token}")

    def deposit(self, who, token, amount):
        self.move(self.l1, who, token, -amount)
        self.move(self.l2, who, token, amount)

    def withdraw(self, who, token, amount):
        self.move(self.l2, who, token, -amount)
        self.move(self.l1, who, token, amount)

    def fee(self, who, token, amount):
        self.move(self.l2, who, token, -amount)
        self.move(self.l2, "operator", token, amount)

    def add_liquidity(self, who, tokens, most):
        if self.supply == 0:
            taken, root = list(most), isqrt(most[0] * most[1])
            self.supply, shares = root, root - 1000
        else:
            shares = min(most[i] * self.supply // self.reserve[i] for i in (0, 1))
            taken = [-(-shares * self.reserve[i] // self.supply) for i in (0, 1)]
            self.supply += shares
        for i in (0, 1):
            self.move(self.l2, who, tokens[i], -taken[i])
            self.reserve[i] += taken[i]
        self.move(self.l2, who, "shares", shares)

    def remove_liquidity(self, who, tokens, shares):
        given = [shares * self.reserve[i] // self.supply for i in (0, 1)]
        self.move(self.l2, who, "shares", -shares)
        self.supply -= shares
        for i in (0, 1):
            self.move(self.l2, who, tokens[i], given[i])
            self.reserve[i] -= given[i]

    def swap(self, who, tokens, i, amount):
        kept = amount * (10000 - POOL_FEE)
        out = kept * self.reserve[1 - i] // (10000 * self.reserve[i] + kept)
        self.move(self.l2, who, tokens[i], -amount)
        self.move(self.l2, who, tokens[1 - i], out)
        self.reserve[i] += amount
        self.reserve[1 - i] -= out
        return out


class Demo:
    def __init__(self, world):
        self.world, self.books = world, Books()

    # ---- set-up ----

    def set_up(self):
        w = self.world
        say("starting two chains and making keys")
        w.start_chains()
        w.make_keys()
        say("powers of tau: an INSECURE local set-up, for development chains only")
        w.make_srs()
        say("deploying verifier and contract on both chains, a transaction a block")
        w.deploy()
        self.gold = w.chains[0].deploy_token("GOLD", 18, 10**27)
        self.usdb = w.chains[1].deploy_token("USDB", 6, 10**15)
        self.tokens = [self.gold, self.usdb]
        for token in self.tokens:
            w.register(token)
            say(f"registered {token.symbol}, native to {token.chain.name}, as token {token.id}")
        say("starting the node and four oracles")
        w.start_node()
        w.start_oracles()
        say("alice, bob, carol and dave get keys, and some tokens on the chains")
        self.users = {u.name: u for u in w.users("alice", "bob", "carol", "dave")}
        for name, token, amount in (("alice", self.gold, "1000"), ("alice", self.usdb, "50000"),
                                    ("bob", self.gold, "100"), ("carol", self.usdb, "8000")):
            token.give(self.users[name].address, token.units(amount))
        self.before = self.l1_balances()
        for key, amount in self.before.items():
            self.books.l1[key] = amount

    def l1_balances(self):
        return {(name, token.symbol): token.balance(user.address)
                for name, user in self.users.items() for token in self.tokens}

    # ---- what users do ----

    def run(self, name, *args):
        out = self.users[name].zklink(*args).strip().splitlines()
        say(f"{name}: {' '.join(a for a in args)}\n           {out[-1] if out else ''}")

    def fee(self, name, token):
        """Every operation pays an explicit fee, so that the books know it."""
        amount = {"GOLD": "0.002", "USDB": "0.1"}[token.symbol]
        self.books.fee(name, token.symbol, short_fee(token.units(amount)))
        return ["--fee-token", token.ref, "--fee", amount]

    def deposit(self, name, token, amount):
        self.run(name, "deposit", "--token", token.ref, "--amount", amount)
        self.books.deposit(name, token.symbol, token.units(amount))

    def change_key(self, name, chain, token):
        self.run(name, "change-key", "--chain", str(chain.number), *self.fee(name, token))

    def set_key(self, name, chain):
        self.run(name, "set-key", "--chain", str(chain.number))
        account = self.users[name].account()
        wait_until(f"{name}'s key", lambda: self.world.api("getAccount", account)["pubKey"], 60,
                   alive=[self.world.node])

    def swap(self, name, token, amount):
        fee = self.fee(name, token)
        i = self.tokens.index(token)
        expected = self.books.swap(name, ["GOLD", "USDB"], i, token.units(amount))
        other = self.tokens[1 - i]
        self.run(name, "swap", "--pool", str(self.pool), "--token-in", token.ref, "--amount", amount,
                 "--min-out", other.human(expected), *fee)

    def transfer(self, name, to, token, amount, to_address=False):
        fee = self.fee(name, token)
        user = self.users[to]
        target = [user.address, "--to-chain", str(token.chain.number)] if to_address else [str(user.account())]
        self.run(name, "transfer", "--token", token.ref, "--amount", amount, "--to", *target, *fee)
        self.books.move(self.books.l2, name, token.symbol, -token.units(amount))
        self.books.move(self.books.l2, to, token.symbol, token.units(amount))

    def withdraw(self, name, token, amount=None):
        fee = self.fee(name, token)
        units = self.books.l2[name, token.symbol] if amount is None else token.units(amount)
        self.run(name, "withdraw", "--token", token.ref, "--amount", token.human(units), *fee)
        self.books.withdraw(name, token.symbol, units)

    def full_exit(self, name, chain, token):
        self.run(name, "full-exit", "--chain", str(chain.number), "--token", token.ref)
        self.books.withdraw(name, token.symbol, self.books.l2[name, token.symbol])

    def play(self):
        w = self.world
        alpha, beta = w.chains
        say("deposits on both chains")
        self.deposit("alice", self.gold, "500")
        self.deposit("bob", self.gold, "60")
        self.deposit("carol", self.usdb, "5000")
        say("the node waits until the deposits are final, then opens accounts")
        for name in ("alice", "bob", "carol"):
            account = w.wait_account(self.users[name])
            say(f"{name} has account {account}")
        say("signing keys: by an ECDSA signature, and by a request on L1")
        self.change_key("alice", alpha, self.gold)
        self.change_key("bob", alpha, self.gold)
        self.set_key("carol", beta)
        self.deposit("alice", self.usdb, "30000")
        account = self.users["alice"].account()
        wait_until("alice's second deposit", lambda: any(
            b["token"] == self.usdb.id for b in w.api("getAccountBalances", account)), 60, alive=[w.node])

        say("a pool of two tokens native to different chains")
        self.run("alice", "create-pool", "--token-a", self.gold.ref, "--token-b", self.usdb.ref,
                 "--pool-fee", str(POOL_FEE), *self.fee("alice", self.gold))
        self.pool = w.api("getPools")[0]["pool"]
        for most in (("200", "10000"), ("50", "9000")):
            fee = self.fee("alice", self.gold)
            self.run("alice", "add-liquidity", "--pool", str(self.pool), "--max-a", most[0], "--max-b", most[1], *fee)
            self.books.add_liquidity("alice", ["GOLD", "USDB"], [t.units(m) for t, m in zip(self.tokens, most)])
        say("swaps both ways")
        for name, token, amount in (("bob", self.gold, "10"), ("carol", self.usdb, "700.25"),
                                    ("bob", self.gold, "3.141592653589793238"), ("carol", self.usdb, "0.000123"),
                                    ("bob", self.gold, "7.5"), ("carol", self.usdb, "1234.567891")):
            self.swap(name, token, amount)
        say("transfers: to an account, and to an address that has none yet")
        self.transfer("bob", "carol", self.gold, "5")
        self.transfer("bob", "dave", self.gold, "1.5", to_address=True)
        say("liquidity out, withdrawals to the other chain, full exits requested on L1")
        shares = self.books.l2["alice", "shares"] // 2
        self.run("alice", "remove-liquidity", "--pool", str(self.pool), "--shares", str(shares),
                 *self.fee("alice", self.gold))
        self.books.remove_liquidity("alice", ["GOLD", "USDB"], shares)
        bob_gold = self.books.l2["bob", "GOLD"]
        fee = short_fee(self.usdb.units("0.1"))
        self.withdraw("bob", self.usdb, self.usdb.human(self.books.l2["bob", "USDB"] - fee))
        self.withdraw("carol", self.gold, "12")
        self.full_exit("alice", alpha, self.gold)
        self.full_exit("alice", alpha, self.usdb)
        say(f"bob keeps {self.gold.human(bob_gold)} GOLD on L2")

    # ---- the end ----

    def wait(self):
        def progress(latest):
            say("blocks: " + ", ".join(f"{latest[stage]} {stage}" for stage in
                                      ("sealed", "proved", "submitted", "confirmed", "executed")))
        say("waiting until every block is proved, confirmed by 3 of 4 oracles, and executed on both chains")
        self.world.wait_executed(progress=progress)

    def report_blocks(self):
        w = self.world
        latest = w.api("getLatestBlockNumber")["executed"]
        say(f"{latest} blocks are executed on both chains")
        head = f"\n{'':>5} {'':>4} {'':>8} {'':>7} {'proof':>6}"
        names = f"{'block':>5} {'ops':>4} {'cells':>8} {'prove s':>7} {'bytes':>6}"
        for chain in w.chains:
            head += f" | {'gas on ' + chain.name:^23}"
            names += f" | {'submit':>7} {'confirm':>7} {'execute':>7}"
        print(head + "\n" + names)
        for number in range(1, latest + 1):
            b = w.api("getBlockByNumber", number)
            line = (f"{number:>5} {b['operations']:>4} {b['cells']:>8} {b['proveMs'] / 1000:>7.2f} "
                    f"{b['proofBytes']:>6}")
            for c in b["chains"]:
                line += " |" + "".join(f"{x if x else '-':>8}" for x in (c["submitGas"], c["confirmGas"], c["executeGas"]))
            print(line)

    def compare(self):
        wrong = 0
        after = self.l1_balances()
        print(f"\n{'user':<6} {'token':<5} {'on chain':<8} {'before':>22} {'after':>22} {'expected':>22}")
        for name in self.users:
            for token in self.tokens:
                key = name, token.symbol
                ok = after[key] == self.books.l1[key]
                wrong += not ok
                print(f"{name:<6} {token.symbol:<5} {token.chain.name:<8} {token.human(self.before[key]):>22} "
                      f"{token.human(after[key]):>22} {token.human(self.books.l1[key]):>22}{'' if ok else '  WRONG'}")
        print()
        wrong += self.compare_l2()
        for token in self.tokens:
            owed = sum(v for (_, t), v in self.books.l2.items() if t == token.symbol)
            owed += self.books.reserve[self.tokens.index(token)]
            held = token.balance(self.world.contract(token.chain))
            ok = owed == held
            wrong += not ok
            print(f"contract on {token.chain.name} holds {token.human(held)} {token.symbol}, L2 owns "
                  f"{token.human(owed)}{'' if ok else '  WRONG'}")
        return wrong

    def compare_l2(self):
        w, wrong = self.world, 0
        ids = {t.id: t.symbol for t in self.tokens} | {self.pool: "shares"}
        pool = w.api("getPool", self.pool)
        if [int(pool["reserveA"]), int(pool["reserveB"]), int(pool["supply"])] != [*self.books.reserve, self.books.supply]:
            print(f"pool: the node says {pool}, the books {self.books.reserve}, {self.books.supply}  WRONG")
            wrong += 1
        for name, user in [*self.users.items(), ("operator", w.operator)]:
            node = {ids[b["token"]]: int(b["amount"]) for b in w.api("getAccountBalances", user.account())}
            books = {t: v for (n, t), v in self.books.l2.items() if n == name and v}
            if node != books:
                print(f"{name} on L2: the node says {node}, the books {books}  WRONG")
                wrong += 1
        return wrong


def main():
    directory = os.path.join(ROOT, "build", "demo")
    # The first token registered on each chain has index 1; fees are paid in these two.
    with World(directory, say=say, fees=((1, 1, 10**14), (2, 1, 10**4))) as world:
        demo = Demo(world)
        demo.set_up()
        demo.play()
        demo.wait()
        demo.report_blocks()
        wrong = demo.compare()
        print()
        say("stopping node, oracles and chains")
    say("done: everything agrees to the unit" if wrong == 0 else f"FAILED: {wrong} things do not agree (marked WRONG)")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        print(f"demo: {e}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt as e:
        print(f"demo: interrupted {e}; everything that it started has ended", file=sys.stderr)
        sys.exit(130)
