#include "rollup/op.h"

#include "rollup/op/op_class.h"

#include <string.h>

static const struct op_class *const CLASS[] = {
    [OP_DEPOSIT] = &OP_CLASS_DEPOSIT,
    [OP_SET_SIGNING_KEY] = &OP_CLASS_SET_SIGNING_KEY,
    [OP_FULL_EXIT] = &OP_CLASS_FULL_EXIT,
    [OP_CHANGE_PUB_KEY] = &OP_CLASS_CHANGE_PUB_KEY,
    [OP_TRANSFER] = &OP_CLASS_TRANSFER,
    [OP_TRANSFER_TO_ADDRESS] = &OP_CLASS_TRANSFER_TO_ADDRESS,
    [OP_CREATE_POOL] = &OP_CLASS_CREATE_POOL,
    [OP_ADD_LIQUIDITY_FIRST] = &OP_CLASS_ADD_LIQUIDITY_FIRST,
    [OP_ADD_LIQUIDITY] = &OP_CLASS_ADD_LIQUIDITY,
    [OP_REMOVE_LIQUIDITY] = &OP_CLASS_REMOVE_LIQUIDITY,
    [OP_SWAP] = &OP_CLASS_SWAP,
    [OP_WITHDRAW] = &OP_CLASS_WITHDRAW,
    [OP_CREATE_STABLE_POOL] = &OP_CLASS_CREATE_STABLE_POOL,
    [OP_ADD_LIQUIDITY_ONE] = &OP_CLASS_ADD_LIQUIDITY_ONE,
    [OP_REMOVE_LIQUIDITY_ONE] = &OP_CLASS_REMOVE_LIQUIDITY_ONE,
    [OP_FORCED_EXIT] = &OP_CLASS_FORCED_EXIT,
    [OP_SWAP_REQUEST] = &OP_CLASS_SWAP_REQUEST,
    [OP_ADD_LIQUIDITY_REQUEST] = &OP_CLASS_ADD_LIQUIDITY_REQUEST,
    [OP_REMOVE_LIQUIDITY_REQUEST] = &OP_CLASS_REMOVE_LIQUIDITY_REQUEST,
};

const struct op_class *op_class(enum op_type type) {
    return (unsigned)type < sizeof CLASS / sizeof *CLASS ? CLASS[type] : NULL;
}

void op_init(struct op *op, enum op_type type) {
    memset(op, 0, sizeof *op);
    op->type = type;
    if (op_pays_fee(type)) {
        op->fee_token = TOKEN_UNKNOWN;
    }
    if (type == OP_TRANSFER || type == OP_TRANSFER_TO_ADDRESS) {
        op->u.transfer.token = TOKEN_UNKNOWN;
    } else if (type == OP_SWAP) {
        op->u.swap.token_in = TOKEN_UNKNOWN;
    } else if (type == OP_ADD_LIQUIDITY_ONE || type == OP_REMOVE_LIQUIDITY_ONE) {
        op->u.one_sided.token = TOKEN_UNKNOWN;
    }
}

const char *op_name(enum op_type type) {
    const struct op_class *class = op_class(type);
    return class == NULL ? NULL : class->name;
}

bool op_type_valid(unsigned type) {
    return op_class((enum op_type)type) != NULL;
}

bool op_is_request(enum op_type type) {
    const struct op_class *class = op_class(type);
    return class != NULL && class->source == SOURCE_REQUEST;
}

bool op_is_signed(enum op_type type) {
    const struct op_class *class = op_class(type);
    return class != NULL && class->source == SOURCE_SIGNED;
}

bool op_pays_fee(enum op_type type) {
    const struct op_class *class = op_class(type);
    return class != NULL && class->source != SOURCE_REQUEST;
}

unsigned op_word_count(enum op_type type) {
    const struct op_class *class = op_class(type);
    return class == NULL ? 0 : class->words;
}

static void words_codec(const struct op_class *class, struct word_codec *c, struct op *op) {
    word_const(c, op->type, 8);
    if (class->has_outcome) {
        uint8_t outcome = (uint8_t)op->outcome;
        word_u8(c, &outcome, OUTCOME_BITS);
        op->outcome = (enum op_outcome)outcome;
    } else {
        word_u32(c, &op->account, ACCOUNT_BITS);
    }
    if (class->source != SOURCE_REQUEST) {
        word_u8(c, &op->fee_slot, SLOT_BITS);
        word_u8(c, &op->fee_account_slot, SLOT_BITS);
        word_fee(c, &op->fee);
    }
    class->words_codec(c, op);
}

bool op_words(const struct op *op, fr words[OP_WORDS_MAX]) {
    const struct op_class *class = op_class(op->type);
    struct op copy = *op; /* the codecs run in both directions; writing leaves it as it is */
    struct word_codec c;
    for (unsigned i = 0; i < OP_WORDS_MAX; i++) {
        words[i] = FR_ZERO;
    }
    if (class == NULL) {
        return false;
    }
    word_codec_write(&c, words, class->words);
    words_codec(class, &c, &copy);
    return word_codec_finish(&c);
}

bool op_from_words(struct op *op, const fr *words, size_t n, unsigned *used) {
    uint64_t l[4];
    struct word_codec c;
    memset(op, 0, sizeof *op);
    *used = 0;
    if (n == 0) {
        return false;
    }
    fr_to_limbs(l, &words[0]);
    const struct op_class *class = op_class((enum op_type)(l[0] & 0xff));
    if (class == NULL || class->words > n) {
        return false;
    }
    op_init(op, (enum op_type)(l[0] & 0xff));
    word_codec_read(&c, words, class->words);
    words_codec(class, &c, op);
    *used = class->words;
    return word_codec_finish(&c);
}

static void signature_codec(struct byte_codec *c, struct schnorr_signature *s) {
    uint8_t b[SCHNORR_SIGNATURE_LEN];
    if (c->writing) {
        schnorr_encode(b, s);
    }
    byte_raw(c, b, sizeof b);
    if (!c->writing && !schnorr_decode(s, b)) {
        c->ok = false;
    }
}

static void store_codec(const struct op_class *class, struct byte_codec *c, struct op *op) {
    byte_u32(c, &op->account, ACCOUNT_BITS);
    if (class->has_outcome) {
        uint64_t outcome = op->outcome;
        byte_limited(c, &outcome, 1, OUTCOME_BITS);
        op->outcome = (enum op_outcome)outcome;
    }
    if (class->source != SOURCE_REQUEST) {
        byte_u32(c, &op->nonce, NONCE_BITS);
        byte_u64(c, &op->valid_until, VALID_UNTIL_BITS / 8);
        byte_token(c, &op->fee_token);
        byte_fee(c, &op->fee);
        byte_u8(c, &op->fee_slot);
        byte_u8(c, &op->fee_account_slot);
    }
    class->store_codec(c, op);
    if (op_is_signed(op->type)) {
        signature_codec(c, &op->signature);
    }
}

size_t op_encode(const struct op *op, uint8_t *out, size_t cap) {
    const struct op_class *class = op_class(op->type);
    struct op copy = *op;
    struct byte_codec c;
    uint8_t type = (uint8_t)op->type;
    if (class == NULL || (op_pays_fee(op->type) && op->valid_until >> VALID_UNTIL_BITS != 0)) {
        return 0;
    }
    byte_codec_write(&c, out, cap);
    byte_u8(&c, &type);
    store_codec(class, &c, &copy);
    return c.ok ? c.pos : 0;
}

bool op_decode(struct op *op, const uint8_t *in, size_t len) {
    struct byte_codec c;
    uint8_t type;
    byte_codec_read(&c, in, len);
    byte_u8(&c, &type);
    const struct op_class *class = op_class((enum op_type)type);
    if (!c.ok || class == NULL) {
        memset(op, 0, sizeof *op);
        return false;
    }
    op_init(op, (enum op_type)type);
    store_codec(class, &c, op);
    return c.ok && c.pos == len;
}

bool op_message(const struct op *op, fr m[OP_MESSAGE_WORDS]) {
    const struct op_class *class = op_class(op->type);
    struct op copy = *op;
    struct word_codec c;
    for (unsigned i = 0; i < OP_MESSAGE_WORDS; i++) {
        m[i] = FR_ZERO;
    }
    if (class == NULL || class->message_codec == NULL || op->valid_until >> VALID_UNTIL_BITS != 0) {
        return false;
    }
    word_codec_write(&c, m, OP_MESSAGE_WORDS);
    word_const(&c, op->type == OP_ADD_LIQUIDITY_FIRST ? OP_ADD_LIQUIDITY : op->type, 8);
    word_u32(&c, &copy.account, ACCOUNT_BITS);
    word_u32(&c, &copy.nonce, NONCE_BITS);
    word_u64(&c, &copy.valid_until, 48);
    word_token(&c, &copy.fee_token);
    word_fee(&c, &copy.fee);
    class->message_codec(&c, &copy);
    while (c.ok && c.next < c.n) {
        word_next(&c);
    }
    return word_codec_finish(&c);
}
