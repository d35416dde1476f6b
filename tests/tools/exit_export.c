/* A random state of two chains, pools of both curves and positions among it, as exits see it, for
 * contracts/test/Exits.t.sol. The state machine and the tree are the node's.
 *   exit_export SEED OPERATIONS    lines of JSON to stdout
 * The first line: instance, root, and for each chain what its coin and its first token sum up to.
 * Then a line for each account: record and path, balances and their lower paths, and a receiver
 * named by the account's signing key for the other chain (all zero without a key). */
#include "../support/world.h"
#include "base/bytes.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SLOT_LEVELS = 4, BLOCK_OPS = 200, EXIT_MESSAGE = 255 };

static void must(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "exit_export: %s\n", what);
        exit(1);
    }
}

/* No pools of pool shares: the exits know no shares of shares. Deposits leave room in custody. */
static bool acceptable(struct world *w, struct op *op) {
    (void)w;
    if (op->type == OP_DEPOSIT && op->u.deposit.amount.v >> 100 != 0) {
        return false;
    }
    return op->type != OP_CREATE_POOL || token_chain(op->u.create_pool.token_a) != 0;
}

static void print_fr(const fr *v) {
    uint8_t bytes[32];
    fr_to_be(bytes, v);
    printf("\"0x");
    for (size_t i = 0; i < sizeof bytes; i++) {
        printf("%02x", bytes[i]);
    }
    putchar('"');
}

static void print_u128(u128 v) {
    printf("\"0x%016" PRIx64 "%016" PRIx64 "\"", (uint64_t)(v >> 64), (uint64_t)v);
}

static void print_path(const struct state *s, account_id account, uint8_t slot, unsigned levels) {
    struct tree_path path;
    tree_path(state_tree(s), leaf_index(account, slot), &path);
    for (unsigned i = 0; i < levels * (TREE_ARITY - 1); i++) {
        printf(i == 0 ? "" : ",");
        print_fr(&path.sibling[i / (TREE_ARITY - 1)][i % (TREE_ARITY - 1)]);
    }
}

struct slots {
    unsigned n;
    uint8_t slot[SLOTS];
    token_id token[SLOTS];
    struct amount amount[SLOTS];
};

static bool add_slot(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    struct slots *l = ctx;
    l->slot[l->n] = slot;
    l->token[l->n] = token;
    l->amount[l->n++] = amount;
    return true;
}

/* A receiver on the other chain than the owner's, by the account's key. */
static void print_receiver(const struct world *w, account_id account, const struct record *r) {
    struct schnorr_signature sig = {0};
    fr message[SCHNORR_MESSAGE_WORDS] = {0}, domain, s;
    uint8_t chain = (uint8_t)(r->u.account.owner.authority == 1 ? 2 : 1);
    if (r->tag == RECORD_ACCOUNT_KEYED) {
        fr_from_u64(&message[0], EXIT_MESSAGE | (uint64_t)account << 8 | (uint64_t)chain << 36);
        fr_from_u64(&message[1], UINT64_C(0xE417000000000000) | account);
        op_signature_domain(&domain, w->instance.instance_id);
        for (unsigned i = 0; i < WORLD_USERS; i++) {
            if (fr_eq(&w->user[i].key.public_key.x, &r->u.account.key_x)) {
                schnorr_sign(&sig, &w->user[i].key, &domain, message);
            }
        }
    }
    must(fr_from_limbs(&s, sig.s), "a scalar below l is below r");
    printf(",\"receiver\":");
    print_fr(&message[1]);
    printf(",\"signature\":[");
    print_fr(&sig.rx);
    putchar(',');
    print_fr(&sig.ry);
    putchar(',');
    print_fr(&s);
    putchar(']');
}

static bool print_account(void *ctx, account_id account, const struct record *r) {
    const struct world *w = ctx;
    struct slots *l = calloc(1, sizeof *l);
    fr fields[4];
    must(l != NULL, "memory");
    state_each_balance(w->s, account, add_slot, l);
    record_fields(fields, r);
    printf("{\"account\":%" PRIu32 ",\"tag\":%d,\"fields\":[", account, (int)r->tag);
    for (unsigned i = 0; i < 4; i++) {
        printf(i == 0 ? "" : ",");
        print_fr(&fields[i]);
    }
    printf("],\"path\":[");
    print_path(w->s, account, 0, TREE_DEPTH);
    printf("],\"slots\":[");
    for (unsigned i = 0; i < l->n; i++) {
        printf("%s%u", i == 0 ? "" : ",", l->slot[i]);
    }
    printf("],\"tokens\":[");
    for (unsigned i = 0; i < l->n; i++) {
        printf("%s%" PRIu64, i == 0 ? "" : ",", l->token[i]);
    }
    printf("],\"amounts\":[");
    for (unsigned i = 0; i < l->n; i++) {
        printf(i == 0 ? "" : ",");
        print_u128(l->amount[i].v);
    }
    printf("],\"paths\":[");
    for (unsigned i = 0; i < l->n; i++) {
        printf(i == 0 ? "" : ",");
        print_path(w->s, account, l->slot[i], SLOT_LEVELS);
    }
    printf("],\"empty\":["); /* the paths of slots 1 and 2, for pools whose reserve is 0 */
    print_path(w->s, account, 1, SLOT_LEVELS);
    putchar(',');
    print_path(w->s, account, 2, SLOT_LEVELS);
    putchar(']');
    print_receiver(w, account, r);
    puts("}");
    free(l);
    return true;
}

/* ---- the state ---- */

static void seal(struct world *w) {
    struct block block = {0};
    if (block_builder_ops(w->builder) == 0) {
        (void)world_deposit(w, 0, w->token[0], amount_from_u64(1));
    }
    world_seal(w, &block);
    block_release(&block);
}

/* A stable pool of two tokens with much in it. */
static void add_pools(struct world *w) {
    const struct curve curve = {.amp = 100, .mult_a = 1, .mult_b = 1};
    struct op op;
    account_id provider = 0;
    world_begin(w);
    for (unsigned t = 1; t < WORLD_TOKENS; t += 2) {
        account_id from = world_deposit(w, 0, w->token[t], (struct amount){(u128)1 << 90});
        if (state_account(w->s, from)->tag == RECORD_ACCOUNT) {
            world_set_key(w, from, 0);
        }
        if (t == 1) {
            provider = from;
        } else if (from != provider) {
            struct client_common c = world_common(w, from, w->token[t], 0);
            client_transfer(&op, &c, provider, w->token[t], (struct amount){(u128)1 << 89});
            must(world_add(w, &op) == REJECT_NONE, "transfer");
        }
    }
    struct client_common c = world_common(w, provider, w->token[1], 0);
    client_create_stable_pool(&op, &c, w->token[1], w->token[3], 30, &curve);
    must(world_add(w, &op) == REJECT_NONE, "stable pool");
    account_id pool = state_next_account(w->s) - 1;
    c = world_common(w, provider, w->token[1], 0);
    client_add_liquidity(&op, &c, pool, (struct amount){(u128)1 << 80},
                         (struct amount){(u128)3 << 79}, amount_from_u64(1));
    must(world_add(w, &op) == REJECT_NONE, "liquidity");
    seal(w);
}

/* Half of every holding of pool shares becomes a position, made on either chain in turn. */
struct holdings {
    const struct state *s;
    unsigned n;
    account_id account[64], pool[64];
    uint8_t slot[64];
    struct amount amount[64];
    account_id now;
};

static bool list_shares(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    struct holdings *h = ctx;
    if (token_chain(token) == 0 && h->n < 64 && amount.v > 1) {
        h->account[h->n] = h->now;
        h->pool[h->n] = token_index(token);
        h->slot[h->n] = slot;
        h->amount[h->n++] = amount;
    }
    return true;
}

static bool list_holder(void *ctx, account_id account, const struct record *r) {
    struct holdings *h = ctx;
    h->now = account;
    if (record_is_account(r)) {
        state_each_balance(h->s, account, list_shares, h);
    }
    return true;
}

static void add_positions(struct world *w) {
    struct holdings h = {.s = w->s};
    state_each_account(w->s, list_holder, &h);
    for (unsigned i = 0; i < h.n; i++) {
        struct amount half = {h.amount[i].v / 2};
        struct record left =
            record_balance(token_of_pool(h.pool[i]), (struct amount){h.amount[i].v - half.v});
        struct record position = record_empty();
        position.tag = RECORD_POSITION;
        position.u.position.chain = (uint8_t)(1 + i % WORLD_CHAINS);
        position.u.position.index = 1000 + i;
        position.u.position.pool = h.pool[i];
        position.u.position.shares = half;
        memset(position.u.position.exit, (int)(0x80 + i), ADDRESS_LEN);
        must(state_put(w->s, h.account[i], h.slot[i], &left) &&
                 state_put(w->s, state_next_account(w->s), 0, &position),
             "position");
    }
    must(state_update_tree_all(w->s), "memory");
}

/* Keys for most of those who have none: without one, an account has nothing on other chains. */
static bool list_keyless(void *ctx, account_id account, const struct record *r) {
    account_id *list = ctx;
    if (r->tag == RECORD_ACCOUNT && r->u.account.owner.authority != 0 && account % 7 != 0 &&
        list[0] < 500) {
        list[++list[0]] = account;
    }
    return true;
}

struct total {
    const struct world *w;
    u128 of[WORLD_TOKENS];
};

static bool add_balance(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    struct total *t = ctx;
    bool known = token_chain(token) == 0;
    (void)slot;
    for (unsigned i = 0; i < WORLD_TOKENS; i++) {
        if (t->w->token[i] == token) {
            t->of[i] += amount.v;
            known = true;
        }
    }
    must(known, "a token from nowhere");
    return true;
}

static bool add_account(void *ctx, account_id account, const struct record *r) {
    struct total *t = ctx;
    (void)r;
    state_each_balance(t->w->s, account, add_balance, t);
    return true;
}

int main(int argc, char **argv) {
    static account_id keyless[501];
    struct world w;
    fr root;
    uint64_t n = argc == 3 ? strtoull(argv[2], NULL, 10) : 0;
    if (n == 0) {
        fputs("usage: exit_export SEED OPERATIONS\n", stderr);
        return 2;
    }
    world_new(&w, strtoull(argv[1], NULL, 10));
    w.token[1] = token_make(1, 1);
    w.token[3] = token_make(2, 1);
    w.accept = acceptable;
    for (uint64_t done = 0; done < n; done += BLOCK_OPS) {
        world_begin(&w);
        for (unsigned i = 0; i < BLOCK_OPS; i++) {
            (void)world_random_op(&w);
        }
        seal(&w);
    }
    add_pools(&w);
    state_each_account(w.s, list_keyless, keyless);
    world_begin(&w);
    for (unsigned i = 1; i <= keyless[0]; i++) {
        world_set_key(&w, keyless[i], i % WORLD_USERS);
    }
    seal(&w);
    add_positions(&w);
    struct total total = {.w = &w};
    state_each_account(w.s, add_account, &total);
    state_root(w.s, &root);
    printf("{\"root\":");
    print_fr(&root);
    printf(",\"genesisRoot\":");
    print_fr(&w.instance.genesis_root);
    printf(",\"feeAccount\":%" PRIu32 ",\"totals\":[", w.instance.fee_account);
    for (unsigned i = 0; i < WORLD_TOKENS; i++) {
        printf(i == 0 ? "" : ",");
        print_u128(total.of[i]);
    }
    printf("],\"accounts\":%zu}\n", state_account_count(w.s));
    state_each_account(w.s, print_account, &w);
    world_free(&w);
    return 0;
}
