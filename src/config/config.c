/* Reading the configuration with libconfig. Every getter names the setting by its whole path, so
 * that a message tells where to look; unknown settings are mistakes too (a misspelt one would
 * silently be its default). */
#include "config/config.h"

#include "base/cpu.h"
#include "base/decimal.h"
#include "base/file.h"
#include "proof/srs.h"

#include <libconfig.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

struct reader {
    const char *path;
    char *folder; /* with its last slash, or empty */
    struct err *err;
};

static int bad(struct reader *r, const char *group, const char *key, const char *what) {
    return err_set(r->err, ERR_CONFIG, "%s: %s%s%s: %s", r->path, group, *group ? "." : "", key,
                   what);
}

/* Every setting of a group must stand in the list `known`, separated and surrounded by spaces. */
static int check_known(struct reader *r, const config_setting_t *g, const char *group,
                       const char *known) {
    for (int i = 0; i < config_setting_length(g); i++) {
        const char *name = config_setting_name(config_setting_get_elem(g, (unsigned)i));
        char padded[128];
        if (name == NULL || strlen(name) > sizeof padded - 3) {
            return bad(r, group, "?", "unnamed setting");
        }
        padded[0] = ' ';
        strcpy(padded + 1, name);
        strcat(padded, " ");
        if (strstr(known, padded) == NULL) {
            return bad(r, group, name, "unknown setting");
        }
    }
    return 0;
}

static int get_text(struct reader *r, const config_setting_t *g, const char *group, const char *key,
                    const char *fallback, char **out) {
    const config_setting_t *s = config_setting_get_member(g, key);
    const char *text = s == NULL ? fallback : config_setting_get_string(s);
    if (text == NULL) {
        return bad(r, group, key, s == NULL ? "missing" : "must be a string in quotes");
    }
    *out = strdup(text);
    return *out == NULL ? err_set(r->err, ERR_SYSTEM, "out of memory") : 0;
}

/* A path; relative ones are taken from the configuration's folder. Missing: stays NULL. */
static int get_path(struct reader *r, const config_setting_t *g, const char *group, const char *key,
                    char **out) {
    char *text = NULL;
    if (config_setting_get_member(g, key) == NULL) {
        return 0;
    }
    if (get_text(r, g, group, key, NULL, &text) != 0 || text == NULL) {
        return -1;
    }
    if (text[0] == 0) {
        free(text);
        return bad(r, group, key, "must not be empty");
    }
    if (text[0] == '/') {
        *out = text;
        return 0;
    }
    size_t len = strlen(r->folder) + strlen(text) + 1;
    *out = malloc(len);
    if (*out != NULL) {
        strcpy(*out, r->folder);
        strcat(*out, text);
    }
    free(text);
    return *out == NULL ? err_set(r->err, ERR_SYSTEM, "out of memory") : 0;
}

enum { NO_DEFAULT = -1 };

static int get_int(struct reader *r, const config_setting_t *g, const char *group, const char *key,
                   long long low, long long high, long long fallback, long long *out) {
    const config_setting_t *s = config_setting_get_member(g, key);
    char what[128];
    if (s == NULL) {
        if (fallback == NO_DEFAULT && low > NO_DEFAULT) {
            return bad(r, group, key, "missing");
        }
        *out = fallback;
        return 0;
    }
    if (config_setting_type(s) != CONFIG_TYPE_INT && config_setting_type(s) != CONFIG_TYPE_INT64) {
        return bad(r, group, key, "must be a whole number");
    }
    *out = config_setting_get_int64(s);
    if (*out < low || *out > high) {
        snprintf(what, sizeof what, "%lld is outside %lld..%lld", *out, low, high);
        return bad(r, group, key, what);
    }
    return 0;
}

static int get_unsigned(struct reader *r, const config_setting_t *g, const char *group,
                        const char *key, unsigned low, unsigned high, long long fallback,
                        unsigned *out) {
    long long v = 0;
    if (get_int(r, g, group, key, low, high, fallback, &v) != 0) {
        return -1;
    }
    *out = (unsigned)v;
    return 0;
}

static int get_hex(struct reader *r, const config_setting_t *g, const char *group, const char *key,
                   uint8_t *out, size_t len) {
    char *text = NULL;
    char what[64];
    if (get_text(r, g, group, key, NULL, &text) != 0) {
        return -1;
    }
    bool ok = hex_decode(out, len, text);
    free(text);
    snprintf(what, sizeof what, "must be 0x and %zu hex digits", 2 * len);
    return ok ? 0 : bad(r, group, key, what);
}

static int get_urls(struct reader *r, const config_setting_t *g, const char *group, const char *key,
                    bool required, size_t max, char **out, size_t *n) {
    const config_setting_t *s = config_setting_get_member(g, key);
    char what[64];
    *n = 0;
    if (s == NULL) {
        return required ? bad(r, group, key, "missing") : 0;
    }
    if (!config_setting_is_aggregate(s)) {
        return bad(r, group, key, "must be a list of URLs");
    }
    size_t count = (size_t)config_setting_length(s);
    if (count > max || (required && count == 0)) {
        snprintf(what, sizeof what, "must have 1 to %zu entries", max);
        return bad(r, group, key, what);
    }
    for (size_t i = 0; i < count; i++) {
        const char *url = config_setting_get_string_elem(s, (int)i);
        if (url == NULL || (strncmp(url, "http://", 7) != 0 && strncmp(url, "https://", 8) != 0)) {
            return bad(r, group, key, "each entry must be an http:// or https:// URL in quotes");
        }
        out[i] = strdup(url);
        if (out[i] == NULL) {
            return err_set(r->err, ERR_SYSTEM, "out of memory");
        }
        *n = i + 1;
    }
    return 0;
}

static int read_chain(struct reader *r, const config_setting_t *g, struct chain_config *c) {
    long long id = 0;
    unsigned number = 0;
    if (!config_setting_is_group(g)) {
        return bad(r, "", "chains", "each entry must be a group { ... }");
    }
    if (check_known(r, g, "chains",
                    " number name evm_chain_id rpc agree confirmations poll_ms resend_ms "
                    "native_rate_ppm ") != 0 ||
        get_unsigned(r, g, "chains", "number", 1, 255, NO_DEFAULT, &number) != 0 ||
        get_text(r, g, "chains", "name", NULL, &c->name) != 0 ||
        get_int(r, g, "chains", "evm_chain_id", 1, LLONG_MAX, NO_DEFAULT, &id) != 0 ||
        get_urls(r, g, "chains", "rpc", true, CONFIG_MAX_ENDPOINTS, c->rpc, &c->n_rpc) != 0 ||
        get_unsigned(r, g, "chains", "agree", 1, (unsigned)c->n_rpc, 1, &c->agree) != 0 ||
        get_unsigned(r, g, "chains", "confirmations", 0, 100000, NO_DEFAULT, &c->confirmations) !=
            0 ||
        get_unsigned(r, g, "chains", "poll_ms", 10, 600000, 1000, &c->poll_ms) != 0 ||
        get_unsigned(r, g, "chains", "resend_ms", 1000, 3600000, 60000, &c->resend_ms) != 0 ||
        get_unsigned(r, g, "chains", "native_rate_ppm", 0, 1000000000, 1000000,
                     &c->native_rate_ppm) != 0) {
        return -1;
    }
    c->number = (uint8_t)number;
    c->evm_chain_id = (uint64_t)id;
    return 0;
}

static int read_chains(struct reader *r, const config_setting_t *root, struct config *config) {
    const config_setting_t *list = config_setting_get_member(root, "chains");
    if (list == NULL || !config_setting_is_list(list) || config_setting_length(list) == 0 ||
        config_setting_length(list) > CONFIG_MAX_CHAINS) {
        return bad(r, "", "chains", "must be a list ( { ... }, ... ) of 1 to 16 chains");
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        struct chain_config *c = &config->chains[i];
        config->n_chains = (size_t)i + 1;
        if (read_chain(r, config_setting_get_elem(list, (unsigned)i), c) != 0) {
            return -1;
        }
        if (i > 0 && c->number <= c[-1].number) {
            return bad(r, "chains", "number", "chains must be in ascending order of number");
        }
    }
    return 0;
}

static int read_network(struct reader *r, const config_setting_t *g, struct network_config *net) {
    static const char group[] = "instance.networks";
    if (!config_setting_is_group(g)) {
        return bad(r, "instance", "networks", "each entry must be a group { ... }");
    }
    const config_setting_t *list = config_setting_get_member(g, "members");
    if (check_known(r, g, group, " threshold faults members ") != 0 ||
        get_unsigned(r, g, group, "threshold", 1, CONFIG_MAX_MEMBERS, NO_DEFAULT,
                     &net->threshold) != 0 ||
        get_unsigned(r, g, group, "faults", 0, CONFIG_MAX_MEMBERS, NO_DEFAULT, &net->faults) != 0) {
        return -1;
    }
    if (list == NULL || !config_setting_is_aggregate(list) || config_setting_length(list) < 3 ||
        config_setting_length(list) > CONFIG_MAX_MEMBERS) {
        return bad(r, group, "members", "must be a list of 3 to 64 addresses");
    }
    net->n_members = (size_t)config_setting_length(list);
    for (size_t i = 0; i < net->n_members; i++) {
        const char *text = config_setting_get_string_elem(list, (int)i);
        if (text == NULL || !hex_decode(net->members[i], EVM_ADDRESS_LEN, text)) {
            return bad(r, group, "members", "each must be an address, 0x and 40 hex digits");
        }
        for (size_t k = 0; k < i; k++) {
            if (memcmp(net->members[k], net->members[i], EVM_ADDRESS_LEN) == 0) {
                return bad(r, group, "members", "an address stands twice");
            }
        }
    }
    if (net->threshold <= net->faults || net->threshold + net->faults > net->n_members ||
        2 * net->threshold <= net->n_members + net->faults) {
        return bad(r, group, "threshold",
                   "needs threshold > faults, threshold <= members - faults, "
                   "2 threshold - members > faults");
    }
    return 0;
}

/* An address of the group, or the fee owner's. */
static int get_role(struct reader *r, const config_setting_t *g, const char *key,
                    const struct config *config, uint8_t out[EVM_ADDRESS_LEN]) {
    memcpy(out, config->instance.fee_owner, EVM_ADDRESS_LEN);
    return config_setting_get_member(g, key) == NULL
               ? 0
               : get_hex(r, g, "instance", key, out, EVM_ADDRESS_LEN);
}

/* Who may change what, and after how long. */
static int read_roles(struct reader *r, const config_setting_t *g, struct config *config) {
    enum { YEAR = 31536000, DAY = 86400 };
    unsigned window = 0;
    unsigned delay = 0;
    unsigned period = config->instance.request_period_s;
    if (get_unsigned(r, g, "instance", "exit_window_s", 60, YEAR, 604800, &window) != 0 ||
        get_unsigned(r, g, "instance", "governor_delay_s", 0, 3 * YEAR, 0, &delay) != 0 ||
        get_role(r, g, "council", config, config->instance.council) != 0 ||
        get_role(r, g, "guardian", config, config->instance.guardian) != 0) {
        return -1;
    }
    if (delay == 0) {
        delay = period + window + DAY;
    }
    if (delay <= period + window) {
        return bad(r, "instance", "governor_delay_s",
                   "must be above request_period_s and exit_window_s together");
    }
    config->instance.exit_window_s = window;
    config->instance.governor_delay_s = delay;
    return 0;
}

static int read_instance(struct reader *r, const config_setting_t *root, struct config *config) {
    const config_setting_t *g = config_setting_get_member(root, "instance");
    unsigned chain = 0;
    unsigned period = 0;
    if (g == NULL || !config_setting_is_group(g)) {
        return bad(r, "", "instance", "missing group");
    }
    if (check_known(r, g, "instance",
                    " salt fee_owner fee_owner_chain request_period_s exit_window_s "
                    "governor_delay_s council guardian networks ") != 0 ||
        get_hex(r, g, "instance", "salt", config->instance.salt, WORD_LEN) != 0 ||
        get_hex(r, g, "instance", "fee_owner", config->instance.fee_owner, EVM_ADDRESS_LEN) != 0 ||
        get_unsigned(r, g, "instance", "fee_owner_chain", 1, 255, NO_DEFAULT, &chain) != 0 ||
        get_unsigned(r, g, "instance", "request_period_s", 60, 31536000, 604800, &period) != 0) {
        return -1;
    }
    config->instance.fee_owner_chain = (uint8_t)chain;
    config->instance.request_period_s = period;
    if (read_roles(r, g, config) != 0) {
        return -1;
    }
    if (config_chain(config, chain) == NULL) {
        return bad(r, "instance", "fee_owner_chain", "is not one of the chains");
    }
    const config_setting_t *list = config_setting_get_member(g, "networks");
    if (list == NULL || !config_setting_is_list(list) || config_setting_length(list) == 0 ||
        config_setting_length(list) > CONFIG_MAX_NETWORKS) {
        return bad(r, "instance", "networks", "must be a list of 1 to 8 oracle networks");
    }
    config->instance.n_networks = (size_t)config_setting_length(list);
    for (size_t i = 0; i < config->instance.n_networks; i++) {
        if (read_network(r, config_setting_get_elem(list, (unsigned)i),
                         &config->instance.networks[i]) != 0) {
            return -1;
        }
    }
    return 0;
}

static int read_listen(struct reader *r, const config_setting_t *g, const char *group,
                       unsigned port, struct listen_config *l) {
    unsigned p = 0;
    if (get_text(r, g, group, "address", "127.0.0.1", &l->address) != 0 ||
        get_unsigned(r, g, group, "port", 1, 65535, port, &p) != 0 ||
        get_unsigned(r, g, group, "max_connections", 1, 10000, 256, &l->max_connections) != 0 ||
        get_unsigned(r, g, group, "timeout_s", 1, 3600, 30, &l->timeout_s) != 0 ||
        get_unsigned(r, g, group, "max_body", 1024, 64 << 20, 1 << 20, &l->max_body) != 0) {
        return -1;
    }
    /* On loopback all clients have one address: a proxy, or programs of this machine. */
    bool open = strncmp(l->address, "127.", 4) != 0;
    if (get_unsigned(r, g, group, "max_rate", 0, 1000000, open ? 100 : 0, &l->max_rate) != 0 ||
        get_unsigned(r, g, group, "max_per_client", 0, 10000, open ? 32 : 0, &l->max_per_client) !=
            0) {
        return -1;
    }
    l->port = (uint16_t)p;
    return 0;
}

static int read_fees(struct reader *r, const config_setting_t *node, struct config *config) {
    static const char group[] = "node.fees";
    const config_setting_t *list = config_setting_get_member(node, "fees");
    if (list == NULL) {
        return 0;
    }
    if (!config_setting_is_list(list) || config_setting_length(list) > CONFIG_MAX_FEE_TOKENS) {
        return bad(r, "node", "fees", "must be a list ( { ... }, ... ) of at most 64 tokens");
    }
    for (int i = 0; i < config_setting_length(list); i++) {
        const config_setting_t *g = config_setting_get_elem(list, (unsigned)i);
        struct fee_config *fee = &config->node.fees[i];
        long long token = 0;
        char *text = NULL;
        if (!config_setting_is_group(g)) {
            return bad(r, "node", "fees", "each entry must be a group { ... }");
        }
        if (check_known(r, g, group, " token minimum rate ") != 0 ||
            get_int(r, g, group, "token", 0, (1LL << 40) - 1, NO_DEFAULT, &token) != 0 ||
            get_text(r, g, group, "minimum", NULL, &text) != 0) {
            return -1;
        }
        bool ok = u128_parse(text, &fee->minimum) && fee->minimum >> 88 == 0;
        free(text);
        if (!ok) {
            return bad(r, group, "minimum", "must be a whole number below 2^88 in quotes");
        }
        if (get_text(r, g, group, "rate", "0", &text) != 0) {
            return -1;
        }
        ok = u128_parse(text, &fee->rate) && fee->rate >> 88 == 0;
        free(text);
        if (!ok) {
            return bad(r, group, "rate", "must be a whole number below 2^88 in quotes");
        }
        fee->token = (uint64_t)token;
        config->node.n_fees = (size_t)i + 1;
    }
    return 0;
}

/* A whole number below 2^112 in quotes; missing: fallback. */
static int get_u128(struct reader *r, const config_setting_t *g, const char *group, const char *key,
                    const char *fallback, u128 *out) {
    char *text = NULL;
    if (get_text(r, g, group, key, fallback, &text) != 0) {
        return -1;
    }
    bool ok = u128_parse(text, out) && *out >> 112 == 0;
    free(text);
    return ok ? 0 : bad(r, group, key, "must be a whole number below 2^112 in quotes");
}

/* The i-th group of a list, or NULL and err. */
static const config_setting_t *get_group(struct reader *r, const config_setting_t *list, int i,
                                         const char *group, const char *key) {
    const config_setting_t *g = config_setting_get_elem(list, (unsigned)i);
    if (g == NULL || !config_setting_is_group(g)) {
        bad(r, group, key, "each entry must be a group { ... }");
        return NULL;
    }
    return g;
}

static int read_broker_chains(struct reader *r, const config_setting_t *broker,
                              struct config *config) {
    static const char group[] = "broker.chains";
    struct broker_config *b = &config->broker;
    const config_setting_t *list = config_setting_get_member(broker, "chains");
    int n = list == NULL || !config_setting_is_list(list) ? 0 : config_setting_length(list);
    if (n == 0 || n > CONFIG_MAX_CHAINS) {
        return bad(r, "broker", "chains", "must be a list of 1 to 16 chains");
    }
    for (int i = 0; i < n; i++) {
        const config_setting_t *g = get_group(r, list, i, "broker", "chains");
        struct broker_chain_config *c = &b->chains[i];
        unsigned number = 0;
        if (g == NULL || check_known(r, g, group, " chain max_open max_gwei gas_reserve ") != 0 ||
            get_unsigned(r, g, group, "chain", 1, 255, NO_DEFAULT, &number) != 0 ||
            get_unsigned(r, g, group, "max_open", 1, 100000, 100, &c->max_open) != 0 ||
            get_unsigned(r, g, group, "max_gwei", 1, 1000000, 500, &c->max_gwei) != 0 ||
            get_u128(r, g, group, "gas_reserve", "50000000000000000", &c->gas_reserve) != 0) {
            return -1;
        }
        if (config_chain(config, number) == NULL) {
            return bad(r, group, "chain", "is not one of the chains");
        }
        for (int k = 0; k < i; k++) {
            if (b->chains[k].number == number) {
                return bad(r, group, "chain", "stands there twice");
            }
        }
        c->number = (uint8_t)number;
        b->n_chains = (size_t)i + 1;
    }
    return 0;
}

static int read_broker_tokens(struct reader *r, const config_setting_t *broker,
                              struct config *config) {
    static const char group[] = "broker.tokens";
    struct broker_config *b = &config->broker;
    const config_setting_t *list = config_setting_get_member(broker, "tokens");
    int n = list == NULL || !config_setting_is_list(list) ? 0 : config_setting_length(list);
    if (n == 0 || n > CONFIG_MAX_BROKER_TOKENS) {
        return bad(r, "broker", "tokens", "must be a list of 1 to 256 tokens");
    }
    for (int i = 0; i < n; i++) {
        const config_setting_t *g = get_group(r, list, i, "broker", "tokens");
        struct broker_token_config *t = &b->tokens[i];
        long long token = 0;
        if (g == NULL ||
            check_known(r, g, group,
                        " token minimum_fee minimum_fee_ppm max_amount max_exposure ") != 0 ||
            get_int(r, g, group, "token", 1LL << 32, (1LL << 40) - 1, NO_DEFAULT, &token) != 0 ||
            get_u128(r, g, group, "minimum_fee", "1", &t->minimum_fee) != 0 ||
            get_unsigned(r, g, group, "minimum_fee_ppm", 0, 1000000, 0, &t->minimum_fee_ppm) != 0 ||
            get_u128(r, g, group, "max_amount", NULL, &t->max_amount) != 0 ||
            get_u128(r, g, group, "max_exposure", NULL, &t->max_exposure) != 0) {
            return -1;
        }
        t->token = (uint64_t)token;
        for (int k = 0; k < i; k++) {
            if (b->tokens[k].token == t->token) {
                return bad(r, group, "token", "stands there twice");
            }
        }
        b->n_tokens = (size_t)i + 1;
    }
    return 0;
}

static int read_broker_keys(struct reader *r, const config_setting_t *broker,
                            struct broker_config *b) {
    const config_setting_t *list = config_setting_get_member(broker, "key_files");
    int n = list == NULL || !config_setting_is_list(list) ? 0 : config_setting_length(list);
    if (n == 0 || n > CONFIG_MAX_BROKER_KEYS) {
        return bad(r, "broker", "key_files", "must be a list of 1 to 16 key files");
    }
    for (int i = 0; i < n; i++) {
        const char *text = config_setting_get_string_elem(list, i);
        if (text == NULL || text[0] == 0) {
            return bad(r, "broker", "key_files", "must be strings in quotes");
        }
        size_t len = strlen(r->folder) + strlen(text) + 1;
        char *path = malloc(len);
        if (path == NULL) {
            return err_set(r->err, ERR_SYSTEM, "out of memory");
        }
        (void)snprintf(path, len, "%s%s", text[0] == '/' ? "" : r->folder, text);
        b->key_files[i] = path;
        b->n_keys = (size_t)i + 1;
    }
    return 0;
}

static int read_relay(struct reader *r, const config_setting_t *root, struct config *config) {
    const config_setting_t *g = config_setting_get_member(root, "relay");
    if (g == NULL) {
        return 0;
    }
    return check_known(r, g, "relay", " key_file password_file oracle_urls wait_s max_gwei ") !=
                       0 ||
                   get_path(r, g, "relay", "key_file", &config->relay.key_file) != 0 ||
                   get_path(r, g, "relay", "password_file", &config->relay.password_file) != 0 ||
                   get_urls(r, g, "relay", "oracle_urls", true, CONFIG_MAX_ORACLES,
                            config->relay.oracle_urls, &config->relay.n_oracle_urls) != 0 ||
                   get_unsigned(r, g, "relay", "wait_s", 0, 86400, 0, &config->relay.wait_s) != 0 ||
                   get_unsigned(r, g, "relay", "max_gwei", 1, 1000000, 500,
                                &config->relay.max_gwei) != 0
               ? -1
               : 0;
}

/* Misbehaviour for tests. It must not be possible where anything is at stake. */
static int read_development(struct reader *r, const config_setting_t *root, struct config *config) {
    const config_setting_t *g = config_setting_get_member(root, "development");
    unsigned ignore = 0;
    if (g == NULL) {
        return 0;
    }
    if (check_known(r, g, "development", " ignore_requests ") != 0 ||
        get_unsigned(r, g, "development", "ignore_requests", 0, 1, 0, &ignore) != 0) {
        return -1;
    }
    for (size_t i = 0; i < config->n_chains; i++) {
        if (!srs_chain_is_development(config->chains[i].evm_chain_id)) {
            return bad(r, "development", "ignore_requests",
                       "is refused on chains that are not for development");
        }
    }
    config->development.ignore_requests = ignore != 0;
    return 0;
}

static int read_broker(struct reader *r, const config_setting_t *root, struct config *config) {
    const config_setting_t *g = config_setting_get_member(root, "broker");
    struct broker_config *b = &config->broker;
    char *risk = NULL;
    if (g == NULL) {
        return 0;
    }
    if (check_known(r, g, "broker", " key_files password_file rule poll_ms chains tokens ") != 0 ||
        read_broker_keys(r, g, b) != 0 ||
        get_path(r, g, "broker", "password_file", &b->password_file) != 0 ||
        get_unsigned(r, g, "broker", "poll_ms", 50, 60000, 1000, &b->poll_ms) != 0 ||
        read_broker_chains(r, g, config) != 0 || read_broker_tokens(r, g, config) != 0 ||
        get_text(r, g, "broker", "rule", "confirmed", &risk) != 0) {
        return -1;
    }
    bool known = true;
    if (strcmp(risk, "receipt") == 0) {
        b->risk = BROKER_RISK_RECEIPT;
    } else if (strcmp(risk, "proven") == 0) {
        b->risk = BROKER_RISK_PROVEN;
    } else {
        b->risk = BROKER_RISK_CONFIRMED;
        known = strcmp(risk, "confirmed") == 0;
    }
    free(risk);
    return known ? 0 : bad(r, "broker", "rule", "must be receipt, proven or confirmed");
}

#define LISTEN_KEYS " address port max_connections timeout_s max_body max_rate max_per_client "

static int read_services(struct reader *r, const config_setting_t *root, struct config *config) {
    const config_setting_t *node = config_setting_get_member(root, "node");
    const config_setting_t *prover = config_setting_get_member(root, "prover");
    const config_setting_t *oracle = config_setting_get_member(root, "oracle");
    long long nice = 10;
    long long prover_wei = 0;
    config->node.fee_operations = 1;
    config->prover.threads = cpu_count();
    config->prover.nice = 10;
    if (node != NULL &&
        (check_known(r, node, "node",
                     LISTEN_KEYS
                     "operator_key_file operator_password_file block_operations block_interval_ms "
                     "oracle_urls fees fee_operations fee_prover_wei fee_validity_s ") != 0 ||
         read_fees(r, node, config) != 0 ||
         read_listen(r, node, "node", 3030, &config->node.listen) != 0 ||
         get_path(r, node, "node", "operator_key_file", &config->node.operator_key_file) != 0 ||
         get_path(r, node, "node", "operator_password_file",
                  &config->node.operator_password_file) != 0 ||
         get_unsigned(r, node, "node", "block_operations", 1, 65536, 1024,
                      &config->node.block_operations) != 0 ||
         get_unsigned(r, node, "node", "block_interval_ms", 10, 3600000, 5000,
                      &config->node.block_interval_ms) != 0 ||
         get_unsigned(r, node, "node", "fee_operations", 1, 65536, 64,
                      &config->node.fee_operations) != 0 ||
         get_int(r, node, "node", "fee_prover_wei", 0, INT64_MAX, 0, &prover_wei) != 0 ||
         get_unsigned(r, node, "node", "fee_validity_s", 1, 86400, 60,
                      &config->node.fee_validity_s) != 0 ||
         get_urls(r, node, "node", "oracle_urls", false, CONFIG_MAX_ORACLES,
                  config->node.oracle_urls, &config->node.n_oracle_urls) != 0)) {
        return -1;
    }
    config->node.fee_prover_wei = (uint64_t)prover_wei;
    if (prover != NULL &&
        (check_known(r, prover, "prover", " srs_file threads nice ") != 0 ||
         get_path(r, prover, "prover", "srs_file", &config->prover.srs_file) != 0 ||
         get_unsigned(r, prover, "prover", "threads", 0, 256, cpu_count(),
                      &config->prover.threads) != 0 ||
         get_int(r, prover, "prover", "nice", 0, 19, 10, &nice) != 0)) {
        return -1;
    }
    config->prover.nice = (int)nice;
    if (oracle != NULL &&
        (check_known(r, oracle, "oracle",
                     LISTEN_KEYS "key_file password_file signature_expiry_s ") != 0 ||
         read_listen(r, oracle, "oracle", 3041, &config->oracle.listen) != 0 ||
         get_path(r, oracle, "oracle", "key_file", &config->oracle.key_file) != 0 ||
         get_path(r, oracle, "oracle", "password_file", &config->oracle.password_file) != 0 ||
         get_unsigned(r, oracle, "oracle", "signature_expiry_s", 60, 31536000, 86400,
                      &config->oracle.signature_expiry_s) != 0)) {
        return -1;
    }
    return 0;
}

static int read_root(struct reader *r, const config_setting_t *root, struct config *config) {
    char *level = NULL;
    if (check_known(r, root, "",
                    " data_dir deployment log_level chains instance node prover oracle relay "
                    "broker development "
                    "api_url ") != 0 ||
        get_path(r, root, "", "data_dir", &config->data_dir) != 0 ||
        get_path(r, root, "", "deployment", &config->deployment_file) != 0 ||
        get_text(r, root, "", "api_url", "http://127.0.0.1:3030", &config->api_url) != 0 ||
        get_text(r, root, "", "log_level", "info", &level) != 0) {
        return -1;
    }
    bool known = log_level_parse(level, &config->log_level);
    free(level);
    if (!known) {
        return bad(r, "", "log_level", "must be error, warn, info or debug");
    }
    if (config->data_dir == NULL || config->deployment_file == NULL) {
        return bad(r, "", config->data_dir == NULL ? "data_dir" : "deployment", "missing");
    }
    if (read_chains(r, root, config) != 0 || read_instance(r, root, config) != 0) {
        return -1;
    }
    return read_services(r, root, config) != 0 || read_relay(r, root, config) != 0 ||
                   read_development(r, root, config) != 0
               ? -1
               : read_broker(r, root, config);
}

int config_load(struct config *config, const char *path, struct err *err) {
    memset(config, 0, sizeof *config);
    struct reader r = {.path = path, .err = err};
    struct buf text = {0};
    config_t file;
    int rc = -1;
    config_init(&file);
    r.folder = strdup(path);
    if (r.folder == NULL) {
        err_set(err, ERR_SYSTEM, "out of memory");
        goto out;
    }
    char *slash = strrchr(r.folder, '/');
    r.folder[slash == NULL ? 0 : slash - r.folder + 1] = 0;
    if (file_read(path, 1 << 20, &text, err) != 0) {
        err_context(err, "configuration");
        goto out;
    }
    buf_append_byte(&text, 0);
    if (text.failed) {
        err_set(err, ERR_SYSTEM, "out of memory");
        goto out;
    }
    if (config_read_string(&file, (const char *)text.data) != CONFIG_TRUE) {
        err_set(err, ERR_CONFIG, "%s: line %d: %s", path, config_error_line(&file),
                config_error_text(&file));
        goto out;
    }
    rc = read_root(&r, config_root_setting(&file), config);
out:
    if (rc != 0) {
        config_release(config);
    }
    config_destroy(&file);
    buf_free(&text);
    free(r.folder);
    return rc;
}

void config_release(struct config *config) {
    free(config->data_dir);
    free(config->deployment_file);
    for (size_t i = 0; i < config->n_chains; i++) {
        free(config->chains[i].name);
        for (size_t k = 0; k < config->chains[i].n_rpc; k++) {
            free(config->chains[i].rpc[k]);
        }
    }
    free(config->node.listen.address);
    free(config->node.operator_key_file);
    free(config->node.operator_password_file);
    for (size_t i = 0; i < config->node.n_oracle_urls; i++) {
        free(config->node.oracle_urls[i]);
    }
    free(config->prover.srs_file);
    free(config->oracle.listen.address);
    free(config->oracle.key_file);
    free(config->oracle.password_file);
    free(config->relay.key_file);
    free(config->relay.password_file);
    for (size_t i = 0; i < config->relay.n_oracle_urls; i++) {
        free(config->relay.oracle_urls[i]);
    }
    for (size_t i = 0; i < config->broker.n_keys; i++) {
        free(config->broker.key_files[i]);
    }
    free(config->broker.password_file);
    free(config->api_url);
    memset(config, 0, sizeof *config);
}

const struct chain_config *config_chain(const struct config *config, unsigned number) {
    for (size_t i = 0; i < config->n_chains; i++) {
        if (config->chains[i].number == number) {
            return &config->chains[i];
        }
    }
    return NULL;
}
