"""Networks between the services of a world that can be cut.

Namespaces: every service lives in a network namespace of its own, wired to a bridge in one more namespace; the driver has
a wire to the bridge too. cut() takes a service's port of the bridge down: frames are lost, nothing is refused, connections
hang until heal(). Nothing of it has a name that outlives the processes: the kernel takes namespaces, bridge and wires away
with the last process in them, however it ended. Needs the right to make namespaces (root).

Proxies, where that is not permitted: every chain is reached through a relay of this process, which stands still while the
chain is cut. Services cannot be cut off, only chains.

Plain: everything on 127.0.0.1, nothing can be cut.
"""
import os
import random
import socket
import subprocess
import threading
import time

END_WITH_PARENT = ["setpriv", "--pdeathsig", "KILL"]


class Plain:
    name = "plain"

    def host(self, _service):
        return "127.0.0.1"

    def launcher(self, _service):
        """What comes before a service's command."""
        return []

    def wire(self, _service, _popen):
        """Called when the process stands."""

    def public_port(self, _service, port):
        """The port at which others find the service."""
        return port

    def close(self):
        """When all services have ended."""


def in_namespace(pid, *argv):
    subprocess.run(["nsenter", "-t", str(pid), "-n", *argv], check=True, capture_output=True)


class Namespaces:
    """Addresses 10.x.y.2 and up for the services, in the order of host()."""

    name = "network namespaces"
    WAIT_FOR_WIRE = 'read -r go && exec "$@" </dev/null'

    def __init__(self):
        rng = random.SystemRandom()
        self.net = f"10.{rng.randrange(128, 250)}.{rng.randrange(1, 250)}"
        self.addresses, self.ports, self.wires = {}, {}, 0
        self.holder = subprocess.Popen([*END_WITH_PARENT, "unshare", "-n", "cat"], stdin=subprocess.PIPE)
        self.own_namespace(self.holder.pid)
        mine = f"zk{rng.getrandbits(32):08x}"
        subprocess.run(["ip", "link", "add", mine, "type", "veth", "peer", "name", "driver", "netns",
                        str(self.holder.pid)], check=True, capture_output=True)
        subprocess.run(["ip", "address", "add", f"{self.net}.1/24", "dev", mine], check=True)
        subprocess.run(["ip", "link", "set", mine, "up"], check=True)
        in_namespace(self.holder.pid, "ip", "link", "add", "switch", "type", "bridge")
        in_namespace(self.holder.pid, "ip", "link", "set", "driver", "master", "switch", "up")
        in_namespace(self.holder.pid, "ip", "link", "set", "switch", "up")

    @staticmethod
    def own_namespace(pid):
        """Waits until the process has left ours."""
        end = time.time() + 10
        while os.readlink(f"/proc/{pid}/ns/net") == os.readlink("/proc/self/ns/net"):
            if time.time() > end:
                raise OSError("unshare made no network namespace")
            time.sleep(0.002)

    def host(self, service):
        return f"{self.net}.{self.addresses.setdefault(service, len(self.addresses) + 2)}"

    def launcher(self, _service):
        return ["unshare", "-n", "sh", "-c", self.WAIT_FOR_WIRE, "sh"]

    def wire(self, service, popen):
        self.own_namespace(popen.pid)
        self.wires += 1
        port = self.ports[service] = f"port{self.wires}"  # the old one may still be on its way out
        # The same hardware address in every life: the others' ARP tables stay right.
        mac = f"02:7a:6b:00:00:{int(self.host(service).rpartition('.')[2]):02x}"
        in_namespace(self.holder.pid, "ip", "link", "add", port, "type", "veth", "peer", "name", "wire", "address", mac,
                     "netns", str(popen.pid))
        in_namespace(self.holder.pid, "ip", "link", "set", port, "master", "switch", "up")
        in_namespace(popen.pid, "sh", "-c", f"ip address add {self.host(service)}/24 dev wire && ip link set wire up && "
                                            "ip link set lo up")
        popen.stdin.write(b"go\n")
        popen.stdin.close()

    def public_port(self, _service, port):
        return port

    def can_cut(self, _service):
        return True

    def set_port(self, service, state):
        try:
            in_namespace(self.holder.pid, "ip", "link", "set", self.ports[service], state)
        except subprocess.CalledProcessError:
            pass  # the process has just ended, and its wire with it

    def cut(self, service):
        self.set_port(service, "down")

    def heal(self, service):
        self.set_port(service, "up")

    def close(self):
        self.holder.kill()
        self.holder.wait()


class Relay:
    """A TCP port whose connections are passed on to another, or stand still."""

    def __init__(self, target):
        self.target, self.flowing = target, threading.Event()
        self.flowing.set()
        self.listener = socket.create_server(("127.0.0.1", 0), backlog=256)
        self.port = self.listener.getsockname()[1]
        threading.Thread(target=self.accept, daemon=True).start()

    def accept(self):
        while True:
            try:
                near, _ = self.listener.accept()
            except OSError:
                return
            threading.Thread(target=self.connect, args=(near,), daemon=True).start()

    def connect(self, near):
        self.flowing.wait()
        try:
            far = socket.create_connection(("127.0.0.1", self.target))
        except OSError:
            near.close()
            return
        threading.Thread(target=self.pump, args=(near, far), daemon=True).start()
        self.pump(far, near)

    def pump(self, source, sink):
        try:
            while data := source.recv(65536):
                self.flowing.wait()
                sink.sendall(data)
            sink.shutdown(socket.SHUT_WR)
        except OSError:
            for s in (source, sink):
                s.close()


class Proxies(Plain):
    """Only services named chain-N are behind relays."""

    name = "relays before the chains (network namespaces are not permitted here)"

    def __init__(self):
        self.relays = {}

    def can_cut(self, service):
        return service in self.relays

    def public_port(self, service, port):
        if not service.startswith("chain-"):
            return port
        if service not in self.relays:
            self.relays[service] = Relay(port)
        return self.relays[service].port

    def cut(self, service):
        self.relays[service].flowing.clear()

    def heal(self, service):
        self.relays[service].flowing.set()

    def close(self):
        for relay in self.relays.values():
            relay.listener.close()


def network_that_can_be_cut():
    try:
        return Namespaces()
    except (OSError, subprocess.CalledProcessError):
        return Proxies()
