/* Schnorr signatures: round trips, every component altered, malleability, odd keys, the split. */
#include "crypto/schnorr.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>

struct fixture {
    struct schnorr_key key;
    struct schnorr_signature sig;
    fr domain, m[4];
};

static void make(struct fixture *f, unsigned n) {
    uint8_t seed[32] = {0};
    seed[0] = (uint8_t)n;
    assert_true(schnorr_key_from_seed(&f->key, seed, sizeof seed));
    fr_from_u64(&f->domain, 77 + n);
    for (unsigned i = 0; i < 4; i++) {
        fr_from_u64(&f->m[i], n * n + i);
    }
    fr_neg(&f->m[3], &f->m[3]);
    schnorr_sign(&f->sig, &f->key, &f->domain, f->m);
}

static bool valid(const struct fixture *f) {
    return schnorr_verify(&f->sig, &f->key.public_key, &f->domain, f->m);
}

static void round_trips(void **state) {
    (void)state;
    for (unsigned n = 1; n <= 20; n++) {
        struct fixture f;
        make(&f, n);
        assert_true(valid(&f));
        uint8_t bytes[SCHNORR_SIGNATURE_LEN];
        struct schnorr_signature back;
        schnorr_encode(bytes, &f.sig);
        assert_true(schnorr_decode(&back, bytes));
        assert_memory_equal(&back, &f.sig, sizeof back);
    }
}

/* The definition by other means: R + e A and s B by the slow multiplication. */
static void equation_holds(void **state) {
    (void)state;
    struct fixture f;
    struct schnorr_challenge c;
    bjj_point a, b, r;
    bjj_affine sb;
    make(&f, 3);
    assert_true(schnorr_challenge(&c, &f.sig.rx, &f.sig.ry, &f.key.public_key, &f.domain, f.m));
    bjj_from_affine(&b, &BJJ_BASE);
    bjj_mul(&b, &b, f.sig.s);
    bjj_to_affine(&sb, &b);
    bjj_from_affine(&a, &f.key.public_key);
    bjj_mul(&a, &a, c.e);
    bjj_from_affine(&r, &(bjj_affine){f.sig.rx, f.sig.ry});
    bjj_add(&r, &r, &a);
    assert_true(bjj_eq_affine(&r, &sb));
    bjj_from_affine(&b, &BJJ_BASE);
    bjj_mul(&b, &b, f.key.secret);
    assert_true(bjj_eq_affine(&b, &f.key.public_key));
}

static void signing_is_deterministic(void **state) {
    (void)state;
    struct fixture f, g;
    make(&f, 5);
    make(&g, 5);
    assert_memory_equal(&f.sig, &g.sig, sizeof f.sig);
    fr_add(&g.m[2], &g.m[2], &FR_ONE); /* another message, another nonce */
    schnorr_sign(&g.sig, &g.key, &g.domain, g.m);
    assert_false(fr_eq(&f.sig.rx, &g.sig.rx));
    make(&g, 5);
    fr_add(&g.domain, &g.domain, &FR_ONE);
    schnorr_sign(&g.sig, &g.key, &g.domain, g.m);
    assert_false(fr_eq(&f.sig.rx, &g.sig.rx));
}

static void every_component_counts(void **state) {
    (void)state;
    struct fixture f, other;
    make(&f, 9);
    make(&other, 10);
    for (unsigned i = 0; i < 9; i++) {
        struct fixture g = f;
        fr *parts[] = {&g.sig.rx,
                       &g.sig.ry,
                       &g.key.public_key.x,
                       &g.key.public_key.y,
                       &g.domain,
                       &g.m[0],
                       &g.m[1],
                       &g.m[2],
                       &g.m[3]};
        fr_add(parts[i], parts[i], &FR_ONE);
        assert_false(valid(&g));
    }
    for (unsigned bit = 0; bit < 256; bit += 17) {
        struct fixture g = f;
        g.sig.s[bit / 64] ^= 1ULL << (bit % 64);
        assert_false(valid(&g));
    }
    struct fixture g = f; /* another's R, on the curve */
    g.sig.rx = other.sig.rx;
    g.sig.ry = other.sig.ry;
    assert_false(valid(&g));
    g = f;
    g.key.public_key = other.key.public_key;
    assert_false(valid(&g));
    g = f; /* -R is on the curve too */
    fr_neg(&g.sig.rx, &g.sig.rx);
    assert_false(valid(&g));
}

static void s_above_l_is_refused(void **state) {
    (void)state;
    struct fixture f;
    uint8_t bytes[SCHNORR_SIGNATURE_LEN];
    struct schnorr_signature back;
    make(&f, 11);
    field_u128 carry = 0;
    for (int i = 0; i < 4; i++) {
        carry += (field_u128)f.sig.s[i] + BJJ_ORDER[i];
        f.sig.s[i] = (uint64_t)carry;
        carry >>= 64;
    }
    assert_false(valid(&f));
    schnorr_encode(bytes, &f.sig);
    assert_false(schnorr_decode(&back, bytes));
}

/* R + T with a point T of small order, e unchanged or not: the equation is exact. */
static void torsion_is_not_ignored(void **state) {
    (void)state;
    struct fixture f;
    make(&f, 12);
    fr_neg(&f.sig.rx, &f.sig.rx); /* R + (0, -1) = (-x, -y) */
    fr_neg(&f.sig.ry, &f.sig.ry);
    assert_true(bjj_is_on_curve(&(bjj_affine){f.sig.rx, f.sig.ry}));
    assert_false(valid(&f));
}

/* A key with a component of small order is a key; its holder can sign, when e fits. */
static void mixed_order_key(void **state) {
    (void)state;
    struct fixture f;
    make(&f, 13);
    unsigned accepted = 0;
    fr_neg(&f.key.public_key.x, &f.key.public_key.x);
    fr_neg(&f.key.public_key.y, &f.key.public_key.y);
    assert_true(bjj_key_check(&f.key.public_key));
    for (uint64_t i = 0; i < 40; i++) {
        struct schnorr_challenge c;
        fr_from_u64(&f.m[0], i);
        schnorr_sign(&f.sig, &f.key, &f.domain, f.m);
        assert_true(schnorr_challenge(&c, &f.sig.rx, &f.sig.ry, &f.key.public_key, &f.domain, f.m));
        assert_int_equal(valid(&f), (c.e[0] & 1) == 0); /* e (0, -1) vanishes for even e */
        accepted += valid(&f);
    }
    assert_true(accepted > 0 && accepted < 40);
}

static void split_is_canonical(void **state) {
    (void)state;
    struct schnorr_challenge c;
    const uint64_t top[4] = {0, 0, FR_MODULUS[2], FR_MODULUS[3]};
    assert_true(fr_from_limbs(&c.h, top)); /* floor(r / 2^128) 2^128: refused */
    assert_false(schnorr_split(&c));
    fr_sub(&c.h, &c.h, &FR_ONE); /* the largest challenge that stands */
    assert_true(schnorr_split(&c));
    assert_true(c.e[0] == UINT64_MAX && c.e[1] == UINT64_MAX && c.e[2] == 0 && c.e[3] == 0);
    assert_true(c.hi[0] == FR_MODULUS[2] - 1 && c.hi[1] == FR_MODULUS[3] && c.hi[2] == 0);
    fr_from_i64(&c.h, -1);
    assert_false(schnorr_split(&c));
}

static void decoding_refuses(void **state) {
    (void)state;
    struct fixture f;
    uint8_t good[SCHNORR_SIGNATURE_LEN], bytes[SCHNORR_SIGNATURE_LEN];
    struct schnorr_signature back;
    make(&f, 14);
    schnorr_encode(good, &f.sig);
    for (unsigned part = 0; part < 3; part++) {
        memcpy(bytes, good, sizeof bytes);
        memset(bytes + (size_t)32 * part, 0xff, 32);
        assert_false(schnorr_decode(&back, bytes));
    }
    assert_false(schnorr_key_from_seed(&f.key, good, SCHNORR_SEED_MIN - 1));
    schnorr_key_wipe(&f.key);
    static const struct schnorr_key zero;
    assert_memory_equal(&f.key, &zero, sizeof zero);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(round_trips),
        cmocka_unit_test(equation_holds),
        cmocka_unit_test(signing_is_deterministic),
        cmocka_unit_test(every_component_counts),
        cmocka_unit_test(s_above_l_is_refused),
        cmocka_unit_test(torsion_is_not_ignored),
        cmocka_unit_test(mixed_order_key),
        cmocka_unit_test(split_is_canonical),
        cmocka_unit_test(decoding_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
