#!/usr/bin/env python3
"""The storage layout of the contracts behind the proxy, against contracts/snapshots/storage.json.

An upgrade works on the state that is there, so the layout may only grow at its end. All implementations of the row must
have the very same one.
  storage_layout.py           compares what `make contracts` compiled; an entry that moved, changed or vanished is an error, and so is a new one
  storage_layout.py --write   writes the snapshot; refuses unless the old one is the beginning of the new one
  storage_layout.py --test    shows that a moved, a changed and a vanished entry are noticed
"""

import json
import os
import re
import sys

ROOT = os.path.dirname(os.path.dirname(os.path.abspath(__file__)))
SNAPSHOT = os.path.join(ROOT, "contracts", "snapshots", "storage.json")
ROW = ["Zklink", "ZklinkRequests", "ZklinkPools", "ZklinkExits", "ZklinkSafety"]


def layout(contract):
    """Entries in order; struct members in full, and no compiler-internal numbers."""
    with open(os.path.join(ROOT, "contracts", "out", f"{contract}.sol", f"{contract}.json")) as f:
        data = json.load(f)["storageLayout"]
    types = data["types"]

    def describe(name, seen=()):
        t = types[name]
        text = t["label"]
        for part in ("key", "value", "base"):
            if part in t and t[part] not in seen:
                inner = describe(t[part], seen + (name,))
                if "{" in inner:
                    text += f" {part}: {inner}"
        if "members" in t:
            members = [f"{m['slot']}+{m['offset']} {m['label']}: {describe(m['type'], seen + (name,))}" for m in t["members"]]
            text += " {" + "; ".join(members) + "}"
        return re.sub(r"\)\d+_storage", ")", text)

    return [{"slot": int(e["slot"]), "offset": e["offset"], "name": e["label"], "type": describe(e["type"])}
            for e in data["storage"]]


def problem(old, new):
    """The first entry of the old layout that the new one has not in its place."""
    for i, entry in enumerate(old):
        if i >= len(new) or new[i] != entry:
            return f"{entry['name']}: was {entry}, is {new[i] if i < len(new) else 'gone'}"
    return None


def self_test(old):
    moved = [old[1], old[0]] + old[2:]
    changed = [dict(old[0], type="uint256")] + old[1:]
    for bad in (moved, changed, old[:-1]):
        assert problem(old, bad) is not None
    assert problem(old, old + [dict(old[0], name="more")]) is None


def main():
    layouts = {name: layout(name) for name in ROW}
    first = layouts[ROW[0]]
    for name, found in layouts.items():
        if found != first:
            sys.exit(f"{name} and {ROW[0]} have different storage: {problem(first, found) or 'it has more'}")
    old = json.load(open(SNAPSHOT)) if os.path.exists(SNAPSHOT) else []
    bad = problem(old, first)
    if bad:
        sys.exit(f"the storage layout is not the old one with more at its end: {bad}")
    if "--write" in sys.argv:
        with open(SNAPSHOT, "w") as f:
            f.write("[\n" + ",\n".join(json.dumps(e) for e in first) + "\n]\n")
    elif len(old) != len(first):
        sys.exit(f"{len(first) - len(old)} new entries: look at them, then {sys.argv[0]} --write")
    if "--test" in sys.argv:
        self_test(first)
    print(f"{len(first)} entries in {len(ROW)} contracts")


main()
