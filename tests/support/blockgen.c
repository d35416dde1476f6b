#include "blockgen.h"

#include "circuit/op/op_air.h"
#include "rollup/client.h"

#include <stdio.h>
#include <stdlib.h>

enum { CHAIN_A = 1, CHAIN_B = 2, FIRST_USER = 16, MAX_POOLS = 64, START_TIME = 1700000000 };

static _Noreturn void fail(const char *what) {
    (void)fprintf(stderr, "blockgen: %s\n", what);
    abort();
}

static void must(bool ok, const char *what) {
    if (!ok) {
        fail(what);
    }
}

/* splitmix64 */
uint64_t blockgen_random(struct blockgen *g) {
    uint64_t z = g->rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint64_t below(struct blockgen *g, uint64_t n) {
    return blockgen_random(g) % n;
}

static struct owner random_owner(struct blockgen *g, uint8_t authority) {
    struct owner o = {.authority = authority};
    for (unsigned i = 0; i < ADDRESS_LEN; i++) {
        o.address[i] = (uint8_t)blockgen_random(g);
    }
    o.address[0] |= 1;
    return o;
}

/* Any id that is free: for accounts that operations open. */
static account_id random_id(void *ctx, const struct state *s) {
    struct blockgen *g = ctx;
    if (g->consecutive) {
        return state_next_account(s);
    }
    account_id id;
    do {
        id = (account_id)below(g, ACCOUNT_LIMIT);
    } while (id < FIRST_USER || state_account(s, id)->tag != RECORD_EMPTY);
    return id;
}

static void put(struct blockgen *g, account_id account, uint8_t slot, const struct record *r) {
    must(state_put(g->state, account, slot, r), "state_put");
}

static void put_balance(struct blockgen *g, account_id account, uint8_t slot, token_id token,
                        u128 amount) {
    struct amount a;
    must(amount_from_u128(&a, amount), "amount");
    struct record r = record_balance(token, a);
    put(g, account, slot, &r);
}

static u128 large(struct blockgen *g) {
    return ((u128)1 << 70) + blockgen_random(g);
}

static void make_key(struct blockgen *g, struct schnorr_key *key) {
    uint64_t seed[4];
    for (unsigned i = 0; i < 4; i++) {
        seed[i] = blockgen_random(g);
    }
    must(schnorr_key_from_seed(key, (const uint8_t *)seed, sizeof seed), "key");
}

static void open_account(struct blockgen *g, struct blockgen_account *a, account_id id) {
    a->id = id;
    make_key(g, &a->key);
    struct record r = record_empty();
    r.tag = RECORD_ACCOUNT_KEYED;
    r.u.account.owner = random_owner(g, (uint8_t)below(g, 3));
    r.u.account.key_x = a->key.public_key.x;
    r.u.account.key_y = a->key.public_key.y;
    put(g, id, 0, &r);
    put_balance(g, id, 1, g->tokens[0], large(g));
    put_balance(g, id, 2, g->tokens[1], large(g));
}

/* Somebody who cannot sign: of chain 1 or 2, or (one) of any. */
static void open_keyless(struct blockgen *g, uint8_t authority) {
    account_id id = random_id(g, g->state);
    struct record r = record_empty();
    r.tag = RECORD_ACCOUNT;
    r.u.account.owner = random_owner(g, authority);
    put(g, id, 0, &r);
    put_balance(g, id, 1, g->tokens[0], large(g));
    put_balance(g, id, 2, g->tokens[1], large(g));
}

/* Of 6 and 18 decimals' tokens, as it were: 2^39 base units of the second for one of the first. */
static void open_stable_pool(struct blockgen *g) {
    const u128 d = (u128)1 << 100;
    const uint64_t mult = UINT64_C(1) << 39;
    struct record r = record_empty();
    account_id id = random_id(g, g->state);
    r.tag = RECORD_STABLE_POOL;
    r.u.pool.token_a = g->tokens[0];
    r.u.pool.token_b = g->tokens[1];
    r.u.pool.fee = 4;
    r.u.pool.curve = (struct curve){100, mult, 1};
    must(amount_from_u128(&r.u.pool.supply, d), "supply");
    put(g, id, 0, &r);
    put_balance(g, id, 1, g->tokens[0], d / 2 / mult);
    put_balance(g, id, 2, g->tokens[1], d / 2);
    g->stable_pool = id;
    g->pools[g->n_pools++] = id;
    put_balance(g, g->accounts[1].id, 4, token_of_pool(id), d - 1000);
}

static void open_pool(struct blockgen *g) {
    struct record r = record_empty();
    g->pool = random_id(g, g->state);
    r.tag = RECORD_POOL;
    r.u.pool.token_a = g->tokens[0];
    r.u.pool.token_b = g->tokens[1];
    r.u.pool.fee = 30;
    must(amount_from_u128(&r.u.pool.supply, (u128)1 << 90), "supply");
    put(g, g->pool, 0, &r);
    put_balance(g, g->pool, 1, g->tokens[0], ((u128)1 << 91) + 12345);
    put_balance(g, g->pool, 2, g->tokens[1], ((u128)1 << 89) + 54321);
    g->pools[g->n_pools++] = g->pool;
    /* the shares belong to the first account, but for the locked ones */
    put_balance(g, g->accounts[1].id, 3, token_of_pool(g->pool), ((u128)1 << 90) - 1000);
}

struct blockgen *blockgen_new(uint64_t seed, size_t n_accounts, bool consecutive) {
    struct blockgen *g = calloc(1, sizeof *g);
    must(g && n_accounts >= 4, "world");
    g->rng = seed;
    g->consecutive = consecutive;
    g->n_accounts = n_accounts;
    g->accounts = calloc(n_accounts, sizeof *g->accounts);
    g->pools = calloc(MAX_POOLS, sizeof *g->pools);
    g->state = state_new();
    must(g->accounts && g->pools && g->state, "memory");
    for (unsigned i = 0; i < BLOCKGEN_TOKENS; i++) {
        g->tokens[i] = token_make(i < 2 ? CHAIN_A : CHAIN_B, i);
    }
    /* ascending, and the pool's two on different chains */
    g->tokens[1] = token_make(CHAIN_B, 0);
    g->tokens[2] = token_make(CHAIN_A, UINT32_MAX);
    struct genesis genesis = {.chains = {.n = 2, .chain = {CHAIN_A, CHAIN_B}, .evm_id = {31, 32}},
                              .fee_owner = random_owner(g, 0)};
    must(genesis_build(&g->instance, g->state, &genesis), "genesis");
    open_account(g, &g->accounts[0], FEE_ACCOUNT_GENESIS);
    for (size_t i = 1; i < n_accounts; i++) {
        account_id id = consecutive ? (account_id)(FIRST_USER + i) : random_id(g, g->state);
        open_account(g, &g->accounts[i], id);
    }
    open_pool(g);
    for (uint8_t authority = 0; authority < 3; authority++) {
        open_keyless(g, authority);
    }
    open_stable_pool(g);
    must(state_update_tree_all(g->state), "tree");
    g->timestamp = START_TIME;
    return g;
}

void blockgen_free(struct blockgen *g) {
    if (g) {
        state_free(g->state);
        free(g->accounts);
        free(g->pools);
        free(g);
    }
}

static struct client_common common(struct blockgen *g, account_id id) {
    struct client_common c = {.account = id,
                              .valid_until = g->timestamp + below(g, 100000),
                              .fee_token = g->tokens[below(g, 2)]};
    c.nonce = (uint32_t)state_account(g->state, id)->u.account.nonce;
    c.fee.mant = (uint32_t)below(g, BLOCKGEN_FEE_MANT_MAX);
    c.fee.exp = (uint8_t)below(g, 3);
    return c;
}

static const struct blockgen_account *find_account(const struct blockgen *g, account_id id) {
    for (size_t i = 0; i < g->n_accounts; i++) {
        if (g->accounts[i].id == id) {
            return &g->accounts[i];
        }
    }
    return NULL;
}

void blockgen_sign(struct blockgen *g, struct op *op) {
    const struct blockgen_account *a = find_account(g, op->account);
    must(a && client_sign(op, g->instance.instance_id, &a->key), "signature");
}

/* ---- random operations ---- */

static struct amount small_amount(struct blockgen *g) {
    return amount_from_u64(below(g, 16) == 0 ? 0 : blockgen_random(g) >> below(g, 60));
}

static token_id any_token(struct blockgen *g) {
    return g->tokens[below(g, BLOCKGEN_TOKENS)];
}

static account_id any_pool(struct blockgen *g) {
    return g->pools[below(g, g->n_pools)];
}

static account_id any_user(struct blockgen *g) {
    return g->accounts[below(g, g->n_accounts)].id;
}

/* A user, a pool, or nobody. */
static account_id any_id(struct blockgen *g) {
    uint64_t d = below(g, 8);
    return d == 0 ? any_pool(g) : d == 1 ? random_id(g, g->state) : any_user(g);
}

/* The requester as the account's owner on the chain of its authority, or (one in four) a stranger.
 */
static struct owner requester(struct blockgen *g, account_id id) {
    uint8_t chain = below(g, 2) ? CHAIN_A : CHAIN_B;
    const struct record *r = state_account(g->state, id);
    if (!record_is_account(r) || below(g, 4) == 0) {
        return random_owner(g, chain);
    }
    struct owner o = r->u.account.owner;
    o.authority = o.authority == 0 ? chain : o.authority;
    return o;
}

/* Now and then over; else some time ahead. */
static uint64_t deadline(struct blockgen *g) {
    return below(g, 8) == 0 ? g->timestamp - 1 - below(g, 100) : g->timestamp + below(g, 1000);
}

static void random_address(struct blockgen *g, uint8_t address[ADDRESS_LEN]) {
    struct owner o = random_owner(g, 0);
    memcpy(address, o.address, ADDRESS_LEN);
}

static struct amount small_minimum(struct blockgen *g) {
    return below(g, 3) == 0 ? small_amount(g) : amount_from_u64(below(g, 3));
}

static void make_swap_request(struct blockgen *g, struct op *op) {
    struct op_swap_request *w = &op->u.swap_request;
    op_init(op, OP_SWAP_REQUEST);
    w->pool = below(g, 4) == 0 ? any_id(g) : any_pool(g);
    const struct record *r = state_account(g->state, w->pool);
    w->token_in = any_token(g);
    do {
        w->token_out = any_token(g);
    } while (w->token_out == w->token_in);
    if (record_is_pool(r) && below(g, 8) != 0) {
        bool turn = below(g, 2) == 0;
        w->token_in = turn ? r->u.pool.token_b : r->u.pool.token_a;
        w->token_out = turn ? r->u.pool.token_a : r->u.pool.token_b;
    }
    w->amount_in = small_amount(g);
    w->min_out = small_minimum(g);
    w->deadline = deadline(g);
    random_address(g, w->to);
    random_address(g, w->refund_to);
    w->index = g->n_requests++;
    w->broker_fee = (struct fee){(uint32_t)below(g, 1000), (uint8_t)below(g, 8)};
    w->broker = (uint32_t)below(g, 1 << BROKER_BITS);
    w->exclusive_until = g->timestamp;
}

/* One of the tokens of what may be a pool, mostly. */
static token_id pool_token(struct blockgen *g, account_id pool) {
    const struct record *r = state_account(g->state, pool);
    if (!record_is_pool(r) || below(g, 8) == 0) {
        return any_token(g);
    }
    return below(g, 2) ? r->u.pool.token_a : r->u.pool.token_b;
}

static void make_add_request(struct blockgen *g, struct op *op) {
    struct op_add_liquidity_request *l = &op->u.add_liquidity_request;
    op_init(op, OP_ADD_LIQUIDITY_REQUEST);
    l->pool = below(g, 4) == 0 ? any_id(g) : any_pool(g);
    l->token = pool_token(g, l->pool);
    l->amount = small_amount(g);
    l->min_shares = small_minimum(g);
    l->deadline = deadline(g);
    l->index = g->n_requests++;
    random_address(g, l->exit);
    random_address(g, l->refund_to);
}

/* One of the positions there are. */
struct positions {
    struct blockgen *g;
    unsigned seen;
    account_id account;
};

static bool find_position(void *ctx, account_id account, const struct record *r) {
    struct positions *p = ctx;
    if (r->tag == RECORD_POSITION && below(p->g, ++p->seen) == 0) {
        p->account = account;
    }
    return true;
}

static void make_remove_request(struct blockgen *g, struct op *op) {
    struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    struct positions p = {.g = g};
    op_init(op, OP_REMOVE_LIQUIDITY_REQUEST);
    state_each_account(g->state, find_position, &p);
    op->account = p.account == 0 || below(g, 8) == 0 ? any_id(g) : p.account;
    const struct record *r = state_account(g->state, op->account);
    l->pool = any_pool(g);
    l->chain = CHAIN_A;
    l->index = below(g, 100);
    l->shares = small_amount(g);
    if (r->tag == RECORD_POSITION && below(g, 8) != 0) {
        l->pool = r->u.position.pool;
        l->chain = r->u.position.chain;
        l->index = r->u.position.index;
        l->shares.v = r->u.position.shares.v >> below(g, 4);
        l->shares.v += below(g, 6) == 0;
    }
    l->token = pool_token(g, l->pool);
    l->min_out = small_minimum(g);
    l->deadline = deadline(g);
    random_address(g, l->to);
}

/* Somebody's account without a key, and a token of it. */
struct keyless {
    struct blockgen *g;
    unsigned seen;
    account_id account;
};

static bool find_keyless(void *ctx, account_id account, const struct record *r) {
    struct keyless *k = ctx;
    if (r->tag == RECORD_ACCOUNT && below(k->g, ++k->seen) == 0) {
        k->account = account;
    }
    return true;
}

static void make_forced_exit(struct blockgen *g, const struct client_common *c, struct op *op) {
    struct keyless k = {.g = g};
    state_each_account(g->state, find_keyless, &k);
    client_forced_exit(op, c, k.account, any_token(g));
}

static void make_request(struct blockgen *g, enum op_type type, struct op *op) {
    if (type == OP_SWAP_REQUEST) {
        make_swap_request(g, op);
        return;
    }
    if (type == OP_ADD_LIQUIDITY_REQUEST) {
        make_add_request(g, op);
        return;
    }
    if (type == OP_REMOVE_LIQUIDITY_REQUEST) {
        make_remove_request(g, op);
        return;
    }
    op_init(op, type);
    op->account = any_id(g);
    struct owner owner = requester(g, op->account);
    if (type == OP_DEPOSIT) {
        struct op_deposit *d = &op->u.deposit;
        d->owner = owner;
        d->token = token_make(owner.authority, (uint32_t)blockgen_random(g) & 3);
        d->amount = small_amount(g);
        op->account = 0;
    } else if (type == OP_SET_SIGNING_KEY) {
        struct op_set_signing_key *k = &op->u.set_signing_key;
        const struct blockgen_account *a = find_account(g, op->account);
        const struct schnorr_key *key = a ? &a->key : &g->accounts[0].key;
        k->owner = owner;
        k->key_x = key->public_key.x;
        k->key_y = key->public_key.y;
    } else {
        struct op_full_exit *f = &op->u.full_exit;
        struct owner to = random_owner(g, 0);
        f->owner = owner;
        f->slot = (uint8_t)(1 + below(g, 5) * below(g, 2) + below(g, 2) * below(g, 3));
        f->token = 0;
        memcpy(f->to, to.address, ADDRESS_LEN);
    }
}

static bool make_change_pub_key(struct blockgen *g, struct op *op) {
    const struct blockgen_account *a = &g->accounts[below(g, g->n_accounts)];
    const struct owner *o = &state_account(g->state, a->id)->u.account.owner;
    struct client_common c = common(g, a->id);
    uint8_t chain = o->authority == 0 ? CHAIN_B : o->authority;
    client_change_pub_key(op, &c, chain, o->address, &a->key.public_key.x, &a->key.public_key.y);
    return true;
}

static void make_transfer_to_address(struct blockgen *g, const struct client_common *c,
                                     struct op *op) {
    struct owner to = random_owner(g, (uint8_t)(1 + below(g, 2)));
    if (below(g, 2)) {
        to = state_account(g->state, any_user(g))->u.account.owner;
    }
    client_transfer_to_address(op, c, &to, g->tokens[below(g, 2)], small_amount(g));
}

static void make_create_pool(struct blockgen *g, enum op_type type, const struct client_common *c,
                             struct op *op) {
    token_id a = any_token(g), b = any_token(g);
    while (a == b) {
        b = any_token(g);
    }
    if (below(g, 4) != 0) { /* mostly tokens that everybody has */
        a = g->tokens[0], b = g->tokens[1];
    }
    if (type == OP_CREATE_POOL) {
        client_create_pool(op, c, a, b, (uint16_t)below(g, POOL_FEE_UNIT));
        return;
    }
    struct curve curve = {1 + (uint32_t)(below(g, 65535) >> below(g, 16)),
                          1 + (blockgen_random(g) >> (24 + below(g, 40))),
                          1 + (blockgen_random(g) >> (24 + below(g, 40)))};
    curve.mult_a -= curve.mult_a >> MULTIPLIER_BITS;
    curve.mult_b -= curve.mult_b >> MULTIPLIER_BITS;
    client_create_stable_pool(op, c, a, b, (uint16_t)below(g, POOL_FEE_UNIT), &curve);
}

/* Into or out of one side of any pool. */
static void make_one_sided(struct blockgen *g, enum op_type type, struct client_common *c,
                           struct op *op) {
    account_id pool = any_pool(g);
    const struct record *r = state_account(g->state, pool);
    token_id token = below(g, 2) ? r->u.pool.token_a : r->u.pool.token_b;
    if (type == OP_ADD_LIQUIDITY_ONE) {
        client_add_liquidity_one(op, c, pool, token, small_amount(g), amount_zero());
        return;
    }
    *c = common(g, g->accounts[1].id);
    struct amount shares = state_balance(
        g->state, c->account, state_find_slot(g->state, c->account, token_of_pool(pool)), NULL);
    shares.v >>= below(g, 100); /* all of it, too */
    client_remove_liquidity_one(op, c, pool, token, shares, amount_zero());
}

static void make_swap(struct blockgen *g, const struct client_common *c, account_id pool,
                      struct op *op) {
    const struct record *r = state_account(g->state, pool);
    token_id in = below(g, 2) ? r->u.pool.token_a : r->u.pool.token_b;
    client_swap(op, c, pool, in, small_amount(g), amount_zero());
}

static void make_liquidity(struct blockgen *g, enum op_type type, const struct client_common *c,
                           struct op *op) {
    account_id pool = any_pool(g);
    if (type == OP_REMOVE_LIQUIDITY) {
        client_remove_liquidity(op, c, pool, small_amount(g), amount_zero(), amount_zero());
    } else {
        struct amount max_a = amount_from_u64(1000000 + (blockgen_random(g) >> 4));
        struct amount max_b = amount_from_u64(1000000 + (blockgen_random(g) >> 4));
        client_add_liquidity(op, c, pool, max_a, max_b, amount_zero());
    }
}

bool blockgen_has(enum op_type type) {
    for (unsigned i = 0; i < OP_SELECTED; i++) {
        if (op_selected[i] == type) {
            return true;
        }
    }
    return false;
}

bool blockgen_op(struct blockgen *g, enum op_type type, const struct block_context *ctx,
                 struct op *op) {
    const struct id_policy ids = {random_id, g};
    struct client_common c = common(g, any_user(g));
    if (op_is_request(type)) {
        make_request(g, type, op);
        return op_resolve(op, g->state, ctx, &ids) == REJECT_NONE;
    }
    switch (type) {
    case OP_DEPOSIT:
    case OP_SET_SIGNING_KEY:
    case OP_FULL_EXIT:
    case OP_SWAP_REQUEST:
    case OP_ADD_LIQUIDITY_REQUEST:
    case OP_REMOVE_LIQUIDITY_REQUEST:
        break;
    case OP_CHANGE_PUB_KEY:
        (void)make_change_pub_key(g, op);
        break;
    case OP_TRANSFER:
        client_transfer(op, &c, any_user(g), g->tokens[below(g, 2)], small_amount(g));
        break;
    case OP_TRANSFER_TO_ADDRESS:
        make_transfer_to_address(g, &c, op);
        break;
    case OP_CREATE_POOL:
    case OP_CREATE_STABLE_POOL:
        make_create_pool(g, type, &c, op);
        break;
    case OP_ADD_LIQUIDITY_ONE:
    case OP_REMOVE_LIQUIDITY_ONE:
        make_one_sided(g, type, &c, op);
        break;
    case OP_ADD_LIQUIDITY_FIRST:
    case OP_ADD_LIQUIDITY:
    case OP_REMOVE_LIQUIDITY:
        if (type == OP_REMOVE_LIQUIDITY) {
            c = common(g, g->accounts[1].id);
        }
        make_liquidity(g, type, &c, op);
        break;
    case OP_SWAP:
        make_swap(g, &c, any_pool(g), op);
        break;
    case OP_FORCED_EXIT:
        make_forced_exit(g, &c, op);
        break;
    case OP_WITHDRAW: {
        struct owner to = random_owner(g, 0);
        client_withdraw(op, &c, g->tokens[below(g, 2)], small_amount(g), to.address);
        op->u.withdraw.broker_fee.v = below(g, 2) == 0 ? 0 : op->u.withdraw.amount.v / 100;
        break;
    }
    }
    if (op_resolve(op, g->state, ctx, &ids) != REJECT_NONE) {
        return false;
    }
    if (op_is_signed(op->type)) {
        blockgen_sign(g, op);
    }
    return true;
}

void blockgen_note(struct blockgen *g, const struct op *op) {
    if ((op->type == OP_CREATE_POOL || op->type == OP_CREATE_STABLE_POOL) &&
        g->n_pools < MAX_POOLS) {
        g->pools[g->n_pools++] = op->u.create_pool.pool;
    }
}

/* ---- blocks ---- */

struct block_builder *blockgen_begin(struct blockgen *g) {
    struct block_params p = {.instance = &g->instance,
                             .mode = APPLY_SEQUENCER,
                             .number = ++g->number,
                             .timestamp = g->timestamp,
                             .first_request = g->first_request};
    struct block_builder *b = block_builder_new(g->state, &p);
    must(b != NULL, "block_builder_new");
    return b;
}

void blockgen_seal(struct blockgen *g, struct block_builder *b, struct block *out) {
    enum block_error e = block_seal(b, out);
    must(e == BLOCK_OK, block_error_text(e));
    for (unsigned i = 0; i < out->header.n_chains; i++) {
        g->first_request[i] = out->header.chain[i].end_request;
    }
    block_builder_free(b);
    state_forget(g->state);
    g->timestamp += 10;
}

void blockgen_swaps(struct blockgen *g, size_t n, struct block *out) {
    struct block_builder *b = blockgen_begin(g);
    must(n < g->n_accounts, "too few accounts");
    for (size_t i = 0; i < n; i++) {
        struct client_common c = common(g, g->accounts[1 + i].id);
        struct op op;
        make_swap(g, &c, g->pool, &op);
        must(op_resolve(&op, g->state, block_builder_context(b), NULL) == REJECT_NONE, "resolve");
        must(client_sign(&op, g->instance.instance_id, &g->accounts[1 + i].key), "sign");
        enum rejection r = block_add(b, &op, NULL);
        must(r == REJECT_NONE, rejection_text(r));
    }
    blockgen_seal(g, b, out);
}

/* A random operation of any kind, added. */
static void add_any(struct blockgen *g, struct block_builder *b) {
    struct op op;
    enum op_type type = (enum op_type)(1 + below(g, OP_TYPE_MAX));
    if (blockgen_has(type) && blockgen_op(g, type, block_builder_context(b), &op) &&
        block_add(b, &op, NULL) == REJECT_NONE) {
        blockgen_note(g, &op);
    }
}

void blockgen_trades(struct blockgen *g, size_t n, struct block *out) {
    struct block_builder *b = blockgen_begin(g);
    must(n < g->n_accounts, "too few accounts");
    while (block_builder_ops(b) < n) {
        size_t i = block_builder_ops(b);
        if (i % 4 == 3) {
            add_any(g, b);
            continue;
        }
        struct client_common c = common(g, g->accounts[1 + i].id);
        struct op op;
        make_swap(g, &c, i % 4 == 2 ? g->stable_pool : g->pool, &op);
        if (op_resolve(&op, g->state, block_builder_context(b), NULL) != REJECT_NONE ||
            !client_sign(&op, g->instance.instance_id, &g->accounts[1 + i].key) ||
            block_add(b, &op, NULL) != REJECT_NONE) {
            add_any(g, b); /* its account was changed by an operation before */
        }
    }
    blockgen_seal(g, b, out);
}

void blockgen_mixed(struct blockgen *g, size_t n, struct block *out) {
    struct block_builder *b = blockgen_begin(g);
    while (block_builder_ops(b) < n) {
        struct op op;
        enum op_type type = (enum op_type)(1 + below(g, OP_TYPE_MAX));
        if (blockgen_has(type) && blockgen_op(g, type, block_builder_context(b), &op) &&
            block_add(b, &op, NULL) == REJECT_NONE) {
            blockgen_note(g, &op);
        }
    }
    blockgen_seal(g, b, out);
}
