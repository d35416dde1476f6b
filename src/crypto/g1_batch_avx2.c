/* Batched affine additions, four pairs at a time: g1_batch.c's algorithm on fq_avx2.h's vectors.
 *
 * Pairs are cut into groups of four, groups into two interleaved chains of products, computed
 * together (fq4_mul_pair): eight products in all, which share one scalar inversion. Lanes whose
 * pair has equal abscissae or an identity, and the lanes beyond n, take the denominator 1 and store
 * nothing; the former's pairs go to g1_batch_add_portable.
 *
 * Powers of two. Coordinates v are stored as v 2^256, products lose 2^255. The chain's end P, some
 * integer, is replaced by 2^510 / P. As P_(i+1) = P_i (d 2^256) / 2^255, the inverse chain times
 * the prefix P_i is (2^510 / P_(i+1)) P_i / 2^255 = 2^510 / (d 2^256), and l = (dy 2^256) (2^510 /
 * (d 2^256)) / 2^255 = (dy / d) 2^255, l l / 2^255 = (dy / d)^2 2^255, doubled: (dy / d)^2 2^256, a
 * coordinate, l (x 2^256) / 2^255 = (dy / d) x 2^256, a coordinate.
 *
 * Ranges, in multiples of q. Coordinates are in 0 .. 1, differences in -1 .. 1. Chains: c <= 0.3781
 * c
 * + 0.9994, so c < 1.61; the inverse 0.3781 1.61^2 + 0.9994 < 1.98; l below 0.3781 1.98 + 0.9994 <
 * 1.75; l^2 below 2.16; x3 within -6.4 .. 4.4, y3 within -2.7 .. 1.7: all top limbs of factors are
 * below 0.7476 2^51, and the sums within fq4_store_rows's 8. */
#include "crypto/g1_batch.h"

#if defined(__x86_64__)

#include "crypto/fq_avx2.h"

enum { LANES = 4, CHAINS = FIELD4_PAIR };

/* What the scratch memory holds, for an even number of groups, at least ceil(n / 4). */
struct batch {
    g1_affine *p;
    const struct g1_pair *pair;
    size_t n;
    fq4 *prefix;             /* a group: the product of the denominators before it in its chain */
    unsigned char *excluded; /* a group: bits of the lanes that take no part */
    struct g1_pair *special; /* pairs left to the scalar code */
    size_t specials;
};

/* The number of groups. */
static size_t lay_out(struct batch *b, g1_affine *p, const struct g1_pair *pair, size_t n,
                      fq *scratch) {
    size_t groups = (n + CHAINS * LANES - 1) / (CHAINS * LANES) * CHAINS;
    uintptr_t at = ((uintptr_t)scratch + 31) & ~(uintptr_t)31;
    b->p = p;
    b->pair = pair;
    b->n = n;
    b->prefix = (fq4 *)at;
    b->special = (struct g1_pair *)(b->prefix + groups);
    b->excluded = (unsigned char *)(b->special + n);
    b->specials = 0;
    return groups;
}

/* A group's points; lanes beyond the end repeat the last pair. */
struct points {
    g1_affine *to[LANES];
    const g1_affine *from[LANES];
};

static inline void group_points(struct points *g, const struct batch *b, size_t group) {
    for (size_t lane = 0; lane < LANES; lane++) {
        size_t i = LANES * group + lane;
        i = i < b->n ? i : b->n - 1;
        g->to[lane] = &b->p[b->pair[i].to];
        g->from[lane] = &b->p[b->pair[i].from];
    }
}

FIELD4_INLINE void load_x(fq4_sum *to, fq4_sum *from, const struct points *g) {
    fq4_load(to, &g->to[0]->x, &g->to[1]->x, &g->to[2]->x, &g->to[3]->x);
    fq4_load(from, &g->from[0]->x, &g->from[1]->x, &g->from[2]->x, &g->from[3]->x);
}

FIELD4_INLINE void load_y(fq4_sum *to, fq4_sum *from, const struct points *g) {
    fq4_load(to, &g->to[0]->y, &g->to[1]->y, &g->to[2]->y, &g->to[3]->y);
    fq4_load(from, &g->from[0]->y, &g->from[1]->y, &g->from[2]->y, &g->from[3]->y);
}

FIELD4_INLINE __m256i is_zero_sum(const fq4_sum *a) {
    const __m256i any = _mm256_or_si256(
        _mm256_or_si256(_mm256_or_si256(a->l[0], a->l[1]), _mm256_or_si256(a->l[2], a->l[3])),
        a->l[4]);
    return _mm256_cmpeq_epi64(any, _mm256_setzero_si256());
}

/* 1 in the lanes of mask. */
FIELD4_INLINE void put_ones(fq4 *d, __m256d mask) {
    d->l[0] = _mm256_blendv_pd(d->l[0], _mm256_set1_pd(1.0), mask);
    for (int i = 1; i < 5; i++) {
        d->l[i] = _mm256_andnot_pd(mask, d->l[i]);
    }
}

FIELD4_INLINE __m256d lane_mask(unsigned bits) {
    return _mm256_castsi256_pd(_mm256_cmpgt_epi64(
        _mm256_and_si256(_mm256_set1_epi64x((long long)bits), _mm256_set_epi64x(8, 4, 2, 1)),
        _mm256_setzero_si256()));
}

/* a - b as a factor; limbs of both 0 .. 2^51 - 1. */
FIELD4_INLINE void difference(fq4 *r, const fq4_sum *a, const fq4_sum *b) {
    fq4_sum d;
    fq4_sum_sub(&d, a, b);
    fq4_from_sum(r, &d);
}

/* The lanes of a group that take no part, found and noted. */
FIELD4_INLINE unsigned exclude(struct batch *b, size_t group, const fq4_sum *x1,
                               const fq4_sum *x2) {
    fq4_sum dx;
    fq4_sum_sub(&dx, x2, x1);
    const __m256i special =
        _mm256_or_si256(_mm256_or_si256(is_zero_sum(&dx), is_zero_sum(x1)), is_zero_sum(x2));
    unsigned bits = (unsigned)_mm256_movemask_pd(_mm256_castsi256_pd(special));
    size_t first = LANES * group, left = b->n > first ? b->n - first : 0;
    if (__builtin_expect(bits != 0 || left < LANES, 0)) {
        for (size_t lane = 0; lane < LANES && lane < left; lane++) {
            if ((bits >> lane) & 1) {
                b->special[b->specials++] = b->pair[first + lane];
            }
        }
        bits |= left < LANES ? (0xfU << left) & 0xfU : 0;
    }
    b->excluded[group] = (unsigned char)bits;
    return bits;
}

/* The forward step of a group of each chain: chain *= denominators. */
FIELD4_INLINE void forward(struct batch *b, fq4 chain[CHAINS], size_t group) {
    fq4 d[CHAINS];
    for (size_t c = 0; c < CHAINS; c++) {
        struct points g;
        fq4_sum x1, x2;
        group_points(&g, b, group + c);
        load_x(&x1, &x2, &g);
        difference(&d[c], &x2, &x1);
        unsigned excluded = exclude(b, group + c, &x1, &x2);
        if (__builtin_expect(excluded != 0, 0)) {
            put_ones(&d[c], lane_mask(excluded));
        }
        b->prefix[group + c] = chain[c];
    }
    fq4_mul_pair(chain, chain, d);
}

/* Stores the coordinate of the lanes that take part; limbs as in fq4_store_rows. */
FIELD4_INLINE void store(fq *const to[LANES], fq4_sum *limbs, const fq4_sum *a, unsigned excluded) {
    __m256i row[LANES];
    int high = fq4_store_rows(row, limbs, a);
    if (__builtin_expect(((unsigned)high | excluded) == 0, 1)) {
        for (unsigned lane = 0; lane < LANES; lane++) {
            _mm256_storeu_si256((__m256i *)(void *)to[lane]->l, row[lane]);
        }
        return;
    }
    for (unsigned lane = 0; lane < LANES; lane++) {
        if (__builtin_expect(((excluded >> lane) & 1) == 0, 1)) {
            _mm256_storeu_si256((__m256i *)(void *)to[lane]->l, row[lane]);
            if (__builtin_expect(high != 0, 0)) {
                fq_reduce_once(to[lane], to[lane]->l);
            }
        }
    }
}

/* The backward step of a group of each chain: the sums. chain is the inverse of the products up to
 * these groups. */
FIELD4_INLINE void backward(const struct batch *b, fq4 chain[CHAINS], size_t group) {
    struct points g[CHAINS];
    fq4_sum x1[CHAINS], x2[CHAINS], y1[CHAINS], y2, sum[CHAINS], x3, unused;
    fq4 d[CHAINS], l[CHAINS];
    for (size_t c = 0; c < CHAINS; c++) {
        group_points(&g[c], b, group + c);
        load_x(&x1[c], &x2[c], &g[c]);
        difference(&d[c], &x2[c], &x1[c]);
        if (__builtin_expect(b->excluded[group + c] != 0, 0)) {
            put_ones(&d[c], lane_mask(b->excluded[group + c]));
        }
    }
    fq4_mul_pair(l, chain, &b->prefix[group]);
    fq4_mul_pair(chain, chain, d);
    for (size_t c = 0; c < CHAINS; c++) {
        load_y(&y1[c], &y2, &g[c]);
        difference(&d[c], &y2, &y1[c]);
    }
    fq4_mul_pair(l, l, d);
    fq4_sqr_sum_pair(sum, l);
    for (size_t c = 0; c < CHAINS; c++) {
        fq *const x[LANES] = {&g[c].to[0]->x, &g[c].to[1]->x, &g[c].to[2]->x, &g[c].to[3]->x};
        fq4_sum_add(&sum[c], &sum[c], &sum[c]);
        fq4_sum_sub(&sum[c], &sum[c], &x1[c]);
        fq4_sum_sub(&sum[c], &sum[c], &x2[c]);
        store(x, &x3, &sum[c], b->excluded[group + c]);
        difference(&d[c], &x1[c], &x3);
    }
    fq4_mul_sum_pair(sum, l, d);
    for (size_t c = 0; c < CHAINS; c++) {
        fq *const y[LANES] = {&g[c].to[0]->y, &g[c].to[1]->y, &g[c].to[2]->y, &g[c].to[3]->y};
        fq4_sum_sub(&sum[c], &sum[c], &y1[c]);
        store(y, &unused, &sum[c], b->excluded[group + c]);
    }
}

/* A chain's limbs, -2 q < value < 2 q, to the element stored as that integer: two's complement,
 * plus 2 q, reduced. */
static void lane_to_fq(fq *r, const double limb[5]) {
    uint64_t d[5], w[4];
    int64_t carry = 0;
    for (int i = 0; i < 5; i++) {
        carry += (int64_t)limb[i];
        d[i] = (uint64_t)carry & FIELD4_DIGIT_MASK;
        carry >>= 51;
    }
    d[4] |= (uint64_t)carry << 51;
    w[0] = d[0] | d[1] << 51;
    w[1] = d[1] >> 13 | d[2] << 38;
    w[2] = d[2] >> 26 | d[3] << 25;
    w[3] = d[3] >> 39 | d[4] << 12;
    for (int twice = 0; twice < 2; twice++) {
        field_u128 sum = 0;
        for (int i = 0; i < 4; i++) {
            sum += (field_u128)w[i] + FQ_MODULUS[i];
            w[i] = (uint64_t)sum;
            sum >>= 64;
        }
    }
    fq_reduce_once(r, w);
    fq_reduce_once(r, r->l);
    fq_reduce_once(r, r->l);
}

/* chain = 2^510 / chain, every lane. */
__attribute__((target("avx2,fma"))) static void invert_chains(fq4 chain[CHAINS]) {
    fq product[CHAINS * LANES];
    for (size_t c = 0; c < CHAINS; c++) {
        double limb[5][LANES], lane_limb[5];
        for (size_t i = 0; i < 5; i++) {
            _mm256_storeu_pd(limb[i], chain[c].l[i]);
        }
        for (size_t lane = 0; lane < LANES; lane++) {
            for (size_t i = 0; i < 5; i++) {
                lane_limb[i] = limb[i][lane];
            }
            lane_to_fq(&product[LANES * c + lane], lane_limb);
        }
    }
    fq_batch_inv(product, product, CHAINS * LANES); /* 2^512 / P */
    for (size_t c = 0; c < CHAINS; c++) {
        fq *f = &product[LANES * c];
        fq4_sum limbs;
        for (size_t lane = 0; lane < LANES; lane++) {
            fq_halve(&f[lane], &f[lane]);
            fq_halve(&f[lane], &f[lane]);
        }
        fq4_load(&limbs, &f[0], &f[1], &f[2], &f[3]);
        fq4_from_sum(&chain[c], &limbs);
    }
}

__attribute__((target("avx2,fma"))) void g1_batch_add_avx2(g1_affine *p, const struct g1_pair *pair,
                                                           size_t n, fq *scratch) {
    if (n == 0) {
        return;
    }
    struct batch b;
    size_t groups = lay_out(&b, p, pair, n, scratch);
    fq4 chain[CHAINS];
    memset(chain, 0, sizeof chain);
    chain[0].l[0] = chain[1].l[0] = _mm256_set1_pd(1.0);
    for (size_t group = 0; group < groups; group += CHAINS) {
        forward(&b, chain, group);
    }
    invert_chains(chain);
    for (size_t group = groups; group > 0; group -= CHAINS) {
        backward(&b, chain, group - CHAINS);
    }
    if (b.specials > 0) {
        g1_batch_add_portable(p, b.special, b.specials, (fq *)b.prefix);
    }
}

#endif
