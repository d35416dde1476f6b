/* The algebraic description of a proof system's tables: chips, columns, constraints, bus messages.
 *
 * ONE description is the only source for the prover, the C verifier, the witness checker, the
 * Python reference and the generated Solidity. It is built by C functions that make expressions:
 *
 *     struct air *air = air_new("example");
 *     unsigned square = air_kind(air, "SQUARE", 2);
 *     struct air_chip *c = air_chip(air, "square", -1, false);
 *     ax active = air_active(c), x = air_col(c, "x"), y = air_col(c, "y");
 *     air_zero(c, air_sub(c, air_mul(c, x, x), y), "y is x squared");
 *     air_take(c, square, active, 2, (ax[]){x, y});
 *     air_finish(air, err, sizeof err);
 *
 * A chip is a table. Its rows are filled from row 0; the rows after the used ones are all zero and
 * must satisfy every constraint: air_finish refuses a constraint that does not vanish, whatever the
 * row index and the scalars are, when all main columns are 0 (multiply constants by `active`).
 * Constraints see one row only; what crosses rows crosses the bus. Every multiplicity of an
 * interaction must be zero where `active` is: it is `active`, a column made by a _gated function, a
 * product with such a factor, or a sum of such; air_finish refuses anything else. A fixed table
 * (fixed_log_height >= 0) has no `active`, and there a main column alone may be the multiplicity.
 *
 * Bus: all interactions with their signs (give +, take -) and the boundary messages sum to zero.
 * fp = kind + sum_{j>=1} beta^j field_j. Interactions are paired in the order of declaration,
 * (0,1), (2,3), .., an odd last one stands alone; each pair has one helper column h with the
 * constraint h (alpha - fp1)(alpha - fp2) = m1 (alpha - fp2) + m2 (alpha - fp1),  alone: h (alpha -
 * fp) = m, m being the signed multiplicity. Constraints and helper constraints have degree <= 5.
 *
 * Errors of building (bad argument, out of memory) are kept; air_finish reports the first one.
 *
 * The tape. Each chip's expressions are one list of operations in static single assignment:
 * operation i may refer to the results of operations before it. Operation 0 is the constant 0.
 * Equal expressions are shared, constants folded, unused operations dropped.
 *
 * JSON (air_write_json; numbers in hexadecimal strings are integers below r):
 *     {"air":NAME,"format":1,
 *      "kinds":[{"id":1,"name":S,"arity":N},..],
 *      "scalars":[NAME,..],
 *      "chips":[{"name":S,
 *                "fixed_log_height":N or null,
 *                "instanced":false or true,
 *                "main":[{"name":S,"public":false or true},..],     the public ones in word order
 *                "fixed":[NAME,..],
 *                "tape":[["const","0x.."]|["main",i]|["fixed",i]|["row"]|["scalar",i]|["instance"]
 *                        |["add",a,b]|["sub",a,b]|["mul",a,b],..],     a, b: indices in this tape
 *                "constraints":[{"name":S,"op":i},..],
 *                "interactions":[{"sign":1 or -1,"kind":K,"multiplicity":i,"fields":[i,..]},..],
 *                "helpers":[[0,1],[2,3],[4]]},..],                       pairs of interactions
 *      "boundary":[{"sign":1 or -1,"kind":K,"fields":[{"constant":"0x.."}|{"scalar":i},..]},..],
 *      "preprocessed":null or {"log_size":M_v,
 *                "columns":[{"chip":c,"fixed":i,"log_height":m,"offset":o},..]}}
 * There is no white space between tokens and no newline; the AIR's digest is the Keccak-256 of
 * exactly these bytes. The preprocessed columns are listed in the order of their offsets. */
#ifndef ZKLINK_PROOF_AIR_H
#define ZKLINK_PROOF_AIR_H

#include "crypto/fr.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>

enum {
    AIR_MAX_DEGREE = 5,
    AIR_MAX_ARITY = 16,
    AIR_MAX_LOG_HEIGHT = 26,
    AIR_MAX_CHIPS = 64,
    AIR_NAME_LEN = 64 /* with its terminating zero */
};

enum air_op_code {
    AIR_CONST,    /* consts[a] */
    AIR_MAIN,     /* main column a */
    AIR_FIXED,    /* fixed column a */
    AIR_ROW,      /* the row's index, as a field element */
    AIR_SCALAR,   /* public scalar a */
    AIR_INSTANCE, /* the chip instance's own scalar */
    AIR_ADD,      /* op a + op b */
    AIR_SUB,      /* op a - op b */
    AIR_MUL       /* op a * op b */
};

/* An expression of one chip: an index into its tape. Do not mix chips. */
typedef struct {
    uint32_t id;
} ax;

struct air_op {
    enum air_op_code code;
    uint32_t a, b;
};

struct air_column {
    char name[AIR_NAME_LEN];
    bool is_public; /* main columns only */
    bool gated;     /* zero where `active` is, by a constraint */
    fr *values;     /* fixed columns only: n_values rows, the others are 0 */
    size_t n_values;
};

struct air_constraint {
    char name[AIR_NAME_LEN];
    uint32_t op;
    unsigned degree;
};

struct air_interaction {
    int sign; /* +1 give, -1 take */
    unsigned kind;
    uint32_t multiplicity;
    unsigned n_fields;
    uint32_t fields[AIR_MAX_ARITY];
};

/* Read only outside air.c; complete after air_finish. */
struct air_chip {
    struct air *air;
    unsigned index;
    char name[AIR_NAME_LEN];
    int fixed_log_height; /* -1: free */
    bool instanced;
    bool has_active;
    uint32_t active; /* op of the column `active`, if has_active */
    struct air_column *main, *fixed;
    unsigned n_main, n_fixed;
    unsigned n_public;    /* width in words of the public part */
    unsigned *public_col; /* main column of word t */
    struct air_op *tape;
    uint8_t *degree; /* of each op, in the columns and the row index */
    size_t n_tape;
    fr *consts;
    size_t n_consts;
    struct air_constraint *constraints;
    unsigned n_constraints; /* declared ones, without the helpers' */
    struct air_interaction *interactions;
    unsigned n_interactions;
    unsigned n_helpers;
    unsigned max_degree; /* of all constraints including the helpers' */
    void *builder;
};

struct air_kind {
    char name[AIR_NAME_LEN];
    unsigned arity;
};

/* A boundary message's field: a constant, or public scalar `scalar` if it is not negative. */
struct air_lin {
    fr constant;
    int scalar;
};

struct air_boundary {
    int sign;
    unsigned kind;
    unsigned n_fields;
    struct air_lin fields[AIR_MAX_ARITY];
};

/* A fixed column's place in the preprocessed vector: at `offset`, a multiple of 2^log_height. */
struct air_fixed_place {
    unsigned chip, fixed, log_height;
    size_t offset;
};

/* Read only outside air.c; complete after air_finish. */
struct air {
    char name[AIR_NAME_LEN];
    struct air_kind *kinds; /* kinds[id - 1] */
    unsigned n_kinds;
    char (*scalars)[AIR_NAME_LEN];
    unsigned n_scalars;
    struct air_chip **chips;
    unsigned n_chips;
    struct air_boundary *boundary;
    unsigned n_boundary;
    struct air_fixed_place *fixed_places; /* in the order of offsets */
    unsigned n_fixed_places;
    int preprocessed_log_size; /* M_v, -1 without fixed columns */
    bool finished;
    uint8_t digest[32];
    char error[160];
};

/* A new, empty description; NULL without memory. Free with air_free (NULL is allowed). */
struct air *air_new(const char *name);
void air_free(struct air *air);

/* Declares a bus kind and returns its id: 1, 2, .. in order. Each kind has one arity >= 1. */
unsigned air_kind(struct air *air, const char *name, unsigned arity);
/* Names the n public scalars of the statement; once. */
void air_scalars(struct air *air, unsigned n, const char *const *names);
/* A new chip; fixed_log_height -1: the height follows from the rows used. Borrowed from air. */
struct air_chip *air_chip(struct air *air, const char *name, int fixed_log_height, bool instanced);

/* The boolean main column `active`; adds active (active - 1) = 0. At most once, not in a fixed
 * table. */
ax air_active(struct air_chip *chip);
/* A main column. */
ax air_col(struct air_chip *chip, const char *name);
/* A main column b with the constraint b (b - 1) = 0. */
ax air_col_bool(struct air_chip *chip, const char *name);
/* A main column m with m (1 - active) = 0, so that it may be a multiplicity. `active` must exist.
 */
ax air_col_gated(struct air_chip *chip, const char *name);
/* Both of these. */
ax air_col_bool_gated(struct air_chip *chip, const char *name);
/* A main column that a verifier may hold in the clear. The t-th one declared is word t of the row.
 */
ax air_col_public(struct air_chip *chip, const char *name);
/* A preprocessed column of a fixed table; n values (copied), n <= 2^fixed_log_height, the rest 0.
 */
ax air_col_fixed(struct air_chip *chip, const char *name, const fr *values, size_t n);
/* The index of the row, 0, 1, ..; nothing is committed for it. */
ax air_row(struct air_chip *chip);
/* Public scalar i of the statement; the scalar of the chip's instance (instanced chips only). */
ax air_scalar(struct air_chip *chip, unsigned i);
ax air_instance_scalar(struct air_chip *chip);
ax air_const(struct air_chip *chip, const fr *value);
ax air_u64(struct air_chip *chip, uint64_t value);
ax air_i64(struct air_chip *chip, int64_t value);
ax air_add(struct air_chip *chip, ax a, ax b);
ax air_sub(struct air_chip *chip, ax a, ax b);
ax air_mul(struct air_chip *chip, ax a, ax b);
ax air_neg(struct air_chip *chip, ax a);
ax air_sqr(struct air_chip *chip, ax a);
/* terms[0] + .. + terms[n-1]; 0 for n = 0. */
ax air_sum(struct air_chip *chip, size_t n, const ax *terms);
ax air_scale_u64(struct air_chip *chip, uint64_t k, ax a);
ax air_scale(struct air_chip *chip, const fr *k, ax a);

/* The constraint e = 0 on every row, named by a printf format. */
void air_zero(struct air_chip *chip, ax e, const char *format, ...)
    __attribute__((format(printf, 3, 4)));
/* Puts `multiplicity` copies of a message on the bus, or takes them off. n is the kind's arity. */
void air_give(struct air_chip *chip, unsigned kind, ax multiplicity, unsigned n, const ax *fields);
void air_take(struct air_chip *chip, unsigned kind, ax multiplicity, unsigned n, const ax *fields);
/* One message that the verifier itself gives or takes. */
void air_boundary_give(struct air *air, unsigned kind, unsigned n, const struct air_lin *fields);
void air_boundary_take(struct air *air, unsigned kind, unsigned n, const struct air_lin *fields);
static inline struct air_lin air_lin_u64(uint64_t v) {
    struct air_lin l = {.scalar = -1};
    fr_from_u64(&l.constant, v);
    return l;
}
static inline struct air_lin air_lin_scalar(unsigned i) {
    return (struct air_lin){.constant = {{0, 0, 0, 0}}, .scalar = (int)i};
}

/* Checks everything, builds the final tapes and the digest. 0, or -1 with the reason in err. After
 * it nothing can be added. Expressions made before stay no longer valid: tapes are renumbered. */
int air_finish(struct air *air, char *err, size_t err_len);

/* The main (or, for one made by air_col_fixed, the fixed) column of an expression that is a column,
 * asked BEFORE air_finish; UINT32_MAX for other expressions. */
unsigned air_col_index(const struct air_chip *chip, ax column);
/* Look up by name: the chip's index, or a main column's; -1 if there is none. */
int air_find_chip(const struct air *air, const char *name);
int air_find_col(const struct air_chip *chip, const char *name);
/* Columns whose values a proof carries for each instance of the chip: main, fixed, helper. */
unsigned air_chip_values(const struct air_chip *chip);
/* Instances of a chip in a statement with n_instances connected chains: n_instances or 1. */
unsigned air_chip_instances(const struct air_chip *chip, unsigned n_instances);

/* Writes the JSON described above. 0, or -1 on a write error or an unfinished AIR. */
int air_write_json(const struct air *air, FILE *out);

/* Runs a chip's tape on one row (or at one point): out[i] is the value of operation i, n_tape of
 * them. main: n_main values, fixed: n_fixed values, row: the value of the row index, scalars: the
 * public ones; instance may be NULL unless the chip is instanced. */
void air_eval(const struct air_chip *chip, const fr *main, const fr *fixed, const fr *row,
              const fr *scalars, const fr *instance, fr *out);

#endif
