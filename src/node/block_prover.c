#include "node/block_prover.h"
#include "base/clock.h"
#include "base/log.h"
#include "circuit/circuit.h"
#include "circuit/witness.h"
#include "proof/prover.h"
#include "proof/verifier.h"
#include "proof/witness_check.h"

static uint64_t count_cells(const struct prove_stats *stats) {
    uint64_t n = 0;
    for (size_t i = 0; i < stats->n_chips; i++) {
        n += stats->chips[i].main_cells + stats->chips[i].helper_cells;
    }
    return n;
}

static int check_proof(const struct circuit_prover *c, const struct block_statement *s,
                       const struct proof_buf *proof, uint64_t number, struct err *err) {
    bool ok = false;
    if (verify(&c->pk->vk, &s->statement, proof->data, proof->len, &ok) != 0) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    return ok ? 0
              : err_set(err, ERR_MISMATCH,
                        "block %llu: our own verifier refuses the proof that was made",
                        (unsigned long long)number);
}

static int make_proof(const struct circuit_prover *c, const struct block *b,
                      const struct trace *trace, const struct block_statement *s, struct buf *out,
                      struct block_proof_info *info, struct err *err) {
    struct proof_buf proof = {0};
    struct prove_stats stats = {0};
    unsigned long long number = b->header.number;
    enum prove_err e = prove(c->pk, &s->statement, trace, c->threads, &proof, &stats);
    int rc = 0;
    if (e != PROVE_OK) {
        char why[300] = "";
        if (e == PROVE_ERR_WITNESS) {
            witness_check(c->pk->vk.air, &s->statement, trace, why, sizeof why);
        }
        rc = err_set(err, e == PROVE_ERR_MEMORY ? ERR_SYSTEM : ERR_MISMATCH,
                     "block %llu cannot be proved: %s %s", number, prove_err_text(e), why);
    } else {
        rc = check_proof(c, s, &proof, number, err);
    }
    if (rc == 0) {
        info->cells = count_cells(&stats);
        buf_append(out, proof.data, proof.len);
        rc = out->failed ? err_set(err, ERR_SYSTEM, "out of memory") : 0;
        log_info("prover",
                 "event=phases block=%llu commit_s=%.2f helpers_s=%.2f helpers_commit_s=%.2f "
                 "sumcheck_s=%.2f opening_s=%.2f log_chunk=%u",
                 number, stats.commit.wall_s, stats.helpers.wall_s, stats.helpers_commit.wall_s,
                 stats.sumcheck.wall_s, stats.opening.wall_s, stats.log_chunk);
    }
    prove_stats_release(&stats);
    proof_buf_release(&proof);
    return rc;
}

static int prove_block(void *ctx, const struct block *b, struct buf *proof,
                       struct block_proof_info *info, struct err *err) {
    const struct circuit_prover *c = ctx;
    struct block_statement s;
    uint64_t began = clock_steady_ms();
    struct trace *trace = witness_build(c->pk->vk.air, b, c->threads);
    if (trace == NULL) {
        return err_set(err, ERR_SYSTEM, "block %llu: no witness (or out of memory)",
                       (unsigned long long)b->header.number);
    }
    if (block_statement_init(&s, c->pk->vk.air, b) != 0) {
        trace_free(trace);
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    int rc = make_proof(c, b, trace, &s, proof, info, err);
    info->ms = clock_steady_ms() - began;
    block_statement_release(&s);
    trace_free(trace);
    return rc;
}

struct block_prover circuit_prover(struct circuit_prover *c) {
    return (struct block_prover){.prove = prove_block, .ctx = c};
}
