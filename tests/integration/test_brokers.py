#!/usr/bin/env python3
"""Two brokers compete for fast withdrawals and for swaps between chains while they are killed at random moments, one token
refuses to be moved, and (in the long run) the node is killed and a chain stands still. In the end every receiver was paid
exactly once: by a broker (the amount less its fee) or by the block (all of it); every broker got back what it paid in
advance, and the fees; its books say the same as the chains.

    BROKER_OPERATIONS=200 tests/integration/test_brokers.py    (make brokers)
"""
import collections
import json
import os
import random
import secrets
import signal
import sys
import threading
import time

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, "../../tools"), os.path.join(HERE, "../reference")]
from keccak import keccak256  # noqa: E402
from world import ARTIFACTS, ROOT, Broker, Failure, RpcError, Token, User, World, wait_until, word  # noqa: E402

OPERATIONS = int(os.environ.get("BROKER_OPERATIONS", "16"))
LONG = OPERATIONS > 50
SEED = int(os.environ.get("SEED", "0")) or secrets.randbits(32)
BEGIN = time.time()
ACCEPTED = "0x" + keccak256(b"Accepted(bytes32,address,uint8,uint256,uint256,address,uint32,uint256,uint256)").hex()
FEE = 5000  # of a payout, in base units
GOOD, REVERTS = 0, 1


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


class Payment:
    """What one receiver must get."""

    def __init__(self, kind, token, amount, fee):
        self.kind, self.token, self.amount, self.fee = kind, token, amount, fee
        self.to = "0x" + secrets.token_hex(20)


def give_all(world, gifts):
    """(token, address, amount), all under way at once."""
    sent = [(t, t.chain.begin(to=t.address, data="0xa9059cbb" + word(to) + word(amount))) for t, to, amount in gifts]
    for token, hash_ in sent:
        token.chain.finish(hash_)


def encrypt_keys(broker):
    """The broker's key files become keystores with one password; the plain ones go."""
    world, password = broker.world, broker.name + ".password"
    with open(os.open(os.path.join(world.dir, password), os.O_CREAT | os.O_WRONLY, 0o600), "w") as f:
        f.write("correct horse battery staple\n")
    with open(broker.config) as f:
        text = f.read()
    for key in broker.keys:
        plain, key.key = key.key, key.key + ".json"
        world.zklink("key", "import", plain, key.key, "--password-file", password, "--light")
        os.remove(plain)
        text = text.replace(f'"{os.path.basename(plain)}"', f'"{os.path.basename(key.key)}"')
    with open(broker.config, "w") as f:
        f.write(text.replace("broker: {", f'broker: {{ password_file = "{password}";'))


def deploy_moody(chain):
    """A token that refuses transfers when told so (its whole supply is the funder's)."""
    with open(os.path.join(ARTIFACTS, "WeirdTokens.sol", "MoodyToken.json")) as f:
        code = json.load(f)["bytecode"]["object"]
    return Token(chain, "MOO", 18, chain.send(data=code)["contractAddress"])


def set_mood(token, mood):
    token.chain.send(to=token.address, data="0x" + keccak256(b"become(uint8)")[:4].hex() + word(mood))


def prepare(world):
    """Tokens, a rich user on L2, a pool of the two chains' tokens."""
    alpha, beta = world.chains
    world.gold = alpha.deploy_token("GOLD", 6, 10**16)
    world.silver = beta.deploy_token("SILV", 6, 10**16)
    world.moody = deploy_moody(beta)
    for token in (world.gold, world.silver, world.moody):
        world.register(token)
    world.start_node()
    world.start_oracles()
    world.alice = world.user("alice")
    amounts = ((world.gold, "50000"), (world.silver, "50000"), (world.moody, "0.000001"))
    give_all(world, [(t, world.alice.address, t.units(amount)) for t, amount in amounts])
    for token, amount in amounts:
        world.alice.zklink("deposit", "--token", token.ref, "--amount", amount)
    world.wait_account(world.alice)
    world.wait_executed()
    accounts = world.api("getAccountsByAddress", world.alice.address)
    world.account = str(next(a["account"] for a in accounts if a["authority"] == 2))
    pay = ("--fee-token", world.gold.ref)
    for a in accounts:
        own = world.gold if a["authority"] == 1 else world.silver
        world.alice.zklink("change-key", "--chain", str(a["authority"]), "--account", str(a["account"]), "--fee-token", own.ref)
    first = str(next(a["account"] for a in accounts if a["authority"] == 1))
    world.alice.zklink("transfer", "--account", first, "--token", world.gold.ref, "--amount", "40000", "--to", world.account, *pay)
    world.alice.zklink("create-pool", "--account", world.account, "--token-a", world.gold.ref, "--token-b", world.silver.ref, *pay)
    world.pool = world.api("getPools")[0]["pool"]
    world.alice.zklink("add-liquidity", "--account", world.account, "--pool", str(world.pool), "--max-a", "20000",
                       "--max-b", "20000", *pay)
    say(f"a pool of {world.gold.ref} and {world.silver.ref}")


def fees_by_cost(world):
    """The tokens' rates: 3000 of each for a coin."""
    with open(world.config) as f:
        text = f.read()
    with open(world.config, "w") as f:
        f.write(text.replace('minimum = "1000"; }', 'minimum = "1000"; rate = "3000000000"; }'))


def withdraw_fees(world):
    """The fee account is its owner's, like any account: it sets a key and takes the fees out."""
    owner = world.operator
    owner.zklink("change-key", "--chain", "1", "--account", "1", "--fee-token", world.gold.ref)
    cheap = world.api("estimateTransactionFee", "Withdraw", world.gold.id, 1)
    world.chains[0].rpc("anvil_setNextBlockBaseFeePerGas", hex(10**8))  # local chains are nearly free
    quote = wait_until("a quote by cost", lambda: next(
        (q for q in [world.api("estimateTransactionFee", "Withdraw", world.gold.id, 1)] if int(q["fee"]) > 15000), None), 20)
    if int(cheap["fee"]) >= int(quote["fee"]):
        raise Failure(f"a withdrawal costs {cheap} when gas is cheap, {quote} when it is dear")
    held = {b["token"]: int(b["amount"]) for b in world.api("getAccountBalances", 1)}
    amount = held[world.gold.id] // 2
    to = "0x" + secrets.token_hex(20)
    owner.zklink("withdraw", "--account", "1", "--token", world.gold.ref, "--amount", world.gold.human(amount), "--to", to)
    wait_until("the collected fees", lambda: world.gold.balance(to) == amount, 60, alive=[world.node])
    world.wait_executed()
    say(f"collected fees: {world.gold.human(amount)} {world.gold.ref} withdrawn; a withdrawal costs {quote['fee']} "
        f"({quote['costWei']} wei)")


def withdraw(world, rng, token):
    amount = rng.randrange(10**6, 10**7)
    p = Payment("withdrawal", token, amount, FEE + rng.randrange(FEE))
    world.attempts.append(p)  # an answer that never came leaves open whether it was accepted
    world.alice.zklink("withdraw", "--account", world.account, "--token", token.ref, "--amount", token.human(p.amount), "--to", p.to,
                       "--broker-fee", token.human(p.fee), "--fee-token", world.gold.ref)
    return p


def request_swap(world, rng, user, token_in, token_out):
    amount = rng.randrange(10**6, 10**7)
    p = Payment("swap", token_out, None, FEE + rng.randrange(FEE))
    out = user.zklink("request-swap", "--token-in", token_in.ref, "--amount", token_in.human(amount), "--token-out", token_out.ref,
                      "--to", p.to, "--broker-fee", token_out.human(p.fee), "--slippage", "2000")
    line = next(x for x in out.splitlines() if x.startswith("request "))
    p.request = (token_in.chain.number, int(line.split()[1]))
    return p


def break_things(world, brokers, rng, stop):
    """From the main thread: processes that are started here live on."""
    def run_once():
        for b in brokers:
            if b.process.popen.poll() is not None:
                raise Failure(f"{b.name} ended by itself: {b.process.tail()}")
        victim = rng.choice(brokers)
        victim.kill()
        stop.wait(rng.uniform(0.1, 1))
        victim.start()
        if LONG and rng.random() < 0.15:
            world.node.kill()
            stop.wait(rng.uniform(0.1, 2))
            world.start_node(wait=False)
        if LONG and rng.random() < 0.1:
            chain = rng.choice(world.chains)
            os.kill(chain.process.popen.pid, signal.SIGSTOP)
            stop.wait(rng.uniform(1, 5))
            os.kill(chain.process.popen.pid, signal.SIGCONT)
    while not stop.is_set():
        run_once()
        stop.wait(rng.uniform(0.3, 3 if LONG else 1))


def insist(action):
    """Until the node answers: it may just have been killed."""
    end = time.time() + 60
    while True:
        try:
            return action()
        except (Failure, OSError) as e:
            if time.time() > end or "node at" not in str(e):
                raise
            time.sleep(0.3)


def trade(world, swapper, payments, n, rng, errors, stop):
    try:
        for i in range(n):
            if swapper is None:
                token = world.gold if i % 2 else world.silver
                payments.append(insist(lambda: withdraw(world, rng, token)))
            else:
                pair = (world.gold, world.silver) if i % 2 else (world.silver, world.gold)
                payments.append(insist(lambda: request_swap(world, rng, swapper, *pair)))
    except Exception as e:  # noqa: BLE001: told by the main thread
        errors.append(e)


def check_status(world, payments):
    """The command tells of a request's outcome and of its payout."""
    p = next(p for p in payments if p.kind == "swap")
    chain, index = p.request
    text = world.zklink("status", str(index), "--chain", str(chain), "--config", world.config)
    if "outcome: done" not in text or not text.rstrip().endswith("executed") or p.to not in text.lower():
        raise Failure(f"zklink status says {text}")
    unknown = world.zklink("status", "100000", "--chain", str(chain), "--config", world.config, check=False)
    if unknown.returncode != 1 or "has no request 100000" not in unknown.stderr:
        raise Failure(f"zklink status of a request that is not there: {unknown}")


def accepted_events(world):
    """(payout id) -> list of (broker, receiver, amount, fee) of every chain."""
    events = collections.defaultdict(list)
    for chain in world.chains:
        for log in chain.rpc("eth_getLogs", {"address": world.contract(chain), "fromBlock": "0x0", "topics": [ACCEPTED]}):
            data = log["data"][2:]
            words = [int(data[i:i + 64], 16) for i in range(0, len(data), 64)]
            events[log["topics"][1]].append((chain.number, "0x" + log["topics"][2][26:], f"0x{words[3]:040x}", words[5], words[6]))
    return events


def check_receivers(world, payments, events):
    """Each was paid once, by a broker or by the block; those without an answer once or not at all."""
    by_receiver = {e[2]: e for list_ in events.values() for e in list_}
    fast = paid = 0
    for p in payments + [p for p in world.attempts if p not in payments]:
        if p.kind == "swap":
            tx = world.api("getRequest", *p.request)["tx"]
            if tx["outcome"] != "done":
                raise Failure(f"request {p.request}: {tx['outcome']}")
            p.amount, p.fee = int(tx["amountOut"]), int(tx["brokerFee"])
        accepted = p.to in by_receiver
        want = p.amount - p.fee if accepted else p.amount
        got = p.token.balance(p.to)
        if got != want and (p in payments or got != 0):
            raise Failure(f"{p.kind} to {p.to}: {got} instead of {want} ({'a broker' if accepted else 'no broker'} took it)")
        fast, paid = fast + accepted, paid + (got != 0)
    return fast, paid


def check_brokers(world, brokers, events, before):
    for id_, list_ in events.items():
        if len(list_) != 1:
            raise Failure(f"payout {id_} was accepted {len(list_)} times")
    for b in brokers:
        mine = {k.address.lower() for k in b.keys}
        status = b.status()
        for token in b.tokens:
            won = [e for list_ in events.values() for e in list_
                   if e[1] in mine and e[0] == token.chain.number and is_of(token, e, world)]
            fees = sum(e[4] for e in won)
            gained = b.stock(token) - before[b.name, token.id]
            if gained != fees:
                raise Failure(f"{b.name}: {token.ref} grew by {gained}, fees are {fees}")
            book = next(t for t in status["tokens"] if t["token"] == token.id)
            if (book["repaid"]["n"], int(book["repaid"]["fee"])) != (len(won), fees) or book["paid"]["n"] or book["paying"]["n"]:
                raise Failure(f"{b.name}: books say {book}, the chain {len(won)} accepted with fees {fees}")
            say(f"{b.name}: {len(won)} payouts of {token.ref} paid in advance and repaid, {fees} earned; killed {b.kills} times")


def is_of(token, event, world):
    """Is the accepted payout of this token? Its receiver got it in that one."""
    return world.receiver_token.get(event[2]) == token.id


def main():
    rng = random.Random(SEED)
    say(f"seed {SEED}, {OPERATIONS} operations")
    with World(os.path.join(ROOT, "build", "test-brokers"), block_time=1, block_operations=64, block_interval_ms=1500,
               log_size=17, resend_ms=4000, fees=((1, 1, 1000), (2, 1, 1000))) as world:
        world.start_chains()
        world.make_keys()
        fees_by_cost(world)
        world.make_srs()
        world.deploy()
        prepare(world)
        brokers = [Broker(world, name, [world.gold, world.silver, world.moody], n_keys=2, minimum_fee=FEE, max_amount=10**10)
                   for name in ("broker-a", "broker-b")]
        encrypt_keys(brokers[1])
        swapper = User(world, "swapper")
        world.fund([swapper] + [k for b in brokers for k in b.keys], 10 * 10**18)
        give_all(world, [(t, swapper.address, 10**10) for t in (world.gold, world.silver)] +
                 [(t, k.address, 10**10) for b in brokers for t in b.tokens for k in b.keys])
        before = {(b.name, t.id): b.stock(t) for b in brokers for t in b.tokens}
        for b in brokers:
            b.start()
        set_mood(world.moody, REVERTS)
        refused = Payment("withdrawal", world.moody, 10**9, 10**6)
        world.alice.zklink("withdraw", "--account", world.account, "--token", world.moody.ref, "--amount", "0.000000001", "--to",
                           refused.to, "--broker-fee", world.moody.human(refused.fee), "--fee-token", world.gold.ref)
        world.attempts = []
        payments, errors, stop = [], [], threading.Event()
        half = int(os.environ.get("BROKER_SWAPS", str(OPERATIONS // 2)))
        traders = [threading.Thread(target=trade, args=(world, None, payments, OPERATIONS - half, random.Random(SEED + 1), errors, stop)),
                   threading.Thread(target=trade, args=(world, swapper, payments, half, random.Random(SEED + 2), errors, stop))]
        for t in traders:
            t.start()
        joiner = threading.Thread(target=lambda: ([t.join() for t in traders], time.sleep(4), stop.set()))
        joiner.start()
        break_things(world, brokers, rng, stop)
        joiner.join()
        if errors:
            raise errors[0]
        say(f"{len(payments)} payouts asked for; brokers killed {sum(b.kills for b in brokers)} times")
        for b in brokers:
            if b.process.popen.poll() is not None:
                b.start()
        if world.node.popen.poll() is not None:
            world.start_node()
        world.wait_executed(300)
        world.receiver_token = {p.to: p.token.id for p in payments + world.attempts}

        def books_closed():
            return all(t["paying"]["n"] == 0 and t["paid"]["n"] == 0 for b in brokers for t in b.status()["tokens"])
        wait_until("the brokers to be repaid", books_closed, 60, alive=[b.process for b in brokers])
        events = accepted_events(world)
        fast, paid = check_receivers(world, payments, events)
        check_brokers(world, brokers, events, before)
        if half > 0:
            check_status(world, payments)
        if fast == 0:
            raise Failure("no broker took anything")
        if world.moody.balance(refused.to) != 0 or refused.to in {e[2] for l in events.values() for e in l}:
            raise Failure("the refusing token was paid")
        set_mood(world.moody, GOOD)
        world.alice.zklink("withdraw-pending", "--token", world.moody.ref, "--owner", refused.to)
        if world.moody.balance(refused.to) != refused.amount:
            raise Failure(f"the refusing token's receiver got {world.moody.balance(refused.to)}")
        say(f"{fast} of {paid} paid by brokers, the others by their blocks; what the token refused was fetched later")
        withdraw_fees(world)
        world.audit()
    say("all paid exactly once, all books balance")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except (Failure, RpcError) as e:
        print(f"test_brokers: seed {SEED}: {e}", file=sys.stderr)
        sys.exit(1)
