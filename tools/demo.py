#!/usr/bin/env python3
"""The whole job on three local chains: trades between tokens native to different chains, proven in C, verified and settled
on every chain. Plays what users do through the command line only, keeps its own books with big integers, and at the end
compares them with the node's and the ERC-20 contracts' answers; then the audit compares contracts, log and node. Exit
code 0 only if everything agrees.
"""
import os
import sys
import threading
import time

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from books import Books, Pool, Unpayable, short_fee  # noqa: E402
from world import ROOT, Broker, Failure, World, wait_until  # noqa: E402

BEGIN = time.time()
FEES = {"GOLD": "0.002", "USDB": "0.25", "USDG": "0.25"}


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


class Watch:
    """The time from a request to the money in hand."""

    def __init__(self, what, token, address, amount):
        self.what, self.token, self.address, self.begin = what, token, address, time.time()
        self.want, self.seconds = token.balance(address) + amount, None
        threading.Thread(target=self.run, daemon=True).start()

    def run(self):
        while self.token.balance(self.address) < self.want:
            time.sleep(0.1)
        self.seconds = time.time() - self.begin


class Demo:
    def __init__(self, world):
        self.world, self.books = world, Books()
        self.pools = {}  # name -> id
        self.watches = []

    # ---- set-up ----

    def set_up(self):
        w = self.world
        say("starting three chains and making keys")
        w.start_chains()
        w.make_keys()
        say("powers of tau: an INSECURE local set-up, for development chains only")
        w.make_srs()
        say("deploying verifier and contract on all chains")
        w.deploy()
        alpha, beta, gamma = w.chains
        self.gold = alpha.deploy_token("GOLD", 18, 10**27)
        self.usdb = beta.deploy_token("USDB", 6, 10**15)
        self.usdg = gamma.deploy_token("USDG", 18, 10**27)
        self.voucher = beta.deploy_voucher(self.usdb, "3CRV", self.usdb.units("100000"))
        self.tokens = {t.symbol: t for t in (self.gold, self.usdb, self.usdg, self.voucher)}
        for token in self.tokens.values():
            w.register(token)
            say(f"registered {token.symbol}, native to {token.chain.name}, as token {token.id}")
        say("alice, bob, carol, dave, erin, frank, gina and a broker get keys, and some tokens on the chains")
        self.users = {u.name: u for u in w.users("alice", "bob", "carol", "dave", "erin", "frank", "gina")}
        self.broker = Broker(w, "broker", [self.gold, self.usdb, self.usdg])
        w.fund(self.broker.keys, 10**19)
        self.users["broker"] = self.broker.keys[0]
        for name, token, amount in (("alice", self.gold, "1000"), ("alice", self.usdb, "50000"),
                                    ("bob", self.gold, "100"), ("carol", self.usdb, "8000"), ("erin", self.usdg, "9000"),
                                    ("alice", self.voucher, "5000"), ("gina", self.voucher, "1000"), ("frank", self.gold, "20"), ("broker", self.gold, "300"), ("broker", self.usdb, "15000"),
                                    ("broker", self.usdg, "7000")):
            token.give(self.users[name].address, token.units(amount))
        say("starting the node, four oracles and the broker")
        w.start_node()
        w.start_oracles()
        self.broker.start()
        self.before = self.l1_balances()
        self.books.l1.update(self.before)

    def l1_balances(self):
        return {(name, token.symbol): token.balance(user.address)
                for name, user in self.users.items() for token in self.tokens.values()}

    # ---- what users do ----

    def run(self, name, *args):
        out = self.users[name].zklink(*args).strip().splitlines()
        say(f"{name}: {' '.join(a for a in args)}\n           {out[-1] if out else ''}")

    def fee(self, name, token):
        """Every operation pays an explicit fee, so that the books know it."""
        amount = FEES[token.symbol]
        self.books.fee(name, token.symbol, short_fee(token.units(amount)))
        return ["--fee-token", token.ref, "--fee", amount]

    def deposit(self, name, token, amount):
        self.run(name, "deposit", "--token", token.ref, "--amount", amount)
        self.books.deposit(name, token.symbol, token.units(amount))

    def wait_balance(self, name, token):
        account = self.users[name].account()
        wait_until(f"{name}'s {token.symbol}", lambda: any(
            b["token"] == token.id for b in self.world.api("getAccountBalances", account)), 60, alive=[self.world.node])

    def change_key(self, name, chain, token):
        self.run(name, "change-key", "--chain", str(chain.number), *self.fee(name, token))

    def set_key(self, name, chain):
        self.run(name, "set-key", "--chain", str(chain.number))
        account = self.users[name].account()
        wait_until(f"{name}'s key", lambda: self.world.api("getAccount", account)["pubKey"], 60,
                   alive=[self.world.node])

    def create_pool(self, who, name, a, b, fee, amp=None):
        """Tokens in the order of their ids; with amp a stable pool, in which 18 decimals of both are alike."""
        known = {p["pool"] for p in self.world.api("getPools")}
        self.run(who, "create-pool", "--token-a", a.ref, "--token-b", b.ref, "--pool-fee", str(fee),
                 *(["--amp", str(amp)] if amp else []), *self.fee(who, a))
        self.pools[name] = next(p["pool"] for p in self.world.api("getPools") if p["pool"] not in known)
        self.books.pools[name] = Pool([a.symbol, b.symbol], fee, amp, [10**(18 - t.decimals) for t in (a, b)] if amp else (1, 1))

    def add_one(self, who, name, token, amount):
        fee = self.fee(who, token)
        shares = self.books.add_one(who, name, token.symbol, token.units(amount))
        self.run(who, "add-liquidity", "--pool", str(self.pools[name]), "--token", token.ref, "--amount", amount,
                 "--min-shares", str(shares), *fee)

    def remove_one(self, who, name, token, shares, fee_token):
        fee = self.fee(who, fee_token)
        out = self.books.remove_one(who, name, token.symbol, shares)
        self.run(who, "remove-liquidity", "--pool", str(self.pools[name]), "--token", token.ref, "--shares", str(shares),
                 "--min-out", token.human(out), *fee)

    def add_liquidity(self, who, name, most_a, most_b):
        tokens = [self.tokens[t] for t in self.books.pools[name].tokens]
        fee = self.fee(who, tokens[0])
        self.run(who, "add-liquidity", "--pool", str(self.pools[name]), "--max-a", most_a, "--max-b", most_b, *fee)
        self.books.add_liquidity(who, name, [t.units(m) for t, m in zip(tokens, (most_a, most_b))])

    def remove_liquidity(self, who, name, shares):
        fee = self.fee(who, self.tokens[self.books.pools[name].tokens[0]])
        self.run(who, "remove-liquidity", "--pool", str(self.pools[name]), "--shares", str(shares), *fee)
        self.books.remove_liquidity(who, name, shares)

    def swap(self, who, name, token, amount):
        """For exactly what the books expect, or not at all."""
        fee = self.fee(who, token)
        expected = self.books.swap(who, name, token.symbol, token.units(amount))
        other = self.tokens[next(t for t in self.books.pools[name].tokens if t != token.symbol)]
        self.run(who, "swap", "--pool", str(self.pools[name]), "--token-in", token.ref, "--amount", amount,
                 "--min-out", other.human(expected), *fee)

    def transfer(self, name, to, token, amount, to_address=False):
        fee = self.fee(name, token)
        user = self.users[to]
        target = [user.address, "--to-chain", str(token.chain.number)] if to_address else [str(user.account())]
        self.run(name, "transfer", "--token", token.ref, "--amount", amount, "--to", *target, *fee)
        self.books.transfer(name, to, token.symbol, token.units(amount))

    def withdraw(self, name, token, amount=None):
        fee = self.fee(name, token)
        units = self.books.l2[name, token.symbol] if amount is None else token.units(amount)
        self.run(name, "withdraw", "--token", token.ref, "--amount", token.human(units), *fee)
        self.books.withdraw(name, token.symbol, units)

    def full_exit(self, name, chain, token):
        self.run(name, "full-exit", "--chain", str(chain.number), "--token", token.ref)
        self.books.withdraw(name, token.symbol, self.books.l2[name, token.symbol])

    def fast_withdraw(self, who, token, amount, broker_fee):
        """A broker pays at once and keeps its fee."""
        fee, units, kept = self.fee(who, token), token.units(amount), token.units(broker_fee)
        watch = self.watch("a fast withdrawal", token, who, units - kept)
        self.run(who, "withdraw", "--token", token.ref, "--amount", amount, "--broker-fee", broker_fee, *fee)
        self.books.withdraw(who, token.symbol, units)
        self.broker_earns(who, token, kept)
        self.wait_watch(watch)

    def broker_earns(self, who, token, fee):
        self.books.move(self.books.l1, who, token.symbol, -fee)
        self.books.move(self.books.l1, "broker", token.symbol, fee)

    def request_swap(self, who, name, token, amount, broker_fee=None):
        """From chain to chain, without an account: for exactly what the books expect, or a refund."""
        units, pool = token.units(amount), self.books.pools[name]
        out = pool.swap(pool.tokens.index(token.symbol), units)
        other = self.tokens[next(t for t in pool.tokens if t != token.symbol)]
        kept = short_fee(other.units(broker_fee)) if broker_fee else 0
        watch = self.watch("a fast cross-chain swap" if kept else "an ordinary cross-chain swap", other, who, out - kept)
        self.run(who, "request-swap", "--token-in", token.ref, "--amount", amount, "--token-out", other.ref, "--pool",
                 str(self.pools[name]), "--min-out", other.human(out), *(["--broker-fee", broker_fee] if kept else []))
        self.books.move(self.books.l1, who, token.symbol, -units)
        self.books.move(self.books.l1, who, other.symbol, out)
        if kept:
            self.broker_earns(who, other, kept)
            self.wait_watch(watch)
        else:
            wait_until("the request to be taken", lambda: self.world.api(
                "getRequest", token.chain.number, self.world.request_count(token.chain) - 1), 60, alive=[self.world.node])

    def request_add_liquidity(self, who, name, token, amount):
        """From L1, without an account; the position is an ERC-721 with the request's number, which is returned."""
        units, pool = token.units(amount), self.books.pools[name]
        shares = pool.add_one(pool.tokens.index(token.symbol), units)
        self.run(who, "request-add-liquidity", "--pool", str(self.pools[name]), "--token", token.ref, "--amount", amount,
                 "--min-shares", str(shares))
        self.books.move(self.books.l1, who, token.symbol, -units)
        return self.world.request_count(token.chain) - 1, shares

    def request_remove_liquidity(self, who, name, chain, position, shares, token):
        """All of it, in one token, paid on that token's chain."""
        pool = self.books.pools[name]
        out = pool.remove_one(pool.tokens.index(token.symbol), shares)
        wait_until("the position", lambda: self.world.api("getRequest", chain.number, position)["stage"] == "executed", 120,
                   alive=[self.world.node])
        self.run(who, "request-remove-liquidity", "--chain", str(chain.number), "--position", str(position), "--token", token.ref,
                 "--min-out", token.human(out))
        self.books.move(self.books.l1, who, token.symbol, out)

    def yield_comes_in(self, amount):
        """The voucher's worth rises while it is in a pool."""
        def price():
            return int(self.voucher.chain.call(self.voucher.address, "0xbb7b8b80"), 16) / 1e18  # get_virtual_price()
        before = price()
        self.usdb.give(self.voucher.address, self.usdb.units(amount))
        say(f"{amount} USDB come in for the holders of 3CRV: one is worth {price():.4f} USDB, after {before:.4f}")

    def watch(self, what, token, who, amount):
        self.watches.append(Watch(what, token, self.users[who].address, amount))
        return self.watches[-1]

    def wait_watch(self, watch):
        wait_until(watch.what, lambda: watch.seconds, 120, alive=[self.world.node, self.broker.process])
        say(f"{watch.what}: {watch.seconds:.1f} s from the request to the money in hand")

    def forced_exit(self, who, whose, token, fee_token):
        account = self.users[whose].account()
        self.run(who, "forced-exit", "--token", token.ref, "--of", str(account), *self.fee(who, fee_token))
        self.books.withdraw(whose, token.symbol, self.books.l2[whose, token.symbol])

    # ---- the play ----

    def play(self):
        self.arrive()
        self.trade()
        position = self.pool_voucher()
        self.hurry()
        self.leave(*position)

    def arrive(self):
        w = self.world
        alpha, beta, gamma = w.chains
        say("deposits on all chains")
        self.deposit("alice", self.gold, "500")
        self.deposit("bob", self.gold, "60")
        self.deposit("carol", self.usdb, "5000")
        self.deposit("erin", self.usdg, "8000")
        say("the node waits until the deposits are final, then opens accounts")
        for name in ("alice", "bob", "carol", "erin"):
            account = w.wait_account(self.users[name])
            say(f"{name} has account {account}")
        say("signing keys: by an ECDSA signature, and by a request on L1")
        self.change_key("alice", alpha, self.gold)
        self.change_key("bob", alpha, self.gold)
        self.change_key("erin", gamma, self.usdg)
        self.set_key("carol", beta)
        self.deposit("alice", self.usdb, "40000")
        self.wait_balance("alice", self.usdb)

    def trade(self):
        say("a pool of two tokens native to different chains")
        self.create_pool("alice", "GOLD/USDB", self.gold, self.usdb, 30)
        for most in (("200", "10000"), ("50", "9000")):
            self.add_liquidity("alice", "GOLD/USDB", *most)
        say("swaps both ways")
        for name, token, amount in (("bob", self.gold, "10"), ("carol", self.usdb, "700.25"),
                                    ("bob", self.gold, "3.141592653589793238"), ("carol", self.usdb, "0.000123"),
                                    ("bob", self.gold, "7.5"), ("carol", self.usdb, "1234.567891")):
            self.swap(name, "GOLD/USDB", token, amount)
        say("transfers: to an account, and to an address that has none yet")
        self.transfer("bob", "carol", self.gold, "5")
        self.transfer("bob", "dave", self.gold, "1.5", to_address=True)
        self.transfer("alice", "erin", self.usdb, "6000")
        say("a stable pool: two dollars, of 6 and of 18 decimals; liquidity with one token alone")
        self.create_pool("erin", "USDB/USDG", self.usdb, self.usdg, 4, amp=100)
        self.add_liquidity("erin", "USDB/USDG", "5000", "5000.5")
        self.swap("carol", "USDB/USDG", self.usdb, "1321.5")
        self.swap("erin", "USDB/USDG", self.usdg, "123.456789012345678901")
        self.add_one("erin", "USDB/USDG", self.usdg, "1000")
        self.add_one("bob", "GOLD/USDB", self.gold, "2.5")
        self.remove_one("erin", "USDB/USDG", self.usdb, self.books.l2["erin", "USDB/USDG"] // 3, self.usdg)
        self.remove_one("bob", "GOLD/USDB", self.usdb, self.books.l2["bob", "GOLD/USDB"] // 2, self.gold)

    def pool_voucher(self):
        """A voucher that earns elsewhere is pooled: by alice on L2, and by gina from L1."""
        say("a pool of GOLD and a voucher that earns interest on Beta; gina brings hers from L1, without an account")
        self.deposit("alice", self.voucher, "4000")
        self.wait_balance("alice", self.voucher)
        self.create_pool("alice", "GOLD/3CRV", self.gold, self.voucher, 30)
        self.add_liquidity("alice", "GOLD/3CRV", "60", "4000")
        position = self.request_add_liquidity("gina", "GOLD/3CRV", self.voucher, "800")
        self.yield_comes_in("2500")
        return position

    def hurry(self):
        say("with a broker, who pays in advance: a swap from chain to chain without an account, and a withdrawal")
        self.request_swap("frank", "GOLD/USDB", self.gold, "4", broker_fee="0.75")
        self.fast_withdraw("carol", self.usdb, "250", broker_fee="0.5")
        say("and without one")
        self.request_swap("frank", "GOLD/USDB", self.gold, "4")
        say("bob pays the fee so that dave, who never made a key, gets what he has on L2")
        self.forced_exit("bob", "dave", self.gold, self.gold)

    def leave(self, position, shares):
        alpha, beta, _ = self.world.chains
        say(f"gina's position, token {position} of the ERC-721 on Beta, goes back into the pool; she takes GOLD on Alpha for it")
        self.request_remove_liquidity("gina", "GOLD/3CRV", beta, position, shares, self.gold)
        say("liquidity out, withdrawals to the other chains, full exits requested on L1")
        self.remove_liquidity("alice", "GOLD/USDB", self.books.l2["alice", "GOLD/USDB"] // 2)
        bob_gold = self.books.l2["bob", "GOLD"]
        fee = short_fee(self.usdb.units(FEES["USDB"]))
        self.withdraw("bob", self.usdb, self.usdb.human(self.books.l2["bob", "USDB"] - fee))
        self.watch("an ordinary withdrawal", self.gold, "carol", self.gold.units("12"))
        self.withdraw("carol", self.gold, "12")
        self.withdraw("carol", self.usdg, "300")
        self.full_exit("alice", alpha, self.gold)
        self.full_exit("alice", alpha, self.usdb)
        say(f"bob keeps {self.gold.human(bob_gold)} GOLD on L2")

    # ---- the end ----

    def wait(self):
        def progress(latest):
            say("blocks: " + ", ".join(f"{latest[stage]} {stage}" for stage in
                                      ("sealed", "proved", "submitted", "confirmed", "executed")))
        say("waiting until every block is proved, confirmed by 3 of 4 oracles, and executed on all chains")
        self.world.wait_executed(progress=progress)

    def report_blocks(self):
        w = self.world
        latest = w.api("getLatestBlockNumber")["executed"]
        say(f"{latest} blocks are executed on all chains")
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

    def report_times(self):
        print("\nfrom the request to the money in hand (a chain makes a block a second):")
        for watch in self.watches:
            wait_until(watch.what, lambda: watch.seconds, 30)
            print(f"  {watch.what:<30} {watch.seconds:6.1f} s")

    def compare(self):
        wait_until("the broker to be repaid", lambda: all(
            t["paying"]["n"] == 0 and t["paid"]["n"] == 0 for t in self.broker.status()["tokens"]), 30)
        wrong = 0
        after = self.l1_balances()
        print(f"\n{'user':<6} {'token':<5} {'on chain':<8} {'before':>22} {'after':>22} {'expected':>22}")
        for name in self.users:
            for token in self.tokens.values():
                key = name, token.symbol
                if not any((self.before[key], after[key], self.books.l1[key])):
                    continue
                ok = after[key] == self.books.l1[key]
                wrong += not ok
                print(f"{name:<6} {token.symbol:<5} {token.chain.name:<8} {token.human(self.before[key]):>22} "
                      f"{token.human(after[key]):>22} {token.human(self.books.l1[key]):>22}{'' if ok else '  WRONG'}")
        print()
        wrong += self.compare_l2()
        for token in self.tokens.values():
            owed, held = self.books.owed(token.symbol), token.balance(self.world.contract(token.chain))
            ok = owed == held
            wrong += not ok
            print(f"contract on {token.chain.name} holds {token.human(held)} {token.symbol}, L2 owns "
                  f"{token.human(owed)}{'' if ok else '  WRONG'}")
        return wrong

    def compare_l2(self):
        w, wrong = self.world, 0
        ids = {t.id: t.symbol for t in self.tokens.values()} | {i: name for name, i in self.pools.items()}
        for name, books in self.books.pools.items():
            pool = w.api("getPool", self.pools[name])
            if [int(pool["reserveA"]), int(pool["reserveB"]), int(pool["supply"])] != [*books.reserve, books.supply]:
                print(f"pool {name}: the node says {pool}, the books {books.reserve}, {books.supply}  WRONG")
                wrong += 1
        for name, user in [*self.users.items(), ("operator", w.operator)]:
            account = user.account()
            node = {ids[b["token"]]: int(b["amount"]) for b in w.api("getAccountBalances", account)} if account else {}
            books = {t: v for (n, t), v in self.books.l2.items() if n == name and v}
            if node != books:
                print(f"{name} on L2: the node says {node}, the books {books}  WRONG")
                wrong += 1
        return wrong


def main():
    directory = os.path.join(ROOT, "build", "demo")
    # The first token registered on each chain has index 1; fees are paid in these.
    with World(directory, n_chains=3, say=say, fees=((1, 1, 10**14), (2, 1, 10**4), (3, 1, 10**16))) as world:
        demo = Demo(world)
        demo.set_up()
        demo.play()
        demo.wait()
        demo.report_blocks()
        demo.report_times()
        wrong = demo.compare()
        print()
        world.audit()
        say("stopping node, oracles and chains")
    say("done: everything agrees to the unit" if wrong == 0 else f"FAILED: {wrong} things do not agree (marked WRONG)")
    return 1 if wrong else 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, Unpayable) as e:
        print(f"demo: {e}", file=sys.stderr)
        sys.exit(1)
    except KeyboardInterrupt as e:
        print(f"demo: interrupted {e}; everything that it started has ended", file=sys.stderr)
        sys.exit(130)
