/* Operations' codecs: round trips of every type, bounds of every field, random bytes and words,
 * messages, requests, identities, signatures. */
#include "../support/world.h"
#include "crypto/keccak.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include <cmocka.h>

static struct world rng; /* only its random numbers */

static uint32_t below(uint32_t n) {
    return (uint32_t)(world_random(&rng) % n);
}

static void random_bytes(uint8_t *b, size_t n) {
    for (size_t i = 0; i < n; i++) {
        b[i] = (uint8_t)world_random(&rng);
    }
}

static fr random_fr(void) {
    uint8_t b[32];
    fr f;
    random_bytes(b, sizeof b);
    fr_from_be_reduce(&f, b);
    return f;
}

static struct owner random_owner(void) {
    struct owner o;
    o.authority = (uint8_t)below(256);
    random_bytes(o.address, ADDRESS_LEN);
    return o;
}

/* A value of `bits` bits, the edges often. */
static uint64_t bits(unsigned n) {
    uint64_t max = n == 64 ? UINT64_MAX : (UINT64_C(1) << n) - 1;
    uint32_t c = below(4);
    return c == 0 ? 0 : c == 1 ? max : world_random(&rng) & max;
}

static struct amount amount(void) {
    return world_amount(&rng);
}

/* Any valid operation of a type, all fields at random. */
static void random_op(struct op *op, enum op_type type) {
    op_init(op, type);
    op->account = (account_id)bits(ACCOUNT_BITS);
    if (op_pays_fee(type)) {
        op->nonce = (uint32_t)bits(32);
        op->valid_until = bits(40);
        op->fee_token = bits(40);
        op->fee = (struct fee){(uint32_t)bits(32), (uint8_t)bits(3)};
        op->fee_slot = (uint8_t)bits(8);
        op->fee_account_slot = (uint8_t)bits(8);
    }
    switch (type) {
    case OP_DEPOSIT:
        op->u.deposit = (struct op_deposit){bits(40), amount(), random_owner(), (uint8_t)bits(8)};
        break;
    case OP_SET_SIGNING_KEY:
        op->u.set_signing_key =
            (struct op_set_signing_key){random_owner(), random_fr(), random_fr(), below(2) == 1};
        break;
    case OP_FULL_EXIT:
        op->u.full_exit.owner = random_owner();
        op->u.full_exit.slot = (uint8_t)bits(8);
        random_bytes(op->u.full_exit.to, ADDRESS_LEN);
        op->u.full_exit.ok = below(2) == 1;
        op->u.full_exit.token = bits(40);
        op->u.full_exit.amount = amount();
        break;
    case OP_CHANGE_PUB_KEY:
        op->u.change_pub_key.chain = (uint8_t)bits(8);
        random_bytes(op->u.change_pub_key.address, ADDRESS_LEN);
        op->u.change_pub_key.key_x = random_fr();
        op->u.change_pub_key.key_y = random_fr();
        random_bytes(op->u.change_pub_key.ecdsa, OP_ECDSA_LEN);
        break;
    case OP_TRANSFER:
    case OP_TRANSFER_TO_ADDRESS:
        op->u.transfer.to = (account_id)bits(28);
        if (type == OP_TRANSFER_TO_ADDRESS) {
            op->u.transfer.to_owner = random_owner();
        }
        op->u.transfer.token = bits(40);
        op->u.transfer.amount = amount();
        op->u.transfer.slot = (uint8_t)bits(8);
        op->u.transfer.to_slot = (uint8_t)bits(8);
        break;
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
        op->u.create_pool = (struct op_create_pool){
            (account_id)bits(28), bits(40), bits(40), (uint16_t)bits(16), {0}};
        if (type == OP_CREATE_STABLE_POOL) {
            op->u.create_pool.curve = (struct curve){(uint32_t)bits(16), bits(40), bits(40)};
        }
        break;
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
        op->u.one_sided =
            (struct op_one_sided){(account_id)bits(28), bits(40),         amount(),     amount(),
                                  (uint8_t)bits(8),     (uint8_t)bits(8), below(2) == 1};
        break;
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_ADD_LIQUIDITY:
        op->u.add_liquidity = (struct op_add_liquidity){.pool = (account_id)bits(28),
                                                        .max_a = amount(),
                                                        .max_b = amount(),
                                                        .min_shares = amount(),
                                                        .slot_a = (uint8_t)bits(8),
                                                        .slot_b = (uint8_t)bits(8),
                                                        .slot_lp = (uint8_t)bits(8)};
        if (type == OP_ADD_LIQUIDITY) {
            op->u.add_liquidity.shares = amount();
        } else {
            op->u.add_liquidity.a = amount();
            op->u.add_liquidity.b = amount();
        }
        break;
    case OP_REMOVE_LIQUIDITY:
        op->u.remove_liquidity = (struct op_remove_liquidity){
            (account_id)bits(28), amount(),         amount(),        amount(),
            (uint8_t)bits(8),     (uint8_t)bits(8), (uint8_t)bits(8)};
        break;
    case OP_SWAP:
        op->u.swap =
            (struct op_swap){(account_id)bits(28), bits(40),         amount(),     amount(),
                             (uint8_t)bits(8),     (uint8_t)bits(8), below(2) == 1};
        break;
    case OP_WITHDRAW:
        op->u.withdraw.token = bits(40);
        op->u.withdraw.amount = amount();
        random_bytes(op->u.withdraw.to, ADDRESS_LEN);
        op->u.withdraw.broker_fee = amount();
        op->u.withdraw.slot = (uint8_t)bits(8);
        break;
    case OP_FORCED_EXIT:
        op->u.forced_exit.peer = (account_id)bits(28);
        op->u.forced_exit.token = bits(40);
        op->u.forced_exit.slot = (uint8_t)bits(8);
        random_bytes(op->u.forced_exit.to, ADDRESS_LEN);
        op->u.forced_exit.amount = amount();
        break;
    case OP_SWAP_REQUEST:
        op->account = 0;
        op->outcome = (enum op_outcome)bits(2);
        op->u.swap_request =
            (struct op_swap_request){.pool = (account_id)bits(28),
                                     .token_in = bits(40),
                                     .token_out = bits(40),
                                     .amount_in = amount(),
                                     .min_out = amount(),
                                     .deadline = bits(40),
                                     .index = bits(40),
                                     .broker_fee = {(uint32_t)bits(32), (uint8_t)bits(3)},
                                     .broker = (uint32_t)bits(24),
                                     .exclusive_until = bits(34),
                                     .out = amount()};
        random_bytes(op->u.swap_request.to, ADDRESS_LEN);
        random_bytes(op->u.swap_request.refund_to, ADDRESS_LEN);
        break;
    case OP_ADD_LIQUIDITY_REQUEST:
        op->outcome = (enum op_outcome)bits(2);
        op->u.add_liquidity_request =
            (struct op_add_liquidity_request){.pool = (account_id)bits(28),
                                              .token = bits(40),
                                              .amount = amount(),
                                              .min_shares = amount(),
                                              .deadline = bits(40),
                                              .index = bits(40),
                                              .shares = amount()};
        random_bytes(op->u.add_liquidity_request.exit, ADDRESS_LEN);
        random_bytes(op->u.add_liquidity_request.refund_to, ADDRESS_LEN);
        break;
    case OP_REMOVE_LIQUIDITY_REQUEST:
        op->outcome = (enum op_outcome)bits(2);
        op->u.remove_liquidity_request =
            (struct op_remove_liquidity_request){.pool = (account_id)bits(28),
                                                 .token = bits(40),
                                                 .shares = amount(),
                                                 .min_out = amount(),
                                                 .chain = (uint8_t)bits(8),
                                                 .index = bits(40),
                                                 .deadline = bits(40),
                                                 .out = amount()};
        random_bytes(op->u.remove_liquidity_request.to, ADDRESS_LEN);
        break;
    }
    if (op_is_signed(type)) {
        op->signature.rx = random_fr();
        op->signature.ry = random_fr();
        op->signature.s[0] = world_random(&rng);
        op->signature.s[3] = world_random(&rng) >> 6;
    }
}

static void assert_words_eq(const fr *a, const fr *b, unsigned n) {
    for (unsigned i = 0; i < n; i++) {
        assert_true(fr_eq(&a[i], &b[i]));
    }
}

static void test_round_trips(void **state) {
    (void)state;
    for (int round = 0; round < 300; round++) {
        for (int t = OP_DEPOSIT; t <= OP_TYPE_MAX; t++) {
            enum op_type type = (enum op_type)t;
            if (!op_type_valid((unsigned)t)) {
                continue;
            }
            struct op op, back;
            fr w[OP_WORDS_MAX], w2[OP_WORDS_MAX], m[OP_MESSAGE_WORDS], m2[OP_MESSAGE_WORDS];
            uint8_t b[OP_BYTES_MAX], b2[OP_BYTES_MAX];
            unsigned used;
            random_op(&op, type);
            assert_true(op_words(&op, w));
            assert_true(op_from_words(&back, w, OP_WORDS_MAX, &used));
            assert_int_equal(used, op_word_count(type));
            assert_int_equal(back.type, type);
            assert_true(op_words(&back, w2));
            assert_words_eq(w, w2, OP_WORDS_MAX);
            assert_false(op_from_words(&back, w, used - 1, &used));

            size_t len = op_encode(&op, b, sizeof b);
            assert_in_range(len, 1, sizeof b);
            assert_true(op_decode(&back, b, len));
            assert_int_equal(op_encode(&back, b2, sizeof b2), len);
            assert_memory_equal(b, b2, len);
            assert_true(op_words(&back, w2)); /* nothing of the words is lost in storage */
            assert_words_eq(w, w2, OP_WORDS_MAX);
            assert_int_equal(op_message(&op, m), op_is_signed(type));
            if (op_is_signed(type)) { /* nor of the message */
                assert_true(op_message(&back, m2));
                assert_words_eq(m, m2, OP_MESSAGE_WORDS);
            }
            for (size_t cut = 0; cut < len; cut++) {
                assert_false(op_decode(&back, b, cut));
                assert_int_equal(op_encode(&op, b2, cut), 0);
            }
            b[len < sizeof b ? len : 0] = 0;
            assert_false(op_decode(&back, b, len + 1));
        }
    }
}

/* Every bit of every word either changes the decoded operation or is refused. */
static void test_word_bits(void **state) {
    (void)state;
    for (int t = OP_DEPOSIT; t <= OP_TYPE_MAX; t++) {
        if (!op_type_valid((unsigned)t)) {
            continue;
        }
        struct op op, back;
        fr w[OP_WORDS_MAX], again[OP_WORDS_MAX], bit;
        unsigned used, accepted = 0;
        random_op(&op, (enum op_type)t);
        assert_true(op_words(&op, w));
        for (unsigned i = 0; i < op_word_count((enum op_type)t); i++) {
            fr saved = w[i];
            for (unsigned k = 0; k < 254; k++) {
                uint64_t l[4];
                fr_to_limbs(l, &saved);
                l[k / 64] ^= UINT64_C(1) << (k % 64);
                if (!fr_from_limbs(&bit, l)) {
                    continue;
                }
                w[i] = bit;
                if (op_from_words(&back, w, OP_WORDS_MAX, &used)) {
                    accepted++;
                    assert_true(op_words(&back, again));
                    assert_words_eq(w, again, used);
                }
            }
            w[i] = saved;
        }
        assert_true(accepted > 30);
    }
}

static void test_random_words_never_crash(void **state) {
    (void)state;
    unsigned accepted = 0;
    for (int round = 0; round < 200000; round++) {
        fr w[OP_WORDS_MAX], again[OP_WORDS_MAX];
        struct op op;
        unsigned used, n = below(OP_WORDS_MAX + 1);
        for (unsigned i = 0; i < n; i++) {
            uint64_t l[4] = {0};
            unsigned size = below(260);
            for (unsigned k = 0; k < 4 && k <= size / 64; k++) {
                l[k] = k < size / 64 ? world_random(&rng) : bits(1 + size % 64);
            }
            if (i == 0) {
                l[0] = (l[0] & ~UINT64_C(0xff)) | below(21);
            }
            l[3] &= UINT64_MAX >> 4;
            (void)fr_from_limbs(&w[i], l);
        }
        if (op_from_words(&op, w, n, &used)) {
            accepted++;
            assert_true(used <= n && op_words(&op, again));
            assert_words_eq(w, again, used);
        }
    }
    assert_true(accepted > 1000);
}

static void test_random_bytes_never_crash(void **state) {
    (void)state;
    unsigned accepted = 0;
    for (int round = 0; round < 200000; round++) {
        uint8_t b[OP_BYTES_MAX], again[OP_BYTES_MAX];
        struct op op;
        size_t len;
        if (round % 2 == 0) {
            len = below(sizeof b + 1);
            random_bytes(b, len);
            if (len > 0) {
                b[0] = (uint8_t)below(21);
            }
        } else {
            random_op(&op, (enum op_type)(1 + below(OP_TYPE_MAX)));
            len = op_encode(&op, b, sizeof b);
            b[below((uint32_t)len)] = (uint8_t)world_random(&rng);
        }
        if (op_decode(&op, b, len)) {
            accepted++;
            assert_int_equal(op_encode(&op, again, sizeof again), len);
            assert_memory_equal(b, again, len);
        }
    }
    assert_true(accepted > 1000);
}

/* Fields out of their range can't be written. */
static void test_out_of_range_fields(void **state) {
    (void)state;
    struct op op;
    fr w[OP_WORDS_MAX], m[OP_MESSAGE_WORDS];
    uint8_t b[OP_BYTES_MAX];
    const struct amount too_much = {amount_max().v + 1};
#define REFUSED(type_, change)                                                                     \
    random_op(&op, type_);                                                                         \
    change;                                                                                        \
    assert_false(op_words(&op, w));                                                                \
    assert_int_equal(op_encode(&op, b, sizeof b), 0)
    REFUSED(OP_DEPOSIT, op.account = ACCOUNT_LIMIT);
    REFUSED(OP_DEPOSIT, op.u.deposit.token = UINT64_C(1) << 40);
    REFUSED(OP_DEPOSIT, op.u.deposit.amount = too_much);
    REFUSED(OP_FULL_EXIT, op.u.full_exit.amount = too_much);
    REFUSED(OP_TRANSFER, op.fee.exp = 8);
    REFUSED(OP_TRANSFER, op.u.transfer.to = ACCOUNT_LIMIT);
    REFUSED(OP_TRANSFER, op.u.transfer.amount = too_much);
    REFUSED(OP_SWAP, op.u.swap.amount_in = too_much);
    REFUSED(OP_WITHDRAW, op.u.withdraw.amount = too_much);
    REFUSED(OP_ADD_LIQUIDITY_FIRST, op.u.add_liquidity.b = too_much);
    REFUSED(OP_ADD_LIQUIDITY, op.u.add_liquidity.shares = too_much);
    REFUSED(OP_REMOVE_LIQUIDITY, op.u.remove_liquidity.shares = too_much);
    REFUSED(OP_ADD_LIQUIDITY_ONE, op.u.one_sided.amount = too_much);
    REFUSED(OP_REMOVE_LIQUIDITY_ONE, op.u.one_sided.pool = ACCOUNT_LIMIT);
    REFUSED(OP_CREATE_STABLE_POOL, op.u.create_pool.curve.amp = 1 << AMP_BITS);
    REFUSED(OP_CREATE_STABLE_POOL, op.u.create_pool.curve.mult_a = UINT64_C(1) << MULTIPLIER_BITS);
    REFUSED(OP_CREATE_STABLE_POOL, op.u.create_pool.curve.mult_b = UINT64_C(1) << MULTIPLIER_BITS);
#undef REFUSED
#define UNSIGNED(type_, change)                                                                    \
    random_op(&op, type_);                                                                         \
    change;                                                                                        \
    assert_false(op_message(&op, m));                                                              \
    assert_int_equal(op_encode(&op, b, sizeof b), 0)
    UNSIGNED(OP_TRANSFER, op.valid_until = UINT64_C(1) << 40);
    UNSIGNED(OP_TRANSFER, op.fee_token = UINT64_C(1) << 40);
    UNSIGNED(OP_ADD_LIQUIDITY, op.u.add_liquidity.max_a = too_much);
    UNSIGNED(OP_ADD_LIQUIDITY, op.u.add_liquidity.min_shares = too_much);
    UNSIGNED(OP_REMOVE_LIQUIDITY, op.u.remove_liquidity.min_b = too_much);
    UNSIGNED(OP_SWAP, op.u.swap.min_out = too_much);
    UNSIGNED(OP_ADD_LIQUIDITY_ONE, op.u.one_sided.min = too_much);
    UNSIGNED(OP_REMOVE_LIQUIDITY_ONE, op.u.one_sided.min = too_much);
#undef UNSIGNED
    random_op(&op, OP_SWAP);
    op.u.swap.token_in = TOKEN_UNKNOWN; /* storage may not know a token, a message must */
    assert_false(op_message(&op, m));
    op.type = (enum op_type)20;
    assert_false(op_words(&op, w));
    assert_int_equal(op_encode(&op, b, sizeof b), 0);
    assert_null(op_name(op.type));
    assert_int_equal(op_word_count(op.type), 0);
}

/* The table of bits, once by hand: Swap and Withdraw (all packing code is shared). */
static void test_layout_by_hand(void **state) {
    (void)state;
    struct op op;
    fr w[OP_WORDS_MAX], m[OP_MESSAGE_WORDS];
    uint64_t l[4];
    op_init(&op, OP_SWAP);
    op.account = 0xabcdef1;
    op.fee_slot = 0x12;
    op.fee_account_slot = 0x34;
    op.fee = (struct fee){0x89abcdef, 5};
    op.nonce = 0x01020304;
    op.valid_until = 0x99aabbccdd;
    op.fee_token = 0x1122334455;
    op.u.swap = (struct op_swap){
        0x7654321, 0x0a0b0c0d0e, {((u128)0xfedcba987654 << 64) | 7}, {3}, 0x56, 0x78, true};
    assert_true(op_words(&op, w));
    fr_to_limbs(l, &w[0]);
    /* 0 type 8, account 36, 44, 52, mant 84, exp 87, pool 115, 123, 131, dir 132, amount 244 */
    assert_int_equal(l[0] & 0xff, 11);
    assert_int_equal(l[0] >> 8 & 0xfffffff, 0xabcdef1);
    assert_int_equal(l[0] >> 36 & 0xff, 0x12);
    assert_int_equal(l[0] >> 44 & 0xff, 0x34);
    assert_int_equal((l[0] >> 52 | l[1] << 12) & 0xffffffff, 0x89abcdef);
    assert_int_equal(l[1] >> 20 & 7, 5);
    assert_int_equal(l[1] >> 23 & 0xfffffff, 0x7654321);
    assert_int_equal((l[1] >> 51) & 0xff, 0x56);
    assert_int_equal((l[1] >> 59 | l[2] << 5) & 0xff, 0x78);
    assert_int_equal(l[2] >> 3 & 1, 1);
    assert_int_equal(l[2] >> 4 | l[3] << 60, 7);
    assert_int_equal(l[3] >> 4, 0xfedcba987654);
    assert_true(op_message(&op, m));
    fr_to_limbs(l, &m[0]);
    /* type 8, account 36, nonce 68, validUntil 116, token 156, mant 188, exp 191 */
    assert_int_equal(l[0], 11 | UINT64_C(0xabcdef1) << 8 | UINT64_C(0x1020304) << 36);
    assert_int_equal(l[1], (op.nonce >> 28) | op.valid_until << 4 | op.fee_token << 52);
    assert_int_equal(l[2], op.fee_token >> 12 | UINT64_C(0x89abcdef) << 28 | UINT64_C(5) << 60);
    assert_int_equal(l[3], 0);
    fr_to_limbs(l, &m[2]);
    assert_int_equal(l[0], 3);
    assert_true(fr_is_zero(&m[3]));
}

static void test_message_covers_every_signed_field(void **state) {
    (void)state;
    struct op op;
    fr a[OP_MESSAGE_WORDS], b[OP_MESSAGE_WORDS];
#define COVERED(type_, change)                                                                     \
    random_op(&op, type_);                                                                         \
    assert_true(op_message(&op, a));                                                               \
    change;                                                                                        \
    assert_true(op_message(&op, b));                                                               \
    assert_memory_not_equal(a, b, sizeof a)
    for (int t = OP_TRANSFER; t <= OP_TYPE_MAX; t++) {
        if (!op_is_signed((enum op_type)t)) {
            continue;
        }
        COVERED((enum op_type)t, op.account ^= 1);
        COVERED((enum op_type)t, op.nonce ^= 1);
        COVERED((enum op_type)t, op.valid_until ^= 1);
        COVERED((enum op_type)t, op.fee_token ^= 1);
        COVERED((enum op_type)t, op.fee.mant ^= 1);
        COVERED((enum op_type)t, op.fee.exp ^= 1);
    }
    COVERED(OP_TRANSFER, op.u.transfer.to ^= 1);
    COVERED(OP_TRANSFER, op.u.transfer.token ^= 1);
    COVERED(OP_TRANSFER, op.u.transfer.amount.v ^= 1);
    COVERED(OP_TRANSFER_TO_ADDRESS, op.u.transfer.token ^= 1);
    COVERED(OP_TRANSFER_TO_ADDRESS, op.u.transfer.amount.v ^= 1);
    COVERED(OP_TRANSFER_TO_ADDRESS, op.u.transfer.to_owner.authority ^= 1);
    COVERED(OP_TRANSFER_TO_ADDRESS, op.u.transfer.to_owner.address[0] ^= 1);
    COVERED(OP_CREATE_POOL, op.u.create_pool.token_a ^= 1);
    COVERED(OP_CREATE_POOL, op.u.create_pool.token_b ^= 1);
    COVERED(OP_CREATE_POOL, op.u.create_pool.fee ^= 1);
    COVERED(OP_ADD_LIQUIDITY, op.u.add_liquidity.pool ^= 1);
    COVERED(OP_ADD_LIQUIDITY, op.u.add_liquidity.max_a.v ^= 1);
    COVERED(OP_ADD_LIQUIDITY, op.u.add_liquidity.max_b.v ^= 1);
    COVERED(OP_ADD_LIQUIDITY, op.u.add_liquidity.min_shares.v ^= 1);
    COVERED(OP_REMOVE_LIQUIDITY, op.u.remove_liquidity.pool ^= 1);
    COVERED(OP_REMOVE_LIQUIDITY, op.u.remove_liquidity.shares.v ^= 1);
    COVERED(OP_REMOVE_LIQUIDITY, op.u.remove_liquidity.min_a.v ^= 1);
    COVERED(OP_REMOVE_LIQUIDITY, op.u.remove_liquidity.min_b.v ^= 1);
    COVERED(OP_SWAP, op.u.swap.pool ^= 1);
    COVERED(OP_SWAP, op.u.swap.token_in ^= 1);
    COVERED(OP_SWAP, op.u.swap.amount_in.v ^= 1);
    COVERED(OP_SWAP, op.u.swap.min_out.v ^= 1);
    COVERED(OP_CREATE_STABLE_POOL, op.u.create_pool.token_a ^= 1);
    COVERED(OP_CREATE_STABLE_POOL, op.u.create_pool.token_b ^= 1);
    COVERED(OP_CREATE_STABLE_POOL, op.u.create_pool.fee ^= 1);
    COVERED(OP_CREATE_STABLE_POOL, op.u.create_pool.curve.amp ^= 1);
    COVERED(OP_CREATE_STABLE_POOL, op.u.create_pool.curve.mult_a ^= 1);
    COVERED(OP_CREATE_STABLE_POOL, op.u.create_pool.curve.mult_b ^= 1);
    for (unsigned t = OP_ADD_LIQUIDITY_ONE; t <= OP_REMOVE_LIQUIDITY_ONE; t++) {
        COVERED((enum op_type)t, op.u.one_sided.pool ^= 1);
        COVERED((enum op_type)t, op.u.one_sided.token ^= 1);
        COVERED((enum op_type)t, op.u.one_sided.amount.v ^= 1);
        COVERED((enum op_type)t, op.u.one_sided.min.v ^= 1);
    }
    COVERED(OP_WITHDRAW, op.u.withdraw.token ^= 1);
    COVERED(OP_WITHDRAW, op.u.withdraw.amount.v ^= 1);
    COVERED(OP_WITHDRAW, op.u.withdraw.to[19] ^= 1);
    COVERED(OP_WITHDRAW, op.u.withdraw.broker_fee.v ^= 1);
    COVERED(OP_FORCED_EXIT, op.u.forced_exit.peer ^= 1);
    COVERED(OP_FORCED_EXIT, op.u.forced_exit.token ^= 1);
#undef COVERED
    random_op(&op, OP_ADD_LIQUIDITY); /* the resolver's choice of type 8 or 9 is not signed */
    assert_true(op_message(&op, a));
    op.type = OP_ADD_LIQUIDITY_FIRST;
    assert_true(op_message(&op, b));
    assert_memory_equal(a, b, sizeof a);
}

static void test_requests(void **state) {
    (void)state;
    struct schnorr_key key;
    uint8_t seed[32] = {1}, hash[32], other[32];
    fr t[OP_WORDS_MAX];
    struct op op, back;
    assert_true(schnorr_key_from_seed(&key, seed, sizeof seed));
    for (int type = OP_DEPOSIT; type <= OP_TYPE_MAX; type++) {
        if (!op_is_request((enum op_type)type)) {
            continue;
        }
        random_op(&op, (enum op_type)type);
        if (type == OP_SWAP_REQUEST) {
            op.u.swap_request.token_in = token_make(3, 9);
            op.u.swap_request.token_out |= token_make(4, 0);
        } else if (type == OP_ADD_LIQUIDITY_REQUEST) {
            op.u.add_liquidity_request.token = token_make(3, 9);
        } else if (type == OP_REMOVE_LIQUIDITY_REQUEST) {
            op.u.remove_liquidity_request.token |= token_make(4, 0);
            op.u.remove_liquidity_request.chain = 3;
        } else if (type == OP_DEPOSIT) {
            op.u.deposit.owner.authority = 3;
            op.u.deposit.token = token_make(3, 9);
        } else if (type == OP_SET_SIGNING_KEY) {
            op.u.set_signing_key.owner.authority = 3;
            op.u.set_signing_key.key_x = key.public_key.x;
            op.u.set_signing_key.key_y = key.public_key.y;
        } else {
            op.u.full_exit.owner.authority = 3;
            op.u.full_exit.slot = 200;
        }
        assert_int_equal(op_request_chain(&op), 3);
        assert_true(op_request_template(&op, t));
        assert_true(op_from_request(&back, 3, t));
        assert_false(op_from_request(&back, 4, t));
        assert_true(op_request_hash(&op, hash) && op_from_request(&back, 3, t) &&
                    op_request_hash(&back, other));
        assert_memory_equal(hash, other, 32); /* outcomes are not in it */
        if (op_word_count((enum op_type)type) < OP_WORDS_MAX) {
            t[OP_WORDS_MAX - 1] = FR_ONE; /* words beyond the type's are refused */
            assert_false(op_from_request(&back, 3, t));
        }
    }
    random_op(&op, OP_DEPOSIT);
    op.u.deposit.owner.authority = 3;
    op.u.deposit.token = token_make(3, 9);
    op.u.deposit.slot = 1;
    op.account = 0;
    assert_true(op_words(&op, t)); /* not a template: an operator's field is filled */
    assert_false(op_from_request(&back, 3, t));
    memset(op.u.deposit.owner.address, 0, ADDRESS_LEN);
    assert_true(op_request_template(&op, t));
    assert_false(op_from_request(&back, 3, t));

    random_op(&op, OP_FULL_EXIT);
    op.u.full_exit.owner.authority = 3;
    op.u.full_exit.slot = 0;
    assert_true(op_request_template(&op, t));
    assert_false(op_from_request(&back, 3, t));

    random_op(&op, OP_SET_SIGNING_KEY); /* a random point is not on the curve */
    op.u.set_signing_key.owner.authority = 3;
    assert_true(op_request_template(&op, t));
    assert_false(op_from_request(&back, 3, t));
    op.u.set_signing_key.key_x = FR_ZERO; /* the identity is on it, but of small order */
    op.u.set_signing_key.key_y = FR_ONE;
    assert_true(op_request_template(&op, t));
    assert_false(op_from_request(&back, 3, t));

    /* what the operator fills: outcome, result, the position's account; LP shares can't be paid */
    random_op(&op, OP_SWAP_REQUEST);
    op.u.swap_request.token_in = token_make(3, 9);
    op.u.swap_request.token_out = token_make(4, 9);
    op.u.swap_request.out = amount_zero();
    op.outcome = OUTCOME_DONE;
    assert_true(op_words(&op, t) && op_from_request(&back, 3, t));
    op.outcome = OUTCOME_EXPIRED;
    assert_true(op_words(&op, t) && !op_from_request(&back, 3, t));
    op.outcome = OUTCOME_DONE;
    op.u.swap_request.out = amount_from_u64(1);
    assert_true(op_words(&op, t) && !op_from_request(&back, 3, t));
    op.u.swap_request.token_out = token_of_pool(9);
    assert_true(op_request_template(&op, t) && !op_from_request(&back, 3, t));
    random_op(&op, OP_ADD_LIQUIDITY_REQUEST);
    op.u.add_liquidity_request.token = token_make(3, 9);
    assert_true(op_request_template(&op, t) && op_from_request(&back, 3, t));
    op = back;
    op.account = 1;
    assert_true(op_words(&op, t) && !op_from_request(&back, 3, t));

    random_op(&op, OP_TRANSFER);
    assert_false(op_request_template(&op, t));
    assert_int_equal(op_request_chain(&op), 0);
    assert_true(op_words(&op, t));
    assert_false(op_from_request(&back, 3, t));
}

static void test_signatures(void **state) {
    (void)state;
    struct schnorr_key key, other;
    uint8_t seed[32] = {1}, id[32] = {5}, txid[32], again[32];
    assert_true(schnorr_key_from_seed(&key, seed, sizeof seed));
    seed[0] = 2;
    assert_true(schnorr_key_from_seed(&other, seed, sizeof seed));
    const fr *x = &key.public_key.x, *y = &key.public_key.y;
    for (int t = OP_TRANSFER; t <= OP_TYPE_MAX; t++) {
        if (!op_is_signed((enum op_type)t)) {
            continue;
        }
        struct op op;
        random_op(&op, (enum op_type)t);
        assert_true(client_sign(&op, id, &key));
        assert_true(op_signature_check(&op, id, x, y));
        assert_false(op_signature_check(&op, id, &other.public_key.x, &other.public_key.y));
        assert_true(op_transaction_id(&op, id, x, y, txid));
        op.fee_slot ^= 1; /* not signed */
        assert_true(op_signature_check(&op, id, x, y));
        id[0] ^= 1; /* another instance */
        assert_false(op_signature_check(&op, id, x, y));
        id[0] ^= 1;
        op.nonce ^= 1;
        assert_false(op_signature_check(&op, id, x, y));
        assert_true(op_transaction_id(&op, id, x, y, again));
        assert_memory_not_equal(txid, again, 32);
    }
    struct op request;
    random_op(&request, OP_DEPOSIT);
    assert_false(client_sign(&request, id, &key));
    assert_false(op_signature_check(&request, id, x, y));
}

/* The EIP-712 digest, its words laid out by hand. */
static void test_change_pub_key_digest(void **state) {
    (void)state;
    struct op op;
    uint8_t id[32], words[8 * 32] = {0}, digest[32], want[66] = {0x19, 0x01}, domain[4 * 32];
    static const char type[] = "ChangePubKey(uint32 account,uint32 nonce,uint256 pubKeyX,uint256 "
                               "pubKeyY,uint64 feeToken,uint256 fee,uint64 validUntil)";
    random_bytes(id, sizeof id);
    op_init(&op, OP_CHANGE_PUB_KEY);
    op.account = 0x01020304;
    op.nonce = 0x05;
    op.valid_until = 0x0708;
    op.fee_token = 0x0100000002;
    op.fee = (struct fee){0x11, 2};
    fr_from_u64(&op.u.change_pub_key.key_x, 0x21);
    fr_from_u64(&op.u.change_pub_key.key_y, 0x22);
    keccak256(words, type, sizeof type - 1);
    memcpy(words + 60, (uint8_t[]){1, 2, 3, 4}, 4);
    words[95] = 5;
    words[127] = 0x21;
    words[159] = 0x22;
    words[187] = 1, words[191] = 2;
    words[221] = 0x11;
    words[254] = 7, words[255] = 8;
    static const char domain_type[] = "EIP712Domain(string name,string version,bytes32 salt)";
    keccak256(domain, domain_type, sizeof domain_type - 1);
    keccak256(domain + 32, "zklink", 6);
    keccak256(domain + 64, "1", 1);
    memcpy(domain + 96, id, 32);
    keccak256(want + 2, domain, sizeof domain);
    keccak256(want + 34, words, sizeof words);
    keccak256(want, want, sizeof want);
    op_change_pub_key_digest(&op, id, digest);
    assert_memory_equal(digest, want, 32);
    assert_true(op_transaction_id(&op, id, NULL, NULL, digest));
    assert_memory_equal(digest, want, 32);
}

static void test_records(void **state) {
    (void)state;
    for (int i = 0; i < 3000; i++) {
        struct record r = record_empty(), back;
        fr f[4], leaf, changed;
        r.tag = (enum record_tag)below(RECORD_POSITION + 1);
        if (r.tag == RECORD_BALANCE) {
            r.u.balance.amount.v = amount().v | 1;
            r.u.balance.token = bits(40);
        } else if (record_is_account(&r)) {
            r.u.account.owner = random_owner();
            r.u.account.nonce = bits(32) + below(2);
            if (r.tag == RECORD_ACCOUNT_KEYED) {
                r.u.account.key_x = random_fr();
                r.u.account.key_y = random_fr();
            }
        } else if (r.tag == RECORD_POSITION) {
            r.u.position.chain = (uint8_t)bits(8);
            r.u.position.index = bits(40);
            r.u.position.pool = (account_id)bits(28);
            random_bytes(r.u.position.exit, ADDRESS_LEN);
            r.u.position.shares = amount();
        } else if (record_is_pool(&r)) {
            if (r.tag == RECORD_STABLE_POOL) {
                r.u.pool.curve = (struct curve){1 + (uint32_t)bits(15), 1 + (bits(40) >> 1),
                                                1 + (bits(40) >> 1)};
            }
            r.u.pool.token_b = 1 + (bits(40) >> 1);
            r.u.pool.token_a = bits(40) % r.u.pool.token_b;
            r.u.pool.fee = (uint16_t)below(10000);
            r.u.pool.supply = amount();
        }
        record_fields(f, &r);
        assert_true(record_from_fields(&back, r.tag, f));
        assert_true(record_eq(&r, &back));
        record_leaf(&leaf, &r);
        assert_int_equal(fr_is_zero(&leaf), r.tag == RECORD_EMPTY);
        if (r.tag == RECORD_BALANCE) { /* amount + 2^112 token + 2^152 */
            uint64_t l[4];
            fr_to_limbs(l, &leaf);
            u128 low = (u128)l[1] << 64 | l[0];
            assert_true((low & amount_max().v) == r.u.balance.amount.v);
            assert_int_equal(l[1] >> 48 | l[2] << 16, r.u.balance.token | UINT64_C(1) << 40);
            assert_int_equal(l[3], 0);
        }
        fr_add(&f[below(4)], &f[below(4)], &FR_ONE);
        if (record_from_fields(&back, r.tag, f) && !record_eq(&r, &back)) {
            record_leaf(&changed, &back);
            assert_false(fr_eq(&leaf, &changed));
        }
        assert_false(record_from_fields(&back, 7, f));
        assert_int_equal(back.tag, RECORD_EMPTY);
    }
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_round_trips),
        cmocka_unit_test(test_word_bits),
        cmocka_unit_test(test_random_words_never_crash),
        cmocka_unit_test(test_random_bytes_never_crash),
        cmocka_unit_test(test_out_of_range_fields),
        cmocka_unit_test(test_layout_by_hand),
        cmocka_unit_test(test_message_covers_every_signed_field),
        cmocka_unit_test(test_requests),
        cmocka_unit_test(test_signatures),
        cmocka_unit_test(test_change_pub_key_digest),
        cmocka_unit_test(test_records),
    };
    rng.rng = 9;
    return cmocka_run_group_tests(tests, NULL, NULL);
}
