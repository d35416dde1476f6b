/* libFuzzer target: everything that a stored or replayed block is decoded from.
 *
 * Templates: 0 a stored block, 1 its header's words, 2 its log words, 3 and on one stored operation
 * each; the same plus FUZZ_TEXT: what follows is the thing itself. What decodes must encode to the
 * same bytes; what is applied keeps every token's sum; a block that is refused leaves the state as
 * it was. */
#include "rollup.h"

enum { OPERATIONS = 24, STORED = 0, HEADER = 1, LOG = 2, OPERATION = 3 };

static struct block block; /* fuzz_world() has the state before it */
static uint8_t *stored, *log_bytes, header[32 * HEADER_WORDS_MAX];
static size_t stored_len, header_len;
static fr old_root;

static void setup(void) {
    struct blockgen *maker = fuzz_world_new();
    blockgen_mixed(maker, OPERATIONS, &block);
    FUZZ_CHECK(block.n_ops == OPERATIONS);
    blockgen_free(maker);
    state_root(fuzz_world()->state, &old_root);
    FUZZ_CHECK(block_encode(&block, &stored, &stored_len));
    header_len = header_encode(&block.header, header);
    log_bytes = malloc(32 * block.n_log);
    FUZZ_CHECK(log_bytes != NULL);
    for (size_t i = 0; i < block.n_log; i++) {
        fr_to_be(log_bytes + 32 * i, &block.log[i]);
    }
}

static void check_unchanged(void) {
    fr root;
    state_root(fuzz_world()->state, &root);
    FUZZ_CHECK(fr_eq(&root, &old_root));
}

static void run_stored(const struct buf *b) {
    struct blockgen *g = fuzz_world();
    struct block decoded;
    uint8_t *again;
    size_t len, at;
    if (block_decode(&decoded, b->data, b->len) != BLOCK_OK) {
        return;
    }
    FUZZ_CHECK(block_encode(&decoded, &again, &len) && len == b->len);
    FUZZ_CHECK(memcmp(again, b->data, len) == 0);
    free(again);
    bool same = b->len == stored_len && memcmp(b->data, stored, stored_len) == 0;
    struct state_mark mark = state_mark(g->state);
    enum block_error e = block_execute(g->state, &g->instance, &decoded, &at);
    FUZZ_CHECK(e == BLOCK_OK || !same);
    if (e == BLOCK_OK) {
        FUZZ_CHECK(fr_eq(&decoded.header.new_root, &block.header.new_root));
        state_rollback(g->state, mark);
    }
    check_unchanged();
    block_release(&decoded);
}

static void run_header(const struct buf *b) {
    struct block_header h;
    uint8_t again[32 * HEADER_WORDS_MAX];
    if (!header_decode(&h, b->data, b->len)) {
        return;
    }
    FUZZ_CHECK(header_encode(&h, again) == b->len && memcmp(again, b->data, b->len) == 0);
    struct blockgen *g = fuzz_world();
    struct state_mark mark = state_mark(g->state);
    size_t at;
    if (block_replay(g->state, &g->instance, &h, block.log, block.n_log, NULL, &at) == BLOCK_OK) {
        /* number and timestamp are not in the log: the caller compares them */
        h.number = block.header.number;
        h.timestamp = block.header.timestamp;
        FUZZ_CHECK(header_encode(&h, again) == header_len &&
                   memcmp(again, header, header_len) == 0);
        state_rollback(g->state, mark);
    }
    check_unchanged();
}

/* The operations of a log, applied as a replay does, until one is refused. */
static void apply_log(const fr *log, size_t n) {
    struct blockgen *g = fuzz_world();
    struct block_context ctx = {.mode = APPLY_REPLAY,
                                .fee_account = g->instance.fee_account,
                                .chains = &g->instance.chains};
    struct state_mark mark = state_mark(g->state);
    struct op op;
    unsigned used;
    for (size_t done = 0; done < n; done += used) {
        fr words[OP_WORDS_MAX];
        if (!op_from_words(&op, log + done, n - done, &used)) {
            break;
        }
        FUZZ_CHECK(used == op_word_count(op.type) && op_words(&op, words));
        for (unsigned i = 0; i < used; i++) {
            FUZZ_CHECK(fr_eq(&words[i], &log[done + i]));
        }
        if (fuzz_apply(g->state, &ctx, &op) != REJECT_NONE) {
            break;
        }
    }
    state_rollback(g->state, mark);
}

static void run_log(const struct buf *b) {
    struct blockgen *g = fuzz_world();
    size_t n = b->len / 32, at;
    fr *log = malloc((n + 1) * sizeof *log);
    FUZZ_CHECK(log != NULL);
    for (size_t i = 0; i < n; i++) {
        if (!fr_from_be(&log[i], b->data + 32 * i)) {
            n = i;
        }
    }
    apply_log(log, n);
    bool same = n == block.n_log && memcmp(log, block.log, n * sizeof *log) == 0;
    struct state_mark mark = state_mark(g->state);
    enum block_error e = block_replay(g->state, &g->instance, &block.header, log, n, NULL, &at);
    FUZZ_CHECK((e == BLOCK_OK) == same);
    if (e == BLOCK_OK) {
        state_rollback(g->state, mark);
    }
    check_unchanged();
    free(log);
}

static void run_operation(const struct buf *b) {
    struct blockgen *g = fuzz_world();
    struct block_context ctx = {.mode = APPLY_SEQUENCER,
                                .timestamp = block.header.timestamp,
                                .fee_account = g->instance.fee_account,
                                .chains = &g->instance.chains};
    struct op op;
    uint8_t again[OP_BYTES_MAX], id[32];
    if (!op_decode(&op, b->data, b->len)) {
        return;
    }
    FUZZ_CHECK(op_encode(&op, again, sizeof again) == b->len);
    FUZZ_CHECK(memcmp(again, b->data, b->len) == 0);
    FUZZ_CHECK(!op_transaction_id(&op, g->instance.instance_id, &FR_ONE, &FR_ONE, id) ||
               op_pays_fee(op.type));
    struct state_mark mark = state_mark(g->state);
    (void)fuzz_apply(g->state, &ctx, &op);
    state_rollback(g->state, mark);
    if (op_resolve(&op, g->state, &ctx, NULL) == REJECT_NONE) {
        (void)fuzz_apply(g->state, &ctx, &op);
        state_rollback(g->state, mark);
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    if (stored == NULL) {
        setup();
    }
    struct fuzz_input in = {data, len};
    bool raw = fuzz_is_raw(&in);
    unsigned choice = fuzz_u8(&in) % FUZZ_TEXT % (OPERATION + OPERATIONS);
    uint8_t op[OP_BYTES_MAX];
    struct buf b;
    switch (choice) {
    case STORED:
        b = raw ? fuzz_raw(&in) : fuzz_edited(stored, stored_len, &in);
        run_stored(&b);
        break;
    case HEADER:
        b = raw ? fuzz_raw(&in) : fuzz_edited(header, header_len, &in);
        run_header(&b);
        break;
    case LOG:
        b = raw ? fuzz_raw(&in) : fuzz_edited(log_bytes, 32 * block.n_log, &in);
        run_log(&b);
        break;
    default: {
        size_t op_len = op_encode(&block.ops[choice - OPERATION], op, sizeof op);
        b = raw ? fuzz_raw(&in) : fuzz_edited(op, op_len, &in);
        run_operation(&b);
    }
    }
    buf_free(&b);
    return 0;
}
