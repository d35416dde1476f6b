/* The group law of a curve y^2 = x^3 + b: a template, included by g1.c and g2.c, which define POINT
 * and AFFINE (the types, and the functions' prefixes), POINT_IDENTITY, COORD (the coordinates'
 * field), COORD_ONE and CURVE_B. Formulas: Bernstein and Lange, Explicit-Formulas Database, short
 * Weierstrass curves with a = 0, Jacobian coordinates: dbl-2009-l, add-2007-bl, madd-2007-bl. */
#define POINT_FN(name) FIELD_CAT(POINT, name)
#define AFFINE_FN(name) FIELD_CAT(AFFINE, name)
#define COORD_FN(name) FIELD_CAT(COORD, name)

bool AFFINE_FN(eq)(const AFFINE *a, const AFFINE *b) {
    return COORD_FN(eq)(&a->x, &b->x) && COORD_FN(eq)(&a->y, &b->y);
}

void AFFINE_FN(neg)(AFFINE *r, const AFFINE *a) {
    r->x = a->x;
    COORD_FN(neg)(&r->y, &a->y);
}

bool AFFINE_FN(on_curve)(const AFFINE *p) {
    if (AFFINE_FN(is_identity)(p)) {
        return true;
    }
    COORD left, right;
    COORD_FN(sqr)(&left, &p->y);
    COORD_FN(sqr)(&right, &p->x);
    COORD_FN(mul)(&right, &right, &p->x);
    COORD_FN(add)(&right, &right, &CURVE_B);
    return COORD_FN(eq)(&left, &right);
}

void POINT_FN(from_affine)(POINT *r, const AFFINE *a) {
    if (AFFINE_FN(is_identity)(a)) {
        *r = POINT_IDENTITY;
        return;
    }
    *r = (POINT){.x = a->x, .y = a->y, .z = COORD_ONE};
}

/* The affine point, given 1/Z; Z = 0 and its "inverse" 0 give (0, 0). */
static void scale_to_affine(AFFINE *r, const POINT *a, const COORD *z_inv) {
    COORD z2, z3;
    COORD_FN(sqr)(&z2, z_inv);
    COORD_FN(mul)(&z3, &z2, z_inv);
    COORD_FN(mul)(&r->x, &a->x, &z2);
    COORD_FN(mul)(&r->y, &a->y, &z3);
}

void POINT_FN(to_affine)(AFFINE *r, const POINT *a) {
    COORD z_inv;
    COORD_FN(inv)(&z_inv, &a->z);
    scale_to_affine(r, a, &z_inv);
}

bool POINT_FN(eq)(const POINT *a, const POINT *b) {
    if (POINT_FN(is_identity)(a) || POINT_FN(is_identity)(b)) {
        return POINT_FN(is_identity)(a) && POINT_FN(is_identity)(b);
    }
    COORD za2, zb2, l, r;
    COORD_FN(sqr)(&za2, &a->z);
    COORD_FN(sqr)(&zb2, &b->z);
    COORD_FN(mul)(&l, &a->x, &zb2);
    COORD_FN(mul)(&r, &b->x, &za2);
    if (!COORD_FN(eq)(&l, &r)) {
        return false;
    }
    COORD_FN(mul)(&zb2, &zb2, &b->z);
    COORD_FN(mul)(&za2, &za2, &a->z);
    COORD_FN(mul)(&l, &a->y, &zb2);
    COORD_FN(mul)(&r, &b->y, &za2);
    return COORD_FN(eq)(&l, &r);
}

void POINT_FN(neg)(POINT *r, const POINT *a) {
    r->x = a->x;
    COORD_FN(neg)(&r->y, &a->y);
    r->z = a->z;
}

void POINT_FN(dbl)(POINT *r, const POINT *p) {
    COORD a, b, c, d, e, f, t;
    COORD_FN(sqr)(&a, &p->x);
    COORD_FN(sqr)(&b, &p->y);
    COORD_FN(sqr)(&c, &b);
    COORD_FN(add)(&d, &p->x, &b); /* d = 2 ((x + b)^2 - a - c) */
    COORD_FN(sqr)(&d, &d);
    COORD_FN(sub)(&d, &d, &a);
    COORD_FN(sub)(&d, &d, &c);
    COORD_FN(dbl)(&d, &d);
    COORD_FN(dbl)(&e, &a);
    COORD_FN(add)(&e, &e, &a);
    COORD_FN(sqr)(&f, &e);
    COORD_FN(mul)(&t, &p->y, &p->z);
    COORD_FN(dbl)(&r->z, &t);
    COORD_FN(dbl)(&t, &d);
    COORD_FN(sub)(&r->x, &f, &t);
    COORD_FN(sub)(&d, &d, &r->x);
    COORD_FN(mul)(&d, &d, &e);
    COORD_FN(dbl)(&c, &c);
    COORD_FN(dbl)(&c, &c);
    COORD_FN(dbl)(&c, &c);
    COORD_FN(sub)(&r->y, &d, &c);
}

/* The common end of both additions: h = U2 - U1 (not zero), s = 2 (S2 - S1). *z_factor times h is
 * the result's Z. */
static void add_finish(POINT *r, const COORD *u1, const COORD *s1, const COORD *h, const COORD *s,
                       const COORD *z_factor) {
    COORD i, j, v, t;
    COORD_FN(dbl)(&i, h);
    COORD_FN(sqr)(&i, &i);
    COORD_FN(mul)(&j, h, &i);
    COORD_FN(mul)(&v, u1, &i);
    COORD_FN(mul)(&t, s1, &j);
    COORD_FN(mul)(&r->z, z_factor, h);
    COORD_FN(sqr)(&r->x, s);
    COORD_FN(sub)(&r->x, &r->x, &j);
    COORD_FN(sub)(&r->x, &r->x, &v);
    COORD_FN(sub)(&r->x, &r->x, &v);
    COORD_FN(sub)(&v, &v, &r->x);
    COORD_FN(mul)(&v, &v, s);
    COORD_FN(dbl)(&t, &t);
    COORD_FN(sub)(&r->y, &v, &t);
}

void POINT_FN(add)(POINT *r, const POINT *a, const POINT *b) {
    if (POINT_FN(is_identity)(a)) {
        *r = *b;
        return;
    }
    if (POINT_FN(is_identity)(b)) {
        *r = *a;
        return;
    }
    COORD za2, zb2, u1, u2, s1, s2, h, z;
    COORD_FN(sqr)(&za2, &a->z);
    COORD_FN(sqr)(&zb2, &b->z);
    COORD_FN(mul)(&u1, &a->x, &zb2);
    COORD_FN(mul)(&u2, &b->x, &za2);
    COORD_FN(mul)(&s1, &a->y, &b->z);
    COORD_FN(mul)(&s1, &s1, &zb2);
    COORD_FN(mul)(&s2, &b->y, &a->z);
    COORD_FN(mul)(&s2, &s2, &za2);
    COORD_FN(sub)(&h, &u2, &u1);
    COORD_FN(sub)(&s2, &s2, &s1);
    if (COORD_FN(is_zero)(&h)) {
        if (COORD_FN(is_zero)(&s2)) {
            POINT_FN(dbl)(r, a);
        } else {
            *r = POINT_IDENTITY;
        }
        return;
    }
    COORD_FN(mul)(&z, &a->z, &b->z);
    COORD_FN(dbl)(&z, &z);
    COORD_FN(dbl)(&s2, &s2);
    add_finish(r, &u1, &s1, &h, &s2, &z);
}

void POINT_FN(add_affine)(POINT *r, const POINT *a, const AFFINE *b) {
    if (AFFINE_FN(is_identity)(b)) {
        *r = *a;
        return;
    }
    if (POINT_FN(is_identity)(a)) {
        POINT_FN(from_affine)(r, b);
        return;
    }
    COORD za2, h, s, z;
    const COORD u1 = a->x, s1 = a->y;
    COORD_FN(sqr)(&za2, &a->z);
    COORD_FN(mul)(&h, &b->x, &za2);
    COORD_FN(mul)(&s, &b->y, &a->z);
    COORD_FN(mul)(&s, &s, &za2);
    COORD_FN(sub)(&h, &h, &u1);
    COORD_FN(sub)(&s, &s, &s1);
    if (COORD_FN(is_zero)(&h)) {
        if (COORD_FN(is_zero)(&s)) {
            POINT_FN(dbl)(r, a);
        } else {
            *r = POINT_IDENTITY;
        }
        return;
    }
    COORD_FN(dbl)(&z, &a->z);
    COORD_FN(dbl)(&s, &s);
    add_finish(r, &u1, &s1, &h, &s, &z);
}

/* Windows of four bits from the top. */
void POINT_FN(mul_limbs)(POINT *r, const POINT *a, const uint64_t k[4]) {
    POINT table[16], acc = POINT_IDENTITY;
    table[0] = POINT_IDENTITY;
    table[1] = *a;
    for (int i = 2; i < 16; i++) {
        POINT_FN(add)(&table[i], &table[i - 1], a);
    }
    for (int i = 63; i >= 0; i--) {
        if (!POINT_FN(is_identity)(&acc)) {
            for (int j = 0; j < 4; j++) {
                POINT_FN(dbl)(&acc, &acc);
            }
        }
        POINT_FN(add)(&acc, &acc, &table[(k[i / 16] >> (4 * (i % 16))) & 15]);
    }
    *r = acc;
}

void POINT_FN(mul)(POINT *r, const POINT *a, const fr *k) {
    uint64_t limbs[4];
    fr_to_limbs(limbs, k);
    POINT_FN(mul_limbs)(r, a, limbs);
}
