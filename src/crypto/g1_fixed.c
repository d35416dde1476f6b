/* Many multiples of one point: 12-bit signed windows, a table of d 2^(12 w) base for every window w
 * and 0 < d <= 2^11, and one batched affine addition a window and scalar. Scalars are taken in
 * batches that fit the L2 cache. */
#include "base/threads.h"
#include "crypto/g1_batch.h"

#include <stdlib.h>
#include <string.h>

enum {
    WINDOW_BITS = 12,
    WINDOWS = 22, /* 264 bits: room for the carry out of 254 */
    TABLE_ROW = 1 << (WINDOW_BITS - 1),
    BATCH = 2048
};

struct fixed_base {
    g1_affine *out;
    const fr *k;
    const g1_affine *table; /* row w: 1 .. TABLE_ROW times 2^(12 w) base */
};

/* Signed digits, -2^11 <= d < 2^11, of an integer below 2^254, low first. */
static void signed_digits(int32_t digit[WINDOWS], const uint64_t v[4]) {
    int32_t carry = 0;
    for (unsigned w = 0; w < WINDOWS; w++) {
        unsigned bit = WINDOW_BITS * w, limb = bit / 64, shift = bit % 64;
        uint64_t x = limb < 4 ? v[limb] >> shift : 0;
        if (shift + WINDOW_BITS > 64 && limb < 3) {
            x |= v[limb + 1] << (64 - shift);
        }
        int32_t d = (int32_t)(x & ((1 << WINDOW_BITS) - 1)) + carry;
        carry = d >= TABLE_ROW;
        digit[w] = d - (carry << WINDOW_BITS);
    }
}

/* One batch: p[0..n) accumulates, p[BATCH..BATCH+n) takes the window's table entries. */
static void multiply_batch(const struct fixed_base *f, size_t at, size_t n, g1_affine *p,
                           int32_t (*digit)[WINDOWS], struct g1_pair *pair, fq *scratch) {
    memset(p, 0, n * sizeof *p);
    for (size_t i = 0; i < n; i++) {
        uint64_t v[4];
        fr_to_limbs(v, &f->k[at + i]);
        signed_digits(digit[i], v);
    }
    for (unsigned w = 0; w < WINDOWS; w++) {
        size_t pairs = 0;
        for (size_t i = 0; i < n; i++) {
            int32_t d = digit[i][w];
            if (d == 0) {
                continue;
            }
            g1_affine *entry = &p[BATCH + i];
            *entry = f->table[(size_t)w * TABLE_ROW + (size_t)(d < 0 ? -d : d) - 1];
            if (d < 0) {
                g1_affine_neg(entry, entry);
            }
            pair[pairs++] = (struct g1_pair){(uint32_t)i, (uint32_t)(BATCH + i)};
        }
        g1_batch_add(p, pair, pairs, scratch);
    }
    memcpy(&f->out[at], p, n * sizeof *p);
}

static void multiply_one_by_one(const struct fixed_base *f, size_t begin, size_t end) {
    g1 base;
    g1_from_affine(&base, &f->table[0]);
    for (size_t i = begin; i < end; i++) {
        g1 p;
        g1_mul(&p, &base, &f->k[i]);
        g1_to_affine(&f->out[i], &p);
    }
}

static void multiply_range(void *ctx, size_t begin, size_t end) {
    const struct fixed_base *f = ctx;
    g1_affine *p = malloc(2 * BATCH * sizeof *p);
    int32_t(*digit)[WINDOWS] = malloc(BATCH * sizeof *digit);
    struct g1_pair *pair = malloc(BATCH * sizeof *pair);
    fq *scratch = malloc(G1_BATCH_SCRATCH(BATCH) * sizeof *scratch);
    if (p != NULL && digit != NULL && pair != NULL && scratch != NULL) {
        for (size_t at = begin; at < end; at += BATCH) {
            multiply_batch(f, at, end - at < BATCH ? end - at : BATCH, p, digit, pair, scratch);
        }
    } else {
        multiply_one_by_one(f, begin, end);
    }
    free(p);
    free(digit);
    free(pair);
    free(scratch);
}

static void fill_row(g1_affine *row, g1 *jacobian, const g1 *base) {
    jacobian[0] = *base;
    for (size_t i = 1; i < TABLE_ROW; i++) {
        g1_add(&jacobian[i], &jacobian[i - 1], base);
    }
    g1_batch_to_affine(row, jacobian, TABLE_ROW);
}

void g1_fixed_base_mul_batch(g1_affine *out, const g1_affine *base, const fr *k, size_t n,
                             unsigned threads) {
    g1_affine *table = malloc((size_t)WINDOWS * TABLE_ROW * sizeof *table);
    g1 *jacobian = malloc(TABLE_ROW * sizeof *jacobian);
    struct fixed_base f = {.out = out, .k = k, .table = table};
    if (table != NULL && jacobian != NULL) {
        g1 b;
        g1_from_affine(&b, base);
        for (unsigned w = 0; w < WINDOWS; w++) {
            fill_row(table + (size_t)w * TABLE_ROW, jacobian, &b);
            for (int i = 0; i < WINDOW_BITS; i++) {
                g1_dbl(&b, &b);
            }
        }
        parallel_for(threads, n, multiply_range, &f);
    } else {
        f.table = base; /* its first entry is all that is read */
        multiply_one_by_one(&f, 0, n);
    }
    free(table);
    free(jacobian);
}
