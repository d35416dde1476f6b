/* API: accounts, balances, pools: read from the sequencer's state. */
#include "node/api_internal.h"
#include "rollup/pool.h"

static json_t *fr_json(const fr *v) {
    uint8_t b[32];
    fr_to_be(b, v);
    return json_new_hex(b, sizeof b);
}

static json_t *account_json(account_id id, const struct record *r) {
    if (record_is_pool(r)) {
        return json_pack("{s:I, s:s}", "account", (json_int_t)id, "kind", "pool");
    }
    if (r->tag == RECORD_POSITION) {
        return json_pack("{s:I, s:s, s:I, s:o}", "account", (json_int_t)id, "kind", "position",
                         "pool", (json_int_t)r->u.position.pool, "shares",
                         json_new_u128(r->u.position.shares.v));
    }
    char address[43];
    eth_address_format(address, r->u.account.owner.address);
    json_t *key = r->tag == RECORD_ACCOUNT_KEYED
                      ? json_pack("{s:o, s:o}", "x", fr_json(&r->u.account.key_x), "y",
                                  fr_json(&r->u.account.key_y))
                      : json_null();
    return json_pack("{s:I, s:s, s:i, s:s, s:I, s:o}", "account", (json_int_t)id, "kind", "user",
                     "authority", r->u.account.owner.authority, "address", address, "nonce",
                     (json_int_t)r->u.account.nonce, "pubKey", key);
}

static void *no_account(struct rpc_error *error, uint64_t id) {
    return rpc_fail(error, API_NOT_FOUND, "NOT_FOUND", "there is no account %llu",
                    (unsigned long long)id);
}

json_t *api_get_account(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    uint64_t id;
    (void)job;
    if (!api_param_u64(params, 0, "account", ACCOUNT_LIMIT - 1, &id, error)) {
        return NULL;
    }
    const struct state *s = sequencer_lock_state(a->config.sequencer);
    struct record r = *state_account(s, (account_id)id);
    sequencer_unlock_state(a->config.sequencer);
    return r.tag == RECORD_EMPTY ? no_account(error, id) : account_json((account_id)id, &r);
}

json_t *api_get_accounts_by_address(void *ctx, void *job, const json_t *params,
                                    struct rpc_error *error) {
    struct api *a = ctx;
    const struct chain_list *chains = &a->config.instance->chains;
    struct owner owner;
    (void)job;
    const char *text = api_param_string(params, 0, "address", error);
    if (text == NULL) {
        return NULL;
    }
    if (!eth_address_parse(text, owner.address)) {
        return rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS",
                        "'%.60s' is not an address (0x, 40 digits, right checksum)", text);
    }
    json_t *list = json_array();
    const struct state *s = sequencer_lock_state(a->config.sequencer);
    for (unsigned i = 0; i <= chains->n; i++) {
        owner.authority = i == 0 ? 0 : chains->chain[i - 1];
        for (account_id id = 0; (id = state_owner_account(s, &owner, id)) != 0;) {
            json_array_append_new(list, account_json(id, state_account(s, id)));
        }
    }
    sequencer_unlock_state(a->config.sequencer);
    return list;
}

static bool add_balance(void *ctx, uint8_t slot, token_id token, struct amount amount) {
    json_array_append_new(ctx, json_pack("{s:i, s:I, s:o}", "slot", slot, "token",
                                         (json_int_t)token, "amount", json_new_u128(amount.v)));
    return true;
}

json_t *api_get_balances(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    uint64_t id;
    (void)job;
    if (!api_param_u64(params, 0, "account", ACCOUNT_LIMIT - 1, &id, error)) {
        return NULL;
    }
    json_t *list = json_array();
    const struct state *s = sequencer_lock_state(a->config.sequencer);
    bool exists = state_account(s, (account_id)id)->tag != RECORD_EMPTY;
    state_each_balance(s, (account_id)id, add_balance, list);
    sequencer_unlock_state(a->config.sequencer);
    if (!exists) {
        json_decref(list);
        return no_account(error, id);
    }
    return list;
}

static json_t *pool_json(const struct pool_view *v) {
    json_t *o = json_pack("{s:I, s:s, s:I, s:I, s:i, s:o, s:o, s:o}", "pool", (json_int_t)v->pool,
                          "curve", v->stable ? "stable" : "constant product", "tokenA",
                          (json_int_t)v->token_a, "tokenB", (json_int_t)v->token_b, "fee", v->fee,
                          "reserveA", json_new_u128(v->reserve_a.v), "reserveB",
                          json_new_u128(v->reserve_b.v), "supply", json_new_u128(v->supply.v));
    if (v->stable) {
        json_object_set_new(o, "amplification", json_integer((json_int_t)v->amp));
        json_object_set_new(o, "multiplierA", json_integer((json_int_t)v->mult_a));
        json_object_set_new(o, "multiplierB", json_integer((json_int_t)v->mult_b));
    }
    return o;
}

json_t *api_get_pools(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct api *a = ctx;
    json_t *list = json_array();
    size_t n;
    (void)job;
    (void)params;
    (void)error;
    const struct state *s = sequencer_lock_state(a->config.sequencer);
    const account_id *pools = sequencer_pools(a->config.sequencer, &n);
    for (size_t i = 0; i < n; i++) {
        struct pool_view v;
        if (pool_view(&v, s, pools[i])) {
            json_array_append_new(list, pool_json(&v));
        }
    }
    sequencer_unlock_state(a->config.sequencer);
    return list;
}

static bool read_pool(struct api *a, const json_t *params, struct pool_view *v,
                      struct rpc_error *error) {
    uint64_t id;
    if (!api_param_u64(params, 0, "pool", ACCOUNT_LIMIT - 1, &id, error)) {
        return false;
    }
    const struct state *s = sequencer_lock_state(a->config.sequencer);
    bool found = pool_view(v, s, (account_id)id);
    sequencer_unlock_state(a->config.sequencer);
    return found || rpc_fail(error, API_NOT_FOUND, "NOT_FOUND", "there is no pool %llu",
                             (unsigned long long)id) != NULL;
}

json_t *api_get_pool(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct pool_view v;
    (void)job;
    return read_pool(ctx, params, &v, error) ? pool_json(&v) : NULL;
}

/* Parameters pool, token (named token_name), amount (named amount_name). */
static bool read_quote(struct api *a, const json_t *params, const char *token_name,
                       const char *amount_name, struct pool_view *v, token_id *token,
                       struct amount *amount, struct rpc_error *error) {
    struct err err = {0};
    u128 number = 0;
    const json_t *p = rpc_param(params, 2, amount_name);
    if (!read_pool(a, params, v, error) ||
        !api_param_u64(params, 1, token_name, (UINT64_C(1) << TOKEN_BITS) - 1, token, error)) {
        return false;
    }
    json_t *wrapped = json_pack("{s:O*}", amount_name, p);
    int rc = json_get_u128(wrapped, amount_name, &number, &err);
    json_decref(wrapped);
    if (rc != 0 || !amount_from_u128(amount, number)) {
        rpc_fail(error, RPC_INVALID_PARAMS, "INVALID_PARAMS", "%s",
                 rc != 0 ? err.text : "the amount is not below 2^112");
        return false;
    }
    return true;
}

static json_t *quoted(enum rejection r, json_t *answer, struct rpc_error *error) {
    if (r != REJECT_NONE) {
        json_decref(answer);
        return rpc_fail(error, rejection_rpc_code(r), rejection_name(r), "%s", rejection_text(r));
    }
    return answer;
}

json_t *api_quote_swap(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct pool_view v;
    struct amount in, out;
    token_id token;
    (void)job;
    if (!read_quote(ctx, params, "tokenIn", "amountIn", &v, &token, &in, error)) {
        return NULL;
    }
    enum rejection r = pool_quote(&out, &v, token, in);
    return quoted(r,
                  json_pack("{s:I, s:o}", "tokenOut",
                            (json_int_t)(token == v.token_a ? v.token_b : v.token_a), "amountOut",
                            json_new_u128(out.v)),
                  error);
}

json_t *api_quote_add(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct pool_view v;
    struct pool_trade t = {0};
    struct amount in;
    token_id token;
    (void)job;
    if (!read_quote(ctx, params, "token", "amount", &v, &token, &in, error)) {
        return NULL;
    }
    enum rejection r = token == v.token_a || token == v.token_b
                           ? pool_add_one_quote(&t, &v, token == v.token_b, in)
                           : REJECT_POOL_TOKEN;
    return quoted(r, json_pack("{s:o}", "shares", json_new_u128(t.result.v)), error);
}

json_t *api_quote_remove(void *ctx, void *job, const json_t *params, struct rpc_error *error) {
    struct pool_view v;
    struct pool_trade t = {0};
    struct amount shares;
    token_id token;
    (void)job;
    if (!read_quote(ctx, params, "token", "shares", &v, &token, &shares, error)) {
        return NULL;
    }
    enum rejection r = token == v.token_a || token == v.token_b
                           ? pool_remove_one_quote(&t, &v, token == v.token_b, shares)
                           : REJECT_POOL_TOKEN;
    return quoted(r, json_pack("{s:o}", "amountOut", json_new_u128(t.result.v)), error);
}
