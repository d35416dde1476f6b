/* The parts of the chips, their packing into contracts, and the files. See solgen.h. */
#include "proof/solgen_internal.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

enum {
    CONTRACT_BYTES = 24400, /* of estimated code, which errs upwards; EIP-170 allows 24576 */
    CONTRACT_OVERHEAD = 120,
    PART_OVERHEAD = 40,
    MAX_EVALUATORS = 64
};

struct part {
    unsigned chip, first, count; /* constraints first .. first + count - 1 of the chip */
    unsigned evaluator;
    char *code;
    size_t bytes;
};

struct gen {
    const struct air *air;
    unsigned arity; /* largest */
    struct part *parts;
    size_t n_parts;
    unsigned first_part[AIR_MAX_CHIPS], part_count[AIR_MAX_CHIPS];
    unsigned n_evaluators;
};

/* The calldata word of scalar i, and of the first column value. */
static uint32_t scalar_word(const struct gen *gen, unsigned i) {
    return SG_WORD_BETA + gen->arity + i;
}
static uint32_t value_word(const struct gen *gen) {
    return scalar_word(gen, gen->air->n_scalars);
}

/* alpha - kind - sum beta^j field_j */
static uint32_t denominator(struct sg_graph *g, unsigned kind, unsigned n, const uint32_t *fields) {
    fr k;
    fr_from_u64(&k, kind);
    uint32_t sum = sg_const(g, &k);
    for (unsigned j = 0; j < n; j++) {
        sum = sg_add(g, sum, sg_mul(g, sg_input(g, SG_WORD_BETA + j), fields[j]));
    }
    return sg_sub(g, sg_input(g, SG_WORD_ALPHA), sum);
}

/* One chip's tape and what hangs on it, as nodes. */
struct chip_nodes {
    const struct gen *gen;
    const struct air_chip *chip;
    uint32_t *op; /* node of each operation of the tape */
};

static bool tape_nodes(struct sg_graph *g, struct chip_nodes *c) {
    const struct air_chip *chip = c->chip;
    uint32_t values = value_word(c->gen);
    c->op = calloc(chip->n_tape, sizeof *c->op);
    if (!c->op) {
        return false;
    }
    for (size_t i = 0; i < chip->n_tape && !g->failed; i++) {
        const struct air_op *op = &chip->tape[i];
        switch (op->code) {
        case AIR_CONST:
            c->op[i] = sg_const(g, &chip->consts[op->a]);
            break;
        case AIR_MAIN:
            c->op[i] = sg_input(g, values + op->a);
            break;
        case AIR_FIXED:
            c->op[i] = sg_input(g, values + chip->n_main + op->a);
            break;
        case AIR_ROW:
            c->op[i] = sg_input(g, SG_WORD_ROW);
            break;
        case AIR_SCALAR:
            c->op[i] = sg_input(g, scalar_word(c->gen, op->a));
            break;
        case AIR_INSTANCE:
            c->op[i] = sg_input(g, SG_WORD_INSTANCE);
            break;
        case AIR_ADD:
            c->op[i] = sg_add(g, c->op[op->a], c->op[op->b]);
            break;
        case AIR_SUB:
            c->op[i] = sg_sub(g, c->op[op->a], c->op[op->b]);
            break;
        case AIR_MUL:
            c->op[i] = sg_mul(g, c->op[op->a], c->op[op->b]);
            break;
        }
    }
    return !g->failed;
}

static uint32_t interaction_denominator(struct sg_graph *g, const struct chip_nodes *c,
                                        const struct air_interaction *x) {
    uint32_t fields[AIR_MAX_ARITY];
    for (unsigned j = 0; j < x->n_fields; j++) {
        fields[j] = c->op[x->fields[j]];
    }
    return denominator(g, x->kind, x->n_fields, fields);
}

/* sum + sign * m */
static uint32_t add_signed(struct sg_graph *g, uint32_t sum, int sign, uint32_t m) {
    return sign > 0 ? sg_add(g, sum, m) : sg_sub(g, sum, m);
}

/* The constraint of helper column p: d2 (h d1 - m1) - m2 d1, alone: h d - m. */
static uint32_t helper_node(struct sg_graph *g, const struct chip_nodes *c, unsigned p) {
    const struct air_chip *chip = c->chip;
    const struct air_interaction *x = &chip->interactions[2 * p];
    uint32_t h = sg_input(g, value_word(c->gen) + chip->n_main + chip->n_fixed + p);
    uint32_t d1 = interaction_denominator(g, c, x);
    uint32_t one = add_signed(g, sg_mul(g, h, d1), -x->sign, c->op[x->multiplicity]);
    if (2 * p + 1 == chip->n_interactions) {
        return one;
    }
    const struct air_interaction *y = x + 1;
    uint32_t d2 = interaction_denominator(g, c, y);
    uint32_t both = sg_mul(g, d2, one);
    return add_signed(g, both, -y->sign, sg_mul(g, c->op[y->multiplicity], d1));
}

static const char *constraint_name(const struct air_chip *chip, unsigned k) {
    return k < chip->n_constraints ? chip->constraints[k].name : "helper";
}

static unsigned constraint_count(const struct air_chip *chip) {
    return chip->n_constraints + chip->n_helpers;
}

/* The nodes of the part's results: its constraints, then the sum of helpers, then the public sum.
 */
static uint32_t *part_roots(struct sg_graph *g, const struct chip_nodes *c,
                            const struct part *part) {
    const struct air_chip *chip = c->chip;
    uint32_t *roots = calloc(part->count + 2, sizeof *roots);
    if (!roots) {
        return NULL;
    }
    for (unsigned i = 0; i < part->count; i++) {
        unsigned k = part->first + i;
        roots[i] = k < chip->n_constraints ? c->op[chip->constraints[k].op]
                                           : helper_node(g, c, k - chip->n_constraints);
    }
    uint32_t helpers = sg_const(g, &FR_ZERO), public = sg_const(g, &FR_ZERO);
    if (part->first == 0) {
        uint32_t first_helper = value_word(c->gen) + chip->n_main + chip->n_fixed;
        for (unsigned p = 0; p < chip->n_helpers; p++) {
            helpers = sg_add(g, helpers, sg_input(g, first_helper + p));
        }
        for (unsigned t = chip->n_public; t-- > 0;) {
            uint32_t word = sg_input(g, value_word(c->gen) + chip->public_col[t]);
            public = sg_add(g, sg_mul(g, public, sg_input(g, SG_WORD_G)), word);
        }
    }
    roots[part->count] = helpers;
    roots[part->count + 1] = public;
    return roots;
}

/* The part's code: Horner in eta from its last constraint to its first. */
static void print_part(struct sg_graph *g, const struct air_chip *chip, const struct part *part,
                       const uint32_t *roots) {
    const char *line = "                ";
    char before[96];
    for (unsigned i = part->count; i-- > 0;) {
        sg_print(g, 0, "%s// %u: %s\n", line, part->first + i,
                 constraint_name(chip, part->first + i));
        bool last = i + 1 == part->count;
        snprintf(before, sizeof before,
                 last ? "%sacc := " : "%sacc := add(mulmod(acc, calldataload(0x%x), r), ", line,
                 SG_WORD_ETA * 32);
        g->bytes += last ? 2 : 12;
        /* at most 4 r, so that the running sum is below 5 r */
        if (g->nodes[roots[i]].bound > 4) {
            strcat(before, "mod(");
        }
        const char *after =
            g->nodes[roots[i]].bound > 4 ? (last ? ", r)\n" : ", r))\n") : (last ? "\n" : ")\n");
        sg_statement(g, before, roots[i], after);
    }
    snprintf(before, sizeof before, "%slet h := mod(", line);
    sg_statement(g, before, roots[part->count], ", r)\n");
    snprintf(before, sizeof before, "%slet p := mod(", line);
    sg_statement(g, before, roots[part->count + 1], ", r)\n");
    sg_print(g, 24, "%smstore(0x00, mod(acc, r))\n%smstore(0x20, h)\n%smstore(0x40, p)\n", line,
             line, line);
    sg_print(g, 6, "%sreturn(0x00, 0x60)\n", line);
}

/* Makes the text of one part; false without memory. */
static bool part_build(const struct gen *gen, struct part *part) {
    struct chip_nodes c = {.gen = gen, .chip = gen->air->chips[part->chip]};
    struct sg_graph g;
    sg_init(&g);
    uint32_t *roots = NULL;
    if (tape_nodes(&g, &c)) {
        roots = part_roots(&g, &c, part);
    }
    bool ok = roots && !g.failed;
    if (ok) {
        sg_plan(&g, roots, part->count + 2);
        print_part(&g, c.chip, part, roots);
        ok = !g.failed;
    }
    free(part->code);
    part->code = NULL;
    if (ok) {
        part->code = g.text;
        part->bytes = g.bytes + PART_OVERHEAD;
        g.text = NULL;
    }
    free(roots);
    free(c.op);
    sg_release(&g);
    return ok;
}

/* The boundary part: N / D = sum of sign / d. */
static bool boundary_build(const struct gen *gen, struct part *part) {
    struct sg_graph g;
    sg_init(&g);
    fr one = FR_ONE;
    uint32_t num = sg_const(&g, &FR_ZERO), den = sg_const(&g, &one);
    for (unsigned i = 0; i < gen->air->n_boundary; i++) {
        const struct air_boundary *b = &gen->air->boundary[i];
        uint32_t fields[AIR_MAX_ARITY];
        for (unsigned j = 0; j < b->n_fields; j++) {
            const struct air_lin *f = &b->fields[j];
            fields[j] = f->scalar >= 0 ? sg_input(&g, scalar_word(gen, (unsigned)f->scalar))
                                       : sg_const(&g, &f->constant);
        }
        uint32_t d = denominator(&g, b->kind, b->n_fields, fields);
        num = add_signed(&g, sg_mul(&g, num, d), b->sign, den);
        den = sg_mul(&g, den, d);
    }
    uint32_t roots[2] = {num, den};
    sg_plan(&g, roots, 2);
    sg_statement(&g, "                let n := mod(", num, ", r)\n");
    sg_statement(&g, "                let d := mod(", den, ", r)\n");
    sg_print(&g, 20,
             "                mstore(0x00, n)\n                mstore(0x20, d)\n"
             "                return(0x00, 0x40)\n");
    bool ok = !g.failed;
    if (ok) {
        part->code = g.text;
        part->bytes = g.bytes + PART_OVERHEAD;
        g.text = NULL;
    }
    sg_release(&g);
    return ok;
}

static bool part_push(struct gen *gen, const struct part *part) {
    struct part *parts = realloc(gen->parts, (gen->n_parts + 1) * sizeof *parts);
    if (!parts) {
        return false;
    }
    gen->parts = parts;
    gen->parts[gen->n_parts++] = *part;
    return true;
}

/* Splits a chip's constraints evenly into as few parts as fit. */
static bool chip_parts(struct gen *gen, unsigned chip) {
    unsigned total = constraint_count(gen->air->chips[chip]);
    size_t limit = CONTRACT_BYTES - CONTRACT_OVERHEAD;
    for (unsigned pieces = 1; pieces <= (total ? total : 1); pieces++) {
        size_t start = gen->n_parts;
        bool fits = true;
        for (unsigned i = 0; i < pieces && fits; i++) {
            unsigned first = (unsigned)((uint64_t)total * i / pieces);
            unsigned end = (unsigned)((uint64_t)total * (i + 1) / pieces);
            struct part part = {.chip = chip, .first = first, .count = end - first};
            if (!part_build(gen, &part)) {
                return false;
            }
            fits = part.bytes <= limit;
            if (!part_push(gen, &part)) {
                free(part.code);
                return false;
            }
        }
        if (fits) {
            gen->first_part[chip] = (unsigned)start;
            gen->part_count[chip] = pieces;
            return true;
        }
        while (gen->n_parts > start) {
            free(gen->parts[--gen->n_parts].code);
        }
    }
    return false;
}

/* First fit, the largest part first. */
static bool pack(struct gen *gen) {
    size_t used[MAX_EVALUATORS] = {0};
    bool *placed = calloc(gen->n_parts, sizeof *placed);
    if (!placed) {
        return false;
    }
    bool ok = true;
    for (size_t round = 0; round < gen->n_parts && ok; round++) {
        size_t big = SIZE_MAX;
        for (size_t i = 0; i < gen->n_parts; i++) {
            if (!placed[i] && (big == SIZE_MAX || gen->parts[i].bytes > gen->parts[big].bytes)) {
                big = i;
            }
        }
        unsigned e = 0;
        while (e < MAX_EVALUATORS &&
               used[e] + gen->parts[big].bytes > CONTRACT_BYTES - CONTRACT_OVERHEAD) {
            e++;
        }
        ok = e < MAX_EVALUATORS;
        if (ok) {
            used[e] += gen->parts[big].bytes;
            gen->parts[big].evaluator = e;
            placed[big] = true;
            gen->n_evaluators = e + 1 > gen->n_evaluators ? e + 1 : gen->n_evaluators;
        }
    }
    free(placed);
    return ok;
}

static void print_hex32(FILE *out, const uint8_t digest[32]) {
    for (unsigned i = 0; i < 32; i++) {
        fprintf(out, "%02x", digest[i]);
    }
}

static FILE *file_open(const char *dir, const char *name, const char *suffix, char *err,
                       size_t err_len) {
    char path[512];
    int n = snprintf(path, sizeof path, "%s/%s%s.sol", dir, name, suffix);
    FILE *out = n > 0 && (size_t)n < sizeof path ? fopen(path, "w") : NULL;
    if (!out) {
        snprintf(err, err_len, "cannot write %s", path);
        return NULL;
    }
    fputs("// SPDX-License-Identifier: Apache-2.0\n"
          "// Generated by src/proof/solgen.c from the AIR description; do not edit.\n"
          "pragma solidity ^0.8.30;\n\n",
          out);
    return out;
}

static int file_close(FILE *out, char *err, size_t err_len) {
    bool bad = ferror(out) != 0;
    if (fclose(out) != 0 || bad) {
        snprintf(err, err_len, "write error");
        return -1;
    }
    return 0;
}

static int write_evaluator(const struct gen *gen, const char *name, const char *dir, unsigned e,
                           char *err, size_t err_len) {
    char suffix[32];
    snprintf(suffix, sizeof suffix, "Evaluator%u", e);
    FILE *out = file_open(dir, name, suffix, err, err_len);
    if (!out) {
        return -1;
    }
    fprintf(out,
            "/// @title Evaluates chips of `%s` at one point; called by %sVerifier only\n"
            "/// @dev Calldata and results: src/proof/solgen.h. All operands are below r.\n"
            "contract %s%s {\n    fallback() external {\n        assembly {\n"
            "            let r := calldataload(0x20)\n            let acc := 0\n"
            "            if iszero(calldatasize()) {\n                mstore(0x00, 0x",
            gen->air->name, name, name, suffix);
    print_hex32(out, gen->air->digest);
    fprintf(
        out,
        ")\n                mstore(0x20, %u)\n                return(0x00, 0x40)\n            }\n"
        "            switch calldataload(0x00)\n",
        e);
    for (size_t i = 0; i < gen->n_parts; i++) {
        const struct part *part = &gen->parts[i];
        if (part->evaluator != e) {
            continue;
        }
        if (part->chip < gen->air->n_chips) {
            fprintf(out, "            // %s, constraints from %u, %u of them\n",
                    gen->air->chips[part->chip]->name, part->first, part->count);
        } else {
            fputs("            // the boundary\n", out);
        }
        fprintf(out, "            case %zu {\n%s            }\n", i, part->code);
    }
    fputs("            default { revert(0x00, 0x00) }\n        }\n    }\n}\n", out);
    return file_close(out, err, err_len);
}

/* A word of 16-bit fields, the first one lowest, as the text of a hex literal. */
static void print_word(FILE *out, const char *indent, const unsigned *fields, unsigned n) {
    fprintf(out, "%shex\"", indent);
    for (unsigned i = 16; i-- > 0;) {
        fprintf(out, "%04x", i < n ? fields[i] : 0);
    }
    fputs("\"", out);
}

/* The shape that BlockVerifier.sol reads; described there. */
static void print_shape(const struct gen *gen, FILE *out) {
    const struct air *air = gen->air;
    unsigned instanced = 0, widest = 0;
    for (unsigned c = 0; c < air->n_chips; c++) {
        unsigned values = air_chip_values(air->chips[c]);
        instanced += air->chips[c]->instanced;
        widest = values > widest ? values : widest;
    }
    const unsigned header[] = {
        air->n_chips, (unsigned)gen->n_parts, air->n_scalars, gen->arity, instanced, widest};
    print_word(out, "        return ", header, sizeof header / sizeof *header);
    for (unsigned c = 0; c < air->n_chips; c++) {
        const struct air_chip *chip = air->chips[c];
        unsigned height = chip->fixed_log_height < 0 ? 0xffff : (unsigned)chip->fixed_log_height;
        const unsigned word[] = {
            chip->n_main,    air_chip_values(chip), constraint_count(chip), height,
            chip->n_fixed,   chip->instanced,       chip->n_public,         gen->first_part[c],
            chip->n_helpers, gen->part_count[c]};
        print_word(out, "\n            ", word, sizeof word / sizeof *word);
    }
    for (size_t i = 0; i < gen->n_parts; i++) {
        const unsigned word[] = {gen->parts[i].evaluator, gen->parts[i].count};
        print_word(out, "\n            ", word, sizeof word / sizeof *word);
    }
    fputs(";\n", out);
}

static int write_verifier(const struct gen *gen, const char *name, const char *dir,
                          const char *core, char *err, size_t err_len) {
    FILE *out = file_open(dir, name, "Verifier", err, err_len);
    if (!out) {
        return -1;
    }
    fprintf(
        out,
        "import {BlockVerifier, VerifyingKey} from \"%s\";\n\n"
        "/// @title Verifier of the proof system `%s`\ncontract %sVerifier is BlockVerifier {\n",
        core, gen->air->name, name);
    for (unsigned e = 0; e < gen->n_evaluators; e++) {
        fprintf(out, "    address private immutable EVALUATOR_%u;\n", e);
    }
    fputs("\n    /// @param key The set-up; see VerifyingKey.\n"
          "    /// @param evaluators The deployed evaluators, in the order of their numbers.\n"
          "    constructor(VerifyingKey memory key, address[] memory evaluators) BlockVerifier(0x",
          out);
    print_hex32(out, gen->air->digest);
    fputs(", key) {\n", out);
    fprintf(out, "        _checkEvaluators(0x");
    print_hex32(out, gen->air->digest);
    fprintf(out, ", evaluators, %u);\n", gen->n_evaluators);
    for (unsigned e = 0; e < gen->n_evaluators; e++) {
        fprintf(out, "        EVALUATOR_%u = evaluators[%u];\n", e, e);
    }
    fprintf(out,
            "    }\n\n    function _evaluators() internal view override returns (address[] memory "
            "list) "
            "{\n        list = new address[](%u);\n",
            gen->n_evaluators);
    for (unsigned e = 0; e < gen->n_evaluators; e++) {
        fprintf(out, "        list[%u] = EVALUATOR_%u;\n", e, e);
    }
    fputs("    }\n\n    function _shape() internal pure override returns (bytes memory) {\n", out);
    print_shape(gen, out);
    fputs("    }\n}\n", out);
    return file_close(out, err, err_len);
}

/* All parts, the boundary last, packed. */
static bool gen_build(struct gen *gen) {
    for (unsigned k = 0; k < gen->air->n_kinds; k++) {
        unsigned arity = gen->air->kinds[k].arity;
        gen->arity = arity > gen->arity ? arity : gen->arity;
    }
    for (unsigned c = 0; c < gen->air->n_chips; c++) {
        if (!chip_parts(gen, c)) {
            return false;
        }
    }
    struct part boundary = {.chip = gen->air->n_chips};
    if (!boundary_build(gen, &boundary) || !part_push(gen, &boundary)) {
        free(boundary.code);
        return false;
    }
    return pack(gen);
}

int solgen_write(const struct air *air, const char *name, const char *dir, const char *core,
                 struct solgen_stats *stats, char *err, size_t err_len) {
    struct gen gen = {.air = air};
    int result = -1;
    if (!air->finished) {
        snprintf(err, err_len, "the AIR is not finished");
    } else if (!gen_build(&gen)) {
        snprintf(err, err_len, "out of memory, or one constraint does not fit a contract");
    } else {
        result = write_verifier(&gen, name, dir, core, err, err_len);
        for (unsigned e = 0; e < gen.n_evaluators && result == 0; e++) {
            result = write_evaluator(&gen, name, dir, e, err, err_len);
        }
    }
    if (stats) {
        *stats = (struct solgen_stats){.n_evaluators = gen.n_evaluators,
                                       .n_parts = (unsigned)gen.n_parts};
    }
    for (size_t i = 0; i < gen.n_parts; i++) {
        if (stats) {
            stats->code_bytes += gen.parts[i].bytes;
        }
        free(gen.parts[i].code);
    }
    free(gen.parts);
    return result;
}
