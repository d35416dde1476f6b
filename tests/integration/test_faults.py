#!/usr/bin/env python3
"""What goes wrong around a node, on purpose: chains that stop, crawl, lose transactions or raise fees; wrong endpoints,
damaged files, a second node; ends at bad moments. Users trade all the while; in the end the books must agree.

    test_faults.py [--seed N] [NAME..]     only the scenarios whose names are given
"""
import argparse
import http.server
import os
import random
import re
import shutil
import signal
import sqlite3
import subprocess
import sys
import threading
import time
import urllib.request

from traffic import Books, Failure, Traffic
from world import ROOT, ZKLINK, World, free_ports, wait_until  # traffic has set the path

BEGIN = time.time()
STOP_S = 8  # seconds that a service may take to end


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def need(condition, what):
    if not condition:
        raise Failure(what)


class Faults:
    def __init__(self, world, rng):
        self.world, self.rng = world, rng

    # ---- small tools ----

    def number(self, chain, getter):
        w = self.world
        return int(chain.call(w.contract(chain), "0x" + w.selector(getter + "()")), 16)

    def problems(self):
        return " ".join(self.world.api("health")["problems"])

    def settle(self, traffic_too=True):
        if traffic_too:
            self.traffic.check()
        self.world.wait_executed(120)

    def log(self, since=0):
        with open(self.world.node.log, errors="replace") as f:
            f.seek(since)
            return f.read()

    def log_end(self):
        return os.path.getsize(self.world.node.log)

    def refused_start(self, what, config, *expected, command="node"):
        """The service must end by itself with exit code 1 and say why in one line of standard error."""
        path = os.path.join(self.world.dir, "refused.conf")
        with open(path, "w") as f:
            f.write(config)
        began = time.time()
        try:
            done = subprocess.run([ZKLINK, command, "--config", path], capture_output=True, text=True, timeout=30,
                                  cwd=self.world.dir)
        except subprocess.TimeoutExpired:
            raise Failure(f"{what}: the {command} started")
        last = done.stderr.strip().splitlines()[-1] if done.stderr.strip() else ""
        need(done.returncode == 1, f"{what}: exit code {done.returncode}\n{done.stderr}")
        need(last.startswith(f"zklink {command}: "), f"{what}: no reason on standard error:\n{done.stderr}")
        for text in expected:
            need(text in last, f"{what}: the reason does not speak of '{text}': {last}")
        say(f"  {what}: {last[:150]} ({time.time() - began:.1f} s)")

    def config(self, **replacements):
        with open(self.world.config) as f:
            text = f.read()
        for old, new in replacements.values():
            need(old in text, f"the configuration has no {old}")
            text = text.replace(old, new)
        return text

    def stop_node(self, what):
        node = self.world.node
        began = time.time()
        node.popen.send_signal(signal.SIGTERM)
        try:
            code = node.popen.wait(STOP_S)
        except subprocess.TimeoutExpired:
            raise Failure(f"{what}: the node still runs {STOP_S} s after SIGTERM\n{node.tail()}")
        need(code == 0, f"{what}: exit code {code}\n{node.tail()}")
        say(f"  {what}: ended in {time.time() - began:.1f} s")

    # ---- scenarios ----

    def lost_answer(self):
        """The connection breaks after the node took a transaction: the command says how to find out, and means it."""
        w, trader = self.world, self.traffic.traders[0]
        node = w.api_url

        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_POST(self):
                body = self.rfile.read(int(self.headers["Content-Length"]))
                with urllib.request.urlopen(urllib.request.Request(node, body)) as answer:
                    text = answer.read()
                if b"sendTransaction" not in body:
                    self.send_response(200)
                    self.send_header("Content-Length", str(len(text)))
                    self.end_headers()
                    self.wfile.write(text)

            def log_message(self, *args):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        threading.Thread(target=server.serve_forever, daemon=True).start()
        path = os.path.join(w.dir, "proxy.conf")
        with open(path, "w") as f:
            f.write(self.config(a=(f'api_url = "{node}"', f'api_url = "http://127.0.0.1:{server.server_port}"')))
        token = self.traffic.tokens[0]
        nonce = w.api("getAccount", trader.account)["nonce"]
        done = w.zklink("transfer", "--token", token.ref, "--amount", "0.001", "--to",
                        str(self.traffic.traders[1].account), "--key", trader.keys[trader.key], "--account",
                        str(trader.account), "--config", path, check=False)
        server.shutdown()
        hashes = re.findall(r"zklink status (0x[0-9a-f]{64})", done.stderr)
        need(done.returncode == 1 and len(hashes) == 1, f"exit code {done.returncode}, no hash: {done.stderr}")
        known = w.api("getTransactionByHash", hashes[0])
        need(known["tx"]["nonce"] == nonce, f"another transaction: {known}")
        self.traffic.accepted(trader, hashes[0], known["tx"], known["hash"], known["sequence"])
        trader.nonce += 1
        say("  " + done.stderr.strip())

    def chain_stopped(self):
        """A chain is gone for a while: the other one takes proofs and waits with the rest."""
        w = self.world
        alpha, beta = w.chains
        self.settle()
        executed = self.number(alpha, "executedNumber")
        beta.process.popen.send_signal(signal.SIGSTOP)
        # Requests need both chains here: transactions only.
        self.traffic.go(requests=False)
        time.sleep(2)
        self.traffic.finish()
        try:
            wait_until("the other chain to go on", lambda: self.number(alpha, "provedNumber") > executed, 60,
                       alive=[w.node])
            wait_until("health to tell", lambda: "chain 2" in self.problems(), 30, alive=[w.node])
            status = w.api("health")["status"]
            need(status == "degraded", f"health is {status} while a chain is gone")
            need(self.number(alpha, "confirmedNumber") == executed, "a block was confirmed that one chain never saw")
        finally:
            beta.process.popen.send_signal(signal.SIGCONT)
        self.settle()
        need(self.problems() == "", f"there are problems left: {self.problems()}")

    def chain_restarted(self):
        """A chain's endpoint ends and comes back with its state; the node starts while it is gone."""
        w = self.world
        beta = w.chains[1]
        self.settle()
        time.sleep(2.5)  # everything is read: an anvil that starts again has forgotten its last blocks' logs
        beta.process.stop(30)
        wait_until("health to tell", lambda: "chain 2" in self.problems(), 30, alive=[w.node])
        self.traffic.go(requests=False)
        time.sleep(2)
        w.node.kill()
        w.start_node()
        need(w.api("health")["status"] == "degraded", "health is good while a chain is gone")
        self.traffic.finish()
        beta.process.start()
        beta.wait_ready()
        self.settle()

    def chain_slow(self):
        """A block every 4 seconds, and an endpoint that answers in bursts."""
        beta = self.world.chains[1]
        executed = self.number(beta, "executedNumber")
        beta.rpc("evm_setAutomine", False)
        beta.rpc("evm_setIntervalMining", 4)
        self.traffic.go()
        for _ in range(4):
            beta.process.popen.send_signal(signal.SIGSTOP)
            time.sleep(self.rng.uniform(0.2, 1.2))
            beta.process.popen.send_signal(signal.SIGCONT)
            time.sleep(self.rng.uniform(0.05, 0.4))
        self.traffic.finish()
        wait_until("a block to go all the way", lambda: self.number(beta, "executedNumber") > executed, 60,
                   alive=[self.world.node])
        self.normal_mining(beta)
        self.settle()

    def normal_mining(self, chain):
        """A block a second; anvil has no call that brings mixed mining back."""
        chain.rpc("evm_setIntervalMining", 1)

    def hold(self, chain):
        """The chain makes no blocks: returns the operator's transaction that waits in the pool."""
        self.settle()
        chain.rpc("evm_setAutomine", False)
        chain.rpc("evm_setIntervalMining", 0)
        self.traffic.go(requests=False)
        time.sleep(1.5)
        self.traffic.finish()

        def waiting():
            pool = chain.rpc("txpool_content")["pending"]
            mine = [t for a, txs in pool.items() if a.lower() == self.world.operator.address.lower()
                    for t in txs.values()]
            return mine and mine[0]
        return wait_until("a transaction in the pool", waiting, 30, alive=[self.world.node])

    def dropped(self):
        """The endpoint forgets a transaction: it is offered again, as it was."""
        alpha = self.world.chains[0]
        tx = self.hold(alpha)
        at = self.log_end()
        alpha.rpc("anvil_dropTransaction", tx["hash"])
        wait_until("the transaction to be offered again",
                   lambda: alpha.rpc("eth_getTransactionByHash", tx["hash"]), 30, alive=[self.world.node])
        need("event=offered_again chain=1" in self.log(at), "the log does not tell of the repetition")
        self.normal_mining(alpha)
        self.settle()

    def fees(self):
        """The base fee rises above what was offered: the same nonce is offered for more."""
        alpha = self.world.chains[0]
        tx = self.hold(alpha)
        at = self.log_end()
        alpha.rpc("anvil_setNextBlockBaseFeePerGas", hex(10 * int(tx["maxFeePerGas"], 16)))
        alpha.rpc("evm_mine")
        need(alpha.rpc("eth_getTransactionReceipt", tx["hash"]) is None, "the transaction was mined all the same")

        def replaced():
            return [t for txs in alpha.rpc("txpool_content")["pending"].values() for t in txs.values()
                    if t["nonce"] == tx["nonce"] and t["from"] == tx["from"] and t["hash"] != tx["hash"]]
        new = wait_until("a better offer", replaced, 30, alive=[self.world.node])[0]
        need(int(new["maxFeePerGas"], 16) >= 10 * int(tx["maxFeePerGas"], 16), "the new offer is too low")
        need("event=resent chain=1" in self.log(at), "the log does not tell of the new offer")
        self.normal_mining(alpha)
        self.settle()

    def wrong_endpoints(self):
        w = self.world
        alpha, beta = w.chains
        swapped = self.config(a=(f'rpc = ( "{alpha.url}" )', f'rpc = ( "{beta.url}" )'), d=("node-data", "refused-data"))
        self.refused_start("the endpoint is another chain", swapped, "chain 1", "31338", "31337")
        second = self.config(a=(f'rpc = ( "{alpha.url}" )', f'rpc = ( "{alpha.url}", "{beta.url}" )'),
                             d=("node-data", "refused-data"))
        self.refused_start("the second endpoint is another chain", second, "chain 1", "31338", "31337")
        self.refused_start("an oracle's endpoint is another chain", self.config(
            a=(f'rpc = ( "{alpha.url}" )', f'rpc = ( "{beta.url}" )'), d=("node-data", "refused-oracle-data")) +
            f'oracle: {{ port = {free_ports(1)[0]}; key_file = "oracle-1.key"; }};\n', "31338", "31337", command="oracle")
        self.refused_start("an oracle whose key is in no network", self.config(d=("node-data", "refused-stranger-data")) +
                           f'oracle: {{ port = {free_ports(1)[0]}; key_file = "operator.key"; }};\n', "oracle network", command="oracle")

    def second_node(self):
        w = self.world
        self.refused_start("a second node on the same folder", self.config(), "another node uses this folder")
        self.refused_start("a second node on the same port", self.config(d=("node-data", "refused-data")), "listen",
                           str(w.node_port))
        need(w.api("health"), "the first node is gone")

    def damaged_srs(self):
        w = self.world
        with open(w.srs, "rb") as f:
            good = f.read()
        path = os.path.join(w.dir, "damaged-srs.bin")
        replaced = {"s": (w.srs, path), "d": ("node-data", "refused-data")}
        flipped = bytearray(good)
        flipped[len(good) // 2 + self.rng.randrange(1000)] ^= 1 << self.rng.randrange(8)
        for what, content in (("a bit of the set-up file is wrong", bytes(flipped)),
                              ("the set-up file is cut off", good[:len(good) * 2 // 3]),
                              ("the set-up file is empty", b""),
                              ("the set-up file is something else", os.urandom(1 << 16))):
            with open(path, "wb") as f:
                f.write(content)
            self.refused_start(what, self.config(**replaced), "damaged-srs.bin")
        os.remove(path)
        self.refused_start("the set-up file is missing", self.config(**replaced), "damaged-srs.bin")

    def damaged_database(self):
        """The good database is put back afterwards, and goes on."""
        w = self.world
        self.settle()
        self.stop_node("SIGTERM")
        data, copy = os.path.join(w.dir, "node-data"), os.path.join(w.dir, "good-data")
        shutil.copytree(data, copy)
        path = os.path.join(data, "node.db")

        def restore():
            shutil.rmtree(data)
            shutil.copytree(copy, data)

        def page_of_garbage(content):
            at = content.index(b"CREATE TABLE") // 4096 * 4096
            return content[:at + 100] + os.urandom(3000) + content[at + 3100:]
        with open(path, "rb") as f:
            good = f.read()
        db = sqlite3.connect(f"file:{path}?immutable=1", uri=True)
        root = (db.execute("SELECT rootpage FROM sqlite_master WHERE name = 'leaf'").fetchone()[0] - 1) * 4096
        db.close()
        for what, content in (("the database's head is garbage", os.urandom(100) + good[100:]),
                              ("the database is another file", b"some text\n" * 1000),
                              ("the database's schema is garbage", page_of_garbage(good)),
                              ("the database has lost its second half", good[:len(good) // 2]),
                              ("a page of the database is zero", good[:root] + bytes(4096) + good[root + 4096:])):
            with open(path, "wb") as f:
                f.write(content)
            self.refused_start(what, self.config(), "node.db")
            restore()
        self.changed_rows(path, restore)
        w.start_node()
        self.settle()

    def changed_rows(self, path, restore):
        """The file is sound, but what it says contradicts itself."""
        for what, sql, *expected in (
                ("a balance was changed", "UPDATE leaf SET fields = zeroblob(31) || x'07' || substr(fields, 33) "
                 "WHERE tag = 1 AND account > 1", "root"),
                ("a record was deleted", "DELETE FROM leaf WHERE account = 2 AND slot = 0", "root"),
                ("the last header was changed", "UPDATE block SET header = zeroblob(length(header)) "
                 "WHERE number = (SELECT max(number) FROM block)", "header"),
                ("the last block is gone", "PRAGMA foreign_keys = 0; DELETE FROM block WHERE number = "
                 "(SELECT max(number) FROM block)", "database")):
            db = sqlite3.connect(path)
            db.executescript(sql)
            db.commit()
            db.close()
            self.refused_start(what, self.config(), *expected)
            restore()

    def stops(self):
        """SIGTERM in the middle of a proof, and while an endpoint hangs."""
        w = self.world
        self.traffic.go()
        at = self.log_end()
        wait_until("a proof to begin", lambda: "event=proving" in self.log(at), 30)
        self.stop_node("SIGTERM while proving")
        w.start_node()
        w.chains[1].process.popen.send_signal(signal.SIGSTOP)
        time.sleep(2)
        try:
            self.stop_node("SIGTERM while a chain hangs")
            oracle = w.oracles[0]
            began = time.time()
            oracle.stop(STOP_S)
            say(f"  an oracle while a chain hangs: ended in {time.time() - began:.1f} s")
        finally:
            w.chains[1].process.popen.send_signal(signal.SIGCONT)
        oracle.start()
        w.start_node()
        self.traffic.finish()
        self.settle()

    # ---- the run ----

    def run(self, names):
        w = self.world
        w.start_chains()
        w.make_keys()
        w.make_srs()
        w.deploy()
        w.start_node()
        w.start_oracles()
        self.traffic = Traffic(w, random.Random(self.rng.getrandbits(64)), n_traders=3)
        self.traffic.set_up()
        say("set up")
        for name in names:
            say(f"{name}: {(getattr(self, name).__doc__ or '').splitlines()[0] if getattr(self, name).__doc__ else ''}")
            getattr(self, name)()
        self.settle()
        n = Books(self.traffic).check()
        say(f"{n} operations, each once; balances on L2 and both chains agree with the books")
        self.traffic.signer.close()


SCENARIOS = ["wrong_endpoints", "second_node", "damaged_srs", "lost_answer", "chain_stopped", "chain_slow", "dropped", "fees", "stops",
             "damaged_database", "chain_restarted"]


def processes_of_session(session):
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open(f"/proc/{pid}/stat") as f:
                fields = f.read().rsplit(")", 1)[1].split()
            with open(f"/proc/{pid}/cmdline", "rb") as f:
                command = f.read().replace(b"\0", b" ").decode(errors="replace")
        except OSError:
            continue
        if int(fields[3]) == session and fields[0] != "Z":
            found.append(f"{pid} {command}")
    return found


def demo_interrupted(rng):
    """The demo is ended from outside at several moments: nothing that it started is left."""
    for number, moment, whole_group in (
            (signal.SIGINT, "starting three chains", False), (signal.SIGINT, "deploying", True),
            (signal.SIGTERM, "deposits on all chains", False), (signal.SIGKILL, "swaps both ways", False)):
        demo = subprocess.Popen([sys.executable, os.path.join(ROOT, "tools/demo.py")], stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, text=True, start_new_session=True)
        for line in demo.stdout:
            if moment in line:
                break
        time.sleep(rng.uniform(0.1, 1))
        alive = len(processes_of_session(demo.pid))
        if whole_group:
            os.killpg(demo.pid, number)  # as a terminal does
        else:
            demo.send_signal(number)
        try:
            _, errors = demo.communicate(timeout=20)
        except subprocess.TimeoutExpired:
            demo.kill()
            raise Failure(f"demo: still runs 20 s after {number.name}")
        what = f"{number.name}{' to all' if whole_group else ''} at '{moment}' with {alive} processes"
        want = -9 if number == signal.SIGKILL else 130
        need(demo.returncode == want, f"demo: {what}: exit code {demo.returncode}\n{errors}")
        need(number == signal.SIGKILL or "interrupted" in errors, f"demo: {what}: says nothing of it\n{errors}")
        end = time.time() + 3
        while processes_of_session(demo.pid) and time.time() < end:
            time.sleep(0.1)
        left = processes_of_session(demo.pid)
        for p in left:
            os.kill(int(p.split()[0]), signal.SIGKILL)
        need(not left, f"demo: {what}: left behind {left}")
        say(f"  {what}: nothing is left")


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=random.SystemRandom().getrandbits(32))
    parser.add_argument("names", nargs="*")
    args = parser.parse_args()
    rng = random.Random(args.seed)
    print(f"seed {args.seed}", flush=True)
    names = args.names or [*SCENARIOS, "demo_interrupted"]
    if set(names) - {"demo_interrupted"}:
        # chain 2 keeps its state over a restart
        with World(os.path.join(ROOT, "build", "test-faults"), block_operations=100, block_interval_ms=700,
                   resend_ms=3000, anvil_options=["--mixed-mining", "--auto-impersonate"], keep_state=True) as world:
            Faults(world, rng).run([n for n in names if n != "demo_interrupted"])
    if "demo_interrupted" in names:
        say("demo_interrupted: " + demo_interrupted.__doc__)
        demo_interrupted(rng)
    return 0


if __name__ == "__main__":
    try:
        sys.exit(main())
    except Failure as e:
        print(f"test_faults: {e}", file=sys.stderr)
        sys.exit(1)
