/* Four elements of Fq side by side, multiplied with AVX2's floating-point fused multiply-add: on
 * processors without 52-bit integer multiply-add the fastest way to many independent products.
 * Internal to src/crypto; every function needs AVX2 and FMA and the default rounding mode.
 *
 * Representation. A value is sum_i l_i 2^(51 i), i < 5, with signed limbs, modulo r. Multiplication
 * is Montgomery's with 2^255: fr4_mul_pair gives a b / 2^255 mod r. Fields in memory are in
 * Montgomery form for 2^256 (fr.h); who mixes the two keeps count of the powers of two.
 *
 * Exact products by rounding. For |a b| < 2^102 and c1 = 1.5 * 2^103, whose unit in the last place
 * is 2^51: hi = fma(a, b, c1) is c1 + 2^51 k with k = a b / 2^51 rounded to nearest, so the bits of
 * hi, as an integer, are those of c1 plus k; and lo = fma(a, b, c2 - hi), c2 = c1 + 1.5 * 2^52, is
 * exactly 1.5 * 2^52 + (a b - 2^51 k), its bits those of 1.5 * 2^52 plus the remainder, |.| <=
 * 2^50. Columns of the product are sums of such bits as 64-bit integers; the constants are
 * subtracted beforehand, in the columns' initial values. (The method: Emmart, Zheng, Weems, "Faster
 * modular exponentiation using double precision floating point arithmetic on the GPU", ARITH 2018.)
 *
 * Reduction. Columns 0..3 are normalised to digits t_k, |t_k| <= 2^50, and replaced by t_k D_k,
 * D_k = 2^(51 (k - 4)) mod r, |D_k| < r/2: all twenty products are independent. One Montgomery step
 * divides by the last 2^51. With |a| <= A r and |b| <= B r the result is below
 *     (0.3781 A B + 1.0079) r   in absolute value,
 * 0.3781 being r / 2^255 and 1.0079 = 1/2 + sum_k |D_k| / (2 r).
 *
 * A factor's limbs must be below 2^51 in absolute value; the callers say why theirs are. */
#ifndef ZKLINK_CRYPTO_FR_AVX2_H
#define ZKLINK_CRYPTO_FR_AVX2_H

#include "crypto/fr.h"

#if defined(__x86_64__)

#include <immintrin.h>

#define FR4 __attribute__((target("avx2,fma"), always_inline)) static inline

/* Limbs as doubles: a factor. Limbs as integers: a sum. */
typedef struct {
    __m256d l[5];
} fr4;
typedef struct {
    __m256i l[5];
} fr4_sum;

/* The bits of 1.5 * 2^52 and of 1.5 * 2^103; what columns with n low and m high parts start from.
 */
#define FR4_LO_BITS 0x4338000000000000ULL
#define FR4_HI_BITS 0x4668000000000000ULL
#define FR4_START(n, m) (0ULL - ((n)*FR4_LO_BITS + (m)*FR4_HI_BITS))
/* Added to a column to make it positive and its digit balanced: shifted down it is 2^9, and the
 * next column takes that off. */
#define FR4_BIAS ((1ULL << 60) + (1ULL << 50))
#define FR4_CARRY_BIAS (1ULL << 9)
#define FR4_DIGIT_MASK ((1ULL << 51) - 1)

#define FR4_ALL(x)                                                                                 \
    { (x), (x), (x), (x) }
typedef double fr4_constant[4];
_Alignas(32) static const fr4_constant FR4_D[4][5] = {
    {FR4_ALL(857551661901772.0), FR4_ALL(63432840326867.0), FR4_ALL(839435878304968.0),
     FR4_ALL(224960744511728.0), FR4_ALL(90387908226064.0)},
    {FR4_ALL(-709945163781197.0), FR4_ALL(-632281280537692.0), FR4_ALL(-461356332869917.0),
     FR4_ALL(-277864373396105.0), FR4_ALL(-415451570742830.0)},
    {FR4_ALL(920975380702695.0), FR4_ALL(668154813258919.0), FR4_ALL(1098901187971648.0),
     FR4_ALL(-1020332017222712.0), FR4_ALL(150290580743763.0)},
    {FR4_ALL(102016710444964.0), FR4_ALL(-477029361072262.0), FR4_ALL(624454531360320.0),
     FR4_ALL(-269735390174723.0), FR4_ALL(208497190621298.0)}};
/* r in signed digits, and -1/r mod 2^51 */
_Alignas(32) static const fr4_constant FR4_R[5] = {
    FR4_ALL(551490712240129.0), FR4_ALL(298204647270524.0), FR4_ALL(-557033826758751.0),
    FR4_ALL(22935798733633.0), FR4_ALL(851317936231194.0)};
_Alignas(32) static const fr4_constant FR4_NEG_INV = FR4_ALL(551490712240127.0);
_Alignas(32) static const fr4_constant FR4_C1 = FR4_ALL(0x1.8p103);
_Alignas(32) static const fr4_constant FR4_C2 = FR4_ALL(0x1.8p103 + 0x1.8p52);
/* r in limbs 0 .. 2^51 - 1 */
static const uint64_t FR4_R_LIMBS[5] = {551490712240129ULL, 298204647270524ULL, 1694765986926497ULL,
                                        22935798733632ULL, 851317936231194ULL};
#define FR4_R_VALUE 21888242871839275222246405745257275088548364400416034343698204186575808495617.0
#define FR4_R_TOP 851317936231194ULL /* r >> 204 */

FR4 __m256i fr4_const(uint64_t v) {
    return _mm256_set1_epi64x((long long)v);
}

/* lo column += a b - 2^51 k, hi column += k, up to the constants. In assembly because compilers
 * reorder the sums of columns and run out of registers. */
FR4 void fr4_product(__m256i *lo_column, __m256i *hi_column, __m256d a, __m256d b) {
    const __m256d c1 = _mm256_load_pd(FR4_C1), c2 = _mm256_load_pd(FR4_C2);
    __m256d hi, lo;
    __asm__("vmovapd %[c1], %[hi]\n\t"
            "vfmadd231pd %[b], %[a], %[hi]\n\t"
            "vsubpd %[hi], %[c2], %[lo]\n\t"
            "vfmadd231pd %[b], %[a], %[lo]\n\t"
            "vpaddq %[hi], %[high], %[high]\n\t"
            "vpaddq %[lo], %[low], %[low]"
            : [hi] "=&x"(hi), [lo] "=&x"(lo), [high] "+&x"(*hi_column), [low] "+&x"(*lo_column)
            : [a] "x"(a), [b] "xm"(b), [c1] "x"(c1), [c2] "x"(c2));
}

FR4 __m256d fr4_load_constant(const fr4_constant *c) {
    return _mm256_load_pd(*c);
}

/* The digit of a biased column, as a double in -2^50 .. 2^50 - 1; *carry = the column >> 51. */
FR4 __m256d fr4_digit(__m256i *carry, __m256i biased) {
    const __m256d low = _mm256_castsi256_pd(_mm256_or_si256(
        _mm256_and_si256(biased, fr4_const(FR4_DIGIT_MASK)), fr4_const(0x4330000000000000ULL)));
    *carry = _mm256_srli_epi64(biased, 51);
    return _mm256_sub_pd(low, _mm256_set1_pd(0x1p52 + 0x1p50));
}

/* An integer below 2^51 in absolute value as a double. */
FR4 __m256d fr4_to_double(__m256i v) {
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_add_epi64(v, fr4_const(FR4_LO_BITS))),
                         _mm256_set1_pd(0x1.8p52));
}

/* Two products are computed together, step by step, so that one's arithmetic fills the other's
 * latencies: a single product is a chain of some 130 cycles that needs 70 cycles of the units. */
enum { FR4_PAIR = 2 };

/* Columns of a product. */
typedef struct {
    __m256i c[10];
} fr4_columns;

/* What column k of a product with n low and m high parts starts from: with the reduction's five
 * rows (four D_k, one r) and the biases of columns 0..4. */
#define FR4_COLUMN(k, n, m)                                                                        \
    FR4_ALL(FR4_START((n) + ((k) == 4             ? 4ULL                                           \
                             : (k) > 4 && (k) < 9 ? 5ULL                                           \
                                                  : 0ULL),                                         \
                      (m) + ((k) > 4 ? 5ULL : 0ULL)) +                                             \
            ((k) < 5 ? FR4_BIAS : 0) - ((k) > 0 && (k) < 6 ? FR4_CARRY_BIAS : 0))
_Alignas(32) static const uint64_t FR4_MUL_COLUMNS[10][4] = {
    FR4_COLUMN(0, 1ULL, 0ULL), FR4_COLUMN(1, 2ULL, 1ULL), FR4_COLUMN(2, 3ULL, 2ULL),
    FR4_COLUMN(3, 4ULL, 3ULL), FR4_COLUMN(4, 5ULL, 4ULL), FR4_COLUMN(5, 4ULL, 5ULL),
    FR4_COLUMN(6, 3ULL, 4ULL), FR4_COLUMN(7, 2ULL, 3ULL), FR4_COLUMN(8, 1ULL, 2ULL),
    FR4_COLUMN(9, 0ULL, 1ULL)};
_Alignas(32) static const uint64_t FR4_SQR_COLUMNS[10][4] = {
    FR4_COLUMN(0, 1ULL, 0ULL), FR4_COLUMN(1, 1ULL, 1ULL), FR4_COLUMN(2, 2ULL, 1ULL),
    FR4_COLUMN(3, 2ULL, 2ULL), FR4_COLUMN(4, 3ULL, 2ULL), FR4_COLUMN(5, 2ULL, 3ULL),
    FR4_COLUMN(6, 2ULL, 2ULL), FR4_COLUMN(7, 1ULL, 2ULL), FR4_COLUMN(8, 1ULL, 1ULL),
    FR4_COLUMN(9, 0ULL, 1ULL)};

FR4 void fr4_start(fr4_columns *r, const uint64_t start[10][4]) {
#pragma GCC unroll 10
    for (int k = 0; k < 10; k++) {
        r->c[k] = _mm256_load_si256((const __m256i *)(const void *)start[k]);
    }
}

/* The columns of a b. */
FR4 void fr4_multiply(fr4_columns *r, const fr4 *a, const fr4 *b) {
    fr4_start(r, FR4_MUL_COLUMNS);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) {
            fr4_product(&r->c[i + j], &r->c[i + j + 1], a->l[i], b->l[j]);
        }
    }
}

/* The columns of a^2; a's limbs but the top one at most 2^50. */
FR4 void fr4_square(fr4_columns *r, const fr4 *a) {
    fr4_start(r, FR4_SQR_COLUMNS);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        const __m256d twice = _mm256_add_pd(a->l[i], a->l[i]);
        fr4_product(&r->c[2 * i], &r->c[2 * i + 1], a->l[i], a->l[i]);
#pragma GCC unroll 5
        for (int j = i + 1; j < 5; j++) {
            fr4_product(&r->c[i + j], &r->c[i + j + 1], twice, a->l[j]);
        }
    }
}

/* Digits 0..3 of the columns; their carry into column 4. */
FR4 void fr4_low_digits(__m256d digit[4], fr4_columns *t) {
    __m256i carry = _mm256_setzero_si256();
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        digit[k] = fr4_digit(&carry, _mm256_add_epi64(t->c[k], carry));
    }
    t->c[4] = _mm256_add_epi64(t->c[4], carry);
}

/* Columns 4.. += digit_k D_k. */
FR4 void fr4_replace_digits(fr4_columns *t, const __m256d digit[4]) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) {
            fr4_product(&t->c[4 + j], &t->c[5 + j], digit[k], fr4_load_constant(&FR4_D[k][j]));
        }
    }
}

/* m = -t/r mod 2^51 for column 4's digit t, in -2^50 .. 2^50; its carry into column 5. */
FR4 __m256d fr4_last_multiplier(fr4_columns *t) {
    const __m256d c1 = fr4_load_constant(&FR4_C1), inv = fr4_load_constant(&FR4_NEG_INV);
    __m256i carry;
    const __m256d d = fr4_digit(&carry, t->c[4]);
    t->c[5] = _mm256_add_epi64(t->c[5], carry);
    return _mm256_fmadd_pd(d, inv, _mm256_sub_pd(c1, _mm256_fmadd_pd(d, inv, c1)));
}

/* r = (columns 4.. + m r) / 2^51. Column 4's digit plus the low part of m q_0 is 0 or -2^51. */
FR4 void fr4_last_step(fr4_sum *r, fr4_columns *t, __m256d m) {
    __m256i rest = _mm256_and_si256(t->c[4], fr4_const(FR4_DIGIT_MASK));
    fr4_product(&rest, &t->c[5], m, fr4_load_constant(&FR4_R[0]));
    rest = _mm256_cmpgt_epi64(fr4_const(FR4_LO_BITS + (1ULL << 50)), rest);
    t->c[5] = _mm256_add_epi64(t->c[5], rest);
#pragma GCC unroll 4
    for (int j = 1; j < 5; j++) {
        fr4_product(&t->c[4 + j], &t->c[5 + j], m, fr4_load_constant(&FR4_R[j]));
    }
#pragma GCC unroll 5
    for (int j = 0; j < 5; j++) {
        r->l[j] = t->c[5 + j];
    }
}

/* r[i] = the columns t[i] / 2^255: columns not normalised, below 2^56 in absolute value. */
FR4 void fr4_reduce_pair(fr4_sum r[FR4_PAIR], fr4_columns t[FR4_PAIR]) {
    __m256d digit[FR4_PAIR][4], m[FR4_PAIR];
    fr4_low_digits(digit[0], &t[0]);
    fr4_low_digits(digit[1], &t[1]);
    fr4_replace_digits(&t[0], digit[0]);
    m[0] = fr4_last_multiplier(&t[0]);
    fr4_replace_digits(&t[1], digit[1]);
    m[1] = fr4_last_multiplier(&t[1]);
    fr4_last_step(&r[0], &t[0], m[0]);
    fr4_last_step(&r[1], &t[1], m[1]);
}

FR4 void fr4_mul_sum_pair(fr4_sum r[FR4_PAIR], const fr4 a[FR4_PAIR], const fr4 b[FR4_PAIR]) {
    fr4_columns t[FR4_PAIR];
    fr4_multiply(&t[0], &a[0], &b[0]);
    fr4_multiply(&t[1], &a[1], &b[1]);
    fr4_reduce_pair(r, t);
}

FR4 void fr4_sqr_sum_pair(fr4_sum r[FR4_PAIR], const fr4 a[FR4_PAIR]) {
    fr4_columns t[FR4_PAIR];
    fr4_square(&t[0], &a[0]);
    fr4_square(&t[1], &a[1]);
    fr4_reduce_pair(r, t);
}

/* Limbs of at most 2^50 but for the top one, as a factor. */
FR4 void fr4_normalize(fr4 *r, const fr4_sum *a) {
    __m256i carry = fr4_const(FR4_CARRY_BIAS);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m256i biased = _mm256_add_epi64(
            _mm256_add_epi64(a->l[i], fr4_const(FR4_BIAS - FR4_CARRY_BIAS)), carry);
        r->l[i] = fr4_digit(&carry, biased);
    }
    carry = _mm256_sub_epi64(carry, fr4_const(FR4_CARRY_BIAS));
    r->l[4] = fr4_to_double(_mm256_add_epi64(a->l[4], carry));
}

/* r[i] = a[i] b[i] / 2^255, as factors. */
FR4 void fr4_mul_pair(fr4 r[FR4_PAIR], const fr4 a[FR4_PAIR], const fr4 b[FR4_PAIR]) {
    fr4_sum t[FR4_PAIR];
    fr4_mul_sum_pair(t, a, b);
    fr4_normalize(&r[0], &t[0]);
    fr4_normalize(&r[1], &t[1]);
}

FR4 void fr4_sum_add(fr4_sum *r, const fr4_sum *a, const fr4_sum *b) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_add_epi64(a->l[i], b->l[i]);
    }
}

FR4 void fr4_sum_sub(fr4_sum *r, const fr4_sum *a, const fr4_sum *b) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_sub_epi64(a->l[i], b->l[i]);
    }
}

/* Limbs below 2^51 in absolute value, not normalised, as a factor. */
FR4 void fr4_from_sum(fr4 *r, const fr4_sum *a) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = fr4_to_double(a->l[i]);
    }
}

/* Four rows of four words to four columns, and back. */
FR4 void fr4_transpose(__m256i v[4]) {
    const __m256i a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    const __m256i c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* The limbs, 0 .. 2^51 - 1, of four elements' stored integers. */
FR4 void fr4_load(fr4_sum *r, const fr *a0, const fr *a1, const fr *a2, const fr *a3) {
    const __m256i mask = fr4_const(FR4_DIGIT_MASK);
    __m256i w[4] = {
        _mm256_loadu_si256((const __m256i *)(const void *)a0->l),
        _mm256_loadu_si256((const __m256i *)(const void *)a1->l),
        _mm256_loadu_si256((const __m256i *)(const void *)a2->l),
        _mm256_loadu_si256((const __m256i *)(const void *)a3->l),
    };
    fr4_transpose(w);
    r->l[0] = _mm256_and_si256(w[0], mask);
    r->l[1] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[0], 51), _mm256_slli_epi64(w[1], 13)), mask);
    r->l[2] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[1], 38), _mm256_slli_epi64(w[2], 26)), mask);
    r->l[3] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[2], 25), _mm256_slli_epi64(w[3], 39)), mask);
    r->l[4] = _mm256_srli_epi64(w[3], 12);
}

/* Rows of the stored integers of a, |a| < 8 r and columns below 2^57, reduced to 0 .. r but for the
 * lanes of the returned mask, where the integer may be up to r (1 + 2^-37) and the caller takes r
 * off if that is not negative.
 *
 * The quotient is estimated from the top column alone: 8 bits of it are lost, and the lower
 * columns' carries (below 2^7) ignored; 2^-38 is taken off so that it is never too large. *limbs
 * are the result's, 0 .. 2^51 - 1. */
FR4 int fr4_store_rows(__m256i row[4], fr4_sum *limbs, const fr4_sum *a) {
    const double units = 0x1p212 / FR4_R_VALUE;
    const __m256i top = _mm256_srli_epi64(_mm256_add_epi64(a->l[4], fr4_const(1ULL << 58)), 8);
    const __m256d estimate = _mm256_fmadd_pd(
        _mm256_castsi256_pd(_mm256_or_si256(top, fr4_const(0x4330000000000000ULL))),
        _mm256_set1_pd(units), _mm256_set1_pd(-((0x1p52 + 0x1p50) * units + 0.5 + 0x1p-38)));
    const __m256d magic = _mm256_set1_pd(0x1.8p52);
    const __m256d minus_quotient = _mm256_sub_pd(magic, _mm256_add_pd(estimate, magic));
    /* r = a - quotient r, biased by 2^60 to be positive, then carried to limbs 0 .. 2^51 - 1 */
    const uint64_t bias = (1ULL << 60) - FR4_CARRY_BIAS;
    const __m256i mask = fr4_const(FR4_DIGIT_MASK);
    __m256i l[6] = {_mm256_add_epi64(a->l[0], fr4_const(FR4_START(1ULL, 0ULL) + bias)),
                    _mm256_add_epi64(a->l[1], fr4_const(FR4_START(1ULL, 1ULL) + bias)),
                    _mm256_add_epi64(a->l[2], fr4_const(FR4_START(1ULL, 1ULL) + bias)),
                    _mm256_add_epi64(a->l[3], fr4_const(FR4_START(1ULL, 1ULL) + bias)),
                    _mm256_add_epi64(a->l[4], fr4_const(FR4_START(1ULL, 1ULL) - FR4_CARRY_BIAS)),
                    _mm256_setzero_si256()};
#pragma GCC unroll 5
    for (int j = 0; j < 5; j++) {
        fr4_product(&l[j], &l[j + 1], minus_quotient, fr4_load_constant(&FR4_R[j]));
    }
    l[4] = _mm256_add_epi64(l[4], _mm256_slli_epi64(l[5], 51)); /* the constant is shifted out */
    l[0] = _mm256_add_epi64(l[0], fr4_const(FR4_CARRY_BIAS));
#pragma GCC unroll 4
    for (int j = 0; j < 4; j++) {
        l[j + 1] = _mm256_add_epi64(l[j + 1], _mm256_srli_epi64(l[j], 51));
        l[j] = _mm256_and_si256(l[j], mask);
    }
#pragma GCC unroll 5
    for (int j = 0; j < 5; j++) {
        limbs->l[j] = l[j];
    }
    row[0] = _mm256_or_si256(l[0], _mm256_slli_epi64(l[1], 51));
    row[1] = _mm256_or_si256(_mm256_srli_epi64(l[1], 13), _mm256_slli_epi64(l[2], 38));
    row[2] = _mm256_or_si256(_mm256_srli_epi64(l[2], 26), _mm256_slli_epi64(l[3], 25));
    row[3] = _mm256_or_si256(_mm256_srli_epi64(l[3], 39), _mm256_slli_epi64(l[4], 12));
    fr4_transpose(row);
    return _mm256_movemask_pd(
        _mm256_castsi256_pd(_mm256_cmpgt_epi64(l[4], fr4_const(FR4_R_TOP - 1))));
}

#endif
#endif
