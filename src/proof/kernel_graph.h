/* The expression graph of a chip with the bus's denominators and helper constraints added, and its
 * compilation into programs over blocks of rows. Internal to kernel.c. */
#ifndef ZKLINK_PROOF_KERNEL_GRAPH_H
#define ZKLINK_PROOF_KERNEL_GRAPH_H

#include "proof/protocol.h"

enum node_code { NODE_UNIFORM, NODE_COLUMN, NODE_ROW, NODE_ADD, NODE_SUB, NODE_MUL };

struct node {
    enum node_code code;
    uint8_t degree; /* 0: uniform */
    uint32_t a, b;  /* operands, or the column's place in main, fixed, helper order */
    fr value;       /* of a uniform node */
};

/* Operands come before their users. */
struct graph {
    struct node *node;
    uint32_t n, cap;
    bool failed; /* out of memory */
};

/* The chip's tape as nodes 0..n_tape-1. */
void graph_init(struct graph *g, const struct air_chip *chip, const fr *scalars,
                const fr *instance);
void graph_release(struct graph *g);
uint32_t graph_column(struct graph *g, unsigned column);
/* The signed multiplicity and alpha - fp of an interaction. */
void graph_interaction(struct graph *g, const struct air_interaction *x,
                       const struct challenges *ch, uint32_t *m, uint32_t *d);
/* The helper constraint of pair p, with the helper column p. */
uint32_t graph_helper_constraint(struct graph *g, const struct air_chip *chip, unsigned p,
                                 const struct challenges *ch);

/* Operations on registers; U: the operand is a uniform value. */
enum prog_code {
    PROG_COLUMN, /* dst = column a */
    PROG_ROW,
    PROG_SET_U,
    PROG_ADD,
    PROG_SUB,
    PROG_MUL,
    PROG_SQR,
    PROG_ADD_U,
    PROG_SUB_U,  /* a - u */
    PROG_RSUB_U, /* u - a */
    PROG_MUL_U,
    PROG_MAC_U, /* dst += u a */
    PROG_REDUCE /* another form of the same value; in translated programs only: kernel_lanes.h */
};

struct prog_op {
    enum prog_code code;
    uint32_t dst, a, b; /* b: register or uniform */
};

struct program {
    struct prog_op *op;
    size_t n, cap;
    fr *uniform;
    size_t n_uniform, cap_uniform;
    uint32_t n_registers; /* all that it uses, given ones included */
    bool failed;
};

/* What a program must compute: the node, into the register `dst` (one such root a node, and the
 * node not given); or, if `accumulate`, weight times the node is added to `dst`, which the first
 * such root sets. */
struct prog_root {
    uint32_t node, dst;
    bool accumulate;
    fr weight;
};

#define NO_REGISTER UINT32_MAX

/* Compiles the roots. given[node]: the register that holds it already, or NO_REGISTER. Registers
 * below n_reserved are not used for intermediate values. Check p->failed. */
void program_compile(struct program *p, const struct graph *g, const struct prog_root *roots,
                     size_t n_roots, const uint32_t *given, uint32_t n_reserved);
void program_release(struct program *p);

/* The block's rows: row at + stride b for b < KERNEL_BLOCK; those at or beyond a column's length
 * are zero. row, row_step: the row index of the block's first row and its step. */
struct program_input {
    fr *const *col;
    const size_t *len;
    size_t at, stride;
    fr row, row_step;
};
void program_run(const struct program *p, const struct program_input *in, fr *registers);

#endif
