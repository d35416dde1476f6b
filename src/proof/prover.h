/* The prover. docs/protocol.md is the specification; the phases here are its steps. */
#ifndef ZKLINK_PROOF_PROVER_H
#define ZKLINK_PROOF_PROVER_H

#include "proof/keys.h"
#include "proof/proof_buf.h"
#include "proof/statement.h"
#include "proof/trace.h"

/* Time of a phase: on the clock, and of all threads together. */
struct prove_time {
    double wall_s, cpu_s;
};

/* What one proof cost. Filled as far as the prover came. */
struct prove_stats {
    struct prove_time trace; /* filling the trace: the caller's, left as it is */
    struct prove_time commit;
    struct prove_time helpers; /* computing the helper columns */
    struct prove_time helpers_commit;
    struct prove_time sumcheck;
    struct prove_time opening;
    unsigned log_chunk; /* M */
    size_t n_main_chunks, n_helper_chunks;
    size_t proof_len;
    struct prove_stats_chip {
        const char *name; /* borrowed from the AIR */
        unsigned instance, log_height;
        size_t rows, main_cells, helper_cells; /* used ones: rows times columns */
    } * chips;                                 /* owned: prove_stats_release */
    size_t n_chips;
};
void prove_stats_release(struct prove_stats *stats);

enum prove_err {
    PROVE_OK = 0,
    PROVE_ERR_MEMORY,
    PROVE_ERR_SIZE,      /* the trace does not fit 2^M_max or the string */
    PROVE_ERR_STATEMENT, /* other numbers of scalars or instances than the AIR or the trace has */
    PROVE_ERR_WITNESS    /* the trace does not satisfy the AIR: witness_check tells where */
};

/* Appends the proof to out. `held` of the statement is not used. stats may be NULL; else it must
 * start zeroed or be released. Memory: about 1.6 times the trace's, plus 5 * 2^M words. */
enum prove_err prove(const struct proving_key *pk, const struct statement *s,
                     const struct trace *trace, unsigned threads, struct proof_buf *out,
                     struct prove_stats *stats);

/* One short English sentence. */
const char *prove_err_text(enum prove_err err);

#endif
