#!/usr/bin/env python3
"""Prints docs/gas.md: the contracts' gas as contracts/snapshots holds it. `make gas-snapshots` measures and runs this."""
import json
import os

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))

HEAD = """# Gas

What each call costs on a chain, measured by `forge test` (contracts/test/Gas.t.sol): a transaction of its own, with its
21 000, its calldata, and storage that nothing touched before. `forge test` compares with these figures and fails if one is
off by more than 5 %; `make gas-snapshots` measures anew and writes contracts/snapshots and this file.

"""

PARTS = (
    ("Users", ("registerToken", "deposit", "request", "withdrawPending", "redirectPending")),
    ("Brokers", ("registerBroker", "accept")),
    ("Operator and oracles", ("submitBlock", "postLogPiece", "confirmBlocks")),
    ("Execution", ("executeBlock",)),
)
NOTES = {
    "Operator and oracles": "The proof check of these is a stub's; with a real proof and 40 operations "
                            "`submitBlock` takes {real:,} gas (the circuit's, 25 %), of which the verifier about "
                            "{verify:,}.",
    "Execution": "Each further ERC-20 payout to a new holder in a block adds about {payout:,}.",
}


def main():
    with open(os.path.join(ROOT, "contracts/snapshots/Zklink.json")) as f:
        gas = {name: int(value) for name, value in json.load(f).items()}
    with open(os.path.join(ROOT, "contracts/snapshots/ZklinkVerifier.json")) as f:
        verifier = json.load(f)
    real = int(verifier["submitBlock, real proof, 40 operations"])
    one = gas["executeBlock, 1 ERC-20 payout to a new holder"]
    payout = (gas["executeBlock, 10 ERC-20 payouts to new holders"] - one) // 9
    out = [HEAD]
    for title, starts in PARTS:
        out.append(f"## {title}\n\n| call | gas |\n|---|---:|\n")
        for name in [n for n in gas if n.startswith(starts)]:
            out.append(f"| {name} | {gas.pop(name):,} |\n")
        if title in NOTES:
            out.append("\n" + NOTES[title].format(real=real, verify=int(verifier["verify, 60 swaps"]),
                                                       payout=payout) + "\n")
        out.append("\n")
    if gas:
        raise SystemExit(f"no part for {', '.join(gas)}")
    print("".join(out).rstrip())


if __name__ == "__main__":
    main()
