#!/usr/bin/env python3
"""The oracle network and its relay: the node brings no signatures itself, a relay with a key of its own does. One oracle
replays every block and verifies its proof; one is fed by an endpoint that lies, which it must notice, say and never sign;
then a contract's code changes under all of them.

    test_oracles.py
"""
import http.server
import json
import os
import re
import sys
import threading
import time
import urllib.request

ROOT = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
sys.path.insert(0, os.path.join(ROOT, "tools"))
from world import ZKLINK, Failure, Process, World, free_ports, rpc, wait_until  # noqa: E402

BEGIN = time.time()
LIAR = 1  # index of the oracle with the endpoint that lies
PROVED_DATA = 2 + 6 * 64  # hex digits of BlockProved's data


def say(text):
    print(f"[{time.time() - BEGIN:6.1f} s] {text}", flush=True)


def need(condition, what):
    if not condition:
        raise Failure(what)


def lying_endpoint(honest, port):
    """Passes everything on, but shows another syncHash in BlockProved."""
    class Proxy(http.server.BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            request = urllib.request.Request(honest, body, {"Content-Type": "application/json"})
            try:
                with urllib.request.urlopen(request, timeout=20) as answer:
                    text = answer.read()
            except OSError:  # the chain has ended
                self.close_connection = True
                return
            if b"eth_getLogs" in body:
                reply = json.loads(text)
                for log in reply.get("result", []):
                    if len(log["data"]) == PROVED_DATA and len(log["topics"]) == 2:
                        log["data"] = "0x" + "ab" * 32 + log["data"][66:]
                text = json.dumps(reply).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(text)))
            self.end_headers()
            self.wfile.write(text)

        def log_message(self, *args):
            pass
    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Proxy)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    return server


def configure(world, liar_url):
    """The node without oracles' addresses, and with a liar among three endpoints of which two must agree; the relay; one
    oracle with the liar as its second endpoint."""
    with open(world.config) as f:
        text = f.read()
    urls = re.search(r"oracle_urls = \((.*?)\);", text).group(1)
    honest = world.chains[0].service_url
    several = f'rpc = ( "{liar_url}", "{honest}", "{honest.replace("127.0.0.1", "localhost")}" ); agree = 2'
    with open(world.config, "w") as f:
        f.write(re.sub(r"oracle_urls = \(.*?\);", "", text).replace(f'rpc = ( "{honest}" )', several))
    relay = world.user("relay")
    with open(os.path.join(world.dir, "relay.conf"), "w") as f:
        f.write(text.replace('data_dir = "node-data"', 'data_dir = "relay-data"'))
        f.write(f'relay: {{ key_file = "{relay.key}"; oracle_urls = ( {urls} ); }};\n')
    path = world.oracle_config(LIAR)
    with open(path) as f:
        text = f.read()
    with open(path, "w") as f:
        f.write(text.replace(f'rpc = ( "{honest}" )', f'rpc = ( "{honest}", "{liar_url}" )'))


def start_oracles(world):
    for i in range(world.n_oracles):
        argv = [ZKLINK, "oracle", "--config", world.oracle_config(i)] + (["--replay"] if i == 0 else [])
        world.oracles.append(Process(world, f"oracle-{i + 1}-service", argv))
    world.relay = Process(world, "relay", [ZKLINK, "relay", "--config", os.path.join(world.dir, "relay.conf")])
    world.processes += [*world.oracles, world.relay]


def health(world, i):
    return rpc(world.oracle_url(i), "health")


def metric(world, i, name):
    with urllib.request.urlopen(world.oracle_url(i) + "/metrics", timeout=10) as answer:
        text = answer.read().decode()
    return int(re.search(rf"^{name} (\d+)$", text, re.M).group(1))


def trade(world, times=2):
    for _ in range(times):
        world.alice.zklink("transfer", "--token", world.tokens[0].ref, "--amount", "0.5", "--to", "1", "--fee-token",
                           world.tokens[0].ref, "--fee", "0")


def changed_code(world):
    """An upgrade that nobody was told of: no oracle signs, until the code is the known one again and somebody looked."""
    beta = world.chains[1]
    verifier = next(c["verifier"] for c in world.deployment()["chains"] if c["number"] == beta.number)
    code = beta.rpc("eth_getCode", verifier, "latest")
    confirmed = world.api("getLatestBlockNumber")["confirmed"]
    beta.rpc("anvil_setCode", verifier, code + "00")
    trade(world)
    wait_until("the oracles to notice", lambda: all("not code that" in " ".join(health(world, i)["problems"])
                                                    for i in (0, 2, 3)), 30)
    shown = world.zklink("code", "--config", world.config, check=False)
    need(shown.returncode == 1 and "not code that the deployment file knows" in shown.stdout, f"zklink code: {shown}")
    time.sleep(2)
    need(world.api("getLatestBlockNumber")["confirmed"] == confirmed, "a block was confirmed over unknown code")
    say("unknown code on chain 2: nothing was signed")
    beta.rpc("anvil_setCode", verifier, code)
    for p in world.oracles:
        p.stop()
        p.start()
    world.wait_executed(60)


def main():
    with World(os.path.join(ROOT, "build", "test-oracles"), block_time=0.3, block_operations=16, block_interval_ms=400,
               log_size=17) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        world.tokens = [world.chains[0].deploy_token("GOLD", 6, 10**15)]
        world.register(world.tokens[0])
        (port,) = free_ports(1)
        liar = lying_endpoint(world.chains[0].service_url, port)
        configure(world, f"http://127.0.0.1:{port}")
        world.start_node()
        start_oracles(world)
        world.alice = world.user("alice")
        world.tokens[0].give(world.alice.address, 10**10)
        world.alice.zklink("deposit", "--token", world.tokens[0].ref, "--amount", "5000")
        world.wait_account(world.alice)
        world.alice.zklink("change-key", "--chain", "1", "--fee-token", world.tokens[0].ref, "--fee", "0")
        world.wait_executed()
        trade(world)
        latest = world.wait_executed()["executed"]
        with open(world.relay.log) as f:
            relayed = len(re.findall("event=mined chain=[12] kind=confirm", f.read()))
        need(relayed >= 2, f"the relay confirmed {relayed} times")
        with open(world.node.log) as f:
            need(re.search("endpoints show the same events", f.read()), "the node did not notice the liar")
        need(world.api("health")["problems"] == [], "the node did not get over the liar")
        say(f"block {latest} is executed; the relay brought {relayed} confirmations")

        for i in (0, 2, 3):
            state = health(world, i)
            need(state["status"] == "ok" and state["lastSigned"] == latest, f"oracle {i + 1}: {state}")
        need(health(world, 0)["replays"] is True, "oracle 1 does not replay")
        with open(world.oracles[0].log) as f:
            verified = len(re.findall("event=verified block=", f.read()))
        need(verified == latest, f"oracle 1 verified {verified} of {latest} blocks")
        state = health(world, LIAR)
        need(state["lastSigned"] == 0 and state["status"] == "degraded", f"fed with lies: {state}")
        need(any("different proofs" in p for p in state["problems"]), f"problems {state['problems']}")
        need(len(state["alarms"]) >= 1 and metric(world, LIAR, "zklink_oracle_alarms") >= 1, f"alarms {state['alarms']}")
        say(f"oracle 1 replayed {verified} blocks; the one fed with lies signed nothing: {state['problems'][0][:90]}..")
        changed_code(world)
        liar.shutdown()


if __name__ == "__main__":
    try:
        main()
    except Failure as e:
        print(f"test_oracles: {e}", file=sys.stderr)
        sys.exit(1)
