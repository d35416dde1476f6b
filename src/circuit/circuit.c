#include "circuit/circuit.h"

#include "circuit/chip_curve.h"
#include "circuit/chip_poseidon2.h"
#include "circuit/chip_signature.h"
#include "circuit/chip_wide.h"
#include "circuit/chip_window.h"
#include "circuit/chips.h"
#include "circuit/op/op_air.h"

#include <stdlib.h>

enum { OUTBOX_WIDTH = OUTBOX_ENTRY_WORDS };

struct air *zklink_air_explain(char *err, size_t err_len) {
    static const char *const names[CIRCUIT_SCALARS] = {
        [SCALAR_DOMAIN] = "signatureDomain", [SCALAR_TIMESTAMP] = "timestamp",
        [SCALAR_FEE_ACCOUNT] = "feeAccount", [SCALAR_OLD_ROOT] = "oldRoot",
        [SCALAR_NEW_ROOT] = "newRoot",       [SCALAR_OPERATIONS] = "operations",
        [SCALAR_LOG_WORDS] = "logWords",
    };
    struct air *air = air_new("zklink.block.v1");
    if (!air) {
        return NULL;
    }
    struct circuit_kinds k;
    circuit_kinds_declare(&k, air);
    air_scalars(air, CIRCUIT_SCALARS, names);
    chip_op(air, &k);
    chip_log(air, &k);
    chip_outbox(air, &k);
    chip_record(air, &k);
    chip_balance(air, &k);
    chip_leaf(air, &k);
    chip_node(air, &k);
    chip_poseidon2(air, &k);
    chip_signature(air, &k);
    chip_curve(air, &k);
    chip_window(air, &k);
    chip_wide(air, &k);
    chip_rng(air, &k);
    chip_r16(air, &k);
    struct air_lin zero = air_lin_u64(0);
    air_boundary_give(air, k.pos, KIND_POS_ARITY, (struct air_lin[]){zero, zero});
    air_boundary_take(
        air, k.pos, KIND_POS_ARITY,
        (struct air_lin[]){air_lin_scalar(SCALAR_OPERATIONS), air_lin_scalar(SCALAR_LOG_WORDS)});
    air_boundary_take(air, k.node, KIND_NODE_ARITY,
                      (struct air_lin[]){zero, zero, air_lin_scalar(SCALAR_OLD_ROOT),
                                         air_lin_scalar(SCALAR_NEW_ROOT)});
    if (air_finish(air, err, err_len) != 0) {
        air_free(air);
        return NULL;
    }
    return air;
}

struct air *zklink_air(void) {
    char err[160];
    return zklink_air_explain(err, sizeof err);
}

static void header_scalars(fr out[CIRCUIT_SCALARS], const struct block_header *h) {
    op_signature_domain(&out[SCALAR_DOMAIN], h->instance_id);
    fr_from_u64(&out[SCALAR_TIMESTAMP], h->timestamp);
    fr_from_u64(&out[SCALAR_FEE_ACCOUNT], h->fee_account);
    out[SCALAR_OLD_ROOT] = h->old_root;
    out[SCALAR_NEW_ROOT] = h->new_root;
    fr_from_u64(&out[SCALAR_OPERATIONS], h->operations);
    fr_from_u64(&out[SCALAR_LOG_WORDS], h->log_words);
}

int block_statement_init(struct block_statement *s, const struct air *air, const struct block *b) {
    const struct block_header *h = &b->header;
    *s = (struct block_statement){0};
    size_t entries = 0;
    for (unsigned i = 0; i < h->n_chains; i++) {
        entries += b->outbox[i].n;
    }
    s->outbox_words = calloc(entries + 1, OUTBOX_WIDTH * sizeof(fr));
    if (!s->outbox_words) {
        return -1;
    }
    header_scalars(s->scalars, h);
    s->held[0] = (struct held_column){
        .chip = (unsigned)air_find_chip(air, "log"), .words = b->log, .n_words = b->n_log};
    fr *words = s->outbox_words;
    for (unsigned i = 0; i < h->n_chains; i++) {
        const struct outbox *o = &b->outbox[i];
        fr_from_u64(&s->chains[i], h->chain[i].chain);
        s->held[1 + i] = (struct held_column){.chip = (unsigned)air_find_chip(air, "outbox"),
                                              .instance = i,
                                              .words = words,
                                              .n_words = o->n * OUTBOX_WIDTH};
        for (size_t e = 0; e < o->n; e++, words += OUTBOX_WIDTH) {
            fr_from_u64(&words[0], o->entries[e].op);
            memcpy(&words[1], o->entries[e].words, OP_WORDS_MAX * sizeof(fr));
        }
    }
    header_hash(s->statement.digest, h);
    s->statement.scalars = s->scalars;
    s->statement.n_scalars = CIRCUIT_SCALARS;
    s->statement.instance_scalars = s->chains;
    s->statement.n_instances = h->n_chains;
    s->statement.held = s->held;
    s->statement.n_held = 1 + h->n_chains;
    return 0;
}

void block_statement_release(struct block_statement *s) {
    free(s->outbox_words);
    *s = (struct block_statement){0};
}
