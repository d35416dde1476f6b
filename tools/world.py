"""A whole zklink instance on this machine, for the demo and the integration tests: local EVM chains (anvil), contracts,
tokens, one node, oracles, users. Everything goes through the public interfaces: the zklink command line, the node's
JSON-RPC, the chains' JSON-RPC. Every process started here ends with this one, however it ends.

Standard library only.
"""
import glob
import json
import os
import random
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

from audit import Audit, AuditFailure
from disk import disks_that_can_be_full
from network import END_WITH_PARENT, Plain, network_that_can_be_cut

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
ZKLINK = os.environ.get("ZKLINK_BIN", os.path.join(ROOT, "build/release/zklink"))
# The program itself, not the script that npm may put before it: signals must reach it.
ANVIL = next(iter(glob.glob(os.path.join(ROOT, "node_modules/@foundry-rs/anvil-*/bin/anvil"))),
             os.path.join(ROOT, "node_modules/.bin/anvil"))
ARTIFACTS = os.path.join(ROOT, "contracts/out")


class Failure(Exception):
    """Something did not go as it must; the text says what."""


def free_ports(n):
    """n ports nobody uses now, below those that the system gives to outgoing connections: a service that is started
    again finds its port free."""
    sockets, ports = [], []
    while len(ports) < n:
        s = socket.socket()
        port = random.SystemRandom().randrange(20000, 32000)
        try:
            s.bind(("127.0.0.1", port))
        except OSError:
            s.close()
            continue
        sockets.append(s)
        ports.append(port)
    for s in sockets:
        s.close()
    return ports


class RpcError(Failure):
    def __init__(self, method, error):
        self.code = error.get("code")
        self.data = error.get("data")
        self.reason = self.data.get("reason") if isinstance(self.data, dict) else None
        super().__init__(f"{method}: {error.get('message')} (code {self.code})")


def rpc(url, method, *params, timeout=30):
    body = json.dumps({"jsonrpc": "2.0", "id": 1, "method": method, "params": list(params)}).encode()
    request = urllib.request.Request(url, body, {"Content-Type": "application/json"})
    with urllib.request.urlopen(request, timeout=timeout) as answer:
        reply = json.load(answer)
    if "error" in reply:
        raise RpcError(method, reply["error"])
    return reply["result"]


def wait_until(what, condition, timeout=60, pause=0.1, alive=()):
    """Polls until condition() is true and returns its value; processes in `alive` must live on meanwhile."""
    end = time.time() + timeout
    last = None
    while time.time() < end:
        for p in alive:
            if p.popen.poll() is not None:
                raise Failure(f"{p.name} ended with {p.popen.returncode} while waiting for {what}; see {p.log}\n{p.tail()}")
        try:
            value = condition()
            if value:
                return value
        except (OSError, RpcError) as e:
            last = e
        time.sleep(pause)
    raise Failure(f"waited {timeout} s for {what}" + (f"; last error: {last}" if last else ""))


def word(value):
    """A 32-byte word in hex without 0x, of an integer or an address."""
    return f"{int(value, 16) if isinstance(value, str) else value:064x}"


def text_words(text):
    """A string of up to 32 bytes as the ABI has it."""
    return word(len(text)) + text.encode().hex().ljust(64, "0")


class Process:
    """A service with its log. The kernel ends it when the thread that started it ends, however that happens: start
    services from the main thread."""

    def __init__(self, world, name, argv, env=None):
        self.name, self.argv, self.env = name, argv, env
        self.log = os.path.join(world.dir, name + ".log")
        self.world = world
        self.start()

    def start(self):
        launcher = self.world.network.launcher(self.name)
        with open(self.log, "ab") as out:
            self.popen = subprocess.Popen([*END_WITH_PARENT, *launcher, *self.argv],
                                          stdin=subprocess.PIPE if launcher else subprocess.DEVNULL,
                                          stdout=out, stderr=subprocess.STDOUT, cwd=self.world.dir,
                                          env={**os.environ, **(self.env or {})})
        self.world.network.wire(self.name, self.popen)

    def tail(self, lines=15):
        with open(self.log, errors="replace") as f:
            return "".join(f.readlines()[-lines:])

    def kill(self):
        if self.popen.poll() is None:
            self.popen.kill()
        self.popen.wait()

    def stop(self, timeout=15):
        if self.popen.poll() is None:
            self.popen.terminate()
            try:
                self.popen.wait(timeout)
            except subprocess.TimeoutExpired:
                self.kill()
                raise Failure(f"{self.name} did not end within {timeout} s of SIGTERM; see {self.log}")


class Chain:
    """One anvil and what is deployed on it."""

    def __init__(self, world, number, evm_chain_id, port, block_time):
        self.world, self.number, self.evm_chain_id = world, number, evm_chain_id
        service, net = f"chain-{number}", world.network
        self.url = f"http://{net.host(service)}:{port}"
        self.service_url = f"http://{net.host(service)}:{net.public_port(service, port)}"  # for others than the driver
        self.name = ["", "Alpha", "Beta", "Gamma", "Delta"][number]
        argv = [ANVIL, "--host", net.host(service), "--port", str(port), "--chain-id", str(evm_chain_id), "--silent", "--order", "fifo"]
        # Set-up is quick when every transaction has a block at once; evm_setIntervalMining knows whole seconds only.
        self.later_block_time = block_time if block_time == int(block_time) and "--mixed-mining" not in \
            world.anvil_options else 0
        if block_time and not self.later_block_time:
            argv += ["--block-time", str(block_time)]
        if world.keep_state:  # over an orderly end and a new start
            argv += ["--state", os.path.join(world.dir, f"chain-{number}.json"), "--preserve-historical-states"]
        argv += world.anvil_options
        self.process = Process(world, service, argv)

    def rpc(self, method, *params):
        return rpc(self.url, method, *params)

    def wait_ready(self):
        wait_until(f"chain {self.number}", lambda: int(self.rpc("eth_chainId"), 16) == self.evm_chain_id,
                   alive=[self.process])
        self.funder = self.rpc("eth_accounts")[0]

    def keep_time(self):
        """Until now every transaction had a block of its own at once; from now on blocks come by the clock."""
        if self.later_block_time:
            self.rpc("evm_setAutomine", False)
            self.rpc("evm_setIntervalMining", self.later_block_time)

    def blocks_by_clock(self, seconds=1):
        """Blocks by the clock only, also where transactions had blocks of their own in between (anvil cannot go back)."""
        self.rpc("evm_setIntervalMining", seconds)

    def reorganise(self, depth):
        """Replaces the last blocks by empty ones. Only while blocks come by the clock: anvil loses blocks that it makes
        meanwhile."""
        self.rpc("evm_setIntervalMining", 0)
        head = None
        while head != (head := self.rpc("eth_blockNumber")):  # a block may be under way
            time.sleep(0.3)
        self.rpc("anvil_reorg", depth, [])
        self.blocks_by_clock()

    def begin(self, **tx):
        """Sends from the chain's own unlocked first account; finish() waits."""
        return self.rpc("eth_sendTransaction", {"from": self.funder, **tx})

    def finish(self, hash_):
        """The receipt of a transaction, which must have succeeded."""
        receipt = wait_until("a receipt", lambda: self.rpc("eth_getTransactionReceipt", hash_))
        if int(receipt["status"], 16) != 1:
            raise Failure(f"chain {self.number}: transaction {hash_} was reverted")
        return receipt

    def send(self, **tx):
        return self.finish(self.begin(**tx))

    def deploy(self, artifact, constructor=""):
        with open(os.path.join(ARTIFACTS, f"{artifact}.sol", f"{artifact}.json")) as f:
            code = json.load(f)["bytecode"]["object"]
        return self.send(data=code + constructor)["contractAddress"]

    def call(self, to, data):
        return self.rpc("eth_call", {"to": to, "data": data}, "latest")

    def deploy_voucher(self, underlying, symbol, amount):
        """A token that stands for an underlying one and gains value; the funder gets vouchers for `amount`."""
        head = [word(underlying.address), word(0x60), word(0xa0)]
        address = self.deploy("VoucherToken", "".join(head) + text_words(symbol + " voucher") + text_words(symbol))
        self.send(to=underlying.address, data="0x095ea7b3" + word(address) + word(amount))  # approve
        self.send(to=address, data="0x6e553f65" + word(amount) + word(self.funder))         # deposit
        return Token(self, symbol, underlying.decimals, address)

    def deploy_token(self, symbol, decimals, supply):
        head = [word(0xa0), word(0xe0), word(decimals), word(supply), word(self.funder)]
        address = self.deploy("DemoToken", "".join(head) + text_words(symbol + " token") + text_words(symbol))
        return Token(self, symbol, decimals, address)


class Token:
    def __init__(self, chain, symbol, decimals, address):
        self.chain, self.symbol, self.decimals, self.address = chain, symbol, decimals, address
        self.index = None  # known once registered

    @property
    def id(self):
        return (self.chain.number << 32) + self.index

    @property
    def ref(self):
        return f"{self.chain.number}:{self.symbol}"

    def balance(self, address):
        return int(self.chain.call(self.address, "0x70a08231" + word(address)), 16)

    def give(self, address, amount):
        self.chain.send(to=self.address, data="0xa9059cbb" + word(address) + word(amount))

    def units(self, human):
        whole, _, part = str(human).partition(".")
        return int(whole + part.ljust(self.decimals, "0"))

    def human(self, units):
        digits = str(units).rjust(self.decimals + 1, "0")
        whole, part = digits[:-self.decimals or None], digits[-self.decimals:] if self.decimals else ""
        return whole + ("." + part.rstrip("0") if part.rstrip("0") else "")


class User:
    def __init__(self, world, name):
        self.world, self.name = world, name
        self.key = os.path.join(world.dir, name + ".key")
        self.address = world.zklink("key", "new", self.key, "--plain").strip()

    def zklink(self, *args):
        """A client command with this user's key."""
        return self.world.zklink(*args, "--key", self.key, "--config", self.world.config)

    def account(self):
        accounts = self.world.api("getAccountsByAddress", self.address)
        return accounts[0]["account"] if accounts else None


class Broker:
    """A broker with some keys, for payouts of some tokens."""

    def __init__(self, world, name, tokens, rule="receipt", n_keys=1, minimum_fee=1, max_amount=10**30):
        self.world, self.name, self.tokens = world, name, tokens
        self.keys = [User(world, f"{name}-{i + 1}") for i in range(n_keys)]
        self.config = os.path.join(world.dir, name + ".conf")
        served = ", ".join(f'{{ token = {t.id}L; minimum_fee = "{minimum_fee}"; minimum_fee_ppm = 100; '
                           f'max_amount = "{max_amount}"; max_exposure = "{10 * max_amount}"; }}' for t in tokens)
        chains = ", ".join(f"{{ chain = {c.number}; max_open = 1000; }}" for c in world.chains)
        keys = ", ".join(f'"{os.path.basename(k.key)}"' for k in self.keys)
        with open(self.config, "w") as f:
            f.write(world.base_config(name + "-data"))
            f.write(f'broker: {{ key_files = ( {keys} ); rule = "{rule}"; poll_ms = 200;\n'
                    f"  chains = ( {chains} ); tokens = ( {served} ); }};\n")
        self.process, self.kills = None, 0

    def start(self):
        if self.process is None:
            self.world.add_disk(self.name + "-data")
            self.process = Process(self.world, self.name, [ZKLINK, "broker", "--config", self.config])
            self.world.processes.append(self.process)
        else:
            self.process.start()

    def kill(self):
        self.process.kill()
        self.kills += 1

    def stock(self, token):
        return sum(token.balance(k.address) for k in self.keys)

    def status(self):
        return json.loads(self.world.zklink("broker", "status", "--json", "--config", self.config))


class World:
    def __init__(self, directory, n_chains=2, n_oracles=4, block_time=1, log_size=17, say=None,
                 block_operations=256, block_interval_ms=1500, confirmations=1, first_evm_id=31337, anvil_options=(), fees=(),
                 keep_state=False, resend_ms=60000, can_fail=False, disk_megabytes=256, poll_ms=200):
        self.dir = os.path.abspath(directory)
        self.say = say or (lambda text: None)
        self.n_oracles, self.log_size, self.confirmations = n_oracles, log_size, confirmations
        self.block_operations, self.block_interval_ms = block_operations, block_interval_ms
        self.processes, self.chains, self.oracles, self.node = [], [], [], None
        shutil.rmtree(self.dir, ignore_errors=True)
        os.makedirs(self.dir)
        # can_fail: networks can be cut and the services' disks be full
        self.network = network_that_can_be_cut() if can_fail else Plain()
        self.disks, self.disk_megabytes = disks_that_can_be_full() if can_fail else None, disk_megabytes
        ports = free_ports(n_chains + n_oracles + 1)
        self.chain_ports, self.oracle_ports, self.node_port = ports[:n_chains], ports[n_chains:-1], ports[-1]
        self.api_url = f"http://{self.network.host('node')}:{self.node_port}"
        self.config = os.path.join(self.dir, "zklink.conf")
        self.block_time, self.first_evm_id, self.anvil_options = block_time, first_evm_id, list(anvil_options)
        self.keep_state, self.resend_ms, self.poll_ms = keep_state, resend_ms, poll_ms
        self.fees = fees  # (chain, index, least fee of a transfer in base units); none: no fee is asked

    # ---- set-up, in this order ----

    def start_chains(self):
        for i, port in enumerate(self.chain_ports):
            self.chains.append(Chain(self, i + 1, self.first_evm_id + i, port, self.block_time))
            self.processes.append(self.chains[-1].process)
        for chain in self.chains:
            chain.wait_ready()

    def make_keys(self):
        self.operator = User(self, "operator")
        self.oracle_keys = [User(self, f"oracle-{i + 1}") for i in range(self.n_oracles)]
        self.fund([self.operator], 1000 * 10**18)
        self.write_configs()

    def make_srs(self):
        self.srs = os.path.join(ROOT, "build", f"srs-insecure-{self.log_size}.bin")
        if not os.path.exists(self.srs):
            self.zklink("srs", "insecure", "--log-size", str(self.log_size), "--out", self.srs)

    def deploy(self):
        argv = [ZKLINK, "deploy", "--key", self.operator.key, "--config", self.config, "--artifacts", ARTIFACTS]
        log = os.path.join(self.dir, "deploy.log")
        with open(log, "w") as errors, subprocess.Popen(argv, stdout=subprocess.PIPE, stderr=errors, text=True,
                                                        cwd=self.dir) as process:
            for line in process.stdout:
                self.say(line.rstrip())
        if process.returncode != 0:
            with open(log) as f:
                raise Failure(f"zklink deploy: exit code {process.returncode}\n{f.read()}")

    def start_node(self, wait=True):
        if self.node is None:
            for chain in self.chains:
                chain.keep_time()
            self.add_disk("node-data")
            self.node = Process(self, "node", [ZKLINK, "node", "--config", self.config])
            self.processes.append(self.node)
        else:
            self.node.start()
        if wait:
            wait_until("the node's API", lambda: self.api("health"), alive=[self.node])

    def start_oracles(self):
        for i in range(self.n_oracles):
            self.add_disk(f"oracle-{i + 1}-data")
            p = Process(self, f"oracle-{i + 1}-service", [ZKLINK, "oracle", "--config", self.oracle_config(i)])
            self.oracles.append(p)
            self.processes.append(p)

    def add_disk(self, folder):
        if self.disks:
            self.disks.add(os.path.join(self.dir, folder), self.disk_megabytes)

    def oracle_url(self, i):
        return f"http://{self.network.host(f'oracle-{i + 1}-service')}:{self.oracle_ports[i]}"

    def register(self, token):
        token.chain_user = self.operator
        self.operator.zklink("register-token", "--chain", str(token.chain.number), "--token", token.address)
        contract = self.contract(token.chain)
        token.index = int(token.chain.call(contract, "0x" + self.selector("tokenIndex(address)") + word(token.address)), 16)

    def stop(self):
        for p in reversed(self.processes):
            if p.popen.poll() is None:
                p.popen.terminate()
        for p in reversed(self.processes):
            try:
                p.popen.wait(5)
            except subprocess.TimeoutExpired:
                p.kill()
        self.network.close()

    def __enter__(self):
        def interrupted(number, frame):
            raise KeyboardInterrupt(signal.Signals(number).name)
        for number in (signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, interrupted)
        return self

    def __exit__(self, *exc):
        self.stop()

    # ---- use ----

    def zklink(self, *args, check=True, timeout=300):
        done = subprocess.run([ZKLINK, *args], capture_output=True, text=True, timeout=timeout, cwd=self.dir)
        if check and done.returncode != 0:
            raise Failure(f"zklink {' '.join(args)}: exit code {done.returncode}\n{done.stdout}{done.stderr}")
        return done.stdout if check else done

    def api(self, method, *params):
        return rpc(self.api_url, method, *params)

    def deployment(self):
        with open(os.path.join(self.dir, "deployment.json")) as f:
            return json.load(f)

    def contract(self, chain):
        return next(c["contract"] for c in self.deployment()["chains"] if c["number"] == chain.number)

    def selector(self, signature):
        """From the compiler's own list of the contract's selectors."""
        with open(os.path.join(ARTIFACTS, "IZklink.sol", "IZklink.json")) as f:
            return json.load(f)["methodIdentifiers"][signature]

    def fund(self, users, wei):
        """Native coins on every chain for fees there."""
        sent = [(c, c.begin(to=u.address, value=hex(wei))) for c in self.chains for u in users]
        for chain, hash_ in sent:
            chain.finish(hash_)

    def users(self, *names, wei=10 * 10**18):
        users = [User(self, name) for name in names]
        self.fund(users, wei)
        return users

    def user(self, name, wei=10 * 10**18):
        return self.users(name, wei=wei)[0]

    def wait_account(self, user, timeout=90):
        return wait_until(f"{user.name}'s account", user.account, timeout, alive=[self.node])

    def request_count(self, chain):
        return int(chain.call(self.contract(chain), "0x" + self.selector("requestCount()")), 16)

    def wait_executed(self, timeout=180, progress=None):
        """Until every accepted operation, and every request that stands on a chain now, is in a block that is executed
        on all chains. progress(latest) is called whenever the node's block numbers change."""
        last = {c.number: self.request_count(c) - 1 for c in self.chains}
        seen = None

        def settled():
            nonlocal seen
            latest = self.api("getLatestBlockNumber")
            if progress and latest != seen:
                progress(latest)
            seen = latest
            if self.api("health")["pending"] != 0 or latest["sealed"] != latest["executed"]:
                return None
            # The node may not have seen a request yet; then this says NOT_FOUND, which is tried again.
            done = all(i < 0 or self.api("getRequest", n, i)["stage"] == "executed" for n, i in last.items())
            return latest if done else None
        return wait_until("all blocks to be executed", settled, timeout, alive=[self.node])

    def audit(self, receipts=()):
        """Contracts, log and node against each other (audit.py); says what it found."""
        try:
            for line in Audit(self.deployment(), {c.number: c.url for c in self.chains}, self.api_url).run(receipts):
                self.say("audit: " + line)
        except AuditFailure as e:
            raise Failure(f"audit: {e}") from e

    # ---- configuration ----

    def base_config(self, data_dir):
        def network():
            members = ",\n            ".join(f'"{k.address}"' for k in self.oracle_keys)
            n = self.n_oracles
            faults = (n - 1) // 3
            return f"{{ threshold = {n - faults}; faults = {faults}; members = ( {members} ); }}"
        chains = ",\n    ".join(
            f'{{ number = {c.number}; name = "{c.name}"; evm_chain_id = {c.evm_chain_id}; rpc = ( "{c.service_url}" ); '
            f"confirmations = {self.confirmations}; poll_ms = {self.poll_ms}; resend_ms = {self.resend_ms}; }}" for c in self.chains)
        fees = ", ".join(f'{{ token = {(chain << 32) + index}L; minimum = "{least}"; }}' for chain, index, least in self.fees)
        fees = f"fees = ( {fees} );" if self.fees else ""
        oracles = ", ".join(f'"{self.oracle_url(i)}"' for i in range(self.n_oracles))
        return f"""data_dir = "{data_dir}";
deployment = "deployment.json";
chains = (
    {chains}
);
instance: {{
    salt = "0x{"5a" * 32}";
    fee_owner = "{self.operator.address}";
    fee_owner_chain = 1;
    networks = ( {network()} );
}};
node: {{
    address = "{self.network.host('node')}";
    port = {self.node_port};
    max_rate = 0;
    max_per_client = 0;
    operator_key_file = "operator.key";
    block_operations = {self.block_operations};
    block_interval_ms = {self.block_interval_ms};
    oracle_urls = ( {oracles} );
    {fees}
}};
prover: {{ srs_file = "{os.path.join(ROOT, "build", f"srs-insecure-{self.log_size}.bin")}"; }};
api_url = "{self.api_url}";
"""

    def oracle_config(self, i):
        return os.path.join(self.dir, f"oracle-{i + 1}.conf")

    def write_configs(self):
        with open(self.config, "w") as f:
            f.write(self.base_config("node-data"))
        for i, port in enumerate(self.oracle_ports):
            with open(self.oracle_config(i), "w") as f:
                f.write(self.base_config(f"oracle-{i + 1}-data"))
                host = self.network.host(f"oracle-{i + 1}-service")
                f.write(f'oracle: {{ address = "{host}"; port = {port}; key_file = "oracle-{i + 1}.key"; }};\n')
