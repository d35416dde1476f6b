#include "chain/zklink_abi.h"
#include "chain/eth_key.h"

#include <string.h>

#define STORED_BLOCK "(uint64,uint64,uint64,bytes32,bytes32,bytes32)"
enum { STORED_BLOCK_WORDS = 6, MAX_MEMBERS = 64 };

static void begin_call(struct buf *out, struct abi_enc *e, const char *signature,
                       size_t head_words) {
    uint8_t selector[4];
    abi_selector(signature, selector);
    buf_append(out, selector, 4);
    abi_begin(e, head_words);
}

static void put_stored_block(struct abi_enc *e, const struct stored_block *b) {
    abi_put_u64(e, b->number);
    abi_put_u64(e, b->timestamp);
    abi_put_u64(e, b->end_request);
    abi_put_word(e, b->sync_hash);
    abi_put_word(e, b->root);
    abi_put_word(e, b->outbox_digest);
}

/* An array of dynamic values: its length, then offsets and values as a tuple of n. */
static void begin_array(struct buf *array, struct abi_enc *e, size_t n) {
    uint8_t w[WORD_LEN];
    word_from_u64(w, n);
    buf_append(array, w, WORD_LEN);
    abi_begin(e, n);
}

static void put_key_signatures(struct abi_enc *e, const struct key_signature *s, size_t n) {
    struct buf array = {0};
    struct abi_enc items;
    begin_array(&array, &items, n);
    for (size_t i = 0; i < n; i++) {
        struct buf tuple = {0};
        struct abi_enc fields;
        abi_begin(&fields, 2);
        abi_put_u64(&fields, s[i].valid_until);
        abi_put_bytes(&fields, s[i].signature, sizeof s[i].signature);
        abi_finish(&fields, &tuple);
        abi_put_encoded(&items, &tuple);
        buf_free(&tuple);
    }
    abi_finish(&items, &array);
    abi_put_encoded(e, &array);
    buf_free(&array);
}

void zklink_submit_block(struct buf *out, const struct submit_block_args *a) {
    struct abi_enc e, submission;
    struct buf tuple = {0};
    begin_call(out, &e,
               "submitBlock(" STORED_BLOCK ",(uint256[],uint256[],uint256[],uint256,"
               "(uint64,bytes)[],bytes))",
               STORED_BLOCK_WORDS + 1);
    put_stored_block(&e, &a->previous);
    abi_begin(&submission, 6);
    abi_put_words(&submission, a->header, a->header_words);
    abi_put_words(&submission, a->outbox, a->outbox_words);
    abi_put_words(&submission, a->log, a->log_words);
    abi_put_word(&submission, a->log_challenge);
    put_key_signatures(&submission, a->key_signatures, a->n_key_signatures);
    abi_put_bytes(&submission, a->proof, a->proof_len);
    abi_finish(&submission, &tuple);
    abi_put_encoded(&e, &tuple);
    buf_free(&tuple);
    abi_finish(&e, out);
}

void zklink_post_log_piece(struct buf *out, const uint8_t challenge[32], uint64_t first_word,
                           const uint8_t *words, size_t n_words) {
    struct abi_enc e;
    begin_call(out, &e, "postLogPiece(uint256,uint256,uint256[])", 3);
    abi_put_word(&e, challenge);
    abi_put_u64(&e, first_word);
    abi_put_words(&e, words, n_words);
    abi_finish(&e, out);
}

/* bytes[][]: each network's signatures. */
static void put_signatures(struct abi_enc *e, const struct network_signatures *networks,
                           size_t n_networks) {
    struct abi_enc outer;
    struct buf array = {0};
    begin_array(&array, &outer, n_networks);
    for (size_t i = 0; i < n_networks; i++) {
        struct buf network = {0};
        struct abi_enc inner;
        begin_array(&network, &inner, networks[i].n);
        for (size_t k = 0; k < networks[i].n; k++) {
            struct buf one = {0};
            uint8_t w[WORD_LEN];
            word_from_u64(w, 65);
            buf_append(&one, w, WORD_LEN);
            buf_append(&one, networks[i].signature[k], 65);
            buf_append_zeros(&one, 31);
            abi_put_encoded(&inner, &one);
            buf_free(&one);
        }
        abi_finish(&inner, &network);
        abi_put_encoded(&outer, &network);
        buf_free(&network);
    }
    abi_finish(&outer, &array);
    abi_put_encoded(e, &array);
    buf_free(&array);
}

void zklink_confirm_blocks(struct buf *out, const struct stored_block *target, uint64_t expiry,
                           const struct network_signatures *networks, size_t n_networks) {
    struct abi_enc e;
    begin_call(out, &e, "confirmBlocks(" STORED_BLOCK ",uint64,bytes[][])", STORED_BLOCK_WORDS + 2);
    put_stored_block(&e, target);
    abi_put_u64(&e, expiry);
    put_signatures(&e, networks, n_networks);
    abi_finish(&e, out);
}

void zklink_revert_blocks(struct buf *out, const struct stored_block *last,
                          const struct stored_block *newest,
                          const struct network_signatures *networks, size_t n_networks) {
    struct abi_enc e;
    begin_call(out, &e, "revertBlocks(" STORED_BLOCK "," STORED_BLOCK ",bytes[][])",
               2 * STORED_BLOCK_WORDS + 1);
    put_stored_block(&e, last);
    put_stored_block(&e, newest);
    put_signatures(&e, networks, n_networks);
    abi_finish(&e, out);
}

void zklink_execute_block(struct buf *out, const struct stored_block *target, const uint8_t *outbox,
                          size_t outbox_words, uint64_t max_entries) {
    struct abi_enc e;
    begin_call(out, &e, "executeBlock(" STORED_BLOCK ",uint256[],uint256)", STORED_BLOCK_WORDS + 2);
    put_stored_block(&e, target);
    abi_put_words(&e, outbox, outbox_words);
    abi_put_u64(&e, max_entries);
    abi_finish(&e, out);
}

void zklink_register_token(struct buf *out, const uint8_t token[20]) {
    struct abi_enc e;
    begin_call(out, &e, "registerToken(address)", 1);
    abi_put_address(&e, token);
    abi_finish(&e, out);
}

void zklink_deposit(struct buf *out, const uint8_t token[20], u128 amount,
                    const uint8_t owner[20]) {
    struct abi_enc e;
    begin_call(out, &e, "deposit(address,uint256,address)", 3);
    abi_put_address(&e, token);
    abi_put_u128(&e, amount);
    abi_put_address(&e, owner);
    abi_finish(&e, out);
}

void zklink_deposit_native(struct buf *out, const uint8_t owner[20]) {
    struct abi_enc e;
    begin_call(out, &e, "depositNative(address)", 1);
    abi_put_address(&e, owner);
    abi_finish(&e, out);
}

void zklink_request_set_signing_key(struct buf *out, uint64_t account, const uint8_t x[32],
                                    const uint8_t y[32]) {
    struct abi_enc e;
    begin_call(out, &e, "requestSetSigningKey(uint256,uint256,uint256)", 3);
    abi_put_u64(&e, account);
    abi_put_word(&e, x);
    abi_put_word(&e, y);
    abi_finish(&e, out);
}

void zklink_request_full_exit(struct buf *out, uint64_t account, uint64_t slot,
                              const uint8_t to[20]) {
    struct abi_enc e;
    begin_call(out, &e, "requestFullExit(uint256,uint256,address)", 3);
    abi_put_u64(&e, account);
    abi_put_u64(&e, slot);
    abi_put_address(&e, to);
    abi_finish(&e, out);
}

void zklink_withdraw_pending(struct buf *out, uint64_t token, const uint8_t owner[20]) {
    struct abi_enc e;
    begin_call(out, &e, "withdrawPending(uint32,address)", 2);
    abi_put_u64(&e, token);
    abi_put_address(&e, owner);
    abi_finish(&e, out);
}

void erc20_approve(struct buf *out, const uint8_t spender[20], u128 amount) {
    struct abi_enc e;
    begin_call(out, &e, "approve(address,uint256)", 2);
    abi_put_address(&e, spender);
    abi_put_u128(&e, amount);
    abi_finish(&e, out);
}

/* ---- events ---- */

/* The i-th indexed argument (topic i + 1) as a number. */
static bool topic_u64(const struct eth_log *log, unsigned i, uint64_t *v) {
    return log->n_topics > i + 1 && word_to_u64(log->topics[i + 1], v);
}

static bool data_words(const struct eth_log *log, size_t n) {
    return log->data_len == n * WORD_LEN;
}

static bool decode_token_registered(struct zklink_event *ev, const struct eth_log *log) {
    uint64_t index;
    if (log->n_topics != 3 || !data_words(log, 0) || !topic_u64(log, 0, &index) ||
        index > UINT32_MAX || !word_to_address(log->topics[2], ev->u.token_registered.token)) {
        return false;
    }
    ev->u.token_registered.index = (uint32_t)index;
    return true;
}

static bool decode_requested(struct zklink_event *ev, const struct eth_log *log) {
    uint64_t type;
    if (log->n_topics != 3 || !data_words(log, 5) || !topic_u64(log, 0, &ev->u.requested.index) ||
        !topic_u64(log, 1, &type) || type > 255 ||
        !abi_u64(log->data, log->data_len, 4, &ev->u.requested.deadline)) {
        return false;
    }
    ev->u.requested.type = (uint8_t)type;
    memcpy(ev->u.requested.words, log->data, sizeof ev->u.requested.words);
    return true;
}

static bool decode_block_proved(struct zklink_event *ev, const struct eth_log *log) {
    struct stored_block *b = &ev->u.block_proved.stored;
    if (log->n_topics != 2 || !data_words(log, 6) || !topic_u64(log, 0, &b->number) ||
        !abi_u64(log->data, log->data_len, 4, &b->timestamp) ||
        !abi_u64(log->data, log->data_len, 5, &b->end_request)) {
        return false;
    }
    memcpy(b->sync_hash, log->data, 32);
    memcpy(ev->u.block_proved.header_hash, log->data + 32, 32);
    memcpy(b->root, log->data + 64, 32);
    memcpy(b->outbox_digest, log->data + 96, 32);
    return true;
}

static bool decode_block_confirmed(struct zklink_event *ev, const struct eth_log *log) {
    if (log->n_topics != 2 || !data_words(log, 1) ||
        !topic_u64(log, 0, &ev->u.block_confirmed.number)) {
        return false;
    }
    memcpy(ev->u.block_confirmed.sync_hash, log->data, 32);
    return true;
}

static bool decode_block_executed(struct zklink_event *ev, const struct eth_log *log) {
    return log->n_topics == 2 && data_words(log, 1) &&
           topic_u64(log, 0, &ev->u.block_executed.number) &&
           abi_u64(log->data, log->data_len, 0, &ev->u.block_executed.payouts);
}

static bool decode_blocks_reverted(struct zklink_event *ev, const struct eth_log *log) {
    return log->n_topics == 2 && data_words(log, 1) &&
           topic_u64(log, 0, &ev->u.blocks_reverted.number) &&
           abi_u64(log->data, log->data_len, 0, &ev->u.blocks_reverted.epoch);
}

/* Its arguments say nothing that matters here: that it stands there is enough. */
static bool decode_exodus_started(struct zklink_event *ev, const struct eth_log *log) {
    (void)ev;
    return log->n_topics > 0;
}

static bool decode_accepted(struct zklink_event *ev, const struct eth_log *log) {
    uint64_t type, token;
    const uint8_t *d = log->data;
    size_t n = log->data_len;
    if (log->n_topics != 3 || !data_words(log, 7) ||
        !word_to_address(log->topics[2], ev->u.accepted.broker) || !abi_u64(d, n, 0, &type) ||
        type > UINT8_MAX || !abi_u64(d, n, 1, &ev->u.accepted.a) ||
        !abi_u64(d, n, 2, &ev->u.accepted.b) || !abi_address(d, n, 3, ev->u.accepted.to) ||
        !abi_u64(d, n, 4, &token) || token > UINT32_MAX ||
        !abi_u128(d, n, 5, &ev->u.accepted.amount) || !abi_u128(d, n, 6, &ev->u.accepted.fee)) {
        return false;
    }
    memcpy(ev->u.accepted.id, log->topics[1], 32);
    ev->u.accepted.type = (uint8_t)type;
    ev->u.accepted.token = (uint32_t)token;
    return true;
}

static bool decode_paid(struct zklink_event *ev, const struct eth_log *log) {
    uint64_t token;
    if (log->n_topics != 3 || !data_words(log, 3) || !topic_u64(log, 0, &ev->u.paid.number) ||
        !topic_u64(log, 1, &ev->u.paid.operation) ||
        !abi_u64(log->data, log->data_len, 0, &token) || token > UINT32_MAX ||
        !abi_address(log->data, log->data_len, 1, ev->u.paid.to) ||
        !abi_u128(log->data, log->data_len, 2, &ev->u.paid.amount)) {
        return false;
    }
    ev->u.paid.token = (uint32_t)token;
    return true;
}

static bool decode_pending(struct zklink_event *ev, const struct eth_log *log) {
    ev->u.paid.pending = true;
    return decode_paid(ev, log);
}

static bool decode_log_piece_posted(struct zklink_event *ev, const struct eth_log *log) {
    if (log->n_topics != 2 || !data_words(log, 1) ||
        !abi_u64(log->data, log->data_len, 0, &ev->u.log_piece_posted.total_words)) {
        return false;
    }
    memcpy(ev->u.log_piece_posted.challenge, log->topics[1], 32);
    return true;
}

static bool decode_requests_extended(struct zklink_event *ev, const struct eth_log *log) {
    return log->n_topics == 1 && data_words(log, 2) &&
           abi_u64(log->data, log->data_len, 0, &ev->u.requests_extended.below) &&
           abi_u64(log->data, log->data_len, 1, &ev->u.requests_extended.deadline);
}

bool zklink_event_decode(struct zklink_event *event, const struct eth_log *log) {
    static const struct {
        const char *signature;
        enum zklink_event_kind kind;
        bool (*decode)(struct zklink_event *, const struct eth_log *);
    } events[] = {
        {"TokenRegistered(uint32,address)", ZKLINK_TOKEN_REGISTERED, decode_token_registered},
        {"Requested(uint64,uint8,uint256,uint256,uint256,uint256,uint64)", ZKLINK_REQUESTED,
         decode_requested},
        {"BlockProved(uint64,bytes32,bytes32,bytes32,bytes32,uint64,uint64)", ZKLINK_BLOCK_PROVED,
         decode_block_proved},
        {"BlockConfirmed(uint64,bytes32)", ZKLINK_BLOCK_CONFIRMED, decode_block_confirmed},
        {"BlockExecuted(uint64,uint256)", ZKLINK_BLOCK_EXECUTED, decode_block_executed},
        {"BlocksReverted(uint64,uint64)", ZKLINK_BLOCKS_REVERTED, decode_blocks_reverted},
        {"ExodusStarted(uint64)", ZKLINK_EXODUS_STARTED, decode_exodus_started},
        {"Accepted(bytes32,address,uint8,uint256,uint256,address,uint32,uint256,uint256)",
         ZKLINK_ACCEPTED, decode_accepted},
        {"Paid(uint64,uint256,uint32,address,uint256)", ZKLINK_PAID, decode_paid},
        {"PayoutPending(uint64,uint256,uint32,address,uint256)", ZKLINK_PAID, decode_pending},
        {"RequestsExtended(uint64,uint64)", ZKLINK_REQUESTS_EXTENDED, decode_requests_extended},
        {"LogPiecePosted(uint256,uint256)", ZKLINK_LOG_PIECE_POSTED, decode_log_piece_posted},
    };
    *event = (struct zklink_event){.kind = ZKLINK_OTHER};
    for (size_t i = 0; log->n_topics > 0 && i < sizeof events / sizeof *events; i++) {
        uint8_t topic[32];
        abi_topic(events[i].signature, topic);
        if (memcmp(topic, log->topics[0], 32) == 0) {
            event->kind = events[i].kind;
            return events[i].decode(event, log);
        }
    }
    return true;
}

/* ---- reading ---- */

static int call_contract(struct eth_client *c, const uint8_t contract[20], const struct buf *data,
                         uint64_t block, struct buf *answer, struct err *err) {
    if (data->failed) {
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    struct eth_call_args args = {.to = contract, .data = data->data, .data_len = data->len};
    return eth_call(c, &args, block, answer, err);
}

static int get_one_word(struct eth_client *c, const uint8_t contract[20], const struct buf *data,
                        uint64_t block, const char *what, uint8_t word[32], struct err *err) {
    struct buf answer = {0};
    char address[43];
    eth_address_format(address, contract);
    int rc = call_contract(c, contract, data, block, &answer, err);
    if (rc != 0) {
        err_context(err, "%s of %s", what, address);
    } else if (answer.len != WORD_LEN) {
        rc = err_set(err, ERR_DECODE, "%s of %s: %s", what, address,
                     answer.len == 0 ? "there is no such contract" : "not one word");
    } else {
        memcpy(word, answer.data, WORD_LEN);
    }
    buf_free(&answer);
    return rc;
}

static int get_at(struct eth_client *c, const uint8_t contract[20], const char *getter,
                  uint64_t block, uint8_t word[32], struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    begin_call(&data, &e, getter, 0);
    abi_finish(&e, &data);
    int rc = get_one_word(c, contract, &data, block, getter, word, err);
    buf_free(&data);
    return rc;
}

int zklink_get_word(struct eth_client *c, const uint8_t contract[20], const char *getter,
                    uint8_t word[32], struct err *err) {
    return get_at(c, contract, getter, UINT64_MAX, word, err);
}

int zklink_get_u64(struct eth_client *c, const uint8_t contract[20], const char *getter,
                   uint64_t block, uint64_t *v, struct err *err) {
    uint8_t word[WORD_LEN];
    if (get_at(c, contract, getter, block, word, err) != 0) {
        return -1;
    }
    return word_to_u64(word, v) ? 0 : err_set(err, ERR_DECODE, "%s: above 2^64", getter);
}

int zklink_get_address(struct eth_client *c, const uint8_t contract[20], const char *getter,
                       uint8_t address[20], struct err *err) {
    uint8_t word[WORD_LEN];
    if (zklink_get_word(c, contract, getter, word, err) != 0) {
        return -1;
    }
    return word_to_address(word, address) ? 0 : err_set(err, ERR_DECODE, "%s: no address", getter);
}

int zklink_get_token(struct eth_client *c, const uint8_t contract[20], uint32_t index,
                     uint8_t token[20], struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    uint8_t word[WORD_LEN];
    begin_call(&data, &e, "tokenAddress(uint32)", 1);
    abi_put_u64(&e, index);
    abi_finish(&e, &data);
    int rc = get_one_word(c, contract, &data, UINT64_MAX, "tokenAddress", word, err);
    buf_free(&data);
    if (rc == 0 && !word_to_address(word, token)) {
        rc = err_set(err, ERR_DECODE, "tokenAddress: no address");
    }
    return rc;
}

int zklink_get_network(struct eth_client *c, const uint8_t contract[20], uint64_t i,
                       struct oracle_network *network, struct err *err) {
    struct buf data = {0}, answer = {0};
    struct abi_enc e;
    uint64_t offset, n;
    begin_call(&data, &e, "network(uint256)", 1);
    abi_put_u64(&e, i);
    abi_finish(&e, &data);
    int rc = call_contract(c, contract, &data, UINT64_MAX, &answer, err);
    bool ok = rc == 0 && abi_u64(answer.data, answer.len, 0, &network->threshold) &&
              abi_u64(answer.data, answer.len, 1, &offset) && offset == 2 * WORD_LEN &&
              abi_u64(answer.data, answer.len, 2, &n) && n <= MAX_MEMBERS &&
              answer.len == (3 + n) * WORD_LEN;
    network->n_members = 0;
    for (size_t k = 0; ok && k < n; k++) {
        ok = abi_address(answer.data, answer.len, 3 + k, network->member[k]);
        network->n_members = k + 1;
    }
    if (rc == 0 && !ok) {
        rc = err_set(err, ERR_DECODE, "network(%llu): malformed", (unsigned long long)i);
    }
    buf_free(&data);
    buf_free(&answer);
    return rc;
}

int erc20_balance(struct eth_client *c, const uint8_t token[20], const uint8_t owner[20], u128 *v,
                  struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    uint8_t word[WORD_LEN];
    begin_call(&data, &e, "balanceOf(address)", 1);
    abi_put_address(&e, owner);
    abi_finish(&e, &data);
    int rc = get_one_word(c, token, &data, UINT64_MAX, "balanceOf", word, err);
    buf_free(&data);
    if (rc == 0 && !word_to_u128(word, v)) {
        rc = err_set(err, ERR_DECODE, "balanceOf: 2^128 or more");
    }
    return rc;
}

int erc20_allowance(struct eth_client *c, const uint8_t token[20], const uint8_t owner[20],
                    const uint8_t spender[20], uint8_t allowance[32], struct err *err) {
    struct buf data = {0};
    struct abi_enc e;
    begin_call(&data, &e, "allowance(address,address)", 2);
    abi_put_address(&e, owner);
    abi_put_address(&e, spender);
    abi_finish(&e, &data);
    int rc = get_one_word(c, token, &data, UINT64_MAX, "allowance", allowance, err);
    buf_free(&data);
    return rc;
}

int erc20_decimals(struct eth_client *c, const uint8_t token[20], unsigned *decimals,
                   struct err *err) {
    uint64_t v;
    if (zklink_get_u64(c, token, "decimals()", UINT64_MAX, &v, err) != 0) {
        return -1;
    }
    *decimals = (unsigned)v;
    return v <= 77 ? 0 : err_set(err, ERR_DECODE, "decimals(): %llu", (unsigned long long)v);
}

int erc20_symbol(struct eth_client *c, const uint8_t token[20], char *symbol, size_t size,
                 struct err *err) {
    struct buf data = {0}, answer = {0};
    struct abi_enc e;
    const uint8_t *text;
    size_t n;
    begin_call(&data, &e, "symbol()", 0);
    abi_finish(&e, &data);
    int rc = call_contract(c, token, &data, UINT64_MAX, &answer, err);
    if (rc == 0 && (!abi_only_bytes(answer.data, answer.len, &text, &n) || n == 0)) {
        rc = err_set(err, ERR_DECODE, "symbol(): not a string");
    }
    if (rc == 0) {
        size_t m = n < size - 1 ? n : size - 1;
        for (size_t i = 0; i < m; i++) {
            symbol[i] = text[i] > 0x20 && text[i] < 0x7f ? (char)text[i] : '?';
        }
        symbol[m] = '\0';
    }
    buf_free(&data);
    buf_free(&answer);
    return rc;
}
