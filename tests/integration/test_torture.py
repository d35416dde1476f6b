#!/usr/bin/env python3
"""Everything goes wrong at once, for a while: users trade, deposit, exit and make requests on three chains while at random
moments processes are killed, chains reorganise within the confirmation depth, stand still or lose what waits in their pool,
networks are cut and disks are full. Then all is well again, and everything must be: the books of what the users were told
(traffic.py) and the audit of contracts, log and node (tools/audit.py) agree to the unit.

    test_torture.py [--seed N] [--seconds N]

A seed repeats the choices; their moments depend on the machine. Services are started again a moment after they ended, as a
supervisor does; one that ends by itself while its disk has room is an error. `make torture` runs half an hour of it.
"""
import argparse
import collections
import heapq
import itertools
import os
import random
import signal
import sys
import time

from traffic import BROKER_FEE, Books, Failure, Traffic
from world import ROOT, Broker, World, wait_until  # traffic has set the path

BEGIN = time.time()
CONFIRMATIONS = 3
RESTART_S = 0.4  # from a service's end to its next start
CALM = 0.08      # this part of the faults is followed by some seconds without new ones
SETTLING = 0.12  # of the time, at the end, there are only kills, while blocks settle and nobody trades


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


class Torture:
    """The main loop: all starts and faults happen on the main thread, each fault with its end on one queue of moments."""

    def __init__(self, world, traffic, brokers, rng):
        self.world, self.traffic, self.rng = world, traffic, rng
        self.moments, self.order = [], itertools.count()
        self.count = collections.Counter()
        self.down, self.hungry, self.held, self.cut_off = {}, set(), set(), set()
        self.services = [world.node, *world.oracles, *(b.process for b in brokers)]
        self.diary = open(os.path.join(world.dir, "faults.log"), "w", buffering=1)

    def after(self, seconds, what, *args):
        heapq.heappush(self.moments, (time.time() + seconds, next(self.order), what, args))

    def note(self, kind, text):
        """What is done, counted and with its time for whoever reads the services' logs."""
        self.count[kind] += 1
        now = time.time()
        self.diary.write(f"{time.strftime('%H:%M:%S', time.gmtime(now))}.{int(now % 1 * 1000):03} {kind}: {text}\n")

    # ---- services ----

    def data_folder(self, service):
        return os.path.join(self.world.dir, service.name.removesuffix("-service") + "-data")

    def watch(self):
        """Ended services get their next start."""
        for service in self.services:
            if service.popen.poll() is None or service in self.down:
                continue
            code = service.popen.returncode
            if code != -signal.SIGKILL:
                if service not in self.hungry or not self.blames_the_disk(service):
                    raise Failure(f"{service.name} ended by itself with {code}:\n{service.tail()}")
                self.note("ends on a full disk", service.name)
            self.down[service] = True
            self.after(RESTART_S if code == -signal.SIGKILL else 1, self.start, service)

    @staticmethod
    def blames_the_disk(service):
        return any(text in service.tail(80) for text in ("disk is full", "No space left", "File too large", "disk I/O error"))

    def start(self, service):
        del self.down[service]
        service.start()
        if service in self.cut_off:
            self.world.network.cut(service.name)

    def kill(self, services):
        for service in services:
            if service not in self.down:
                service.kill()
                self.note("kills of " + ("the node" if service is self.world.node else
                                         "oracles" if service in self.world.oracles else "brokers"), service.name)

    def kill_one(self):
        self.kill([self.world.node if self.rng.random() < 0.75 else self.rng.choice(self.services)])

    def kill_all(self):
        self.kill(self.services)

    def fill_disk(self):
        service = self.world.node if self.rng.random() < 0.5 else self.rng.choice(self.services)
        if service in self.hungry or service in self.down:
            return
        self.hungry.add(service)
        self.world.disks.fill(self.data_folder(service), service)
        seconds = self.rng.uniform(0.5, 5)
        self.note("full disks", f"{service.name} for {seconds:.1f} s")
        self.after(seconds, self.clear_disk, service)

    def clear_disk(self, service):
        self.world.disks.clear(self.data_folder(service), service)
        self.after(15, self.hungry.discard, service)  # it may have met the full disk just before, and ends in good order

    # ---- chains ----

    def hold(self, chain):
        """Nobody else does anything to the chain until release(); False if somebody just does."""
        if not self.traffic.chain_locks[chain.number].acquire(timeout=2):
            return False
        self.held.add(chain.number)
        return True

    def release(self, chain):
        self.held.discard(chain.number)
        self.traffic.chain_locks[chain.number].release()

    def random_chain(self):
        free = [c for c in self.world.chains if c.number not in self.held]
        if not free:
            return None
        chain = self.rng.choice(free)
        return chain if self.hold(chain) else None

    def reorganise(self):
        chain = self.random_chain()
        if chain:
            depth, head = self.rng.randrange(1, CONFIRMATIONS + 1), int(chain.rpc("eth_blockNumber"), 16)
            lost = self.traffic.reorganise(chain, depth)
            self.release(chain)
            self.note("reorganisations", f"chain {chain.number}, {depth} blocks at {head}, {lost} requests lost")
            self.count["requests sent again after them"] += lost

    def lose_pool(self):
        chain = self.random_chain()
        if chain:
            chain.rpc("anvil_dropAllTransactions")
            self.release(chain)
            self.note("emptied transaction pools", f"chain {chain.number}")

    def stall(self):
        chain = self.random_chain()
        if chain:
            chain.process.popen.send_signal(signal.SIGSTOP)
            seconds = self.rng.uniform(0.3, 6)
            self.note("stalls of chains", f"chain {chain.number} for {seconds:.1f} s")
            self.after(seconds, self.unstall, chain)

    def unstall(self, chain):
        chain.process.popen.send_signal(signal.SIGCONT)
        self.release(chain)

    def cut_chain(self):
        chain = self.random_chain()
        if chain:
            self.world.network.cut(chain.process.name)
            seconds = self.rng.uniform(0.3, 7)
            self.note("chains cut off", f"chain {chain.number} for {seconds:.1f} s")
            self.after(seconds, self.heal_chain, chain)

    def heal_chain(self, chain):
        self.world.network.heal(chain.process.name)
        self.release(chain)

    def cut_service(self):
        service = self.rng.choice(self.services)
        if service in self.cut_off or service in self.down or not self.world.network.can_cut(service.name):
            return
        self.cut_off.add(service)
        self.world.network.cut(service.name)
        seconds = self.rng.uniform(0.3, 7)
        self.note("services cut off", f"{service.name} for {seconds:.1f} s")
        self.after(seconds, self.heal_service, service)

    def heal_service(self, service):
        self.cut_off.discard(service)
        if service not in self.down:
            self.world.network.heal(service.name)

    # ---- the run ----

    FAULTS = ((kill_one, 75), (kill_all, 4), (reorganise, 12), (lose_pool, 6), (stall, 6), (cut_chain, 7), (cut_service, 7),
              (fill_disk, 8))
    KILLS = ((kill_one, 1),)

    def run(self, seconds, faults):
        names, weights = zip(*faults)
        end, told = time.time() + seconds, time.time() + 60
        fault_at = time.time()
        while time.time() < end or self.moments:
            self.traffic.check()
            self.watch()
            while self.moments and self.moments[0][0] <= time.time():
                _, _, what, args = heapq.heappop(self.moments)
                what(*args)
            if fault_at <= time.time() < end:
                self.rng.choices(names, weights)[0](self)
                # mostly close to the last one; now and then time to get somewhere
                fault_at = time.time() + (self.rng.uniform(3, 6) if self.rng.random() < CALM else self.rng.uniform(0.05, 1))
            if time.time() > told:
                told += 60
                say(f"{len(self.traffic.acknowledged)} acknowledged; {self.told()}")
            time.sleep(0.02)

    def told(self):
        return ", ".join(f"{n} {what}" for what, n in sorted(self.count.items()) if n)


def make_brokers(world, traffic):
    brokers = [Broker(world, name, traffic.tokens, n_keys=2, minimum_fee=BROKER_FEE) for name in ("broker-a", "broker-b")]
    world.fund([k for b in brokers for k in b.keys], 10**20)
    for token in traffic.tokens:
        for key in (k for b in brokers for k in b.keys):
            token.give(key.address, 10**5 * 10**token.decimals)
    return brokers


def check_brokers(books, brokers, before):
    """Each has what it had, and the fees of what it paid in advance; its own books say so."""
    for broker in brokers:
        wait_until(f"{broker.name} to be repaid", lambda: all(
            t["paying"]["n"] == 0 and t["paid"]["n"] == 0 for t in broker.status()["tokens"]), 60, alive=[broker.process])
        keys = {k.address.lower() for k in broker.keys}
        shown = {t["token"]: t["repaid"] for t in broker.status()["tokens"]}
        for token in broker.tokens:
            fees = [fee for who, id_, fee in books.accepted.values() if who in keys and id_ == token.id]
            if broker.stock(token) - before[broker.name, token.id] != sum(fees):
                raise Failure(f"{broker.name} earned {sum(fees)} {token.symbol}, and has {broker.stock(token)} after "
                              f"{before[broker.name, token.id]}")
            if (shown[token.id]["n"], int(shown[token.id]["fee"])) != (len(fees), sum(fees)):
                raise Failure(f"{broker.name}: its books say {shown[token.id]} of {token.symbol}, the chain {fees}")


def audit_sees_a_missing_unit(world, traffic):
    """The audit's own test: a contract that holds one unit less than it owes."""
    token = traffic.tokens[1]
    coins = token.chain.rpc("eth_getBalance", world.contract(token.chain), "latest")
    token.chain.rpc("eth_sendTransaction", {"from": world.contract(token.chain), "to": token.address, "gas": hex(100000),
                                            "gasPrice": hex(2 * 10**9),
                                            "data": "0xa9059cbb" + f"{0xdead:064x}" + f"{1:064x}"})
    wait_until("the contract's token to move", lambda: token.balance("0x000000000000000000000000000000000000dead") == 1)
    token.chain.rpc("anvil_setBalance", world.contract(token.chain), coins)  # which paid for the gas
    try:
        world.audit()
    except Failure as e:
        if "of token 1, owes" not in str(e):
            raise
        say(f"one unit taken from a contract: {e}")
        return
    raise Failure("the audit did not see that a contract holds one unit less than it owes")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("--seconds", type=float, default=120)
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print(f"seed {args.seed}", flush=True)
    with World(os.path.join(ROOT, "build", "test-torture"), n_chains=3, block_operations=400, block_interval_ms=2500,
               confirmations=CONFIRMATIONS, resend_ms=3000, can_fail=True, say=say,
               anvil_options=["--mixed-mining", "--auto-impersonate"]) as world:
        say(f"networks are cut by {world.network.name}; disks are filled by {world.disks.name}")
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        world.start_node()
        world.start_oracles()
        traffic = Traffic(world, random.Random(rng.getrandbits(64)), patience_s=4)
        traffic.set_up()
        say(f"set up; {args.seconds:.0f} s of trouble")
        brokers = make_brokers(world, traffic)
        before = {(b.name, t.id): b.stock(t) for b in brokers for t in b.tokens}
        for broker in brokers:
            broker.start()
        for chain in world.chains:
            chain.blocks_by_clock()
        torture = Torture(world, traffic, brokers, rng)
        traffic.go()
        torture.run(args.seconds * (1 - SETTLING), Torture.FAULTS)
        traffic.finish(120)
        torture.run(args.seconds * SETTLING, Torture.KILLS)
        say(f"all is well again; {len(traffic.acknowledged)} transactions acknowledged ({traffic.late} found after a broken "
            f"connection), {sum(map(len, traffic.requests.values()))} requests; {torture.told()}")
        world.wait_executed(120 + args.seconds / 4)
        say("all blocks are executed; replaying")
        books = Books(traffic)
        n = books.check()
        check_brokers(books, brokers, before)
        say(f"{len(books.accepted)} payouts made in advance by brokers and repaid; swaps from chain to chain: {dict(books.swaps)}")
        say(f"{n} operations in {world.api('getLatestBlockNumber')['executed']} blocks, each once, settled on all chains; "
            f"exits {books.exits[1]} paid, {books.exits[0]} void; {traffic.broken} broken connections")
        audit_sees_a_missing_unit(world, traffic)
        traffic.signer.close()
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        print(f"test_torture: {e}", file=sys.stderr)
        sys.exit(1)
