"""Calls and events of the contracts, decoded with the compiler's own descriptions (contracts/out)."""
import json
import os
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.append(os.path.join(HERE, "../tests/reference"))
from keccak import keccak256  # noqa: E402

ARTIFACTS = os.path.join(HERE, "../contracts/out")


def type_name(item):
    if item["type"].startswith("tuple"):
        return "(" + ",".join(map(type_name, item["components"])) + ")" + item["type"][len("tuple"):]
    return item["type"]


def signature(item):
    return item["name"] + "(" + ",".join(map(type_name, item["inputs"])) + ")"


def element(item):
    """The type of an array's elements and their fixed number, or None if this is no array."""
    kind = item["type"]
    if not kind.endswith("]"):
        return None
    base, _, count = kind[:-1].rpartition("[")
    return {**item, "type": base}, int(count) if count else None


def dynamic(item):
    inner = element(item)
    if inner:
        return inner[1] is None or dynamic(inner[0])
    return item["type"] in ("bytes", "string") or (item["type"] == "tuple" and any(map(dynamic, item["components"])))


def head_words(item):
    if dynamic(item):
        return 1
    inner = element(item)
    if inner:
        return inner[1] * head_words(inner[0])
    return sum(map(head_words, item["components"])) if item["type"] == "tuple" else 1


def integer(data, at):
    if at + 32 > len(data):
        raise ValueError("data ends too early")
    return int.from_bytes(data[at:at + 32], "big")


def decode_list(items, data, base):
    """Values one after the other from `base`, to which their offsets refer."""
    values, at = [], base
    for item in items:
        values.append(decode(item, data, base + integer(data, at) if dynamic(item) else at))
        at += 32 * head_words(item)
    return values


def decode(item, data, at):
    inner = element(item)
    if inner:
        of, count = inner
        if count is None:
            count, at = integer(data, at), at + 32
        if count > len(data):
            raise ValueError("an array longer than the data")
        return decode_list([of] * count, data, at)
    if item["type"] == "tuple":
        return dict(zip((c["name"] for c in item["components"]), decode_list(item["components"], data, at)))
    if item["type"] in ("bytes", "string"):
        length = integer(data, at)
        if at + 32 + length > len(data):
            raise ValueError("data ends too early")
        return data[at + 32:at + 32 + length]
    return integer(data, at)


class Interface:
    """Functions and events of some contracts that answer at one address."""

    def __init__(self, *names):
        self.functions, self.events = {}, {}
        for name in names:
            with open(os.path.join(ARTIFACTS, f"{name}.sol", f"{name}.json")) as f:
                for item in json.load(f)["abi"]:
                    if item["type"] == "function":
                        self.functions[keccak256(signature(item).encode())[:4]] = item
                    elif item["type"] == "event":
                        self.events[keccak256(signature(item).encode())] = item

    def selector(self, name):
        """Of a function whose name is used once."""
        found = [s for s, item in self.functions.items() if item["name"] == name]
        if len(found) != 1:
            raise ValueError(f"{len(found)} functions are called {name}")
        return "0x" + found[0].hex()

    def call(self, data):
        """(name, arguments by name) of calldata."""
        raw = bytes.fromhex(data[2:])
        item = self.functions[raw[:4]]
        return item["name"], dict(zip((i["name"] for i in item["inputs"]), decode_list(item["inputs"], raw[4:], 0)))

    def event(self, log):
        """(name, arguments by name) of a log entry; (None, {}) if it is of no known event."""
        item = self.events.get(bytes.fromhex(log["topics"][0][2:])) if log["topics"] else None
        if item is None:
            return None, {}
        plain = [i for i in item["inputs"] if not i["indexed"]]
        values = dict(zip((i["name"] for i in plain), decode_list(plain, bytes.fromhex(log["data"][2:]), 0)))
        topics = iter(log["topics"][1:])
        values |= {i["name"]: int(next(topics), 16) for i in item["inputs"] if i["indexed"]}
        return item["name"], values
