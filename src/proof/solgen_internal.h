/* Inside the Solidity generator: expression graphs of one part and their translation to Yul. */
#ifndef ZKLINK_PROOF_SOLGEN_INTERNAL_H
#define ZKLINK_PROOF_SOLGEN_INTERNAL_H

#include "proof/solgen.h"

/* Words of an evaluator's calldata; see solgen.h. */
enum {
    SG_WORD_PART,
    SG_WORD_MODULUS,
    SG_WORD_ROW,
    SG_WORD_INSTANCE,
    SG_WORD_ETA,
    SG_WORD_G,
    SG_WORD_ALPHA,
    SG_WORD_BETA /* beta^1 */
};

enum sg_code { SG_INPUT, SG_CONST, SG_ADD, SG_SUB, SG_MUL };

struct sg_node {
    enum sg_code code;
    uint32_t a, b; /* operands, before this node; SG_INPUT: a = word of the calldata */
    fr value;      /* SG_CONST */
    uint32_t uses; /* by nodes and roots that are reached */
    uint32_t left; /* uses not yet printed */
    int32_t slot;  /* memory slot while it is kept, -1 otherwise */
    uint8_t bound; /* the value is below bound * r, 1..5 */
    uint8_t need;  /* stack slots that its evaluation takes at most */
    bool reduced;  /* a sum that needs addmod */
    bool kept;     /* has a statement of its own that stores it */
    bool stored;   /* that statement has been printed */
};

struct sg_graph {
    struct sg_node *nodes;
    size_t n, cap;
    bool failed; /* out of memory */
    /* printing */
    char *text;
    size_t text_len, text_cap;
    size_t bytes;        /* estimated code size */
    int32_t *free_slots; /* stack of free slots */
    size_t n_free, free_cap;
    int32_t n_slots;
    int32_t *dying; /* slots to free when the statement ends */
    size_t n_dying, dying_cap;
};

void sg_init(struct sg_graph *g);
void sg_release(struct sg_graph *g);
uint32_t sg_input(struct sg_graph *g, uint32_t word);
uint32_t sg_const(struct sg_graph *g, const fr *value);
uint32_t sg_add(struct sg_graph *g, uint32_t a, uint32_t b);
uint32_t sg_sub(struct sg_graph *g, uint32_t a, uint32_t b);
uint32_t sg_mul(struct sg_graph *g, uint32_t a, uint32_t b);
bool sg_is_zero(const struct sg_graph *g, uint32_t a);

/* Counts the uses that the n roots reach, and decides which nodes are kept in memory. */
void sg_plan(struct sg_graph *g, const uint32_t *roots, size_t n);
/* Prints the statements that store what `root` needs, and then before, the expression, after. */
void sg_statement(struct sg_graph *g, const char *before, uint32_t root, const char *after);
/* Prints text as it is. bytes: what it adds to the code. */
void sg_print(struct sg_graph *g, size_t bytes, const char *format, ...)
    __attribute__((format(printf, 3, 4)));

#endif
