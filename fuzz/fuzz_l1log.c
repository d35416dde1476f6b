/* libFuzzer target: what an L1 endpoint says about logs, up to the state that follows from it.
 *
 * Templates 0..7 are logs in binary, count of topics | topics | data, put into the form of
 * eth_getLogs after the edits; other inputs are the answer's JSON itself. Whatever event comes out
 * must be a sound one; a request must keep its words, be storable, and have an outcome that can be
 * proved: an L1 request that nothing can be done with would stop the rollup. */
#include "chain/zklink_abi.h"
#include "rollup.h"

enum { MAX_LOGS = 16, REQUEST_TYPES = 3, REQUESTED_WORDS = 5 };

static const char *const signatures[] = {
    "TokenRegistered(uint32,address)",
    "BlockProved(uint64,bytes32,bytes32,bytes32,bytes32,uint64,uint64)",
    "BlockConfirmed(uint64,bytes32)",
    "BlockExecuted(uint64,uint256)",
    "Requested(uint64,uint8,uint256,uint256,uint256,uint256,uint64)",
};
enum { N_SIGNATURES = sizeof signatures / sizeof *signatures };

static void put_word(struct buf *b, uint64_t v) {
    uint8_t w[WORD_LEN];
    word_from_u64(w, v);
    buf_append(b, w, sizeof w);
}

/* A request that the contract of chain 1 could have queued. */
static void sample_request(struct op *op, unsigned type) {
    const struct blockgen *g = fuzz_world();
    const struct record *r = state_account(g->state, g->accounts[1].id);
    struct owner owner = r->u.account.owner;
    owner.authority = 1;
    op_init(op, (enum op_type)type);
    op->account = g->accounts[1].id;
    if (type == OP_DEPOSIT) {
        op->account = 0;
        op->u.deposit.token = g->tokens[0];
        op->u.deposit.owner = owner;
        op->u.deposit.amount = amount_from_u64(123456789);
    } else if (type == OP_SET_SIGNING_KEY) {
        op->u.set_signing_key.owner = owner;
        op->u.set_signing_key.key_x = g->accounts[2].key.public_key.x;
        op->u.set_signing_key.key_y = g->accounts[2].key.public_key.y;
    } else {
        op->u.full_exit.owner = owner;
        op->u.full_exit.slot = 1;
        op->u.full_exit.to[5] = 5;
    }
}

/* Count of topics, topics, data. */
static struct buf template_log(unsigned i) {
    static const uint8_t topics[] = {3, 2, 2, 2, 3}, data_words[] = {0, 6, 1, 1, REQUESTED_WORDS};
    unsigned event = i < N_SIGNATURES ? i : N_SIGNATURES - 1;
    struct buf b = {0};
    uint8_t topic[32];
    buf_append_byte(&b, topics[event]);
    abi_topic(signatures[event], topic);
    buf_append(&b, topic, sizeof topic);
    if (event < N_SIGNATURES - 1) {
        for (unsigned w = 1; w < topics[event] + data_words[event]; w++) {
            put_word(&b, w);
        }
        return b;
    }
    fr words[OP_WORDS_MAX];
    struct op op;
    unsigned type = OP_DEPOSIT + (i - (N_SIGNATURES - 1)) % REQUEST_TYPES;
    sample_request(&op, type);
    FUZZ_CHECK(op_request_template(&op, words));
    put_word(&b, 7);
    put_word(&b, type);
    for (unsigned w = 0; w < OP_WORDS_MAX; w++) {
        uint8_t be[WORD_LEN];
        fr_to_be(be, &words[w]);
        buf_append(&b, be, sizeof be);
    }
    put_word(&b, 1700000000);
    return b;
}

static json_t *log_json(const struct buf *b) {
    size_t at = b->len > 0 ? 1 : 0;
    json_t *topics = json_array();
    for (unsigned i = 0; at == 1 + i * 32 && i < b->data[0] % 8u && at + 32 <= b->len; i++) {
        json_array_append_new(topics, json_new_hex(b->data + at, 32));
        at += 32;
    }
    static const uint8_t hash[32] = {1};
    return json_pack("[{s:o, s:o, s:o, s:s, s:s, s:o, s:o, s:b}]", "address",
                     json_new_hex(hash, EVM_ADDRESS_LEN), "topics", topics, "data",
                     json_new_hex(b->data + at, b->len - at), "blockNumber", "0x10", "logIndex",
                     "0x0", "blockHash", json_new_hex(hash, 32), "transactionHash",
                     json_new_hex(hash, 32), "removed", 0);
}

static void take_request(const struct zklink_event *e) {
    struct blockgen *g = fuzz_world();
    fr words[OP_WORDS_MAX], again[OP_WORDS_MAX];
    struct op op, stored;
    uint8_t bytes[OP_BYTES_MAX];
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        if (!fr_from_be(&words[i], e->u.requested.words[i])) {
            return;
        }
    }
    if (!op_from_request(&op, 1, words)) {
        return;
    }
    FUZZ_CHECK(op_is_request(op.type) && op_request_chain(&op) == 1);
    FUZZ_CHECK(op_request_template(&op, again));
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        FUZZ_CHECK(fr_eq(&words[i], &again[i]));
    }
    struct block_context ctx = {.mode = APPLY_SEQUENCER,
                                .timestamp = g->timestamp,
                                .fee_account = g->instance.fee_account,
                                .chains = &g->instance.chains};
    struct state_mark mark = state_mark(g->state);
    FUZZ_CHECK(op_resolve(&op, g->state, &ctx, NULL) == REJECT_NONE);
    FUZZ_CHECK(fuzz_apply(g->state, &ctx, &op) == REJECT_NONE);
    state_rollback(g->state, mark);
    size_t len = op_encode(&op, bytes, sizeof bytes);
    FUZZ_CHECK(len > 0 && op_decode(&stored, bytes, len) && stored.type == op.type);
}

static void run(const json_t *answer) {
    struct eth_logs logs;
    struct err err = {0};
    if (eth_logs_parse(answer, MAX_LOGS, &logs, &err) != 0) {
        FUZZ_CHECK(err.code == ERR_DECODE && err.text[0] != '\0' && logs.n == 0);
        return;
    }
    for (size_t i = 0; i < logs.n; i++) {
        struct zklink_event event;
        if (zklink_event_decode(&event, &logs.log[i]) && event.kind == ZKLINK_REQUESTED) {
            take_request(&event);
        }
    }
    eth_logs_free(&logs);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t len) {
    struct fuzz_input in = {data, len};
    json_t *answer;
    if (fuzz_is_raw(&in)) {
        struct err err = {0};
        answer = json_parse(data, len, &err);
        FUZZ_CHECK(answer != NULL || err.text[0] != '\0');
    } else {
        struct buf log = template_log(fuzz_u8(&in) % (N_SIGNATURES - 1 + REQUEST_TYPES));
        struct buf edited = fuzz_edited(log.data, log.len, &in);
        answer = log_json(&edited);
        buf_free(&edited);
        buf_free(&log);
    }
    if (answer != NULL) {
        run(answer);
    }
    json_decref(answer);
    return 0;
}
