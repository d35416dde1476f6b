/* Every byte counts: all that a proof rests on is absorbed in the order of docs/protocol.md (the
 * transcript is linked from here and keeps what it absorbs), and any altered, malformed, misplaced
 * or missing part of a proof or a statement is rejected. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "proof/kzg.h"
#include "toy.h"

/* --- a transcript that keeps what it absorbs: one event for each absorption and challenge --- */

struct event {
    bool challenge;
    size_t at, len; /* in the log */
};
static struct {
    uint8_t *bytes;
    size_t len, cap;
    struct event events[4096];
    size_t n_events;
} record;

static void record_bytes(const void *data, size_t len) {
    if (record.cap - record.len < len) {
        record.cap = 2 * record.cap + len;
        record.bytes = realloc(record.bytes, record.cap);
        assert_non_null(record.bytes);
    }
    memcpy(record.bytes + record.len, data, len);
    record.len += len;
    record.events[record.n_events - 1].len += len;
}

static void record_event(bool challenge) {
    assert_true(record.n_events < 4096);
    record.events[record.n_events++] = (struct event){challenge, record.len, 0};
}

void transcript_init(struct transcript *t) {
    keccak256(t->state, "zklink.proof.v1", 15);
    record.len = record.n_events = 0;
}

void transcript_absorb_begin(const struct transcript *t, struct keccak256 *h) {
    keccak256_init(h);
    keccak256_update(h, t->state, 32);
    record_event(false);
}

void transcript_absorb_fr(struct keccak256 *h, const fr *v, size_t n) {
    for (size_t i = 0; i < n; i++) {
        uint8_t word[32];
        fr_to_be(word, &v[i]);
        transcript_absorb_bytes(h, word, 32);
    }
}

void transcript_absorb_bytes(struct keccak256 *h, const uint8_t *data, size_t len) {
    keccak256_update(h, data, len);
    record_bytes(data, len);
}

void transcript_absorb_end(struct transcript *t, struct keccak256 *h) {
    keccak256_final(h, t->state);
}

void transcript_absorb(struct transcript *t, const uint8_t *data, size_t len) {
    struct keccak256 h;
    assert_true(len > 0 && len % 32 == 0);
    transcript_absorb_begin(t, &h);
    transcript_absorb_bytes(&h, data, len);
    transcript_absorb_end(t, &h);
}

void transcript_challenge(struct transcript *t, fr *out) {
    uint8_t in[33];
    memcpy(in, t->state, 32);
    in[32] = 1;
    keccak256(t->state, in, 33);
    fr_from_be_reduce(out, t->state);
    record_event(true);
}

/* --- set-up --- */

static struct srs srs;
static struct air *air;
static struct proving_key pk;
static struct toy toy;
static struct proof_buf proof;
static struct prove_stats stats;

static int setup(void **state) {
    (void)state;
    air = toy_air(false);
    if (srs_generate_insecure(&srs, TOY_MAX_M, SRS_INSECURE_SEED, 2, NULL) != 0 ||
        proving_key_init(&pk, air, &srs, TOY_MAX_M, 2) != KEY_OK) {
        return -1;
    }
    toy_init(&toy, air, 11, 21);
    return prove(&pk, &toy.s, toy.trace, 2, &proof, &stats) == PROVE_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    proof_buf_release(&proof);
    prove_stats_release(&stats);
    toy_release(&toy);
    srs_release(&srs);
    air_free(air);
    free(record.bytes);
    return 0;
}

static bool accepts(const struct verifying_key *vk, const struct statement *s, const uint8_t *data,
                    size_t len) {
    bool ok = true;
    assert_int_equal(verify(vk, s, data, len, &ok), 0);
    return ok;
}

static void test_accepts_the_proof(void **state) {
    (void)state;
    assert_true(accepts(&pk.vk, &toy.s, proof.data, proof.len));
}

/* The first event is key, digest and scalars; all others are the proof's bytes in order, up to the
 * opening's last three values (W, v), after which nothing is drawn. */
static void test_everything_is_absorbed(void **state) {
    (void)state;
    uint8_t first[64 + 32 * 4];
    assert_true(accepts(&pk.vk, &toy.s, proof.data, proof.len));
    memcpy(first, pk.vk.digest, 32);
    memcpy(first + 32, toy.s.digest, 32);
    for (unsigned i = 0; i < 2; i++) {
        fr_to_be(first + 64 + 32 * i, &toy.scalars[i]);
        fr_to_be(first + 128 + 32 * i, &toy.chains[i]);
    }
    assert_false(record.events[0].challenge);
    assert_int_equal(record.events[0].len, sizeof first);
    assert_memory_equal(record.bytes, first, sizeof first);
    assert_int_equal(record.len - sizeof first, proof.len - 96);
    assert_memory_equal(record.bytes + sizeof first, proof.data, proof.len - 96);
}

/* No challenge is drawn before everything it must bind: the events in their exact order. */
static void test_order_of_challenges(void **state) {
    (void)state;
    assert_true(accepts(&pk.vk, &toy.s, proof.data, proof.len));
    const struct event *e = record.events;
    unsigned n = 0, leaving[AIR_MAX_LOG_HEIGHT + 1] = {0};
    size_t n_chips = stats.n_chips;
    for (size_t c = 0; c < n_chips; c++) {
        unsigned m = stats.chips[c].log_height;
        leaving[m] += air_chip_values(toy.trace->chips[c].chip);
        n = m > n ? m : n;
    }
#define ABSORBS(bytes)                                                                             \
    do {                                                                                           \
        assert_false(e->challenge);                                                                \
        assert_int_equal(e->len, bytes);                                                           \
        e++;                                                                                       \
    } while (0)
#define DRAWS(count)                                                                               \
    for (unsigned draw = 0; draw < (count); draw++, e++) {                                         \
        assert_true(e->challenge);                                                                 \
    }
    ABSORBS(192);
    ABSORBS(32); /* heights */
    ABSORBS(64 * stats.n_main_chunks);
    DRAWS(3); /* alpha, beta, g */
    ABSORBS(64 * stats.n_helper_chunks + 32 * 3);
    DRAWS(2 + n); /* eta, mu, zeta */
    if (leaving[0]) {
        ABSORBS(32 * leaving[0]);
    }
    for (unsigned j = 0; j < n; j++) {
        ABSORBS(32 * 6);
        DRAWS(1);
        if (leaving[j + 1]) {
            ABSORBS(32 * leaving[j + 1]);
        }
    }
    DRAWS(stats.log_chunk - n + 1); /* the rest of R, lambda */
}

/* --- alterations --- */

/* Each 32-byte word of the proof: lowest bit, highest bit, and a byte between. */
static void test_altered_proof(void **state) {
    (void)state;
    for (size_t at = 0; at + 32 <= proof.len; at += 32) {
        const size_t byte[] = {at + 31, at, at + 13};
        const uint8_t flip[] = {1, 0x80, 0x10};
        for (int i = 0; i < 3; i++) {
            proof.data[byte[i]] ^= flip[i];
            assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
            proof.data[byte[i]] ^= flip[i];
        }
    }
    assert_true(accepts(&pk.vk, &toy.s, proof.data, proof.len));
}

static void test_altered_statement(void **state) {
    (void)state;
    struct statement s = toy.s;
    s.digest[31] ^= 1;
    assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
    fr scalars[3] = {toy.scalars[0], toy.scalars[1], FR_ZERO};
    fr chains[3] = {toy.chains[0], toy.chains[1], FR_ONE};
    for (unsigned i = 0; i < 2; i++) {
        s = toy.s;
        s.scalars = scalars;
        s.instance_scalars = chains;
        fr_add(&scalars[i], &scalars[i], &FR_ONE);
        assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
        scalars[i] = toy.scalars[i];
        fr_add(&chains[i], &chains[i], &FR_ONE);
        assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
        chains[i] = toy.chains[i];
        assert_true(accepts(&pk.vk, &s, proof.data, proof.len));
    }
    const unsigned instances[] = {0, 1, 3, 255, 257, UINT32_MAX};
    for (size_t i = 0; i < sizeof instances / sizeof *instances; i++) {
        fr many[257] = {{{0}}};
        s = toy.s;
        s.instance_scalars = many;
        s.n_instances = instances[i];
        if (instances[i] <= 257) {
            assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
        }
    }
    s = toy.s;
    s.scalars = scalars;
    s.n_scalars = 3;
    assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
    s.n_scalars = 1;
    assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
}

static void test_altered_key(void **state) {
    (void)state;
    struct verifying_key vk = pk.vk;
    vk.digest[0] ^= 1;
    assert_false(accepts(&vk, &toy.s, proof.data, proof.len));
    vk = pk.vk;
    vk.preprocessed = G1_GENERATOR;
    assert_false(accepts(&vk, &toy.s, proof.data, proof.len));
    vk = pk.vk;
    vk.max_log_chunk = stats.log_chunk - 1;
    assert_false(accepts(&vk, &toy.s, proof.data, proof.len));
    vk = pk.vk;
    vk.srs.tau = vk.srs.one;
    assert_false(accepts(&vk, &toy.s, proof.data, proof.len));
}

static void test_held_columns(void **state) {
    (void)state;
    for (unsigned h = 0; h < 3; h++) {
        struct held_column held = toy.held[h];
        struct statement s = toy.s;
        s.held = &held;
        s.n_held = 1;
        assert_true(accepts(&pk.vk, &s, proof.data, proof.len));
        const struct trace_chip *tc = trace_chip(toy.trace, held.chip, held.instance);
        size_t width = h ? 2 : 1, room = width << trace_log_height(tc);
        fr *words = calloc(room + 1, sizeof *words);
        memcpy(words, held.words, held.n_words * sizeof *words);
        held.words = words;
        held.n_words = room; /* zeros after the last word: the same column */
        assert_true(accepts(&pk.vk, &s, proof.data, proof.len));
        held.n_words = room + 1; /* longer than the chip is high, if only by a zero */
        assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
        held.n_words = toy.held[h].n_words;
        for (size_t i = 0; i < held.n_words; i++) {
            fr_add(&words[i], &words[i], &FR_ONE);
            assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
            fr_sub(&words[i], &words[i], &FR_ONE);
        }
        held.chip = TOY_A; /* no public columns */
        assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
        held.chip = TOY_CHIPS;
        assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
        held.chip = TOY_OUT;
        held.instance = TOY_CHAINS;
        assert_false(accepts(&pk.vk, &s, proof.data, proof.len));
        free(words);
    }
}

/* --- encodings --- */

static void test_lengths(void **state) {
    (void)state;
    uint8_t *longer = malloc(proof.len + 64);
    assert_non_null(longer);
    memcpy(longer, proof.data, proof.len);
    memset(longer + proof.len, 0, 64);
    for (size_t extra = 1; extra <= 64; extra++) {
        assert_false(accepts(&pk.vk, &toy.s, longer, proof.len + extra));
    }
    for (size_t len = 0; len < proof.len; len += len < 200 ? 1 : 37) {
        memcpy(longer, proof.data, len); /* so that a sanitizer sees reads beyond */
        uint8_t *exact = malloc(len + 1);
        assert_non_null(exact);
        memcpy(exact, proof.data, len);
        assert_false(accepts(&pk.vk, &toy.s, exact, len));
        free(exact);
    }
    free(longer);
}

/* b += the modulus, if that fits 32 bytes: the same value, another encoding. */
static bool add_modulus(uint8_t b[32], const uint64_t modulus[4]) {
    unsigned carry = 0;
    for (int i = 31; i >= 0; i--) {
        int limb = (31 - i) / 8, shift = 8 * ((31 - i) % 8);
        carry += b[i] + (unsigned)((modulus[limb] >> shift) & 0xff);
        b[i] = (uint8_t)carry;
        carry >>= 8;
    }
    return carry == 0;
}

/* Every word and coordinate once more with its modulus added. */
static void test_unreduced(void **state) {
    (void)state;
    size_t points_end = 32 + 64 * (stats.n_main_chunks + stats.n_helper_chunks);
    size_t opening = proof.len - kzg_proof_len(stats.log_chunk);
    uint8_t saved[32];
    for (size_t at = 32; at + 32 <= opening; at += 32) {
        memcpy(saved, proof.data + at, 32);
        bool fits = add_modulus(proof.data + at, at < points_end ? FQ_MODULUS : FR_MODULUS);
        assert_true(fits);
        assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
        memcpy(proof.data + at, saved, 32);
    }
}

static void test_bad_points(void **state) {
    (void)state;
    for (size_t i = 0; i < stats.n_main_chunks + stats.n_helper_chunks; i++) {
        uint8_t saved[64], *at = proof.data + 32 + 64 * i;
        memcpy(saved, at, 64);
        memset(at, 0, 64); /* the identity, for a chunk that is not 0 */
        assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
        at[31] = at[63] = 1; /* (1, 1): off the curve */
        assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
        at[63] = 0; /* (1, 0) */
        assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
        at[63] = 2; /* the generator: another commitment */
        assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
        memcpy(at, saved, 64);
    }
}

static void test_heights(void **state) {
    (void)state;
    for (size_t c = 0; c < stats.n_chips + 1; c++) { /* the last one is M */
        uint8_t saved = proof.data[c];
        for (unsigned v = 0; v < 256; v++) {
            if (v != saved) {
                proof.data[c] = (uint8_t)v;
                assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
            }
        }
        proof.data[c] = saved;
    }
    for (size_t i = stats.n_chips + 1; i < 32; i++) {
        proof.data[i] = 1;
        assert_false(accepts(&pk.vk, &toy.s, proof.data, proof.len));
        proof.data[i] = 0;
    }
}

/* A boundary message whose denominator is 0: found by solving alpha = kind + beta s, which no
 * attacker can do because s is absorbed first; here the check alone is tested. */
static void test_zero_denominator(void **state) {
    (void)state;
    struct challenges ch;
    struct statement s = toy.s;
    fr scalars[2] = {toy.scalars[0], toy.scalars[1]}, claim, sums[3] = {FR_ZERO, FR_ZERO, FR_ZERO};
    toy_random_fr(&ch.alpha);
    toy_random_fr(&ch.beta_pow[1]);
    toy_random_fr(&ch.mu);
    s.scalars = scalars;
    assert_true(protocol_initial_claim(&claim, air, &s, &ch, sums, 3));
    fr kind, inv;
    fr_from_u64(&kind, ROOT);
    fr_sub(&scalars[0], &ch.alpha, &kind);
    fr_inv(&inv, &ch.beta_pow[1]);
    fr_mul(&scalars[0], &scalars[0], &inv);
    assert_false(protocol_initial_claim(&claim, air, &s, &ch, sums, 3));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepts_the_proof),
        cmocka_unit_test(test_everything_is_absorbed),
        cmocka_unit_test(test_order_of_challenges),
        cmocka_unit_test(test_altered_proof),
        cmocka_unit_test(test_altered_statement),
        cmocka_unit_test(test_altered_key),
        cmocka_unit_test(test_held_columns),
        cmocka_unit_test(test_lengths),
        cmocka_unit_test(test_unreduced),
        cmocka_unit_test(test_bad_points),
        cmocka_unit_test(test_heights),
        cmocka_unit_test(test_zero_denominator),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
