#!/usr/bin/env python3
"""Holds an instance against what its chains say: from the calldata and events of every chain and the node's API alone.

    tools/audit.py DEPLOYMENT.json --api URL --rpc NUMBER=URL..

The state is replayed from the logs in the calldata by the Python reference (tests/reference/rollup.py). Then, at one L1
block of each chain:

  holdings   what the contract holds of each token = balances of it on L2 (reserves of pools are some of them) + payouts of
             proved blocks that are not made yet + payouts that failed and wait + money of requests that no block has taken
  roots      replayed = in the headers, which all chains show alike = the contracts' events = the node's
  payouts    every payout of an executed block was made once, with its amount; nothing else was paid; accepted once
  balances   the node shows for every account what the replayed state holds (if all that it accepted is proved)
  receipts   everything that was acknowledged is in the chains' logs, at the place the receipt says (when receipts are given)

Reads only; may run beside a living instance.
"""
import argparse
import collections
import json
import os
import sys
import urllib.request

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../tests/reference"))
import rollup  # noqa: E402
from abi import Interface  # noqa: E402

ROOTS = 8  # of so many blocks the root is computed, the last one's always
DEPOSIT, FULL_EXIT, WITHDRAW, FORCED_EXIT, SWAP_REQUEST, ADD_REQUEST, REMOVE_REQUEST = 1, 3, 12, 16, 17, 18, 19
H_NUMBER, H_TIMESTAMP, H_OLD_ROOT, H_NEW_ROOT, H_LOG_WORDS, H_OPERATIONS, H_CHAINS, H_FIRST_CHAIN = 3, 4, 6, 7, 10, 11, 12, 13


class AuditFailure(Exception):
    """Something does not agree; the text says what."""


def need(condition, what):
    if not condition:
        raise AuditFailure(what)


def rpc(url, method, *params):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=60) as answer:
        reply = json.load(answer)
    if "error" in reply:
        raise AuditFailure(f"{url}: {method}: {reply['error']}")
    return reply["result"]


def bits(word, at, width):
    return word >> at & (1 << width) - 1


def payout(entry, chain):
    """(token id, amount, to) that an outbox entry makes the contract of `chain` pay, or None."""
    _, w0, w1, w2, w3 = entry
    kind = w0 & 0xff
    if kind == FULL_EXIT:
        paid = (bits(w0, 45, 40), bits(w0, 85, 112), w2) if bits(w0, 44, 1) else None
    elif kind == WITHDRAW:
        paid = bits(w0, 95, 40), bits(w0, 135, 112), w1
    elif kind == FORCED_EXIT:
        paid = bits(w0, 123, 40), bits(w2, 0, 112), w1
    elif kind == SWAP_REQUEST:
        refund = bits(w0, 38, 40), bits(w0, 78, 112), bits(w3, 0, 160)
        paid = refund if bits(w0, 8, 2) else (bits(w2, 0, 40), bits(w1, 112, 112), bits(w2, 40, 160))
    elif kind == ADD_REQUEST:
        paid = (bits(w0, 38, 40), bits(w0, 78, 112), bits(w3, 0, 160)) if bits(w0, 8, 2) else None
    elif kind == REMOVE_REQUEST:
        paid = None if bits(w0, 8, 2) else (bits(w0, 66, 40), bits(w1, 112, 112), bits(w3, 0, 160))
    else:
        paid = None
    return paid if paid and paid[0] >> 32 == chain else None


def requested_money(words):
    """(token id, amount) that came in with a request, or None."""
    w0 = words[0]
    kind = w0 & 0xff
    if kind == DEPOSIT:
        return bits(w0, 44, 40), bits(w0, 84, 112)
    if kind in (SWAP_REQUEST, ADD_REQUEST):
        return bits(w0, 38, 40), bits(w0, 78, 112)
    return None


class ChainView:
    """What one chain shows, up to one of its blocks."""

    def __init__(self, number, url, contract, interface):
        self.number, self.url, self.contract, self.interface = number, url, contract, interface
        self.at = rpc(url, "eth_blockNumber")
        self.tokens = {}                # index -> address
        self.requests = []              # (w0..w3)
        self.blocks = {}                # number -> submission, with the event's root
        self.pieces = {}                # challenge -> words
        self.executed = 0
        self.paid = collections.defaultdict(list)   # block -> [(operation, token id, amount)], pending ones too
        self.pending = collections.Counter()        # (token id, owner)
        self.accepted = set()
        logs = rpc(url, "eth_getLogs", {"address": contract, "fromBlock": "0x0", "toBlock": self.at})
        for log in logs:
            name, values = interface.event(log)
            handler = getattr(self, "on_" + name, None) if name else None
            if handler:
                handler(log, **values)

    def transaction(self, log):
        return self.interface.call(rpc(self.url, "eth_getTransactionByHash", log["transactionHash"])["input"])[1]

    def on_TokenRegistered(self, _log, index, token, **_):
        self.tokens[index] = token

    def on_Requested(self, _log, index, w0, w1, w2, w3, **_):
        need(index == len(self.requests), f"chain {self.number}: request {index} is out of order")
        self.requests.append((w0, w1, w2, w3))

    def on_LogPiecePosted(self, log, challenge, **_):
        call = self.transaction(log)
        words = self.pieces.get(challenge, []) if call["firstWord"] else []
        self.pieces[challenge] = words + call["words"]

    def on_BlockProved(self, log, number, root, endRequest, **_):
        submission = self.transaction(log)["submission"]
        header = submission["header"]
        need((header[H_NUMBER], header[H_NEW_ROOT]) == (number, root),
             f"chain {self.number}: block {number} was accepted with another header than submitted")
        words = submission["log"] or self.pieces.get(submission["logChallenge"], [])
        need(len(words) == header[H_LOG_WORDS], f"chain {self.number}: block {number}'s log is not complete")
        outbox = submission["outbox"]
        entries = [outbox[i:i + 5] for i in range(0, len(outbox), 5)]
        self.blocks[number] = {"header": header, "log": words, "outbox": entries, "endRequest": endRequest}

    def on_BlockExecuted(self, _log, number, **_):
        need(number == self.executed + 1, f"chain {self.number}: block {number} was executed after {self.executed}")
        self.executed = number

    def on_Paid(self, _log, number, operation, token, amount, **_):
        self.paid[number].append((operation, (self.number << 32) + token, amount))

    def on_PayoutPending(self, log, number, operation, token, to, amount, **_):
        self.on_Paid(log, number, operation, token, amount)
        self.pending[(self.number << 32) + token, to] += amount

    def on_PendingWithdrawn(self, _log, token, owner, amount, **_):
        self.pending[(self.number << 32) + token, owner] -= amount
        need(self.pending[(self.number << 32) + token, owner] >= 0, f"chain {self.number}: {owner:#x} withdrew too much")

    def on_Accepted(self, _log, id, **_):
        need(id not in self.accepted, f"chain {self.number}: {id:#x} was accepted twice")
        self.accepted.add(id)

    @property
    def proved(self):
        return max(self.blocks, default=0)

    def holdings(self, index):
        if index == 0:
            return int(rpc(self.url, "eth_getBalance", self.contract, self.at), 16)
        data = f"0x70a08231{int(self.contract, 16):064x}"
        return int(rpc(self.url, "eth_call", {"to": f"{self.tokens[index]:#042x}", "data": data}, self.at), 16)

    def payouts(self, number):
        """[(operation, token id, amount)] of a block's outbox."""
        found = [(entry[0], payout(entry, self.number)) for entry in self.blocks[number]["outbox"]]
        return [(operation, p[0], p[1]) for operation, p in found if p]

    def check_payouts(self):
        """Of executed blocks, and of the one that may be half executed; returns what proved blocks still owe."""
        owed = collections.Counter()
        for number in sorted(self.blocks):
            due, done = collections.Counter(self.payouts(number)), collections.Counter(self.paid.get(number, []))
            need(max(done.values(), default=1) == 1, f"chain {self.number}: block {number} paid something twice: {done}")
            need(not done - due, f"chain {self.number}: block {number} paid what was not due: {done - due}")
            missing = due - done
            need(number > self.executed or not missing, f"chain {self.number}: block {number} did not pay {missing}")
            need(number <= self.executed + 1 or not done, f"chain {self.number}: block {number} paid before its turn")
            for _, token, amount in missing:
                owed[token] += amount
        need(set(self.paid) <= set(self.blocks), f"chain {self.number}: payouts of blocks that were never proved")
        return owed

    def liabilities(self, on_l2):
        """By token id, after this chain's last proved block; on_l2: balances there."""
        owed = collections.Counter({t: a for t, a in on_l2.items() if t >> 32 == self.number}) + self.check_payouts()
        for (token, _), amount in self.pending.items():
            owed[token] += amount
        taken = self.blocks[self.proved]["endRequest"] if self.blocks else 0
        for words in self.requests[taken:]:
            money = requested_money(words)
            if money:
                owed[money[0]] += money[1]
        return owed


class Audit:
    """deployment: the content of the deployment file; urls: chain number -> endpoint."""

    def __init__(self, deployment, urls, api_url):
        interface = Interface("Zklink", "IZklink")
        self.views = [ChainView(c["number"], urls[c["number"]], c["contract"], interface) for c in deployment["chains"]]
        self.api_url = api_url
        self.state = rollup.State()
        owner = (deployment["feeOwnerChain"] << 160) + int(deployment["feeOwner"], 16)
        self.state.put(1, 0, (2, [owner, 0, 0, 0]))
        need(self.state.root() == int(deployment["genesisRoot"], 16), "the deployment file's genesis root is another")
        self.operations = []      # (type, account) of all operations in order
        self.ends = {0: 0}        # block -> operations up to its end
        self.checked_roots = 0

    @property
    def proved(self):
        return max(v.proved for v in self.views)

    def block(self, number):
        """A block as the chains that have it show it: all alike but for their own outboxes."""
        shown = [v.blocks[number] for v in self.views if number in v.blocks]
        need(shown, f"block {number} was proved on no chain, though {self.proved} was on one")
        for other in shown[1:]:
            need((other["header"], other["log"]) == (shown[0]["header"], shown[0]["log"]),
                 f"chains accepted different blocks {number}")
        return shown[0]

    def sums(self):
        total = collections.Counter()
        for (_, slot), record in self.state.records.items():
            if slot != 0:
                total[record[0]] += record[1]
        return total

    def replay(self):
        """All blocks; returns the sums of L2 balances after each chain's last proved block."""
        last, after = self.proved, {}
        step = max(1, last // ROOTS)
        for view in self.views:
            if view.proved == 0:
                after[view.number] = collections.Counter()
        for number in range(1, last + 1):
            block = self.block(number)
            header = block["header"]
            chains = [header[H_FIRST_CHAIN + 6 * i] for i in range(header[H_CHAINS])]
            need(number == 1 or header[H_OLD_ROOT] == self.block(number - 1)["header"][H_NEW_ROOT],
                 f"block {number} does not begin where the one before ended")
            ops, outboxes, _ = rollup.replay(self.state, block["log"], {"fee_account": 1, "timestamp": header[H_TIMESTAMP]}, chains)
            need(len(ops) == header[H_OPERATIONS], f"block {number} has {len(ops)} operations, its header says "
                                                   f"{header[H_OPERATIONS]}")
            for view in self.views:
                if number in view.blocks:
                    need([list(e) for e in view.blocks[number]["outbox"]] == outboxes[view.number],
                         f"chain {view.number}: block {number}'s outbox is not what its log says")
            self.operations += [(kind, words[0] >> 8 & (1 << 28) - 1) for kind, words, _ in ops]
            self.ends[number] = len(self.operations)
            if number == last or number % step == 0:
                need(self.state.root() == header[H_NEW_ROOT], f"block {number}: the replayed root is another")
                self.checked_roots += 1
            for view in self.views:
                if view.proved == number:
                    after[view.number] = self.sums()
        return after

    def check_holdings(self, after):
        lines = []
        for view in self.views:
            owed = view.liabilities(after[view.number])
            need({t & 0xffffffff for t, a in owed.items() if a} <= {0, *view.tokens},
                 f"chain {view.number} owes tokens that it does not know: {owed}")
            for index in (0, *sorted(view.tokens)):
                held, due = view.holdings(index), owed[(view.number << 32) + index]
                need(held == due, f"chain {view.number}: the contract holds {held} of token {index}, owes {due}")
                lines.append(f"chain {view.number} token {index}: holds {held} = owes {due}")
        return lines

    def check_node(self):
        """True if the node had accepted nothing beyond the last proved block, so that balances were compared too."""
        for number in {1, self.proved} & set(self.ends):
            node = rpc(self.api_url, "getBlockByNumber", number)
            need(int(node["newRoot"], 16) == self.block(number)["header"][H_NEW_ROOT],
                 f"block {number}: the node's root is not the contracts'")
        health = rpc(self.api_url, "health")
        if health["pending"] or rpc(self.api_url, "getLatestBlockNumber")["sealed"] != self.proved:
            return False
        accounts = {account for account, _ in self.state.records}
        for account in sorted(accounts):
            shown = {b["slot"]: (b["token"], int(b["amount"])) for b in rpc(self.api_url, "getAccountBalances", account)}
            held = {slot: record for (a, slot), record in self.state.records.items() if a == account and slot}
            if self.state.account(account)[0] in (2, 3):
                need(shown == held, f"account {account}: the node shows {shown}, replay {held}")
        return True

    def check_receipts(self, receipts):
        """receipts: [(hash, sequence, account)]; all must be in proved blocks."""
        for hash_, sequence, account in receipts:
            known = rpc(self.api_url, "getTransactionByHash", hash_)
            need(known["sequence"] == sequence, f"{hash_}: acknowledged as {sequence}, the node says {known['sequence']}")
            need(known["block"] in self.ends, f"{hash_} was acknowledged and is in no proved block")
            need(self.ends[known["block"] - 1] + known["index"] + 1 == sequence,
                 f"{hash_}: sequence {sequence}, but it stands at {known['index']} of block {known['block']}")
            kind, signer = self.operations[sequence - 1]
            need(signer == account and rollup.NAMES[kind].removesuffix("First") == known["type"].removesuffix("First"),
                 f"{hash_}: the log has operation {kind} of account {signer} there")
        need(len({s for _, s, _ in receipts}) == len(receipts), "two receipts have one sequence number")

    def run(self, receipts=()):
        """All checks; the findings as lines."""
        lines = self.check_holdings(self.replay())
        whole = self.check_node()
        self.check_receipts(receipts)
        paid = sum(len(p) for v in self.views for p in v.paid.values())
        lines.append(f"{self.proved} blocks with {len(self.operations)} operations replayed from calldata, {self.checked_roots} "
                     f"roots computed; {paid} payouts, each once; {len(receipts)} receipts found"
                     + ("" if whole else "; balances not compared: the node is ahead of the proofs"))
        return lines


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("deployment")
    parser.add_argument("--api", required=True)
    parser.add_argument("--rpc", action="append", default=[], required=True, metavar="NUMBER=URL")
    args = parser.parse_args()
    with open(args.deployment) as f:
        deployment = json.load(f)
    urls = {int(n): url for n, _, url in (r.partition("=") for r in args.rpc)}
    print("\n".join(Audit(deployment, urls, args.api).run()))
    print("everything agrees")
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except AuditFailure as e:
        print(f"audit: {e}", file=sys.stderr)
        sys.exit(1)
