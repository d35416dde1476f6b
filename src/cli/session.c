/* A client's session: files read and checked, the API reached, tokens and accounts looked up. */
#include "cli/cli.h"

#include "base/decimal.h"
#include "crypto/keccak.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { API_TIMEOUT_MS = 60000 };

bool l2_key_derive(struct schnorr_key *out, const struct eth_key *key,
                   const uint8_t instance_id[WORD_LEN]) {
    static const char sentence[] = "zklink: make my L2 signing key for instance 0x";
    char text[sizeof sentence + 2 * WORD_LEN];
    struct buf message = {0};
    uint8_t digest[32];
    uint8_t signature[ETH_SIGNATURE_LEN];
    char prefix[64];
    strcpy(text, sentence);
    hex_encode(text + strlen(sentence), instance_id, WORD_LEN);
    snprintf(prefix, sizeof prefix,
             "\x19"
             "Ethereum Signed Message:\n%zu",
             strlen(text));
    buf_append_text(&message, prefix);
    buf_append_text(&message, text);
    bool ok = !message.failed;
    if (ok) {
        keccak256(digest, message.data, message.len);
        ok = eth_sign(key, digest, signature) &&
             schnorr_key_from_seed(out, signature, sizeof signature);
    }
    bytes_wipe(signature, sizeof signature);
    buf_free(&message);
    return ok;
}

int session_open(struct session *s, const struct session_options *o, struct err *err) {
    const char *path = o->config;
    memset(s, 0, sizeof *s);
    if (path == NULL) {
        path = getenv("ZKLINK_CONFIG");
    }
    if (config_load(&s->config, path == NULL ? "zklink.conf" : path, err) != 0) {
        return -1;
    }
    if (deployment_read(&s->deployment, s->config.deployment_file, err) != 0 ||
        deployment_check_config(&s->deployment, &s->config, err) != 0) {
        session_close(s);
        return -1;
    }
    if (o->key != NULL) {
        if (cli_read_key(o->key, o->password, &s->key, err) != 0) {
            session_close(s);
            return -1;
        }
        s->has_key = true;
        if (!l2_key_derive(&s->l2_key, &s->key, s->deployment.instance_id)) {
            session_close(s);
            return err_set(err, ERR_SYSTEM, "cannot derive the L2 key from %s", o->key);
        }
    }
    s->api = rpc_client_new(s->config.api_url, API_TIMEOUT_MS);
    if (s->api == NULL) {
        session_close(s);
        return err_set(err, ERR_SYSTEM, "out of memory");
    }
    return 0;
}

void session_close(struct session *s) {
    config_release(&s->config);
    rpc_client_free(s->api);
    eth_key_wipe(&s->key);
    schnorr_key_wipe(&s->l2_key);
    json_decref(s->tokens);
    memset(s, 0, sizeof *s);
}

int session_call(struct session *s, const char *method, json_t *params, json_t **result,
                 struct err *err) {
    if (rpc_call(s->api, method, params, result, err) == 0) {
        return 0;
    }
    return err->code == ERR_REMOTE ? -1 : err_context(err, "node at %s", s->config.api_url);
}

static int read_token(const json_t *obj, struct token_info *out, struct err *err) {
    uint64_t decimals = 0;
    const char *symbol = NULL;
    if (json_get_u64(obj, "token", (UINT64_C(1) << TOKEN_BITS) - 1, &out->id, err) != 0 ||
        json_get_u64(obj, "decimals", 255, &decimals, err) != 0 ||
        json_get_string(obj, "symbol", &symbol, err) != 0 ||
        json_get_hex(obj, "address", out->address, EVM_ADDRESS_LEN, err) != 0) {
        return err_context(err, "getSupportTokens");
    }
    out->decimals = (unsigned)decimals;
    snprintf(out->symbol, sizeof out->symbol, "%s", symbol);
    return 0;
}

static int load_tokens(struct session *s, struct err *err) {
    return s->tokens != NULL ? 0 : session_call(s, "getSupportTokens", NULL, &s->tokens, err);
}

int session_token_by_id(struct session *s, token_id id, struct token_info *out, struct err *err) {
    if (token_chain(id) == 0) {
        memset(out, 0, sizeof *out);
        out->id = id;
        snprintf(out->symbol, sizeof out->symbol, "LP-%" PRIu64, id);
        return 0;
    }
    if (load_tokens(s, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < json_array_size(s->tokens); i++) {
        if (read_token(json_array_get(s->tokens, i), out, err) != 0) {
            return -1;
        }
        if (out->id == id) {
            return 0;
        }
    }
    return err_set(err, ERR_NOT_FOUND, "token %" PRIu64 " is not registered", id);
}

int session_token(struct session *s, const char *text, struct token_info *out, struct err *err) {
    uint64_t id = 0;
    uint64_t chain = 0;
    const char *symbol = text;
    const char *colon = strchr(text, ':');
    struct token_info found = {0};
    unsigned matches = 0;
    if (u64_parse(text, &id)) {
        return session_token_by_id(s, id, out, err);
    }
    if (colon != NULL) {
        char number[8] = "";
        if (colon - text < (ptrdiff_t)sizeof number) {
            memcpy(number, text, (size_t)(colon - text));
        }
        if (!u64_parse(number, &chain) || chain == 0 || chain > 255) {
            return err_set(err, ERR_INPUT, "token %s: before the colon goes a chain number", text);
        }
        symbol = colon + 1;
    }
    if (load_tokens(s, err) != 0) {
        return -1;
    }
    for (size_t i = 0; i < json_array_size(s->tokens); i++) {
        struct token_info t;
        if (read_token(json_array_get(s->tokens, i), &t, err) != 0) {
            return -1;
        }
        if (strcmp(t.symbol, symbol) == 0 && (chain == 0 || token_chain(t.id) == chain)) {
            found = t;
            matches++;
        }
    }
    if (matches != 1) {
        return err_set(err, ERR_NOT_FOUND,
                       matches == 0 ? "token %s is not registered (see zklink tokens)"
                                    : "token %s is on several chains: write CHAIN:SYMBOL",
                       text);
    }
    *out = found;
    return 0;
}

int cli_amount(const char *option, const char *text, unsigned decimals, struct amount *out,
               struct err *err) {
    if (!amount_parse(out, text, decimals)) {
        return err_set(err, ERR_INPUT,
                       "--%s %s: not a positive decimal amount with at most %u decimals", option,
                       text, decimals);
    }
    return 0;
}

int cli_number(const char *option, const char *text, uint64_t max, uint64_t *out, struct err *err) {
    if (!u64_parse(text, out) || *out > max) {
        return err_set(err, ERR_INPUT, "--%s %s: not a number up to %" PRIu64, option, text, max);
    }
    return 0;
}

int cli_address(const char *option, const char *text, uint8_t out[EVM_ADDRESS_LEN],
                struct err *err) {
    if (!eth_address_parse(text, out)) {
        return err_set(err, ERR_INPUT, "--%s %s: not an address (0x, 40 digits, right checksum)",
                       option, text);
    }
    return 0;
}

int session_account(struct session *s, const char *option, account_id *out, struct err *err) {
    uint64_t id = 0;
    char address[43];
    json_t *list = NULL;
    if (option != NULL) {
        if (cli_number("account", option, ACCOUNT_LIMIT - 1, &id, err) != 0) {
            return -1;
        }
        *out = (account_id)id;
        return 0;
    }
    eth_address_format(address, s->key.address);
    if (session_call(s, "getAccountsByAddress", json_pack("[s]", address), &list, err) != 0) {
        return -1;
    }
    size_t n = json_array_size(list);
    int rc = n == 1 ? json_get_u64(json_array_get(list, 0), "account", ACCOUNT_LIMIT - 1, &id, err)
                    : err_set(err, ERR_NOT_FOUND,
                              n == 0 ? "%s has no account yet: deposit first"
                                     : "%s has several accounts: choose one with --account",
                              address);
    json_decref(list);
    *out = (account_id)id;
    return rc;
}
