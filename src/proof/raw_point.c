/* See raw_point.h. */
#include "proof/raw_point.h"

static bool reduced(const fq *v) {
    for (int i = 3; i >= 0; i--) {
        if (v->l[i] != FQ_MODULUS[i]) {
            return v->l[i] < FQ_MODULUS[i];
        }
    }
    return false;
}

bool raw_g1_ok(const g1_affine *p) {
    return reduced(&p->x) && reduced(&p->y) && !g1_affine_is_identity(p) && g1_affine_on_curve(p);
}

bool raw_g2_get(g2_affine *p, const uint8_t raw[RAW_G2_LEN]) {
    fq coordinate[4];
    memcpy(coordinate, raw, sizeof coordinate);
    memcpy(p, raw, sizeof *p);
    for (int i = 0; i < 4; i++) {
        if (!reduced(&coordinate[i])) {
            return false;
        }
    }
    return !g2_affine_is_identity(p) && g2_affine_on_curve(p);
}

void raw_g2_put(uint8_t raw[RAW_G2_LEN], const g2_affine *p) {
    memcpy(raw, p, RAW_G2_LEN);
}
