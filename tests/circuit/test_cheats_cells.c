/* Attacks on cells: rows are altered in several chips at once so that they agree, and all lookups
 * are served again as far as they can be. Each must fail at the place where the circuit excludes
 * it. */
#include "stage.h"

static void add_shifted(fr *v, int64_t d, unsigned bits) {
    fr x, y;
    fr_from_i64(&x, d);
    fr_pow2(&y, bits);
    fr_mul(&x, &x, &y);
    fr_add(v, v, &x);
}

/* An account without a key, read as one with the key (0, 0): tag 2 -> 3, owner less 2^200. The
 * leaf's hash is the same; only the bound on the owner tells. */
static void test_tag_confusion(void **state) {
    static const unsigned leaf_fields[] = {LEAF_OLD0, LEAF_NEW0};
    static const unsigned leaf_tags[] = {LEAF_OLD_TAG, LEAF_NEW_TAG};
    struct stage g;
    (void)state;
    stage_begin(&g, 6);
    struct record keyless = *state_account(g.f.g->state, user(&g, 3));
    keyless.tag = RECORD_ACCOUNT;
    keyless.u.account.key_x = keyless.u.account.key_y = FR_ZERO;
    assert_true(state_put(g.f.g->state, user(&g, 3), 0, &keyless));
    assert_true(state_update_tree_all(g.f.g->state));
    (void)transfer(&g, 2, 3, 500); /* k5 reads it */
    stage_witness(&g);
    expect_honest(&g);

    struct trace_chip *leaf = chip(&g, "leaf"), *rec = chip(&g, "record");
    for (size_t row = 0; row < leaf->n; row++) {
        uint64_t tag;
        if (fr_to_u64(&tag, &leaf->col[LEAF_OLD_TAG][row]) && tag == RECORD_ACCOUNT) {
            for (unsigned i = 0; i < 2; i++) {
                add_to(&leaf->col[leaf_tags[i]][row], 1);
                add_shifted(&leaf->col[leaf_fields[i]][row], -1, 200);
            }
        }
    }
    add_to(&rec->col[REC_OLD_TAG][1], 1);
    add_to(&rec->col[REC_NEW_TAG][1], 1);
    add_shifted(&rec->col[REC_OLD0][1], -1, 200);
    add_shifted(&rec->col[REC_NEW0][1], -1, 200);
    add_to(cell(&g, "op", OPC_PEER_KEY, 0), 1);
    add_shifted(cell(&g, "op", OPC_PEER0, 0), -1, 200);
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (112");
    stage_end(&g);
}

/* ---- selectors and rows ---- */

static void test_selectors(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 14);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    expect_honest(&g);
    fr *is_transfer = cell(&g, "op", OPC_SELECT + OP_TRANSFER - 1, 0);
    fr *is_swap = cell(&g, "op", OPC_SELECT + OP_SWAP - 1, 0);
    fr *active = cell(&g, "op", OPC_ACTIVE, 0);
    *is_swap = FR_ONE; /* two */
    expect_refused(&g, "op.one operation type");
    *is_swap = FR_ZERO;
    *is_transfer = FR_ZERO; /* none: then it is the last type, a withdrawal */
    expect_refused(&g, "op.");
    *is_transfer = FR_ONE;
    *active = FR_ZERO; /* on an inactive row */
    expect_refused(&g, "op.");
    *active = FR_ONE;
    expect_honest(&g);
    stage_end(&g);
}

/* Appends a copy of a row. */
static void repeat_row(struct stage *g, const char *name, size_t row) {
    struct trace_chip *c = chip(g, name);
    size_t at = trace_row_add(c);
    assert_true(at != SIZE_MAX);
    for (unsigned k = 0; k < c->chip->n_main; k++) {
        c->col[k][at] = c->col[k][row];
    }
}

static void test_repeated_rows(void **state) {
    static const struct {
        const char *chip, *where;
    } cases[] = {{"op", "bus "},   {"record", "bus "}, {"balance", "bus "},  {"leaf", "bus "},
                 {"node", "bus "}, {"log", "bus LOG"}, {"signature", "bus "}};
    (void)state;
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        struct stage g;
        stage_begin(&g, 15);
        (void)transfer(&g, 2, 3, 5);
        stage_witness(&g);
        expect_honest(&g);
        repeat_row(&g, cases[i].chip, 0);
        serve_lookups(&g);
        expect_refused(&g, cases[i].where);
        stage_end(&g);
    }
}

/* ---- ranges and time ---- */

static void test_expired(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 16);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    serve_lookups(&g);
    expect_honest(&g);
    /* the same message of 2^48 seconds later and a fee token one lower: m0 does not change */
    add_shifted(cell(&g, "op", OPC_VALID_SLACK, 0), 1, 48);
    add_to(cell(&g, "op", OPC_TOKEN_FEE, 0), -1);
    add_to(cell(&g, "balance", BAL_TOKEN, 0), -1);
    add_to(cell(&g, "balance", BAL_TOKEN, 1), -1);
    serve_lookups(&g);
    expect_refused(&g, "bus ");
    stage_end(&g);

    stage_begin(&g, 16); /* validity ended: the slack is -1 */
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    fr *slack = cell(&g, "op", OPC_VALID_SLACK, 0), minus_one;
    fr_from_i64(&minus_one, -1);
    fr timestamp = g.s.scalars[SCALAR_TIMESTAMP];
    fr_add(&timestamp, &timestamp, slack);
    fr_sub(&timestamp, &timestamp, &minus_one);
    g.s.scalars[SCALAR_TIMESTAMP] = timestamp; /* a later block: timestamp + slack is the same */
    *slack = minus_one;
    serve_lookups(&g);
    expect_refused(&g, "bus RNG (40");
    stage_end(&g);
}

/* More than the balance: the new balance is negative, that is, near r. All cells agree. */
static void test_overdraft(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 17);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    expect_honest(&g);
    /* balance rows: fee debit, fee credit, debit, credit; 2^80 is more than anyone has */
    fr *new = cell(&g, "balance", BAL_NEW, 2);
    add_shifted(new, -1, 80);
    fr_inv(cell(&g, "balance", BAL_NEW_INVERSE, 2), new);
    add_shifted(cell(&g, "balance", BAL_NEW, 3), 1, 80);
    fr_inv(cell(&g, "balance", BAL_NEW_INVERSE, 3), cell(&g, "balance", BAL_NEW, 3));
    add_shifted(cell(&g, "op", OPC_V(0), 0), 1, 80);
    add_shifted(cell(&g, "op", OPC_W0, 0), 1, 80 + 131);
    serve_lookups(&g);
    char why[256];
    assert_false(check(&g, why));
    /* the range of the new balance is among what fails: nobody serves it */
    struct trace_chip *rng = chip(&g, "rng");
    u128 v;
    assert_false(fr_to_u128(&v, new));
    for (size_t row = 0; row < rng->n; row++) {
        assert_true(fr_is_zero(&rng->col[RNG_LIMB0 + 7][row]) ||
                    fr_is_zero(&rng->col[RNG_IS112][row]));
    }
    stage_end(&g);
}

/* An access that reads what a later one left: last > now, so the age is negative. */
static void test_time(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 18);
    (void)transfer(&g, 2, 3, 5);
    (void)transfer(&g, 2, 3, 6);
    stage_witness(&g);
    expect_honest(&g);
    struct trace_chip *rec = chip(&g, "record");
    add_to(&rec->col[REC_AGE_LOW][0], -17);
    serve_lookups(&g);
    expect_refused(&g, "bus ");
    fr age = rec->col[REC_AGE_LOW][0];
    u128 v;
    assert_false(fr_to_u128(&v, &age)); /* not a 16-bit number */
    stage_end(&g);
}

static void test_enlarged_range(void **state) {
    struct stage g;
    (void)state;
    stage_begin(&g, 19);
    (void)transfer(&g, 2, 3, 5);
    stage_witness(&g);
    struct trace_chip *rng = chip(&g, "rng");
    size_t row = 0;
    while (!fr_eq(&rng->col[RNG_IS112][row], &FR_ONE)) {
        row++;
    }
    rng->col[RNG_LIMB0 + 7][row] = FR_ONE;
    expect_refused(&g, "rng.limb 7 above the class");
    rng->col[RNG_LIMB0 + 7][row] = FR_ZERO;
    rng->col[RNG_IS40][row] = FR_ONE; /* two classes */
    expect_refused(&g, "rng.");
    stage_end(&g);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tag_confusion),  cmocka_unit_test(test_selectors),
        cmocka_unit_test(test_repeated_rows),  cmocka_unit_test(test_expired),
        cmocka_unit_test(test_overdraft),      cmocka_unit_test(test_time),
        cmocka_unit_test(test_enlarged_range),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
