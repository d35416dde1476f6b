/* A prime field of 254 bits: type, declarations and hot inline functions. A template: fr.h and fq.h
 * define FIELD (the type's name and the functions' prefix), FIELD_P0..FIELD_P3 (the modulus p, low
 * limb first) and FIELD_NEG_INV (-1/p mod 2^64), then include this file, which undefines them.
 *
 * Representation: a value v is stored as v * 2^256 mod p (Montgomery form) in four 64-bit limbs,
 * low limb first, always fully reduced: equal values have equal limbs, and all bytes zero is 0.
 *
 * Every function allows its outputs to be its inputs. Nothing here allocates. The functions whose
 * names end in _var, inv, sqrt and all conversions take a time that depends on the value: not for
 * secrets. add, sub, neg, dbl, halve, mul and sqr are branch-free on the values.
 *
 * Multiplication needs p < 2^62 * 2^192: then the four-limb interleaved product never carries into
 * a sixth limb (the "no-carry" observation of gnark-crypto; method: Koc, Acar, Kaliski, "Analyzing
 * and comparing Montgomery multiplication algorithms", CIOS). Two equal implementations: mulx with
 * two carry chains (adcx, adox), and portable C; `cpu_has_adx` picks, a branch that is always
 * predicted. */
#include "base/cpu.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#ifndef ZKLINK_CRYPTO_FIELD_DECL_ONCE
#define ZKLINK_CRYPTO_FIELD_DECL_ONCE
#define FIELD_CAT2(a, b) a##_##b
#define FIELD_CAT(a, b) FIELD_CAT2(a, b)
#define FIELD_FN(name) FIELD_CAT(FIELD, name)
/* Not under clang's sanitizers: they keep registers that the assembly needs. */
#if defined(__clang__) && defined(__has_feature)
#if __has_feature(address_sanitizer)
#define FIELD_NO_ASM 1
#endif
#endif
#if defined(__x86_64__) && !defined(FIELD_NO_ASM)
#define FIELD_ASM 1
#endif
__extension__ typedef unsigned __int128 field_u128;
#endif

typedef struct {
    uint64_t l[4];
} FIELD;

/* Constants for the assembly: hidden, so that they are addressed directly. */
struct FIELD_FN(params) {
    uint64_t p[4];
    uint64_t c[4];    /* 2^-64 mod p */
    uint64_t neg_inv; /* -1/p mod 2^64 */
};
extern const struct FIELD_FN(params) FIELD_FN(params) __attribute__((visibility("hidden")));

/* r = 1/a, and 0 for a = 0. About a microsecond. Variable time. */
void FIELD_FN(inv)(FIELD *r, const FIELD *a);
/* r[i] = 1/a[i], zeros stay zero; one inversion and 3n multiplications. r = a is allowed, other
 * overlaps are not. */
void FIELD_FN(batch_inv)(FIELD *r, const FIELD *a, size_t n);
/* r = a^e; a^0 = 1, also for a = 0. Variable time in e. */
void FIELD_FN(pow_u64)(FIELD *r, const FIELD *a, uint64_t e);
/* r = a^e, e an integer of four limbs, low limb first. Variable time in e. */
void FIELD_FN(pow_limbs)(FIELD *r, const FIELD *a, const uint64_t e[4]);
/* A square root of a, either of the two; false, and r = 0, if there is none. */
bool FIELD_FN(sqrt)(FIELD *r, const FIELD *a);

void FIELD_FN(from_u64)(FIELD *r, uint64_t v);
void FIELD_FN(from_i64)(FIELD *r, int64_t v);
/* From 32 bytes, big-endian; false, and r = 0, if the integer is not below p. */
bool FIELD_FN(from_be)(FIELD *r, const uint8_t b[32]);
/* From 32 bytes, big-endian, any integer, reduced modulo p. */
void FIELD_FN(from_be_reduce)(FIELD *r, const uint8_t b[32]);
/* From four limbs, low limb first; false, and r = 0, if the integer is not below p. */
bool FIELD_FN(from_limbs)(FIELD *r, const uint64_t v[4]);
/* From 1 to 64 hexadecimal digits with or without 0x before them; false, and r = 0, on anything
 * else or if the integer is not below p. */
bool FIELD_FN(from_hex)(FIELD *r, const char *hex);
/* To 32 bytes, big-endian, the integer in 0..p-1. */
void FIELD_FN(to_be)(uint8_t b[32], const FIELD *a);
/* To four limbs, low limb first, the integer in 0..p-1. */
void FIELD_FN(to_limbs)(uint64_t out[4], const FIELD *a);
/* True if the integer in 0..p-1 fits 64 bits, then *out is it; else *out is 0. */
bool FIELD_FN(to_u64)(uint64_t *out, const FIELD *a);
/* Bits of the integer in 0..p-1: 0 for 0, at most 254. */
unsigned FIELD_FN(bit_length)(const FIELD *a);
/* True if the integer is odd: tells a from -a. */
bool FIELD_FN(is_odd)(const FIELD *a);

/* mul in portable C; out of line, for processors without ADX and for tests. */
void FIELD_FN(mul_portable)(FIELD *r, const FIELD *a, const FIELD *b);

static inline bool FIELD_FN(is_zero)(const FIELD *a) {
    return (a->l[0] | a->l[1] | a->l[2] | a->l[3]) == 0;
}

static inline bool FIELD_FN(eq)(const FIELD *a, const FIELD *b) {
    return ((a->l[0] ^ b->l[0]) | (a->l[1] ^ b->l[1]) | (a->l[2] ^ b->l[2]) |
            (a->l[3] ^ b->l[3])) == 0;
}

/* r = t - p if t >= p, else t; for t < 2p. */
static inline void FIELD_FN(reduce_once)(FIELD *r, const uint64_t t[4]) {
    field_u128 d0 = (field_u128)t[0] - FIELD_P0;
    field_u128 d1 = (field_u128)t[1] - FIELD_P1 - ((uint64_t)(d0 >> 64) & 1);
    field_u128 d2 = (field_u128)t[2] - FIELD_P2 - ((uint64_t)(d1 >> 64) & 1);
    field_u128 d3 = (field_u128)t[3] - FIELD_P3 - ((uint64_t)(d2 >> 64) & 1);
    uint64_t keep = (uint64_t)(d3 >> 64); /* all ones if t < p */
    r->l[0] = (t[0] & keep) | ((uint64_t)d0 & ~keep);
    r->l[1] = (t[1] & keep) | ((uint64_t)d1 & ~keep);
    r->l[2] = (t[2] & keep) | ((uint64_t)d2 & ~keep);
    r->l[3] = (t[3] & keep) | ((uint64_t)d3 & ~keep);
}

/* a + b and a - b in portable C. */
static inline void FIELD_FN(add_portable)(FIELD *r, const FIELD *a, const FIELD *b) {
    uint64_t t[4];
    field_u128 c = 0;
    for (int i = 0; i < 4; i++) {
        c += (field_u128)a->l[i] + b->l[i];
        t[i] = (uint64_t)c;
        c >>= 64;
    }
    FIELD_FN(reduce_once)(r, t);
}

static inline void FIELD_FN(sub_portable)(FIELD *r, const FIELD *a, const FIELD *b) {
    static const uint64_t p[4] = {FIELD_P0, FIELD_P1, FIELD_P2, FIELD_P3};
    uint64_t t[4], borrow = 0;
    for (int i = 0; i < 4; i++) {
        field_u128 d = (field_u128)a->l[i] - b->l[i] - borrow;
        t[i] = (uint64_t)d;
        borrow = (uint64_t)(d >> 64) & 1;
    }
    field_u128 c = 0;
    for (int i = 0; i < 4; i++) {
        c += (field_u128)t[i] + (p[i] & (0 - borrow));
        r->l[i] = (uint64_t)c;
        c >>= 64;
    }
}

#ifdef FIELD_ASM

static inline void FIELD_FN(add)(FIELD *r, const FIELD *a, const FIELD *b) {
    uint64_t t0, t1, t2, t3, s0, s1, s2, s3;
    t0 = a->l[0], t1 = a->l[1], t2 = a->l[2], t3 = a->l[3];
    __asm__("addq %[b0], %[t0]\n\t"
            "adcq %[b1], %[t1]\n\t"
            "adcq %[b2], %[t2]\n\t"
            "adcq %[b3], %[t3]\n\t"
            "movq %[t0], %[s0]\n\t"
            "movq %[t1], %[s1]\n\t"
            "movq %[t2], %[s2]\n\t"
            "movq %[t3], %[s3]\n\t"
            "subq %[p0], %[t0]\n\t"
            "sbbq %[p1], %[t1]\n\t"
            "sbbq %[p2], %[t2]\n\t"
            "sbbq %[p3], %[t3]\n\t"
            "cmovc %[s0], %[t0]\n\t"
            "cmovc %[s1], %[t1]\n\t"
            "cmovc %[s2], %[t2]\n\t"
            "cmovc %[s3], %[t3]"
            : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "=&r"(s0),
              [s1] "=&r"(s1), [s2] "=&r"(s2), [s3] "=&r"(s3)
            : [b0] "m"(b->l[0]), [b1] "m"(b->l[1]), [b2] "m"(b->l[2]), [b3] "m"(b->l[3]),
              [p0] "m"(FIELD_FN(params).p[0]), [p1] "m"(FIELD_FN(params).p[1]),
              [p2] "m"(FIELD_FN(params).p[2]), [p3] "m"(FIELD_FN(params).p[3])
            : "cc");
    r->l[0] = t0, r->l[1] = t1, r->l[2] = t2, r->l[3] = t3;
}

static inline void FIELD_FN(sub)(FIELD *r, const FIELD *a, const FIELD *b) {
    uint64_t t0, t1, t2, t3, s0, s1, s2, s3, z;
    t0 = a->l[0], t1 = a->l[1], t2 = a->l[2], t3 = a->l[3];
    s0 = FIELD_P0, s1 = FIELD_P1, s2 = FIELD_P2, s3 = FIELD_P3;
    __asm__("xorl %k[z], %k[z]\n\t"
            "subq %[b0], %[t0]\n\t"
            "sbbq %[b1], %[t1]\n\t"
            "sbbq %[b2], %[t2]\n\t"
            "sbbq %[b3], %[t3]\n\t"
            "cmovnc %[z], %[s0]\n\t"
            "cmovnc %[z], %[s1]\n\t"
            "cmovnc %[z], %[s2]\n\t"
            "cmovnc %[z], %[s3]\n\t"
            "addq %[s0], %[t0]\n\t"
            "adcq %[s1], %[t1]\n\t"
            "adcq %[s2], %[t2]\n\t"
            "adcq %[s3], %[t3]"
            : [t0] "+&r"(t0), [t1] "+&r"(t1), [t2] "+&r"(t2), [t3] "+&r"(t3), [s0] "+&r"(s0),
              [s1] "+&r"(s1), [s2] "+&r"(s2), [s3] "+&r"(s3), [z] "=&r"(z)
            : [b0] "m"(b->l[0]), [b1] "m"(b->l[1]), [b2] "m"(b->l[2]), [b3] "m"(b->l[3])
            : "cc");
    r->l[0] = t0, r->l[1] = t1, r->l[2] = t2, r->l[3] = t3;
}

/* The pieces of mul_adx. A word of five limbs u0..u4 takes in one limb of b at a time; between
 * them it is divided by 2^64 modulo p. For three of the four divisions that is
 *     u / 2^64 = (u >> 64) + u0 * c,   c = 2^-64 mod p,
 * whose result is not short (u < 2^64 p (1 + c/p)) but needs no quotient limb first: the
 * multiplications of a round wait for u0 only. The last is Montgomery's, m = -u0/p mod 2^64,
 * u = (u + m p) >> 64, and brings u below
 *     p (1 + c/p + (p3 + 1)/2^64 + 2^-62) < 2p
 * where c/p is 0.762 for Fr, 0.531 for Fq, and p3 is the top limb, 0.189 * 2^64. (The idea: Domb,
 * "Fast modular multiplication", Ingonyama 2022, and LogJumps; here limb by limb.) */
#define FIELD_ACCUMULATE(s, u0, u1, u2, u3, u4)                                                    \
    "movq %[" s "], %%rdx\n\t"                                                                     \
    "xorl %k[x], %k[x]\n\t"                                                                        \
    "mulxq %[a0], %[x], %[y]\n\t"                                                                  \
    "adoxq %[x], %[" u0 "]\n\t"                                                                    \
    "adcxq %[y], %[" u1 "]\n\t"                                                                    \
    "mulxq %[a1], %[x], %[y]\n\t"                                                                  \
    "adoxq %[x], %[" u1 "]\n\t"                                                                    \
    "adcxq %[y], %[" u2 "]\n\t"                                                                    \
    "mulxq %[a2], %[x], %[y]\n\t"                                                                  \
    "adoxq %[x], %[" u2 "]\n\t"                                                                    \
    "adcxq %[y], %[" u3 "]\n\t"                                                                    \
    "mulxq %[a3], %[x], %[y]\n\t"                                                                  \
    "adoxq %[x], %[" u3 "]\n\t"                                                                    \
    "movl $0, %k[x]\n\t"                                                                           \
    "adcxq %[y], %[" u4 "]\n\t"                                                                    \
    "adoxq %[x], %[" u4 "]\n\t"
/* u1..u4, and u0 as the new top limb, = (u >> 64) + u0 c */
#define FIELD_DIVIDE(u0, u1, u2, u3, u4)                                                           \
    "movq %[" u0 "], %%rdx\n\t"                                                                    \
    "xorl %k[x], %k[x]\n\t"                                                                        \
    "mulxq %[c0], %[x], %[y]\n\t"                                                                  \
    "adoxq %[x], %[" u1 "]\n\t"                                                                    \
    "adcxq %[y], %[" u2 "]\n\t"                                                                    \
    "mulxq %[c1], %[x], %[y]\n\t"                                                                  \
    "adoxq %[x], %[" u2 "]\n\t"                                                                    \
    "adcxq %[y], %[" u3 "]\n\t"                                                                    \
    "mulxq %[c2], %[x], %[y]\n\t"                                                                  \
    "adoxq %[x], %[" u3 "]\n\t"                                                                    \
    "adcxq %[y], %[" u4 "]\n\t"                                                                    \
    "mulxq %[c3], %[x], %[" u0 "]\n\t"                                                             \
    "adoxq %[x], %[" u4 "]\n\t"                                                                    \
    "movl $0, %k[x]\n\t"                                                                           \
    "adcxq %[x], %[" u0 "]\n\t"                                                                    \
    "adoxq %[x], %[" u0 "]\n\t"

/* mul for processors with BMI2 and ADX. The caller must have checked cpu_has_adx. */
static inline void FIELD_FN(mul_adx)(FIELD *r, const FIELD *a, const FIELD *b) {
    uint64_t t0, t1, t2, t3, t4, x, y;
#ifdef __clang__
    /* It may take a register for each limb's address; those on the stack need none. */
    const FIELD operand[2] = {*a, *b};
    a = &operand[0], b = &operand[1];
#endif
    __asm__("movq %[b0], %%rdx\n\t"
            "mulxq %[a0], %[t0], %[t1]\n\t"
            "mulxq %[a1], %[x], %[t2]\n\t"
            "addq %[x], %[t1]\n\t"
            "mulxq %[a2], %[x], %[t3]\n\t"
            "adcq %[x], %[t2]\n\t"
            "mulxq %[a3], %[x], %[t4]\n\t"
            "adcq %[x], %[t3]\n\t"
            "adcq $0, %[t4]\n\t" FIELD_DIVIDE("t0", "t1", "t2", "t3", "t4")
                FIELD_ACCUMULATE("b1", "t1", "t2", "t3", "t4", "t0")
                    FIELD_DIVIDE("t1", "t2", "t3", "t4", "t0")
                        FIELD_ACCUMULATE("b2", "t2", "t3", "t4", "t0", "t1")
                            FIELD_DIVIDE("t2", "t3", "t4", "t0", "t1")
                                FIELD_ACCUMULATE("b3", "t3", "t4", "t0", "t1", "t2")
            /* Montgomery's step: u is t3, t4, t0, t1, t2. u0 + m p0 is 0 mod 2^64 and carries
             * exactly if u0 is not 0. */
            "movq %[ni], %%rdx\n\t"
            "imulq %[t3], %%rdx\n\t"
            "xorl %k[x], %k[x]\n\t"
            "mulxq %[p0], %[x], %[y]\n\t"
            "adcxq %[x], %[t3]\n\t"
            "adcxq %[y], %[t4]\n\t"
            "mulxq %[p1], %[x], %[y]\n\t"
            "adoxq %[x], %[t4]\n\t"
            "adcxq %[y], %[t0]\n\t"
            "mulxq %[p2], %[x], %[y]\n\t"
            "adoxq %[x], %[t0]\n\t"
            "adcxq %[y], %[t1]\n\t"
            "mulxq %[p3], %[x], %[y]\n\t"
            "adoxq %[x], %[t1]\n\t"
            "movl $0, %k[x]\n\t"
            "adcxq %[y], %[t2]\n\t"
            "adoxq %[x], %[t2]\n\t"
            /* t4, t0, t1, t2 less p, unless that is negative */
            "movq %[t4], %[x]\n\t"
            "movq %[t0], %[y]\n\t"
            "movq %[t1], %[t3]\n\t"
            "movq %[t2], %%rdx\n\t"
            "subq %[p0], %[t4]\n\t"
            "sbbq %[p1], %[t0]\n\t"
            "sbbq %[p2], %[t1]\n\t"
            "sbbq %[p3], %[t2]\n\t"
            "cmovc %[x], %[t4]\n\t"
            "cmovc %[y], %[t0]\n\t"
            "cmovc %[t3], %[t1]\n\t"
            "cmovc %%rdx, %[t2]"
            : [t0] "=&r"(t0), [t1] "=&r"(t1), [t2] "=&r"(t2), [t3] "=&r"(t3), [t4] "=&r"(t4),
              [x] "=&r"(x), [y] "=&r"(y)
            : [a0] "m"(a->l[0]), [a1] "m"(a->l[1]), [a2] "m"(a->l[2]), [a3] "m"(a->l[3]),
              [b0] "m"(b->l[0]), [b1] "m"(b->l[1]), [b2] "m"(b->l[2]), [b3] "m"(b->l[3]),
              [p0] "m"(FIELD_FN(params).p[0]), [p1] "m"(FIELD_FN(params).p[1]),
              [p2] "m"(FIELD_FN(params).p[2]), [p3] "m"(FIELD_FN(params).p[3]),
              [c0] "m"(FIELD_FN(params).c[0]), [c1] "m"(FIELD_FN(params).c[1]),
              [c2] "m"(FIELD_FN(params).c[2]), [c3] "m"(FIELD_FN(params).c[3]),
              [ni] "m"(FIELD_FN(params).neg_inv)
            : "rdx", "cc");
    r->l[0] = t4, r->l[1] = t0, r->l[2] = t1, r->l[3] = t2;
}

#undef FIELD_ACCUMULATE
#undef FIELD_DIVIDE

static inline void FIELD_FN(mul)(FIELD *r, const FIELD *a, const FIELD *b) {
    if (__builtin_expect(cpu_has_adx, 1)) {
        FIELD_FN(mul_adx)(r, a, b);
    } else {
        FIELD_FN(mul_portable)(r, a, b);
    }
}

#else /* portable */

static inline void FIELD_FN(add)(FIELD *r, const FIELD *a, const FIELD *b) {
    FIELD_FN(add_portable)(r, a, b);
}

static inline void FIELD_FN(sub)(FIELD *r, const FIELD *a, const FIELD *b) {
    FIELD_FN(sub_portable)(r, a, b);
}

static inline void FIELD_FN(mul)(FIELD *r, const FIELD *a, const FIELD *b) {
    FIELD_FN(mul_portable)(r, a, b);
}

#endif

static inline void FIELD_FN(sqr)(FIELD *r, const FIELD *a) {
    FIELD_FN(mul)(r, a, a);
}

static inline void FIELD_FN(dbl)(FIELD *r, const FIELD *a) {
    FIELD_FN(add)(r, a, a);
}

static inline void FIELD_FN(neg)(FIELD *r, const FIELD *a) {
    const FIELD zero = {{0, 0, 0, 0}};
    FIELD_FN(sub)(r, &zero, a);
}

/* r = a / 2 */
static inline void FIELD_FN(halve)(FIELD *r, const FIELD *a) {
    static const uint64_t p[4] = {FIELD_P0, FIELD_P1, FIELD_P2, FIELD_P3};
    uint64_t odd = 0 - (a->l[0] & 1), t[4];
    field_u128 c = 0;
    for (int i = 0; i < 4; i++) {
        c += (field_u128)a->l[i] + (p[i] & odd);
        t[i] = (uint64_t)c;
        c >>= 64;
    }
    for (int i = 0; i < 3; i++) {
        r->l[i] = (t[i] >> 1) | (t[i + 1] << 63);
    }
    r->l[3] = t[3] >> 1;
}

#ifndef FIELD_KEEP
#undef FIELD
#undef FIELD_P0
#undef FIELD_P1
#undef FIELD_P2
#undef FIELD_P3
#undef FIELD_NEG_INV
#endif
