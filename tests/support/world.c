#include "world.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void must(bool ok, const char *what) {
    if (!ok) {
        fprintf(stderr, "world: %s\n", what);
        abort();
    }
}

uint64_t world_random(struct world *w) {
    uint64_t z = w->rng += UINT64_C(0x9e3779b97f4a7c15);
    z = (z ^ z >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
    z = (z ^ z >> 27) * UINT64_C(0x94d049bb133111eb);
    return z ^ z >> 31;
}

static uint32_t below(struct world *w, uint32_t n) {
    return (uint32_t)(world_random(w) % n);
}

struct amount world_amount(struct world *w) {
    switch (below(w, 16)) {
    case 0:
        return amount_zero();
    case 1:
        return amount_from_u64(1);
    case 2:
        return amount_max();
    default: {
        u128 high = world_random(w) & UINT64_C(0xffffffffffff);
        return (struct amount){(high << 64 | world_random(w)) >> below(w, 112)};
    }
    }
}

uint64_t world_field(struct world *w, unsigned bits) {
    uint64_t mask = bits == 64 ? UINT64_MAX : (UINT64_C(1) << bits) - 1;
    switch (world_random(w) % 8) {
    case 0:
        return 0;
    case 1:
        return mask;
    default:
        return world_random(w) & mask;
    }
}

void world_address(struct world *w, uint8_t address[ADDRESS_LEN]) {
    memset(address, world_random(w) % 8 == 0 ? 0xff : 0, ADDRESS_LEN);
    for (unsigned i = 0; world_random(w) % 8 != 0 && i < ADDRESS_LEN; i++) {
        address[i] = (uint8_t)world_random(w);
    }
}

void world_new(struct world *w, uint64_t seed) {
    struct genesis g = {.chains = {.n = WORLD_CHAINS, .chain = {1, 2}, .evm_id = {31337, 31338}}};
    memset(w, 0, sizeof *w);
    w->rng = seed;
    w->s = state_new();
    must(w->s != NULL, "memory");
    memset(g.fee_owner.address, 0xfe, ADDRESS_LEN);
    memset(g.salt, 7, sizeof g.salt);
    must(genesis_build(&w->instance, w->s, &g), "genesis");
    for (unsigned i = 0; i < WORLD_USERS; i++) {
        uint8_t text[32] = {0};
        text[0] = (uint8_t)(i + 1);
        must(schnorr_key_from_seed(&w->user[i].key, text, sizeof text), "key");
        w->user[i].owner.authority = (uint8_t)(1 + i % WORLD_CHAINS);
        memset(w->user[i].owner.address, (int)(0x10 + i), ADDRESS_LEN);
    }
    w->token[0] = token_make(1, 0);
    w->token[1] = token_make(1, 5);
    w->token[2] = token_make(2, 0);
    w->token[3] = token_make(2, UINT32_MAX);
    w->timestamp = 1700000000;
}

void world_free(struct world *w) {
    block_builder_free(w->builder);
    state_free(w->s);
    memset(w, 0, sizeof *w);
}

void world_begin(struct world *w) {
    must(w->builder == NULL, "a block is open");
    w->number++;
    w->timestamp += 10;
    struct block_params p = {&w->instance, APPLY_SEQUENCER, w->number, w->timestamp,
                             w->next_request};
    w->builder = block_builder_new(w->s, &p);
    must(w->builder != NULL, "memory");
}

void world_seal(struct world *w, struct block *out) {
    must(block_seal(w->builder, out) == BLOCK_OK, "seal");
    block_builder_free(w->builder);
    w->builder = NULL;
    for (unsigned i = 0; i < WORLD_CHAINS; i++) {
        w->next_request[i] = out->header.chain[i].end_request;
    }
}

static unsigned token_number(const struct world *w, token_id token) {
    for (unsigned i = 0; i < WORLD_TOKENS; i++) {
        if (w->token[i] == token) {
            return i;
        }
    }
    return WORLD_TOKENS;
}

void world_sign(struct world *w, struct op *op) {
    const struct record *r = state_account(w->s, op->account);
    for (unsigned i = 0; i < WORLD_USERS && r->tag == RECORD_ACCOUNT_KEYED; i++) {
        const struct schnorr_key *key = &w->user[i].key;
        if (fr_eq(&key->public_key.x, &r->u.account.key_x)) {
            must(client_sign(op, w->instance.instance_id, key), "sign");
            return;
        }
    }
}

enum rejection world_add(struct world *w, struct op *op) {
    const struct effect *e;
    enum rejection r = op_resolve(op, w->s, block_builder_context(w->builder), &w->ids);
    w->last = *op;
    if (r == REJECT_NONE && w->sign && op_is_signed(op->type)) {
        world_sign(w, op);
        w->last = *op;
    }
    if (r == REJECT_NONE && w->accept != NULL && !w->accept(w, op)) {
        r = REJECT_MALFORMED;
    }
    if (r == REJECT_NONE) {
        r = block_add(w->builder, op, &e);
    }
    if (r != REJECT_NONE) {
        return r;
    }
    struct amount taken;
    token_id token;
    if (op_request_taken(op, &token, &taken)) {
        w->custody[token_number(w, token)] += taken.v;
    }
    if (e->has_payout) {
        w->custody[token_number(w, e->payout.token)] -= e->payout.amount.v;
    }
    return REJECT_NONE;
}

struct client_common world_common(const struct world *w, account_id account, token_id fee_token,
                                  uint32_t mant) {
    const struct record *r = state_account(w->s, account);
    struct client_common c = {account, 0, w->timestamp + 60, fee_token, {mant, 0}};
    if (record_is_account(r)) {
        c.nonce = (uint32_t)r->u.account.nonce;
    }
    return c;
}

account_id world_deposit(struct world *w, unsigned user, token_id token, struct amount amount) {
    struct op op;
    op_init(&op, OP_DEPOSIT);
    op.u.deposit.token = token;
    op.u.deposit.amount = amount;
    op.u.deposit.owner = w->user[user].owner;
    op.u.deposit.owner.authority = token_chain(token);
    must(world_add(w, &op) == REJECT_NONE, "deposit");
    return op.account;
}

void world_set_key(struct world *w, account_id account, unsigned user) {
    struct op op;
    op_init(&op, OP_SET_SIGNING_KEY);
    op.account = account;
    op.u.set_signing_key.owner = state_account(w->s, account)->u.account.owner;
    op.u.set_signing_key.key_x = w->user[user].key.public_key.x;
    op.u.set_signing_key.key_y = w->user[user].key.public_key.y;
    must(world_add(w, &op) == REJECT_NONE && op.u.set_signing_key.ok, "set key");
}

/* ---- random operations ---- */

static account_id random_account(struct world *w) {
    account_id next = state_next_account(w->s);
    return below(w, 40) == 0 ? (account_id)below(w, ACCOUNT_LIMIT) : below(w, next + 1);
}

static token_id random_token(struct world *w) {
    if (below(w, 8) == 0) { /* an LP token, or one that nobody has */
        return token_of_pool(random_account(w));
    }
    return w->token[below(w, WORLD_TOKENS)];
}

struct pick {
    uint32_t left;
    token_id token;
    struct amount amount;
};

static bool pick_balance(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    struct pick *p = ctx;
    (void)slot;
    p->token = token;
    p->amount = amount;
    return p->left-- != 0;
}

/* A token that the account has, mostly; and an amount that it has, mostly. */
static struct pick random_holding(struct world *w, account_id account) {
    struct pick p = {below(w, 4), random_token(w), amount_zero()};
    state_each_balance(w->s, account, pick_balance, &p);
    if (below(w, 20) == 0) {
        p.token = random_token(w);
    }
    switch (below(w, 6)) {
    case 0:
        break; /* all of it */
    case 1:
        p.amount = world_amount(w);
        break;
    default:
        p.amount.v >>= 1 + below(w, 12);
    }
    return p;
}

static struct owner random_owner(struct world *w) {
    struct owner o = w->user[below(w, WORLD_USERS)].owner;
    if (below(w, 4) == 0) {
        o.authority = (uint8_t)below(w, WORLD_CHAINS + 2);
    }
    if (below(w, 10) == 0) {
        o.address[0] = (uint8_t)world_random(w);
    }
    return o;
}

/* A request's owner: on a connected chain. */
static struct owner random_requester(struct world *w, account_id account) {
    const struct record *r = state_account(w->s, account);
    struct owner o =
        record_is_account(r) && below(w, 4) != 0 ? r->u.account.owner : random_owner(w);
    if (o.authority < 1 || o.authority > WORLD_CHAINS) {
        o.authority = (uint8_t)(1 + below(w, WORLD_CHAINS));
    }
    return o;
}

static bool pool_count(void *ctx, account_id account, const struct record *r) {
    account_id *list = ctx;
    if (record_is_pool(r) && list[0] < 15) {
        list[++list[0]] = account;
    }
    return true;
}

static account_id random_pool(struct world *w) {
    account_id list[16] = {0};
    state_each_account(w->s, pool_count, list);
    list[0] = list[0] > 4 ? 4 : list[0]; /* the first ones, so that they are used */
    return list[0] == 0 || below(w, 30) == 0 ? random_account(w) : list[1 + below(w, list[0])];
}

/* An amount that the contract can still take: it keeps what it holds of a token below 2^112. */
static struct amount amount_taken(struct world *w, unsigned t) {
    u128 room = amount_max().v - w->custody[t];
    struct amount a = world_amount(w);
    a.v = a.v < room ? a.v : below(w, 3) == 0 ? room : room / 3;
    return a;
}

/* Bits 1 to 40, the edges often: times and places in a queue. */
static uint64_t random_40(struct world *w) {
    uint64_t max = (UINT64_C(1) << 40) - 1, v = world_random(w) & max;
    return below(w, 4) == 0 ? max : v >> below(w, 40);
}

static uint64_t random_deadline(struct world *w) {
    return below(w, 3) == 0 ? random_40(w) : w->timestamp + below(w, 3) * 1000 - 1000;
}

static struct amount random_minimum(struct world *w) {
    return below(w, 2) == 0 ? amount_from_u64(below(w, 3)) : world_amount(w);
}

static bool position_count(void *ctx, account_id account, const struct record *r) {
    account_id *list = ctx;
    if (r->tag == RECORD_POSITION && list[0] < 15) {
        list[++list[0]] = account;
    }
    return true;
}

static void random_remove(struct world *w, struct op *op) {
    struct op_remove_liquidity_request *l = &op->u.remove_liquidity_request;
    account_id list[16] = {0};
    state_each_account(w->s, position_count, list);
    op->account =
        list[0] == 0 || below(w, 6) == 0 ? random_account(w) : list[1 + below(w, list[0])];
    const struct record *r = state_account(w->s, op->account);
    l->pool = random_pool(w);
    l->shares = world_amount(w);
    l->chain = (uint8_t)(1 + below(w, WORLD_CHAINS));
    l->index = random_40(w);
    if (r->tag == RECORD_POSITION && below(w, 10) != 0) {
        l->pool = below(w, 10) == 0 ? l->pool : r->u.position.pool;
        l->chain = r->u.position.chain;
        l->index = r->u.position.index;
        l->shares.v = below(w, 3) == 0 ? l->shares.v : r->u.position.shares.v >> below(w, 3);
    }
    const struct record *pool = state_account(w->s, l->pool);
    l->token = w->token[below(w, WORLD_TOKENS)];
    if (record_is_pool(pool) && token_chain(pool->u.pool.token_b) != 0 && below(w, 4) != 0) {
        l->token = pool->u.pool.token_b;
    }
    l->min_out = random_minimum(w);
    l->deadline = random_deadline(w);
}

/* Requests of types 17..19, with whatever fields a contract lets pass. */
static void random_pool_request(struct world *w, struct op *op, enum op_type type) {
    unsigned t = below(w, WORLD_TOKENS), other = below(w, WORLD_TOKENS);
    account_id pool = random_pool(w);
    const struct record *r = state_account(w->s, pool);
    op->account = 0;
    if (record_is_pool(r) && below(w, 6) != 0) { /* its tokens, if they are ours */
        unsigned a = token_number(w, r->u.pool.token_a), b = token_number(w, r->u.pool.token_b);
        bool turn = below(w, 2) == 0;
        if (a < WORLD_TOKENS && b < WORLD_TOKENS) {
            t = turn ? b : a;
            other = turn ? a : b;
        }
    }
    if (type == OP_REMOVE_LIQUIDITY_REQUEST) {
        random_remove(w, op);
    } else if (type == OP_ADD_LIQUIDITY_REQUEST) {
        struct op_add_liquidity_request *l = &op->u.add_liquidity_request;
        l->pool = pool;
        l->token = w->token[t];
        l->amount = amount_taken(w, t);
        l->min_shares = random_minimum(w);
        l->deadline = random_deadline(w);
        l->index = random_40(w);
        memset(l->exit, (int)below(w, 256), ADDRESS_LEN);
        memset(l->refund_to, (int)below(w, 256), ADDRESS_LEN);
    } else {
        struct op_swap_request *q = &op->u.swap_request;
        other = other == t ? (t + 1) % WORLD_TOKENS : other;
        q->pool = pool;
        q->token_in = w->token[t];
        q->token_out = w->token[other];
        q->amount_in = amount_taken(w, t);
        q->min_out = random_minimum(w);
        q->deadline = random_deadline(w);
        q->index = random_40(w);
        q->broker_fee = (struct fee){(uint32_t)world_random(w), (uint8_t)below(w, 8)};
        q->broker = (uint32_t)below(w, 1U << BROKER_BITS);
        q->exclusive_until = world_random(w) >> (64 - EXCLUSIVE_BITS);
        memset(q->to, (int)below(w, 256), ADDRESS_LEN);
        memset(q->refund_to, (int)below(w, 256), ADDRESS_LEN);
    }
}

static void random_request(struct world *w, struct op *op, enum op_type type) {
    op_init(op, type);
    if (type >= OP_SWAP_REQUEST) {
        random_pool_request(w, op, type);
        return;
    }
    op->account = random_account(w);
    if (type == OP_DEPOSIT) {
        unsigned t = below(w, WORLD_TOKENS);
        u128 room = amount_max().v - w->custody[t];
        struct amount a = world_amount(w);
        op->u.deposit.token = w->token[t];
        op->u.deposit.amount.v = a.v < room ? a.v : below(w, 3) == 0 ? room : room / 3;
        op->u.deposit.owner = w->user[below(w, WORLD_USERS)].owner;
        op->u.deposit.owner.authority = token_chain(w->token[t]);
        op->account = 0;
    } else if (type == OP_SET_SIGNING_KEY) {
        unsigned user = below(w, WORLD_USERS);
        op->u.set_signing_key.owner = random_requester(w, op->account);
        op->u.set_signing_key.key_x = w->user[user].key.public_key.x;
        op->u.set_signing_key.key_y = w->user[user].key.public_key.y;
    } else {
        op->u.full_exit.owner = random_requester(w, op->account);
        op->u.full_exit.slot = (uint8_t)(1 + below(w, below(w, 4) == 0 ? 255 : 5));
        memset(op->u.full_exit.to, (int)below(w, 256), ADDRESS_LEN);
    }
}

/* Some of what the account has of a token, mostly. */
static struct amount part_of(struct world *w, account_id account, token_id token) {
    struct amount a = state_balance(w->s, account, state_find_slot(w->s, account, token), NULL);
    if (below(w, 12) == 0) {
        return world_amount(w);
    }
    a.v >>= below(w, 8);
    return a;
}

static void random_pool_op(struct world *w, struct op *op, const struct client_common *c,
                           enum op_type type) {
    account_id pool = random_pool(w);
    const struct record *r = state_account(w->s, pool);
    token_id a = random_token(w), b = random_token(w);
    struct amount limit = below(w, 8) == 0 ? world_amount(w) : amount_zero();
    if (type == OP_CREATE_POOL) {
        client_create_pool(op, c, a, b, (uint16_t)below(w, below(w, 5) == 0 ? 65536 : 10000));
        return;
    }
    if (type == OP_CREATE_STABLE_POOL) {
        struct curve curve = {below(w, 65536) >> below(w, 16),
                              world_random(w) >> (24 + below(w, 40)),
                              world_random(w) >> (24 + below(w, 40))};
        client_create_stable_pool(op, c, a, b, (uint16_t)below(w, 10000), &curve);
        return;
    }
    if (record_is_pool(r) && below(w, 20) != 0) {
        a = r->u.pool.token_a;
        b = r->u.pool.token_b;
    }
    if (type == OP_ADD_LIQUIDITY) {
        client_add_liquidity(op, c, pool, part_of(w, c->account, a), part_of(w, c->account, b),
                             limit);
    } else if (type == OP_REMOVE_LIQUIDITY) {
        client_remove_liquidity(op, c, pool, part_of(w, c->account, token_of_pool(pool)), limit,
                                limit);
    } else if (type == OP_ADD_LIQUIDITY_ONE) {
        client_add_liquidity_one(op, c, pool, a, part_of(w, c->account, a), limit);
    } else if (type == OP_REMOVE_LIQUIDITY_ONE) {
        client_remove_liquidity_one(op, c, pool, b, part_of(w, c->account, token_of_pool(pool)),
                                    limit);
    } else {
        token_id in = below(w, 2) == 0 ? a : b;
        client_swap(op, c, pool, in, part_of(w, c->account, in), limit);
    }
}

struct holder {
    bool shares; /* wants LP shares */
    struct world *w;
    account_id found;
    unsigned seen;
};

static bool has_shares(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    bool *found = ctx;
    (void)slot;
    (void)amount;
    *found = *found || token_chain(token) == 0;
    return true;
}

static bool pick_keyed(void *ctx, account_id account, const struct record *r) {
    struct holder *h = ctx;
    bool shares = !h->shares;
    state_each_balance(h->w->s, account, has_shares, &shares);
    if (r->tag == RECORD_ACCOUNT_KEYED && shares && below(h->w, ++h->seen) == 0) {
        h->found = account;
    }
    return true;
}

/* Mostly one that can sign and (for RemoveLiquidity) has shares. */
static account_id random_signer(struct world *w, enum op_type type) {
    struct holder h = {.shares = type == OP_REMOVE_LIQUIDITY || type == OP_REMOVE_LIQUIDITY_ONE,
                       .w = w};
    if (type != OP_CHANGE_PUB_KEY && below(w, 12) != 0) {
        state_each_account(w->s, pick_keyed, &h);
    }
    return h.found != 0 ? h.found : random_account(w);
}

static void random_transaction(struct world *w, struct op *op, enum op_type type) {
    account_id account = random_signer(w, type);
    struct pick fee = random_holding(w, account), p = random_holding(w, account);
    struct client_common c =
        world_common(w, account, fee.token, below(w, 2) == 0 ? 0 : below(w, 1000));
    if (below(w, 60) == 0) {
        c.nonce += 1;
    }
    if (below(w, 60) == 0) {
        c.fee = (struct fee){(uint32_t)world_random(w), (uint8_t)below(w, 8)};
    }
    if (type == OP_TRANSFER) {
        client_transfer(op, &c, below(w, 8) == 0 ? account : random_account(w), p.token, p.amount);
    } else if (type == OP_TRANSFER_TO_ADDRESS) {
        struct owner to = random_owner(w);
        client_transfer_to_address(op, &c, &to, p.token, p.amount);
    } else if (type == OP_FORCED_EXIT) {
        account_id peer = random_account(w);
        struct pick held = random_holding(w, peer);
        client_forced_exit(op, &c, peer, held.token);
    } else if (type == OP_WITHDRAW) {
        uint8_t to[ADDRESS_LEN];
        memset(to, (int)below(w, 256), sizeof to);
        client_withdraw(op, &c, p.token, p.amount, to);
    } else if (type == OP_CHANGE_PUB_KEY) {
        const struct record *r = state_account(w->s, account);
        struct owner o = record_is_account(r) ? r->u.account.owner : random_owner(w);
        const bjj_affine *key = &w->user[below(w, WORLD_USERS)].key.public_key;
        uint8_t chain = o.authority != 0 ? o.authority : (uint8_t)(1 + below(w, WORLD_CHAINS));
        client_change_pub_key(op, &c, chain, o.address, &key->x, &key->y);
    } else {
        random_pool_op(w, op, &c, type);
    }
}

enum rejection world_random_op(struct world *w) {
    static const enum op_type types[] = {OP_DEPOSIT,
                                         OP_DEPOSIT,
                                         OP_SET_SIGNING_KEY,
                                         OP_FULL_EXIT,
                                         OP_CHANGE_PUB_KEY,
                                         OP_TRANSFER,
                                         OP_TRANSFER_TO_ADDRESS,
                                         OP_CREATE_POOL,
                                         OP_CREATE_STABLE_POOL,
                                         OP_ADD_LIQUIDITY_ONE,
                                         OP_REMOVE_LIQUIDITY_ONE,
                                         OP_ADD_LIQUIDITY,
                                         OP_REMOVE_LIQUIDITY,
                                         OP_SWAP,
                                         OP_SWAP,
                                         OP_WITHDRAW,
                                         OP_FORCED_EXIT,
                                         OP_SWAP_REQUEST,
                                         OP_SWAP_REQUEST,
                                         OP_ADD_LIQUIDITY_REQUEST,
                                         OP_REMOVE_LIQUIDITY_REQUEST};
    enum op_type type = types[below(w, sizeof types / sizeof *types)];
    struct op op;
    if (op_is_request(type)) {
        random_request(w, &op, type);
    } else {
        random_transaction(w, &op, type);
    }
    return world_add(w, &op);
}

/* ---- the books ---- */

struct sums {
    const struct world *w;
    u128 token[WORLD_TOKENS];
    account_id pool; /* sums the shares of this one */
    u128 shares;
    bool bad;
};

static bool sum_balance(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    struct sums *s = ctx;
    unsigned t = token_number(s->w, token);
    (void)slot;
    if (t < WORLD_TOKENS) {
        s->token[t] += amount.v;
    } else if (token_chain(token) != 0) {
        s->bad = true; /* a token that was never deposited */
    } else if (token_index(token) == s->pool) {
        s->shares += amount.v;
    }
    return true;
}

static bool sum_account(void *ctx, account_id account, const struct record *r) {
    struct sums *s = ctx;
    if (r->tag == RECORD_POSITION && r->u.position.pool == s->pool) {
        s->shares += r->u.position.shares.v;
    }
    state_each_balance(s->w->s, account, sum_balance, s);
    return true;
}

static bool check_pool(void *ctx, account_id account, const struct record *r) {
    struct sums *all = ctx, one = {.w = all->w, .pool = account};
    if (record_is_pool(r)) {
        u128 supply = r->u.pool.supply.v;
        state_each_account(all->w->s, sum_account, &one);
        if (one.shares != (supply == 0 ? 0 : supply - 1000)) {
            fprintf(stderr, "world: shares of pool %" PRIu32 " differ from its supply\n", account);
            all->bad = true;
        }
    }
    return true;
}

bool world_conserved(const struct world *w) {
    struct sums s = {.w = w};
    state_each_account(w->s, sum_account, &s);
    for (unsigned i = 0; i < WORLD_TOKENS; i++) {
        if (s.token[i] != w->custody[i]) {
            fprintf(stderr, "world: token %u: the balances' sum differs from the custody\n", i);
            s.bad = true;
        }
    }
    state_each_account(w->s, check_pool, &s);
    return !s.bad;
}
