/* G2: constants, encoding, subgroup; the group law is the template curve_impl.h. */
#include "crypto/g2.h"

#include <string.h>

/* EIP-197's generator, in Montgomery form. */
const g2_affine G2_GENERATOR = {
    .x = {{{0x8e83b5d102bc2026ULL, 0xdceb1935497b0172ULL, 0xfbb8264797811adfULL,
            0x19573841af96503bULL}},
          {{0xafb4737da84c6140ULL, 0x6043dd5a5802d8c4ULL, 0x09e950fc52a02f86ULL,
            0x14fef0833aea7b6bULL}}},
    .y = {{{0x619dfa9d886be9f6ULL, 0xfe7fd297f59e9b78ULL, 0xff9e1a62231b7dfeULL,
            0x28fd7eebae9e4206ULL}},
          {{0x64095b56c71856eeULL, 0xdc57f922327d3cbbULL, 0x55f935be33351076ULL,
            0x0da4a0e693fd6482ULL}}},
};
const g2 G2_IDENTITY = {.x.c0 = {{0, 0, 0, 0}}};

/* 3 / xi */
static const fq2 CURVE_B = {
    {{0x3bf938e377b802a8ULL, 0x020b1b273633535dULL, 0x26b7edf049755260ULL, 0x2514c6324384a86dULL}},
    {{0x38e7ecccd1dcff67ULL, 0x65f0b37d93ce0d3eULL, 0xd749d0dd22ac00aaULL, 0x0141b9ce4a688d4dULL}}};

#define POINT g2
#define AFFINE g2_affine
#define POINT_IDENTITY G2_IDENTITY
#define COORD fq2
#define COORD_ONE FQ2_ONE
#include "crypto/curve_impl.h"

bool g2_affine_in_subgroup(const g2_affine *p) {
    g2 t;
    g2_from_affine(&t, p);
    g2_mul_limbs(&t, &t, FR_MODULUS);
    return g2_is_identity(&t);
}

bool g2_affine_from_be(g2_affine *r, const uint8_t b[128]) {
    g2_affine p;
    if (fq_from_be(&p.x.c1, b) && fq_from_be(&p.x.c0, b + 32) && fq_from_be(&p.y.c1, b + 64) &&
        fq_from_be(&p.y.c0, b + 96) && g2_affine_on_curve(&p) && g2_affine_in_subgroup(&p)) {
        *r = p;
        return true;
    }
    memset(r, 0, sizeof *r);
    return false;
}

void g2_affine_to_be(uint8_t b[128], const g2_affine *p) {
    fq_to_be(b, &p->x.c1);
    fq_to_be(b + 32, &p->x.c0);
    fq_to_be(b + 64, &p->y.c1);
    fq_to_be(b + 96, &p->y.c0);
}
