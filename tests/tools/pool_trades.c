/* Random quotes of pools as JSON lines, for tests/reference/pools.py: pool_trades COUNT [SEED].
 * COUNT stable swaps; of the other formulas a tenth each. Decimals 0..18, imbalances up to 1 :
 * 10^6, any A, amounts from one unit to many times the reserves. */
#include "rollup/pool.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>

static uint64_t rng;

static uint64_t rnd(void) {
    uint64_t z = rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static u128 wide_random(void) {
    return (u128)rnd() << 64 | rnd();
}

static void print_u128(const char *name, u128 v) {
    char text[40], *p = text + sizeof text;
    *--p = 0;
    do {
        *--p = (char)('0' + (int)(v % 10));
        v /= 10;
    } while (v != 0);
    printf("\"%s\": %s", name, p);
}

static uint64_t pow10(unsigned n) {
    uint64_t v = 1;
    while (n-- > 0) {
        v *= 10;
    }
    return v;
}

/* Reserves worth 2^bits each or so, one up to 10^6 times the other. */
static void random_pool(struct pool_view *v, bool stable) {
    *v = (struct pool_view){.pool = 5, .token_a = 1, .token_b = 2, .stable = stable};
    v->fee = (uint16_t)(rnd() % 4 == 0 ? rnd() % 10000 : rnd() % 100);
    unsigned bits = 20 + (unsigned)(rnd() % 84);
    u128 x = (wide_random() >> (128 - bits)) | (u128)1 << bits, y = x;
    if (rnd() % 3 != 0) {
        y = x / (1 + rnd() % pow10((unsigned)(rnd() % 7))) + 1;
    }
    v->mult_a = v->mult_b = stable ? 1 : 0;
    if (stable) {
        v->amp = 1 + (uint32_t)(rnd() % 65535 >> rnd() % 16);
        v->mult_a = pow10((unsigned)(rnd() % 13)); /* decimals 18..6 */
        v->mult_b = pow10((unsigned)(rnd() % 13));
        x = x / v->mult_a + 1;
        y = y / v->mult_b + 1;
    }
    bool turn = rnd() % 2 == 0 && !stable;
    v->reserve_a = (struct amount){turn ? y : x};
    v->reserve_b = (struct amount){turn ? x : y};
    v->supply = (struct amount){1001 + (wide_random() >> (128 - bits))};
}

static struct amount part_of(u128 whole) {
    u128 v = rnd() % 8 == 0 ? rnd() % 4 : whole / pow10((unsigned)(rnd() % 12)) + rnd() % 1000;
    v = rnd() % 16 == 0 ? whole * (1 + rnd() % 50) : v;
    return (struct amount){v & amount_max().v};
}

static void print_pool(const struct pool_view *v) {
    printf("\"pool\": {\"stable\": %s, \"fee\": %u, ", v->stable ? "true" : "false", v->fee);
    if (v->stable) {
        printf("\"amp\": %" PRIu32 ", \"ma\": %" PRIu64 ", \"mb\": %" PRIu64 ", ", v->amp,
               v->mult_a, v->mult_b);
    }
    print_u128("ra", v->reserve_a.v);
    printf(", ");
    print_u128("rb", v->reserve_b.v);
    printf(", ");
    print_u128("supply", v->supply.v);
    printf("}");
}

static void print_result(enum rejection r, const struct pool_trade *t) {
    printf(", ");
    if (r == REJECT_NONE) {
        print_u128("result", t->result.v);
    } else {
        printf("\"result\": null");
    }
    printf("}\n");
}

enum kind { SWAP, ADD_ONE, REMOVE_ONE, FIRST };

static void one(enum kind kind, bool stable) {
    static const char *const names[] = {"swap", "addOne", "removeOne", "first"};
    struct pool_view v;
    struct pool_trade t;
    random_pool(&v, stable);
    bool b = rnd() % 2 == 0;
    printf("{\"kind\": \"%s\", ", names[kind]);
    if (kind == FIRST) {
        struct amount a0 = v.reserve_a, b0 = v.reserve_b;
        v.reserve_a = v.reserve_b = v.supply = amount_zero();
        print_pool(&v);
        printf(", ");
        print_u128("a", a0.v);
        printf(", ");
        print_u128("b", b0.v);
        print_result(pool_first_quote(&t, &v, a0, b0), &t);
        return;
    }
    struct amount amount = part_of(kind == REMOVE_ONE ? v.supply.v
                                   : b                ? v.reserve_b.v
                                                      : v.reserve_a.v);
    enum rejection r = kind == SWAP      ? pool_swap_quote(&t, &v, b, amount)
                       : kind == ADD_ONE ? pool_add_one_quote(&t, &v, b, amount)
                                         : pool_remove_one_quote(&t, &v, b, amount);
    print_pool(&v);
    printf(", \"b\": %s, ", b ? "true" : "false");
    print_u128("amount", amount.v);
    print_result(r, &t);
}

int main(int argc, char **argv) {
    unsigned long n = argc > 1 ? strtoul(argv[1], NULL, 10) : 0;
    rng = argc > 2 ? strtoull(argv[2], NULL, 10) : 1;
    if (n == 0) {
        (void)fprintf(stderr, "usage: pool_trades COUNT [SEED]\n");
        return 2;
    }
    for (unsigned long i = 0; i < n; i++) {
        one(SWAP, true);
        if (i % 10 == 0) {
            one(SWAP, false);
            for (unsigned stable = 0; stable < 2; stable++) {
                one(ADD_ONE, stable == 1);
                one(REMOVE_ONE, stable == 1);
                one(FIRST, stable == 1);
            }
        }
    }
    return 0;
}
