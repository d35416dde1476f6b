/* libFuzzer target: transactions as JSON. Templates are signed transactions of every type, edited
 * as text; other inputs are the text itself. What is accepted must mean one thing: written
 * again it reads as the same operation; and the state machine takes it or names a rejection. */
#include "api/tx_json.h"
#include "rollup.h"

static char *templates[OP_FORCED_EXIT + 1];
static unsigned n_templates;

static void setup(void) {
    struct blockgen *g = fuzz_world();
    struct block_builder *b = blockgen_begin(g);
    for (unsigned type = OP_CHANGE_PUB_KEY; type <= OP_FORCED_EXIT; type++) {
        struct op op;
        for (unsigned draw = 0; draw < 200; draw++) {
            if (type != OP_ADD_LIQUIDITY_FIRST &&
                blockgen_op(g, (enum op_type)type, block_builder_context(b), &op)) {
                json_t *tx = tx_to_json(&op);
                templates[n_templates] = json_format(tx);
                FUZZ_CHECK(templates[n_templates++] != NULL);
                json_decref(tx);
                break;
            }
        }
    }
    block_builder_free(b);
    FUZZ_CHECK(n_templates == OP_FORCED_EXIT - OP_CHANGE_PUB_KEY);
}

static void check_accepted(const struct op *op) {
    struct blockgen *g = fuzz_world();
    struct err err = {0};
    struct op again;
    uint8_t bytes[2][OP_BYTES_MAX];
    json_t *tx = tx_to_json(op);
    FUZZ_CHECK(tx != NULL && tx_from_json(&again, tx, &err) == 0);
    json_decref(tx);
    size_t len = op_encode(op, bytes[0], OP_BYTES_MAX);
    FUZZ_CHECK(len > 0 && len == op_encode(&again, bytes[1], OP_BYTES_MAX));
    FUZZ_CHECK(memcmp(bytes[0], bytes[1], len) == 0);

    struct block_context ctx = {.mode = APPLY_SEQUENCER,
                                .timestamp = g->timestamp,
                                .fee_account = g->instance.fee_account,
                                .chains = &g->instance.chains};
    struct state_mark mark = state_mark(g->state);
    if (op_resolve(&again, g->state, &ctx, NULL) == REJECT_NONE) {
        (void)fuzz_apply(g->state, &ctx, &again);
        state_rollback(g->state, mark);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (n_templates == 0) {
        setup();
    }
    struct fuzz_input in = {data, len};
    struct buf b;
    if (fuzz_is_raw(&in)) {
        b = fuzz_raw(&in);
    } else {
        const char *text = templates[fuzz_u8(&in) % n_templates];
        b = fuzz_edited(text, strlen(text), &in);
    }
    struct err err = {0};
    json_t *tx = json_parse(b.data, b.len, &err);
    struct op op;
    if (tx == NULL || tx_from_json(&op, tx, &err) != 0) {
        FUZZ_CHECK(err.text[0] != '\0');
    } else {
        check_accepted(&op);
    }
    json_decref(tx);
    buf_free(&b);
    return 0;
}
