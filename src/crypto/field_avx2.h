/* Four elements of a prime field side by side, multiplied with AVX2's floating-point fused
 * multiply-add: on processors without 52-bit integer multiply-add the fastest way to many
 * independent products. Every function needs AVX2 and FMA and the default rounding mode.
 *
 * Representation. A value is sum_i l_i 2^(51 i), i < 5, with signed limbs, modulo p. Multiplication
 * is Montgomery's with 2^255: mul_pair gives a b / 2^255 mod p. Fields in memory are in
 * Montgomery form for 2^256 (field_decl.h); who mixes the two keeps count of the powers of two.
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
 * D_k = 2^(51 (k - 4)) mod p, |D_k| < p/2: all twenty products are independent. One Montgomery step
 * divides by the last 2^51. With |a| <= A p and |b| <= B p the result is below
 *     (0.3781 A B + E) p   in absolute value,
 * 0.3781 being p / 2^255 and E = 1/2 + sum_k |D_k| / (2 p): 0.9994 for Fq, 1.0079 for Fr.
 *
 * A factor's limbs must be below 2^51 in absolute value; the callers say why theirs are.
 *
 * A template like field_decl.h: fq_avx2.h and fr_avx2.h define FIELD4 (the type's name and the
 * functions' prefix), FIELD4_SCALAR (one element), FIELD4_D (the D_k in signed 51-bit digits, low
 * digit first), FIELD4_P (p likewise), FIELD4_NEG_INV (-1/p mod 2^51, below 2^50 in absolute
 * value), FIELD4_P_VALUE (p as a double) and FIELD4_P_TOP (p >> 204), then include this file. */
#ifndef ZKLINK_CRYPTO_FIELD_AVX2_ONCE
#define ZKLINK_CRYPTO_FIELD_AVX2_ONCE

#include <immintrin.h>
#include <stdint.h>

#define FIELD4_FN(name) FIELD_CAT(FIELD4, name)
#define FIELD4_INLINE __attribute__((target("avx2,fma"), always_inline)) static inline

/* The bits of 1.5 * 2^52 and of 1.5 * 2^103; what columns with n low and m high parts start from.
 */
#define FIELD4_LO_BITS 0x4338000000000000ULL
#define FIELD4_HI_BITS 0x4668000000000000ULL
#define FIELD4_START(n, m) (0ULL - ((n)*FIELD4_LO_BITS + (m)*FIELD4_HI_BITS))
/* Added to a column to make it positive and its digit balanced: shifted down it is 2^9, and the
 * next column takes that off. */
#define FIELD4_BIAS ((1ULL << 60) + (1ULL << 50))
#define FIELD4_CARRY_BIAS (1ULL << 9)
#define FIELD4_DIGIT_MASK ((1ULL << 51) - 1)

#define FIELD4_ALL(x)                                                                              \
    { (x), (x), (x), (x) }
typedef double FIELD4_CONSTANT[4];
_Alignas(32) static const FIELD4_CONSTANT FIELD4_C1 = FIELD4_ALL(0x1.8p103);
_Alignas(32) static const FIELD4_CONSTANT FIELD4_C2 = FIELD4_ALL(0x1.8p103 + 0x1.8p52);

/* Two products are computed together, step by step, so that one's arithmetic fills the other's
 * latencies: a single product is a chain of some 130 cycles that needs 70 cycles of the units. */
enum { FIELD4_PAIR = 2 };

/* What column k of a product with n low and m high parts starts from: with the reduction's five
 * rows (four D_k, one p) and the biases of columns 0..4. */
#define FIELD4_COLUMN(k, n, m)                                                                     \
    FIELD4_ALL(FIELD4_START((n) + ((k) == 4             ? 4ULL                                     \
                                   : (k) > 4 && (k) < 9 ? 5ULL                                     \
                                                        : 0ULL),                                   \
                            (m) + ((k) > 4 ? 5ULL : 0ULL)) +                                       \
               ((k) < 5 ? FIELD4_BIAS : 0) - ((k) > 0 && (k) < 6 ? FIELD4_CARRY_BIAS : 0))
_Alignas(32) static const uint64_t FIELD4_MUL_COLUMNS[10][4] = {
    FIELD4_COLUMN(0, 1ULL, 0ULL), FIELD4_COLUMN(1, 2ULL, 1ULL), FIELD4_COLUMN(2, 3ULL, 2ULL),
    FIELD4_COLUMN(3, 4ULL, 3ULL), FIELD4_COLUMN(4, 5ULL, 4ULL), FIELD4_COLUMN(5, 4ULL, 5ULL),
    FIELD4_COLUMN(6, 3ULL, 4ULL), FIELD4_COLUMN(7, 2ULL, 3ULL), FIELD4_COLUMN(8, 1ULL, 2ULL),
    FIELD4_COLUMN(9, 0ULL, 1ULL)};
_Alignas(32) static const uint64_t FIELD4_SQR_COLUMNS[10][4] = {
    FIELD4_COLUMN(0, 1ULL, 0ULL), FIELD4_COLUMN(1, 1ULL, 1ULL), FIELD4_COLUMN(2, 2ULL, 1ULL),
    FIELD4_COLUMN(3, 2ULL, 2ULL), FIELD4_COLUMN(4, 3ULL, 2ULL), FIELD4_COLUMN(5, 2ULL, 3ULL),
    FIELD4_COLUMN(6, 2ULL, 2ULL), FIELD4_COLUMN(7, 1ULL, 2ULL), FIELD4_COLUMN(8, 1ULL, 1ULL),
    FIELD4_COLUMN(9, 0ULL, 1ULL)};

#endif

/* Limbs as doubles: a factor. Limbs as integers: a sum. */
typedef struct {
    __m256d l[5];
} FIELD4;
typedef struct {
    __m256i l[5];
} FIELD4_FN(sum);

_Alignas(32) static const FIELD4_CONSTANT FIELD4_FN(D)[4][5] = FIELD4_D;
_Alignas(32) static const FIELD4_CONSTANT FIELD4_FN(P)[5] = FIELD4_P;
_Alignas(32) static const FIELD4_CONSTANT FIELD4_FN(NEG_INV) = FIELD4_ALL(FIELD4_NEG_INV);

FIELD4_INLINE __m256i FIELD4_FN(const)(uint64_t v) {
    return _mm256_set1_epi64x((long long)v);
}

/* lo column += a b - 2^51 k, hi column += k, up to the constants. In assembly because compilers
 * reorder the sums of columns and run out of registers. */
FIELD4_INLINE void FIELD4_FN(product)(__m256i *lo_column, __m256i *hi_column, __m256d a,
                                      __m256d b) {
    const __m256d c1 = _mm256_load_pd(FIELD4_C1), c2 = _mm256_load_pd(FIELD4_C2);
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

/* The same with a constant, left in memory: registers are short. */
FIELD4_INLINE void FIELD4_FN(product_constant)(__m256i *lo_column, __m256i *hi_column, __m256d a,
                                               const FIELD4_CONSTANT *b) {
    const __m256d c1 = _mm256_load_pd(FIELD4_C1), c2 = _mm256_load_pd(FIELD4_C2);
    __m256d hi, lo;
    __asm__("vmovapd %[c1], %[hi]\n\t"
            "vfmadd231pd %[b], %[a], %[hi]\n\t"
            "vsubpd %[hi], %[c2], %[lo]\n\t"
            "vfmadd231pd %[b], %[a], %[lo]\n\t"
            "vpaddq %[hi], %[high], %[high]\n\t"
            "vpaddq %[lo], %[low], %[low]"
            : [hi] "=&x"(hi), [lo] "=&x"(lo), [high] "+&x"(*hi_column), [low] "+&x"(*lo_column)
            : [a] "x"(a), [b] "m"(*b), [c1] "x"(c1), [c2] "x"(c2));
}

FIELD4_INLINE __m256d FIELD4_FN(load_constant)(const FIELD4_CONSTANT *c) {
    return _mm256_load_pd(*c);
}

/* The digit of a biased column, as a double in -2^50 .. 2^50 - 1; *carry = the column >> 51. */
FIELD4_INLINE __m256d FIELD4_FN(digit)(__m256i *carry, __m256i biased) {
    const __m256d low = _mm256_castsi256_pd(
        _mm256_or_si256(_mm256_and_si256(biased, FIELD4_FN(const)(FIELD4_DIGIT_MASK)),
                        FIELD4_FN(const)(0x4330000000000000ULL)));
    *carry = _mm256_srli_epi64(biased, 51);
    return _mm256_sub_pd(low, _mm256_set1_pd(0x1p52 + 0x1p50));
}

/* An integer below 2^51 in absolute value as a double. */
FIELD4_INLINE __m256d FIELD4_FN(to_double)(__m256i v) {
    return _mm256_sub_pd(_mm256_castsi256_pd(_mm256_add_epi64(v, FIELD4_FN(const)(FIELD4_LO_BITS))),
                         _mm256_set1_pd(0x1.8p52));
}

/* Columns of a product. */
typedef struct {
    __m256i c[10];
} FIELD4_FN(columns);

FIELD4_INLINE void FIELD4_FN(start)(FIELD4_FN(columns) * r, const uint64_t start[10][4]) {
#pragma GCC unroll 10
    for (int k = 0; k < 10; k++) {
        r->c[k] = _mm256_load_si256((const __m256i *)(const void *)start[k]);
    }
}

/* The columns of a b. */
FIELD4_INLINE void FIELD4_FN(multiply)(FIELD4_FN(columns) * r, const FIELD4 *a, const FIELD4 *b) {
    FIELD4_FN(start)(r, FIELD4_MUL_COLUMNS);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) {
            FIELD4_FN(product)(&r->c[i + j], &r->c[i + j + 1], a->l[i], b->l[j]);
        }
    }
}

/* The columns of a^2; a's limbs but the top one at most 2^50. */
FIELD4_INLINE void FIELD4_FN(square)(FIELD4_FN(columns) * r, const FIELD4 *a) {
    FIELD4_FN(start)(r, FIELD4_SQR_COLUMNS);
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        const __m256d twice = _mm256_add_pd(a->l[i], a->l[i]);
        FIELD4_FN(product)(&r->c[2 * i], &r->c[2 * i + 1], a->l[i], a->l[i]);
#pragma GCC unroll 5
        for (int j = i + 1; j < 5; j++) {
            FIELD4_FN(product)(&r->c[i + j], &r->c[i + j + 1], twice, a->l[j]);
        }
    }
}

/* Digits 0..3 of the columns; their carry into column 4. */
FIELD4_INLINE void FIELD4_FN(low_digits)(__m256d digit[4], FIELD4_FN(columns) * t) {
    __m256i carry = _mm256_setzero_si256();
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
        digit[k] = FIELD4_FN(digit)(&carry, _mm256_add_epi64(t->c[k], carry));
    }
    t->c[4] = _mm256_add_epi64(t->c[4], carry);
}

/* Columns 4.. += digit_k D_k. */
FIELD4_INLINE void FIELD4_FN(replace_digits)(FIELD4_FN(columns) * t, const __m256d digit[4]) {
#pragma GCC unroll 4
    for (int k = 0; k < 4; k++) {
#pragma GCC unroll 5
        for (int j = 0; j < 5; j++) {
            FIELD4_FN(product_constant)(&t->c[4 + j], &t->c[5 + j], digit[k], &FIELD4_FN(D)[k][j]);
        }
    }
}

/* m = -t/p mod 2^51 for column 4's digit t, in -2^50 .. 2^50; its carry into column 5. */
FIELD4_INLINE __m256d FIELD4_FN(last_multiplier)(FIELD4_FN(columns) * t) {
    const __m256d c1 = FIELD4_FN(load_constant)(&FIELD4_C1),
                  inv = FIELD4_FN(load_constant)(&FIELD4_FN(NEG_INV));
    __m256i carry;
    const __m256d d = FIELD4_FN(digit)(&carry, t->c[4]);
    t->c[5] = _mm256_add_epi64(t->c[5], carry);
    return _mm256_fmadd_pd(d, inv, _mm256_sub_pd(c1, _mm256_fmadd_pd(d, inv, c1)));
}

/* r = (columns 4.. + m p) / 2^51. Column 4's digit plus the low part of m p_0 is 0 or -2^51. */
FIELD4_INLINE void FIELD4_FN(last_step)(FIELD4_FN(sum) * r, FIELD4_FN(columns) * t, __m256d m) {
    __m256i rest = _mm256_and_si256(t->c[4], FIELD4_FN(const)(FIELD4_DIGIT_MASK));
    FIELD4_FN(product_constant)(&rest, &t->c[5], m, &FIELD4_FN(P)[0]);
    rest = _mm256_cmpgt_epi64(FIELD4_FN(const)(FIELD4_LO_BITS + (1ULL << 50)), rest);
    t->c[5] = _mm256_add_epi64(t->c[5], rest);
#pragma GCC unroll 4
    for (int j = 1; j < 5; j++) {
        FIELD4_FN(product_constant)(&t->c[4 + j], &t->c[5 + j], m, &FIELD4_FN(P)[j]);
    }
#pragma GCC unroll 5
    for (int j = 0; j < 5; j++) {
        r->l[j] = t->c[5 + j];
    }
}

/* r[i] = the columns t[i] / 2^255: columns not normalised, below 2^56 in absolute value. */
FIELD4_INLINE void FIELD4_FN(reduce_pair)(FIELD4_FN(sum) r[FIELD4_PAIR],
                                          FIELD4_FN(columns) t[FIELD4_PAIR]) {
    __m256d digit[FIELD4_PAIR][4], m[FIELD4_PAIR];
    FIELD4_FN(low_digits)(digit[0], &t[0]);
    FIELD4_FN(low_digits)(digit[1], &t[1]);
    FIELD4_FN(replace_digits)(&t[0], digit[0]);
    m[0] = FIELD4_FN(last_multiplier)(&t[0]);
    FIELD4_FN(replace_digits)(&t[1], digit[1]);
    m[1] = FIELD4_FN(last_multiplier)(&t[1]);
    FIELD4_FN(last_step)(&r[0], &t[0], m[0]);
    FIELD4_FN(last_step)(&r[1], &t[1], m[1]);
}

FIELD4_INLINE void FIELD4_FN(mul_sum_pair)(FIELD4_FN(sum) r[FIELD4_PAIR],
                                           const FIELD4 a[FIELD4_PAIR],
                                           const FIELD4 b[FIELD4_PAIR]) {
    FIELD4_FN(columns) t[FIELD4_PAIR];
    FIELD4_FN(multiply)(&t[0], &a[0], &b[0]);
    FIELD4_FN(multiply)(&t[1], &a[1], &b[1]);
    FIELD4_FN(reduce_pair)(r, t);
}

FIELD4_INLINE void FIELD4_FN(sqr_sum_pair)(FIELD4_FN(sum) r[FIELD4_PAIR],
                                           const FIELD4 a[FIELD4_PAIR]) {
    FIELD4_FN(columns) t[FIELD4_PAIR];
    FIELD4_FN(square)(&t[0], &a[0]);
    FIELD4_FN(square)(&t[1], &a[1]);
    FIELD4_FN(reduce_pair)(r, t);
}

/* Limbs of at most 2^50 but for the top one, as a factor. */
FIELD4_INLINE void FIELD4_FN(normalize)(FIELD4 *r, const FIELD4_FN(sum) * a) {
    __m256i carry = FIELD4_FN(const)(FIELD4_CARRY_BIAS);
#pragma GCC unroll 4
    for (int i = 0; i < 4; i++) {
        const __m256i biased = _mm256_add_epi64(
            _mm256_add_epi64(a->l[i], FIELD4_FN(const)(FIELD4_BIAS - FIELD4_CARRY_BIAS)), carry);
        r->l[i] = FIELD4_FN(digit)(&carry, biased);
    }
    carry = _mm256_sub_epi64(carry, FIELD4_FN(const)(FIELD4_CARRY_BIAS));
    r->l[4] = FIELD4_FN(to_double)(_mm256_add_epi64(a->l[4], carry));
}

/* r[i] = a[i] b[i] / 2^255, as factors. */
FIELD4_INLINE void FIELD4_FN(mul_pair)(FIELD4 r[FIELD4_PAIR], const FIELD4 a[FIELD4_PAIR],
                                       const FIELD4 b[FIELD4_PAIR]) {
    FIELD4_FN(sum) t[FIELD4_PAIR];
    FIELD4_FN(mul_sum_pair)(t, a, b);
    FIELD4_FN(normalize)(&r[0], &t[0]);
    FIELD4_FN(normalize)(&r[1], &t[1]);
}

FIELD4_INLINE void FIELD4_FN(sum_add)(FIELD4_FN(sum) * r, const FIELD4_FN(sum) * a,
                                      const FIELD4_FN(sum) * b) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_add_epi64(a->l[i], b->l[i]);
    }
}

FIELD4_INLINE void FIELD4_FN(sum_sub)(FIELD4_FN(sum) * r, const FIELD4_FN(sum) * a,
                                      const FIELD4_FN(sum) * b) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = _mm256_sub_epi64(a->l[i], b->l[i]);
    }
}

/* Limbs below 2^51 in absolute value, not normalised, as a factor. */
FIELD4_INLINE void FIELD4_FN(from_sum)(FIELD4 *r, const FIELD4_FN(sum) * a) {
#pragma GCC unroll 5
    for (int i = 0; i < 5; i++) {
        r->l[i] = FIELD4_FN(to_double)(a->l[i]);
    }
}

/* Four rows of four words to four columns, and back. */
FIELD4_INLINE void FIELD4_FN(transpose)(__m256i v[4]) {
    const __m256i a = _mm256_unpacklo_epi64(v[0], v[1]), b = _mm256_unpackhi_epi64(v[0], v[1]);
    const __m256i c = _mm256_unpacklo_epi64(v[2], v[3]), d = _mm256_unpackhi_epi64(v[2], v[3]);
    v[0] = _mm256_permute2x128_si256(a, c, 0x20);
    v[1] = _mm256_permute2x128_si256(b, d, 0x20);
    v[2] = _mm256_permute2x128_si256(a, c, 0x31);
    v[3] = _mm256_permute2x128_si256(b, d, 0x31);
}

/* The limbs, 0 .. 2^51 - 1, of four elements' stored integers. */
FIELD4_INLINE void FIELD4_FN(load)(FIELD4_FN(sum) * r, const FIELD4_SCALAR *a0,
                                   const FIELD4_SCALAR *a1, const FIELD4_SCALAR *a2,
                                   const FIELD4_SCALAR *a3) {
    const __m256i mask = FIELD4_FN(const)(FIELD4_DIGIT_MASK);
    __m256i w[4] = {
        _mm256_loadu_si256((const __m256i *)(const void *)a0->l),
        _mm256_loadu_si256((const __m256i *)(const void *)a1->l),
        _mm256_loadu_si256((const __m256i *)(const void *)a2->l),
        _mm256_loadu_si256((const __m256i *)(const void *)a3->l),
    };
    FIELD4_FN(transpose)(w);
    r->l[0] = _mm256_and_si256(w[0], mask);
    r->l[1] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[0], 51), _mm256_slli_epi64(w[1], 13)), mask);
    r->l[2] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[1], 38), _mm256_slli_epi64(w[2], 26)), mask);
    r->l[3] = _mm256_and_si256(
        _mm256_or_si256(_mm256_srli_epi64(w[2], 25), _mm256_slli_epi64(w[3], 39)), mask);
    r->l[4] = _mm256_srli_epi64(w[3], 12);
}

/* Rows of the stored integers of a, |a| < 8 p and columns below 2^57, reduced to 0 .. p but for the
 * lanes of the returned mask, where the integer may be up to p (1 + 2^-37) and the caller takes p
 * off if that is not negative.
 *
 * The quotient is estimated from the top column alone: 8 bits of it are lost, and the lower
 * columns' carries (below 2^7) ignored; 2^-38 is taken off so that it is never too large. *limbs
 * are the result's, 0 .. 2^51 - 1. */
FIELD4_INLINE int FIELD4_FN(store_rows)(__m256i row[4], FIELD4_FN(sum) * limbs,
                                        const FIELD4_FN(sum) * a) {
    const double units = 0x1p212 / FIELD4_P_VALUE;
    const __m256i top =
        _mm256_srli_epi64(_mm256_add_epi64(a->l[4], FIELD4_FN(const)(1ULL << 58)), 8);
    const __m256d estimate = _mm256_fmadd_pd(
        _mm256_castsi256_pd(_mm256_or_si256(top, FIELD4_FN(const)(0x4330000000000000ULL))),
        _mm256_set1_pd(units), _mm256_set1_pd(-((0x1p52 + 0x1p50) * units + 0.5 + 0x1p-38)));
    const __m256d magic = _mm256_set1_pd(0x1.8p52);
    const __m256d minus_quotient = _mm256_sub_pd(magic, _mm256_add_pd(estimate, magic));
    /* r = a - quotient p, biased by 2^60 to be positive, then carried to limbs 0 .. 2^51 - 1 */
    const uint64_t bias = (1ULL << 60) - FIELD4_CARRY_BIAS;
    const __m256i mask = FIELD4_FN(const)(FIELD4_DIGIT_MASK);
    __m256i l[6] = {
        _mm256_add_epi64(a->l[0], FIELD4_FN(const)(FIELD4_START(1ULL, 0ULL) + bias)),
        _mm256_add_epi64(a->l[1], FIELD4_FN(const)(FIELD4_START(1ULL, 1ULL) + bias)),
        _mm256_add_epi64(a->l[2], FIELD4_FN(const)(FIELD4_START(1ULL, 1ULL) + bias)),
        _mm256_add_epi64(a->l[3], FIELD4_FN(const)(FIELD4_START(1ULL, 1ULL) + bias)),
        _mm256_add_epi64(a->l[4], FIELD4_FN(const)(FIELD4_START(1ULL, 1ULL) - FIELD4_CARRY_BIAS)),
        _mm256_setzero_si256()};
#pragma GCC unroll 5
    for (int j = 0; j < 5; j++) {
        FIELD4_FN(product_constant)(&l[j], &l[j + 1], minus_quotient, &FIELD4_FN(P)[j]);
    }
    l[4] = _mm256_add_epi64(l[4], _mm256_slli_epi64(l[5], 51)); /* the constant is shifted out */
    l[0] = _mm256_add_epi64(l[0], FIELD4_FN(const)(FIELD4_CARRY_BIAS));
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
    FIELD4_FN(transpose)(row);
    return _mm256_movemask_pd(
        _mm256_castsi256_pd(_mm256_cmpgt_epi64(l[4], FIELD4_FN(const)(FIELD4_P_TOP - 1))));
}

#undef FIELD4
#undef FIELD4_SCALAR
#undef FIELD4_D
#undef FIELD4_P
#undef FIELD4_NEG_INV
#undef FIELD4_P_VALUE
#undef FIELD4_P_TOP
