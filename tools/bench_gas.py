#!/usr/bin/env python3
"""Gas of the proof check for the blocks that bench_prove proved, on a real local chain and with its own receipts (calldata and
the floor of EIP-7623 counted), and of each stage of a block's life on each chain, from a short run of a whole instance.

usage: bench_gas.py --calldata DIR --json FILE
"""
import json
import os
import sys

sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
from world import ROOT, World  # noqa: E402


def option(name):
    return sys.argv[sys.argv.index(name) + 1]


def calldata_gas(data):
    """(standard, floor) without the 21 000 of any transaction: EIP-2028 and EIP-7623."""
    zeros = data.count(0)
    others = len(data) - zeros
    return 4 * zeros + 16 * others, 10 * zeros + 40 * others


def proof_checks(world, directory):
    chain = world.chains[0]
    verifier = next(c["verifier"] for c in world.deployment()["chains"] if c["number"] == chain.number)
    blocks = {}
    for name in sorted(f[:-5] for f in os.listdir(directory) if f.endswith(".full")):
        gas = {}
        for kind in ("fixed", "full"):
            with open(os.path.join(directory, f"{name}.{kind}"), "rb") as f:
                data = f.read()
            receipt = chain.send(to=verifier, data="0x" + data.hex(), gas=hex(29_000_000))
            gas[kind] = int(receipt["gasUsed"], 16)
            if kind == "full":
                standard, floor = calldata_gas(data)
        swaps = int(name.split("-")[0])
        blocks[name] = {"gas_fixed": gas["fixed"], "gas_per_op": round((gas["full"] - gas["fixed"]) / swaps),
                        "gas_total": gas["full"], "calldata_bytes": len(data), "calldata_gas": standard,
                        "calldata_floor_gas": 21000 + floor}
        print(f"{name:<18} fixed {gas['fixed']:>9}  per swap {blocks[name]['gas_per_op']:>6}  calldata {len(data)} bytes")
    return blocks


def stages(world):
    """One deposit carried through all stages on both chains."""
    user = world.user("bench")
    token = world.chains[0].deploy_token("GOLD", 18, 10**27)
    world.register(token)
    token.give(user.address, 10**21)
    world.start_node()
    world.start_oracles()
    user.zklink("deposit", "--token", token.ref, "--amount", "5")
    world.wait_account(user)
    world.wait_executed()
    block = world.api("getBlockByNumber", 1)
    result = [{"chain": c["chain"], "submit": c["submitGas"], "confirm": c["confirmGas"], "execute": c["executeGas"]}
              for c in block["chains"]]
    for s in result:
        print(f"chain {s['chain']}: submit {s['submit']}, confirm {s['confirm']}, execute {s['execute']} gas")
    return {"operations": block["operations"], "chains": result}


def main():
    with World(os.path.join(ROOT, "build", "bench-world"), block_time=0) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        result = {"blocks": proof_checks(world, option("--calldata"))}
    with World(os.path.join(ROOT, "build", "bench-world")) as world:
        world.start_chains()
        world.make_keys()
        world.make_srs()
        world.deploy()
        result["stages"] = stages(world)
    with open(option("--json"), "w") as f:
        json.dump(result, f, indent=1)


if __name__ == "__main__":
    main()
