/* A block with every operation, proved and verified; nothing else is accepted for that proof. */
#include "../support/blockgen.h"
#include "circuit/circuit.h"
#include "circuit/op/op_air.h"
#include "circuit/witness.h"
#include "proof/prover.h"
#include "proof/verifier.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdlib.h>

#include <cmocka.h>

enum { LOG_SRS = 17 };

static struct air *air;
static struct srs srs;
static struct proving_key pk;
static struct block block;
static struct block_statement s;
static struct proof_buf proof;

/* Adds one operation of that type; false if this draw was not possible. */
static bool add(struct blockgen *g, struct block_builder *b, enum op_type type) {
    struct op op;
    if (!blockgen_op(g, type, block_builder_context(b), &op) || op.type != type ||
        block_add(b, &op, NULL) != REJECT_NONE) {
        return false;
    }
    blockgen_note(g, &op);
    return true;
}

static void build_block(void) {
    enum { DRAWS = 200, POOLS = 8 };
    struct blockgen *g = blockgen_new(5, 6, false);
    struct block_builder *b = blockgen_begin(g);
    for (unsigned i = 0; i < POOLS; i++) { /* some of them of tokens that users have */
        (void)add(g, b, OP_CREATE_POOL);
    }
    for (unsigned type = 1; type <= OP_TYPES; type++) {
        unsigned draws = 0;
        while (blockgen_has((enum op_type)type) && !add(g, b, (enum op_type)type)) {
            if (++draws == DRAWS) {
                fail_msg("no operation of type %u", type);
            }
        }
    }
    blockgen_seal(g, b, &block);
    blockgen_free(g);
}

static int setup(void **state) {
    (void)state;
    air = zklink_air();
    if (!air || srs_generate_insecure(&srs, LOG_SRS, SRS_INSECURE_SEED, 2, NULL) != 0 ||
        proving_key_init(&pk, air, &srs, LOG_SRS, 2) != KEY_OK) {
        return -1;
    }
    build_block();
    struct trace *t = witness_build(air, &block, 2);
    if (!t || block_statement_init(&s, air, &block) != 0) {
        return -1;
    }
    enum prove_err e = prove(&pk, &s.statement, t, 2, &proof, NULL);
    trace_free(t);
    if (e != PROVE_OK) {
        print_error("%s\n", prove_err_text(e));
    }
    return e == PROVE_OK ? 0 : -1;
}

static int teardown(void **state) {
    (void)state;
    proof_buf_release(&proof);
    block_statement_release(&s);
    block_release(&block);
    srs_release(&srs);
    air_free(air);
    return 0;
}

static bool accepted(const struct statement *statement) {
    bool ok = false;
    assert_int_equal(verify(&pk.vk, statement, proof.data, proof.len, &ok), 0);
    return ok;
}

static void test_accepted(void **state) {
    (void)state;
    assert_true(accepted(&s.statement));
    /* a chain that holds the log and its own outbox only, and one that holds nothing */
    struct statement one = s.statement;
    one.n_held = 2;
    assert_true(accepted(&one));
    one.n_held = 0;
    assert_true(accepted(&one));
}

static void test_other_scalars(void **state) {
    (void)state;
    for (unsigned i = 0; i < CIRCUIT_SCALARS; i++) {
        fr before = s.scalars[i];
        fr_add(&s.scalars[i], &s.scalars[i], &FR_ONE);
        assert_false(accepted(&s.statement));
        s.scalars[i] = before;
    }
    for (unsigned i = 0; i < s.statement.n_instances; i++) {
        fr before = s.chains[i];
        fr_add(&s.chains[i], &s.chains[i], &FR_ONE);
        assert_false(accepted(&s.statement));
        s.chains[i] = before;
    }
    s.statement.digest[31] ^= 1;
    assert_false(accepted(&s.statement));
    s.statement.digest[31] ^= 1;
    assert_true(accepted(&s.statement));
}

static void test_other_words(void **state) {
    (void)state;
    for (size_t h = 0; h < s.statement.n_held; h++) {
        struct held_column *held = &s.held[h];
        fr *words = malloc((held->n_words + 5) * sizeof *words);
        const fr *honest = held->words;
        size_t n = held->n_words;
        assert_non_null(words);
        assert_true(n > 0);
        memcpy(words, honest, n * sizeof *words);
        held->words = words;
        fr_add(&words[n - 1], &words[n - 1], &FR_ONE); /* another word */
        assert_false(accepted(&s.statement));
        words[n - 1] = honest[n - 1];
        held->n_words = h == 0 ? n - 1 : n - OUTBOX_ENTRY_WORDS; /* an entry less */
        assert_false(accepted(&s.statement));
        held->n_words = n + 1; /* one more */
        words[n] = FR_ONE;
        assert_false(accepted(&s.statement));
        held->n_words = n; /* two exchanged */
        if (n > 1 && !fr_eq(&words[0], &words[1])) {
            words[0] = honest[1];
            words[1] = honest[0];
            assert_false(accepted(&s.statement));
        }
        held->words = honest;
        free(words);
    }
    assert_true(accepted(&s.statement));
}

int main(void) {
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_accepted),
        cmocka_unit_test(test_other_scalars),
        cmocka_unit_test(test_other_words),
    };
    return cmocka_run_group_tests(tests, setup, teardown);
}
