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
from books import isqrt, short_fee  # noqa: E402
from keccak import keccak256  # noqa: E402
from world import ROOT, Failure, RpcError, rpc, wait_until, word  # noqa: E402

SIGN_TX = os.path.join(os.path.dirname(os.environ.get("ZKLINK_BIN", os.path.join(ROOT, "build/release/zklink"))),
                       "tests/tools/sign_tx")
BROKEN = (OSError, http.client.HTTPException, ValueError)  # no answer, or half of one: the outcome is open
FEE_ACCOUNT = 1
POOL_FEE = 30
LOCKED_SHARES = 1000
PAID, EXPECTED_REJECTIONS = 10**12, {"BALANCE_TOO_LOW", "FEE_BALANCE", "SLIPPAGE", "BAD_SIGNATURE", "SHARES_TOO_MANY"}


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
        # The prices of the tokens differ by 10^12 in their units.
        fee = short_fee(self.rng.randrange(0, 10**15 if token >> 32 == 1 else 1000))
        tx = {"type": type_, "account": self.account, "nonce": nonce, "validUntil": int(time.time()) + 3600,
              "feeToken": token, "fee": str(fee), **fields}
        return self.traffic.signer.sign(self.user.key, self.keys[self.key if key is None else key], tx)

    def random_tx(self, nonce):
        """(hash, tx, key index that holds after it)"""
        t, rng = self.traffic, self.rng
        kind = rng.choices(("swap", "transfer", "withdraw", "new", "add", "remove", "key"),
                           (45, 25, 8, 4, 6, 5, 6))[0]
        i = rng.randrange(2)
        token = t.tokens[i].id
        # mostly small, now and then more than anybody has
        amount = rng.randrange(1, 10 ** rng.randrange(3, 20 if i == 0 else 8) + 1)
        if kind == "swap":
            out = (*self.sign(nonce, "Swap", feeToken=token, pool=t.pool, tokenIn=token, amountIn=str(amount),
                              minOut=str(rng.choice((0, 1, 10**25)) if rng.random() < 0.1 else 0)), self.key)
        elif kind == "transfer":
            to = rng.choice([x for x in t.traders if x is not self]).account
            out = (*self.sign(nonce, "Transfer", feeToken=token, to=to, token=token, amount=str(amount)), self.key)
        elif kind == "withdraw":
            out = (*self.sign(nonce, "Withdraw", feeToken=token, token=token, amount=str(amount), to=self.vault),
                   self.key)
        elif kind == "new":
            to = rng.choice(t.strangers)
            out = (*self.sign(nonce, "TransferToAddress", feeToken=token, toChain=1 + rng.randrange(2), toAddress=to,
                              token=token, amount=str(amount)), self.key)
        elif kind == "add":
            out = (*self.sign(nonce, "AddLiquidity", feeToken=token, pool=t.pool, maxA=str(amount * 10**9 + 10**12),
                              maxB=str(amount + 10**3), minShares="0"), self.key)
        elif kind == "remove":
            out = (*self.sign(nonce, "RemoveLiquidity", feeToken=token, pool=t.pool, shares=str(amount), minA="0",
                              minB="0"), self.key)
        else:
            new = 1 - self.key
            out = (*self.sign(nonce, "ChangePubKey", key=new, feeToken=token, chain=1 + rng.randrange(2)), new)
        return out

    def settle(self, hash_, tx, key):
        """Offers one transaction until the answer is definite. True if it was accepted."""
        t, doubtful = self.traffic, False
        while True:
            try:
                receipt = rpc(t.world.api_url, "sendTransaction", tx)
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
            token = t.tokens[k % 2].id
            txs.append(self.sign(self.nonce + k, "Transfer", feeToken=token, to=to, token=token, amount="1"))
        try:
            replies = rpc_batch(t.world.api_url, "sendTransaction", [[tx] for _, tx in txs])
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
    def __init__(self, world, rng, n_traders=5, pause=(0.05, 0.4)):
        self.world, self.rng, self.pause = world, rng, pause
        self.signer = Signer(world)
        self.lock = threading.Lock()
        self.stopping = threading.Event()
        self.acknowledged = {}  # hash -> (sequence, trader, tx)
        self.late = self.broken = 0
        self.requests = {c.number: [] for c in world.chains}  # in queue order: (kind, trader, fields)
        self.failure = None
        self.strangers = ["0x" + f"{rng.getrandbits(160):040x}" for _ in range(4)]
        self.tokens = [world.chains[0].deploy_token("GOLD", 18, 10**30), world.chains[1].deploy_token("USDB", 6, 10**18)]
        for token in self.tokens:
            world.register(token)
        self.traders = [Trader(self, f"trader-{i}", random.Random(rng.getrandbits(64))) for i in range(n_traders)]

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
                return self.world.api(method, *params)
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
        hash_ = chain.rpc("eth_sendTransaction", {**tx, "value": hex(value)} if value else tx)
        receipt = wait_until("a receipt", lambda: chain.rpc("eth_getTransactionReceipt", hash_))
        topic = "0x" + self.event_topic
        logs = [l for l in receipt["logs"] if l["topics"][0] == topic]
        if int(receipt["status"], 16) != 1 or len(logs) != 1:
            raise Failure(f"request {kind} of {trader.name} on chain {chain.number} failed")
        if int(logs[0]["topics"][1], 16) != len(self.requests[chain.number]):
            raise Failure("the queue's index is not the number of requests made before")
        self.requests[chain.number].append((kind, trader, fields))

    def call_data(self, signature, *args):
        return "0x" + self.world.selector(signature) + "".join(word(a) for a in args)

    def deposit(self, trader, token, amount):
        self.request(token.chain, trader, "Deposit",
                     self.call_data("deposit(address,uint256,address)", token.address, amount, trader.user.address),
                     token=token.id, amount=amount)

    def deposit_native(self, trader, chain, amount):
        self.request(chain, trader, "Deposit", self.call_data("depositNative(address)", trader.user.address), amount,
                     token=chain.number << 32, amount=amount)

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
        kind = rng.choices(("deposit", "native", "exit", "key"), (6, 2, 2, 1))[0]
        if kind == "deposit":
            token = self.tokens[chain.number - 1]
            self.deposit(trader, token, rng.randrange(1, 10 * 10**token.decimals))
        elif kind == "native":
            self.deposit_native(trader, chain, rng.randrange(1, 10**15))
        elif kind == "exit":
            self.full_exit(trader, chain, rng.randrange(1, 5))
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
            self.deposit(trader, self.tokens[1], 50000 * 10**6)
        for trader in self.traders:
            wait_until("the second deposit", lambda: any(
                b["token"] == self.tokens[1].id for b in w.api("getAccountBalances", trader.account)), alive=[w.node])
        first = self.traders[0]
        self.must(first, "CreatePool", feeToken=self.tokens[0].id, tokenA=self.tokens[0].id, tokenB=self.tokens[1].id,
                  poolFee=POOL_FEE)
        self.pool = w.api("getPools")[0]["pool"]
        self.must(first, "AddLiquidity", feeToken=self.tokens[0].id, pool=self.pool, maxA=str(2000 * 10**18),
                  maxB=str(10000 * 10**6), minShares="0")

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
        self.reserve, self.supply = [0, 0], 0
        self.exits = [0, 0]

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
        t, me = self.t, tx["account"]
        fee, token_a, token_b = int(tx["fee"]), t.tokens[0].id, t.tokens[1].id
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
            self.paid[tx["to"].lower(), tx["token"]] += int(tx["amount"])
        elif kind == "Swap":
            i = 0 if tx["tokenIn"] == token_a else 1
            kept = int(tx["amountIn"]) * (10000 - POOL_FEE)
            out = kept * self.reserve[1 - i] // (10000 * self.reserve[i] + kept)
            self.move(me, (token_a, token_b)[i], -int(tx["amountIn"]))
            self.move(me, (token_a, token_b)[1 - i], out)
            self.reserve[i] += int(tx["amountIn"])
            self.reserve[1 - i] -= out
        elif kind == "AddLiquidity":
            self.add_liquidity(me, (token_a, token_b), [int(tx["maxA"]), int(tx["maxB"])])
        elif kind == "RemoveLiquidity":
            shares = int(tx["shares"])
            given = [shares * r // self.supply for r in self.reserve]
            self.move(me, t.pool, -shares)
            self.supply -= shares
            for i, token in enumerate((token_a, token_b)):
                self.move(me, token, given[i])
                self.reserve[i] -= given[i]
        elif kind == "ChangePubKey":
            self.key[me] = tx["pubKeyX"], tx["pubKeyY"]
        elif kind != "CreatePool":
            raise Failure(f"the books know no {kind}")

    def add_liquidity(self, me, tokens, most):
        if self.supply == 0:
            taken = most
            self.supply = isqrt(most[0] * most[1])
            shares = self.supply - LOCKED_SHARES
        else:
            shares = min(m * self.supply // r for m, r in zip(most, self.reserve))
            taken = [-(-shares * r // self.supply) for r in self.reserve]
            self.supply += shares
        for i, token in enumerate(tokens):
            self.move(me, token, -taken[i])
            self.reserve[i] += taken[i]
        self.move(me, self.t.pool, shares)

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
        pool = self.w.api("getPool", self.t.pool)
        if [int(pool["reserveA"]), int(pool["reserveB"]), int(pool["supply"])] != [*self.reserve, self.supply]:
            raise Failure(f"the pool is {pool}, the books say {self.reserve}, {self.supply}")

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
        for i, token in enumerate(t.tokens):
            owed = sum(v for (_, k), v in self.l2.items() if k == token.id) + self.reserve[i]
            if token.balance(w.contract(token.chain)) != owed:
                raise Failure(f"the contract holds {token.balance(w.contract(token.chain))} {token.symbol}, owes {owed}")

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
