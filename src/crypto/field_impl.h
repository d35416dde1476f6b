/* Bodies of a prime field's functions: a template, included once by fr.c and once by fq.c, which
 * define FIELD, FIELD_CONST (prefix of the upper-case constants), FIELD_NEG_INV, FIELD_P_LIMBS,
 * FIELD_C_LIMBS (2^-64 mod p), FIELD_R_LIMBS (2^256 mod p), FIELD_R2_LIMBS (2^512 mod p), and for
 * square roots FIELD_TWO_ADICITY S with p - 1 = 2^S T, T odd, FIELD_T_HALF_LIMBS ((T - 1) / 2) and
 * FIELD_ROOT_LIMBS (n^T in Montgomery form, n not a square: a root of unity of order 2^S). */

#define FIELD_MODULUS FIELD_CAT(FIELD_CONST, MODULUS)
#define FIELD_ZERO FIELD_CAT(FIELD_CONST, ZERO)
#define FIELD_ONE FIELD_CAT(FIELD_CONST, ONE)

const uint64_t FIELD_MODULUS[4] = FIELD_P_LIMBS;
const FIELD FIELD_ZERO = {{0, 0, 0, 0}};
const FIELD FIELD_ONE = {FIELD_R_LIMBS};
const struct FIELD_FN(params) FIELD_FN(params) = {FIELD_P_LIMBS, FIELD_C_LIMBS, FIELD_NEG_INV};

static const FIELD R2 = {FIELD_R2_LIMBS};

void FIELD_FN(mul_portable)(FIELD *r, const FIELD *a, const FIELD *b) {
    static const uint64_t p[4] = FIELD_P_LIMBS;
    uint64_t t[4] = {0, 0, 0, 0};
    for (int i = 0; i < 4; i++) {
        field_u128 x = (field_u128)a->l[0] * b->l[i] + t[0];
        uint64_t m = (uint64_t)x * FIELD_NEG_INV;
        field_u128 y = (field_u128)m * p[0] + (uint64_t)x;
        for (int j = 1; j < 4; j++) {
            x = (field_u128)a->l[j] * b->l[i] + t[j] + (uint64_t)(x >> 64);
            y = (field_u128)m * p[j] + (uint64_t)x + (uint64_t)(y >> 64);
            t[j - 1] = (uint64_t)y;
        }
        t[3] = (uint64_t)(x >> 64) + (uint64_t)(y >> 64);
    }
    FIELD_FN(reduce_once)(r, t);
}

void FIELD_FN(pow_limbs)(FIELD *r, const FIELD *a, const uint64_t e[4]) {
    FIELD acc = FIELD_ONE, base = *a;
    bool started = false;
    for (int i = 255; i >= 0; i--) {
        if (started) {
            FIELD_FN(sqr)(&acc, &acc);
        }
        if ((e[i / 64] >> (i % 64)) & 1) {
            FIELD_FN(mul)(&acc, &acc, &base);
            started = true;
        }
    }
    *r = acc;
}

void FIELD_FN(pow_u64)(FIELD *r, const FIELD *a, uint64_t e) {
    const uint64_t limbs[4] = {e, 0, 0, 0};
    FIELD_FN(pow_limbs)(r, a, limbs);
}

/* The stored a 2^256 is inverted as an integer; times 2^768 / 2^256 is the stored inverse. */
void FIELD_FN(inv)(FIELD *r, const FIELD *a) {
    FIELD t, r3;
    modinv_var(t.l, a->l, FIELD_MODULUS, FIELD_NEG_INV);
    FIELD_FN(mul)(&r3, &R2, &R2);
    FIELD_FN(mul)(r, &t, &r3);
}

/* Montgomery's trick block by block: the prefix products of one block stand on the stack, so that
 * r = a needs no other memory; an inversion is shared by 256 elements. */
enum { BATCH_BLOCK = 256 };

/* The non-zero elements' product before each element, and the whole product. */
static void batch_prefix(FIELD *prefix, FIELD *total, const FIELD *a, size_t n) {
    FIELD acc = FIELD_ONE;
    for (size_t i = 0; i < n; i++) {
        prefix[i] = acc;
        if (!FIELD_FN(is_zero)(&a[i])) {
            FIELD_FN(mul)(&acc, &acc, &a[i]);
        }
    }
    *total = acc;
}

void FIELD_FN(batch_inv)(FIELD *r, const FIELD *a, size_t n) {
    FIELD prefix[BATCH_BLOCK];
    for (size_t at = 0; at < n; at += BATCH_BLOCK) {
        size_t len = n - at < BATCH_BLOCK ? n - at : BATCH_BLOCK;
        FIELD acc;
        batch_prefix(prefix, &acc, a + at, len);
        FIELD_FN(inv)(&acc, &acc);
        for (size_t i = len; i-- > 0;) {
            FIELD x = a[at + i];
            if (FIELD_FN(is_zero)(&x)) {
                r[at + i] = FIELD_ZERO;
                continue;
            }
            FIELD_FN(mul)(&r[at + i], &acc, &prefix[i]);
            FIELD_FN(mul)(&acc, &acc, &x);
        }
    }
}

/* Tonelli and Shanks. With w = a^((T-1)/2): x = a w is a root up to b = x w = a^T, whose order
 * divides 2^(S-1) if a is a square; powers of the root of unity bring b to 1. */
bool FIELD_FN(sqrt)(FIELD *r, const FIELD *a) {
    static const uint64_t t_half[4] = FIELD_T_HALF_LIMBS;
    FIELD z = {FIELD_ROOT_LIMBS}, w, x, b, square;
    const FIELD in = *a;
    FIELD_FN(pow_limbs)(&w, &in, t_half);
    FIELD_FN(mul)(&x, &in, &w);
    FIELD_FN(mul)(&b, &x, &w);
    int order = FIELD_TWO_ADICITY; /* z has order 2^order, b's divides 2^(order-1) */
    while (order > 1 && !FIELD_FN(eq)(&b, &FIELD_ONE)) {
        int k = 0; /* b has order 2^k */
        for (FIELD s = b; k < order && !FIELD_FN(eq)(&s, &FIELD_ONE); k++) {
            FIELD_FN(sqr)(&s, &s);
        }
        if (k == order) {
            break; /* not a square (or zero, handled below) */
        }
        for (; order > k + 1; order--) {
            FIELD_FN(sqr)(&z, &z);
        }
        FIELD_FN(mul)(&x, &x, &z);
        FIELD_FN(sqr)(&z, &z);
        FIELD_FN(mul)(&b, &b, &z);
        order = k;
    }
    FIELD_FN(sqr)(&square, &x);
    bool ok = FIELD_FN(eq)(&square, &in);
    *r = ok ? x : FIELD_ZERO;
    return ok;
}

static bool limbs_below_p(const uint64_t v[4]) {
    static const uint64_t p[4] = FIELD_P_LIMBS;
    for (int i = 3; i >= 0; i--) {
        if (v[i] != p[i]) {
            return v[i] < p[i];
        }
    }
    return false;
}

/* Any 256-bit integer: the product with R2 < p stays below 2p before its last subtraction, because
 * mul_portable scans its second operand limb by limb and bounds only the first. */
static void to_montgomery(FIELD *r, const uint64_t v[4]) {
    const FIELD raw = {{v[0], v[1], v[2], v[3]}};
    FIELD_FN(mul_portable)(r, &R2, &raw);
}

void FIELD_FN(from_u64)(FIELD *r, uint64_t v) {
    const uint64_t limbs[4] = {v, 0, 0, 0};
    to_montgomery(r, limbs);
}

void FIELD_FN(from_i64)(FIELD *r, int64_t v) {
    uint64_t magnitude = v < 0 ? 0 - (uint64_t)v : (uint64_t)v;
    FIELD_FN(from_u64)(r, magnitude);
    if (v < 0) {
        FIELD_FN(neg)(r, r);
    }
}

bool FIELD_FN(from_limbs)(FIELD *r, const uint64_t v[4]) {
    if (!limbs_below_p(v)) {
        *r = FIELD_ZERO;
        return false;
    }
    to_montgomery(r, v);
    return true;
}

static void limbs_from_be(uint64_t v[4], const uint8_t b[32]) {
    for (int i = 0; i < 4; i++) {
        uint64_t x = 0;
        for (int j = 0; j < 8; j++) {
            x = (x << 8) | b[8 * (3 - i) + j];
        }
        v[i] = x;
    }
}

bool FIELD_FN(from_be)(FIELD *r, const uint8_t b[32]) {
    uint64_t v[4];
    limbs_from_be(v, b);
    return FIELD_FN(from_limbs)(r, v);
}

void FIELD_FN(from_be_reduce)(FIELD *r, const uint8_t b[32]) {
    uint64_t v[4];
    limbs_from_be(v, b);
    to_montgomery(r, v);
}

bool FIELD_FN(from_hex)(FIELD *r, const char *hex) {
    uint64_t v[4] = {0, 0, 0, 0};
    *r = FIELD_ZERO;
    if (hex[0] == '0' && hex[1] == 'x') {
        hex += 2;
    }
    size_t n = strlen(hex);
    if (n < 1 || n > 64) {
        return false;
    }
    for (size_t i = 0; i < n; i++) {
        char c = hex[i];
        int digit = c >= '0' && c <= '9'   ? c - '0'
                    : c >= 'a' && c <= 'f' ? c - 'a' + 10
                    : c >= 'A' && c <= 'F' ? c - 'A' + 10
                                           : -1;
        if (digit < 0) {
            return false;
        }
        size_t bit = 4 * (n - 1 - i);
        v[bit / 64] |= (uint64_t)digit << (bit % 64);
    }
    return FIELD_FN(from_limbs)(r, v);
}

void FIELD_FN(to_limbs)(uint64_t out[4], const FIELD *a) {
    const FIELD raw_one = {{1, 0, 0, 0}};
    FIELD v;
    FIELD_FN(mul)(&v, a, &raw_one);
    memcpy(out, v.l, sizeof v.l);
}

void FIELD_FN(to_be)(uint8_t b[32], const FIELD *a) {
    uint64_t v[4];
    FIELD_FN(to_limbs)(v, a);
    for (int i = 0; i < 32; i++) {
        b[i] = (uint8_t)(v[3 - i / 8] >> (56 - 8 * (i % 8)));
    }
}

bool FIELD_FN(to_u64)(uint64_t *out, const FIELD *a) {
    uint64_t v[4];
    FIELD_FN(to_limbs)(v, a);
    bool fits = (v[1] | v[2] | v[3]) == 0;
    *out = fits ? v[0] : 0;
    return fits;
}

unsigned FIELD_FN(bit_length)(const FIELD *a) {
    uint64_t v[4];
    FIELD_FN(to_limbs)(v, a);
    for (int i = 3; i >= 0; i--) {
        if (v[i] != 0) {
            return (unsigned)(64 * i + 64 - __builtin_clzll(v[i]));
        }
    }
    return 0;
}

bool FIELD_FN(is_odd)(const FIELD *a) {
    uint64_t v[4];
    FIELD_FN(to_limbs)(v, a);
    return (v[0] & 1) != 0;
}
