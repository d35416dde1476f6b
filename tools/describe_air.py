#!/usr/bin/env python3
"""Prints the chips of an AIR description as Markdown tables: the appendix of docs/protocol.md.

    zklink air --json - | tools/describe_air.py - > docs/air.md

Input: the JSON of src/proof/air.h (a file name, or - for standard input). For each chip: its columns, its constraints, the
messages that it gives and takes, and the pairs that share a helper column. Expressions are printed from the tape. An
operation that is used more than once and is long gets a name of its own (t0, t1, ..), so that nothing is printed twice.
"""

import json
import sys
import textwrap

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617
INLINE = 40  # an expression longer than this that is used twice gets a name
SMALL = 1 << 20
WIDTH = 118


def constant_text(value):
    """A field element for people: small ones and negatives in decimals, powers of two as such, others in hexadecimals."""
    if value < SMALL:
        return str(value)
    if R - value < SMALL:
        return "-" + str(R - value)
    if value & (value - 1) == 0:
        return f"2^{value.bit_length() - 1}"
    if R - value & (R - value - 1) == 0:
        return f"-2^{(R - value).bit_length() - 1}"
    if (value + 1) & value == 0:
        return f"(2^{value.bit_length()} - 1)"
    if value < 1 << 64:
        return str(value)
    return hex(value)


class Printer:
    """The expressions of one chip."""

    SUM, PRODUCT, ATOM = 0, 1, 2  # how strongly the outermost operation binds

    def __init__(self, chip, scalars, roots):
        self.chip = chip
        self.scalars = scalars
        self.uses = [0] * len(chip["tape"])
        self.names = {}
        self.named = []  # (name, text) in the order of definition
        self.memo = {}
        for op in chip["tape"]:
            if op[0] in ("add", "sub", "mul"):
                self.uses[op[1]] += 1
                self.uses[op[2]] += 1
        for root in roots:
            self.uses[root] += 1

    def leaf(self, op):
        code = op[0]
        if code == "const":
            text = constant_text(int(op[1], 16))
            return text, self.SUM if text.startswith("-") else self.ATOM
        if code == "main":
            return self.chip["main"][op[1]]["name"], self.ATOM
        if code == "fixed":
            return self.chip["fixed"][op[1]], self.ATOM
        if code == "scalar":
            return "$" + self.scalars[op[1]], self.ATOM
        return {"row": "ROW", "instance": "INSTANCE"}[code], self.ATOM

    def build(self, i):
        """Text and strength of operation i, whose operands are known."""
        op = self.chip["tape"][i]
        if op[0] not in ("add", "sub", "mul"):
            return self.leaf(op)
        (a, sa), (b, sb) = self.memo[op[1]], self.memo[op[2]]
        if op[0] == "add":
            if b.startswith("-") and sb == self.SUM and " " not in b:
                return f"{a} - {b[1:]}", self.SUM
            return f"{a} + {b}", self.SUM
        if op[0] == "sub":
            left = "" if a == "0" else a + " "
            right = f"({b})" if sb == self.SUM else b
            return (f"{left}- {right}" if left else f"-{right}"), self.SUM
        left = f"({a})" if sa == self.SUM else a
        right = f"({b})" if sb == self.SUM else b
        return f"{left}*{right}", self.PRODUCT

    def compute(self, root):
        """Fills memo for everything that the root needs, operands first."""
        tape, stack = self.chip["tape"], [root]
        while stack:
            i = stack[-1]
            if i in self.memo:
                stack.pop()
                continue
            operands = tape[i][1:] if tape[i][0] in ("add", "sub", "mul") else []
            missing = [j for j in operands if j not in self.memo]
            if missing:
                stack.extend(reversed(missing))
                continue
            text, strength = self.build(i)
            if self.uses[i] > 1 and len(text) > INLINE and operands:
                name = f"t{len(self.named)}"
                self.named.append((name, text))
                text, strength = name, self.ATOM
            self.memo[i] = (text, strength)
            stack.pop()

    def text(self, root):
        self.compute(root)
        return self.memo[root][0]


def roots_of(chip):
    for constraint in chip["constraints"]:
        yield constraint["op"]
    for interaction in chip["interactions"]:
        yield interaction["multiplicity"]
        yield from interaction["fields"]


def wrap(text, indent="      "):
    """The text's lines, none longer than WIDTH where a space allows it."""
    return textwrap.wrap(text, WIDTH, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False)


def describe_columns(chip, out):
    main = [c["name"] + (" (public)" if c["public"] else "") for c in chip["main"]]
    out += wrap(f"Main columns ({len(main)}): " + ", ".join(f"{i} {n}" for i, n in enumerate(main)) + ".", "")
    if chip["fixed"]:
        out.append(f"Fixed columns ({len(chip['fixed'])}): " + ", ".join(chip["fixed"]) + ".")
    out.append(f"Helper columns: {len(chip['helpers'])}.")
    out.append("")


def describe_chip(air, index, out):
    chip = air["chips"][index]
    kinds = {k["id"]: k["name"] for k in air["kinds"]}
    height = chip["fixed_log_height"]
    what = "free height" if height is None else f"fixed height 2^{height}"
    what += ", one instance for each connected chain" if chip["instanced"] else ""
    out += [f"## {index} `{chip['name']}` ({what})", ""]
    describe_columns(chip, out)
    printer = Printer(chip, air["scalars"], list(roots_of(chip)))
    constraints = [(c["name"], printer.text(c["op"])) for c in chip["constraints"]]
    messages = []
    for interaction in chip["interactions"]:
        fields = ", ".join(printer.text(f) for f in interaction["fields"])
        verb = "gives" if interaction["sign"] > 0 else "takes"
        messages.append((verb, kinds[interaction["kind"]], fields, printer.text(interaction["multiplicity"])))
    out.append("```")
    for name, text in printer.named:
        out += wrap(f"{name} = {text}")
    if printer.named:
        out.append("")
    for i, (name, text) in enumerate(constraints):
        out += wrap(f"C{i}  {name}: {text} = 0")
    if constraints:
        out.append("")
    for i, (verb, kind, fields, multiplicity) in enumerate(messages):
        times = "" if multiplicity == "1" else f" x ({multiplicity})"
        out += wrap(f"I{i}  {verb} {kind}({fields}){times}")
    out.append("")
    pairs = "  ".join("(" + ", ".join(f"I{i}" for i in pair) + ")" for pair in chip["helpers"])
    out += wrap(f"helpers: {pairs}") + ["```", ""]


def describe(air):
    out = ["# The chips of the block circuit", ""]
    out.append(f"Generated from the description `{air['air']}` by tools/describe_air.py; do not edit. What it means stands in")
    out.append("docs/protocol.md.")
    out.append("")
    out.append("Names are main or fixed columns; `$name` is a public scalar, `ROW` the row's index, `INSTANCE` the instance's scalar,")
    out.append("tN a part that is used several times. Constraints Cn are numbered as declared; the helpers' constraints follow them.")
    out += ["", "| kind | id | arity |", "|---|---|---|"]
    out += [f"| {k['name']} | {k['id']} | {k['arity']} |" for k in air["kinds"]]
    out += ["", "Public scalars: " + ", ".join(f"{i} {n}" for i, n in enumerate(air["scalars"])) + ".", ""]
    out += ["| chip | height | main | fixed | helper | constraints | messages |", "|---|---|---|---|---|---|---|"]
    for i, c in enumerate(air["chips"]):
        height = "free" if c["fixed_log_height"] is None else f"2^{c['fixed_log_height']}"
        out.append(
            f"| {i} {c['name']} | {height} | {len(c['main'])} | {len(c['fixed'])} | {len(c['helpers'])} "
            f"| {len(c['constraints'])} + {len(c['helpers'])} | {len(c['interactions'])} |"
        )
    out += ["", "The verifier's own messages:", "", "```"]
    names = {k["id"]: k["name"] for k in air["kinds"]}
    for b in air["boundary"]:
        fields = ", ".join(
            "$" + air["scalars"][f["scalar"]] if "scalar" in f else constant_text(int(f["constant"], 16)) for f in b["fields"]
        )
        out.append(f"{'gives' if b['sign'] > 0 else 'takes'} {names[b['kind']]}({fields})")
    out += ["```", ""]
    if air["preprocessed"]:
        p = air["preprocessed"]
        out.append(f"Preprocessed vector of 2^{p['log_size']} words:")
        out.append("")
        for c in p["columns"]:
            chip = air["chips"][c["chip"]]
            out.append(f"- offset {c['offset']}: {chip['name']}.{chip['fixed'][c['fixed']]}, height 2^{c['log_height']}")
        out.append("")
    for i in range(len(air["chips"])):
        describe_chip(air, i, out)
    return "\n".join(out).rstrip() + "\n"


def main():
    if len(sys.argv) != 2:
        sys.exit("usage: describe_air.py FILE (or - for standard input)")
    source = sys.stdin if sys.argv[1] == "-" else open(sys.argv[1], encoding="utf-8")
    with source:
        air = json.load(source)
    sys.stdout.write(describe(air))


if __name__ == "__main__":
    main()
