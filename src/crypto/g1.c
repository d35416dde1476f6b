/* G1: constants and encoding; the group law is the template curve_impl.h. */
#include "crypto/g1.h"

#include <string.h>

const g1_affine G1_GENERATOR = {
    /* 2^256 mod q and 2^257 mod q: 1 and 2 in Montgomery form */
    .x = {{0xd35d438dc58f0d9dULL, 0x0a78eb28f5c70b3dULL, 0x666ea36f7879462cULL,
           0x0e0a77c19a07df2fULL}},
    .y = {{0xa6ba871b8b1e1b3aULL, 0x14f1d651eb8e167bULL, 0xccdd46def0f28c58ULL,
           0x1c14ef83340fbe5eULL}},
};
const g1 G1_IDENTITY = {.x = {{0, 0, 0, 0}}};

/* 3 */
static const fq CURVE_B = {
    {0x7a17caa950ad28d7ULL, 0x1f6ac17ae15521b9ULL, 0x334bea4e696bd284ULL, 0x2a1f6744ce179d8eULL}};

#define POINT g1
#define AFFINE g1_affine
#define POINT_IDENTITY G1_IDENTITY
#define COORD fq
#define COORD_ONE FQ_ONE
#include "crypto/curve_impl.h"

bool g1_affine_from_be(g1_affine *r, const uint8_t b[64]) {
    g1_affine p;
    if (fq_from_be(&p.x, b) && fq_from_be(&p.y, b + 32) && g1_affine_on_curve(&p)) {
        *r = p;
        return true;
    }
    memset(r, 0, sizeof *r);
    return false;
}

void g1_affine_to_be(uint8_t b[64], const g1_affine *p) {
    fq_to_be(b, &p->x);
    fq_to_be(b + 32, &p->y);
}

void g1_batch_to_affine(g1_affine *r, const g1 *a, size_t n) {
    enum { BLOCK = 256 };
    fq z[BLOCK];
    for (size_t at = 0; at < n; at += BLOCK) {
        size_t len = n - at < BLOCK ? n - at : BLOCK;
        for (size_t i = 0; i < len; i++) {
            z[i] = a[at + i].z;
        }
        fq_batch_inv(z, z, len);
        for (size_t i = 0; i < len; i++) {
            scale_to_affine(&r[at + i], &a[at + i], &z[i]);
        }
    }
}
