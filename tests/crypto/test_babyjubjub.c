/* Baby Jubjub against published points, and its fast multiplications against the slow one. Vectors:
 * EIP-2494 (generator G, base B = 8 G, order) and iden3/circomlibjs test/babyjub.js (P, Q and their
 * sums and multiples); EIP-2494's addition formulas are also evaluated as they stand. */
#include "crypto/babyjubjub.h"

#include <setjmp.h>
#include <stdarg.h>

#include <cmocka.h>
#include <gmp.h>

static fr dec(const char *text) {
    mpz_t v;
    uint64_t limbs[4] = {0, 0, 0, 0};
    fr out;
    assert_int_equal(mpz_init_set_str(v, text, 10), 0);
    assert_true(mpz_sizeinbase(v, 2) <= 256);
    (void)mpz_export(limbs, NULL, -1, 8, 0, 0, v);
    mpz_clear(v);
    assert_true(fr_from_limbs(&out, limbs));
    return out;
}

static bjj_affine point(const char *x, const char *y) {
    return (bjj_affine){dec(x), dec(y)};
}

#define PX "17777552123799933955779906779655732241715742912184938656739573121738514868268"
#define PY "2626589144620713026669568689430873010625803728049924121243784502389097019475"
#define QX "16540640123574156134436876038791482806971768689494387082833631921987005038935"
#define QY "20819045374670962167435360035096875258406992893633759881276124905556507972311"
#define GX "995203441582195749578291179787384436505546430278305826713579947235728471134"
#define GY "5472060717959818805561601436314318772137091100104008585924551046643952123905"
#define BX "5299619240641551281634865583518297030282874472190772894086521144482721001553"
#define BY "16950150798460657717958625567821834550301663161624707787222815936182638968203"

static bool same(const bjj_affine *a, const bjj_affine *b) {
    return fr_eq(&a->x, &b->x) && fr_eq(&a->y, &b->y);
}

static void assert_is(const bjj_point *p, const bjj_affine *want) {
    bjj_affine a;
    bjj_to_affine(&a, p);
    assert_true(same(&a, want));
    assert_true(bjj_eq_affine(p, want));
}

static bjj_point lift(bjj_affine a) {
    bjj_point p;
    assert_true(bjj_is_on_curve(&a));
    bjj_from_affine(&p, &a);
    return p;
}

/* EIP-2494's formulas, one inversion for each coordinate. */
static bjj_affine slow_add(const bjj_affine *p, const bjj_affine *q) {
    fr a, d, t, u, v, xx, yy, den;
    bjj_affine r;
    fr_from_u64(&a, BJJ_A);
    fr_from_u64(&d, BJJ_D);
    fr_mul(&xx, &p->x, &q->x);
    fr_mul(&yy, &p->y, &q->y);
    fr_mul(&t, &xx, &yy);
    fr_mul(&t, &t, &d);
    fr_mul(&u, &p->x, &q->y);
    fr_mul(&v, &p->y, &q->x);
    fr_add(&u, &u, &v);
    fr_add(&den, &FR_ONE, &t);
    fr_inv(&den, &den);
    fr_mul(&r.x, &u, &den);
    fr_mul(&v, &a, &xx);
    fr_sub(&v, &yy, &v);
    fr_sub(&den, &FR_ONE, &t);
    fr_inv(&den, &den);
    fr_mul(&r.y, &v, &den);
    return r;
}

static void published_sums(void **state) {
    (void)state;
    bjj_point p = lift(point(PX, PY)), q = lift(point(QX, QY)), r, id;
    bjj_affine want =
        point("6890855772600357754907169075114257697580319025794532037257385534741338397365",
              "4338620300185947561074059802482547481416142213883829469920100239455078257889");
    bjj_add(&r, &p, &p);
    assert_is(&r, &want);
    bjj_dbl(&r, &p);
    assert_is(&r, &want);
    bjj_add(&r, &r, &p);
    want = point("19372461775513343691590086534037741906533799473648040012278229434133483800898",
                 "9458658722007214007257525444427903161243386465067105737478306991484593958249");
    assert_is(&r, &want);
    bjj_mul(&r, &p, (const uint64_t[4]){3, 0, 0, 0});
    assert_is(&r, &want);
    bjj_add(&r, &p, &q);
    want = point("7916061937171219682591368294088513039687205273691143098332585753343424131937",
                 "14035240266687799601661095864649209771790948434046947201833777492504781204499");
    assert_is(&r, &want);
    bjj_identity(&id);
    bjj_add(&r, &id, &id);
    assert_is(&r, &BJJ_IDENTITY);
    bjj_neg(&r, &p);
    bjj_add(&r, &r, &p);
    assert_is(&r, &BJJ_IDENTITY);
}

static void published_points(void **state) {
    (void)state;
    bjj_affine g = point(GX, GY), b = point(BX, BY);
    bjj_point r, p = lift(g);
    assert_true(same(&b, &BJJ_BASE));
    assert_true(same(&BJJ_IDENTITY, &(bjj_affine){FR_ZERO, FR_ONE}));
    for (int i = 0; i < 3; i++) {
        bjj_dbl(&p, &p);
    }
    assert_is(&p, &b);
    bjj_mul(&r, &p, BJJ_ORDER);
    assert_is(&r, &BJJ_IDENTITY);
    p = lift(g);
    bjj_mul(&r, &p, BJJ_ORDER); /* of order 8 exactly: G generates all 8 l points */
    bjj_affine small;
    bjj_to_affine(&small, &r);
    assert_false(same(&small, &BJJ_IDENTITY));
    assert_true(bjj_is_small_order(&small));
    bjj_dbl(&r, &r);
    bjj_dbl(&r, &r);
    bjj_to_affine(&small, &r);
    fr minus_one;
    fr_from_i64(&minus_one, -1);
    assert_true(same(&small, &(bjj_affine){FR_ZERO, minus_one})); /* the point of order 2 */
}

static void next_scalar(uint64_t k[4], uint64_t *seed) {
    for (int i = 0; i < 4; i++) {
        *seed = *seed * 6364136223846793005ULL + 1442695040888963407ULL;
        k[i] = *seed ^ (*seed >> 29);
    }
}

static void additions_follow_the_formulas(void **state) {
    (void)state;
    bjj_affine a = point(PX, PY), b = point(GX, GY), c;
    for (int i = 0; i < 64; i++) {
        bjj_point p = lift(a), q = lift(b), r;
        bjj_add(&r, &p, &q);
        bjj_dbl(&r, &r); /* Z is not 1 any more */
        bjj_add(&r, &r, &p);
        c = slow_add(&a, &b);
        c = slow_add(&c, &c);
        c = slow_add(&c, &a);
        assert_is(&r, &c);
        a = b;
        b = c;
    }
}

/* Double-and-add over the plain formulas. */
static bjj_affine slow_mul(const bjj_affine *p, const uint64_t k[4]) {
    bjj_affine acc = BJJ_IDENTITY;
    for (int i = 255; i >= 0; i--) {
        acc = slow_add(&acc, &acc);
        if ((k[i / 64] >> (i % 64)) & 1) {
            acc = slow_add(&acc, p);
        }
    }
    return acc;
}

static void multiplications_agree(void **state) {
    (void)state;
    static const uint64_t edges[][4] = {
        {0, 0, 0, 0},
        {1, 0, 0, 0},
        {15, 0, 0, 0},
        {16, 0, 0, 0},
        {31, 0, 0, 0},
        {UINT64_MAX, UINT64_MAX, UINT64_MAX, UINT64_MAX},
        {0, 0, 0, 1ULL << 63},
        {UINT64_MAX, UINT64_MAX, 0, 0},
        {0x677297dc392126f0ULL, 0xab3eedb83920ee0aULL, 0x370a08b6d0302b0bULL,
         0x060c89ce5c263405ULL},
    };
    enum { EDGES = sizeof edges / sizeof edges[0] };
    uint64_t seed = 1, k[4], s[4];
    bjj_affine g = point(GX, GY); /* not in the subgroup of prime order */
    for (size_t i = 0; i < EDGES + 12; i++) {
        next_scalar(s, &seed);
        if (i < EDGES) {
            memcpy(k, edges[i], sizeof k);
        } else {
            next_scalar(k, &seed);
        }
        bjj_affine want = slow_mul(&g, k), sb = slow_mul(&BJJ_BASE, k), sum;
        bjj_point p = lift(g), r;
        bjj_mul(&r, &p, k);
        assert_is(&r, &want);
        bjj_mul_var(&r, &p, k);
        assert_is(&r, &want);
        sum = slow_mul(&g, s);
        sum = slow_add(&sb, &sum);
        bjj_mul_base_add_var(&r, k, &p, s);
        assert_is(&r, &sum);
    }
}

static void window_table_entries(void **state) {
    (void)state;
    const bjj_affine *table = bjj_window_table();
    static const unsigned samples[][2] = {{0, 0},  {0, 1},  {0, 255}, {1, 0},    {1, 1},
                                          {7, 77}, {31, 0}, {31, 1},  {31, 255}, {16, 128}};
    for (size_t i = 0; i < sizeof samples / sizeof samples[0]; i++) {
        unsigned w = samples[i][0], byte = samples[i][1];
        uint64_t k[4] = {0, 0, 0, 0};
        k[w / 8] = (uint64_t)byte << (8 * (w % 8));
        bjj_affine want = slow_mul(&BJJ_BASE, k);
        assert_true(same(&table[256 * w + byte], &want));
    }
}

static void decoding_is_canonical(void **state) {
    (void)state;
    uint8_t bytes[64], r_be[32];
    bjj_affine p = point(PX, PY), q;
    bjj_encode(bytes, &p);
    assert_true(bjj_decode(&q, bytes));
    assert_true(same(&p, &q));
    assert_true(bjj_key_check(&q));
    bytes[63] ^= 1; /* off the curve */
    assert_false(bjj_decode(&q, bytes));
    assert_true(fr_is_zero(&q.x) && fr_is_zero(&q.y));

    for (int i = 0; i < 32; i++) { /* (0, 1) with x = r instead of 0 */
        r_be[i] = (uint8_t)(FR_MODULUS[3 - i / 8] >> (8 * (7 - i % 8)));
    }
    bjj_encode(bytes, &BJJ_IDENTITY);
    assert_true(bjj_decode(&q, bytes));
    memcpy(bytes, r_be, 32);
    assert_false(bjj_decode(&q, bytes));
}

/* The eight points of order dividing 8 are multiples of l G; no one of them is a key, nor is (0,0),
 * nor a point off the curve. */
static void bad_keys_are_refused(void **state) {
    (void)state;
    bjj_point p = lift(point(GX, GY)), torsion;
    bjj_mul(&torsion, &p, BJJ_ORDER);
    bjj_identity(&p);
    for (int i = 0; i < 8; i++) {
        bjj_affine a;
        bjj_to_affine(&a, &p);
        assert_true(bjj_is_on_curve(&a));
        assert_false(bjj_key_check(&a));
        bjj_add(&p, &p, &torsion);
    }
    assert_is(&p, &BJJ_IDENTITY);
    bjj_affine off = {FR_ZERO, FR_ZERO};
    assert_false(bjj_key_check(&off));
    off = point(PX, QY);
    assert_false(bjj_key_check(&off));
    bjj_affine g = point(GX, GY);
    assert_true(bjj_key_check(&g));
}

static void scalars_against_gmp(void **state) {
    (void)state;
    uint64_t seed = 7, wide[8], a[4], b[4], c[4], got[4];
    mpz_t l, x, y, z;
    mpz_inits(l, x, y, z, NULL);
    mpz_import(l, 4, -1, 8, 0, 0, BJJ_ORDER);
    for (int i = 0; i < 60; i++) {
        next_scalar(wide, &seed);
        next_scalar(wide + 4, &seed);
        next_scalar(a, &seed);
        next_scalar(b, &seed);
        next_scalar(c, &seed);
        if (i == 0) {
            memset(wide, 0xff, sizeof wide);
            memset(a, 0xff, sizeof a);
            memset(b, 0xff, sizeof b);
            memset(c, 0xff, sizeof c);
        } else if (i == 1) {
            memset(wide, 0, sizeof wide);
            memcpy(wide, BJJ_ORDER, sizeof a);
        }
        uint64_t want[4] = {0, 0, 0, 0};
        mpz_import(x, 8, -1, 8, 0, 0, wide);
        mpz_mod(x, x, l);
        (void)mpz_export(want, NULL, -1, 8, 0, 0, x);
        bjj_scalar_reduce(got, wide);
        assert_memory_equal(got, want, sizeof want);
        assert_true(bjj_scalar_is_canonical_var(got));
        mpz_import(x, 4, -1, 8, 0, 0, a);
        mpz_import(y, 4, -1, 8, 0, 0, b);
        mpz_import(z, 4, -1, 8, 0, 0, c);
        mpz_addmul(z, x, y);
        mpz_mod(z, z, l);
        memset(want, 0, sizeof want);
        (void)mpz_export(want, NULL, -1, 8, 0, 0, z);
        bjj_scalar_mul_add(got, a, b, c);
        assert_memory_equal(got, want, sizeof want);
    }
    assert_false(bjj_scalar_is_canonical_var(BJJ_ORDER));
    mpz_clears(l, x, y, z, NULL);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(published_sums),
        cmocka_unit_test(published_points),
        cmocka_unit_test(additions_follow_the_formulas),
        cmocka_unit_test(multiplications_agree),
        cmocka_unit_test(window_table_entries),
        cmocka_unit_test(decoding_is_canonical),
        cmocka_unit_test(bad_keys_are_refused),
        cmocka_unit_test(scalars_against_gmp),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
