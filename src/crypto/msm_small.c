/* Straus's method: the doublings are shared by all points, each point adds its digits of the
 * width-5 non-adjacent form from a table of its odd multiples 1, 3 .. 15, made affine for all
 * points at once. (Handbook of Elliptic and Hyperelliptic Curve Cryptography, 9.1.4 and 9.1.5.) */
#include "crypto/msm_small.h"

#include <string.h>

enum {
    WIDTH = 5,
    TABLE = 1 << (WIDTH - 2), /* odd multiples a point */
    DIGITS = 256
};

/* The form's digits, 0 or odd and below 16 in absolute value; returns their number. */
static int recode(signed char digit[DIGITS], const uint64_t k[4]) {
    uint64_t v[5] = {k[0], k[1], k[2], k[3], 0};
    int top = 0;
    memset(digit, 0, DIGITS);
    for (int bit = 0; bit < DIGITS;) {
        if (((v[bit / 64] >> (bit % 64)) & 1) == 0) {
            bit++;
            continue;
        }
        uint64_t window = v[bit / 64] >> (bit % 64);
        if (bit % 64 > 64 - WIDTH) {
            window |= v[bit / 64 + 1] << (64 - bit % 64);
        }
        int d = (int)(window & ((1U << WIDTH) - 1));
        if (d >= 1 << (WIDTH - 1)) { /* minus, and a carry above the window */
            d -= 1 << WIDTH;
            int at = bit + WIDTH;
            uint64_t add = 1ULL << (at % 64);
            for (int limb = at / 64; limb < 5 && add != 0; limb++) {
                v[limb] += add;
                add = v[limb] < add;
            }
        }
        digit[bit] = (signed char)d;
        top = bit + 1;
        bit += WIDTH;
    }
    return top;
}

void msm_small(g1 *out, const g1_affine *points, const uint64_t (*k)[4], size_t n) {
    signed char digit[MSM_SMALL_MAX][DIGITS];
    g1 multiple[MSM_SMALL_MAX * TABLE];
    g1_affine table[MSM_SMALL_MAX * TABLE];
    int top = 0;
    *out = G1_IDENTITY;
    if (n == 0) {
        return;
    }
    for (size_t i = 0; i < n; i++) {
        int len = recode(digit[i], k[i]);
        top = len > top ? len : top;
        g1 *row = &multiple[i * TABLE], twice;
        g1_from_affine(&row[0], &points[i]);
        g1_dbl(&twice, &row[0]);
        for (size_t j = 1; j < TABLE; j++) {
            g1_add(&row[j], &row[j - 1], &twice);
        }
    }
    g1_batch_to_affine(table, multiple, n * TABLE);
    for (int bit = top - 1; bit >= 0; bit--) {
        g1_dbl(out, out);
        for (size_t i = 0; i < n; i++) {
            int d = digit[i][bit];
            if (d > 0) {
                g1_add_affine(out, out, &table[i * TABLE + (size_t)(d / 2)]);
            } else if (d < 0) {
                g1_affine minus;
                g1_affine_neg(&minus, &table[i * TABLE + (size_t)(-d / 2)]);
                g1_add_affine(out, out, &minus);
            }
        }
    }
}
