"""The AIR description: reading the JSON that C exports (format: src/proof/air.h), evaluation of a chip at one point."""

import json

from keccak import keccak256

R = 21888242871839275222246405745257275088548364400416034343698204186575808495617


class Chip:
    """One table: its columns, its tape, and which operations of the tape are constraints and bus messages."""

    def __init__(self, description):
        self.name = description["name"]
        self.fixed_log_height = description["fixed_log_height"]
        self.instanced = description["instanced"]
        self.n_main = len(description["main"])
        self.n_fixed = len(description["fixed"])
        self.n_helper = len(description["helpers"])
        self.main_names = [column["name"] for column in description["main"]]
        self.public = [i for i, column in enumerate(description["main"]) if column["public"]]
        self.tape = description["tape"]
        self.constraints = description["constraints"]
        self.interactions = description["interactions"]
        self.helpers = description["helpers"]
        self.n_constraints = len(self.constraints) + self.n_helper
        self.n_values = self.n_main + self.n_fixed + self.n_helper

    def run(self, main, fixed, row, scalars, instance):
        """The value of every operation of the tape."""
        out = []
        for op in self.tape:
            code = op[0]
            if code == "const":
                value = int(op[1], 16)
            elif code == "main":
                value = main[op[1]]
            elif code == "fixed":
                value = fixed[op[1]]
            elif code == "row":
                value = row
            elif code == "scalar":
                value = scalars[op[1]]
            elif code == "instance":
                value = instance
            elif code == "add":
                value = (out[op[1]] + out[op[2]]) % R
            elif code == "sub":
                value = (out[op[1]] - out[op[2]]) % R
            elif code == "mul":
                value = out[op[1]] * out[op[2]] % R
            else:
                raise ValueError(f"unknown operation {code}")
            out.append(value)
        return out

    def messages(self, values, alpha, beta):
        """(signed multiplicity, alpha - fingerprint) of every interaction, given the tape's values."""
        result = []
        for interaction in self.interactions:
            fields = [values[op] for op in interaction["fields"]]
            multiplicity = interaction["sign"] * values[interaction["multiplicity"]] % R
            result.append((multiplicity, denominator(alpha, beta, interaction["kind"], fields)))
        return result

    def evaluate(self, main, fixed, helper, row, scalars, instance, alpha, beta):
        """All constraints at one point: the declared ones, then one for each helper column."""
        values = self.run(main, fixed, row, scalars, instance)
        messages = self.messages(values, alpha, beta)
        result = [values[constraint["op"]] for constraint in self.constraints]
        for h, group in zip(helper, self.helpers):
            if len(group) == 2:
                (m1, d1), (m2, d2) = (messages[i] for i in group)
                result.append((h * d1 * d2 - m1 * d2 - m2 * d1) % R)
            else:
                m, d = messages[group[0]]
                result.append((h * d - m) % R)
        return result


def denominator(alpha, beta, kind, fields):
    """alpha - fingerprint of a message."""
    fingerprint, power = kind, 1
    for field in fields:
        power = power * beta % R
        fingerprint += power * field
    return (alpha - fingerprint) % R


class Air:
    """The whole description. `text` is the exact exported bytes: their hash is the AIR's digest."""

    def __init__(self, text):
        self.digest = keccak256(text)
        description = json.loads(text)
        if description["format"] != 1:
            raise ValueError("unknown format")
        self.name = description["air"]
        self.n_scalars = len(description["scalars"])
        self.chips = [Chip(chip) for chip in description["chips"]]
        self.boundary = description["boundary"]
        self.preprocessed = description["preprocessed"]

    def tables(self, n_instances):
        """All chip instances in (chip, instance) order."""
        return [
            (c, i) for c, chip in enumerate(self.chips) for i in range(n_instances if chip.instanced else 1)
        ]

    def boundary_sum(self, scalars, alpha, beta):
        """Sum of sign / (alpha - fingerprint) over the boundary messages; None if a denominator is 0."""
        total = 0
        for message in self.boundary:
            fields = [int(f["constant"], 16) if "constant" in f else scalars[f["scalar"]] for f in message["fields"]]
            below = denominator(alpha, beta, message["kind"], fields)
            if below == 0:
                return None
            total += message["sign"] * pow(below, -1, R)
        return total % R
