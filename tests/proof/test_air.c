/* The builder: what it refuses, what it computes, what it writes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

#include <cmocka.h>

#include "crypto/keccak.h"
#include "proof/air.h"
#include "proof/trace.h"

#include <stdlib.h>

static char err[200];

static void refused(struct air *air, const char *because) {
    assert_int_equal(air_finish(air, err, sizeof err), -1);
    if (!strstr(err, because)) {
        fail_msg("refused with: %s", err);
    }
    air_free(air);
}

static void test_refuses_ungated_multiplicity(void **state) {
    (void)state;
    for (int i = 0; i < 5; i++) {
        struct air *air = air_new("t");
        unsigned kind = air_kind(air, "K", 1);
        struct air_chip *c = air_chip(air, "c", -1, false);
        ax active = air_active(c), m = air_col(c, "m"), b = air_col_bool(c, "b");
        ax g = air_col_gated(c, "g");
        ax bad[] = {m, b, air_u64(c, 1), air_add(c, active, m), air_sub(c, air_u64(c, 1), active)};
        ax good[] = {active, g, air_mul(c, active, m), air_add(c, active, g),
                     air_sub(c, g, air_mul(c, b, active))};
        (void)good;
        air_give(c, kind, bad[i], 1, &m);
        refused(air, "not gated");
    }
    struct air *air = air_new("t");
    unsigned kind = air_kind(air, "K", 1);
    struct air_chip *c = air_chip(air, "c", -1, false);
    ax active = air_active(c), m = air_col(c, "m"), b = air_col_bool(c, "b");
    ax g = air_col_gated(c, "g");
    ax good[] = {active, g, air_mul(c, active, m), air_add(c, active, g),
                 air_sub(c, g, air_mul(c, b, active))};
    for (size_t i = 0; i < 5; i++) {
        air_give(c, kind, good[i], 1, &m);
    }
    assert_int_equal(air_finish(air, err, sizeof err), 0);
    assert_int_equal(c->n_helpers, 3);
    air_free(air);
}

/* A pure function without `active` would serve results of its constants on every row. */
static void test_refuses_ungated_pure_function(void **state) {
    (void)state;
    struct air *air = air_new("t");
    unsigned kind = air_kind(air, "F", 2);
    struct air_chip *c = air_chip(air, "f", -1, false);
    ax x = air_col(c, "x"), y = air_col(c, "y"), m = air_col(c, "mult");
    air_zero(c, air_sub(c, air_sqr(c, x), y), "y");
    air_take(c, kind, m, 2, (ax[]){x, y});
    refused(air, "not gated");
}

static void test_refuses_constraints_on_padding(void **state) {
    (void)state;
    struct air *air = air_new("t");
    struct air_chip *c = air_chip(air, "c", -1, false);
    ax x = air_col(c, "x");
    air_zero(c, air_sub(c, x, air_u64(c, 7)), "x is 7");
    refused(air, "does not vanish");
    air = air_new("t");
    c = air_chip(air, "c", -1, false);
    x = air_col(c, "x");
    air_zero(c, air_sub(c, x, air_row(c)), "x is the row");
    refused(air, "does not vanish");
}

static void test_refuses_degree(void **state) {
    (void)state;
    struct air *air = air_new("t");
    struct air_chip *c = air_chip(air, "c", -1, false);
    ax x = air_col(c, "x"), x2 = air_sqr(c, x), x4 = air_sqr(c, x2);
    air_zero(c, air_mul(c, x4, x2), "x^6");
    refused(air, "degree 6");
    air = air_new("t");
    unsigned kind = air_kind(air, "K", 1);
    c = air_chip(air, "c", -1, false);
    ax active = air_active(c);
    x = air_col(c, "x");
    x2 = air_sqr(c, x);
    ax x3 = air_mul(c, x2, x);
    air_give(c, kind, active, 1, &x2);
    air_give(c, kind, active, 1, &x3);
    refused(air, "degree 6");
}

static void test_refuses_misuse(void **state) {
    (void)state;
    struct air *air = air_new("t");
    unsigned kind = air_kind(air, "K", 2);
    struct air_chip *c = air_chip(air, "c", -1, false);
    ax a = air_active(c);
    air_give(c, kind, a, 1, &a);
    refused(air, "kind 1 with 1 fields");
    air = air_new("t");
    c = air_chip(air, "c", 3, false);
    air_active(c);
    refused(air, "fixed table");
    air = air_new("t");
    c = air_chip(air, "c", -1, false);
    air_col_fixed(c, "f", &FR_ONE, 1);
    refused(air, "fixed");
    air = air_new("t");
    c = air_chip(air, "c", -1, false);
    air_col(c, "same");
    air_col(c, "same");
    refused(air, "two columns");
    air = air_new("t");
    c = air_chip(air, "c", -1, false);
    air_col(c, "quote\"");
    refused(air, "not plain");
}

static struct air *sample(void) {
    struct air *air = air_new("sample");
    unsigned kind = air_kind(air, "K", 1);
    air_scalars(air, 1, (const char *const[]){"s"});
    struct air_chip *c = air_chip(air, "c", -1, false);
    ax active = air_active(c), x = air_col(c, "x"), y = air_col_public(c, "y");
    ax unused = air_mul(c, air_u64(c, 99), x);
    (void)unused;
    air_zero(c, air_mul(c, active, air_sub(c, air_add(c, air_sqr(c, x), air_scalar(c, 0)), y)),
             "y is x^2 + %s", "s");
    air_give(c, kind, active, 1, (ax[]){air_add(c, air_row(c), y)});
    struct air_chip *t = air_chip(air, "t", 1, false);
    ax m = air_col(t, "m"), f = air_col_fixed(t, "f", &FR_ONE, 1);
    air_take(t, kind, m, 1, &f);
    air_boundary_take(air, kind, 1, (struct air_lin[]){air_lin_scalar(0)});
    assert_int_equal(air_finish(air, err, sizeof err), 0);
    return air;
}

static void test_json_is_exact(void **state) {
    (void)state;
    struct air *air = sample();
    char *text;
    size_t len;
    FILE *out = open_memstream(&text, &len);
    assert_int_equal(air_write_json(air, out), 0);
    fclose(out);
    assert_string_equal(
        text,
        "{\"air\":\"sample\",\"format\":1,\"kinds\":[{\"id\":1,\"name\":\"K\",\"arity\":1}],"
        "\"scalars\":[\"s\"],\"chips\":[{\"name\":\"c\",\"fixed_log_height\":null,"
        "\"instanced\":false,\"main\":[{\"name\":\"active\",\"public\":false},"
        "{\"name\":\"x\",\"public\":false},{\"name\":\"y\",\"public\":true}],\"fixed\":[],"
        "\"tape\":[[\"const\",\"0x0\"],[\"main\",0],[\"const\",\"0x1\"],[\"sub\",1,2],[\"mul\",1,3]"
        ",[\"main\",1],[\"mul\",5,5],[\"scalar\",0],[\"add\",6,7],[\"main\",2],[\"sub\",8,9],["
        "\"mul\",1,10],[\"row\"],[\"add\",12,9]],"
        "\"constraints\":[{\"name\":\"active is 0 or 1\",\"op\":4},"
        "{\"name\":\"y is x^2 + s\",\"op\":11}],"
        "\"interactions\":[{\"sign\":1,\"kind\":1,\"multiplicity\":1,\"fields\":[13]}],"
        "\"helpers\":[[0]]},{\"name\":\"t\",\"fixed_log_height\":1,\"instanced\":false,"
        "\"main\":[{\"name\":\"m\",\"public\":false}],\"fixed\":[\"f\"],"
        "\"tape\":[[\"const\",\"0x0\"],[\"main\",0],[\"fixed\",0]],\"constraints\":[],"
        "\"interactions\":[{\"sign\":-1,\"kind\":1,\"multiplicity\":1,\"fields\":[2]}],"
        "\"helpers\":[[0]]}],\"boundary\":[{\"sign\":-1,\"kind\":1,\"fields\":[{\"scalar\":0}]}],"
        "\"preprocessed\":{\"log_size\":1,\"columns\":[{\"chip\":1,\"fixed\":0,\"log_height\":1,"
        "\"offset\":0}]}}");
    uint8_t digest[32];
    keccak256(digest, text, len);
    assert_memory_equal(digest, air->digest, 32);
    free(text);
    air_free(air);
}

static void test_eval(void **state) {
    (void)state;
    struct air *air = sample();
    const struct air_chip *c = air->chips[0];
    fr main[3], row, s, out[32];
    assert_true(c->n_tape <= 32);
    fr_from_u64(&main[0], 1);
    fr_from_u64(&main[1], 5);
    fr_from_u64(&main[2], 28);
    fr_from_u64(&row, 4);
    fr_from_u64(&s, 3);
    air_eval(c, main, NULL, &row, &s, NULL, out);
    assert_true(fr_is_zero(&out[c->constraints[1].op]));
    uint64_t v;
    assert_true(fr_to_u64(&v, &out[c->interactions[0].fields[0]]));
    assert_int_equal(v, 32);
    fr_from_u64(&main[2], 29);
    air_eval(c, main, NULL, &row, &s, NULL, out);
    assert_false(fr_is_zero(&out[c->constraints[1].op]));
    air_free(air);
}

static void test_trace(void **state) {
    (void)state;
    struct air *air = sample();
    struct trace *t = trace_new(air, 0);
    struct trace_chip *c = trace_chip(t, 0, 0), *table = trace_chip(t, 1, 0);
    assert_int_equal(trace_log_height(c), 0);
    for (size_t i = 0; i < 37; i++) {
        assert_int_equal(trace_row_add(c), i);
        trace_set_u64(c, 1, i, i);
    }
    uint64_t v;
    for (size_t i = 0; i < 37; i++) {
        assert_true(fr_to_u64(&v, &c->col[1][i]) && v == i);
        assert_true(fr_is_zero(&c->col[0][i]));
    }
    assert_int_equal(trace_log_height(c), 6);
    assert_int_equal(trace_log_height(table), 1);
    assert_int_equal(trace_count(table, 0, 1), 0);
    assert_int_equal(trace_count(table, 0, 1), 0);
    assert_int_equal(table->n, 2);
    assert_true(fr_to_u64(&v, &table->col[0][1]) && v == 2);
    assert_int_equal(trace_count(table, 0, 2), -1);
    trace_free(t);
    air_free(air);
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_refuses_ungated_multiplicity),
        cmocka_unit_test(test_refuses_ungated_pure_function),
        cmocka_unit_test(test_refuses_constraints_on_padding),
        cmocka_unit_test(test_refuses_degree),
        cmocka_unit_test(test_refuses_misuse),
        cmocka_unit_test(test_json_is_exact),
        cmocka_unit_test(test_eval),
        cmocka_unit_test(test_trace),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
