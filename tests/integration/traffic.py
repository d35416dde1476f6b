"""Users who trade, deposit and exit at random while things break, and books that say what must have come of it.

Every transaction is signed once and offered until the node gives a definite answer: a receipt or a rejection. A
connection that broke leaves the outcome open, so the same bytes are offered again; "nonce too low" then means that the
first offer was taken, and getTransactionByHash must know it. Requests go straight to the chains, which need no node.
At the end the global order (the sequence numbers of receipts and requests) is replayed with big integers.
"""
import collections
import http.client
import json
import os
import random
import subprocess
import sys
import threading
import time
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path[1:1] = [os.path.join(HERE, "../../tools"), os.path.join(HERE, "../reference")]
from abi import Interface  # noqa: E402
from books import Pool, short_fee  # noqa: E402
from keccak import keccak256  # noqa: E402
from world import ROOT, Failure, RpcError, rpc, wait_until, word  # noqa: E402

SIGN_TX = os.path.join(os.path.dirname(os.environ.get("ZKLINK_BIN", os.path.join(ROOT, "build/release/zklink"))),
                       "tests/tools/sign_tx")
BROKEN = (OSError, http.client.HTTPException, ValueError)  # no answer, or half of one: the outcome is open
FEE_ACCOUNT = 1
POOL_FEE, AMPLIFICATION = 30, 150  # the pools after the first one are stable
BROKER_FEE = 5000  # in base units of whatever is paid
TOKENS = (("GOLD", 18), ("USDB", 6), ("SILK", 8))  # one native to each chain
EXPECTED_REJECTIONS = {"BALANCE_TOO_LOW", "FEE_BALANCE", "SLIPPAGE", "BAD_SIGNATURE", "SHARES_TOO_MANY", "RESULT_ZERO"}


class Signer:
    """The C signer, one line in, one line out."""

    def __init__(self, world):
        self.process = subprocess.Popen(["setpriv", "--pdeathsig", "KILL", SIGN_TX,
                                         os.path.join(world.dir, "deployment.json")],
                                        stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        self.lock = threading.Lock()

    def sign(self, eth_key, l2_key, tx):
        with self.lock:
            self.process.stdin.write(json.dumps({"ethKey": eth_key, "l2Key": l2_key, "tx": tx}) + "\n")
            self.process.stdin.flush()
            line = self.process.stdout.readline()
        if not line:
            raise Failure("sign_tx ended")
        answer = json.loads(line)
        return answer["hash"], answer["tx"]

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def rpc_batch(url, method, list_of_params, timeout=30):
    body = [{"jsonrpc": "2.0", "id": i, "method": method, "params": p} for i, p in enumerate(list_of_params)]
    request = urllib.request.Request(url, json.dumps(body).encode(), {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        replies = json.load(answer)
    by_id = {r["id"]: r for r in replies}
    return [by_id[i] for i in range(len(list_of_params))]


class Trader:
    """A user with an account, two L2 keys to change between, and an address that takes payouts and pays nothing."""

    def __init__(self, traffic, name, rng):
        self.traffic, self.name, self.rng = traffic, name, rng
        self.user = traffic.world.user(name, 1000 * 10**18)
        self.other_key = traffic.world.zklink("key", "new", os.path.join(traffic.world.dir, name + "-2.key"), "--plain") and \
            os.path.join(traffic.world.dir, name + "-2.key")
        self.keys = [self.user.key, self.other_key]
        self.key = 0
        self.vault = "0x" + f"{rng.getrandbits(160):040x}"
        self.account, self.nonce = None, 0
        self.rejected = collections.Counter()

    def sign(self, nonce, type_, key=None, **fields):
        token = fields.pop("feeToken")
        fee = short_fee(self.rng.randrange(0, 10**(self.traffic.token(token).decimals - 3)))
        tx = {"type": type_, "account": self.account, "nonce": nonce, "validUntil": int(time.time()) + 3600,
              "feeToken": token, "fee": str(fee), **fields}
        return self.traffic.signer.sign(self.user.key, self.keys[self.key if key is None else key], tx)

    def random_tx(self, nonce):
        """(hash, tx, key index that holds after it)"""
        t, rng = self.traffic, self.rng
        kind = rng.choices(("swap", "transfer", "withdraw", "new", "add", "remove", "add one", "remove one", "key"),
                           (45, 22, 8, 4, 5, 4, 5, 4, 6))[0]
        pool, (a, b) = rng.choice(t.pools)
        decimals = (in_token := rng.choice((a, b))).decimals
        token = in_token.id
        # mostly small, now and then more than anybody has
        amount = rng.randrange(1, 10 ** rng.randrange(3, decimals + 2) + 1)
        if kind == "swap":
            out = (*self.sign(nonce, "Swap", feeToken=token, pool=pool, tokenIn=token, amountIn=str(amount),
                              minOut=str(rng.choice((0, 1, 10**25)) if rng.random() < 0.1 else 0)), self.key)
        elif kind == "transfer":
            to = rng.choice([x for x in t.traders if x is not self]).account
            out = (*self.sign(nonce, "Transfer", feeToken=token, to=to, token=token, amount=str(amount)), self.key)
        elif kind == "withdraw":
            fast = {"brokerFee": str(BROKER_FEE)} if amount > 2 * BROKER_FEE and rng.random() < 0.6 else {}
            out = (*self.sign(nonce, "Withdraw", feeToken=token, token=token, amount=str(amount), to=self.vault, **fast),
                   self.key)
        elif kind == "new":
            to = rng.choice(t.strangers)
            out = (*self.sign(nonce, "TransferToAddress", feeToken=token, toChain=1 + rng.randrange(len(t.tokens)), toAddress=to,
                              token=token, amount=str(amount)), self.key)
        elif kind == "add":
            out = (*self.sign(nonce, "AddLiquidity", feeToken=token, pool=pool,
                              maxA=str(amount * 10**a.decimals // 10**decimals + 10**(a.decimals - 6)),
                              maxB=str(amount * 10**b.decimals // 10**decimals + 10**(b.decimals - 3)), minShares="0"), self.key)
        elif kind == "remove":
            out = (*self.sign(nonce, "RemoveLiquidity", feeToken=token, pool=pool, shares=str(amount), minA="0",
                              minB="0"), self.key)
        elif kind == "add one":
            out = (*self.sign(nonce, "AddLiquidityOne", feeToken=token, pool=pool, tokenIn=token, amountIn=str(amount),
                              minShares="0"), self.key)
        elif kind == "remove one":
            out = (*self.sign(nonce, "RemoveLiquidityOne", feeToken=token, pool=pool, tokenOut=token, shares=str(amount),
                              minOut="0"), self.key)
        else:
            new = 1 - self.key
            out = (*self.sign(nonce, "ChangePubKey", key=new, feeToken=token, chain=1 + rng.randrange(len(t.tokens))),
                   new)
        return out

    def settle(self, hash_, tx, key):
        """Offers one transaction until the answer is definite. True if it was accepted."""
        t, doubtful = self.traffic, False
        while True:
            try:
                receipt = rpc(t.world.api_url, "sendTransaction", tx, timeout=t.patience_s)
                t.accepted(self, hash_, tx, receipt["hash"], receipt["sequence"])
            except RpcError as e:
                if e.reason == "NONCE_TOO_LOW" and doubtful:
                    known = t.insist("getTransactionByHash", hash_)
                    t.accepted(self, hash_, tx, known["hash"], known["sequence"], late=True)
                elif e.reason in EXPECTED_REJECTIONS:
                    self.rejected[e.reason] += 1
                    if e.reason == "BAD_SIGNATURE":
                        self.key = 1 - self.key  # a request on L1 changed it
                    return False
                elif e.code == -32603:
                    doubtful = True
                    time.sleep(0.05)
                    continue
                else:
                    raise Failure(f"{self.name}: {tx}: {e}")
            except BROKEN:
                doubtful = True
                t.broken += 1
                time.sleep(0.05)
                continue
            self.nonce += 1
            self.key = key
            return True

    def batch(self):
        """Several at once, which share one commit; afterwards each is settled by itself if need be."""
        t = self.traffic
        txs = []
        for k in range(self.rng.randrange(2, 5)):
            to = self.rng.choice([x for x in t.traders if x is not self]).account
            token = t.tokens[k % len(t.tokens)].id
            txs.append(self.sign(self.nonce + k, "Transfer", feeToken=token, to=to, token=token, amount="1"))
        try:
            replies = rpc_batch(t.world.api_url, "sendTransaction", [[tx] for _, tx in txs], t.patience_s)
        except BROKEN:
            t.broken += 1
            replies = [{}] * len(txs)
        for (hash_, tx), reply in zip(txs, replies):
            if "result" in reply:
                t.accepted(self, hash_, tx, reply["result"]["hash"], reply["result"]["sequence"])
                self.nonce += 1
            elif not self.settle_or_find(hash_, tx):
                return

    def settle_or_find(self, hash_, tx):
        known = self.traffic.insist("getTransactionByHash", hash_, missing_ok=True)
        if known:
            self.traffic.accepted(self, hash_, tx, known["hash"], known["sequence"], late=True)
            self.nonce += 1
            return True
        return self.settle(hash_, tx, self.key)

    def run(self):
        while not self.traffic.stopping.is_set():
            if self.rng.random() < 0.1:
                self.batch()
            else:
                self.settle(*self.random_tx(self.nonce))
            time.sleep(self.rng.uniform(*self.traffic.pause))


class Traffic:
    def __init__(self, world, rng, n_traders=5, pause=(0.05, 0.4), patience_s=30):
        self.world, self.rng, self.pause, self.patience_s = world, rng, pause, patience_s
        self.signer = Signer(world)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.acknowledged = {}  # hash -> (sequence, trader, tx)
        self.late = self.broken = 0
        self.requests = {c.number: [] for c in world.chains}  # in queue order: (kind, trader, fields)
        self.sent = {c.number: [] for c in world.chains}      # in queue order: (transaction hash, transaction)
        # Held by who makes a request, and by who does something to the chain during which nobody can.
        self.chain_locks = {c.number: threading.Lock() for c in world.chains}
        self.failure = None
        self.strangers = ["0x" + f"{rng.getrandbits(160):040x}" for _ in range(4)]
        self.tokens = [c.deploy_token(symbol, decimals, 10**(decimals + 12))
                       for c, (symbol, decimals) in zip(world.chains, TOKENS)]
        for token in self.tokens:
            world.register(token)
        self.traders = [Trader(self, f"trader-{i}", random.Random(rng.getrandbits(64))) for i in range(n_traders)]

    def token(self, id_):
        return self.tokens[(id_ >> 32) - 1]

    # ---- what the threads tell ----

    def accepted(self, trader, hash_, tx, got, sequence, late=False):
        with self.lock:
            if got != hash_:
                raise Failure(f"the receipt names {got}, not {hash_}")
            if hash_ in self.acknowledged:
                raise Failure(f"{hash_} was acknowledged twice: {self.acknowledged[hash_][0]} and {sequence}")
            self.acknowledged[hash_] = sequence, trader, tx
            self.late += late

    def insist(self, method, *params, missing_ok=False):
        """A call that is repeated until the node answers."""
        while True:
            try:
                return rpc(self.world.api_url, method, *params, timeout=self.patience_s)
            except RpcError as e:
                if missing_ok and e.reason == "NOT_FOUND":
                    return None
                if e.code != -32603:
                    raise
            except BROKEN:
                pass
            time.sleep(0.05)

    # ---- requests on the chains ----

    def request(self, chain, trader, kind, data, value=0, **fields):
        tx = {"from": trader.user.address, "to": self.world.contract(chain), "data": data, "gas": hex(400000)}
        if value:
            tx["value"] = hex(value)
        hash_ = self.send_request(chain, tx, len(self.requests[chain.number]))
        self.requests[chain.number].append((kind, trader, fields))
        self.sent[chain.number].append((hash_, tx))

    def send_request(self, chain, tx, index):
        """Its transaction's hash; it must be number `index` of the chain's queue."""
        hash_ = chain.rpc("eth_sendTransaction", tx)
        receipt = wait_until("a receipt", lambda: chain.rpc("eth_getTransactionReceipt", hash_))
        topic = "0x" + self.event_topic
        logs = [l for l in receipt["logs"] if l["topics"][0] == topic]
        if int(receipt["status"], 16) != 1 or len(logs) != 1:
            raise Failure(f"request {index} on chain {chain.number} failed: {tx}")
        if int(logs[0]["topics"][1], 16) != index:
            raise Failure("the queue's index is not the number of requests made before")
        return hash_

    def reorganise(self, chain, depth):
        """The chain's last blocks are replaced by empty ones; users send what was lost once more, in the same order. The
        caller holds the chain's lock. Returns how many requests were lost."""
        chain.reorganise(depth)
        sent, lost = self.sent[chain.number], 0
        while lost < len(sent) and chain.rpc("eth_getTransactionReceipt", sent[-1 - lost][0]) is None:
            lost += 1
        for i in range(len(sent) - lost, len(sent)):
            sent[i] = self.send_request(chain, sent[i][1], i), sent[i][1]
        return lost

    def call_data(self, signature, *args):
        return "0x" + self.world.selector(signature) + "".join(word(a) for a in args)

    def deposit(self, trader, token, amount):
        self.request(token.chain, trader, "Deposit",
                     self.call_data("deposit(address,uint256,address)", token.address, amount, trader.user.address),
                     token=token.id, amount=amount)

    def deposit_native(self, trader, chain, amount):
        self.request(chain, trader, "Deposit", self.call_data("depositNative(address)", trader.user.address), amount,
                     token=chain.number << 32, amount=amount)

    def swap_request(self, trader, chain):
        """From this chain to another; one in eight asks for what no pool can do, one in eight for too much."""
        rng, token = self.rng, self.tokens[chain.number - 1]
        pool, pair = rng.choice([p for p in self.pools if token in p[1]])
        out, least = next(t for t in pair if t is not token).id, 0
        absurd = rng.randrange(8)
        if absurd == 0:
            pool, out = rng.choice(((pool, self.world.chains[0].number << 32), (trader.account, out), (10**8, out),
                                    (pool, (len(self.tokens) << 32) + 99)))
        elif absurd == 1:
            least = 10**30
        amount = rng.randrange(1, 10**(token.decimals - rng.randrange(3)))
        fee = BROKER_FEE if rng.random() < 0.6 else 0
        self.request(chain, trader, "SwapRequest", self.call_data(
            "requestSwap((address,uint256,uint64,uint256,address,uint32,uint64,address,uint256,uint32,uint64))", token.address,
            amount, out, least, trader.vault, pool, int(time.time()) + 3600, trader.vault, fee, 0, 0), token=token.id,
            amount=amount, pool=pool, out=out, least=least, fee=fee)

    def full_exit(self, trader, chain, slot):
        self.request(chain, trader, "FullExit", self.call_data(
            "requestFullExit(uint256,uint256,address)", trader.account, slot, trader.vault), slot=slot)

    def set_key(self, trader, chain, key):
        _, tx = self.signer.sign(trader.user.key, trader.keys[key], {
            "type": "ChangePubKey", "account": trader.account, "nonce": 0, "validUntil": 0, "feeToken": 0, "fee": "0",
            "chain": 1})
        self.request(chain, trader, "SetSigningKey", self.call_data(
            "requestSetSigningKey(uint256,uint256,uint256)", trader.account, tx["pubKeyX"], tx["pubKeyY"]),
            key=(tx["pubKeyX"], tx["pubKeyY"]))

    def random_request(self):
        rng = self.rng
        trader, chain = rng.choice(self.traders), rng.choice(self.world.chains)
        if not self.chain_locks[chain.number].acquire(blocking=False):
            return
        try:
            self.make_request(trader, chain)
        finally:
            self.chain_locks[chain.number].release()

    def make_request(self, trader, chain):
        rng = self.rng
        kind = rng.choices(("deposit", "native", "exit", "key", "swap"), (6, 2, 2, 1, 5))[0]
        if kind == "deposit":
            token = self.tokens[chain.number - 1]
            self.deposit(trader, token, rng.randrange(1, 10 * 10**token.decimals))
        elif kind == "native":
            self.deposit_native(trader, chain, rng.randrange(1, 10**15))
        elif kind == "swap":
            self.swap_request(trader, chain)
        elif kind == "exit":
            self.full_exit(trader, chain, rng.randrange(1, 6))
        else:
            self.set_key(self.traders[-1], chain, rng.randrange(2))

    def run_requests(self):
        while not self.stopping.is_set():
            self.random_request()
            time.sleep(self.rng.uniform(0.2, 1.2))

    # ---- set-up: everybody gets an account, a key and funds; one makes the pool ----

    def set_up(self):
        w = self.world
        self.event_topic = keccak256(b"Requested(uint64,uint8,uint256,uint256,uint256,uint256,uint64)").hex()
        for trader in self.traders:
            for token in self.tokens:
                token.give(trader.user.address, 10**6 * 10**token.decimals)
                token.chain.rpc("eth_sendTransaction", {"from": trader.user.address, "to": token.address, "gas": hex(100000),
                                                        "data": "0x095ea7b3" + word(w.contract(token.chain)) + "f" * 64})
            self.deposit(trader, self.tokens[0], 10000 * 10**18)
        for trader in self.traders:
            trader.account = w.wait_account(trader.user)
            self.must(trader, "ChangePubKey", key=0, feeToken=self.tokens[0].id, chain=1)
            for token in self.tokens[1:]:
                self.deposit(trader, token, 50000 * 10**token.decimals)
        for trader in self.traders:
            wait_until("the other deposits", lambda: {t.id for t in self.tokens} <= {
                b["token"] for b in w.api("getAccountBalances", trader.account)}, alive=[w.node])
        first = self.traders[0]
        self.pools = []  # (id, two tokens)
        for a, b in zip(self.tokens, self.tokens[1:]):
            if a is self.tokens[0]:
                self.must(first, "CreatePool", feeToken=a.id, tokenA=a.id, tokenB=b.id, poolFee=POOL_FEE)
            else:
                self.must(first, "CreateStablePool", feeToken=a.id, tokenA=a.id, tokenB=b.id, poolFee=POOL_FEE,
                          amplification=AMPLIFICATION, multiplierA=10**(18 - a.decimals), multiplierB=10**(18 - b.decimals))
            self.pools.append((max(p["pool"] for p in w.api("getPools")), (a, b)))
            self.must(first, "AddLiquidity", feeToken=a.id, pool=self.pools[-1][0], maxA=str(2000 * 10**a.decimals),
                      maxB=str(10000 * 10**b.decimals), minShares="0")

    def receipts(self):
        """For the audit."""
        return [(hash_, sequence, trader.account) for hash_, (sequence, trader, _) in self.acknowledged.items()]

    def must(self, trader, type_, key=None, **fields):
        hash_, tx = trader.sign(trader.nonce, type_, key=key, **fields)
        if not trader.settle(hash_, tx, trader.key if key is None else key):
            raise Failure(f"{type_} was refused: {trader.rejected}")

    # ---- running ----

    def go(self, requests=True):
        """Starts the users; requests: on the chains too. finish() ends it; both may be called again."""
        def guarded(f):
            def run():
                try:
                    f()
                except Exception as e:  # noqa: BLE001 - told to the main thread, which fails the test
                    self.failure = self.failure or e
                    self.stopping.set()
            return run
        self.stopping.clear()
        self.threads = [threading.Thread(target=guarded(t.run), daemon=True) for t in self.traders]
        if requests:
            self.threads.append(threading.Thread(target=guarded(self.run_requests), daemon=True))
        for t in self.threads:
            t.start()

    def check(self):
        if self.failure:
            raise self.failure

    def finish(self, timeout=60):
        """Everybody's last transaction gets its answer."""
        self.stopping.set()
        end = time.time() + timeout
        for t in self.threads:
            t.join(max(0.1, end - time.time()))
            if t.is_alive():
                raise Failure(f"a user still waits for an answer after {timeout} s")
        self.check()


class Books:
    """The global order, replayed."""

    def __init__(self, traffic):
        self.t, self.w = traffic, traffic.world
        self.l2 = collections.Counter()       # (account or "chain:address", token)
        self.paid = collections.Counter()     # (address, token)
        self.brought = collections.Counter()  # (trader name, token)
        self.nonce = collections.Counter()
        self.key = {}                         # account -> (x, y)
        self.pools = {}
        for i, (id_, (a, b)) in enumerate(traffic.pools):
            stable = (AMPLIFICATION, [10**(18 - t.decimals) for t in (a, b)]) if i else ()
            self.pools[id_] = Pool([a.id, b.id], POOL_FEE, *stable)
        self.exits = [0, 0]
        self.swaps = collections.Counter()  # outcome -> requests
        self.accepted = self.accepted_payouts()

    def accepted_payouts(self):
        """What brokers paid in advance: (kind, a, b) -> (broker, token, fee)."""
        interface, found = Interface("IZklink"), {}
        for chain in self.w.chains:
            for log in chain.rpc("eth_getLogs", {"address": self.w.contract(chain), "fromBlock": "0x0"}):
                name, v = interface.event(log)
                if name == "Accepted":
                    key = v["kind"], v["a"], v["b"]
                    if key in found:
                        raise Failure(f"payout {key} was accepted twice")
                    found[key] = f"0x{v['broker']:040x}", (chain.number << 32) + v["token"], v["fee"]
        return found

    def pay(self, to, token, amount, *payout):
        """A payout that a broker may have made, less its fee."""
        _, _, fee = self.accepted.get(payout, (None, None, 0))
        self.paid[to, token] += amount - fee

    def swap_request(self, chain, index, trader, fields, tx):
        """The outcome must be the one that the pool's state at that place gives."""
        self.brought[trader.name, fields["token"]] += fields["amount"]
        pool, outcome = self.pools.get(fields["pool"]), tx["outcome"]
        self.swaps[outcome] += 1
        possible = pool is not None and set(pool.tokens) == {fields["token"], fields["out"]}
        out = pool.quote(pool.tokens.index(fields["token"]), fields["amount"]) if possible else 0
        want = "refunded: impossible" if not possible else \
            "done" if out >= max(1, fields["least"]) else "refunded: below the minimum"
        if outcome != want or int(tx["amountOut"]) != (out if want == "done" else 0):
            raise Failure(f"request {index} of chain {chain} is {outcome} with {tx['amountOut']}, the books say {want}, {out}")
        if outcome == "done":
            pool.swap(pool.tokens.index(fields["token"]), fields["amount"])
            self.pay(trader.vault, fields["out"], out, 17, chain, index)
        else:
            self.paid[trader.vault, fields["token"]] += fields["amount"]

    def order(self):
        """Every operation by its sequence number; each exactly once and no gap."""
        t, history = self.t, {}

        def put(sequence, item):
            if sequence in history:
                raise Failure(f"sequence {sequence} was given twice: {history[sequence]} and {item}")
            history[sequence] = item
        for hash_, (sequence, trader, tx) in t.acknowledged.items():
            put(sequence, ("tx", hash_, trader, tx))
        for chain, requests in t.requests.items():
            if self.w.request_count(self.w.chains[chain - 1]) != len(requests):
                raise Failure(f"chain {chain} has another number of requests than were made")
            for i, (kind, trader, fields) in enumerate(requests):
                put(self.w.api("getRequest", chain, i)["sequence"], ("request", chain, i, kind, trader, fields))
        missing = set(range(1, len(history) + 1)) - set(history)
        if missing or len(history) != max(history):
            raise Failure(f"sequence numbers without an operation: {sorted(missing)[:10]}")
        return [history[s] for s in sorted(history)]

    def move(self, who, token, amount):
        self.l2[who, token] += amount
        if self.l2[who, token] < 0:
            raise Failure(f"the books say that {who} cannot pay {-amount} of {token}")

    def request(self, chain, index, kind, trader, fields):
        done = self.w.api("getRequest", chain, index)
        tx = done["tx"]
        if done["type"] != kind or done["stage"] != "executed":
            raise Failure(f"request {index} of chain {chain} is {done['type']}, {done['stage']}; was {kind}")
        if kind == "SwapRequest":
            self.swap_request(chain, index, trader, fields, tx)
            return
        if tx["account"] != trader.account and trader.account is not None:
            raise Failure(f"request {index} of chain {chain} went to account {tx['account']}, not {trader.account}")
        if kind == "Deposit":
            if (tx["token"], int(tx["amount"])) != (fields["token"], fields["amount"]):
                raise Failure(f"request {index} of chain {chain} credits {tx['amount']} of {tx['token']}")
            self.move(trader.account, fields["token"], fields["amount"])
            self.brought[trader.name, fields["token"]] += fields["amount"]
        elif kind == "SetSigningKey":
            if not tx["ok"]:
                raise Failure("a key request of the owner was refused")
            self.key[trader.account] = fields["key"]
        else:
            self.exits[tx["ok"]] += 1
            if not tx["ok"] and int(tx["amount"]) != 0:
                raise Failure("a refused exit has an amount")
            if tx["ok"]:
                if int(tx["amount"]) != self.l2[trader.account, tx["token"]]:
                    raise Failure(f"exit of {tx['amount']} of {tx['token']}, the books say "
                                  f"{self.l2[trader.account, tx['token']]}")
                self.move(trader.account, tx["token"], -int(tx["amount"]))
                self.paid[trader.vault, tx["token"]] += int(tx["amount"])

    def transaction(self, hash_, trader, tx):
        me, fee = tx["account"], int(tx["fee"])
        if tx["nonce"] != self.nonce[me]:
            raise Failure(f"{hash_} has nonce {tx['nonce']}, {self.nonce[me]} was due")
        self.nonce[me] += 1
        self.move(me, tx["feeToken"], -fee)
        self.move(FEE_ACCOUNT, tx["feeToken"], fee)
        kind = tx["type"]
        if kind == "Transfer":
            self.move(me, tx["token"], -int(tx["amount"]))
            self.move(tx["to"], tx["token"], int(tx["amount"]))
        elif kind == "TransferToAddress":
            self.move(me, tx["token"], -int(tx["amount"]))
            self.move(f"{tx['toChain']}:{tx['toAddress'].lower()}", tx["token"], int(tx["amount"]))
        elif kind == "Withdraw":
            self.move(me, tx["token"], -int(tx["amount"]))
            self.pay(tx["to"].lower(), tx["token"], int(tx["amount"]), 12, me, tx["nonce"])
        elif kind == "Swap":
            pool = self.pools[tx["pool"]]
            i = pool.tokens.index(tx["tokenIn"])
            self.move(me, pool.tokens[i], -int(tx["amountIn"]))
            self.move(me, pool.tokens[1 - i], pool.swap(i, int(tx["amountIn"])))
        elif kind == "AddLiquidity":
            pool = self.pools[tx["pool"]]
            taken, shares = pool.add([int(tx["maxA"]), int(tx["maxB"])])
            for token, amount in zip(pool.tokens, taken):
                self.move(me, token, -amount)
            self.move(me, tx["pool"], shares)
        elif kind == "RemoveLiquidity":
            pool = self.pools[tx["pool"]]
            self.move(me, tx["pool"], -int(tx["shares"]))
            for token, amount in zip(pool.tokens, pool.remove(int(tx["shares"]))):
                self.move(me, token, amount)
        elif kind == "AddLiquidityOne":
            pool = self.pools[tx["pool"]]
            self.move(me, tx["tokenIn"], -int(tx["amountIn"]))
            self.move(me, tx["pool"], pool.add_one(pool.tokens.index(tx["tokenIn"]), int(tx["amountIn"])))
        elif kind == "RemoveLiquidityOne":
            pool = self.pools[tx["pool"]]
            self.move(me, tx["pool"], -int(tx["shares"]))
            self.move(me, tx["tokenOut"], pool.remove_one(pool.tokens.index(tx["tokenOut"]), int(tx["shares"])))
        elif kind == "ChangePubKey":
            self.key[me] = tx["pubKeyX"], tx["pubKeyY"]
        elif kind not in ("CreatePool", "CreateStablePool"):
            raise Failure(f"the books know no {kind}")

    # ---- comparing ----

    def check(self):
        """Replays and compares everything; the number of operations."""
        history = self.order()
        for item in history:
            if item[0] == "tx":
                self.transaction(*item[1:])
            else:
                self.request(*item[1:])
        self.check_transactions()
        self.check_accounts()
        self.check_chains()
        self.check_blocks(len(history))
        self.w.audit(self.t.receipts())
        return len(history)

    def check_transactions(self):
        for hash_, (sequence, _, tx) in self.t.acknowledged.items():
            known = self.w.api("getTransactionByHash", hash_)
            if known["sequence"] != sequence or known["stage"] != "executed" or known["tx"] != tx:
                raise Failure(f"{hash_}: acknowledged as {sequence}, {tx}; is {known}")

    def check_accounts(self):
        for trader in self.t.traders:
            account = self.w.api("getAccount", trader.account)
            if account["nonce"] != self.nonce[trader.account]:
                raise Failure(f"{trader.name}: nonce {account['nonce']}, the books say {self.nonce[trader.account]}")
            if (account["pubKey"]["x"], account["pubKey"]["y"]) != self.key[trader.account]:
                raise Failure(f"{trader.name} has another key than the last one that was set")
            self.check_balances(trader.account, trader.account)
        self.check_balances(FEE_ACCOUNT, FEE_ACCOUNT)
        for who in {w for w, _ in self.l2 if isinstance(w, str)}:
            chain, address = who.split(":")
            ids = [a["account"] for a in self.w.api("getAccountsByAddress", address) if a["authority"] == int(chain)]
            if len(ids) != 1:
                raise Failure(f"{who} has accounts {ids}")
            self.check_balances(who, ids[0])
        for id_, books in self.pools.items():
            pool = self.w.api("getPool", id_)
            if [int(pool["reserveA"]), int(pool["reserveB"]), int(pool["supply"])] != [*books.reserve, books.supply]:
                raise Failure(f"the pool is {pool}, the books say {books.reserve}, {books.supply}")

    def check_balances(self, who, account):
        node = {b["token"]: int(b["amount"]) for b in self.w.api("getAccountBalances", account)}
        books = {t: v for (w, t), v in self.l2.items() if w == who and v}
        if node != books:
            raise Failure(f"account {account}: the node says {node}, the books {books}")

    def check_chains(self):
        w, t = self.w, self.t
        for trader in t.traders:
            for token in t.tokens:
                want = 10**6 * 10**token.decimals - self.brought[trader.name, token.id]
                if token.balance(trader.user.address) != want:
                    raise Failure(f"{trader.name} has {token.balance(trader.user.address)} {token.symbol}, not {want}")
                if token.balance(trader.vault) != self.paid[trader.vault, token.id]:
                    raise Failure(f"{trader.name} was paid {token.balance(trader.vault)} {token.symbol}, the books say "
                                  f"{self.paid[trader.vault, token.id]}")
            for chain in w.chains:
                got = int(chain.rpc("eth_getBalance", trader.vault, "latest"), 16)
                if got != self.paid[trader.vault, chain.number << 32]:
                    raise Failure(f"{trader.name} was paid {got} wei on chain {chain.number}, the books say "
                                  f"{self.paid[trader.vault, chain.number << 32]}")

    def check_blocks(self, operations):
        w = self.w
        latest = w.api("getLatestBlockNumber")
        total = 0
        for number in range(1, latest["sealed"] + 1):
            block = w.api("getBlockByNumber", number)
            total += block["operations"]
            if block["stage"] != "executed" or any(c["stage"] != "executed" for c in block["chains"]):
                raise Failure(f"block {number} is {block['stage']}")
        if total != operations:
            raise Failure(f"the blocks have {total} operations, there were {operations}")
        for chain in w.chains:
            done = int(chain.call(w.contract(chain), "0x" + w.selector("executedNumber()")), 16)
            if done != latest["sealed"]:
                raise Failure(f"chain {chain.number} has executed {done} blocks of {latest['sealed']}")
