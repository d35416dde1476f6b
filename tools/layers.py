#!/usr/bin/env python3
"""Folders below src are layers: a file includes headers of its own folder or of folders below it, never above."""
import os
import re
import sys

LAYERS = ["base", "crypto", "proof", "rollup", "circuit", "rpc", "chain", "config", "api", "setup", "store", "sender", "node",
          "recover", "relay", "oracle", "broker", "cli"]


def main():
    root = os.path.join(os.path.dirname(os.path.dirname(os.path.abspath(__file__))), "src")
    wrong = 0
    for folder, _, files in os.walk(root):
        own = os.path.relpath(folder, root).split(os.sep)[0]
        for name in files:
            path = os.path.join(folder, name)
            if own not in LAYERS:
                print(f"{path}: folder {own} is no layer (tools/layers.py)")
                wrong += 1
                continue
            with open(path) as f:
                for number, line in enumerate(f, 1):
                    m = re.match(r'\s*#\s*include\s+"([^"/]+)/', line)
                    if m and (m[1] not in LAYERS or LAYERS.index(m[1]) > LAYERS.index(own)):
                        print(f"{path}:{number}: {own} may not include {m[1]}")
                        wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
